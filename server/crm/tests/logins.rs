//! Which login may do what: the application's own, made on the owner's server, and owners that are no superusers.

use guanhu_crm::{
    Bank, Keys, MIGRATOR,
    bank::{self, Connection},
};
use sqlx::{AssertSqlSafe, ConnectOptions, PgPool, postgres::PgConnectOptions};

fn keys() -> Keys {
    Keys::derive(b"only for tests, and long enough to be a secret")
}

fn connection(owner: &PgConnectOptions) -> Connection {
    Connection { owner_url: owner.to_url_lossy().to_string(), app_url: None, max_connections: 4, kept_open: 0 }
}

async fn one<T>(pool: &PgPool, sql: &'static str) -> T
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

async fn drop_role(owner: &PgPool, role: &str) {
    sqlx::query(AssertSqlSafe(format!("drop role if exists \"{role}\""))).execute(owner).await.unwrap();
}

/// What the application must not do, also after it has taken off the role it might have put on.
async fn is_bound(bank: &Bank) {
    let mut conn = bank.pool().acquire().await.unwrap();
    sqlx::query("reset role").execute(&mut *conn).await.unwrap();
    for statement in [
        "create table x ()",
        "alter table customer add column x int",
        "drop table audit_seal",
        "update audit_log set reason = 'x'",
        "delete from audit_log",
        "truncate audit_log",
        "delete from parameter",
        "update parameter_history set value = '1'",
        "alter role guanhu_app createrole",
        "set session_replication_role = 'replica'",
    ] {
        let refused = sqlx::query(statement).execute(&mut *conn).await.expect_err(statement);
        let code = refused.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned();
        assert_eq!(code, "42501", "{statement}: {refused}");
    }
    // And what it must.
    for statement in [
        "create temp table stage (x int)",
        "insert into audit_log (login, role, verb, outcome) values ('x', 'x', 'x', 'done')",
        // A session may end later than its login is dropped, which owns nothing then.
        "drop table stage",
    ] {
        sqlx::query(statement).execute(&mut *conn).await.unwrap();
    }
}

#[sqlx::test(migrations = false)]
async fn the_application_gets_a_login_of_its_own(owner: PgPool) {
    let connection = connection(&owner.connect_options());
    bank::migrate(&connection).await.unwrap();
    let bank = Bank::connect(&connection, keys()).await.unwrap();
    let login: String = one(bank.pool(), "select session_user::text").await;
    assert!(login.starts_with("guanhu_app_"), "{login}");
    is_bound(&bank).await;
    // A second server, and the next start, use the same one.
    let again = Bank::connect(&connection, keys()).await.unwrap();
    assert_eq!(one::<String>(again.pool(), "select session_user::text").await, login);
    let kept: String = sqlx::query_scalar("select coalesce(rolpassword, '') from pg_authid where rolname = $1")
        .bind(&login)
        .fetch_one(&owner)
        .await
        .unwrap();
    assert!(kept.starts_with("SCRAM-SHA-256$4096:"), "{kept}");
    bank.pool().close().await;
    again.pool().close().await;
    drop_role(&owner, &login).await;
}

#[sqlx::test(migrations = false)]
async fn an_owner_need_not_be_a_superuser(owner: PgPool) {
    let database: String = one(&owner, "select current_database()::text").await;
    let name = format!("owner_{}", uuid::Uuid::now_v7().simple());
    for statement in [
        // As on a server where another bank has been before.
        "do $$ begin create role guanhu_app nologin; exception when duplicate_object or unique_violation then null; end $$".to_owned(),
        format!("create role \"{name}\" login createrole password 'a password of the tests'"),
        format!("alter database \"{database}\" owner to \"{name}\""),
    ] {
        sqlx::query(AssertSqlSafe(statement)).execute(&owner).await.unwrap();
    }
    let options = owner.connect_options().as_ref().clone().username(&name).password("a password of the tests");
    let connection = connection(&options);

    // Without the right to make roles it is told what to type, and nothing is left half done.
    sqlx::query(AssertSqlSafe(format!("alter role \"{name}\" nocreaterole"))).execute(&owner).await.unwrap();
    let told = bank::migrate(&connection).await.unwrap_err().to_string();
    assert!(told.contains(&format!("alter role {name} createrole")), "{told}");
    assert!(one::<bool>(&owner, "select to_regclass('public.customer') is null").await);

    sqlx::query(AssertSqlSafe(format!("alter role \"{name}\" createrole"))).execute(&owner).await.unwrap();
    bank::migrate(&connection).await.unwrap();
    let bank = Bank::connect(&connection, keys()).await.unwrap();
    is_bound(&bank).await;
    let login: String = one(bank.pool(), "select session_user::text").await;
    assert_ne!(login, name);
    bank.pool().close().await;

    // Once the schema is there, the owner needs no such right: the application's role is put on instead.
    drop_role(&owner, &login).await;
    sqlx::query(AssertSqlSafe(format!("alter role \"{name}\" nocreaterole"))).execute(&owner).await.unwrap();
    bank::migrate(&connection).await.unwrap();
    let bank = Bank::connect(&connection, keys()).await.unwrap();
    assert_eq!(one::<String>(bank.pool(), "select current_user::text").await, "guanhu_app");
    bank.pool().close().await;

    for statement in
        [format!("reassign owned by \"{name}\" to current_user"), format!("drop owned by \"{name}\""), format!("drop role \"{name}\"")]
    {
        sqlx::query(AssertSqlSafe(statement)).execute(&owner).await.unwrap();
    }
}

#[sqlx::test(migrations = false)]
async fn a_login_of_the_operators_is_used_as_it_is(owner: PgPool) {
    MIGRATOR.run(&owner).await.unwrap();
    let url = owner.connect_options().to_url_lossy().to_string();
    let connection = Connection { owner_url: url.clone(), app_url: Some(url), max_connections: 2, kept_open: 0 };
    let bank = Bank::connect(&connection, keys()).await.unwrap();
    assert_eq!(one::<String>(bank.pool(), "select session_user::text").await, one::<String>(&owner, "select session_user::text").await);
}
