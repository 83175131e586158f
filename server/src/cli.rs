//! The command line.

mod audit;
mod backup;
mod demo;
mod import;
mod months;
mod serve;
mod user;

use clap::{Parser, Subcommand};

use crate::{Config, database::Database, telemetry};

/// Guanhu 管户, the customer-relationship system of a commercial bank.
#[derive(Parser)]
#[command(name = "guanhu", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server.
    Serve(serve::Serve),
    Import(import::Import),
    /// Fill an empty database with a made-up bank.
    Demo(demo::Demo),
    User(user::User),
    Audit(audit::Audit),
    Backup(backup::Backup),
    Restore(backup::Restore),
    Reconcile(months::Reconcile),
    Close(months::Close),
    /// Bring the schema up to date and nothing else.
    Migrate,
}

pub type CliResult = Result<u8, Box<dyn std::error::Error + Send + Sync>>;

/// Runs the command line; the exit code.
pub async fn run() -> u8 {
    let cli = Cli::parse();
    telemetry::start();
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(error) => {
            eprintln!("guanhu: {error}");
            return 2;
        }
    };
    let result = match cli.command {
        Command::Serve(serve) => serve.run(&config).await,
        Command::Import(import) => import.run(&config).await,
        Command::Demo(demo) => demo.run(&config).await,
        Command::User(user) => user.run(&config).await,
        Command::Audit(audit) => audit.run(&config).await,
        Command::Backup(backup) => backup.run(&config).await,
        Command::Restore(restore) => restore.run(&config).await,
        Command::Reconcile(reconcile) => reconcile.run(&config).await,
        Command::Close(close) => close.run(&config).await,
        Command::Migrate => migrate(&config).await,
    };
    result.unwrap_or_else(|error| {
        eprintln!("guanhu: {error}");
        1
    })
}

async fn migrate(config: &Config) -> CliResult {
    let database = Database::open(config).await?;
    guanhu_crm::bank::migrate(&database.connection).await?;
    database.close().await?;
    Ok(0)
}
