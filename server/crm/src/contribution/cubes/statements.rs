//! The statements that make a month's cubes (`$1`): first parts that several of them read, then each cube.

pub const TEMPORARY: &str = "
set local jit = off; set local work_mem = '128MB'; set local enable_nestloop = off;
create temp table cube_held (customer_id bigint, product_id int, org_id int, staff_id int, tier_id int, accounts int, end_base bigint) on commit drop;
create temp table cube_moved (org_id int, lead_id int, tier_id int, product_id int, gained bigint, lapsed bigint) on commit drop;
create temp table cube_step (org_id int, lead_id int, tier_before int, tier_id int, sold boolean, crossed boolean) on commit drop";
/// Another month may follow in the same transaction.
pub const DROP: &str = "drop table if exists cube_part; drop table cube_held, cube_moved, cube_step";

/// What customers held on the last day.
pub const HELD: &str = "
insert into cube_held
select a.customer_id, a.product_id, c.org_id, c.lead_id, c.tier_id, a.accounts, a.end_base
from (
    select customer_id, product_id, count(*) as accounts, sum(end_base)::bigint as end_base
    from account_month where month = $1 and is_open group by customer_id, product_id
) a join customer_month c on c.customer_id = a.customer_id and c.month = $1";

pub const STOCKS: &str = "
insert into cube_part
select org_id, staff_id, product_id, tier_id, count(*), sum(accounts), sum(end_base), 0, 0, 0, 0, 0
from cube_held where $1::date is not null group by org_id, staff_id, product_id, tier_id";

/// Flows of customers who were in one person's charge, or nobody's, all month. Made as a table, because rows that
/// are inserted into one are read by a single core.
pub const WHOLE: &str = "
create temp table cube_part on commit drop as
select c.org_id, c.staff_ids[1] as staff_id, a.product_id, c.tier_id, 0::bigint as holders, 0::bigint as accounts, 0::bigint as end_balance,
    sum(a.average_base)::bigint as average_balance, sum(a.spread)::bigint as spread, sum(a.fees)::bigint as fees,
    sum(a.expected_loss)::bigint as expected_loss, sum(a.cost)::bigint as cost
from account_month a join customer_month c on c.customer_id = a.customer_id and c.month = $1
where a.month = $1 and cardinality(c.staff_ids) = 1
group by c.org_id, c.staff_ids[1], a.product_id, c.tier_id";

/// The others': every line of every account is divided by weight, cents left over going to the largest
/// remainders, earlier ones first (domain: money::allocate).
pub const SHARED: &str = "
insert into cube_part
with line as (
    select c.customer_id, a.account_id, c.org_id, c.tier_id, a.product_id, m.measure, m.amount, u.staff_id, u.place,
        div(abs(m.amount)::numeric * u.weight, w.total) as part, mod(abs(m.amount)::numeric * u.weight, w.total) as rest
    from customer_month c
    join account_month a on a.customer_id = c.customer_id and a.month = $1
    cross join lateral (select sum(weight) as total from unnest(c.weights) as weight) w
    cross join lateral unnest(c.staff_ids, c.weights) with ordinality as u (staff_id, weight, place)
    cross join lateral (values (1, a.average_base), (2, a.spread), (3, a.fees), (4, a.expected_loss), (5, a.cost)) as m (measure, amount)
    where c.month = $1 and cardinality(c.staff_ids) > 1 and m.amount <> 0
),
given as (
    select org_id, staff_id, product_id, tier_id, measure, sign(amount) * (part + case when
        row_number() over (partition by customer_id, account_id, measure order by rest desc, place)
        <= abs(amount) - sum(part) over (partition by customer_id, account_id, measure) then 1 else 0 end) as amount
    from line
)
select org_id, staff_id, product_id, tier_id, 0, 0, 0,
    coalesce(sum(amount) filter (where measure = 1), 0), coalesce(sum(amount) filter (where measure = 2), 0),
    coalesce(sum(amount) filter (where measure = 3), 0), coalesce(sum(amount) filter (where measure = 4), 0),
    coalesce(sum(amount) filter (where measure = 5), 0)
from given group by org_id, staff_id, product_id, tier_id";

/// Who holds what they did not hold a month ago, and the reverse, by where the customers are now; who has
/// left the bank lapsed where he was.
pub const MOVED: &str = "
insert into cube_moved
with before as (
    select distinct customer_id, product_id from account_month where month = ($1 - interval '1 month')::date and is_open
)
select coalesce(h.org_id, c.org_id, l.org_id), coalesce(h.staff_id, c.lead_id, l.lead_id), coalesce(h.tier_id, c.tier_id, l.tier_id), coalesce(h.product_id, b.product_id),
    count(*) filter (where b.customer_id is null), count(*) filter (where h.customer_id is null)
