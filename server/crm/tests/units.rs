//! The tree of units grows, moves and is pruned; sight moves with it.

use guanhu_crm::{Error, Scope, testing::World, units};
use guanhu_domain::{
    Code,
    access::units::{NewUnit, UnitChange, UnitKind},
};
use sqlx::PgPool;

#[sqlx::test(migrations = false)]
async fn a_unit_moves_with_all_below_it(pool: PgPool) {
    let world = World::new(pool).await;
    let admin = world.actor("admin").await;
    let outlet = NewUnit { code: "E1A".into(), name: "城东一支行营业部".into(), kind: UnitKind::Outlet, parent: "E1".into() };
    units::create(&world.bank, &admin, &outlet).await.unwrap();
    assert!(
        matches!(units::create(&world.bank, &admin, &outlet).await, Err(Error::Problem(problem)) if problem.of("code", Default::default()).is_some())
    );
    let below_outlet = NewUnit { code: "X".into(), name: "X".into(), kind: UnitKind::Branch, parent: "E1A".into() };
    assert!(units::create(&world.bank, &admin, &below_outlet).await.is_err());

    let to_west = UnitChange { version: 1, parent: Some("WEST".into()), ..Default::default() };
    units::change(&world.bank, &admin, "E1", &to_west).await.unwrap();
    assert_eq!(units::change(&world.bank, &admin, "E1", &to_west).await.unwrap_err().code(), Code::Stale);
    let codes: Vec<(String, i32)> =
        units::list(&world.bank, &admin).await.unwrap().into_iter().map(|unit| (unit.code, unit.depth)).collect();
    let expected = [("HO", 0), ("EAST", 1), ("E2", 2), ("WEST", 1), ("E1", 2), ("E1A", 3), ("W1", 2)];
    assert_eq!(codes, expected.map(|(code, depth)| (code.to_owned(), depth)));
    let Scope::Units(seen) = world.actor("west").await.scope else { panic!("a branch manager sees units") };
    assert_eq!(seen.len(), 4);
    let below_itself = UnitChange { version: 1, parent: Some("E1A".into()), ..Default::default() };
    assert_eq!(units::change(&world.bank, &admin, "WEST", &below_itself).await.unwrap_err().code(), Code::Invalid);
}

#[sqlx::test(migrations = false)]
async fn only_an_empty_unit_is_closed(pool: PgPool) {
    let world = World::new(pool).await;
    let admin = world.actor("admin").await;
    world.customer("张小伟", "E2", None, 0).await;
    let close = |version| UnitChange { version, closed: Some(true), ..Default::default() };
    let Err(Error::Problem(problem)) = units::change(&world.bank, &admin, "E2", &close(1)).await else { panic!("E2 has a customer") };
    assert_eq!(problem.current, Some(serde_json::json!({"units": 0, "staff": 0, "users": 0, "customers": 1})));
    let unit = NewUnit { code: "E3".into(), name: "城东三支行".into(), kind: UnitKind::SubBranch, parent: "EAST".into() };
    units::create(&world.bank, &admin, &unit).await.unwrap();
    let closed = units::change(&world.bank, &admin, "E3", &close(1)).await.unwrap();
    assert!(closed.closed_on.is_some());
    let outlet = NewUnit { code: "E3A".into(), name: "营业部".into(), kind: UnitKind::Outlet, parent: "E3".into() };
    assert!(units::create(&world.bank, &admin, &outlet).await.is_err(), "nothing grows below a closed unit");
}
