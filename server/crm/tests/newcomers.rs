//! New customers that a feed brings: the first rule that fits says who gets them, in turn or by room left.

use std::fs;

use guanhu_crm::{
    Error, assignments,
    feeds::{self, ImportRequest, Profile},
    testing::World,
    tiers,
};
use guanhu_domain::{
    Code, Lang,
    assignments::{
        newcomers::{NewcomerRule, NewcomerRules, Sharing},
        reason_words,
    },
    customers::Kind,
};
use sqlx::PgPool;

const PROFILE: &str = r#"
name = "plain"
source = "core"

[files]
customers = { path = "customers.csv" }

[[load]]
entity = "customers"
file = "customers"
[load.columns]
source_key = "key"
kind = "kind"
unit = "unit"
name = "name"
"#;

fn rule(unit: Option<&str>, sharing: Sharing, managers: &[&str]) -> NewcomerRule {
    let managers = managers.iter().map(|code| (*code).to_owned()).collect();
    NewcomerRule { unit: unit.map(str::to_owned), kind: None, tier: None, sharing, managers }
}

/// Loads customers of these keys and units; who has each of all customers loaded so far, by key.
async fn load(world: &World, lines: &[(&str, &str)]) -> Vec<(String, Option<String>)> {
    let dir = std::env::temp_dir().join(format!("guanhu-newcomers-{}", uuid::Uuid::new_v4()));
    fs::create_dir_all(&dir).unwrap();
    let text: String = lines.iter().map(|(key, unit)| format!("{key},personal,{unit},客户{key}\n")).collect();
    fs::write(dir.join("customers.csv"), format!("key,kind,unit,name\n{text}")).unwrap();
    let request = ImportRequest {
        profile: Profile::parse(PROFILE).unwrap(),
        profile_dir: None,
        dir: dir.clone(),
        business_date: None,
        dry_run: false,
        rejects_dir: Some(dir.join("rejects")),
    };
    let report = feeds::import(&world.bank, &world.actor("admin").await, request, |_| {}).await.unwrap();
    assert!(report.rejects.is_empty(), "{:?}", report.rejects);
    fs::remove_dir_all(&dir).unwrap();
    sqlx::query_as(
        "select s.name, m.code from customer_summary s left join staff m on m.staff_id = s.lead_staff_id where s.name like '客户%' order by s.name",
    )
    .fetch_all(&world.owner)
    .await
    .unwrap()
}

fn led(found: &[(String, Option<String>)]) -> Vec<&str> {
    found.iter().map(|(_, lead)| lead.as_deref().unwrap_or("-")).collect()
}

#[sqlx::test(migrations = false)]
async fn a_feed_s_new_customers_go_where_the_first_rule_says(pool: PgPool) {
    let world = World::new(pool).await;
    let admin = world.actor("admin").await;
    assert_eq!(led(&load(&world, &[("a", "E1")]).await), ["-"], "without rules they wait in the pool");

    let rules = vec![
        rule(Some("E2"), Sharing::Pool, &[]),
        rule(Some("EAST"), Sharing::Turns, &["M-ALICE", "M-BO"]),
        rule(None, Sharing::Room, &[]),
    ];
    let saved = assignments::set_newcomer_rules(&world.bank, &admin, &NewcomerRules { version: 0, rules }).await.unwrap();
    assert_eq!((saved.version, saved.rules.len()), (1, 3));
    let found = load(&world, &[("a", "E1"), ("b", "E1"), ("c", "E1"), ("d", "E1"), ("e", "E2"), ("f", "W1"), ("g", "WEST")]).await;
    assert_eq!(
        led(&found),
        ["-", "M-ALICE", "M-BO", "M-ALICE", "-", "M-WANG", "-"],
        "who was there before, and where nobody manages, stays"
    );
    let parts: Vec<(String, String)> = sqlx::query_as(
        "select reason, lower(valid)::text from assignment a join customer_summary s using (customer_id) where s.name = '客户b'",
    )
    .fetch_all(&world.owner)
    .await
    .unwrap();
    let today: String = sqlx::query_scalar("select business_date::text from bank").fetch_one(&world.owner).await.unwrap();
    assert_eq!(parts, [("新客户规则 2".into(), today)]);
    assert_eq!(reason_words(&parts[0].0, Lang::En), "By rule 2 for new customers");
    let told: i64 = sqlx::query_scalar("select count(*) from audit_log where subject = 'newcomers' and detail ->> 'given' = '4'")
        .fetch_one(&world.owner)
        .await
        .unwrap();
    assert_eq!(told, 1);

    // Turns go on where they ended, also after another rule was changed.
    let rules = NewcomerRules { rules: saved.rules.iter().take(2).cloned().collect(), ..saved };
    let saved = assignments::set_newcomer_rules(&world.bank, &admin, &rules).await.unwrap();
    let found = load(&world, &[("h", "E1")]).await;
    assert_eq!(found.last().unwrap().1.as_deref(), Some("M-BO"));
    // Who has left has no turn.
    sqlx::raw_sql("update staff set left_on = date '2026-03-01' where code = 'M-ALICE'").execute(&world.owner).await.unwrap();
    let found = load(&world, &[("i", "E1"), ("j", "E1")]).await;
    assert_eq!(led(&found[8..]), ["M-BO", "M-BO"]);
    assert_eq!(saved.version, 2);
}

