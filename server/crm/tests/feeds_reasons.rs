//! Every reason for which a row is refused, in the encodings that banks write, told alike by a dry run that writes nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use encoding_rs::{Encoding, GB18030, GBK};
use guanhu_crm::{
    feeds::{self, ImportRequest, Profile},
    testing::World,
};
use guanhu_domain::feeds::{ImportReport, RejectReason as Why, RunState};
use sqlx::{AssertSqlSafe, PgPool};

/// A directory that is removed when dropped.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Dir {
        let dir = std::env::temp_dir().join(format!("guanhu-feed-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&dir).unwrap();
        Dir(dir)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn profile(encoding: &str) -> Profile {
    let text = format!(
        r#"
name = "core"
reject_threshold = 1.0
[format]
encoding = "{encoding}"
[files]
customers = {{ path = "customers.csv" }}
accounts = {{ path = "accounts.csv", optional = true }}
[[load]]
entity = "customers"
file = "customers"
columns = {{ source_key = "no", kind = '"personal"', unit = "`机构`", name = "name", birth_date = "birth", sex = "sex", risk_appetite = "risk", annual_income = "income" }}
[[load]]
entity = "accounts"
file = "accounts"
columns = {{ source_key = "no", customer = "customer", product = "product", currency = "currency", balance = "balance" }}
"#
    );
    Profile::parse(&text).unwrap()
}

async fn load(world: &World, dir: &Dir, encoding: &str, dry_run: bool) -> ImportReport {
    let request = ImportRequest {
        profile: profile(encoding),
        profile_dir: None,
        dir: dir.0.clone(),
        business_date: None,
        dry_run,
        rejects_dir: None,
    };
    feeds::import(&world.bank, &world.actor("admin").await, request, |_| {}).await.unwrap()
}

/// How many rows each table has but the log, in which a dry run leaves that it showed rows.
async fn rows(owner: &PgPool) -> BTreeMap<String, i64> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select table_name::text from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'audit_log'",
    )
    .fetch_all(owner)
    .await
    .unwrap();
    let mut rows = BTreeMap::new();
    for table in tables {
        let count = sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}"))).fetch_one(owner).await.unwrap();
        rows.insert(table, count);
    }
    rows
}

const CUSTOMERS: &str = "\
no,机构,name,birth,sex,risk,income
C01,E1,朱镕一,1990-01-01,male,3,100
C02,E1,{broken},1990-01-01,male,3,100
C03,E1,\"王三,1990-01-01,male,3,100
C04,E1,{long},1990-01-01,male,3,100
C05,E1,王\u{7}五,1990-01-01,male,3,100
C06,E1,=1+1,1990-01-01,male,3,100
C07,E1,,1990-01-01,male,3,100
C08,E1,王八,1990-02-30,male,3,100
C09,E1,王九,1990-01-01,male,three,100
C10,E1,王十,1990-01-01,male,3,1.005
C11,E1,王十一,1990-01-01,male,3,-1
C12,E1,王十二,1990-01-01,male,9,100
C13,E1,王十三,1990-01-01,unknown,3,100
C14,E1,王十四,1990-01-01,male,3
C01,E1,朱镕一,1990-01-01,male,3,100
C15,NOWHERE,王十五,1990-01-01,male,3,100
C16,E2,王十六,1990-01-01,female,3,100
";

const ACCOUNTS: &str = "\
no,customer,product,currency,balance
A1,C01,CUR,CNY,1000.00
A2,C01,CUR,XXQ,1000.00
A3,C01,LOAN,CNY,1000.00
A4,C16,CUR,CNY,10";

/// In the file's encoding, with a byte that is none of its.
fn write(dir: &Dir, name: &str, text: &str, encoding: &'static Encoding) {
    let encode = |text: &str| {
        let (bytes, _, lost) = encoding.encode(text);
        assert!(!lost, "{name}");
        bytes.into_owned()
    };
    let parts: Vec<Vec<u8>> = text.split("{broken}").map(encode).collect();
    fs::write(dir.0.join(name), parts.join(&[0xFF][..])).unwrap();
}

