//! A table's layout in the few characters a cookie allows: `name.220~aum*~trend!`.

use guanhu_ui::{TableLayout, table::ColumnLayout};

/// Reads [`write`]; what makes no sense is left out.
pub fn read(text: &str) -> TableLayout {
    let columns = text
        .split('~')
        .filter_map(|part| {
            let (part, pinned) = match part.strip_suffix('*') {
                Some(part) => (part, Some(true)),
                None => (part, None),
            };
            let (part, hidden) = match part.strip_suffix('!') {
                Some(part) => (part, true),
                None => (part, false),
            };
            let (key, width) = match part.split_once('.') {
                Some((key, width)) => (key, width.parse().ok().filter(|width| (40..=1200).contains(width))),
                None => (part, None),
            };
            let known = !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            known.then(|| ColumnLayout { key: key.to_owned(), width, hidden, pinned })
        })
        .take(40)
        .collect();
    TableLayout { columns }
}

pub fn write(layout: &TableLayout) -> String {
    let part = |column: &ColumnLayout| {
        let width = column.width.map(|width| format!(".{width}")).unwrap_or_default();
        let pinned = if column.pinned == Some(true) { "*" } else { "" };
        format!("{}{width}{}{pinned}", column.key, if column.hidden { "!" } else { "" })
    };
    layout.columns.iter().map(part).collect::<Vec<_>>().join("~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_survives_the_cookie_and_nonsense_does_not() {
        let text = "name.220~last_contact*~aum.96!";
        assert_eq!(write(&read(text)), text);
        assert_eq!(read(text).columns[2], ColumnLayout { key: "aum".into(), width: Some(96), hidden: true, pinned: None });
        assert_eq!(write(&read("~name.x~<b>~aum.99999")), "name~aum");
    }
}
