-- What a customer of the tier weighs against a manager's capacity, where its definition says so; else the more the
-- higher it is: its rank, 1 at least.
alter table tier add column weight int check (weight between 1 and 1000);
