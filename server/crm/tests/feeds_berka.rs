//! A real bank's files, 1993–1998, against figures counted from the files by other means.

mod berka;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use guanhu_crm::{Actor, feeds};
use guanhu_domain::feeds::RunState;
use sqlx::PgPool;

/// The balance each account closed with. The file is ordered by day only, so that its last line of an
/// account is often not the last thing that happened. Each transaction leads from the balance it found to the one
/// it left; a day is a walk over all of them, and it ends where one more of them arrives than leaves, or where it began.
/// Balances up to ten hellers apart are one: the file rounds.
fn closing_balances(dir: &Path) -> BTreeMap<String, i64> {
    let text = std::fs::read_to_string(dir.join("trans.asc")).unwrap();
    let mut accounts: BTreeMap<String, BTreeMap<String, Vec<(i64, i64)>>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(';').map(|cell| cell.trim_matches('"')).collect();
        let cents = |text: &str| (text.parse::<f64>().unwrap() * 100.0).round() as i64;
        let amount = cents(cells[5]) * if cells[3] == "PRIJEM" { 1 } else { -1 };
        let left = cents(cells[6]);
        accounts.entry(cells[1].into()).or_default().entry(cells[2].into()).or_default().push((left - amount, left));
    }
    let close_of = |days: BTreeMap<String, Vec<(i64, i64)>>| {
        let mut opening = None;
        for day in days.into_values() {
            let values: BTreeSet<i64> = day.iter().flat_map(|(found, left)| [*found, *left]).chain(opening).collect();
            let mut places: BTreeMap<i64, usize> = BTreeMap::new();
            let mut before: Option<(i64, usize)> = None;
            for value in values {
                let place = before.map_or(0, |(at, place)| if value - at > 10 { place + 1 } else { place });
                places.insert(value, place);
                before = Some((value, place));
            }
            let mut arrivals: BTreeMap<usize, i64> = BTreeMap::new();
            for (found, left) in &day {
                *arrivals.entry(places[found]).or_default() -= 1;
                *arrivals.entry(places[left]).or_default() += 1;
            }
            let end = arrivals.into_iter().find(|(_, more)| *more > 0).map(|(place, _)| place);
            let end = end.or(opening.map(|opening| places[&opening])).expect("a first day does not go round");
            opening = day.iter().map(|(_, left)| *left).rfind(|left| places[left] == end);
        }
        opening
    };
    accounts.into_iter().filter_map(|(account, days)| Some((account, close_of(days)?))).collect()
}

