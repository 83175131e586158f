//! What every part of the generator looks up: the window, the ids, units and their managers,
//! products, tiers and rates. Made once, then only read.

use chrono::NaiveDate;
use guanhu_domain::customers::Kind;

use super::{
    calendar::{Calendar, Day},
    dice::Dice,
};
use crate::Keys;

/// Customers made in one piece. Relations stay within a block, so blocks need not know each other.
pub const BLOCK: u64 = 500;

/// Ids of a customer's accounts and other items follow from the customer's own, so that no part of
/// the generator waits for another: so many are set aside for each.
pub const ACCOUNTS_EACH: i64 = 32;
pub const ITEMS_EACH: i64 = 2048;

pub struct World {
    pub seed: u64,
    pub customers: u64,
    pub calendar: Calendar,
    /// `"2026-03-31"`, as lineage has it.
    pub as_of: String,
    pub keys: Keys,
    pub first_customer: i64,
    pub first_account: i64,
    pub first_item: i64,
    pub units: Vec<Unit>,
    pub products: Vec<Product>,
    pub personal_tiers: Vec<Tier>,
    pub corporate_tiers: Vec<Tier>,
    /// Currency, and hundred-millionths of a base minor unit for one minor unit of it on the business date.
    pub rates: Vec<(&'static str, i128)>,
    /// The same on the last day of the newest whole month.
    pub month_rates: Vec<(&'static str, i128)>,
    /// What one unit of a fund was worth at the end of each month; 1.0 at the first.
    pub market: Vec<f64>,
}

/// A sub-branch, as far as its customers care.
pub struct Unit {
    pub org_id: i32,
    pub district: &'static str,
    /// Share of customers up to and with this one.
    pub up_to: f64,
    pub managers: Vec<i32>,
}

pub struct Product {
    pub id: i32,
    pub code: &'static str,
    pub category: &'static str,
    /// Per cent a year.
    pub rate: f64,
    pub months: u32,
}

pub struct Tier {
    pub id: i32,
    pub rank: i16,
    /// Least average AUM of three months, minor units of the base currency; none for whoever has an account.
    pub floor: Option<i64>,
}

impl World {
    pub fn dice(&self, stream: u64, index: u64) -> Dice {
        Dice::new(self.seed, stream, index)
    }

    pub fn business(&self) -> Day {
        self.calendar.business
    }

    pub fn start(&self) -> Day {
        self.calendar.start()
    }

    /// Codes are constants of this generator; an unknown one is the first product.
    pub fn product(&self, code: &str) -> &Product {
        self.products.iter().find(|product| product.code == code).unwrap_or(&self.products[0])
    }

    pub fn unit_for(&self, dice: &mut Dice) -> usize {
        let at = dice.unit();
        self.units.partition_point(|unit| unit.up_to <= at).min(self.units.len() - 1)
    }

    /// Minor units of the base currency, rounded as the database rounds: halves away from zero.
    pub fn in_base(&self, minor: i64, currency: &str) -> i64 {
        at_rate(&self.rates, minor, currency)
    }

    /// As [`Self::in_base`], on the last day of the newest whole month.
    pub fn in_base_by_month(&self, minor: i64, currency: &str) -> i64 {
        at_rate(&self.month_rates, minor, currency)
    }

    pub fn tiers_of(&self, kind: Kind) -> &[Tier] {
        match kind {
            Kind::Personal => &self.personal_tiers,
            Kind::Corporate => &self.corporate_tiers,
        }
    }
}

/// The options of a demo bank; the same options make the same bank.
#[derive(Clone, Debug)]
pub struct DemoOptions {
    pub customers: u64,
    pub seed: u64,
    /// Whole months of balances and transactions before the business date.
    pub months: u32,
    pub business_date: NaiveDate,
    /// Of the six demo users; random when unset.
    pub password: Option<String>,
}

fn at_rate(rates: &[(&'static str, i128)], minor: i64, currency: &str) -> i64 {
    const SCALE: i128 = 100_000_000;
    match rates.iter().find(|(code, _)| *code == currency) {
        None => minor,
        Some((_, rate)) => {
            let product = i128::from(minor) * rate;
            ((product.abs() + SCALE / 2) / SCALE * product.signum()) as i64
        }
    }
}
