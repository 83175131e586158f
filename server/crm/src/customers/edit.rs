//! Changing the profile of a customer: checked, versioned, with history.

use guanhu_domain::{
    Code, CustomerNo, FieldProblem, Problem, Rule,
    access::{Role, Verb},
    customers::{Changed, CurrentFields, CustomerPatch, FieldKind, Kind, Profile, fields},
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgConnection, QueryBuilder, types::Json};
use uuid::Uuid;

use super::{subject, view};
use crate::{
    Actor, Bank, Error, Result,
    audit::{self, Entry},
    contribution, idempotency, outbox, scoped, summary, tiers,
};

/// Changes profile fields. `version` is the one that was read; values are canonical texts (money in
/// minor units), null to empty. Nothing changed answers the same version.
///
/// # Errors
/// `invalid` names every refused field; `stale` carries [`CurrentFields`]; `forbidden` for whoever
/// serves the customer without being in charge.
pub async fn edit(bank: &Bank, actor: &Actor, customer: CustomerNo, version: i32, patch: &CustomerPatch, key: Uuid) -> Result<Changed> {
    actor.require(Verb::CustomerEdit)?;
    let mut tx = bank.begin().await?;
    if let Some(answer) = idempotency::claim(&mut tx, actor, key, Verb::CustomerEdit, &(customer, version, patch)).await? {
        return Ok(answer);
    }
    let held = hold(&mut tx, actor, customer).await?;
    if !held.leads {
        return Err(Error::Denied { verb: Verb::CustomerEdit, login: actor.login.clone() });
    }
    let mut profile = held.profile.0;
    if held.version != version {
        view::settle_profile(held.kind, &mut profile);
        let current = serde_json::to_value(CurrentFields { version: held.version, profile }).map_err(Error::internal)?;
        return Err(Problem { current: Some(current), ..Problem::new(Code::Stale) }.into());
    }
    let wanted = check(&mut tx, actor, held.kind, patch).await?;
    let changes: Vec<Change> = wanted
        .into_iter()
        .filter_map(|(field, new)| {
            let old = profile.get(field).cloned().flatten();
            (old != new).then_some(Change { field: field.to_owned(), old, new })
        })
        .collect();
    let mut answer = Changed { customer_no: customer, version };
    if !changes.is_empty() {
        answer.version = version + 1;
        write(&mut tx, actor, customer, answer.version, &changes).await?;
        record_changes(&mut tx, actor, customer, &changes).await?;
        contribution::touched(&mut tx, &[customer.id()]).await?;
        summary::refresh(&mut tx, &[customer.id()]).await?;
        tiers::evaluate::recheck(&mut tx, &[customer.id()]).await?;
        let names: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
        let entry = Entry::done(Verb::CustomerEdit, subject(customer)).detail(json!({ "fields": names, "version": answer.version }));
        audit::record(&mut tx, actor, entry).await?;
        let payload = json!({ "customer_no": customer, "version": answer.version });
        outbox::publish(&mut tx, "customer.changed", Some(customer.id()), &[held.org_id], payload).await?;
    }
    idempotency::answer(&mut tx, actor, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// A customer's row, locked until the transaction ends, and what the actor is to it.
#[derive(sqlx::FromRow)]
pub(crate) struct Held {
    pub version: i32,
    pub kind: Kind,
    pub org_id: i32,
    profile: Json<Profile>,
    /// The lead, or the manager of a branch above.
    pub leads: bool,
    pub assists: bool,
    pub assist_may_log: bool,
}

/// Locks the customer for a change.
///
/// # Errors
/// `not_found` for an unknown customer and for one out of scope alike.
pub(crate) async fn hold(conn: &mut PgConnection, actor: &Actor, customer: CustomerNo) -> Result<Held> {
    const HOLD: &str = concat!(
        "select c.version, c.kind, c.org_id, {profile} as profile,
            ($4 or coalesce(s.lead_staff_id = $2, false)) as leads, s.assist_staff_ids @> array[$2] as assists,
            coalesce((select p.value = 'true'::jsonb from parameter p where p.key = 'assist.may_log'), true) as assist_may_log
         from customer c join customer_summary s using (customer_id)
         where c.customer_id = $3 and ",
        scoped!(),
        " for update of c"
    );
    let (units, staff) = actor.scope.binds();
    Ok(sqlx::query_as(AssertSqlSafe(HOLD.replace("{profile}", view::profile_sql())))
        .bind(units)
        .bind(staff)
        .bind(customer.id())
        .bind(actor.role == Role::BranchManager)
        .fetch_one(conn)
        .await?)
}

/// A value before and after. Contacts and papers are named `contact:mobile`, `identity:id_card`.
pub(super) struct Change {
    pub field: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

/// Keeps old and new values for the history, all at one instant, so that the timeline shows them as one change.
pub(super) async fn record_changes(conn: &mut PgConnection, actor: &Actor, customer: CustomerNo, changes: &[Change]) -> Result<()> {
    sqlx::query(
        "insert into field_change (customer_id, field, old_value, new_value, source, user_id, changed_at)
         select $1, field, to_jsonb(old), to_jsonb(new), 'guanhu', $5, now() from unnest($2::text[], $3::text[], $4::text[]) as t (field, old, new)",
    )
    .bind(customer.id())
    .bind(changes.iter().map(|change| change.field.as_str()).collect::<Vec<_>>())
    .bind(changes.iter().map(|change| change.old.as_deref()).collect::<Vec<_>>())
    .bind(changes.iter().map(|change| change.new.as_deref()).collect::<Vec<_>>())
    .bind(actor.user_ref())
    .execute(conn)
    .await?;
    Ok(())
}

/// Canonical values of a patch, or every reason why not.
pub(super) async fn check(
    conn: &mut PgConnection,
    actor: &Actor,
    kind: Kind,
    patch: &CustomerPatch,
) -> Result<Vec<(&'static str, Option<String>)>> {
    let mut problems = Vec::new();
    let mut wanted = Vec::new();
    let (mut dictionaries, mut codes) = (Vec::new(), Vec::new());
    for (name, value) in &patch.0 {
        let checked = match fields::find(name).filter(|field| field.applies_to(kind)) {
            Some(field) => field.accept(value.as_deref().unwrap_or_default(), actor.me.business_date).map(|value| (field, value)),
            None => Err(Rule::NotEditable),
        };
        match checked {
            Ok((field, value)) => {
                if let (FieldKind::Choice(dictionary), Some(code)) = (field.kind, &value) {
                    dictionaries.push(dictionary);
                    codes.push(code.clone());
                }
                wanted.push((field.name, value));
            }
            Err(rule) => problems.push(FieldProblem { field: name.clone(), rule }),
        }
    }
    let unknown: Vec<(String, String)> = sqlx::query_as(
        "select t.dictionary, t.code from unnest($1::text[], $2::text[]) as t (dictionary, code)
         where not exists (select from dictionary_entry d where d.dictionary = t.dictionary and d.code = t.code and d.active)",
    )
    .bind(dictionaries)
    .bind(codes)
    .fetch_all(conn)
    .await?;
    for (dictionary, value) in unknown {
        let field = fields::FIELDS.iter().find(|field| matches!(field.kind, FieldKind::Choice(of) if of == dictionary));
        problems.push(FieldProblem { field: field.map_or(dictionary, |field| field.name.to_owned()), rule: Rule::UnknownCode { value } });
    }
    if problems.is_empty() { Ok(wanted) } else { Err(Error::fields(problems)) }
}

/// The profile of a customer who was not there before: no history, no new version.
pub(super) async fn fill(
    conn: &mut PgConnection,
    actor: &Actor,
    customer: CustomerNo,
    wanted: Vec<(&'static str, Option<String>)>,
) -> Result<()> {
    let changes: Vec<Change> = wanted.into_iter().map(|(field, new)| Change { field: field.to_owned(), old: None, new }).collect();
    write(conn, actor, customer, 1, &changes).await
}

/// The columns, where they came from, and the version they make.
async fn write(conn: &mut PgConnection, actor: &Actor, customer: CustomerNo, version: i32, changes: &[Change]) -> Result<()> {
    let source = json!({ "source": "guanhu", "business_date": actor.me.business_date });
    let lineage: serde_json::Map<String, Value> = changes.iter().map(|change| (change.field.clone(), source.clone())).collect();
    let mut sql = QueryBuilder::new("update customer set version = ");
    sql.push_bind(version).push(", updated_at = now(), lineage = lineage || ").push_bind(Json(lineage));
    for change in changes {
        let Some(field) = fields::find(&change.field) else { continue };
        sql.push(", ").push(field.name).push(" = ").push_bind(change.new.clone()).push(match field.kind {
            FieldKind::Date => "::text::date",
            FieldKind::Money => "::text::bigint",
            FieldKind::Integer { .. } => "::text::int",
            FieldKind::Choice("risk_appetite") => "::text::smallint",
            FieldKind::Choice(_) | FieldKind::Text { .. } => "::text",
        });
    }
    sql.push(" where customer_id = ").push_bind(customer.id());
    sql.build().execute(conn).await?;
    Ok(())
}
