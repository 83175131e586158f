//! The customers list: one statement picks the page's keys from an index, then reads those rows.

use std::{sync::atomic::Ordering, time::Instant};

use chrono::{DateTime, NaiveDate, Utc};
use guanhu_domain::{
    CustomerNo, Page, Rule, Total,
    access::Verb,
    customers::{CustomerItem, CustomerQuery, Kind, ManagerRef, OrgRef, Sort, State, TierRef, mask},
    tiers::MovementKind,
};
use serde_json::{Value, json};
use sqlx::{Postgres, QueryBuilder};

use super::{
    order::{At, Place, order},
    search::{self, Search},
};
use crate::{
    Actor, Bank, Error, Result, Scope,
    audit::Entry,
    cursor,
    groups::{self, Members},
    tiers,
};

const LIMIT: u16 = 50;
const LIMIT_MAX: u16 = 200;

/// Up to so many units, the richest of each are merged; beyond, the whole bank's index is filtered.
const MERGED_UNITS: usize = 30;

/// Customers within the actor's scope, filtered, ordered and paged. Every field of the query may be empty.
///
/// # Errors
/// `invalid` names the filter whose code is unknown; `malformed` for a cursor of another list.
pub async fn list(bank: &Bank, actor: &Actor, asked: &CustomerQuery) -> Result<Page<CustomerItem>> {
    actor.require(Verb::CustomerList)?;
    let filter = Filter::resolve(bank, actor, asked).await?;
    let sort = asked.sort.unwrap_or(Sort::AumDesc);
    if sort.is_of_portfolios() && !matches!(filter.scope, Scope::Portfolio { .. }) {
        let rule = Rule::Other {
            zh: "只有本人名下的客户可以这样排序".into(),
            en: "Only customers in your own charge are ordered by this".into(),
        };
        return Err(Error::field("sort", rule));
    }
    let place = asked.after.as_deref().map(cursor::decode::<Place>).transpose()?;
    let limit = i64::from(asked.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX));
    let search = match asked.q.as_deref().map(str::trim).filter(|typed| !typed.is_empty()) {
        Some(typed) => match Search::of(bank.keys(), typed) {
            Some(search) => Some(search),
            None => return Ok(Page { items: Vec::new(), next: None, total: Total::default() }),
        },
        None => None,
    };
    // Whoever asks for a unit sees the outlet whole, where the bank allows it.
    let outlet = search.is_none() && asked.org.as_ref().is_some_and(|org| !org.is_empty()) && filter.outlet().is_some();
    let whole = match &filter.scope {
        Scope::Units(units) if search.is_none() && place.is_none() && filter.is_plain() => Some(units.as_slice()),
        _ => None,
    };
    let crowded = whole.is_some_and(|units| bank.crowded.knows(units, Instant::now()));

    let mut sql = QueryBuilder::new("with ");
    match &search {
        Some(search) => {
            // Later pages are of all that was found; the first is of the richest, and tells that there are more.
            let richest = (sort == Sort::AumDesc && place.is_none()).then_some(limit + 1);
            search.push_hits(&mut sql, &filter, bank.tokens_by_unit.load(Ordering::Relaxed), richest);
            sql.push(", picked as materialized (");
            push_picked(&mut sql, "hits s where true", sort, place.as_ref(), limit)?;
        }
        None if outlet => {
            search::push_outlet(&mut sql, &filter);
            sql.push(", picked as materialized (");
            push_picked(&mut sql, "hits s where true", sort, place.as_ref(), limit)?;
        }
        None => {
            sql.push("picked as materialized (");
            push_from_index(&mut sql, &filter, sort, place.as_ref(), limit)?;
        }
    }
    sql.push(")");
    if crowded {
        sql.push(", counted as (select ").push_bind(Total::CAP + 1).push(" as n)");
    } else if place.is_none() {
        sql.push(", counted as materialized (select count(*) as n from (");
        if search.is_some() || outlet {
            sql.push("select from hits");
        } else {
            sql.push("select from ");
            filter.push_source(&mut sql);
            sql.push(" limit ").push_bind(Total::CAP + 1);
        }
        sql.push(") x)");
    }
    sql.push(" select ").push(if place.is_none() { "(select n from counted)" } else { "0::bigint" }).push(" as counted, ");
    // Tokens left unread are told as a total that may be larger.
    sql.push(if search.is_some() && place.is_none() { "(select yes from cut)" } else { "false" }).push(" as cut, coalesce(");
    filter.scope.restrict(&mut sql);
    sql.push(", false) as own, ").push(ROW).push(
        " from picked join customer_summary s using (customer_id)
          join org_unit o on o.org_id = s.org_id
          left join staff m on m.staff_id = s.lead_staff_id
          left join tier t on t.tier_id = s.tier_id
          where ",
    );
    filter.push_visible(&mut sql, search.is_some() || outlet);
    sql.push(" order by picked.place");
    // Planned for these very values: how rare a filter is decides which index is right. Without one the plan is the
    // same for all, and making it would take longer than the list itself.
    let has_one_plan = search.is_none() && filter.is_plain();
    let query = sql.build_query_as().persistent(has_one_plan);
    let mut rows: Vec<Row> = match &filter.group {
        Some(group) => group.patiently(bank, query).await?,
        None => query.fetch_all(&mut *bank.read(actor).await?).await?,
    };

    let total = match &place {
        Some(place) => Total { count: place.count, capped: place.capped },
        None => {
            let cap = if search.is_some() { search::CAP } else { Total::CAP };
            let count = rows.first().map_or(0, |row| row.counted);
            Total { count: count.min(cap), capped: count > cap || rows.first().is_some_and(|row| row.cut) }
        }
    };
    if let Some(units) = whole.filter(|_| total.capped && !crowded) {
        bank.crowded.learn(units, Instant::now());
    }
    let more = rows.len() as i64 > limit;
    rows.truncate(limit as usize);
    let next = match rows.last() {
        Some(last) if more => Some(cursor::encode(&last.place(sort, total))?),
        _ => None,
    };
    let items: Vec<CustomerItem> = rows.into_iter().map(Row::into_item).collect::<Result<_>>()?;
    let numbers: Vec<CustomerNo> = items.iter().map(|item| item.customer_no).collect();
    let entry = Entry::listed(Verb::CustomerList, "customers", &numbers).with("search", search.is_some().into());
    bank.audit_soon(actor, entry.with("filter", narrowed(asked)?)).await;
    Ok(Page { items, next, total })
}

