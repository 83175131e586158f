//! Who may do what to whom, as one table. A verb that is missing here does not compile or fails; so
//! does a public function that takes an actor and never asks what the actor may.
//!
//! **Adding a verb:** a line in [`ROLES`], an arm in [`call`]. A verb on one customer also gets a line
//! in [`RELATIONS`]; every further way into a customer one in [`ways`].

mod ways;

use std::{fs, path::Path};

use guanhu_crm::{
    Actor, Error, access,
    access::{Client, account, factor, grants, session, staff, users},
    activities, assignments,
    audit::{seal, search},
    contribution, customers, dashboards, dictionaries, feeds, groups, lifecycle, live, opportunities, parameters, practice, printing,
    products, summary, system, targets, tasks,
    testing::World,
    tiers, units, views,
};
use guanhu_domain::{
    Code, Currency, CustomerNo, Rule,
    access::{
        Role, Verb,
        audit::AuditFilter,
        units::{NewUnit, StaffFilter, StaffForm, UnitKind},
        users::{Grant, NewUser, UserChange, UserFilter},
    },
    assignments::{
        Decision, POOL, SharesChange,
        board::CardQuery,
        handover::{NewSignature, SheetSide, SplitRequest, SplitRule},
    },
    customers::{
        ActivityKind, CustomerPatch, CustomerQuery, Kind, NewActivity, NewCustomer, NewTask, Profile, RevealKind, RevealRequest,
        TransactionQuery, ViewDraft,
    },
    dashboards::{BoardQuery, Indicator},
    opportunities::OpportunityQuery,
    parameters::ParameterValue,
    products::ProductTextChange,
    targets::TargetDecision,
    tiers::{MoverQuery, TierAnswer, TierAsked},
};
use sqlx::PgPool;
use uuid::Uuid;
use ways::{DECIDE, EDIT, HEADS, OVER, READ, WRITE};

/// Manager, branch manager, executive, administrator, security officer, auditor: `x` may.
const ROLES: &[(Verb, &str)] = &[
    (Verb::CustomerList, "xxx..."),
    (Verb::CustomerView, "xxx..."),
    (Verb::CustomerCreate, "xx...."),
    (Verb::CustomerEdit, "xx...."),
    (Verb::CustomerReveal, "xx...."),
    (Verb::ActivityLog, "xx...."),
    (Verb::TaskChange, "xx...."),
    (Verb::OpportunityList, "xxx..."),
    (Verb::OpportunityChange, "xx...."),
    (Verb::ViewSave, "xxx..."),
    (Verb::AccountOwn, "xxxxxx"),
    (Verb::DictionaryList, "xxxxxx"),
    (Verb::UnitList, "xxxxxx"),
    (Verb::UnitChange, "...x.."),
    (Verb::UserList, "...xx."),
    (Verb::UserCreate, "...x.."),
    (Verb::UserChange, "...x.."),
    (Verb::UserApprove, "....x."),
    (Verb::FactorReset, "....x."),
    (Verb::StaffList, "xxxxx."),
    (Verb::StaffChange, "...x.."),
    (Verb::SessionRevoke, "...xx."),
    (Verb::ParameterChange, "...x.."),
    (Verb::FeedImport, "...x.."),
    (Verb::FeedView, "...x.."),
    (Verb::DemoGenerate, "...x.."),
    (Verb::SummaryCheck, "...x.."),
    (Verb::AuditSearch, ".....x"),
    (Verb::AuditSeal, ".....x"),
    (Verb::SystemView, "...xxx"),
    (Verb::TransferList, "xxx..."),
    (Verb::TransferRequest, "xx...."),
    (Verb::TransferDecide, ".xx..."),
    (Verb::TransferSign, "xx...."),
    (Verb::PoolPick, "x....."),
    (Verb::ShareSet, ".x...."),
    (Verb::TierView, "xxxxx."),
    (Verb::EventFollow, "xxxxxx"),
    (Verb::TierDraft, "...x.."),
    (Verb::TierPublish, "....x."),
    (Verb::TierMovers, ".xx..."),
    (Verb::TierEvaluate, "...x.."),
    (Verb::TierAsk, "xx...."),
    (Verb::TierAnswer, ".xx..."),
    (Verb::LifecycleView, "xxxx.."),
    (Verb::LifecycleChange, "...x.."),
    (Verb::GroupUse, "xxx..."),
    (Verb::DashboardView, "xxx..."),
    (Verb::TargetSet, ".xx..."),
    (Verb::TargetDecide, ".xx..."),
    (Verb::ProductText, "...x.."),
    (Verb::ContributionClose, "...x.."),
    (Verb::PagePrint, "xxxxxx"),
    (Verb::Practise, "xxxxxx"),
    (Verb::CurveChange, "...x.."),
];

