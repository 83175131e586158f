//! Finding customers by what was typed: part of a name, its pinyin or initials, a customer number,
//! or exactly a phone, an ID, an account number or a source system's key.
//!
//! Words are looked up in `customer_token`. Whoever has few customers reads them and probes the tokens
//! of each; whoever has many reads the token, weightiest first, and probes the scope.

use guanhu_domain::CustomerNo;
use sqlx::{Postgres, QueryBuilder};

use super::list::Filter;
use crate::{Keys, Scope, tokens};

/// A search finds so many, the weightiest; whoever needs others types more.
pub(super) const CAP: i64 = 500;

/// Tokens read at most, so that a common pair in a small scope ends.
const READ: i64 = 10_000;
/// Tokens beginning alike that are read at most, to find the weightiest of them.
const READ_PREFIX: i64 = 40_000;
/// Units whose customers are read one by one.
const FEW_UNITS: usize = 2;
/// Pairs compared at most; more of a long name tell nothing more.
const PAIRS: usize = 8;

/// What was typed, ready to be looked up. Never logged.
pub(super) struct Search {
    hash: Vec<u8>,
    number: Option<i64>,
    words: Words,
}

enum Words {
    None,
    /// Every pair must be among the customer's tokens.
    Pairs(Vec<String>),
    /// In one of these ways, every prefix must begin one of the customer's tokens; the longest comes first.
    Prefixes(Vec<Vec<String>>),
}

impl Search {
    /// `None` when nothing of it could be looked up.
    pub fn of(keys: &Keys, typed: &str) -> Option<Search> {
        let folded: Vec<char> = tokens::fold(typed).take(64).collect();
        if folded.is_empty() {
            return None;
        }
        let mut pairs: Vec<String> =
            folded.windows(2).filter(|pair| pair.iter().any(|c| !c.is_ascii())).map(|pair| pair.iter().collect()).collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs.truncate(PAIRS);
        let words = if !pairs.is_empty() {
            Words::Pairs(pairs)
        } else {
            match tokens::lookup(typed) {
                Some(tokens::Lookup::Prefix(joined)) => {
                    let mut separate: Vec<String> = typed
                        .split_whitespace()
                        .map(|word| tokens::fold(word).take(24).collect::<String>())
                        .filter(|word| !word.is_empty())
                        .collect();
                    separate.sort_by_key(|word| std::cmp::Reverse(word.len()));
                    separate.dedup();
                    separate.truncate(4);
                    let mut ways = vec![vec![joined]];
                    if separate.len() > 1 {
                        ways.push(separate);
                    }
                    Words::Prefixes(ways)
                }
                _ => Words::None,
            }
        };
        let number = typed.parse::<CustomerNo>().ok().map(CustomerNo::id);
        Some(Search { hash: keys.hash(typed), number, words })
    }

    /// Appends `hits as (…)`: at most [`CAP`] + 1 customers with what lists are ordered by.
    pub fn push_hits(&self, sql: &mut QueryBuilder<Postgres>, filter: &Filter) {
        let few = match &filter.scope {
            Scope::Units(units) => units.len() <= FEW_UNITS,
            Scope::Portfolio { .. } | Scope::Nothing => true,
        };
        sql.push("hits as materialized ((");
        match &self.words {
            Words::None => {
                sql.push("select ");
                push_columns(sql, filter);
                sql.push(" from customer_summary s where false");
            }
            Words::Pairs(pairs) if few => push_owned(sql, filter, |sql| pairs.iter().rev().for_each(|pair| push_has(sql, "s", pair))),
            Words::Prefixes(ways) if few => push_owned(sql, filter, |sql| match &ways[..] {
                [only] => only.iter().for_each(|prefix| push_begins(sql, "s", prefix)),
                ways => {
                    sql.push(" and (false");
                    for way in ways {
                        sql.push(" or (true");
                        way.iter().for_each(|prefix| push_begins(sql, "s", prefix));
                        sql.push(")");
                    }
                    sql.push(")");
                }
            }),
            Words::Pairs(pairs) => push_weightiest(sql, filter, "k.weight desc", |sql| {
                sql.push("select k.customer_id, k.weight from customer_token k where k.token = ");
                if let [only] = &pairs[..] {
                    sql.push_bind(only.clone());
                } else {
                    // The pair that fewest names have; which that is, the index tells in a moment.
                    sql.push("(select p from unnest(")
                        .push_bind(pairs.clone())
                        .push(") p order by (select count(*) from (select from customer_token c where c.token = p limit 3000) c) limit 1)");
                    pairs.iter().for_each(|pair| push_has(sql, "k", pair));
                }
                sql.push(" order by k.weight desc limit ").push_bind(READ);
            }),
            Words::Prefixes(ways) => push_weightiest(sql, filter, "k.whole desc, k.weight desc", |sql| {
                sql.push("select customer_id, max(weight) as weight, bool_or(whole) as whole from (");
                for (i, way) in ways.iter().enumerate() {
                    sql.push(if i > 0 { " union all " } else { "" });
                    push_prefix(sql, way);
                }
                sql.push(") k group by customer_id order by whole desc, weight desc offset 0");
            }),
        }
        sql.push(") union (select ");
        push_columns(sql, filter);
        sql.push(" from (select customer_id from customer_identity where value_hash = ").push_bind(self.hash.clone());
        sql.push(" union all select customer_id from customer_contact where value_hash = ").push_bind(self.hash.clone());
        sql.push(" union all select customer_id from account where account_no_hash = ").push_bind(self.hash.clone());
        sql.push(" union all select ").push_bind(self.number).push("::bigint) e join customer_summary s using (customer_id) where ");
        filter.push_visible(sql, true);
        sql.push(" limit ").push_bind(CAP).push("))");
    }
}

