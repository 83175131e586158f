//! A cluster made from a base backup and the write-ahead log that followed it.
//!
//! While it is made a file `restoring` lies in the home, and the cluster does not start; an interrupted
//! restore is begun anew. Postgres itself says what the moment of the end is: the last commit not after it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::binaries::{self, Binaries};
use crate::error::ClusterError;
use crate::home::{self, Home, Passwords};
use crate::system::{self, PgUser};
use crate::{APP, DATABASE, OWNER, postmaster, settings};

/// A restore under way: [`Restoring::begin`], [`Restoring::unpack`], the log files into
/// [`Restoring::wal_dir`], then [`Restoring::recover`]. Nobody else starts the cluster meanwhile.
pub struct Restoring {
    home: Home,
    binaries: Binaries,
    user: PgUser,
    wal_dir: PathBuf,
    _one_at_a_time: File,
}

impl Restoring {
    /// Prepares the home of `data_dir` for a backup written by Postgres `major`. With `replace`, a
    /// cluster that nobody uses is put aside first.
    ///
    /// # Errors
    /// When there is a cluster already, or no Postgres of that version.
    pub fn begin(data_dir: &Path, major: u32, replace: bool, say: &dyn Fn(&str)) -> Result<Restoring, ClusterError> {
        let data_dir = home::create_data_dir(data_dir)?;
        let found = binaries::find_or_install(say)?;
        let user = PgUser::choose(&data_dir)?;
        let home = Home::open(&data_dir, &user, say)?;
        let one_at_a_time = home.lock()?;
        let binaries = binaries::choose(found, Some(major))?;
        let wal_dir = home.path().join("restoring-wal");
        let interrupted = home.restoring_file().exists();
        if home.pgdata().exists() {
            if interrupted {
                remove(&home.pgdata())?;
            } else if replace {
                put_aside(&home, &binaries, &user, say)?;
            } else {
                return Err(ClusterError::AlreadyThere { dir: home.path().to_owned() });
            }
        }
        if wal_dir.exists() {
            remove(&wal_dir)?;
        }
        let marker = home.restoring_file();
        fs::write(&marker, "").map_err(ClusterError::io(|| format!("write {}", marker.display())))?;
        for dir in [&wal_dir, &home.pgdata()] {
            user.give(&system::create_dir(dir, 0o700)?)?;
        }
        Ok(Restoring { home, binaries, user, wal_dir, _one_at_a_time: one_at_a_time })
    }

    /// Unpacks a base backup (tar, gzip) and compares every file with the checksums of its manifest.
    ///
    /// # Errors
    /// When the archive ends early or a file is not what the manifest says.
    pub fn unpack(&self, archive: &mut dyn Read) -> Result<(), ClusterError> {
        let pgdata = self.home.pgdata();
        let mut tar = self
            .user
            .command(Path::new("tar"), self.home.path())
            .args(["-xz", "--no-same-owner", "-C"])
            .arg(&pgdata)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .map_err(ClusterError::io(|| "run tar".into()))?;
        let copied = match tar.stdin.take() {
            Some(mut stdin) => io::copy(archive, &mut stdin).and_then(|_| stdin.flush()),
            None => Ok(()),
        };
        let output = tar.wait_with_output().map_err(ClusterError::io(|| "wait for tar".into()))?;
        // The reader's own complaint says more than what tar makes of its end.
        copied.map_err(ClusterError::io(|| "read the base backup".into()))?;
        system::check("unpacking the base backup", &output)?;
        let verified = self
            .user
            .command(&self.binaries.program("pg_verifybackup"), self.home.path())
            .args(["--quiet"])
            .arg(&pgdata)
            .output()
            .map_err(ClusterError::io(|| "run pg_verifybackup".into()))?;
        system::check("pg_verifybackup", &verified)
    }

    /// Name of the first file of the log that the base needs, such as `000000010000000000000003`.
    pub fn first_segment(&self) -> Result<String, ClusterError> {
        let label = self.home.pgdata().join("backup_label");
        let text = fs::read_to_string(&label).map_err(ClusterError::io(|| format!("read {}", label.display())))?;
        let name = text.lines().next().and_then(|line| line.split_once("(file ")).map(|(_, rest)| rest.trim_end_matches(')').to_owned());
        name.ok_or_else(|| ClusterError::Program { what: "reading backup_label".into(), said: text })
    }

    /// Where the log's files are put, uncompressed and by their own names.
    pub fn wal_dir(&self) -> &Path {
        &self.wal_dir
    }

