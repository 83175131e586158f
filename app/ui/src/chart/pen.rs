//! What plotters draws with: markup, the same on the server and in the browser. Nothing in it depends on the measure of a text.

use std::{
    cell::RefCell,
    fmt::{self, Write},
    ops::Range,
    rc::Rc,
};

use plotters::{
    coord::{Shift, cartesian::Cartesian2d, types::RangedCoordf64},
    drawing::{DrawingArea, DrawingAreaErrorKind},
    element::{Circle, Drawable, PointCollection, Polygon},
    style::{
        Color, FontDesc, FontFamily, FontStyle, TextStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind};

use super::ink::Ink;

/// How a drawing meets its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// Takes the shape of its box. The style keeps the width of strokes (`vector-effect`), and circles are strokes without
    /// length, so that they stay round.
    Stretched,
    /// Keeps its shape.
    Kept,
    /// Leaves the page, with its colours in it.
    File,
}

/// The backend: its pixel is a tenth of a unit of the drawing, which is finer than is seen.
#[derive(Debug)]
pub(super) struct Pen {
    markup: String,
    size: (u32, u32),
    fit: Fit,
}

/// Pixels of the backend in a unit.
const FINE: i32 = 10;

/// A place to draw on, in pixels of the backend.
pub(super) type Area = DrawingArea<Pen, Shift>;

/// A place to draw on, in figures.
pub(super) type Plane = DrawingArea<Pen, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

pub(super) type Drawn = Result<(), DrawingAreaErrorKind<fmt::Error>>;

type Written = Result<(), DrawingErrorKind<fmt::Error>>;

/// Attributes of a drawing whose figures are said elsewhere.
pub(super) const UNSAID: &str = r#"aria-hidden="true""#;

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A drawing of so many units within a page; `named` are its attributes.
pub(super) fn svg(named: &str, (width, height): (u32, u32), fit: Fit, draw: impl FnOnce(&Area) -> Drawn) -> String {
    let shape = if fit == Fit::Stretched { r#" preserveAspectRatio="none""# } else { "" };
    format!(r#"<svg viewBox="0 0 {width} {height}"{shape} {named}>{}</svg>"#, drawn((width, height), fit, draw))
}

/// What is drawn on so many units; nothing where that fails.
pub(super) fn drawn((width, height): (u32, u32), fit: Fit, draw: impl FnOnce(&Area) -> Drawn) -> String {
    let fine = FINE.unsigned_abs();
    let pen = Rc::new(RefCell::new(Pen { markup: String::new(), size: (width * fine, height * fine), fit }));
    let done = draw(&Area::from(&pen));
    let markup = std::mem::take(&mut pen.borrow_mut().markup);
    if done.is_ok() { markup } else { String::new() }
}

/// Figures on a place: `across` to the right, `up` upwards.
pub(super) fn plane(area: &Area, across: Range<f64>, up: Range<f64>) -> Plane {
    let (x, y) = area.get_pixel_range();
    area.apply_coord_spec(Cartesian2d::new(across, up, (x, y.end..y.start)))
}

/// The units of a place, downwards from its upper left corner.
pub(super) fn units(area: &Area) -> Plane {
    let (x, y) = area.get_pixel_range();
    let long = |pixels: &Range<i32>| 0.0..f64::from(pixels.end - pixels.start) / f64::from(FINE);
    area.apply_coord_spec(Cartesian2d::new(long(&x), long(&y), (x, y)))
}

/// A part of a place, in its units: upper left corner, width and height.
pub(super) fn part(area: &Area, (left, top): (f64, f64), (width, height): (f64, f64)) -> Area {
    area.clone().shrink((pixels(left), pixels(top)), (pixels(width), pixels(height)))
}

/// Width and height of a place, in its units.
pub(super) fn size(area: &Area) -> (f64, f64) {
    let (width, height) = area.dim_in_pixel();
    (f64::from(width) / f64::from(FINE), f64::from(height) / f64::from(FINE))
}

/// Units in pixels of the backend, as the radius of a circle is given.
pub(super) fn pixels(units: f64) -> i32 {
    (units * f64::from(FINE)).round() as i32
}

/// Letters of so many units; they stand on their place, to the right of it, around it or to the left.
pub(super) fn letters(size: f64, ink: Ink, across: HPos) -> TextStyle<'static> {
    TextStyle {
        font: FontDesc::new(FontFamily::SansSerif, size, FontStyle::Normal),
        color: ink.to_backend_color(),
        pos: Pos::new(across, VPos::Bottom),
    }
}

/// As much of a text as is so wide in letters of 13 units: Chinese takes 13 a letter, other scripts about 7.
pub(super) fn fit(words: &str, width: f64) -> String {
    let wide = |letter: char| if letter.is_ascii() { 7.0 } else { 13.0 };
    if words.chars().map(wide).sum::<f64>() <= width {
        return words.to_owned();
    }
    let mut room = width - 13.0;
    let kept = words.chars().take_while(|letter| {
        room -= wide(*letter);
        room >= 0.0
    });
    kept.chain(std::iter::once('…')).collect()
}

/// What is said of an element when it is pointed at.
pub(super) struct Said<E> {
    pub inner: E,
    pub words: String,
}

/// One by one: an implementation for whatever has points sends the compiler in circles wherever something is drawn.
macro_rules! stands_where_its_inner_does {
    ($($inner:ty),*) => {$(
        impl<'a> PointCollection<'a, (f64, f64)> for &'a Said<$inner> {
            type Point = <&'a $inner as PointCollection<'a, (f64, f64)>>::Point;
            type IntoIter = <&'a $inner as PointCollection<'a, (f64, f64)>>::IntoIter;

            fn point_iter(self) -> Self::IntoIter {
                (&self.inner).point_iter()
            }
        }
    )*};
}
stands_where_its_inner_does!(Polygon<(f64, f64)>, Circle<(f64, f64), i32>);

