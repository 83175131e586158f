-- What the shares in a customer were and became: who said so, when and why. Two changes on one business date leave one
-- set of parts; here each of them stands.
create table share_change (
    customer_id bigint not null,
    change_id bigint not null default nextval('item_id_seq'),
    changed_on date not null,
    -- Of the transaction: with it goes the transfer that ended an assistant.
    at timestamptz not null default now(),
    changed_by int references app_user,
    reason text not null,
    -- `[{"staff_id", "role", "before", "after"}]` of everybody whose share changed; null after: no longer assists.
    shares jsonb not null,
    primary key (customer_id, change_id)
);
revoke update, delete, truncate on share_change from guanhu_app;
