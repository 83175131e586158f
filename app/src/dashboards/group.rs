//! A customer group on a dashboard: what can be counted of its members now, instead of the panels of months.

use guanhu_domain::dashboards::{BoardQuery, Counted, Frame, GroupFigures, GroupLine, GroupManager, GroupManagers, MonthState};
use guanhu_ui::{Figure, Figures, format_count, format_date};
use leptos::prelude::*;

use super::{
    behind::{Of, behind},
    frame::Say,
    page::{Files, Panel, address, elsewhere, table},
    product::product_page,
    sheet::{Cell, Sheet},
    text,
};
use crate::shell::use_me;

/// The group at one glance.
pub fn show(frame: &Frame, figures: &GroupFigures, query: &BoardQuery, say: Say) -> AnyView {
    if figures.customers == 0 {
        return view! { {head(frame, say)} {empty(say)} }.into_any();
    }
    let unit =
        |line: &GroupLine| Some(elsewhere("/dashboards", &BoardQuery { org: Some(line.code.clone()), lenient: false, ..query.clone() }));
    let tier = |line: &GroupLine| (!line.code.is_empty()).then(|| list(frame, Some(&line.code), None));
    view! {
        {head(frame, say)}
        {sums(frame, figures, say)}
        <div class="dash-grid">
            {lines("group.tiers", text::tiers(say.lang), [text::tier(say.lang), text::this_year(say.lang)], &figures.tiers, &tier, say)}
            {lines("group.units", text::ranking(say.lang), [text::unit(say.lang), text::this_year(say.lang)], &figures.units, &unit, say)}
            {products(frame, figures, query, say)}
        </div>
    }
    .into_any()
}

/// What its members hold.
pub fn of_products(frame: &Frame, figures: &GroupFigures, query: &BoardQuery, say: Say) -> AnyView {
    view! {
        {head(frame, say)}
        <div class="dash-grid">{products(frame, figures, query, say)}</div>
    }
    .into_any()
}

fn empty(say: Say) -> AnyView {
    view! { <p class="faint">{text::group_empty(say.lang)}</p> }.into_any()
}

/// Of a group whose members were no customers of the month.
pub fn nobody(frame: &Frame, say: Say) -> AnyView {
    view! { {month_head(frame, say)} {empty(say)} }.into_any()
}

/// Whose figures of which month they are.
pub fn month_head(frame: &Frame, say: Say) -> AnyView {
    let group = frame.group.as_ref().map(|group| group.name.clone()).unwrap_or_default();
    let month = frame.month;
    let words = match month.state {
        MonthState::Closed => text::group_month(say.lang, &group, &say.month(month.month)),
        _ => text::group_so_far(say.lang, &group, &say.month(month.month), &say.as_of(month)),
    };
    view! { <p class="notice" role="status">{words}</p> }.into_any()
}

/// Members by the tier they had in the month.
pub fn month_tiers(frame: &Frame, tiers: &[GroupLine], say: Say) -> AnyView {
    let lang = say.lang;
    let href = |line: &GroupLine| {
        Some(match line.code.as_str() {
            "" => in_month(frame, Of { counted: Counted::NoTier, ..Of::default() }),
            code => in_month(frame, Of { tier: Some(code), ..Of::default() }),
        })
    };
    lines("group.value.tiers", text::tiers(lang), [text::tier(lang), text::contribution(lang)], tiers, &href, say)
}

/// The members that a figure of the month counts.
fn in_month(frame: &Frame, of: Of<'_>) -> String {
    let tier = of.tier.or(frame.tier.as_ref().map(|tier| tier.code.as_str()));
    behind(frame, Of { tier, group: frame.group.as_ref().map(|group| group.code.as_str()), ..of })
}

/// Members by manager, and how many of them were spoken to.
pub fn of_managers(frame: &Frame, group: &GroupManagers, query: &BoardQuery, say: Say) -> AnyView {
    if group.managers.is_empty() {
        return nobody(frame, say);
    }
    let lang = say.lang;
    let heads = [
        (text::manager(lang), false),
        (text::unit(lang), false),
        (text::customers(lang), true),
        (text::aum(lang), true),
        (text::contribution(lang), true),
        (text::contacts(lang), true),
        (text::coverage(lang), true),
    ];
    let line = |name: Cell, org_name: &str, of: &GroupManager, manager: Option<&str>| {
        let who = |counted: Counted| in_month(frame, Of { manager, counted, ..Of::default() });
        vec![
            name,
            Cell::text(org_name),
            say.count_cell(of.customers).link(&who(Counted::All)),
            say.money_cell(of.aum).link(&who(Counted::All)),
            say.money_cell(of.contribution).link(&who(Counted::All)),
            say.count_cell(of.contacts).link(&who(Counted::Contacted)),
            // Coverage leads to whom it is short of.
            say.share_cell(of.contacted, of.customers).link(&who(Counted::Quiet)),
        ]
    };
    let row = |manager: &GroupManager| {
        let code = if manager.code.is_empty() { "none" } else { manager.code.as_str() };
        let name = match manager.code.is_empty() {
            true => Cell::text(text::unassigned(lang)),
            false => Cell::text(&manager.name).link(&elsewhere(&format!("/dashboards/managers/{code}"), query)),
        };
        line(name, &manager.org_name, manager, Some(code))
    };
    let sheet = Sheet {
        label: text::group_managers(lang).into(),
        heads: heads.map(|(head, number)| (head.to_owned(), number)).into(),
        rows: group.managers.iter().map(row).collect(),
        foot: Some(line(Cell::text(text::whole(lang)), "", &group.whole, None)),
        ..Sheet::default()
    };
    let note = group.capped.then(|| view! { <p class="faint">{text::group_capped(lang)}</p> });
    view! {
        {month_head(frame, say)}
        {note}
        <div class="dash-grid">{panel("group.managers", text::group_managers(lang), &sheet)}</div>
    }
    .into_any()
}

