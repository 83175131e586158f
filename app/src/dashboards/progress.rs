//! How far targets are reached: every indicator with what it stands at, what was agreed and where it is heading.

use guanhu_domain::{
    access::{Me, Verb},
    dashboards::{BoardQuery, Counted, Frame, Indicator, TargetFigure, Totals, forecast},
    targets::TargetItem,
};
use guanhu_ui::chart::Inline;
use leptos::prelude::*;

use super::{
    bank::customers,
    behind::{Of, behind},
    frame::Say,
    page::{Files, Panel, elsewhere, table},
    product::product_page,
    sheet::{Cell, Sheet},
    targets::{name, sheet_page},
    text,
};
use crate::shell::use_me;

/// What is known of one target, and of a figure that has none.
struct Reached {
    indicator: Indicator,
    actual: Option<i64>,
    target: Option<i64>,
    /// Where it ends at this pace.
    ahead: Option<i64>,
}

impl Reached {
    /// Cells under [`heads`]; the figure leads to what it is made of, the target to its sheet.
    fn cells(&self, say: Say, lead: Option<String>, sheet: Option<String>) -> [Cell; 6] {
        let cell = |figure: i64| if self.indicator.is_count() { say.count_cell(figure) } else { say.money_cell(figure) };
        let both = self.actual.zip(self.ahead).zip(self.target);
        [
            self.actual.map_or_else(Cell::none, |actual| cell(actual).link_to(lead)),
            self.target.map_or_else(Cell::none, |target| cell(target).link_to(sheet)),
            both.map_or_else(Cell::none, |((actual, _), target)| say.share_cell(actual, target)),
            both.map_or_else(Cell::default, |((actual, ahead), target)| Cell::inline(Inline::Meter { actual, forecast: ahead, target })),
            // What a stock will be is not told by its days.
            self.ahead.filter(|_| self.indicator.is_flow()).map_or_else(Cell::none, cell),
            both.map_or_else(Cell::none, |((actual, _), target)| cell((target - actual).max(0))),
        ]
    }
}

fn heads(say: Say) -> [(String, bool); 6] {
    let lang = say.lang;
    [
        (text::actual(lang).into(), true),
        (text::target(lang).into(), true),
        (text::attained(lang).into(), true),
        (String::new(), false),
        (text::forecast(lang).into(), true),
        (text::to_go(lang).into(), true),
    ]
}

/// Where an indicator's target is set, for whoever sets any.
pub fn sheets(query: &BoardQuery, org: Option<&str>) -> impl Fn(Indicator, Option<&str>) -> Option<String> + use<> {
    let may = use_me().is_some_and(|me: Me| me.may(Verb::TargetSet));
    let query = BoardQuery { org: org.map(str::to_owned).or_else(|| query.org.clone()), tier: None, lenient: false, ..query.clone() };
    move |indicator: Indicator, product: Option<&str>| may.then(|| sheet_page(&query, indicator, product))
}

