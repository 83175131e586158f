-- What is said of a product and with which words it is sold, version by version; the last one holds, before what a feed brought.
create table product_text (
    product_id int not null references product,
    version int not null check (version > 0),
    description text not null,
    script text not null,
    changed_by int references app_user,
    changed_at timestamptz not null default now(),
    primary key (product_id, version)
);

-- Persons by what they are, as they were when the month was rolled up: age bands (domain: dashboards::age_band) and appetite for
-- risk, 0 where it is not known. Product 0 counts all of them, another its holders.
create table trait_cube (
    org_id int not null,
    month date not null,
    trait text not null check (trait in ('age', 'appetite')),
    value smallint not null,
    product_id int not null,
    customers int not null,
    primary key (org_id, month, trait, value, product_id)
);

-- Customers who did not hold a product a month before, by who leads them; 0 is nobody.
create table sale_cube (
    org_id int not null,
    month date not null,
    product_id int not null,
    staff_id int not null,
    gained int not null,
    primary key (org_id, month, product_id, staff_id)
);

-- Months are rolled up anew within a minute.
update bank set tree = tree + 1;
