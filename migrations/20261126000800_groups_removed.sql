-- A group that was taken away can be brought back for some days, under its own code and with its list.

set local lock_timeout = '5s';

alter table customer_group add column removed_at timestamptz;
