use std::fmt::Write;

use guanhu_domain::i18n::Lang;
use leptos::{prelude::*, text_prop::TextProp};
use plotters::{
    element::{Rectangle, Text},
    style::{Color, RGBAColor, text_anchor::HPos},
};

use super::{
    frame::ChartFrame,
    ink::Ink,
    pen::{Area, Drawn, Fit, UNSAID, escape, fit, letters, plane, size, svg, units},
    scale::Measure,
};
use crate::{lang::use_lang, number::AmountUnit};

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

/// Units of the drawing, which takes the shape of its box.
const SIZE: (u32, u32) = (400, 200);
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

/// The wash of a tile.
fn wash(tile: &Tile) -> RGBAColor {
    let (ink, depth) = match tile.moved {
        None => (Ink::series(4), 12),
        Some(moved) => {
            let ink = if moved < 0 { Ink::ALARM } else { Ink::series(0) };
            (ink, 8 + moved.saturating_abs().min(DEEPEST) * 34 / DEEPEST)
        }
    };
    ink.mix(depth as f64 / 100.0)
}

/// Washes over the whole of a place, with paper between them.
fn plot(placed: &[(&Tile, Place)], area: &Area) -> Drawn {
    let plane = plane(area, 0.0..1.0, 0.0..1.0);
    for (tile, Place { left, top, width, height }) in placed {
        let corners = [(*left, 1.0 - top), (left + width, 1.0 - top - height)];
        plane.draw(&Rectangle::new(corners, wash(tile).filled()))?;
        plane.draw(&Rectangle::new(corners, Ink::PAPER.stroke_width(2)))?;
    }
    Ok(())
}

/// Whether words have room on a tile.
fn is_roomy(place: &Place) -> bool {
    place.width >= 0.1 && place.height >= 0.14
}

/// The tiles as markup: their washes, and above each what it says, a link where it leads somewhere. Words stand
/// where there is room for them; a small tile has them in its title.
fn treemap(spec: &TreemapSpec, lang: Lang) -> String {
    let placed = spec.placed();
    if placed.is_empty() {
        return String::new();
    }
    let mut markup = svg(UNSAID, SIZE, Fit::Stretched, |area| plot(&placed, area));
    for (tile, place) in &placed {
        let value = spec.measure.say(tile.value, lang);
        let said = format!("{} {value} {}", tile.label, tile.note);
        let said = escape(said.trim_end());
        let style = format!(
            "left:{:.3}%;top:{:.3}%;width:{:.3}%;height:{:.3}%",
            place.left * 100.0,
            place.top * 100.0,
            place.width * 100.0,
            place.height * 100.0
        );
        let words = match is_roomy(place) {
            true => format!("<b>{}</b> <span>{value}</span> <span>{}</span>", escape(&tile.label), escape(&tile.note)),
            false => String::new(),
        };
        let _ = match &tile.href {
            Some(href) => write!(markup, r#"<a href="{}" title="{said}" aria-label="{said}" style="{style}">{words}</a>"#, escape(href)),
            None => write!(markup, r#"<span class="tile" title="{said}" style="{style}">{words}</span>"#),
        };
    }
    markup
}

/// The whole in a part of a file, with its words.
pub(super) fn in_file(spec: &TreemapSpec, lang: Lang, area: &Area) -> Drawn {
    let placed = spec.placed();
    plot(&placed, area)?;
    let (units, (width, height)) = (units(area), size(area));
    for (tile, place) in placed.iter().filter(|(_, place)| is_roomy(place)) {
        let room = place.width * width - 12.0;
        for (at, words) in [&tile.label, &spec.measure.say(tile.value, lang), &tile.note].into_iter().enumerate() {
            let under = (place.left * width + 8.0, place.top * height + 18.0 + 16.0 * at as f64);
            units.draw(&Text::new(fit(words, room), under, letters(13.0, Ink::TEXT, HPos::Left)))?;
        }
    }
    Ok(())
}

/// Parts of a whole side by side: the area is the figure, the wash how it moved. `data` are the figures behind.
///
/// `<Treemap title=t(text::map) spec data=move || view! { <table>…</table> }/>`
#[component]
pub fn Treemap(#[prop(into)] title: TextProp, #[prop(into)] spec: Signal<TreemapSpec>, #[prop(into)] data: ViewFn) -> impl IntoView {
    let lang = use_lang();
    // Every tile says its own scale.
    let unit = move || spec.with(|spec| spec.measure.unit_words(AmountUnit::One, lang.get()));
    view! {
        <ChartFrame title unit data>
            <div class="treemap" inner_html=move || spec.with(|spec| treemap(spec, lang.get()))></div>
        </ChartFrame>
    }
    .into_any()
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
    fn what_is_drawn_adds_up_to_the_whole() {
        let tile = |value| Tile { label: "支行".into(), value, note: String::new(), moved: None, href: None };
        let spec = TreemapSpec { tiles: [7, 5, 3, 2, 1].map(tile).into(), measure: Measure::Count };
        let drawn = treemap(&spec, Lang::Zh);
        let side = |rect: &str, name: &str| rect.split_once(&format!(r#"{name}=""#))?.1.split_once('"')?.0.parse::<f64>().ok();
        let washes = drawn.split("<rect").skip(1).filter(|rect| rect.contains("fill-opacity"));
        let areas: Vec<f64> = washes.filter_map(|rect| Some(side(rect, "width")? * side(rect, "height")?)).collect();
        assert_eq!(areas.len(), 5);
        // Corners lie on the grid: a tile may be off by its edges.
        assert!((areas.iter().sum::<f64>() - 400.0 * 200.0).abs() < 1.0, "{areas:?}");
        assert!((areas[0] - 400.0 * 200.0 * 7.0 / 18.0).abs() < 100.0, "{areas:?}");
    }

    #[test]
    fn what_has_nothing_has_no_tile_and_names_are_escaped() {
        let tile =
            |label: &str, value| Tile { label: label.into(), value, note: "+1%".into(), moved: Some(100), href: Some("/x?a=1&b".into()) };
        let spec = TreemapSpec { tiles: vec![tile("<甲>", 10), tile("乙", 0), tile("丙", -5)], measure: Measure::Count };
        let drawn = treemap(&spec, Lang::Zh);
        assert_eq!(drawn.matches("<a ").count(), 1);
        assert!(drawn.contains("&lt;甲&gt;") && drawn.contains("/x?a=1&amp;b") && !drawn.contains("NaN"), "{drawn}");
        // The one tile is the whole drawing, and says so in its wash and in its edge.
        assert_eq!(drawn.matches(r#"<rect x="0" y="0" width="400" height="200""#).count(), 2, "{drawn}");
        assert_eq!(treemap(&TreemapSpec { tiles: vec![], measure: Measure::Count }, Lang::Zh), "");
    }
}
