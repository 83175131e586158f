//! How the rows of each entity reach its table: what they refer to, how a known record is found,
//! and what a load may change of it.
//!
//! In the expressions `s` is the staged row, `t` the record already there, `{source}`, `{day}` and
//! `{base}` the feed's source system, business date and the bank's base currency.

use guanhu_domain::feeds::RejectReason::{self, Conflict, UnknownCurrency, UnknownKey};

/// One table and the statement that fills it.
pub struct Target {
    pub entity: &'static str,
    pub table: &'static str,
    pub joins: &'static str,
    /// Condition, reason, detail: the first that holds refuses the row.
    pub checks: &'static [(&'static str, RejectReason, &'static str)],
    /// Columns written once, when the record is new.
    pub ids: &'static [(&'static str, &'static str)],
    /// The same, but made while inserting, in the order of `order`.
    pub late_ids: &'static [(&'static str, &'static str)],
    /// Those of `ids` that two rows of a file must not share.
    pub key: &'static [&'static str],
    /// Those of `ids` by which an update finds its record.
    pub matching: &'static [&'static str],
    /// True when the record is there.
    pub found: &'static str,
    pub sets: &'static [Set],
    pub versioned: bool,
    /// Customers whose summary follows.
    pub touches_customer: bool,
    pub order: &'static str,
}

/// A column that a load may change: its expression, and the canonical columns of which at least one
/// must be mapped for a known record to be changed.
pub struct Set {
    pub column: &'static str,
    pub expr: &'static str,
    pub needs: &'static [&'static str],
}

const fn set(column: &'static str, expr: &'static str, needs: &'static [&'static str]) -> Set {
    Set { column, expr, needs }
}

impl Target {
    pub fn of(entity: &str) -> Option<&'static Target> {
        TARGETS.iter().find(|target| target.entity == entity)
    }
}

macro_rules! customer {
    () => {
        "left join customer_identity c on c.kind = 'source_key' and c.system = {source} and c.value = s.customer "
    };
}
macro_rules! account {
    () => {
        "left join account a on a.source = {source} and a.source_key = s.account "
    };
}

/// The days of an assignment. What has ended stays ended, by a transfer or by the feed; no end erases none.
macro_rules! part {
    () => {
        "daterange(coalesce(s.valid_from, whom.opened_on, {day}), case when upper(t.valid) <= greatest({day}, (select business_date from bank))
            then least(s.valid_to, upper(t.valid)) else coalesce(s.valid_to, upper(t.valid)) end)"
    };
}
/// True where a person took `s.value` of this kind off the customer, or put another in its place.
macro_rules! dropped {
    ($what:literal) => {
        concat!(
            "left join lateral (select bool_or(true) as there from field_change x
                where t.kind is null and x.customer_id = c.customer_id and x.field = '",
            $what,
            ":' || s.kind and x.source = 'guanhu' and x.old_value #>> '{}' = s.value
                  and x.new_value is distinct from x.old_value) gone on true "
        )
    };
}

const NO_CUSTOMER: (&str, RejectReason, &str) = ("c.customer_id is null", UnknownKey, "'customer: ' || s.customer");
const NO_ACCOUNT: (&str, RejectReason, &str) = ("a.account_id is null", UnknownKey, "'account: ' || s.account");
const NO_UNIT: (&str, RejectReason, &str) = ("s.unit is not null and o.org_id is null", UnknownKey, "'unit: ' || s.unit");
const NO_RATE: (&str, RejectReason, &str) = (
    "coalesce(s.currency, {base}) <> {base} and not exists (select from currency_rate r where r.currency = s.currency and r.business_date <= {day})",
    UnknownCurrency,
    "'currency: ' || s.currency || ' has no rate on ' || {day}",
);
const OTHER_CURRENCY: (&str, RejectReason, &str) = (
    "coalesce(s.currency, {base}) <> a.currency",
    Conflict,
    "'currency: ' || coalesce(s.currency, {base}) || ', but the account is in ' || a.currency",
);

