//! What a customer holds, and what an account has done.

use chrono::{Months, NaiveDate};
use guanhu_domain::{
    Code, Currency, CustomerNo,
    access::Verb,
    customers::{Holding, Party, Slice, Transaction, TransactionQuery, mask, transactions::kinds_saying},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{Postgres, QueryBuilder, types::Json};

use super::subject;
use crate::{Actor, Bank, Error, Keys, Result, audit::Entry, cursor, scoped};

/// A customer named in passing, from `customer_summary s`: the number only where the actor may open it.
macro_rules! party_sql {
    () => {
        concat!("json_build_object('customer_no', case when ", crate::scoped!(), " then customer_no(s.customer_id) end, 'name', s.name)")
    };
}
pub(super) use party_sql;

/// A JSON array of [`Holding`]s with keys and clear values, which [`hide`] takes out. Needs `rates`
/// (currency, rate) beside it, `$1` and `$2` of the scope and `$3` the customer.
macro_rules! holdings_sql {
    () => {
        concat!(
            "coalesce((select json_agg(json_build_object(
                'account_no', a.account_no, 'account', a.account_id::text, 'category', a.category, 'product', p.code, 'product_name', p.name, 'product_name_en', p.name_en,
                'currency', a.currency, 'balance', a.balance, 'balance_base', round(a.balance * coalesce(r.rate, 0))::bigint,
                'limit_amount', a.limit_amount, 'rate', a.rate::text, 'opened_on', a.opened_on, 'matures_on', a.matures_on, 'closed_on', a.closed_on,
                'status', a.status, 'term_months', a.term_months, 'payment', a.payment, 'overdue_days', a.overdue_days,
                'statement_frequency', a.statement_frequency, 'source', a.source, 'business_date', coalesce(a.business_date, a.balance_on),
                'contract_no', (select k.contract_no from contract k where k.customer_id = a.customer_id and k.contract_id = a.contract_id),
                'owner', case when a.customer_id <> $3 then (select ",
            party_sql!(),
            " from customer_summary s where s.customer_id = a.customer_id) end,
                'users', coalesce((select json_agg(",
            party_sql!(),
            " order by s.name_key) from account_party u join customer_summary s on s.customer_id = u.customer_id
                    where u.owner_id = a.customer_id and u.account_id = a.account_id and u.customer_id not in ($3, a.customer_id)), '[]')
            ) order by a.closed_on is not null, a.customer_id <> $3, array_position(array['current', 'term', 'wealth', 'fund', 'insurance', 'card', 'loan'], a.category), a.balance desc, a.account_id)
            from (
                select a.* from account a where a.customer_id = $3
                union all
                select a.* from account_party u join account a on a.customer_id = u.owner_id and a.account_id = u.account_id
                where u.customer_id = $3 and u.owner_id <> $3
            ) a join product p using (product_id) left join rates r on r.currency = a.currency), '[]')"
        )
    };
}
pub(super) use holdings_sql;

/// `b` (the bank) and `rates` of the business date for the currencies that this customer has anything in:
/// a table of all days and currencies need not be read for one customer.
macro_rules! rates_sql {
    () => {
        "b as materialized (select business_date, base_currency from bank),
         rates as materialized (
            select c.currency, case when c.currency = b.base_currency then 1 else (
                select r.rate * power(10::numeric, currency_exponent(b.base_currency) - currency_exponent(c.currency))
                from currency_rate r where r.currency = c.currency and r.business_date <= b.business_date order by r.business_date desc limit 1) end as rate
            from b, (
                select a.currency from account a where a.customer_id = $3
                union
                select a.currency from account_party u join account a on a.customer_id = u.owner_id and a.account_id = u.account_id where u.customer_id = $3
            ) c
         )"
    };
}
pub(super) use rates_sql;

/// Every account the customer has or may use.
pub async fn accounts(bank: &Bank, actor: &Actor, customer: CustomerNo) -> Result<Slice<Holding>> {
    actor.require(Verb::CustomerView)?;
    let (units, staff) = actor.scope.binds();
    let found: Json<Vec<Holding>> = sqlx::query_scalar(concat!(
        "with ",
        rates_sql!(),
        " select ",
        holdings_sql!(),
        " from customer_summary s where s.customer_id = $3 and ",
        scoped!()
    ))
    .bind(units)
    .bind(staff)
    .bind(customer.id())
    .fetch_one(&mut *bank.read(actor).await?)
    .await?;
    bank.audit_soon(actor, Entry::viewed(Verb::CustomerView, subject(customer)).detail(json!({ "part": "accounts" }))).await;
    Ok(Slice { items: found.0.into_iter().map(|holding| hide(holding, bank.keys())).collect(), next: None })
}

