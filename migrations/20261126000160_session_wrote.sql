-- Reads may go to a streaming replica, which shows things some moments late; yet whoever has just written
-- must find it. A session keeps how far the log had come at its last write. Adding an empty column
-- rewrites nothing.
alter table session add column wrote_to pg_lsn;
