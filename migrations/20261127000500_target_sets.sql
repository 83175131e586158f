-- Targets are proposed and hold once another person agreed: all that was changed on one unit's sheet of one month is
-- decided together. `target` has what holds; until the decision what is proposed stands beside it.
create table target_set (
    set_id uuid primary key,
    month date not null check (extract(day from month) = 1),
    org_id int not null references org_unit,
    state text not null check (state in ('draft', 'submitted', 'approved', 'rejected')),
    -- Grows with every change, so that what is decided is what was read.
    version int not null default 1,
    -- How many targets were submitted.
    targets int not null default 0,
    submitted_by int references app_user,
    submitted_at timestamptz,
    decided_by int references app_user,
    decided_at timestamptz,
    answer text not null default '',
    constraint decider_is_not_submitter check (decided_by is null or decided_by <> submitted_by)
);
-- One at a time is worked on.
create unique index target_set_open on target_set (org_id, month) where state <> 'approved';
create index target_set_submitted on target_set (submitted_at) where state = 'submitted';
create index target_set_decided on target_set (decided_at) where decided_at is not null;

create table target_proposal (
    month date not null,
    indicator text not null,
    org_id int not null references org_unit,
    staff_id int not null default 0,
    set_id uuid not null references target_set on delete cascade,
    amount bigint check (amount >= 0),
    -- Together with the target's own it is what a reader knows the figure by.
    version int not null default 1,
    proposed_by int references app_user,
    proposed_at timestamptz not null default now(),
    primary key (month, indicator, org_id, staff_id)
);
create index target_proposal_set on target_proposal (set_id);
create index target_proposal_staff on target_proposal (staff_id, month) where staff_id <> 0;

alter table target add column approved_by int references app_user;