const NONE: Target = Target {
    entity: "",
    table: "",
    joins: "",
    checks: &[],
    ids: &[],
    late_ids: &[],
    key: &[],
    matching: &[],
    found: "false",
    sets: &[],
    versioned: false,
    touches_customer: false,
    order: "line",
};

const ACCOUNT_JOINS: &str = concat!(
    customer!(),
    "left join customer owner on owner.customer_id = c.customer_id
     left join product p on p.code = s.product
     left join org_unit o on o.code = s.unit
     left join account t on t.source = {source} and t.source_key = s.source_key "
);
const OTHER_OWNER: (&str, RejectReason, &str) =
    ("t.customer_id <> c.customer_id", Conflict, "'customer: ' || s.customer || ' is not the owner of ' || s.source_key");
const NO_PRODUCT: (&str, RejectReason, &str) = ("p.product_id is null", UnknownKey, "'product: ' || s.product");

/// The newer balance stays; the day moves only with the balance, so that a quiet account is unchanged.
const BALANCE: &str = "case when t.balance_on > coalesce(s.balance_on, {day}) then t.balance else coalesce(s.balance, t.balance, 0) end";
const BALANCE_ON: &str =
    "case when s.balance is null or t.balance_on >= coalesce(s.balance_on, {day}) or (t.balance_on is not null and t.balance = s.balance)
     then t.balance_on else coalesce(s.balance_on, {day}) end";

