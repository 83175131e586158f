//! One style sheet from many: `main.css` names the files in their order, and each is put in its
//! place. Plain CSS needs nothing more.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Outcome, files_below};

/// The text of `main.css` in `dir` with every `@import "file.css" [layer(name)];` replaced by that
/// file, and without comments.
///
/// # Errors
/// When an imported file is missing, or a file lies in `dir` that nobody imports: a style that
/// silently does nothing has cost somebody an hour.
pub(crate) fn bundle(dir: &Path) -> Outcome<String> {
    let main = dir.join("main.css");
    if !main.exists() {
        return Err(format!("{} is missing", main.display()));
    }
    let mut used = Vec::new();
    let bundled = inline(&main, &mut used)?;
    for file in files_below(dir)? {
        if file.extension().is_some_and(|kind| kind == "css") && !used.contains(&file) {
            return Err(format!("{} is imported by no other style sheet", file.display()));
        }
    }
    Ok(bundled)
}

fn inline(file: &Path, used: &mut Vec<PathBuf>) -> Outcome<String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    used.push(file.to_owned());
    let mut bundled = String::new();
    for line in without_comments(&text).lines() {
        let Some((name, layer)) = import(line) else {
            if !line.trim().is_empty() {
                bundled.push_str(line.trim_end());
                bundled.push('\n');
            }
            continue;
        };
        let imported = file.with_file_name("").join(name);
        if used.contains(&imported) {
            return Err(format!("{} is imported twice", imported.display()));
        }
        let content = inline(&imported, used)?;
        match layer {
            Some(layer) => bundled.push_str(&format!("@layer {layer} {{\n{content}}}\n")),
            None => bundled.push_str(&content),
        }
    }
    Ok(bundled)
}

/// File and layer of a line such as `@import "ui/table.css" layer(ui);`.
fn import(line: &str) -> Option<(&str, Option<&str>)> {
    let rest = line.trim().strip_prefix("@import")?.trim().strip_suffix(';')?.trim();
    let rest = rest.strip_prefix("url(").map_or(rest, |inner| inner.trim_end_matches(')'));
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (name, rest) = rest[1..].split_once(quote)?;
    let layer = rest.trim().strip_prefix("layer(").and_then(|inner| inner.strip_suffix(')'));
    Some((name, layer))
}

/// Removes `/* … */` outside strings.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut quote = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match quote {
            None if c == '/' && chars.peek() == Some(&'*') => {
                chars.next();
                let mut before = ' ';
                for inner in chars.by_ref() {
                    if before == '*' && inner == '/' {
                        break;
                    }
                    before = inner;
                }
                continue;
            }
            None if matches!(c, '"' | '\'') => quote = Some(c),
            Some(open) if c == open => quote = None,
            Some(_) if c == '\\' => {
                kept.push(c);
                kept.extend(chars.next());
                continue;
            }
            _ => {}
        }
        kept.push(c);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_imports() {
        assert_eq!(import(r#"@import "ui/a.css";"#), Some(("ui/a.css", None)));
        assert_eq!(import(r"  @import 'a.css' layer(ui);"), Some(("a.css", Some("ui"))));
        assert_eq!(import("@layer a, b;"), None);
    }

    #[test]
    fn leaves_strings_alone() {
        assert_eq!(without_comments(r#"a { content: "/* no */ \" "; } /* yes */b"#), r#"a { content: "/* no */ \" "; } b"#);
    }

    #[test]
    fn bundles_in_order_and_misses_nothing() {
        let dir = std::env::temp_dir().join(format!("guanhu-style-{}", std::process::id()));
        fs::create_dir_all(dir.join("ui")).unwrap();
        fs::write(dir.join("main.css"), "@layer a, b;\n@import \"ui/x.css\" layer(b);\n").unwrap();
        fs::write(dir.join("ui/x.css"), "/* why */ p { margin: 0 }\n").unwrap();
        assert_eq!(bundle(&dir).unwrap(), "@layer a, b;\n@layer b {\n p { margin: 0 }\n}\n");
        fs::write(dir.join("ui/forgotten.css"), "").unwrap();
        assert!(bundle(&dir).unwrap_err().contains("forgotten.css"));
        fs::remove_dir_all(&dir).unwrap();
    }
}
