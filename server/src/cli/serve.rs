//! `guanhu serve`.

use std::str::FromStr;

use clap::Args;
use guanhu_crm::practice::{Databases, Size};
use leptos::prelude::LeptosOptions;
use sqlx::postgres::PgConnectOptions;
use tokio::{net::TcpListener, signal::unix::SignalKind};

use super::CliResult;
use crate::{
    AppState, Config,
    database::{Database, secret},
    listen,
    live::Live,
    load::Load,
    metrics,
    practice::Practice,
    router,
    router::DRAIN,
    state::{Drain, Realm},
    upkeep,
};

#[derive(Args)]
pub struct Serve {
    /// Fill an empty bank with 5,000 made-up customers first.
    #[arg(long)]
    pub demo: bool,
}

impl Serve {
    pub async fn run(self, config: &Config) -> CliResult {
        // The address first: a port in use is known at once, not after the database has started.
        let listener = TcpListener::bind(config.addr).await.map_err(|error| format!("cannot listen on {}: {error}", config.addr))?;
        let mut database = Database::open(config).await?;
        let bank = database.bank_to_serve(config).await?;
        if self.demo {
            super::demo::fill_if_empty(config, &database, &bank).await?;
        }
        let drain = Drain::default();
        let mut state = AppState {
            bank: bank.clone(),
            leptos: leptos_options(config)?,
            drain: drain.clone(),
            live: Live::default(),
            load: Load::new(config.max_requests),
            trusts_proxy: config.trust_proxy,
            realm: Realm::Bank,
            practice: Practice::default(),
        };
        state.practice = practice(config, &database, &state).await?;
        let practice = state.practice.clone();
        let upkeep = tokio::spawn(upkeep::run(bank.clone(), Some(config.data_dir.clone()), drain.clone()));
        let notifier = tokio::spawn(state.live.clone().run(bank.clone(), drain.clone()));
        eprintln!("Guanhu is at http://{}", listener.local_addr()?);
        let (grace, cut) = (config.drain, drain.clone());
        let stopping = tokio::spawn({
            let drain = drain.clone();
            async move {
                let asked = stop_signal().await;
                drain.start();
                asked
            }
        });
        // A balancer has to hear of it first; whoever presses Ctrl-C has none.
        let grace = async move {
            if matches!(stopping.await, Ok(Asked::Terminate)) {
                tokio::time::sleep(grace).await;
            }
        };
        let too_slow = async {
            cut.wait().await;
            tokio::time::sleep(config.drain + DRAIN).await;
        };
        let app = router(state, metrics::start()?);
        tokio::select! {
            () = listen::serve(listener, app, &drain, grace) => {}
            () = too_slow => tracing::warn!("some requests did not finish in time"),
        }
        upkeep.await?;
        notifier.await?;
        bank.flush().await;
        practice.close().await;
        bank.close().await;
        database.close().await?;
        Ok(0)
    }
}

/// Offered, but not made before somebody enters it. What forbids it forbids nothing else.
async fn practice(config: &Config, database: &Database, state: &AppState) -> Result<Practice, Box<dyn std::error::Error + Send + Sync>> {
    if !config.practice {
        return Ok(Practice::default());
    }
    let secret = secret(config)?;
    let owner = PgConnectOptions::from_str(&database.connection.owner_url)?;
    Ok(match Databases::beside(owner, &state.bank, &secret, Size::default()).await {
        Ok(databases) => Practice::beside(databases, state.clone(), config.practice_idle),
        Err(error) => {
            tracing::warn!(%error, "practice is not offered");
            Practice::default()
        }
    })
}

/// `LEPTOS_OUTPUT_NAME` is fixed when the server is compiled. All files of one build of the site lie
/// below one fingerprinted directory, so none needs a hash in its name.
fn leptos_options(config: &Config) -> Result<LeptosOptions, String> {
    let fingerprint = config.site_dir.join("fingerprint");
    let fingerprint = std::fs::read_to_string(&fingerprint).map_err(|error| {
        format!("no site at {} ({error}); build it with `cargo xtask site` or set GUANHU_SITE_DIR", config.site_dir.display())
    })?;
    Ok(LeptosOptions::builder()
        .output_name("guanhu")
        .site_root(config.site_dir.to_string_lossy().into_owned())
        .site_pkg_dir(format!("pkg/{}", fingerprint.trim()))
        .site_addr(config.addr)
        .build())
}

/// How the server was told to stop.
enum Asked {
    Terminate,
    Interrupt,
}

async fn stop_signal() -> Asked {
    let terminated = async {
        match tokio::signal::unix::signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::error!(%error, "SIGTERM cannot be heard");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => Asked::Interrupt,
        () = terminated => Asked::Terminate,
    }
}
