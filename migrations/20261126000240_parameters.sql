-- Parameters are set from a page, with a version and a history. The rules of passwords were a word in the row
-- of the bank, where only SQL could change them; they become a parameter like the others. The column stays
-- as it is for servers of the version before, which read it until they are replaced.
insert into parameter (key, value)
    select 'access.password_policy', to_jsonb(coalesce(policy ->> 'password', 'default')) from bank where policy ? 'password'
    on conflict do nothing;

-- A parameter is set to another value, never taken away.
revoke delete, truncate on parameter from guanhu_app;
