//! Everything that happened with a customer, newest first.

use chrono::{DateTime, Utc};
use guanhu_domain::{
    Code, CustomerNo, Rule,
    access::Verb,
    customers::{Slice, TIMELINE_KINDS, TimelineItem, mask},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::types::Json;

use crate::{Actor, Bank, Error, Result, audit::Entry, cursor, scoped};

pub(super) const PAGE: i64 = 30;

/// A page of the timeline, of all kinds or of these; shapes of `detail` are told at [`TimelineItem`].
///
/// # Errors
/// `invalid` for a kind that there is none of; `not_found` for an unknown customer and for one out of scope alike.
pub async fn timeline(
    bank: &Bank,
    actor: &Actor,
    customer: CustomerNo,
    kinds: &[&str],
    after: Option<&str>,
) -> Result<Slice<TimelineItem>> {
    actor.require(Verb::CustomerView)?;
    if let Some(unknown) = kinds.iter().find(|kind| !TIMELINE_KINDS.contains(kind)) {
        return Err(Error::field("kind", Rule::UnknownCode { value: (*unknown).to_owned() }));
    }
    let (units, staff) = actor.scope.binds();
    let place: Option<Place> = after.map(cursor::decode).transpose()?;
    let at =
        place.as_ref().map(|place| DateTime::from_timestamp_micros(place.at).ok_or_else(|| Error::new(Code::Malformed))).transpose()?;
    let found: Json<Vec<Found>> = sqlx::query_scalar(concat!(
        "with target as (select s.customer_id from customer_summary s where s.customer_id = $3 and ",
        scoped!(),
        ") select ",
        timeline_sql!(" and ($7::text[] is null or e.what = any($7))"),
        " from target s"
    ))
    .bind(units)
    .bind(staff)
    .bind(customer.id())
    .bind(PAGE + 1)
    .bind(at)
    .bind(place.map(|place| place.key))
    .bind((!kinds.is_empty()).then_some(kinds))
    .fetch_one(&mut *bank.read(actor).await?)
    .await?;
    bank.audit_soon(actor, Entry::viewed(Verb::CustomerView, super::subject(customer)).detail(serde_json::json!({ "part": "timeline" })))
        .await;
    slice(found.0)
}

/// A JSON array of [`Found`]: `$3` the customer, `$4` how many, `$5` and `$6` the place to go on from or nulls; `$more` says
/// more of what is wanted, ` and …` on `e`. Days without an hour stand at midnight UTC, which is the same day in China.
macro_rules! timeline_sql {
    ($more:literal) => {
        concat!(
            "coalesce((select json_agg(e) from (
            select e.at, e.key, e.what, e.by, e.detail from (
                select a.happened_at as at, 'activity:' || a.activity_id as key, 'activity' as what, coalesce(m.name, u.name) as by,
                    json_build_object('kind', a.kind, 'source', a.source, 'summary', a.summary, 'outcome', a.outcome, 'next_step', a.next_step, 'next_on', a.next_on) as detail
                from activity a left join staff m on m.staff_id = a.staff_id left join app_user u on u.user_id = a.user_id
                where a.customer_id = $3
                union all
                select lower(a.valid)::timestamptz, 'assignment:' || a.assignment_id, 'assignment', u.name,
                    json_build_object('event', 'begun', 'manager', json_build_object('code', m.code, 'name', m.name), 'role', a.role, 'share', a.share::text, 'reason', a.reason,
                        'note', n.note)
                from assignment a join staff m using (staff_id) left join app_user u on u.user_id = a.created_by
                -- What the new lead was told with the customer: once, with the first part of the charge.
                left join lateral (
                    select i.note from transfer_item i
                    where i.customer_id = $3 and i.transfer_id = a.transfer_id and i.to_staff_id = a.staff_id and i.note <> '' and a.role = 'lead'
                        and not exists (select from assignment b where b.customer_id = $3 and b.transfer_id = a.transfer_id
                                        and b.staff_id = a.staff_id and b.valid << a.valid)
                ) n on true
                where a.customer_id = $3
                union all
                select upper(a.valid)::timestamptz, 'assignment_end:' || a.assignment_id, 'assignment', e.by,
                    json_build_object('event', 'ended', 'manager', json_build_object('code', m.code, 'name', m.name), 'role', a.role, 'share', a.share::text, 'reason', e.reason)
                from assignment a join staff m using (staff_id)
                -- The transfer that took its place.
                left join lateral (
                    select u.name as by, t.reason
                    from transfer_item i join transfer t using (transfer_id) left join app_user u on u.user_id = t.requested_by
                    where i.customer_id = $3 and t.state <> 'reverted' and i.displaced @> jsonb_build_array(jsonb_build_object('assignment_id', a.assignment_id))
                    order by t.requested_at desc limit 1
                ) e on true
                where a.customer_id = $3 and not upper_inf(a.valid)
                union all
                select h.at, 'shares:' || h.change_id, 'assignment', u.name,
                    json_build_object('event', 'shares', 'reason', h.reason, 'shares', (
                        select json_agg(json_build_object('manager', json_build_object('code', m.code, 'name', m.name), 'role', x.role,
                            'before', x.before::text, 'after', x.after::text) order by x.role desc, m.code)
                        from jsonb_to_recordset(h.shares) as x (staff_id int, role text, before numeric, after numeric) join staff m using (staff_id)))
                from share_change h left join app_user u on u.user_id = h.changed_by
                where h.customer_id = $3
                union all
                select lower(c.valid)::timestamptz, 'tier:' || lower(c.valid), 'tier', h.by,
                    json_build_object('event', 'begun', 'tier', json_build_object('code', t.code, 'name', t.name, 'name_en', t.name_en, 'mark', t.mark), 'rank', t.rank,
                        -- Of the tier that ended as this one began; after a time without any there is none.
                        'previous_rank', (select p.rank from customer_tier q join tier p using (tier_id) where q.customer_id = $3 and upper(q.valid) = lower(c.valid)),
                        'reason', c.reason, 'by_hand', h.reason, 'until', h.until)
                from customer_tier c join tier t using (tier_id)
                -- Given by hand: at whose request, the last one that was agreed to before.
                left join lateral (
                    select u.name as by, r.reason, r.until from tier_request r join app_user u on u.user_id = r.asked_by
                    where c.reason ? 'given' and r.customer_id = c.customer_id and r.tier_id = c.tier_id
                        and r.state in ('approved', 'ended') and r.decided_at <= c.created_at
                    order by r.decided_at desc limit 1
                ) h on true
                where c.customer_id = $3
                union all
                select upper(c.valid)::timestamptz, 'tier_end:' || lower(c.valid), 'tier', null,
                    json_build_object('event', 'ended', 'tier', json_build_object('code', t.code, 'name', t.name, 'name_en', t.name_en, 'mark', t.mark), 'rank', t.rank)
                from customer_tier c join tier t using (tier_id)
                where c.customer_id = $3 and not upper_inf(c.valid)
                    and not exists (select from customer_tier n where n.customer_id = $3 and lower(n.valid) = upper(c.valid))
                union all
                select f.changed_at, 'field:' || min(f.change_id), 'field', u.name,
                    json_build_object('source', f.source, 'changes',
                        json_agg(json_build_object('field', f.field, 'old', f.old_value, 'new', f.new_value) order by f.change_id))
                from field_change f left join app_user u on u.user_id = f.user_id
                where f.customer_id = $3
                group by f.changed_at, f.source, u.name
                union all
                select c.received_at, 'complaint:' || c.complaint_id, 'complaint', null,
                    json_build_object('subject', c.subject, 'channel', c.channel, 'state', c.state, 'due_on', c.due_on,
                        'detail', c.detail, 'resolved_at', c.resolved_at)
                from complaint c where c.customer_id = $3
                union all
                select k.done_at, 'task:' || k.task_id, 'task', m.name,
                    json_build_object('title', k.title, 'state', k.state, 'due_on', k.due_on)
                from task k left join staff m on m.staff_id = k.owner_staff_id
                where k.customer_id = $3 and k.done_at is not null
                union all
                select a.opened_on::timestamptz, 'account:' || a.account_id, 'account', null,
                    json_build_object('event', 'opened', 'account_no', '****' || right(a.account_no, 4), 'category', a.category, 'product_name', p.name, 'product_name_en', p.name_en)
                from account a join product p using (product_id)
                where a.customer_id = $3 and a.opened_on is not null
                union all
                select a.closed_on::timestamptz, 'account_end:' || a.account_id, 'account', null,
                    json_build_object('event', 'closed', 'account_no', '****' || right(a.account_no, 4), 'category', a.category, 'product_name', p.name, 'product_name_en', p.name_en)
                from account a join product p using (product_id)
                where a.customer_id = $3 and a.closed_on is not null
                union all
                select a.raised_on::timestamptz, 'alert:' || a.alert_id, 'alert', null,
                    json_build_object('kind', a.kind, 'severity', a.severity, 'evidence', a.evidence, 'closed_on', a.closed_at::date)
                from alert a where a.customer_id = $3
                union all
                select o.ended_on::timestamptz, 'opportunity:' || o.opportunity_id, 'opportunity', m.name,
                    json_build_object('title', o.title, 'stage', o.stage, 'currency', o.currency, 'amount', coalesce(o.won_amount, o.amount), 'reason', o.loss_reason)
                from opportunity o left join staff m on m.staff_id = o.owner_staff_id
                where o.customer_id = $3 and o.ended_on is not null
                union all
                select c.since::timestamptz, 'state:' || c.since, 'state', null, json_build_object('state', c.state, 'before', c.before)
                from customer_state c where c.customer_id = $3
            ) e
            where ($5::timestamptz is null or (e.at, e.key collate \"C\") < ($5, $6::text))",
            $more,
            " order by e.at desc, e.key collate \"C\" desc limit $4
        ) e), '[]')"
        )
    };
}
pub(super) use timeline_sql;

