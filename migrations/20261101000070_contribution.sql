-- What every account brings in a month, to the cent, and the cubes that dashboards read.
--
-- Facts are frozen with everything they were computed from, so that a closed month explains itself
-- whatever is changed later; cubes are sums of facts and can be made again from them at any time.

-- Funds-transfer prices in per cent a year. A curve holds until the next one of its currency.
create table ftp_curve (
    currency char(3) not null,
    valid_from date not null,
    tenor_months int not null check (tenor_months between 1 and 600),
    rate numeric(9, 6) not null check (rate between -100 and 100),
    primary key (currency, valid_from, tenor_months)
);

-- How a category of products is priced, unless the product says otherwise.
create table category_pricing (
    category text primary key,
    -- managed: the customer's money, but not on the bank's books; it earns a fee and no spread.
    treatment text not null check (treatment in ('deposit', 'loan', 'managed')),
    day_basis smallint not null default 365 check (day_basis in (360, 365)),
    -- Behavioural tenor; null: matched to the term of each account.
    tenor_months int check (tenor_months between 1 and 600),
    -- Per cent a year, where the account has none of its own.
    rate numeric(9, 6) not null default 0,
    -- Per cent a year of the average balance.
    fee_rate numeric(9, 6) not null default 0,
    -- Per cent: probability of default within a year, and what is lost then.
    pd numeric(7, 4) not null default 0 check (pd between 0 and 100),
    lgd numeric(7, 4) not null default 0 check (lgd between 0 and 100),
    -- Minor units of the base currency for keeping an account for a month.
    monthly_cost bigint not null default 0
);
insert into category_pricing (category, treatment, day_basis, tenor_months, rate, fee_rate, pd, lgd, monthly_cost) values
    ('current', 'deposit', 365, 24, 0, 0, 0, 0, 120),
    ('term', 'deposit', 365, null, 0, 0, 0, 0, 60),
    ('loan', 'loan', 360, null, 0, 0, 1.2, 45, 1500),
    ('card', 'loan', 365, 3, 9, 0, 2.5, 70, 250),
    ('wealth', 'managed', 365, null, 0, 0.4, 0, 0, 80),
    ('fund', 'managed', 365, null, 0, 0.6, 0, 0, 80),
    ('insurance', 'managed', 365, null, 0, 0.3, 0, 0, 60);

create table product_pricing (
    product_id int primary key references product,
    day_basis smallint check (day_basis in (360, 365)),
    tenor_months int check (tenor_months between 1 and 600),
    rate numeric(9, 6),
    fee_rate numeric(9, 6),
    pd numeric(7, 4) check (pd between 0 and 100),
    lgd numeric(7, 4) check (lgd between 0 and 100),
    monthly_cost bigint
);

-- What serving a posting costs by what kind it is (the counter is dear, machines are cheap), and which
-- postings are the bank's own fees. The empty kind stands for all others.
create table txn_pricing (
    kind text primary key,
    cost bigint not null default 0,
    is_fee boolean not null default false
);
insert into txn_pricing (kind, cost, is_fee) values
    ('', 20, false), ('cash_in', 600, false), ('cash_out', 600, false), ('opening', 1500, false),
    ('drawdown', 20000, false), ('fee', 0, true), ('statement_fee', 0, true);

-- A month's books: open while its days go by, closed once and for all unless reopened.
create table contribution_month (
    month date primary key check (extract(day from month) = 1),
    state text not null check (state in ('open', 'closed')),
    -- The last day the facts speak for.
    as_of date not null,
    -- Customers up to and with this one have facts of this run; null when it is whole.
    done_to bigint,
    -- Do the cubes have it? They keep showing what they had while it is computed again.
    ready boolean not null default false,
    customers bigint not null default 0,
    -- How many loads there had been when the computation began: another one makes an open month due again.
    imports bigint not null default 0,
    -- Why it could not be computed; empty when it could.
    message text not null default '',
    computed_at timestamptz not null default now(),
    closed_at timestamptz,
    closed_by int references app_user
);

-- Every line of the formula (domain: contribution), with what it was computed from.
create table account_month (
    customer_id bigint not null,
    account_id bigint not null,
    month date not null,
    product_id int not null,
    treatment text not null,
    currency char(3) not null,
    days smallint not null,
    day_basis smallint not null,
    -- Minor units of the account's currency.
    average_balance bigint not null,
    end_balance bigint not null,
    charged bigint not null,
    -- Was it still there on the last day?
    is_open boolean not null,
    -- Minor units of the base currency for one of the account's.
    fx numeric(18, 8) not null,
    rate numeric(9, 6) not null,
    ftp_rate numeric(9, 6) not null,
    fee_rate numeric(9, 6) not null,
    pd numeric(7, 4) not null,
    lgd numeric(7, 4) not null,
    -- From here on minor units of the base currency.
    average_base bigint not null,
    end_base bigint not null,
    spread bigint not null,
    fees bigint not null,
    expected_loss bigint not null,
    cost bigint not null,
    contribution bigint not null generated always as (spread + fees - expected_loss - cost) stored,
    primary key (customer_id, account_id, month)
) partition by range (month);

create function ensure_contribution_month(month date) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    first date := date_trunc('month', month)::date;
    next date := (date_trunc('month', month) + interval '1 month')::date;
