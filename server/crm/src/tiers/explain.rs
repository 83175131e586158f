//! Why one customer is in its tier, what the next one takes, and how it came about.
//!
//! All that this takes is a part of one statement, and the rules are evaluated here.

use std::sync::OnceLock;

use chrono::NaiveDate;
use guanhu_domain::{
    CustomerNo,
    access::Verb,
    customers::{RelationKind, TierRef},
    rules::{
        Facts, Relative, RuleChoice,
        evaluate::{evaluate, explain as reasons},
    },
    tiers::{ByHand, Definition, Explanation, Held, Override, Threat, TierOffer, TierRule},
};
use serde::Deserialize;
use sqlx::{AssertSqlSafe, types::Json};

use super::{by_hand, judge};
use crate::{Actor, Bank, Error, Result, audit::Entry, rules, scoped};

/// # Errors
/// `not_found` for an unknown customer and for one out of scope alike.
pub async fn explain(bank: &Bank, actor: &Actor, customer: CustomerNo) -> Result<Explanation> {
    actor.require(Verb::CustomerView)?;
    static SQL: OnceLock<String> = OnceLock::new();
    let sql = SQL.get_or_init(|| {
        format!(
            concat!(
                "select {} from customer_summary s join customer c using (customer_id) cross join bank b where s.customer_id = $3 and ",
                scoped!()
            ),
            standing_sql()
        )
    });
    let (units, staff) = actor.scope.binds();
    let standing: Json<serde_json::Value> = sqlx::query_scalar(AssertSqlSafe(sql.as_str()))
        .bind(units)
        .bind(staff)
        .bind(customer.id())
        .fetch_one(&mut *bank.read(actor).await?)
        .await?;
    bank.audit_soon(actor, Entry::viewed(Verb::CustomerView, format!("customer:{customer}"))).await;
    explained(actor, customer, standing.0)
}

/// What [`standing_sql`] tells.
#[derive(Deserialize)]
struct Standing {
    today: NaiveDate,
    history: Vec<Held>,
    held: Option<Override>,
    due: Option<Due>,
    asked: Option<by_hand::Row>,
    /// That is in force for customers of this kind.
    definition: Option<Definition>,
    facts: Option<rules::FactsRow>,
    /// Nothing where no rule asks for them.
    relatives: Option<Vec<Link>>,
    names: Option<Vec<RuleChoice>>,
}

#[derive(Deserialize)]
struct Due {
    to: Option<String>,
    is_up: bool,
    since: NaiveDate,
}

#[derive(Deserialize)]
struct Link {
    kind: String,
    inverse: bool,
    /// Does the reader see the relative?
    seen: bool,
    facts: rules::FactsRow,
}

/// A JSON object with all that [`explained`] needs of `customer_summary s`, `customer c` and `bank b`; `$1` and `$2` are
/// the scope. Related customers are looked at only where a rule in force asks for them.
pub(crate) fn standing_sql() -> String {
    let facts = rules::facts_sql("b.business_date");
    let names = rules::names_sql("v.definition", "(f.facts -> 'fields')");
    let waiting = by_hand::WAITING_SQL;
    let scoped = scoped!();
    format!(
        "(select json_build_object('today', b.business_date, 'definition', v.definition, 'facts', f.facts, 'asked', {waiting},
             'history', coalesce((select json_agg(json_build_object(
                 'tier', json_build_object('code', t.code, 'name', t.name, 'name_en', t.name_en, 'mark', t.mark),
                 'from', lower(h.valid), 'to', upper(h.valid)) order by lower(h.valid) desc)
                 from customer_tier h join tier t using (tier_id) where h.customer_id = s.customer_id), '[]'),
             'held', (select json_build_object('tier', json_build_object('code', t.code, 'name', t.name, 'name_en', t.name_en, 'mark', t.mark),
                 'reason', o.reason, 'until', o.until)
                 from customer_tier_override o join tier t using (tier_id) where o.customer_id = s.customer_id and o.until >= b.business_date),
             'due', (select json_build_object('to', (select t.code from tier t where t.tier_id = d.tier_id), 'is_up', d.is_up, 'since', d.since)
                 from customer_tier_due d where d.customer_id = s.customer_id),
             'relatives', case when jsonb_path_exists(v.definition, '$.**.related') then (
                 select coalesce(json_agg(json_build_object('kind', r.kind, 'inverse', r.inverse, 'seen', coalesce({scoped}, false), 'facts', {facts})), '[]')
                 from customer_relation r join customer_summary s on s.customer_id = r.related_id join customer c on c.customer_id = r.related_id
                 where r.customer_id = $3) end,
             'names', case when v.definition is not null then {names} end)
         from (values (true)) one left join lateral (
             select v.definition from tier_scheme h join lateral (
                 select p.version from tier_publication p
                 where p.scheme_id = h.scheme_id and p.withdrawn_at is null and p.from_date <= b.business_date
                 order by p.from_date desc, p.publication_id desc limit 1
             ) p on true join tier_version v on v.scheme_id = h.scheme_id and v.version = p.version
             where h.customer_kind = s.kind order by h.code limit 1
         ) v on true cross join lateral (select case when v.definition is not null then {facts} end as facts offset 0) f)"
    )
}

