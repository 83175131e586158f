//! Logging in and out, second factors, and two people for what one should not do alone.

use std::{net::IpAddr, sync::Arc};

use guanhu_crm::{
    Actor, Error,
    access::{self, Client, SessionKind, account, factor, grants, login, password, session, staff, users},
    testing::World,
};
use guanhu_domain::{
    Code, Lang, Rule,
    access::{
        Role, Verb,
        account::{Credentials, LoggedIn, Preferences},
        units::StaffForm,
        users::{Grant, NewUser, UserChange, UserFilter, UserState},
    },
};
use sqlx::PgPool;
use uuid::Uuid;

fn client(ip: &str) -> Client {
    Client { ip: Some(ip.parse::<IpAddr>().unwrap()), agent: Arc::from("tests"), request_id: Uuid::now_v7() }
}

async fn with_passwords(pool: PgPool) -> World {
    let world = World::new(pool).await;
    let hash = password::hash(World::PASSWORD).await.unwrap();
    sqlx::query("update app_user set password_hash = $1").bind(hash).execute(&world.owner).await.unwrap();
    sqlx::query("update bank set is_demo = true").execute(&world.owner).await.unwrap();
    world
}

async fn try_login(world: &World, login_name: &str, password: &str, totp: Option<&str>) -> Result<LoggedIn, Error> {
    let given = Credentials { login: login_name.into(), password: password.into(), totp: totp.map(str::to_owned) };
    login(&world.bank, &given, SessionKind::Browser, &client("10.0.0.7")).await
}

async fn logged_in(world: &World, login_name: &str) -> (String, Actor) {
    let session = try_login(world, login_name, World::PASSWORD, None).await.unwrap();
    let actor = access::resolve(&world.bank, &session.token, &client("10.0.0.7")).await.unwrap().unwrap();
    (session.token, actor)
}

async fn is_alive(world: &World, token: &str) -> bool {
    access::resolve(&world.bank, token, &client("10.0.0.7")).await.unwrap().is_some()
}

fn code<T>(result: Result<T, Error>) -> Option<Code> {
    result.err().map(|error| error.code())
}

fn refused_field<T>(result: Result<T, Error>, field: &str) -> Option<Rule> {
    match result {
        Err(Error::Problem(problem)) => problem.fields.into_iter().find(|problem| problem.field == field).map(|problem| problem.rule),
        _ => None,
    }
}

#[sqlx::test(migrations = false)]
async fn a_session_lives_until_it_is_idle_old_or_revoked(pool: PgPool) {
    let world = with_passwords(pool).await;
    assert_eq!(code(try_login(&world, "alice", "not the password", None).await), Some(Code::WrongCredentials));
    assert_eq!(code(try_login(&world, "nobody", World::PASSWORD, None).await), Some(Code::WrongCredentials));
    assert!(access::resolve(&world.bank, "no such token", &client("10.0.0.7")).await.unwrap().is_none());

    let (token, alice) = logged_in(&world, " Alice ").await;
    assert_eq!((alice.login.as_str(), alice.me.org.as_str(), alice.me.staff.as_deref()), ("alice", "E1", Some("M-ALICE")));
    let (other, _) = logged_in(&world, "alice").await;
    let sessions = session::own(&world.bank, &alice).await.unwrap();
    assert_eq!(sessions.iter().map(|session| session.is_current).collect::<Vec<_>>(), [true, false]);

    // Somebody else's session is not there to be ended.
    let (_, bo) = logged_in(&world, "bo").await;
    assert_eq!(code(session::revoke_own(&world.bank, &bo, sessions[1].session_id).await), Some(Code::NotFound));
    session::revoke_own(&world.bank, &alice, sessions[1].session_id).await.unwrap();
    assert!(!is_alive(&world, &other).await);

    for aged in [
        "update session set seen_at = now() - interval '31 minutes' where user_id = 30000",
        "update session set seen_at = now(), expires_at = now() where user_id = 30000",
    ] {
        assert!(is_alive(&world, &token).await);
        sqlx::query(aged).execute(&world.owner).await.unwrap();
        assert!(!is_alive(&world, &token).await, "{aged}");
        sqlx::query("update session set seen_at = now() where user_id = 30000").execute(&world.owner).await.unwrap();
    }
    sqlx::query("update session set expires_at = now() + interval '1 hour'").execute(&world.owner).await.unwrap();
    session::end(&world.bank, &alice).await.unwrap();
    assert!(!is_alive(&world, &token).await);
    assert_eq!(
        sqlx::query_scalar::<_, i64>(
            "select count(*) from audit_log where verb = 'session.begin' and outcome = 'denied' and login in ('alice', '?')"
        )
        .fetch_one(&world.owner)
        .await
        .unwrap(),
        2
    );
}

