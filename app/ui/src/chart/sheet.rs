//! A table that leaves the page as a drawing: heat maps and what else has its figures in its cells.

use std::fmt::Write;

use super::{draw::escape, export::COLOURS};

const FIRST: usize = 190;
const COLUMN: usize = 84;
const LINE: usize = 28;
const HEAD: usize = 120;
const EDGE: usize = 24;

/// A cell: its words, and the depth of the wash behind it in per cent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Washed {
    pub words: String,
    pub wash: Option<u32>,
}

/// The whole of a table: heads turned, so that narrow columns can have long ones, rows whose first cell heads them.
pub fn sheet_file(title: &str, heads: &[String], rows: &[Vec<Washed>]) -> String {
    let columns = heads.len().saturating_sub(1);
    let (width, height) = (2 * EDGE + FIRST + COLUMN * columns + 60, HEAD + 60 + LINE * rows.len());
    let title = escape(title);
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13" fill="#22252c" style="background:#fcfbf9;{COLOURS}"><title>{title}</title><text x="{EDGE}" y="34" font-size="17">{title}</text>"##
    );
    for (at, head) in heads.iter().enumerate() {
        let head = escape(head);
        let y = HEAD + 32;
        let _ = match at {
            0 => write!(svg, r#"<text x="{EDGE}" y="{y}" fill="var(--chart-ink)">{head}</text>"#),
            _ => {
                let x = EDGE + FIRST + COLUMN * (at - 1) + COLUMN / 2;
                write!(svg, r#"<text transform="translate({x} {y}) rotate(-35)" fill="var(--chart-ink)">{head}</text>"#)
            }
        };
    }
    for (line, row) in rows.iter().enumerate() {
        let y = HEAD + 40 + LINE * line;
        for (at, cell) in row.iter().enumerate() {
            let words = escape(&fit(&cell.words, if at == 0 { FIRST } else { COLUMN } - 10));
            let text = y + 19;
            let _ = match at {
                0 => write!(svg, r#"<text x="{EDGE}" y="{text}">{words}</text>"#),
                _ => {
                    let x = EDGE + FIRST + COLUMN * (at - 1);
                    let wash = cell.wash.filter(|wash| *wash > 0).map_or_else(String::new, |wash| {
                        let opacity = f64::from(wash.min(100)) / 100.0;
                        format!(
                            r#"<rect x="{x}" y="{y}" width="{}" height="{}" fill="var(--chart-1)" fill-opacity="{opacity}"/>"#,
                            COLUMN - 2,
                            LINE - 2
                        )
                    });
                    write!(svg, r#"{wash}<text x="{}" y="{text}" text-anchor="end">{words}</text>"#, x + COLUMN - 10)
                }
            };
        }
    }
    svg.push_str("</svg>");
    svg
}

/// As much of a text as is so wide, in pixels: Chinese takes 13 a letter, other scripts about 7.
fn fit(words: &str, width: usize) -> String {
    let wide = |letter: char| if letter.is_ascii() { 7 } else { 13 };
    if words.chars().map(wide).sum::<usize>() <= width {
        return words.to_owned();
    }
    let mut room = width.saturating_sub(13);
    let kept = words.chars().take_while(|letter| {
        let fits = wide(*letter) <= room;
        room = room.saturating_sub(wide(*letter));
        fits
    });
    kept.chain(std::iter::once('…')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_drawn_and_words_are_escaped() {
        let cell = |words: &str, wash| Washed { words: words.into(), wash };
        let drawn = sheet_file(
            "产品 × <分层>",
            &[String::new(), "存款".into(), "理财".into()],
            &[vec![cell("金卡", None), cell("12.3", Some(45)), cell("0.0", Some(0))]],
        );
        assert!(drawn.contains("&lt;分层&gt;") && drawn.contains(">12.3</text>") && drawn.contains(">0.0</text>"));
        assert_eq!(drawn.matches("<rect").count(), 1);
        assert!(drawn.contains(r#"fill-opacity="0.45""#) && drawn.ends_with("</svg>"));
        assert_eq!((fit("春晖路支行", 74), fit("临江市商业银行总行", 74)), ("春晖路支行".into(), "临江市商…".into()));
    }
}
