-- Whom nobody leads in a unit, who has waited longest first.
create index customer_summary_pooled on customer_summary (org_id, pooled_since, customer_id) where lead_staff_id is null;
