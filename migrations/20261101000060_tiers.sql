-- Tiers by rules: versions that two people bring into force, what rules read of balances over time, and
-- the changes that wait for a grace to end. Groups of customers by the same rules.

-- What a version says is one document: it is drafted, compared, published and rolled back whole.
create table tier_version (
    scheme_id int not null references tier_scheme,
    version int not null,
    state text not null check (state in ('draft', 'simulated', 'submitted', 'published')),
    definition jsonb not null,
    note text not null default '',
    revision int not null default 1,
    -- The version in force when it was last saved or submitted: publishing asks whether it still is.
    based_on int,
    drafted_by int references app_user,
    drafted_at timestamptz not null default now(),
    simulation jsonb,
    submitted_by int references app_user,
    submitted_at timestamptz,
    asked_from date,
    returned text,
    -- Once published it never changes: history refers to it.
    ever_published boolean not null default false,
    primary key (scheme_id, version)
);

-- A version comes into force by being published, an older one again too.
create table tier_publication (
    publication_id int generated always as identity primary key,
    scheme_id int not null,
    version int not null,
    from_date date not null,
    drafted_by int references app_user,
    submitted_by int references app_user,
    -- Null: shipped with the product, or made with the demo bank.
    published_by int references app_user,
    published_at timestamptz not null default now(),
    foreign key (scheme_id, version) references tier_version,
    constraint publisher_is_not_author check (published_by is null or (published_by is distinct from drafted_by and published_by is distinct from submitted_by))
);
create index tier_publication_scheme on tier_publication (scheme_id, from_date, publication_id);

alter table tier_scheme
    -- Business date and publication of the last evaluation of the whole base.
    add column evaluated_on date,
    add column evaluated_publication int;
-- A tier that the version in force no longer has stays for history. Two may have a rank for a while.
alter table tier drop constraint tier_scheme_id_rank_key;
alter table tier add column retired boolean not null default false;

-- Average daily AUM of whole months in minor units of the base currency at the rates of the business
-- date, the newest first; null where no account was open. Written with the summary.
create table customer_average (
    customer_id bigint primary key,
    -- The last day of the newest month.
    through date not null,
    averages bigint[] not null
);

-- A change that is due but waits: for the grace to end on the way down, for the month to end on the way up.
create table customer_tier_due (
    customer_id bigint primary key,
    -- Null: no tier at all.
    tier_id int references tier,
    is_up boolean not null,
    since date not null
);

create table customer_tier_override (
    customer_id bigint primary key,
    tier_id int not null references tier,
    reason text not null,
    until date not null,
    set_by int references app_user,
    set_at timestamptz not null default now()
);

create table customer_group (
    group_id int generated always as identity primary key,
    code text not null unique,
    name text not null,
    kind text not null check (kind in ('static', 'dynamic')),
    rule jsonb,
    note text not null default '',
    owner_id int not null references app_user,
    shared text[] not null default '{}',
    expires_on date,
    version int not null default 1,
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    check ((kind = 'dynamic') = (rule is not null))
);
create index customer_group_owner on customer_group (owner_id);

create table customer_group_member (
    customer_id bigint not null,
    group_id int not null references customer_group on delete cascade,
    added_at timestamptz not null default now(),
    primary key (customer_id, group_id)
);
create index customer_group_member_group on customer_group_member (group_id, customer_id);
