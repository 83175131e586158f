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

pub(crate) fn order(sort: Sort) -> Order {
    let columns = match sort {
        Sort::AumDesc | Sort::AumAsc => ["s.aum, s.customer_id", "s.aum desc, s.customer_id desc"],
        Sort::NameAsc | Sort::NameDesc => ["s.name_key, s.customer_id", "s.name_key desc, s.customer_id desc"],
        Sort::TierAsc | Sort::TierDesc => ["s.tier_rank, s.aum, s.customer_id", "s.tier_rank desc, s.aum desc, s.customer_id desc"],
        Sort::ContactAsc | Sort::ContactDesc => {
            ["coalesce(s.last_contact_at, '-infinity'), s.customer_id", "coalesce(s.last_contact_at, '-infinity') desc, s.customer_id desc"]
        }
        Sort::OpenedAsc | Sort::OpenedDesc => {
            ["coalesce(s.opened_on, '-infinity'), s.customer_id", "coalesce(s.opened_on, '-infinity') desc, s.customer_id desc"]
        }
    };
    let ascending = matches!(sort, Sort::AumAsc | Sort::NameAsc | Sort::TierAsc | Sort::ContactAsc | Sort::OpenedAsc);
    if ascending {
        Order { columns: columns[0], by: columns[0], beyond: " > " }
    } else {
        Order { columns: columns[0], by: columns[1], beyond: " < " }
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

/// The value by which the last row was ordered. Times in microseconds; `None` comes before everything.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum At {
    Aum(i64),
    Name(String),
    Tier(i16, i64),
    Contact(Option<i64>),
    Opened(Option<chrono::NaiveDate>),
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
            _ => return Err(Error::new(Code::Malformed)),
        }
        sql.push(", ").push_bind(self.id).push(")");
        Ok(())
    }
}
