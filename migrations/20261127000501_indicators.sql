-- More that targets are set for: deposits on average, visits, new customers, customers who woke up and those who took up
-- another product, by unit and manager. Null in a month until it is rolled up anew, and where the month before, or the
-- lifecycle of then, is not known.
alter table unit_cube add column visits int, add column deposits_average bigint, add column activated int, add column crossed int;
alter table manager_cube add column opened int, add column deposits_average bigint, add column activated int, add column crossed int;

-- Who entered a state in a month.
set local lock_timeout = '5s';
create index customer_state_since on customer_state (since, customer_id);
reset lock_timeout;

alter table target drop constraint target_indicator_check;
alter table target add constraint target_indicator_check check (indicator in ('aum', 'deposits', 'deposits_average', 'loans', 'customers',
    'opened', 'activated', 'crossed', 'contacts', 'visits', 'contribution'));

-- Months are rolled up anew within a minute.
update bank set tree = tree + 1;