from cube_held h full join before b on b.customer_id = h.customer_id and b.product_id = h.product_id
left join customer_month c on c.customer_id = b.customer_id and c.month = $1 and h.customer_id is null
left join customer_month l on l.customer_id = b.customer_id and l.month = ($1 - interval '1 month')::date and h.customer_id is null and c.customer_id is null
where (h.customer_id is null or b.customer_id is null)
  and exists (select from contribution_month m where m.month = ($1 - interval '1 month')::date and m.ready)
group by 1, 2, 3, 4";

/// Every customer's step from the month before to this one, where that one is known: tier to tier, and
/// whether a product was taken up, by somebody who had one before or not. Who has gone is where he was.
pub const STEPS: &str = "
insert into cube_step
select coalesce(c.org_id, b.org_id), coalesce(c.lead_id, 0), coalesce(b.tier_id, -1), coalesce(c.tier_id, -1),
    not coalesce(c.product_ids, '{}') <@ coalesce(b.product_ids, '{}'),
    cardinality(b.product_ids) > 0 and not coalesce(c.product_ids, '{}') <@ b.product_ids
from (select * from customer_month where month = $1) c
full join (select * from customer_month where month = ($1 - interval '1 month')::date) b using (customer_id)
where exists (select from contribution_month m where m.month = ($1 - interval '1 month')::date and m.ready)";

pub const LEAVES: &str = "
insert into contribution_cube (month, org_id, staff_id, product_id, tier_id, holders, accounts, end_balance, average_balance, spread, fees, expected_loss, cost)
select $1, org_id, staff_id, product_id, tier_id, sum(holders), sum(accounts), sum(end_balance), sum(average_balance),
    sum(spread), sum(fees), sum(expected_loss), sum(cost)
from cube_part group by org_id, staff_id, product_id, tier_id";

/// What neither a customer's balances nor contacts say: average deposits, which belong to whoever was in charge; who
/// became a customer of value after being dormant or a prospect; who had a product and took up another.
macro_rules! moved {
    ($charge:literal, $lead:literal) => {
        concat!(
            "averages as (
    select org_id, tier_id, ",
            $charge,
            " as staff_id, sum(average_balance) as deposits_average
    from contribution_cube c join product p using (product_id) join category_pricing g using (category)
    where c.month = $1 and g.treatment = 'deposit' group by 1, 2, 3
),
woken as (
    select org_id, tier_id, ",
            $lead,
            " as staff_id, count(distinct s.customer_id) as activated
    from contribution_month m join customer_state s on s.since between m.month and m.as_of
    join customer_month c on c.customer_id = s.customer_id and c.month = $1
    where m.month = $1 and s.state = 'valuable' and s.before in ('dormant', 'prospective') group by 1, 2, 3
),
taken as (
    select org_id, tier_id, ",
            $lead,
            " as staff_id, count(*) as crossed from cube_step c where crossed and tier_id <> -1 group by 1, 2, 3
),
known as (
    select exists (select from contribution_month m where m.month = ($1 - interval '1 month')::date and m.ready) as before,
        exists (select from contribution_month m join customer_state s on s.since <= m.as_of where m.month = $1) as states
)"
        )
    };
}

pub const UNITS: &str = concat!(
    "with ",
    moved!("0", "0"),
    "
insert into unit_cube (org_id, month, tier_id, customers, personal, corporate, opened, pooled, products, contacts, visits, contacted,
    aum, deposits, wealth, loans, spread, fees, expected_loss, cost, contribution, deposits_average, activated, crossed)
select up.org_id, $1, case when grouping(b.tier_id) = 1 then -1 else b.tier_id end, sum(customers), sum(personal), sum(customers - personal),
    sum(opened), sum(pooled), sum(products), sum(contacts), sum(visits), sum(contacted), sum(aum), sum(deposits), sum(wealth), sum(loans),
    sum(spread), sum(fees), sum(expected_loss), sum(cost), sum(contribution), coalesce(sum(deposits_average), 0),
    case when k.states then coalesce(sum(activated), 0) end, case when k.before then coalesce(sum(crossed), 0) end
from (
    select org_id, tier_id, count(*) as customers, count(*) filter (where kind = 'personal') as personal, count(*) filter (where opened_now) as opened,
        count(*) filter (where lead_id = 0) as pooled, sum(cardinality(product_ids)) as products, sum(contacts) as contacts, sum(visits) as visits,
        count(*) filter (where contacts > 0) as contacted, sum(aum) as aum, sum(deposits) as deposits, sum(wealth) as wealth, sum(loans) as loans,
        sum(spread) as spread, sum(fees) as fees, sum(expected_loss) as expected_loss, sum(cost) as cost, sum(contribution) as contribution
    from customer_month where month = $1 group by org_id, tier_id
) b
left join averages using (org_id, tier_id) left join woken using (org_id, tier_id) left join taken using (org_id, tier_id) cross join known k
join org_unit o using (org_id) cross join lateral unnest(o.path) as up (org_id)
group by grouping sets ((up.org_id, k.before, k.states, b.tier_id), (up.org_id, k.before, k.states))"
);