/// The filters of a query by their names, for the audit log. What was typed to search is not among them: it may be a
/// phone or an ID.
fn narrowed(query: &CustomerQuery) -> Result<Value> {
    let mut filters = serde_json::to_value(query).map_err(Error::internal)?;
    if let Some(filters) = filters.as_object_mut() {
        filters.retain(|name, value| !["q", "limit", "after"].contains(&name.as_str()) && !value.is_null() && *value != json!([]));
    }
    Ok(filters)
}

/// Keys and places of one page from `source`, which ends in a condition.
fn push_picked(sql: &mut QueryBuilder<Postgres>, source: &str, sort: Sort, place: Option<&Place>, limit: i64) -> Result<()> {
    let order = order(sort);
    sql.push("select s.customer_id, row_number() over (order by ").push(order.by).push(") as place from ").push(source);
    if let Some(place) = place {
        place.push_beyond(sort, sql)?;
    }
    sql.push(" order by ").push(order.by).push(" limit ").push_bind(limit + 1);
    Ok(())
}

fn push_from_index(sql: &mut QueryBuilder<Postgres>, filter: &Filter, sort: Sort, place: Option<&Place>, limit: i64) -> Result<()> {
    let by_aum = matches!(sort, Sort::AumAsc | Sort::AumDesc);
    let order = order(sort);
    // All alike, and yet only so is it known that the leads' index has the pool in order.
    let pool = match filter.lead {
        Some(None) if sort == Sort::AumDesc => "s.lead_staff_id desc, ",
        Some(None) if sort == Sort::AumAsc => "s.lead_staff_id, ",
        _ => "",
    };
    sql.push("select s.customer_id, row_number() over (order by ").push(pool).push(order.by).push(") as place from ");
    let units = match &filter.scope {
        Scope::Units(units) if by_aum && pool.is_empty() && (1..=MERGED_UNITS).contains(&units.len()) => Some(units),
        _ => None,
    };
    if let Some(units) = units {
        sql.push("unnest(").push_bind(units.clone()).push(
            ") as u (org_id) cross join lateral (
               select s.customer_id, s.aum from customer_summary s where s.org_id = u.org_id",
        );
        filter.push_filters(sql);
        if let Some(place) = place {
            place.push_beyond(sort, sql)?;
        }
        sql.push(" order by ").push(order.by).push(" limit ").push_bind(limit + 1).push(") s");
    } else {
        filter.push_source(sql);
        if let Some(place) = place {
            place.push_beyond(sort, sql)?;
        }
    }
    sql.push(" order by ").push(pool).push(order.by).push(" limit ").push_bind(limit + 1);
    Ok(())
}

