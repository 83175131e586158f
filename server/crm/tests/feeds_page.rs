//! What the imports page does: upload, draft, preview, save, load, look at rejects, repair them.

use std::{fs, path::Path};

use futures::stream;
use guanhu_crm::{
    Bank,
    feeds::{self, Profile},
    testing::World,
};
use guanhu_domain::{
    Code, Lang,
    feeds::{ImportReport, LoadRequest, LoadState, RejectReason, Repair, RunState},
};
use sqlx::PgPool;
use uuid::Uuid;

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/feeds/tiny");

async fn send(bank: &Bank, actor: &guanhu_crm::Actor, upload: Uuid, file: &str, bytes: &[u8]) -> guanhu_crm::Result<()> {
    let parts = stream::iter(bytes.chunks(7).map(|part| Ok::<_, std::io::Error>(part.to_vec())).collect::<Vec<_>>());
    feeds::add_file(bank, actor, upload, file, parts).await.map(|_| ())
}

async fn ended(bank: &Bank, actor: &guanhu_crm::Actor, job: Uuid) -> LoadState {
    loop {
        let state = feeds::load_state(bank, actor, job).await.unwrap();
        if state.report.is_some() || state.failure.is_some() {
            return state;
        }
        tokio::task::yield_now().await;
    }
}

/// The tiny feed and its mapping, loaded.
async fn tiny(bank: &Bank, admin: &guanhu_crm::Actor) -> ImportReport {
    let upload = feeds::begin_upload(bank, admin).await.unwrap();
    for name in ["customers.txt", "accounts_01.txt", "transactions.txt", "relations.txt"] {
        let text = fs::read_to_string(Path::new(TINY).join(name)).unwrap();
        let text = text.replace("{long}", &"长".repeat(201)).replace("{broken}", "坏");
        send(bank, admin, upload, name, &encoding_rs::GB18030.encode(&text).0).await.unwrap();
    }
    let text = fs::read_to_string(Path::new(TINY).join("tiny.toml")).unwrap();
    feeds::save_profile(bank, admin, &text, 0).await.unwrap();
    let request = LoadRequest { upload, profile: "tiny".into(), business_date: None, dry_run: false };
    ended(bank, admin, feeds::start(bank, admin, request).await.unwrap()).await.report.unwrap()
}

#[sqlx::test(migrations = false)]
async fn a_rejects_file_is_downloaded_repaired_in_a_spreadsheet_and_sent_back(pool: PgPool) {
    let world = World::new(pool).await;
    let (bank, admin) = (&world.bank, world.actor("admin").await);
    let report = tiny(bank, &admin).await;
    let csv = feeds::rejects_csv(bank, &admin, report.run).await.unwrap();
    // As Excel of a Chinese Windows saves it.
    let mut table = csv::Reader::from_reader(csv.trim_start_matches('\u{FEFF}').as_bytes());
    let mut sheet = csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    sheet.write_record(table.headers().unwrap()).unwrap();
    for row in table.records() {
        let row: Vec<String> = row.unwrap().iter().map(str::to_owned).collect();
        let text = row[6]
            .replace("C04|赵六|1|19900230|E1||", "C04|赵六|1|19900228|E1|13900000004|")
            .replace("C10|CUR|CNY|1.005|", "C10|CUR|CNY|1.00|");
        sheet.write_record(row[..6].iter().map(String::as_str).chain([&*text.replace("CNY|1|-5", "CNY|1|-6")])).unwrap();
    }
    let sheet = String::from_utf8(sheet.into_inner().unwrap()).unwrap();
    let repaired = encoding_rs::GBK.encode(&sheet).0.into_owned();
    let stranger = feeds::resubmit_csv(bank, &world.actor("alice").await, report.run, &repaired).await.unwrap_err();
    assert_eq!(stranger.code(), Code::Forbidden);
    let second = feeds::resubmit_csv(bank, &admin, report.run, &repaired).await.unwrap();
    assert_eq!((second.state, second.total.inserted, second.total.rejected), (RunState::Done, 4, 1), "{second:?}");
    assert_eq!((second.rejects[0].line, second.rejects[0].reason), (6, RejectReason::Negative));
    let left = feeds::rejects(bank, &admin, report.run, 0, 100).await.unwrap();
    assert_eq!(left.iter().filter(|reject| reject.resubmitted).count(), 2);

    // The same sheet once more sends only what is still wrong.
    let third = feeds::resubmit_csv(bank, &admin, report.run, sheet.as_bytes()).await.unwrap();
    assert_eq!((third.total.inserted, third.total.unchanged, third.total.rejected), (0, 0, 1));

    let first = left[0].id;
    for (file, told) in [
        (csv.clone(), "No row of the file was changed"),
        (csv.replace("id,file", "no,file"), "no column `id`"),
        (csv.replace(",text\n", ",raw\n"), "no column `text`"),
        ("id,text\n0,x\n".into(), "Line 2: number 0 is no rejected row of this load"),
        ("id,text\nseven,x\n".into(), "Line 2: `seven` in the column `id`"),
        (format!("id,text\n{first},x\n{first},y\n"), "stands in the file twice"),
        (format!("id,text\n{first},\n"), "Line 2: the column `text` is empty"),
    ] {
        let error = feeds::resubmit_csv(bank, &admin, report.run, file.as_bytes()).await.unwrap_err();
        let guanhu_crm::Error::Problem(problem) = error else { panic!("{error:?}") };
        let (zh, en) = (problem.of("file", Lang::Zh).unwrap(), problem.of("file", Lang::En).unwrap());
        assert!(en.contains(told) && zh != en, "{en}");
    }
    let unknown = feeds::resubmit_csv(bank, &admin, Uuid::now_v7(), csv.as_bytes()).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
}

