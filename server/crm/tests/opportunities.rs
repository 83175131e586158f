//! Opportunities: opened, changed, moved and ended by whoever serves the customer, seen by whoever sees the customer,
//! and handed along with it.

use guanhu_crm::{Actor, access::users, assignments, customers, opportunities, testing::World};
use guanhu_domain::{
    Code, Currency, CustomerNo, Rule,
    access::users::UserChange,
    assignments::{Decision, NewTransfer, POOL, Releasing},
    customers::AssignmentRole,
    opportunities::{Opportunity, OpportunityForm, OpportunityQuery, PAGE, Pipeline, Source, Stage, StageMove},
};
use sqlx::PgPool;
use uuid::Uuid;

fn form(title: &str) -> OpportunityForm {
    OpportunityForm {
        title: title.into(),
        product: "TRM".into(),
        source: Source::Contact,
        currency: None,
        amount: 1_000_000_00,
        expected_on: Some("2026-05-01".parse().unwrap()),
        next_step: String::new(),
        owner: None,
    }
}

async fn open(world: &World, login: &str, id: i64, form: &OpportunityForm) -> Opportunity {
    let actor = world.actor(login).await;
    opportunities::open_opportunity(&world.bank, &actor, CustomerNo::from_id(id), form, Uuid::now_v7()).await.unwrap()
}

async fn moved(world: &World, actor: &Actor, id: i64, of: &Opportunity, to: StageMove) -> guanhu_crm::Result<Opportunity> {
    opportunities::move_opportunity(&world.bank, actor, CustomerNo::from_id(id), &of.id, of.version, &to, Uuid::now_v7()).await
}

fn counts(pipeline: &Pipeline) -> Vec<(i64, i64, usize)> {
    pipeline.columns.iter().map(|column| (column.count, column.amount / 100, column.page.items.len())).collect()
}

#[sqlx::test(migrations = false)]
async fn an_opportunity_goes_from_stage_to_stage_and_nobody_writes_over_another(pool: PgPool) {
    let world = World::new(pool).await;
    let bank = &world.bank;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 1_000).await;
    let no = CustomerNo::from_id(id);
    let (alice, east, boss) = (world.actor("alice").await, world.actor("east").await, world.actor("boss").await);

    // Everything that is wrong is told at once; nothing happens twice under one key.
    let wrong = OpportunityForm {
        product: "NONE".into(),
        amount: 0,
        currency: Currency::new("XXX"),
        owner: Some("M-BO".into()),
        ..form("大额存单")
    };
    let refused = opportunities::open_opportunity(bank, &alice, no, &wrong, Uuid::now_v7()).await.unwrap_err();
    let guanhu_crm::Error::Problem(problem) = refused else { panic!("{refused}") };
    let fields: Vec<&str> = problem.fields.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["amount", "product", "currency", "owner"]);
    let past = OpportunityForm { expected_on: Some("2026-03-30".parse().unwrap()), ..form("大额存单") };
    let refused = opportunities::open_opportunity(bank, &alice, no, &past, Uuid::now_v7()).await.unwrap_err();
    assert_eq!(refused.into_problem("").fields[0].rule, Rule::InThePast);
    let key = Uuid::now_v7();
    let made = opportunities::open_opportunity(bank, &alice, no, &form(" 大额存单 "), key).await.unwrap();
    assert_eq!(opportunities::open_opportunity(bank, &alice, no, &form(" 大额存单 "), key).await.unwrap(), made);
    assert_eq!(made.owner.as_ref().map(|owner| owner.code.as_str()), Some("M-ALICE"), "the lead's, unless told");
    assert_eq!((made.title.as_str(), made.stage, made.version, made.currency), ("大额存单", Stage::Identified, 1, Currency::CNY));
    assert_eq!(customers::view(bank, &alice, no).await.unwrap().opportunities, std::slice::from_ref(&made));

    // Somebody else was first: both versions are known.
    let other = OpportunityForm { next_step: "约面谈".into(), ..made.form() };
    let theirs = opportunities::change_opportunity(bank, &east, no, &made.id, 1, &other, Uuid::now_v7()).await.unwrap();
    assert_eq!((theirs.version, theirs.next_step.as_str()), (2, "约面谈"));
    let mine = OpportunityForm { amount: 2_000_000_00, ..made.form() };
    let stale = opportunities::change_opportunity(bank, &alice, no, &made.id, 1, &mine, Uuid::now_v7()).await.unwrap_err().into_problem("");
    assert_eq!((stale.code, stale.current), (Code::Stale, serde_json::to_value(&theirs).ok()));
    let same = opportunities::change_opportunity(bank, &alice, no, &made.id, 2, &theirs.form(), Uuid::now_v7()).await.unwrap();
    assert_eq!(same, theirs, "nothing changed");

    // Forward, lost for a reason, back again, and won for less than was hoped for.
    let now = moved(&world, &alice, id, &theirs, StageMove::to(Stage::Qualified)).await.unwrap();
    assert_eq!(moved(&world, &alice, id, &theirs, StageMove::to(Stage::Proposed)).await.unwrap_err().code(), Code::Stale);
    assert_eq!(moved(&world, &alice, id, &now, StageMove::to(Stage::Qualified)).await.unwrap_err().code(), Code::Stale, "there already");
    assert_eq!(moved(&world, &alice, id, &now, StageMove::to(Stage::Lost)).await.unwrap_err().code(), Code::Invalid);
    let lost = StageMove { loss_reason: Some("他行利率更优".into()), ..StageMove::to(Stage::Lost) };
    let now = moved(&world, &alice, id, &now, lost).await.unwrap();
    assert_eq!((now.ended_on, now.loss_reason.as_deref()), ("2026-03-31".parse().ok(), Some("他行利率更优")));
    assert!(customers::view(bank, &alice, no).await.unwrap().opportunities.is_empty(), "open ones only");
    let now = moved(&world, &alice, id, &now, StageMove::to(Stage::Negotiating)).await.unwrap();
    assert_eq!((now.ended_on, now.loss_reason.as_ref()), (None, None));
    let won = StageMove { won_amount: Some(900_000_00), ..StageMove::to(Stage::Won) };
    let now = moved(&world, &east, id, &now, won).await.unwrap();
    assert_eq!((now.stage, now.won_amount, now.version), (Stage::Won, Some(900_000_00), 6));
    let read = opportunities::opportunity(bank, &boss, no, &now.id).await.unwrap();
    assert_eq!(read.card.opportunity, now);
    let steps: Vec<_> = read.moves.iter().rev().map(|step| (step.from, step.to, step.by.as_deref().unwrap())).collect();
    assert_eq!(
        steps,
        [
            (Stage::Identified, Stage::Qualified, "爱丽"),
            (Stage::Qualified, Stage::Lost, "爱丽"),
            (Stage::Lost, Stage::Negotiating, "爱丽"),
            (Stage::Negotiating, Stage::Won, "董行")
        ]
    );
    assert_eq!(moved(&world, &boss, id, &now, StageMove::to(Stage::Proposed)).await.unwrap_err().code(), Code::Forbidden);
    let told: i64 =
        sqlx::query_scalar("select count(*) from outbox_event where topic = 'opportunity.changed'").fetch_one(&world.owner).await.unwrap();
    assert_eq!(told, 6);
}

