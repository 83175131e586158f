//! The colours of charts.

use guanhu_domain::tiers::MARK_MAX;
use plotters::style::Color;
use plotters_backend::BackendColor;

/// What is drawn with: on a page one of the theme's colours, whichever is in force; a file has no theme and gets what the light
/// one says. Plotters carries it through as a colour whose red is its place in [`INKS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ink(u8);

/// Name in the theme, colour in a file, and the dashes by which lines of this ink are told apart.
const INKS: [(&str, &str, &str); 26] = [
    ("--chart-1", "#057558", ""),
    ("--chart-2", "#2e64a6", "6 3"),
    ("--chart-3", "#a06604", "2 3"),
    ("--chart-4", "#854494", "10 3 2 3"),
    ("--chart-5", "#4c5666", "10 4"),
    ("--chart-6", "#c04732", "1 3"),
    ("--chart-rule", "#e1e0da", ""),
    ("--chart-ink", "#5f636b", ""),
    ("--chart-rule", "#e1e0da", "2 2"),
    ("--rule-strong", "#c5c4be", ""),
    ("--paper", "#fbfaf7", ""),
    ("--ink", "#181c22", ""),
    ("--jade", "#11644c", ""),
    ("--seal", "#b3260e", ""),
    ("--tier-0", "#686c73", ""),
    ("--tier-1", "#3d6f8c", ""),
    ("--tier-2", "#8c5f0e", ""),
    ("--tier-3", "#316673", ""),
    ("--tier-4", "#614a96", ""),
    ("--tier-5", "#972527", ""),
    ("--tier-6", "#337344", ""),
    ("--tier-7", "#2e4d99", ""),
    ("--tier-8", "#a14876", ""),
    ("--tier-9", "#373d48", ""),
    ("--tier-10", "#727330", ""),
    ("--tier-11", "#61285e", ""),
];
const SERIES: usize = 6;
const TIER: u8 = 14;

impl Ink {
    /// Marks of an axis, and the line of nothing among them.
    pub const RULE: Ink = Ink(6);
    pub const AXIS: Ink = Ink(7);
    /// Stands where a figure is not known.
    pub const UNKNOWN: Ink = Ink(8);
    /// What a bar runs along.
    pub const TRACK: Ink = Ink(9);
    pub const PAPER: Ink = Ink(10);
    pub const TEXT: Ink = Ink(11);
    pub const GOOD: Ink = Ink(12);
    pub const ALARM: Ink = Ink(13);

    /// The colour of a series by its place: six, then from the first again.
    pub const fn series(place: usize) -> Ink {
        Ink((place % SERIES) as u8)
    }

    /// The colour of a tier's mark.
    pub fn tier(mark: i16) -> Ink {
        Ink(TIER + mark.clamp(0, MARK_MAX) as u8)
    }

    pub(super) fn of(colour: BackendColor) -> Ink {
        Ink(colour.rgb.0)
    }

    const fn known(self) -> (&'static str, &'static str, &'static str) {
        let at = self.0 as usize;
        INKS[if at < INKS.len() { at } else { 0 }]
    }

    pub(super) const fn name(self) -> &'static str {
        self.known().0
    }

    pub(super) const fn on_paper(self) -> &'static str {
        self.known().1
    }

    pub(super) const fn dashes(self) -> &'static str {
        self.known().2
    }
}

impl Color for Ink {
    fn to_backend_color(&self) -> BackendColor {
        BackendColor { alpha: 1.0, rgb: (self.0, 0, 0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tier_and_series_has_its_ink_and_comes_back_from_plotters() {
        assert_eq!(INKS.len(), usize::from(TIER) + MARK_MAX as usize + 1);
        assert_eq!((Ink::tier(0).name(), Ink::tier(MARK_MAX).name(), Ink::tier(99).name()), ("--tier-0", "--tier-11", "--tier-11"));
        assert_eq!((Ink::series(0).name(), Ink::series(7).name()), ("--chart-1", "--chart-2"));
        assert_eq!((Ink::PAPER.name(), Ink::TEXT.name(), Ink::GOOD.name(), Ink::ALARM.name()), ("--paper", "--ink", "--jade", "--seal"));
        assert_eq!(Ink::of(Ink::ALARM.mix(0.3).to_backend_color()), Ink::ALARM);
    }
}
