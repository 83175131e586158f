//! Every way into a customer: each public function that reaches one, by its file and name, and the table of
//! relations it must follow. A function that is missing here fails the test.

mod tables;

use std::{collections::BTreeSet, path::Path};

use guanhu_crm::{Actor, Error, assignments, customers, groups, opportunities, rules, summary, tasks, testing::World, tiers};
use guanhu_domain::{
    Code, CustomerNo,
    assignments::{
        Decision, NewTransfer, POOL, Releasing,
        board::CardQuery,
        handover::{NewHandover, NewSignature, SheetSide},
    },
    customers::{ContactChange, IdentityChange, NewIdentity, RevealKind, RevealRequest, TaskEnd},
    groups::{GroupDraft, GroupKind, Joint},
    opportunities::{OpportunityForm, OpportunityQuery, Source, Stage, StageMove},
    rules::{Condition, RuleSet},
    tiers::{MovementKind, MovementQuery, MoverQuery, TierEnd},
};
use uuid::Uuid;

use self::tables::{ANOTHERS, BACK, CONCERNED, LOST, OWN, PICK, RELEASE, Table, WAITING};
pub use self::tables::{DECIDE, EDIT, HEADS, OVER, READ, WRITE};
use super::walk;

/// Functions that [`go`] calls. What stands behind `#` tells ways of one function apart.
#[rustfmt::skip]
pub const WAYS: &[(&str, Table)] = &[
    ("customers/contacts.rs: change_contact", EDIT),
    ("customers/contacts.rs: add_identity",   EDIT),
    ("customers/contacts.rs: change_identity", EDIT),
    ("customers/view.rs: sheet",              READ),
    ("customers/reveal.rs: reveal#identity",  WRITE),
    ("customers/reveal.rs: reveal#contact",   WRITE),
    ("customers/reveal.rs: reveal#card",      WRITE),
    ("tasks.rs: complete_task",               WRITE),
    ("tasks.rs: reopen_task",                 WRITE),
    ("opportunities.rs: opportunity",         READ),
    ("opportunities.rs: opportunities",       READ),
    ("opportunities.rs: pipeline",            READ),
    ("opportunities.rs: choices",             WRITE),
    ("opportunities.rs: change_opportunity",  WRITE),
    ("opportunities.rs: move_opportunity",    WRITE),
    ("tiers/by_hand.rs: end_tier",            WRITE),
    ("tiers/by_hand.rs: tier_requests",       WAITING),
    ("tiers/movements.rs: movements",         READ),
    ("tiers/movers.rs: movers",               DECIDE),
    ("rules/facts.rs: facts",                 READ),
    ("groups/save.rs: create",                READ),
    ("groups/save.rs: change",                READ),
    ("groups/save.rs: add",                   READ),
    ("groups/save.rs: freeze",                READ),
    ("groups/look.rs: look",                  READ),
    ("groups/find.rs: find",                  READ),
    ("groups/find.rs: find_combined",         READ),
    ("assignments/board.rs: board",           CONCERNED),
    ("assignments/read.rs: list",             CONCERNED),
    ("assignments/read.rs: get",              CONCERNED),
    ("assignments/read.rs: detail",           CONCERNED),
    ("assignments/read.rs: sheet",            CONCERNED),
    ("assignments/files.rs: read_file",       WRITE),
    ("assignments/request.rs: request",       EDIT),
    ("assignments/decide.rs: approve",        DECIDE),
    ("assignments/decide.rs: approve#own",    OWN),
    ("assignments/decide.rs: approve#moved",  LOST),
    ("assignments/decide.rs: reject",         DECIDE),
    ("assignments/decide.rs: recall",         ANOTHERS),
    ("assignments/decide.rs: revert",         BACK),
    ("assignments/decide.rs: cancel",         BACK),
    // For the pool, to which it went.
    ("assignments/sign.rs: sign",             BACK),
    ("assignments/handover.rs: holdings",     OVER),
    ("assignments/handover.rs: handover",     OVER),
    ("assignments/release.rs: release",       RELEASE),
    ("assignments/pool.rs: pool",             PICK),
    ("assignments/pool.rs: pick",             PICK),
];