/// A holding as it leaves the server.
pub(super) fn hide(mut holding: Holding, keys: &Keys) -> Holding {
    holding.account_no = mask::account(&holding.account_no);
    holding.account = holding.account.parse().map(|id| keys.opaque(id)).unwrap_or_default();
    holding.owner = holding.owner.map(hide_party);
    holding.users = holding.users.into_iter().map(hide_party).collect();
    holding
}

/// Whom the actor may not open is named by the first character only.
pub(super) fn hide_party(party: Party) -> Party {
    match party.customer_no {
        Some(_) => party,
        None => Party { name: mask::name(&party.name), ..party },
    }
}

const LIMIT: u16 = 50;
const LIMIT_MAX: u16 = 200;
/// How far back the first look goes: so many partitions are opened, and not all there are.
const WINDOW: Months = Months::new(12);

/// Transactions of the customer's page at first.
pub(super) const FIRST_PAGE: i64 = LIMIT as i64;

/// Where the first look begins that ends on this day.
pub(super) fn window(to: NaiveDate) -> NaiveDate {
    to.checked_sub_months(WINDOW).unwrap_or(NaiveDate::MIN)
}

/// A JSON array of [`Row`]s, the newest first: `$3` the customer, `$8` and `$9` the days, `$10` how many.
pub(super) const FIRST_TRANSACTIONS: &str = "coalesce((
    select json_agg(json_build_object('booked_on', t.booked_on, 'txn_id', t.txn_id, 'account_id', t.account_id, 'direction', t.direction,
        'currency', t.currency::text, 'amount', t.amount, 'balance_after', t.balance_after, 'kind', t.kind, 'purpose', t.purpose,
        'counterparty_bank', t.counterparty_bank, 'counterparty_account', t.counterparty_account, 'narrative', t.narrative,
        'account_no', a.account_no, 'source', a.source, 'business_date', coalesce(a.business_date, a.balance_on)) order by t.booked_on desc, t.txn_id desc)
    from (
        select * from txn t where t.customer_id = $3 and t.booked_on between $8 and $9 order by t.booked_on desc, t.txn_id desc limit $10
    ) t left join account a on a.customer_id = t.customer_id and a.account_id = t.account_id), '[]')";

/// The page that [`FIRST_TRANSACTIONS`] of the days since `from` make. A short one goes on before them: what
/// is older is looked for when somebody comes so far.
pub(super) fn first_page(mut rows: Vec<Row>, from: NaiveDate, keys: &Keys) -> Result<Option<Slice<Transaction>>> {
    let more = rows.len() as i64 > FIRST_PAGE;
    rows.truncate(FIRST_PAGE as usize);
    let Some(last) = rows.last() else { return Ok(None) };
    let place = if more { Place { on: last.booked_on, id: last.txn_id } } else { Place { on: from, id: i64::MIN } };
    let next = Some(cursor::encode(&place)?);
    Ok(Some(Slice { items: rows.into_iter().map(|row| row.into_transaction(keys)).collect::<Result<_>>()?, next }))
}

#[derive(Serialize, Deserialize)]
struct Place {
    on: NaiveDate,
    id: i64,
}

/// Booked transactions, newest first. Without `from` they go back to the first.
pub async fn transactions(bank: &Bank, actor: &Actor, customer: CustomerNo, query: &TransactionQuery) -> Result<Slice<Transaction>> {
    actor.require(Verb::CustomerView)?;
    let owner = owner_of(bank, actor, customer, query.account.as_deref()).await?;
    let place: Option<Place> = query.after.as_deref().map(cursor::decode).transpose()?;
    let limit = i64::from(query.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX));
    let to = query.to.unwrap_or(actor.me.business_date);
    let newest = place.as_ref().map_or(to, |place| place.on.min(to));
    let from = query.from.unwrap_or(window(newest));

    let mut rows: Vec<Row> = statement(&owner, query, place.as_ref(), Some(from), newest, limit + 1)
        .build_query_as()
        .fetch_all(&mut *bank.read(actor).await?)
        .await?;
    let short = limit + 1 - rows.len() as i64;
    if short > 0 && query.from.is_none() {
        let before = from.pred_opt().unwrap_or(from);
        rows.extend(
            statement(&owner, query, None, None, before, short).build_query_as::<Row>().fetch_all(&mut *bank.read(actor).await?).await?,
        );
    }
    bank.audit_soon(actor, Entry::viewed(Verb::CustomerView, subject(customer)).detail(json!({ "part": "transactions" }))).await;
    let more = rows.len() as i64 > limit;
    rows.truncate(limit as usize);
    let next = match rows.last() {
        Some(last) if more => Some(cursor::encode(&Place { on: last.booked_on, id: last.txn_id })?),
        _ => None,
    };
    Ok(Slice { items: rows.into_iter().map(|row| row.into_transaction(bank.keys())).collect::<Result<_>>()?, next })
}

