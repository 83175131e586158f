//! What a customer owes: contracts with their due bills, guarantees, and credit cards.

use super::{
    calendar::{Day, add_months},
    estate::{Estate, Terms, round_yuan},
    ledger::{Book, Deal, Target},
    numbers,
    rows::Table,
};

/// How a loan is secured.
pub struct Security {
    pub kind: &'static str,
    pub description: &'static str,
    pub guarantor: Option<i64>,
}

impl Estate<'_> {
    /// A loan repaid in equal parts of the principal, with interest on what is left, from the current account.
    pub fn instalments(&mut self, code: &'static str, principal: i64, months: u32, oldest: i32, security: &Security) {
        let world = self.world;
        let opened = self.some_day(world.business() - oldest, world.business() - 40);
        let matures = add_months(opened, months);
        let rate = world.product(code).rate;
        let contract = self.contract(opened, matures, principal, security);
        let account = self.new_account();
        let to = Target { account, currency: "CNY", owed: true };
        let part = principal / i64::from(months);
        let mut paid = 0;
        let mut due = add_months(opened, 1);
        while due < world.start() {
            paid += 1;
            due = add_months(opened, paid + 1);
        }
        let before = opened < world.start();
        let mut book = Book::new(&world.calendar, opened, if before { principal - part * i64::from(paid) } else { 0 });
        if !before {
            book.change(&world.calendar, opened, principal);
            self.journal.post(&mut self.dice, to, opened, principal, Some(principal), Deal::Drawdown);
        }
        // Those who stopped paying did so one to four instalments ago.
        let stopped = self.dice.chance(0.035).then(|| world.business() - self.dice.range(5, 115));
        let mut terms = Terms {
            matures: Some(matures),
            limit: Some(principal),
            rate: Some(rate),
            contract: Some(contract),
            months: Some(months as i32),
            ..Terms::new(account, code, "CNY", opened)
        };
        while due <= world.business() {
            if stopped.is_some_and(|stopped| due >= stopped) {
                terms.overdue = world.business() - due;
                break;
            }
            let interest = (book.balance as f64 * rate / 1200.0) as i64;
            let capital = part.min(book.balance);
            terms.payment = Some(capital + interest);
            book.change(&world.calendar, due, -capital);
            self.journal.post(&mut self.dice, to, due, -capital, Some(book.balance), Deal::LoanPayment);
            self.event(due, -(capital + interest), Deal::LoanPayment, true);
            paid += 1;
            if book.balance == 0 {
                terms.closed = Some(due);
                break;
            }
            due = add_months(opened, paid + 1);
        }
        self.record(terms, book);
    }

    /// A line of credit: due bills of a year each, paid at maturity and drawn again.
    pub fn credit_line(&mut self, code: &'static str, limit: i64, security: &Security) {
        let world = self.world;
        let rate = world.product(code).rate;
        let mut drawn = self.some_day(world.start() - 200, world.business() - 30);
        let contract = self.contract(drawn, add_months(drawn, 36), limit, security);
        let stuck = self.dice.chance(0.04);
        for _ in 0..4 {
            let account = self.new_account();
            let to = Target { account, currency: "CNY", owed: true };
            let amount = (limit as f64 * self.dice.between(0.4, 1.0)) as i64 / 1_000_000 * 1_000_000;
            if amount == 0 {
                return;
            }
            let matures = add_months(drawn, 12);
            let before = drawn < world.start();
            let mut book = Book::new(&world.calendar, drawn, if before { amount } else { 0 });
            if !before {
                book.change(&world.calendar, drawn, amount);
                self.journal.post(&mut self.dice, to, drawn, amount, Some(amount), Deal::Drawdown);
                self.event(drawn, amount, Deal::Drawdown, false);
            }
            let mut terms = Terms {
                matures: Some(matures),
                limit: Some(amount),
                rate: Some(rate),
                contract: Some(contract),
                months: Some(12),
                ..Terms::new(account, code, "CNY", drawn)
            };
            if matures > world.business() {
                self.record(terms, book);
                return;
            }
            let again = matures + self.dice.range(2, 20);
            let last = again > world.business() - 3;
            if stuck && last {
                terms.overdue = world.business() - matures;
                self.record(terms, book);
                return;
            }
            book.change(&world.calendar, matures, -amount);
            self.journal.post(&mut self.dice, to, matures, -amount, Some(0), Deal::LoanPayment);
            self.event(matures, -(amount + (amount as f64 * rate / 100.0) as i64), Deal::LoanPayment, true);
            terms.closed = Some(matures);
            self.record(terms, book);
            if last {
                return;
            }
            drawn = again;
        }
    }

    fn contract(&mut self, signed: Day, expires: Day, amount: i64, security: &Security) -> i64 {
        let id = self.item();
        let customer = self.journal.customer;
        self.journal
            .batch
            .row(Table::Contract)
            .big(customer)
            .big(id)
            .text(&format!("HT{id:012}"))
            .text("loan")
            .text("CNY")
            .big(amount)
            .day(signed)
            .day(expires)
            .text(if expires < self.world.business() { "expired" } else { "active" })
            .text("credit")
            .day(self.world.business());
        let guarantee = self.item();
        let worth = if security.kind == "mortgage" { amount * 10 / 7 } else { amount };
        self.journal
            .batch
            .row(Table::Guarantee)
            .big(customer)
            .big(guarantee)
            .big(id)
            .opt(security.guarantor, |row, guarantor| row.big(guarantor))
            .text(security.kind)
            .text(security.description)
            .text("CNY")
            .big(worth)
            .text("credit")
            .day(self.world.business());
        id
    }

    /// A credit card; `monthly` yuan go through it, none if it lies in a drawer.
    pub fn credit_card(&mut self, limit: f64, monthly: f64) {
        let world = self.world;
        let account = self.new_account();
        let opened = self.some_day(world.business() - 3000, world.business() - 30);
        let to = Target { account, currency: "CNY", owed: true };
        let mut book = Book::new(&world.calendar, opened, 0);
        let limit = round_yuan(limit, 1000.0).max(300_000);
        if monthly > 0.0 {
            let (spend_on, pay_on) = (self.dice.range(8, 27), self.dice.range(2, 7));
            for month in &world.calendar.months {
                let due = book.balance;
                let pays = month.first + pay_on - 1;
                if due > 0 && pays <= month.last {
                    book.change(&world.calendar, pays, -due);
                    self.journal.post(&mut self.dice, to, pays, -due, Some(0), Deal::CardPayment);
                    self.event(pays, -due, Deal::CardPayment, true);
                }
                let spends = month.first + spend_on - 1;
                if spends > opened && spends <= month.last {
                    let amount = ((self.dice.lognormal(monthly, 0.5) * 100.0) as i64).clamp(1_000, limit);
                    book.change(&world.calendar, spends, amount);
                    self.journal.post(&mut self.dice, to, spends, amount, Some(book.balance), Deal::Spending);
                }
            }
        }
        self.card(account, "credit", opened);
        self.record(Terms { limit: Some(limit), ..Terms::new(account, "CC-STD", "CNY", opened) }, book);
    }

    /// The plastic of an account.
    pub fn card(&mut self, account: i64, kind: &str, issued: Day) {
        let id = self.item();
        let prefix = if kind == "credit" { "6258" } else { "6230" };
        let number = numbers::with_luhn(format!("{prefix}{account:011}"));
        let customer = self.journal.customer;
        self.journal
            .batch
            .row(Table::Card)
            .big(customer)
            .big(id)
            .big(account)
            .text(&number)
            .text(kind)
            .day(issued)
            .text("active")
            .text("card")
            .text(&number[4..])
            .day(self.world.business());
    }
}
