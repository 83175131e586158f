//! Accounts and loans, and what hangs on them.

use guanhu_domain::feeds::RejectReason::{self, Conflict, UnknownKey};

use super::{NO_ACCOUNT, NO_CUSTOMER, NO_RATE, NO_UNIT, NONE, Target, set};

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

/// Accounts and loans are one table, and found alike.
const ACCOUNT_IDS: &[(&str, &str)] = &[
    ("customer_id", "c.customer_id"),
    ("account_id", "coalesce(t.account_id, nextval('account_id_seq'))"),
    ("source", "{source}"),
    ("source_key", "s.source_key"),
    ("business_date", "{day}"),
];

pub const TARGETS: &[Target] = &[
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
        ids: ACCOUNT_IDS,
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
        ids: ACCOUNT_IDS,
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
        ids: &[("customer_id", "c.customer_id"), ("account_id", "a.account_id"), ("owner_id", "a.customer_id"), ("source", "{source}")],
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
];
