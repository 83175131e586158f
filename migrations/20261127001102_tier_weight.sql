-- What a customer of the tier weighs against a manager's capacity, where its definition says so; else the more the
-- higher it is: its rank, 1 at least. `load` is which of the two it is; without a tier a customer weighs 1.
alter table tier add column weight int check (weight between 1 and 1000);
alter table tier add column load int not null generated always as (coalesce(weight, greatest(rank, 1))) stored;
