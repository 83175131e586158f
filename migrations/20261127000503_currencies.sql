-- Balances by currency, each in its own: what a bank has in dollars is told in dollars.
create table currency_cube (
    org_id int not null,
    month date not null,
    currency char(3) not null,
    product_id int not null,
    -- Open at the end.
    accounts int not null,
    end_balance bigint not null,
    average_balance bigint not null,
    primary key (org_id, month, currency, product_id)
);

-- Months are rolled up anew within a minute.
update bank set tree = tree + 1;
