-- Groups made of groups, and how many a group (or a lifecycle state) has had: counted by unit and lead,
-- so that everybody's curve is of their own customers.

set local lock_timeout = '5s';

alter table customer_group
    drop constraint customer_group_kind_check,
    add constraint customer_group_kind_check check (kind in ('static', 'dynamic', 'combined')),
    -- How the parts go together. A difference is the first without the others.
    add column joint text check (joint in ('union', 'intersection', 'difference')),
    add constraint customer_group_joint check ((kind = 'combined') = (joint is not null)),
    -- The business date of its last count; null asks for another.
    add column counted_on date;

create table customer_group_part (
    group_id int not null references customer_group on delete cascade,
    place smallint not null,
    -- Who is part of another is not taken away.
    part_id int not null references customer_group,
    primary key (group_id, place)
);
create index customer_group_part_of on customer_group_part (part_id);

-- One row of unit 0 says that the day was counted, though there may have been nobody.
create table segment_count (
    -- A group's code, or `state:` and a lifecycle state.
    segment text not null,
    on_date date not null,
    org_id int not null,
    -- The lead; 0 for the pool.
    staff_id int not null,
    customers int not null,
    -- Minor units of the base currency.
    aum bigint not null,
    primary key (segment, on_date, org_id, staff_id)
);