/// Of the indicators that `of` knows; `lead` says where the figure of one leads, if anywhere, and `sheet` where its target does.
pub fn sheet(
    frame: &Frame,
    of: &Totals,
    targets: &[TargetFigure],
    say: Say,
    lead: impl Fn(Indicator) -> Option<String>,
    sheet: impl Fn(Indicator, Option<&str>) -> Option<String>,
) -> Sheet {
    let lang = say.lang;
    let rows = Indicator::ALL.into_iter().filter_map(|indicator| {
        let target = targets.iter().find(|target| target.indicator == indicator).map(|target| target.amount);
        let actual = indicator.of(of);
        if actual.is_none() && target.is_none() {
            return None;
        }
        let ahead = actual.map(|actual| if indicator.is_flow() { forecast(actual, frame.elapsed) } else { actual });
        let cells = Reached { indicator, actual, target, ahead }.cells(say, lead(indicator), sheet(indicator, None));
        Some(std::iter::once(Cell::text(name(indicator, lang))).chain(cells).collect::<Vec<_>>())
    });
    Sheet {
        label: text::progress_title(lang).into(),
        heads: std::iter::once((text::indicator(lang).to_owned(), false)).chain(heads(say)).collect(),
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
    to_sheet: impl Fn(Indicator, Option<&str>) -> Option<String>,
) -> AnyView {
    let lang = say.lang;
    let sheet = sheet(frame, of, targets, say, lead, to_sheet);
    shown(panel, text::progress(lang), text::progress_title(lang), frame, sheet, say)
}

fn shown(panel: &'static str, title: &'static str, label: &'static str, frame: &Frame, sheet: Sheet, say: Say) -> AnyView {
    let html = sheet.html();
    let files = Files::of(panel, sheet);
    let note = if frame.elapsed < 100_00 { text::elapsed(say.lang, &say.per_cent(frame.elapsed)) } else { String::new() };
    view! { <Panel name=panel title=title.to_owned() note drawn=true files>{table(html, label.into())}</Panel> }.into_any()
}

/// The customers behind a figure of a product, of a unit or of a manager.
fn behind_item(item: &TargetItem, frame: &Frame) -> Option<String> {
    let (org, manager) = if item.is_staff { (None, Some(item.code.as_str())) } else { (Some(item.code.as_str()), None) };
    let product = item.product.as_deref();
    match item.indicator {
        Indicator::Gained => Some(behind(frame, Of { org, manager, product, counted: Counted::Gained, ..Of::default() })),
        Indicator::Contribution => Some(behind(frame, Of { org, manager, product, ..Of::default() })),
        _ => customers(frame, org, manager, None, product),
    }
}

/// Targets of products, each row headed by what `head` says of it under `first`; `to_sheet` says where one is set.
fn items_sheet(
    items: &[TargetItem],
    frame: &Frame,
    (label, first): (&'static str, &'static str),
    head: &dyn Fn(&TargetItem) -> Cell,
    to_sheet: &dyn Fn(&TargetItem) -> Option<String>,
    say: Say,
) -> Sheet {
    let lang = say.lang;
    let rows = items.iter().map(|item| {
        let reached = Reached { indicator: item.indicator, actual: item.actual, target: Some(item.amount), ahead: item.forecast };
        let cells = reached.cells(say, behind_item(item, frame), to_sheet(item));
        [head(item), Cell::text(name(item.indicator, lang))].into_iter().chain(cells).collect::<Vec<_>>()
    });
    let two = [(first.to_owned(), false), (text::indicator(lang).to_owned(), false)];
    Sheet { label: label.into(), heads: two.into_iter().chain(heads(say)).collect(), rows: rows.collect(), ..Sheet::default() }
}

/// What is to be reached of each product, by a unit or a manager; nothing where nothing was agreed.
pub fn by_product(
    panel: &'static str,
    items: &[TargetItem],
    frame: &Frame,
    query: &BoardQuery,
    to_sheet: &dyn Fn(Indicator, Option<&str>) -> Option<String>,
    say: Say,
) -> AnyView {
    if items.is_empty() {
        return ().into_any();
    }
    let lang = say.lang;
    let head = |item: &TargetItem| {
        let code = item.product.as_deref().unwrap_or_default();
        Cell::text(say.pick(&item.product_name, &item.product_name_en)).link(&product_page(code, query))
    };
    let label = text::product_progress_title(lang);
    let to_sheet = |item: &TargetItem| to_sheet(item.indicator, item.product.as_deref());
    let sheet = items_sheet(items, frame, (label, text::product(lang)), &head, &to_sheet, say);
    shown(panel, text::product_progress(lang), label, frame, sheet, say)
}

/// Who is to reach what of one product.
pub fn of_product(items: &[TargetItem], frame: &Frame, query: &BoardQuery, say: Say) -> AnyView {
    if items.is_empty() {
        return ().into_any();
    }
    let lang = say.lang;
    let head = |item: &TargetItem| {
        let who = Cell::text(&item.name);
        let code = item.product.as_deref().unwrap_or_default();
        match item.is_staff {
            true => who.link(&elsewhere(&format!("/dashboards/managers/{}", item.code), query)),
            false if item.code == frame.org.code => who,
            false => who.link(&product_page(code, &BoardQuery { org: Some(item.code.clone()), lenient: false, ..query.clone() })),
        }
    };
    let label = text::product_targets_title(lang);
    // A manager's target stands on the sheet of the unit that is looked at.
    let to_sheet =
        |item: &TargetItem| sheets(query, (!item.is_staff).then_some(item.code.as_str()))(item.indicator, item.product.as_deref());
    let sheet = items_sheet(items, frame, (label, text::who(lang)), &head, &to_sheet, say);
    shown("product.targets", text::product_targets(lang), label, frame, sheet, say)
}