#[sqlx::test(migrations = false)]
async fn stages_are_counted_and_paged_within_what_one_may_see(pool: PgPool) {
    let world = World::new(pool).await;
    let bank = &world.bank;
    let mine = world.customer("张小伟", "E1", Some("M-ALICE"), 1_000).await;
    let bos = world.customer("李娜", "E1", Some("M-BO"), 1_000).await;
    let wests = world.customer("王芳", "W1", Some("M-WANG"), 1_000).await;
    sqlx::query(
        "insert into opportunity (customer_id, title, product_id, currency, amount, expected_on, owner_staff_id, opened_on, since)
         select $1, '第' || i || '个', (select product_id from product where code = 'TRM'), 'CNY', 100, date '2026-03-20' + i, 2000, '2026-03-01', '2026-03-01'
         from generate_series(1, $2) i",
    )
    .bind(mine)
    .bind(PAGE as i32 + 5)
    .execute(&world.owner)
    .await
    .unwrap();
    let dollars = OpportunityForm { currency: Currency::new("USD"), amount: 1_000_00, ..form("外币理财") };
    open(&world, "bo", bos, &dollars).await;
    let west = open(&world, "wang", wests, &form("房贷")).await;
    moved(&world, &world.actor("wang").await, wests, &west, StageMove::to(Stage::Won)).await.unwrap();

    let (alice, east, boss) = (world.actor("alice").await, world.actor("east").await, world.actor("boss").await);
    let all = OpportunityQuery::default();
    let whole = opportunities::pipeline(bank, &boss, &all).await.unwrap();
    assert_eq!(counts(&whole)[0], (PAGE as i64 + 6, PAGE as i64 + 5 + 7_100, PAGE), "dollars at the day's rate");
    assert_eq!(counts(&whole)[4], (1, 1_000_000, 1));
    assert_eq!(counts(&opportunities::pipeline(bank, &east, &all).await.unwrap())[4].0, 0, "nothing of the other branch");
    let own = opportunities::pipeline(bank, &alice, &all).await.unwrap();
    assert_eq!((counts(&own)[0].0, own.units.len(), own.owners.len()), (PAGE as i64 + 5, 0, 0));

    // Page by page, the soonest first, none twice.
    let mut query = OpportunityQuery { stage: Some(Stage::Identified), ..all.clone() };
    let mut seen = Vec::new();
    loop {
        let page = opportunities::opportunities(bank, &alice, &query).await.unwrap();
        seen.extend(page.items.into_iter().map(|card| card.opportunity.expected_on));
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), PAGE + 5);
    assert!(seen.is_sorted());

    let overdue = opportunities::pipeline(bank, &east, &OpportunityQuery { overdue: true, ..all.clone() }).await.unwrap();
    assert_eq!(counts(&overdue)[0].0, 10, "expected before the business date");
    let bos_own = opportunities::pipeline(bank, &east, &OpportunityQuery { owner: Some("M-BO".into()), ..all.clone() }).await.unwrap();
    assert_eq!(counts(&bos_own)[0].0, 1);
    let unit = |code: &str| OpportunityQuery { org: Some(code.into()), ..all.clone() };
    assert_eq!(counts(&opportunities::pipeline(bank, &boss, &unit("WEST")).await.unwrap())[4].0, 1);
    assert_eq!(opportunities::pipeline(bank, &east, &unit("WEST")).await.unwrap_err().code(), Code::NotFound);
    let of = OpportunityQuery { customer: Some(CustomerNo::from_id(bos)), ..all.clone() };
    assert_eq!(opportunities::opportunities(bank, &east, &of).await.unwrap().items.len(), 1);
    assert_eq!(opportunities::opportunities(bank, &alice, &of).await.unwrap().items.len(), 0);

    // What ended long ago is not shown any more.
    sqlx::query("update bank set business_date = date '2026-08-01'").execute(&world.owner).await.unwrap();
    assert_eq!(counts(&opportunities::pipeline(bank, &world.actor("west").await, &all).await.unwrap())[4], (0, 0, 0));
}