/// What a query asks for, with its codes resolved to keys and its units narrowed to the actor's.
pub(crate) struct Filter {
    pub scope: Scope,
    org: Option<Vec<i32>>,
    lead: Option<Option<i32>>,
    tiers: Option<(Vec<i32>, Vec<i16>)>,
    /// Products, each with whether it has to be held or must not be.
    products: Vec<(bool, i32)>,
    kind: Option<Kind>,
    state: Option<State>,
    state_after: Option<NaiveDate>,
    /// What happened to the tier, by this business date.
    moved: Option<(MovementKind, NaiveDate)>,
    aum_min: Option<i64>,
    aum_max: Option<i64>,
    quiet_since: Option<NaiveDate>,
    group: Option<Members>,
}

/// Keys of the codes in a query; null where the code is unknown.
#[derive(sqlx::FromRow)]
struct Resolved {
    units: Vec<i32>,
    lead: Option<i32>,
    tiers: Vec<i32>,
    ranks: Vec<i16>,
    products: Vec<Option<i32>>,
}

/// Products of one question.
const PRODUCTS_MAX: usize = 8;

impl Filter {
    pub async fn resolve(bank: &Bank, actor: &Actor, query: &CustomerQuery) -> Result<Filter> {
        let filled = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        let (org, manager, product) = (filled(&query.org), filled(&query.manager), filled(&query.product));
        let group = match filled(&query.group) {
            Some(code) => Some(groups::resolve(bank, actor, &code).await?),
            None => None,
        };
        let (holds, product): (Vec<bool>, Vec<String>) = product
            .iter()
            .flat_map(|products| products.split(','))
            .map(|product| (!product.starts_with('!'), product.trim_start_matches('!').to_owned()))
            .unzip();
        if product.len() > PRODUCTS_MAX {
            return Err(Error::field("product", Rule::TooLong { max: PRODUCTS_MAX }));
        }
        let pool = manager.as_deref() == Some("none");
        let needed = org.is_some() || (manager.is_some() && !pool) || !product.is_empty() || !query.tier.is_empty();
        let resolved = if needed {
            sqlx::query_as(
                "select array(select o.org_id from org_unit o, org_unit top where top.code = $1 and o.path @> array[top.org_id]) as units,
                    (select staff_id from staff where code = $2) as lead,
                    array(select tier_id from tier where code = any($3) order by tier_id) as tiers,
                    array(select distinct rank from tier where code = any($3)) as ranks,
                    array(select p.product_id from unnest($4::text[]) with ordinality w (code, place) left join product p using (code) order by place) as products",
            )
            .bind(&org)
            .bind(&manager)
            .bind(&query.tier)
            .bind(&product)
            .fetch_one(bank.pool())
            .await?
        } else {
            Resolved { units: Vec::new(), lead: None, tiers: Vec::new(), ranks: Vec::new(), products: Vec::new() }
        };
        let unknown = |field: &str, value: String| Error::field(field, Rule::UnknownCode { value });
        if let Some(code) = org.as_ref().filter(|_| resolved.units.is_empty()) {
            return Err(unknown("org", code.clone()));
        }
        if let Some(code) = manager.as_ref().filter(|_| !pool && resolved.lead.is_none()) {
            return Err(unknown("manager", code.clone()));
        }
        if !query.tier.is_empty() && resolved.tiers.len() < query.tier.len() {
            return Err(unknown("tier", query.tier.join(",")));
        }
        if let Some((code, _)) = product.iter().zip(&resolved.products).find(|(_, known)| known.is_none()) {
            return Err(unknown("product", code.clone()));
        }
        let mut filter = Filter {
            scope: actor.scope.clone(),
            org: None,
            lead: if pool { Some(None) } else { resolved.lead.map(Some) },
            tiers: (!query.tier.is_empty()).then_some((resolved.tiers, resolved.ranks)),
            products: holds.into_iter().zip(resolved.products.into_iter().flatten()).collect(),
            kind: query.kind,
            state: query.state,
            moved: query.tier_move.map(|kind| (kind, actor.me.business_date)),
            state_after: query.state_days.map(|days| actor.me.business_date - chrono::Days::new(u64::from(days))),
            aum_min: query.aum_min,
            aum_max: query.aum_max,
            quiet_since: query.quiet_days.map(|days| actor.me.business_date - chrono::Days::new(u64::from(days))),
            group,
        };
        if org.is_some() {
            match &mut filter.scope {
                Scope::Units(own) => own.retain(|unit| resolved.units.contains(unit)),
                _ => filter.org = Some(resolved.units),
            }
        }
        Ok(filter)
    }