impl<E: Drawable<Pen>> Drawable<Pen> for Said<E> {
    fn draw<I: Iterator<Item = BackendCoord>>(&self, points: I, pen: &mut Pen, within: (u32, u32)) -> Written {
        pen.put(format_args!("<g><title>{}</title>", escape(&self.words)))?;
        self.inner.draw(points, pen, within)?;
        pen.put(format_args!("</g>"))
    }
}

/// Words that rise to the right, for the heads of narrow columns; plotters knows quarters of a turn only.
pub(super) struct Rising<'a> {
    pub words: &'a str,
    pub at: (f64, f64),
    pub style: TextStyle<'static>,
}

impl<'a> PointCollection<'a, (f64, f64)> for &'a Rising<'_> {
    type Point = &'a (f64, f64);
    type IntoIter = std::iter::Once<&'a (f64, f64)>;

    fn point_iter(self) -> Self::IntoIter {
        std::iter::once(&self.at)
    }
}

impl Drawable<Pen> for Rising<'_> {
    fn draw<I: Iterator<Item = BackendCoord>>(&self, mut points: I, pen: &mut Pen, _: (u32, u32)) -> Written {
        let Some((x, y)) = points.next() else { return Ok(()) };
        pen.put(format_args!(r#"<g transform="translate({} {}) rotate(-35)">"#, Units(x), Units(y)))?;
        pen.draw_text(self.words, &self.style, (0, 0))?;
        pen.put(format_args!("</g>"))
    }
}

/// Pixels of the backend as units: `12`, `12.5`.
struct Units(i32);

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, tenths) = (self.0.abs() / FINE, self.0.abs() % FINE);
        let sign = if self.0 < 0 { "-" } else { "" };
        if tenths == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{tenths}") }
    }
}

/// A colour as markup says it.
struct Paint(Ink, Fit);

impl fmt::Display for Paint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Fit::File => f.write_str(self.0.on_paper()),
            _ => write!(f, "var({})", self.0.name()),
        }
    }
}

