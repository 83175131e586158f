-- What waits for a person, or came of what the person asked for: told once, on one bell, and read or not on
-- every machine alike. Written from what happened by a job that any server may do, so that no verb has to
-- know who wants to hear of it.
create table notice (
    user_id int not null references app_user,
    notice_id bigint not null generated always as identity,
    kind text not null,
    -- What it is about; with user and kind it is told once.
    subject text not null,
    customer_id bigint,
    detail jsonb not null default '{}',
    at timestamptz not null,
    read_at timestamptz,
    primary key (user_id, notice_id),
    unique (user_id, kind, subject)
);
create index notice_unread on notice (user_id, notice_id) where read_at is null;
create index notice_age on notice (at);

-- How far the job has looked. One row.
create table notice_place (
    seen_until timestamptz not null default now(),
    tasks_on date,
    only_one boolean primary key default true check (only_one)
);
insert into notice_place default values;

-- The job looks for what is new by its time.
set lock_timeout = '5s';
create index transfer_decided on transfer (decided_at) where decided_at is not null;
create index transfer_done on transfer (done_at) where done_at is not null;
create index tier_request_asked on tier_request (asked_at);
create index tier_request_decided on tier_request (decided_at) where decided_at is not null;
reset lock_timeout;
