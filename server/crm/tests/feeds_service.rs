//! What other systems tell of service, and what the figures of a load warn of.

use std::{fs, path::PathBuf};

use guanhu_crm::{
    customers,
    feeds::{self, ImportRequest, Profile},
    testing::World,
};
use guanhu_domain::{
    CustomerNo,
    feeds::{ImportReport, RejectReason as Why, RunState},
};
use sqlx::PgPool;

const BANK: &str = r#"
name = "bank"
source = "core"
reject_threshold = 0.5
[files]
customers = { path = "customers.csv" }
accounts = { path = "accounts.csv" }
loans = { path = "loans.csv", optional = true }
transactions = { path = "transactions.csv" }
parties = { path = "parties.csv", optional = true }
[[load]]
entity = "customers"
file = "customers"
columns = { source_key = "no", kind = '"personal"', unit = '"E1"', name = "name", opened_on = "opened" }
[[load]]
entity = "assignments"
file = "customers"
columns = { customer = "no", staff = '"M-ALICE"', role = '"lead"' }
[[load]]
entity = "accounts"
file = "accounts"
columns = { source_key = "no", customer = "customer", product = "product", balance = "balance", opened_on = "opened", matures_on = "matures", closed_on = "closed" }
[[load]]
entity = "loans"
file = "loans"
columns = { source_key = "no", customer = "customer", product = '"LOAN"', principal = "principal", balance = "balance", overdue_days = "overdue" }
[[load]]
entity = "account_parties"
file = "parties"
columns = { account = "account", customer = "customer", role = "role" }
[[load]]
entity = "transactions"
file = "transactions"
columns = { source_key = "no", account = "account", booked_on = "day", direction = "side", amount = "amount", balance_after = "balance" }
"#;

const SERVICE: &str = r#"
name = "service"
source = "core"
reject_threshold = 0.9
[files]
calls = { path = "calls.csv" }
complaints = { path = "complaints.csv" }
papers = { path = "papers.csv" }
[[load]]
entity = "activities"
file = "calls"
columns = { source_key = "no", customer = "customer", kind = "kind", happened_on = "day", staff = "staff", summary = "words", next_step = "next", next_on = "on" }
[[load]]
entity = "complaints"
file = "complaints"
columns = { source_key = "no", customer = "customer", received_on = "day", channel = '"hotline"', subject = "words", detail = "more", state = "state", resolved_on = "resolved" }
[[load]]
entity = "documents"
file = "papers"
columns = { source_key = "no", customer = "customer", kind = "kind", title = "title", received_on = "day", expires_on = "until" }
"#;

/// Files of a feed in a directory of their own, removed when dropped.
struct Feed {
    dir: PathBuf,
    profile: &'static str,
}

