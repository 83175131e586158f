//! Finding customers by what was typed: part of a name, its pinyin or initials, a customer number,
//! or exactly a phone, an ID, an account number or a source system's key.
//!
//! Words are looked up in `customer_token`. A manager's customers are read and each probed for its tokens.
//! Whoever has units reads the tokens of each, weightiest first; whoever has the whole bank, those of the
//! whole bank. Where tokens were left unread, the search says that there may be more.

use guanhu_domain::CustomerNo;
use sqlx::{Postgres, QueryBuilder};

use super::list::Filter;
use crate::{Keys, Scope, tokens};

/// A search finds so many, the weightiest; whoever needs others types more.
pub(super) const CAP: i64 = 500;

/// Tokens read at most, so that a common pair under a rare filter ends.
const READ: i64 = 10_000;
/// Tokens beginning alike that are read at most, to find the weightiest of them.
const READ_PREFIX: i64 = 25_000;
/// Customers probed at most, from the richest down, for a beginning that more tokens have than are read.
const WALK: i64 = 40_000;
/// Up to so many units are read one by one; whoever has more has a good part of the bank.
const MANY_UNITS: usize = 200;
/// Units whose customers are probed while tokens have no unit yet.
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

    /// Appends `read`, `cut` and `hits`: at most [`CAP`] + 1 customers (and those found exactly) with what
    /// lists are ordered by; `cut.yes` where there may be others whose tokens were not read. `by_unit`: have
    /// all tokens their unit? `richest`: only so many are wanted, and those with the highest AUM.
    pub fn push_hits(&self, sql: &mut QueryBuilder<Postgres>, filter: &Filter, by_unit: bool, richest: Option<i64>) {
        let reach = match &filter.scope {
            Scope::Units(units) if by_unit && units.len() <= MANY_UNITS => Reach::Units(units.clone()),
            Scope::Units(units) if units.len() > FEW_UNITS => Reach::Bank,
            Scope::Units(_) | Scope::Portfolio { .. } | Scope::Nothing => Reach::Own,
        };
        if reach.reads_tokens() && !matches!(self.words, Words::None) {
            sql.push("read as materialized (");
            match &self.words {
                Words::Prefixes(ways) => {
                    for (i, way) in ways.iter().enumerate() {
                        sql.push(if i > 0 { " union all " } else { "" });
                        push_read_prefix(sql, &reach, way);
                    }
                    sql.push("), cut as materialized (select count(*) >= ").push_bind(READ_PREFIX);
                    sql.push(" or count(*) filter (where whole) >= ").push_bind(READ).push(" as yes from read)");
                }
                Words::Pairs(pairs) => {
                    let each = reach.each(filter);
                    push_read_pairs(sql, &reach, pairs, each);
                    sql.push("), cut as materialized (select exists (select 1 from read group by org_id having count(*) >= ");
                    sql.push_bind(each).push(") as yes)");
                }
                Words::None => {}
            }
            sql.push(", found as materialized (");
            // Of a pair without filters, the weightiest of every unit are enough.
            let walks = !(matches!((&reach, &self.words), (Reach::Units(_), Words::Pairs(_))) && filter.is_plain());
            push_weightiest(sql, filter, walks && matches!(self.words, Words::Prefixes(_)));
            sql.push("), hits as materialized ((select * from found");
            if walks {
                sql.push(") union (");
                self.push_walk(sql, filter, richest.unwrap_or(CAP + 1));
            }
        } else {
            sql.push("cut as (select false as yes), hits as materialized ((");
            match &self.words {
                Words::None => {
                    sql.push("select ");
                    push_columns(sql, filter);
                    sql.push(" from customer_summary s where false");
                }
                _ => {
                    push_owned(sql, filter);
                    self.push_words(sql);
                    sql.push(" limit ").push_bind(CAP + 1);
                }
            }
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

    /// Where tokens were left unread and those that were read are not enough: customers from the richest down,
    /// each probed. Either so many have the words that the first five hundred are not far down, or so few pass
    /// the filters that all are looked at. It ends at the `enough`th.
    fn push_walk(&self, sql: &mut QueryBuilder<Postgres>, filter: &Filter, enough: i64) {
        sql.push("select ");
        push_columns(sql, filter);
        sql.push(" from (select s.* from customer_summary s where ");
        filter.push_visible(sql, true);
        sql.push(" order by s.aum desc, s.customer_id desc limit ").push_bind(WALK);
        sql.push(") s where (select yes from cut) and (select count(*) from found) <= ").push_bind(CAP);
        self.push_words(sql);
        sql.push(" limit ").push_bind(enough);
    }

    /// Appends ` and …`: the customer `s` has the words.
    fn push_words(&self, sql: &mut QueryBuilder<Postgres>) {
        match &self.words {
            Words::None => {}
            Words::Pairs(pairs) => pairs.iter().rev().for_each(|pair| push_has(sql, "s", pair)),
            Words::Prefixes(ways) => push_begins_any(sql, ways),
        }
    }
}

/// Whose tokens are read.
enum Reach {
    /// None: the customers are few, and each is probed.
    Own,
    Units(Vec<i32>),
    Bank,
}

impl Reach {
    fn reads_tokens(&self) -> bool {
        !matches!(self, Reach::Own)
    }

    /// How many of a pair's tokens are read of each unit: under filters more, but no more in all than [`READ`]
    /// or what is shown of each.
    fn each(&self, filter: &Filter) -> i64 {
        match self {
            Reach::Units(_) if filter.is_plain() => CAP + 1,
            Reach::Units(units) => (READ / units.len().max(1) as i64).max(CAP + 1),
            Reach::Own | Reach::Bank => READ,
        }
    }

    /// `(customer_id, org_id, weight, whole)` of the tokens `k` that `tokens` says: of a unit `u`, or of the bank,
    /// which has none.
    fn push_read(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        whole: impl FnOnce(&mut QueryBuilder<Postgres>),
        tokens: impl FnOnce(&mut QueryBuilder<Postgres>),
    ) {
        sql.push(match self {
            Reach::Units(_) => "select k.customer_id, k.org_id, k.weight, ",
            Reach::Own | Reach::Bank => "select k.customer_id, null::int as org_id, k.weight, ",
        });
        whole(sql);
        sql.push(" as whole from customer_token k where ");
        if let Reach::Units(_) = self {
            sql.push("k.org_id = u.org_id and k.org_id is not null and ");
        }
        tokens(sql);
    }

    fn push_begin(&self, sql: &mut QueryBuilder<Postgres>) {
        sql.push("(select r.* from ");
        if let Reach::Units(units) = self {
            sql.push("unnest(").push_bind(units.clone()).push("::int[]) as u (org_id) cross join lateral ");
        }
        sql.push("(");
    }
}

/// The tokens that were read, each probed for scope and filters until there are enough. `walks`: where
/// beginnings were left unread, only names that are just so; the walk finds the weightiest of the others.
fn push_weightiest(sql: &mut QueryBuilder<Postgres>, filter: &Filter, walks: bool) {
    sql.push("select ");
    push_columns(sql, filter);
    sql.push(" from (select customer_id, max(weight) as weight, bool_or(whole) as whole from read where ");
    sql.push(if walks { "whole or not (select yes from cut)" } else { "true" });
    sql.push(
        " group by customer_id order by bool_or(whole) desc, max(weight) desc offset 0) k
         join customer_summary s using (customer_id) where ",
    );
    filter.push_visible(sql, true);
    sql.push(" order by k.whole desc, k.weight desc limit ").push_bind(CAP + 1);
}

/// Tokens that are one of these pairs, of customers that have the others too: the weightiest.
fn push_read_pairs(sql: &mut QueryBuilder<Postgres>, reach: &Reach, pairs: &[String], each: i64) {
    reach.push_begin(sql);
    reach.push_read(
        sql,
        |sql| {
            sql.push("true");
        },
        |sql| {
            sql.push("k.token = ");
            if let [only] = pairs {
                sql.push_bind(only.clone());
            } else {
                // The pair that fewest names have; which that is, the index tells in a moment.
                sql.push("(select p from unnest(")
                    .push_bind(pairs.to_vec())
                    .push(") p order by (select count(*) from (select from customer_token c where c.token = p limit 3000) c) limit 1)");
                pairs.iter().for_each(|pair| push_has(sql, "k", pair));
            }
        },
    );
    sql.push(" order by k.weight desc limit ").push_bind(each).push(") r)");
}

/// One way of reading the prefixes: names that are just so, and those that begin so.
fn push_read_prefix(sql: &mut QueryBuilder<Postgres>, reach: &Reach, way: &[String]) {
    let [driver, rest @ ..] = way else { return };
    reach.push_begin(sql);
    reach.push_read(
        sql,
        |sql| {
            sql.push("true");
        },
        |sql| {
            sql.push("k.token = ").push_bind(driver.clone());
            rest.iter().for_each(|prefix| push_begins(sql, "k", prefix));
        },
    );
    sql.push(" order by k.weight desc limit ").push_bind(READ).push(") r order by r.weight desc limit ").push_bind(READ).push(")");
    // One Latin letter begins a quarter of all names.
    if driver.chars().count() > 1 || !driver.is_ascii() {
        sql.push(" union all ");
        reach.push_begin(sql);
        reach.push_read(
            sql,
            |sql| {
                sql.push("false");
            },
            |sql| {
                sql.push("k.token > ").push_bind(driver.clone()).push(" and k.token < ").push_bind(after(driver));
                rest.iter().for_each(|prefix| push_begins(sql, "k", prefix));
            },
        );
        sql.push(" limit ").push_bind(READ_PREFIX).push(") r limit ").push_bind(READ_PREFIX).push(")");
    }
}

/// Customers in sight, each to be probed for its tokens.
fn push_owned(sql: &mut QueryBuilder<Postgres>, filter: &Filter) {
    sql.push("select ");
    push_columns(sql, filter);
    sql.push(" from customer_summary s where ");
    filter.push_visible(sql, true);
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

/// Appends ` and …`: in one of these ways, every prefix begins a token of the customer `s`.
fn push_begins_any(sql: &mut QueryBuilder<Postgres>, ways: &[Vec<String>]) {
    sql.push(" and (false");
    for way in ways {
        sql.push(" or (true");
        way.iter().for_each(|prefix| push_begins(sql, "s", prefix));
        sql.push(")");
    }
    sql.push(")");
}

/// What a list may be ordered by, and what stands for it where it is not to be seen.
const SORTED_BY: [(&str, &str); 14] = [
    ("aum", "0"),
    ("aum_previous", "0"),
    ("deposits", "0"),
    ("wealth", "0"),
    ("loans", "0"),
    ("contribution", "null"),
    ("tier_rank", "0"),
    ("accounts", "0"),
    ("open_alerts", "0"),
    ("completeness", "0"),
    ("last_contact_at", "null"),
    ("opened_on", "null"),
    ("next_due_on", "null"),
    ("next_maturity_on", "null"),
];

/// Appends `hits as (…)`: everybody of the outlet whom the filter leaves, in no order.
pub(super) fn push_outlet(sql: &mut QueryBuilder<Postgres>, filter: &Filter) {
    sql.push("hits as materialized (select ");
    push_columns(sql, filter);
    sql.push(" from customer_summary s where ");
    filter.push_visible(sql, true);
    sql.push(")");
}

/// The key and every sort value; of a colleague's customer no figure decides its place.
fn push_columns(sql: &mut QueryBuilder<Postgres>, filter: &Filter) {
    sql.push("s.customer_id, s.name_key");
    for (column, nothing) in SORTED_BY {
        if filter.outlet().is_some() {
            sql.push(", case when ");
            filter.scope.restrict(sql);
            sql.push(" then s.").push(column).push(" else ").push(nothing).push(" end as ").push(column);
        } else {
            sql.push(", s.").push(column);
        }
    }
}
