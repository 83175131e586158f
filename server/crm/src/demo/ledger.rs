//! One account through time: every posting with the balance after it, month ends and daily averages.

use super::{
    calendar::{Calendar, Day, date},
    dice::Dice,
    rows::{Batch, Table},
    words::{OTHER_BANKS, SHOPS},
};
use crate::alerts::Limits;

macro_rules! deals {
    ($($deal:ident $code:literal $zh:literal;)*) => {
        /// Why money moved, by the codes that pages have words for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Deal { $($deal),* }

        impl Deal {
            pub const fn code(self) -> &'static str {
                match self { $(Deal::$deal => $code),* }
            }

            pub const fn narrative(self) -> &'static str {
                match self { $(Deal::$deal => $zh),* }
            }
        }
    };
}

deals! {
    Salary "salary" "代发工资";
    Bonus "bonus" "年终奖";
    Pension "pension" "养老金";
    Spending "spending" "消费";
    Rent "rent" "房租";
    TransferIn "transfer_in" "转账转入";
    TransferOut "transfer_out" "转账转出";
    CashIn "cash_in" "现金存入";
    CashOut "cash_out" "现金支取";
    Opening "opening" "开户存入";
    Renewal "renewal" "到期转存";
    Maturity "maturity" "到期兑付";
    Purchase "purchase" "购买产品";
    Redemption "redemption" "赎回";
    Premium "premium" "保险费";
    Drawdown "drawdown" "贷款发放";
    LoanPayment "loan_payment" "贷款还款";
    CardPayment "card_payment" "信用卡还款";
    Receipt "receipt" "货款收入";
    Payment "payment" "货款支出";
    Payroll "payroll" "发放工资";
    Tax "tax" "税款缴纳";
}

impl Deal {
    /// Does money come from or go to another bank?
    const fn elsewhere(self) -> bool {
        matches!(self, Deal::TransferIn | Deal::TransferOut | Deal::Receipt | Deal::Payment | Deal::Rent)
    }
}

/// Something that will move an account: minor units, negative takes money out.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    pub on: Day,
    pub amount: i64,
    pub deal: Deal,
    /// Must happen in full, with money from elsewhere if need be; others do with what there is.
    pub exact: bool,
}

/// The balance of an account from the start of the window.
pub struct Book {
    pub balance: i64,
    month: usize,
    since: Day,
    weighted: i128,
    pub ends: Vec<Option<i64>>,
    pub averages: Vec<Option<i64>>,
}

impl Book {
    pub fn new(calendar: &Calendar, opened: Day, balance: i64) -> Book {
        let since = opened.max(calendar.start());
        let month = calendar.months.partition_point(|month| month.last < since);
        let length = calendar.months.len();
        Book { balance, month, since, weighted: 0, ends: vec![None; length], averages: vec![None; length] }
    }

    /// From this day on it is so much more. Days never go back.
    pub fn change(&mut self, calendar: &Calendar, on: Day, by: i64) {
        self.pass(calendar, on);
        self.balance += by;
    }

    /// The balance held on every day before this one.
    fn pass(&mut self, calendar: &Calendar, until: Day) {
        while let Some(month) = calendar.months.get(self.month) {
            if until <= self.since {
                return;
            }
            let upto = until.min(month.last + 1);
            self.weighted += i128::from(self.balance) * i128::from(upto - self.since);
            self.since = upto;
            if upto > month.last {
                let days = i128::from(month.days());
                self.ends[self.month] = Some(self.balance);
                self.averages[self.month] = Some(((2 * self.weighted + days) / (2 * days)) as i64);
                self.weighted = 0;
                self.month += 1;
            }
        }
    }

    /// To the end of the business date; a closed account has no months after that of its closing.
    pub fn finish(&mut self, calendar: &Calendar, closed: Option<Day>) {
        self.pass(calendar, calendar.business + 1);
        if let Some(closed) = closed {
            for (at, month) in calendar.months.iter().enumerate() {
                if month.first > closed {
                    self.ends[at] = None;
                    self.averages[at] = None;
                }
            }
        }
    }

    pub fn write(&self, batch: &mut Batch, calendar: &Calendar, customer: i64, account: i64) {
        let mut at = 0;
        while at < self.ends.len() {
            let year = calendar.months[at].year;
            let (mut ends, mut averages) = ([None; 12], [None; 12]);
            let mut any = false;
            while at < self.ends.len() && calendar.months[at].year == year {
                let month = calendar.months[at].month as usize - 1;
                ends[month] = self.ends[at];
                averages[month] = self.averages[at];
                any |= self.ends[at].is_some();
                at += 1;
            }
            if any {
                batch.row(Table::AccountYear).big(customer).big(account).small(year as i16).months(&ends).months(&averages);
            }
        }
    }
}

