//! Parts equal the whole to the cent, whatever a month was like: made-up customers who change hands on any
//! day and in any shares, seen at every level and by everybody.

use chrono::{Days, NaiveDate};
use guanhu_crm::{Actor, contribution, contribution::reconcile, dashboards, testing::World};
use guanhu_domain::{
    Code,
    contribution::kin::KinKind,
    dashboards::{BoardQuery, Level, LevelItem},
};
use sqlx::PgPool;

/// The same numbers every time, as unlike each other as the test needs.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

const STAFF: [i32; 3] = [2000, 2001, 2002];

async fn customer(world: &World, dice: &mut Dice, at: usize) -> i64 {
    let unit = ["E1", "E2", "W1", "EAST", "HO"][dice.below(5) as usize];
    let id = world.customer(&format!("客户{at}"), unit, None, dice.below(900_000) as i64 + 1).await;
    for category in ["term", "loan", "wealth"] {
        if dice.below(2) == 0 {
            continue;
        }
        sqlx::query(
            "insert into account (customer_id, account_no, account_no_hash, product_id, org_id, category, currency, balance, rate, term_months, opened_on)
             select $1, $2, decode(md5($2), 'hex'), p.product_id, c.org_id, $3, 'CNY', $4, $5, 12, '2025-01-01'
             from customer c, product p where c.customer_id = $1 and p.category = $3 limit 1",
        )
        .bind(id)
        .bind(format!("{category}{id}"))
        .bind(category)
        .bind(dice.below(90_000_000) as i64 + 1)
        .bind(rust_decimal::Decimal::new(dice.below(60_000) as i64, 4))
        .execute(&world.owner)
        .await
        .unwrap();
    }
    // Two or three stretches of a month, each in somebody's charge, several people's, or nobody's.
    let first: NaiveDate = "2026-03-01".parse().unwrap();
    let mut from = 0;
    while from < 31 {
        let to = (from + 3 + dice.below(20)).min(31);
        let day = |at: u64| first.checked_add_days(Days::new(at)).unwrap();
        let lead = dice.below(4) as usize;
        for (place, staff) in STAFF.iter().enumerate() {
            let role = if place == lead { "lead" } else { "assist" };
            if place != lead && (lead == 3 || dice.below(3) > 0) {
                continue;
            }
            sqlx::query("insert into assignment (customer_id, staff_id, role, share, valid) values ($1, $2, $3, $4, daterange($5, $6))")
                .bind(id)
                .bind(staff)
                .bind(role)
                .bind(rust_decimal::Decimal::new(dice.below(9_999) as i64 + 1, 2))
                .bind(day(from))
                .bind(day(to))
                .execute(&world.owner)
                .await
                .unwrap();
        }
        from = to;
    }
    id
}

/// A chain of seven, each the spouse or of the household of the next; two pairs; and a group of companies with its parent in the middle.
async fn families(world: &World) {
    let ids: Vec<i64> = sqlx::query_scalar("select customer_id from customer order by md5(name)").fetch_all(&world.owner).await.unwrap();
    let household = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (10, 11), (12, 13)]
        .map(|(a, b)| (a, b, if a % 2 == 0 { "spouse" } else { "household" }));
    let group = [(20, 21), (20, 22), (22, 23)].map(|(a, b)| (a, b, "group_member"));
    for (a, b, kind) in household.into_iter().chain(group) {
        for (from, to, inverse) in [(a, b, false), (b, a, true)] {
            sqlx::query("insert into customer_relation (customer_id, related_id, kind, inverse) values ($1, $2, $3, $4)")
                .bind(ids[from])
                .bind(ids[to])
                .bind(kind)
                .bind(inverse)
                .execute(&world.owner)
                .await
                .unwrap();
        }
    }
}

fn sum(items: &[LevelItem]) -> [i64; 5] {
    items.iter().fold([0; 5], |[a, b, c, d, e], item| {
        [a + item.spread, b + item.fees, c + item.expected_loss, d + item.cost, e + item.contribution]
    })
}