pub const MANAGERS: &str = concat!(
    "with ",
    moved!("c.staff_id", "c.lead_id"),
    "
insert into manager_cube (org_id, month, tier_id, staff_id, customers, personal, corporate, opened, contacts, visits, contacted, aum, deposits, loans,
    contribution, deposits_average, activated, crossed)
select up.org_id, $1, case when grouping(b.tier_id) = 1 then -1 else b.tier_id end, b.staff_id, sum(customers), sum(personal), sum(customers - personal),
    sum(opened), sum(contacts), sum(visits), sum(contacted), sum(aum), sum(deposits), sum(loans), sum(contribution), sum(deposits_average),
    case when k.states then sum(activated) end, case when k.before then sum(crossed) end
from (
    select org_id, tier_id, lead_id as staff_id, count(*) as customers, count(*) filter (where kind = 'personal') as personal,
        count(*) filter (where opened_now) as opened, sum(contacts) as contacts, sum(visits) as visits, count(*) filter (where contacts > 0) as contacted,
        sum(aum) as aum, sum(deposits) as deposits, sum(loans) as loans, 0::numeric as contribution, 0::numeric as deposits_average, 0 as activated, 0 as crossed
    from customer_month where month = $1 group by org_id, tier_id, lead_id
    union all
    select org_id, tier_id, staff_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, sum(contribution), 0, 0, 0 from contribution_cube where month = $1 group by org_id, tier_id, staff_id
    union all
    select org_id, tier_id, staff_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, deposits_average, 0, 0 from averages
    union all
    select org_id, tier_id, staff_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, activated, 0 from woken
    union all
    select org_id, tier_id, staff_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, crossed from taken
) b
cross join known k join org_unit o using (org_id) cross join lateral unnest(o.path) as up (org_id)
group by grouping sets ((up.org_id, b.staff_id, k.before, k.states, b.tier_id), (up.org_id, b.staff_id, k.before, k.states))"
);

pub const PRODUCTS: &str = "
insert into product_cube (org_id, month, tier_id, product_id, holders, gained, lapsed, accounts, end_balance, average_balance, contribution)
select up.org_id, $1, case when grouping(b.tier_id) = 1 then -1 else b.tier_id end, b.product_id, sum(holders),
    case when known then sum(gained) end, case when known then sum(lapsed) end, sum(accounts), sum(end_balance), sum(average_balance), sum(contribution)
from (
    select org_id, tier_id, product_id, sum(holders) as holders, 0 as gained, 0 as lapsed, sum(accounts) as accounts, sum(end_balance) as end_balance,
        sum(average_balance) as average_balance, sum(contribution) as contribution
    from contribution_cube where month = $1 group by org_id, tier_id, product_id
    union all
    select org_id, tier_id, product_id, 0, gained, lapsed, 0, 0, 0, 0 from cube_moved
) b
cross join (select exists (select from contribution_month m where m.month = ($1 - interval '1 month')::date and m.ready) as known) k
join org_unit o using (org_id) cross join lateral unnest(o.path) as up (org_id)
group by grouping sets ((up.org_id, b.product_id, k.known, b.tier_id), (up.org_id, b.product_id, k.known))";

/// Who sold what: by the lead of whoever took it up.
pub const SALES: &str = "
insert into sale_cube (org_id, month, product_id, staff_id, gained)
select up.org_id, $1, b.product_id, b.lead_id, sum(b.gained)
from (select org_id, lead_id, product_id, sum(gained) as gained from cube_moved where gained > 0 group by org_id, lead_id, product_id) b
join org_unit o using (org_id) cross join lateral unnest(o.path) as up (org_id)
where $1::date is not null
group by up.org_id, b.product_id, b.lead_id";

