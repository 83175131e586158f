//! The bank before its customers: units, staff, products, tiers, rates and the six who log in.

use chrono::NaiveDate;
use guanhu_domain::{customers::Kind, rules::Condition};
use sqlx::PgConnection;

use super::{
    calendar::{Calendar, date},
    cast::given_name,
    dice::Dice,
    ledger::iso,
    shelf::{Offer, SHELF},
    words::*,
    world::{ACCOUNTS_EACH, DemoOptions, ITEMS_EACH, Product, Tier, Unit, World},
};
use crate::{
    Bank, Error, Result,
    tiers::{averages, shipped},
};

/// Everything but the customers, in the caller's transaction.
pub async fn found(conn: &mut PgConnection, bank: &Bank, options: &DemoOptions, password_hashes: &[String; 7]) -> Result<World> {
    let mut dice = Dice::new(options.seed, 0, 0);
    let calendar = Calendar::new(options.business_date, options.months);
    sqlx::query(
        "insert into bank (name, base_currency, business_date, is_demo) values ('临江市商业银行', 'CNY', $1, true)
         on conflict (one) do update set name = excluded.name, base_currency = 'CNY', business_date = excluded.business_date, is_demo = true",
    )
    .bind(options.business_date)
    .execute(&mut *conn)
    .await?;
    let (units, leaders) = units(conn, options, &mut dice).await?;
    users(conn, &units, &leaders, password_hashes).await?;
    let products = products(conn).await?;
    let personal_tiers = tiers(conn, Kind::Personal, &calendar).await?;
    let corporate_tiers = tiers(conn, Kind::Corporate, &calendar).await?;
    let (rates, month_rates) = rates(conn, &calendar, options.business_date, &mut dice).await?;
    for month in &calendar.months {
        sqlx::query("select ensure_month($1)").bind(date(month.first)).execute(&mut *conn).await?;
    }
    let (first_customer, first_account, first_item) = ids(conn, options.customers as i64).await?;
    let mut market = vec![1.0];
    for _ in 1..calendar.months.len() {
        market.push(market[market.len() - 1] * (1.0 + 0.004 + 0.028 * dice.normal()));
    }
    Ok(World {
        seed: options.seed,
        customers: options.customers,
        as_of: iso(calendar.business),
        calendar,
        keys: bank.keys().clone(),
        first_customer,
        first_account,
        first_item,
        units,
        products,
        personal_tiers,
        corporate_tiers,
        rates,
        month_rates,
        market,
    })
}

/// Sets ids aside for everybody, so that new customers get later ones.
async fn ids(conn: &mut PgConnection, customers: i64) -> Result<(i64, i64, i64)> {
    let firsts: (i64, i64, i64) = sqlx::query_as("select nextval('customer_id_seq'), nextval('account_id_seq'), nextval('item_id_seq')")
        .fetch_one(&mut *conn)
        .await?;
    sqlx::query("select setval('customer_id_seq', $1), setval('account_id_seq', $2), setval('item_id_seq', $3)")
        .bind(firsts.0 + customers)
        .bind(firsts.1 + customers * ACCOUNTS_EACH)
        .bind(firsts.2 + customers * ITEMS_EACH)
        .execute(conn)
        .await?;
    Ok(firsts)
}

/// Those of the staff who get a login: their ids and names.
struct Leaders {
    head_office: i32,
    first_unit: i32,
    executive: (i32, String),
    president: (i32, String),
    branch: (i32, String),
    manager: (i32, String),
}

/// A member of staff to be hired.
struct Hire {
    name: String,
    org: i32,
    manager: bool,
    title: &'static str,
}

