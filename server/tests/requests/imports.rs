//! A feed is uploaded, mapped, tried out, loaded, and what was refused is repaired.

use serde_json::{Value, json};
use sqlx::PgPool;

use crate::site::{Person, Site};

const CUSTOMERS: &str = "\
source_key,kind,unit,name,birth_date
1,personal,E1,林一,1990-01-01
2,personal,E9,林二,1990-01-01
3,personal,E1,=HYPERLINK(1),1990-01-01
4,personal,E1,林四,1990-02-30
";

/// Loads, and waits for the end.
async fn loaded(who: &Person<'_>, upload: &Value, dry_run: bool) -> Value {
    let request = json!({ "request": { "upload": upload, "profile": "core", "business_date": null, "dry_run": dry_run } });
    let job = who.call("imports/load", request).await.expect(200);
    loop {
        let state = who.call("imports/state", json!({ "job": job })).await.expect(200);
        if !state["report"].is_null() || !state["failure"].is_null() {
            return state["report"].clone();
        }
        tokio::task::yield_now().await;
    }
}

pub const LOADED: &[&str] = &[
    "imports/overview",
    "imports/begin",
    "imports/files",
    "imports/preview",
    "imports/load",
    "imports/cancel",
    "imports/state",
    "imports/run",
    "imports/rejects",
    "imports/resubmit",
    "imports/profile",
    "imports/profile_text",
    "imports/profile_tables",
    "imports/save_profile",
];