    /// Scope and filters as a condition on `customer_summary s`.
    pub(crate) fn push(&self, sql: &mut QueryBuilder<Postgres>) {
        self.scope.restrict(sql);
        self.push_filters(sql);
    }

    /// A table `s` of the customers in scope, and a condition: the filters. A portfolio is small, and read
    /// whole before anything else: an index in the order of the list would pass over the whole bank for it.
    fn push_source(&self, sql: &mut QueryBuilder<Postgres>) {
        match self.scope {
            Scope::Portfolio { .. } => {
                sql.push("(select s.* from customer_summary s where ");
                self.scope.restrict(sql);
                sql.push(" offset 0) s where true");
            }
            _ => {
                sql.push("customer_summary s where ");
                self.scope.restrict(sql);
            }
        }
        self.push_filters(sql);
    }

    /// As [`Self::push`]; a search, and a list of the unit, also see colleagues' customers of the outlet, where the
    /// bank allows.
    pub fn push_visible(&self, sql: &mut QueryBuilder<Postgres>, with_outlet: bool) {
        match self.outlet().filter(|_| with_outlet) {
            Some(outlet) => {
                sql.push("(");
                self.scope.restrict(sql);
                sql.push(" or s.org_id = ").push_bind(outlet).push(")");
            }
            None => self.scope.restrict(sql),
        }
        self.push_filters(sql);
    }

    /// The unit whose other customers are shown by their basics. A filter by figures would tell
    /// those figures, so it leaves only the actor's own.
    pub fn outlet(&self) -> Option<i32> {
        let by_figures = self.tiers.is_some()
            || !self.products.is_empty()
            || self.state.is_some()
            || self.state_after.is_some()
            || self.moved.is_some()
            || self.aum_min.is_some()
            || self.aum_max.is_some()
            || self.quiet_since.is_some()
            || self.group.is_some();
        match self.scope {
            Scope::Portfolio { outlet, .. } if !by_figures => outlet,
            _ => None,
        }
    }

    /// Does it leave out nobody of the scope?
    pub fn is_plain(&self) -> bool {
        self.org.is_none()
            && self.lead.is_none()
            && self.tiers.is_none()
            && self.products.is_empty()
            && self.kind.is_none()
            && self.state.is_none()
            && self.state_after.is_none()
            && self.moved.is_none()
            && self.aum_min.is_none()
            && self.aum_max.is_none()
            && self.quiet_since.is_none()
            && self.group.is_none()
    }

