//! Who has what: from income, age and means to products, and how lively the accounts are.

use super::{
    calendar::Day,
    cast::{Company, Person},
    credit::Security,
    estate::{Estate, round_yuan, yuan},
    ledger::Deal,
    rows::Table,
    words::OTHER_BANKS,
};

/// How a current account is used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Habit {
    /// Salary or pension comes in every month.
    Salaried,
    Regular,
    Light,
    Dormant,
}

impl Estate<'_> {
    /// A person's accounts. `guarantor` stands in for a consumer loan, if one is taken; says whether it was.
    pub fn person(&mut self, person: &Person, wealth: f64, twin: bool, guarantor: Option<i64>) -> bool {
        if twin {
            let target = yuan(wealth).max(1_000);
            self.credit_card(30_000.0, 0.0);
            self.current("CUR-CNY", target, target * 8);
            return false;
        }
        let mut left = wealth;
        left -= self.savings(person, wealth);
        if wealth > 1_000.0 && self.has(0.24) {
            // Once opened for a purpose, now a few yuan beside the account in use.
            let part = left * self.dice.between(0.01, 0.15);
            self.quiet("CUR-CNY", "CNY", yuan(part.max(1.0)));
            left -= part;
        }
        let guaranteed = self.loans(person, guarantor);
        self.cards(person);
        self.ordinary(person, left.max(20.0), wealth);
        guaranteed
    }

    /// Deposits and investments beside the current account; what they hold, in yuan.
    fn savings(&mut self, person: &Person, wealth: f64) -> f64 {
        let mut free = wealth * 0.92;
        let chance = match wealth {
            ..8_000.0 => 0.03,
            8_000.0..30_000.0 => 0.45,
            30_000.0..150_000.0 => 0.75,
            _ => 0.9,
        };
        let deposits = [true, wealth > 60_000.0, wealth > 800_000.0];
        for (at, allowed) in deposits.into_iter().enumerate() {
            if allowed && self.has(if at == 0 { chance } else { 0.5 }) {
                let part = (free * self.dice.between(0.3, 0.6) / 1000.0).floor() * 1000.0;
                if part >= 1000.0 {
                    let code = *self.dice.pick(&["TD-3M", "TD-6M", "TD-1Y", "TD-1Y", "TD-3Y", "TD-3Y"]);
                    self.term(code, "CNY", yuan(part));
                    free -= part;
                }
            }
        }
        let invests = match wealth {
            ..30_000.0 => 0.12,
            30_000.0..100_000.0 => 0.45,
            100_000.0..500_000.0 => 0.6,
            _ => 0.85,
        };
        if self.has(invests) {
            let part = (free * self.dice.between(0.35, 0.6) / 1000.0).floor() * 1000.0;
            if part >= 1000.0 {
                let code = match person.risk {
                    1 => "WM-CASH",
                    2 => *self.dice.pick(&["WM-CASH", "WM-STEADY"]),
                    3 => *self.dice.pick(&["WM-STEADY", "WM-180D"]),
                    _ => *self.dice.pick(&["WM-180D", "WM-GROWTH"]),
                };
                self.invest(code, yuan(part));
                free -= part;
            }
        }
        if wealth > 25_000.0 && (person.risk >= 3 || self.everything) && self.has(0.4) {
            let part = (free * self.dice.between(0.2, 0.4) / 100.0).floor() * 100.0;
            if part >= 100.0 {
                let code = *self.dice.pick(&["FD-BOND", "FD-MIXED", "FD-INDEX"]);
                self.invest(code, yuan(part));
                free -= part;
            }
        }
        if wealth > 30_000.0 && (28..=65).contains(&person.age) && self.has(0.2) {
            let premium = round_yuan(wealth * self.dice.between(0.01, 0.035), 1000.0).max(100_000);
            let code = *self.dice.pick(&["IN-ANNUITY", "IN-LIFE"]);
            self.insurance(code, premium);
            free -= premium as f64 / 50.0;
        }
        if wealth > 100_000.0 && self.has(0.09) {
            let currencies = [("USD", 7.1), ("USD", 7.1), ("HKD", 0.92), ("EUR", 7.8), ("JPY", 0.048)];
            let (currency, worth) = if self.everything { currencies[0] } else { *self.dice.pick(&currencies) };
            let part = free * self.dice.between(0.1, 0.3);
            // JPY has no smaller unit.
            let minor = (part / worth) as i64 * if currency == "JPY" { 1 } else { 100 };
            self.quiet("CUR-FX", currency, minor.max(10_000));
            if currency == "USD" && self.has(0.4) {
                self.term("TD-USD-1Y", "USD", minor.max(100_000) / 100_000 * 100_000);
            }
            free -= part * 1.5;
        }
        wealth - free.max(wealth * 0.04)
    }

    fn loans(&mut self, person: &Person, guarantor: Option<i64>) -> bool {
        let working = (24..=58).contains(&person.age) && person.income > 50_000.0;
        if working && self.has(0.1) {
            let years = *self.dice.pick(&[20, 20, 25, 30]);
            let principal = round_yuan(person.income * self.dice.between(3.0, 6.5), 10_000.0);
            let security = Security { kind: "mortgage", description: "所购住房抵押", guarantor: None };
            self.instalments("LN-MTG", principal, years * 12, 3300, &security);
        }
        let mut guaranteed = false;
        if working && self.has(0.045) {
            let principal = round_yuan(person.income * self.dice.between(0.3, 1.0), 1_000.0);
            guaranteed = guarantor.is_some() && self.has(0.5);
            let security = if guaranteed {
                Security { kind: "surety", description: "连带责任保证", guarantor }
            } else {
                Security { kind: "credit", description: "信用", guarantor: None }
            };
            self.instalments("LN-CONS", principal, 36, 900, &security);
        }
        if matches!(person.occupation, "企业主" | "个体工商户") && self.has(0.14) {
            let limit = round_yuan(person.income * self.dice.between(0.8, 2.5), 10_000.0);
            let security = Security { kind: "mortgage", description: "商铺抵押", guarantor: None };
            self.credit_line("LN-BIZ", limit.max(5_000_000), &security);
        }
        guaranteed
    }

    fn cards(&mut self, person: &Person) {
        let wants = match person.age {
            20..=45 => 0.6,
            46..=60 => 0.4,
            _ => 0.05,
        };
        if person.income > 40_000.0 && self.has(wants) {
            let used = self.has(0.2);
            let monthly = if used { person.income / 12.0 * self.dice.between(0.1, 0.4) } else { 0.0 };
            let limit = person.income * self.dice.between(0.2, 0.6);
            self.credit_card(limit, monthly);
        }
    }

    /// The account that everything else is paid from. `left` yuan lie on it.
    fn ordinary(&mut self, person: &Person, left: f64, wealth: f64) {
        let pensioner = person.occupation == "退休人员";
        let earns = person.income > 0.0 && !matches!(person.occupation, "个体工商户" | "企业主" | "自由职业者");
        let salaried = if pensioner { 0.2 } else { 0.17 };
        let habit = match self.dice.unit() {
            at if earns && (at < salaried || self.everything) => Habit::Salaried,
            at if at > 0.9 || (wealth < 15_000.0 && at > 0.72) => Habit::Dormant,
            at if at < 0.5 => Habit::Regular,
            _ => Habit::Light,
        };
        let month = person.income / 12.0;
        let target = yuan(if habit == Habit::Salaried { left.max(month) } else { left });
        let (start, business) = (self.world.start(), self.world.business());
        match habit {
            Habit::Salaried => self.salary(person, month, pensioner),
            Habit::Regular => {
                let count = self.dice.range(6, 16);
                self.movements(target, count, start, business);
            }
            Habit::Light => {
                let count = self.dice.range(1, 5);
                self.movements(target, count, start, business);
            }
            Habit::Dormant => {
                let count = self.dice.range(0, 1);
                self.movements(target, count, start, (business - 400).max(start + 30));
            }
        }
        if habit != Habit::Dormant && !self.everything && self.dice.chance(0.035) {
            // Somebody moves their money to another bank.
            let on = business - self.dice.range(1, 26);
            let leaves = (target as f64 * self.dice.between(0.8, 0.95)) as i64 / 10_000 * 10_000;
            self.event(on, -leaves, Deal::TransferOut, false);
        }
        let account = self.new_account();
        if self.has(0.8) {
            self.card(account, "debit", self.opened);
        }
        if habit != Habit::Dormant && self.has(0.07) {
            self.standing_order(account, month);
        }
        let calm = if habit == Habit::Salaried { 3 } else { 4 };
        self.current("CUR-CNY", target.max(1_000), target.max(1_000) * calm + yuan(month * 2.0));
    }

    fn salary(&mut self, person: &Person, month: f64, pensioner: bool) {
        let payday = self.dice.range(5, 25);
        let thrift = self.dice.between(0.75, 1.05);
        let rents = !pensioner && person.age < 36 && self.dice.chance(0.3);
        let deal = if pensioner { Deal::Pension } else { Deal::Salary };
        for at in 0..self.world.calendar.months.len() {
            let of = self.world.calendar.months[at].clone();
            let pay = of.first + payday - 1;
            if pay <= of.last {
                let amount = (month * self.dice.between(0.97, 1.04) * 100.0) as i64;
                self.event(pay, amount, deal, false);
                if of.month == 1 && !pensioner {
                    let bonus = (month * self.dice.between(0.8, 3.0)) as i64 * 100;
                    self.event(pay, bonus, Deal::Bonus, false);
                }
            }
            if rents {
                self.event(of.on(3), -round_yuan(month * 0.25, 50.0), Deal::Rent, false);
            }
            let spent = -((month * thrift * self.dice.between(0.6, 1.2)) * 100.0) as i64;
            let on = of.on(self.dice.range(8, 28));
            self.event(on, spent, Deal::Spending, false);
        }
    }

    /// Money in and out, now and then.
    fn movements(&mut self, target: i64, count: i32, from: Day, to: Day) {
        for _ in 0..count {
            let on = self.some_day(from, to);
            let size = (target as f64 * self.dice.between(0.04, 0.4)) as i64;
            let size = if size > 100_000 { size / 10_000 * 10_000 } else { size.max(500) };
            let (amount, deal) = match self.dice.below(10) {
                0..3 => (size, Deal::TransferIn),
                3..5 => (size, Deal::CashIn),
                5..7 => (-size, Deal::TransferOut),
                7 => (-size, Deal::CashOut),
                _ => (-size / 2, Deal::Spending),
            };
            self.event(on, amount, deal, false);
        }
    }

    fn standing_order(&mut self, account: i64, month: f64) {
        let id = self.item();
        let purpose = *self.dice.pick(&["房租", "物业费", "赡养父母", "子女生活费", "车位费"]);
        let bank = *self.dice.pick(OTHER_BANKS);
        let number = format!("6{:015}", self.dice.next() % 1_000_000_000_000_000);
        let amount = round_yuan((month * self.dice.between(0.05, 0.3)).max(100.0), 50.0);
        let customer = self.journal.customer;
        self.journal
            .batch
            .row(Table::StandingOrder)
            .big(customer)
            .big(id)
            .big(account)
            .text(bank)
            .text(&number)
            .text("CNY")
            .big(amount)
            .text(purpose)
            .text("core")
            .day(self.world.business());
    }

    /// A company's accounts. `guarantor` may stand in for its credit line; says whether it did.
    pub fn company(&mut self, company: &Company, wealth: f64, guarantor: Option<i64>) -> bool {
        let mut left = wealth;
        if wealth > 200_000.0 && self.has(0.35) {
            let part = (wealth * self.dice.between(0.2, 0.5) / 10_000.0).floor() * 10_000.0;
            let code = *self.dice.pick(&["TD-3M", "TD-6M", "TD-1Y"]);
            self.term(code, "CNY", yuan(part.max(10_000.0)));
            left -= part;
        }
        if wealth > 500_000.0 && self.has(0.2) {
            let part = (left * self.dice.between(0.1, 0.4) / 10_000.0).floor() * 10_000.0;
            if part >= 10_000.0 {
                self.invest("WM-CORP", yuan(part));
                left -= part;
            }
        }
        if matches!(company.industry.code, "manufacturing" | "wholesale_retail") && self.has(0.15) {
            self.quiet("CUR-FX", "USD", ((left * 0.1 / 7.1) as i64 * 100).max(100_000));
        }
        let mut guaranteed = false;
        if company.rating.is_some_and(|rating| rating.starts_with('A') || rating == "BBB") && self.has(0.4) {
            let limit = round_yuan((company.capital as f64 * self.dice.between(0.1, 0.8)).max(wealth * 0.5), 100_000.0).max(20_000_000);
            guaranteed = guarantor.is_some() && self.dice.chance(0.6);
            let security = if guaranteed {
                Security { kind: "surety", description: "法人连带责任保证", guarantor }
            } else {
                Security { kind: "mortgage", description: "厂房及土地使用权抵押", guarantor: None }
            };
            self.credit_line("LN-CORP", limit, &security);
        }
        let target = yuan(left.max(3_000.0));
        let (start, business) = (self.world.start(), self.world.business());
        let count = match company.scale {
            "micro" => self.dice.range(4, 24),
            "small" => self.dice.range(16, 60),
            "medium" => self.dice.range(50, 110),
            _ => self.dice.range(100, 200),
        };
        for _ in 0..count {
            let on = self.some_day(start, business);
            let size = (target as f64 * self.dice.lognormal(0.12, 0.8)) as i64 / 100 * 100 + 10_000;
            let (amount, deal) = if self.dice.chance(0.47) { (size, Deal::Receipt) } else { (-size, Deal::Payment) };
            self.event(on, amount, deal, false);
        }
        if matches!(company.scale, "small" | "medium" | "large") && self.dice.chance(0.35) {
            let wages = -(f64::from(company.employees) * 7_000.0).min(left * 0.3) as i64 * 100;
            for at in 0..self.world.calendar.months.len() {
                let month = self.world.calendar.months[at].clone();
                self.event(month.on(10), wages, Deal::Payroll, false);
                if month.month % 3 == 1 {
                    self.event(month.on(15), wages / 4, Deal::Tax, false);
                }
            }
        }
        if self.has(0.25) {
            // A second account, for one purpose only.
            let events = std::mem::take(&mut self.events);
            let part = target / 10;
            let count = self.dice.range(2, 10);
            self.movements(part, count, start, business);
            self.current("CUR-CORP", part, part * 6);
            self.events = events;
        }
        self.current("CUR-CORP", target, target * 4);
        guaranteed
    }
}
