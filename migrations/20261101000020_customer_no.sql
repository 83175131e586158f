-- Views are read as one JSON answer, in which related customers are named by their public numbers;
-- so the database must be able to write them as domain: CustomerNo does.
create function customer_no(id bigint) returns text
    language sql immutable strict parallel safe as $$
    select lpad(id::text, 11, '0') || (10 - (
        select sum(case when place % 2 = 0 then digit * 2 / 10 + digit * 2 % 10 else digit end)
        from (select place, (id / (10 ^ place)::bigint % 10)::int as digit from generate_series(0, 10) as place) digits
    ) % 10) % 10
$$;