/// What an actor has to do with a customer, seen from sub-branch E1, where alice and bo manage.
const KINDS: [&str; 7] = ["own", "assisted", "colleague's", "child unit", "sibling unit", "parent unit", "foreign"];

/// Per verb and actor, in the order of [`KINDS`]: `x` may, `0` is told there is no such customer (404),
/// `-` the role never may (403). `head` heads E1, `east` the branch above it, `west` the other one.
#[rustfmt::skip]
const RELATIONS: &[(Verb, &[(&str, &str)])] = &[
    (Verb::CustomerView,   READ),
    (Verb::CustomerEdit,   EDIT),
    (Verb::CustomerReveal, WRITE),
    (Verb::ActivityLog,    WRITE),
    (Verb::TaskChange,     WRITE),
    (Verb::OpportunityChange, WRITE),
    (Verb::TierAsk,        WRITE),
    (Verb::TierAnswer,     DECIDE),
    (Verb::ShareSet,       HEADS),
];

/// Every way into one customer beside its verb's line in [`call`], and the table it must follow.
#[rustfmt::skip]
const WAYS: &[(&str, &[(&str, &str)])] = &[
    ("accounts",     READ),
    ("transactions", READ),
    ("timeline",     READ),
    ("tier",         READ),
    ("contribution", READ),
    ("offers",       READ),
    ("kin",          READ),
    ("move",         EDIT),
    // On the board of the customer's unit, in the column of its lead or in the pool.
    ("card",         READ),
    ("hand over",    OVER),
];

async fn go(world: &World, actor: &Actor, way: &str, customer: CustomerNo) -> Result<(), Error> {
    let bank = &world.bank;
    match way {
        "accounts" => customers::accounts(bank, actor, customer).await.map(drop),
        "transactions" => customers::transactions(bank, actor, customer, &TransactionQuery::default()).await.map(drop),
        "timeline" => customers::timeline(bank, actor, customer, &[], None).await.map(drop),
        "tier" => tiers::explain(bank, actor, customer).await.map(drop),
        "contribution" => contribution::explain::contribution(bank, actor, customer, None, None).await.map(drop),
        "offers" => contribution::explain::offers(bank, actor, customer).await.map(drop),
        "kin" => contribution::kin::kin(bank, actor, customer).await.map(drop),
        "move" => {
            let asked = serde_json::json!({ "customers": [customer], "to": "M-WANG", "reason": "for the table" });
            assignments::preview(bank, actor, &serde_json::from_value(asked).unwrap()).await.map(drop)
        }
        "card" => {
            let (lead, unit): (Option<String>, String) = sqlx::query_as(
                "select m.code, o.code from customer_summary s join org_unit o using (org_id) left join staff m on m.staff_id = s.lead_staff_id
                 where s.customer_id = $1",
            )
            .bind(customer.id())
            .fetch_one(&world.owner)
            .await
            .unwrap();
            let column = lead.unwrap_or_else(|| POOL.into());
            let query = CardQuery { unit: Some(unit), columns: Some(vec![column]), ..CardQuery::default() };
            match assignments::cards(bank, actor, &query).await {
                Ok(page) if page.cards.iter().any(|card| card.customer_no == customer) => Ok(()),
                Ok(_) => Err(Error::not_found()),
                // A unit or a column of nobody's.
                Err(error) if error.code() == Code::Invalid => Err(Error::not_found()),
                Err(error) => Err(error),
            }
        }
        "hand over" => {
            let lead: Option<String> = sqlx::query_scalar(
                "select m.code from customer_summary s left join staff m on m.staff_id = s.lead_staff_id where s.customer_id = $1",
            )
            .bind(customer.id())
            .fetch_one(&world.owner)
            .await
            .unwrap();
            let split =
                SplitRequest { from: lead.unwrap_or_else(|| POOL.into()), to: vec!["M-CEN".into()], rule: SplitRule::Aum, together: false };
            let proposal = assignments::propose(bank, actor, &split).await?;
            if proposal.items.iter().any(|item| item.customer_no == customer) { Ok(()) } else { Err(Error::not_found()) }
        }
        other => panic!("no way called {other}"),
    }
}

