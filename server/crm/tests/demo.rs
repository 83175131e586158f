//! A demo bank hangs together, and the same seed makes it again.

use std::sync::atomic::{AtomicU64, Ordering};

use guanhu_crm::{Actor, Bank, Keys, MIGRATOR, access, alerts, demo, summary, tiers};
use guanhu_domain::{Code, customers::checks};
use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions};

fn options() -> demo::DemoOptions {
    demo::DemoOptions {
        customers: 300,
        seed: 7,
        months: 24,
        business_date: "2026-03-18".parse().unwrap(),
        password: Some("a password of the tests".into()),
    }
}

async fn made(owner: &PgPool) -> Bank {
    MIGRATOR.run(owner).await.unwrap();
    let connect = owner.connect_options().as_ref().clone().options([("role", "guanhu_app")]);
    let pool = PgPoolOptions::new().max_connections(4).connect_lazy_with(connect);
    let bank = Bank::over(pool, Keys::derive(b"only for tests, and long enough to be a secret"));
    let seen = AtomicU64::new(0);
    let progress = |progress| {
        if let demo::Progress::Customers { done, total } = progress {
            assert!(done <= total);
            seen.store(done, Ordering::Relaxed);
        }
    };
    let report = demo::generate(&bank, owner, &Actor::system(), &options(), &progress).await.unwrap();
    assert_eq!((report.customers, seen.load(Ordering::Relaxed)), (300, 300));
    let copied: u64 = report.rows.iter().map(|(_, rows)| rows).sum();
    assert_eq!((report.stages[0].name, report.stages[0].rows), ("rows by COPY", copied));
    assert!(report.stages.iter().all(|stage| stage.rows > 0), "{:?}", report.stages);
    bank
}

/// Every row that the options decide, as one figure per table.
async fn checksums(owner: &PgPool) -> Vec<(String, i64, String)> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_class where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace
         and relname not in ('_sqlx_migrations', 'audit_log', 'parameter') order by 1",
    )
    .fetch_all(owner)
    .await
    .unwrap();
    // When something was done by the clock or after which transactions, and how passwords are salted: the options do not
    // decide that.
    const BY_CLOCK: &str = "array['refreshed_at', 'begun_at', 'computed_at', 'closed_at', 'set_at', 'saved_at', 'changed_at', 'password_hash', 'password_changed_at', 'granted_at', 'seen']";
    let mut sums = Vec::new();
    for table in tables {
        let volatile = match table.as_str() {
            "field_change" => "array[]::text[]".to_owned(),
            "app_user" | "customer_tier_due" => format!("({BY_CLOCK} || array['created_at'])"),
            _ => BY_CLOCK.to_owned(),
        };
        let sql = format!(
            "select count(*), coalesce(sum(('x' || left(md5((to_jsonb(t) - {volatile})::text), 15))::bit(60)::bigint), 0)::text from {table} t"
        );
        let (rows, sum): (i64, String) = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(owner).await.unwrap();
        sums.push((table, rows, sum));
    }
    sums
}

/// Rows of a query that should find none.
async fn none(owner: &PgPool, what: &str, sql: &'static str) {
    let found: Vec<String> = sqlx::query_scalar(sql).fetch_all(owner).await.unwrap();
    assert_eq!(found, Vec::<String>::new(), "{what}");
}

#[sqlx::test(migrations = false)]
async fn the_same_seed_makes_the_same_bank_again_and_a_whole_one_is_left_alone(owner: PgPool) {
    let bank = made(&owner).await;
    let first = checksums(&owner).await;
    let empty: Vec<_> = first.iter().filter(|(_, rows, _)| *rows == 0).map(|(table, _, _)| table.as_str()).collect();
    for table in [
        "txn",
        "guarantee",
        "standing_order",
        "account_party",
        "complaint",
        "alert",
        "document",
        "field_change",
        "task",
        "opportunity",
        "opportunity_move",
    ] {
        assert!(!empty.contains(&table), "no {table}");
    }

    let again = demo::generate(&bank, &owner, &Actor::system(), &options(), &|_| {}).await.unwrap_err();
    assert_eq!(again.code(), Code::BankNotEmpty);
    assert_eq!(checksums(&owner).await, first);

    // Whoever lost the random password gives the logins another.
    assert!(demo::set_password(&bank, &Actor::system(), "another password of the tests").await.unwrap());
    assert!(!demo::set_password(&bank, &Actor::system(), "another password of the tests").await.unwrap());
    let hash: String = sqlx::query_scalar("select password_hash from app_user where login = 'auditor'").fetch_one(&owner).await.unwrap();
    assert!(access::password::verify("another password of the tests", Some(hash.as_str())).await.unwrap());

    // A load that was killed half-way leaves a note of the indexes that are to come back.
    sqlx::raw_sql(
        "insert into parameter (key, value) select 'demo.unfinished', jsonb_build_array(pg_get_indexdef('customer_org'::regclass));
         drop index customer_org; delete from customer where customer_id % 2 = 0",
    )
    .execute(&owner)
    .await
    .unwrap();
    made(&owner).await;
    assert_eq!(checksums(&owner).await, first);
    let back: bool = sqlx::query_scalar("select to_regclass('customer_org') is not null").fetch_one(&owner).await.unwrap();
    assert!(back, "the index came back");
}

