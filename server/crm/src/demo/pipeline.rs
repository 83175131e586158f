//! What may come of the customers: opportunities in every stage, with the way they came there.

use sqlx::PgPool;

use super::{calendar::date, world::World};
use crate::Result;

/// Of so many customers in 1024 something may come just now.
const OFTEN: i64 = 61;

/// In the database itself: all they need is there already, and what decides is a hash of the customer and the seed.
pub async fn fill(owner: &PgPool, world: &World) -> Result<u64> {
    let mut tx = owner.begin().await?;
    sqlx::query(OPEN).bind(world.seed as i64).bind(date(world.business())).bind(OFTEN).execute(&mut *tx).await?;
    sqlx::query(MOVE).bind(date(world.business())).execute(&mut *tx).await?;
    tx.commit().await?;
    sqlx::raw_sql("analyze opportunity; analyze opportunity_move").execute(owner).await?;
    let made: i64 =
        sqlx::query_scalar("select (select count(*) from opportunity) + (select count(*) from opportunity_move)").fetch_one(owner).await?;
    Ok(made.unsigned_abs())
}

/// `$1` seed, `$2` business date, `$3` how often. Bits of the hash decide: 0–9 who, 10–13 stage, 14–20 since when, and so on.
const OPEN: &str = "
with shelf as (
    select k.kind, array_agg(p.product_id order by p.code) as products
    from (values ('personal'), ('corporate')) k (kind) join product p on coalesce(p.customer_kind, k.kind) = k.kind
    where p.active and p.category in ('term', 'loan', 'wealth', 'insurance', 'fund') and coalesce(p.currency, 'CNY') = 'CNY'
    group by k.kind
), picked as (
    select s.customer_id, s.kind, s.lead_staff_id, h.h,
        $2::date - 5 - (h.h >> 14 & 127)::int as opened_on,
        (array['identified', 'identified', 'identified', 'identified', 'identified', 'qualified', 'qualified', 'qualified', 'qualified',
            'proposed', 'proposed', 'negotiating', 'won', 'won', 'lost', 'lost'])[1 + (h.h >> 10 & 15)] as stage
    from customer_summary s cross join lateral (select hashint8extended(s.customer_id, $1) & 9223372036854775807 as h) h
    where s.lead_staff_id is not null and s.opened_on < $2 - 140 and (h.h & 1023) < $3
), staged as (
    select p.*, o.*, p.opened_on + ($2 - p.opened_on) * n.moves / (n.moves + 1) as since, p.stage in ('won', 'lost') as ended,
        case when o.category = 'loan' then 5 + (h >> 42 & 15) else 1 + (h >> 42 & 31) end
            * case when o.category = 'loan' then 10000000 else 2000000 end * case p.kind when 'corporate' then 20 else 1 end as amount
    from picked p join shelf using (kind)
    join product o on o.product_id = shelf.products[1 + (p.h >> 34 & 255) % cardinality(shelf.products)]
    cross join lateral (select case p.stage when 'identified' then 0 when 'qualified' then 1 when 'negotiating' then 3 when 'won' then 4 else 2 end as moves) n
)
insert into opportunity (customer_id, title, product_id, source, stage, currency, amount, won_amount, loss_reason, expected_on, next_step,
    owner_staff_id, opened_on, since, ended_on, created_at)
select customer_id, name || (array['意向', '新增', '到期接续', '推荐'])[1 + (h >> 47 & 3)], product_id,
    (array['contact', 'contact', 'visit', 'referral', 'campaign', 'list', 'list', 'other'])[1 + (h >> 49 & 7)], stage, 'CNY', amount,
    case stage when 'won' then amount * (85 + (h >> 52 & 15)) / 100 end,
    case stage when 'lost' then (array['他行利率更优', '暂无资金需求', '风险偏好不符', '额度未获批准'])[1 + (h >> 52 & 3)] end,
    case when ended then since + (h >> 28 & 15)::int - 5 else $2 + (h >> 28 & 63)::int - 12 end,
    case when ended then '' else (array['约客户面谈', '准备方案与测算', '收集资料', '与产品经理联合拜访'])[1 + (h >> 54 & 3)] end,
    lead_staff_id, opened_on, since, case when ended then since end, (opened_on + time '02:00') at time zone 'UTC'
from staged order by customer_id";

const MOVE: &str = "
insert into opportunity_move (customer_id, opportunity_id, from_stage, to_stage, moved_on, at)
select o.customer_id, o.opportunity_id, w.way[k], w.way[k + 1], d.day, (d.day + time '02:00') at time zone 'UTC'
from opportunity o
cross join lateral (select case o.stage
    when 'identified' then array['identified']
    when 'qualified' then array['identified', 'qualified']
    when 'proposed' then array['identified', 'qualified', 'proposed']
    when 'negotiating' then array['identified', 'qualified', 'proposed', 'negotiating']
    when 'won' then array['identified', 'qualified', 'proposed', 'negotiating', 'won']
    else array['identified', 'qualified', 'lost'] end as way) w
cross join lateral generate_series(1, cardinality(w.way) - 1) k
cross join lateral (select o.opened_on + ($1::date - o.opened_on) * k / cardinality(w.way) as day) d
order by o.customer_id, o.opportunity_id, k";
