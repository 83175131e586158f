-- A transfer of more customers than one transaction should hold is carried out in batches, each whole: how far it
-- is stands beside it, so that any server goes on where another stopped. Customers that had changed hands before
-- their turn came are left out and marked. Checks are replaced without reading the tables again: the new ones
-- allow whatever the old ones did.

alter table transfer
    -- Carried out in batches; else in one transaction.
    add column batched boolean not null default false,
    add column moved int not null default 0,
    add column left_out int not null default 0,
    -- The customer up to which it has come.
    add column run_after bigint not null default 0,
    add column started_at timestamptz;
alter table transfer drop constraint transfer_state_check;
alter table transfer add constraint transfer_state_check
    check (state in ('pending', 'approved', 'running', 'done', 'rejected', 'recalled', 'reverted', 'cancelled')) not valid;
create index transfer_running on transfer (started_at) where state = 'running';

alter table transfer_item add column left_out boolean not null default false;

-- Customer numbers of a file, until they are asked for; forgotten after a day.
create table transfer_file (
    file_id uuid primary key,
    sent_by int not null references app_user,
    sent_at timestamptz not null default now(),
    customer_ids bigint[] not null
);
create index transfer_file_age on transfer_file (sent_at);
