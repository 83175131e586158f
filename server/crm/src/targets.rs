//! Targets: proposed from the top down, spread by what was reached before, checked to add up, and in force once another
//! person agreed.

mod approval;
mod reached;

pub(crate) use approval::may_decide;

pub use approval::{decide_targets, step_targets};
pub use reached::reached;
pub(crate) use reached::{Asked, Products, Whose, items};

use chrono::NaiveDate;
use guanhu_domain::{
    Code, Currency, Money, Problem,
    access::{Role, Verb},
    dashboards::{BoardQuery, Frame, Indicator, MonthState},
    problem::Rule,
    targets::{AMOUNT_MAX, TargetAmount, TargetChange, TargetLine, TargetProduct, TargetSheet, TargetState, TargetsNow, difference},
};
use serde::Deserialize;
use serde_json::json;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::{
    Actor, Bank, Error, Result, Scope, audit,
    audit::Entry,
    dashboards::{Place, resolve_ahead},
    idempotency,
};

/// Months to come for which targets can be set already.
pub const AHEAD: u32 = 12;

#[derive(Deserialize)]
struct Sheet {
    whole: TargetAmount,
    whole_proposed: bool,
    whole_in_force: Option<i64>,
    actual: Option<i64>,
    base: Option<NaiveDate>,
    lines: Vec<Line>,
    products: Vec<TargetProduct>,
    of_whole: Option<(i64, i64)>,
}

/// What the amounts of a sheet are of.
#[derive(Clone, Copy)]
struct Measured {
    month: NaiveDate,
    indicator: Indicator,
    /// 0: all together.
    product_id: i32,
}

#[derive(Deserialize)]
struct Line {
    org_id: i32,
    staff_id: i32,
    #[serde(flatten)]
    shown: TargetLine,
}

impl Sheet {
    fn lines(&self) -> Vec<TargetLine> {
        self.lines.iter().map(|line| line.shown.clone()).collect()
    }
}

/// A unit's target and its parts: units below it, or its managers where there are none; of all products together, or of the one of
/// this code. The month may be one of the next [`AHEAD`].
///
/// # Errors
/// `Invalid` on `product` for an unknown one, on `indicator` for one that is not set for a product, or only for one.
pub async fn targets(bank: &Bank, actor: &Actor, query: &BoardQuery, indicator: Indicator, product: Option<&str>) -> Result<TargetSheet> {
    actor.require(Verb::TargetSet)?;
    let (frame, place) = resolve_ahead(bank, actor, &BoardQuery { tier: None, ..query.clone() }, AHEAD).await?;
    let mut conn = bank.pool().acquire().await?;
    let (of, product) = measured(&mut conn, place, indicator, product).await?;
    let sheet = sheet(&mut conn, place, of).await?;
    let may_change = may_set(actor, &frame);
    let set = approval::told(&mut conn, actor, place, may_change).await?;
    let waiting = approval::waiting(&mut conn, actor).await?;
    // What was submitted stays as it is until somebody has decided.
    let may_set = may_change && set.as_ref().is_none_or(|set| set.state != TargetState::Submitted);
    let may_set_whole = may_set && (place.org_id != actor.org_id || is_head(&mut conn, actor).await?);
    let lines = sheet.lines();
    let Sheet { whole, whole_proposed, whole_in_force, actual, base, products, of_whole, .. } = sheet;
    Ok(TargetSheet {
        frame,
        indicator,
        product,
        products,
        of_whole,
        whole,
        whole_proposed,
        whole_in_force,
        actual,
        base,
        lines,
        may_set,
        may_set_whole,
        set,
        waiting,
    })
}

/// What is asked for in keys, and the product by its names.
async fn measured(
    conn: &mut PgConnection,
    place: Place,
    indicator: Indicator,
    product: Option<&str>,
) -> Result<(Measured, Option<TargetProduct>)> {
    let product = match product.filter(|code| !code.is_empty()) {
        Some(code) => Some(find_product(conn, code).await?),
        None => None,
    };
    if !Indicator::all(product.is_some()).contains(&indicator) {
        return Err(Error::field("indicator", Rule::UnknownCode { value: indicator.code().into() }));
    }
    let product_id = product.as_ref().map_or(0, |(id, _)| *id);
    Ok((Measured { month: place.month, indicator, product_id }, product.map(|(_, product)| product)))
}

