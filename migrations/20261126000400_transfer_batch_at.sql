-- When the last batch of a transfer was moved: whose turn is longest ago is next.
alter table transfer add column batch_at timestamptz;
