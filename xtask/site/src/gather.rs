//! Joins what pages share into few modules. Cut exactly, there are hundreds, each with types of its own and compressed
//! for itself, and a page would ask for a hundred and fifty of them; joined, a page loads a little that it does not need.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fs;
use std::path::Path;

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    CodeSection, DataCountSection, DataSection, ElementSection, EntityType, FunctionSection, ImportSection, Module, NameMap, NameSection,
    TypeSection,
};
use wasmparser::{KnownCustom, Name, Parser, Payload, TypeRef};

use crate::wasm::{LOADER, MANIFEST};
use crate::{Outcome, read, write};

/// What a file of its own costs each page that asks for it, in bytes of code: the asking, and what compression does
/// not see of the other files.
const FILE: u64 = 24 * 1024;

/// Joins modules below `pkg` as pages are best served, and tells the loader and the manifest.
pub(crate) fn gather(pkg: &Path) -> Outcome {
    let manifest = read(&pkg.join(MANIFEST))?;
    let pages: BTreeMap<String, Vec<String>> = serde_json::from_slice(&manifest).map_err(|error| format!("{MANIFEST}: {error}"))?;
    let mut shared = BTreeMap::<&str, u64>::new();
    for (page, files) in pages.values().enumerate() {
        for file in files.iter().filter(|file| file.starts_with("chunk_")) {
            *shared.entry(file).or_default() |= 1 << page;
        }
    }
    let mut groups = Vec::new();
    for (name, pages) in shared {
        let bytes = contents(&read(&pkg.join(name).with_extension("wasm"))?).map_err(|error| format!("{name}: {error}"))?;
        groups.push(Group { names: vec![name.to_owned()], pages, bytes });
    }
    let groups = grouped(groups);
    let mut heads = BTreeMap::<&str, &str>::new();
    for group in &groups {
        let [head, rest @ ..] = group.names.as_slice() else { continue };
        heads.extend(group.names.iter().map(|name| (name.as_str(), head.as_str())));
        if rest.is_empty() {
            continue;
        }
        let mut joined = Joined::default();
        for name in &group.names {
            let file = pkg.join(name).with_extension("wasm");
            joined.add(&read(&file)?).map_err(|error| format!("joining {name}: {error}"))?;
            fs::remove_file(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        write(&pkg.join(head).with_extension("wasm"), &joined.finish())?;
    }
    let head = |name: &str| heads.get(name).copied().unwrap_or(name).to_owned();
    let told: BTreeMap<&String, Vec<String>> = pages
        .iter()
        .map(|(page, files)| {
            let mut seen = BTreeSet::new();
            (page, files.iter().map(|file| head(file)).filter(|file| seen.insert(file.clone())).collect())
        })
        .collect();
    write(&pkg.join(MANIFEST), serde_json::to_string(&told).map_err(|error| error.to_string())?.as_bytes())?;
    let loader = pkg.join(LOADER);
    let script = String::from_utf8(read(&loader)?).map_err(|error| format!("{LOADER}: {error}"))?;
    write(&loader, regrouped(&script, &heads)?.as_bytes())
}

struct Group {
    names: Vec<String>,
    /// A bit for each page that asks for it.
    pages: u64,
    bytes: u64,
}

impl Group {
    /// What it costs all pages together.
    fn cost(pages: u64, bytes: u64) -> u64 {
        u64::from(pages.count_ones()) * (bytes + FILE)
    }
}

/// Joins whatever two are served best together, for as long as that serves the pages better.
fn grouped(mut groups: Vec<Group>) -> Vec<Group> {
    loop {
        let mut best: Option<(u64, usize, usize)> = None;
        for (at, one) in groups.iter().enumerate() {
            for (before, other) in groups[..at].iter().enumerate() {
                let apart = Group::cost(one.pages, one.bytes) + Group::cost(other.pages, other.bytes);
                let together = Group::cost(one.pages | other.pages, one.bytes + other.bytes);
                if together < apart && best.is_none_or(|(saved, ..)| apart - together > saved) {
                    best = Some((apart - together, before, at));
                }
            }
        }
        let Some((_, into, from)) = best else { return groups };
        let from = groups.remove(from);
        let into = &mut groups[into];
        into.names.extend(from.names);
        into.pages |= from.pages;
        into.bytes += from.bytes;
    }
}

/// Bytes of code and data.
fn contents(module: &[u8]) -> Result<u64, wasmparser::BinaryReaderError> {
    let mut bytes = 0;
    for payload in Parser::new(0).parse_all(module) {
        bytes += match payload? {
            Payload::CodeSectionStart { size, .. } => u64::from(size),
            Payload::DataSection(section) => section.range().end - section.range().start,
            _ => 0,
        };
    }
    Ok(bytes)
}

/// Modules that only import, and that put their functions into the table and their data into the memory they share.
#[derive(Default)]
struct Joined {
    types: TypeSection,
    imports: ImportSection,
    imported: Vec<(String, EntityType)>,
    functions: FunctionSection,
    elements: ElementSection,
    data_counted: bool,
    code: CodeSection,
    data: DataSection,
    names: NameMap,
}

/// Where what a module numbers from nought begins in the joined one.
#[derive(Default)]
struct Places {
    types: u32,
    functions: u32,
    elements: u32,
    data: u32,
    globals: Vec<u32>,
}

impl Reencode for Places {
    type Error = Infallible;

    fn type_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.types + index)
    }

    fn function_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.functions + index)
    }

    fn element_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.elements + index)
    }

    fn data_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        Ok(self.data + index)
    }

    fn global_index(&mut self, index: u32) -> Result<u32, reencode::Error> {
        // Past what is imported there is none.
        self.globals.get(index as usize).copied().ok_or(reencode::Error::UnexpectedNonCoreModuleSection)
    }
}