#[derive(Deserialize)]
pub(super) struct Found {
    key: String,
    #[serde(flatten)]
    item: TimelineItem,
}

#[derive(Serialize, Deserialize)]
struct Place {
    /// Microseconds.
    at: i64,
    key: String,
}

/// Cuts what was found to a page, hides what is hidden, and says where the next begins.
pub(super) fn slice(mut found: Vec<Found>) -> Result<Slice<TimelineItem>> {
    let more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    let next = match found.last() {
        Some(last) if more => Some(cursor::encode(&Place { at: micros(last.item.at), key: last.key.clone() })?),
        _ => None,
    };
    let items = found.into_iter().map(|found| hide(found.item)).collect();
    Ok(Slice { items, next })
}

fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// Contacts and papers keep their clear values in the history, and complaints and contacts that a feed brought
/// whatever was said; nobody reads numbers there.
fn hide(mut item: TimelineItem) -> TimelineItem {
    let said: &[&str] = match item.what.as_str() {
        "complaint" => &["subject", "detail"],
        "activity" if item.detail["source"] != "guanhu" => &["summary", "outcome", "next_step"],
        _ => &[],
    };
    for name in said {
        if let Some(told) = item.detail.get(*name).and_then(Value::as_str).map(mask::numbers) {
            item.detail[*name] = Value::from(told);
        }
    }
    if item.what != "field" {
        return item;
    }
    let changes = item.detail.get_mut("changes").and_then(Value::as_array_mut);
    for change in changes.into_iter().flatten() {
        let field = change.get("field").and_then(Value::as_str).unwrap_or_default();
        // The day on which a paper expires is a change of its own, and no secret.
        let Some(kind) = field.split_once(':').filter(|(list, _)| *list != "expiry").map(|(_, kind)| kind.to_owned()) else { continue };
        for end in ["old", "new"] {
            if let Some(clear) = change.get(end).and_then(Value::as_str) {
                change[end] = Value::from(mask::of_kind(&kind, clear));
            }
        }
    }
    item
}