#[sqlx::test(migrations = false)]
async fn the_berka_bank_is_loaded_with_every_figure_right(owner: PgPool) {
    let Some((bank, request, report)) = berka::loaded(&owner).await else { return };
    println!("{} rows in {:.2} s", report.total.read, report.seconds);
    assert_eq!((report.state, report.total.rejected), (RunState::Done, 0), "{:?}", report.rejects);
    assert_eq!((report.total.read, report.total.updated), (report.total.inserted, 0));

    let count = async |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(&owner).await.unwrap();
    for (figure, sql) in [
        (5369, "select count(*) from customer where kind = 'personal'"),
        (2724, "select count(*) from customer where sex = 'male'"),
        (2645, "select count(*) from customer where sex = 'female'"),
        (0, "select count(*) from customer where extract(year from birth_date) not between 1911 and 1987"),
        (8, "select count(*) from org_unit r join org_unit h on h.org_id = r.parent_id where r.kind = 'branch' and h.parent_id is null"),
        (
            77,
            "select count(*) from org_unit o join org_unit r on r.org_id = o.parent_id where o.kind = 'outlet' and r.kind = 'branch' and cardinality(o.path) = 3",
        ),
        (4500, "select count(*) from account where category = 'current'"),
        (4500, "select count(*) from account_party where role = 'owner'"),
        (869, "select count(*) from account_party where role = 'user'"),
        (
            0,
            "select count(*) from account_party p join account a using (account_id) where p.owner_id <> a.customer_id or (p.role = 'owner') <> (p.customer_id = a.customer_id)",
        ),
        (
            682,
            "select count(*) from account l join contract k using (customer_id, contract_id) where l.category = 'loan' and l.limit_amount = k.amount",
        ),
        (0, "select count(*) from account where category = 'loan' and payment * term_months <> limit_amount"),
        (203, "select count(*) from account where category = 'loan' and status = 'settled' and balance = 0"),
        (31, "select count(*) from account where category = 'loan' and status = 'defaulted'"),
        (403, "select count(*) from account where category = 'loan' and status = 'active'"),
        (45, "select count(*) from account where category = 'loan' and status = 'overdue'"),
        (892, "select count(*) from card c join account_party p using (customer_id, account_id)"),
        (88, "select count(*) from card where kind = 'gold'"),
        (6471, "select count(*) from standing_order s join account a using (customer_id, account_id)"),
        (79302, "select count(*) from txn t join account a using (customer_id, account_id)"),
        (1583, "select count(distinct account_id) from txn"),
        (4167, "select count(*) from account where statement_frequency = 'monthly'"),
        (240, "select count(*) from account where statement_frequency = 'weekly'"),
        (93, "select count(*) from account where statement_frequency = 'after_transaction'"),
        (2917, "select count(*) from account where category = 'current' and balance = 0 and balance_on is null"),
        (5369, "select count(*) from customer_summary where lead_staff_id is not null"),
        (0, "select count(*) from customer_summary s join staff m on m.staff_id = s.lead_staff_id where m.org_id <> s.org_id"),
        (5369, "select count(*) from customer_identity where kind = 'source_key' and system = 'berka'"),
        (
            0,
            "select count(*) from customer_summary s where s.deposits <> (select coalesce(sum(balance), 0) from account a where a.customer_id = s.customer_id and a.category = 'current')",
        ),
    ] {
        assert_eq!(count(sql).await, figure, "{sql}");
    }

    let closing = closing_balances(&request.dir);
    assert_eq!(closing.len(), 1583);
    let balances: BTreeMap<String, i64> =
        sqlx::query_as::<_, (String, i64)>("select source_key, balance from account where category = 'current'")
            .fetch_all(&owner)
            .await
            .unwrap()
            .into_iter()
            .collect();
    let wrong: BTreeSet<_> = closing.iter().filter(|(account, balance)| balances.get(*account) != Some(balance)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");

    // Running balances follow in the order that lists show.
    let (follows, breaks): (i64, i64) = sqlx::query_as(
        "select count(*) filter (where abs(was + change - balance_after) <= 20), count(*) filter (where abs(was + change - balance_after) > 20) from (
             select balance_after, case direction when 'credit' then amount else -amount end as change,
                 lag(balance_after) over (partition by account_id order by booked_on, txn_id) as was from txn) t where was is not null",
    )
    .fetch_one(&owner)
    .await
    .unwrap();
    assert!(breaks <= 60 && follows > 77_000, "{follows} follow, {breaks} do not");
    // Month ends of the last month are the balances; the average of a whole quiet month is its end.
    assert_eq!(count("select count(*) from account a join account_year y using (customer_id, account_id) where y.year = 1998 and a.category = 'current' and y.end_balance[12] <> a.balance").await, 0);
    assert_eq!(count("select count(*) from account a join account_year y using (customer_id, account_id) where y.year = 1998 and a.balance_on < '1998-12-01' and y.average_balance[12] <> a.balance").await, 0);

    let again = feeds::import(&bank, &Actor::system(), request, |_| {}).await.unwrap();
    println!("again: {} rows in {:.2} s", again.total.read, again.seconds);
    assert_eq!((again.total.unchanged, again.total.inserted, again.total.updated, again.total.rejected), (again.total.read, 0, 0, 0));
    assert_eq!(again.total.read, report.total.read);
}