#[sqlx::test(migrations = false)]
async fn a_running_load_is_cancelled_and_leaves_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    let (bank, admin) = (&world.bank, world.actor("admin").await);
    let upload = feeds::begin_upload(bank, &admin).await.unwrap();
    send(bank, &admin, upload, "customers.csv", "source_key,kind,unit,name\n1,personal,E2,林一\n".as_bytes()).await.unwrap();
    send(bank, &admin, upload, "accounts.csv", "source_key,customer,product,balance\nA1,1,CUR,5\n".as_bytes()).await.unwrap();
    let draft = feeds::draft_profile(bank, &admin, upload, "core").await.unwrap();
    feeds::save_profile(bank, &admin, &feeds::profile_text(&admin, draft).unwrap(), 0).await.unwrap();
    let customers =
        async || sqlx::query_scalar::<_, i64>("select count(*) from customer where name = '林一'").fetch_one(&world.owner).await.unwrap();

    // The load has written its customers, and waits before it can write their accounts.
    let mut held = world.owner.begin().await.unwrap();
    sqlx::query("lock table account in exclusive mode").execute(&mut *held).await.unwrap();
    let request = LoadRequest { upload, profile: "core".into(), business_date: None, dry_run: false };
    let job = feeds::start(bank, &admin, request.clone()).await.unwrap();
    let waits = "select exists (select from pg_locks l join pg_database d on d.oid = l.database
         where d.datname = current_database() and not l.granted and l.relation = 'account'::regclass)";
    while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&world.owner).await.unwrap() {
        tokio::task::yield_now().await;
    }
    let stranger = feeds::cancel(bank, &world.actor("alice").await, job).await.unwrap_err();
    assert_eq!(stranger.code(), Code::Forbidden);
    assert!(feeds::runs(bank, &admin).await.unwrap()[0].can_cancel);
    feeds::cancel(bank, &admin, job).await.unwrap();
    assert!(!feeds::runs(bank, &admin).await.unwrap()[0].can_cancel);
    held.rollback().await.unwrap();
    assert_eq!(ended(bank, &admin, job).await.failure.map(|problem| problem.code), Some(Code::Cancelled));
    assert_eq!(feeds::runs(bank, &admin).await.unwrap()[0].state, RunState::Cancelled);
    assert_eq!(customers().await, 0);
    assert_eq!(feeds::cancel(bank, &admin, job).await.unwrap_err().code(), Code::Conflict);
    let audited: Vec<(String, String)> =
        sqlx::query_as("select outcome, reason from audit_log where verb = 'feed.import' and reason like 'cancel%' order by audit_id")
            .fetch_all(&world.owner)
            .await
            .unwrap();
    assert_eq!(audited, [("done".into(), "cancel".into()), ("failed".into(), "cancelled".into())]);

    let again = ended(bank, &admin, feeds::start(bank, &admin, request).await.unwrap()).await.report.unwrap();
    assert_eq!((again.state, customers().await), (RunState::Done, 1));
}

