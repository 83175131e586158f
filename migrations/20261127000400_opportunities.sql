-- Opportunities: what may come of a customer, from the first word to won or lost. The ordered stages are the
-- product's own. Days are business dates; history keeps who moved what, and when by the clock.
create table opportunity (
    customer_id bigint not null,
    opportunity_id bigint not null default nextval('item_id_seq'),
    title text not null,
    product_id int not null references product,
    source text not null default 'contact' check (source in ('contact', 'visit', 'referral', 'campaign', 'list', 'other')),
    stage text not null default 'identified' check (stage in ('identified', 'qualified', 'proposed', 'negotiating', 'won', 'lost')),
    -- Minor units of its currency.
    currency char(3) not null,
    amount bigint not null check (amount > 0),
    won_amount bigint check (won_amount > 0),
    loss_reason text,
    expected_on date not null,
    next_step text not null default '',
    owner_staff_id int references staff,
    opened_on date not null,
    -- When it came into its stage, and when it was won or lost.
    since date not null,
    ended_on date,
    created_by int references app_user,
    created_at timestamptz not null default now(),
    version int not null default 1,
    primary key (customer_id, opportunity_id),
    check ((stage in ('won', 'lost')) = (ended_on is not null)),
    check ((stage = 'won') = (won_amount is not null)),
    check ((stage = 'lost') = (loss_reason is not null))
);
create index opportunity_owner on opportunity (owner_staff_id) where ended_on is null;
-- The columns of the page: open ones by the day they are expected, ended ones by the day they ended.
create index opportunity_open on opportunity (stage, expected_on, opportunity_id) where ended_on is null;
create index opportunity_ended on opportunity (stage, ended_on desc, opportunity_id desc) where ended_on is not null;

create table opportunity_move (
    customer_id bigint not null,
    move_id bigint not null default nextval('item_id_seq'),
    opportunity_id bigint not null,
    from_stage text not null,
    to_stage text not null,
    moved_on date not null,
    moved_by int references app_user,
    -- By which they are in order: ids are given out to connections in advance.
    at timestamptz not null default clock_timestamp(),
    primary key (customer_id, move_id),
    foreign key (customer_id, opportunity_id) references opportunity
);

-- Opportunities of the customers led that were open in the month, and those of them that are in another stage than
-- they came into the month with; null where that was not counted yet.
alter table process_cube add column opportunities int, add column moved int;

-- A bank that has set its own weights decides for itself what the new item is worth.
update parameter set version = version + 1,
    value = value || jsonb_build_array(jsonb_build_object('item', 'moved', 'weight', case when version = 1 then 10 else 0 end, 'full', 5000))
where key = 'process.score';
update contribution_month set imports = -1 where state = 'open';
