-- Warnings are raised by the figures themselves after every load (crm: alerts): one of a kind is open for
-- a customer at a time, and closes by itself when its reason is gone.

create unique index alert_open on alert (customer_id, kind) where closed_at is null;

-- Amounts in minor units of the base currency.
insert into parameter (key, value) values
    ('alerts.maturity_days', '30'),
    ('alerts.maturity_amount', '10000000'),
    ('alerts.outflow_days', '30'),
    ('alerts.outflow_amount', '5000000'),
    ('alerts.dormant_days', '365'),
    ('alerts.dormant_amount', '500000')
on conflict do nothing;
