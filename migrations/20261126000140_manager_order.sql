-- A league reads the best of a unit's managers, and of each of them a year of months and all tiers of one
-- month. Both lie side by side in these two, at any size of the bank: without them a line cost several
-- hundred rows read here and there, and the best were found by looking at all.
--
-- Only the computation of a month writes here; readers are not kept waiting.
set local lock_timeout = '5s';
create index manager_cube_place on manager_cube (org_id, month, tier_id, contribution desc, staff_id);
create index manager_cube_course on manager_cube (staff_id, org_id, month, tier_id) include (contribution, customers);
drop index manager_cube_staff;
