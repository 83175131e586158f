-- One transfer may give to several managers: a leaver's portfolio is divided. Every customer of a transfer
-- then has a receiver of its own; the transfer names one only where all have the same.

alter table transfer_item add column to_staff_id int;
update transfer_item i set to_staff_id = t.to_staff_id from transfer t where t.transfer_id = i.transfer_id;
alter table transfer add column receivers int not null default 1;

-- The heads of the board sum a manager's customers from the index alone.
drop index customer_summary_lead;
create index customer_summary_lead on customer_summary (lead_staff_id, aum, customer_id)
    include (org_id, kind, state, tier_id);
-- The pool is few among many, and looked at unit by unit.
create index customer_summary_pool on customer_summary (org_id, aum, customer_id) include (tier_id) where lead_staff_id is null;
