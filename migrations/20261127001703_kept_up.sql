-- The running month is kept up by computing again only those whom something happened to since it was computed.

-- They are marked by the transaction that did it: what a computation saw of them is told by its snapshot, so that whoever is
-- marked while it runs waits for the next. Customer 0 stands for everybody.
create table contribution_touch (
    customer_id bigint not null,
    xid xid8 not null default pg_current_xact_id(),
    primary key (customer_id, xid)
);

-- What a month's computation could see when it began, and how many of the loads before had marked the customers they changed.
alter table contribution_month add column seen pg_snapshot, add column imports_told bigint not null default 0;
alter table import_run add column told boolean not null default false;

-- Nobody was marked before: the running month is computed as a whole once.
update contribution_month set imports = -1 where state = 'open';
