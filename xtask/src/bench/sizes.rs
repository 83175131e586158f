//! What rows take on the disk, and by that what larger banks would take.

use super::bank::Bank;
use super::bare::Bare;
use super::report::{Report, Unit};
use crate::Outcome;

/// Months of closed books and transactions of each customer that larger banks are thought to keep.
const MONTHS: f64 = 24.0;
const TRANSACTIONS: f64 = 20.0;
const LARGER: [f64; 3] = [10e6, 100e6, 700e6];

/// Of every table with rows: bytes with its indexes, of its indexes alone, rows, and whether customers own it and
/// its rows are of a month. Partitions count as their table.
const TABLES: &str = "
select coalesce(pg_partition_root(c.oid), c.oid)::regclass::text, sum(pg_total_relation_size(c.oid))::bigint, sum(pg_indexes_size(c.oid))::bigint,
    sum(greatest(c.reltuples, 0))::bigint,
    bool_or(exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'customer_id')),
    bool_or(exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'month'))
from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
group by 1 having sum(pg_total_relation_size(c.oid)) > 1000000 order by 2 desc";

struct Table {
    name: String,
    bytes: f64,
    indexes: f64,
    rows: f64,
    is_owned: bool,
    is_monthly: bool,
}

pub(crate) fn measure() -> Outcome {
    let bank = Bank::open()?;
    let owner = Bare::attach(&bank.data_dir, &bank.folder)?;
    let mut report = Report::begin("sizes", &bank);
    let number = |sql: &str| -> Outcome<f64> { owner.owner(sql)?.parse().map_err(|_| format!("no number: {sql}")) };
    let customers = number("select count(*) from customer")?;
    let months = number("select count(distinct month) from customer_month")?.max(1.0);
    let whole = number("select pg_database_size(current_database())")?;
    let tables: Vec<Table> = owner.owner(TABLES)?.lines().filter_map(table).collect();

    println!("\n{customers} customers, {months} months of books; tables and their indexes on the disk\n");
    println!("{:<28} {:>12} {:>9} {:>10} {:>9} {:>14}", "table", "rows", "MB", "bytes/row", "indexes", "rows/customer");
    for it in &tables {
        println!(
            "{:<28} {:>12} {:>9.0} {:>10.0} {:>8.0}% {:>14.2}",
            it.name,
            it.rows,
            it.bytes / 1e6,
            it.bytes / it.rows.max(1.0),
            100.0 * it.indexes / it.bytes,
            it.rows / customers
        );
        if it.is_owned && it.rows > 0.0 {
            report.once(&format!("{} · bytes a row", it.name), Unit::Bytes, it.bytes / it.rows);
        }
    }
    let of = |which: &dyn Fn(&Table) -> bool| tables.iter().filter(|it| it.is_owned && which(it)).map(|it| it.bytes).sum::<f64>();
    let transactions: f64 = tables.iter().filter(|it| it.name == "txn").map(|it| it.rows).sum();
    let kept = of(&|it| it.name != "txn" && !it.is_monthly) / customers;
    let month = of(&|it| it.is_monthly) / customers / months;
    let transaction = of(&|it| it.name == "txn") / transactions.max(1.0);
    println!(
        "\na customer: {kept:.0} bytes for good, {month:.0} for each month of closed books, {transaction:.0} for each transaction;\
         \nthis database as a whole: {:.1} GB\n",
        whole / 1e9
    );
    println!("{:<28} {:>12}", format!("with {MONTHS} months, {TRANSACTIONS} transactions"), "GB");
    for larger in LARGER {
        let bytes = larger * (kept + MONTHS * month + TRANSACTIONS * transaction);
        println!("{:<28} {:>12.0}", format!("{:.0} million customers", larger / 1e6), bytes / 1e9);
    }
    println!();
    report.once("a customer · bytes for good", Unit::Bytes, kept);
    report.once("a customer · bytes a month of books", Unit::Bytes, month);
    report.once("a transaction · bytes", Unit::Bytes, transaction);
    report.once("the database", Unit::Bytes, whole);
    report.keep()
}

fn table(line: &str) -> Option<Table> {
    let [name, bytes, indexes, rows, is_owned, is_monthly]: [&str; 6] = line.split('|').collect::<Vec<_>>().try_into().ok()?;
    Some(Table {
        name: name.to_owned(),
        bytes: bytes.parse().ok()?,
        indexes: indexes.parse().ok()?,
        rows: rows.parse().ok()?,
        is_owned: is_owned == "t",
        is_monthly: is_monthly == "t",
    })
}