/// Writes the transactions of one customer, numbering them.
pub struct Journal<'a> {
    pub batch: &'a mut Batch,
    pub customer: i64,
    pub next: i64,
    /// The latest day on which anything moved.
    pub latest: Option<Day>,
    /// The largest sum that left a current account lately, and the first day on which so much did.
    pub outflow: Option<(i64, Day)>,
}

/// What a posting is posted to.
#[derive(Clone, Copy)]
pub struct Target {
    pub account: i64,
    pub currency: &'static str,
    /// The balance is what the customer owes: a credit makes it smaller.
    pub owed: bool,
}

impl Journal<'_> {
    /// `by` is what the balance changes by; `after` what it is then, where the account has balances per posting.
    pub fn post(&mut self, dice: &mut Dice, to: Target, on: Day, by: i64, after: Option<i64>, deal: Deal) {
        let credit = (by >= 0) != to.owed;
        let id = self.next;
        self.next += 1;
        self.latest = self.latest.max(Some(on));
        let (bank, number) = if deal.elsewhere() {
            (Some(*dice.pick(OTHER_BANKS)), Some(format!("6{:015}", dice.next() % 1_000_000_000_000_000)))
        } else {
            (None, None)
        };
        let narrative = if deal == Deal::Spending { *dice.pick(SHOPS) } else { deal.narrative() };
        self.batch
            .row(Table::Txn)
            .big(self.customer)
            .day(on)
            .big(id)
            .big(to.account)
            .text(if credit { "credit" } else { "debit" })
            .text(to.currency)
            .big(by.abs())
            .opt(after, |row, after| row.big(after))
            .text(deal.code())
            .text("")
            .opt(bank, |row, bank| row.text(bank))
            .opt(number.as_deref(), |row, number| row.text(number))
            .text(narrative);
    }

    /// Plays events on a current account. `cap`: what is above it is moved on to `rest`.
    pub fn play(&mut self, calendar: &Calendar, dice: &mut Dice, to: Target, book: &mut Book, events: &mut [Event], cap: i64, rest: i64) {
        events.sort_unstable_by_key(|event| (event.on, event.deal, event.amount));
        let limits = Limits::default();
        let mut step = |journal: &mut Self, book: &mut Book, on: Day, by: i64, deal: Deal| {
            book.change(calendar, on, by);
            let left = -by;
            let much = left > limits.outflow_amount && on > calendar.business - limits.outflow_days;
            if much && journal.outflow.is_none_or(|(most, day)| left > most || (left == most && on < day)) {
                journal.outflow = Some((left, on));
            }
            journal.post(dice, to, on, by, Some(book.balance), deal);
        };
        for event in events {
            let mut amount = event.amount;
            let missing = -amount - book.balance;
            if missing > 0 && event.exact {
                let from_elsewhere = (missing / 100_000 + 1) * 100_000;
                step(self, book, event.on, from_elsewhere, Deal::TransferIn);
            } else if missing > 0 {
                amount = -(book.balance * 9 / 10 / 100 * 100);
                if amount > -1_000 {
                    continue;
                }
            }
            step(self, book, event.on, amount, event.deal);
            if book.balance > cap {
                let excess = (book.balance - rest) / 10_000 * 10_000;
                step(self, book, event.on, -excess, Deal::TransferOut);
            }
        }
    }
}

/// As JSON and lineage write it.
pub fn iso(day: Day) -> String {
    date(day).to_string()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    #[test]
    fn a_month_end_is_what_the_last_posting_left_and_averages_weigh_days() {
        let calendar = Calendar::new(NaiveDate::from_ymd_opt(2026, 3, 10).unwrap(), 2);
        let first = calendar.start();
        let mut book = Book::new(&calendar, first - 100, 1000);
        book.change(&calendar, first + 10, 500);
        book.change(&calendar, first + 31, -1500);
        book.finish(&calendar, None);
        assert_eq!(book.ends, [Some(1500), Some(0), Some(0)]);
        assert_eq!(book.averages[0], Some(1339), "(10 × 1000 + 21 × 1500) / 31");
        let book = {
            let mut book = Book::new(&calendar, first + 31, 280);
            book.finish(&calendar, Some(first + 40));
            book
        };
        assert_eq!(book.ends, [None, Some(280), None]);
    }
}
