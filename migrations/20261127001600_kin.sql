-- What households and groups of companies bring.

-- Who belongs together by the relations as they are: everybody reached from one another over any number of steps has
-- the same head, the smallest number among them. Brought up to date before a month is computed.
create table kin (
    customer_id bigint not null,
    kind text not null check (kind in ('household', 'group')),
    head_id bigint not null,
    primary key (customer_id, kind)
);

-- As it was when the month was computed; null where the customer is in none.
alter table customer_month
    add column household_id bigint,
    add column group_id bigint;

-- Of every unit those who brought the most (place 1 and on), all others in one line (0), and who is in none (-1):
-- together the unit's whole. Members outside the unit are not in its lines.
create table kin_cube (
    org_id int not null,
    month date not null,
    kind text not null check (kind in ('household', 'group')),
    place smallint not null,
    -- Of its members within the unit the one with most assets; null where a line is of several.
    head_id bigint,
    -- Households or groups of the line.
    kin bigint not null,
    customers bigint not null,
    aum bigint not null,
    spread bigint not null,
    fees bigint not null,
    expected_loss bigint not null,
    cost bigint not null,
    contribution bigint not null generated always as (spread + fees - expected_loss - cost) stored,
    primary key (org_id, month, kind, place)
);
