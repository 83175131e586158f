//! Makes the site that browsers load: splits the compiled frontend at its lazy routes, generates
//! its JavaScript, shrinks it, bundles the styles and compresses everything.
//!
//! `cargo xtask` builds and runs this only when the site is out of date: its libraries take a
//! minute to compile, which nobody should wait for who only wants to start the server.
//!
//! ```text
//! OUT/fingerprint                    a hash of all that is below pkg/
//! OUT/pkg/FINGERPRINT/guanhu.{js,wasm,css}
//! OUT/pkg/FINGERPRINT/__wasm_split…  a chunk per lazy route and what they share, their loader and manifest
//! OUT/pkg/FINGERPRINT/…              app/public/ as it is
//! ```
//!
//! The fingerprint is a directory rather than a part of each name, so that the files can name each
//! other and nothing has to be patched. Everything below `pkg/` may be cached for ever. Beside each
//! compressible file lie its `.br` and `.gz`.

mod compress;
mod contents;
mod gather;
mod style;
mod wasm;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use sha2::{Digest, Sha256};

/// What every step returns: the message names the file or program that failed.
type Outcome<T = ()> = Result<T, String>;

/// Where everything comes from and goes to.
struct Inputs {
    /// The frontend as cargo linked it, with relocations.
    wasm: PathBuf,
    /// The directory with `main.css`.
    style: PathBuf,
    /// Files that are copied as they are; may be missing.
    public: PathBuf,
    /// The script that shrinks modules; without it the site is larger but whole.
    optimiser: Option<PathBuf>,
    out: PathBuf,
    /// For development: neither shrink nor compress.
    quick: bool,
    /// Functions keep their names, and whose code is in each module is written here; nothing is compressed.
    contents: Option<PathBuf>,
}

fn main() -> ExitCode {
    match inputs(std::env::args().skip(1)).and_then(|inputs| make(&inputs)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask-site: {message}");
            ExitCode::FAILURE
        }
    }
}

fn inputs(mut args: impl Iterator<Item = String>) -> Outcome<Inputs> {
    let (mut wasm, mut style, mut public, mut optimiser, mut out, mut contents) = (None, None, None, None, None, None);
    let mut quick = false;
    while let Some(flag) = args.next() {
        if flag == "--quick" {
            quick = true;
            continue;
        }
        let value = args.next().map(PathBuf::from).ok_or_else(|| format!("{flag} needs a value"))?;
        match flag.as_str() {
            "--wasm" => wasm = Some(value),
            "--style" => style = Some(value),
            "--public" => public = Some(value),
            "--optimiser" => optimiser = Some(value),
            "--out" => out = Some(value),
            "--contents" => contents = Some(value),
            _ => return Err(format!("unknown flag {flag}")),
        }
    }
    let needed = |value: Option<PathBuf>, flag| value.ok_or_else(|| format!("{flag} is missing"));
    Ok(Inputs {
        wasm: needed(wasm, "--wasm")?,
        style: needed(style, "--style")?,
        public: needed(public, "--public")?,
        optimiser,
        out: needed(out, "--out")?,
        quick,
        contents,
    })
}

/// Makes the site beside its final place and moves it there when it is whole.
fn make(inputs: &Inputs) -> Outcome {
    let making = inputs.out.with_extension("new");
    remove(&making)?;
    let pkg = making.join("pkg/making");
    create(&pkg)?;

    step("splitting and binding", || wasm::split_and_bind(&inputs.wasm, &pkg))?;
    if !inputs.quick {
        step("joining what pages share", || gather::gather(&pkg))?;
    }
    match &inputs.optimiser {
        Some(optimiser) if !inputs.quick => {
            step("shrinking", || wasm::shrink(&pkg, optimiser, inputs.contents.is_some()))?;
        }
        _ => {}
    }
    if let Some(file) = &inputs.contents {
        write(file, contents::of(&pkg)?.to_string().as_bytes())?;
    }
    let css = style::bundle(&inputs.style)?;
    write(&pkg.join("guanhu.css"), css.as_bytes())?;

    if inputs.public.is_dir() {
        copy(&inputs.public, &pkg)?;
    }

    let fingerprint = fingerprint(&pkg)?;
    let named = pkg.with_file_name(&fingerprint);
    rename(&pkg, &named)?;
    if !inputs.quick && inputs.contents.is_none() {
        step("compressing", || compress::all_below(&making))?;
    }
    write(&making.join("fingerprint"), fingerprint.as_bytes())?;
    print_sizes(&named)?;
    if !inputs.quick && inputs.contents.is_none() {
        print_scripts(&named)?;
    }

    let old = inputs.out.with_extension("old");
    remove(&old)?;
    if inputs.out.exists() {
        rename(&inputs.out, &old)?;
    }
    rename(&making, &inputs.out)?;
    remove(&old)
}

