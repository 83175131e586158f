-- A count that is no part of a sum: of all that the head of the unit sees (`staff_id` 0), or the lead (`org_id` 0). So are
-- groups counted whose rules ask for related customers, of whom one finds more the further one sees.
alter table segment_count add column whole boolean not null default false;

update customer_group set counted_on = null
where rule @? '$.**.related' or group_id in (
    select p.group_id from customer_group_part p join customer_group g on g.group_id = p.part_id where g.rule @? '$.**.related'
);
