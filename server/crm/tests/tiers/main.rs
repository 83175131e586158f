//! Tiers: what they mean, who agreed to it, whom they are given, and what a change would do.

mod berka;
mod by_hand;
mod evaluation;
mod explained;
mod simulation;
mod versions;

use guanhu_crm::{
    Actor, Result,
    testing::World,
    tiers::{self, shipped},
};
use guanhu_domain::{
    customers::Kind,
    rules::Condition,
    tiers::{Decision, Definition, Submission, Version, VersionDraft},
};
use uuid::Uuid;

/// The shipped personal scheme instead of the world's, and month averages of what the accounts hold.
async fn scheme(world: &World) {
    sqlx::raw_sql(
        "delete from tier; delete from tier_scheme;
         insert into account_year select customer_id, account_id, 2026, array_fill(balance, array[12]), array_fill(balance, array[12]) from account",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    let mut conn = world.owner.acquire().await.unwrap();
    shipped::found(&mut conn, Kind::Personal, "2026-01-01".parse().unwrap()).await.unwrap();
}

/// Every month is as this one, in yuan.
async fn rich(world: &World, id: i64, yuan: i64) {
    sqlx::query("update account_year set average_balance = array_fill($2::bigint, array[12]) where customer_id = $1")
        .bind(id)
        .bind(yuan * 100)
        .execute(&world.owner)
        .await
        .unwrap();
}

async fn on(world: &World, day: &str) {
    sqlx::query("update bank set business_date = $1::date")
        .bind(day.parse::<chrono::NaiveDate>().unwrap())
        .execute(&world.owner)
        .await
        .unwrap();
}

async fn tier(world: &World, id: i64) -> Option<String> {
    sqlx::query_scalar("select t.code from customer_summary s left join tier t using (tier_id) where s.customer_id = $1")
        .bind(id)
        .fetch_one(&world.owner)
        .await
        .unwrap()
}

fn floor(definition: &mut Definition, code: &str, yuan: i64) {
    let tier = definition.tiers.iter_mut().find(|tier| tier.code == code).unwrap();
    match &mut tier.rule.when {
        Condition::AverageAum { value, .. } => *value = yuan * 100,
        other => panic!("{other:?}"),
    }
}

fn draft(definition: Definition) -> VersionDraft {
    VersionDraft { number: None, revision: 0, definition, note: "金卡门槛提高".into() }
}

fn again(version: &Version) -> VersionDraft {
    VersionDraft { number: Some(version.number), revision: version.revision, ..draft(version.definition.clone()) }
}

fn decision(version: &Version) -> Decision {
    Decision { revision: version.revision, publish: true, reason: String::new() }
}

/// Drafted, tried out and submitted by the administrator.
async fn submitted(world: &World, definition: Definition, from: Option<&str>) -> Version {
    let admin = world.actor("admin").await;
    let saved = tiers::save(&world.bank, &admin, "personal", &draft(definition), Uuid::now_v7()).await.unwrap();
    tiers::simulate(&world.bank, &admin, "personal", saved.number, saved.revision).await.unwrap();
    submit(world, &admin, &saved, from).await.unwrap()
}

async fn submit(world: &World, actor: &Actor, version: &Version, from: Option<&str>) -> Result<Version> {
    let asked = Submission { revision: version.revision, from: from.map(|from| from.parse().unwrap()), note: "请审".into() };
    tiers::submit(&world.bank, actor, "personal", version.number, &asked, Uuid::now_v7()).await
}

async fn decide(world: &World, actor: &Actor, version: &Version, decision: &Decision) -> Result<Version> {
    tiers::publish(&world.bank, actor, "personal", version.number, decision, Uuid::now_v7()).await
}

async fn published(world: &World, definition: Definition, from: Option<&str>) -> Version {
    let version = submitted(world, definition, from).await;
    decide(world, &world.actor("security").await, &version, &decision(&version)).await.unwrap()
}

async fn history(world: &World, id: i64) -> Vec<String> {
    sqlx::query_scalar("select valid || ' ' || t.code from customer_tier join tier t using (tier_id) where customer_id = $1 order by valid")
        .bind(id)
        .fetch_all(&world.owner)
        .await
        .unwrap()
}
