-- Transfers: who asked that which customers change hands, who agreed, when it took effect and whether it
-- was taken back. The assignments themselves keep the validity; a transfer keeps the reason.

create table transfer (
    transfer_id uuid primary key,
    state text not null check (state in ('pending', 'approved', 'done', 'rejected', 'recalled', 'reverted')),
    role text not null check (role in ('lead', 'assist')),
    -- Null: to the pool, or to several.
    to_staff_id int references staff,
    -- A leaver's portfolio is divided among several.
    receivers int not null default 1,
    reason text not null,
    -- First business date on which it holds.
    effective date not null,
    -- Why it needed a second person; empty when it did not.
    because text[] not null default '{}',
    -- Units of the customers, of who leads them and of who receives them when it was asked for: whoever
    -- decides has all in scope.
    org_ids int[] not null,
    customers int not null,
    aum bigint not null,
    requested_by int not null references app_user,
    requested_at timestamptz not null default now(),
    decided_by int references app_user,
    decided_at timestamptz,
    decision_reason text not null default '',
    done_at timestamptz,
    -- The business date on which it was brought into effect; its own date may be an earlier one.
    done_on date,
    -- Why it could not be brought into effect when its date came.
    stopped text check (stopped in ('changed_hands', 'receiver_left')),
    -- The transfer that this one takes back, where that needs a second person.
    reverts uuid references transfer,
    reverted_by int references app_user,
    reverted_at timestamptz,
    constraint checker_is_not_maker check (decided_by is null or decided_by <> requested_by)
);
create index transfer_recent on transfer (requested_at desc, transfer_id);
create index transfer_open on transfer (effective) where state in ('pending', 'approved');
create index transfer_asked on transfer (requested_by, requested_at desc, transfer_id);
create index transfer_units on transfer using gin (org_ids);

create table transfer_item (
    customer_id bigint not null,
    transfer_id uuid not null,
    -- The lead when it was asked for; null from the pool. Where somebody stops assisting: who that was.
    from_staff_id int,
    -- Null: to the pool, or nobody assists instead.
    to_staff_id int,
    aum bigint not null,
    -- What the new lead should know of this customer.
    note text not null default '',
    -- A customer is in one open transfer at most.
    is_open boolean not null,
    -- Rows of `assignment` as they were before it took effect: what taking it back restores.
    displaced jsonb not null default '[]',
    primary key (customer_id, transfer_id)
);
create unique index one_open_transfer on transfer_item (customer_id) where is_open;
create index transfer_item_transfer on transfer_item (transfer_id, customer_id);
create index transfer_item_to on transfer_item (to_staff_id, transfer_id);
create index transfer_item_from on transfer_item (from_staff_id, transfer_id);

-- Events are read in the order in which their transactions become visible: an id is drawn before its
-- transaction commits, so a later id may be seen first.
alter table outbox_event add column xid xid8 not null default pg_current_xact_id();
-- Only what screens are told of: a run over all customers writes an event for each.
create index outbox_event_tail on outbox_event (xid, event_id) where topic in ('assignment.changed', 'transfer.changed');
