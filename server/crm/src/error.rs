//! Failures: what the client may read ([`Problem`]) and what only the log needs.

use guanhu_domain::{
    Code, Problem,
    access::Verb,
    problem::{FieldProblem, Rule},
};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Seconds after which whoever was told that the system is busy is to come back, unless a verb knows better.
const RETRY_AFTER: u64 = 2;

/// Why a verb did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Made where the meaning is known; goes to the client as it is.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// The role may not use the verb. The boundary audits it.
    #[error("{} may not {}", .login, .verb.code())]
    Denied { verb: Verb, login: String },
    /// The cause is logged once, at the boundary; the client gets a reference.
    #[error("database: {0}")]
    Database(sqlx::Error),
    #[error("{0}")]
    Internal(String),
}

impl Error {
    pub fn new(code: Code) -> Error {
        Problem::new(code).into()
    }

    /// Unknown or out of scope: the caller cannot tell which.
    pub fn not_found() -> Error {
        Error::new(Code::NotFound)
    }

    pub fn field(field: impl Into<String>, rule: Rule) -> Error {
        Problem::field(field, rule).into()
    }

    pub fn fields(fields: Vec<FieldProblem>) -> Error {
        Problem::fields(fields).into()
    }

    pub fn internal(cause: impl std::fmt::Display) -> Error {
        Error::Internal(cause.to_string())
    }

    /// The code the client will see.
    pub fn code(&self) -> Code {
        match self {
            Error::Problem(problem) => problem.code,
            Error::Denied { .. } => Code::Forbidden,
            Error::Database(sqlx::Error::PoolTimedOut) => Code::Busy,
            Error::Database(_) | Error::Internal(_) => Code::Internal,
        }
    }

    /// What the client sees. `reference` ties it to the log. Whoever is told to come back is told when.
    pub fn into_problem(self, reference: &str) -> Problem {
        let code = self.code();
        let mut problem = match self {
            Error::Problem(problem) => *problem,
            _ => Problem { reference: Some(reference.to_owned()), ..Problem::new(code) },
        };
        if code == Code::Busy {
            problem.retry_after.get_or_insert(RETRY_AFTER);
        }
        problem
    }

    /// Did the database give up on a statement that took longer than it was given?
    pub fn is_timeout(&self) -> bool {
        matches!(self, Error::Database(sqlx::Error::Database(cause)) if cause.code().as_deref() == Some("57014"))
    }

    /// Turns a violated constraint of this name into a clear problem; other errors stay as they are.
    pub fn on_constraint(self, name: &str, problem: impl FnOnce() -> Problem) -> Error {
        match &self {
            Error::Database(sqlx::Error::Database(error)) if error.constraint() == Some(name) => problem().into(),
            _ => self,
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Error {
        Error::Problem(Box::new(problem))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Error {
        match error {
            sqlx::Error::RowNotFound => Error::not_found(),
            // A replica gave up a read for the log it had to replay: there is nothing to resolve.
            sqlx::Error::Database(ref cause) if cause.message().contains("conflict with recovery") => Error::new(Code::Busy),
            // Somebody changed the same rows first; the whole transaction was undone.
            sqlx::Error::Database(ref cause) if matches!(cause.code().as_deref(), Some("40001" | "40P01")) => Error::new(Code::Conflict),
            error => Error::Database(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_told_that_the_system_is_busy_is_told_when_to_come_back() {
        for error in [Error::new(Code::Busy), sqlx::Error::PoolTimedOut.into()] {
            assert_eq!(error.into_problem("r").retry_after, Some(RETRY_AFTER));
        }
        let known = Problem { retry_after: Some(9), ..Problem::new(Code::Busy) };
        assert_eq!(Error::from(known).into_problem("r").retry_after, Some(9));
        assert_eq!(Error::not_found().into_problem("r").retry_after, None);
    }
}
