//! What stands between two loads: people changed what a feed brought, and a second system knows the same customer.

use std::{fs, path::PathBuf};

use guanhu_crm::{
    assignments, customers,
    feeds::{self, ImportRequest, Profile},
    notices,
    testing::World,
};
use guanhu_domain::{
    CustomerNo,
    assignments::{NewTransfer, POOL, Releasing},
    customers::{AssignmentRole, ContactChange, Identity, IdentityChange},
    feeds::{ImportReport, RejectReason as Why, RunState},
    notices::{NoticeKind, Read},
};
use sqlx::PgPool;
use uuid::Uuid;

/// Canonical files of a system in a directory of their own, removed when dropped.
struct Feed {
    dir: PathBuf,
}

impl Feed {
    fn new(files: &[(&str, &str)]) -> Feed {
        let dir = std::env::temp_dir().join(format!("guanhu-feed-{}", Uuid::new_v4()));
        fs::create_dir_all(&dir).unwrap();
        for (name, text) in files {
            fs::write(dir.join(name), text.trim_start()).unwrap();
        }
        Feed { dir }
    }

    async fn load(&self, world: &World, source: &str) -> ImportReport {
        self.load_of(world, source, None).await
    }

    async fn load_of(&self, world: &World, source: &str, business_date: Option<&str>) -> ImportReport {
        let profile = feeds::canonical_profile(&self.dir, source).unwrap().with_threshold(Some(1.0));
        let business_date = business_date.map(|day| day.parse().unwrap());
        let request = ImportRequest { profile, profile_dir: None, dir: self.dir.clone(), business_date, dry_run: false, rejects_dir: None };
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

/// Inserted, updated, rejected.
fn figures(report: &ImportReport) -> (u64, u64, u64) {
    (report.total.inserted, report.total.updated, report.total.rejected)
}

fn refused(report: &ImportReport) -> Vec<(&str, u64, Why)> {
    report.rejects.iter().map(|reject| (reject.file.as_str(), reject.line, reject.reason)).collect()
}

async fn id_of(world: &World, name: &str) -> i64 {
    sqlx::query_scalar("select customer_id from customer where name = $1").bind(name).fetch_one(&world.owner).await.unwrap()
}

async fn lines(world: &World, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql).fetch_all(&world.owner).await.unwrap()
}

const CUSTOMERS: &str = "
source_key,kind,unit,name,opened_on
C1,personal,E1,陈一,2020-05-01
C2,personal,E1,陈二,2020-05-01
C3,personal,E1,陈三,2020-05-01
";

#[sqlx::test(migrations = false)]
async fn a_feed_undoes_no_transfer(pool: PgPool) {
    let world = World::new(pool).await;
    // The day's snapshot of the core: who is in charge since when, and nobody until when.
    let snapshot = |until: &str| {
        let assignments = format!(
            "customer,staff,role,valid_from,valid_to,share\nC1,M-ALICE,lead,2024-01-01,{until},\nC2,M-ALICE,lead,2024-01-01,{until},\n\
             C3,M-ALICE,lead,2024-01-01,{until},70\nC3,M-BO,assist,2024-01-01,{until},30\n"
        );
        Feed::new(&[("customers.csv", CUSTOMERS), ("assignments_20260331.csv", &assignments)])
    };
    let feed = snapshot("");
    assert_eq!(figures(&feed.load(&world, "core").await), (7, 0, 0));

    let east = world.actor("east").await;
    let moved = async |name: &str, to: &str| {
        let asked = NewTransfer {
            customers: vec![CustomerNo::from_id(id_of(&world, name).await)],
            filter: None,
            file: None,
            to: to.into(),
            role: AssignmentRole::Lead,
            share: None,
            reason: "搬迁".into(),
            effective: None,
            from: None,
            count: None,
            notes: Default::default(),
        };
        assignments::request(&world.bank, &east, &asked, Uuid::now_v7()).await.unwrap();
    };
    moved("陈一", "M-BO").await;
    moved("陈二", POOL).await;
    assignments::release(&world.bank, &east, &Releasing { from: "M-BO".into(), heir: None, reason: "离岗".into() }, Uuid::now_v7())
        .await
        .unwrap();
    let history = "select concat_ws(' ', c.name, m.code, a.role, a.valid, a.share) from assignment a join customer c using (customer_id)
         join staff m using (staff_id) order by c.name, lower(a.valid), m.code";
    let kept = lines(&world, history).await;
    assert!(kept.contains(&"陈二 M-ALICE lead [2024-01-01,2026-03-31) 100.00".to_owned()), "{kept:?}");

    // Again, and as a source writes that has a last day of all days.
    for until in ["", "2199-12-31"] {
        let again = snapshot(until).load(&world, "core").await;
        assert_eq!((again.total.inserted, again.total.rejected), (0, 0), "{:?}", again.rejects);
        let now = lines(&world, history).await;
        let ended = |all: &[String]| all.iter().filter(|line| line.contains("2026-03-31)")).cloned().collect::<Vec<_>>();
        assert_eq!(ended(&now), ended(&kept));
        assert_eq!(now.len(), kept.len());
        if until.is_empty() {
            assert_eq!((again.total.updated, &now), (0, &kept));
        }
    }
    let leads = lines(&world, "select name || ' ' || coalesce(lead_staff_id::text, 'pool') from customer_summary order by name").await;
    assert_eq!(leads, ["陈一 2001", "陈三 2000", "陈二 pool"]);
}

#[sqlx::test(migrations = false)]
async fn a_lead_that_changes_by_its_date_takes_the_tasks_along_and_is_told(pool: PgPool) {
    let world = World::new(pool).await;
    let feed = Feed::new(&[
        ("customers.csv", CUSTOMERS),
        (
            "assignments.csv",
            "
customer,staff,role,valid_from,valid_to
C1,M-ALICE,lead,2024-01-01,2026-04-03
C1,M-BO,lead,2026-04-03,
C2,M-ALICE,lead,2024-01-01,2026-04-03
C3,M-ALICE,lead,2024-01-01,
",
        ),
    ]);
    feed.load(&world, "core").await;
    sqlx::raw_sql(
        "insert into task (customer_id, owner_staff_id, title) select customer_id, 2000, '回访' from customer;
         insert into opportunity (customer_id, owner_staff_id, title, product_id, currency, amount, expected_on, opened_on, since)
         select customer_id, 2000, '存款', (select min(product_id) from product), 'CNY', 1, '2026-05-01', '2026-03-01', '2026-03-01' from customer",
    )
        .execute(&world.owner)
        .await
        .unwrap();
    let told = "select concat_ws(' ', c.name, x ->> 2, x ->> 3, payload ->> 'pools', payload ->> 'more') from outbox_event
         cross join lateral jsonb_array_elements(payload -> 'customers') x join customer c on c.customer_id = (x ->> 0)::bigint
         where topic = 'assignment.changed' order by event_id, c.customer_id";
    assert_eq!(lines(&world, told).await, ["陈一 2000 [] false", "陈二 2000 [] false", "陈三 2000 [] false"], "new ones have come");

    assert_eq!(figures(&feed.load_of(&world, "core", Some("2026-04-02")).await), (0, 0, 0));
    assert_eq!(lines(&world, told).await.len(), 3);
    assert_eq!(figures(&feed.load_of(&world, "core", Some("2026-04-03")).await), (0, 0, 0));
    assert_eq!(lines(&world, told).await[3..], ["陈一 2000 2001 [103] false", "陈二 2000 [103] false"]);
    let tasks = "select c.name || ' ' || coalesce(t.owner_staff_id::text, 'nobody') from task t join customer c using (customer_id) order by c.customer_id";
    assert_eq!(lines(&world, tasks).await, ["陈一 2001", "陈二 nobody", "陈三 2000"]);
    let opportunities = "select c.name || ' ' || coalesce(o.owner_staff_id::text, 'nobody') from opportunity o join customer c using (customer_id) order by c.customer_id";
    assert_eq!(lines(&world, opportunities).await, ["陈一 2001", "陈二 nobody", "陈三 2000"]);
}

#[sqlx::test(migrations = false)]
async fn shares_of_a_day_come_to_no_more_than_the_whole(pool: PgPool) {
    let world = World::new(pool).await;
    let feed = Feed::new(&[
        ("customers.csv", CUSTOMERS),
        (
            "assignments.csv",
            "
customer,staff,role,share,valid_from,valid_to
C1,M-BO,assist,,2024-01-01,
C1,M-ALICE,lead,,2024-01-01,
C2,M-BO,assist,30,2025-01-01,
C2,M-ALICE,lead,,2024-01-01,
C3,M-BO,assist,40,2024-06-01,2025-01-01
C3,M-WANG,assist,40,2025-01-01,
C3,M-ALICE,lead,60,2024-01-01,
",
        ),
    ]);
    let report = feed.load(&world, "core").await;
    assert_eq!(refused(&report), [("assignments.csv", 4, Why::Conflict)]);
    assert_eq!(report.rejects[0].detail, "share: 130 on one day");
    let shares = "select concat_ws(' ', c.name, m.code, a.share) from assignment a join customer c using (customer_id)
         join staff m using (staff_id) order by c.name, m.code";
    let kept = lines(&world, shares).await;
    assert_eq!(
        kept,
        ["陈一 M-ALICE 100.00", "陈一 M-BO 0.00", "陈三 M-ALICE 60.00", "陈三 M-BO 40.00", "陈三 M-WANG 40.00", "陈二 M-ALICE 100.00"]
    );

    // What stands in the way may be there already; an empty share leaves the one that is there.
    let more = Feed::new(&[(
        "assignments.csv",
        "customer,staff,role,share,valid_from\nC3,M-ALICE,lead,,2024-01-01\nC1,M-BO,assist,1,2024-01-01\n",
    )]);
    let report = more.load(&world, "core").await;
    assert_eq!((report.total.unchanged, refused(&report)), (1, vec![("assignments.csv", 3, Why::Conflict)]));
    assert_eq!(lines(&world, shares).await, kept);

    // A share that is told anew is kept with what it was and who says so.
    let other = Feed::new(&[("assignments.csv", "customer,staff,role,share,valid_from\nC3,M-ALICE,lead,55,2024-01-01\n")]);
    assert_eq!(other.load(&world, "core").await.total.updated, 1);
    let changes = "select concat_ws(' ', c.name, h.reason, s ->> 'role', s ->> 'before', s ->> 'after') from share_change h join customer c using (customer_id)
         cross join lateral jsonb_array_elements(h.shares) s";
    assert_eq!(lines(&world, changes).await, ["陈三 core lead 60.00 55"]);
}

#[sqlx::test(migrations = false)]
async fn what_people_did_to_contacts_and_papers_stays(pool: PgPool) {
    let world = World::new(pool).await;
    let feed = Feed::new(&[
        ("customers.csv", "source_key,kind,unit,name,opened_on\nC1,personal,E1,陈一,2020-05-01\n"),
        ("assignments.csv", "customer,staff,role\nC1,M-ALICE,lead\n"),
        (
            "identities.csv",
            "customer,kind,value,expires_on,verified\nC1,id_card,11010519900307233X,2026-06-01,yes\nC1,passport,E11112222,2027-01-01,yes\nC1,hk_macau_permit,C12345678,2027-01-01,yes\n",
        ),
        (
            "contacts.csv",
            "customer,kind,value,is_primary,consent\nC1,mobile,138-0000-0001,yes,no\nC1,mobile,13800000002,no,\nC1,mobile,13800000003,no,\nC1,email,a@example.com,,\nC1,wechat,chenyi90,,\n",
        ),
    ]);
    assert_eq!(figures(&feed.load(&world, "core").await), (10, 0, 0));
    assert_eq!(figures(&feed.load(&world, "core").await), (0, 0, 0));

    // A person makes another number the first, corrects one, drops one, types one that the feed brings later; a paper is
    // prolonged, another corrected, the third dropped.
    let alice = world.actor("alice").await;
    let no = CustomerNo::from_id(id_of(&world, "陈一").await);
    let view = async || customers::view(&world.bank, &alice, no).await.unwrap();
    let seen = view().await;
    let contact = async |nth: usize, value: Option<&str>, is_primary: bool| {
        let kind = if nth < 3 { "mobile" } else { "email" };
        let numbers: Vec<_> = seen.contacts.iter().filter(|contact| contact.kind == kind).collect();
        let id = numbers[nth % 3].id.clone();
        let mark = view().await.contacts.into_iter().find(|contact| contact.id == id).map(|contact| contact.mark);
        let change = ContactChange { id: Some(id), seen: mark, kind: kind.into(), value: value.map(Into::into), is_primary };
        customers::change_contact(&world.bank, &alice, no, &change, Uuid::now_v7()).await.unwrap();
    };
    contact(1, None, true).await;
    contact(2, Some("13900000003"), false).await;
    contact(3, Some(""), false).await;
    let typed = ContactChange { id: None, seen: None, kind: "mobile".into(), value: Some("13800000004".into()), is_primary: false };
    customers::change_contact(&world.bank, &alice, no, &typed, Uuid::now_v7()).await.unwrap();
    let paper = async |kind: &str, value: Option<&str>, expires: &str| {
        let Identity { id, mark, .. } = seen.identities.iter().find(|identity| identity.kind == kind).unwrap().clone();
        let change = IdentityChange { id, seen: Some(mark), value: value.map(Into::into), expires_on: expires.parse().ok() };
        customers::change_identity(&world.bank, &alice, no, &change, Uuid::now_v7()).await.unwrap();
    };
    paper("id_card", None, "2046-06-01").await;
    paper("passport", Some("E33334444"), "2035-01-01").await;
    paper("hk_macau_permit", Some(""), "").await;

    let contacts = "select concat_ws(' ', kind, value, is_primary, source) from customer_contact order by kind, value";
    let papers = "select concat_ws(' ', kind, value, expires_on, verified, system) from customer_identity order by kind";
    let kept = (lines(&world, contacts).await, lines(&world, papers).await);
    assert_eq!(
        kept.0,
        [
            "mobile 138-0000-0001 f core",
            "mobile 13800000002 t core",
            "mobile 13800000004 f guanhu",
            "mobile 13900000003 f guanhu",
            "wechat chenyi90 f core",
        ]
    );
    assert_eq!(kept.1, ["id_card 11010519900307233X 2046-06-01 t core", "passport E33334444 2035-01-01 f guanhu", "source_key C1 t core",]);
    assert_eq!(figures(&feed.load(&world, "core").await), (0, 0, 0));
    assert_eq!((lines(&world, contacts).await, lines(&world, papers).await), kept);

    // The feed comes to know what a person typed, in its own spelling; and what else it says of its own still arrives.
    fs::write(
        feed.dir.join("contacts.csv"),
        "customer,kind,value,is_primary,consent\nC1,mobile,138 0000 0004,yes,\nC1,mobile,138-0000-0001,yes,yes\nC1,wechat,chenyi90,yes,\n",
    )
    .unwrap();
    assert_eq!(figures(&feed.load(&world, "core").await), (0, 2, 0));
    assert_eq!(
        lines(&world, "select concat_ws(' ', kind, value, is_primary, consent) from customer_contact order by kind, value").await,
        ["mobile 138-0000-0001 f t", "mobile 13800000002 t", "mobile 13800000004 f", "mobile 13900000003 f", "wechat chenyi90 t",]
    );
}

const CARDS: &str = "
source_key,kind,unit,name,opened_on,occupation,employer,identity_kind,identity
K1,personal,W1,陈 一,2022-02-02,工程师,城建院,id_card,110105 19900307 233x
K2,personal,W1,陈另一,2022-02-02,,,id_card,11010519900307233X
K3,corporate,W1,陈三商行,2022-02-02,,,id_card,110105198003072331
K4,personal,W1,陈重,2022-02-02,,,passport,E00000009
K5,personal,W1,陈新,2022-02-02,教师,,passport,E00000005
K6,personal,W1,陈缺,2022-02-02,,,,E00000006
";

#[sqlx::test(migrations = false)]
async fn a_second_system_finds_the_customer_by_its_paper_or_its_key(pool: PgPool) {
    let world = World::new(pool).await;
    let core = Feed::new(&[
        (
            "customers.csv",
            "
source_key,kind,unit,name,opened_on,occupation
C1,personal,E1,陈一,2020-05-01,
C2,personal,E1,陈二,2020-05-01,医生
C3,personal,E1,陈三,2020-05-01,
C4,personal,E1,陈四,2020-05-01,
C5,personal,E1,陈五,2020-05-01,
",
        ),
        ("assignments.csv", "customer,staff,role\nC1,M-ALICE,lead\n"),
        (
            "identities.csv",
            "
customer,kind,value,system
C1,id_card,11010519900307233X,
C3,id_card,110105198003072331,
C4,passport,E00000009,
C5,passport,E00000009,
C2,source_key,K9,card
C4,source_key,K9,card
C4,source_key,K8,
",
        ),
    ]);
    let report = core.load(&world, "core").await;
    assert_eq!(refused(&report), [("identities.csv", 7, Why::Conflict), ("identities.csv", 8, Why::Required)]);

    let card = Feed::new(&[
        ("customers.csv", CARDS),
        ("accounts.csv", "source_key,customer,product,balance\nA1,K1,CUR,100.00\nA9,K9,CUR,900.00\nA3,K3,CUR,300.00\n"),
    ]);
    let report = card.load(&world, "card").await;
    // K4: two customers have the paper. K6: a paper of what kind?
    assert_eq!(refused(&report), [("customers.csv", 5, Why::Conflict), ("customers.csv", 7, Why::Required)]);
    assert_eq!(report.rejects[0].detail, "paper: 2 customers have it");
    assert_eq!(figures(&report), (6, 1, 2), "K2, K3, K5 and three accounts are new, K1 is found: {:?}", report.files);
    let keys = "select c.name || ': ' || string_agg(i.system || ' ' || i.value, ', ' order by i.identity_id) from customer c
         join customer_identity i using (customer_id) where i.kind = 'source_key' group by c.customer_id, c.name order by min(i.identity_id)";
    let told = [
        "陈一: core C1, card K1",
        "陈二: core C2, card K9",
        "陈三: core C3",
        "陈四: core C4",
        "陈五: core C5",
        // A second key of one system is a second customer, and so is the paper of a person on a firm.
        "陈另一: card K2",
        "陈三商行: card K3",
        "陈新: card K5",
    ];
    assert_eq!(lines(&world, keys).await, told);
    let accounts = "select a.source_key || ' ' || c.name || ' ' || a.source from account a join customer c using (customer_id) order by 1";
    assert_eq!(lines(&world, accounts).await, ["A1 陈一 card", "A3 陈三商行 card", "A9 陈二 card"]);

    // The second system filled what was empty, and took nothing: the name, the unit and the day are the first one's.
    let one = "select concat_ws(' ', c.name, o.code, c.opened_on, c.occupation, c.employer, c.lineage -> 'occupation' ->> 'source',
             c.lineage -> 'name' ->> 'source', s.deposits, s.lead_staff_id)
         from customer c join org_unit o using (org_id) join customer_summary s using (customer_id) where c.name = '陈一'";
    assert_eq!(lines(&world, one).await, ["陈一 E1 2020-05-01 工程师 城建院 card core 10000 2000"]);
    let alice = world.actor("alice").await;
    let seen = customers::view(&world.bank, &alice, CustomerNo::from_id(id_of(&world, "陈一").await)).await.unwrap();
    assert_eq!(seen.holdings.len(), 1);