const TARGETS: &[Target] = &[
    Target {
        entity: "staff",
        table: "staff",
        joins: "left join org_unit o on o.code = s.unit left join staff t on t.code = s.code",
        checks: &[NO_UNIT],
        ids: &[("code", "s.code")],
        key: &["code"],
        matching: &["code"],
        found: "t.staff_id is not null",
        sets: &[
            set("name", "s.name", &["name"]),
            set("org_id", "o.org_id", &["unit"]),
            set("is_manager", "coalesce(s.is_manager, false)", &["is_manager"]),
            set("title", "coalesce(s.title, '')", &["title"]),
            set("phone", "s.phone", &["phone"]),
            set("qualification", "s.qualification", &["qualification"]),
            set("hired_on", "s.hired_on", &["hired_on"]),
            set("left_on", "s.left_on", &["left_on"]),
            set("capacity", "coalesce(s.capacity, 400)", &["capacity"]),
        ],
        versioned: true,
        ..NONE
    },
    Target {
        entity: "products",
        table: "product",
        joins: "left join product t on t.code = s.code",
        ids: &[("code", "s.code")],
        key: &["code"],
        matching: &["code"],
        found: "t.product_id is not null",
        sets: &[
            set("name", "s.name", &["name"]),
            set("name_en", "coalesce(s.name_en, '')", &["name_en"]),
            set("category", "s.category", &["category"]),
            set("customer_kind", "s.customer_kind", &["customer_kind"]),
            set("currency", "s.currency", &["currency"]),
            set("risk_level", "s.risk_level", &["risk_level"]),
            set("script", "coalesce(s.script, '')", &["script"]),
        ],
        versioned: true,
        ..NONE
    },
    Target {
        entity: "rates",
        table: "currency_rate",
        joins: "left join currency_rate t on t.currency = s.currency and t.business_date = coalesce(s.date, {day})",
        checks: &[
            ("s.currency = {base}", Conflict, "'currency: ' || s.currency || ' is the base currency'"),
            ("s.rate = 0", RejectReason::OutOfRange, "'rate: 0'"),
        ],
        ids: &[("currency", "s.currency"), ("business_date", "coalesce(s.date, {day})")],
        key: &["currency", "business_date"],
        matching: &["currency", "business_date"],
        found: "t.currency is not null",
        sets: &[set("rate", "s.rate", &["rate"])],
        ..NONE
    },
    Target {
        entity: "identities",
        table: "customer_identity",
        joins: concat!(
            customer!(),
            "left join lateral (select i.* from customer_identity i
                where i.customer_id = c.customer_id and i.kind = s.kind and case
                    when s.kind = 'source_key' then i.system = s.system and i.value = s.value
                    when i.system = {source} then i.value = s.value
                    else i.value_hash = s.value_hash end
                order by i.system <> {source}, i.identity_id limit 1) t on true ",
            dropped!("identity"),
            // What a person entered as the paper's last day.
            "left join lateral (select bool_or(true) as there from field_change x
                where x.customer_id = c.customer_id and x.field = 'expiry:' || s.kind and x.source = 'guanhu'
                  and x.new_value #>> '{}' is not distinct from t.expires_on::text) by_hand on true"
        ),
        checks: &[
            NO_CUSTOMER,
            ("s.kind = 'source_key' and s.system is null", RejectReason::Required, "'system'"),
            (
                "s.kind = 'source_key' and exists (select from customer_identity x where x.kind = 'source_key' and x.system = s.system
                    and x.value = s.value and x.customer_id <> c.customer_id)",
                Conflict,
                "'value: ' || s.value || ' of ' || s.system || ' is another customer'",
            ),
        ],
        ids: &[
            ("customer_id", "c.customer_id"),
            ("identity_id", "coalesce(t.identity_id, nextval('item_id_seq'))"),
            ("kind", "s.kind"),
            ("system", "case when s.kind = 'source_key' then s.system else {source} end"),
            ("value", "s.value"),
            ("value_hash", "s.value_hash"),
            ("business_date", "{day}"),
        ],
        key: &["customer_id", "kind", "system", "value"],
        matching: &["customer_id", "identity_id"],
        found: "t.identity_id is not null or gone.there is not null",
        sets: &[
            set(
                "expires_on",
                "case when by_hand.there or gone.there or t.system = 'guanhu' then t.expires_on
                    when t.system <> {source} then coalesce(t.expires_on, s.expires_on) else s.expires_on end",
                &["expires_on"],
            ),
            set(
                "verified",
                "case when s.kind = 'source_key' then true when gone.there or t.system <> {source} then t.verified
                    else coalesce(s.verified, false) end",
                &["verified"],
            ),
        ],
        touches_customer: true,
        ..NONE
    },
    Target {
        entity: "contacts",
        table: "customer_contact",
        joins: concat!(
            customer!(),
            "left join lateral (select k.* from customer_contact k
                where k.customer_id = c.customer_id and k.kind = s.kind
                  and case when k.source = {source} then k.value = s.value else k.value_hash = s.value_hash end
                order by k.source <> {source}, k.contact_id limit 1) t on true ",
            dropped!("contact"),
            // Once a person chose among those of a kind, which comes first is people's.
            "left join lateral (select bool_or(true) as there from field_change x
                where x.customer_id = c.customer_id and x.field = 'contact:' || s.kind and x.source = 'guanhu') by_hand on true"
        ),
        checks: &[NO_CUSTOMER],
        ids: &[
            ("customer_id", "c.customer_id"),
            ("contact_id", "coalesce(t.contact_id, nextval('item_id_seq'))"),
            ("kind", "s.kind"),
            ("value", "s.value"),
            ("value_hash", "s.value_hash"),
            ("source", "{source}"),
            ("business_date", "{day}"),
        ],
        key: &["customer_id", "kind", "value"],
        matching: &["customer_id", "contact_id"],
        found: "t.contact_id is not null or gone.there is not null",
        sets: &[
            set(
                "is_primary",
                "case when t.contact_id is null and gone.there is null then coalesce(s.is_primary, false) and by_hand.there is null
                        and not exists (select from customer_contact k
                            where k.customer_id = c.customer_id and k.kind = s.kind and k.is_primary and k.source <> {source})
                    when by_hand.there or t.source <> {source} then t.is_primary else coalesce(s.is_primary, false) end",
                &["is_primary"],
            ),
            set(
                "consent",
                "case when gone.there then t.consent when t.source <> {source} then coalesce(t.consent, s.consent) else s.consent end",
                &["consent"],
            ),
        ],
        touches_customer: true,
        ..NONE
    },
    Target {
        entity: "relations",
        table: "customer_relation",
        joins: concat!(
            customer!(),
            "left join customer_identity r on r.kind = 'source_key' and r.system = {source} and r.value = s.related
             left join customer_relation t on t.customer_id = c.customer_id and t.related_id = r.customer_id and t.kind = s.kind and not t.inverse"
        ),
        checks: &[
            NO_CUSTOMER,
            ("r.customer_id is null", UnknownKey, "'related: ' || s.related"),
            ("r.customer_id = c.customer_id", Conflict, "'related: ' || s.related || ' is the customer itself'"),
        ],
        ids: &[
            ("customer_id", "c.customer_id"),
            ("related_id", "r.customer_id"),
            ("kind", "s.kind"),
            ("inverse", "false"),
            ("source", "{source}"),
            ("business_date", "{day}"),
        ],
        key: &["customer_id", "related_id", "kind"],
        matching: &["customer_id", "related_id", "kind", "inverse"],
        found: "t.customer_id is not null",
        sets: &[set("percentage", "s.percentage", &["percentage"])],
        touches_customer: true,
        ..NONE
    },
    Target {
        entity: "contracts",
        table: "contract",
        joins: concat!(
            customer!(),
            "left join contract t on t.customer_id = c.customer_id and t.source = {source} and t.contract_no = s.contract_no"
        ),
        checks: &[NO_CUSTOMER, NO_RATE],
        ids: &[
            ("customer_id", "c.customer_id"),
            ("contract_id", "coalesce(t.contract_id, nextval('item_id_seq'))"),
            ("contract_no", "s.contract_no"),
            ("source", "{source}"),
            ("business_date", "{day}"),
        ],
        key: &["contract_no"],
        matching: &["customer_id", "contract_id"],
        found: "t.contract_id is not null",
        sets: &[
            set("kind", "coalesce(s.kind, 'loan')", &["kind"]),
            set("currency", "coalesce(s.currency, {base})", &["currency"]),
            set("amount", "s.amount", &["amount"]),
            set("signed_on", "s.signed_on", &["signed_on"]),
            set("expires_on", "s.expires_on", &["expires_on"]),
            set("status", "coalesce(s.status, 'active')", &["status"]),
        ],
        touches_customer: true,
        ..NONE
    },
    Target {
        entity: "accounts",
        table: "account",
        joins: ACCOUNT_JOINS,
        checks: &[
            NO_CUSTOMER,
            NO_PRODUCT,
            ("p.category = 'loan'", Conflict, "'product: ' || s.product || ' is a loan; load it as loans'"),
            NO_UNIT,
            OTHER_OWNER,
            NO_RATE,
        ],
        ids: &[
            ("customer_id", "c.customer_id"),
            ("account_id", "coalesce(t.account_id, nextval('account_id_seq'))"),
            ("source", "{source}"),
            ("source_key", "s.source_key"),
            ("business_date", "{day}"),
        ],
        key: &["source_key"],
        matching: &["customer_id", "account_id"],
        found: "t.account_id is not null",
        sets: &[
            set("account_no", "s.account_no", &["account_no"]),
            set("account_no_hash", "s.account_no_hash", &["account_no"]),
            set("product_id", "p.product_id", &["product"]),
            set("category", "p.category", &["product"]),
            set("org_id", "coalesce(o.org_id, owner.org_id)", &["unit"]),
            set("currency", "coalesce(s.currency, {base})", &["currency"]),
            set("balance", BALANCE, &["balance"]),
            set("balance_on", BALANCE_ON, &["balance"]),
            set("limit_amount", "s.limit_amount", &["limit_amount"]),
            set("rate", "s.rate", &["rate"]),
            set("opened_on", "s.opened_on", &["opened_on"]),
            set("matures_on", "s.matures_on", &["matures_on"]),
            set("closed_on", "s.closed_on", &["closed_on"]),
            set("status", "coalesce(s.status, 'active')", &["status"]),
            set("term_months", "s.term_months", &["term_months"]),
            set("payment", "s.payment", &["payment"]),
            set("overdue_days", "coalesce(s.overdue_days, 0)", &["overdue_days"]),
            set("statement_frequency", "s.statement_frequency", &["statement_frequency"]),
        ],
        touches_customer: true,
        ..NONE
    },
    Target {
        entity: "loans",
        table: "account",
        joins: concat!(
            customer!(),
            "left join customer owner on owner.customer_id = c.customer_id
             left join product p on p.code = s.product
             left join org_unit o on o.code = s.unit
             left join contract k on k.customer_id = c.customer_id and k.source = {source} and k.contract_no = s.contract_no
             left join account t on t.source = {source} and t.source_key = s.source_key "
        ),
        checks: &[
            NO_CUSTOMER,
            NO_PRODUCT,
            ("p.category <> 'loan'", Conflict, "'product: ' || s.product || ' is not a loan'"),
            NO_UNIT,
            OTHER_OWNER,
            ("s.contract_no is not null and k.contract_id is null", UnknownKey, "'contract_no: ' || s.contract_no"),
            NO_RATE,
        ],
        ids: &[
            ("customer_id", "c.customer_id"),
            ("account_id", "coalesce(t.account_id, nextval('account_id_seq'))"),
            ("source", "{source}"),
            ("source_key", "s.source_key"),
            ("business_date", "{day}"),
        ],
        key: &["source_key"],
        matching: &["customer_id", "account_id"],
        found: "t.account_id is not null",
        sets: &[
            set("account_no", "s.account_no", &["account_no"]),
            set("account_no_hash", "s.account_no_hash", &["account_no"]),
            set("product_id", "p.product_id", &["product"]),
            set("category", "p.category", &["product"]),
            set("org_id", "coalesce(o.org_id, owner.org_id)", &["unit"]),
            set("contract_id", "k.contract_id", &["contract_no"]),
            set("currency", "coalesce(s.currency, {base})", &["currency"]),
            set("limit_amount", "s.principal", &["principal"]),
            set("balance", BALANCE, &["balance"]),
            set("balance_on", BALANCE_ON, &["balance"]),
            set("rate", "s.rate", &["rate"]),
            set("opened_on", "s.opened_on", &["opened_on"]),
            set("matures_on", "s.matures_on", &["matures_on"]),
            set("closed_on", "s.closed_on", &["closed_on"]),
            set("status", "coalesce(s.status, 'active')", &["status"]),
            set("term_months", "s.term_months", &["term_months"]),
            set("payment", "s.payment", &["payment"]),
            set("overdue_days", "coalesce(s.overdue_days, 0)", &["overdue_days"]),
        ],
        touches_customer: true,
        ..NONE
    },
    Target {
        entity: "account_parties",
        table: "account_party",
        joins: concat!(
            account!(),
            customer!(),
            "left join account_party t on t.customer_id = c.customer_id and t.account_id = a.account_id"
        ),
        checks: &[NO_ACCOUNT, NO_CUSTOMER],
        ids: &[
            ("customer_id", "c.customer_id"),
            ("account_id", "a.account_id"),
            ("owner_id", "a.customer_id"),
            ("source", "{source}"),
        ],
        key: &["customer_id", "account_id"],
        matching: &["customer_id", "account_id"],
        found: "t.customer_id is not null",
        sets: &[set("role", "s.role", &["role"]), set("source_key", "coalesce(s.source_key, '')", &["source_key"])],
        touches_customer: true,
        ..NONE
    },
    Target {
        entity: "cards",
        table: "card",
        joins: concat!(
            account!(),
            customer!(),
            "left join card t on t.customer_id = coalesce(c.customer_id, a.customer_id) and t.source = {source} and t.source_key = s.source_key"
        ),
        checks: &[NO_ACCOUNT, ("s.customer is not null and c.customer_id is null", UnknownKey, "'customer: ' || s.customer")],
        ids: &[
            ("customer_id", "coalesce(c.customer_id, a.customer_id)"),
            ("card_id", "coalesce(t.card_id, nextval('item_id_seq'))"),
            ("source", "{source}"),
            ("source_key", "s.source_key"),
            ("business_date", "{day}"),
        ],
        key: &["source_key"],
        matching: &["customer_id", "card_id"],
        found: "t.card_id is not null",
        sets: &[
            set("account_id", "a.account_id", &["account"]),
            set("card_no", "s.card_no", &["card_no"]),
            set("kind", "s.kind", &["kind"]),
            set("issued_on", "s.issued_on", &["issued_on"]),
            set("status", "coalesce(s.status, 'active')", &["status"]),
        ],
        touches_customer: true,
        ..NONE
    },
    Target {
        entity: "orders",
        table: "standing_order",
        joins: concat!(
            account!(),
            "left join standing_order t on t.customer_id = a.customer_id and t.source = {source} and t.source_key = s.source_key"
        ),
        checks: &[NO_ACCOUNT, NO_RATE],
        ids: &[
            ("customer_id", "a.customer_id"),
            ("order_id", "coalesce(t.order_id, nextval('item_id_seq'))"),
            ("source", "{source}"),
            ("source_key", "s.source_key"),
            ("business_date", "{day}"),
        ],
        key: &["source_key"],
        matching: &["customer_id", "order_id"],
        found: "t.order_id is not null",
        sets: &[
            set("account_id", "a.account_id", &["account"]),
            set("to_bank", "s.to_bank", &["to_bank"]),
            set("to_account", "s.to_account", &["to_account"]),
            set("currency", "coalesce(s.currency, {base})", &["currency"]),
            set("amount", "s.amount", &["amount"]),
            set("purpose", "s.purpose", &["purpose"]),
        ],
        touches_customer: true,
        ..NONE
    },
    Target {
        entity: "guarantees",
        table: "guarantee",
        joins: concat!(
            customer!(),
            "left join customer_identity g on g.kind = 'source_key' and g.system = {source} and g.value = s.guarantor
             left join contract k on k.customer_id = c.customer_id and k.source = {source} and k.contract_no = s.contract_no
             left join guarantee t on t.customer_id = c.customer_id and t.source = {source} and t.source_key = s.source_key"
        ),
        checks: &[
            NO_CUSTOMER,
            ("s.guarantor is not null and g.customer_id is null", UnknownKey, "'guarantor: ' || s.guarantor"),
            ("s.contract_no is not null and k.contract_id is null", UnknownKey, "'contract_no: ' || s.contract_no"),
            NO_RATE,
        ],
        ids: &[
            ("customer_id", "c.customer_id"),
            ("guarantee_id", "coalesce(t.guarantee_id, nextval('item_id_seq'))"),
            ("source", "{source}"),
            ("source_key", "s.source_key"),
            ("business_date", "{day}"),
        ],
        key: &["source_key"],
        matching: &["customer_id", "guarantee_id"],
        found: "t.guarantee_id is not null",
        sets: &[
            set("contract_id", "k.contract_id", &["contract_no"]),
            set("guarantor_id", "g.customer_id", &["guarantor"]),
            set("kind", "s.kind", &["kind"]),
            set("description", "coalesce(s.description, '')", &["description"]),
            set("currency", "coalesce(s.currency, {base})", &["currency"]),
            set("amount", "s.amount", &["amount"]),
        ],
        touches_customer: true,
        ..NONE
    },
    Target {
        entity: "transactions",
        table: "txn",
        joins: concat!(
            account!(),
            "left join txn t on t.customer_id = a.customer_id and t.booked_on = s.booked_on and t.booked_on between {first} and {last}
                and t.account_id = a.account_id and t.source_key = s.source_key"
        ),
        checks: &[NO_ACCOUNT, OTHER_CURRENCY],
        ids: &[
            ("customer_id", "a.customer_id"),
            ("booked_on", "s.booked_on"),
            ("account_id", "a.account_id"),
            ("source_key", "s.source_key"),
            ("currency", "a.currency"),
        ],
        late_ids: &[("txn_id", "nextval('item_id_seq')")],
        key: &["account_id", "booked_on", "source_key"],
        matching: &["customer_id", "booked_on", "account_id", "source_key"],
        found: "t.txn_id is not null",
        sets: &[
            set("direction", "s.direction", &["direction"]),
            set("amount", "s.amount", &["amount"]),
            set("balance_after", "s.balance_after", &["balance_after"]),
            set("kind", "coalesce(s.kind, '')", &["kind"]),
            set("purpose", "coalesce(s.purpose, '')", &["purpose"]),
            set("counterparty_bank", "s.counterparty_bank", &["counterparty_bank"]),
            set("counterparty_account", "s.counterparty_account", &["counterparty_account"]),
            set("narrative", "s.narrative", &["narrative"]),
        ],
        order: "i_booked_on, i_account_id, rank, line",
        ..NONE
    },
    Target {
        entity: "balances",
        table: "account_day",
        joins: concat!(
            account!(),
            "left join account_day t on t.customer_id = a.customer_id and t.account_id = a.account_id
                and t.business_date = coalesce(s.date, {day}) and t.business_date between {first} and {last}"
        ),
        checks: &[NO_ACCOUNT, OTHER_CURRENCY],
        ids: &[("customer_id", "a.customer_id"), ("account_id", "a.account_id"), ("business_date", "coalesce(s.date, {day})")],
        key: &["account_id", "business_date"],
        matching: &["customer_id", "account_id", "business_date"],
        found: "t.account_id is not null",
        sets: &[set("balance", "s.balance", &["balance"])],
        ..NONE
    },
    Target {
        entity: "assignments",
        table: "assignment",
        joins: concat!(
            customer!(),
            "left join customer whom on whom.customer_id = c.customer_id
             left join staff m on m.code = s.staff
             left join assignment t on t.customer_id = c.customer_id and t.staff_id = m.staff_id and t.role = s.role
                and lower(t.valid) = coalesce(s.valid_from, whom.opened_on, {day})"
        ),
        checks: &[
            NO_CUSTOMER,
            ("m.staff_id is null", UnknownKey, "'staff: ' || s.staff"),
            (
                "s.valid_to <= coalesce(s.valid_from, whom.opened_on, {day})",
                RejectReason::OutOfRange,
                "'valid_to: ' || s.valid_to || ' is not after ' || coalesce(s.valid_from, whom.opened_on, {day})",
            ),
            (
                concat!(
                    "exists (select from assignment x where x.customer_id = c.customer_id and x.assignment_id is distinct from t.assignment_id
                    and (x.staff_id = m.staff_id or (x.role = 'lead' and s.role = 'lead'))
                    and x.valid && ", part!(), ")"
                ),
                Conflict,
                "'customer: ' || s.customer || ' is already in somebody''s charge'",
            ),
        ],
        ids: &[
            ("customer_id", "c.customer_id"),
            ("assignment_id", "coalesce(t.assignment_id, nextval('item_id_seq'))"),
            ("staff_id", "m.staff_id"),
            ("role", "s.role"),
            ("source", "{source}"),
        ],
        key: &["customer_id", "assignment_id"],
        matching: &["customer_id", "assignment_id"],
        found: "t.assignment_id is not null",
        sets: &[
            set("share", "coalesce(s.share, t.share, case s.role when 'lead' then 100 else 0 end)", &["share"]),
            set("valid", part!(), &["valid_to"]),
        ],
        touches_customer: true,
        ..NONE
    },
    Target {
        entity: "activities",
        table: "activity",
        joins: concat!(
            customer!(),
            "left join staff m on m.code = s.staff
             left join activity t on t.customer_id = c.customer_id and t.source = {source} and t.source_key = s.source_key"
        ),
        checks: &[NO_CUSTOMER, ("s.staff is not null and m.staff_id is null", UnknownKey, "'staff: ' || s.staff")],
        ids: &[
            ("customer_id", "c.customer_id"),
            ("activity_id", "coalesce(t.activity_id, nextval('item_id_seq'))"),
            ("source", "{source}"),
            ("source_key", "s.source_key"),
            ("business_date", "{day}"),
        ],
        key: &["source_key"],
        matching: &["customer_id", "activity_id"],
        found: "t.activity_id is not null",
        sets: &[
            set("kind", "s.kind", &["kind"]),
            set("happened_at", "s.happened_on::timestamp at time zone 'UTC'", &["happened_on"]),
            set("staff_id", "m.staff_id", &["staff"]),
            set("summary", "s.summary", &["summary"]),
            set("outcome", "coalesce(s.outcome, '')", &["outcome"]),
            set("next_step", "s.next_step", &["next_step"]),
            set("next_on", "s.next_on", &["next_on"]),
        ],
        versioned: true,
        touches_customer: true,
        ..NONE
    },
    Target {
        entity: "complaints",
        table: "complaint",
        joins: concat!(
            customer!(),
            "left join complaint t on t.customer_id = c.customer_id and t.source = {source} and t.source_key = s.source_key"
        ),
        checks: &[
            NO_CUSTOMER,
            (
                "s.resolved_on < s.received_on",
                RejectReason::OutOfRange,
                "'resolved_on: ' || s.resolved_on || ' is before ' || s.received_on",
            ),
        ],
        ids: &[
            ("customer_id", "c.customer_id"),
            ("complaint_id", "coalesce(t.complaint_id, nextval('item_id_seq'))"),
            ("source", "{source}"),
            ("source_key", "s.source_key"),
            ("business_date", "{day}"),
        ],
        key: &["source_key"],
        matching: &["customer_id", "complaint_id"],
        found: "t.complaint_id is not null",
        sets: &[
            set("received_at", "s.received_on::timestamp at time zone 'UTC'", &["received_on"]),
            set("channel", "s.channel", &["channel"]),
            set("subject", "s.subject", &["subject"]),
            set("detail", "coalesce(s.detail, '')", &["detail"]),
            set("state", "coalesce(s.state, 'open')", &["state"]),
            set("due_on", "s.due_on", &["due_on"]),
            set("resolved_at", "s.resolved_on::timestamp at time zone 'UTC'", &["resolved_on"]),
        ],
        ..NONE
    },
    Target {
        entity: "documents",
        table: "document",
        joins: concat!(
            customer!(),
            "left join document t on t.customer_id = c.customer_id and t.source = {source} and t.source_key = s.source_key"
        ),
        checks: &[NO_CUSTOMER],
        ids: &[
            ("customer_id", "c.customer_id"),
            ("document_id", "coalesce(t.document_id, nextval('item_id_seq'))"),
            ("source", "{source}"),
            ("source_key", "s.source_key"),
            ("business_date", "{day}"),
        ],
        key: &["source_key"],
        matching: &["customer_id", "document_id"],
        found: "t.document_id is not null",
        sets: &[
            set("kind", "s.kind", &["kind"]),
            set("title", "s.title", &["title"]),
            set("received_on", "s.received_on", &["received_on"]),
            set("expires_on", "s.expires_on", &["expires_on"]),
        ],
        ..NONE
    },
];
