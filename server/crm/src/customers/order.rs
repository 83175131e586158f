//! The orders of the customers list, and where a page of each begins.

use guanhu_domain::{Code, customers::Sort};
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, QueryBuilder};

use crate::{Error, Result};

/// The columns that make an order, over an alias `s`, each with the key last; all run one way.
pub(crate) struct Order {
    pub columns: &'static str,
    pub by: &'static str,
    beyond: &'static str,
}

/// An order's columns, and the same the other way round.
macro_rules! columns {
    ($($column:literal),+) => {
        [concat!($($column, ", ",)+ "s.customer_id"), concat!($($column, " desc, ",)+ "s.customer_id desc")]
    };
}

pub(crate) fn order(sort: Sort) -> Order {
    let columns = match sort {
        Sort::AumDesc | Sort::AumAsc => columns!("s.aum"),
        Sort::NameAsc | Sort::NameDesc => columns!("s.name_key"),
        Sort::TierAsc | Sort::TierDesc => columns!("s.tier_rank", "s.aum"),
        Sort::ContactAsc | Sort::ContactDesc => columns!("coalesce(s.last_contact_at, '-infinity')"),
        Sort::OpenedAsc | Sort::OpenedDesc => columns!("coalesce(s.opened_on, '-infinity')"),
        Sort::DepositsAsc | Sort::DepositsDesc => columns!("s.deposits"),
        Sort::LoansAsc | Sort::LoansDesc => columns!("s.loans"),
        Sort::WealthAsc | Sort::WealthDesc => columns!("s.wealth"),
        // Nothing before any month was computed.
        Sort::ContributionAsc | Sort::ContributionDesc => columns!("coalesce(s.contribution, 0)"),
        Sort::TrendAsc | Sort::TrendDesc => columns!("(s.aum - s.aum_previous)"),
        Sort::AlertsAsc | Sort::AlertsDesc => columns!("s.open_alerts"),
        Sort::AccountsAsc | Sort::AccountsDesc => columns!("s.accounts"),
        Sort::CompletenessAsc | Sort::CompletenessDesc => columns!("s.completeness"),
        // What is to come and is not known comes last.
        Sort::MaturityAsc | Sort::MaturityDesc => columns!("coalesce(s.next_maturity_on, 'infinity')"),
        Sort::TaskAsc | Sort::TaskDesc => columns!("coalesce(s.next_due_on, 'infinity')"),
    };
    if sort.code().starts_with('-') {
        Order { columns: columns[0], by: columns[1], beyond: " < " }
    } else {
        Order { columns: columns[0], by: columns[0], beyond: " > " }
    }
}

/// The last row of a page, with the total that its first page counted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    pub sort: Sort,
    pub at: At,
    pub id: i64,
    pub count: i64,
    pub capped: bool,
}

/// The value by which the last row was ordered. Times in microseconds; `None` comes before everything, but
/// for days to come after everything.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum At {
    Aum(i64),
    Name(String),
    Tier(i16, i64),
    Contact(Option<i64>),
    Opened(Option<chrono::NaiveDate>),
    /// Minor units, or a count.
    Figure(i64),
    ToCome(Option<chrono::NaiveDate>),
}

impl Place {
    /// Appends ` and …`: only what comes after this place.
    pub fn push_beyond(&self, sort: Sort, sql: &mut QueryBuilder<Postgres>) -> Result<()> {
        if self.sort != sort {
            return Err(Error::new(Code::Malformed));
        }
        let order = order(sort);
        sql.push(" and (").push(order.columns).push(")").push(order.beyond).push("(");
        match (&self.at, sort) {
            (At::Aum(aum), Sort::AumAsc | Sort::AumDesc) => {
                sql.push_bind(*aum);
            }
            (At::Name(name), Sort::NameAsc | Sort::NameDesc) => {
                sql.push_bind(name.clone());
            }
            (At::Tier(rank, aum), Sort::TierAsc | Sort::TierDesc) => {
                sql.push_bind(*rank).push(", ").push_bind(*aum);
            }
            (At::Contact(at), Sort::ContactAsc | Sort::ContactDesc) => {
                let at = match at {
                    Some(at) => Some(chrono::DateTime::from_timestamp_micros(*at).ok_or_else(|| Error::new(Code::Malformed))?),
                    None => None,
                };
                sql.push("coalesce(").push_bind(at).push("::timestamptz, '-infinity')");
            }
            (At::Opened(on), Sort::OpenedAsc | Sort::OpenedDesc) => {
                sql.push("coalesce(").push_bind(*on).push("::date, '-infinity')");
            }
            (
                At::Figure(figure),
                Sort::DepositsAsc
                | Sort::DepositsDesc
                | Sort::LoansAsc
                | Sort::LoansDesc
                | Sort::WealthAsc
                | Sort::WealthDesc
                | Sort::ContributionAsc
                | Sort::ContributionDesc
                | Sort::TrendAsc
                | Sort::TrendDesc
                | Sort::AlertsAsc
                | Sort::AlertsDesc
                | Sort::AccountsAsc
                | Sort::AccountsDesc
                | Sort::CompletenessAsc
                | Sort::CompletenessDesc,
            ) => {
                sql.push_bind(*figure);
            }
            (At::ToCome(on), Sort::MaturityAsc | Sort::MaturityDesc | Sort::TaskAsc | Sort::TaskDesc) => {
                sql.push("coalesce(").push_bind(*on).push("::date, 'infinity')");
            }
            _ => return Err(Error::new(Code::Malformed)),
        }
        sql.push(", ").push_bind(self.id).push(")");
        Ok(())
    }
}