    /// Each ` and …`, without the scope.
    pub(crate) fn push_filters(&self, sql: &mut QueryBuilder<Postgres>) {
        if let Some(units) = &self.org {
            sql.push(" and s.org_id = any(").push_bind(units.clone()).push(")");
        }
        match self.lead {
            Some(Some(staff_id)) => {
                sql.push(" and s.lead_staff_id = ").push_bind(staff_id);
            }
            Some(None) => {
                sql.push(" and s.lead_staff_id is null");
            }
            None => {}
        }
        if let Some((tiers, ranks)) = &self.tiers {
            // The rank is what the index leads with, in order for one; the tier tells schemes apart.
            match ranks[..] {
                [only] => sql.push(" and s.tier_rank = ").push_bind(only),
                _ => sql.push(" and s.tier_rank = any(").push_bind(ranks.clone()).push(")"),
            };
            sql.push(" and s.tier_id = any(").push_bind(tiers.clone()).push(")");
        }
        for (holds, product) in &self.products {
            let with = if *holds { " and s.product_ids @> array[" } else { " and not s.product_ids @> array[" };
            sql.push(with).push_bind(*product).push("]");
        }
        if let Some(kind) = self.kind {
            sql.push(" and s.kind = ").push_bind(kind.code());
        }
        if let Some(state) = self.state {
            sql.push(" and s.state = ").push_bind(state.code());
        }
        if let Some(after) = self.state_after {
            sql.push(" and s.state_since > ").push_bind(after);
        }
        if let Some((kind, day)) = self.moved {
            tiers::push_moved(sql, kind, day);
        }
        if let Some(least) = self.aum_min {
            sql.push(" and s.aum >= ").push_bind(least);
        }
        if let Some(most) = self.aum_max {
            sql.push(" and s.aum <= ").push_bind(most);
        }
        if let Some(since) = self.quiet_since {
            sql.push(" and coalesce(s.last_contact_at, '-infinity') < ").push_bind(since);
        }
        if let Some(group) = &self.group {
            sql.push(" and ");
            group.push(sql);
        }
    }
}

const ROW: &str =
    "s.customer_id, s.kind, s.name, s.name_key, s.state, s.tier_rank, s.aum, s.aum_previous, s.deposits, s.wealth, s.loans, s.contribution,
    s.accounts, s.last_contact_at, s.next_due_on, s.next_maturity_on, s.open_alerts, s.completeness, s.opened_on,
    o.code as org_code, o.name as org_name, m.code as manager_code, m.name as manager_name,
    t.code as tier_code, t.name as tier_name, t.name_en as tier_name_en, t.mark as tier_mark";

#[derive(sqlx::FromRow)]
struct Row {
    counted: i64,
    cut: bool,
    own: bool,
    customer_id: i64,
    kind: String,
    name: String,
    name_key: String,
    state: String,
    tier_rank: i16,
    aum: i64,
    aum_previous: i64,
    deposits: i64,
    wealth: i64,
    contribution: Option<i64>,
    loans: i64,
    accounts: i32,
    last_contact_at: Option<DateTime<Utc>>,
    next_due_on: Option<NaiveDate>,
    next_maturity_on: Option<NaiveDate>,
    open_alerts: i32,
    completeness: i16,
    opened_on: Option<NaiveDate>,
    org_code: String,
    org_name: String,
    manager_code: Option<String>,
    manager_name: Option<String>,
    tier_code: Option<String>,
    tier_name: Option<String>,
    tier_name_en: Option<String>,
    tier_mark: Option<i16>,
}

