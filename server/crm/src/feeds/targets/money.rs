//! Transactions and balances.

use super::{NO_ACCOUNT, NONE, OTHER_CURRENCY, Target, set};

pub const TARGETS: &[Target] = &[
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
];