/// The explanation of what [`standing_sql`] told.
pub(crate) fn explained(actor: &Actor, customer: CustomerNo, standing: serde_json::Value) -> Result<Explanation> {
    let Standing { today: day, history, held, due, asked, definition, facts, relatives, names } =
        serde_json::from_value(standing).map_err(Error::internal)?;
    let current = history.iter().find(|held| held.from <= day && held.to.is_none_or(|to| to > day)).cloned();
    let mut told = Explanation {
        customer_no: customer,
        since: current.as_ref().map(|held| held.from),
        tier: current.map(|held| held.tier),
        months: 1,
        because: Vec::new(),
        beyond: false,
        next: None,
        missing: Vec::new(),
        threatened: None,
        held,
        asked: asked.map(|row| row.into_request(actor)).transpose()?,
        offer: TierOffer::default(),
        history,
        names: Vec::new(),
    };
    let (Some(definition), Some(facts)) = (definition, facts) else { return Ok(told) };
    let (seen, unseen): (Vec<Link>, Vec<Link>) = relatives.unwrap_or_default().into_iter().partition(|link| link.seen);
    let related = |links: Vec<Link>| {
        let known = |link: Link| {
            Some(Relative { kind: RelationKind::from_code(&link.kind)?, inverse: link.inverse, facts: link.facts.into_facts(day) })
        };
        links.into_iter().filter_map(known).collect::<Vec<_>>()
    };
    let facts = Facts { relatives: related(seen), ..facts.into_facts(day) };
    let env = judge::env(&definition, day);
    let at = told.tier.as_ref().and_then(|own| definition.tiers.iter().position(|tier| tier.code == own.code));
    told.months = definition.settings.months;
    if let Some(next) = definition.tiers.get(at.map_or(0, |at| at + 1)) {
        told.next = Some(reference(next));
        told.missing = reasons(&next.rule.when, &facts, env).into_iter().filter(|reason| !reason.holds).collect();
    }
    if let Some(tier) = at.and_then(|at| definition.tiers.get(at)) {
        // In grace, and where a tier was given, the rule need not hold: then nothing of it is the reason.
        let rule = &tier.rule.when;
        if evaluate(rule, &facts, env) == Some(true) {
            told.because = reasons(rule, &facts, env).into_iter().filter(|reason| reason.holds).collect();
        } else if !unseen.is_empty() {
            let mut whole = facts;
            whole.relatives.extend(related(unseen));
            told.beyond = evaluate(rule, &whole, env) == Some(true);
        }
    }
    let by_hand = definition.settings.by_hand;
    if by_hand != ByHand::Never && Verb::TierAsk.allowed_to(actor.role) {
        told.offer = TierOffer {
            tiers: definition.tiers.iter().rev().map(reference).collect(),
            until: by_hand::last_day(&definition, day),
            approved: by_hand == ByHand::Approved,
        };
    }
    told.threatened = due.filter(|due| !due.is_up).map(|due| Threat {
        to: definition.tiers.iter().find(|tier| Some(&tier.code) == due.to.as_ref()).map(reference),
        since: due.since,
        on: due.since + chrono::Days::new(definition.settings.grace_days.into()),
    });
    told.names = rules::of_reasons(names.unwrap_or_default(), told.because.iter().chain(&told.missing));
    Ok(told)
}

pub(super) fn reference(tier: &TierRule) -> TierRef {
    TierRef { code: tier.code.clone(), name: tier.name.clone(), name_en: tier.name_en.clone(), mark: tier.mark }
}