impl Row {
    fn place(&self, sort: Sort, total: Total) -> Place {
        let own = |value: i64| if self.own { value } else { 0 };
        let at = match sort {
            Sort::AumAsc | Sort::AumDesc => At::Aum(own(self.aum)),
            Sort::NameAsc | Sort::NameDesc => At::Name(self.name_key.clone()),
            Sort::TierAsc | Sort::TierDesc => At::Tier(if self.own { self.tier_rank } else { 0 }, own(self.aum)),
            Sort::ContactAsc | Sort::ContactDesc => At::Contact(self.last_contact_at.filter(|_| self.own).map(|at| at.timestamp_micros())),
            Sort::OpenedAsc | Sort::OpenedDesc => At::Opened(self.opened_on.filter(|_| self.own)),
            Sort::DepositsAsc | Sort::DepositsDesc => At::Figure(own(self.deposits)),
            Sort::LoansAsc | Sort::LoansDesc => At::Figure(own(self.loans)),
            Sort::WealthAsc | Sort::WealthDesc => At::Figure(own(self.wealth)),
            Sort::ContributionAsc | Sort::ContributionDesc => At::Figure(own(self.contribution.unwrap_or(0))),
            Sort::TrendAsc | Sort::TrendDesc => At::Figure(own(self.aum - self.aum_previous)),
            Sort::AlertsAsc | Sort::AlertsDesc => At::Figure(own(self.open_alerts.into())),
            Sort::AccountsAsc | Sort::AccountsDesc => At::Figure(own(self.accounts.into())),
            Sort::CompletenessAsc | Sort::CompletenessDesc => At::Figure(own(self.completeness.into())),
            Sort::MaturityAsc | Sort::MaturityDesc => At::ToCome(self.next_maturity_on.filter(|_| self.own)),
            Sort::TaskAsc | Sort::TaskDesc => At::ToCome(self.next_due_on.filter(|_| self.own)),
        };
        Place { sort, at, id: self.customer_id, count: total.count, capped: total.capped }
    }

    fn into_item(self) -> Result<CustomerItem> {
        let manager = self.manager_code.zip(self.manager_name).map(|(code, name)| ManagerRef { code, name });
        let coded = |what: &str, code: &str| Error::internal(format!("unknown {what} `{code}` in a summary"));
        let item = CustomerItem {
            customer_no: CustomerNo::from_id(self.customer_id),
            kind: Kind::from_code(&self.kind).ok_or_else(|| coded("kind", &self.kind))?,
            name: self.name,
            masked: false,
            tier: self.tier_code.map(|code| TierRef {
                code,
                name: self.tier_name.unwrap_or_default(),
                name_en: self.tier_name_en.unwrap_or_default(),
                mark: self.tier_mark.unwrap_or_default(),
            }),
            state: State::from_code(&self.state).ok_or_else(|| coded("state", &self.state))?,
            org: OrgRef { code: self.org_code, name: self.org_name },
            manager,
            aum: self.aum,
            aum_previous: self.aum_previous,
            deposits: self.deposits,
            wealth: self.wealth,
            loans: self.loans,
            contribution: self.contribution,
            accounts: self.accounts,
            last_contact_at: self.last_contact_at,
            next_due_on: self.next_due_on,
            next_maturity_on: self.next_maturity_on,
            open_alerts: self.open_alerts,
            completeness: self.completeness,
            opened_on: self.opened_on,
        };
        Ok(if self.own { item } else { basics(item) })
    }
}

/// What a colleague may see: that there is such a customer, and whom to ask.
fn basics(item: CustomerItem) -> CustomerItem {
    CustomerItem {
        name: mask::name(&item.name),
        masked: true,
        tier: None,
        state: State::Prospective,
        aum: 0,
        aum_previous: 0,
        deposits: 0,
        wealth: 0,
        contribution: None,
        loans: 0,
        accounts: 0,
        last_contact_at: None,
        next_due_on: None,
        next_maturity_on: None,
        open_alerts: 0,
        completeness: 0,
        opened_on: None,
        ..item
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_for_newly_entered_states_leaves_somebody_out() {
        let all = Filter {
            scope: Scope::Nothing,
            org: None,
            lead: None,
            tiers: None,
            products: Vec::new(),
            kind: None,
            state: None,
            state_after: None,
            aum_min: None,
            aum_max: None,
            quiet_since: None,
            moved: None,
            group: None,
        };
        assert!(all.is_plain());
        assert!(!Filter { state_after: NaiveDate::from_ymd_opt(2026, 3, 1), ..all }.is_plain());
    }
}
