-- Who signed the handover sheet of a transfer, for which side of which part of it: from one to another.
create table transfer_sign (
    transfer_id uuid not null references transfer,
    side text not null check (side in ('from', 'to')),
    -- 0: the pool.
    from_staff_id int not null,
    to_staff_id int not null,
    signed_by int not null references app_user,
    signed_at timestamptz not null default now(),
    -- The head of the unit, for the pool or for somebody who cannot log in any more.
    stands_in boolean not null,
    primary key (transfer_id, from_staff_id, to_staff_id, side)
);