#[sqlx::test(migrations = false)]
async fn its_books_balance_and_its_people_are_plausible(owner: PgPool) {
    let bank = made(&owner).await;

    none(
        &owner,
        "a posting leaves what the one before left, and the last leaves the balance",
        "with posted as (
             select t.*, a.balance, a.category in ('loan', 'card') as owed,
                 lag(t.balance_after) over (partition by t.account_id order by t.booked_on, t.txn_id) as before,
                 row_number() over (partition by t.account_id order by t.booked_on desc, t.txn_id desc) as from_last
             from txn t join account a using (customer_id, account_id) where a.category in ('current', 'term', 'loan', 'card'))
         select account_id::text || ' ' || booked_on from posted
         where balance_after is distinct from coalesce(before, balance_after - case when (direction = 'credit') <> owed then amount else -amount end)
                 + case when (direction = 'credit') <> owed then amount else -amount end
            or balance_after < 0 or (from_last = 1 and balance_after <> balance)",
    )
    .await;
    none(
        &owner,
        "every month ends with what its last posting left",
        "with ends as (
             select y.customer_id, y.account_id, (make_date(y.year, m, 1) + interval '1 month')::date as next, y.end_balance[m] as balance
             from account_year y, generate_series(1, 12) m where y.end_balance[m] is not null)
         select e.account_id || ' ' || e.next from ends e join account a using (customer_id, account_id)
         where a.category in ('current', 'term', 'loan', 'card')
           and e.balance <> (select t.balance_after from txn t where t.customer_id = e.customer_id and t.account_id = e.account_id
               and t.booked_on < e.next order by t.booked_on desc, t.txn_id desc limit 1)",
    )
    .await;
    none(
        &owner,
        "the running month holds the balance, and an average lies in the range of the balances",
        "select a.account_id::text from account a left join account_year y on y.customer_id = a.customer_id and y.account_id = a.account_id and y.year = 2026
         where a.closed_on is null and (y.end_balance[3] is distinct from a.balance or y.average_balance[3] is null)",
    )
    .await;
    none(
        &owner,
        "every account has its months",
        "select account_id::text from account a where not exists (select from account_year y where y.customer_id = a.customer_id and y.account_id = a.account_id)",
    )
    .await;
    none(
        &owner,
        "nobody owns more than the whole of a company",
        "select customer_id::text from customer_relation where kind = 'shareholder' and inverse group by customer_id having sum(percentage) > 100",
    )
    .await;
    none(
        &owner,
        "both ends tell of a relation",
        "select r.customer_id || ' ' || r.kind from customer_relation r where not exists (select from customer_relation o
         where o.customer_id = r.related_id and o.related_id = r.customer_id and o.kind = r.kind and o.inverse <> r.inverse
           and o.percentage is not distinct from r.percentage)",
    )
    .await;
    none(
        &owner,
        "nobody has two leads at once",
        "select a.customer_id::text from assignment a join assignment b on b.customer_id = a.customer_id and b.assignment_id > a.assignment_id
         and a.role = 'lead' and b.role = 'lead' and a.valid && b.valid",
    )
    .await;
    none(
        &owner,
        "codes are in the dictionaries",
        "select distinct education from customer where education not in (select code from dictionary_entry where dictionary = 'education')
         union select distinct industry from customer where industry not in (select code from dictionary_entry where dictionary = 'industry')",
    )
    .await;
    let chain: i64 = sqlx::query_scalar(
        "select count(*) from customer_relation a join customer_relation b on b.customer_id = a.related_id and b.kind = 'shareholder' and not b.inverse
         join customer_relation c on c.customer_id = b.related_id and c.kind = 'shareholder' and not c.inverse
         where a.kind = 'shareholder' and not a.inverse",
    )
    .fetch_one(&owner)
    .await
    .unwrap();
    assert!(chain > 0, "no chain of shareholders is three deep");

    let papers: Vec<(String, String)> =
        sqlx::query_as("select kind, value from customer_identity where kind in ('id_card', 'uscc')").fetch_all(&owner).await.unwrap();
    assert!(papers.len() > 200);
    for (kind, value) in &papers {
        checks::identity(kind, value).unwrap_or_else(|rule| panic!("{kind} {value}: {rule:?}"));
    }
    let longest: i32 = sqlx::query_scalar("select max(length(name)) from customer").fetch_one(&owner).await.unwrap();
    assert_eq!(longest, 60);
    // Everybody whom the card system knows is somebody of the core system, by different likenesses.
    let twins: Vec<(bool, bool, bool)> = sqlx::query_as(
        "select bool_or(paper), bool_or(name), bool_or(mobile) from (
             select k.customer_id,
                 exists (select from customer_identity i where i.customer_id = k.customer_id and i.kind = 'id_card' and i.value_hash = oi.value_hash) as paper,
                 c.name = o.name as name,
                 exists (select from customer_contact m join customer_contact om on om.customer_id = o.customer_id and om.value_hash = m.value_hash
                     where m.customer_id = k.customer_id and m.kind = 'mobile') as mobile
             from customer_identity k join customer c using (customer_id)
             join customer o on o.birth_date = c.birth_date and o.customer_id <> c.customer_id
             left join customer_identity oi on oi.customer_id = o.customer_id and oi.kind = 'id_card'
             where k.kind = 'source_key' and k.system = 'card' and k.value like 'K%'
                 and not exists (select from customer_identity core where core.customer_id = k.customer_id and core.system = 'core')) pair
         group by customer_id order by 1, 2, 3",
    )
    .fetch_all(&owner)
    .await
    .unwrap();
    assert_eq!(twins, [(false, true, true), (true, false, true), (true, true, false)]);
    none(
        &owner,
        "what only the card system knows does not say that it came from elsewhere",
        "select k.customer_id || ' ' || x.source from customer_identity k join customer c using (customer_id)
         cross join lateral (
             select i.system as source from customer_identity i where i.customer_id = k.customer_id
             union all select m.source from customer_contact m where m.customer_id = k.customer_id
             union all select v ->> 'source' from jsonb_each(c.lineage) l (field, v)
             union all select d.source from document d where d.customer_id = k.customer_id
             union all select f.source from field_change f where f.customer_id = k.customer_id) x
         where k.kind = 'source_key' and k.system = 'card' and k.value like 'K%' and x.source <> 'card'",
    )
    .await;
    none(
        &owner,
        "a correction is of a field that has the corrected value, by the system that it comes from",
        "select f.customer_id || ' ' || f.field from field_change f join customer c using (customer_id)
         where to_jsonb(c) -> f.field is distinct from f.new_value or f.old_value = f.new_value
             or coalesce(c.lineage -> f.field, c.lineage -> '*') ->> 'source' <> f.source",
    )
    .await;
    none(
        &owner,
        "every value says where it came from and when",
        "select customer_id::text from customer where not (lineage ? '*') or lineage -> '*' ->> 'business_date' <> '2026-03-18'
         union all select 'appetite ' || customer_id from customer where risk_appetite is not null and lineage -> '*' ->> 'source' = 'core' and not lineage ? 'risk_appetite'
         union all select 'rating ' || customer_id from customer where credit_rating is not null and not lineage ? 'credit_rating'
         union all select 'listed ' || customer_id from customer where listed_code is not null and not lineage ? 'listed_code'
         union all select 'scope ' || customer_id from customer where business_scope is not null and not lineage ? 'business_scope'
         union all select 'identity ' || customer_id from customer_identity where business_date is null
         union all select 'card ' || customer_id from card where business_date is null
         union all select 'contract ' || customer_id from contract where business_date is null
         union all select 'order ' || customer_id from standing_order where business_date is null
         union all select 'guarantee ' || customer_id from guarantee where business_date is null or source = 'guanhu'
         union all select 'document ' || customer_id from document where business_date is null",
    )
    .await;
    // Cards are used over all of the window.
    let months: i64 = sqlx::query_scalar(
        "select max(months) from (select count(distinct date_trunc('month', t.booked_on)) as months from txn t join account a using (customer_id, account_id)
         where a.category = 'card' and t.kind = 'spending' group by t.account_id) m",
    )
    .fetch_one(&owner)
    .await
    .unwrap();
    assert!(months >= 24, "{months}");
    let hashed: Vec<(String, Vec<u8>)> = sqlx::query_as(
        "select value, value_hash from customer_contact union all select value, value_hash from customer_identity
         union all select account_no, account_no_hash from account",
    )
    .fetch_all(&owner)
    .await
    .unwrap();
    for (value, hash) in &hashed {
        assert_eq!(&bank.keys().hash(value), hash);
    }

    let (own, of_branch, in_pools): (i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from customer_summary s join app_user u on u.login = 'manager' and s.lead_staff_id = u.staff_id),
             (select count(*) from customer_summary s join app_user u on u.login = 'branch' and s.org_id = u.org_id),
             (select count(*) from customer_summary where lead_staff_id is null)",
    )
    .fetch_one(&owner)
    .await
    .unwrap();
    assert!(own >= 20 && of_branch >= own && in_pools > 0, "{own} of {of_branch}, {in_pools} in pools");

    let averages = "select to_jsonb(a)::text from customer_average a order by customer_id";
    let loaded: Vec<String> = sqlx::query_scalar(averages).fetch_all(&owner).await.unwrap();
    assert!(loaded.len() > 200, "{}", loaded.len());
    let standing = "select 'tier ' || customer_id || ' ' || valid || ' ' || tier_id from customer_tier
        union all select 'due ' || customer_id || ' ' || coalesce(tier_id, 0) || ' ' || since from customer_tier_due order by 1";
    let tiers: Vec<String> = sqlx::query_scalar(standing).fetch_all(&owner).await.unwrap();
    sqlx::raw_sql("delete from customer_average; update tier_scheme set averaged_through = null").execute(&owner).await.unwrap();
    let evaluated = tiers::evaluate(&bank, &Actor::system(), tiers::Which::Whole).await.unwrap();
    assert_eq!(evaluated, Default::default(), "the rules give everybody the tier that the generator gave");
    let refreshed: Vec<String> = sqlx::query_scalar(averages).fetch_all(&owner).await.unwrap();
    assert_eq!(loaded, refreshed);
    assert_eq!(tiers, sqlx::query_scalar::<_, String>(standing).fetch_all(&owner).await.unwrap());

    let warnings = "select (to_jsonb(a) - 'alert_id')::text from alert a order by customer_id, kind";
    let loaded: Vec<String> = sqlx::query_scalar(warnings).fetch_all(&owner).await.unwrap();
    let kinds: Vec<String> = sqlx::query_scalar("select distinct kind from alert order by 1").fetch_all(&owner).await.unwrap();
    assert!(kinds.len() > 2, "{kinds:?}");
    let ids: Vec<i64> = sqlx::query_scalar("select customer_id from customer").fetch_all(&owner).await.unwrap();
    alerts::refresh(&mut owner.acquire().await.unwrap(), &ids).await.unwrap();
    assert_eq!(loaded, sqlx::query_scalar::<_, String>(warnings).fetch_all(&owner).await.unwrap(), "a load would warn of the same");

    // Since when somebody is in a state is history, which no table but the summary's own keeps for the first one.
    let summaries = "select (to_jsonb(s) - 'refreshed_at' - 'state_since')::text from customer_summary s union all select (to_jsonb(t))::text from customer_token t order by 1";
    let loaded: Vec<String> = sqlx::query_scalar(summaries).fetch_all(&owner).await.unwrap();
    sqlx::raw_sql("delete from customer_summary; delete from customer_token").execute(&owner).await.unwrap();
    summary::refresh(&mut owner.acquire().await.unwrap(), &ids).await.unwrap();
    let refreshed: Vec<String> = sqlx::query_scalar(summaries).fetch_all(&owner).await.unwrap();
    for (loaded, refreshed) in loaded.iter().zip(&refreshed) {
        assert_eq!(loaded, refreshed);
    }
    assert_eq!(loaded.len(), refreshed.len());
}
