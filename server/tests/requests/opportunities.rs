//! What may come of a customer, from the customer's page to the stages.

use guanhu_domain::CustomerNo;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::site::Site;

pub const PURSUED: &[&str] = &[
    "opportunities/page",
    "opportunities/list",
    "opportunities/detail",
    "opportunities/choices",
    "opportunities/open",
    "opportunities/change",
    "opportunities/move",
    "get /opportunities",
    "post /customers/{customer_no}/opportunities",
    "get /customers/{customer_no}/opportunities/{id}",
    "put /customers/{customer_no}/opportunities/{id}",
    "post /customers/{customer_no}/opportunities/{id}/stage",
];

#[sqlx::test(migrations = false)]
async fn an_opportunity_is_opened_changed_and_won(pool: PgPool) {
    let site = Site::new(pool).await;
    let no = CustomerNo::from_id(site.world.customer("张小伟", "E1", Some("M-ALICE"), 300).await).to_string();
    let (alice, bo, boss) = (site.person("alice").await, site.person("bo").await, site.person("boss").await);

    let choices = alice.call("opportunities/choices", json!({ "no": no })).await.expect(200);
    assert_eq!((&choices["owners"][0]["code"], &choices["currencies"]), (&json!("M-ALICE"), &json!(["CNY", "USD"])));
    let mut form = json!({ "title": "大额存单", "product": "TRM", "source": "visit", "amount": 5_000_000, "expected_on": "2026-05-01" });
    let open = async |form: &Value| alice.call("opportunities/open", json!({ "no": no, "form": form })).await;
    open(&json!({ "title": "", "product": "TRM", "source": "visit", "amount": 1, "expected_on": null })).await.refused("invalid");
    let made = open(&form).await.expect(200);
    let id = made["id"].as_str().unwrap().to_owned();
    bo.call("opportunities/detail", json!({ "no": no, "id": id })).await.refused("not_found");

    form["next_step"] = json!("约面谈");
    let change = json!({ "no": no, "id": id, "version": 1, "form": form });
    assert_eq!(alice.call("opportunities/change", change.clone()).await.expect(200)["version"], 2);
    assert_eq!(alice.call("opportunities/change", change).await.expect(412)["current"]["next_step"], "约面谈");
    let to = |version: i32, to: Value| json!({ "no": no, "id": id, "version": version, "to": to });
    alice.call("opportunities/move", to(2, json!({ "to": "lost" }))).await.refused("invalid");
    boss.call("opportunities/move", to(2, json!({ "to": "won" }))).await.refused("forbidden");
    let won = alice.call("opportunities/move", to(2, json!({ "to": "won", "won_amount": 4_000_000 }))).await.expect(200);
    assert_eq!((&won["stage"], &won["won_amount"]), (&json!("won"), &json!(4_000_000)));

    let detail = boss.call("opportunities/detail", json!({ "no": no, "id": id })).await.expect(200);
    assert_eq!((&detail["card"]["customer"], &detail["moves"][0]["by"]), (&json!("张小伟"), &json!("爱丽")));
    let page = boss.call("opportunities/page", json!({ "query": {} })).await.expect(200);
    assert_eq!((&page["columns"][4]["count"], &page["columns"][4]["amount"]), (&json!(1), &json!(4_000_000)));
    let list = alice.call("opportunities/list", json!({ "query": { "stage": "won" } })).await.expect(200);
    assert_eq!(list["items"][0]["opportunity"]["id"], json!(id));

    // Another program does the same.
    let made = alice.send("POST", &format!("/customers/{no}/opportunities"), form.clone()).await.expect(201);
    let path = format!("/customers/{no}/opportunities/{}", made["id"].as_str().unwrap());
    form["amount"] = json!(6_000_000);
    assert_eq!(alice.send_of(1, "PUT", &path, form.clone()).await.expect(200)["amount"], 6_000_000);
    assert_eq!(alice.send_of(1, "PUT", &path, form).await.expect(412)["current"]["version"], 2);
    let lost = json!({ "to": "lost", "loss_reason": "他行利率更优" });
    assert_eq!(alice.send_of(2, "POST", &format!("{path}/stage"), lost).await.expect(200)["loss_reason"], "他行利率更优");
    assert_eq!(boss.get(&path).await.expect(200)["moves"][0]["to"], "lost");
    let listed = boss.get(&format!("/opportunities?stage=lost&org=EAST&owner=M-ALICE&customer={no}")).await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    site.has_opened(PURSUED);
}
