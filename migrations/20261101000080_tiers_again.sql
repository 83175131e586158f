-- A publication can be taken back before its day, and a later decision takes the place of one that is
-- still to come. What is said to whoever decides is not what the author says of the version. Customers
-- of a tier are counted when they change, not whenever somebody looks.

alter table tier_publication
    add column withdrawn_at timestamptz,
    add column withdrawn_by int references app_user;

alter table tier_version add column asked_note text not null default '';
-- They held figures of customers whom their readers do not see.
update tier_version set simulation = null;

alter table tier_scheme
    -- The last day of the newest month of which everybody's averages are written.
    add column averaged_through date;

alter table tier add column customers bigint not null default 0;
update tier t set customers = (select count(*) from customer_summary s where s.tier_id = t.tier_id);

-- Whom something happened to outside a load: judged again within a minute. Nobody waits for a row of it.
create table customer_tier_recheck (
    customer_id bigint not null,
    recheck_id bigint not null generated always as identity,
    primary key (customer_id, recheck_id)
);
