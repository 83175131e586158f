//! Whose code is in a WebAssembly module: bytes of its functions by the crate that their name begins with.
//!
//! A function that was made for somebody's types counts as its own crate's: `core::ptr::drop_in_place<App>` is core's.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::{Outcome, files_below, read};

/// Every module below `pkg`: `{"modules": [{"name", "bytes", "crates": [{"name", "bytes"}]}]}`, the largest first.
/// `bytes` are without the names, which are not served.
pub(crate) fn of(pkg: &Path) -> Outcome<Value> {
    let mut modules = Vec::new();
    for file in files_below(pkg)?.into_iter().filter(|file| file.extension().is_some_and(|kind| kind == "wasm")) {
        let name = file.strip_prefix(pkg).unwrap_or(&file).display().to_string();
        let parts = parts(&read(&file)?).ok_or_else(|| format!("{}: not understood", file.display()))?;
        let bytes: usize = parts.values().sum();
        let mut parts: Vec<(String, usize)> = parts.into_iter().collect();
        parts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let crates: Vec<Value> = parts.iter().map(|(name, bytes)| json!({"name": name, "bytes": bytes})).collect();
        modules.push((bytes, json!({"name": name, "bytes": bytes, "crates": crates})));
    }
    modules.sort_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
    Ok(json!({"modules": modules.into_iter().map(|(_, module)| module).collect::<Vec<_>>()}))
}

/// What is no function of a crate.
const DATA: &str = "data";
const TABLES: &str = "types and tables";
const UNNAMED: &str = "unnamed";

/// Bytes by crate and by section; `None` for what is no module.
fn parts(module: &[u8]) -> Option<BTreeMap<String, usize>> {
    let mut bytes = Bytes(module.strip_prefix(b"\0asm\x01\0\0\0")?);
    let (mut parts, mut names) = (BTreeMap::<String, usize>::new(), BTreeMap::<u64, String>::new());
    let (mut imported, mut bodies) = (0_u64, Vec::<usize>::new());
    while !bytes.0.is_empty() {
        let id = bytes.byte()?;
        let section = bytes.sized()?;
        match id {
            0 => {
                if let Some(named) = function_names(section) {
                    names = named;
                }
            }
            2 => {
                imported = imported_functions(section)?;
                *parts.entry(TABLES.to_owned()).or_default() += section.len();
            }
            10 => bodies = sizes(section)?,
            11 => *parts.entry(DATA.to_owned()).or_default() += section.len(),
            _ => *parts.entry(TABLES.to_owned()).or_default() += section.len(),
        }
    }
    for (at, size) in bodies.into_iter().enumerate() {
        let of = names.get(&(imported + at as u64)).map_or_else(|| UNNAMED.to_owned(), |name| crate_of(name));
        *parts.entry(of).or_default() += size;
    }
    Some(parts)
}

/// The crate that a symbol's path begins with, whatever it is a reference or an implementation of.
fn crate_of(symbol: &str) -> String {
    let symbol = symbol.split(' ').next().unwrap_or(symbol);
    let Ok(path) = rustc_demangle::try_demangle(symbol) else { return "bindings".to_owned() };
    let path = format!("{path:#}");
    let mut rest = path.as_str();
    loop {
        let before = rest;
        rest = rest.trim_start_matches(['<', '&', '(', '[', '*', ' ']);
        for word in ["mut ", "const ", "dyn ", "impl ", "fn("] {
            rest = rest.strip_prefix(word).unwrap_or(rest);
        }
        if rest == before {
            break;
        }
    }
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    if end == 0 { UNNAMED.to_owned() } else { rest[..end].to_owned() }
}

/// Functions that come from elsewhere: they are numbered before the module's own.
fn imported_functions(section: &[u8]) -> Option<u64> {
    let mut bytes = Bytes(section);
    let mut functions = 0;
    for _ in 0..bytes.number()? {
        bytes.sized()?;
        bytes.sized()?;
        match bytes.byte()? {
            0 => {
                bytes.number()?;
                functions += 1;
            }
            1 => {
                bytes.kind()?;
                bytes.limits()?;
            }
            2 => bytes.limits()?,
            3 => {
                bytes.kind()?;
                bytes.byte()?;
            }
            4 => {
                bytes.byte()?;
                bytes.number()?;
            }
            _ => return None,
        }
    }
    Some(functions)
}

/// Bytes of every function, its length included.
fn sizes(section: &[u8]) -> Option<Vec<usize>> {
    let mut bytes = Bytes(section);
    let count = bytes.number()?;
    (0..count)
        .map(|_| {
            let before = bytes.0.len();
            bytes.sized()?;
            Some(before - bytes.0.len())
        })
        .collect()
}

/// Functions' names by number, of the custom section that has them.
fn function_names(section: &[u8]) -> Option<BTreeMap<u64, String>> {
    let mut bytes = Bytes(section);
    if bytes.sized()? != b"name" {
        return None;
    }
    let mut names = BTreeMap::new();
    while !bytes.0.is_empty() {
        let id = bytes.byte()?;
        let mut part = Bytes(bytes.sized()?);
        if id != 1 {
            continue;
        }
        for _ in 0..part.number()? {
            let number = part.number()?;
            names.insert(number, String::from_utf8_lossy(part.sized()?).into_owned());
        }
    }
    Some(names)
}

/// A module as it is read on.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// Unsigned LEB128.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// As many bytes as the number before them says.
    fn sized(&mut self) -> Option<&'a [u8]> {
        let size = usize::try_from(self.number()?).ok()?;
        let (part, rest) = self.0.split_at_checked(size)?;
        self.0 = rest;
        Some(part)
    }

    /// A type of values; references name what they refer to.
    fn kind(&mut self) -> Option<()> {
        if matches!(self.byte()?, 0x63 | 0x64) {
            self.number()?;
        }
        Some(())
    }

    fn limits(&mut self) -> Option<()> {
        let has_most = self.byte()? & 1 == 1;
        self.number()?;
        if has_most {
            self.number()?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One imported function, two of its own of 3 and 5 bytes, a byte of data, and the names of the latter two.
    const MODULE: &[u8] = b"\0asm\x01\0\0\0\
        \x02\x07\x01\x01a\x01b\x00\x00\
        \x0a\x09\x02\x02\x00\x0b\x04\x00\x01\x01\x0b\
        \x0b\x01x\
        \x00\x31\x04name\x01\x2a\x02\x01\x12_ZN4core3fmt4showE\x02\x13_ZN6guanhu3app3runE";

    #[test]
    fn functions_are_counted_by_the_crate_of_their_name() {
        let legacy = "_ZN4core3fmt4show17h0123456789abcdefE";
        assert_eq!([crate_of(legacy), crate_of("__wbindgen_malloc")], ["core", "bindings"]);
        let implemented = "_ZN55_$LT$leptos..Owner$u20$as$u20$core..ops..drop..Drop$GT$4drop17h0123456789abcdefE";
        assert_eq!(crate_of(&format!("{implemented} local_shim")), "leptos");
    }

    #[test]
    fn a_module_is_taken_apart() {
        let parts = parts(MODULE).expect("a module");
        assert_eq!((parts["core"], parts["guanhu"], parts[DATA], parts[TABLES]), (3, 5, 1, 7));
        assert_eq!(super::parts(b"not one"), None);
    }
}
