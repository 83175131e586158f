-- The servers' notifier asks for three topics since there is a bell, but the index is of the two that there
-- were before: it could not be used, and every look read the whole outbox. Servers of the version before,
-- which ask for two of the three, use the new one as well.
set local lock_timeout = '5s';

create index outbox_event_told on outbox_event (xid, event_id)
    where topic in ('assignment.changed', 'transfer.changed', 'notice.added');
drop index outbox_event_tail;
