-- Targets can be taken away again: without an amount there is none, and its version counts on, so that
-- whoever read it before cannot write over it.
alter table target alter column amount drop not null;

-- Transfer prices and cost parameters are changed one after another: whoever changes them says which
-- revision was read. One row.
create table pricing_revision (
    revision int not null default 1,
    changed_at timestamptz not null default now(),
    changed_by int references app_user,
    only_one boolean primary key default true check (only_one)
);
insert into pricing_revision default values;
