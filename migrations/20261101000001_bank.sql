-- What the bank is made of before it has a customer: units, staff, users, sessions, products,
-- parameters, and the three logs every verb writes (audit, outbox, idempotency).
--
-- The application logs in as `guanhu_app`, which owns nothing: it can neither alter the schema
-- nor rewrite the audit log. The role belongs to the whole cluster, so two databases migrating at
-- once may both try to make it; the loser's error is expected.
do $$ begin
    create role guanhu_app nologin nosuperuser nobypassrls;
exception when duplicate_object or unique_violation then null;
end $$;

create extension if not exists btree_gist;

-- One row: which bank this is and the day its data speaks for.
create table bank (
    one boolean primary key default true check (one),
    name text not null,
    base_currency char(3) not null default 'CNY',
    business_date date not null,
    is_demo boolean not null default false,
    policy jsonb not null default '{}'
);

create table org_unit (
    org_id int generated always as identity primary key,
    code text not null unique,
    name text not null,
    kind text not null check (kind in ('head_office', 'branch', 'sub_branch', 'outlet')),
    parent_id int references org_unit,
    -- From the root to the unit itself, so that "the subtree of X" is `path @> array[X]`.
    path int[] not null,
    closed_on date,
    version int not null default 1
);
create index org_unit_path on org_unit using gin (path);
create index org_unit_parent on org_unit (parent_id);

create table staff (
    staff_id int generated always as identity primary key,
    code text not null unique,
    name text not null,
    org_id int not null references org_unit,
    is_manager boolean not null default false,
    title text not null default '',
    phone text,
    qualification text,
    hired_on date,
    left_on date,
    -- Sum of tier weights the manager can serve.
    capacity int not null default 400,
    version int not null default 1
);
create index staff_org on staff (org_id);

create table app_user (
    user_id int generated always as identity primary key,
    login text not null unique check (login = lower(login)),
    name text not null,
    role text not null check (role in ('manager', 'branch_manager', 'executive', 'administrator', 'security_officer', 'auditor')),
    org_id int not null references org_unit,
    staff_id int references staff,
    password_hash text not null,
    password_changed_at timestamptz not null default now(),
    must_change_password boolean not null default false,
    -- Encrypted with the deployment's key; null until enrolled.
    totp_secret bytea,
    totp_confirmed_at timestamptz,
    -- A new secret until its first code is confirmed; the old one holds meanwhile.
    totp_pending bytea,
    -- The last accepted step: a code is good once.
    totp_last_step bigint not null default 0,
    -- Null until a second person has approved what the user was made for.
    granted_at timestamptz default now(),
    disabled_at timestamptz,
    preferences jsonb not null default '{}',
    created_at timestamptz not null default now(),
    version int not null default 1
);
create unique index app_user_staff on app_user (staff_id) where staff_id is not null and disabled_at is null;

create table password_history (
    user_id int not null references app_user,
    changed_at timestamptz not null,
    password_hash text not null,
    primary key (user_id, changed_at)
);

create table session (
    session_id uuid primary key,
    token_hash bytea not null unique,
    user_id int not null references app_user,
    kind text not null check (kind in ('browser', 'api')),
    created_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    expires_at timestamptz not null,
    client text not null default '',
    ip inet
);
create index session_by_user on session (user_id);

-- Two people for what one should not do alone: role changes, bulk reveals, exports, cross-branch moves.
create table approval (
    approval_id uuid primary key,
    kind text not null,
    payload jsonb not null,
    reason text not null,
    requested_by int not null references app_user,
    requested_at timestamptz not null default now(),
    state text not null default 'pending' check (state in ('pending', 'approved', 'rejected', 'recalled')),
    decided_by int references app_user,
    decided_at timestamptz,
    decision_reason text,
    constraint checker_is_not_maker check (decided_by is null or state = 'recalled' or decided_by <> requested_by)
);
create index approval_pending on approval (kind, requested_at) where state = 'pending';

create table parameter (
    key text primary key,
    value jsonb not null,
    version int not null default 1,
    changed_at timestamptz not null default now(),
    changed_by int references app_user
);
create table parameter_history (
    key text not null,
    version int not null,
    value jsonb not null,
    changed_at timestamptz not null default now(),
    changed_by int references app_user,
    primary key (key, version)
);

create table dictionary_entry (
    dictionary text not null,
    code text not null,
    zh text not null,
    en text not null,
    sort int not null default 0,
    active boolean not null default true,
    primary key (dictionary, code)
);

create table currency_rate (
    currency char(3) not null,
    business_date date not null,
    -- Units of the base currency for one unit of `currency`.
    rate numeric(18, 8) not null check (rate > 0),
    primary key (currency, business_date)
);

create table product (
    product_id int generated always as identity primary key,
    code text not null unique,
    name text not null,
    name_en text not null default '',
    category text not null check (category in ('current', 'term', 'loan', 'card', 'wealth', 'insurance', 'fund')),
    customer_kind text check (customer_kind in ('personal', 'corporate')),
    currency char(3),
    -- What it asks of the buyer, and the words to sell it with.
    risk_level smallint check (risk_level between 1 and 5),
    script text not null default '',
    active boolean not null default true,
    version int not null default 1
);

create table audit_log (
    audit_id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    user_id int,
    login text not null,
    role text not null,
    verb text not null,
    -- What it was about, by public code: `customer:000000001230`, `user:li.wei`.
    subject text not null default '',
    outcome text not null check (outcome in ('done', 'viewed', 'denied', 'failed')),
    reason text not null default '',
    detail jsonb not null default '{}',
    ip inet,
    request_id uuid
);
create index audit_log_at on audit_log (at desc, audit_id desc);
create index audit_log_subject on audit_log (subject, at desc);
create index audit_log_user on audit_log (user_id, at desc);

-- Each seal covers the rows up to `to_id` and the seal before it; digests are also kept outside.
create table audit_seal (
    seal_id bigint generated always as identity primary key,
    from_id bigint not null,
    to_id bigint not null,
    row_count bigint not null,
    digest bytea not null,
    -- Eight bytes of every row's own digest, in order of audit_id, so that a difference can be named to the row.
    leaves bytea not null,
    sealed_at timestamptz not null default clock_timestamp()
);

create table outbox_event (
    event_id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    topic text not null,
    customer_id bigint,
    -- Whose screens it concerns; empty means everybody with the right.
    org_ids int[] not null default '{}',
    payload jsonb not null default '{}'
);

create table idempotency_key (
    user_id int not null,
    key uuid not null,
    verb text not null,
    request_hash bytea not null,
    response jsonb,
    created_at timestamptz not null default now(),
    primary key (user_id, key)
);
create index idempotency_key_age on idempotency_key (created_at);

create table job (
    job_id uuid primary key,
    kind text not null,
    payload jsonb not null default '{}',
    state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
    done bigint not null default 0,
    total bigint,
    message text not null default '',
    result jsonb,
    requested_by int references app_user,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    -- A worker that stops renewing loses the job to another.
    leased_until timestamptz,
    cancel_requested boolean not null default false
);
create index job_open on job (created_at) where state in ('queued', 'running');
