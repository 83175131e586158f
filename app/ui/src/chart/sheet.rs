//! The table behind a chart, which is also its files: one list of cells for the page, for programs and for paper.

use std::fmt::Write;

use plotters::{
    element::{PathElement, Rectangle, Text},
    style::{Color, text_anchor::HPos},
};

pub use super::pen::escape;
use super::{
    export::file,
    ink::Ink,
    inline::Inline,
    pen::{Area, Drawn, Rising, fit, letters, part, units},
};

/// What a cell says on the page, and what a file says in its place.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// Markup.
    shown: String,
    plain: String,
    number: bool,
    /// Depth of the wash behind it, in per cent.
    heat: Option<u32>,
    inline: Option<Inline>,
}

impl Cell {
    pub fn text(text: &str) -> Cell {
        Cell { shown: escape(text), plain: text.to_owned(), ..Cell::default() }
    }

    /// A figure as it is shown, and in full.
    pub fn number(shown: String, plain: String) -> Cell {
        Cell { shown, plain, number: true, ..Cell::default() }
    }

    pub fn none() -> Cell {
        Cell { shown: r#"<span class="faint">—</span>"#.into(), number: true, ..Cell::default() }
    }

    /// A drawing that says nothing which other cells do not.
    pub fn inline(inline: Inline) -> Cell {
        Cell { shown: inline.markup(None), inline: Some(inline), ..Cell::default() }
    }

    /// A drawing, and what it says to who does not see it and in a file.
    pub fn said(inline: Inline, plain: String) -> Cell {
        Cell { shown: inline.markup(Some(&plain)), plain, inline: Some(inline), ..Cell::default() }
    }

    /// Markup that is for the page only.
    pub fn drawing(shown: String) -> Cell {
        Cell { shown, ..Cell::default() }
    }

    pub fn link(mut self, href: &str) -> Cell {
        self.shown = format!(r#"<a href="{}">{}</a>"#, escape(href), self.shown);
        self
    }

    /// A link, where there is somewhere to go.
    pub fn link_to(self, href: Option<String>) -> Cell {
        match href {
            Some(href) => self.link(&href),
            None => self,
        }
    }

    pub fn heat(mut self, per_cent: u32) -> Cell {
        self.heat = Some(per_cent.min(100));
        self
    }

    fn is_silent(&self) -> bool {
        self.inline.is_none() && words(&self.shown).is_empty()
    }
}

/// How deep a share is washed, in per cent, when the largest is `most`: by the root, so that small shares can be told apart;
/// never so deep that ink would not be read on it.
pub fn wash(share: i64, most: i64) -> u32 {
    (45.0 * (share.max(0) as f64 / most.max(1) as f64).sqrt()) as u32
}

/// A table: heads with whether figures stand below them, rows whose first cell heads them.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    pub label: String,
    pub heads: Vec<(String, bool)>,
    pub rows: Vec<Vec<Cell>>,
    pub foot: Option<Vec<Cell>>,
    /// Heads stand upright, for many narrow columns.
    pub is_map: bool,
}

// Of a file, in units.
const FIRST: f64 = 190.0;
const COLUMN: f64 = 84.0;
const LINE: f64 = 28.0;
const HEAD: f64 = 160.0;
const EDGE: f64 = 24.0;
/// The last head leans out as far.
const LEANS: f64 = 60.0;

impl Sheet {
    pub fn html(&self) -> String {
        let class = if self.is_map { "table-plain heat" } else { "table-plain" };
        let mut html = format!(r#"<table class="{class}"><caption class="sr-only">{}</caption><thead><tr>"#, escape(&self.label));
        for (head, number) in &self.heads {
            // A head without words heads nothing.
            if head.is_empty() {
                html.push_str("<td></td>");
                continue;
            }
            let class = if *number { r#" class="num""# } else { "" };
            let _ = write!(html, r#"<th scope="col"{class}><span>{}</span></th>"#, escape(head));
        }
        html.push_str("</tr></thead><tbody>");
        for row in &self.rows {
            line(&mut html, row);
        }
        html.push_str("</tbody>");
        if let Some(foot) = &self.foot {
            html.push_str("<tfoot>");
            line(&mut html, foot);
            html.push_str("</tfoot>");
        }
        html.push_str("</table>");
        html
    }

    /// The table as a drawing of its own: heads rise, so that narrow columns can have long ones.
    pub fn svg(&self) -> String {
        let columns: Vec<usize> = (1..self.heads.len()).filter(|at| self.is_map || !self.is_for_the_page(*at)).collect();
        let width = 2.0 * EDGE + FIRST + COLUMN * columns.len() as f64 + LEANS;
        let height = HEAD + LINE * (self.rows.len() + usize::from(self.foot.is_some())) as f64 + EDGE;
        file(&self.label, (width as u32, height as u32), |area| self.draw(&columns, area))
    }

    /// What a person presses or ticks is no part of a file.
    fn is_for_the_page(&self, column: usize) -> bool {
        !self.rows.is_empty() && self.rows.iter().filter_map(|row| row.get(column)).all(Cell::is_silent)
    }

    fn draw(&self, columns: &[usize], area: &Area) -> Drawn {
        let units = units(area);
        let left = |place: usize| EDGE + FIRST + COLUMN * place as f64;
        if let Some((head, _)) = self.heads.first() {
            units.draw(&Text::new(head.clone(), (EDGE, HEAD - 8.0), letters(13.0, Ink::AXIS, HPos::Left)))?;
        }
        for (place, column) in columns.iter().enumerate() {
            let at = (left(place) + COLUMN / 2.0, HEAD - 8.0);
            units.draw(&Rising { words: &self.heads[*column].0, at, style: letters(13.0, Ink::AXIS, HPos::Left) })?;
        }
        for (line, row) in self.rows.iter().chain(&self.foot).enumerate() {
            let top = HEAD + LINE * line as f64;
            let rule = if line == self.rows.len() { Ink::TEXT } else { Ink::RULE };
            units.draw(&PathElement::new([(EDGE, top), (left(columns.len()), top)], rule))?;
            if let Some(cell) = row.first() {
                let name = Text::new(fit(&words(&cell.shown), FIRST - 10.0), (EDGE, top + 19.0), letters(13.0, Ink::TEXT, HPos::Left));
                units.draw(&name)?;
            }
            for (place, column) in columns.iter().enumerate() {
                let Some(cell) = row.get(*column) else { continue };
                let x = left(place);
                if let Some(heat) = cell.heat.filter(|heat| *heat > 0) {
                    let ink = Ink::series(0).mix(f64::from(heat) / 100.0);
                    units.draw(&Rectangle::new([(x, top + 1.0), (x + COLUMN - 1.0, top + LINE - 1.0)], ink.filled()))?;
                }
                if let Some(inline) = &cell.inline {
                    let high = f64::from(inline.size().1);
                    inline.plot(&part(area, (x + 6.0, top + (LINE - high) / 2.0), (COLUMN - 14.0, high)))?;
                    continue;
                }
                let (at, side) = if cell.number { (x + COLUMN - 10.0, HPos::Right) } else { (x + 6.0, HPos::Left) };
                let said = Text::new(fit(&words(&cell.shown), COLUMN - 10.0), (at, top + 19.0), letters(13.0, Ink::TEXT, side));
                units.draw(&said)?;
            }
        }
        Ok(())
    }

    /// With the mark by which spreadsheets know UTF-8.
    pub fn csv(&self) -> String {
        let mut csv = String::from("\u{FEFF}");
        let heads: Vec<String> = self.heads.iter().map(|(head, _)| guanhu_domain::feeds::csv_cell(head)).collect();
        csv.push_str(&heads.join(","));
        csv.push_str("\r\n");
        for row in self.rows.iter().chain(&self.foot) {
            let cells: Vec<String> =
                row.iter().map(|cell| if cell.number { cell.plain.clone() } else { guanhu_domain::feeds::csv_cell(&cell.plain) }).collect();
            csv.push_str(&cells.join(","));
            csv.push_str("\r\n");
        }
        csv
    }
}

/// What markup says.
fn words(markup: &str) -> String {
    let mut words = String::new();
    let mut inside = false;
    for letter in markup.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            letter if !inside => words.push(letter),
            _ => {}
        }
    }
    words.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

fn line(html: &mut String, row: &[Cell]) {
    html.push_str("<tr>");
    for (at, cell) in row.iter().enumerate() {
        let class = if cell.number { r#" class="num""# } else { "" };
        let wash = cell.heat.map(|heat| format!(r#" style="--heat:{heat}%""#)).unwrap_or_default();
        let _ = match at {
            0 => write!(html, r#"<th scope="row"{class}{wash}>{}</th>"#, cell.shown),
            _ => write!(html, "<td{class}{wash}>{}</td>", cell.shown),
        };
    }
    html.push_str("</tr>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_in_full_what_the_page_rounds_and_nothing_becomes_a_formula() {
        let sheet = Sheet {
            label: "x".into(),
            heads: vec![("客户经理".into(), false), ("贡献度".into(), true)],
            rows: vec![vec![Cell::text("=1+1 <李>"), Cell::number("1.23万".into(), "12345.67".into())]],
            ..Sheet::default()
        };
        assert!(sheet.html().contains("&lt;李&gt;") && sheet.html().contains("1.23万"));
        let csv = sheet.csv();
        assert!(csv.contains("12345.67") && !csv.contains("\n=1+1"), "{csv}");
        let svg = sheet.svg();
        assert!(svg.contains(">=1+1 &lt;李&gt;</text>") && svg.contains(">1.23万</text>"), "{svg}");
    }

    #[test]
    fn washes_and_drawings_go_along_and_what_is_pressed_stays_behind() {
        let sheet = Sheet {
            label: "产品 × <分层>".into(),
            heads: ["", "存款", "走势", "对比"].map(|head| (head.to_owned(), false)).into(),
            rows: vec![vec![
                Cell::text("金卡"),
                Cell::number("12.3".into(), "12.30".into()).heat(45),
                Cell::inline(Inline::Spark(vec![Some(1.0), Some(2.0)])),
                Cell::drawing(r#"<input type="checkbox">"#.into()),
            ]],
            ..Sheet::default()
        };
        let drawn = sheet.svg();
        assert!(drawn.contains("&lt;分层&gt;") && drawn.contains(">12.3</text>") && drawn.ends_with("</svg>"), "{drawn}");
        assert!(drawn.contains(r##"fill="#057558" fill-opacity="0.45""##) && drawn.contains("<circle"), "{drawn}");
        assert!(drawn.contains("rotate(-35)") && !drawn.contains("对比"), "{drawn}");
        assert!(sheet.html().contains("checkbox") && sheet.html().contains("--heat:45%"));
        assert_eq!((wash(100, 100), wash(25, 100), wash(0, 0)), (45, 22, 0));
    }
}
