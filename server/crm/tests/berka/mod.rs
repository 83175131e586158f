//! A real bank's files, 1993–1998, loaded through the shipped profile.
//!
//! The data set is not part of the project. It is looked for as a folder `data/berka` in the neighbourhood of
//! the project, or where `GUANHU_BERKA_DIR` says (`none`: nowhere). Without it a test passes and says that it did not run; a
//! folder that was named and has no files fails.

mod place;

use std::path::Path;

use guanhu_crm::{
    Actor, Bank, Keys, MIGRATOR,
    feeds::{self, ImportRequest, Profile},
};
use guanhu_domain::feeds::ImportReport;
use sqlx::{PgPool, postgres::PgPoolOptions};

/// The bank with all files loaded, what was asked for (to load it again) and what became of it. `None`: no files.
pub async fn loaded(owner: &PgPool) -> Option<(Bank, ImportRequest, ImportReport)> {
    let dir = place::find()?;
    MIGRATOR.run(owner).await.unwrap();
    let options = owner.connect_options().as_ref().clone().options([("role", "guanhu_app")]);
    let pool = PgPoolOptions::new().max_connections(4).connect_lazy_with(options);
    let bank = Bank::over(pool, Keys::derive(b"only for tests, and long enough to be a secret"));
    let profile_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../profiles/berka");
    let profile = Profile::parse(&std::fs::read_to_string(profile_dir.join("berka.toml")).unwrap()).unwrap();
    let request = ImportRequest { profile, profile_dir: Some(profile_dir), dir, business_date: None, dry_run: false, rejects_dir: None };
    let report = feeds::import(&bank, &Actor::system(), request.clone(), |_| {}).await.unwrap();
    Some((bank, request, report))
}
