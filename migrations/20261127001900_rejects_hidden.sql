-- Whoever loads files sees no customer: of a rejected row is kept which bytes say who somebody is, and what is shown
-- in their place. Null: it was rejected before, and all that could say so is hidden.
alter table import_reject add column hidden jsonb;
