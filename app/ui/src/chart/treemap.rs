use std::fmt::Write;

use guanhu_domain::i18n::Lang;

use super::{draw::escape, scale::Measure};

/// One part of a whole: as large as its value, washed by how it moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    pub label: String,
    /// Nothing or less has no room.
    pub value: i64,
    /// What is said below the value: `+1.2%`.
    pub note: String,
    /// How it moved, in hundredths of a per cent; none when nobody knows.
    pub moved: Option<i64>,
    pub href: Option<String>,
}

/// Parts of a whole side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreemapSpec {
    pub tiles: Vec<Tile>,
    pub measure: Measure,
}

/// A place in shares of the box.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

/// How wide the box is drawn for its height.
const ASPECT: f64 = 2.0;
/// From this movement on a wash is as deep as it gets, in hundredths of a per cent.
const DEEPEST: i64 = 10_00;

/// Places whose areas are as the values, as near to squares as rows and columns allow: a row takes the next
/// value as long as that makes its worst tile squarer. Values in falling order.
fn places(values: &[f64]) -> Vec<Place> {
    let whole: f64 = values.iter().sum();
    let mut places = Vec::with_capacity(values.len());
    // Measured in a box of ASPECT × 1, so that squares are square where they are seen.
    let mut room = Place { left: 0.0, top: 0.0, width: ASPECT, height: 1.0 };
    let areas: Vec<f64> = values.iter().map(|value| value / whole * ASPECT).collect();
    let mut from = 0;
    while from < areas.len() {
        let side = room.width.min(room.height);
        let mut to = from + 1;
        let mut sum = areas[from];
        while to < areas.len() && worst(&areas[from..=to], sum + areas[to], side) <= worst(&areas[from..to], sum, side) {
            sum += areas[to];
            to += 1;
        }
        let thick = sum / side;
        let mut along = 0.0;
        for area in &areas[from..to] {
            let long = area / thick;
            places.push(if room.width >= room.height {
                Place { left: room.left, top: room.top + along, width: thick, height: long }
            } else {
                Place { left: room.left + along, top: room.top, width: long, height: thick }
            });
            along += long;
        }
        if room.width >= room.height {
            room = Place { left: room.left + thick, width: room.width - thick, ..room };
        } else {
            room = Place { top: room.top + thick, height: room.height - thick, ..room };
        }
        from = to;
    }
    places.into_iter().map(|place| Place { left: place.left / ASPECT, width: place.width / ASPECT, ..place }).collect()
}

/// The least square of a row's tiles: how many times longer than wide.
fn worst(row: &[f64], sum: f64, side: f64) -> f64 {
    let thick = sum / side;
    row.iter().map(|area| (thick * thick / area).max(area / (thick * thick))).fold(0.0, f64::max)
}

impl TreemapSpec {
    /// Tiles that have room, the largest first, with their places.
    fn placed(&self) -> Vec<(&Tile, Place)> {
        let mut tiles: Vec<&Tile> = self.tiles.iter().filter(|tile| tile.value > 0).collect();
        tiles.sort_by_key(|tile| std::cmp::Reverse(tile.value));
        let values: Vec<f64> = tiles.iter().map(|tile| tile.value as f64).collect();
        tiles.into_iter().zip(places(&values)).collect()
    }
}

/// Colour of the wash, and how much of it in per cent.
fn wash(tile: &Tile) -> (&'static str, i64) {
    let Some(moved) = tile.moved else { return ("--chart-5", 12) };
    let colour = if moved < 0 { "--seal" } else { "--chart-1" };
    (colour, 8 + moved.abs().min(DEEPEST) * 34 / DEEPEST)
}

/// The tiles as markup, each a link where it leads somewhere. Words stand where there is room for them; a
/// small tile has them in its title.
pub fn treemap(spec: &TreemapSpec, lang: Lang) -> String {
    let mut markup = String::new();
    for (tile, place) in spec.placed() {
        let value = spec.measure.say(tile.value, lang);
        let (colour, depth) = wash(tile);
        let said = escape(&format!("{} {value} {}", tile.label, tile.note));
        let style = format!(
            "left:{:.3}%;top:{:.3}%;width:{:.3}%;height:{:.3}%;--wash:color-mix(in oklab, var({colour}) {depth}%, transparent)",
            place.left * 100.0,
            place.top * 100.0,
            place.width * 100.0,
            place.height * 100.0
        );
        let words = match place.width >= 0.1 && place.height >= 0.14 {
            true => format!("<b>{}</b><span>{value}</span><span>{}</span>", escape(&tile.label), escape(&tile.note)),
            false => String::new(),
        };
        let _ = match &tile.href {
            Some(href) => write!(markup, r#"<a href="{}" title="{said}" aria-label="{said}" style="{style}">{words}</a>"#, escape(href)),
            None => write!(markup, r#"<span class="tile" title="{said}" style="{style}">{words}</span>"#),
        };
    }
    markup
}

/// The whole as one SVG, below a title that `open` has drawn.
pub(super) fn body(spec: &TreemapSpec, lang: Lang) -> String {
    let (left, top, width, height) = (24.0, 54.0, 952.0, 476.0);
    let mut svg = String::new();
    for (tile, place) in spec.placed() {
        let (x, y) = (left + place.left * width, top + place.top * height);
        let (wide, high) = (place.width * width, place.height * height);
        let (colour, depth) = wash(tile);
        let _ = write!(
            svg,
            r##"<rect x="{x:.1}" y="{y:.1}" width="{wide:.1}" height="{high:.1}" fill="var({colour})" fill-opacity="{:.2}" stroke="#fcfbf9" stroke-width="2"/>"##,
            depth as f64 / 100.0
        );
        if wide >= 90.0 && high >= 56.0 {
            for (at, words) in [&tile.label, &spec.measure.say(tile.value, lang), &tile.note].into_iter().enumerate() {
                let _ = write!(svg, r#"<text x="{:.1}" y="{:.1}">{}</text>"#, x + 8.0, y + 18.0 + 16.0 * at as f64, escape(words));
            }
        }
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_fill_the_box_as_their_values_and_are_no_splinters() {
        let values = [40.0, 20.0, 15.0, 10.0, 8.0, 4.0, 2.0, 1.0];
        let places = places(&values);
        for (place, value) in places.iter().zip(values) {
            assert!((place.width * place.height - value / 100.0).abs() < 1e-9, "{place:?}");
            assert!(
                place.left >= -1e-9
                    && place.top >= -1e-9
                    && place.left + place.width <= 1.0 + 1e-9
                    && place.top + place.height <= 1.0 + 1e-9
            );
            let sides = place.width * ASPECT / place.height;
            assert!((0.2..5.0).contains(&sides), "{place:?}");
        }
    }

    #[test]
    fn what_has_nothing_has_no_tile_and_names_are_escaped() {
        let tile =
            |label: &str, value| Tile { label: label.into(), value, note: "+1%".into(), moved: Some(100), href: Some("/x?a=1&b".into()) };
        let spec = TreemapSpec { tiles: vec![tile("<甲>", 10), tile("乙", 0), tile("丙", -5)], measure: Measure::Count };
        let drawn = treemap(&spec, Lang::Zh);
        assert_eq!(drawn.matches("<a ").count(), 1);
        assert!(drawn.contains("&lt;甲&gt;") && drawn.contains("/x?a=1&amp;b") && !drawn.contains("NaN"), "{drawn}");
        assert_eq!(treemap(&TreemapSpec { tiles: vec![], measure: Measure::Count }, Lang::Zh), "");
    }
}
