-- How far the trying out of a version is, and whether somebody wants it to stop: told and asked beside the
-- transaction that does the work.

create table tier_trial (
    scheme_id int primary key references tier_scheme on delete cascade,
    version int not null,
    done bigint not null default 0,
    total bigint not null,
    cancelled boolean not null default false,
    started_at timestamptz not null default now()
);
