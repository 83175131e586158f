//! What a unit has in one currency, told in that currency.

use guanhu_domain::{
    Currency,
    dashboards::{CurrencyFigures, CurrencyLine, CurrencyPoint},
};
use serde::Deserialize;
use sqlx::types::Json;

use super::frame::Place;
use crate::{Actor, Bank, Result};

#[derive(Deserialize)]
struct Figures {
    whole: CurrencyLine,
    units: Vec<CurrencyLine>,
    products: Vec<CurrencyLine>,
    trend: Vec<CurrencyPoint>,
}

/// Of all products, or of one. `moving`: units have moved since the month was rolled up.
pub(crate) async fn in_currency(
    bank: &Bank,
    actor: &Actor,
    place: Place,
    moving: bool,
    code: &str,
    product: Option<i32>,
) -> Result<CurrencyFigures> {
    let Json(Figures { whole, mut units, products, trend }) = sqlx::query_scalar(FIGURES)
        .bind(place.org_id)
        .bind(place.month)
        .bind(code)
        .bind(product)
        .fetch_one(&mut *bank.read(actor).await?)
        .await?;
    let sum = |pick: fn(&CurrencyLine) -> i64| pick(&whole) - units.iter().map(pick).sum::<i64>();
    // What is in none of the units below is the unit's own; while units move it is nobody's.
    let own = CurrencyLine {
        code: String::new(),
        name: String::new(),
        name_en: String::new(),
        accounts: sum(|line| line.accounts),
        deposits: sum(|line| line.deposits),
        deposits_average: sum(|line| line.deposits_average),
        wealth: sum(|line| line.wealth),
        loans: sum(|line| line.loans),
    };
    let is_something = [own.accounts, own.deposits, own.deposits_average, own.wealth, own.loans].iter().any(|figure| *figure != 0);
    if !units.is_empty() && is_something && !moving {
        units.push(own);
    }
    let decimals = Currency::new(code).unwrap_or(Currency::CNY).exponent();
    Ok(CurrencyFigures { currency: code.to_owned(), decimals, whole, units, products, trend })
}

/// The figures of a group of rows of `c`, with the treatment `g.treatment`.
macro_rules! figures {
    () => {
        "'accounts', coalesce(sum(c.accounts), 0), 'deposits', coalesce(sum(c.end_balance) filter (where c.treatment = 'deposit'), 0),
        'deposits_average', coalesce(sum(c.average_balance) filter (where c.treatment = 'deposit'), 0),
        'wealth', coalesce(sum(c.end_balance) filter (where c.treatment = 'managed'), 0), 'loans', coalesce(sum(c.end_balance) filter (where c.treatment = 'loan'), 0)"
    };
}

/// `$1` unit, `$2` month, `$3` currency, `$4` the only product.
const FIGURES: &str = concat!(
    "with c as materialized (
    select k.*, p.code, p.name, p.name_en, p.category, g.treatment
    from currency_cube k join product p using (product_id) join category_pricing g using (category)
    where k.currency = $3 and ($4::int is null or k.product_id = $4) and k.month between ($2 - interval '12 months')::date and $2
      and k.org_id in (select $1 union all select o.org_id from org_unit o where o.parent_id = $1)
)
select jsonb_build_object(
    'whole', (select jsonb_build_object('code', '', 'name', '', 'name_en', '', ",
    figures!(),
    ") from c where org_id = $1 and month = $2),
    'units', coalesce((select jsonb_agg(u.line order by u.size desc, u.code) from (
        select o.code, sum(c.end_balance) as size, jsonb_build_object('code', o.code, 'name', o.name, 'name_en', '', ",
    figures!(),
    ") as line from c join org_unit o using (org_id) where o.org_id <> $1 and c.month = $2 group by o.org_id) u), '[]'),
    'products', coalesce((select jsonb_agg(p.line order by p.place, p.code) from (
        select c.code, array_position(array['current', 'term', 'wealth', 'fund', 'insurance', 'loan', 'card'], c.category) as place,
            jsonb_build_object('code', c.code, 'name', c.name, 'name_en', c.name_en, ",
    figures!(),
    ") as line from c where c.org_id = $1 and c.month = $2 group by c.code, c.name, c.name_en, c.category) p), '[]'),
    'trend', coalesce((select jsonb_agg(m.line order by m.month) from (
        select c.month, jsonb_build_object('month', c.month, ",
    figures!(),
    ") as line from c where c.org_id = $1 group by c.month) m), '[]'))"
);
