-- Lifecycle states by rules that administrators change, each customer's day of entering one, and what it
-- was before. Index and columns are of a new column without values: nothing large is rewritten.

set local lock_timeout = '5s';

create table lifecycle_rules (
    version int primary key,
    -- In the order in which they are asked; who satisfies none is prospective.
    rules jsonb not null,
    note text not null default '',
    -- Null: shipped with the product.
    saved_by int references app_user,
    saved_at timestamptz not null default now(),
    -- Business date of the last time when everybody was judged by them.
    judged_on date
);
-- What the product did before without being asked: leaving has lost half or more of what was more than
-- 10,000 since the month's end, dormant has less than 1,000, owed or owned.
insert into lifecycle_rules (version, rules) values (1, '[
    {"state": "leaving", "rule": {"v": 1, "when": {"all": [
        {"compare": {"field": "accounts", "op": "ge", "value": 1}},
        {"compare": {"field": "aum_previous", "op": "gt", "value": 1000000}},
        {"compare": {"field": "aum_change", "op": "le", "value": -50}}]}}},
    {"state": "dormant", "rule": {"v": 1, "when": {"all": [
        {"compare": {"field": "accounts", "op": "ge", "value": 1}},
        {"compare": {"field": "aum_and_loans", "op": "lt", "value": 100000}}]}}},
    {"state": "valuable", "rule": {"v": 1, "when": {"compare": {"field": "accounts", "op": "ge", "value": 1}}}}
]');

-- The business date on which the state was entered; null where that was before anybody wrote it down,
-- minus infinity only within the transaction that makes the row.
alter table customer_summary add column state_since date;
create index customer_summary_entered on customer_summary (state, state_since, customer_id) include (org_id, lead_staff_id)
    where state_since is not null;

create table customer_state (
    customer_id bigint not null,
    since date not null,
    state text not null,
    before text not null,
    primary key (customer_id, since)
);

-- Tiers that began lately are asked for by day.
create index customer_tier_begun on customer_tier (lower(valid), customer_id);