impl Pen {
    fn put(&mut self, markup: fmt::Arguments<'_>) -> Written {
        self.markup.write_fmt(markup).map_err(DrawingErrorKind::DrawingError)
    }

    /// The attribute that says what something is painted with, `fill` or `stroke`.
    fn paint(&mut self, attribute: &str, colour: BackendColor) -> Written {
        let paint = Paint(Ink::of(colour), self.fit);
        self.put(format_args!(r#" {attribute}="{paint}""#))?;
        if colour.alpha < 1.0 { self.put(format_args!(r#" {attribute}-opacity="{:.2}""#, colour.alpha)) } else { Ok(()) }
    }

    /// One unit is what a stroke has without being told, and what a style may change.
    fn width(&mut self, width: u32) -> Written {
        if width == 1 { Ok(()) } else { self.put(format_args!(r#" stroke-width="{width}""#)) }
    }

    fn trace(&mut self, points: impl IntoIterator<Item = BackendCoord>) -> Written {
        for (at, (x, y)) in points.into_iter().enumerate() {
            let step = if at == 0 { 'M' } else { 'L' };
            self.put(format_args!("{step}{} {}", Units(x), Units(y)))?;
        }
        Ok(())
    }

    /// A round dot at any shape of the box.
    fn dot(&mut self, (x, y): BackendCoord, across: i32, colour: BackendColor) -> Written {
        self.put(format_args!(r#"<path d="M{} {}h.01""#, Units(x), Units(y)))?;
        self.paint("stroke", colour)?;
        self.put(format_args!(r#" stroke-width="{}" stroke-linecap="round"/>"#, Units(across)))
    }
}

impl DrawingBackend for Pen {
    type ErrorType = fmt::Error;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Written {
        Ok(())
    }

    fn present(&mut self) -> Written {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, colour: BackendColor) -> Written {
        self.draw_rect((x, y), (x + 1, y + 1), &colour, true)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Written {
        self.draw_path([from, to], style)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Written {
        self.put(format_args!(r#"<path d=""#))?;
        self.trace(path)?;
        self.put(format_args!(r#"" fill="none""#))?;
        self.paint("stroke", style.color())?;
        self.width(style.stroke_width())?;
        match Ink::of(style.color()).dashes() {
            "" => self.put(format_args!("/>")),
            dashes => self.put(format_args!(r#" stroke-dasharray="{dashes}"/>"#)),
        }
    }

    fn draw_rect<S: BackendStyle>(&mut self, (left, top): BackendCoord, (right, bottom): BackendCoord, style: &S, fill: bool) -> Written {
        self.put(format_args!(
            r#"<rect x="{}" y="{}" width="{}" height="{}""#,
            Units(left),
            Units(top),
            Units(right - left),
            Units(bottom - top)
        ))?;
        if fill {
            self.paint("fill", style.color())?;
        } else {
            self.put(format_args!(r#" fill="none""#))?;
            self.paint("stroke", style.color())?;
            self.width(style.stroke_width())?;
        }
        self.put(format_args!("/>"))
    }

    /// A circle that is not filled is a ring, as wide as its stroke, around paper.
    fn draw_circle<S: BackendStyle>(&mut self, (x, y): BackendCoord, radius: u32, style: &S, fill: bool) -> Written {
        let across = 2 * radius as i32;
        let hole = across - 2 * FINE * style.stroke_width() as i32;
        if self.fit == Fit::Stretched {
            self.dot((x, y), across, style.color())?;
            return if fill { Ok(()) } else { self.dot((x, y), hole, Ink::PAPER.to_backend_color()) };
        }
        // The stroke of a ring lies within its radius.
        let radius = if fill { across } else { (across + hole) / 2 };
        self.put(format_args!(r#"<circle cx="{}" cy="{}" r="{}""#, Units(x), Units(y), Units(radius / 2)))?;
        if fill {
            self.paint("fill", style.color())?;
        } else {
            self.paint("fill", Ink::PAPER.to_backend_color())?;
            self.paint("stroke", style.color())?;
            self.width(style.stroke_width())?;
        }
        self.put(format_args!("/>"))
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, points: I, style: &S) -> Written {
        self.put(format_args!(r#"<path d=""#))?;
        self.trace(points)?;
        self.put(format_args!(r#"Z""#))?;
        self.paint("fill", style.color())?;
        self.put(format_args!("/>"))
    }

    /// Letters stand on their place, whatever plotters would measure them to be.
    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Written {
        self.put(format_args!(r#"<text x="{}" y="{}" font-size="{}""#, Units(x), Units(y), style.size()))?;
        match style.anchor().h_pos {
            HPos::Left => {}
            HPos::Center => self.put(format_args!(r#" text-anchor="middle""#))?,
            HPos::Right => self.put(format_args!(r#" text-anchor="end""#))?,
        }
        self.paint("fill", style.color())?;
        self.put(format_args!(">{}</text>", escape(text)))
    }
}

#[cfg(test)]
mod tests {
    use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};

    use super::*;

    fn all(area: &Area) -> Drawn {
        let plane = plane(area, 0.0..4.0, 0.0..2.0);
        plane.draw(&Rectangle::new([(0.0, 2.0), (1.0, 0.0)], Ink::series(0).mix(0.25).filled()))?;
        plane.draw(&PathElement::new([(0.0, 0.0), (4.0, 1.5)], Ink::series(1).stroke_width(2)))?;
        plane.draw(&Circle::new((2.0, 1.0), pixels(2.0), Ink::ALARM.stroke_width(1)))?;
        let flag = Polygon::new([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)], Ink::GOOD.filled());
        plane.draw(&Said { inner: flag, words: "<上升>".into() })?;
        units(&part(area, (10.0, 0.0), (20.0, 10.0))).draw(&Text::new("<甲>", (5.0, 7.5), letters(13.0, Ink::TEXT, HPos::Right)))
    }

    #[test]
    fn on_a_page_colours_are_the_theme_s_and_places_are_as_the_figures() {
        let page = svg(UNSAID, (40, 20), Fit::Stretched, all);
        assert!(page.starts_with(r#"<svg viewBox="0 0 40 20" preserveAspectRatio="none" aria-hidden="true"><rect x="0" y="0""#), "{page}");
        assert!(page.contains(r#"width="10" height="20" fill="var(--chart-1)" fill-opacity="0.25"/>"#), "{page}");
        let line = r#"<path d="M0 20L40 5" fill="none" stroke="var(--chart-2)" stroke-width="2" stroke-dasharray="6 3"/>"#;
        assert!(page.contains(line), "{page}");
        // Round at any shape of the box.
        assert!(page.contains(r#"<path d="M20 10h.01" stroke="var(--seal)" stroke-width="4" stroke-linecap="round"/>"#), "{page}");
        assert!(page.contains(r#"<path d="M20 10h.01" stroke="var(--paper)" stroke-width="2" stroke-linecap="round"/>"#), "{page}");
        assert!(page.contains(r#"<g><title>&lt;上升&gt;</title><path d="M0 20L10 20L10 10Z" fill="var(--jade)"/></g>"#), "{page}");
        assert!(page.contains(r#"<text x="15" y="7.5" font-size="13" text-anchor="end" fill="var(--ink)">&lt;甲&gt;</text>"#), "{page}");
        assert!(!page.contains('#'), "{page}");
    }

    #[test]
    fn a_file_has_its_colours_in_it_and_circles_that_are_circles() {
        let file = drawn((40, 20), Fit::File, all);
        assert!(file.contains(r##"fill="#057558" fill-opacity="0.25""##) && !file.contains("var("), "{file}");
        assert_eq!((fit("春晖路支行", 74.0), fit("临江市商业银行总行", 74.0)), ("春晖路支行".into(), "临江市商…".into()));
        assert!(file.contains(r##"<circle cx="20" cy="10" r="1.5" fill="#fbfaf7" stroke="#b3260e"/>"##), "{file}");
    }
}
