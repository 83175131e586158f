-- Leads are told of tiers that changed once a business date, when everybody has been judged by it: what was told
-- until when.
alter table notice_place add column tiers_on date, add column tiers_until timestamptz not null default now();
alter table customer_tier_due add column created_at timestamptz not null default now();
