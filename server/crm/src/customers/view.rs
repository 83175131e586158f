//! The 360 view: everything the bank knows of one customer, read in one statement.

use std::sync::OnceLock;

use guanhu_domain::{
    CustomerNo,
    access::{Role, Verb},
    customers::{Customer360, DataClass, DictionaryEntry, FieldKind, Kind, Profile, RelationEnd, Slice, Transaction, fields, mask},
    tiers::Explanation,
};
use serde_json::json;
use sqlx::{AssertSqlSafe, Postgres, postgres::PgArguments, query::QueryAs, types::Json};

use super::{
    contacts::{self, contact_sql, identity_sql},
    holdings::{self, holdings_sql, party_sql, rates_sql},
    subject,
    timeline::{self, Found, timeline_sql},
};
use crate::{
    Actor, Bank, Keys, Result,
    audit::Entry,
    opportunities::{self, opportunity_json, opportunity_tables},
    scoped, summary, tiers,
};

/// The whole page of a customer. Audited as viewed.
///
/// # Errors
/// `not_found` for an unknown customer and for one out of scope alike.
pub async fn view(bank: &Bank, actor: &Actor, customer: CustomerNo) -> Result<Customer360> {
    actor.require(Verb::CustomerView)?;
    static SQL: OnceLock<String> = OnceLock::new();
    let sql = SQL.get_or_init(|| statement(""));
    let (Json(view), Json(found)): (Json<Customer360>, Json<Vec<Found>>) =
        bound(sqlx::query_as(AssertSqlSafe(sql.as_str())), actor, customer).fetch_one(&mut *bank.read(actor).await?).await?;
    let view = settle(view, found, bank.keys())?;
    bank.audit_soon(actor, Entry::viewed(Verb::CustomerView, subject(customer))).await;
    Ok(view)
}

/// The whole page of a customer with what its first paint needs beside: one statement.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub customer: Customer360,
    /// What the codes in the profile and in its history mean.
    pub words: Vec<DictionaryEntry>,
    /// The newest of the last twelve months; `None` where nothing was booked in them.
    pub transactions: Option<Slice<Transaction>>,
    /// Why the tier, and what the next one takes; `None` where the rules in force cannot be read, since a page is a page
    /// all the same.
    pub standing: Option<Explanation>,
}

/// As [`view`], for the page.
///
/// # Errors
/// `not_found` for an unknown customer and for one out of scope alike.
pub async fn sheet(bank: &Bank, actor: &Actor, customer: CustomerNo) -> Result<Sheet> {
    actor.require(Verb::CustomerView)?;
    static SQL: OnceLock<String> = OnceLock::new();
    let sql = SQL.get_or_init(|| statement(&format!(", {}, {}, {}", words_sql(), holdings::FIRST_TRANSACTIONS, tiers::standing_sql())));
    let to = actor.me.business_date;
    let from = holdings::window(to);
    type Row = (Json<Customer360>, Json<Vec<Found>>, Json<Vec<DictionaryEntry>>, Json<Vec<holdings::Row>>, Json<serde_json::Value>);
    let (Json(view), Json(found), Json(words), Json(booked), Json(standing)): Row =
        bound(sqlx::query_as(AssertSqlSafe(sql.as_str())), actor, customer)
            .bind(from)
            .bind(to)
            .bind(holdings::FIRST_PAGE + 1)
            .fetch_one(&mut *bank.read(actor).await?)
            .await?;
    let transactions = holdings::first_page(booked, from, bank.keys())?;
    let customer_view = settle(view, found, bank.keys())?;
    let standing = bank.settle(Some(actor), tiers::explained(actor, customer, standing)).await.ok();
    let entry = Entry::viewed(Verb::CustomerView, subject(customer)).detail(json!({ "part": "page" }));
    bank.audit_soon(actor, entry).await;
    Ok(Sheet { customer: customer_view, words, transactions, standing })
}

