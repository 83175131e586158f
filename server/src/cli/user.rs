//! `guanhu user`: the first users of a bank, and a way back in when nobody is left.

use std::io::{IsTerminal, Read};

use clap::{Args, Subcommand};
use guanhu_crm::{Actor, access::users};
use guanhu_domain::{
    Lang,
    access::{
        Role,
        users::{Grant, NewUser},
    },
};

use super::CliResult;
use crate::{Config, database::Database};

/// Users, from the command line.
#[derive(Args)]
pub struct User {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Make a user who can log in at once; the password comes on stdin.
    Add(Add),
}

#[derive(Args)]
struct Add {
    #[arg(long)]
    login: String,
    #[arg(long)]
    name: String,
    /// manager, branch_manager, executive, administrator, security_officer or auditor.
    #[arg(long, value_parser = role)]
    role: Role,
    /// Code of the unit.
    #[arg(long)]
    org: String,
    /// Staff number of a manager; without one, whoever has the login as staff number, or a new member of staff.
    #[arg(long)]
    staff: Option<String>,
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_code(text).ok_or_else(|| format!("expected one of {}", Role::ALL.map(Role::code).join(", ")))
}

impl User {
    pub async fn run(self, config: &Config) -> CliResult {
        let UserCommand::Add(add) = self.command;
        if std::io::stdin().is_terminal() {
            eprintln!("Password (15 characters or more), then Ctrl-D:");
        }
        let mut password = String::new();
        std::io::stdin().take(1024).read_to_string(&mut password)?;
        let password = password.trim_end_matches(['\r', '\n']);
        let database = Database::open(config).await?;
        let bank = database.bank(config).await?;
        let new = NewUser {
            login: add.login,
            name: add.name,
            grant: Grant { role: add.role, org: add.org, staff: add.staff },
            reason: "command line".into(),
        };
        let actor = Actor::system();
        let added = bank.settle(Some(&actor), users::add(&bank, &actor, &new, password).await).await;
        bank.pool().close().await;
        database.close().await?;
        match added {
            Ok(()) => {
                println!("{} may log in", new.login);
                Ok(0)
            }
            Err(problem) => {
                eprintln!("{}", problem.message(Lang::En));
                for field in &problem.fields {
                    eprintln!("  {}: {}", field.field, field.rule.message(Lang::En));
                }
                Ok(1)
            }
        }
    }
}
