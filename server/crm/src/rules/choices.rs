//! What rule editors offer where a code is asked for.

use guanhu_domain::{
    access::Verb,
    rules::{FIELDS, FieldKind, RuleChoice},
};

use crate::{Actor, Bank, Result};

/// Entries of the dictionaries that fields are made of, products and tiers; for those who serve customers,
/// the units and managers of their subtree too.
pub async fn choices(bank: &Bank, actor: &Actor) -> Result<Vec<RuleChoice>> {
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
    .bind(actor.role.serves_customers())
    .bind(actor.org_id)
    .fetch_all(bank.pool())
    .await?)
}