/// `$1` to `$7` of [`STATEMENT`].
fn bound<'q, O>(
    query: QueryAs<'q, Postgres, O, PgArguments>,
    actor: &Actor,
    customer: CustomerNo,
) -> QueryAs<'q, Postgres, O, PgArguments> {
    let (units, staff) = actor.scope.binds();
    query
        .bind(units)
        .bind(staff)
        .bind(customer.id())
        .bind(timeline::PAGE + 1)
        .bind(None::<chrono::DateTime<chrono::Utc>>)
        .bind(None::<String>)
        .bind(actor.role == Role::BranchManager)
}

/// The view as it leaves the server.
fn settle(mut view: Customer360, found: Vec<Found>, keys: &Keys) -> Result<Customer360> {
    let first = timeline::slice(found)?;
    view.timeline = first.items;
    view.timeline_next = first.next;
    view.missing = missing(&view);
    hide(&mut view, keys);
    Ok(view)
}

/// A JSON array of the dictionaries' entries for the codes of `customer c`, as they are and as they were.
fn words_sql() -> String {
    let choices: Vec<(&str, &str)> = fields::FIELDS
        .iter()
        .filter_map(|field| match field.kind {
            FieldKind::Choice(dictionary) => Some((field.name, dictionary)),
            _ => None,
        })
        .collect();
    let own: Vec<String> = choices.iter().map(|(field, dictionary)| format!("('{dictionary}', c.{field}::text)")).collect();
    let of: Vec<String> = choices.iter().map(|(field, dictionary)| format!("('{field}', '{dictionary}')")).collect();
    format!(
        "coalesce((select json_agg(json_build_object('dictionary', e.dictionary, 'code', e.code, 'zh', e.zh, 'en', e.en, 'active', e.active))
         from (
            select w.dictionary, w.code from (values {}) as w (dictionary, code)
            union
            select d.dictionary, v.code from field_change f join (values {}) as d (field, dictionary) using (field)
            cross join lateral (values (f.old_value #>> '{{}}'), (f.new_value #>> '{{}}')) as v (code)
            where f.customer_id = $3
         ) w join dictionary_entry e using (dictionary, code)), '[]')",
        own.join(", "),
        of.join(", ")
    )
}

/// The profile of `customer c` as a JSON object of canonical texts.
pub(super) fn profile_sql() -> &'static str {
    static SQL: OnceLock<String> = OnceLock::new();
    SQL.get_or_init(|| {
        let names = fields::FIELDS.iter().map(|field| format!("'{}'", field.name)).collect::<Vec<_>>().join(", ");
        let values = fields::FIELDS.iter().map(|field| format!("c.{}::text", field.name)).collect::<Vec<_>>().join(", ");
        format!("json_object(array[{names}], array[{values}])")
    })
}

/// Only the fields that this kind of customer has, those of class C2 hidden.
pub(super) fn settle_profile(kind: Kind, profile: &mut Profile) {
    profile.retain(|name, value| match fields::find(name) {
        Some(field) if field.applies_to(kind) => {
            if field.class == DataClass::C2
                && let Some(clear) = value
            {
                *clear = mask::of_kind(name, clear);
            }
            field.class != DataClass::C3
        }
        _ => false,
    });
}

/// The view, the first page of its timeline, and these columns beside.
fn statement(beside: &str) -> String {
    STATEMENT.replace("{profile}", profile_sql()).replace("{beside}", beside)
}

/// An end of a relation, from the summary aliased `$end` and its tier: figures only of whom the actor may open.
macro_rules! end_sql {
    ($end:literal) => {
        concat!(
            "(select json_build_object('key', s.customer_id::text, 'customer_no', case when o.open then customer_no(s.customer_id) end, 'name', s.name, 'kind', s.kind,
                'tier', case when o.open and ", $end, "t.tier_id is not null then json_build_object('code', ", $end, "t.code, 'name', ", $end, "t.name, 'name_en', ",
            $end, "t.name_en, 'mark', ", $end, "t.mark) end, 'aum', case when o.open then s.aum end)
             from (select ", $end, ".*) s, lateral (select coalesce(", scoped!(), ", false) as open) o)"
        )
    };
}