impl Joined {
    fn add(&mut self, module: &[u8]) -> Result<(), String> {
        let mut places = Places {
            types: self.types.len(),
            functions: self.functions.len(),
            elements: self.elements.len(),
            data: self.data.len(),
            globals: Vec::new(),
        };
        let said = |error: reencode::Error| format!("{error:?}");
        for payload in Parser::new(0).parse_all(module) {
            match payload.map_err(|error| error.to_string())? {
                Payload::TypeSection(section) => places.parse_type_section(&mut self.types, section).map_err(said)?,
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.map_err(|error| error.to_string())?;
                        let at = self.import(&mut places, import)?;
                        if matches!(import.ty, TypeRef::Global(_)) {
                            places.globals.push(at);
                        }
                    }
                }
                Payload::FunctionSection(section) => places.parse_function_section(&mut self.functions, section).map_err(said)?,
                Payload::ElementSection(section) => places.parse_element_section(&mut self.elements, section).map_err(said)?,
                Payload::DataCountSection { .. } => self.data_counted = true,
                Payload::CodeSectionEntry(body) => places.parse_function_body(&mut self.code, body).map_err(said)?,
                Payload::DataSection(section) => places.parse_data_section(&mut self.data, section).map_err(said)?,
                Payload::CustomSection(section) => {
                    let KnownCustom::Name(names) = section.as_known() else { continue };
                    for names in names {
                        let Name::Function(names) = names.map_err(|error| error.to_string())? else { continue };
                        for naming in names {
                            let naming = naming.map_err(|error| error.to_string())?;
                            self.names.append(places.functions + naming.index, naming.name);
                        }
                    }
                }
                Payload::ExportSection(section) if section.count() == 0 => {}
                Payload::GlobalSection(section) if section.count() == 0 => {}
                Payload::MemorySection(section) if section.count() == 0 => {}
                Payload::TableSection(section) if section.count() == 0 => {}
                Payload::Version { .. } | Payload::CodeSectionStart { .. } | Payload::End(_) => {}
                other => return Err(format!("there is more in it than can be joined: {other:?}")),
            }
        }
        Ok(())
    }

    /// What several import is imported once. Its number among those of its kind.
    fn import(&mut self, places: &mut Places, import: wasmparser::Import<'_>) -> Result<u32, String> {
        if matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_) | TypeRef::Tag(_)) {
            return Err(format!("it imports {}, which is not of the memory, the table or a global", import.name));
        }
        let ty = places.entity_type(import.ty).map_err(|error| format!("{error:?}"))?;
        let key = format!("{}.{}", import.module, import.name);
        let alike = |other: &EntityType| std::mem::discriminant(other) == std::mem::discriminant(&ty);
        let before = |end: usize| self.imported[..end].iter().filter(|(_, other)| alike(other)).count() as u32;
        if let Some(at) = self.imported.iter().position(|(name, _)| *name == key) {
            return match self.imported[at].1 == ty {
                true => Ok(before(at)),
                false => Err(format!("it imports {key} as {ty:?}, another as {:?}", self.imported[at].1)),
            };
        }
        let at = before(self.imported.len());
        self.imports.import(import.module, import.name, ty);
        self.imported.push((key, ty));
        Ok(at)
    }

    fn finish(self) -> Vec<u8> {
        let mut module = Module::new();
        module.section(&self.types).section(&self.imports).section(&self.functions).section(&self.elements);
        if self.data_counted {
            module.section(&DataCountSection { count: self.data.len() });
        }
        module.section(&self.code).section(&self.data);
        if !self.names.is_empty() {
            let mut names = NameSection::new();
            names.functions(&self.names);
            module.section(&names);
        }
        module.finish()
    }
}

