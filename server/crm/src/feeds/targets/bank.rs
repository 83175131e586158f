//! Staff, the product list, rates of exchange.

use guanhu_domain::feeds::RejectReason::{self, Conflict};

use super::{NO_UNIT, NONE, Target, set};

pub const TARGETS: &[Target] = &[
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
];
