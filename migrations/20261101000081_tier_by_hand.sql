-- A tier given by hand is asked for, and agreed to by another person where the scheme says so. What was
-- asked stays, with who decided and how it ended.

create table tier_request (
    customer_id bigint not null,
    request_id uuid not null,
    tier_id int not null references tier,
    reason text not null,
    until date not null,
    state text not null check (state in ('pending', 'approved', 'rejected', 'ended')),
    asked_by int not null references app_user,
    asked_at timestamptz not null default now(),
    -- Null while it waits, and where one person was enough.
    decided_by int references app_user,
    decided_at timestamptz,
    answer text not null default '',
    ended_by int references app_user,
    ended_at timestamptz,
    primary key (customer_id, request_id),
    constraint decider_is_not_asker check (decided_by is null or decided_by <> asked_by)
);
-- Within the customer, as every unique constraint is.
create unique index tier_request_pending on tier_request (customer_id) where state = 'pending';

alter table customer_tier_override add column request_id uuid;