#[sqlx::test(migrations = false)]
async fn every_level_is_the_sum_of_its_parts_whatever_the_month_was_like(pool: PgPool) {
    let world = World::new(pool).await;
    let mut dice = Dice(20_260_331);
    for at in 0..60 {
        let id = customer(&world, &mut dice, at).await;
        if dice.below(3) == 0 {
            sqlx::query(
                "insert into customer_tier (customer_id, valid, tier_id) select $1, '[2026-03-01,)', tier_id from tier where code = 'gold'",
            )
            .bind(id)
            .execute(&world.owner)
            .await
            .unwrap();
        }
    }
    sqlx::raw_sql(
        "insert into account_year (customer_id, account_id, year, end_balance, average_balance)
         select customer_id, account_id, 2026, array[null, null, balance] || array_fill(null::bigint, array[9]),
             array[null, null, balance - balance / 7] || array_fill(null::bigint, array[9]) from account;
         insert into ftp_curve values ('CNY', '2020-01-01', 12, 1.9), ('CNY', '2020-01-01', 60, 2.35)",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    families(&world).await;
    contribution::close_month(&world.bank, &world.actor("admin").await, "2026-03-01".parse().unwrap()).await.unwrap();
    let verdict = reconcile::reconcile(&world.bank, &Actor::system(), None).await.unwrap();
    assert_eq!(verdict.difference, None);

    let bank = &world.bank;
    let queries = [None, Some("gold")].map(|tier| BoardQuery { tier: tier.map(str::to_owned), ..BoardQuery::default() });
    for login in ["boss", "east", "west", "alice"] {
        let actor = world.actor(login).await;
        for query in &queries {
            let mut levels = Vec::new();
            for level in [Level::Bank, Level::Unit, Level::Manager, Level::Product, Level::Tier] {
                let items = dashboards::levels(bank, &actor, query, level).await.unwrap().items;
                assert!(items.iter().all(|item| item.contribution == item.spread + item.fees - item.expected_loss - item.cost));
                levels.push(sum(&items));
            }
            assert_eq!(levels, [levels[0]; 5], "{login} {query:?}");
            let kin = async |level| dashboards::levels(bank, &actor, query, level).await.map(|figures| figures.items);
            if login == "alice" {
                assert_eq!(kin(Level::Household).await.unwrap_err().code(), Code::NotFound);
                continue;
            }
            for level in [Level::Household, Level::Group] {
                match query.tier {
                    None => assert_eq!(sum(&kin(level).await.unwrap()), levels[0], "{login} {level:?}"),
                    Some(_) => assert_eq!(kin(level).await.unwrap_err().code(), Code::Invalid),
                }
            }
            // The boards say the same as the levels.
            let board = dashboards::bank_board(bank, &actor, query).await.unwrap();
            let managers = dashboards::managers_board(bank, &actor, query).await.unwrap();
            let by_manager = managers.items.iter().chain(&managers.unassigned).map(|line| line.contribution).sum::<i64>();
            let by_unit = board.units.iter().map(|unit| unit.contribution).sum::<i64>();
            let whole = levels[0][4];
            assert_eq!((board.now.contribution, by_manager), (whole, whole), "{login} {query:?}");
            assert!(board.units.is_empty() || by_unit == whole, "{login} {query:?}: {by_unit} {whole}");
            let balances = board.units.iter().fold((0, 0), |(deposits, loans), unit| (deposits + unit.deposits, loans + unit.loans));
            assert!(board.units.is_empty() || balances == (board.now.deposits, board.now.loans), "{login} {query:?}: {balances:?}");
            let products = dashboards::products_board(bank, &actor, query).await.unwrap().products;
            assert_eq!(products.iter().map(|product| product.contribution).sum::<i64>(), whole, "{login} {query:?}");
        }
    }
    let households = dashboards::levels(bank, &world.actor("boss").await, &BoardQuery::default(), Level::Household).await.unwrap().items;
    let mut sizes: Vec<i64> = households.iter().filter(|line| !line.code.is_empty()).filter_map(|line| line.customers).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [2, 2, 7], "everybody reached over any number of steps is of the household");
    let groups = dashboards::value_board(bank, &world.actor("boss").await, &BoardQuery::default()).await.unwrap().kin;
    let groups: Vec<_> =
        groups.into_iter().filter(|line| line.kind == KinKind::Group).map(|line| (line.place, line.kin, line.customers)).collect();
    assert_eq!(groups, [(1, 1, 4), (-1, 0, 56)]);
    // Units by themselves are what their own customers brought.
    let own: Vec<(String, i64)> = sqlx::query_as(
        "select o.code, sum(c.contribution)::bigint from customer_month c join org_unit o using (org_id) group by o.code order by 2 desc, 1",
    )
    .fetch_all(&world.owner)
    .await
    .unwrap();
    let told = dashboards::levels(bank, &world.actor("boss").await, &BoardQuery::default(), Level::Unit).await.unwrap().items;
    assert_eq!(told.into_iter().map(|item| (item.code, item.contribution)).collect::<Vec<_>>(), own);
}