/// Customers in sight, each probed for its tokens.
fn push_owned(sql: &mut QueryBuilder<Postgres>, filter: &Filter, tokens: impl FnOnce(&mut QueryBuilder<Postgres>)) {
    sql.push("select ");
    push_columns(sql, filter);
    sql.push(" from customer_summary s where ");
    filter.push_visible(sql, true);
    tokens(sql);
    sql.push(" limit ").push_bind(CAP + 1);
}

/// Tokens in this order, each probed for scope and filters until there are enough.
fn push_weightiest(
    sql: &mut QueryBuilder<Postgres>,
    filter: &Filter,
    order: &'static str,
    tokens: impl FnOnce(&mut QueryBuilder<Postgres>),
) {
    sql.push("select ");
    push_columns(sql, filter);
    sql.push(" from (");
    tokens(sql);
    sql.push(") k join customer_summary s using (customer_id) where ");
    filter.push_visible(sql, true);
    sql.push(" order by ").push(order).push(" limit ").push_bind(CAP + 1);
}

/// One way of reading the prefixes: names that are just so, then the weightiest that begin so.
fn push_prefix(sql: &mut QueryBuilder<Postgres>, way: &[String]) {
    let [driver, rest @ ..] = way else { return };
    sql.push("(select k.customer_id, k.weight, true as whole from customer_token k where k.token = ").push_bind(driver.clone());
    rest.iter().for_each(|prefix| push_begins(sql, "k", prefix));
    sql.push(" order by k.weight desc limit ").push_bind(CAP + 1).push(")");
    // One Latin letter begins a quarter of all names.
    if driver.chars().count() > 1 || !driver.is_ascii() {
        sql.push(
            " union all (select r.customer_id, r.weight, false from (select k.customer_id, k.weight from customer_token k where k.token > ",
        );
        sql.push_bind(driver.clone()).push(" and k.token < ").push_bind(after(driver));
        rest.iter().for_each(|prefix| push_begins(sql, "k", prefix));
        sql.push(" limit ").push_bind(READ_PREFIX).push(") r order by r.weight desc limit ").push_bind(READ / 2).push(")");
    }
}

/// The least text that no token beginning with `prefix` reaches.
fn after(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

// Both are scalar on purpose: an `exists` would be turned into a join that reads the token of everybody.

/// Appends ` and …`: the customer has this token.
fn push_has(sql: &mut QueryBuilder<Postgres>, alias: &'static str, token: &str) {
    sql.push(" and (select true from customer_token p where p.customer_id = ").push(alias).push(".customer_id and p.token = ");
    sql.push_bind(token.to_owned()).push(" limit 1)");
}

/// Appends ` and …`: the customer has a token that begins so.
fn push_begins(sql: &mut QueryBuilder<Postgres>, alias: &'static str, prefix: &str) {
    sql.push(" and (select true from customer_token p where p.customer_id = ").push(alias).push(".customer_id and p.token >= ");
    sql.push_bind(prefix.to_owned()).push(" and p.token < ").push_bind(after(prefix)).push(" limit 1)");
}

/// The key and every sort value; of a colleague's customer no figure decides its place.
fn push_columns(sql: &mut QueryBuilder<Postgres>, filter: &Filter) {
    sql.push("s.customer_id, s.name_key");
    for (column, nothing) in [("aum", "0"), ("tier_rank", "0"), ("last_contact_at", "null"), ("opened_on", "null")] {
        if filter.outlet().is_some() {
            sql.push(", case when ");
            filter.scope.restrict(sql);
            sql.push(" then s.").push(column).push(" else ").push(nothing).push(" end as ").push(column);
        } else {
            sql.push(", s.").push(column);
        }
    }
}
