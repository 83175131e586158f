-- A second watch over the rule that matters most, on an index of another kind: an index of ranges was seen to miss an
-- entry on a busy machine, and with it would go what `one_lead_at_a_time` refuses.
create unique index assignment_open_lead on assignment (customer_id) where role = 'lead' and upper_inf(valid);