#[sqlx::test(migrations = false)]
async fn guesses_lock_a_login_that_exists_and_one_that_does_not_alike(pool: PgPool) {
    let world = with_passwords(pool).await;
    for name in ["alice", "nobody"] {
        for _ in 0..5 {
            assert_eq!(code(try_login(&world, name, "a wrong guess", None).await), Some(Code::WrongCredentials));
        }
        let Err(Error::Problem(problem)) = try_login(&world, name, World::PASSWORD, None).await else { panic!("{name} is locked") };
        assert_eq!(problem.code, Code::LockedOut);
        assert!((1..=60).contains(&problem.retry_after.unwrap()), "{problem:?}");
    }
    let past = "update login_throttle set locked_until = now()";
    sqlx::query(past).execute(&world.owner).await.unwrap();
    assert_eq!(code(try_login(&world, "alice", "a sixth guess", None).await), Some(Code::WrongCredentials));
    let Err(Error::Problem(problem)) = try_login(&world, "alice", World::PASSWORD, None).await else { panic!("locked for longer") };
    assert!((61..=120).contains(&problem.retry_after.unwrap()), "{problem:?}");
    // Right after the lock: in, and the count starts afresh.
    sqlx::query(past).execute(&world.owner).await.unwrap();
    try_login(&world, "alice", World::PASSWORD, None).await.unwrap();
    assert_eq!(code(try_login(&world, "alice", "a wrong guess", None).await), Some(Code::WrongCredentials));
    try_login(&world, "alice", World::PASSWORD, None).await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn many_guesses_at_once_are_five(pool: PgPool) {
    let world = with_passwords(pool).await;
    let guesses = futures::future::join_all((0..30).map(|n| {
        let world = &world;
        async move { code(try_login(world, "alice", &format!("guess number {n}"), None).await) }
    }))
    .await;
    assert_eq!(guesses.iter().filter(|answer| **answer == Some(Code::WrongCredentials)).count(), 5, "{guesses:?}");
}

#[sqlx::test(migrations = false)]
async fn an_officer_enrols_a_second_factor_before_anything_else(pool: PgPool) {
    let world = with_passwords(pool).await;
    for (is_demo, wanted) in [(true, &[][..]), (false, &["admin", "security", "auditor"][..])] {
        sqlx::query("update bank set is_demo = $1").bind(is_demo).execute(&world.owner).await.unwrap();
        for name in ["admin", "security", "auditor", "alice", "east", "boss"] {
            let (_, who) = logged_in(&world, name).await;
            assert_eq!(who.me.must_enrol_factor, wanted.contains(&name), "{name}, demo: {is_demo}");
        }
    }
    let (_, admin) = logged_in(&world, "admin").await;
    assert!(admin.me.must_enrol_factor && !admin.me.may(Verb::UserList));
    assert_eq!(code(users::list(&world.bank, &admin, &UserFilter::default()).await), Some(Code::FactorEnrolmentRequired));

    assert!(refused_field(factor::offer(&world.bank, &admin, "a borrowed screen").await, "password").is_some());
    let offer = factor::offer(&world.bank, &admin, World::PASSWORD).await.unwrap();
    assert!(offer.uri.starts_with("otpauth://totp/") && offer.svg.starts_with("<svg"));
    let secret = data_encoding::BASE32_NOPAD.decode(offer.secret.as_bytes()).unwrap();
    assert!(refused_field(factor::confirm(&world.bank, &admin, "000").await, "totp").is_some());
    let recovery = factor::confirm(&world.bank, &admin, &factor::code(&secret, factor::step_now())).await.unwrap();
    assert_eq!(recovery.len(), 10);
    let kept: Vec<u8> = sqlx::query_scalar("select totp_secret from app_user where login = 'admin'").fetch_one(&world.owner).await.unwrap();
    assert!(!kept.windows(secret.len()).any(|window| window == secret), "the secret is encrypted at rest");

    assert_eq!(code(try_login(&world, "admin", World::PASSWORD, None).await), Some(Code::SecondFactorRequired));
    let next = factor::code(&secret, factor::step_now() + 1);
    let session = try_login(&world, "admin", World::PASSWORD, Some(&next)).await.unwrap();
    assert_eq!(code(try_login(&world, "admin", World::PASSWORD, Some(&next)).await), Some(Code::WrongCredentials), "a code is good once");
    let admin = access::resolve(&world.bank, &session.token, &client("10.0.0.7")).await.unwrap().unwrap();
    users::list(&world.bank, &admin, &UserFilter::default()).await.unwrap();
    assert_eq!(code(factor::remove(&world.bank, &admin, World::PASSWORD).await), Some(Code::Conflict));

    try_login(&world, "admin", World::PASSWORD, Some(&recovery[0].to_lowercase())).await.unwrap();
    assert_eq!(code(try_login(&world, "admin", World::PASSWORD, Some(&recovery[0])).await), Some(Code::WrongCredentials));

    // The telephone is lost, and the one who resets passwords is not the one who takes the factor off.
    assert_eq!(code(factor::reset(&world.bank, &world.actor("admin").await, "admin", "lost").await), Some(Code::Forbidden));
    factor::reset(&world.bank, &world.actor("security").await, "admin", "lost the telephone").await.unwrap();
    assert!(!is_alive(&world, &session.token).await);
}

#[sqlx::test(migrations = false)]
async fn a_password_is_changed_by_its_owner_and_other_sessions_end(pool: PgPool) {
    let world = with_passwords(pool).await;
    let ((token, alice), (other, _)) = (logged_in(&world, "alice").await, logged_in(&world, "alice").await);
    let change = async |current: &str, new: &str| account::change_password(&world.bank, &alice, current, new).await;
    assert!(refused_field(change("not it", "a long and fresh password").await, "current").is_some());
    assert_eq!(refused_field(change(World::PASSWORD, "too short").await, "new"), Some(Rule::TooShort { min: 15 }));
    assert_eq!(refused_field(change(World::PASSWORD, "alice试验银行123456").await, "new"), Some(Rule::CommonPassword));
    assert_eq!(refused_field(change(World::PASSWORD, World::PASSWORD).await, "new"), Some(Rule::SamePassword));
    change(World::PASSWORD, "violet staircase humming quietly").await.unwrap();
    assert!(is_alive(&world, &token).await && !is_alive(&world, &other).await);

    // The rules of 等保 2.0: composition, the last five, ninety days.
    sqlx::query("insert into parameter (key, value) values ('access.password_policy', '\"dengbao\"')").execute(&world.owner).await.unwrap();
    assert_eq!(refused_field(change("violet staircase humming quietly", "violetstaircase").await, "new"), Some(Rule::PasswordComposition));
    change("violet staircase humming quietly", "vX7#kq0W").await.unwrap();
    assert_eq!(refused_field(change("vX7#kq0W", "vX7#kq0W").await, "new"), Some(Rule::SamePassword));
    change("vX7#kq0W", "mT2!zr9Q").await.unwrap();
    assert_eq!(refused_field(change("mT2!zr9Q", "vX7#kq0W").await, "new"), Some(Rule::SamePassword));
    sqlx::query("update app_user set password_changed_at = now() - interval '91 days'").execute(&world.owner).await.unwrap();
    let alice = access::resolve(&world.bank, &token, &client("10.0.0.7")).await.unwrap().unwrap();
    assert_eq!(code(alice.require(Verb::CustomerList)), Some(Code::PasswordChangeRequired));
    alice.require(Verb::AccountOwn).unwrap();
}

#[sqlx::test(migrations = false)]
async fn preferences_merge(pool: PgPool) {
    let world = with_passwords(pool).await;
    let alice = world.actor("alice").await;
    let list = |name: &str| [(name.to_owned(), serde_json::json!({"columns": ["name"]}))].into();
    account::prefer(&world.bank, &alice, &Preferences { lang: Some(Lang::En), lists: list("customers"), ..Default::default() })
        .await
        .unwrap();
    account::prefer(&world.bank, &alice, &Preferences { theme: Some("dark".into()), lists: list("tasks"), ..Default::default() })
        .await
        .unwrap();
    let kept = account::preferences(&world.bank, &alice).await.unwrap();
    assert_eq!((kept.lang, kept.theme.as_deref(), kept.lists.len()), (Some(Lang::En), Some("dark"), 2));
    let huge = Preferences { theme: Some("x".repeat(70_000)), ..Default::default() };
    assert_eq!(code(account::prefer(&world.bank, &alice, &huge).await), Some(Code::TooLarge));
}

fn grant(role: Role, org: &str, staff: Option<&str>) -> Grant {
    Grant { role, org: org.into(), staff: staff.map(str::to_owned) }
}

#[sqlx::test(migrations = false)]
async fn a_user_is_made_by_one_and_granted_by_another(pool: PgPool) {
    let world = with_passwords(pool).await;
    let (admin, security) = (world.actor("admin").await, world.actor("security").await);
    let new = |grant: Grant| NewUser { login: "li.wei".into(), name: "李伟".into(), grant, reason: "joins E2".into() };
    assert!(refused_field(users::create(&world.bank, &admin, &new(grant(Role::Manager, "E9", None))).await, "org").is_some());
    assert!(refused_field(users::create(&world.bank, &admin, &new(grant(Role::Auditor, "HO", Some("M-BO")))).await, "staff").is_some());
    let form =
        StaffForm { code: "M-LI".into(), name: "李伟".into(), org: "E2".into(), is_manager: true, capacity: 300, ..Default::default() };
    staff::save(&world.bank, &admin, &form).await.unwrap();
    let made = users::create(&world.bank, &admin, &new(grant(Role::Manager, "E2", Some("M-LI")))).await.unwrap();
    assert_eq!(code(try_login(&world, "li.wei", &made.password, None).await), Some(Code::WrongCredentials), "not granted yet");
    let pending = users::get(&world.bank, &admin, "li.wei").await.unwrap();
    assert_eq!((pending.state, pending.has_request), (UserState::Pending, true));
    let enable = UserChange { version: pending.version, disabled: Some(false), reason: "now".into(), ..Default::default() };
    assert_eq!(code(users::change(&world.bank, &admin, "li.wei", &enable).await), Some(Code::Conflict), "one alone cannot");

    let request = grants::list(&world.bank, &security).await.unwrap().remove(0);
    assert_eq!(code(grants::decide(&world.bank, &admin, request.approval_id, true, "").await), Some(Code::Forbidden));
    assert_eq!(code(grants::decide(&world.bank, &security, request.approval_id, false, " ").await), Some(Code::ReasonRequired));
    grants::decide(&world.bank, &security, request.approval_id, true, "").await.unwrap();
    assert_eq!(code(grants::decide(&world.bank, &security, request.approval_id, true, "").await), Some(Code::Conflict));
    let session = try_login(&world, "li.wei", &made.password, None).await.unwrap();
    assert!(session.me.must_change_password);

    // Another unit is another grant; the session under the old one ends when it takes effect.
    assert_eq!(
        code(grants::request(&world.bank, &admin, "admin", &grant(Role::Executive, "HO", None), "promote me").await),
        Some(Code::Conflict)
    );
    let wider = grant(Role::BranchManager, "EAST", None);
    let approval = grants::request(&world.bank, &admin, "li.wei", &wider, "heads the branch").await.unwrap();
    assert_eq!(code(grants::request(&world.bank, &admin, "li.wei", &wider, "again").await), Some(Code::Conflict));
    grants::decide(&world.bank, &security, approval, true, "").await.unwrap();
    assert!(!is_alive(&world, &session.token).await);
    let after = users::get(&world.bank, &admin, "li.wei").await.unwrap();
    assert_eq!((after.role, after.org.as_str(), after.staff), (Role::BranchManager, "EAST", None));

    let reset = users::reset_password(&world.bank, &admin, "li.wei", "forgot").await.unwrap();
    try_login(&world, "li.wei", &reset.password, None).await.unwrap();
    sqlx::query("update app_user set password_changed_at = now() - interval '8 days' where login = 'li.wei'")
        .execute(&world.owner)
        .await
        .unwrap();
    assert_eq!(code(try_login(&world, "li.wei", &reset.password, None).await), Some(Code::WrongCredentials), "never taken up");
}

#[sqlx::test(migrations = false)]
async fn who_holds_customers_is_not_switched_off_and_who_is_switched_off_is_out_at_once(pool: PgPool) {
    let world = with_passwords(pool).await;
    world.customer("张小伟", "E1", Some("M-ALICE"), 1_000).await;
    let admin = world.actor("admin").await;
    let (bo_token, _) = logged_in(&world, "bo").await;
    let off = |version| UserChange { version, disabled: Some(true), reason: "leaves".into(), ..Default::default() };
    let Err(Error::Problem(problem)) = users::change(&world.bank, &admin, "alice", &off(1)).await else { panic!("alice holds a customer") };
    assert_eq!(
        (problem.code, problem.current),
        (
            Code::Conflict,
            Some(
                serde_json::json!({"staff": "M-ALICE", "lead": 1, "assist": 0, "incoming": 0, "tasks": 0, "opportunities": 0, "groups": 0, "tier_requests": 0})
            )
        )
    );
    assert_eq!(code(users::change(&world.bank, &admin, "bo", &off(7)).await), Some(Code::Stale));
    assert_eq!(code(users::change(&world.bank, &admin, "admin", &off(1)).await), Some(Code::Conflict), "not oneself");
    let bo = users::change(&world.bank, &admin, "bo", &off(1)).await.unwrap();
    assert_eq!(bo.state, UserState::Disabled);
    assert!(!is_alive(&world, &bo_token).await);
    assert_eq!(code(try_login(&world, "bo", World::PASSWORD, None).await), Some(Code::WrongCredentials));

    let page =
        users::list(&world.bank, &admin, &UserFilter { org: Some("EAST".into()), limit: Some(2), ..Default::default() }).await.unwrap();
    assert_eq!(page.items.iter().map(|user| user.login.as_str()).collect::<Vec<_>>(), ["alice", "bo"]);
    let rest =
        users::list(&world.bank, &admin, &UserFilter { org: Some("EAST".into()), after: page.next, ..Default::default() }).await.unwrap();
    assert_eq!(rest.items.iter().map(|user| user.login.as_str()).collect::<Vec<_>>(), ["east"]);
}

#[sqlx::test(migrations = false)]
async fn a_manager_from_the_command_line_is_a_member_of_staff(pool: PgPool) {
    let world = with_passwords(pool).await;
    let new = |login: &str, org: &str, staff: Option<&str>| NewUser {
        login: login.into(),
        name: "钱经理".into(),
        grant: grant(Role::Manager, org, staff),
        reason: "command line".into(),
    };
    users::add(&world.bank, &Actor::system(), &new("qian", "W1", None), World::PASSWORD).await.unwrap();
    let (_, qian) = logged_in(&world, "qian").await;
    assert_eq!((qian.role, qian.me.org.as_str()), (Role::Manager, "W1"));
    let hired: (String, bool) = sqlx::query_as(
        "select m.name, m.is_manager from staff m join app_user u using (staff_id) where u.login = 'qian' and m.code = 'qian'",
    )
    .fetch_one(&world.owner)
    .await
    .unwrap();
    assert_eq!(hired, ("钱经理".into(), true));
    // Where somebody is named, nobody is hired; a unit that is not there makes neither.
    assert!(
        refused_field(users::add(&world.bank, &Actor::system(), &new("sun", "W1", Some("M-NOBODY")), World::PASSWORD).await, "staff")
            .is_some()
    );
    assert!(refused_field(users::add(&world.bank, &Actor::system(), &new("li", "MOON", None), World::PASSWORD).await, "org").is_some());
    let staff: i64 = sqlx::query_scalar("select count(*) from staff").fetch_one(&world.owner).await.unwrap();
    assert_eq!(staff, 4);
}