fn head(frame: &Frame, say: Say) -> AnyView {
    let day = use_me().map(|me| format_date(me.business_date, say.lang)).unwrap_or_default();
    let group = frame.group.as_ref().map(|group| group.name.clone()).unwrap_or_default();
    view! { <p class="notice" role="status">{text::group_note(say.lang, &group, &day)}</p> }.into_any()
}

/// Members in a unit and tier, holding a product: they are as they are now, whichever month is looked at.
fn list(frame: &Frame, tier: Option<&str>, product: Option<&str>) -> String {
    let tier = tier.or(frame.tier.as_ref().map(|tier| tier.code.as_str()));
    let group = frame.group.as_ref().map(|group| group.code.as_str());
    address("/customers", &[("org", Some(frame.org.code.as_str())), ("tier", tier), ("product", product), ("group", group)])
}

fn sums(frame: &Frame, figures: &GroupFigures, say: Say) -> AnyView {
    let lang = say.lang;
    let one = |label: &'static str, shown: String, href: Option<String>| match href {
        Some(href) => view! { <Figure label href>{shown}</Figure> }.into_any(),
        None => view! { <Figure label>{shown}</Figure> }.into_any(),
    };
    let money = |label: &'static str, minor: i64, sort: Option<&str>| {
        one(label, say.money(minor), Some(address(&list(frame, None, None), &[("sort", sort)])))
    };
    let all = vec![
        one(text::customers(lang), format_count(figures.customers), Some(list(frame, None, None))),
        money(text::aum(lang), figures.aum, None),
        money(text::deposits(lang), figures.deposits, Some("-deposits")),
        money(text::wealth(lang), figures.wealth, None),
        money(text::loans(lang), figures.loans, Some("-loans")),
        one(
            text::this_year(lang),
            figures.contribution.map_or_else(|| "–".to_owned(), |minor| say.money(minor)),
            figures.contribution.map(|_| list(frame, None, None)),
        ),
    ];
    view! { <Figures>{all}</Figures> }.into_any()
}

fn lines(
    name: &'static str,
    title: &'static str,
    [first, last]: [&'static str; 2],
    of: &[GroupLine],
    href: &dyn Fn(&GroupLine) -> Option<String>,
    say: Say,
) -> AnyView {
    let lang = say.lang;
    let whole: i64 = of.iter().map(|line| line.aum).sum();
    let heads = [first, text::customers(lang), text::aum(lang), text::share_of_aum(lang), last];
    let row = |line: &GroupLine| {
        let name = if line.code.is_empty() { text::no_tier(lang) } else { say.pick(&line.name, &line.name_en) };
        let head = Cell::text(name).link_to(href(line));
        vec![
            head,
            say.count_cell(line.customers).link_to(href(line)),
            say.money_cell(line.aum).link_to(href(line)),
            say.share_cell(line.aum, whole),
            say.money_or_none(line.contribution).link_to(line.contribution.and_then(|_| href(line))),
        ]
    };
    let sheet = Sheet {
        label: title.into(),
        heads: heads.into_iter().enumerate().map(|(at, head)| (head.to_owned(), at > 0)).collect(),
        rows: of.iter().map(row).collect(),
        ..Sheet::default()
    };
    panel(name, title, &sheet)
}

fn products(frame: &Frame, figures: &GroupFigures, query: &BoardQuery, say: Say) -> AnyView {
    let lang = say.lang;
    let heads = [text::product(lang), text::adoption_rate(lang), text::holders(lang), text::gap(lang)];
    let row = |product: &guanhu_domain::dashboards::GroupProduct| {
        vec![
            Cell::text(say.pick(&product.name, &product.name_en)).link(&product_page(&product.code, query)),
            say.share_cell(product.holders, product.eligible).link(&list(frame, None, Some(&product.code))),
            say.count_cell(product.holders).link(&list(frame, None, Some(&product.code))),
            say.count_cell(product.eligible - product.holders),
        ]
    };
    let sheet = Sheet {
        label: text::adoption_title(lang).into(),
        heads: heads.into_iter().enumerate().map(|(at, head)| (head.to_owned(), at > 0)).collect(),
        rows: figures.products.iter().map(row).collect(),
        ..Sheet::default()
    };
    panel("group.products", text::adoption(lang), &sheet)
}

fn panel(name: &'static str, title: &'static str, sheet: &Sheet) -> AnyView {
    let (html, csv, file) = (sheet.html(), sheet.csv(), name.replace('.', "-"));
    let files = Callback::new(move |()| Files { name: file.clone(), csv: csv.clone(), svg: None });
    view! { <Panel name title=title.to_owned() files>{table(html, title.into())}</Panel> }.into_any()
}
