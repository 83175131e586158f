-- Persons by what they were when the month was computed, unit by unit: what a month is rolled up from again when units move, so
-- that nobody grows older in a month that is over.
create table trait_leaf (
    month date not null,
    org_id int not null,
    trait text not null,
    value smallint not null,
    product_id int not null,
    customers int not null,
    primary key (month, org_id, trait, value, product_id)
);

-- What an account's lines are explained by: the part of its cost that is of postings and their number, the tenor its transfer price
-- is of and the day on which it was priced. Null in months that were computed before.
alter table account_month add column posted_cost bigint, add column postings int, add column tenor_months int, add column priced_on date;

-- Days of the month that no load spoke for, where loads come on such days of the week.
alter table contribution_month add column missing date[] not null default '{}';

-- Months are rolled up anew within a minute, and the running one is computed.
update bank set tree = tree + 1;
update contribution_month set imports = -1 where state = 'open';