/// `$1` and `$2` the scope, `$3` the customer, `$4` to `$6` the timeline's page, `$7` whether the actor
/// manages the branch.
const STATEMENT: &str = concat!(
    "with target as materialized (
        select s.*, ($7 or coalesce(s.lead_staff_id = $2, false)) as leads, s.assist_staff_ids @> array[$2] as assists
        from customer_summary s where s.customer_id = $3 and ",
    scoped!(),
    "), ",
    rates_sql!(),
    ", near as materialized (
        select r.* from customer_relation r, target s where r.customer_id = s.customer_id
        order by r.percentage desc nulls last, r.kind, r.related_id limit 100
    ), far as materialized (
        select r.* from (select distinct related_id from near) n
        cross join lateral (
            select r.* from customer_relation r
            where r.customer_id = n.related_id and r.related_id <> $3
            -- Both ends hold a row: between two neighbours one of them is enough.
            and (r.customer_id < r.related_id or not exists (select from near x where x.related_id = r.related_id))
            order by r.percentage desc nulls last, r.kind, r.related_id limit 20
        ) r limit 200
    )
    select json_build_object(
        'customer_no', customer_no(c.customer_id), 'version', c.version, 'kind', c.kind, 'name', c.name, 'state', s.state, 'state_since', s.state_since,
        'state_before', (select t.before from customer_state t where t.customer_id = $3 and t.since = s.state_since),
        'org', (select json_build_object('code', o.code, 'name', o.name) from org_unit o where o.org_id = c.org_id),
        'opened_on', c.opened_on, 'closed_on', c.closed_on, 'extra', c.extra,
        'tier', (select json_build_object('code', t.code, 'name', t.name, 'name_en', t.name_en, 'mark', t.mark) from tier t where t.tier_id = s.tier_id),
        'tier_since', (select lower(t.valid) from customer_tier t where t.customer_id = $3 and t.valid @> b.business_date),
        'may', json_build_object('edit', s.leads, 'reveal', s.leads or s.assists,
            'log_activity', s.leads or (s.assists and coalesce((select p.value = 'true'::jsonb from parameter p where p.key = 'assist.may_log'), true)), 'share', $7),
        'profile', {profile}, 'lineage', c.lineage, 'completeness', s.completeness, 'missing', array[]::text[],
        'aum', s.aum, 'aum_previous', s.aum_previous, 'deposits', s.deposits, 'wealth', s.wealth, 'loans', s.loans, 'contribution', s.contribution,
        'business_date', b.business_date, 'base_currency', b.base_currency, 'last_contact_at', s.last_contact_at,
        'assignments', coalesce((
            select json_agg(json_build_object('manager', json_build_object('code', m.code, 'name', m.name), 'role', a.role, 'share', a.share::text,
                'from', lower(a.valid), 'to', upper(a.valid), 'source', a.source) order by upper_inf(a.valid) desc, a.role desc, lower(a.valid) desc, a.assignment_id)
            from assignment a join staff m using (staff_id) where a.customer_id = $3), '[]'),
        'holdings', ",
    holdings_sql!(),
    ",
        'cards', coalesce((
            select json_agg(json_build_object('id', k.card_id::text, 'card_no', k.card_no, 'kind', k.kind, 'issued_on', k.issued_on, 'status', k.status,
                'account_no', coalesce(a.account_no, ''), 'source', k.source, 'business_date', k.business_date) order by k.issued_on desc nulls last, k.card_id)
            from card k left join account a on a.customer_id = k.customer_id and a.account_id = k.account_id where k.customer_id = $3), '[]'),
        'standing_orders', coalesce((
            select json_agg(json_build_object('account_no', coalesce(a.account_no, ''), 'to_bank', k.to_bank, 'to_account', k.to_account, 'currency', k.currency,
                'amount', k.amount, 'purpose', k.purpose, 'source', k.source, 'business_date', k.business_date) order by k.amount desc, k.order_id)
            from standing_order k left join account a on a.customer_id = k.customer_id and a.account_id = k.account_id where k.customer_id = $3), '[]'),
        'contracts', coalesce((
            select json_agg(json_build_object('contract_no', k.contract_no, 'kind', k.kind, 'currency', k.currency, 'amount', k.amount,
                'signed_on', k.signed_on, 'expires_on', k.expires_on, 'status', k.status,
                'source', k.source, 'business_date', k.business_date) order by k.signed_on desc nulls last, k.contract_id)
            from contract k where k.customer_id = $3), '[]'),
        'guarantees', coalesce((
            select json_agg(json_build_object('kind', g.kind, 'description', g.description, 'currency', g.currency, 'amount', g.amount,
                'guarantor', (select ",
    party_sql!(),
    " from customer_summary s where s.customer_id = g.guarantor_id),
                'contract_no', (select k.contract_no from contract k where k.customer_id = $3 and k.contract_id = g.contract_id),
                'source', g.source, 'business_date', g.business_date) order by g.amount desc, g.guarantee_id)
            from guarantee g where g.customer_id = $3), '[]'),
        'identities', coalesce((
            select json_agg(",
    identity_sql!(),
    " order by i.kind = 'source_key', i.identity_id)
            from customer_identity i where i.customer_id = $3), '[]'),
        'contacts', coalesce((
            select json_agg(",
    contact_sql!(),
    "
                order by array_position(array['mobile', 'phone', 'wechat', 'email', 'address', 'work_address', 'website'], k.kind), k.is_primary desc, k.contact_id)
            from customer_contact k where k.customer_id = $3), '[]'),
        'relations', coalesce((
            select json_agg(json_build_object('from', ",
    end_sql!("f"),
    ", 'to', ",
    end_sql!("t"),
    ", 'kind', r.kind, 'inverse', r.inverse, 'percentage', r.percentage::text, 'step', r.step,
            'source', r.source, 'business_date', r.business_date) order by r.step, r.percentage desc nulls last, r.kind, r.related_id)
            from (select 1 as step, near.* from near union all select 2, far.* from far) r
            join customer_summary f on f.customer_id = r.customer_id left join tier ft on ft.tier_id = f.tier_id
            join customer_summary t on t.customer_id = r.related_id left join tier tt on tt.tier_id = t.tier_id), '[]'),
        'balances', coalesce((
            select json_agg(json_build_object('month', m.month, 'aum', m.aum, 'deposits', m.deposits, 'loans', m.loans, 'average_aum', m.average_aum) order by m.month)
            from (
                select m.month::date as month,
                    coalesce(sum(round(v.at_end * r.rate)) filter (where a.category not in ('loan', 'card')), 0)::bigint as aum,
                    coalesce(sum(round(v.at_end * r.rate)) filter (where a.category in ('current', 'term')), 0)::bigint as deposits,
                    coalesce(sum(round(v.at_end * r.rate)) filter (where a.category in ('loan', 'card')), 0)::bigint as loans,
                    coalesce(sum(round(v.average * r.rate)) filter (where a.category not in ('loan', 'card')), 0)::bigint as average_aum
                from generate_series(date_trunc('month', b.business_date) - interval '23 months', date_trunc('month', b.business_date), interval '1 month') m (month)
                join account_year y on y.customer_id = $3 and y.year = extract(year from m.month)::smallint
                join account a on a.customer_id = $3 and a.account_id = y.account_id
                join rates r on r.currency = a.currency
                -- The month under way has no end yet: what the account holds on the business date.
                cross join lateral (select
                    coalesce(y.end_balance[extract(month from m.month)::int], case when m.month = date_trunc('month', b.business_date) then a.balance end) as at_end,
                    y.average_balance[extract(month from m.month)::int] as average) v
                where v.at_end is not null or v.average is not null
                group by m.month
            ) m), '[]'),
        'tasks', coalesce((
            select json_agg(json_build_object('id', k.task_id::text, 'title', k.title, 'due_on', k.due_on, 'version', k.version,
                'created_by', (select u.name from app_user u where u.user_id = k.created_by), 'created_at', k.created_at,
                'owner', case when m.staff_id is not null then json_build_object('code', m.code, 'name', m.name) end) order by k.due_on nulls last, k.task_id)
            from task k left join staff m on m.staff_id = k.owner_staff_id where k.customer_id = $3 and k.state = 'open'), '[]'),
        'opportunities', coalesce((
            select json_agg(",
    opportunity_json!(),
    " order by o.expected_on, o.opportunity_id)
            from opportunity o",
    opportunity_tables!(),
    "where o.customer_id = $3 and o.ended_on is null), '[]'),
        'alerts', coalesce((
            select json_agg(json_build_object('kind', a.kind, 'severity', a.severity, 'raised_on', a.raised_on, 'evidence', a.evidence)
                order by array_position(array['critical', 'warning', 'info'], a.severity), a.raised_on desc, a.alert_id)
            from alert a where a.customer_id = $3 and a.closed_at is null), '[]'),
        'documents', coalesce((
            select json_agg(json_build_object('kind', d.kind, 'title', d.title, 'received_on', d.received_on, 'expires_on', d.expires_on,
                'source', d.source, 'business_date', d.business_date)
                order by d.received_on desc nulls last, d.document_id)
            from document d where d.customer_id = $3), '[]'),
        'timeline', array[]::text[]
    ), ",
    timeline_sql!(""),
    "{beside} from target s join customer c using (customer_id) cross join b"
);

/// The empty fields that count for completeness, in the order of the form.
fn missing(view: &Customer360) -> Vec<String> {
    let empty = fields::FIELDS
        .iter()
        .filter(|field| field.counts && field.applies_to(view.kind) && view.profile.get(field.name).is_none_or(Option::is_none))
        .map(|field| field.name);
    let counted = summary::COUNTED_ITEMS.into_iter().filter(|item| match *item {
        "identity" => view.identities.iter().all(|identity| identity.kind == "source_key"),
        "mobile" => view.contacts.iter().all(|contact| contact.kind != "mobile" && contact.kind != "phone"),
        _ => view.contacts.iter().all(|contact| contact.kind != "address"),
    });
    empty.chain(counted).map(str::to_owned).collect()
}

/// Takes keys and clear values out of the answer.
fn hide(view: &mut Customer360, keys: &Keys) {
    let opaque = |id: &mut String| *id = id.parse().map(|id| keys.opaque(id)).unwrap_or_default();
    settle_profile(view.kind, &mut view.profile);
    view.extra.values_mut().for_each(|value| *value = mask::numbers(value));
    spread_lineage(view);
    view.holdings = std::mem::take(&mut view.holdings).into_iter().map(|holding| holdings::hide(holding, keys)).collect();
    for card in &mut view.cards {
        opaque(&mut card.id);
        card.card_no = card.card_no.take().map(|number| mask::account(&number));
        card.account_no = mask::account(&card.account_no);
    }
    for order in &mut view.standing_orders {
        order.account_no = mask::account(&order.account_no);
        order.to_account = order.to_account.take().map(|account| mask::account(&account));
    }
    for guarantee in &mut view.guarantees {
        guarantee.guarantor = guarantee.guarantor.take().map(holdings::hide_party);
    }
    view.identities.iter_mut().for_each(|identity| contacts::hide_identity(identity, keys));
    view.contacts.iter_mut().for_each(|contact| contacts::hide_contact(contact, keys));
    for end in view.relations.iter_mut().flat_map(|relation| [&mut relation.from, &mut relation.to]) {
        hide_end(end, keys);
    }
    for document in &mut view.documents {
        document.title = mask::numbers(&document.title);
    }
    for task in &mut view.tasks {
        opaque(&mut task.id);
    }
    view.opportunities.iter_mut().for_each(|opportunity| opportunities::hide(opportunity, keys));
}

/// A source under `*` stands for every field with a value that no other source brought; so it does for the unit, the days and
/// what has no field of its own.
fn spread_lineage(view: &mut Customer360) {
    let Some(all) = view.lineage.remove("*") else { return };
    let days = [("opened_on", view.opened_on), ("closed_on", view.closed_on)];
    let fields = view.profile.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name.clone());
    let beside = days.into_iter().filter(|(_, day)| day.is_some()).map(|(name, _)| name.to_owned());
    let extra = view.extra.keys().map(|name| format!("extra.{name}"));
    for name in fields.chain(beside).chain(extra).chain(["org".to_owned()]) {
        view.lineage.entry(name).or_insert_with(|| all.clone());
    }
}

fn hide_end(end: &mut RelationEnd, keys: &Keys) {
    end.key = end.key.parse().map(|id| keys.opaque(id)).unwrap_or_default();
    if end.customer_no.is_none() {
        end.name = mask::name(&end.name);
    }
}
