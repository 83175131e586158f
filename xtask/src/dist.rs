//! The release as a folder that runs anywhere with a Postgres.

use std::fs;
use std::path::Path;

use crate::shell::{root, step, target};
use crate::{Build, Outcome, run, site};

/// `target/dist/` with the server, its site beside it, where the server looks first, the profiles of feeds and the licence.
pub(crate) fn build() -> Outcome {
    let server = run::server(Build::Release)?;
    let site = site::make(Build::Release)?;
    let dist = target()?.join("dist");
    step("Gathering", || {
        let making = dist.with_extension("new");
        let failed = |error: std::io::Error| format!("{}: {error}", making.display());
        let remove = |dir: &Path| match fs::remove_dir_all(dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        };
        remove(&making)?;
        fs::create_dir_all(&making).map_err(failed)?;
        fs::copy(&server, making.join("guanhu")).map_err(failed)?;
        copy_dir(&site, &making.join("site")).map_err(failed)?;
        copy_dir(&root().join("profiles"), &making.join("profiles")).map_err(failed)?;
        fs::copy(root().join("LICENSE"), making.join("LICENSE")).map_err(failed)?;
        remove(&dist)?;
        fs::rename(&making, &dist).map_err(failed)
    })?;
    println!("{}: copy the folder, run ./guanhu serve", dist.display());
    Ok(())
}

fn copy_dir(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_dir(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
