-- Transfers: who asked that which customers change hands, who agreed, when it took effect and whether it
-- was taken back. The assignments themselves keep the validity; a transfer keeps the reason.

create table transfer (
    transfer_id uuid primary key,
    state text not null check (state in ('pending', 'approved', 'done', 'rejected', 'recalled', 'reverted')),
    role text not null check (role in ('lead', 'assist')),
    -- Null: to the pool.
    to_staff_id int references staff,
    reason text not null,
    -- First business date on which it holds.
    effective date not null,
    -- Why it needed a second person; empty when it did not.
    because text[] not null default '{}',
    -- Units of the customers and of the receiving manager when it was asked for: whoever decides has all in scope.
    org_ids int[] not null,
    customers int not null,
    aum bigint not null,
    requested_by int not null references app_user,
    requested_at timestamptz not null default now(),
    decided_by int references app_user,
    decided_at timestamptz,
    decision_reason text not null default '',
    done_at timestamptz,
    reverted_by int references app_user,
    reverted_at timestamptz,
    constraint checker_is_not_maker check (state not in ('approved', 'rejected') or decided_by is null or decided_by <> requested_by)
);
create index transfer_recent on transfer (requested_at desc, transfer_id);
create index transfer_open on transfer (effective) where state in ('pending', 'approved');
create index transfer_units on transfer using gin (org_ids);

create table transfer_item (
    customer_id bigint not null,
    transfer_id uuid not null,
    -- The lead when it was asked for; null from the pool.
    from_staff_id int,
    aum bigint not null,
    -- What the new lead should know of this customer.
    note text not null default '',
    -- A customer is in one open transfer at most.
    is_open boolean not null,
    primary key (customer_id, transfer_id)
);
create unique index one_open_transfer on transfer_item (customer_id) where is_open;
create index transfer_item_transfer on transfer_item (transfer_id, customer_id);

-- Events are read in the order in which their transactions become visible: an id is drawn before its
-- transaction commits, so a later id may be seen first.
alter table outbox_event add column xid xid8 not null default pg_current_xact_id();
create index outbox_event_tail on outbox_event (xid, event_id);