impl Feed {
    fn new(profile: &'static str, files: &[(&str, &str)]) -> Feed {
        let dir = std::env::temp_dir().join(format!("guanhu-feed-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&dir).unwrap();
        for (name, text) in files {
            fs::write(dir.join(name), text.trim_start()).unwrap();
        }
        Feed { dir, profile }
    }

    async fn load(&self, world: &World, day: &str) -> ImportReport {
        let request = ImportRequest {
            profile: Profile::parse(self.profile).unwrap(),
            profile_dir: None,
            dir: self.dir.clone(),
            business_date: day.parse().ok(),
            dry_run: false,
            rejects_dir: None,
        };
        let report = feeds::import(&world.bank, &world.actor("admin").await, request, |_| {}).await.unwrap();
        assert_eq!(report.state, RunState::Done, "{:?}", report.rejects);
        report
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

const CUSTOMERS: &str = "
no,name,opened
S1,赵满期,2020-05-01
S2,钱逾期,2020-05-01
S3,孙转出,2020-05-01
S4,李不动,2020-05-01
S5,周平常,2020-05-01
S6,吴将满,2020-05-01
";

fn first_day() -> Feed {
    Feed::new(
        BANK,
        &[
            ("customers.csv", CUSTOMERS),
            (
                "accounts.csv",
                "
no,customer,product,balance,opened,matures,closed
T1,S1,TRM,200000.00,2025-04-10,2026-04-10,
T1B,S1,TRM,500000.00,2025-04-20,2026-04-20,
C3,S3,CUR,,2020-05-01,,
C4,S4,CUR,,2020-05-01,,
C5,S5,CUR,,2020-05-01,,
T5,S5,TRM,99999.99,2025-04-10,2026-04-10,
T6,S6,TRM,150000.00,2025-05-20,2026-05-20,
",
            ),
            ("loans.csv", "\nno,customer,principal,balance,overdue\nL1,S2,50000,30000,45\nL2,S2,50000,20000,3\n"),
            (
                "transactions.csv",
                "
no,account,day,side,amount,balance
1,C3,2026-02-10,credit,110000,110000
2,C3,2026-03-20,debit,100000,10000
3,C4,2024-12-01,credit,50000,50000
4,C5,2026-03-02,credit,90000,90000
5,C5,2026-03-03,debit,20000,70000
",
            ),
        ],
    )
}

/// Open warnings as `name kind severity raised_on evidence`.
async fn warnings(world: &World) -> Vec<String> {
    sqlx::query_scalar(
        "select s.name || ' ' || a.kind || ' ' || a.severity || ' ' || a.raised_on || ' ' || a.evidence from alert a join customer_summary s using (customer_id)
         where a.closed_at is null order by s.name, a.kind",
    )
    .fetch_all(&world.owner)
    .await
    .unwrap()
}

async fn counted(world: &World) -> Vec<(String, i32)> {
    sqlx::query_as("select name, open_alerts from customer_summary where open_alerts > 0 order by name")
        .fetch_all(&world.owner)
        .await
        .unwrap()
}

#[sqlx::test(migrations = false)]
async fn a_load_warns_of_what_its_figures_say_and_takes_it_back_when_that_is_over(pool: PgPool) {
    let world = World::new(pool).await;
    let first = first_day();
    first.load(&world, "2026-03-31").await;
    let told = [
        r#"孙转出 large_movement warning 2026-03-20 {"amount": 10000000, "currency": "CNY", "booked_on": "2026-03-20"}"#,
        r#"孙转出 leaving critical 2026-03-31 {"aum": 1000000, "currency": "CNY", "aum_previous": 11000000}"#,
        r#"李不动 dormant info 2026-03-31 {"last_transaction_on": "2024-12-01"}"#,
        r#"赵满期 maturity info 2026-03-11 {"amount": 20000000, "currency": "CNY", "matures_on": "2026-04-10"}"#,
        r#"钱逾期 overdue critical 2026-02-15 {"balance": 3000000, "currency": "CNY", "overdue_days": 45}"#,
    ];
    let mut found = warnings(&world).await;
    found.sort();
    assert_eq!(found, told);
    assert_eq!(
        counted(&world).await,
        [("孙转出", 2), ("李不动", 1), ("赵满期", 1), ("钱逾期", 1)].map(|(name, open)| (name.to_owned(), open))
    );
    let alice = world.actor("alice").await;
    let id: i64 = sqlx::query_scalar("select customer_id from customer where name = '孙转出'").fetch_one(&world.owner).await.unwrap();
    let seen = customers::view(&world.bank, &alice, CustomerNo::from_id(id)).await.unwrap();
    assert_eq!(seen.alerts.iter().map(|alert| alert.kind.as_str()).collect::<Vec<_>>(), ["leaving", "large_movement"]);

    // The same files again: no warning is closed and raised anew.
    let ids = "select string_agg(alert_id || ' ' || raised_on, ',' order by alert_id) from alert";
    let before: String = sqlx::query_scalar(ids).fetch_one(&world.owner).await.unwrap();
    first.load(&world, "2026-03-31").await;
    assert_eq!(sqlx::query_scalar::<_, String>(ids).fetch_one(&world.owner).await.unwrap(), before);

    // Five weeks on, of two customers something is heard. Time alone has ended the rest, and brought a
    // new maturity to one of whom nothing is heard.
    let second = Feed::new(
        BANK,
        &[
            ("customers.csv", CUSTOMERS),
            (
                "accounts.csv",
                "no,customer,product,balance,opened,matures,closed\nT1,S1,TRM,0,2025-04-10,2026-04-10,2026-04-10\nT1B,S1,TRM,0,2025-04-20,2026-04-20,2026-04-20\n",
            ),
            ("loans.csv", "no,customer,principal,balance,overdue\nL1,S2,50000,28000,0\n"),
            ("transactions.csv", "no,account,day,side,amount,balance\n6,C4,2026-05-04,credit,100,50100\n"),
        ],
    );
    second.load(&world, "2026-05-05").await;
    assert_eq!(
        warnings(&world).await,
        [
            r#"吴将满 maturity info 2026-04-20 {"amount": 15000000, "currency": "CNY", "matures_on": "2026-05-20"}"#,
            r#"赵满期 leaving critical 2026-05-05 {"aum": 0, "currency": "CNY", "aum_previous": 70000000}"#,
            r#"钱逾期 overdue warning 2026-05-03 {"balance": 2000000, "currency": "CNY", "overdue_days": 3}"#,
        ]
    );
    assert_eq!(counted(&world).await, [("吴将满".to_owned(), 1), ("赵满期".to_owned(), 1), ("钱逾期".to_owned(), 1)]);
    let closed: i64 = sqlx::query_scalar("select count(*) from alert where closed_at is not null").fetch_one(&world.owner).await.unwrap();
    assert_eq!(closed, 4, "what is over stays in the history");
}

#[sqlx::test(migrations = false)]
async fn the_bank_says_what_counts_as_much(pool: PgPool) {
    let world = World::new(pool).await;
    sqlx::query("update parameter set value = '9999999' where key = 'alerts.maturity_amount'").execute(&world.owner).await.unwrap();
    sqlx::query("update parameter set value = '500' where key = 'alerts.dormant_days'").execute(&world.owner).await.unwrap();
    first_day().load(&world, "2026-03-31").await;
    let told = warnings(&world).await;
    assert!(told.iter().any(|line| line.starts_with("周平常 maturity")), "{told:?}");
    assert!(!told.iter().any(|line| line.contains("dormant")), "{told:?}");
}

#[sqlx::test(migrations = false)]
async fn contacts_complaints_and_documents_come_by_feed(pool: PgPool) {
    let world = World::new(pool).await;
    first_day().load(&world, "2026-03-31").await;
    let files = |state: &str, resolved: &str| {
        Feed::new(
            SERVICE,
            &[
                (
                    "calls.csv",
                    "
no,customer,kind,day,staff,words,next,on
A1,S5,call,2026-03-30,M-BO,问候并介绍大额存单,寄送资料,2026-04-02
A2,S99,call,2026-03-30,,查无此人,,
A3,S5,telepathy,2026-03-30,,心灵感应,,
A4,S5,call,2026-03-30,M-NOBODY,谁打的,,
A1,S5,visit,2026-03-30,,又是一号,,
",
                ),
                (
                    "complaints.csv",
                    &format!(
                        "
no,customer,day,words,more,state,resolved
K1,S5,2026-03-01,排队时间过长,等候五十分钟,{state},{resolved}
K2,S5,2026-03-01,时间倒流,,resolved,2026-02-01
"
                    ),
                ),
                ("papers.csv", "\nno,customer,kind,title,day,until\nD1,S5,id_card,身份证复印件,2025-06-01,2035-06-01\n"),
            ],
        )
    };
    let open = files("open", "");
    let report = open.load(&world, "2026-03-31").await;
    let refused: Vec<_> = report.rejects.iter().map(|reject| (reject.file.as_str(), reject.line, reject.reason)).collect();
    assert_eq!(
        refused,
        [
            ("calls.csv", 3, Why::UnknownKey),
            ("calls.csv", 4, Why::UnknownCode),
            ("calls.csv", 5, Why::UnknownKey),
            ("calls.csv", 6, Why::Duplicate),
            ("complaints.csv", 3, Why::OutOfRange),
        ]
    );
    assert_eq!((report.total.inserted, report.total.rejected), (3, 5));

    let alice = world.actor("alice").await;
    let id: i64 = sqlx::query_scalar("select customer_id from customer where name = '周平常'").fetch_one(&world.owner).await.unwrap();
    let no = CustomerNo::from_id(id);
    let seen = customers::view(&world.bank, &alice, no).await.unwrap();
    let told = |what: &str| seen.timeline.iter().find(|item| item.what == what).unwrap().clone();
    assert_eq!((told("activity").by.as_deref(), &told("activity").detail["next_on"]), (Some("薄文"), &serde_json::json!("2026-04-02")));
    assert_eq!(told("complaint").detail["state"], "open");
    assert_eq!(seen.last_contact_at.map(|at| at.date_naive().to_string()).as_deref(), Some("2026-03-30"));
    let paper = &seen.documents[0];
    assert_eq!((paper.title.as_str(), paper.source.as_str(), paper.business_date), ("身份证复印件", "core", "2026-03-31".parse().ok()));

    // Again nothing changes; a complaint that was settled is the same complaint.
    let again = open.load(&world, "2026-04-01").await;
    assert_eq!((again.total.inserted, again.total.updated, again.total.unchanged), (0, 0, 3));
    let settled = files("resolved", "2026-03-20").load(&world, "2026-04-01").await;
    assert_eq!((settled.total.inserted, settled.total.updated, settled.total.unchanged), (0, 1, 2));
    let state: Vec<String> =
        sqlx::query_scalar("select state || ' ' || resolved_at::date from complaint").fetch_all(&world.owner).await.unwrap();
    assert_eq!(state, ["resolved 2026-03-20"]);
}

#[sqlx::test(migrations = false)]
async fn an_older_day_adds_what_is_missing_and_changes_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    first_day().load(&world, "2026-03-31").await;
    let state = "select string_agg(concat_ws(' ', source_key, balance, status, overdue_days, business_date, closed_on), ',' order by source_key) from account";
    let before: String = sqlx::query_scalar(state).fetch_one(&world.owner).await.unwrap();
    let older = Feed::new(
        BANK,
        &[
            ("customers.csv", "no,name,opened\nS1,赵旧名,2019-05-01\nS7,郑迟到,2026-01-01\n"),
            ("accounts.csv", "no,customer,product,balance,opened,matures,closed\nT1,S1,TRM,1.00,2025-04-10,2027-04-10,2026-03-01\n"),
            ("loans.csv", "no,customer,principal,balance,overdue\nL1,S2,50000,40000,99\n"),
            ("transactions.csv", "no,account,day,side,amount,balance\n9,C5,2026-02-27,credit,100,100\n"),
        ],
    );
    let report = older.load(&world, "2026-03-01").await;
    assert_eq!((report.total.inserted, report.total.updated), (3, 0), "a customer with its manager, and a transaction: {:?}", report.files);
    assert_eq!(sqlx::query_scalar::<_, String>(state).fetch_one(&world.owner).await.unwrap(), before);
    let names: Vec<String> = sqlx::query_scalar("select name from customer order by customer_id").fetch_all(&world.owner).await.unwrap();
    assert!(names.contains(&"赵满期".to_owned()) && names.contains(&"郑迟到".to_owned()), "{names:?}");
    let today: String = sqlx::query_scalar("select business_date::text from bank").fetch_one(&world.owner).await.unwrap();
    assert_eq!(today, "2026-03-31");

    // A newer day changes, and says of which day the record speaks now.
    let newer = Feed::new(
        BANK,
        &[
            ("customers.csv", CUSTOMERS),
            ("accounts.csv", "no,customer,product,balance,opened,matures,closed\nT1,S1,TRM,200000.00,2025-04-10,2027-04-10,\n"),
            ("transactions.csv", "no,account,day,side,amount,balance\n5,C5,2026-03-03,debit,20000,70000\n"),
        ],
    );
    newer.load(&world, "2026-04-02").await;
    let day: String = sqlx::query_scalar("select matures_on || ' ' || business_date from account where source_key = 'T1'")
        .fetch_one(&world.owner)
        .await
        .unwrap();
    assert_eq!(day, "2027-04-10 2026-04-02");
}

const CREDIT: &str = r#"
name = "credit"
source = "core"
[files]
guarantees = { path = "guarantees.csv" }
[[load]]
entity = "guarantees"
file = "guarantees"
columns = { source_key = "no", customer = "customer", guarantor = "guarantor", kind = '"surety"', amount = "amount" }
"#;

#[sqlx::test(migrations = false)]
async fn whoever_stands_for_somebody_is_related_to_them_and_all_that_is_known_is_on_the_page(pool: PgPool) {
    let world = World::new(pool).await;
    first_day().load(&world, "2026-03-31").await;
    let credit = Feed::new(CREDIT, &[("guarantees.csv", "no,customer,guarantor,amount\nG1,S2,S1,50000\nG2,S2,,20000\n")]);
    assert_eq!(credit.load(&world, "2026-03-31").await.total.inserted, 2);
    assert_eq!(credit.load(&world, "2026-03-31").await.total.unchanged, 2);
    let related: Vec<String> = sqlx::query_scalar(
        "select concat_ws(' ', c.name, r.kind, r.inverse, o.name, r.source) from customer_relation r
         join customer c using (customer_id) join customer o on o.customer_id = r.related_id order by 1",
    )
    .fetch_all(&world.owner)
    .await
    .unwrap();
    assert_eq!(related, ["赵满期 guarantor f 钱逾期 core", "钱逾期 guarantor t 赵满期 core"]);

    sqlx::query("update customer set extra = '{\"分群\": \"A 6222020200012345678\"}', closed_on = '2026-03-30' where name = '钱逾期'")
        .execute(&world.owner)
        .await
        .unwrap();
    let id: i64 = sqlx::query_scalar("select customer_id from customer where name = '钱逾期'").fetch_one(&world.owner).await.unwrap();
    let view = customers::view(&world.bank, &world.actor("alice").await, CustomerNo::from_id(id)).await.unwrap();
    assert_eq!(view.opened_on.map(|day| day.to_string()).as_deref(), Some("2020-05-01"));
    assert_eq!(view.closed_on.map(|day| day.to_string()).as_deref(), Some("2026-03-30"));
    let kept = &view.extra["分群"];
    assert!(kept.starts_with("A ") && !kept.contains("6222020200012345678"), "{kept}");
    let told: Vec<&str> = view.timeline.iter().map(|item| item.what.as_str()).collect();
    assert!(told.contains(&"alert"), "{told:?}");
}

#[sqlx::test(migrations = false)]
async fn a_second_owner_sees_the_account_and_is_seen(pool: PgPool) {
    let world = World::new(pool).await;
    first_day().load(&world, "2026-03-31").await;
    let joint = Feed::new(
        BANK,
        &[
            ("customers.csv", CUSTOMERS),
            ("accounts.csv", "no,customer,product,balance,opened,matures,closed\nC5,S5,CUR,,2020-05-01,,\n"),
            ("transactions.csv", "no,account,day,side,amount,balance\n4,C5,2026-03-02,credit,90000,90000\n"),
            ("parties.csv", "account,customer,role\nC5,S5,owner\nC5,S4,owner\n"),
        ],
    );
    joint.load(&world, "2026-03-31").await;
    let alice = world.actor("alice").await;
    let view = async |name: &str| {
        let id: i64 =
            sqlx::query_scalar("select customer_id from customer where name = $1").bind(name).fetch_one(&world.owner).await.unwrap();
        customers::view(&world.bank, &alice, CustomerNo::from_id(id)).await.unwrap()
    };
    let second = view("李不动").await;
    let shared: Vec<_> = second.holdings.iter().filter_map(|holding| holding.owner.as_ref()).map(|owner| owner.name.as_str()).collect();
    assert_eq!(shared, ["周平常"]);
    let first = view("周平常").await;
    let users: Vec<_> = first.holdings.iter().flat_map(|holding| &holding.users).map(|user| user.name.as_str()).collect();
    assert_eq!(users, ["李不动"], "the owner is not among the others");
}
