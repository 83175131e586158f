-- Whose tier has ended lately, followed by another one or by none; it took the place of whose has begun.
create index customer_tier_ended on customer_tier (upper(valid), customer_id);
drop index customer_tier_begun;
