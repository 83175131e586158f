//! Logs: one line per event, text or JSON, never personal data.

use std::env;

use tracing_subscriber::{EnvFilter, fmt};

/// `GUANHU_LOG` is a filter such as `info,guanhu_crm=debug`; `GUANHU_LOG_FORMAT=json` for machines.
pub fn start() {
    let filter = EnvFilter::try_from_env("GUANHU_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    match env::var("GUANHU_LOG_FORMAT").as_deref() {
        Ok("json") => builder.json().flatten_event(true).init(),
        _ => builder.compact().init(),
    }
}