/// Whose rows to read, and of which account: an account that the customer may use belongs to another.
struct Owner {
    customer_id: i64,
    account_id: Option<i64>,
}

async fn owner_of(bank: &Bank, actor: &Actor, customer: CustomerNo, account: Option<&str>) -> Result<Owner> {
    let account_id =
        account.filter(|account| !account.is_empty()).map(|account| bank.keys().open(account).ok_or_else(Error::not_found)).transpose()?;
    let (units, staff) = actor.scope.binds();
    let customer_id = sqlx::query_scalar(concat!(
        "select coalesce((select u.owner_id from account_party u where u.customer_id = s.customer_id and u.account_id = $4), s.customer_id)
         from customer_summary s where s.customer_id = $3 and ",
        scoped!()
    ))
    .bind(units)
    .bind(staff)
    .bind(customer.id())
    .bind(account_id)
    .fetch_one(&mut *bank.read(actor).await?)
    .await?;
    Ok(Owner { customer_id, account_id })
}

/// The scope was checked with [`owner_of`].
fn statement(
    owner: &Owner,
    query: &TransactionQuery,
    place: Option<&Place>,
    from: Option<NaiveDate>,
    to: NaiveDate,
    limit: i64,
) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::new(
        "select t.booked_on, t.txn_id, t.account_id, t.direction, t.currency::text, t.amount, t.balance_after, t.kind, t.purpose,
            t.counterparty_bank, t.counterparty_account, t.narrative, a.account_no,
            a.source, coalesce(a.business_date, a.balance_on) as business_date
         from (select * from txn t where t.customer_id = ",
    );
    sql.push_bind(owner.customer_id).push(" and t.booked_on <= ").push_bind(to);
    if let Some(from) = from {
        sql.push(" and t.booked_on >= ").push_bind(from);
    }
    if let Some(place) = place {
        sql.push(" and (t.booked_on, t.txn_id) < (").push_bind(place.on).push(", ").push_bind(place.id).push(")");
    }
    if let Some(account) = owner.account_id {
        sql.push(" and t.account_id = ").push_bind(account);
    }
    if let Some(direction) = query.direction.as_deref().filter(|direction| !direction.is_empty()) {
        sql.push(" and t.direction = ").push_bind(direction.to_owned());
    }
    if let Some(least) = query.amount_min {
        sql.push(" and t.amount >= ").push_bind(least);
    }
    if let Some(typed) = query.q.as_deref().map(str::trim).filter(|typed| !typed.is_empty()) {
        // A kind is a code here and words on the page; a purpose is either.
        let kinds = kinds_saying(typed);
        sql.push(" and (t.kind = any(").push_bind(kinds.clone()).push(") or t.purpose = any(").push_bind(kinds);
        sql.push(") or position(")
            .push_bind(typed.to_lowercase())
            .push(" in lower(concat_ws(' ', t.purpose, t.narrative, t.counterparty_bank))) > 0)");
    }
    sql.push(" order by t.booked_on desc, t.txn_id desc limit ").push_bind(limit).push(
        ") t left join account a on a.customer_id = t.customer_id and a.account_id = t.account_id order by t.booked_on desc, t.txn_id desc",
    );
    sql
}

#[derive(sqlx::FromRow, Deserialize)]
pub(super) struct Row {
    booked_on: NaiveDate,
    txn_id: i64,
    account_id: i64,
    direction: String,
    currency: String,
    amount: i64,
    balance_after: Option<i64>,
    kind: String,
    purpose: String,
    counterparty_bank: Option<String>,
    counterparty_account: Option<String>,
    narrative: Option<String>,
    account_no: Option<String>,
    source: Option<String>,
    business_date: Option<NaiveDate>,
}

impl Row {
    fn into_transaction(self, keys: &Keys) -> Result<Transaction> {
        Ok(Transaction {
            booked_on: self.booked_on,
            account_no: mask::account(&self.account_no.unwrap_or_default()),
            account: keys.opaque(self.account_id),
            direction: self.direction,
            currency: Currency::new(&self.currency).ok_or_else(|| Error::new(Code::Internal))?,
            amount: self.amount,
            balance_after: self.balance_after,
            kind: self.kind,
            purpose: self.purpose,
            counterparty_bank: self.counterparty_bank,
            counterparty_account: self.counterparty_account.map(|account| mask::account(&account)),
            narrative: self.narrative.map(|text| mask::numbers(&text)),
            source: self.source,
            business_date: self.business_date,
        })
    }
}