begin
    if first < date '1950-01-01' or first > date '2200-01-01' then
        raise exception 'month % is outside 1950–2200', first;
    end if;
    if to_regclass(format('public.account_month_%s', to_char(first, 'YYYYMM'))) is null then
        perform pg_advisory_xact_lock(hashtext('ensure_contribution_month'));
        execute format('create table if not exists public.%I partition of public.account_month for values from (%L) to (%L)',
            to_char(first, '"account_month_"YYYYMM'), first, next);
    end if;
end $$;

-- The customer as he stood when the month was computed: unit, tier, in whose charge for how long.
create table customer_month (
    customer_id bigint not null,
    month date not null,
    kind text not null,
    org_id int not null,
    -- 0: none.
    tier_id int not null,
    lead_id int not null,
    -- Who shares in the contribution, by days in charge and share; 0 is nobody.
    staff_ids int[] not null,
    weights bigint[] not null,
    product_ids int[] not null,
    opened_now boolean not null,
    contacts int not null,
    visits int not null,
    aum bigint not null,
    deposits bigint not null,
    wealth bigint not null,
    loans bigint not null,
    spread bigint not null,
    fees bigint not null,
    expected_loss bigint not null,
    cost bigint not null,
    contribution bigint not null generated always as (spread + fees - expected_loss - cost) stored,
    primary key (customer_id, month)
);
create index customer_month_brin on customer_month using brin (month) with (pages_per_range = 32);

-- The finest cube; all others are sums of it. Stocks belong to the lead of the last day, flows to
-- whoever was in charge.
create table contribution_cube (
    month date not null,
    org_id int not null,
    staff_id int not null,
    product_id int not null,
    tier_id int not null,
    holders int not null default 0,
    accounts int not null default 0,
    end_balance bigint not null default 0,
    average_balance bigint not null default 0,
    spread bigint not null default 0,
    fees bigint not null default 0,
    expected_loss bigint not null default 0,
    cost bigint not null default 0,
    contribution bigint not null generated always as (spread + fees - expected_loss - cost) stored,
    primary key (month, org_id, staff_id, product_id, tier_id)
);
create index contribution_cube_staff on contribution_cube (staff_id, month);

-- Below, a unit has rows of its own for everything beneath it, and tier −1 stands for all tiers: a
-- dashboard of any scope reads only the rows it shows.
create table unit_cube (
    org_id int not null,
    month date not null,
    tier_id int not null,
    customers int not null,
    personal int not null,
    corporate int not null,
    opened int not null,
    pooled int not null,
    products int not null,
    contacts int not null,
    contacted int not null,
    aum bigint not null,
    deposits bigint not null,
    wealth bigint not null,
    loans bigint not null,
    spread bigint not null,
    fees bigint not null,
    expected_loss bigint not null,
    cost bigint not null,
    contribution bigint not null,
    primary key (org_id, month, tier_id)
);

create table manager_cube (
    org_id int not null,
    month date not null,
    tier_id int not null,
    -- 0: in nobody's charge.
    staff_id int not null,
    customers int not null,
    personal int not null,
    corporate int not null,
    contacts int not null,
    visits int not null,
    contacted int not null,
    aum bigint not null,
    deposits bigint not null,
    loans bigint not null,
    contribution bigint not null,
    primary key (org_id, month, tier_id, staff_id)
);
create index manager_cube_staff on manager_cube (staff_id, month);

create table product_cube (
    org_id int not null,
    month date not null,
    tier_id int not null,
    product_id int not null,
    holders int not null,
    -- Since the month before; null when that month was never computed.
    gained int,
    lapsed int,
    accounts int not null,
    end_balance bigint not null,
    average_balance bigint not null,
    contribution bigint not null,
    primary key (org_id, month, tier_id, product_id)
);

-- How many hold both.
create table pair_cube (
    org_id int not null,
    month date not null,
    product_id int not null,
    other_id int not null,
    holders int not null,
    primary key (org_id, month, product_id, other_id)
);

-- Customers by tenth of the bank, the most valuable first.
create table value_cube (
    org_id int not null,
    month date not null,
    decile smallint not null,
    customers int not null,
    aum bigint not null,
    income bigint not null,
    cost bigint not null,
    contribution bigint not null,
    primary key (org_id, month, decile)
);

-- The twenty richest of every unit.
create table top_customer (
    customer_id bigint not null,
    month date not null,
    org_id int not null,
    place smallint not null,
    aum bigint not null,
    contribution bigint not null,
    primary key (customer_id, month, org_id)
);
create index top_customer_unit on top_customer (org_id, month, place);

-- What is expected of a unit or a manager at the end of a month; staff 0 is the unit itself.
create table target (
    month date not null check (extract(day from month) = 1),
    indicator text not null check (indicator in ('aum', 'deposits', 'loans', 'customers', 'contribution')),
    org_id int not null references org_unit,
    staff_id int not null default 0,
    amount bigint not null check (amount >= 0),
    set_by int references app_user,
    set_at timestamptz not null default now(),
    version int not null default 1,
    primary key (month, indicator, org_id, staff_id)
);
create index target_staff on target (staff_id, month) where staff_id <> 0;

-- Contributions are written back after every computation: within the page, without touching indexes. That
-- takes as much room again as the rows, and no index that has the column.
alter table customer_summary set (fillfactor = 50);
