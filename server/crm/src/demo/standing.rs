//! A customer's tiers over the window, as the evaluation would have given them month by month: the
//! average of three whole months decides, up at once, down when the grace has passed.

use guanhu_domain::customers::Kind;

use super::{
    calendar::{Day, Month, date},
    estate::{Estate, Held},
    rows::Table,
    world::Tier,
};
use crate::tiers::averages;

/// Of the settings that the product ships.
const WINDOW: usize = 3;
const GRACE: Day = 90;

/// Positions among the tiers of the scheme; `None` is no tier.
struct Standing {
    current: Option<usize>,
    since: Day,
    /// A lower tier that waits, and since when.
    due: Option<(Option<usize>, Day)>,
    past: Vec<(usize, Day, Day)>,
}

impl Standing {
    fn hold(&mut self, tier: Option<usize>, from: Day) {
        if let Some(current) = self.current.filter(|_| self.since < from) {
            self.past.push((current, self.since, from));
        }
        (self.current, self.since, self.due) = (tier, from, None);
    }

    fn judge(&mut self, target: Option<usize>, day: Day) {
        // What came due since the day before.
        if let Some((to, since)) = self.due.filter(|(_, since)| since + GRACE < day) {
            self.hold(to, since + GRACE);
        }
        if target == self.current {
            self.due = None;
        } else if target > self.current {
            self.hold(target, day);
        } else {
            let since = self.due.map_or(day, |(_, since)| since);
            if day - since >= GRACE {
                self.hold(target, day);
            } else {
                self.due = Some((target, since));
            }
        }
    }
}

impl Estate<'_> {
    /// Writes tiers, what waits and the averages; returns the tier and its rank now.
    pub fn tiers(&mut self, kind: Kind) -> Option<(i32, i16)> {
        let world = self.world;
        if self.held.is_empty() {
            return None;
        }
        let (months, business) = (&world.calendar.months, world.business());
        let whole = |month: &Month| averages::through(date(month.last)) == date(month.last);
        let closed = months.iter().take_while(|month| whole(month)).count();
        let averages: Vec<Option<i64>> = (0..closed).map(|at| self.average_at(at)).collect();
        self.write_averages(&averages);

        let tiers = world.tiers_of(kind);
        let begin = self.opened.max(world.start());
        let mut standing = Standing { current: None, since: begin, due: None, past: Vec::new() };
        standing.judge(target(tiers, None, true), begin);
        for (at, month) in months.iter().enumerate().skip(1).filter(|(_, month)| month.first > begin) {
            let open = self.held.iter().any(|held| held.ends[at - 1].is_some());
            standing.judge(target(tiers, mean(&averages[..at.min(closed)]), open), month.first);
        }
        let open = self.held.iter().any(|held| held.closed.is_none());
        standing.judge(target(tiers, mean(&averages), open), business);
        self.write_tiers(kind, tiers, standing)
    }

    fn average_at(&self, month: usize) -> Option<i64> {
        let assets = |held: &&Held| !matches!(held.category, "loan" | "card");
        let each =
            self.held.iter().filter(assets).filter_map(|held| Some(self.world.in_base_by_month(held.averages[month]?, held.currency)));
        each.reduce(|sum, value| sum + value)
    }

    fn write_averages(&mut self, averages: &[Option<i64>]) {
        let mut newest = [None; averages::MONTHS as usize];
        for (slot, average) in newest.iter_mut().zip(averages.iter().rev()) {
            *slot = *average;
        }
        if newest.iter().any(Option::is_some) {
            let through = super::calendar::day(averages::through(date(self.world.business())));
            let customer = self.journal.customer;
            self.journal.batch.row(Table::CustomerAverage).big(customer).day(through).months(&newest);
        }
    }

    fn write_tiers(&mut self, kind: Kind, tiers: &[Tier], standing: Standing) -> Option<(i32, i16)> {
        let customer = self.journal.customer;
        let reason = format!("{{\"scheme\":\"{}\",\"version\":1}}", kind.code());
        let last = standing.current.map(|tier| (tier, standing.since, None));
        let past = standing.past.into_iter().map(|(tier, from, to)| (tier, from, Some(to)));
        for (tier, from, to) in past.chain(last) {
            self.journal
                .batch
                .row(Table::CustomerTier)
                .big(customer)
                .days(from, to)
                .int(tiers[tier].id)
                .json(&reason)
                .instant(i64::from(from) * 86_400 + 3_600);
        }
        if let Some((to, since)) = standing.due {
            let to = to.map(|tier| tiers[tier].id);
            self.journal.batch.row(Table::CustomerTierDue).big(customer).opt(to, |row, id| row.int(id)).bool(false).day(since);
        }
        standing.current.map(|tier| (tiers[tier].id, tiers[tier].rank))
    }
}

fn target(tiers: &[Tier], mean: Option<i64>, has_account: bool) -> Option<usize> {
    tiers.iter().rposition(|tier| match tier.floor {
        Some(floor) => mean.is_some_and(|mean| mean >= floor),
        None => has_account,
    })
}

/// As the rules count it: months without a balance count as nothing.
fn mean(averages: &[Option<i64>]) -> Option<i64> {
    let window = &averages[averages.len().saturating_sub(WINDOW)..];
    window.iter().any(Option::is_some).then(|| window.iter().flatten().sum::<i64>() / WINDOW as i64)
}
