-- The members of a household or of a group of companies in a month are listed by it. Only the computation of a month writes here.
set local lock_timeout = '5s';
create index customer_month_household on customer_month (household_id, month) where household_id is not null;
create index customer_month_group on customer_month (group_id, month) where group_id is not null;
reset lock_timeout;