/// One use of a verb by an actor; `customer` for the verbs on one. `None`: nothing uses the verb yet.
async fn call(world: &World, actor: &Actor, verb: Verb, customer: CustomerNo) -> Option<Result<(), Error>> {
    let bank = &world.bank;
    let key = Uuid::now_v7();
    let grant = || Grant { role: Role::Executive, org: "HO".into(), staff: None };
    let reason = || "for the table".to_owned();
    let result = match verb {
        Verb::CustomerList => customers::list(bank, actor, &CustomerQuery::default()).await.map(drop),
        Verb::CustomerView => customers::view(bank, actor, customer).await.map(drop),
        Verb::CustomerCreate => {
            let new = NewCustomer {
                kind: Kind::Personal,
                name: "新客".into(),
                org: "E1".into(),
                identity_kind: None,
                identity: None,
                mobile: None,
                profile: Profile::default(),
            };
            customers::create(bank, actor, &new, key).await.map(drop)
        }
        Verb::CustomerEdit => {
            let version: i32 = sqlx::query_scalar("select version from customer where customer_id = $1")
                .bind(customer.id())
                .fetch_one(&world.owner)
                .await
                .unwrap();
            let patch = CustomerPatch([("occupation".to_owned(), Some(format!("教师 {version}")))].into());
            customers::edit(bank, actor, customer, version, &patch, key).await.map(drop)
        }
        Verb::CustomerReveal => {
            let id: i64 = sqlx::query_scalar("select account_id from account where customer_id = $1")
                .bind(customer.id())
                .fetch_one(&world.owner)
                .await
                .unwrap();
            let request = RevealRequest { what: RevealKind::Account, id: bank.keys().opaque(id), reason: reason() };
            customers::reveal(bank, actor, customer, &request).await.map(drop)
        }
        Verb::ActivityLog => {
            let new = NewActivity {
                kind: ActivityKind::Call,
                happened_at: None,
                summary: "电话".into(),
                outcome: String::new(),
                next_step: None,
                next_on: None,
            };
            activities::log_activity(bank, actor, customer, &new, key).await.map(drop)
        }
        Verb::TaskChange => tasks::create_task(bank, actor, customer, &NewTask { title: "回访".into(), due_on: None }, key).await.map(drop),
        Verb::OpportunityList => opportunities::pipeline(bank, actor, &OpportunityQuery::default()).await.map(drop),
        Verb::OpportunityChange => opportunities::open_opportunity(bank, actor, customer, &ways::opportunity_form(), key).await.map(drop),
        Verb::ViewSave => {
            let draft = ViewDraft { page: "customers".into(), name: key.to_string(), shared: false, definition: serde_json::json!({}) };
            views::save_view(bank, actor, &draft, key).await.map(drop)
        }
        Verb::AccountOwn => account::own(bank, actor).await.map(drop),
        Verb::DictionaryList => dictionaries::dictionaries(bank, actor).await.map(drop),
        Verb::UnitList => units::list(bank, actor).await.map(drop),
        Verb::UnitChange => {
            let new = NewUnit { code: key.simple().to_string(), name: "新".into(), kind: UnitKind::Outlet, parent: "E1".into() };
            units::create(bank, actor, &new).await.map(drop)
        }
        Verb::UserList => users::list(bank, actor, &UserFilter::default()).await.map(drop),
        Verb::UserCreate => {
            let new = NewUser { login: "new.user".into(), name: "新".into(), grant: grant(), reason: reason() };
            users::create(bank, actor, &new).await.map(drop)
        }
        Verb::UserChange => users::change(bank, actor, "bo", &UserChange { version: 99, ..UserChange::default() }).await.map(drop),
        Verb::UserApprove => grants::decide(bank, actor, key, true, "").await,
        Verb::FactorReset => factor::reset(bank, actor, "bo", "lost").await,
        Verb::StaffList => staff::list(bank, actor, &StaffFilter::default()).await.map(drop),
        Verb::StaffChange => staff::save(bank, actor, &StaffForm::default()).await.map(drop),
        Verb::SessionRevoke => session::revoke(bank, actor, "bo").await.map(drop),
        Verb::FeedImport => feeds::draft_profile(bank, actor, key, "x").await.map(drop),
        Verb::FeedView => feeds::profiles(bank, actor).await.map(drop),
        Verb::SummaryCheck => summary::check::compare(bank, actor, false).await.map(drop),
        Verb::AuditSearch => search::search(bank, actor, &AuditFilter::default()).await.map(drop),
        Verb::AuditSeal => seal::seal(bank, actor, None).await.map(drop),
        Verb::SystemView => system::state(bank, actor).await.map(drop),
        Verb::TransferList => assignments::list(bank, actor, Default::default(), None).await.map(drop),
        Verb::TransferRequest => assignments::recall(bank, actor, key, &Decision { reason: reason() }, key).await.map(drop),
        Verb::TransferDecide => assignments::approve(bank, actor, key, key).await.map(drop),
        Verb::TransferSign => {
            let asked = NewSignature { side: SheetSide::From, from: POOL.into(), to: POOL.into() };
            assignments::sign(bank, actor, key, &asked, key).await.map(drop)
        }
        Verb::PoolPick => assignments::pool(bank, actor, None).await.map(drop),
        Verb::ShareSet => {
            // As it is, so that the other tables find the same.
            let assistants: Vec<String> = sqlx::query_scalar(
                "update assignment a set share = 0 from staff m where a.customer_id = $1 and a.role = 'assist' and m.staff_id = a.staff_id returning m.code",
            )
            .bind(customer.id())
            .fetch_all(&world.owner)
            .await
            .unwrap();
            let assistants = assistants.into_iter().map(|code| (code, Some(0))).collect();
            assignments::set_shares(bank, actor, customer, &SharesChange { assistants, seen: None, reason: reason() }, key).await.map(drop)
        }
        Verb::EventFollow => live::audience(actor).await.map(drop),
        // From the command line only, over the owner's connection: its own tests call it.
        Verb::DemoGenerate => return None,
        Verb::TierView => tiers::schemes(bank, actor).await.map(drop),
        Verb::TierDraft => tiers::simulate(bank, actor, "none", 1, 1).await.map(drop),
        Verb::TierPublish => {
            let decision = guanhu_domain::tiers::Decision { revision: 1, publish: true, reason: reason() };
            tiers::publish(bank, actor, "none", 1, &decision, key).await.map(drop)
        }
        Verb::TierMovers => {
            let number = ways::tried_out(world).await;
            tiers::movers(bank, actor, "personal", number, &MoverQuery::default()).await.map(drop)
        }
        Verb::TierEvaluate => tiers::evaluate(bank, actor, tiers::Which::Changed(&[])).await.map(drop),
        Verb::TierAsk => {
            let asked = TierAsked { tier: "gold".into(), until: "2026-04-30".parse().unwrap(), reason: reason() };
            tiers::ask_tier(bank, actor, customer, &asked, key).await.map(drop)
        }
        Verb::TierAnswer => {
            sqlx::query(
                "insert into tier_request (customer_id, request_id, tier_id, reason, until, state, asked_by)
                 select $1, $2, tier_id, 'x', '2026-04-30', 'pending', user_id from tier, app_user where login = 'bo' on conflict do nothing",
            )
            .bind(customer.id())
            .bind(key)
            .execute(&world.owner)
            .await
            .unwrap();
            let waits: Uuid = sqlx::query_scalar("select request_id from tier_request where customer_id = $1 and state = 'pending'")
                .bind(customer.id())
                .fetch_one(&world.owner)
                .await
                .unwrap();
            tiers::answer_tier(bank, actor, customer, waits, &TierAnswer { approve: false, reason: reason() }, key).await.map(drop)
        }
        Verb::LifecycleView => lifecycle::lifecycle(bank, actor).await.map(drop),
        Verb::LifecycleChange => {
            let draft = guanhu_domain::lifecycle::LifecycleDraft { rules: Vec::new(), note: reason() };
            lifecycle::save(bank, actor, 1, &draft, key).await.map(drop)
        }
        Verb::GroupUse => groups::list(bank, actor).await.map(drop),
        Verb::ParameterChange => {
            let to = ParameterValue { value: serde_json::json!(key.as_u128() as i32 as u16 % 10_000) };
            let version: Option<i32> = sqlx::query_scalar("select version from parameter where key = 'reveal.daily_limit'")
                .fetch_optional(&world.owner)
                .await
                .unwrap();
            parameters::set_parameter(bank, actor, "reveal.daily_limit", version.unwrap_or(0), &to, key).await.map(drop)
        }
        Verb::DashboardView => dashboards::performance(bank, actor, &BoardQuery::default(), None).await.map(drop),
        Verb::TargetSet => targets::targets(bank, actor, &BoardQuery::default(), Indicator::Aum, None).await.map(drop),
        Verb::TargetDecide => {
            let decision = TargetDecision { month: "2026-03".into(), org: "EAST".into(), version: 1, approve: true, reason: String::new() };
            targets::decide_targets(bank, actor, &decision, key).await
        }
        Verb::ProductText => {
            let version: i32 =
                sqlx::query_scalar("select coalesce(max(version), 0) from product_text").fetch_one(&world.owner).await.unwrap();
            let change = ProductTextChange { code: "CUR".into(), version, description: key.to_string(), script: "请问".into() };
            products::set_product_text(bank, actor, &change, key).await.map(drop)
        }
        Verb::ContributionClose => contribution::reopen_month(bank, actor, "2026-01-01".parse().unwrap(), "late feed").await,
        Verb::PagePrint => printing::print(bank, actor, "/customers").await.map(drop),
        Verb::Practise => practice::take_step(bank, actor, practice::Step::Enter).await,
        Verb::CurveChange => {
            contribution::curves::remove_curve(bank, actor, Currency::CNY, "2026-01-01".parse().unwrap(), 1, key).await.map(drop)
        }
    };
    Some(result)
}

