-- How soon customers take up a product after they came: by the year they came in and the months since then.
-- Told anew with the running month's books; there is no history of it, since every later look says more.
create table cohort_cube (
    org_id int not null,
    product_id int not null,
    -- Year in which the customers came.
    cohort smallint not null,
    -- Months since then.
    step smallint not null,
    -- Of the customers who have been here that long, those who had taken it up by then.
    holders int not null,
    customers int not null,
    primary key (org_id, product_id, cohort, step)
);
