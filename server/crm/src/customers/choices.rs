//! What the customers list can be narrowed to: reference tables only, in one round trip.

use guanhu_domain::{
    access::Verb,
    customers::{Category, Kind, ListChoices, ManagerRef, ProductChoice, TierChoice, TierRef, UnitChoice},
    groups::GroupRef,
};

use crate::{
    Actor, Bank, Error, Result, groups,
    tokens::{sort_key, spelt},
};

#[derive(sqlx::FromRow)]
struct Row {
    what: String,
    code: String,
    name: String,
    name_en: String,
    /// Kind of a tier, category of a product.
    class: String,
    /// Mark of a tier, depth of a unit.
    number: i32,
}

/// Tiers, active products, and the units and managers of the actor's subtree. Names are in the order in which they
/// are read.
pub async fn choices(bank: &Bank, actor: &Actor) -> Result<ListChoices> {
    actor.require(Verb::CustomerList)?;
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "select * from (
           (select 'tier' as what, t.code, t.name, t.name_en, sc.customer_kind as class, t.mark::int as number
            from tier t join tier_scheme sc using (scheme_id) where not t.retired order by sc.customer_kind desc, t.rank desc)
           union all
           (select 'unit', o.code, o.name, '', '', cardinality(o.path) - cardinality(own.path)
            from org_unit own join org_unit o on o.path @> array[own.org_id]
            where own.org_id = $1 and o.closed_on is null order by o.path)
           union all
           (select 'manager', s.code, s.name, '', '', 0
            from staff s join org_unit o using (org_id)
            where s.is_manager and s.left_on is null and o.path @> array[$1])
           union all
           (select 'product', p.code, p.name, p.name_en, p.category, 0
            from product p where p.active order by p.category, p.code)
           union all
           (select 'group', g.code, g.name, '', '', 0 from customer_group g, bank b
            where g.removed_at is null and ",
        groups::usable!("$2", "$3"),
        " and (g.expires_on is null or g.expires_on >= b.business_date))
         ) c",
    ))
    .bind(actor.org_id)
    .bind(actor.user_id)
    .bind(actor.role.code())
    .fetch_all(bank.pool())
    .await?;
    let mut choices = ListChoices::default();
    for Row { what, code, name, name_en, class, number } in rows {
        match what.as_str() {
            "tier" => {
                let kind = Kind::from_code(&class).ok_or_else(|| Error::internal(format!("unknown kind `{class}` of a tier")))?;
                let mark = i16::try_from(number).unwrap_or_default();
                choices.tiers.push(TierChoice { kind, tier: TierRef { code, name, name_en, mark } });
            }
            "unit" => choices.units.push(UnitChoice { code, name, depth: number }),
            "group" => choices.groups.push(GroupRef { code, name }),
            "manager" => choices.managers.push(ManagerRef { code, name }),
            _ => {
                let category =
                    Category::from_code(&class).ok_or_else(|| Error::internal(format!("unknown category `{class}` of a product")))?;
                choices.products.push(ProductChoice { code, name, name_en, category });
            }
        }
    }
    choices.managers.sort_by_cached_key(|manager| (sort_key(&manager.name), manager.code.clone()));
    choices.spelt = choices.managers.iter().map(|manager| spelt(&manager.name)).collect();
    choices.groups.sort_by_cached_key(|group| (sort_key(&group.name), group.code.clone()));
    Ok(choices)
}
