//! What a bare machine with Rust lacks, fetched when it is needed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::shell::{answer, execute, program, root, step};

const WASM: &str = "wasm32-unknown-unknown";

/// The compiler's target for browsers.
pub(crate) fn wasm_target() -> Outcome {
    let installed = answer(program("rustc").args(["--print=target-libdir", "--target", WASM])).is_some_and(|dir| Path::new(&dir).is_dir());
    if installed {
        return Ok(());
    }
    step("Fetching the compiler's wasm target", || {
        let mut rustup = program("rustup");
        rustup.args(["target", "add", WASM]);
        execute(rustup).map_err(|error| format!("{error}\nThe wasm target is missing. Type: rustup target add {WASM}"))
    })
}

/// npm's `wasm-opt`; `None` where there is no npm, since the site works without.
pub(crate) fn wasm_opt() -> Outcome<Option<PathBuf>> {
    let folder = root().join("xtask/site");
    if !has_npm() {
        eprintln!("  npm is not installed: the site will be larger than it need be");
        return Ok(None);
    }
    npm_packages(&folder)?;
    Ok(Some(folder.join("node_modules/binaryen/bin/wasm-opt")))
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
    let find = || {
        ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
            .into_iter()
            .map(PathBuf::from)
            .find(|path| path.exists())
    };
    let fonts = answer(program("fc-list").arg(":lang=zh")).is_some_and(|list| !list.is_empty());
    if find().is_none() || !fonts {
        apt("Chromium and Chinese fonts", &["chromium", "fonts-noto-cjk", "fontconfig"])?;
    }
    find().ok_or_else(|| "Chromium is missing. Type: sudo apt-get install chromium".into())
}

fn apt(what: &str, packages: &[&str]) -> Outcome {
    let type_this = format!("sudo apt-get install {}", packages.join(" "));
    let is_root = answer(program("id").arg("-u")).is_some_and(|id| id == "0");
    if !is_root || !Path::new("/usr/bin/apt-get").exists() {
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
        install().or_else(|_| get(&["update"]).and_then(|()| install())).map_err(|error| format!("{error}\nType: {type_this}"))
    })
}
