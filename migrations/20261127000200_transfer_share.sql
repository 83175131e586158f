-- What an assistant has of the contribution from the day it begins, in per cent; null leaves it as it is, or at nothing.
-- Checks are added without reading the table again: no row has a share, and the new reasons include the old ones.
alter table transfer add column share smallint;
alter table transfer add constraint transfer_share_check check (share is null or (role = 'assist' and share between 0 and 99)) not valid;
alter table transfer drop constraint transfer_stopped_check;
alter table transfer add constraint transfer_stopped_check check (stopped in ('changed_hands', 'receiver_left', 'shares_taken')) not valid;
