//! Parameters: set by an administrator, with version and history, and in force at once.

use std::{collections::BTreeSet, fs, path::Path};

use guanhu_crm::{
    Error, customers, idempotency,
    parameters::{parameters, set_parameter},
    testing::World,
};
use guanhu_domain::{
    Code, CustomerNo,
    customers::{RevealKind, RevealRequest},
    parameters::{CATALOGUE, ParameterItem, ParameterValue},
};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

fn to(value: Value) -> ParameterValue {
    ParameterValue { value }
}

#[sqlx::test(migrations = false)]
async fn what_is_set_is_in_force_and_what_it_was_is_kept(pool: PgPool) {
    let world = World::new(pool).await;
    let (bank, admin, alice) = (&world.bank, world.actor("admin").await, world.actor("alice").await);
    let all = parameters(bank, &admin).await.unwrap();
    assert_eq!(all.iter().map(|item| &item.key[..]).collect::<Vec<_>>(), CATALOGUE.iter().map(|of| of.key).collect::<Vec<_>>());
    assert!(all.iter().all(|item| item.value == item.default && item.history.is_empty()), "{all:?}");

    let customer = world.customer("张小伟", "E1", Some("M-ALICE"), 1_000).await;
    let account: i64 = sqlx::query_scalar("select account_id from account").fetch_one(&world.owner).await.unwrap();
    let request = RevealRequest { what: RevealKind::Account, id: bank.keys().opaque(account), reason: "对账时核对账号".into() };
    let reveal = async || customers::reveal(bank, &alice, CustomerNo::from_id(customer), &request).await;
    assert_eq!(reveal().await.unwrap().left_today, 49);

    // One effect per key; whoever saw an older version is told what stands there.
    let key = Uuid::now_v7();
    for _ in 0..2 {
        let set = set_parameter(bank, &admin, "reveal.daily_limit", 0, &to(json!(1)), key).await.unwrap();
        assert_eq!((set.version, &set.value, set.changed_by.as_deref(), set.history.len()), (1, &json!(1), Some("admin"), 0));
    }
    assert_eq!(reveal().await.unwrap_err().code(), Code::RevealLimit);
    let stale = set_parameter(bank, &admin, "reveal.daily_limit", 0, &to(json!(2)), Uuid::now_v7()).await.unwrap_err();
    let Error::Problem(stale) = stale else { panic!("{stale}") };
    let now: ParameterItem = serde_json::from_value(stale.current.clone().unwrap()).unwrap();
    assert_eq!((stale.code, now.version, now.value), (Code::Stale, 1, json!(1)));

    let set = set_parameter(bank, &admin, "reveal.daily_limit", 1, &to(json!(3)), Uuid::now_v7()).await.unwrap();
    assert_eq!((set.version, set.history[0].version, &set.history[0].value), (2, 1, &json!(1)));
    assert_eq!(set.history[0].changed_by.as_deref(), Some("admin"));
    assert_eq!(reveal().await.unwrap().left_today, 1);
    let told: Vec<Value> = sqlx::query_scalar(
        "select detail from audit_log where verb = 'parameter.change' and subject = 'parameter:reveal.daily_limit' order by audit_id",
    )
    .fetch_all(&world.owner)
    .await
    .unwrap();
    assert_eq!(told, [json!({ "before": 50, "after": 1 }), json!({ "before": 1, "after": 3 })]);
    // The same again is no change.
    let same = set_parameter(bank, &admin, "reveal.daily_limit", 2, &to(json!(3)), Uuid::now_v7()).await.unwrap();
    assert_eq!(same.version, 2);
}

