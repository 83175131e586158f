//! States by rules: judged when something happens, judged again when the rules change or days pass, and
//! told to everybody of their own.

use guanhu_crm::{Actor, activities, assignments, customers, lifecycle, summary, tasks, testing::World, tiers};
use guanhu_domain::{
    Code, CustomerNo,
    customers::{CustomerQuery, NewActivity, NewTask, State, TaskEnd},
    lifecycle::{LifecycleDraft, StateFigures},
    tiers::{MovementKind, MovementQuery},
};
use sqlx::PgPool;
use uuid::Uuid;

async fn state(world: &World, id: i64) -> (String, Option<String>) {
    sqlx::query_as("select state, state_since::text from customer_summary where customer_id = $1")
        .bind(id)
        .fetch_one(&world.owner)
        .await
        .unwrap()
}

async fn on(world: &World, day: &str) {
    sqlx::query("update bank set business_date = $1::date")
        .bind(day.parse::<chrono::NaiveDate>().unwrap())
        .execute(&world.owner)
        .await
        .unwrap();
}

/// What the customer's account holds, in yuan, and held at the end of the month before.
async fn holds(world: &World, id: i64, yuan: i64, before: i64) {
    sqlx::query("update account set balance = $2 where customer_id = $1").bind(id).bind(yuan * 100).execute(&world.owner).await.unwrap();
    sqlx::query(
        "insert into account_year select customer_id, account_id, 2026, array_fill($2::bigint, array[12]), array_fill($2::bigint, array[12]) from account
         where customer_id = $1 on conflict (customer_id, account_id, year) do update set end_balance = excluded.end_balance",
    )
    .bind(id)
    .bind(before * 100)
    .execute(&world.owner)
    .await
    .unwrap();
    summary::refresh(&mut world.bank.pool().acquire().await.unwrap(), &[id]).await.unwrap();
}

async fn figures(world: &World, login: &str) -> Vec<(State, Option<i64>, i64)> {
    let told = lifecycle::lifecycle(&world.bank, &world.actor(login).await).await.unwrap();
    let one = |figures: &StateFigures| (figures.state, figures.now().map(|count| count.customers), figures.entered.count);
    told.states.iter().map(one).collect()
}

#[sqlx::test(migrations = false)]
async fn a_customer_is_in_the_state_that_the_shipped_rules_say(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    // Nobody wrote down when a customer of years became so.
    assert_eq!(state(&world, id).await, ("valuable".into(), None));
    holds(&world, id, 30_000, 60_000).await;
    assert_eq!(state(&world, id).await, ("leaving".into(), Some("2026-03-31".into())));
    on(&world, "2026-04-02").await;
    holds(&world, id, 30_001, 60_000).await;
    assert_eq!(state(&world, id).await, ("valuable".into(), Some("2026-04-02".into())));
    holds(&world, id, 999, 999).await;
    assert_eq!(state(&world, id).await, ("dormant".into(), Some("2026-04-02".into())));
    sqlx::query("update account set closed_on = '2026-04-02' where customer_id = $1").bind(id).execute(&world.owner).await.unwrap();
    summary::refresh(&mut world.bank.pool().acquire().await.unwrap(), &[id]).await.unwrap();
    assert_eq!(state(&world, id).await.0, "prospective");
    // Of two changes on a day the last stays, with what was before the first.
    let history: Vec<(String, String, String)> =
        sqlx::query_as("select since::text, before, state from customer_state where customer_id = $1 order by since")
            .bind(id)
            .fetch_all(&world.owner)
            .await
            .unwrap();
    let row = |since: &str, before: &str, state: &str| (since.to_owned(), before.to_owned(), state.to_owned());
    assert_eq!(history, [row("2026-03-31", "valuable", "leaving"), row("2026-04-02", "leaving", "prospective")]);
    // A new customer entered on the day of opening.
    sqlx::query("update bank set business_date = '2020-05-04'").execute(&world.owner).await.unwrap();
    let new = world.customer("新客", "E1", None, 5_000).await;
    assert_eq!(state(&world, new).await, ("valuable".into(), Some("2020-05-01".into())));
    let told = customers::view(&world.bank, &world.actor("east").await, CustomerNo::from_id(id)).await.unwrap();
    assert_eq!(
        (told.state, told.state_since.map(|on| on.to_string()), told.state_before),
        (State::Prospective, Some("2026-04-02".into()), Some(State::Leaving))
    );
}

