-- Who recalled a transfer before it took effect or stopped it under way, when and why; and why it was taken back after.
alter table transfer add column ended_by int references app_user;
alter table transfer add column ended_at timestamptz;
alter table transfer add column ended_reason text not null default '';
alter table transfer add column revert_reason text not null default '';

-- Whether a transfer of assistants keeps what they had, without which it cannot be taken back: those of before do not.
alter table transfer add column keeps_assists boolean not null default false;
alter table transfer alter column keeps_assists set default true;
