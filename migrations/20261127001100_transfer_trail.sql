-- Who recalled a transfer before it took effect or stopped it under way, when and why; and why it was taken back after.
alter table transfer add column ended_by int references app_user;
alter table transfer add column ended_at timestamptz;
alter table transfer add column ended_reason text not null default '';
alter table transfer add column revert_reason text not null default '';
