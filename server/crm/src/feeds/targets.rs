//! How the rows of each entity reach its table: what they refer to, how a known record is found,
//! and what a load may change of it.
//!
//! In the expressions `s` is the staged row, `t` the record already there, `{source}`, `{day}` and
//! `{base}` the feed's source system, business date and the bank's base currency.

use guanhu_domain::feeds::RejectReason::{self, Conflict, UnknownCurrency, UnknownKey};

/// One table and the statement that fills it.
pub struct Target {
    pub entity: &'static str,
    pub table: &'static str,
    pub joins: &'static str,
    /// Condition, reason, detail: the first that holds refuses the row.
    pub checks: &'static [(&'static str, RejectReason, &'static str)],
    /// Columns written once, when the record is new.
    pub ids: &'static [(&'static str, &'static str)],
    /// The same, but made while inserting, in the order of `order`.
    pub late_ids: &'static [(&'static str, &'static str)],
    /// Those of `ids` that two rows of a file must not share.
    pub key: &'static [&'static str],
    /// Those of `ids` by which an update finds its record.
    pub matching: &'static [&'static str],
    /// True when the record is there.
    pub found: &'static str,
    pub sets: &'static [Set],
    pub versioned: bool,
    /// Customers whose summary follows.
    pub touches_customer: bool,
    pub order: &'static str,
}

/// A column that a load may change: its expression, and the canonical columns of which at least one
/// must be mapped for a known record to be changed.
pub struct Set {
    pub column: &'static str,
    pub expr: &'static str,
    pub needs: &'static [&'static str],
}

const fn set(column: &'static str, expr: &'static str, needs: &'static [&'static str]) -> Set {
    Set { column, expr, needs }
}

impl Target {
    pub fn of(entity: &str) -> Option<&'static Target> {
        let all = [bank::TARGETS, customers::TARGETS, credit::TARGETS, accounts::TARGETS, money::TARGETS, service::TARGETS];
        all.into_iter().flatten().find(|target| target.entity == entity)
    }
}

macro_rules! customer {
    () => {
        "left join customer_identity c on c.kind = 'source_key' and c.system = {source} and c.value = s.customer "
    };
}
macro_rules! account {
    () => {
        "left join account a on a.source = {source} and a.source_key = s.account "
    };
}

const NO_CUSTOMER: (&str, RejectReason, &str) = ("c.customer_id is null", UnknownKey, "'customer: ' || s.customer");
const NO_ACCOUNT: (&str, RejectReason, &str) = ("a.account_id is null", UnknownKey, "'account: ' || s.account");
const NO_UNIT: (&str, RejectReason, &str) = ("s.unit is not null and o.org_id is null", UnknownKey, "'unit: ' || s.unit");
const NO_RATE: (&str, RejectReason, &str) = (
    "coalesce(s.currency, {base}) <> {base} and not exists (select from currency_rate r where r.currency = s.currency and r.business_date <= {day})",
    UnknownCurrency,
    "'currency: ' || s.currency || ' has no rate on ' || {day}",
);
const OTHER_CURRENCY: (&str, RejectReason, &str) = (
    "coalesce(s.currency, {base}) <> a.currency",
    Conflict,
    "'currency: ' || coalesce(s.currency, {base}) || ', but the account is in ' || a.currency",
);

const NONE: Target = Target {
    entity: "",
    table: "",
    joins: "",
    checks: &[],
    ids: &[],
    late_ids: &[],
    key: &[],
    matching: &[],
    found: "false",
    sets: &[],
    versioned: false,
    touches_customer: false,
    order: "line",
};

// After the macros, which they use.
mod accounts;
mod bank;
mod credit;
mod customers;
mod money;
mod service;

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::feeds::entity::Entity;

    /// Columns of the staged row that an expression reads.
    fn staged(expr: &str) -> Vec<&str> {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let begins = expr.match_indices("s.").filter(|(at, _)| !expr[..*at].ends_with(word));
        let name = |at: usize| expr[at + 2..].split(|c| !word(c)).next().unwrap_or_default();
        begins.map(|(at, _)| name(at)).collect()
    }

    #[test]
    fn what_is_kept_from_whoever_has_no_customers_is_hidden_in_their_files_too() {
        let registry: BTreeMap<String, BTreeMap<String, Vec<String>>> = toml::from_str(include_str!("../../data_classes.toml")).unwrap();
        let secret = |table: &str, column: &str| {
            let classes = ["C2", "C3"].into_iter().filter_map(|class| registry.get(table)?.get(class));
            classes.flatten().any(|own| own == column)
        };
        let mut found = BTreeSet::new();
        let all = [bank::TARGETS, customers::TARGETS, credit::TARGETS, accounts::TARGETS, money::TARGETS, service::TARGETS];
        for target in all.into_iter().flatten() {
            let written = target.ids.iter().map(|id| (id.0, id.1)).chain(target.sets.iter().map(|set| (set.column, set.expr)));
            for (column, expr) in written.filter(|(column, _)| secret(target.table, column)) {
                for name in staged(expr) {
                    let name = name.strip_suffix("_hash").unwrap_or(name);
                    let read = Entity::find(target.entity).and_then(|entity| entity.column(name)).unwrap();
                    assert!(read.hidden.is_some(), "{}.{name} is written to {}.{column}", target.entity, target.table);
                    found.insert(format!("{}.{name}", target.entity));
                }
            }
        }
        assert_eq!(
            found.iter().map(String::as_str).collect::<Vec<_>>(),
            [
                "accounts.account_no",
                "cards.card_no",
                "contacts.value",
                "identities.value",
                "loans.account_no",
                "orders.to_account",
                "transactions.counterparty_account",
                "transactions.narrative"
            ]
        );
        for name in ["name", "short_name", "identity"] {
            assert!(Entity::find("customers").and_then(|entity| entity.column(name)).unwrap().hidden.is_some(), "{name}");
        }
    }
}
