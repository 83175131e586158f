//! What rule editors offer where a code is asked for, and what codes are called.

use guanhu_domain::{
    access::Verb,
    rules::{Condition, FIELDS, Fact, FieldKind, Limits, Reason, RuleChoice, catalogue},
};
use sqlx::PgConnection;

use crate::{Actor, Bank, Result};

/// Entries of the dictionaries that fields are made of, products and tiers; for the rules of groups the
/// units and managers of the actor's subtree too, which rules of tiers may not ask for.
pub async fn choices(bank: &Bank, actor: &Actor, limits: Limits) -> Result<Vec<RuleChoice>> {
    actor.require(Verb::DictionaryList)?;
    let lists: Vec<&str> = FIELDS
        .iter()
        .filter_map(|field| match field.kind {
            FieldKind::Choice(list) => Some(list),
            _ => None,
        })
        .collect();
    Ok(sqlx::query_as(
        "select list, code, zh, en from (
           select dictionary as list, code, zh, en, 1 as part, sort, code as last from dictionary_entry where dictionary = any($1)
           union all select 'product', p.code, p.name, p.name_en, 2, 0, p.category || p.code from product p where p.active
           union all select 'tier', t.code, t.name, t.name_en, 3, -t.rank, t.code from tier t where not t.retired
           union all select 'unit', o.code, o.name, '', 4, 0, array_to_string(o.path, ' ') from org_unit o
               where $2 and o.closed_on is null and o.path @> array[$3]
           union all select 'manager', s.code, s.name, '', 5, 0, s.name from staff s join org_unit o using (org_id)
               where $2 and s.is_manager and s.left_on is null and o.path @> array[$3]
         ) c order by part, list, sort, last",
    )
    .bind(lists)
    .bind(actor.role.serves_customers() && !limits.tier)
    .bind(actor.org_id)
    .fetch_all(bank.pool())
    .await?)
}

/// What the codes in these reasons are called: few, wherever they stand.
pub async fn names(conn: &mut PgConnection, reasons: impl Iterator<Item = &Reason>) -> Result<Vec<RuleChoice>> {
    let mut wanted: Vec<(String, String)> = Vec::new();
    for reason in reasons {
        said(&reason.condition, &mut wanted);
        let list = reason.condition.field().and_then(catalogue::find).map(|field| field.kind);
        if let (Some(FieldKind::Choice(list)), Some(Fact::Text(code))) = (list, &reason.actual) {
            wanted.push((list.to_owned(), code.clone()));
        }
    }
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let (lists, codes): (Vec<String>, Vec<String>) = wanted.into_iter().unzip();
    Ok(sqlx::query_as(
        "with wanted as (select distinct list, code from unnest($1::text[], $2::text[]) w (list, code))
         select w.list, w.code, d.zh, d.en from wanted w join dictionary_entry d on d.dictionary = w.list and d.code = w.code
         union all select w.list, w.code, p.name, p.name_en from wanted w join product p using (code) where w.list = 'product'
         union all select w.list, w.code, t.name, t.name_en from wanted w join tier t using (code) where w.list = 'tier'
         union all select w.list, w.code, o.name, '' from wanted w join org_unit o using (code) where w.list = 'unit'
         union all select w.list, w.code, s.name, '' from wanted w join staff s using (code) where w.list = 'manager'",
    )
    .bind(lists)
    .bind(codes)
    .fetch_all(conn)
    .await?)
}

fn said(condition: &Condition, wanted: &mut Vec<(String, String)>) {
    match condition {
        Condition::Holds { product } => wanted.push(("product".into(), product.clone())),
        Condition::OneOf { field, values } => {
            if let Some(FieldKind::Choice(list)) = catalogue::find(field).map(|field| field.kind) {
                wanted.extend(values.iter().map(|code| (list.to_owned(), code.clone())));
            }
        }
        _ => {}
    }
    condition.children().iter().for_each(|child| said(child, wanted));
}