/// Persons by age (domain: products::age_band) and appetite for risk, and among them who holds what, unless the month has
/// them already.
pub const TRAIT_LEAVES: &str = "
insert into trait_leaf (month, org_id, trait, value, product_id, customers)
with person as materialized (
    select c.org_id, c.product_ids, coalesce(k.risk_appetite, 0)::smallint as appetite,
        (case when k.birth_date is null or k.birth_date > m.as_of then 0
            when k.birth_date > m.as_of - interval '25 years' then 1
            else least(6, 2 + (extract(year from age(m.as_of, k.birth_date))::int - 25) / 10) end)::smallint as age
    from contribution_month m join customer_month c on c.month = m.month join customer k on k.customer_id = c.customer_id
    where m.month = $1 and c.kind = 'personal'
),
counted as (
    select org_id, age, appetite, 0 as product_id, count(*) as customers from person group by 1, 2, 3
    union all
    select org_id, age, appetite, held.id, count(*) from person cross join lateral unnest(product_ids) as held (id) group by 1, 2, 3, 4
)
select $1, c.org_id, case when grouping(c.age) = 0 then 'age' else 'appetite' end, case when grouping(c.age) = 0 then c.age else c.appetite end,
    c.product_id, sum(c.customers)
from counted c
where not exists (select from trait_leaf k where k.month = $1)
group by grouping sets ((c.org_id, c.age, c.product_id), (c.org_id, c.appetite, c.product_id))";

pub const TRAITS: &str = "
insert into trait_cube (org_id, month, trait, value, product_id, customers)
select up.org_id, $1, b.trait, b.value, b.product_id, sum(b.customers)
from trait_leaf b join org_unit o using (org_id) cross join lateral unnest(o.path) as up (org_id)
where b.month = $1
group by up.org_id, b.trait, b.value, b.product_id";

/// What accounts hold in their own currencies.
pub const CURRENCIES: &str = "
insert into currency_cube (org_id, month, currency, product_id, accounts, end_balance, average_balance)
select up.org_id, $1, b.currency, b.product_id, sum(b.accounts), sum(b.end_balance), sum(b.average_balance)
from (
    select c.org_id, a.currency, a.product_id, count(*) filter (where a.is_open) as accounts,
        coalesce(sum(a.end_balance) filter (where a.is_open), 0) as end_balance, sum(a.average_balance) as average_balance
    from account_month a join customer_month c on c.customer_id = a.customer_id and c.month = $1
    where a.month = $1 group by c.org_id, a.currency, a.product_id
) b
join org_unit o using (org_id) cross join lateral unnest(o.path) as up (org_id)
group by up.org_id, b.currency, b.product_id";

pub const PAIRS: &str = "
insert into pair_cube (org_id, month, product_id, other_id, holders)
select up.org_id, $1, b.product_id, b.other_id, sum(b.holders)
from (
    -- Many hold the same.
    select c.org_id, one.id as product_id, other.id as other_id, sum(c.holders) as holders
    from (
        select org_id, product_ids, count(*) as holders from customer_month where month = $1 and cardinality(product_ids) > 1 group by org_id, product_ids
    ) c cross join lateral unnest(c.product_ids) as one (id) cross join lateral unnest(c.product_ids) as other (id)
    where one.id < other.id
    group by c.org_id, one.id, other.id
) b
join org_unit o using (org_id) cross join lateral unnest(o.path) as up (org_id)
group by up.org_id, b.product_id, b.other_id";

pub const VALUES: &str = "
insert into value_cube (org_id, month, decile, customers, aum, income, cost, contribution)
select up.org_id, $1, b.decile, sum(b.customers), sum(b.aum), sum(b.income), sum(b.cost), sum(b.contribution)
from (
    select org_id, decile, count(*) as customers, sum(aum) as aum, sum(spread + fees - expected_loss) as income, sum(cost) as cost, sum(contribution) as contribution
    from (select *, ntile(10) over (order by contribution desc, customer_id) as decile from customer_month where month = $1) c
    group by org_id, decile
) b
join org_unit o using (org_id) cross join lateral unnest(o.path) as up (org_id)
group by up.org_id, b.decile";