/// Making a month's tables locks transactions against readers: not for as long as the load takes.
#[sqlx::test(migrations = false)]
async fn transactions_are_read_while_a_load_brings_another_month(pool: PgPool) {
    let world = World::new(pool).await;
    let (bank, admin) = (&world.bank, world.actor("admin").await);
    assert_eq!(feeds::make_ahead(bank).await.unwrap(), 3, "of the business date and two more");
    assert_eq!(feeds::make_ahead(bank).await.unwrap(), 0);
    let upload = feeds::begin_upload(bank, &admin).await.unwrap();
    for (file, text) in [
        ("customers.csv", "source_key,kind,unit,name\n1,personal,E1,林一\n"),
        ("accounts.csv", "source_key,customer,product\nA1,1,CUR\n"),
        (
            "transactions.csv",
            "source_key,account,booked_on,direction,amount,balance_after\nT1,A1,2025-05-04,credit,5,5\nT2,A1,2024-12-31,credit,1,1\n",
        ),
        ("assignments.csv", "customer,staff,role\n1,M-ALICE,lead\n"),
    ] {
        send(bank, &admin, upload, file, text.as_bytes()).await.unwrap();
    }
    let draft = feeds::draft_profile(bank, &admin, upload, "core").await.unwrap();
    feeds::save_profile(bank, &admin, &feeds::profile_text(&admin, draft).unwrap(), 0).await.unwrap();

    // The load has written its transactions, and waits before it can write who is in charge.
    let mut held = world.owner.begin().await.unwrap();
    sqlx::query("lock table assignment in exclusive mode").execute(&mut *held).await.unwrap();
    let request = LoadRequest { upload, profile: "core".into(), business_date: None, dry_run: false };
    let job = feeds::start(bank, &admin, request).await.unwrap();
    let waits = "select exists (select from pg_locks l join pg_database d on d.oid = l.database
         where d.datname = current_database() and not l.granted and l.relation = 'assignment'::regclass)";
    while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&world.owner).await.unwrap() {
        tokio::task::yield_now().await;
    }
    let mut reader = world.owner.begin().await.unwrap();
    sqlx::query("set local lock_timeout = '5s'").execute(&mut *reader).await.unwrap();
    let seen: i64 = sqlx::query_scalar("select count(*) from txn").fetch_one(&mut *reader).await.unwrap();
    let days: i64 = sqlx::query_scalar("select count(*) from account_day").fetch_one(&mut *reader).await.unwrap();
    assert_eq!((seen, days), (0, 0));
    reader.rollback().await.unwrap();
    held.rollback().await.unwrap();
    let report = ended(bank, &admin, job).await.report.unwrap();
    assert_eq!((report.state, report.total.inserted, report.total.rejected), (RunState::Done, 5, 0), "{:?}", report.rejects);
    let closed: Vec<String> = sqlx::query_scalar("select business_date || ' ' || balance from account_day order by business_date")
        .fetch_all(&world.owner)
        .await
        .unwrap();
    assert_eq!(closed, ["2024-12-31 100", "2025-05-04 500"]);
}