    /// Replays the log up to `to` (a time with its offset, as Postgres reads it) or to its end, and gives
    /// the logins new passwords. `database` is the name that the bank's database had.
    ///
    /// # Errors
    /// When the log does not reach `to`, or what is there does not start.
    pub fn recover(self, database: &str, to: Option<&str>, say: &dyn Fn(&str)) -> Result<(), ClusterError> {
        let pgdata = self.home.pgdata();
        self.give_wal()?;
        self.settle_files()?;
        let signal = pgdata.join("recovery.signal");
        fs::write(&signal, "").map_err(ClusterError::io(|| format!("write {}", signal.display())))?;
        self.user.give(&signal)?;
        let quoted = |text: &str| text.replace('\'', "''");
        let mut extra = format!(
            "restore_command = 'cp \"{}/%f\" \"%p\"'\nrecovery_target_action = 'promote'\nhot_standby = off\nsynchronous_standby_names = ''\n",
            quoted(&self.wal_dir.to_string_lossy())
        );
        if let Some(to) = to {
            extra += &format!("recovery_target_time = '{}'\n", quoted(to));
        }
        let socket_dir = self.home.socket_dir(&self.user, Path::new(""))?;
        postmaster::recover(&self.home, &self.binaries, &self.user, &socket_dir, &extra, say)?;
        postmaster::stop(&self.home, &self.binaries, &self.user, false)?;
        self.home.remove_socket_dir(&socket_dir)?;

        let mut passwords = Passwords::generate()?;
        let mut statements = vec![
            format!("do $$ begin if not exists (select from pg_roles where rolname = '{OWNER}') then create role {OWNER}; end if; end $$"),
            format!("alter role {OWNER} login superuser password '{}'", passwords.owner),
            format!("do $$ begin if not exists (select from pg_roles where rolname = '{APP}') then create role {APP}; end if; end $$"),
            format!("alter role {APP} login nosuperuser nobypassrls password '{}'", passwords.app),
        ];
        if database != DATABASE {
            statements.push(format!("alter database \"{}\" rename to {DATABASE}", database.replace('"', "\"\"")));
        }
        statements.push(format!("grant connect on database {DATABASE} to {APP}"));
        postmaster::single_user(&self.home, &self.binaries, &self.user, &pgdata, &statements)?;
        passwords.save(&self.home.passwords_file())?;
        remove(&self.wal_dir)?;
        let marker = self.home.restoring_file();
        fs::remove_file(&marker).map_err(ClusterError::io(|| format!("remove {}", marker.display())))
    }

    fn give_wal(&self) -> Result<(), ClusterError> {
        let list = fs::read_dir(&self.wal_dir).map_err(ClusterError::io(|| format!("read {}", self.wal_dir.display())))?;
        list.flatten().try_for_each(|entry| self.user.give(&entry.path()))
    }

    /// Settings of a cluster of ours: a server elsewhere keeps its own beside its data, or out of it.
    fn settle_files(&self) -> Result<(), ClusterError> {
        let pgdata = self.home.pgdata();
        let conf = pgdata.join("postgresql.conf");
        if fs::read_to_string(&conf).is_ok_and(|text| text.contains(settings::FILE)) {
            return Ok(());
        }
        for (name, text) in [
            ("postgresql.conf", format!("include_if_exists = '{}'\n", settings::FILE)),
            ("pg_hba.conf", "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\nlocal replication all scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n".to_owned()),
            ("pg_ident.conf", String::new()),
        ] {
            let path = pgdata.join(name);
            fs::write(&path, text)
                .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o600)))
                .map_err(ClusterError::io(|| format!("write {}", path.display())))?;
            self.user.give(&path)?;
        }
        Ok(())
    }
}

/// Recomputes the checksum of every page of the stopped cluster of `data_dir`. `false`: it was made
/// without checksums, so there is nothing to compare.
///
/// # Errors
/// When a page is not what was written.
pub fn check_pages(data_dir: &Path) -> Result<bool, ClusterError> {
    let data_dir = home::create_data_dir(data_dir)?;
    let user = PgUser::choose(&data_dir)?;
    let home = Home::open(&data_dir, &user, &|_| ())?;
    let user = home.owner_of_cluster(user)?;
    let _one_at_a_time = home.lock()?;
    let binaries = binaries::choose(binaries::find_or_install(&|_| ())?, home.major()?)?;
    let output = pg_checksums(&binaries, &user, &home)?;
    if String::from_utf8_lossy(&output.stderr).contains("checksums are not enabled") {
        return Ok(false);
    }
    system::check("pg_checksums", &output).map(|()| true)
}

fn pg_checksums(binaries: &Binaries, user: &PgUser, home: &Home) -> Result<std::process::Output, ClusterError> {
    let mut command: Command = user.command(&binaries.program("pg_checksums"), home.path());
    command.args(["--check", "-D"]).arg(home.pgdata()).output().map_err(ClusterError::io(|| "run pg_checksums".into()))
}

fn put_aside(home: &Home, binaries: &Binaries, user: &PgUser, say: &dyn Fn(&str)) -> Result<(), ClusterError> {
    let in_use = || ClusterError::Program { what: "replacing the database".into(), said: "it is in use: stop the server first".into() };
    let owner = user.owning(&home.pgdata())?;
    if !home.nobody_uses_it()? || postmaster::running(home, binaries, &owner, say)?.is_some() {
        return Err(in_use());
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let aside = home.path().join(format!("pgdata.before-{now}"));
    fs::rename(home.pgdata(), &aside).map_err(ClusterError::io(|| format!("move {}", home.pgdata().display())))?;
    say(&format!("The database that was here is kept in {}; remove it when it is not needed", aside.display()));
    Ok(())
}

fn remove(dir: &Path) -> Result<(), ClusterError> {
    fs::remove_dir_all(dir).map_err(ClusterError::io(|| format!("remove {}", dir.display())))
}
