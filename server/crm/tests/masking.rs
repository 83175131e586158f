//! What is of class C2 or C3 is in no answer in clear, and in no row of the audit log: every such value of a
//! whole made-up bank is looked for in everything that can be read.

use std::collections::{BTreeMap, BTreeSet};

use guanhu_crm::{
    Actor, Bank, Keys, MIGRATOR,
    access::{account, staff, users},
    assignments,
    audit::search,
    contribution, customers, demo, groups, tiers,
};
use guanhu_domain::{
    CustomerNo,
    access::{audit::AuditFilter, units::StaffFilter, users::UserFilter},
    assignments::board::CardQuery,
    customers::{CustomerQuery, RevealKind, RevealRequest, TransactionQuery},
    rules::{Condition, RuleSet},
};
use serde::Serialize;
use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions};

/// Columns of class C2 and C3 that a customer's pages never read: files on their way in, work that waits, what is only
/// compared. [`customer.extra`] keeps what a feed brought and no column takes.
const READ_BY_NOBODY: [&str; 22] = [
    "account.account_no_hash",
    "app_user.totp_last_step",
    "app_user.totp_pending",
    "app_user.totp_secret",
    "approval.payload",
    "customer.extra",
    "customer_contact.value_hash",
    "customer_identity.value_hash",
    "field_change.new_value",
    "field_change.old_value",
    "form_draft.sealed",
    "idempotency_key.response",
    "import_reject.detail",
    "import_reject.raw",
    "import_upload_chunk.data",
    "job.payload",
    "job.result",
    "login_throttle.key",
    "outbox_event.payload",
    "password_history.password_hash",
    "recovery_code.code_hash",
    "session.token_hash",
];

type Classes = BTreeMap<String, BTreeMap<String, Vec<String>>>;

#[sqlx::test(migrations = false)]
async fn no_clear_value_leaves_the_server(owner: PgPool) {
    MIGRATOR.run(&owner).await.unwrap();
    let connect = owner.connect_options().as_ref().clone().options([("role", "guanhu_app")]);
    let pool = PgPoolOptions::new().max_connections(4).connect_lazy_with(connect);
    let bank = Bank::over(pool, Keys::derive(b"only for tests, and long enough to be a secret"));
    let options = demo::DemoOptions {
        customers: 300,
        seed: 11,
        months: 12,
        business_date: "2026-03-18".parse().unwrap(),
        password: Some("a password of the tests".into()),
    };
    demo::generate(&bank, &owner, &Actor::system(), &options, &|_| {}).await.unwrap();

    // Whoever has most of everything.
    let rich: Vec<i64> = sqlx::query_scalar(
        "select c.customer_id from customer c
         order by (select count(*) from card k where k.customer_id = c.customer_id) > 0 desc,
             (select count(*) from standing_order o where o.customer_id = c.customer_id) > 0 desc,
             (select count(*) from customer_identity i where i.customer_id = c.customer_id) desc, 1 limit 40",
    )
    .fetch_all(&owner)
    .await
    .unwrap();
    sqlx::query(
        "update txn set narrative = '货款 62220212345678901 尾款' where (customer_id, booked_on, txn_id) in (
             select customer_id, booked_on, txn_id from txn where customer_id = any($1) order by booked_on desc, txn_id limit 3)",
    )
    .bind(&rich)
    .execute(&owner)
    .await
    .unwrap();
    let mut secrets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let registry: Classes = toml::from_str(include_str!("../data_classes.toml")).unwrap();
    let columns = registry.iter().flat_map(|(table, classes)| {
        let hidden = classes.iter().filter(|(class, _)| ["C2", "C3"].contains(&class.as_str()));
        hidden.flat_map(move |(_, columns)| columns.iter().map(move |column| (table.clone(), column.clone())))
    });
    for (table, column) in columns.filter(|(table, column)| !READ_BY_NOBODY.contains(&format!("{table}.{column}").as_str())) {
        let owned: bool = sqlx::query_scalar(
            "select exists (select from information_schema.columns where table_name = $1 and column_name = 'customer_id')",
        )
        .bind(&table)
        .fetch_one(&owner)
        .await
        .unwrap();
        let of = if owned { "customer_id = any($1)" } else { "$1::bigint[] is not null" };
        // Of a narrative only what could be a number of somebody's is hidden.
        let pattern = if column == "narrative" { "substring({column} from '[0-9]{6,}')" } else { "{column}" }.replace("{column}", &column);
        // The numbers of the bank's own systems are no secret of the customer's, nor are web sites.
        let open =
            if ["customer_identity", "customer_contact"].contains(&&*table) { "kind not in ('source_key', 'website')" } else { "true" };
        let sql = format!(
            "select distinct {pattern}::text from {table} where {of} and {open} and {column} is not null and {pattern} is not null limit 2000"
        );
        let values: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).bind(&rich).fetch_all(&owner).await.unwrap();
        secrets.insert(format!("{table}.{column}"), values.into_iter().filter(|value| value.chars().count() >= 8).collect());
    }
    let without: Vec<&String> = secrets.iter().filter(|(_, values)| values.is_empty()).map(|(column, _)| column).collect();
    assert_eq!(without, Vec::<&String>::new(), "nothing in the made-up bank to look for, and not in READ_BY_NOBODY");

    // Everything that can be read.
    let as_who = async |login: &str| Actor::by_login(&bank, login).await.unwrap();
    let (boss, admin, auditor) = (as_who("executive").await, as_who("admin").await, as_who("auditor").await);
    let mut said: Vec<(String, String)> = Vec::new();
    for id in &rich {
        let no = CustomerNo::from_id(*id);
        said.push(told("view", customers::view(&bank, &boss, no).await));
        said.push(told("accounts", customers::accounts(&bank, &boss, no).await));
        said.push(told("transactions", customers::transactions(&bank, &boss, no, &TransactionQuery::default()).await));
        said.push(told("timeline", customers::timeline(&bank, &boss, no, &[], None).await));
        said.push(told("tier", tiers::explain(&bank, &boss, no).await));
        let months = contribution::explain::contribution(&bank, &boss, no, None, None).await;
        said.extend(months.ok().map(|months| ("contribution".to_owned(), serde_json::to_string(&months).unwrap())));
    }
    for value in
        secrets["customer_identity.value"].iter().chain(&secrets["customer_contact.value"]).chain(&secrets["account.account_no"]).take(40)
    {
        let query = CustomerQuery { q: Some(value.clone()), ..CustomerQuery::default() };
        said.push(told("search", customers::list(&bank, &boss, &query).await));
    }
    said.push(told("list", customers::list(&bank, &boss, &CustomerQuery { limit: Some(200), ..CustomerQuery::default() }).await));
    said.push(told("board", assignments::board(&bank, &as_who("branch").await, &CardQuery::default()).await));
    said.push(told("group", groups::find(&bank, &boss, &RuleSet::new(Condition::Known { field: "aum".into() })).await));
    said.push(told("staff", staff::list(&bank, &admin, &StaffFilter { limit: Some(200), ..StaffFilter::default() }).await));
    said.push(told("users", users::list(&bank, &admin, &UserFilter::default()).await));
    said.push(told("account", account::own(&bank, &boss).await));
    // One clear value, revealed with a reason: even then not in the log.
    let manager = as_who("manager").await;
    let (customer, contact): (i64, i64) = sqlx::query_as(
        "select s.customer_id, k.contact_id from customer_summary s join customer_contact k using (customer_id) join app_user u on u.staff_id = s.lead_staff_id
         where u.login = 'manager' and k.kind = 'mobile' limit 1",
    )
    .fetch_one(&owner)
    .await
    .unwrap();
    let request = RevealRequest { what: RevealKind::Contact, id: bank.keys().opaque(contact), reason: "回访前核实号码".into() };
    let revealed = customers::reveal(&bank, &manager, CustomerNo::from_id(customer), &request).await.unwrap().value;
    secrets.entry("customer_contact.value".into()).or_default().insert(revealed);
    bank.flush().await;
    said.push(told("audit", search::search(&bank, &auditor, &AuditFilter { limit: Some(200), ..AuditFilter::default() }).await));
    let log: Vec<String> = sqlx::query_scalar("select to_jsonb(a)::text from audit_log a").fetch_all(&owner).await.unwrap();
    said.push(("audit log".to_owned(), log.join("\n")));

    let mut clear = BTreeSet::new();
    for (column, values) in &secrets {
        for (what, text) in &said {
            if values.iter().any(|value| text.contains(value.as_str())) {
                clear.insert(format!("{column} in {what}"));
            }
        }
    }
    assert!(clear.is_empty(), "{clear:#?}");
    assert!(log.len() > rich.len(), "views are in the log: {}", log.len());
}