/// A user for every role, in the order of the columns of [`ROLES`].
const BY_ROLE: [(&str, Role); 6] = [
    ("alice", Role::Manager),
    ("east", Role::BranchManager),
    ("boss", Role::Executive),
    ("admin", Role::Administrator),
    ("security", Role::SecurityOfficer),
    ("auditor", Role::Auditor),
];

fn verdict(result: &Result<(), Error>) -> char {
    match result.as_ref().map_err(Error::code) {
        Err(Code::Forbidden) => '-',
        Err(Code::NotFound) => '0',
        Err(_) if result.as_ref().is_err_and(is_unknown_customer) => '0',
        _ => 'x',
    }
}

/// How a verb on many customers says that one of them is not there.
fn is_unknown_customer(error: &Error) -> bool {
    let Error::Problem(problem) = error else { return false };
    problem.fields.iter().any(|problem| problem.field == "customers" && matches!(problem.rule, Rule::UnknownCode { .. }))
}

/// Lists without customers and own settings: looking at them leaves no row in the audit log. Everything else does.
const UNTRACED: [Verb; 14] = [
    Verb::AccountOwn,
    Verb::DictionaryList,
    Verb::UnitList,
    Verb::UserList,
    Verb::StaffList,
    Verb::FeedImport,
    Verb::FeedView,
    Verb::SystemView,
    Verb::TransferList,
    Verb::TierView,
    Verb::EventFollow,
    Verb::GroupUse,
    Verb::TargetSet,
    Verb::LifecycleView,
];