#[sqlx::test(migrations = false)]
async fn what_the_catalogue_does_not_know_is_refused(pool: PgPool) {
    let world = World::new(pool).await;
    let (bank, admin) = (&world.bank, world.actor("admin").await);
    let refused = async |key: &str, value: Value| {
        set_parameter(bank, &admin, key, 0, &to(value), Uuid::now_v7()).await.map(|_| ()).unwrap_err().code()
    };
    assert_eq!(refused("demo.unfinished", json!([])).await, Code::NotFound);
    assert_eq!(refused("reveal.daily_limit", json!(-1)).await, Code::Invalid);
    assert_eq!(refused("transfer.approval", json!({ "customers": 5 })).await, Code::Invalid);
    assert_eq!(refused("access.password_policy", json!("none")).await, Code::Invalid);
    // What a migration or a person with SQL wrote is version 1, kept when it is set again.
    let now = parameters(bank, &admin).await.unwrap().into_iter().find(|item| item.key == "feeds.reject_threshold").unwrap();
    assert_eq!((now.version, now.changed_by), (1, None));
    let set = set_parameter(bank, &admin, "feeds.reject_threshold", 1, &to(json!(0.2)), Uuid::now_v7()).await.unwrap();
    assert_eq!((set.version, &set.history[0].value), (2, &json!(0.05)));
    // The application can neither take a parameter away nor rewrite its history.
    for statement in ["delete from parameter", "update parameter_history set value = '1'", "delete from parameter_history"] {
        let refused = sqlx::query(statement).execute(bank.pool()).await.unwrap_err();
        assert!(refused.to_string().contains("permission denied"), "{statement}: {refused}");
    }
}

#[sqlx::test(migrations = false)]
async fn keys_of_old_requests_are_forgotten_with_their_answers(pool: PgPool) {
    let world = World::new(pool).await;
    let (bank, admin) = (&world.bank, world.actor("admin").await);
    let (old, young) = (Uuid::now_v7(), Uuid::now_v7());
    for (version, key, value) in [(0, old, 1), (1, young, 2)] {
        set_parameter(bank, &admin, "reveal.daily_limit", version, &to(json!(value)), key).await.unwrap();
    }
    sqlx::query("update idempotency_key set created_at = now() - interval '8 days' where key = $1")
        .bind(old)
        .execute(&world.owner)
        .await
        .unwrap();
    assert_eq!(idempotency::forget(bank).await.unwrap(), 1);
    assert_eq!(idempotency::forget(bank).await.unwrap(), 0);
    // The young one still answers a retry with what it did.
    let again = set_parameter(bank, &admin, "reveal.daily_limit", 1, &to(json!(2)), young).await.unwrap();
    assert_eq!((again.version, again.value), (2, json!(2)));
    let stale = set_parameter(bank, &admin, "reveal.daily_limit", 0, &to(json!(1)), old).await.unwrap_err();
    assert_eq!(stale.code(), Code::Stale);
}

/// Statements that read a parameter themselves name one of the catalogue, with its default; and there is
/// nothing in the catalogue that nobody reads.
#[test]
fn every_parameter_is_read_by_somebody_and_no_other() {
    let mut read = BTreeSet::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut |source| {
        let keys = source.match_indices(".key = '").map(|(at, before)| at + before.len());
        for at in keys.chain(source.match_indices("where key = '").map(|(at, before)| at + before.len())) {
            let (key, rest) = source[at..].split_once('\'').unwrap();
            let of = CATALOGUE.iter().find(|of| of.key == key).unwrap_or_else(|| panic!("`{key}` is not in the catalogue"));
            if let Some(default) = ["true", "false"].iter().find(|default| rest.starts_with(&format!("), {default})"))) {
                let same = of.default_value() == json!(*default == "true") || (key == "access.password_policy" && *default == "false");
                assert!(same, "`{key}`: another default than the catalogue's");
            }
            read.insert(key.to_owned());
        }
        for (at, before) in source.match_indices("parameters::read") {
            let call = &source[at + before.len()..];
            if let Some((key, _)) = call.split_once('"').and_then(|(head, rest)| (head.len() < 60).then_some(rest)?.split_once('"')) {
                read.insert(key.to_owned());
            }
        }
    });
    let known: BTreeSet<String> = CATALOGUE.iter().map(|of| of.key.to_owned()).collect();
    assert_eq!(read, known);
}

fn walk(dir: &Path, visit: &mut impl FnMut(&str)) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&fs::read_to_string(&path).unwrap());
        }
    }
}
