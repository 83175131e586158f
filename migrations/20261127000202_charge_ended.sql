-- Customers whose lead ended with nobody after, because its day came or a file said so: by the business date on which it
-- was found and their unit. What the heads of units are told of.
create table charge_ended (
    business_date date not null,
    org_id int not null references org_unit,
    customers int not null,
    -- When the last of them was added.
    at timestamptz not null default now(),
    primary key (business_date, org_id)
);
create index charge_ended_at on charge_ended (at);
