//! A tiny feed with every kind of bad row: what is loaded, what is refused and why, and that doing it
//! again changes nothing.

use std::{
    fs,
    path::{Path, PathBuf},
};

use guanhu_crm::{
    feeds::{self, ImportRequest, Profile},
    testing::World,
};
use guanhu_domain::feeds::{ImportReport, RejectReason as Why, RunState};
use sqlx::PgPool;

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/feeds/tiny");

/// The feed in a directory of its own, in GB18030, removed when dropped.
struct Feed {
    dir: PathBuf,
}

impl Feed {
    fn new() -> Feed {
        let dir = std::env::temp_dir().join(format!("guanhu-feed-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&dir).unwrap();
        let feed = Feed { dir };
        for name in ["customers.txt", "accounts_01.txt", "transactions.txt", "relations.txt"] {
            let text = fs::read_to_string(Path::new(TINY).join(name)).unwrap().replace("{long}", &"长".repeat(201));
            let (before, after) = text.split_once("{broken}").unwrap_or((&text, ""));
            let mut bytes = encoding_rs::GB18030.encode(before).0.into_owned();
            if !after.is_empty() {
                bytes.push(0xFF);
                bytes.extend_from_slice(&encoding_rs::GB18030.encode(after).0);
            }
            fs::write(feed.dir.join(name), bytes).unwrap();
        }
        feed
    }

    fn request(&self) -> ImportRequest {
        let profile = Profile::parse(&fs::read_to_string(Path::new(TINY).join("tiny.toml")).unwrap()).unwrap();
        ImportRequest {
            profile,
            profile_dir: None,
            dir: self.dir.clone(),
            business_date: None,
            dry_run: false,
            rejects_dir: Some(self.dir.join("rejects")),
        }
    }

    fn change(&self, name: &str, from: &str, to: &str) {
        let encode = |text: &str| encoding_rs::GB18030.encode(text).0.into_owned();
        let bytes = fs::read(self.dir.join(name)).unwrap();
        let (from, to) = (encode(from), encode(to));
        let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
        fs::write(self.dir.join(name), [&bytes[..at], &to, &bytes[at + from.len()..]].concat()).unwrap();
    }
}

impl Feed {
    fn append(&self, name: &str, text: &str) {
        let bytes = fs::read(self.dir.join(name)).unwrap_or_default();
        fs::write(self.dir.join(name), [&bytes[..], &encoding_rs::GB18030.encode(text).0].concat()).unwrap();
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

async fn everything(owner: &PgPool) -> String {
    let mut all = String::new();
    for sql in [
        "select string_agg(t::text, '' order by t::text) from customer t",
        "select string_agg(t::text, '' order by t::text) from customer_identity t",
        "select string_agg(t::text, '' order by t::text) from customer_contact t",
        "select string_agg(t::text, '' order by t::text) from customer_relation t",
        "select string_agg(t::text, '' order by t::text) from assignment t",
        "select string_agg(t::text, '' order by t::text) from account t",
        "select string_agg(t::text, '' order by t::text) from account_day t",
        "select string_agg(t::text, '' order by t::text) from account_year t",
        "select string_agg(t::text, '' order by t::text) from txn t",
        "select string_agg(t::text, '' order by t::text) from customer_summary t",
        "select string_agg(t::text, '' order by t::text) from field_change t",
    ] {
        all += &sqlx::query_scalar::<_, Option<String>>(sql).fetch_one(owner).await.unwrap().unwrap_or_default();
        all.push('\n');
    }
    all
}

fn counts(report: &ImportReport, entity: &str) -> (u64, u64, u64, u64, u64) {
    let file = report.files.iter().find(|file| file.entity == entity).unwrap();
    let counts = &file.counts;
    (counts.read, counts.inserted, counts.updated, counts.unchanged, counts.rejected)
}

#[sqlx::test(migrations = false)]
async fn bad_rows_are_refused_one_by_one_and_the_rest_is_loaded(pool: PgPool) {
    let world = World::new(pool).await;
    let admin = world.actor("admin").await;
    // A rate of a later day is none yet.
    sqlx::query("insert into currency_rate (currency, business_date, rate) values ('EUR', '2026-12-01', 8)")
        .execute(&world.owner)
        .await
        .unwrap();
    let feed = Feed::new();
    let report = feeds::import(&world.bank, &admin, feed.request(), |_| {}).await.unwrap();

    let mut refused: Vec<_> = report.rejects.iter().map(|reject| (reject.file.as_str(), reject.line, reject.reason)).collect();
    refused.sort_by_key(|(file, line, _)| (*file, *line));
    assert_eq!(
        refused,
        [
            ("accounts_01.txt", 3, Why::UnknownKey),
            ("accounts_01.txt", 4, Why::UnknownCurrency),
            ("accounts_01.txt", 5, Why::UnknownCurrency),
            ("accounts_01.txt", 6, Why::Negative),
            ("accounts_01.txt", 7, Why::NotMoney),
            ("accounts_01.txt", 8, Why::UnknownKey),
            ("customers.txt", 4, Why::UnknownCode),
            ("customers.txt", 5, Why::NotADate),
            ("customers.txt", 6, Why::Formula),
            ("customers.txt", 7, Why::ColumnCount),
            ("customers.txt", 8, Why::Duplicate),
            ("customers.txt", 9, Why::UnknownKey),
            ("customers.txt", 10, Why::Encoding),
            ("customers.txt", 11, Why::TooLong),
            ("customers.txt", 13, Why::UnknownCode),
            ("relations.txt", 3, Why::Conflict),
            ("relations.txt", 4, Why::OutOfRange),
            ("transactions.txt", 5, Why::Conflict),
            ("transactions.txt", 6, Why::CutOff),
        ]
    );
    let text_of = |file: &str, line: u64| report.rejects.iter().find(|reject| reject.file == file && reject.line == line).unwrap();
    assert_eq!(text_of("customers.txt", 5).raw, "C04|赵六|1|19900230|E1||");
    assert_eq!(text_of("customers.txt", 5).detail, "birth_date: 19900230");
    assert_eq!(text_of("customers.txt", 8).detail, "line 3");
    assert_eq!(text_of("accounts_01.txt", 3).detail, "customer: C99");
    assert_eq!(text_of("transactions.txt", 6).raw, "T5|A1|20260402|D|CNY|1.0");
    assert_eq!(report.exit_code(), 3);
    assert_eq!(counts(&report, "customers"), (12, 3, 0, 0, 9));
    assert_eq!(counts(&report, "assignments"), (2, 2, 0, 0, 0));
    assert_eq!(counts(&report, "accounts"), (8, 2, 0, 0, 6));
    assert_eq!(counts(&report, "transactions"), (5, 3, 0, 0, 2));
    assert_eq!(report.total.read, report.total.inserted + report.total.rejected);

    // The rejects file, for nobody else of the machine, and the same rows with the run.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(report.rejects_file.as_ref().unwrap()).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
    let written = fs::read_to_string(report.rejects_file.as_ref().unwrap()).unwrap();
    assert!(written.starts_with("file,entity,line,reason,detail,text\n") && written.lines().count() == 20, "{written}");
    let kept: i64 = sqlx::query_scalar(
        "select count(*) from import_reject r join import_run u using (run_id) where u.state = 'done' and u.rejected = 19",
    )
    .fetch_one(&world.owner)
    .await
    .unwrap();
    assert_eq!(kept, 19);

    // What came in.
    let one = async |sql: &'static str| sqlx::query_scalar::<_, String>(sql).fetch_one(&world.owner).await.unwrap();
    assert_eq!(one("select name || ' ' || birth_date || ' ' || sex || ' ' || (extra ->> 'segment') || ' ' || (lineage -> 'name' ->> 'source') from customer where name = '张小伟'").await, "张小伟 1990-03-07 male 代发 core");
    assert_eq!(
        one("select string_agg(key || ' ' || (value ->> 'source') || ' ' || (value ->> 'business_date'), ', ' order by key)
             from customer, jsonb_each(lineage) where name = '张小伟' and key in ('org', 'opened_on', 'extra.segment')")
        .await,
        "extra.segment core 2026-03-31, opened_on core 2026-03-31, org core 2026-03-31"
    );
    assert_eq!(
        one("select value from customer_contact where value_hash = (select value_hash from customer_contact limit 1)").await,
        "+86 138-0000-1234"
    );
    assert_eq!(
        one("select string_agg(source_key || ' ' || balance_after, ', ' order by booked_on, txn_id) from txn").await,
        "T1 100050, T2 120050, T3 115050"
    );
    assert_eq!(one("select balance || ' ' || balance_on from account where source_key = 'A1'").await, "115050 2026-04-01");
    assert_eq!(one("select string_agg(kind || ' ' || inverse || ' ' || coalesce(percentage::text, ''), ', ' order by kind, inverse) from customer_relation").await, "shareholder false 12.500000, shareholder true 12.500000, spouse false , spouse true ");
    assert_eq!(one("select s.lead_staff_id || ' ' || s.deposits from customer_summary s where s.name = '李娜'").await, "2000 14200");

    // Again: nothing changes, and every good row is unchanged.
    let before = everything(&world.owner).await;
    let again = feeds::import(&world.bank, &admin, feed.request(), |_| {}).await.unwrap();
    assert_eq!((again.total.inserted, again.total.updated, again.total.unchanged), (0, 0, report.total.inserted));
    assert_eq!(again.total.rejected, 19);
    assert_eq!(everything(&world.owner).await, before);

    // A changed row updates its field, tells its history, and leaves alone what a person entered.
    sqlx::query("update customer set occupation = '教师', sex = 'female', lineage = lineage || '{\"sex\": {\"source\": \"guanhu\"}}' where name = '张小伟'")
        .execute(&world.owner)
        .await
        .unwrap();
    feed.change("customers.txt", "19900307", "19900308");
    let changed = feeds::import(&world.bank, &admin, feed.request(), |_| {}).await.unwrap();
    assert_eq!(counts(&changed, "customers"), (12, 0, 1, 2, 9));
    assert_eq!(
        one("select birth_date || ' ' || sex || ' ' || occupation || ' ' || version from customer where name = '张小伟'").await,
        "1990-03-08 female 教师 2"
    );
    assert_eq!(
        one("select field || ' ' || old_value || ' ' || new_value || ' ' || source from field_change").await,
        "birth_date \"1990-03-07\" \"1990-03-08\" core"
    );
}

#[sqlx::test(migrations = false)]
async fn a_dry_run_and_a_refused_load_write_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    let admin = world.actor("admin").await;
    let feed = Feed::new();
    let before = everything(&world.owner).await;

    let dry = feeds::import(&world.bank, &admin, ImportRequest { dry_run: true, ..feed.request() }, |_| {}).await.unwrap();
    assert_eq!((dry.state, dry.total.inserted, dry.total.rejected), (RunState::Done, 14, 19));
    assert!(dry.rejects_file.is_none() && !feed.dir.join("rejects").exists(), "nor a file of customers' data");
    assert_eq!(everything(&world.owner).await, before);
    let runs: i64 = sqlx::query_scalar("select count(*) from import_run").fetch_one(&world.owner).await.unwrap();
    assert_eq!(runs, 0);

    let strict = ImportRequest { profile: feed.request().profile.with_threshold(None), ..feed.request() };
    let refused = feeds::import(&world.bank, &admin, strict.clone(), |_| {}).await.unwrap();
    assert_eq!((refused.state, refused.exit_code(), refused.total.inserted, refused.total.rejected), (RunState::Refused, 1, 0, 19));
    assert_eq!(everything(&world.owner).await, before);
    let kept: i64 = sqlx::query_scalar("select count(*) from import_reject").fetch_one(&world.owner).await.unwrap();
    assert_eq!(kept, 19);
    sqlx::query("update parameter set value = '0.9' where key = 'feeds.reject_threshold'").execute(&world.owner).await.unwrap();
    assert_eq!(feeds::import(&world.bank, &admin, strict, |_| {}).await.unwrap().state, RunState::Done);
}

/// One that was cut at the end of a line looks whole but for the totals that its source gives.
#[sqlx::test(migrations = false)]
async fn a_file_with_other_rows_than_announced_is_refused_whole(pool: PgPool) {
    let world = World::new(pool).await;
    let admin = world.actor("admin").await;
    let feed = Feed::new();
    let text = fs::read_to_string(Path::new(TINY).join("tiny.toml")).unwrap();
    // A last line that counts the header too, and a list of several files beside them.
    let text = text
        .replace("\"customers.txt\" }", "\"customers.txt\", format.control = { trailer = \"合计\", rows = \"c2 - 1\" } }")
        .replace("header = false }", "header = false, control = { file = \"day.ctl\", rows = \"c2\" } }");
    let request = ImportRequest { profile: Profile::parse(&text).unwrap(), ..feed.request() };
    assert_eq!(Profile::parse(&request.profile.to_toml().unwrap()).unwrap().into_tables(), request.profile.clone().into_tables());
    let before = everything(&world.owner).await;

    let error = feeds::import(&world.bank, &admin, request.clone(), |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("day.ctl is missing"), "{error}");
    feed.append("day.ctl", "accounts_00.txt|7\naccounts_01.txt|9|20260401\n");
    let refused = feeds::import(&world.bank, &admin, request.clone(), |_| {}).await.unwrap();
    let told: Vec<_> = refused.rejects.iter().map(|reject| (&*reject.file, reject.line, reject.reason, &*reject.detail)).collect();
    assert_eq!(told, [("accounts_01.txt", 0, Why::CutOff, "8 / 9"), ("customers.txt", 0, Why::CutOff, "12 / ?")]);
    assert_eq!((refused.state, refused.exit_code(), refused.total.read, refused.total.inserted), (RunState::Refused, 1, 2, 0));
    assert_eq!(everything(&world.owner).await, before);
    let kept = feeds::rejects(&world.bank, &admin, refused.run, 0, 10).await.unwrap();
    assert_eq!(kept.len(), 2);
    let repair = guanhu_domain::feeds::Repair { id: kept[0].id, raw: "x".into() };
    let error = feeds::resubmit(&world.bank, &admin, refused.run, vec![repair]).await.unwrap_err();
    assert_eq!(error.code(), guanhu_domain::Code::NotFound, "a file is no row");

    feed.change("day.ctl", "01.txt|9", "01.txt|8");
    feed.append("customers.txt", "合计|0013|\n\n");
    let loaded = feeds::import(&world.bank, &admin, request.clone(), |_| {}).await.unwrap();
    assert_eq!((loaded.state, loaded.total.inserted, loaded.total.rejected), (RunState::Done, 14, 19), "{:?}", loaded.rejects);
    feed.change("customers.txt", "C11|冯十一|0|19600101|W1||\n", "");
    let refused = feeds::import(&world.bank, &admin, ImportRequest { dry_run: true, ..request }, |_| {}).await.unwrap();
    assert_eq!((refused.state, &*refused.rejects[0].detail), (RunState::Refused, "11 / 12"));
}

#[sqlx::test(migrations = false)]
async fn who_may_not_import_and_what_a_profile_gets_wrong(pool: PgPool) {
    let world = World::new(pool).await;
    let feed = Feed::new();
    for login in ["alice", "east", "boss", "security", "auditor"] {
        let refused = feeds::import(&world.bank, &world.actor(login).await, feed.request(), |_| {}).await.unwrap_err();
        assert_eq!(refused.code(), guanhu_domain::Code::Forbidden, "{login}");
    }
    let tiny = fs::read_to_string(Path::new(TINY).join("tiny.toml")).unwrap();
    for (from, to, told) in [
        ("entity = \"relations\"", "entity = \"relatives\"", "load 4 (relatives): there is no entity `relatives`"),
        ("map(side, \"side\")", "map(side, \"sides\")", "load 6 (transactions): there is no [codes.sides]"),
        ("amount = \"amount\"", "amonut = \"amount\"", "load 6 (transactions): columns.amonut: transactions have no such column"),
        (
            "narrative = \"text\"",
            "narrative = \"substr(text, 1\"",
            "load 6 (transactions): columns.narrative: expected `)` at character 15",
        ),
        ("narrative = \"text\"", "narrative = \"left(text, 1)\"", "there is no function `left`; there are concat"),
        ("encoding = \"gb18030\"", "encoding = \"klingon\"", "format.encoding: `klingon` is not one of"),
        ("dates = [\"%Y%m%d\"]", "dates = [\"%Y%m\"]", "format.dates: `%Y%m` needs a year, a month and a day"),
        ("path = \"customers.txt\"", "path = \"../customers.txt\"", "files.customers.path: the name of a file in the feed's directory"),
        ("header = false", "control = { rows = \"c1\" }", "files.accounts.format.control: give `trailer`, `file` or both"),
        ("header = false", "control = { trailer = \"T\", rows = \"rows\" }", "files.accounts.format.control: rows: there is no `rows`"),
        ("narrative = \"text\"", "", ""),
        ("source_key = \"no\"\naccount", "account", "load 6 (transactions): column `source_key` is required"),
        ("thousands = \",\"", "thousand = \",\"", "unknown field `thousand`"),
    ] {
        let changed = tiny.replacen(from, to, 1);
        assert_ne!(changed, tiny);
        match Profile::parse(&changed) {
            Ok(_) => assert!(told.is_empty(), "{from} → {to}"),
            Err(error) => assert!(!told.is_empty() && error.to_string().contains(told), "{error}"),
        }
    }
    // What only the files can tell.
    let admin = world.actor("admin").await;
    for (from, to, told) in [
        (
            "narrative = \"text\"",
            "narrative = \"words\"",
            "load 6 (transactions): columns.narrative: the file has no column `words`; it has no, account",
        ),
        ("transactions.txt", "movements.txt", "The file movements.txt is missing"),
    ] {
        let profile = Profile::parse(&tiny.replacen(from, to, 1)).unwrap();
        let error = feeds::import(&world.bank, &admin, ImportRequest { profile, ..feed.request() }, |_| {}).await.unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
    }
}