    // Twice changes nothing, of neither; the second follows what it filled, the first may still say otherwise.
    assert_eq!(figures(&core.load(&world, "core").await), (0, 0, 2));
    assert_eq!(figures(&card.load(&world, "card").await), (0, 0, 2));
    assert_eq!(lines(&world, keys).await, told);
    fs::write(card.dir.join("customers.csv"), CARDS.trim_start().replace("工程师", "总工程师").replace("陈 一", "陈壹")).unwrap();
    assert_eq!(figures(&card.load(&world, "card").await), (0, 1, 2));
    assert!(lines(&world, one).await[0].contains("总工程师"));
    let says = Feed::new(&[("customers.csv", "source_key,kind,unit,name,occupation\nC1,personal,E1,陈一,建筑师\n")]);
    assert_eq!(figures(&says.load(&world, "core").await), (0, 1, 0));
    assert_eq!(figures(&card.load(&world, "card").await), (0, 0, 2));
    assert!(lines(&world, one).await[0].contains("陈一 E1 2020-05-01 建筑师"));
}

#[sqlx::test(migrations = false)]
async fn a_join_reads_all_files_of_its_name(pool: PgPool) {
    let world = World::new(pool).await;
    let feed = Feed::new(&[
        ("customers.csv", "no,name\nC1,陈一\nC2,陈二\n"),
        ("party_01.csv", "id,unit\nC1,E1\n"),
        ("party_02.csv", "id,unit\nC2,E2\n"),
    ]);
    let profile = r#"
name = "core"
[files]
customers = { path = "customers.csv" }
parties = { path = "party_*.csv" }
[lookups.unit]
file = "parties"
key = "id"
[[load]]
entity = "customers"
file = "customers"
columns = { source_key = "no", kind = '"personal"', unit = 'lookup("unit", no, "unit")', name = "name" }
"#;
    let request = || ImportRequest {
        profile: Profile::parse(profile).unwrap(),
        profile_dir: None,
        dir: feed.dir.clone(),
        business_date: None,
        dry_run: false,
        rejects_dir: None,
    };
    let admin = world.actor("admin").await;
    let report = feeds::import(&world.bank, &admin, request(), |_| {}).await.unwrap();
    assert_eq!((report.state, figures(&report)), (RunState::Done, (2, 0, 0)), "{:?}", report.rejects);
    let units = lines(&world, "select c.name || ' ' || o.code from customer c join org_unit o using (org_id) order by 1").await;
    assert_eq!(units, ["陈一 E1", "陈二 E2"]);
    fs::write(feed.dir.join("party_03.csv"), "unit,id\nE1,C3\n").unwrap();
    let error = feeds::import(&world.bank, &admin, request(), |_| {}).await.unwrap_err().to_string();
    assert!(error.contains("lookups.unit: party_03.csv has other columns than the files before it, which have id, unit"), "{error}");
    let failed =
        lines(&world, "select subject || ' ' || outcome from audit_log where verb = 'feed.import' order by audit_id desc limit 1").await;
    assert_eq!(failed, ["feed:core failed"]);
}

