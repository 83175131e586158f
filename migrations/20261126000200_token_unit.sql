-- A branch that looks for a common pair of characters or a common surname must find its own customers,
-- and not those of them who are among the bank's weightiest: tokens are read unit by unit. And names are
-- read anew, with surnames as they are read as surnames. The servers fill both in beside their work
-- (crm: tokens::rebuild); until they are through, tokens are read across the bank.
--
-- No row has a unit yet, so the index is empty when it is made, and making it takes one look at the table.

alter table customer_token add column org_id int;
create index customer_token_unit on customer_token (org_id, token, weight desc, customer_id) where org_id is not null;

-- How far the servers are: `version` is what everybody's tokens are of, `going` what is being made, for
-- customers up to `through`.
create table token_rebuild (
    only_row boolean primary key default true check (only_row),
    version int not null default 0,
    going int not null default 0,
    through bigint not null default 0
);
insert into token_rebuild default values;
