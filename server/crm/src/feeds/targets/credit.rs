//! Loan contracts and what secures them.

use guanhu_domain::feeds::RejectReason::UnknownKey;

use super::{NO_CUSTOMER, NO_RATE, NONE, Target, set};

pub const TARGETS: &[Target] = &[
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
];
