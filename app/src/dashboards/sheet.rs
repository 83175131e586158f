//! The table behind a chart, which is also its CSV: one list of cells for both.

use std::fmt::Write;

use guanhu_ui::chart::{Washed, sheet_file};

/// What a cell says on the page, and what a file says in its place.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// Markup.
    shown: String,
    plain: String,
    number: bool,
    /// Depth of the wash behind it, in per cent.
    heat: Option<u32>,
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl Cell {
    pub fn text(text: &str) -> Cell {
        Cell { shown: escape(text), plain: text.to_owned(), ..Cell::default() }
    }

    /// A figure as it is shown, and in full.
    pub fn number(shown: String, plain: String) -> Cell {
        Cell { shown, plain, number: true, heat: None }
    }

    pub fn none() -> Cell {
        Cell { shown: r#"<span class="faint">—</span>"#.into(), number: true, ..Cell::default() }
    }

    /// Markup, with what a file says in its place.
    pub fn drawn(shown: String, plain: String) -> Cell {
        Cell { shown, plain, ..Cell::default() }
    }

    /// Markup that says nothing which another cell does not.
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

    /// The table as a drawing of its own.
    pub fn svg(&self) -> String {
        let heads: Vec<String> = self.heads.iter().map(|(head, _)| head.clone()).collect();
        let cell = |cell: &Cell| Washed { words: words(&cell.shown), wash: cell.heat };
        let rows: Vec<Vec<Washed>> = self.rows.iter().chain(&self.foot).map(|row| row.iter().map(cell).collect()).collect();
        sheet_file(&self.label, &heads, &rows)
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

/// The run of a figure, drawn in a cell; gaps are passed over.
pub fn spark(values: &[Option<i64>]) -> String {
    let known = || values.iter().flatten().copied();
    let (Some(low), Some(high)) = (known().min(), known().max()) else { return String::new() };
    let span = if high > low { (high - low) as f64 } else { 1.0 };
    let steps = values.len().saturating_sub(1).max(1) as f64;
    let mut path = String::new();
    let mut last = None;
    for (at, value) in values.iter().enumerate() {
        let Some(value) = value else { continue };
        let x = 2.0 + 84.0 * at as f64 / steps;
        let y = if high > low { 2.0 + 16.0 * (high - value) as f64 / span } else { 10.0 };
        let _ = write!(path, "{}{x:.1} {y:.1}", if last.is_none() { 'M' } else { 'L' });
        last = Some((x, y));
    }
    let dot = last.map(|(x, y)| format!(r#"<circle r="1.75" cx="{x:.1}" cy="{y:.1}"/>"#)).unwrap_or_default();
    format!(r#"<svg class="sparkline" viewBox="0 0 88 20" aria-hidden="true"><path d="{path}"/>{dot}</svg>"#)
}

/// How far a target is reached: a bar of at most one and a half times it, the target a tick. `forecast` is drawn behind.
pub fn meter(actual: i64, forecast: i64, target: i64) -> String {
    let at = |value: i64| if target > 0 { (value.max(0) as f64 / target as f64 * 100.0).min(150.0) } else { 0.0 };
    let missed = if forecast < target { " missed" } else { "" };
    format!(
        r#"<svg class="meter{missed}" viewBox="0 0 150 10" preserveAspectRatio="none" aria-hidden="true"><rect class="ahead" y="3" width="{:.1}" height="4"/><rect class="got" y="3" width="{:.1}" height="4"/><path d="M100 0v10"/></svg>"#,
        at(forecast),
        at(actual)
    )
}

/// Parts of a whole side by side: the mark of each, which gives its colour, and how much it is. `said` is read instead.
pub fn mix(parts: &[(i16, i64)], said: &str) -> String {
    let whole = parts.iter().map(|(_, part)| *part).sum::<i64>().max(1) as f64;
    let (mut bars, mut from) = (String::new(), 0.0);
    for (mark, part) in parts {
        let width = 88.0 * *part as f64 / whole;
        let _ = write!(
            bars,
            r#"<rect x="{from:.1}" width="{:.1}" height="10" fill="var(--tier-{})"/>"#,
            (width - 1.0).max(0.5),
            mark.clamp(&0, &guanhu_domain::tiers::MARK_MAX)
        );
        from += width;
    }
    let said = escape(said);
    format!(
        r#"<svg class="mix" viewBox="0 0 88 10" preserveAspectRatio="none" role="img" aria-label="{said}"><title>{said}</title>{bars}</svg>"#
    )
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
}