#[sqlx::test(migrations = false)]
async fn a_load_waits_for_rules_that_are_being_saved(pool: PgPool) {
    let world = World::new(pool).await;
    let admin = world.actor("admin").await;
    let rules = NewcomerRules { version: 0, rules: vec![rule(None, Sharing::Turns, &["M-ALICE"])] };
    assignments::set_newcomer_rules(&world.bank, &admin, &rules).await.unwrap();
    let mut saving = world.owner.begin().await.unwrap();
    sqlx::raw_sql(
        "select from newcomer_version for update;
         delete from newcomer_rule;
         insert into newcomer_rule (place, sharing, staff_ids) select 0, 'turns', array[staff_id] from staff where code = 'M-BO'",
    )
    .execute(&mut *saving)
    .await
    .unwrap();
    let saved = async move {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        saving.commit().await.unwrap();
    };
    let lines = [("a", "E1")];
    let (found, ()) = tokio::join!(load(&world, &lines), saved);
    assert_eq!(led(&found), ["M-BO"]);
}

#[sqlx::test(migrations = false)]
async fn whoever_has_most_room_gets_the_next_one(pool: PgPool) {
    let world = World::new(pool).await;
    let admin = world.actor("admin").await;
    sqlx::raw_sql("update staff set capacity = 10; update staff set capacity = 12 where code = 'M-BO'")
        .execute(&world.owner)
        .await
        .unwrap();
    let rules = NewcomerRules { version: 0, rules: vec![rule(None, Sharing::Room, &["M-ALICE", "M-BO"])] };
    assignments::set_newcomer_rules(&world.bank, &admin, &rules).await.unwrap();
    let found = load(&world, &[("a", "E1"), ("b", "E1"), ("c", "E1"), ("d", "E1")]).await;
    assert_eq!(led(&found), ["M-BO", "M-BO", "M-ALICE", "M-BO"]);
}

#[sqlx::test(migrations = false)]
async fn rules_that_cannot_be_are_refused_and_nobody_s_work_is_lost(pool: PgPool) {
    let world = World::new(pool).await;
    let (admin, east) = (world.actor("admin").await, world.actor("east").await);
    let refused = assignments::newcomer_rules(&world.bank, &east).await.unwrap_err();
    assert_eq!(refused.code(), Code::Forbidden);
    let wrong = NewcomerRules {
        version: 0,
        rules: vec![
            rule(Some("E1"), Sharing::Turns, &[]),
            NewcomerRule { tier: Some("no".into()), ..rule(Some("X"), Sharing::Room, &["M-NO"]) },
        ],
    };
    let Error::Problem(problem) = assignments::set_newcomer_rules(&world.bank, &admin, &wrong).await.unwrap_err() else { panic!() };
    assert_eq!(
        problem.fields.iter().map(|field| field.field.as_str()).collect::<Vec<_>>(),
        ["rules.1.unit", "rules.1.tier", "rules.1.managers"]
    );
    let first = NewcomerRules { version: 0, rules: vec![rule(None, Sharing::Room, &[])] };
    let saved = assignments::set_newcomer_rules(&world.bank, &admin, &first).await.unwrap();
    let late = assignments::set_newcomer_rules(&world.bank, &admin, &first).await.unwrap_err();
    assert_eq!(late.code(), Code::Stale);
    assert_eq!(assignments::newcomer_rules(&world.bank, &admin).await.unwrap().rules, saved);
}

#[sqlx::test(migrations = false)]
async fn whoever_lacks_what_a_tier_asks_for_is_passed_over(pool: PgPool) {
    let world = World::new(pool).await;
    let admin = world.actor("admin").await;
    // Everybody with an account or none is basic by the version in force, whose lead has to be qualified.
    sqlx::raw_sql(
        "delete from tier; delete from tier_scheme;
         update staff set capacity = 50 where code = 'M-ALICE'; update staff set capacity = 10, qualification = 'CFP' where code = 'M-BO'",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    let mut conn = world.owner.acquire().await.unwrap();
    tiers::shipped::found(&mut conn, Kind::Personal, "2026-01-01".parse().unwrap()).await.unwrap();
    sqlx::raw_sql(
        r#"update tier_version set definition = jsonb_set(jsonb_set(definition, '{tiers,0,served_by}', '["CFP"]'),
             '{tiers,0,rule,when}', '{"compare": {"field": "accounts", "op": "ge", "value": 0}}')"#,
    )
    .execute(&world.owner)
    .await
    .unwrap();
    let rules = vec![rule(Some("EAST"), Sharing::Room, &[]), rule(None, Sharing::Turns, &["M-WANG", "M-BO"])];
    assignments::set_newcomer_rules(&world.bank, &admin, &NewcomerRules { version: 0, rules }).await.unwrap();
    let found = load(&world, &[("a", "E1"), ("b", "E1"), ("c", "W1")]).await;
    assert_eq!(led(&found), ["M-BO", "M-BO", "M-BO"], "however much room alice has, and whosever turn it is");
    sqlx::raw_sql("update staff set qualification = null").execute(&world.owner).await.unwrap();
    assert_eq!(led(&load(&world, &[("d", "E1")]).await)[3..], ["-"], "nobody who may: it waits in the pool");
}