async fn units(conn: &mut PgConnection, options: &DemoOptions, dice: &mut Dice) -> Result<(Vec<Unit>, Leaders)> {
    let sub_branches = (options.customers as f64 / 3000.0).round().max(6.0) as usize;
    let branches = (sub_branches / 11).clamp(3, 60);
    let head_office = unit(conn, "00", "临江市商业银行总行", "head_office", None).await?;
    let mut branch_ids = Vec::new();
    for at in 0..branches {
        let name = match BRANCHES.get(at) {
            Some(name) => format!("{name}分行"),
            None => format!("第{}分行", at + 1),
        };
        branch_ids.push(unit(conn, &format!("{:02}", at + 1), &name, "branch", Some(head_office)).await?);
    }
    let mut hires = Vec::new();
    let mut hire = |dice: &mut Dice, org: i32, manager: bool, title: &'static str| {
        let (male, born) = (dice.chance(0.52), dice.range(1966, 2000));
        let name = format!("{}{}", dice.favour(SURNAMES), given_name(dice, male, born));
        hires.push(Hire { name, org, manager, title });
        hires.len() - 1
    };
    for title in ["行长", "副行长", "零售银行部总经理", "公司银行部总经理", "风险管理部总经理", "信息科技部总经理"]
    {
        hire(dice, head_office, false, title);
    }
    for id in &branch_ids {
        hire(dice, *id, false, "分行行长");
    }
    // The first sub-branch is the largest: it is the one the demo logins work in.
    let weights: Vec<f64> = (0..sub_branches).map(|at| if at == 0 { 1.7 } else { dice.between(0.6, 1.5) }).collect();
    let whole: f64 = weights.iter().sum();
    let mut units = Vec::with_capacity(sub_branches);
    let mut hired: Vec<Vec<usize>> = Vec::new();
    let (mut up_to, mut head_of_first) = (0.0, 0);
    for (at, weight) in weights.iter().enumerate() {
        let branch = at % branches;
        let within = at / branches;
        let places = STREET_FIRST.len() * STREET_LAST.len();
        let place = at % places;
        let street = format!("{}{}", STREET_FIRST[place % STREET_FIRST.len()], STREET_LAST[place / STREET_FIRST.len()]);
        let name = if at < places { format!("{street}支行") } else { format!("{street}第{}支行", at / places + 1) };
        let code = format!("{:02}{:02}", branch + 1, within + 1);
        let org_id = unit(conn, &code, &name, "sub_branch", Some(branch_ids[branch])).await?;
        up_to += weight / whole;
        let head = hire(dice, org_id, false, "支行行长");
        if at == 0 {
            head_of_first = head;
        }
        let expected = options.customers as f64 * weight / whole * 0.97;
        let least = if options.customers >= 2000 { 2 } else { 1 };
        let count = ((expected / 320.0).round() as usize).max(least);
        let titles: Vec<_> = (0..count).map(|_| *dice.pick(&["高级客户经理", "客户经理", "客户经理", "客户经理"])).collect();
        hired.push(titles.into_iter().map(|title| hire(dice, org_id, true, title)).collect());
        units.push(Unit { org_id, district: DISTRICTS[branch % DISTRICTS.len()], up_to, managers: Vec::new() });
    }
    let staff = staff(conn, &hires, options.business_date, dice).await?;
    for (unit, places) in units.iter_mut().zip(&hired) {
        unit.managers = places.iter().map(|at| staff[*at]).collect();
    }
    let named = |at: usize| (staff[at], hires[at].name.clone());
    let leaders = Leaders {
        head_office,
        first_unit: units[0].org_id,
        executive: named(1),
        president: named(0),
        branch: named(head_of_first),
        manager: named(hired[0][0]),
    };
    Ok((units, leaders))
}

async fn unit(conn: &mut PgConnection, code: &str, name: &str, kind: &str, parent: Option<i32>) -> Result<i32> {
    Ok(sqlx::query_scalar(
        "with made as (select nextval(pg_get_serial_sequence('org_unit', 'org_id'))::int as id)
         insert into org_unit (org_id, code, name, kind, parent_id, path) overriding system value
         select id, $1, $2, $3, $4, coalesce((select path from org_unit where org_id = $4), '{}') || id from made
         returning org_id",
    )
    .bind(code)
    .bind(name)
    .bind(kind)
    .bind(parent)
    .fetch_one(conn)
    .await?)
}