fn told<T: Serialize>(what: &str, answer: Result<T, guanhu_crm::Error>) -> (String, String) {
    let answer = answer.unwrap_or_else(|error| panic!("{what}: {error}"));
    (what.to_owned(), serde_json::to_string(&answer).unwrap())
}

#[sqlx::test(migrations = false)]
async fn who_looks_is_written_down_and_what_was_typed_is_not(owner: PgPool) {
    let world = guanhu_crm::testing::World::new(owner).await;
    let alice = world.actor("alice").await;
    let first = CustomerNo::from_id(world.customer("张小伟", "E1", Some("M-ALICE"), 1_000).await);
    world.customer("李娜", "E1", Some("M-ALICE"), 1_000).await;
    sqlx::query("insert into customer_contact (customer_id, kind, value, value_hash) values ($1, 'mobile', '13800001234', $2)")
        .bind(first.id())
        .bind(world.bank.keys().hash("13800001234"))
        .execute(&world.owner)
        .await
        .unwrap();
    let list = async |query: CustomerQuery| customers::list(&world.bank, &alice, &query).await.unwrap();
    list(CustomerQuery { aum_min: Some(5), ..CustomerQuery::default() }).await;
    list(CustomerQuery { q: Some("13800001234".into()), ..CustomerQuery::default() }).await;
    list(CustomerQuery { q: Some("13900009999".into()), ..CustomerQuery::default() }).await;
    assignments::board(&world.bank, &world.actor("east").await, &CardQuery { unit: Some("E1".into()), ..CardQuery::default() })
        .await
        .unwrap();
    world.bank.flush().await;
    let rows: Vec<(String, String, String, serde_json::Value)> =
        sqlx::query_as("select login, verb, subject, detail from audit_log order by audit_id").fetch_all(&world.owner).await.unwrap();
    let told: Vec<(&str, &str, &str)> = rows.iter().map(|(login, verb, subject, _)| (&login[..], &verb[..], &subject[..])).collect();
    let one = format!("customer:{first}");
    assert_eq!(
        told,
        [
            ("alice", "customer.list", "customers"),
            ("alice", "customer.list", &one[..]),
            ("alice", "customer.list", "customers"),
            ("east", "transfer.list", "unit:E1")
        ]
    );
    assert_eq!(rows[0].3["filter"], serde_json::json!({ "aum_min": 5 }));
    assert_eq!(rows[0].3["customers"].as_array().unwrap().len(), 2);
    assert_eq!((&rows[1].3["search"], &rows[2].3["customers"]), (&serde_json::json!(true), &serde_json::json!([])));
    assert!(rows.iter().all(|(.., detail)| !detail.to_string().contains("13800001234")), "{rows:?}");
}
