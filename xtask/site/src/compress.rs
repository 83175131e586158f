//! Compressed side files: the server sends them as they are and compresses nothing itself.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::{Outcome, files_below, read, write};

/// What compresses well; pictures and fonts are compressed already.
const KINDS: [&str; 9] = ["wasm", "js", "css", "json", "svg", "html", "txt", "map", "webmanifest"];

/// Smaller files cost a packet either way.
const SMALLEST: usize = 512;

/// Writes `FILE.br` and `FILE.gz` beside every compressible file below `dir`.
pub(crate) fn all_below(dir: &Path) -> Outcome {
    let files: Vec<PathBuf> = files_below(dir)?
        .into_iter()
        .filter(|file| file.extension().is_some_and(|kind| KINDS.iter().any(|known| kind == *known)))
        .collect();
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let handles: Vec<_> = (0..workers)
            .map(|worker| {
                let mut mine = files.iter().skip(worker).step_by(workers);
                scope.spawn(move || mine.try_for_each(|file| both(file)))
            })
            .collect();
        handles.into_iter().try_for_each(|handle| handle.join().unwrap_or_else(|_| Err("compressing stopped".into())))
    })
}

/// The name of a side file: `guanhu.wasm` with `br` is `guanhu.wasm.br`.
pub(crate) fn beside(file: &Path, kind: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(kind);
    name.into()
}

fn both(file: &Path) -> Outcome {
    let content = read(file)?;
    if content.len() < SMALLEST {
        return Ok(());
    }
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&content).map_err(failed)?;
    write(&beside(file, "gz"), &gzip.finish().map_err(failed)?)?;

    let mut compressed = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 24, ..Default::default() };
    brotli::BrotliCompress(&mut content.as_slice(), &mut compressed, &params).map_err(failed)?;
    write(&beside(file, "br"), &compressed)
}
