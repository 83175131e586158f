-- Lists are ordered by what a customer has deposited and owes, and by what matures next, in the whole bank
-- too. Each further order would cost every change of a summary one more entry: whoever has a portfolio
-- orders it by the rest without an index.

create index customer_summary_deposits on customer_summary (deposits, customer_id) include (org_id);
create index customer_summary_loans on customer_summary (loans, customer_id) include (org_id);
-- Nothing matures last of all.
create index customer_summary_maturity on customer_summary (coalesce(next_maturity_on, 'infinity'), customer_id) include (org_id, next_maturity_on);
