//! What rule editors offer where a code is asked for, and what codes are called.

use guanhu_domain::{
    access::Verb,
    customers::{Kind, State},
    problem::{FieldProblem, Rule},
    rules::{Condition, FIELDS, Fact, FieldKind, Limits, Reason, RuleChoice, RuleSet, catalogue},
};
use sqlx::PgConnection;

use crate::{Actor, Bank, Result};

/// Entries of the dictionaries that the fields offered are made of, products and tiers; for the rules of groups the
/// units and managers of the actor's subtree too, which rules of tiers may not ask for.
pub async fn choices(bank: &Bank, actor: &Actor, limits: Limits) -> Result<Vec<RuleChoice>> {
    actor.require(Verb::DictionaryList)?;
    let lists: Vec<&str> = limits
        .offered()
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

/// Codes in a rule that stand in no list: each with its place, as `rules::check` tells faults. A list that
/// the bank does not keep says nothing.
pub async fn unknown_codes(conn: &mut PgConnection, rule: &RuleSet, place: &str) -> Result<Vec<FieldProblem>> {
    let mut asked = Vec::new();
    placed(&rule.when, &format!("{place}/when"), &mut asked);
    asked.retain(|(list, code, _)| match list.as_str() {
        "kind" => Kind::from_code(code).is_none(),
        "state" => State::from_code(code).is_none(),
        _ => true,
    });
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let (lists, codes): (Vec<&str>, Vec<&str>) = asked.iter().map(|(list, code, _)| (list.as_str(), code.as_str())).unzip();
    let unknown: Vec<bool> = sqlx::query_scalar(
        "select case w.list
             when 'product' then not exists (select from product p where p.code = w.code)
             when 'tier' then not exists (select from tier t where t.code = w.code)
             when 'unit' then not exists (select from org_unit o where o.code = w.code)
             when 'manager' then not exists (select from staff s where s.code = w.code)
             when 'kind' then true
             when 'state' then true
             else exists (select from dictionary_entry d where d.dictionary = w.list)
                 and not exists (select from dictionary_entry d where d.dictionary = w.list and d.code = w.code) end
         from unnest($1::text[], $2::text[]) with ordinality as w (list, code, place) order by w.place",
    )
    .bind(lists)
    .bind(codes)
    .fetch_all(conn)
    .await?;
    let faulty = asked.into_iter().zip(unknown).filter(|(_, unknown)| *unknown);
    Ok(faulty.map(|((_, value, field), _)| FieldProblem { field, rule: Rule::UnknownCode { value } }).collect())
}

/// List, code and place of every code in a rule that has been checked.
fn placed(condition: &Condition, path: &str, asked: &mut Vec<(String, String, String)>) {
    match condition {
        Condition::Holds { product } => asked.push(("product".into(), product.clone(), format!("{path}/holds/product"))),
        Condition::OneOf { field, values } => {
            if let Some(FieldKind::Choice(list)) = catalogue::find(field).map(|field| field.kind) {
                let codes = values.iter().enumerate();
                asked.extend(codes.map(|(at, code)| (list.to_owned(), code.clone(), format!("{path}/one_of/values/{at}"))));
            }
        }
        _ => {}
    }
    for (at, child) in condition.children().iter().enumerate() {
        placed(child, &condition.child_path(path, at), asked);
    }
}

/// A JSON array of [`RuleChoice`]s: what the codes are called that the rules in `definition` and a customer's `fields` name,
/// both SQL for jsonb.
pub(crate) fn names_sql(definition: &str, fields: &str) -> String {
    let lists: Vec<String> = FIELDS
        .iter()
        .filter_map(|field| match field.kind {
            FieldKind::Choice(list) => Some(format!("('{}', '{list}')", field.code)),
            _ => None,
        })
        .collect();
    let lists = format!("(values {}) as l (field, list)", lists.join(", "));
    format!(
        "(with wanted (list, code) as (
             select 'product', p.code #>> '{{}}' from jsonb_path_query({definition}, '$.**.holds.product') as p (code)
             union select l.list, x.code #>> '{{}}' from jsonb_path_query({definition}, '$.**.one_of') as o (said)
                 join {lists} on l.field = o.said ->> 'field' cross join lateral jsonb_path_query(o.said, '$.values[*]') as x (code)
             union select l.list, {fields} ->> l.field from {lists} where {fields} ? l.field
         )
         select coalesce(json_agg(json_build_object('list', n.list, 'code', n.code, 'zh', n.zh, 'en', n.en)), '[]') from (
             select w.list, w.code, d.zh, d.en from wanted w join dictionary_entry d on d.dictionary = w.list and d.code = w.code
             union all select w.list, w.code, p.name, p.name_en from wanted w join product p using (code) where w.list = 'product'
             union all select w.list, w.code, t.name, t.name_en from wanted w join tier t using (code) where w.list = 'tier'
             union all select w.list, w.code, o.name, '' from wanted w join org_unit o using (code) where w.list = 'unit'
             union all select w.list, w.code, s.name, '' from wanted w join staff s using (code) where w.list = 'manager'
         ) n)"
    )
}

/// Those of these names that the reasons speak of.
pub(crate) fn of_reasons<'a>(mut names: Vec<RuleChoice>, reasons: impl Iterator<Item = &'a Reason>) -> Vec<RuleChoice> {
    let mut wanted: Vec<(String, String)> = Vec::new();
    for reason in reasons {
        said(&reason.condition, &mut wanted);
        let list = reason.condition.field().and_then(catalogue::find).map(|field| field.kind);
        if let (Some(FieldKind::Choice(list)), Some(Fact::Text(code))) = (list, &reason.actual) {
            wanted.push((list.to_owned(), code.clone()));
        }
    }
    names.retain(|name| wanted.iter().any(|(list, code)| *list == name.list && *code == name.code));
    names
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