pub const TOP: &str = "
insert into top_customer (customer_id, month, org_id, place, aum, contribution)
select customer_id, $1, org_id, place, aum, contribution from (
    select b.customer_id, up.org_id, b.aum, b.contribution, row_number() over (partition by up.org_id order by b.aum desc, b.customer_id) as place
    from (
        select customer_id, org_id, aum, contribution, row_number() over (partition by org_id order by aum desc, customer_id) as own
        from customer_month where month = $1
    ) b
    join org_unit o using (org_id) cross join lateral unnest(o.path) as up (org_id)
    where b.own <= 20
) t where place <= 20";

/// One kind of kin by unit, with its richest customer. Sums are told to be whole numbers: what follows is quicker with them.
macro_rules! kin_leaf {
    ($kind:literal, $id:literal) => {
        concat!(
            "
    select ",
            $kind,
            " as kind, org_id, ",
            $id,
            " as id, count(*) as customers, sum(aum)::bigint as aum, sum(spread)::bigint as spread, sum(fees)::bigint as fees,
        sum(expected_loss)::bigint as expected_loss, sum(cost)::bigint as cost,
        max(array[aum, -customer_id]) filter (where ",
            $id,
            " is not null) as most
    from customer_month where month = $1 group by org_id, ",
            $id
        )
    };
}

/// Households and groups with the customers they have within each unit. Who is in none is a line like the others, so that
/// the lines are the unit's whole.
pub const KIN: &str = concat!(
    "
insert into kin_cube (org_id, month, kind, place, head_id, kin, customers, aum, spread, fees, expected_loss, cost)
with leaf as (",
    kin_leaf!("'household'", "household_id"),
    "
    union all",
    kin_leaf!("'group'", "group_id"),
    "
),
whole as (
    select l.kind, up.id as org_id, l.id, sum(l.customers)::bigint as customers, sum(l.aum)::bigint as aum, sum(l.spread)::bigint as spread,
        sum(l.fees)::bigint as fees, sum(l.expected_loss)::bigint as expected_loss, sum(l.cost)::bigint as cost, max(l.most) as most
    from leaf l join org_unit o using (org_id) cross join lateral unnest(o.path) as up (id)
    group by l.kind, up.id, l.id
),
placed as (
    select *, case when id is null then -1 else row_number() over (
        partition by kind, org_id order by id is null, spread + fees - expected_loss - cost desc, id) end as place
    from whole
)
select org_id, $1, kind, case when place <= 50 then place else 0 end, -(max(most) filter (where place between 1 and 50))[2], count(id),
    sum(customers), sum(aum), sum(spread), sum(fees), sum(expected_loss), sum(cost)
from placed
group by org_id, kind, case when place <= 50 then place else 0 end"
);

/// What managers did for the customers they lead (domain: process). A task that is due today is not late yet.
pub const PROCESS: &str = "
insert into process_cube (staff_id, month, customers, completeness, reached, sold, contacts, planned, due, on_time, opportunities, moved)
select staff_id, $1, sum(customers), sum(completeness), sum(reached), sum(sold), sum(contacts), sum(planned), sum(due), sum(on_time), sum(opportunities), sum(moved)
from (
    select c.lead_id as staff_id, count(*) as customers, coalesce(sum(s.completeness), 0) as completeness, count(*) filter (where c.contacts > 0) as reached,
        null::bigint as sold, coalesce(sum(a.contacts), 0) as contacts, coalesce(sum(a.planned), 0) as planned, coalesce(sum(t.due), 0) as due,
        coalesce(sum(t.on_time), 0) as on_time, coalesce(sum(o.opportunities), 0) as opportunities, coalesce(sum(o.moved), 0) as moved
    from customer_month c
    left join customer_summary s using (customer_id)
    left join (
        select a.customer_id, count(*) as contacts, count(*) filter (where a.next_step is not null) as planned
        from activity a join contribution_month m on m.month = $1
        where a.happened_at >= m.month and a.happened_at < m.as_of + 1
        group by a.customer_id
    ) a using (customer_id)
    left join (
        select t.customer_id, count(*) as due, count(*) filter (where t.state = 'done' and t.done_at < t.due_on + 1) as on_time
        from task t join contribution_month m on m.month = $1 cross join bank b
        where t.state <> 'dropped' and t.due_on between m.month and m.as_of and (t.state = 'done' or t.due_on < b.business_date)
        group by t.customer_id
    ) t using (customer_id)
    left join (
        select o.customer_id, count(*) as opportunities, count(*) filter (where v.last_to <> v.first_from) as moved
        from opportunity o join contribution_month m on m.month = $1
        left join (
            select v.customer_id, v.opportunity_id, (array_agg(v.to_stage order by v.at desc, v.move_id desc))[1] as last_to,
                (array_agg(v.from_stage order by v.at, v.move_id))[1] as first_from
            from opportunity_move v join contribution_month m on m.month = $1
            where v.moved_on between m.month and m.as_of
            group by v.customer_id, v.opportunity_id
        ) v using (customer_id, opportunity_id)
        where o.opened_on <= m.as_of and (o.ended_on is null or o.ended_on >= m.month)
        group by o.customer_id
    ) o using (customer_id)
    where c.month = $1 and c.lead_id <> 0
    group by c.lead_id
    union all
    select lead_id, 0, 0, 0, count(*) filter (where sold), 0, 0, 0, 0, 0, 0 from cube_step where lead_id <> 0 group by lead_id
) p
group by staff_id";

/// Of the process score only what is measured against the month before: the rest would be told as it is today.
pub const SOLD: &str = "
update process_cube p set sold = s.sold
from (select lead_id, count(*) filter (where sold) as sold from cube_step where lead_id <> 0 group by lead_id) s
where p.month = $1 and p.staff_id = s.lead_id";

pub const FLOW: &str = "
insert into tier_flow (org_id, month, tier_before, tier_id, customers)
select up.org_id, $1, b.tier_before, b.tier_id, sum(b.customers)
from (select org_id, tier_before, tier_id, count(*) as customers from cube_step group by org_id, tier_before, tier_id) b
join org_unit o using (org_id) cross join lateral unnest(o.path) as up (org_id)
group by up.org_id, b.tier_before, b.tier_id";

pub const FORGET_COHORTS: &str =
    "delete from cohort_cube where exists (select from bank where date_trunc('month', business_date) = $1::date)";

/// Of the customers who came in one of the last six years and have been here so many months, those who had
/// opened an account of a product by then; only with the running month.
pub const COHORTS: &str = "
insert into cohort_cube (org_id, product_id, cohort, step, holders, customers)
with step as (select nr, step from unnest(array[0, 1, 3, 6, 12, 18, 24, 36, 48]::smallint[]) with ordinality as s (step, nr)),
day as materialized (
    select d.opened_on, b.business_date as today, array_agg((d.opened_on + make_interval(months => s.step))::date order by s.nr) as ends
    from bank b
    cross join lateral (select distinct opened_on from customer where opened_on between make_date(extract(year from b.business_date)::int - 5, 1, 1) and b.business_date) d
    cross join step s
    where date_trunc('month', b.business_date) = $1::date
    group by d.opened_on, b.business_date
),
came as materialized (
    select c.customer_id, m.org_id, extract(year from c.opened_on)::smallint as cohort, d.ends, width_bucket(d.today, d.ends) as reached
    from day d join customer c using (opened_on) join customer_month m on m.customer_id = c.customer_id and m.month = $1
),
whole as (
    select c.org_id, c.cohort, s.step, sum(c.customers) as customers
    from (select org_id, cohort, reached, count(*) as customers from came group by org_id, cohort, reached) c join step s on s.nr <= c.reached
    group by c.org_id, c.cohort, s.step
),
taken as (
    select c.org_id, a.product_id, c.cohort, c.reached, width_bucket(a.taken_on - 1, c.ends) + 1 as taken, count(*) as holders
    from came c
    join (select customer_id, product_id, min(opened_on) as taken_on from account where opened_on is not null group by customer_id, product_id) a
        using (customer_id)
    group by c.org_id, a.product_id, c.cohort, c.reached, taken
),
part as (
    select t.org_id, t.product_id, t.cohort, s.step, sum(t.holders) as holders
    from taken t join step s on s.nr between t.taken and t.reached
    group by t.org_id, t.product_id, t.cohort, s.step
),
up as (
    select u.id as org_id, w.cohort, w.step, sum(w.customers) as customers
    from whole w join org_unit o using (org_id) cross join lateral unnest(o.path) as u (id)
    group by u.id, w.cohort, w.step
),
held as (
    select u.id as org_id, p.product_id, p.cohort, p.step, sum(p.holders) as holders
    from part p join org_unit o using (org_id) cross join lateral unnest(o.path) as u (id)
    group by u.id, p.product_id, p.cohort, p.step
)
select org_id, p.product_id, cohort, step, coalesce(h.holders, 0), up.customers
from up join (select distinct org_id, product_id from held) p using (org_id)
left join held h using (org_id, product_id, cohort, step)";
