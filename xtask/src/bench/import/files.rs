//! Canonical files of a made-up bank, shaped like the Berka bank's: as many accounts, loans, cards, orders and transactions
//! to a customer, over six years. The same number of customers, the same bytes.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::faults::dice::Dice;

pub(crate) const BUSINESS_DATE: &str = "2026-03-31";
/// The same and the bank's first day, in days since 1970.
const LAST: i64 = 20_543;
const FIRST: i64 = 18_353;
const OUTLETS: usize = 77;
const SURNAMES: [&str; 16] = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林"];
const GIVEN: [&str; 16] = ["伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明"];

/// Writes the files and answers with their number of rows.
pub(crate) fn write(dir: &Path, customers: usize) -> Outcome<usize> {
    if dir.exists() {
        fs::remove_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    }
    fs::create_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    let mut rows = 0;
    for (name, text) in files(customers) {
        rows += text.lines().count() - 1;
        let file = dir.join(format!("{name}.csv"));
        fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(rows)
}

fn files(customers: usize) -> Vec<(&'static str, String)> {
    let mut dice = Dice::new(1);
    let people = people(&mut dice, customers);
    let (accounts, transactions) = accounts(&mut dice, customers);
    let mut files = bank();
    files.extend(people);
    files.extend(credit(&mut dice, customers));
    files.extend(accounts);
    files.push(("transactions", transactions));
    files
}

fn bank() -> Vec<(&'static str, String)> {
    let mut units = "code,name,kind,parent\nHO,总行,head_office,\n".to_owned();
    let mut staff = "code,name,unit,is_manager\n".to_owned();
    for branch in 0..8 {
        let _ = writeln!(units, "B{branch},第{branch}分行,branch,HO");
    }
    for outlet in 0..OUTLETS {
        let _ = writeln!(units, "O{outlet:02},第{outlet}网点,outlet,B{}", outlet % 8);
        let _ = writeln!(staff, "M{outlet:02},{}{},O{outlet:02},yes", SURNAMES[outlet % 16], GIVEN[outlet / 16]);
    }
    let products = "code,name,category\nCUR,活期存款,current\nLOAN,个人贷款,loan\n".to_owned();
    vec![("units", units), ("staff", staff), ("products", products)]
}

fn people(dice: &mut Dice, customers: usize) -> Vec<(&'static str, String)> {
    let mut people = "source_key,kind,unit,name,opened_on,birth_date,sex\n".to_owned();
    let mut charge = "customer,staff,role\n".to_owned();
    for no in 0..customers {
        let outlet = dice.below(OUTLETS);
        let name = format!("{}{}{}", dice.pick(&SURNAMES), dice.pick(&GIVEN), dice.pick(&GIVEN));
        let born = iso(dice.below(18_000) as i64 - 7_000);
        let sex = dice.pick(&["male", "female"]);
        let _ = writeln!(people, "C{no},personal,O{outlet:02},{name},{},{born},{sex}", iso(opened(no)));
        let _ = writeln!(charge, "C{no},M{outlet:02},lead");
    }
    vec![("customers", people), ("assignments", charge)]
}

/// When the customer of this number came, and opened an account.
fn opened(no: usize) -> i64 {
    FIRST + (no * 7 % 1_600) as i64
}

fn credit(dice: &mut Dice, customers: usize) -> Vec<(&'static str, String)> {
    let mut contracts = "contract_no,customer,amount,signed_on,expires_on\n".to_owned();
    let mut loans = "source_key,customer,product,contract_no,principal,balance,opened_on,matures_on\n".to_owned();
    for no in (0..customers).step_by(8) {
        let amount = 5_000 + dice.below(300_000);
        let (from, until) = (iso(opened(no) + 200), iso(opened(no) + 1_900));
        let _ = writeln!(contracts, "K{no},C{no},{amount}.00,{from},{until}");
        let _ = writeln!(loans, "L{no},C{no},LOAN,K{no},{amount}.00,{}.50,{from},{until}", amount / 3);
    }
    vec![("contracts", contracts), ("loans", loans)]
}

/// Accounts with who may use them, cards and standing orders; and their transactions, ordered by day as a core system writes them.
fn accounts(dice: &mut Dice, customers: usize) -> (Vec<(&'static str, String)>, String) {
    let mut accounts = "source_key,customer,product,opened_on\n".to_owned();
    let mut parties = "source_key,account,customer,role\n".to_owned();
    let mut cards = "source_key,account,kind,issued_on\n".to_owned();
    let mut orders = "source_key,account,to_bank,to_account,amount,purpose\n".to_owned();
    let mut booked = Vec::new();
    for no in 0..customers {
        // Of six customers one uses the account of the one before.
        if no % 6 == 5 {
            let _ = writeln!(parties, "P{no},A{},C{no},user", no - 1);
            continue;
        }
        let since = opened(no);
        let _ = writeln!(accounts, "A{no},C{no},CUR,{}", iso(since));
        let _ = writeln!(parties, "P{no},A{no},C{no},owner");
        if no % 6 == 0 {
            let _ = writeln!(cards, "D{no},A{no},classic,{}", iso(since + 90));
        }
        for order in 0..dice.below(4) {
            let amount = 100 + dice.below(5_000);
            let _ = writeln!(orders, "S{no}-{order},A{no},YZ,62220{no:08},{amount}.00,household");
        }
        let mut days: Vec<i64> = (0..9 + dice.below(18)).map(|_| since + dice.below((LAST - since) as usize) as i64).collect();
        days.sort_unstable();
        let mut cents = 0;
        for day in days {
            let amount = 100 + dice.below(500_000) as i64;
            // Nobody is overdrawn.
            let credit = cents < amount || dice.below(2) == 0;
            cents += if credit { amount } else { -amount };
            booked.push((day, no, credit, amount, cents));
        }
    }
    booked.sort_by_key(|(day, ..)| *day);
    let mut transactions = "source_key,account,booked_on,direction,amount,balance_after,kind,narrative\n".to_owned();
    for (at, (day, no, credit, amount, left)) in booked.into_iter().enumerate() {
        let (side, kind) = if credit { ("credit", "cash_deposit") } else { ("debit", "transfer_out") };
        let (amount, left) = (money(amount), money(left));
        let _ = writeln!(transactions, "T{at},A{no},{},{side},{amount},{left},{kind},第{at}笔", iso(day));
    }
    let files = vec![("accounts", accounts), ("account_parties", parties), ("cards", cards), ("orders", orders)];
    (files, transactions)
}

fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// A day since 1970 as a date: years begin in March, so that the leap day is a year's last.
fn iso(day: i64) -> String {
    let since = day + 719_468;
    let (era, of_era) = (since.div_euclid(146_097), since.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        for (day, date) in [(0, "1970-01-01"), (-1, "1969-12-31"), (11_016, "2000-02-29"), (11_017, "2000-03-01"), (LAST, BUSINESS_DATE)] {
            assert_eq!(iso(day), date);
        }
        assert_eq!(iso(FIRST), "2020-04-01");
    }

    #[test]
    fn the_same_number_of_customers_is_the_same_bank() {
        let made = files(60);
        assert_eq!(made, files(60));
        let rows = |name: &str| made.iter().find(|(file, _)| *file == name).map(|(_, text)| text.lines().count() - 1);
        assert_eq!(
            (rows("customers"), rows("assignments"), rows("accounts"), rows("account_parties")),
            (Some(60), Some(60), Some(50), Some(60))
        );
    }
}
