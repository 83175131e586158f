-- Of every month: when its computation began, by which tree of units it was rolled up, and since when there has
-- been data that a closed one does not have.
set local lock_timeout = '5s';

alter table contribution_month add column begun_at timestamptz not null default now(), add column tree int not null default 0,
    add column late_at timestamptz;

-- Counts the moves of units.
alter table bank add column tree int not null default 0;

-- Cash over the counter under another of its names.
insert into txn_pricing (kind, cost, is_fee) values ('cash_deposit', 600, false), ('cash_withdrawal', 600, false) on conflict do nothing;

-- What is charged and what a month costs is counted otherwise from here on.
update contribution_month set imports = -1 where state = 'open';
