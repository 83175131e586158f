//! Why one customer is in its tier, what the next one takes, and how it came about.

use chrono::NaiveDate;
use guanhu_domain::{
    CustomerNo,
    access::Verb,
    customers::{Kind, TierRef},
    rules::{
        Condition,
        evaluate::{evaluate, explain as reasons},
    },
    tiers::{ByHand, Explanation, Held, Override, Threat, TierOffer, TierRule},
};
use sqlx::types::Json;

use super::{SCHEMES, SchemeRow, by_hand, judge, version};
use crate::{Actor, Bank, Error, Result, audit::Entry, rules, scoped};

#[derive(sqlx::FromRow)]
struct Row {
    kind: String,
    history: Json<Vec<Held>>,
    held: Option<Json<Override>>,
    due: Option<Json<Due>>,
}

#[derive(serde::Deserialize)]
struct Due {
    to: Option<String>,
    is_up: bool,
    since: NaiveDate,
}

/// # Errors
/// `not_found` for an unknown customer and for one out of scope alike.
pub async fn explain(bank: &Bank, actor: &Actor, customer: CustomerNo) -> Result<Explanation> {
    actor.require(Verb::CustomerView)?;
    let (units, staff) = actor.scope.binds();
    let mut conn = bank.pool().acquire().await?;
    let row: Row = sqlx::query_as(concat!(
        "select s.kind,
             coalesce((select json_agg(json_build_object('tier', json_build_object('code', t.code, 'name', t.name, 'name_en', t.name_en, 'mark', t.mark),
                 'from', lower(h.valid), 'to', upper(h.valid)) order by lower(h.valid) desc)
                 from customer_tier h join tier t using (tier_id) where h.customer_id = s.customer_id), '[]') as history,
             (select json_build_object('tier', json_build_object('code', t.code, 'name', t.name, 'name_en', t.name_en, 'mark', t.mark), 'reason', o.reason, 'until', o.until)
                 from customer_tier_override o join tier t using (tier_id), bank b where o.customer_id = s.customer_id and o.until >= b.business_date) as held,
             (select json_build_object('to', (select t.code from tier t where t.tier_id = d.tier_id), 'is_up', d.is_up, 'since', d.since)
                 from customer_tier_due d where d.customer_id = s.customer_id) as due
         from customer_summary s where s.customer_id = $3 and ",
        scoped!()
    ))
    .bind(units)
    .bind(staff)
    .bind(customer.id())
    .fetch_one(&mut *conn)
    .await?;
    let kind = Kind::from_code(&row.kind).ok_or_else(|| Error::internal(format!("unknown kind `{}`", row.kind)))?;
    let schemes: Vec<SchemeRow> = sqlx::query_as(SCHEMES).fetch_all(&mut *conn).await?;
    let day = schemes.first().map(|scheme| scheme.business_date).unwrap_or_default();
    let current = row.history.0.iter().find(|held| held.from <= day && held.to.is_none_or(|to| to > day)).cloned();
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
        held: row.held.map(|held| held.0),
        asked: by_hand::waiting(&mut conn, actor, customer).await?,
        offer: TierOffer::default(),
        history: row.history.0,
        names: Vec::new(),
    };
    for scheme in schemes.iter().filter(|scheme| scheme.kind().ok() == Some(kind)) {
        let Some(number) = scheme.in_force else { continue };
        let definition = version(&mut conn, scheme.scheme_id, number).await?.definition.0;
        let Some(facts) = rules::load(&mut conn, &[customer.id()], day, true, Some(&actor.scope)).await?.remove(&customer.id()) else {
            continue;
        };
        let env = judge::env(&definition, day);
        let at = told.tier.as_ref().and_then(|own| definition.tiers.iter().position(|tier| tier.code == own.code));
        told.months = definition.settings.months;
        if let Some(tier) = at.and_then(|at| definition.tiers.get(at)) {
            // In grace, and where a tier was given, the rule need not hold: then nothing of it is the reason.
            let rule = &tier.rule.when;
            if evaluate(rule, &facts, env) == Some(true) {
                told.because = reasons(rule, &facts, env).into_iter().filter(|reason| reason.holds).collect();
            } else if asks_for_others(rule) {
                let whole = rules::load(&mut conn, &[customer.id()], day, true, None).await?;
                told.beyond = whole.get(&customer.id()).is_some_and(|facts| evaluate(rule, facts, env) == Some(true));
            }
        }
        if let Some(next) = definition.tiers.get(at.map_or(0, |at| at + 1)) {
            told.next = Some(reference(next));
            told.missing = reasons(&next.rule.when, &facts, env).into_iter().filter(|reason| !reason.holds).collect();
        }
        let by_hand = definition.settings.by_hand;
        if by_hand != ByHand::Never && Verb::TierAsk.allowed_to(actor.role) {
            told.offer = TierOffer {
                tiers: definition.tiers.iter().rev().map(reference).collect(),
                until: by_hand::last_day(&definition, day),
                approved: by_hand == ByHand::Approved,
            };
        }
        told.threatened = row.due.as_ref().filter(|due| !due.is_up).map(|due| Threat {
            to: definition.tiers.iter().find(|tier| Some(&tier.code) == due.to.as_ref()).map(reference),
            since: due.since,
            on: due.since + chrono::Days::new(definition.settings.grace_days.into()),
        });
    }
    told.names = rules::names(&mut conn, told.because.iter().chain(&told.missing)).await?;
    bank.audit_soon(actor, Entry::viewed(Verb::CustomerView, format!("customer:{customer}"))).await;
    Ok(told)
}

fn asks_for_others(condition: &Condition) -> bool {
    matches!(condition, Condition::Related { .. }) || condition.children().iter().any(asks_for_others)
}

fn reference(tier: &TierRule) -> TierRef {
    TierRef { code: tier.code.clone(), name: tier.name.clone(), name_en: tier.name_en.clone(), mark: tier.mark }
}
