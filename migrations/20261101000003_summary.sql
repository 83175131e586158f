-- What lists and headers read, kept current by the verbs that change what it is made of
-- (crm: summary), and rebuilt and compared by `guanhu reconcile`.

create table customer_summary (
    customer_id bigint primary key,
    kind text not null,
    org_id int not null,
    name text not null,
    -- Sort key: pinyin of the name, then the name.
    name_key text collate "C" not null,
    tier_id int,
    tier_rank smallint not null default 0,
    state text not null default 'prospective' check (state in ('prospective', 'valuable', 'dormant', 'leaving')),
    lead_staff_id int,
    assist_staff_ids int[] not null default '{}',
    -- Minor units of the base currency on the business date.
    aum bigint not null default 0,
    deposits bigint not null default 0,
    wealth bigint not null default 0,
    loans bigint not null default 0,
    -- AUM at the end of the month before, for the trend.
    aum_previous bigint not null default 0,
    -- Contribution of the year so far; null until a month has been closed.
    contribution bigint,
    accounts int not null default 0,
    product_ids int[] not null default '{}',
    last_contact_at timestamptz,
    next_due_on date,
    next_maturity_on date,
    open_alerts int not null default 0,
    completeness smallint not null default 0,
    opened_on date,
    birth_date date,
    pooled_since date,
    refreshed_at timestamptz not null default now()
);
-- Every key runs one way, so that `(value, customer_id) < (…)` goes straight to the next page either
-- way round, ties and missing values included. What filters ask is included where many rows may have to
-- be passed over: a row of the table costs ten times an entry of the index.
create index customer_summary_aum on customer_summary (aum, customer_id) include (org_id, kind, state, tier_id);
create index customer_summary_org_aum on customer_summary (org_id, aum, customer_id) include (kind, state, tier_id, tier_rank, lead_staff_id, last_contact_at, product_ids);
-- By definition the dormant have little and the leaving had much: no order by AUM finds them early.
create index customer_summary_state on customer_summary (state, aum, customer_id) include (org_id, kind, tier_id);
create index customer_summary_tier on customer_summary (tier_rank, aum, customer_id) include (org_id, kind, state, tier_id);
create index customer_summary_lead on customer_summary (lead_staff_id, aum, customer_id) include (org_id, kind, state, tier_id);
-- The pool is few among many, and looked at unit by unit.
create index customer_summary_pool on customer_summary (org_id, aum, customer_id) include (tier_id) where lead_staff_id is null;
create index customer_summary_assist on customer_summary using gin (assist_staff_ids) where assist_staff_ids <> '{}';
create index customer_summary_product on customer_summary using gin (product_ids);
create index customer_summary_name on customer_summary (name_key, customer_id) include (org_id);
create index customer_summary_contact on customer_summary (coalesce(last_contact_at, '-infinity'), customer_id) include (org_id, last_contact_at);
create index customer_summary_opened on customer_summary (coalesce(opened_on, '-infinity'), customer_id) include (org_id, opened_on);

-- Bigrams of names, pinyin and initials. `weight` is AUM when last refreshed, so that the most
-- important of many namesakes come first straight from the index.
create table customer_token (
    customer_id bigint not null,
    token text collate "C" not null,
    weight bigint not null,
    primary key (customer_id, token)
);
create index customer_token_lookup on customer_token (token, weight desc, customer_id);

create table saved_view (
    view_id uuid primary key,
    page text not null,
    name text not null,
    owner_id int not null references app_user,
    shared boolean not null default false,
    definition jsonb not null,
    version int not null default 1,
    created_at timestamptz not null default now()
);
create index saved_view_page on saved_view (page, owner_id);

-- Feeds: what was loaded, from which file, for which day, and what was refused.
create table import_profile (
    name text not null,
    version int not null,
    definition text not null,
    saved_by int references app_user,
    saved_at timestamptz not null default now(),
    primary key (name, version)
);
create table import_run (
    run_id uuid primary key,
    feed text not null,
    profile text not null,
    business_date date,
    dry_run boolean not null default false,
    state text not null check (state in ('running', 'done', 'refused', 'failed', 'cancelled')),
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    started_by int references app_user,
    read_rows bigint not null default 0,
    inserted bigint not null default 0,
    updated bigint not null default 0,
    unchanged bigint not null default 0,
    rejected bigint not null default 0,
    message text not null default ''
);
create index import_run_recent on import_run (started_at desc);
create table import_file (
    run_id uuid not null references import_run,
    file text not null,
    entity text not null,
    sha256 bytea not null,
    read_rows bigint not null default 0,
    inserted bigint not null default 0,
    updated bigint not null default 0,
    unchanged bigint not null default 0,
    rejected bigint not null default 0,
    primary key (run_id, file, entity)
);
create table import_reject (
    run_id uuid not null references import_run,
    reject_id bigint generated always as identity,
    file text not null,
    entity text not null,
    line bigint not null,
    code text not null,
    detail text not null,
    -- The line as it stood in the file, decoded; what the administrator repairs.
    raw text not null,
    resubmitted_in uuid,
    primary key (run_id, reject_id)
);

-- Digits after the decimal point, as domain: Currency::exponent.
create function currency_exponent(currency char(3)) returns int
    language sql immutable parallel safe as $$
    select case when currency in ('JPY', 'KRW', 'VND', 'CLP', 'ISK') then 0
                when currency in ('KWD', 'BHD', 'OMR', 'TND', 'JOD') then 3
                else 2 end
$$;

-- Minor units of the base currency for one minor unit of every currency on a business date: the
-- newest rate not after it.
create function rates_on(day date) returns table (currency char(3), rate numeric)
    language sql stable parallel safe as $$
    select base_currency, 1::numeric from bank
    union all
    (select distinct on (r.currency) r.currency, r.rate * power(10::numeric, currency_exponent(b.base_currency) - currency_exponent(r.currency))
     from currency_rate r, bank b
     where r.business_date <= day and r.currency <> b.base_currency
     order by r.currency, r.business_date desc)
$$;

grant usage on schema public to guanhu_app;
grant select, insert, update, delete on all tables in schema public to guanhu_app;
grant usage, select on all sequences in schema public to guanhu_app;
-- Append-only, whatever the application is made to say.
revoke update, delete, truncate on audit_log, audit_seal, field_change, parameter_history from guanhu_app;
alter default privileges in schema public grant select, insert, update, delete on tables to guanhu_app;
alter default privileges in schema public grant usage, select on sequences to guanhu_app;
revoke insert, update, delete on _sqlx_migrations from guanhu_app;
