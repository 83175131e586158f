-- The customers behind a figure are listed unit by unit, those who brought the most first. Only the computation of a month
-- writes here; readers are not kept waiting.
set local lock_timeout = '5s';
create index customer_month_unit on customer_month (month, org_id, contribution desc, customer_id);
reset lock_timeout;
