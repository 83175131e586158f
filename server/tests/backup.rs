//! The drill: a bank is copied, changed, lost and brought back to a moment in between.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use guanhu_cluster::{Cluster, Options};
use sqlx::{Connection, PgConnection};

/// A directory that the database's system user can pass through, gone after the test.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let dir = std::env::temp_dir().join(format!("guanhu-backup-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
        Place(dir)
    }

    fn dir(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn guanhu(data_dir: &Path, variables: &[(&str, &str)], args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guanhu"));
    for name in ["DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_REPLICA_URL", "GUANHU_SECRET", "GUANHU_BACKUP_KEY_FILE"] {
        command.env_remove(name);
    }
    command.args(args).env("GUANHU_DATA_DIR", data_dir).envs(variables.iter().copied()).output().unwrap()
}

/// The last line of stdout.
fn report(output: &Output) -> serde_json::Value {
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(said.lines().last().unwrap()).unwrap()
}

fn refused(output: &Output, why: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(why), "{}: {said}", output.status);
}

fn quiet() -> Options {
    Options { say: Box::new(|_| ()), ..Options::default() }
}

/// The bank's name, from the cluster of this directory.
async fn name_in(data_dir: &Path) -> String {
    let cluster = Cluster::start(data_dir, quiet()).unwrap();
    let mut app = PgConnection::connect(&cluster.app_url()).await.unwrap();
    let name = sqlx::query_scalar("select name from bank").fetch_one(&mut app).await.unwrap();
    app.close().await.unwrap();
    cluster.stop().unwrap();
    name
}

async fn rename(conn: &mut PgConnection, name: &str) -> String {
    sqlx::query("update bank set name = $1").bind(name).execute(&mut *conn).await.unwrap();
    sqlx::query_scalar("select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
        .fetch_one(conn)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_bank_comes_back_as_it_was_at_any_moment() {
    let place = Place::new("drill");
    let (data, backup) = (place.dir("data"), place.dir("backup"));
    let (dir, key) = (backup.to_str().unwrap(), data.join("backup.key"));
    let key = key.to_str().unwrap();
    let cluster = Cluster::start(&data, quiet()).unwrap();
    assert!(guanhu(&data, &[], &["migrate"]).status.success());
    let mut owner = PgConnection::connect(&cluster.owner_url()).await.unwrap();
    sqlx::query("insert into bank (name, business_date) values ('开业', date '2026-03-31')").execute(&mut owner).await.unwrap();
    assert!(guanhu(&data, &[], &["audit", "seal"]).status.success());

    let taken = report(&guanhu(&data, &[], &["backup", dir]));
    assert!(taken["base"].is_string() && taken["wal_files"].as_i64() > Some(0), "{taken}");
    assert!(guanhu(&data, &[], &["audit", "seal"]).status.success());
    let before = rename(&mut owner, "更名前").await;
    rename(&mut owner, "更名后").await;
    let more = report(&guanhu(&data, &[], &["backup", dir, "--log-only"]));
    assert!(more["base"].is_null() && more["wal_files"].as_i64() > Some(0), "{more}");
    owner.close().await.unwrap();
    cluster.stop().unwrap();

    let then = place.dir("then");
    let restored = report(&guanhu(&then, &[], &["restore", dir, "--key-file", key, "--to", &before]));
    assert!(restored["audit_seals"].as_i64() >= Some(1) && restored["pages_checked"] == true, "{restored}");
    assert_eq!(name_in(&then).await, "更名前");
    let end = place.dir("end");
    let restored = report(&guanhu(&end, &[], &["restore", dir, "--key-file", key]));
    assert_eq!(restored["to"], serde_json::Value::Null);
    assert_eq!(name_in(&end).await, "更名后");
    assert!(guanhu(&end, &[], &["audit", "verify"]).status.success());

    refused(&guanhu(&end, &[], &["restore", dir, "--key-file", key]), "there is a database");
    report(&guanhu(&end, &[], &["restore", dir, "--key-file", key, "--to", &before, "--replace"]));
    assert_eq!(name_in(&end).await, "更名前");
    doubts(&place, &backup, key);
}

/// Whatever is wrong with a backup, nothing is served from it.
fn doubts(place: &Place, backup: &Path, key: &str) {
    let dir = backup.to_str().unwrap();
    let clear = ["开业", "更名"];
    for entry in walk(backup) {
        let bytes = fs::read(&entry).unwrap();
        assert!(clear.iter().all(|name| !bytes.windows(name.len()).any(|window| window == name.as_bytes())), "{}", entry.display());
    }
    let other = place.dir("other.key");
    fs::write(&other, "ab".repeat(32)).unwrap();
    refused(&guanhu(&place.dir("doubt"), &[], &["restore", dir, "--key-file", other.to_str().unwrap()]), "not its key");
    refused(
        &guanhu(&place.dir("doubt"), &[], &["restore", dir, "--key-file", key, "--to", "2099-01-01 00:00:00"]),
        "covers what happened until",
    );
    refused(&guanhu(&place.dir("doubt"), &[], &["restore", dir, "--key-file", key, "--to", "2001-01-01 00:00:00"]), "oldest base backup");
    let base = walk(&backup.join("base")).pop().unwrap();
    let mut bytes = fs::read(&base).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&base, bytes).unwrap();
    refused(&guanhu(&place.dir("doubt"), &[], &["restore", dir, "--key-file", key]), "changed or cut off");
    refused(&guanhu(&place.dir("doubt"), &[], &["audit", "verify"]), "was interrupted");
}

fn walk(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}

/// A server that is not ours is copied over its URL, and comes back as a private cluster.
#[tokio::test(flavor = "multi_thread")]
async fn a_bank_behind_a_url_comes_back_as_a_private_one() {
    let place = Place::new("url");
    let cluster = Cluster::start(&place.dir("theirs"), quiet()).unwrap();
    let url = cluster.owner_tcp_url();
    let secret = ("GUANHU_SECRET", "thirty-two characters or even more of them");
    let ours = place.dir("ours");
    let variables = [("DATABASE_URL", url.as_str()), secret];
    assert!(guanhu(&ours, &variables, &["migrate"]).status.success());
    let mut owner = PgConnection::connect(&url).await.unwrap();
    sqlx::query("insert into bank (name, business_date) values ('别处', date '2026-03-31')").execute(&mut owner).await.unwrap();
    owner.close().await.unwrap();
    let backup = place.dir("backup");
    let dir = backup.to_str().unwrap();
    report(&guanhu(&ours, &variables, &["backup", dir]));
    cluster.stop().unwrap();

    let key = ours.join("backup.key");
    let restore = ["restore", dir, "--key-file", key.to_str().unwrap()];
    refused(&guanhu(&place.dir("back"), &[], &restore), "GUANHU_SECRET");
    report(&guanhu(&place.dir("back"), &[secret], &restore));
    assert_eq!(name_in(&place.dir("back")).await, "别处");
}
