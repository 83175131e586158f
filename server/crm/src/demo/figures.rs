//! The summary row and search tokens of a customer: what the verbs compute from the tables, computed
//! from the same facts while they are at hand. A test compares the two.

use guanhu_domain::customers::{Kind, fields};

use super::{
    calendar::Day,
    cast::Member,
    estate::{Estate, Held},
    profile::{Filled, Known, opened},
    rows::Table,
    service::{Charge, Served},
};
use crate::{summary::COUNTED_ITEMS, tokens};

/// Totals in minor units of the base currency.
pub struct Totals {
    pub deposits: i64,
    pub wealth: i64,
    pub loans: i64,
    pub accounts: i32,
    /// At the end of the month before.
    pub previous: i64,
    pub next_maturity: Option<Day>,
    pub products: Vec<i32>,
}

impl Totals {
    pub fn aum(&self) -> i64 {
        self.deposits + self.wealth
    }

    pub fn leaving(&self) -> bool {
        self.previous > 1_000_000 && self.aum() * 2 <= self.previous
    }

    /// When the customer became so: the leaving within weeks, the dormant within a year.
    fn state_since(&self, customer: i64, business: Day, opened: Day) -> Option<Day> {
        let ago = match self.state() {
            "leaving" => customer % 24,
            "dormant" => customer * 13 % 320,
            _ => return None,
        };
        Some((business - ago as Day).max(opened))
    }

    fn state(&self) -> &'static str {
        match () {
            () if self.accounts == 0 => "prospective",
            () if self.leaving() => "leaving",
            () if self.aum() + self.loans < 100_000 => "dormant",
            () => "valuable",
        }
    }
}

impl Estate<'_> {
    pub fn totals(&self) -> Totals {
        let world = self.world;
        let open = || self.held.iter().filter(|held| held.closed.is_none());
        let sum = |categories: &[&str]| -> i64 {
            open().filter(|held| categories.contains(&held.category)).map(|held| world.in_base(held.balance, held.currency)).sum()
        };
        let mut products: Vec<i32> = open().map(|held| held.product).collect();
        products.sort_unstable();
        products.dedup();
        Totals {
            deposits: sum(&["current", "term"]),
            wealth: sum(&["wealth", "insurance", "fund"]),
            loans: sum(&["loan", "card"]),
            accounts: open().count() as i32,
            previous: world.calendar.months.len().checked_sub(2).map_or(0, |month| self.aum_at(month)),
            next_maturity: open().filter_map(|held| held.matures).filter(|on| *on >= world.business()).min(),
            products,
        }
    }

    fn aum_at(&self, month: usize) -> i64 {
        let assets = |held: &&Held| !matches!(held.category, "loan" | "card");
        let at_rate = |held: &Held| self.world.in_base(held.ends[month].unwrap_or(0), held.currency);
        self.held.iter().filter(assets).map(at_rate).sum()
    }

    pub fn summary(
        &mut self,
        member: &Member,
        totals: &Totals,
        tier: Option<(i32, i16)>,
        charge: &Charge,
        served: &Served,
        filled: &Filled,
        known: Known,
    ) {
        let born = member.person().filter(|_| filled.contains(&"birth_date")).map(|person| person.born);
        let opened_on = opened(member);
        let pooled = match charge.lead {
            Some(_) => None,
            None => charge.ended.or(opened_on).or(Some(self.world.start())),
        };
        let since = totals.state_since(member.id, self.world.business(), opened_on.unwrap_or(self.world.start()));
        let batch = &mut self.journal.batch;
        batch
            .row(Table::Summary)
            .big(member.id)
            .text(member.kind().code())
            .int(self.world.units[member.unit].org_id)
            .text(&member.name)
            .text(&tokens::sort_key(&member.name))
            .opt(tier, |row, (id, _)| row.int(id))
            .small(tier.map_or(0, |(_, rank)| rank))
            .text(totals.state())
            .opt(since, |row, on| row.day(on))
            .opt(charge.lead, |row, staff| row.int(staff))
            .ints(&charge.assists)
            .big(totals.aum())
            .big(totals.deposits)
            .big(totals.wealth)
            .big(totals.loans)
            .big(totals.previous)
            .int(totals.accounts)
            .ints(&totals.products)
            .opt(served.last_contact, |row, at| row.instant(at))
            .opt(served.next_due, |row, on| row.day(on))
            .opt(totals.next_maturity, |row, on| row.day(on))
            .int(served.open_alerts)
            .small(completeness(member.kind(), filled, known))
            .opt(opened_on, |row, on| row.day(on))
            .opt(born, |row, on| row.day(on))
            .opt(pooled, |row, on| row.day(on));
        for token in tokens::of_names([member.name.as_str()].into_iter().chain(member.short_name.as_deref())) {
            batch.row(Table::Token).big(member.id).text(&token).big(totals.aum()).int(self.world.units[member.unit].org_id);
        }
    }
}

/// Per cent of what counts that is known.
fn completeness(kind: Kind, filled: &Filled, known: Known) -> i16 {
    let (mut there, mut all) = (0, 0);
    for field in fields::FIELDS.iter().filter(|field| field.counts && field.applies_to(kind)) {
        all += 1;
        there += i16::from(filled.contains(&field.name));
    }
    there += i16::from(known.identity) + i16::from(known.phone) + i16::from(known.address);
    there * 100 / (all + COUNTED_ITEMS.len() as i16)
}
