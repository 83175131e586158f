-- While servers are replaced one by one, those of a version before write search tokens without their unit, and
-- the rebuild that fills units in may be through already: a branch would not find what they wrote. So the
-- database looks the unit up where none is given. Whoever gives it pays nothing.
--
-- Distributed tables have no triggers: a bank on Citus replaces its servers all at once, and needs none.
set local lock_timeout = '5s';

create function customer_token_own_unit() returns trigger
    language plpgsql set search_path = pg_catalog, public as $$
begin
    new.org_id := (select s.org_id from customer_summary s where s.customer_id = new.customer_id);
    return new;
end $$;

do $$
begin
    if not exists (select from pg_extension where extname = 'citus') then
        create trigger customer_token_own_unit before insert on customer_token
            for each row when (new.org_id is null) execute function customer_token_own_unit();
    end if;
end $$;
