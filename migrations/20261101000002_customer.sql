-- Everything a customer owns. `customer_id` leads every key, so that the same schema can be
-- distributed by customer; no uniqueness is promised across customers except by ids.
--
-- `customer_no` is not stored: it is `customer_id` with a check digit (domain: CustomerNo), so it is
-- unique by construction and a mistyped one is caught before it reaches the database.

create sequence customer_id_seq start 1000 cache 50;
create sequence account_id_seq start 5000000 cache 50;
-- Contacts, identities, activities and the like: only unique together with the customer.
create sequence item_id_seq start 20000000 cache 200;

create table customer (
    customer_id bigint primary key default nextval('customer_id_seq'),
    kind text not null check (kind in ('personal', 'corporate')),
    org_id int not null references org_unit,
    name text not null check (length(name) between 1 and 200),
    short_name text,
    opened_on date,
    closed_on date,
    -- Set when this record turned out to be somebody already known.
    merged_into bigint,
    -- personal
    birth_date date,
    sex text check (sex in ('male', 'female')),
    nationality char(2),
    marital_status text,
    education text,
    occupation text,
    employer text,
    annual_income bigint check (annual_income >= 0),
    risk_appetite smallint check (risk_appetite between 1 and 5),
    -- corporate
    established_on date,
    registered_capital bigint check (registered_capital >= 0),
    industry text,
    scale text,
    listed_code text,
    credit_rating text,
    employees int check (employees >= 0),
    business_scope text,
    remark text,
    -- Field → {source, business_date}: where each value came from. A human edit is source "guanhu".
    lineage jsonb not null default '{}',
    -- Raw text of fields that a feed brings and the product has no column for.
    extra jsonb not null default '{}',
    version int not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index customer_org on customer (org_id);

-- ID papers and the keys under which source systems know the customer.
create table customer_identity (
    customer_id bigint not null,
    identity_id bigint not null default nextval('item_id_seq'),
    -- id_card, passport, uscc (unified social credit code), hk_macau_permit, source_key …
    kind text not null,
    -- The source system for a source_key, else where the paper was seen.
    system text not null default 'guanhu',
    value text not null,
    -- Keyed hash of the normalised value: what a search compares.
    value_hash bytea not null,
    expires_on date,
    verified boolean not null default false,
    primary key (customer_id, identity_id)
);
create index customer_identity_hash on customer_identity (value_hash);

create table customer_contact (
    customer_id bigint not null,
    contact_id bigint not null default nextval('item_id_seq'),
    kind text not null check (kind in ('mobile', 'phone', 'email', 'wechat', 'address', 'work_address', 'website')),
    value text not null,
    value_hash bytea not null,
    is_primary boolean not null default false,
    -- May the bank use it for marketing?
    consent boolean,
    source text not null default 'guanhu',
    business_date date,
    primary key (customer_id, contact_id)
);
create index customer_contact_hash on customer_contact (value_hash);

-- Both ends hold a row (`inverse` tells which), so either customer's relations are in its own shard.
create table customer_relation (
    customer_id bigint not null,
    related_id bigint not null,
    -- spouse, parent, household, shareholder, legal_representative, actual_controller, guarantor,
    -- group_member, key_person, employer. Read: customer IS kind OF related, or the reverse if inverse.
    kind text not null,
    inverse boolean not null default false,
    percentage numeric(9, 6) check (percentage between 0 and 100),
    source text not null default 'guanhu',
    business_date date,
    primary key (customer_id, related_id, kind, inverse),
    constraint nobody_relates_to_himself check (customer_id <> related_id)
);

create table contract (
    customer_id bigint not null,
    contract_id bigint not null default nextval('item_id_seq'),
    contract_no text not null,
    kind text not null default 'loan',
    currency char(3) not null,
    amount bigint not null check (amount >= 0),
    signed_on date,
    expires_on date,
    status text not null default 'active',
    source text not null default 'guanhu',
    primary key (customer_id, contract_id)
);

create table account (
    customer_id bigint not null,
    account_id bigint not null default nextval('account_id_seq'),
    account_no text not null,
    account_no_hash bytea not null,
    product_id int not null references product,
    org_id int not null references org_unit,
    category text not null check (category in ('current', 'term', 'loan', 'card', 'wealth', 'insurance', 'fund')),
    currency char(3) not null,
    -- Minor units. What the customer has for assets, what the customer owes for loans and cards (never negative for a loan).
    balance bigint not null default 0,
    balance_on date,
    -- Credit limit of a card, original principal of a loan (a due bill).
    limit_amount bigint,
    rate numeric(9, 6),
    opened_on date,
    matures_on date,
    closed_on date,
    status text not null default 'active',
    -- A loan account is a due bill drawn under this contract.
    contract_id bigint,
    term_months int,
    payment bigint,
    overdue_days int not null default 0,
    statement_frequency text,
    source text not null default 'guanhu',
    source_key text not null default '',
    business_date date,
    primary key (customer_id, account_id)
);
create index account_no_hash on account (account_no_hash);
create index account_maturity on account (matures_on, customer_id) where matures_on is not null and closed_on is null;

-- Who may use an account besides its owner; the row belongs to the person who may use it.
create table account_party (
    customer_id bigint not null,
    account_id bigint not null,
    owner_id bigint not null,
    role text not null check (role in ('owner', 'user')),
    source text not null default 'guanhu',
    source_key text not null default '',
    primary key (customer_id, account_id)
);
create index account_party_account on account_party (owner_id, account_id);

create table card (
    customer_id bigint not null,
    card_id bigint not null default nextval('item_id_seq'),
    account_id bigint not null,
    card_no text,
    kind text not null,
    issued_on date,
    status text not null default 'active',
    source text not null default 'guanhu',
    source_key text not null default '',
    primary key (customer_id, card_id)
);

create table standing_order (
    customer_id bigint not null,
    order_id bigint not null default nextval('item_id_seq'),
    account_id bigint not null,
    to_bank text,
    to_account text,
    currency char(3) not null,
    amount bigint not null check (amount >= 0),
    purpose text,
    source text not null default 'guanhu',
    source_key text not null default '',
    primary key (customer_id, order_id)
);

create table guarantee (
    customer_id bigint not null,
    guarantee_id bigint not null default nextval('item_id_seq'),
    contract_id bigint,
    guarantor_id bigint,
    kind text not null check (kind in ('surety', 'mortgage', 'pledge', 'credit')),
    description text not null default '',
    currency char(3) not null,
    amount bigint not null check (amount >= 0),
    primary key (customer_id, guarantee_id)
);

-- Partitioned by month: a month is loaded, detached and archived as one thing.
create table txn (
    customer_id bigint not null,
    booked_on date not null,
    txn_id bigint not null,
    account_id bigint not null,
    direction text not null check (direction in ('credit', 'debit')),
    currency char(3) not null,
    amount bigint not null check (amount >= 0),
    balance_after bigint,
    kind text not null default '',
    purpose text not null default '',
    counterparty_bank text,
    counterparty_account text,
    narrative text,
    source_key text not null default '',
    primary key (customer_id, booked_on, txn_id)
) partition by range (booked_on);

-- End-of-day balances, one row where the balance changed; a day without a row has the balance before it.
create table account_day (
    customer_id bigint not null,
    account_id bigint not null,
    business_date date not null,
    balance bigint not null,
    primary key (customer_id, account_id, business_date)
) partition by range (business_date);

-- Month ends and average daily balances, twelve to a row: 24 months of three million accounts are
-- nine million rows here against seventy-two million as one row each. Null: not open in that month.
create table account_year (
    customer_id bigint not null,
    account_id bigint not null,
    year smallint not null,
    end_balance bigint[] not null check (array_length(end_balance, 1) = 12),
    average_balance bigint[] not null check (array_length(average_balance, 1) = 12),
    primary key (customer_id, account_id, year)
);

-- The application's role may not create tables; months are added through this function.
create function ensure_month(month date) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    first date := date_trunc('month', month)::date;
    next date := (date_trunc('month', month) + interval '1 month')::date;
    parent text;
begin
    if first < date '1950-01-01' or first > date '2200-01-01' then
        raise exception 'month % is outside 1950–2200', first;
    end if;
    foreach parent in array array['txn', 'account_day'] loop
        if to_regclass(format('public.%I', parent || to_char(first, '_YYYYMM'))) is null then
            -- Two loads may need the same new month at once.
            perform pg_advisory_xact_lock(hashtext('ensure_month'));
            execute format('create table if not exists public.%I partition of public.%I for values from (%L) to (%L)',
                parent || to_char(first, '_YYYYMM'), parent, first, next);
        end if;
    end loop;
end $$;

-- In whose charge. Validity is half-open [from, to); at most one lead at any instant.
create table assignment (
    customer_id bigint not null,
    assignment_id bigint not null default nextval('item_id_seq'),
    staff_id int not null references staff,
    role text not null check (role in ('lead', 'assist')),
    share numeric(5, 2) not null default 100 check (share between 0 and 100),
    valid daterange not null check (not isempty(valid) and not lower_inf(valid)),
    transfer_id uuid,
    reason text not null default '',
    created_by int references app_user,
    created_at timestamptz not null default now(),
    primary key (customer_id, assignment_id),
    constraint one_lead_at_a_time exclude using gist (customer_id with =, valid with &&) where (role = 'lead'),
    constraint one_part_each exclude using gist (customer_id with =, staff_id with =, valid with &&)
);
create index assignment_staff on assignment (staff_id, customer_id);

create table tier_scheme (
    scheme_id int generated always as identity primary key,
    code text not null unique,
    customer_kind text not null check (customer_kind in ('personal', 'corporate')),
    name text not null,
    name_en text not null
);
create table tier (
    tier_id int generated always as identity primary key,
    scheme_id int not null references tier_scheme,
    code text not null unique,
    rank smallint not null,
    name text not null,
    name_en text not null,
    -- Which of the product's marks stands for it (shape and hue together).
    mark smallint not null,
    unique (scheme_id, rank)
);

create table customer_tier (
    customer_id bigint not null,
    valid daterange not null,
    tier_id int not null references tier,
    -- Which version's which rule, with the figures that satisfied it.
    reason jsonb not null default '{}',
    created_at timestamptz not null default now(),
    primary key (customer_id, valid),
    constraint one_tier_at_a_time exclude using gist (customer_id with =, valid with &&)
);

create table activity (
    customer_id bigint not null,
    activity_id bigint not null default nextval('item_id_seq'),
    kind text not null check (kind in ('call', 'visit', 'branch', 'message', 'email', 'meeting', 'care')),
    happened_at timestamptz not null,
    staff_id int,
    user_id int,
    summary text not null,
    outcome text not null default '',
    next_step text,
    next_on date,
    version int not null default 1,
    created_at timestamptz not null default now(),
    primary key (customer_id, activity_id)
);
create index activity_recent on activity (customer_id, happened_at desc);

create table task (
    customer_id bigint not null,
    task_id bigint not null default nextval('item_id_seq'),
    title text not null,
    due_on date,
    owner_staff_id int references staff,
    state text not null default 'open' check (state in ('open', 'done', 'dropped')),
    activity_id bigint,
    created_by int references app_user,
    created_at timestamptz not null default now(),
    done_at timestamptz,
    version int not null default 1,
    primary key (customer_id, task_id)
);
create index task_owner on task (owner_staff_id, due_on) where state = 'open';

create table complaint (
    customer_id bigint not null,
    complaint_id bigint not null default nextval('item_id_seq'),
    received_at timestamptz not null,
    channel text not null,
    subject text not null,
    detail text not null default '',
    state text not null default 'open' check (state in ('open', 'resolved', 'escalated')),
    due_on date,
    resolved_at timestamptz,
    primary key (customer_id, complaint_id)
);

create table alert (
    customer_id bigint not null,
    alert_id bigint not null default nextval('item_id_seq'),
    kind text not null,
    severity text not null check (severity in ('info', 'warning', 'critical')),
    raised_on date not null,
    evidence jsonb not null default '{}',
    closed_at timestamptz,
    primary key (customer_id, alert_id)
);

create table document (
    customer_id bigint not null,
    document_id bigint not null default nextval('item_id_seq'),
    kind text not null,
    title text not null,
    received_on date,
    expires_on date,
    source text not null default 'guanhu',
    primary key (customer_id, document_id)
);

create table field_change (
    customer_id bigint not null,
    change_id bigint not null default nextval('item_id_seq'),
    field text not null,
    old_value jsonb,
    new_value jsonb,
    source text not null,
    user_id int,
    changed_at timestamptz not null default clock_timestamp(),
    primary key (customer_id, change_id)
);
create index field_change_recent on field_change (customer_id, changed_at desc);