#[sqlx::test(migrations = false)]
async fn a_feed_is_uploaded_loaded_and_its_rejects_repaired(pool: PgPool) {
    let world = World::new(pool).await;
    let (bank, admin) = (&world.bank, world.actor("admin").await);
    let upload = feeds::begin_upload(bank, &admin).await.unwrap();
    for name in ["customers.txt", "accounts_01.txt", "transactions.txt", "relations.txt"] {
        let text = fs::read_to_string(Path::new(TINY).join(name)).unwrap();
        let text = text.replace("{long}", &"长".repeat(201)).replace("{broken}", "坏");
        send(bank, &admin, upload, name, &encoding_rs::GB18030.encode(&text).0).await.unwrap();
    }
    let refused = send(bank, &admin, upload, "../passwd", b"x").await.unwrap_err();
    assert_eq!(refused.code(), Code::Invalid);
    assert_eq!(feeds::uploaded_files(bank, &admin, upload).await.unwrap().len(), 4);
    let stranger = send(bank, &world.actor("alice").await, upload, "a.csv", b"x").await.unwrap_err();
    assert_eq!(stranger.code(), Code::Forbidden);

    // The mapping: kept in versions, the second saver of one version is told.
    let text = fs::read_to_string(Path::new(TINY).join("tiny.toml")).unwrap();
    let saved = feeds::save_profile(bank, &admin, &text, 0).await.unwrap();
    assert_eq!(saved.version, 1);
    let stale = feeds::save_profile(bank, &admin, &text, 0).await.unwrap_err();
    assert_eq!(stale.code(), Code::Stale);
    let current = stale.into_problem("").current.unwrap();
    assert_eq!((&current["version"], current["text"].as_str()), (&serde_json::json!(1), Some(text.as_str())), "both can be shown");
    let again = feeds::profile_text(&admin, saved.tables.clone()).unwrap();
    assert_eq!(Profile::parse(&again).unwrap().into_tables(), saved.tables);
    let names: Vec<_> = feeds::profiles(bank, &admin).await.unwrap().into_iter().map(|row| (row.name, row.version)).collect();
    assert_eq!(names, [("berka".to_owned(), 0), ("tiny".to_owned(), 1)]);

    let previews = feeds::preview(bank, &admin, upload, saved.tables.clone()).await.unwrap();
    let customers = previews.iter().find(|preview| preview.entity == "customers").unwrap();
    let name = customers.columns.iter().position(|column| column == "name").unwrap();
    assert_eq!(customers.rows[0].values[name].as_deref(), Some("张**"));
    assert_eq!(customers.rows[2].problem.as_ref().map(|problem| problem.0), Some(RejectReason::UnknownCode));
    let accounts = previews.iter().find(|preview| preview.entity == "accounts").unwrap();
    let balance = accounts.columns.iter().position(|column| column == "balance").unwrap();
    assert_eq!(accounts.rows[0].values[balance].as_deref(), Some("1,000.50"));

    let request = LoadRequest { upload, profile: "tiny".into(), business_date: None, dry_run: true };
    let dry = ended(bank, &admin, feeds::start(bank, &admin, request.clone()).await.unwrap()).await.report.unwrap();
    assert!(dry.dry_run && feeds::runs(bank, &admin).await.unwrap().is_empty());
    let report =
        ended(bank, &admin, feeds::start(bank, &admin, LoadRequest { dry_run: false, ..request }).await.unwrap()).await.report.unwrap();
    assert_eq!((report.state, report.total.rejected, dry.total), (RunState::Done, 18, report.total.clone()));

    // Two rejects are repaired, one of them badly; accounts of the new customer's line follow.
    let rejects = feeds::rejects(bank, &admin, report.run, 0, 100).await.unwrap();
    assert_eq!(rejects.len(), 18);
    let of = |file: &str, line: u64| rejects.iter().find(|reject| reject.file == file && reject.line == line).unwrap();
    let repairs = vec![
        Repair { id: of("customers.txt", 5).id, raw: "C04|赵六|1|19900228|E1|13900000004|".into() },
        Repair { id: of("accounts_01.txt", 7).id, raw: "A7|C10|CUR|CNY|1.00|".into() },
        Repair { id: of("accounts_01.txt", 6).id, raw: "A6|C01|CUR|CNY|1|-6".into() },
    ];
    let second = feeds::resubmit(bank, &admin, report.run, repairs.clone()).await.unwrap();
    assert_eq!((second.state, second.total.inserted, second.total.rejected), (RunState::Done, 4, 1), "{second:?}");
    assert_eq!((second.rejects[0].line, second.rejects[0].reason), (6, RejectReason::Negative));
    let left = feeds::rejects(bank, &admin, report.run, 0, 100).await.unwrap();
    assert_eq!(left.iter().filter(|reject| reject.resubmitted).count(), 2);
    assert_eq!(feeds::resubmit(bank, &admin, report.run, repairs).await.unwrap_err().code(), Code::NotFound);
    let (name, lead): (String, i32) =
        sqlx::query_as("select name, lead_staff_id from customer_summary where name = '赵六'").fetch_one(&world.owner).await.unwrap();
    assert_eq!((name.as_str(), lead), ("赵六", 2000));

    let csv = feeds::rejects_csv(bank, &admin, report.run).await.unwrap();
    assert!(csv.starts_with("\u{FEFF}id,file") && csv.lines().count() == 19, "{csv}");
    let detail = feeds::run_detail(bank, &admin, report.run).await.unwrap();
    assert!(detail.can_resubmit && detail.row.started_by.as_deref() == Some("管理") && detail.files.len() == 6);
    // Whoever looked at customers' rows is on record: in the preview, in the dry run, in the outcome of the load.
    bank.flush().await;
    let looked: Vec<String> = sqlx::query_scalar(
        "select concat_ws(' ', verb, split_part(subject, ':', 1), outcome, reason, detail - 'run' - 'counts' - 'business_date' - 'mapping') from audit_log
         where verb like 'feed.%' and outcome = 'viewed' order by audit_id",
    )
    .fetch_all(&world.owner)
    .await
    .unwrap();
    for told in [
        r#"feed.import upload viewed {"preview": 36}"#,
        r#"feed.import feed viewed dry run {"state": "done"}"#,
        r#"feed.view job viewed {"rejects": 18}"#,
        r#"feed.view import viewed {"rejects": 18}"#,
    ] {
        assert!(looked.iter().any(|line| line.split_whitespace().eq(told.split_whitespace())), "{told}: {looked:#?}");
    }
    for login in ["alice", "boss", "auditor"] {
        let error = feeds::rejects(bank, &world.actor(login).await, report.run, 0, 10).await.unwrap_err();
        assert_eq!(error.code(), Code::Forbidden);
    }
}