/// Ids in the order of the hires.
async fn staff(conn: &mut PgConnection, hires: &[Hire], business: NaiveDate, dice: &mut Dice) -> Result<Vec<i32>> {
    let mut rows: Vec<(String, i32)> = sqlx::query_as(
        "insert into staff (code, name, org_id, is_manager, title, phone, qualification, hired_on, capacity)
         select * from unnest($1::text[], $2::text[], $3::int[], $4::bool[], $5::text[], $6::text[], $7::text[], $8::date[], $9::int[])
         returning code, staff_id",
    )
    .bind((0..hires.len()).map(|at| format!("G{:06}", at + 1)).collect::<Vec<_>>())
    .bind(hires.iter().map(|hire| hire.name.clone()).collect::<Vec<_>>())
    .bind(hires.iter().map(|hire| hire.org).collect::<Vec<_>>())
    .bind(hires.iter().map(|hire| hire.manager).collect::<Vec<_>>())
    .bind(hires.iter().map(|hire| hire.title).collect::<Vec<_>>())
    .bind((0..hires.len()).map(|at| format!("0999-{}", 66_000_000 + at)).collect::<Vec<_>>())
    .bind(hires.iter().map(|hire| hire.manager.then(|| *dice.pick(&["AFP", "CFP", "基金从业", "银行从业中级"]))).collect::<Vec<_>>())
    .bind(hires.iter().map(|_| business - chrono::Duration::days(i64::from(dice.range(3000, 9000)))).collect::<Vec<_>>())
    // Around what three hundred customers weigh: some have room, some are full, some have too much.
    .bind((0..hires.len()).map(|at| [640, 600, 720, 560, 680][at % 5]).collect::<Vec<i32>>())
    .fetch_all(conn)
    .await?;
    rows.sort_unstable();
    Ok(rows.into_iter().map(|(_, id)| id).collect())
}

/// The demo logins; the three officers are nobody else's staff.
pub const LOGINS: [&str; 7] = ["executive", "branch", "manager", "admin", "security", "auditor", "president"];

