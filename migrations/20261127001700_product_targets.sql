-- Targets are set for a product too, by the same sheets, checks and approval: product 0 is all products together. While
-- servers of before run beside new ones they cannot propose targets; what they are asked for can be asked again.
set local lock_timeout = '5s';

alter table target add column product_id int not null default 0;
alter table target_proposal add column product_id int not null default 0;

alter table target drop constraint target_pkey;
alter table target add primary key (month, indicator, org_id, staff_id, product_id);
alter table target_proposal drop constraint target_proposal_pkey;
alter table target_proposal add primary key (month, indicator, org_id, staff_id, product_id);

-- What a unit and its managers are to reach in a month.
create index target_unit on target (org_id, month);
reset lock_timeout;

-- Of a product: contribution, balances at the end and on average, holders and who became one.
alter table target drop constraint target_indicator_check;
alter table target add constraint target_indicator_check check (case product_id
    when 0 then indicator in ('aum', 'deposits', 'deposits_average', 'loans', 'customers', 'opened', 'activated', 'crossed', 'contacts', 'visits',
        'contribution')
    else indicator in ('contribution', 'balance', 'balance_average', 'holders', 'gained') end);
