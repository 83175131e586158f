-- How feeds find what they know: customers and accounts by the keys of their source system. Not
-- unique, since uniqueness is promised by ids only; the loads keep it.
create index customer_identity_source on customer_identity (value, system) include (customer_id) where kind = 'source_key';
create index account_source on account (source_key, source) where source_key <> '';

alter table guarantee
    add column source text not null default 'guanhu',
    add column source_key text not null default '';

-- Files sent through the browser wait in the database, since any server may be asked to load them.
create table import_upload (
    upload_id uuid primary key,
    uploaded_by int references app_user,
    uploaded_at timestamptz not null default now()
);
create table import_upload_file (
    upload_id uuid not null references import_upload on delete cascade,
    file text not null,
    bytes bigint not null default 0,
    -- False until its last byte has arrived.
    complete boolean not null default false,
    primary key (upload_id, file)
);
create table import_upload_chunk (
    upload_id uuid not null,
    file text not null,
    seq int not null,
    data bytea not null,
    primary key (upload_id, file, seq),
    foreign key (upload_id, file) references import_upload_file on delete cascade
);
-- Compressing what is read once or twice costs more than it saves.
alter table import_upload_chunk alter column data set storage external;

-- How a run was mapped and where its files are, so that repaired rows can be loaded with the same
-- joins: directories of the machine that ran the command, or an upload.
alter table import_run
    add column definition text not null default '',
    add column dir text not null default '',
    add column profile_dir text not null default '',
    add column upload_id uuid;

insert into parameter (key, value) values ('feeds.reject_threshold', '0.05') on conflict do nothing;

-- A load stages its rows in temporary tables; a private cluster grants nobody anything by itself.
do $$ begin
    execute format('grant temporary on database %I to guanhu_app', current_database());
end $$;