async fn users(conn: &mut PgConnection, units: &[Unit], leaders: &Leaders, hashes: &[String; 7]) -> Result<()> {
    if units.is_empty() {
        return Err(Error::internal("a demo bank without units"));
    }
    let (office, unit) = (leaders.head_office, leaders.first_unit);
    let people = [
        ("executive", leaders.executive.1.as_str(), office, Some(leaders.executive.0)),
        ("branch_manager", leaders.branch.1.as_str(), unit, Some(leaders.branch.0)),
        ("manager", leaders.manager.1.as_str(), unit, Some(leaders.manager.0)),
        ("administrator", "系统管理员", office, None),
        ("security_officer", "安全员", office, None),
        ("auditor", "审计员", office, None),
        // Who agrees to what the other executive asks for.
        ("executive", leaders.president.1.as_str(), office, Some(leaders.president.0)),
    ];
    for ((login, (role, name, org, staff)), hash) in LOGINS.iter().zip(people).zip(hashes) {
        sqlx::query("insert into app_user (login, name, role, org_id, staff_id, password_hash) values ($1, $2, $3, $4, $5, $6)")
            .bind(login)
            .bind(name)
            .bind(role)
            .bind(org)
            .bind(staff)
            .bind(hash)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

async fn products(conn: &mut PgConnection) -> Result<Vec<Product>> {
    let pick = |text: fn(&Offer) -> &'static str| SHELF.iter().map(text).collect::<Vec<_>>();
    let made: Vec<(String, i32)> = sqlx::query_as(
        "insert into product (code, name, name_en, category, customer_kind, currency, risk_level, script)
         select code, name, name_en, category, nullif(customer_kind, ''), nullif(currency, ''), nullif(risk_level, 0), script
         from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::smallint[], $8::text[])
           as t (code, name, name_en, category, customer_kind, currency, risk_level, script)
         returning code, product_id",
    )
    .bind(pick(|offer| offer.code))
    .bind(pick(|offer| offer.name))
    .bind(pick(|offer| offer.name_en))
    .bind(pick(|offer| offer.category))
    .bind(pick(|offer| offer.of))
    .bind(pick(|offer| offer.currency))
    .bind(SHELF.iter().map(|offer| offer.risk).collect::<Vec<_>>())
    .bind(pick(|offer| offer.script))
    .fetch_all(&mut *conn)
    .await?;
    sqlx::raw_sql(WORDS).execute(conn).await?;
    let id = |code: &str| made.iter().find(|(made, _)| made == code).map_or(0, |(_, id)| *id);
    Ok(SHELF
        .iter()
        .map(|offer| Product { id: id(offer.code), code: offer.code, category: offer.category, rate: offer.rate, months: offer.months })
        .collect())
}

/// What is said of the products, by the administrator.
const WORDS: &str = "
insert into product_text (product_id, version, description, script, changed_by)
select product_id, 1, name || '：' || case category
        when 'current' then '随存随取的结算账户，按活期利率计息，可绑定代发、缴费与自动理财。'
        when 'term' then '约定期限、到期还本付息，提前支取按活期计息。受存款保险保障。'
        when 'wealth' then '非保本浮动收益理财，净值每个工作日公布。不得承诺收益，须出示产品说明书与风险揭示书。'
        when 'fund' then '代销公募基金，净值波动，过往业绩不代表未来。须先做风险承受能力评估。'
        when 'insurance' then '代销保险，有犹豫期，退保可能有损失。须双录并由客户本人签署。'
        when 'card' then '信用额度内先消费后还款，最长五十天免息；逾期计收利息并上报征信。'
        else '按约定用途使用、按期还本付息；须核实用途与还款来源。' end,
    script, (select user_id from app_user where login = 'admin')
from product";

/// The scheme that the product ships, in force since the window began.
async fn tiers(conn: &mut PgConnection, kind: Kind, calendar: &Calendar) -> Result<Vec<Tier>> {
    let keys = shipped::found(conn, kind, date(calendar.start())).await?;
    sqlx::query(
        "update tier_scheme c set evaluated_on = $2, evaluated_publication = p.publication_id
         from tier_publication p where p.scheme_id = c.scheme_id and c.code = $1",
    )
    .bind(kind.code())
    .bind(date(calendar.business))
    .execute(conn)
    .await?;
    let floor = |when: &Condition| match when {
        Condition::AverageAum { value, .. } => Some(*value),
        _ => None,
    };
    let tiers = shipped::definition(kind).tiers;
    Ok(tiers.iter().zip(keys).enumerate().map(|(at, (tier, id))| Tier { id, rank: at as i16 + 1, floor: floor(&tier.rule.when) }).collect())
}

type Rates = Vec<(&'static str, i128)>;

/// Daily rates for the window: a random walk each. Returns those of the business date, and of the last
/// day of the newest whole month.
async fn rates(conn: &mut PgConnection, calendar: &Calendar, business: NaiveDate, dice: &mut Dice) -> Result<(Rates, Rates)> {
    let (mut currencies, mut days, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let (mut latest, mut of_month) = (Vec::new(), Vec::new());
    let month = super::calendar::day(averages::through(business));
    for (currency, begin, minor_units) in [("USD", 71_200_000, 1), ("EUR", 78_100_000, 1), ("HKD", 9_130_000, 1), ("JPY", 482_000, 100)] {
        // Ten-millionths of a yuan.
        let mut rate: i64 = begin;
        for day in calendar.start()..=calendar.business {
            rate += (rate as f64 * 0.0018 * dice.normal()) as i64 + (begin - rate) / 200;
            currencies.push(currency);
            days.push(date(day));
            values.push(rust_decimal::Decimal::new(rate, 7));
            if day == month {
                of_month.push((currency, i128::from(rate) * 10 * minor_units));
            }
        }
        latest.push((currency, i128::from(rate) * 10 * minor_units));
    }
    debug_assert_eq!(days.last(), Some(&business));
    sqlx::query(
        "insert into currency_rate (currency, business_date, rate) select * from unnest($1::text[], $2::date[], $3::numeric[])
         on conflict (currency, business_date) do update set rate = excluded.rate",
    )
    .bind(currencies)
    .bind(days)
    .bind(values)
    .execute(conn)
    .await?;
    Ok((latest, of_month))
}
