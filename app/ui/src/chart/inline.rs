//! Drawings that stand in a line of words or a cell of a table.

use plotters::{
    element::{Circle, PathElement, Rectangle},
    style::Color,
};

use super::{
    ink::Ink,
    pen::{Area, Drawn, Fit, UNSAID, escape, pixels, plane, svg},
};

/// A drawing in a word's space.
#[derive(Clone, Debug, PartialEq)]
pub enum Inline {
    /// The run of a figure; gaps are passed over.
    Spark(Vec<Option<f64>>),
    /// How far a target is reached: a bar of at most one and a half times it, the target a tick; behind it where it is heading.
    Meter { actual: i64, forecast: i64, target: i64 },
    /// Parts of a whole side by side: the mark of each tier, which gives its colour, and how much it is.
    Mix(Vec<(i16, i64)>),
}

/// A meter goes as far as this, in hundredths of its target.
const BEYOND: f64 = 150.0;

impl Inline {
    /// The run of whole figures.
    pub fn run(values: &[Option<i64>]) -> Inline {
        Inline::Spark(values.iter().map(|value| value.map(|value| value as f64)).collect())
    }

    /// Width and height in units.
    pub(super) fn size(&self) -> (u32, u32) {
        match self {
            Inline::Spark(_) => (88, 20),
            Inline::Meter { .. } => (150, 10),
            Inline::Mix(_) => (88, 10),
        }
    }

    /// The drawing as markup. `said` is what it says, where nothing beside it does.
    pub fn markup(&self, said: Option<&str>) -> String {
        let (class, fit) = match self {
            Inline::Spark(values) if values.iter().all(Option::is_none) => return String::new(),
            Inline::Spark(_) => ("sparkline", Fit::Kept),
            Inline::Meter { .. } => ("meter", Fit::Stretched),
            Inline::Mix(_) => ("mix", Fit::Stretched),
        };
        let draw = |named: &str| svg(named, self.size(), fit, |area| self.plot(area));
        let Some(said) = said.map(escape) else { return draw(&format!(r#"class="{class}" {UNSAID}"#)) };
        // Whoever points at it is told as well.
        draw(&format!(r#"class="{class}" role="img" aria-label="{said}""#)).replacen('>', &format!("><title>{said}</title>"), 1)
    }

    /// Over the whole of a place.
    pub(super) fn plot(&self, area: &Area) -> Drawn {
        match self {
            Inline::Spark(values) => spark(values, area),
            Inline::Meter { actual, forecast, target } => meter(*actual, *forecast, *target, area),
            Inline::Mix(parts) => mix(parts, area),
        }
    }
}

/// A flat or single run is a line in the middle.
fn spark(values: &[Option<f64>], area: &Area) -> Drawn {
    let known = || values.iter().flatten().copied();
    let (low, high) = known().fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
    // Room for the dot and for the stroke.
    let (low, high) = if high > low { (low, high) } else { (low - 1.0, low + 1.0) };
    let (beyond, steps) = ((high - low) / 8.0, values.len().saturating_sub(1).max(1) as f64);
    let plane = plane(area, -steps / 42.0..steps * 43.0 / 42.0, low - beyond..high + beyond);
    let points: Vec<(f64, f64)> = values.iter().enumerate().filter_map(|(at, value)| Some((at as f64, (*value)?))).collect();
    let Some(last) = points.last().copied() else { return Ok(()) };
    plane.draw(&PathElement::new(points, Ink::series(0)))?;
    plane.draw(&Circle::new(last, pixels(1.8), Ink::series(0).filled()))
}

fn meter(actual: i64, forecast: i64, target: i64, area: &Area) -> Drawn {
    let plane = plane(area, 0.0..BEYOND, 0.0..10.0);
    let reached = |value: i64| if target > 0 { (value.max(0) as f64 / target as f64 * 100.0).min(BEYOND) } else { 0.0 };
    let ink = if forecast < target { Ink::ALARM } else { Ink::GOOD };
    for (value, ink) in [(forecast, Ink::TRACK), (actual, ink)] {
        plane.draw(&Rectangle::new([(0.0, 3.0), (reached(value), 7.0)], ink.filled()))?;
    }
    plane.draw(&PathElement::new([(100.0, 0.0), (100.0, 10.0)], Ink::TEXT))
}

/// Gaps between the parts carry where colours cannot.
fn mix(parts: &[(i16, i64)], area: &Area) -> Drawn {
    let plane = plane(area, 0.0..88.0, 0.0..1.0);
    let whole = parts.iter().map(|(_, part)| *part).sum::<i64>().max(1) as f64;
    let mut from = 0.0;
    for (mark, part) in parts {
        let width = 88.0 * *part as f64 / whole;
        plane.draw(&Rectangle::new([(from, 0.0), (from + (width - 1.0).max(0.5), 1.0)], Ink::tier(*mark).filled()))?;
        from += width;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_begins_and_ends_within_its_space_and_passes_over_gaps() {
        let drawn = Inline::Spark(vec![Some(10.0), None, Some(30.0)]).markup(None);
        assert!(drawn.starts_with(r#"<svg viewBox="0 0 88 20" class="sparkline" aria-hidden="true">"#), "{drawn}");
        assert!(drawn.contains(r#"<path d="M2 18L86 2" fill="none" stroke="var(--chart-1)"/>"#), "{drawn}");
        assert!(drawn.contains(r#"<circle cx="86" cy="2" r="1.8" fill="var(--chart-1)"/>"#), "{drawn}");
        let flat = Inline::Spark(vec![Some(7.0), Some(7.0)]).markup(None);
        assert!(flat.contains(r#"<path d="M2 10L86 10""#), "{flat}");
        assert_eq!(Inline::Spark(vec![None]).markup(None), "");
    }

    #[test]
    fn a_meter_ends_at_one_and_a_half_targets_and_says_when_it_will_be_missed() {
        let ahead = Inline::Meter { actual: 50, forecast: 400, target: 100 }.markup(None);
        assert!(ahead.contains(r#"width="150" height="4" fill="var(--rule-strong)""#), "{ahead}");
        assert!(ahead.contains(r#"width="50" height="4" fill="var(--jade)""#) && ahead.contains("M100 10L100 0"), "{ahead}");
        let behind = Inline::Meter { actual: 50, forecast: 99, target: 100 }.markup(None);
        assert!(behind.contains(r#"width="50" height="4" fill="var(--seal)""#), "{behind}");
        assert!(!Inline::Meter { actual: 1, forecast: 1, target: 0 }.markup(None).contains("NaN"));
    }

    #[test]
    fn parts_share_their_whole_in_the_colours_of_their_marks() {
        let drawn = Inline::Mix(vec![(0, 75), (4, 25)]).markup(Some("普通 75，<钻石> 25"));
        assert!(
            drawn.contains(r#"role="img" aria-label="普通 75，&lt;钻石&gt; 25"><title>普通 75，&lt;钻石&gt; 25</title><rect"#),
            "{drawn}"
        );
        assert!(drawn.contains(r#"<rect x="0" y="0" width="65" height="10" fill="var(--tier-0)"/>"#), "{drawn}");
        assert!(drawn.contains(r#"<rect x="66" y="0" width="21" height="10" fill="var(--tier-4)"/>"#), "{drawn}");
    }
}
