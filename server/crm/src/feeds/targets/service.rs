//! Who is in charge of a customer, and what was done for the customer.

use guanhu_domain::feeds::RejectReason::{self, Conflict, UnknownKey};

use super::{NO_CUSTOMER, NONE, Target, set};

/// The days of an assignment. What has ended stays ended, by a transfer or by the feed; no end erases none.
macro_rules! part {
    () => {
        "daterange(coalesce(s.valid_from, whom.opened_on, {day}), case when upper(t.valid) <= greatest({day}, (select business_date from bank))
            then least(s.valid_to, upper(t.valid)) else coalesce(s.valid_to, upper(t.valid)) end)"
    };
}

pub const TARGETS: &[Target] = &[
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
