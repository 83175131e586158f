//! What a tier means is drafted by one and published by another; a tier that the rules do not give is asked for by one
//! and agreed to by another.

use guanhu_crm::{
    Actor,
    tiers::{self, Which},
};
use guanhu_domain::CustomerNo;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::site::{Person, Site};

/// A bank without tiers and two customers, with 60,000 and 900,000 yuan in every month.
async fn customers(site: &Site) -> (String, String) {
    let low = site.world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    let high = site.world.customer("李娜", "W1", Some("M-WANG"), 900_000).await;
    sqlx::raw_sql(
        "delete from tier; delete from tier_scheme;
         insert into account_year select customer_id, account_id, 2026, array_fill(balance, array[12]), array_fill(balance, array[12]) from account",
    )
    .execute(&site.world.owner)
    .await
    .unwrap();
    (CustomerNo::from_id(low).to_string(), CustomerNo::from_id(high).to_string())
}

/// Waits for whoever evaluates after a request, and does it again.
async fn evaluated(site: &Site) {
    tiers::evaluate(&site.world.bank, &Actor::system(), Which::Whole).await.unwrap();
}

async fn tier(who: &Person<'_>, no: &str) -> Value {
    who.get(&format!("/customers/{no}/tier")).await.expect(200)["tier"]["code"].clone()
}

/// A version of the personal scheme, as the list has it.
async fn version(who: &Person<'_>, number: i64) -> Value {
    let schemes = who.get("/tiers").await.expect(200);
    let personal = schemes["items"].as_array().unwrap().iter().find(|scheme| scheme["code"] == "personal").unwrap();
    personal["versions"].as_array().unwrap().iter().find(|version| version["number"] == number).cloned().unwrap_or(Value::Null)
}

fn revision(version: &Value) -> i64 {
    version["revision"].as_i64().unwrap()
}

/// The same definition with another floor for gold.
fn gold_from(version: &Value, yuan: i64) -> Value {
    let mut definition = version["definition"].clone();
    let gold = definition["tiers"].as_array_mut().unwrap().iter_mut().find(|tier| tier["code"] == "gold").unwrap();
    gold["rule"]["when"]["average_aum"]["value"] = json!(yuan * 100);
    definition
}

pub const PUBLISHED: &[&str] = &[
    "get /tiers",
    "post /tiers/{scheme}/versions",
    "post /tiers/{scheme}/versions/{n}/simulate",
    "get /tiers/{scheme}/trial",
    "delete /tiers/{scheme}/trial",
    "post /tiers/{scheme}/versions/{n}/submit",
    "post /tiers/{scheme}/versions/{n}/publish",
    "post /tiers/{scheme}/versions/{n}/withdraw",
    "get /customers/{customer_no}/tier",
    "get /tier-movements",
    "get /tiers/{scheme}/versions/{n}/movers",
    "tiers/page",
    "tiers/install",
    "tiers/save",
    "tiers/simulate",
    "tiers/submit",
    "tiers/publish",
    "tiers/withdraw",
    "tiers/trial",
    "tiers/trial/cancel",
    "tiers/movements",
    "tiers/movers",
    "customer/tier",
];