#[sqlx::test(migrations = false)]
async fn whoever_loads_files_sees_no_customer_in_them(pool: PgPool) {
    let world = World::new(pool).await;
    let (bank, admin) = (&world.bank, world.actor("admin").await);
    let report = tiny(bank, &admin).await;
    let upload: Uuid =
        sqlx::query_scalar("select upload_id from import_run where run_id = $1").bind(report.run).fetch_one(&world.owner).await.unwrap();

    // In the first rows, in the outcome of the load and with its run, names, numbers and what nobody maps are hidden.
    let tables = feeds::open_profile(bank, &admin, "tiny").await.unwrap().tables;
    let previews = feeds::preview(bank, &admin, upload, tables).await.unwrap();
    let values: Vec<&str> =
        previews.iter().flat_map(|preview| &preview.rows).flat_map(|row| &row.values).flatten().map(String::as_str).collect();
    assert!(values.contains(&"张**") && values.contains(&"****1234") && values.contains(&"1990-03-07"), "{values:?}");
    let told: Vec<&str> = previews.iter().flat_map(|preview| &preview.rows).map(|row| row.raw.as_str()).collect();
    let outcome: serde_json::Value =
        sqlx::query_scalar("select result from job where job_id = $1").bind(report.run).fetch_one(&world.owner).await.unwrap();
    let kept = feeds::rejects(bank, &admin, report.run, 0, 100).await.unwrap();
    let all = format!("{values:?} {told:?} {outcome} {report:?} {kept:?}");
    for clear in ["张小伟", "李娜", "赵六", "孙七", "138-0000-1234", "13900005678", "HYPERLINK", "代发"] {
        assert!(!all.contains(clear), "{clear}: {all}");
    }
    let of = |file: &str, line: u64| kept.iter().find(|reject| reject.file == file && reject.line == line).unwrap();
    assert_eq!(of("customers.txt", 5).raw, "C04|赵**|1|19900230|E1||");
    assert_eq!(of("customers.txt", 5).detail, "birth_date: 19900230");
    assert_eq!((of("customers.txt", 6).raw.as_str(), of("customers.txt", 6).detail.as_str()), ("C05|=**|1|19910101|E1||", "name: =**"));
    assert_eq!(of("customers.txt", 7).raw, "****06|孙**|1|19910101|E**", "which column is missing nobody knows");

    // It is repaired all the same, and comes in as it stood in the file; what is typed over is typed whole.
    let row = of("customers.txt", 5);
    let repair = |raw: String| vec![Repair { id: row.id, raw }];
    let error = feeds::resubmit(bank, &admin, report.run, repair(row.raw.replace("赵**", "赵**六"))).await.unwrap_err();
    let guanhu_crm::Error::Problem(problem) = error else { panic!("{error:?}") };
    assert!(problem.of("file", Lang::En).unwrap().starts_with("Line 5: a hidden value was changed in part"), "{problem:?}");
    let again = feeds::resubmit(bank, &admin, report.run, repair(row.raw.replace("0230", "0228"))).await.unwrap();
    assert_eq!((again.state, again.total.rejected), (RunState::Done, 0), "{again:?}");
    let missing = of("customers.txt", 7);
    let added = vec![Repair { id: missing.id, raw: format!("{}||", missing.raw) }];
    assert_eq!(feeds::resubmit(bank, &admin, report.run, added).await.unwrap().total.rejected, 0);
    let names: Vec<String> =
        sqlx::query_scalar("select name from customer where name in ('赵六', '孙七') order by name").fetch_all(&world.owner).await.unwrap();
    assert_eq!(names, ["孙七", "赵六"]);

    // The file with the whole text is for whoever brought it. Anybody else's is repaired as well.
    let clear = feeds::rejects_csv(bank, &admin, report.run).await.unwrap();
    assert!(clear.contains("C10|CUR|CNY|1.005|") && clear.contains("=HYPERLINK(1)"), "{clear}");
    sqlx::query("update import_upload set uploaded_by = (select user_id from app_user where login = 'boss')")
        .execute(&world.owner)
        .await
        .unwrap();
    let veiled = feeds::rejects_csv(bank, &admin, report.run).await.unwrap();
    assert!(veiled.contains("C05|=**|1|19910101|E1||") && !veiled.contains("HYPERLINK"), "{veiled}");
    let repaired = veiled.replace("C05|=**|1|", "C05|周五|1|").replace("C03|王**|9|", "C03|王**|2|");
    assert_ne!(repaired, veiled);
    let third = feeds::resubmit_csv(bank, &admin, report.run, repaired.as_bytes()).await.unwrap();
    assert_eq!((third.state, third.total.rejected), (RunState::Done, 0), "{third:?}");
    let come: i64 =
        sqlx::query_scalar("select count(*) from customer where name in ('周五', '王芳')").fetch_one(&world.owner).await.unwrap();
    assert_eq!(come, 2);
    bank.flush().await;
    let looked: Vec<String> =
        sqlx::query_scalar("select detail ->> 'clear' from audit_log where verb = 'feed.view' and detail ? 'clear' order by audit_id")
            .fetch_all(&world.owner)
            .await
            .unwrap();
    assert_eq!(looked, ["true", "false"]);
}