/// Functions that the verb's own line or another way proves.
#[rustfmt::skip]
const PROVEN: &[&str] = &[
    "activities.rs: log_activity", "tasks.rs: create_task", "opportunities.rs: open_opportunity",
    "customers/edit.rs: edit", "customers/list.rs: list", "customers/reveal.rs: reveal#account", "customers/view.rs: view",
    "customers/holdings.rs: accounts", "customers/holdings.rs: transactions", "customers/timeline.rs: timeline",
    "tiers/explain.rs: explain", "tiers/by_hand.rs: ask_tier", "tiers/by_hand.rs: answer_tier",
    "contribution/explain.rs: contribution", "contribution/explain.rs: offers", "contribution/kin.rs: kin",
    "assignments/request.rs: preview", "assignments/cards.rs: cards", "assignments/handover.rs: propose",
    "assignments/shares.rs: set_shares",
];

/// Functions of the same modules that reach no customer: names to choose from, one's own groups, whoever is new.
const OF_NOBODY: &[&str] = &[
    "assignments/newcomers.rs: newcomer_rules",
    "assignments/newcomers.rs: set_newcomer_rules",
    "customers/choices.rs: choices",
    "customers/create.rs: create",
    "groups.rs: list",
    "tiers/movements.rs: moves",
    "groups/save.rs: remove",
    "groups/save.rs: restore",
];

/// What a statement of the owner's makes for a customer.
async fn made<T>(world: &World, sql: &'static str, customer: CustomerNo) -> T
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    sqlx::query_scalar(sql).bind(customer.id()).fetch_one(&world.owner).await.unwrap()
}

/// A transfer of the customer to the pool, as bo has asked for it.
async fn transfer(world: &World, customer: CustomerNo, state: &str) -> Uuid {
    sqlx::query("delete from transfer_item where customer_id = $1").bind(customer.id()).execute(&world.owner).await.unwrap();
    sqlx::query_scalar(
        "with asked as (
             insert into transfer (transfer_id, state, role, reason, effective, org_ids, customers, aum, requested_by)
             select gen_random_uuid(), $2, 'lead', 'x', date '2026-04-30',
                 array_remove(array[s.org_id, m.org_id], null), 1, 0, u.user_id
             from app_user u, customer_summary s left join staff m on m.staff_id = s.lead_staff_id where u.login = 'bo' and s.customer_id = $1
             returning transfer_id
         ), item as (
             insert into transfer_item (customer_id, transfer_id, from_staff_id, to_staff_id, aum, is_open)
             select s.customer_id, a.transfer_id, s.lead_staff_id, null, 0, $2 = 'pending' from asked a, customer_summary s where s.customer_id = $1
         )
         select transfer_id from asked",
    )
    .bind(customer.id())
    .bind(state)
    .fetch_one(&world.owner)
    .await
    .unwrap()
}

pub fn opportunity_form() -> OpportunityForm {
    OpportunityForm {
        title: "x".into(),
        product: "TRM".into(),
        source: Source::Other,
        currency: None,
        amount: 1,
        expected_on: Some("2026-05-01".parse().unwrap()),
        next_step: String::new(),
        owner: None,
    }
}

/// An opportunity of the customer's, as it was made.
async fn opportunity(world: &World, customer: CustomerNo) -> String {
    let id: i64 = made(
        world,
        "insert into opportunity (customer_id, title, product_id, currency, amount, expected_on, opened_on, since)
         select $1, 'x', product_id, 'CNY', 1, '2026-05-01', '2026-03-01', '2026-03-01' from product where code = 'TRM' returning opportunity_id",
        customer,
    )
    .await;
    world.bank.keys().opaque(id)
}

const LEAD: &str = "select coalesce((select m.code from customer_summary s join staff m on m.staff_id = s.lead_staff_id where s.customer_id = $1), 'none')";

