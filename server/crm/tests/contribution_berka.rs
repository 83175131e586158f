//! Adoption and loans of a real bank's files against SQL of their own. Found and skipped as in `feeds_berka`.

use std::path::{Path, PathBuf};

use guanhu_crm::{
    Actor, Bank, Keys, MIGRATOR, contribution,
    contribution::reconcile,
    feeds::{self, ImportRequest, Profile},
};
use sqlx::{PgPool, postgres::PgPoolOptions};

fn berka() -> Option<PathBuf> {
    let there = |dir: PathBuf| Some(dir).filter(|dir| dir.join("trans.asc").is_file());
    if let Some(dir) = std::env::var_os("GUANHU_BERKA_DIR") {
        return there(dir.into());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().ok()?;
    let neighbours = root.ancestors().skip(2).take(3).filter_map(|dir| std::fs::read_dir(dir).ok()).flatten();
    neighbours.filter_map(|entry| there(entry.ok()?.path().join("data/berka"))).next()
}

#[sqlx::test(migrations = false)]
async fn adoption_and_loans_are_what_the_accounts_say(owner: PgPool) {
    let Some(dir) = berka() else {
        println!("skipped: no data/berka nearby; set GUANHU_BERKA_DIR");
        return;
    };
    MIGRATOR.run(&owner).await.unwrap();
    let options = owner.connect_options().as_ref().clone().options([("role", "guanhu_app")]);
    let pool = PgPoolOptions::new().max_connections(4).connect_lazy_with(options);
    let bank = Bank::over(pool, Keys::derive(b"only for tests, and long enough to be a secret"));
    let profile_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../profiles/berka");
    let profile = Profile::parse(&std::fs::read_to_string(profile_dir.join("berka.toml")).unwrap()).unwrap();
    let request = ImportRequest { profile, profile_dir: Some(profile_dir), dir, business_date: None, dry_run: false, rejects_dir: None };
    feeds::import(&bank, &Actor::system(), request, |_| {}).await.unwrap();

    sqlx::query("insert into ftp_curve values ('CZK', '1993-01-01', 12, 9.5), ('CZK', '1993-01-01', 60, 10.2)")
        .execute(&owner)
        .await
        .unwrap();
    let today: chrono::NaiveDate = sqlx::query_scalar("select business_date from bank").fetch_one(&owner).await.unwrap();
    let closed = contribution::close_month(&bank, &Actor::system(), today).await.unwrap();
    assert_eq!(closed.customers, 5369);
    let verdict = reconcile::reconcile(&bank, &Actor::system(), None).await.unwrap();
    assert_eq!(verdict.difference, None);

    // Holders and loans, counted from the accounts themselves.
    let wrong: Vec<String> = sqlx::query_scalar(
        "select p.code from product p
         left join (select product_id, count(distinct customer_id) as holders from account where closed_on is null group by product_id) a using (product_id)
         left join product_cube c on c.product_id = p.product_id and c.tier_id = -1 and c.org_id = (select org_id from org_unit where parent_id is null)
         where coalesce(a.holders, 0) <> coalesce(c.holders, 0)",
    )
    .fetch_all(&owner)
    .await
    .unwrap();
    assert_eq!(wrong, Vec::<String>::new());
    let (loans, ledger, deposits, current): (i64, i64, i64, i64) = sqlx::query_as(
        "select u.loans, (select sum(balance)::bigint from account where category in ('loan', 'card') and closed_on is null), u.deposits,
             (select sum(balance)::bigint from account where category = 'current' and closed_on is null)
         from unit_cube u join org_unit o using (org_id) where o.parent_id is null and u.tier_id = -1",
    )
    .fetch_one(&owner)
    .await
    .unwrap();
    assert_eq!((loans, deposits), (ledger, current));
    assert!(loans > 0 && deposits > 0);
}
