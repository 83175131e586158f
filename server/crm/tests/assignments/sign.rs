//! Both sides sign the handover sheet: each for the own part, and nobody for both.

use guanhu_crm::{Error, assignments, testing::World};
use guanhu_domain::{
    Code,
    assignments::{
        Decision, NewTransfer, POOL, TransferState,
        handover::{NewSignature, SheetSide, Signature},
    },
};
use sqlx::PgPool;
use uuid::Uuid;

use super::asked;

async fn sign(world: &World, login: &str, transfer: Uuid, side: SheetSide, between: (&str, &str)) -> Result<Signature, Code> {
    let asked = NewSignature { side, from: between.0.into(), to: between.1.into() };
    let signed = assignments::sign(&world.bank, &world.actor(login).await, transfer, &asked, Uuid::now_v7()).await;
    signed.map_err(|error: Error| error.code())
}

/// For which sides of the only part of a sheet this person may sign.
async fn may(world: &World, login: &str, transfer: Uuid) -> Vec<SheetSide> {
    let sheet = assignments::sheet(&world.bank, &world.actor(login).await, transfer, &Default::default()).await.unwrap();
    sheet.parts.first().map(|part| part.may_sign.clone()).unwrap_or_default()
}

#[sqlx::test(migrations = false)]
async fn each_side_signs_for_itself_and_a_head_for_whom_nobody_else_can(pool: PgPool) {
    let world = World::new(pool).await;
    let east = world.actor("east").await;
    for sql in [
        "insert into staff (code, name, org_id, is_manager) values ('M-CEN', '岑岑', 103, true)",
        "insert into app_user (login, name, role, org_id, password_hash) values ('chief', '总行长', 'branch_manager', 100, '')",
    ] {
        sqlx::query(sql).execute(&world.owner).await.unwrap();
    }
    let (from, to) = (SheetSide::From, SheetSide::To);
    let moved = async |id: i64, to: &str| assignments::request(&world.bank, &east, &asked(&[id], to), Uuid::now_v7()).await.unwrap().id;

    // Between two who both can, nobody else does.
    let id = world.customer("沈深", "E1", Some("M-ALICE"), 1_000).await;
    let both = moved(id, "M-BO").await;
    assert_eq!((may(&world, "alice", both).await, may(&world, "bo", both).await), (vec![from], vec![to]));
    assert!(may(&world, "east", both).await.is_empty() && may(&world, "chief", both).await.is_empty());
    assert_eq!(sign(&world, "east", both, to, ("M-ALICE", "M-BO")).await, Err(Code::Forbidden));
    assert_eq!(sign(&world, "boss", both, to, ("M-ALICE", "M-BO")).await, Err(Code::Forbidden), "not by role");
    assert_eq!(sign(&world, "west", both, to, ("M-ALICE", "M-BO")).await, Err(Code::NotFound));
    for wrong in [("M-BO", "M-ALICE"), ("M-ALICE", "M-NOBODY"), ("M-ALICE", POOL)] {
        assert_eq!(sign(&world, "alice", both, from, wrong).await, Err(Code::Invalid), "nothing went there: {wrong:?}");
    }
    let given = sign(&world, "alice", both, from, ("M-ALICE", "M-BO")).await.unwrap();
    assert_eq!((given.by.as_str(), given.stands_in), ("爱丽", false));
    assert_eq!(sign(&world, "alice", both, from, ("M-ALICE", "M-BO")).await, Err(Code::Conflict), "once");
    sign(&world, "bo", both, to, ("M-ALICE", "M-BO")).await.unwrap();
    let sheet = assignments::sheet(&world.bank, &east, both, &Default::default()).await.unwrap();
    let signed: Vec<_> = sheet.parts[0].signatures.iter().map(|signature| (signature.side, signature.by.as_str())).collect();
    assert_eq!(signed, [(from, "爱丽"), (to, "薄文")]);
    // Who gave it away knows which customer it was, and no more.
    let sheet = assignments::sheet(&world.bank, &world.actor("alice").await, both, &Default::default()).await.unwrap();
    let line = &sheet.parts[0].lines[0];
    assert_eq!((line.name.as_str(), line.aum, line.masked, sheet.others), ("沈**", 0, true, 0));

    // For the pool, and for who has no login, the head signs; for both sides it takes two heads.
    let helpless = moved(id, "M-CEN").await;
    assert_eq!(may(&world, "east", helpless).await, [to]);
    assert!(sign(&world, "east", helpless, to, ("M-BO", "M-CEN")).await.unwrap().stands_in);
    let pooled = moved(id, POOL).await;
    assert_eq!(may(&world, "chief", pooled).await, [from, to]);
    assert!(sign(&world, "east", pooled, from, ("M-CEN", POOL)).await.unwrap().stands_in);
    assert!(may(&world, "east", pooled).await.is_empty());
    assert_eq!(sign(&world, "east", pooled, to, ("M-CEN", POOL)).await, Err(Code::SamePerson));
    sign(&world, "chief", pooled, to, ("M-CEN", POOL)).await.unwrap();

    // What has not happened is not signed, nor what was taken back; what was signed stays.
    let later = NewTransfer { effective: Some("2026-04-02".parse().unwrap()), ..asked(&[id], "M-BO") };
    let later = assignments::request(&world.bank, &east, &later, Uuid::now_v7()).await.unwrap();
    assert_eq!(later.state, TransferState::Approved);
    assert_eq!(sign(&world, "bo", later.id, to, (POOL, "M-BO")).await, Err(Code::Conflict));
    assignments::recall(&world.bank, &east, later.id, &Decision::default(), Uuid::now_v7()).await.unwrap();
    let back = moved(id, "M-BO").await;
    sign(&world, "bo", back, to, (POOL, "M-BO")).await.unwrap();
    assignments::revert(&world.bank, &east, back, &Decision { reason: "弄错了".into() }, Uuid::now_v7()).await.unwrap();
    assert_eq!(sign(&world, "east", back, from, (POOL, "M-BO")).await, Err(Code::Conflict));
    assert_eq!(assignments::sheet(&world.bank, &east, back, &Default::default()).await.unwrap().parts[0].signatures.len(), 1);
}