#[sqlx::test(migrations = false)]
async fn a_first_profile_is_drafted_from_canonical_files(pool: PgPool) {
    let world = World::new(pool).await;
    let (bank, admin) = (&world.bank, world.actor("admin").await);
    let upload = feeds::begin_upload(bank, &admin).await.unwrap();
    send(bank, &admin, upload, "units.csv", "code,name,kind,parent\nE3,城东三支行,sub_branch,EAST\n".as_bytes()).await.unwrap();
    send(bank, &admin, upload, "khxx.csv", "source_key;kind;unit;name;birth_date\n1;personal;E3;林一;1990-01-01\n".as_bytes())
        .await
        .unwrap();
    let draft = feeds::draft_profile(bank, &admin, upload, "core").await.unwrap();
    let text = feeds::profile_text(&admin, draft.clone()).unwrap();
    feeds::save_profile(bank, &admin, &text, 0).await.unwrap();
    let request = LoadRequest { upload, profile: "core".into(), business_date: None, dry_run: false };
    let state = ended(bank, &admin, feeds::start(bank, &admin, request).await.unwrap()).await;
    let report = state.report.unwrap_or_else(|| panic!("{:?}", state.failure));
    assert_eq!((report.state, report.total.inserted, report.exit_code()), (RunState::Done, 2, 0), "{text}");
    let path: Vec<i32> = sqlx::query_scalar("select path from org_unit where code = 'E3'").fetch_one(&world.owner).await.unwrap();
    assert_eq!(path[..2], [100, 101]);
}

#[sqlx::test(migrations = false)]
async fn how_all_files_are_written_is_drafted_once_and_own_lists_come_with_the_feed(pool: PgPool) {
    let world = World::new(pool).await;
    let (bank, admin) = (&world.bank, world.actor("admin").await);
    let upload = feeds::begin_upload(bank, &admin).await.unwrap();
    send(bank, &admin, upload, "staff.csv", "code;name;unit\nM-EVE;伊芙;E2\n".as_bytes()).await.unwrap();
    send(bank, &admin, upload, "customers.csv", "source_key;kind;unit;name\n1;personal;E2;林一\n".as_bytes()).await.unwrap();
    let mut draft = feeds::draft_profile(bank, &admin, upload, "hr").await.unwrap();
    assert_eq!(draft.format.separator.as_deref(), Some(";"));
    assert!(draft.files.values().all(|file| file.format == Default::default()), "a file's own comes before the form's");

    // A profile saved in the browser has no directory beside it.
    draft.files.get_mut("staff").unwrap().own = true;
    let text = feeds::profile_text(&admin, draft).unwrap();
    feeds::save_profile(bank, &admin, &text, 0).await.unwrap();
    let request = LoadRequest { upload, profile: "hr".into(), business_date: None, dry_run: false };
    let state = ended(bank, &admin, feeds::start(bank, &admin, request).await.unwrap()).await;
    let report = state.report.unwrap_or_else(|| panic!("{:?}", state.failure));
    assert_eq!((report.state, report.total.inserted), (RunState::Done, 2));
}