#[sqlx::test(migrations = false)]
async fn open_ones_go_with_the_customer_and_a_leaver_leaves_none(pool: PgPool) {
    let world = World::new(pool).await;
    let bank = &world.bank;
    let (east, admin) = (world.actor("east").await, world.actor("admin").await);
    let led = world.customer("张小伟", "E1", Some("M-ALICE"), 1_000).await;
    let bos = world.customer("李娜", "E1", Some("M-BO"), 1_000).await;
    open(&world, "alice", led, &form("大额存单")).await;
    let won = open(&world, "alice", led, &form("理财")).await;
    moved(&world, &world.actor("alice").await, led, &won, StageMove::to(Stage::Won)).await.unwrap();
    let owners = async || -> Vec<(String, Option<String>)> {
        sqlx::query_as("select o.title, m.code from opportunity o left join staff m on m.staff_id = o.owner_staff_id order by o.created_at")
            .fetch_all(&world.owner)
            .await
            .unwrap()
    };
    let named = |title: &str, owner: &str| (title.to_owned(), Some(owner.to_owned()));
    let asked = |id: i64, to: &str, role| NewTransfer {
        role,
        ..serde_json::from_value(serde_json::json!({ "customers": [CustomerNo::from_id(id)], "to": to, "reason": "调整" })).unwrap()
    };

    // With the transfer, back with it; what is over stays whose it was.
    let held = assignments::holdings(bank, &east, "M-ALICE").await.unwrap();
    assert_eq!((held.opportunities, held.others_opportunities), (1, 0));
    let transfer = assignments::request(bank, &east, &asked(led, "M-BO", AssignmentRole::Lead), Uuid::now_v7()).await.unwrap();
    assert_eq!(owners().await, [named("大额存单", "M-BO"), named("理财", "M-ALICE")]);
    assignments::revert(bank, &east, transfer.id, &Decision { reason: "搬错了".into() }, Uuid::now_v7()).await.unwrap();
    assert_eq!(owners().await, [named("大额存单", "M-ALICE"), named("理财", "M-ALICE")]);

    // Who assists may own one; it goes back to the lead with the help, and so does what is left elsewhere.
    assignments::request(bank, &east, &asked(bos, "M-ALICE", AssignmentRole::Assist), Uuid::now_v7()).await.unwrap();
    open(&world, "alice", bos, &OpportunityForm { owner: Some("M-ALICE".into()), ..form("保险") }).await;
    let third = world.customer("王芳", "E2", Some("M-BO"), 1_000).await;
    open(&world, "bo", third, &form("基金")).await;
    sqlx::query("update opportunity set owner_staff_id = 2000 where title = '基金'").execute(&world.owner).await.unwrap();
    assignments::request(bank, &east, &asked(led, POOL, AssignmentRole::Lead), Uuid::now_v7()).await.unwrap();
    assert_eq!(owners().await[0], ("大额存单".into(), None), "what waits in the pool is nobody's");
    let disable = UserChange { version: 1, disabled: Some(true), reason: "离职".into(), ..UserChange::default() };
    let refused = users::change(bank, &admin, "alice", &disable).await.unwrap_err().into_problem("");
    let current = refused.current.unwrap();
    assert_eq!((refused.code, &current["assist"], &current["opportunities"]), (Code::Conflict, &1.into(), &1.into()));
    let release = Releasing { from: "M-ALICE".into(), heir: None, reason: "离职".into() };
    let released = assignments::release(bank, &east, &release, Uuid::now_v7()).await.unwrap();
    assert_eq!(released.opportunities, 1);
    assert_eq!(owners().await[2..], [named("保险", "M-BO"), named("基金", "M-BO")]);
    users::change(bank, &admin, "alice", &disable).await.unwrap();
}
