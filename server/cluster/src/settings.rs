//! The settings of the cluster, sized for the machine, written anew at each start. What an operator
//! sets with `alter system` comes later in Postgres's order and wins.

use std::fmt::Write;
use std::path::Path;

use crate::system;

/// Name of the file in the cluster's directory; `postgresql.conf` includes it.
pub(crate) const FILE: &str = "guanhu.conf";

/// `wal_compression`: what this Postgres can compress pages in its log with.
pub(crate) fn text(port: u16, socket_dir: &Path, log_dir: &Path, throw_away: bool, wal_compression: &str) -> String {
    let memory = system::memory_mib();
    let quoted = |path: &Path| path.display().to_string().replace('\'', "''");
    let mut settings = vec![
        ("listen_addresses", "'127.0.0.1'".to_owned()),
        ("port", port.to_string()),
        ("unix_socket_directories", format!("'{}'", quoted(socket_dir))),
        ("unix_socket_permissions", "0700".into()),
        ("password_encryption", "'scram-sha-256'".into()),
        ("timezone", "'UTC'".into()),
        ("log_timezone", "'UTC'".into()),
        ("lc_messages", "'C'".into()),
        // A week of logs, a file per day. Parameters are personal data and stay out.
        ("logging_collector", "on".into()),
        ("log_directory", format!("'{}'", quoted(log_dir))),
        ("log_filename", "'postgres-%a.log'".into()),
        ("log_rotation_age", "'1d'".into()),
        ("log_rotation_size", "0".into()),
        ("log_truncate_on_rotation", "on".into()),
        ("log_line_prefix", "'%m [%p] %q%u '".into()),
        ("log_parameter_max_length", "0".into()),
        ("log_parameter_max_length_on_error", "0".into()),
        ("track_io_timing", "on".into()),
        // A list of 50 rows takes less time than compiling its query does.
        ("jit", "off".into()),
        ("random_page_cost", "1.1".into()),
        ("effective_cache_size", format!("'{}MB'", memory * 6 / 10)),
        ("work_mem", format!("'{}MB'", (memory / 512).clamp(4, 64))),
        ("maintenance_work_mem", format!("'{}MB'", (memory / 16).clamp(64, 1_024))),
        ("wal_compression", wal_compression.into()),
        ("checkpoint_timeout", "'15min'".into()),
        ("checkpoint_completion_target", "0.9".into()),
    ];
    if cfg!(target_os = "linux") {
        settings.push(("effective_io_concurrency", "200".into()));
    }
    if system::shared_memory_mib().is_some_and(|mib| mib < 512) {
        settings.push(("dynamic_shared_memory_type", "'mmap'".into()));
    }
    if throw_away {
        settings.extend([
            ("shared_buffers", format!("'{}MB'", (memory / 8).clamp(32, 256))),
            ("max_connections", "200".into()),
            ("fsync", "off".into()),
            ("full_page_writes", "off".into()),
            ("synchronous_commit", "off".into()),
            ("wal_level", "minimal".into()),
            ("max_wal_senders", "0".into()),
            ("max_wal_size", "'1GB'".into()),
        ]);
    } else {
        settings.extend([
            ("shared_buffers", format!("'{}MB'", (memory / 4).clamp(64, 8_192))),
            ("max_connections", "100".into()),
            ("max_wal_size", "'4GB'".into()),
            ("min_wal_size", "'256MB'".into()),
            // Backups that nobody fetches any more must not fill the disk.
            ("max_slot_wal_keep_size", "'8GB'".into()),
        ]);
    }
    let mut text = String::from("# Written at every start. Change settings with `alter system`, not here.\n");
    for (name, value) in settings {
        let _ = writeln!(text, "{name} = {value}");
    }
    text
}
