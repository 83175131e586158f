-- The four stages of a manager's work in a month, counted with the month's books: how complete the customers'
-- data are, which contacts ended with a plan, who took up a product, what was followed up. And how customers
-- went from tier to tier since the month before.
--
-- The counts are kept and not the score: what they are worth is a parameter.
create table process_cube (
    staff_id int not null,
    month date not null,
    -- Led on the last day.
    customers int not null,
    -- Sum of per cents.
    completeness bigint not null,
    reached int not null,
    -- Null when the month before was never computed.
    sold int,
    contacts int not null,
    planned int not null,
    due int not null,
    on_time int not null,
    primary key (staff_id, month)
);

create table tier_flow (
    org_id int not null,
    month date not null,
    -- −1: was, or is, not a customer; 0: no tier.
    tier_before int not null,
    tier_id int not null,
    customers int not null,
    primary key (org_id, month, tier_before, tier_id)
);

insert into parameter (key, value) values ('process.score', '[
    {"item": "complete", "weight": 20, "full": 9000},
    {"item": "planned", "weight": 20, "full": 6000},
    {"item": "sold", "weight": 30, "full": 500},
    {"item": "on_time", "weight": 20, "full": 9500},
    {"item": "reached", "weight": 10, "full": 3000}
]') on conflict do nothing;

-- The running month has none of this yet: it is due again.
update contribution_month set imports = -1 where state = 'open';