#[sqlx::test(migrations = false)]
async fn every_reason_is_told_with_its_line_and_text_and_alike_by_a_dry_run(pool: PgPool) {
    let world = World::new(pool).await;
    let dir = Dir::new();
    let customers = CUSTOMERS.replace("{long}", &"长".repeat(201));
    write(&dir, "customers.csv", &customers, GBK);
    write(&dir, "accounts.csv", ACCOUNTS, GBK);

    let before = rows(&world.owner).await;
    let dry = load(&world, &dir, "gbk", true).await;
    assert_eq!(rows(&world.owner).await, before);
    let report = load(&world, &dir, "gbk", false).await;
    assert_eq!((&dry.total, &dry.files, &dry.rejects, dry.state), (&report.total, &report.files, &report.rejects, report.state));
    assert_eq!((report.state, report.total.inserted), (RunState::Done, 3));

    let told: Vec<(&str, u64, Why)> = report.rejects.iter().map(|reject| (reject.file.as_str(), reject.line, reject.reason)).collect();
    assert_eq!(
        told,
        [
            ("accounts.csv", 3, Why::UnknownCurrency),
            ("accounts.csv", 4, Why::Conflict),
            ("accounts.csv", 5, Why::CutOff),
            ("customers.csv", 3, Why::Encoding),
            ("customers.csv", 4, Why::Quote),
            ("customers.csv", 5, Why::TooLong),
            ("customers.csv", 6, Why::Character),
            ("customers.csv", 7, Why::Formula),
            ("customers.csv", 8, Why::Required),
            ("customers.csv", 9, Why::NotADate),
            ("customers.csv", 10, Why::NotANumber),
            ("customers.csv", 11, Why::NotMoney),
            ("customers.csv", 12, Why::Negative),
            ("customers.csv", 13, Why::OutOfRange),
            ("customers.csv", 14, Why::UnknownCode),
            ("customers.csv", 15, Why::ColumnCount),
            ("customers.csv", 16, Why::Duplicate),
            ("customers.csv", 17, Why::UnknownKey),
        ]
    );
    let reasons: BTreeSet<Why> = told.iter().map(|(_, _, reason)| *reason).collect();
    assert_eq!(reasons, Why::ALL.iter().copied().collect::<BTreeSet<_>>(), "a reason without a row here");
    let line = |file: &str, at: u64| {
        let text = if file == "accounts.csv" { ACCOUNTS } else { customers.as_str() };
        text.lines().nth(at as usize - 1).unwrap().to_owned()
    };
    for reject in report.rejects.iter().filter(|reject| reject.reason != Why::Encoding) {
        assert_eq!(reject.raw, line(&reject.file, reject.line), "{reject:?}");
    }
    let known: Vec<String> = sqlx::query_scalar("select name from customer order by name").fetch_all(&world.owner).await.unwrap();
    assert_eq!(known, ["朱镕一", "王十六"]);
}

#[sqlx::test(migrations = false)]
async fn names_that_gbk_cannot_write_come_in_gb18030(pool: PgPool) {
    let world = World::new(pool).await;
    let dir = Dir::new();
    // Four bytes of GB18030, in a header with Chinese columns.
    let names = "no,机构,name,birth,sex,risk,income\nG01,E1,\u{2CB5A}一,1990-01-01,male,3,100\nG02,E1,㐂二,1990-01-01,male,3,100\n";
    assert!(GBK.encode(names).2, "GBK has no such character");
    write(&dir, "customers.csv", names, GB18030);
    let report = load(&world, &dir, "gb18030", false).await;
    assert_eq!((report.total.inserted, report.total.rejected), (2, 0), "{:?}", report.rejects);
    let known: Vec<String> =
        sqlx::query_scalar("select name from customer order by name collate \"C\"").fetch_all(&world.owner).await.unwrap();
    assert_eq!(known, ["㐂二", "\u{2CB5A}一"]);
}