#[test]
fn what_is_not_canonical_is_told_by_its_name() {
    for (file, text, told) in [
        ("clients.csv", "a\n", "clients.csv: is called like no entity; there are units, staff"),
        ("customers.csv", "source_key,nmae\n", "customers.csv: customers have no column `nmae`; there are source_key, kind"),
        ("customers.csv", "source_key,kind,unit\n", "load 1 (customers): column `name` is required"),
        ("notes.txt", "x\n", "has no file called like an entity, such as customers.csv"),
    ] {
        let feed = Feed::new(&[(file, text)]);
        let error = feeds::canonical_profile(&feed.dir, "core").unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    let feed = Feed::new(&[("customers_a.csv", "source_key;kind;unit;name;extra.grade\n1;personal;E1;林一;A\n"), ("readme.txt", "x")]);
    let tables = feeds::canonical_profile(&feed.dir, "core").unwrap().into_tables();
    assert_eq!((tables.format.separator.as_deref(), tables.files["customers_a"].format.separator.as_deref()), (Some(";"), None));
    assert_eq!(tables.loads[0].columns["extra.grade"], "`extra.grade`");
}

#[sqlx::test(migrations = false)]
async fn whoever_loses_the_lead_by_its_day_or_by_a_file_is_told_of_once_a_date(pool: PgPool) {
    let world = World::new(pool).await;
    let bank = &world.bank;
    let feed = |second: &str| {
        let assignments = format!(
            "customer,staff,role,valid_from,valid_to\nC1,M-ALICE,lead,2024-01-01,2026-04-02\nC2,M-ALICE,lead,2024-01-01,{second}\nC3,M-BO,lead,2024-01-01,\n"
        );
        Feed::new(&[("customers.csv", CUSTOMERS), ("assignments.csv", &assignments)])
    };
    let told = async |login: &str| {
        let all = notices::list(bank, &world.actor(login).await, None).await.unwrap().items;
        all.into_iter().filter(|notice| notice.kind == NoticeKind::Pooled).map(|notice| (notice.count, notice.read)).collect::<Vec<_>>()
    };
    feed("").load(&world, "core").await;
    notices::deliver(bank).await.unwrap();
    assert!(told("east").await.is_empty());
    // What a person moves to the pool she knows of.
    let mine = world.customer("自己移的", "E1", Some("M-BO"), 1).await;
    let asked = NewTransfer {
        customers: vec![CustomerNo::from_id(mine)],
        filter: None,
        file: None,
        to: POOL.into(),
        role: AssignmentRole::Lead,
        share: None,
        reason: "搬迁".into(),
        effective: None,
        from: None,
        count: None,
        notes: Default::default(),
    };
    assignments::request(bank, &world.actor("east").await, &asked, Uuid::now_v7()).await.unwrap();

    // The day comes.
    feed("").load_of(&world, "core", Some("2026-04-02")).await;
    notices::deliver(bank).await.unwrap();
    assert_eq!(told("east").await, [(1, false)]);
    let link = notices::list(bank, &world.actor("east").await, None).await.unwrap().items;
    assert_eq!(link.iter().find(|notice| notice.kind == NoticeKind::Pooled).unwrap().link, "/customers?manager=none");
    for other in ["alice", "boss", "west", "admin"] {
        assert!(told(other).await.is_empty(), "{other} heads nothing of it");
    }
    assert_eq!(notices::deliver(bank).await.unwrap(), 0, "and no more of it");
    notices::mark_read(bank, &world.actor("east").await, &Read::All(i64::MAX)).await.unwrap();
    // A file of the same day, and of an earlier one: the same notice, with more in it.
    feed("2026-03-20").load_of(&world, "core", Some("2026-04-02")).await;
    notices::deliver(bank).await.unwrap();
    assert_eq!(told("east").await, [(2, false)]);
    feed("2026-03-20").load_of(&world, "core", Some("2026-04-03")).await;
    notices::deliver(bank).await.unwrap();
    assert_eq!(told("east").await, [(2, false)], "nothing new on the next");
}