#[sqlx::test(migrations = false)]
async fn a_version_is_drafted_tried_out_and_published_by_another(pool: PgPool) {
    let site = Site::new(pool).await;
    let (low, high) = customers(&site).await;
    let (admin, security, alice) = (site.person("admin").await, site.person("security").await, site.person("alice").await);
    let east = site.person("east").await;

    // A bank begins with the shipped schemes as drafts, which nobody else sees.
    security.call("tiers/install", json!({})).await.refused("forbidden");
    assert_eq!(admin.call("tiers/install", json!({})).await.expect(200), 2);
    assert_eq!(tier(&alice, &low).await, Value::Null);
    assert_eq!(version(&alice, 1).await, Value::Null);
    let first = version(&admin, 1).await;
    assert_eq!(first["state"], "draft");
    let path = "/tiers/personal/versions/1";
    admin.send_of(revision(&first), "POST", &format!("{path}/submit"), json!({})).await.refused("conflict");
    let trial = admin.send_of(revision(&first), "POST", &format!("{path}/simulate"), Value::Null).await.expect(200);
    assert_eq!((&trial["customers"], admin.get("/tiers/personal/trial").await.expect(200)), (&json!(2), Value::Null));
    let submitted = admin.send_of(revision(&first), "POST", &format!("{path}/submit"), json!({ "note": "请审" })).await.expect(200);
    assert_eq!((&submitted["state"], &submitted["submitted_by"]), (&json!("submitted"), &json!("admin")));
    assert_eq!(admin.send_of(revision(&first), "POST", &format!("{path}/submit"), json!({})).await.expect(412)["code"], "stale");
    let agreed = json!({ "publish": true });
    admin.send_of(revision(&submitted), "POST", &format!("{path}/publish"), agreed.clone()).await.refused("forbidden");
    let published = security.send_of(revision(&submitted), "POST", &format!("{path}/publish"), agreed).await.expect(200);
    assert_eq!((&published["state"], &published["published_by"]), (&json!("published"), &json!("security")));

    evaluated(&site).await;
    assert_eq!(tier(&alice, &low).await, "gold");
    alice.get(&format!("/customers/{high}/tier")).await.refused("not_found");
    let told = alice.call("customer/tier", json!({ "no": low })).await.expect(200);
    assert_eq!((&told["next"]["code"], &told["history"][0]["from"]), (&json!("platinum"), &json!("2026-03-31")));

    // Two people draft the second at once: the later one is told what stands there now.
    let draft = json!({ "definition": gold_from(&published, 100_000), "note": "金卡门槛提高" });
    let saved = admin.send("POST", "/tiers/personal/versions", draft.clone()).await.expect(201);
    assert_eq!((&saved["number"], &saved["based_on"]), (&json!(2), &json!(1)));
    let again = json!({ "number": 2, "revision": revision(&saved), "definition": saved["definition"], "note": "再改" });
    let saved = admin.call("tiers/save", json!({ "scheme": "personal", "draft": again })).await.expect(200);
    let stale = admin.call("tiers/save", json!({ "scheme": "personal", "draft": again })).await.expect(412);
    assert_eq!(
        (&stale["code"], &stale["current"]["revision"], &stale["current"]["note"]),
        (&json!("stale"), &saved["revision"], &json!("再改"))
    );
    let mut wrong = draft.clone();
    wrong["definition"]["tiers"][2]["code"] = json!("gold two");
    let faults = admin.send("POST", "/tiers/personal/versions", wrong).await.refused("invalid");
    assert_eq!(faults, [("/tiers/2/code".into(), "bad_format".into())]);

    // While it is tried out, whoever asks hears how far it is, and can stop it.
    let mut trying = site.world.owner.acquire().await.unwrap();
    sqlx::query("select pg_advisory_lock(hashtext('tiers.simulate'))").execute(&mut *trying).await.unwrap();
    sqlx::query(
        "insert into tier_trial (scheme_id, version, done, total) select scheme_id, 2, 1, 2 from tier_scheme where code = 'personal'",
    )
    .execute(&mut *trying)
    .await
    .unwrap();
    let how_far = json!({ "number": 2, "done": 1, "total": 2 });
    assert_eq!(admin.get("/tiers/personal/trial").await.expect(200), how_far);
    assert_eq!(admin.call("tiers/trial", json!({ "scheme": "personal" })).await.expect(200), how_far);
    admin.send("DELETE", "/tiers/personal/trial", Value::Null).await.expect(204);
    admin.call("tiers/trial/cancel", json!({ "scheme": "personal" })).await.expect(200);
    let stopped: bool = sqlx::query_scalar("select cancelled from tier_trial").fetch_one(&mut *trying).await.unwrap();
    assert!(stopped);
    sqlx::query("select pg_advisory_unlock(hashtext('tiers.simulate'))").execute(&mut *trying).await.unwrap();
    admin.send("DELETE", "/tiers/personal/trial", Value::Null).await.refused("not_found");

    // Tried out, sent back once, published, and whoever no longer deserves gold is warned.
    let named = |version: &Value, part: &str, content: Value| {
        let mut arguments = json!({ "scheme": "personal", "number": version["number"], "revision": version["revision"] });
        arguments[part] = content;
        arguments[part]["revision"] = version["revision"].clone();
        arguments
    };
    let tried = admin.call("tiers/simulate", named(&saved, "asked", json!({}))).await.expect(200);
    assert_eq!((&tried["customers"], tried["milliseconds"].is_number()), (&json!(2), true));
    let asked = admin.call("tiers/submit", named(&saved, "asked", json!({ "note": "请审" }))).await.expect(200);
    security.call("tiers/publish", named(&asked, "decision", json!({ "publish": false }))).await.refused("reason_required");
    let returned =
        security.call("tiers/publish", named(&asked, "decision", json!({ "publish": false, "reason": "请说明依据" }))).await.expect(200);
    assert_eq!((&returned["state"], &returned["returned"]), (&json!("draft"), &json!("请说明依据")));
    admin.call("tiers/simulate", named(&returned, "asked", json!({}))).await.expect(200);
    let asked = admin.call("tiers/submit", named(&returned, "asked", json!({ "note": "附测算" }))).await.expect(200);
    // The branch prepares: it reads the version, and who of its own would go. Nobody else does.
    assert_eq!((version(&alice, 2).await, &version(&east, 2).await["state"]), (Value::Null, &json!("submitted")));
    assert_eq!(version(&east, 2).await["simulation"], Value::Null);
    let movers = east.get("/tiers/personal/versions/2/movers").await.expect(200);
    let [mover] = &movers["items"].as_array().unwrap()[..] else { panic!("{movers}") };
    assert_eq!((&mover["customer_no"], &mover["way"], &mover["to"]["code"]), (&json!(low), &json!("down"), &json!("regular")));
    assert_eq!(mover["against"][0]["holds"], false);
    let page = json!({ "scheme": "personal", "number": 2, "query": { "way": "down" } });
    assert_eq!(east.call("tiers/movers", page.clone()).await.expect(200)["items"], movers["items"]);
    assert_eq!(east.get("/tiers/personal/versions/2/movers?way=up").await.expect(200)["items"], json!([]));
    east.get("/tiers/personal/versions/1/movers").await.refused("not_found");
    for other in [&alice, &admin, &security] {
        other.call("tiers/movers", page.clone()).await.refused("forbidden");
    }
    security.call("tiers/publish", named(&asked, "decision", json!({ "publish": true }))).await.expect(200);
    evaluated(&site).await;
    let told = alice.get(&format!("/customers/{low}/tier")).await.expect(200);
    assert_eq!((&told["tier"]["code"], &told["threatened"]["to"]["code"]), (&json!("gold"), &json!("regular")), "ninety days of grace");
    let movements = alice.get("/tier-movements?kind=threatened").await.expect(200);
    assert_eq!((&movements["items"][0]["customer_no"], &movements["items"][0]["on"]), (&json!(low), &told["threatened"]["on"]));
    assert_eq!(alice.call("tiers/movements", json!({ "query": { "kind": "threatened" } })).await.expect(200)["items"], movements["items"]);
    let page = alice.call("tiers/page", json!({})).await.expect(200);
    let personal = page["schemes"].as_array().unwrap().iter().find(|scheme| scheme["code"] == "personal").unwrap();
    assert_eq!((&personal["in_force"], &personal["versions"][0]["simulation"]), (&json!(2), &Value::Null), "trials are the author's");

    // What is to come into force later is taken back, by a program and on the page.
    for (number, by_program) in [(3, true), (4, false)] {
        let saved = admin.send("POST", "/tiers/personal/versions", draft.clone()).await.expect(201);
        assert_eq!(saved["number"], number);
        let path = format!("/tiers/personal/versions/{number}");
        admin.send_of(revision(&saved), "POST", &format!("{path}/simulate"), Value::Null).await.expect(200);
        let asked = admin.send_of(revision(&saved), "POST", &format!("{path}/submit"), json!({ "from": "2026-06-01" })).await.expect(200);
        let waits = security.send_of(revision(&asked), "POST", &format!("{path}/publish"), json!({})).await.expect(200);
        assert_eq!(waits["from"], "2026-06-01");
        let why = json!({ "reason": "不发了" });
        let taken = match by_program {
            true => security.send_of(revision(&waits), "POST", &format!("{path}/withdraw"), why).await.expect(200),
            false => security.call("tiers/withdraw", named(&waits, "asked", why)).await.expect(200),
        };
        assert_eq!((&taken["from"], &taken["returned"]), (&Value::Null, &json!("不发了")));
    }
    let mut audited = site.audited("tier:personal:2").await;
    audited.retain(|row| row != "tier.movers east");
    audited.dedup();
    assert_eq!(audited, ["tier.draft admin", "tier.publish security", "tier.draft admin", "tier.publish security"]);
    site.has_opened(PUBLISHED);
}