#[sqlx::test(migrations = false)]
async fn a_feed_is_mapped_loaded_and_its_rejects_repaired(pool: PgPool) {
    let site = Site::new(pool).await;
    let (admin, boss) = (site.person("admin").await, site.person("boss").await);
    let upload = admin.call("imports/begin", json!({})).await.expect(200);
    let to = |name: &str| format!("/imports/files?upload={}&name={name}", upload.as_str().unwrap());
    boss.upload(&to("customers.csv"), CUSTOMERS).await.refused("forbidden");
    admin.upload(&to("..%2Fpasswd"), "x").await.refused("invalid");
    assert_eq!(admin.upload(&to("customers.csv"), CUSTOMERS).await.expect(200)["bytes"], CUSTOMERS.len());
    assert_eq!(admin.call("imports/files", json!({ "upload": upload })).await.expect(200)[0]["name"], "customers.csv");

    // The mapping is drafted from the files, looked at, and kept in versions.
    let editor = admin.call("imports/profile", json!({ "name": "core", "upload": upload })).await.expect(200);
    let tables = &editor["profile"]["tables"];
    assert_eq!(editor["profile"]["version"], 0);
    assert!(editor["entities"].as_array().unwrap().iter().any(|entity| entity["name"] == "customers"));
    let text = admin.call("imports/profile_text", json!({ "tables": tables })).await.expect(200);
    let read = admin.call("imports/profile_tables", json!({ "text": text })).await.expect(200);
    assert_eq!(admin.call("imports/profile_text", json!({ "tables": read })).await.expect(200), text);
    let preview = admin.call("imports/preview", json!({ "upload": upload, "tables": tables })).await.expect(200);
    let seen = preview.as_array().unwrap().iter().find(|preview| preview["entity"] == "customers").unwrap();
    let name = seen["columns"].as_array().unwrap().iter().position(|column| column == "name").unwrap();
    assert_eq!((&seen["rows"][0]["values"][name], &seen["rows"][0]["problem"]), (&json!("林**"), &Value::Null));
    assert_eq!(seen["rows"][2]["problem"][0], "formula");
    let save = json!({ "text": text, "version": 0 });
    assert_eq!(admin.call("imports/save_profile", save.clone()).await.expect(200)["version"], 1);
    admin.call("imports/save_profile", save).await.refused("stale");

    // Tried out nothing stays; too many rejects and nothing is loaded; then the bank allows them.
    let dry = loaded(&admin, &upload, true).await;
    assert_eq!((&dry["dry_run"], &dry["rejected"]), (&json!(true), &json!(3)));
    assert_eq!(admin.call("imports/overview", json!({})).await.expect(200)["runs"], json!([]));
    assert_eq!(loaded(&admin, &upload, false).await["state"], "refused");
    assert_eq!(boss.get("/customers?q=%E6%9E%97%E4%B8%80").await.expect(200)["total"]["count"], 0);
    admin.send_of(1, "PUT", "/parameters/feeds.reject_threshold", json!({ "value": 0.9 })).await.expect(200);
    let report = loaded(&admin, &upload, false).await;
    assert_eq!((&report["state"], &report["inserted"], &report["rejected"]), (&json!("done"), &json!(1), &json!(3)));
    assert_eq!(boss.get("/customers?q=%E6%9E%97%E4%B8%80").await.expect(200)["items"][0]["name"], "林一");

    // The history, and every rejected row with its line, text and reason; also as a file that no spreadsheet runs.
    let run = &report["run"];
    let overview = admin.call("imports/overview", json!({})).await.expect(200);
    let states: Vec<&str> = overview["runs"].as_array().unwrap().iter().map(|run| run["state"].as_str().unwrap()).collect();
    assert_eq!((states, &overview["runs"][0]["started_by"]), (vec!["done", "refused"], &json!("管理")));
    let page = admin.call("imports/run", json!({ "run": run })).await.expect(200);
    let told = |reject: &Value| (reject["line"].as_u64().unwrap(), reject["reason"].as_str().unwrap().to_owned());
    let rejects: Vec<_> = page["rejects"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(rejects, [(3, "unknown_key".into()), (4, "formula".into()), (5, "not_a_date".into())]);
    assert_eq!(page["detail"]["can_resubmit"], true);
    let first = page["rejects"][0]["id"].as_i64().unwrap();
    assert_eq!(admin.call("imports/rejects", json!({ "run": run, "after": first })).await.expect(200).as_array().unwrap().len(), 2);
    let file = admin.open(&format!("/imports/runs/{}/rejects.csv", run.as_str().unwrap())).await;
    assert_eq!((file.status.as_u16(), file.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"rejects-"));
    let lines: Vec<&str> = file.text.lines().collect();
    assert_eq!((lines[0], lines.len()), ("\u{FEFF}id,file,entity,line,reason,detail,text", 4));
    assert!(lines[1].starts_with(&format!("{first},customers.csv,customers,3,unknown_key,")), "{}", lines[1]);
    assert!(lines[2].ends_with(",\"3,personal,E1,=HYPERLINK(1),1990-01-01\""), "{}", lines[2]);
    boss.open(&format!("/imports/runs/{}/rejects.csv", run.as_str().unwrap())).await.refused("forbidden");

    // Repaired and sent again: one well, one not.
    let repair = |at: usize, raw: &str| json!({ "id": page["rejects"][at]["id"], "raw": raw });
    let repairs = json!([repair(0, "2,personal,E2,林二,1990-01-01"), repair(2, "4,personal,E1,林四,1990-02-31")]);
    let again = admin.call("imports/resubmit", json!({ "run": run, "repairs": repairs })).await.expect(200);
    assert_eq!((&again["inserted"], &again["rejected"], &again["rejects"][0]["reason"]), (&json!(1), &json!(1), &json!("not_a_date")));
    let east = site.person("east").await.get("/customers?q=%E6%9E%97%E4%BA%8C").await.expect(200);
    assert_eq!(east["items"][0]["name"], "林二");
    assert!(site.audited(&format!("import:{}", run.as_str().unwrap())).await.iter().all(|row| row.ends_with(" admin")));

    // One that runs can be told to end, one that has ended cannot.
    let running = "insert into job (job_id, kind, state, leased_until) values (gen_random_uuid(), 'feed.import', 'running', now() + interval '1 minute') returning job_id";
    let job: uuid::Uuid = sqlx::query_scalar(running).fetch_one(&site.world.owner).await.unwrap();
    boss.call("imports/cancel", json!({ "job": job })).await.refused("forbidden");
    admin.call("imports/cancel", json!({ "job": job })).await.expect(200);
    let ended: (bool, uuid::Uuid) =
        sqlx::query_as("select cancel_requested, (select job_id from job where state = 'done' limit 1) from job where job_id = $1")
            .bind(job)
            .fetch_one(&site.world.owner)
            .await
            .unwrap();
    assert!(ended.0);
    admin.call("imports/cancel", json!({ "job": ended.1 })).await.refused("conflict");
    site.has_opened(LOADED);
}
