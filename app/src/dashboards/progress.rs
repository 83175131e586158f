//! How far targets are reached: every indicator with what it stands at, what was agreed and where it is heading.

use guanhu_domain::dashboards::{Frame, Indicator, TargetFigure, Totals, forecast};
use guanhu_ui::chart::Inline;
use leptos::prelude::*;

use super::{
    frame::Say,
    page::{Files, Panel, table},
    sheet::{Cell, Sheet},
    targets::name,
    text,
};

/// Of the indicators that `of` knows; `lead` says where the figure of one leads, if anywhere.
pub fn sheet(frame: &Frame, of: &Totals, targets: &[TargetFigure], say: Say, lead: impl Fn(Indicator) -> Option<String>) -> Sheet {
    let lang = say.lang;
    let cell = |indicator: Indicator, figure: i64| if indicator.is_count() { say.count_cell(figure) } else { say.money_cell(figure) };
    let rows = Indicator::ALL.into_iter().filter_map(|indicator| {
        let target = targets.iter().find(|target| target.indicator == indicator).map(|target| target.amount);
        let actual = indicator.of(of);
        if actual.is_none() && target.is_none() {
            return None;
        }
        let ahead = actual.map(|actual| if indicator.is_flow() { forecast(actual, frame.elapsed) } else { actual });
        let both = actual.zip(ahead).zip(target);
        Some(vec![
            Cell::text(name(indicator, lang)),
            actual.map_or_else(Cell::none, |actual| cell(indicator, actual).link_to(lead(indicator))),
            target.map_or_else(Cell::none, |target| cell(indicator, target)),
            both.map_or_else(Cell::none, |((actual, _), target)| say.share_cell(actual, target)),
            both.map_or_else(Cell::default, |((actual, ahead), target)| Cell::inline(Inline::Meter { actual, forecast: ahead, target })),
            // What a stock will be is not told by its days.
            ahead.filter(|_| indicator.is_flow()).map_or_else(Cell::none, |ahead| cell(indicator, ahead)),
            both.map_or_else(Cell::none, |((actual, _), target)| cell(indicator, (target - actual).max(0))),
        ])
    });
    Sheet {
        label: text::progress_title(lang).into(),
        heads: vec![
            (text::indicator(lang).into(), false),
            (text::actual(lang).into(), true),
            (text::target(lang).into(), true),
            (text::attained(lang).into(), true),
            (String::new(), false),
            (text::forecast(lang).into(), true),
            (text::to_go(lang).into(), true),
        ],
        rows: rows.collect(),
        ..Sheet::default()
    }
}

/// The same with its exports.
pub fn panel(
    panel: &'static str,
    frame: &Frame,
    of: &Totals,
    targets: &[TargetFigure],
    say: Say,
    lead: impl Fn(Indicator) -> Option<String>,
) -> AnyView {
    let lang = say.lang;
    let sheet = sheet(frame, of, targets, say, lead);
    let html = sheet.html();
    let files = Files::of("targets", sheet);
    let note = if frame.elapsed < 100_00 { text::elapsed(lang, &say.per_cent(frame.elapsed)) } else { String::new() };
    view! { <Panel name=panel title=text::progress(lang).to_owned() note drawn=true files>{table(html, text::progress_title(lang).into())}</Panel> }
        .into_any()
}