/// A version that puts everybody into a tier of its own, as it stands once it has been tried out.
pub async fn tried_out(world: &World) -> i32 {
    sqlx::raw_sql(
        "update tier_scheme set averaged_through = (select (date_trunc('month', business_date + 1) - interval '1 day')::date from bank);
         insert into tier_version (scheme_id, version, state, definition)
         select scheme_id, 7, 'simulated', jsonb_build_object('settings', jsonb_build_object('months', 3, 'grace_days', 0, 'upgrade', 'at_once'),
             'tiers', jsonb_build_array(jsonb_build_object('code', 'all', 'name', '全部', 'name_en', 'All', 'mark', 0, 'rule',
                 '{\"v\": 1, \"when\": {\"compare\": {\"field\": \"accounts\", \"op\": \"ge\", \"value\": 0}}}'::jsonb)))
         from tier_scheme where code = 'personal' on conflict do nothing",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    7
}

fn there(is_there: bool) -> Result<(), Error> {
    if is_there { Ok(()) } else { Err(Error::not_found()) }
}

/// Goes a way as an actor.
pub async fn go(world: &World, actor: &Actor, way: &str, customer: CustomerNo) -> Result<(), Error> {
    let bank = &world.bank;
    let key = Uuid::now_v7();
    let why = || "for the table".to_owned();
    let decision = Decision { reason: why() };
    let list = |members: Option<String>| GroupDraft {
        name: key.to_string(),
        kind: GroupKind::Static,
        rule: None,
        joint: None,
        parts: Vec::new(),
        note: String::new(),
        shared: Vec::new(),
        expires_on: None,
        members,
    };
    let (place, variant) = way.split_once('#').unwrap_or((way, ""));
    let name = place.rsplit(' ').next().unwrap_or_default();
    match (place.split('/').next().unwrap_or_default(), name) {
        ("customers", "change_contact") => {
            let change = ContactChange {
                id: None,
                seen: None,
                kind: "email".into(),
                value: Some(format!("{}@bank.cn", key.simple())),
                is_primary: false,
            };
            customers::change_contact(bank, actor, customer, &change, key).await.map(drop)
        }
        ("customers", "add_identity") => {
            let identity = NewIdentity { kind: "passport".into(), value: format!("E{:08}", key.as_u128() % 100_000_000), expires_on: None };
            customers::add_identity(bank, actor, customer, &identity, key).await.map(drop)
        }
        ("customers", "change_identity") => {
            let id: i64 = made(
                world,
                "insert into customer_identity (customer_id, kind, value, value_hash) values ($1, 'passport', 'E00000001', '\\x01') returning identity_id",
                customer,
            )
            .await;
            let mut change = IdentityChange {
                id: bank.keys().opaque(id),
                seen: Some(String::new()),
                value: None,
                expires_on: Some("2030-01-01".parse().unwrap()),
            };
            // Whoever changes a paper has seen it.
            match customers::change_identity(bank, actor, customer, &change, key).await {
                Err(Error::Problem(stale)) if stale.code == Code::Stale => {
                    change.seen = stale.current.and_then(|current| Some(current["mark"].as_str()?.to_owned()));
                }
                other => return other.map(drop),
            }
            customers::change_identity(bank, actor, customer, &change, key).await.map(drop)
        }
        ("customers", "sheet") => customers::sheet(bank, actor, customer).await.map(drop),
        ("customers", "reveal") => {
            let (what, sql) = match variant {
                "identity" => (
                    RevealKind::Identity,
                    "insert into customer_identity (customer_id, kind, value, value_hash) values ($1, 'other', 'x', '\\x00') returning identity_id",
                ),
                "contact" => (
                    RevealKind::Contact,
                    "insert into customer_contact (customer_id, kind, value, value_hash) values ($1, 'wechat', 'x', '\\x00') returning contact_id",
                ),
                _ => (
                    RevealKind::Card,
                    "insert into card (customer_id, account_id, card_no, kind) select customer_id, account_id, '6222', 'debit' from account where customer_id = $1 returning card_id",
                ),
            };
            let id: i64 = made(world, sql, customer).await;
            let request = RevealRequest { what, id: bank.keys().opaque(id), reason: why() };
            customers::reveal(bank, actor, customer, &request).await.map(drop)
        }
        (_, "complete_task") => {
            let id: i64 = made(world, "insert into task (customer_id, title) values ($1, 'x') returning task_id", customer).await;
            tasks::complete_task(bank, actor, customer, &bank.keys().opaque(id), 1, TaskEnd::Done, key).await.map(drop)
        }
        (_, "reopen_task") => {
            let id: i64 =
                made(world, "insert into task (customer_id, title, state) values ($1, 'x', 'done') returning task_id", customer).await;
            tasks::reopen_task(bank, actor, customer, &bank.keys().opaque(id), 1, key).await.map(drop)
        }
        (_, "opportunity") => opportunities::opportunity(bank, actor, customer, &opportunity(world, customer).await).await.map(drop),
        (_, "opportunities" | "pipeline") => {
            opportunity(world, customer).await;
            let query = OpportunityQuery { customer: Some(customer), ..OpportunityQuery::default() };
            match name {
                "pipeline" => there(opportunities::pipeline(bank, actor, &query).await?.columns[0].count > 0),
                _ => there(!opportunities::opportunities(bank, actor, &query).await?.items.is_empty()),
            }
        }
        (_, "choices") => opportunities::choices(bank, actor, customer).await.map(drop),
        (_, "change_opportunity") => {
            let id = opportunity(world, customer).await;
            opportunities::change_opportunity(bank, actor, customer, &id, 1, &opportunity_form(), key).await.map(drop)
        }
        (_, "move_opportunity") => {
            let id = opportunity(world, customer).await;
            opportunities::move_opportunity(bank, actor, customer, &id, 1, &StageMove::to(Stage::Qualified), key).await.map(drop)
        }
        ("tiers", "end_tier") => tiers::end_tier(bank, actor, customer, &TierEnd { reason: why() }, key).await,
        ("tiers", "tier_requests") => {
            sqlx::query("delete from tier_request where customer_id = $1").bind(customer.id()).execute(&world.owner).await.unwrap();
            let asked: Uuid = made(
                world,
                "insert into tier_request (customer_id, request_id, tier_id, reason, until, state, asked_by)
                 select $1, gen_random_uuid(), tier_id, 'x', '2026-04-30', 'pending', user_id from tier, app_user where login = 'bo' returning request_id",
                customer,
            )
            .await;
            let waiting = tiers::tier_requests(bank, actor).await?;
            there(waiting.iter().any(|request| request.id == asked))
        }
        ("tiers", "movements") => {
            sqlx::query(
                "insert into customer_tier_due (customer_id, tier_id, is_up, since) values ($1, null, false, '2026-03-01')
                 on conflict (customer_id) do update set is_up = false",
            )
            .bind(customer.id())
            .execute(&world.owner)
            .await
            .unwrap();
            let query = MovementQuery { kind: Some(MovementKind::Threatened), limit: Some(200), after: None };
            let told = tiers::movements(bank, actor, &query).await?;
            there(told.items.iter().any(|one| one.customer_no == customer))
        }
        ("tiers", "movers") => {
            let number = tried_out(world).await;
            let told = tiers::movers(bank, actor, "personal", number, &MoverQuery::default()).await?;
            there(told.items.iter().any(|one| one.customer_no == customer))
        }
        ("rules", "facts") => rules::facts(bank, actor, customer).await.map(drop),
        ("groups", "create") => there(groups::create(bank, actor, &list(Some(customer.to_string())), key).await?.members == 1),
        ("groups", "change") => {
            let group = groups::create(bank, actor, &list(None), key).await?.group;
            let again = list(Some(customer.to_string()));
            there(groups::change(bank, actor, &group.code, group.version, &again, Uuid::now_v7()).await?.members == 1)
        }
        ("groups", "add") => {
            let group = groups::create(bank, actor, &list(None), key).await?.group;
            groups::add(bank, actor, &group.code, &[customer], Uuid::now_v7()).await.map(drop)
        }
        ("groups", "freeze") => {
            let group = groups::create(bank, actor, &list(Some(customer.to_string())), key).await?.group;
            there(groups::freeze(bank, actor, &group.code, Uuid::now_v7()).await?.members == 1)
        }
        ("groups", "look") => {
            let group = groups::create(bank, actor, &list(Some(customer.to_string())), key).await?.group;
            let found = groups::look(bank, actor, &group.code).await?.found.unwrap_or_default();
            there(found.sample.iter().any(|one| one.customer_no == customer))
        }
        ("groups", "find_combined") => {
            let mut parts = Vec::new();
            for key in [key, Uuid::now_v7()] {
                parts.push(groups::create(bank, actor, &list(Some(customer.to_string())), key).await?.group.code);
            }
            let found = groups::find_combined(bank, actor, Joint::Intersection, &parts).await?;
            there(found.sample.iter().any(|one| one.customer_no == customer))
        }
        ("groups", "find") => {
            let found = groups::find(bank, actor, &RuleSet::new(Condition::Known { field: "aum".into() })).await?;
            there(found.sample.iter().any(|one| one.customer_no == customer))
        }
        ("assignments", "board") => {
            let unit: String =
                made(world, "select o.code from customer_summary s join org_unit o using (org_id) where s.customer_id = $1", customer)
                    .await;
            let query = CardQuery { unit: Some(unit), ..CardQuery::default() };
            match assignments::board(bank, actor, &query).await {
                Ok(page) => there(page.cards.iter().flat_map(|column| &column.cards).any(|card| card.customer_no == customer)),
                // A unit that is not the actor's.
                Err(error) if error.code() == Code::Invalid => Err(Error::not_found()),
                Err(error) => Err(error),
            }
        }
        ("assignments", "list") => {
            let id = transfer(world, customer, "pending").await;
            there(assignments::list(bank, actor, Default::default(), None).await?.items.iter().any(|one| one.id == id))
        }
        ("assignments", "get") => assignments::get(bank, actor, transfer(world, customer, "pending").await).await.map(drop),
        ("assignments", "detail") => {
            let detail = assignments::detail(bank, actor, transfer(world, customer, "pending").await).await?;
            there(detail.items.iter().any(|item| item.customer_no == customer))
        }
        ("assignments", "sheet") => {
            let sheet = assignments::sheet(bank, actor, transfer(world, customer, "pending").await, &Default::default()).await?;
            there(sheet.parts.iter().flat_map(|part| &part.lines).any(|line| line.customer_no == customer))
        }
        ("assignments", "read_file") => {
            let file = futures::stream::iter([Ok::<_, std::io::Error>(customer.to_string().into_bytes())]);
            match assignments::read_file(bank, actor, file).await {
                // It names nobody.
                Err(error) if error.code() == Code::Invalid => Err(Error::not_found()),
                read => read.map(drop),
            }
        }
        ("assignments", "request") => {
            sqlx::query("delete from transfer_item where customer_id = $1").bind(customer.id()).execute(&world.owner).await.unwrap();
            let asked =
                serde_json::json!({ "customers": [customer], "to": "M-WANG", "reason": "for the table", "effective": "2026-04-30" });
            let asked: NewTransfer = serde_json::from_value(asked).unwrap();
            assignments::request(bank, actor, &asked, key).await.map(drop)
        }
        ("assignments", "pool" | "pick") => {
            // In the pool for long, and back to its lead afterwards.
            sqlx::query(
                "insert into parameter (key, value) values ('pool.pick', '{\"per_day\": 1000, \"cooldown_days\": 30}') on conflict do nothing",
            )
            .execute(&world.owner)
            .await
            .unwrap();
            let leads = async |sql: &'static str| {
                sqlx::query(sql).bind(customer.id()).execute(&world.owner).await.unwrap();
                summary::refresh(&mut world.owner.acquire().await.unwrap(), &[customer.id()]).await.unwrap();
            };
            sqlx::query("delete from transfer_item where customer_id = $1").bind(customer.id()).execute(&world.owner).await.unwrap();
            leads("update assignment set valid = daterange(lower(valid), '2025-01-01') where customer_id = $1 and role = 'lead'").await;
            let went = match name {
                "pick" => assignments::pick(bank, actor, customer, key).await.map(drop),
                _ => match assignments::pool(bank, actor, None).await {
                    Ok(page) => there(page.items.iter().any(|item| item.customer_no == customer)),
                    Err(error) => Err(error),
                },
            };
            leads("delete from assignment where customer_id = $1 and role = 'lead' and lower(valid) >= '2026-01-01'").await;
            leads("update assignment set valid = daterange(lower(valid), null) where customer_id = $1 and role = 'lead'").await;
            went
        }
        ("assignments", "approve") => {
            let id = transfer(world, customer, "pending").await;
            if variant == "own" {
                sqlx::query("update transfer set requested_by = $2 where transfer_id = $1")
                    .bind(id)
                    .bind(actor.user_id)
                    .execute(&world.owner)
                    .await
                    .unwrap();
            }
            let home: i32 = made(world, "select org_id from customer_summary where customer_id = $1", customer).await;
            let to = async |org_id: i32| {
                let sql = "update customer_summary set org_id = $2 where customer_id = $1";
                sqlx::query(sql).bind(customer.id()).bind(org_id).execute(&world.owner).await.unwrap();
            };
            if variant == "moved" {
                // To the other branch.
                let sql = "select org_id from org_unit where code = case when (select 102 = any(o.path) from customer_summary s join org_unit o using (org_id)
                               where s.customer_id = $1) then 'E1' else 'W1' end";
                to(made(world, sql, customer).await).await;
            }
            let went = assignments::approve(bank, actor, id, key).await.map(drop);
            to(home).await;
            went
        }
        ("assignments", "reject") => {
            assignments::reject(bank, actor, transfer(world, customer, "pending").await, &decision, key).await.map(drop)
        }
        ("assignments", "recall") => {
            assignments::recall(bank, actor, transfer(world, customer, "pending").await, &decision, key).await.map(drop)
        }
        ("assignments", "revert") => {
            assignments::revert(bank, actor, transfer(world, customer, "done").await, &decision, key).await.map(drop)
        }
        ("assignments", "cancel") => {
            assignments::cancel(bank, actor, transfer(world, customer, "running").await, &decision, key).await.map(drop)
        }
        ("assignments", "sign") => {
            let transfer = transfer(world, customer, "done").await;
            let asked = NewSignature { side: SheetSide::To, from: made(world, LEAD, customer).await, to: POOL.into() };
            assignments::sign(bank, actor, transfer, &asked, key).await.map(drop)
        }
        ("assignments", "holdings") => assignments::holdings(bank, actor, &made::<String>(world, LEAD, customer).await).await.map(drop),
        ("assignments", "handover") => {
            sqlx::query("delete from transfer_item where customer_id = $1").bind(customer.id()).execute(&world.owner).await.unwrap();
            let from: String = made(world, LEAD, customer).await;
            let asked = NewHandover {
                from,
                items: vec![(customer, POOL.into())],
                notes: Default::default(),
                reason: why(),
                effective: Some("2026-04-30".parse().unwrap()),
            };
            assignments::handover(bank, actor, &asked, key).await.map(drop)
        }
        ("assignments", "release") => {
            let asked = Releasing { from: made(world, LEAD, customer).await, heir: None, reason: why() };
            let released = assignments::release(bank, actor, &asked, key).await.map(drop);
            // As it was: the tables speak of who assists.
            sqlx::query("update assignment set valid = daterange(lower(valid), null) where role = 'assist'")
                .execute(&world.owner)
                .await
                .unwrap();
            let assisted: Vec<i64> =
                sqlx::query_scalar("select customer_id from assignment where role = 'assist'").fetch_all(&world.owner).await.unwrap();
            summary::refresh(&mut world.owner.acquire().await.unwrap(), &assisted).await.unwrap();
            released
        }
        _ => panic!("no way called {way}"),
    }
}