/// How the audit log tells of the actor's uses of a verb.
async fn traces(world: &World, actor: &Actor, verb: Verb) -> Vec<String> {
    sqlx::query_scalar("select distinct outcome from audit_log where login = $1 and verb = $2 order by 1")
        .bind(&actor.login)
        .bind(verb.code())
        .fetch_all(&world.owner)
        .await
        .unwrap()
}

#[sqlx::test(migrations = false)]
async fn every_verb_is_for_its_roles_and_no_other(pool: PgPool) {
    for verb in Verb::ALL {
        assert_eq!(ROLES.iter().filter(|(listed, _)| listed == verb).count(), 1, "{verb:?} has one line in ROLES");
    }
    let world = World::new(pool).await;
    let customer = CustomerNo::from_id(world.customer("张小伟", "E1", Some("M-ALICE"), 1_000).await);
    let mut wrong = Vec::new();
    for (verb, may) in ROLES {
        for ((login, role), may) in BY_ROLE.into_iter().zip(may.chars()) {
            if verb.allowed_to(role) != (may == 'x') {
                wrong.push(format!("{}: the enum says otherwise for {}", verb.code(), role.code()));
            }
            let actor = world.actor(login).await;
            let Some(result) = call(&world, &actor, *verb, customer).await else { continue };
            if (verdict(&result) == '-') == (may == 'x') {
                wrong.push(format!("{} by {}: {result:?}", verb.code(), role.code()));
            }
            world.bank.flush().await;
            let traced = traces(&world, &actor, *verb).await;
            if result.is_ok() && traced.is_empty() != UNTRACED.contains(verb) {
                wrong.push(format!("{} by {}: audited as {traced:?}", verb.code(), role.code()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[sqlx::test(migrations = false)]
async fn what_is_out_of_scope_is_not_there(pool: PgPool) {
    let world = World::new(pool).await;
    sqlx::raw_sql(
        "insert into org_unit (code, name, kind, parent_id, path) values ('E1A', '营业部', 'outlet', 103, '{100,101,103,106}');
         insert into staff (code, name, org_id, is_manager) values ('M-CEN', '岑岑', 104, true);
         insert into app_user (login, name, role, org_id, password_hash) values ('head', '支行行长', 'branch_manager', 103, '')",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    let mut known = Vec::new();
    for (unit, lead) in [
        ("E1", Some("M-ALICE")),
        ("W1", Some("M-WANG")),
        ("E1", Some("M-BO")),
        ("E1A", None),
        ("E2", None),
        ("EAST", None),
        ("W1", Some("M-WANG")),
    ] {
        known.push(world.customer("张小伟", unit, lead, 1_000).await);
    }
    sqlx::query("insert into assignment (customer_id, staff_id, role, valid) select $1, staff_id, 'assist', '[2024-01-01,)' from staff where code = 'M-ALICE'")
        .bind(known[1])
        .execute(&world.owner)
        .await
        .unwrap();
    summary::refresh(&mut world.owner.acquire().await.unwrap(), &[known[1]]).await.unwrap();

    let mut wrong = Vec::new();
    for (verb, lines) in RELATIONS {
        for (login, expected) in *lines {
            let actor = world.actor(login).await;
            for ((id, kind), expected) in known.iter().zip(KINDS).zip(expected.chars()) {
                let result = call(&world, &actor, *verb, CustomerNo::from_id(*id)).await.unwrap();
                if verdict(&result) != expected {
                    wrong.push(format!("{} by {login}, {kind}: expected {expected}, {result:?}", verb.code()));
                }
            }
        }
    }
    for (way, lines) in WAYS {
        for (login, expected) in *lines {
            let actor = world.actor(login).await;
            for ((id, kind), expected) in known.iter().zip(KINDS).zip(expected.chars()) {
                let result = go(&world, &actor, way, CustomerNo::from_id(*id)).await;
                if verdict(&result) != expected {
                    wrong.push(format!("{way} by {login}, {kind}: expected {expected}, {result:?}"));
                }
            }
        }
    }
    for (way, lines) in ways::WAYS {
        for (login, expected) in *lines {
            let actor = world.actor(login).await;
            for ((id, kind), expected) in known.iter().zip(KINDS).zip(expected.chars()) {
                let result = ways::go(&world, &actor, way, CustomerNo::from_id(*id)).await;
                if verdict(&result) != expected {
                    wrong.push(format!("{way} by {login}, {kind}: expected {expected}, {result:?}"));
                }
            }
        }
    }
    // A list shows what a view would.
    for (login, expected) in READ.iter().filter(|(_, expected)| !expected.contains('-')) {
        let page = customers::list(&world.bank, &world.actor(login).await, &CustomerQuery::default()).await.unwrap();
        for ((id, kind), expected) in known.iter().zip(KINDS).zip(expected.chars()) {
            let shown = page.items.iter().any(|item| item.customer_no == CustomerNo::from_id(*id));
            if shown != (expected == 'x') {
                wrong.push(format!("customer.list by {login}, {kind}: shown {shown}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[sqlx::test(migrations = false)]
async fn who_is_disabled_is_nobody(pool: PgPool) {
    let world = World::new(pool).await;
    sqlx::query(
        "insert into session (session_id, token_hash, user_id, kind, expires_at) select gen_random_uuid(), sha256('a token'), user_id, 'api', now() + interval '1 hour' from app_user where login = 'bo'",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    let client = Client { ip: None, agent: "".into(), request_id: Uuid::now_v7() };
    assert!(access::resolve(&world.bank, "a token", &client).await.unwrap().is_some());
    sqlx::query("update app_user set disabled_at = now() where login = 'bo'").execute(&world.owner).await.unwrap();
    assert!(access::resolve(&world.bank, "a token", &client).await.unwrap().is_none());
    assert_eq!(Actor::by_login(&world.bank, "bo").await.unwrap_err().code(), Code::NotFound);
}

/// Parts of verbs, called by one that has asked: file and function.
const PARTS: &[&str] = &["audit.rs: record", "idempotency.rs: claim", "idempotency.rs: answer", "record.rs: start"];

#[test]
fn every_public_function_with_an_actor_asks_what_the_actor_may() {
    let mut silent = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut |path, source| {
        for function in source.split("\npub async fn ").skip(1) {
            let name = function.split(['(', '<']).next().unwrap_or_default();
            let body = function.split("\n}").next().unwrap_or_default();
            let takes_actor = body.split('{').next().is_some_and(|head| head.contains("actor: &Actor"));
            let checks = body.contains(".require(") || forwards(body);
            let place = format!("{}: {name}", path.file_name().unwrap_or_default().to_string_lossy());
            if takes_actor && !checks && !PARTS.contains(&place.as_str()) {
                silent.push(place);
            }
        }
    });
    assert!(silent.is_empty(), "without a check:\n{}", silent.join("\n"));
}

/// Passes bank and actor on to another verb, which asks.
fn forwards(body: &str) -> bool {
    body.contains("(bank, actor")
}

fn walk(dir: &Path, visit: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}
