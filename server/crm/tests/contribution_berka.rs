//! Adoption and loans of a real bank's files against SQL of their own.

mod berka;

use guanhu_crm::{Actor, contribution, contribution::reconcile};
use sqlx::PgPool;

#[sqlx::test(migrations = false)]
async fn adoption_and_loans_are_what_the_accounts_say(owner: PgPool) {
    let Some((bank, ..)) = berka::loaded(&owner).await else { return };

    sqlx::query("insert into ftp_curve values ('CZK', '1993-01-01', 12, 9.5), ('CZK', '1993-01-01', 60, 10.2)")
        .execute(&owner)
        .await
        .unwrap();
    let today: chrono::NaiveDate = sqlx::query_scalar("select business_date from bank").fetch_one(&owner).await.unwrap();
    let closed = contribution::close_month(&bank, &Actor::system(), today).await.unwrap();
    assert_eq!(closed.customers, 5369);
    let verdict = reconcile::reconcile(&bank, &Actor::system(), None).await.unwrap();
    assert_eq!(verdict.difference, None);

    // Holders and loans, counted from the accounts themselves.
    let wrong: Vec<String> = sqlx::query_scalar(
        "select p.code from product p
         left join (select product_id, count(distinct customer_id) as holders from account where closed_on is null group by product_id) a using (product_id)
         left join product_cube c on c.product_id = p.product_id and c.tier_id = -1 and c.org_id = (select org_id from org_unit where parent_id is null)
         where coalesce(a.holders, 0) <> coalesce(c.holders, 0)",
    )
    .fetch_all(&owner)
    .await
    .unwrap();
    assert_eq!(wrong, Vec::<String>::new());
    let (loans, ledger, deposits, current): (i64, i64, i64, i64) = sqlx::query_as(
        "select u.loans, (select sum(balance)::bigint from account where category in ('loan', 'card') and closed_on is null), u.deposits,
             (select sum(balance)::bigint from account where category = 'current' and closed_on is null)
         from unit_cube u join org_unit o using (org_id) where o.parent_id is null and u.tier_id = -1",
    )
    .fetch_one(&owner)
    .await
    .unwrap();
    assert_eq!((loans, deposits), (ledger, current));
    assert!(loans > 0 && deposits > 0);

    // Statement fees of the last whole month are told by what a posting was for; its kind only says that it was drawn
    // in cash.
    let last = today.checked_sub_months(chrono::Months::new(1)).unwrap();
    contribution::close_month(&bank, &Actor::system(), last).await.unwrap();
    let (fees, posted): (i64, i64) = sqlx::query_as(
        "select (select sum(fees)::bigint from account_month where month = date_trunc('month', $1::date)),
             (select sum(amount)::bigint from txn where purpose = 'statement_fee' and date_trunc('month', booked_on) = date_trunc('month', $1::date))",
    )
    .bind(last)
    .fetch_one(&owner)
    .await
    .unwrap();
    assert_eq!(fees, posted);
    assert!(fees > 0);
}
