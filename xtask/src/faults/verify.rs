//! What the database must say after everything.

use std::collections::{BTreeMap, BTreeSet};

use super::bank::Bank;
use super::dice::Dice;
use super::writers::{Book, Kind, Write};
use crate::Outcome;

/// How often something was done over again to see whether it stays one.
const REPEATED: usize = 12;

/// Marks in the database and how often each is there; the statement has one `%` for a round's marks.
const EFFECTS: [(Kind, &str); 4] = [
    (Kind::Contact, "select split_part(value, '@', 1), count(*) from customer_contact where value like 'f%@example.test' group by 1"),
    (Kind::Activity, "select summary, count(*) from activity where summary like 'f%w%x%n%' group by 1"),
    (
        Kind::Edit,
        "select new_value #>> '{}', count(*) from field_change where field = 'remark' and new_value #>> '{}' like 'f%w%x%n%' group by 1",
    ),
    (Kind::Transfer, "select reason, count(*) from transfer where reason like 'f%w%x%n%' group by 1"),
];

const WITHOUT_INDEXES: &str = "set enable_indexscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off;";

const INVARIANTS: [(&str, &str); 4] = [
    (
        "customers with two leads",
        "select count(*) from (select a.customer_id from assignment a, bank b where a.role = 'lead' and a.valid @> b.business_date group by 1 having count(*) > 1) x",
    ),
    (
        "summaries that name another lead",
        "select count(*) from customer_summary s, bank b where s.lead_staff_id is distinct from
            (select a.staff_id from assignment a where a.customer_id = s.customer_id and a.role = 'lead' and a.valid @> b.business_date)",
    ),
    ("idempotency keys without an answer", "select count(*) from idempotency_key where response is null"),
    (
        "edits without their audit row",
        "select greatest((select count(*) from field_change f where f.field = 'remark' and f.new_value #>> '{}' like 'f%w%x%n%')
            - (select count(*) from audit_log where verb = 'customer.edit' and outcome = 'done' and detail -> 'fields' @> '[\"remark\"]'), 0)",
    ),
];

/// Every write of `all` is there once, nothing else is, and the bank agrees with itself.
///
/// # Errors
/// Names the first that is not so.
pub(crate) fn verify(bank: &Bank, book: &Book, all: &[Write], dice: &mut Dice) -> Outcome {
    counts(&|statement| bank.sql(statement), all)?;
    for _ in 0..REPEATED.min(all.len()) {
        dice.pick(all).repeat(bank.address, &book.token)?;
    }
    counts(&|statement| bank.sql(statement), all)?;
    for (what, statement) in INVARIANTS {
        let found = bank.sql(statement)?;
        if found.first().and_then(|row| row.first()).map(String::as_str) != Some("0") {
            // Whether the rows are so, or only an index that lacks one of them.
            let read = bank.sql(&format!("{WITHOUT_INDEXES} {statement}"))?;
            return Err(format!("{what}: {found:?}; read without indexes: {read:?}"));
        }
    }
    for command in [&["audit", "seal"][..], &["audit", "verify"], &["reconcile"]] {
        let output = bank.output(command)?;
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            return Err(format!("guanhu {}: {}", command.join(" "), String::from_utf8_lossy(&said).trim()));
        }
    }
    Ok(())
}

/// Exactly once each. What was refused or never acknowledged may not be there at all.
pub(crate) fn counts(sql: &dyn Fn(&str) -> Outcome<Vec<Vec<String>>>, all: &[Write]) -> Outcome {
    for (kind, statement) in EFFECTS {
        let rows = sql(statement)?;
        let found: BTreeMap<&str, &str> = rows.iter().filter_map(|row| Some((row.first()?.as_str(), row.get(1)?.as_str()))).collect();
        let acknowledged: BTreeSet<&str> = all.iter().filter(|write| write.kind == kind).map(|write| write.mark.as_str()).collect();
        for mark in &acknowledged {
            match found.get(mark) {
                Some(&"1") => {}
                Some(times) => return Err(format!("{kind:?} {mark} was done {times} times")),
                None => return Err(format!("{kind:?} {mark} was acknowledged and is lost")),
            }
        }
        if let Some(stranger) = found.keys().find(|mark| !acknowledged.contains(*mark)) {
            return Err(format!("{kind:?} {stranger} is there and was never acknowledged"));
        }
    }
    Ok(())
}
