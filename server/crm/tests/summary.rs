//! What lists read is what the tables say.

use guanhu_crm::{Actor, summary, testing::World};
use sqlx::PgPool;

#[sqlx::test(migrations = false)]
async fn a_summary_follows_accounts_in_two_currencies(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 12_000).await;
    sqlx::query(
        "insert into account (customer_id, account_no, account_no_hash, product_id, org_id, category, currency, balance)
         select $1, '6222000', '\\x00', product_id, 103, 'term', 'USD', 100 from product where code = 'TRM'",
    )
    .bind(id)
    .execute(&world.owner)
    .await
    .unwrap();
    summary::refresh(&mut world.bank.pool().acquire().await.unwrap(), &[id]).await.unwrap();

    let (aum, deposits, accounts, lead): (i64, i64, i32, i32) =
        sqlx::query_as("select aum, deposits, accounts, lead_staff_id from customer_summary where customer_id = $1")
            .bind(id)
            .fetch_one(&world.owner)
            .await
            .unwrap();
    assert_eq!((aum, deposits, accounts, lead), (1_200_710, 1_200_710, 2, 2000));
    let tokens: Vec<String> = sqlx::query_scalar("select token from customer_token where customer_id = $1 order by token")
        .bind(id)
        .fetch_all(&world.owner)
        .await
        .unwrap();
    assert_eq!(tokens, ["zhangxiaowei", "zxw", "小伟", "张小"]);
}

/// Of many at once new ones get their state with their summary: the same as one by one.
#[sqlx::test(migrations = false)]
async fn many_new_customers_are_judged_as_one_by_one(pool: PgPool) {
    let world = World::new(pool).await;
    sqlx::raw_sql(
        "insert into customer (kind, org_id, name, opened_on) select 'personal', 103, '客户' || n, date '2026-03-31' - n from generate_series(1, 260) n;
         insert into account (customer_id, account_no, account_no_hash, product_id, org_id, category, currency, balance)
             select customer_id, 'A' || customer_id, '\\x00', p.product_id, 103, 'current', 'CNY', (customer_id % 7) * 1000000
             from customer, product p where p.code = 'CUR' and customer_id % 5 > 0;
         insert into account_year select customer_id, account_id, 2026, array_fill(30000000::bigint, array[12]), array_fill(30000000::bigint, array[12])
             from account where customer_id % 3 = 0",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    let ids: Vec<i64> = sqlx::query_scalar("select customer_id from customer order by customer_id").fetch_all(&world.owner).await.unwrap();
    let mut conn = world.bank.pool().acquire().await.unwrap();
    let mut told = Vec::new();
    for at_once in [ids.len(), 50] {
        sqlx::query("delete from customer_summary").execute(&world.owner).await.unwrap();
        for part in ids.chunks(at_once) {
            summary::refresh(&mut conn, part).await.unwrap();
        }
        let rows: Vec<String> =
            sqlx::query_scalar("select (to_jsonb(s) - 'refreshed_at')::text from customer_summary s order by customer_id")
                .fetch_all(&world.owner)
                .await
                .unwrap();
        told.push(rows);
    }
    assert_eq!(told[0], told[1]);
    let states: Vec<(String, bool)> = sqlx::query_as("select distinct state, state_since is null from customer_summary order by 1, 2")
        .fetch_all(&world.owner)
        .await
        .unwrap();
    let states: Vec<(&str, bool)> = states.iter().map(|(state, long)| (state.as_str(), *long)).collect();
    assert!(["dormant", "leaving", "prospective", "valuable"].iter().all(|state| states.contains(&(*state, true))), "{states:?}");
    assert!(states.contains(&("valuable", false)), "{states:?}");
    let history: i64 = sqlx::query_scalar("select count(*) from customer_state").fetch_one(&world.owner).await.unwrap();
    assert_eq!(history, 0, "nobody has left a first state");
}

#[sqlx::test(migrations = false)]
async fn a_token_that_comes_without_its_unit_is_given_it(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 1).await;
    // As servers of the version before write them.
    sqlx::query("insert into customer_token (customer_id, token, weight) values ($1, 'zz', 1)")
        .bind(id)
        .execute(world.bank.pool())
        .await
        .unwrap();
    let unit: Option<i32> = sqlx::query_scalar("select org_id from customer_token where customer_id = $1 and token = 'zz'")
        .bind(id)
        .fetch_one(&world.owner)
        .await
        .unwrap();
    assert_eq!(unit, Some(103));
}

#[sqlx::test(migrations = false)]
async fn the_application_may_only_append_to_the_audit_log(pool: PgPool) {
    let world = World::new(pool).await;
    for statement in [
        "update audit_log set reason = 'x'",
        "delete from audit_log",
        "truncate audit_log",
        "alter table customer add column x int",
        "create table x ()",
    ] {
        let refused = sqlx::query(statement).execute(world.bank.pool()).await.unwrap_err();
        assert_eq!(refused.as_database_error().and_then(|error| error.code()).as_deref(), Some("42501"), "{statement}");
    }
}

#[sqlx::test(migrations = false)]
async fn an_edit_that_waited_for_a_transfer_writes_the_new_lead(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 12_000).await;
    let mut transfer = world.owner.begin().await.unwrap();
    sqlx::raw_sql(
        "select from customer_summary for update;
         update assignment a set staff_id = m.staff_id from staff m where m.code = 'M-BO';
         update customer_summary s set lead_staff_id = m.staff_id from staff m where m.code = 'M-BO'",
    )
    .execute(&mut *transfer)
    .await
    .unwrap();
    let pool = world.owner.clone();
    let edit = tokio::spawn(async move {
        let mut tx = pool.begin().await.unwrap();
        summary::refresh(&mut tx, &[id]).await.unwrap();
        tx.commit().await.unwrap();
    });
    world.until_somebody_waits().await;
    transfer.commit().await.unwrap();
    edit.await.unwrap();
    let compared = summary::check::compare(&world.bank, &Actor::system(), false).await.unwrap();
    assert_eq!((compared.customers, compared.different, compared.first), (1, 0, None));
}