fn step<T>(name: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    let since = Instant::now();
    let result = work()?;
    println!("  {name}: {:.1} s", since.elapsed().as_secs_f64());
    Ok(result)
}

fn fingerprint(pkg: &Path) -> Outcome<String> {
    let mut hash = Sha256::new();
    for file in files_below(pkg)? {
        let content = read(&file)?;
        hash.update(file.strip_prefix(pkg).unwrap_or(&file).as_os_str().as_encoded_bytes());
        hash.update((content.len() as u64).to_le_bytes());
        hash.update(&content);
    }
    Ok(hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// What a browser transfers, so that growth is seen when it happens.
fn print_sizes(pkg: &Path) -> Outcome {
    for file in files_below(pkg)? {
        let compressed = fs::metadata(compress::beside(&file, "br")).map(|meta| meta.len());
        let (Ok(plain), Ok(compressed)) = (fs::metadata(&file), compressed) else {
            continue;
        };
        let name = file.strip_prefix(pkg).unwrap_or(&file).display();
        println!("  {name}: {} kB, {} kB in brotli", plain.len() / 1_000, compressed / 1_000);
    }
    Ok(())
}

/// What a browser transfers for a page, by the script that the page comes in: the frame that every page begins with, and
/// what the script itself and what it shares with others come to.
fn print_scripts(pkg: &Path) -> Outcome {
    let manifest = read(&pkg.join(wasm::MANIFEST))?;
    let scripts: BTreeMap<String, BTreeSet<String>> =
        serde_json::from_slice(&manifest).map_err(|error| format!("{}: {error}", wasm::MANIFEST))?;
    let weigh = |file: &str| {
        let names = [file.to_owned(), format!("{file}.wasm")];
        names.iter().find_map(|name| fs::metadata(compress::beside(&pkg.join(name), "br")).ok()).map_or(0, |meta| meta.len())
    };
    let frame = weigh("guanhu.js") + weigh("guanhu.wasm") + weigh("guanhu.css");
    println!("  every page: {} kB in brotli", frame / 1_000);
    for (script, files) in scripts {
        let more: u64 = files.iter().map(|file| weigh(file)).sum();
        println!("  … of {script}: {} kB more, in {} files", more / 1_000, files.len());
    }
    Ok(())
}

/// All files below `dir`, sorted, so that the same content gives the same fingerprint.
fn files_below(dir: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(|error| format!("{}: {error}", dir.display()))? {
        let path = entry.map_err(|error| format!("{}: {error}", dir.display()))?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn copy(from: &Path, to: &Path) -> Outcome {
    for file in files_below(from)? {
        let target = to.join(file.strip_prefix(from).unwrap_or(&file));
        if let Some(parent) = target.parent() {
            create(parent)?;
        }
        fs::copy(&file, &target).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

fn read(path: &Path) -> Outcome<Vec<u8>> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, content: &[u8]) -> Outcome {
    fs::write(path, content).map_err(|error| format!("{}: {error}", path.display()))
}

fn rename(from: &Path, to: &Path) -> Outcome {
    fs::rename(from, to).map_err(|error| format!("{}: {error}", from.display()))
}

fn create(dir: &Path) -> Outcome {
    fs::create_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display()))
}

fn remove(dir: &Path) -> Outcome {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(format!("{}: {error}", dir.display())),
        _ => Ok(()),
    }
}
