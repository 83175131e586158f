//! `guanhu audit`: is the log what was sealed?

use clap::{Args, Subcommand};
use guanhu_crm::{Actor, audit::seal};

use super::CliResult;
use crate::{Config, database::Database, upkeep::SEALS};

/// The audit log.
#[derive(Args)]
pub struct Audit {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Compute every seal again and name the first difference; non-zero when there is one.
    Verify,
    /// Seal what is settled now rather than within the minute.
    Seal,
}

impl Audit {
    pub async fn run(self, config: &Config) -> CliResult {
        let database = Database::open(config).await?;
        let bank = database.bank(config).await?;
        let outside = config.data_dir.join(SEALS);
        std::fs::create_dir_all(&config.data_dir)?;
        let code = match self.command {
            AuditCommand::Seal => {
                let sealed = seal::seal(&bank, &Actor::system(), Some(&outside)).await?;
                println!(
                    "{} rows sealed{}",
                    sealed.rows,
                    if sealed.is_waiting { "; a long transaction is still writing, try again" } else { "" }
                );
                u8::from(sealed.is_waiting)
            }
            AuditCommand::Verify => {
                let verdict = seal::verify(&bank, &Actor::system(), Some(&outside)).await?;
                println!("{} rows under {} seals, {} rows not sealed yet", verdict.rows, verdict.seals, verdict.unsealed);
                match verdict.difference {
                    None => 0,
                    Some(difference) => {
                        println!("DIFFERENT: {difference}");
                        1
                    }
                }
            }
        };
        bank.pool().close().await;
        database.close().await?;
        Ok(code)
    }
}
