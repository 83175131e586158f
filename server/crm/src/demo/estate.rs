//! What a customer has with the bank: accounts of every category, played through the window.

use super::{
    calendar::{Day, add_months},
    cast::Role,
    dice::Dice,
    ledger::{Book, Deal, Event, Journal, Target},
    numbers,
    rows::{Batch, Table},
    world::{ACCOUNTS_EACH, ITEMS_EACH, Product, World},
};

/// An account as the summary and the checks of a customer need it.
pub struct Held {
    pub account: i64,
    pub product: i32,
    pub category: &'static str,
    pub currency: &'static str,
    pub balance: i64,
    pub matures: Option<Day>,
    pub closed: Option<Day>,
    pub overdue: i32,
    pub ends: Vec<Option<i64>>,
    pub averages: Vec<Option<i64>>,
}

/// A customer's accounts in the making.
pub struct Estate<'a> {
    pub world: &'a World,
    pub journal: Journal<'a>,
    pub dice: Dice,
    pub unit: usize,
    pub opened: Day,
    /// Everything has one of each.
    pub everything: bool,
    /// The system that knows the customer.
    pub source: &'static str,
    pub held: Vec<Held>,
    /// What the other accounts do to the current account.
    pub events: Vec<Event>,
    first_account: i64,
    first_item: i64,
    items: i64,
}

/// What is recorded of an account besides its balance.
pub struct Terms {
    pub account: i64,
    pub code: &'static str,
    pub currency: &'static str,
    pub opened: Day,
    pub matures: Option<Day>,
    pub closed: Option<Day>,
    pub limit: Option<i64>,
    pub rate: Option<f64>,
    pub contract: Option<i64>,
    pub months: Option<i32>,
    pub payment: Option<i64>,
    pub overdue: i32,
}

impl Terms {
    pub fn new(account: i64, code: &'static str, currency: &'static str, opened: Day) -> Terms {
        Terms {
            account,
            code,
            currency,
            opened,
            matures: None,
            closed: None,
            limit: None,
            rate: None,
            contract: None,
            months: None,
            payment: None,
            overdue: 0,
        }
    }
}

/// Whole yuan in minor units.
pub fn yuan(amount: f64) -> i64 {
    amount.round() as i64 * 100
}

/// The nearest multiple of `step` yuan, in minor units.
pub fn round_yuan(amount: f64, step: f64) -> i64 {
    yuan((amount / step).round() * step)
}