/// The loader with one constant for each group, and pages that ask for groups. It has a comment, a constant and its file
/// for each module, and a list of constants for each page.
fn regrouped(script: &str, heads: &BTreeMap<&str, &str>) -> Outcome<String> {
    let mut out = String::new();
    let mut dropping = false;
    let mut told = 0;
    for line in script.lines() {
        if let Some((name, _)) = line.strip_prefix("const __").and_then(|rest| rest.split_once(" = makeLoad(")) {
            let head = heads.get(name).ok_or_else(|| format!("{LOADER}: {name} is of no page"))?;
            dropping = *head != name;
            told += 1;
        }
        if line.starts_with("/* ") && line.ends_with(" */") {
            continue;
        }
        if !dropping {
            match line.strip_prefix(", [").and_then(|rest| rest.split_once(']')) {
                Some((list, rest)) => {
                    let mut seen = BTreeSet::new();
                    let names = list.split(", ").filter_map(|name| name.strip_prefix("__"));
                    let names: Vec<String> = names
                        .map(|name| heads.get(name).copied().unwrap_or(name))
                        .filter(|name| seen.insert(*name))
                        .map(|name| format!("__{name}"))
                        .collect();
                    out.push_str(&format!(", [{}]{rest}\n", names.join(", ")));
                }
                None => {
                    out.push_str(line);
                    out.push('\n');
                }
            }
        }
        if line.starts_with(", [") {
            dropping = false;
        }
    }
    match told == heads.len() {
        true => Ok(out),
        false => Err(format!("{LOADER}: {told} of {} modules were found in it", heads.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, pages: u64, kilobytes: u64) -> Group {
        Group { names: vec![name.to_owned()], pages, bytes: kilobytes * 1024 }
    }

    #[test]
    fn what_the_same_pages_need_is_joined_and_what_few_need_stays_apart() {
        let all = 0b1111;
        let groups = vec![group("a", all, 40), group("b", all, 60), group("c", 0b0011, 300), group("d", 0b0111, 1)];
        let names: Vec<Vec<String>> = grouped(groups).into_iter().map(|group| group.names).collect();
        assert_eq!(names, [vec!["a", "b", "d"], vec!["c"]]);
    }

    #[test]
    fn the_loader_asks_for_groups() {
        let block = |name: &str, file: &str, end: &str| {
            format!("{name} = makeLoad(() => {{\n    const src = fetch(new URL(\"./{file}.wasm\", import.meta.url));\n}}\n, {end}\n")
        };
        let script = [
            "import { initSync } from \"./guanhu.js\";\n".to_owned(),
            format!("/* list, customer */\n{}", block("const __chunk_3", "chunk_3", "[]);")),
            format!("/* list */\n{}", block("const __chunk_4", "chunk_4", "[]);")),
            block("export const __wasm_split_load_list", "split_list", "[__chunk_3, __chunk_4]));"),
            block("export const __wasm_split_load_customer", "split_customer", "[__chunk_4]));"),
        ]
        .concat();
        let expected = [
            "import { initSync } from \"./guanhu.js\";\n".to_owned(),
            block("const __chunk_3", "chunk_3", "[]);"),
            block("export const __wasm_split_load_list", "split_list", "[__chunk_3]));"),
            block("export const __wasm_split_load_customer", "split_customer", "[__chunk_3]));"),
        ]
        .concat();
        let heads = BTreeMap::from([("chunk_3", "chunk_3"), ("chunk_4", "chunk_3")]);
        assert_eq!(regrouped(&script, &heads).as_deref(), Ok(expected.as_str()));
        assert!(regrouped("", &heads).is_err());
    }
}
