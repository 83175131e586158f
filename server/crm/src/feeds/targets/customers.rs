//! What hangs on a customer: papers, contacts, relations.

use guanhu_domain::feeds::RejectReason::{self, Conflict, UnknownKey};

use super::{NO_CUSTOMER, NONE, Target, set};

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

pub const TARGETS: &[Target] = &[
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
                "'system: ' || s.system || ' has another customer under this key'",
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
];