#[sqlx::test(migrations = false)]
async fn an_administrator_changes_the_rules_and_everybody_is_judged_again(pool: PgPool) {
    let world = World::new(pool).await;
    let rich = world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    let poor = world.customer("李娜", "E1", Some("M-BO"), 4_000).await;
    world.customer("王芳", "W1", Some("M-WANG"), 3_000).await;
    let bank = &world.bank;
    let (admin, alice) = (world.actor("admin").await, world.actor("alice").await);
    assert_eq!(lifecycle::judge_due(bank).await.unwrap(), Some(0));
    assert_eq!(lifecycle::judge_due(bank).await.unwrap(), None);
    let none = |state| (state, Some(0), 0);
    assert_eq!(
        figures(&world, "east").await,
        [none(State::Prospective), (State::Valuable, Some(2), 0), none(State::Dormant), none(State::Leaving)]
    );
    assert_eq!(figures(&world, "admin").await, [], "who sees no customers sees no figures");

    let now = lifecycle::lifecycle(bank, &admin).await.unwrap().rules;
    let mut draft = LifecycleDraft { rules: now.rules.clone(), note: "门槛提高".into() };
    let dormant = draft.rules.iter_mut().find(|rule| rule.state == State::Dormant).unwrap();
    dormant.rule.when = serde_json::from_str(r#"{"compare": {"field": "aum", "op": "lt", "value": 500000}}"#).unwrap();
    assert_eq!(lifecycle::save(bank, &alice, 1, &draft, Uuid::now_v7()).await.unwrap_err().code(), Code::Forbidden);
    let key = Uuid::now_v7();
    let saved = lifecycle::save(bank, &admin, 1, &draft, key).await.unwrap();
    assert_eq!((saved.version, saved.saved_by.as_deref()), (2, Some("admin")));
    assert_eq!(lifecycle::save(bank, &admin, 1, &draft, key).await.unwrap(), saved);
    let guanhu_crm::Error::Problem(stale) = lifecycle::save(bank, &admin, 1, &draft, Uuid::now_v7()).await.unwrap_err() else { panic!() };
    assert_eq!((stale.code, &stale.current.unwrap()["version"]), (Code::Stale, &serde_json::json!(2)));
    let mut wrong = draft.clone();
    wrong.rules[0].rule.when = serde_json::from_str(r#"{"one_of": {"field": "unit", "values": ["E1", "E9"]}}"#).unwrap();
    wrong.rules[1].rule.when = serde_json::from_str(r#"{"known": {"field": "last_contact"}}"#).unwrap();
    let guanhu_crm::Error::Problem(faults) = lifecycle::save(bank, &admin, 2, &wrong, Uuid::now_v7()).await.unwrap_err() else { panic!() };
    assert_eq!(faults.fields.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["/rules/0/rule/when/one_of/values/1"]);

    assert_eq!(state(&world, poor).await.0, "valuable", "not before the next time");
    assert_eq!(lifecycle::judge_due(bank).await.unwrap(), Some(2));
    assert_eq!(
        (state(&world, rich).await.0, state(&world, poor).await),
        ("valuable".into(), ("dormant".into(), Some("2026-03-31".into())))
    );
    assert_eq!(figures(&world, "east").await[1..3], [(State::Valuable, Some(1), 0), (State::Dormant, Some(1), 1)]);
    assert_eq!(figures(&world, "alice").await[1..3], [(State::Valuable, Some(1), 0), (State::Dormant, Some(0), 0)]);

    // Who entered this week, as a list; seven days on it is another week.
    let lately = async |actor: &Actor| {
        let query = CustomerQuery { state: Some(State::Dormant), state_days: Some(7), ..CustomerQuery::default() };
        let page = customers::list(bank, actor, &query).await.unwrap();
        page.items.into_iter().map(|item| item.name).collect::<Vec<_>>()
    };
    assert_eq!(lately(&world.actor("east").await).await, ["李娜"]);
    assert_eq!(lately(&world.actor("boss").await).await, ["李娜", "王芳"]);
    on(&world, "2026-04-06").await;
    assert_eq!(lately(&world.actor("east").await).await, ["李娜"]);
    on(&world, "2026-04-07").await;
    assert_eq!(lately(&world.actor("east").await).await, Vec::<String>::new());
    // The day has moved: everybody is judged and counted again, and the trend has two days.
    assert_eq!(lifecycle::judge_due(bank).await.unwrap(), Some(0));
    let told = lifecycle::lifecycle(bank, &world.actor("east").await).await.unwrap();
    let dormant: Vec<_> = told.states[2].trend.iter().map(|count| (count.on.to_string(), count.customers)).collect();
    assert_eq!(dormant, [("2026-03-31".to_owned(), 1), ("2026-04-07".to_owned(), 1)]);
    assert_eq!((told.earlier.len(), told.earlier[0].version), (1, 1));
}

#[sqlx::test(migrations = false)]
async fn a_lead_sees_whose_tier_rises_and_whose_is_about_to_fall(pool: PgPool) {
    let world = World::new(pool).await;
    let risen = world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    let falling = world.customer("赵六", "E1", Some("M-ALICE"), 40_000).await;
    let others = world.customer("李娜", "E1", Some("M-BO"), 70_000).await;
    sqlx::raw_sql(
        "insert into tier (scheme_id, code, rank, name, name_en, mark) select scheme_id, 'regular', 1, '普通', 'Regular', 1 from tier_scheme where code = 'personal'",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    for (id, since) in [(risen, "2026-03-20"), (others, "2026-03-25")] {
        sqlx::query(
            "insert into customer_tier (customer_id, valid, tier_id, reason) select $1, case t.code when 'gold' then daterange($2::date, null) else daterange('2026-01-01', $2::date) end,
                 t.tier_id, '{}' from tier t where t.code in ('gold', 'regular')",
        )
        .bind(id)
        .bind(since.parse::<chrono::NaiveDate>().unwrap())
        .execute(&world.owner)
        .await
        .unwrap();
    }
    // Who closed every account fell out of all tiers: no other one follows.
    let fallen = world.customer("钱七", "E1", Some("M-BO"), 0).await;
    sqlx::query(
        "insert into customer_tier (customer_id, valid, tier_id, reason) select $1, daterange('2026-01-01', '2026-03-22'), tier_id, '{}' from tier where code = 'gold'",
    )
    .bind(fallen)
    .execute(&world.owner)
    .await
    .unwrap();
    sqlx::query("insert into customer_tier_due (customer_id, tier_id, is_up, since) select $1, tier_id, false, '2026-03-28' from tier where code = 'regular'")
        .bind(falling)
        .execute(&world.owner)
        .await
        .unwrap();
    sqlx::query("update customer_summary set tier_id = (select tier_id from tier where code = 'gold')")
        .execute(&world.owner)
        .await
        .unwrap();
    let told = async |login: &str, query: MovementQuery| {
        let slice = tiers::movements(&world.bank, &world.actor(login).await, &query).await.unwrap();
        let code = |tier: &Option<guanhu_domain::customers::TierRef>| tier.as_ref().map(|tier| tier.code.clone()).unwrap_or_default();
        let items: Vec<_> = slice.items.iter().map(|one| (one.name.clone(), one.kind, code(&one.from), code(&one.to))).collect();
        (items, slice.next)
    };
    let row = |name: &str, kind, from: &str, to: &str| (name.to_owned(), kind, from.to_owned(), to.to_owned());
    let fall = row("赵六", MovementKind::Threatened, "gold", "regular");
    let rise = row("张小伟", MovementKind::Up, "regular", "gold");
    assert_eq!(told("alice", MovementQuery::default()).await.0, [fall.clone(), rise.clone()]);
    assert_eq!(told("east", MovementQuery { kind: Some(MovementKind::Up), ..MovementQuery::default() }).await.0.len(), 2);
    assert_eq!(
        told("east", MovementQuery { kind: Some(MovementKind::Threatened), ..MovementQuery::default() }).await.0,
        std::slice::from_ref(&fall)
    );
    let out = row("钱七", MovementKind::Down, "gold", "");
    assert_eq!(
        told("east", MovementQuery { kind: Some(MovementKind::Down), ..MovementQuery::default() }).await.0,
        std::slice::from_ref(&out)
    );
    assert_eq!(told("west", MovementQuery::default()).await.0, []);
    // Page by page it is the same list.
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let (items, next) = told("east", MovementQuery { limit: Some(1), after, ..MovementQuery::default() }).await;
        all.extend(items);
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(all, [fall, row("李娜", MovementKind::Up, "regular", "gold"), out, rise]);
    on(&world, "2026-04-20").await;
    assert_eq!(told("east", MovementQuery { kind: Some(MovementKind::Up), ..MovementQuery::default() }).await.0.len(), 1);
    let refused = tiers::movements(&world.bank, &world.actor("admin").await, &MovementQuery::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Forbidden);
}

#[sqlx::test(migrations = false)]
async fn what_rules_read_is_judged_as_it_changes(pool: PgPool) {
    let world = World::new(pool).await;
    let bank = &world.bank;
    let (admin, alice, east) = (world.actor("admin").await, world.actor("alice").await, world.actor("east").await);
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    let now = lifecycle::lifecycle(bank, &admin).await.unwrap().rules;
    let mut rules = now.rules;
    let mut version = now.version;
    // Whoever of these holds is dormant; the rules before ask for nothing of the kind.
    let asks = async |condition: &str, rules: &mut Vec<guanhu_domain::lifecycle::StateRule>, version: &mut i32| {
        for rule in rules.iter_mut() {
            let never = r#"{"compare": {"field": "aum", "op": "lt", "value": -1}}"#;
            rule.rule.when = serde_json::from_str(if rule.state == State::Dormant { condition } else { never }).unwrap();
        }
        let draft = LifecycleDraft { rules: rules.clone(), note: "试".into() };
        *version = lifecycle::save(bank, &admin, *version, &draft, Uuid::now_v7()).await.unwrap().version;
        lifecycle::judge_due(bank).await.unwrap();
    };
    asks(r#"{"not_since": {"field": "last_contact", "days": 180}}"#, &mut rules, &mut version).await;
    assert_eq!(state(&world, id).await.0, "dormant");
    let call: NewActivity = serde_json::from_value(serde_json::json!({ "kind": "call", "summary": "电话" })).unwrap();
    activities::log_activity(bank, &alice, CustomerNo::from_id(id), &call, Uuid::now_v7()).await.unwrap();
    assert_eq!(state(&world, id).await.0, "prospective", "called today");

    asks(r#"{"known": {"field": "next_due_on"}}"#, &mut rules, &mut version).await;
    let task = NewTask { title: "回访".into(), due_on: Some("2026-12-01".parse().unwrap()) };
    let made = tasks::create_task(bank, &alice, CustomerNo::from_id(id), &task, Uuid::now_v7()).await.unwrap();
    assert_eq!(state(&world, id).await.0, "dormant");
    tasks::complete_task(bank, &alice, CustomerNo::from_id(id), &made.id, made.version, TaskEnd::Done, Uuid::now_v7()).await.unwrap();
    assert_eq!(state(&world, id).await.0, "prospective");

    asks(r#"{"one_of": {"field": "manager", "values": ["M-BO"]}}"#, &mut rules, &mut version).await;
    let asked = serde_json::json!({ "customers": [CustomerNo::from_id(id)], "to": "M-BO", "reason": "调整" });
    assignments::request(bank, &east, &serde_json::from_value(asked).unwrap(), Uuid::now_v7()).await.unwrap();
    assert_eq!(state(&world, id).await.0, "dormant");
}