async fn find_product(conn: &mut PgConnection, code: &str) -> Result<(i32, TargetProduct)> {
    let known: Option<(i32, String, String, String)> =
        sqlx::query_as("select product_id, code, name, name_en from product where code = $1").bind(code).fetch_optional(conn).await?;
    let (id, code, name, name_en) = known.ok_or_else(|| Error::field("product", Rule::UnknownCode { value: code.into() }))?;
    Ok((id, TargetProduct { code, name, name_en }))
}

/// What was to be reached in a closed month is history, which executives alone correct.
fn may_set(actor: &Actor, frame: &Frame) -> bool {
    frame.month.state != MonthState::Closed || actor.role == Role::Executive
}

async fn sheet(conn: &mut PgConnection, place: Place, of: Measured) -> Result<Sheet> {
    let statement = if of.product_id == 0 { SHEET } else { SHEET_OF_PRODUCT };
    let sheet: Json<Sheet> = sqlx::query_scalar(statement)
        .bind(place.org_id)
        .bind(place.month)
        .bind(of.indicator.code())
        .bind(of.product_id)
        .fetch_one(conn)
        .await?;
    Ok(sheet.0)
}

/// `$1` unit, `$2` month, `$3` indicator, `$4` product, 0 for all together. `$part` has the parts with what they come to, `$known` says
/// whether the month knows such a figure at all, `$figure` what it is for the unit.
macro_rules! sheet_of {
    ($part:expr, $known:expr, $figure:expr) => {
        concat!(
            "
with own as (select org_id from org_unit where parent_id = $1 and closed_on is null),
base as (select max(month) as month from contribution_month where ready and month < $2),
part as (",
            $part,
            "),
-- Nobody there is nothing; what the month does not know of the bank it knows of no part.
known as (",
            $known,
            "),
stands as (
    select k.org_id, k.staff_id, t.amount as in_force, p.set_id is not null as proposed, coalesce(t.version, 0) + coalesce(p.version, 0) as version,
        case when p.set_id is null then t.amount else p.amount end as amount
    from (select $1::int as org_id, 0 as staff_id union all select org_id, staff_id from part) k
    left join target t on t.month = $2 and t.indicator = $3 and t.org_id = k.org_id and t.staff_id = k.staff_id and t.product_id = $4
    left join target_proposal p on p.month = $2 and p.indicator = $3 and p.org_id = k.org_id and p.staff_id = k.staff_id and p.product_id = $4
),
whole as (select * from stands where org_id = $1 and staff_id = 0),
-- Of all products' contribution, as it would be once what is proposed holds.
brought as (
    select x.product_id, case when p.set_id is null then t.amount else p.amount end as amount
    from (select product_id from target where org_id = $1 and month = $2 and staff_id = 0 and indicator = 'contribution'
          union select product_id from target_proposal where org_id = $1 and month = $2 and staff_id = 0 and indicator = 'contribution') x
    left join target t on t.month = $2 and t.indicator = 'contribution' and t.org_id = $1 and t.staff_id = 0 and t.product_id = x.product_id
    left join target_proposal p on p.month = $2 and p.indicator = 'contribution' and p.org_id = $1 and p.staff_id = 0 and p.product_id = x.product_id
    where $3 = 'contribution' and $4 <> 0
)
select jsonb_build_object(
    'whole', (select jsonb_build_object('amount', amount, 'version', version) from whole),
    'whole_proposed', (select proposed from whole), 'whole_in_force', (select in_force from whole),
    'actual', (select coalesce((",
            $figure,
            "), 0) from known where known.known),
    'base', (select month from base),
    'products', coalesce((select jsonb_agg(jsonb_build_object('code', code, 'name', name, 'name_en', name_en)
            order by array_position(array['current', 'term', 'wealth', 'fund', 'insurance', 'loan', 'card'], category), code)
        from product where active or product_id = $4), '[]'),
    'of_whole', (select jsonb_build_array(sum(amount) filter (where product_id <> 0), max(amount) filter (where product_id = 0))
        from brought having count(amount) filter (where product_id <> 0) > 0 and count(amount) filter (where product_id = 0) > 0),
    'lines', coalesce((select jsonb_agg(jsonb_build_object('org_id', p.org_id, 'staff_id', p.staff_id, 'code', p.code, 'name', p.name, 'is_staff', p.is_staff,
            'target', jsonb_build_object('amount', s.amount, 'version', s.version), 'proposed', s.proposed, 'in_force', s.in_force,
            'actual', case when (select known from known) then coalesce(p.actual, 0) end, 'before', p.before) order by p.is_staff, p.code)
        from part p join stands s using (org_id, staff_id)), '[]'))"
        )
    };
}

/// The indicator is a key of a cube's row.
const SHEET: &str = sheet_of!(
    "
    select o.code, o.name, false as is_staff, o.org_id, 0 as staff_id, (to_jsonb(n) ->> $3)::bigint as actual, (to_jsonb(b) ->> $3)::bigint as before
    from org_unit o join own using (org_id)
    left join unit_cube n on n.org_id = o.org_id and n.month = $2 and n.tier_id = -1
    left join unit_cube b on b.org_id = o.org_id and b.month = (select month from base) and b.tier_id = -1
    union all
    select s.code, s.name, true, s.org_id, s.staff_id, (to_jsonb(n) ->> $3)::bigint, (to_jsonb(b) ->> $3)::bigint
    from staff s
    left join manager_cube n on n.org_id = $1 and n.month = $2 and n.tier_id = -1 and n.staff_id = s.staff_id
    left join manager_cube b on b.org_id = $1 and b.month = (select month from base) and b.tier_id = -1 and b.staff_id = s.staff_id
    where s.org_id = $1 and s.is_manager and s.left_on is null and not exists (select from own)
",
    "select coalesce(bool_or((to_jsonb(u) ->> $3) is not null), false) as known
    from contribution_month m join unit_cube u on u.month = m.month and u.tier_id = -1 join org_unit o on o.org_id = u.org_id and o.parent_id is null
    where m.month = $2 and m.ready",
    "select (to_jsonb(u) ->> $3)::bigint from unit_cube u where u.org_id = $1 and u.month = $2 and u.tier_id = -1"
);

/// What a product comes to of the indicator `$indicator`: in a unit, of the row `c` of its cube.
macro_rules! of_unit {
    ($indicator:literal) => {
        concat!(
            "(case ",
            $indicator,
            " when 'contribution' then c.contribution when 'balance' then c.end_balance when 'balance_average' then c.average_balance
                when 'holders' then c.holders::bigint when 'gained' then c.gained::bigint end)"
        )
    };
}
pub(super) use of_unit;

/// The same with a manager within a unit and all below it. Holders and balances are of the customers led, the rest of whoever was in
/// charge.
macro_rules! of_manager {
    ($indicator:literal, $unit:literal, $staff:literal, $product:literal, $month:literal) => {
        concat!(
            "(case when ",
            $indicator,
            " = 'gained' then (select sum(x.gained) from sale_cube x where x.org_id = ",
            $unit,
            " and x.month = ",
            $month,
            " and x.product_id = ",
            $product,
            " and x.staff_id = ",
            $staff,
            ") else (select sum(case ",
            $indicator,
            " when 'contribution' then c.contribution when 'balance' then c.end_balance when 'balance_average' then c.average_balance
                    when 'holders' then c.holders::bigint end)
                from contribution_cube c where c.staff_id = ",
            $staff,
            " and c.month = ",
            $month,
            " and c.product_id = ",
            $product,
            " and c.org_id in (select u.org_id from org_unit u where u.path @> array[",
            $unit,
            "::int])) end)::bigint"
        )
    };
}
pub(super) use of_manager;

const SHEET_OF_PRODUCT: &str = sheet_of!(
    concat!(
        "
    select o.code, o.name, false as is_staff, o.org_id, 0 as staff_id,
        (select ",
        of_unit!("$3"),
        " from product_cube c where c.org_id = o.org_id and c.month = $2 and c.tier_id = -1 and c.product_id = $4) as actual,
        (select ",
        of_unit!("$3"),
        " from product_cube c where c.org_id = o.org_id and c.month = (select month from base) and c.tier_id = -1 and c.product_id = $4) as before
    from org_unit o join own using (org_id)
    union all
    select s.code, s.name, true, s.org_id, s.staff_id, ",
        of_manager!("$3", "$1", "s.staff_id", "$4", "$2"),
        ", ",
        of_manager!("$3", "$1", "s.staff_id", "$4", "(select month from base)"),
        "
    from staff s where s.org_id = $1 and s.is_manager and s.left_on is null and not exists (select from own)
"
    ),
    "select exists (select from contribution_month m where m.month = $2 and m.ready
        and ($3 <> 'gained' or exists (select from contribution_month e where e.month = ($2 - interval '1 month')::date and e.ready))) as known",
    concat!(
        "select ",
        of_unit!("$3"),
        " from product_cube c where c.org_id = $1 and c.month = $2 and c.tier_id = -1 and c.product_id = $4"
    )
);

/// One target that is to change.
struct Set<'a> {
    code: &'a str,
    org_id: i32,
    staff_id: i32,
    before: TargetAmount,
    in_force: Option<i64>,
    to: TargetAmount,
}

/// Proposes to set or take away a unit's target, its parts, or both; answers how many changed. Nobody sets the
/// target of the own unit but who heads the bank, and only executives those of a closed month.
///
/// # Errors
/// `NotFound` out of scope; `Invalid` on `product` and `indicator` as for [`targets`], on `month` for a closed one and while the sheet
/// waits for a decision, on `whole`
/// for the own unit's, on `parts` when they do not sum to the whole (unless that is meant), are negative or too large,
/// wait on another sheet, or name what is not a part of the unit; `Stale` with a [`TargetsNow`] when somebody set one of
/// them first.
pub async fn set_targets(bank: &Bank, actor: &Actor, change: &TargetChange, key: Uuid) -> Result<i64> {
    actor.require(Verb::TargetSet)?;
    let query = BoardQuery { month: Some(change.month.clone()), org: Some(change.org.clone()), ..BoardQuery::default() };
    let (frame, place) = resolve_ahead(bank, actor, &query, AHEAD).await?;
    if !may_set(actor, &frame) {
        return Err(Error::field("month", closed()));
    }
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::TargetSet, change).await? {
        return Ok(answer);
    }
    approval::lock(&mut tx, place.month).await?;
    let (of, _) = measured(&mut tx, place, change.indicator, change.product.as_deref()).await?;
    let now = sheet(&mut tx, place, of).await?;
    let sets = asked(&now, change, place)?;
    if place.org_id == actor.org_id
        && change.whole.is_some_and(|whole| whole.amount != now.whole.amount)
        && !is_head(&mut tx, actor).await?
    {
        return Err(Error::field("whole", Rule::NotEditable));
    }
    if sets.iter().any(|set| set.before.version != set.to.version) {
        let current = TargetsNow { whole: now.whole, lines: now.lines() };
        let current = serde_json::to_value(current).map_err(Error::internal)?;
        return Err(Problem { current: Some(current), ..Problem::new(Code::Stale) }.into());
    }
    let off = off(&now, change).filter(|off| *off != 0 && !change.parts.is_empty());
    if let Some(off) = off.filter(|_| !change.despite_difference) {
        return Err(Error::field("parts", adds_up(off, change.indicator, &frame)));
    }
    let sets: Vec<Set<'_>> = sets.into_iter().filter(|set| set.before.amount != set.to.amount).collect();
    if !sets.is_empty() {
        let set_id = approval::working(&mut tx, place).await?;
        for set in &sets {
            approval::propose(&mut tx, actor, set_id, of, set).await?;
        }
        approval::tidy(&mut tx, place.month).await?;
        let product = change.product.as_deref().filter(|code| !code.is_empty()).map(|code| format!(":{code}")).unwrap_or_default();
        let subject = format!("target:{}:{}:{}{product}", change.org, change.month, change.indicator.code());
        let entry = Entry::done(Verb::TargetSet, subject);
        let told: Vec<_> =
            sets.iter().map(|set| json!({ "code": set.code, "before": set.before.amount, "amount": set.to.amount })).collect();
        let off = off.map(|off| off.to_string());
        audit::record(&mut tx, actor, entry.detail(json!({ "currency": frame.currency, "targets": told, "difference": off }))).await?;
    }
    let answer = sets.len() as i64;
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Everything the change names, with what stands there now.
fn asked<'a>(now: &'a Sheet, change: &'a TargetChange, place: Place) -> Result<Vec<Set<'a>>> {
    let mut sets = Vec::new();
    if let Some(to) = change.whole {
        sound("whole", to)?;
        sets.push(Set { code: &change.org, org_id: place.org_id, staff_id: 0, before: now.whole, in_force: now.whole_in_force, to });
    }
    for part in &change.parts {
        sound("parts", part.target)?;
        let known = now.lines.iter().find(|line| line.shown.code == part.code && line.shown.is_staff == part.is_staff);
        let line = known.ok_or_else(|| Error::field("parts", Rule::UnknownCode { value: part.code.clone() }))?;
        if sets.iter().any(|set| (set.org_id, set.staff_id) == (line.org_id, line.staff_id)) {
            return Err(Error::field("parts", Rule::NotUnique));
        }
        let TargetLine { target: before, in_force, .. } = line.shown;
        sets.push(Set { code: &part.code, org_id: line.org_id, staff_id: line.staff_id, before, in_force, to: part.target });
    }
    Ok(sets)
}

fn sound(field: &'static str, target: TargetAmount) -> Result<()> {
    match target.amount {
        Some(amount) if amount < 0 => Err(Error::field(field, Rule::Negative)),
        Some(amount) if amount > AMOUNT_MAX => {
            Err(Error::field(field, Rule::OutOfRange { min: "0".into(), max: (AMOUNT_MAX / 100).to_string() }))
        }
        _ => Ok(()),
    }
}

/// By how much the parts would be off the whole.
fn off(now: &Sheet, change: &TargetChange) -> Option<i128> {
    let whole = change.whole.map_or(now.whole.amount, |whole| whole.amount);
    let parts = now.lines.iter().map(|line| {
        let part = change.parts.iter().find(|part| part.code == line.shown.code && part.is_staff == line.shown.is_staff);
        part.map_or(line.shown.target.amount, |part| part.target.amount)
    });
    difference(whole, parts).map(|(_, off)| off)
}

fn closed() -> Rule {
    Rule::Other { zh: "该月已结账，任务指标不能再改".into(), en: "the month is closed; its targets stay as they are".into() }
}

fn adds_up(off: i128, indicator: Indicator, frame: &Frame) -> Rule {
    let figure = i64::try_from(off.abs()).unwrap_or(i64::MAX);
    let figure = match indicator.is_count() {
        true => figure.to_string(),
        false => Money::new(figure, Currency::new(&frame.currency).unwrap_or(Currency::CNY)).exact(),
    };
    match off > 0 {
        true => Rule::Other {
            zh: format!("各项之和比总目标多 {figure}"), en: format!("the parts come to {figure} more than the whole")
        },
        false => Rule::Other {
            zh: format!("各项之和比总目标少 {figure}"), en: format!("the parts come to {figure} less than the whole")
        },
    }
}

/// Does the actor head the unit at the root?
async fn is_head(conn: &mut PgConnection, actor: &Actor) -> Result<bool> {
    if !matches!(actor.scope, Scope::Units(_)) {
        return Ok(false);
    }
    Ok(sqlx::query_scalar("select parent_id is null from org_unit where org_id = $1").bind(actor.org_id).fetch_one(conn).await?)
}
