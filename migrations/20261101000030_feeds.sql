-- How feeds find what they know: customers and accounts by the keys of their source system. Not
-- unique, since uniqueness is promised by ids only; the loads keep it.
create index customer_identity_source on customer_identity (value, system) include (customer_id) where kind = 'source_key';
create index account_source on account (source_key, source) where source_key <> '';

alter table guarantee
    add column source text not null default 'guanhu',
    add column source_key text not null default '';

-- Where a run's files lie, so that repaired rows can be loaded with the same joins.
alter table import_run add column dir text not null default '';

insert into parameter (key, value) values ('feeds.reject_threshold', '0.05') on conflict do nothing;