pub const BY_HAND: &[&str] = &[
    "get /tier-requests",
    "post /customers/{customer_no}/tier/requests",
    "post /customers/{customer_no}/tier/requests/{id}",
    "post /customers/{customer_no}/tier/end",
    "customer/tier/ask",
    "customer/tier/answer",
    "customer/tier/end",
];

#[sqlx::test(migrations = false)]
async fn a_tier_by_hand_is_asked_for_by_one_and_agreed_to_by_another(pool: PgPool) {
    let site = Site::new(pool).await;
    let (no, _) = customers(&site).await;
    let mut conn = site.world.owner.acquire().await.unwrap();
    tiers::shipped::found(&mut conn, guanhu_domain::customers::Kind::Personal, "2026-01-01".parse().unwrap()).await.unwrap();
    evaluated(&site).await;
    let (alice, east, west) = (site.person("alice").await, site.person("east").await, site.person("west").await);
    let asks = format!("/customers/{no}/tier/requests");
    let asked = |until: &str| json!({ "tier": "private", "until": until, "reason": "配偶为私行客户" });

    assert_eq!(alice.send("POST", &asks, asked("2027-03-30")).await.refused("invalid")[0].0, "until");
    let request = alice.send("POST", &asks, asked("2026-06-30")).await.expect(201);
    assert_eq!((&request["state"], &request["mine"]), (&json!("pending"), &json!(true)));
    alice.send("POST", &asks, asked("2026-06-30")).await.refused("conflict");
    assert_eq!(west.get("/tier-requests").await.expect(200)["items"], json!([]), "another branch's business");
    assert_eq!(east.get("/tier-requests").await.expect(200)["items"][0]["id"], request["id"]);
    let answers = format!("{asks}/{}", request["id"].as_str().unwrap());
    alice.send("POST", &answers, json!({ "approve": true })).await.refused("forbidden");
    east.send("POST", &answers, json!({ "approve": false })).await.refused("reason_required");
    east.send("POST", &format!("{asks}/nonesuch"), json!({ "approve": true })).await.refused("not_found");
    assert_eq!(east.send("POST", &answers, json!({ "approve": true })).await.expect(200)["state"], "approved");
    evaluated(&site).await;
    let told = alice.get(&format!("/customers/{no}/tier")).await.expect(200);
    assert_eq!((&told["tier"]["code"], &told["held"]["until"]), (&json!("private"), &json!("2026-06-30")));
    let end = json!({ "reason": "关系解除" });
    alice.send("POST", &format!("/customers/{no}/tier/end"), end.clone()).await.expect(204);
    evaluated(&site).await;
    assert_eq!(tier(&alice, &no).await, "gold");

    // On the page: refused, asked for again, agreed to, ended.
    let ask = json!({ "no": no, "asked": asked("2026-06-30") });
    let first = alice.call("customer/tier/ask", ask.clone()).await.expect(200);
    let answer = |request: &Value, answer: Value| json!({ "no": no, "id": request["id"], "answer": answer });
    let refused = east.call("customer/tier/answer", answer(&first, json!({ "approve": false, "reason": "依据不足" }))).await.expect(200);
    assert_eq!((&refused["state"], &refused["answer"]), (&json!("rejected"), &json!("依据不足")));
    let second = alice.call("customer/tier/ask", ask).await.expect(200);
    east.call("customer/tier/answer", answer(&second, json!({ "approve": true }))).await.expect(200);
    evaluated(&site).await;
    assert_eq!(tier(&alice, &no).await, "private");
    east.call("customer/tier/end", json!({ "no": no, "end": end })).await.expect(200);
    evaluated(&site).await;
    assert_eq!(tier(&alice, &no).await, "gold");
    let audited = site.audited(&format!("customer:{no}")).await;
    let by_hand: Vec<&str> = audited.iter().map(String::as_str).filter(|row| row.starts_with("tier.a")).collect();
    assert_eq!(
        by_hand,
        [
            "tier.ask alice",
            "tier.answer east",
            "tier.ask alice",
            "tier.ask alice",
            "tier.answer east",
            "tier.ask alice",
            "tier.answer east",
            "tier.ask east"
        ]
    );
    site.has_opened(BY_HAND);
}