/// Modules whose public functions reach customers also where their heads do not say so.
const MODULES: [&str; 9] = [
    "activities.rs",
    "assignments/",
    "customers/",
    "groups",
    "opportunities.rs",
    "tasks.rs",
    "tiers/by_hand.rs",
    "tiers/movements.rs",
    "tiers/movers.rs",
];

#[test]
fn every_function_that_reaches_a_customer_is_in_a_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut there = BTreeSet::new();
    walk(&root, &mut |path, source| {
        let file = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        for function in source.split("\npub async fn ").skip(1) {
            let name = function.split(['(', '<']).next().unwrap_or_default();
            let head = function.split('{').next().unwrap_or_default();
            let reaches = head.contains(": CustomerNo") || MODULES.iter().any(|module| file.starts_with(module));
            if head.contains("actor: &Actor") && reaches {
                there.insert(format!("{file}: {name}"));
            }
        }
    });
    let bare = |way: &str| way.split('#').next().unwrap_or_default().to_owned();
    let known: BTreeSet<String> = WAYS.iter().map(|(way, _)| *way).chain(PROVEN.iter().chain(OF_NOBODY).copied()).map(bare).collect();
    let unknown: Vec<_> = there.difference(&known).collect();
    assert!(unknown.is_empty(), "a line in WAYS, or in OF_NOBODY: {unknown:#?}");
    let gone: Vec<_> = known.difference(&there).collect();
    assert!(gone.is_empty(), "listed and not there: {gone:#?}");
}
