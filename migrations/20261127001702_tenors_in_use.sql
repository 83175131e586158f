-- Which tenors the accounts of the running month ask transfer prices for, so that those who keep the curves see where they have
-- no point. Counted when the month is computed.
create table ftp_use (
    currency char(3) not null,
    tenor_months int not null,
    accounts bigint not null,
    primary key (currency, tenor_months)
);

-- The running month is computed again within a minute.
update contribution_month set imports = -1 where state = 'open';
