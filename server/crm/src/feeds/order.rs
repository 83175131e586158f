//! The order of one day's transactions, found from their balances.
//!
//! Files often carry a day's transactions in no particular order, and then neither the running balance
//! nor the last one of the day makes sense. Each transaction tells the balance it left, hence the one it
//! found; chained together they give the order.

use futures::TryStreamExt;
use sqlx::PgConnection;

use crate::Result;

/// A transaction: line, what it adds (negative for debits), the balance it left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub line: i64,
    pub amount: i64,
    pub balance: i64,
}

/// Sources round: a balance may be off by so many minor units and still follow.
const ROUNDING: i64 = 10;
/// Chains tried for one day before the file's own order stands.
const PATIENCE: u32 = 20_000;
/// Busier days keep the file's order: trying would cost more than the order is worth.
const BUSIEST: usize = 200;

/// Ranks the new rows of `feed_load`.
pub async fn by_balance(conn: &mut PgConnection) -> Result<()> {
    let mut ranks: Vec<(i64, i32)> = Vec::new();
    {
        let mut rows = sqlx::query_as::<_, (i64, i64, chrono::NaiveDate, i64, Option<i64>)>(
            "select line, i_account_id, i_booked_on, case v_direction when 'credit' then v_amount else -v_amount end, v_balance_after
             from feed_load where reject is null and not found order by i_account_id, i_booked_on, line",
        )
        .persistent(false)
        .fetch(&mut *conn);
        let mut day: Vec<Entry> = Vec::new();
        let mut of = None;
        let mut opening = None;
        while let Some((line, account, booked_on, amount, balance)) = rows.try_next().await? {
            if of != Some((account, booked_on)) {
                let close = finish(&mut day, opening, &mut ranks);
                opening = if of.is_some_and(|(before, _)| before == account) { close } else { None };
                of = Some((account, booked_on));
            }
            if let Some(balance) = balance {
                day.push(Entry { line, amount, balance });
            }
        }
        finish(&mut day, opening, &mut ranks);
    }
    sqlx::query("update feed_load l set rank = r.rank from unnest($1::bigint[], $2::int[]) as r (line, rank) where r.line = l.line")
        .persistent(false)
        .bind(ranks.iter().map(|rank| rank.0).collect::<Vec<_>>())
        .bind(ranks.iter().map(|rank| rank.1).collect::<Vec<_>>())
        .execute(conn)
        .await?;
    Ok(())
}

/// Orders the day, notes ranks where they differ from the file's order, and returns its last balance.
fn finish(day: &mut Vec<Entry>, opening: Option<i64>, ranks: &mut Vec<(i64, i32)>) -> Option<i64> {
    let sorted = chain(day, opening);
    if sorted != *day {
        ranks.extend(sorted.iter().zip(1..).map(|(entry, rank)| (entry.line, rank)));
    }
    day.clear();
    sorted.last().map(|entry| entry.balance)
}

/// The day's transactions so that each finds the balance that the one before it left, beginning with
/// `opening` if that fits. As given, when there is no such order.
pub fn chain(day: &[Entry], opening: Option<i64>) -> Vec<Entry> {
    if day.len() < 2 || day.len() > BUSIEST {
        return day.to_vec();
    }
    for (start, rounding) in [(opening, 0), (None, 0), (opening, ROUNDING), (None, ROUNDING)] {
        // Exact chains first; the balance of the day before only has to fit roughly.
        let mut search = Search { day, used: vec![false; day.len()], path: Vec::new(), rounding, patience: PATIENCE };
        if search.extend(start, ROUNDING) {
            return search.path.into_iter().map(|at| day[at]).collect();
        }
    }
    day.to_vec()
}

struct Search<'a> {
    day: &'a [Entry],
    used: Vec<bool>,
    path: Vec<usize>,
    rounding: i64,
    patience: u32,
}

impl Search<'_> {
    fn extend(&mut self, before: Option<i64>, allowed: i64) -> bool {
        if self.path.len() == self.day.len() {
            return true;
        }
        for at in 0..self.day.len() {
            let entry = self.day[at];
            let fits = before.is_none_or(|before| (before + entry.amount - entry.balance).abs() <= allowed);
            if self.used[at] || !fits {
                continue;
            }
            if self.patience == 0 {
                return false;
            }
            self.patience -= 1;
            self.used[at] = true;
            self.path.push(at);
            if self.extend(Some(entry.balance), self.rounding) {
                return true;
            }
            self.path.pop();
            self.used[at] = false;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_shuffled_day_closes_at_its_true_balance(
            amounts in prop::collection::vec(-5000i64..5000, 1..8),
            opening in 0i64..100_000,
            shuffle in any::<u64>(),
        ) {
            let mut balance = opening;
            let mut day: Vec<Entry> = amounts.iter().zip(0..).map(|(amount, line)| {
                balance += amount;
                Entry { line, amount: *amount, balance }
            }).collect();
            day.sort_by_key(|entry| (entry.line as u64).wrapping_mul(shuffle | 1).rotate_left(17));
            let sorted = chain(&day, Some(opening));
            prop_assert_eq!(sorted.last().map(|entry| entry.balance), Some(balance));
        }
    }

    #[test]
    fn without_a_chain_the_file_keeps_its_order() {
        let day = [Entry { line: 1, amount: 100, balance: 5 }, Entry { line: 2, amount: 100, balance: 100_000 }];
        assert_eq!(chain(&day, None), day);
    }
}