impl<'a> Estate<'a> {
    pub fn new(world: &'a World, batch: &'a mut Batch, customer: i64, ordinal: u64, unit: usize, opened: Day, role: Role) -> Estate<'a> {
        let first_item = world.first_item + ordinal as i64 * ITEMS_EACH;
        Estate {
            world,
            // Transactions are numbered apart from the other items.
            journal: Journal { batch, customer, next: first_item, latest: None, outflow: None },
            dice: world.dice(3, ordinal),
            unit,
            opened,
            everything: role == Role::Everything,
            source: if matches!(role, Role::Twin(..)) { "card" } else { "core" },
            held: Vec::new(),
            events: Vec::new(),
            first_account: world.first_account + ordinal as i64 * ACCOUNTS_EACH,
            first_item,
            items: 0,
        }
    }

    /// Everything has it anyway.
    pub fn has(&mut self, probability: f64) -> bool {
        self.dice.chance(probability) || self.everything
    }

    pub fn item(&mut self) -> i64 {
        self.items += 1;
        self.first_item + self.items - 1
    }

    pub fn new_account(&mut self) -> i64 {
        self.first_account + self.held.len() as i64
    }

    /// A day between the customer's first and `latest`.
    pub fn some_day(&mut self, earliest: Day, latest: Day) -> Day {
        let from = self.opened.max(earliest).min(latest);
        self.dice.range(from, latest)
    }

    pub fn event(&mut self, on: Day, amount: i64, deal: Deal, exact: bool) {
        if amount != 0 && on >= self.world.start() && on <= self.world.business() && on >= self.opened {
            self.events.push(Event { on, amount, deal, exact });
        }
    }

    /// Closes the books of an account and writes it.
    pub fn record(&mut self, terms: Terms, mut book: Book) {
        let world = self.world;
        let customer = self.journal.customer;
        book.finish(&world.calendar, terms.closed);
        book.write(self.journal.batch, &world.calendar, customer, terms.account);
        let product = world.product(terms.code);
        let (prefix, source) = match product.category {
            "loan" => ("9580", "credit"),
            "card" => ("6253", "card"),
            "wealth" | "fund" | "insurance" => ("8801", "wealth"),
            _ => ("6217", self.source),
        };
        let number = numbers::with_luhn(format!("{prefix}{:011}", terms.account));
        let status = match (terms.closed, terms.overdue) {
            (Some(_), _) => "closed",
            (None, 0) => "active",
            _ => "overdue",
        };
        self.journal
            .batch
            .row(Table::Account)
            .big(customer)
            .big(terms.account)
            .text(&number)
            .bytes(&world.keys.hash(&number))
            .int(product.id)
            .int(world.units[self.unit].org_id)
            .text(product.category)
            .text(terms.currency)
            .big(book.balance)
            .day(world.business())
            .opt(terms.limit, |row, limit| row.big(limit))
            .opt(terms.rate, |row, rate| row.millionths((rate * 10_000.0).round() as i64 * 100))
            .day(terms.opened)
            .opt(terms.matures, |row, on| row.day(on))
            .opt(terms.closed, |row, on| row.day(on))
            .text(status)
            .opt(terms.contract, |row, id| row.big(id))
            .opt(terms.months, |row, months| row.int(months))
            .opt(terms.payment, |row, payment| row.big(payment))
            .int(terms.overdue)
            .text(source)
            .text(&number[4..])
            .day(world.business());
        self.held.push(Held {
            account: terms.account,
            product: product.id,
            category: product.category,
            currency: terms.currency,
            balance: book.balance,
            matures: terms.matures,
            closed: terms.closed,
            overdue: terms.overdue,
            ends: book.ends,
            averages: book.averages,
        });
    }

    /// A current account in the base currency: plays everything that was scheduled.
    pub fn current(&mut self, code: &'static str, target: i64, cap: i64) {
        let world = self.world;
        let account = self.new_account();
        let to = Target { account, currency: "CNY", owed: false };
        let before = self.opened < world.start();
        let first = (target as f64 * self.dice.between(0.6, 1.3)) as i64 / 100 * 100;
        let mut book = Book::new(&world.calendar, self.opened, if before { first } else { 0 });
        if !before {
            let deal = if self.dice.chance(0.5) { Deal::Opening } else { Deal::TransferIn };
            self.event(self.opened, first.max(10_000), deal, false);
        }
        let mut events = std::mem::take(&mut self.events);
        self.journal.play(&world.calendar, &mut self.dice, to, &mut book, &mut events, cap, target);
        events.clear();
        self.events = events;
        let terms = Terms { rate: Some(world.product(code).rate), ..Terms::new(account, code, "CNY", self.opened) };
        self.record(terms, book);
    }

    /// A current account with hardly anything happening on it.
    pub fn quiet(&mut self, code: &'static str, currency: &'static str, minor: i64) {
        let world = self.world;
        let account = self.new_account();
        let opened = self.some_day(world.business() - 2500, world.business() - 40);
        let to = Target { account, currency, owed: false };
        let mut book = Book::new(&world.calendar, opened, if opened < world.start() { minor } else { 0 });
        if opened >= world.start() {
            book.change(&world.calendar, opened, minor);
            self.journal.post(&mut self.dice, to, opened, minor, Some(minor), Deal::Opening);
        }
        if self.dice.chance(0.4) {
            let on = self.dice.range(opened.max(world.start()) + 1, world.business());
            let more = minor / 10 * i64::from(self.dice.range(1, 5));
            book.change(&world.calendar, on, more);
            self.journal.post(&mut self.dice, to, on, more, Some(book.balance), Deal::TransferIn);
        }
        let terms = Terms { rate: Some(world.product(code).rate), ..Terms::new(account, code, currency, opened) };
        self.record(terms, book);
    }

    /// A term deposit: renewed with its interest at every maturity, or paid out to the current account.
    pub fn term(&mut self, code: &'static str, currency: &'static str, principal: i64) {
        let world = self.world;
        let account = self.new_account();
        let product = world.product(code);
        let opened = self.some_day(world.business() - 1100, world.business() - 3);
        let to = Target { account, currency, owed: false };
        let local = currency == "CNY";
        let mut book = Book::new(&world.calendar, opened, if opened < world.start() { principal } else { 0 });
        if opened >= world.start() {
            book.change(&world.calendar, opened, principal);
            self.journal.post(&mut self.dice, to, opened, principal, Some(principal), Deal::Opening);
            if local {
                self.event(opened, -principal, Deal::Purchase, true);
            }
        }
        let mut terms =
            Terms { rate: Some(product.rate), months: Some(product.months as i32), ..Terms::new(account, code, currency, opened) };
        let mut matures = add_months(opened, product.months);
        while matures <= world.business() {
            if matures >= world.start() {
                let interest = interest(book.balance, product);
                if local && !self.everything && self.dice.chance(0.22) {
                    let whole = book.balance;
                    book.change(&world.calendar, matures, -whole);
                    self.journal.post(&mut self.dice, to, matures, -whole, Some(0), Deal::Maturity);
                    self.event(matures, whole + interest, Deal::Maturity, false);
                    terms.closed = Some(matures);
                    break;
                }
                book.change(&world.calendar, matures, interest);
                self.journal.post(&mut self.dice, to, matures, interest, Some(book.balance), Deal::Renewal);
            }
            matures = add_months(matures, product.months);
        }
        terms.matures = Some(matures);
        self.record(terms, book);
    }

    /// Wealth products and funds: worth what the market says, bought from the current account.
    pub fn invest(&mut self, code: &'static str, principal: i64) {
        let world = self.world;
        let account = self.new_account();
        let product = world.product(code);
        let opened = self.some_day(world.business() - 900, world.business() - 5);
        let to = Target { account, currency: "CNY", owed: false };
        let mut book = Book::new(&world.calendar, opened, if opened < world.start() { principal } else { 0 });
        if opened >= world.start() {
            book.change(&world.calendar, opened, principal);
            self.journal.post(&mut self.dice, to, opened, principal, None, Deal::Purchase);
            self.event(opened, -principal, Deal::Purchase, true);
        }
        let mut terms = Terms { rate: (product.rate > 0.0).then_some(product.rate), ..Terms::new(account, code, "CNY", opened) };
        if product.months > 0 {
            terms.months = Some(product.months as i32);
            let mut matures = add_months(opened, product.months);
            while matures <= world.business() {
                matures = add_months(matures, product.months);
            }
            terms.matures = Some(matures);
        }
        let mut sold = None;
        if product.months == 0 && !self.everything && self.dice.chance(0.1) {
            let from = opened.max(world.start()) + 2;
            if from < world.business() {
                sold = Some(self.dice.range(from, world.business()));
            }
        }
        let steep = match product.category {
            "fund" => self.dice.between(0.6, 1.4),
            _ => 0.0,
        };
        for at in 0..world.calendar.months.len() {
            let on = world.calendar.months[at].last;
            if on <= opened || sold.is_some_and(|sold| on >= sold) {
                continue;
            }
            let growth = if product.category == "fund" {
                let before = if at == 0 { 1.0 } else { world.market[at - 1] };
                (world.market[at] / before - 1.0) * steep
            } else {
                product.rate / 1200.0 * self.dice.between(0.5, 1.4)
            };
            let by = (book.balance as f64 * growth) as i64;
            book.change(&world.calendar, on, by);
        }
        if let Some(sold) = sold {
            let whole = book.balance;
            book.change(&world.calendar, sold, -whole);
            self.journal.post(&mut self.dice, to, sold, -whole, None, Deal::Redemption);
            self.event(sold, whole, Deal::Redemption, false);
            terms.closed = Some(sold);
        }
        self.record(terms, book);
    }

    /// A policy with a premium every year.
    pub fn insurance(&mut self, code: &'static str, premium: i64) {
        let world = self.world;
        let account = self.new_account();
        let opened = self.some_day(world.business() - 3000, world.business() - 30);
        let to = Target { account, currency: "CNY", owed: false };
        let mut paid = 0;
        let mut due = opened;
        while due < world.start() {
            paid += 1;
            due = add_months(opened, 12 * paid);
        }
        let mut book = Book::new(&world.calendar, opened, premium * i64::from(paid));
        while due <= world.business() {
            book.change(&world.calendar, due, premium);
            self.journal.post(&mut self.dice, to, due, premium, None, Deal::Premium);
            self.event(due, -premium, Deal::Premium, true);
            paid += 1;
            due = add_months(opened, 12 * paid);
        }
        let terms = Terms { payment: Some(premium), months: Some(240), ..Terms::new(account, code, "CNY", opened) };
        self.record(terms, book);
    }
}

/// Simple interest over one term of a deposit, minor units.
fn interest(principal: i64, product: &Product) -> i64 {
    (principal as f64 * product.rate / 1200.0 * f64::from(product.months)) as i64
}
