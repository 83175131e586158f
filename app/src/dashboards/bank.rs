//! The bank, or a unit of it, at one glance.

use guanhu_domain::{
    Lang,
    access::Role,
    dashboards::{BankBoard, BoardQuery, Counted, Frame, Indicator, ManagerBoard, TierLine, UnitLine, forecast, share},
    targets::difference,
};
use guanhu_ui::{
    BarChart, BarRow, BarSpec, Figure, Figures, LineChart, LineSpec, Series,
    chart::{bar_chart_file, line_chart_file},
    t, use_lang,
};
use leptos::prelude::*;

use super::{
    api,
    behind::{Of, behind},
    currency,
    frame::{Say, course, moments},
    group, manager, moves,
    page::{Files, Panel, address, elsewhere, is_whole, page, question, table},
    progress,
    sheet::{Cell, Sheet},
    text,
};
use crate::{Asked, scripts::LazyPage, shell::use_me};

/// `/dashboards`: a manager's own page, everybody else's bank.
pub struct BankRoute(Either);

enum Either {
    Bank(Asked<BankBoard>),
    Own(Asked<ManagerBoard>),
}

impl LazyPage for BankRoute {
    fn data() -> Self {
        let query = question();
        let is_manager = use_me().is_some_and(|me| me.role == Role::Manager);
        BankRoute(match is_manager {
            true => Either::Own(Asked::of(query, |query| api::read_manager(String::new(), query))),
            false => Either::Bank(Asked::of(query, api::read_bank)),
        })
    }

    fn view(this: Self) -> AnyView {
        match this.0 {
            Either::Own(asked) => page(asked, |board| &board.frame, |_, lang| text::mine(lang).to_owned(), manager::show),
            Either::Bank(asked) => page(asked, |board| &board.frame, |board, _| board.frame.org.name.clone(), show),
        }
    }
}

pub fn show(board: BankBoard, query: BoardQuery) -> AnyView {
    let lang = use_lang().get_untracked();
    let say = Say::of(lang, &board.frame);
    if let Some(figures) = board.group.as_ref().filter(|_| is_whole()) {
        return group::show(&board.frame, figures, &query, say);
    }
    if let Some(figures) = board.in_currency.as_ref().filter(|_| is_whole()) {
        return currency::show(figures, &board.frame, &query, say);
    }
    let (contribution, balances) = trend(&board, say);
    let units = units(&board, &query, say);
    let concentration = concentration(&board, say);
    let to = |indicator| lead(indicator, &board.frame, None, query.tier.as_deref());
    let to_sheet = progress::sheets(&query, None);
    let progress = progress::panel("bank.progress", &board.frame, &board.now, &board.targets, say, to, to_sheet);
    let tiers = tiers_panel("bank.tiers", &board.frame, &board.tiers, None, say, text::tiers_title(lang));
    view! {
        {is_whole().then(|| figures(&board, &query, say))}
        <div class="dash-columns">
            <div class="dash-column">{contribution} {progress} {units} {concentration}</div>
            <div class="dash-column">{balances} {moves::map(&board, &query, say)} {moves::movers(&board, &query, say)} {tiers} {moves::flow(&board, say)}</div>
        </div>
    }
    .into_any()
}

/// The customers behind a figure, of a unit or of the one that is looked at. The list knows only today: those of a month that is
/// over are told as the month has them.
pub fn customers(frame: &Frame, org: Option<&str>, manager: Option<&str>, tier: Option<&str>, product: Option<&str>) -> Option<String> {
    if !frame.is_running() {
        return Some(behind(frame, Of { org, manager, tier, product, ..Of::default() }));
    }
    // Nobody sees customers beyond the own unit, which need not be said.
    let org = org.or_else(|| (frame.org.depth > 0).then_some(frame.org.code.as_str()));
    let pairs = [("org", org), ("manager", manager), ("tier", tier), ("product", product)];
    Some(address("/customers", &pairs))
}

/// Where a figure of an indicator leads: to the customers it is of, a stock to those who have the most of it.
pub fn lead(indicator: Indicator, frame: &Frame, manager: Option<&str>, tier: Option<&str>) -> Option<String> {
    let list = customers(frame, None, manager, tier, None);
    let by =
        |sort: &str| list.as_deref().map(|list| if frame.is_running() { address(list, &[("sort", Some(sort))]) } else { list.to_owned() });
    let counted = |counted: Counted| Some(behind(frame, Of { manager, tier, counted, ..Of::default() }));
    match indicator {
        Indicator::Aum | Indicator::Customers => list,
        Indicator::Deposits | Indicator::DepositsAverage => by("-deposits"),
        Indicator::Loans => by("-loans"),
        Indicator::Contribution => counted(Counted::All),
        Indicator::Opened => counted(Counted::Opened),
        Indicator::Activated => counted(Counted::Activated),
        Indicator::Crossed => counted(Counted::Crossed),
        Indicator::Contacts => counted(Counted::Contacted),
        Indicator::Visits => counted(Counted::Visited),
        // Of a product: its page leads on.
        Indicator::Balance | Indicator::BalanceAverage | Indicator::Holders | Indicator::Gained => None,
    }
}

fn figures(board: &BankBoard, query: &BoardQuery, say: Say) -> AnyView {
    let lang = say.lang;
    let to = |indicator: Indicator| lead(indicator, &board.frame, None, query.tier.as_deref());
    let one = |indicator: Indicator, label: &'static str, href: Option<String>| {
        let now = indicator.of(&board.now).unwrap_or_default();
        let shown = if indicator.is_count() { guanhu_ui::format_count(now) } else { say.money(now) };
        let target = board.targets.iter().find(|target| target.indicator == indicator).map(|target| target.amount);
        let month = say.change(now, board.before.as_ref().and_then(|before| indicator.of(before)));
        let year = say.change(now, board.year_before.as_ref().and_then(|before| indicator.of(before)));
        let reached = target.and_then(|target| share(now, target)).map(|share| text::of_target(lang, &say.per_cent(share)));
        // A month that has not passed is not compared with whole ones.
        let whole = board.frame.elapsed >= 100_00 || !indicator.is_flow();
        let change = |words: fn(guanhu_domain::Lang, &str) -> String, change: Option<(String, bool)>| {
            change
                .filter(|_| whole)
                .map(|(change, up)| format!(r#"<span class="{}">{}</span>"#, if up { "up" } else { "down" }, words(lang, &change)))
        };
        let ahead = (!whole).then(|| format!("<span>{} {}</span>", text::forecast(lang), say.money(forecast(now, board.frame.elapsed))));
        let notes = [
            ahead,
            change(text::against_month, month),
            change(text::against_year, year),
            reached.map(|words| format!("<span>{words}</span>")),
        ];
        let notes: String = notes.into_iter().flatten().collect();
        let note = move || view! { <span class="dash-note" inner_html=notes.clone()></span> }.into_any();
        match href {
            Some(href) => view! { <Figure label note href>{shown}</Figure> }.into_any(),
            None => view! { <Figure label note>{shown}</Figure> }.into_any(),
        }
    };
    let all = vec![
        one(Indicator::Aum, text::aum(lang), to(Indicator::Aum)),
        one(Indicator::Deposits, text::deposits(lang), to(Indicator::Deposits)),
        one(Indicator::Loans, text::loans(lang), to(Indicator::Loans)),
        one(Indicator::Contribution, text::contribution(lang), to(Indicator::Contribution)),
        one(Indicator::Customers, text::customers(lang), to(Indicator::Customers)),
    ];
    view! { <Figures>{all}</Figures> }.into_any()
}

fn trend(board: &BankBoard, say: Say) -> (AnyView, AnyView) {
    let lang = say.lang;
    let flows = say.flows(&board.frame, &board.trend);
    let course = course(&board.trend);
    let line = |name: &str, pick: fn(&guanhu_domain::dashboards::TrendPoint) -> i64| Series {
        name: name.into(),
        values: course.iter().map(|point| point.map(pick)).collect(),
    };
    let stocks = LineSpec {
        moments: moments(&board.trend),
        at: Vec::new(),
        series: vec![line(text::aum(lang), |p| p.aum), line(text::deposits(lang), |p| p.deposits), line(text::loans(lang), |p| p.loans)],
        measure: say.measure(&board.frame),
        from_zero: true,
    };
    let sheet = Sheet {
        label: text::trend(lang).into(),
        heads: [
            text::month(lang),
            text::contribution(lang),
            text::target(lang),
            text::aum(lang),
            text::deposits(lang),
            text::loans(lang),
            text::customers(lang),
        ]
        .into_iter()
        .enumerate()
        .map(|(at, head)| (head.to_owned(), at > 0))
        .collect(),
        rows: board
            .trend
            .iter()
            .map(|p| {
                vec![
                    Cell::text(&guanhu_ui::month_code(p.month)),
                    say.money_cell(p.contribution),
                    say.money_or_none(p.target),
                    say.money_cell(p.aum),
                    say.money_cell(p.deposits),
                    say.money_cell(p.loans),
                    say.count_cell(p.customers),
                ]
            })
            .collect(),
        ..Sheet::default()
    };
    let (one, other) = (flows.clone(), stocks.clone());
    let csv = sheet.csv();
    let files = move |stocks: bool| {
        let (spec, title, name) =
            if stocks { (&other, text::trend_stocks(lang), "balances") } else { (&one, text::trend_contribution(lang), "contribution") };
        Files { name: format!("trend-{name}"), csv: csv.clone(), svg: Some(line_chart_file(title, spec, lang)) }
    };
    let files = StoredValue::new(files);
    let contribution = view! {
        <Panel name="bank.contribution" title=text::contribution(lang).to_owned() drawn=true files=Callback::new(move |()| files.with_value(|files| files(false)))>
            <LineChart title=text::trend_contribution(lang) spec=Signal::stored(flows) brush=true />
        </Panel>
    };
    let balances = view! {
        <Panel name="bank.balances" title=text::trend(lang).to_owned() drawn=true files=Callback::new(move |()| files.with_value(|files| files(true)))>
            <LineChart title=text::trend_stocks(lang) spec=Signal::stored(stocks) brush=true />
        </Panel>
    };
    (contribution.into_any(), balances.into_any())
}

/// A unit's name; what is in none of the units below is the looked-at one's own.
pub fn unit_name(unit: &UnitLine, lang: Lang) -> String {
    if unit.code.is_empty() { text::own_line(lang).to_owned() } else { unit.name.clone() }
}

pub fn unit_page(unit: &UnitLine, query: &BoardQuery) -> Option<String> {
    (!unit.code.is_empty()).then(|| elsewhere("/dashboards", &BoardQuery { org: Some(unit.code.clone()), lenient: false, ..query.clone() }))
}

/// Units that are drawn; all stand in the table.
const DRAWN: usize = 24;

fn units(board: &BankBoard, query: &BoardQuery, say: Say) -> AnyView {
    let lang = say.lang;
    if board.units.is_empty() {
        let href = elsewhere("/dashboards/managers", query);
        return is_whole()
            .then(|| view! { <p class="dash-actions"><a class="dash-lead" href=href>{t(text::manager_ranking)}</a></p> })
            .into_any();
    }
    let with_targets = board.units.iter().any(|unit| unit.target.is_some());
    let to_sheet = progress::sheets(query, None);
    let whole = board.targets.iter().find(|target| target.indicator == Indicator::Contribution).map(|target| target.amount);
    let off = parts_off(whole, board.units.iter().map(|unit| unit.target), say);
    let name = |unit: &UnitLine| unit_name(unit, lang);
    let href = |unit: &UnitLine| unit_page(unit, query);
    let row = |unit: &UnitLine| BarRow {
        label: name(unit),
        values: std::iter::once(unit.contribution).chain(with_targets.then(|| unit.target.unwrap_or(0))).collect(),
        href: href(unit),
    };
    let mut names = vec![text::contribution(lang).to_owned()];
    names.extend(with_targets.then(|| text::target(lang).to_owned()));
    let spec = BarSpec { rows: board.units.iter().take(DRAWN).map(row).collect(), names, measure: say.measure(&board.frame) };
    let sheet = Sheet {
        label: text::ranking_title(lang).into(),
        heads: [
            text::unit(lang),
            text::customers(lang),
            text::aum(lang),
            text::change(lang),
            text::contribution(lang),
            text::change(lang),
            text::target(lang),
            text::attained(lang),
        ]
        .into_iter()
        .enumerate()
        .map(|(at, head)| (head.to_owned(), at > 0))
        .collect(),
        rows: board
            .units
            .iter()
            .map(|unit| {
                let tier = query.tier.as_deref();
                // What is a unit's own is in no list of a unit.
                let direct = || unit.code.is_empty().then(|| behind(&board.frame, Of { tier, counted: Counted::Direct, ..Of::default() }));
                let list = direct().or_else(|| customers(&board.frame, Some(&unit.code), None, tier, None));
                vec![
                    Cell::text(&name(unit)).link_to(href(unit)),
                    say.count_cell(unit.customers).link_to(list.clone()),
                    say.money_cell(unit.aum).link_to(list),
                    say.change_cell(unit.aum, unit.aum_before),
                    say.money_cell(unit.contribution).link_to(href(unit).or_else(direct)),
                    say.change_cell(unit.contribution, unit.contribution_before.filter(|_| board.frame.elapsed >= 100_00)),
                    say.money_or_none(unit.target).link_to(unit.target.and_then(|_| to_sheet(Indicator::Contribution, None))),
                    unit.target.map_or_else(Cell::none, |target| say.share_cell(unit.contribution, target)),
                ]
            })
            .collect(),
        ..Sheet::default()
    };
    let (html, csv, drawn) = (sheet.html(), sheet.csv(), spec.clone());
    let files = Callback::new(move |()| Files {
        name: "units".into(),
        csv: csv.clone(),
        svg: Some(bar_chart_file(text::ranking_title(lang), &drawn, lang)),
    });
    let cut = (board.units.len() > DRAWN).then(|| view! { <p class="dash-note">{text::first_units(lang, DRAWN)}</p> });
    view! {
        <Panel name="bank.units" title=text::ranking(lang).to_owned() drawn=true files>
            <BarChart title=text::ranking_title(lang) spec=Signal::stored(spec) />
            {cut}
            {off}
            {table(html, text::ranking_title(lang).into())}
        </Panel>
    }
    .into_any()
}

/// Says by how much the targets of contribution of the parts are off that of the whole; those that add up, or are not set, say nothing.
pub fn parts_off(whole: Option<i64>, parts: impl Iterator<Item = Option<i64>>, say: Say) -> Option<AnyView> {
    off_words(whole, parts, say).map(|words| view! { <p class="dash-note down">{words}</p> }.into_any())
}

fn off_words(whole: Option<i64>, parts: impl Iterator<Item = Option<i64>>, say: Say) -> Option<String> {
    let (sum, off) = difference(whole, parts).filter(|(_, off)| *off != 0)?;
    let shown = |amount: i128| say.money(i64::try_from(amount).unwrap_or(i64::MAX));
    Some(text::targets_off(say.lang, &shown(sum), &say.money(whole?), &shown(off)))
}

/// Tiers with a way to their customers.
pub fn tiers_panel(name: &'static str, frame: &Frame, tiers: &[TierLine], manager: Option<&str>, say: Say, title: &'static str) -> AnyView {
    let lang = say.lang;
    let whole: i64 = tiers.iter().map(|tier| tier.aum).sum();
    let sheet = Sheet {
        label: title.into(),
        heads: [
            text::tier(lang),
            text::customers(lang),
            text::change(lang),
            text::aum(lang),
            text::share_of_aum(lang),
            text::contribution(lang),
        ]
        .into_iter()
        .enumerate()
        .map(|(at, head)| (head.to_owned(), at > 0))
        .collect(),
        rows: tiers
            .iter()
            .map(|tier| {
                // Who has no tier is in no list of a tier.
                let (list, brought) = match tier.code.as_str() {
                    "" => {
                        let without = behind(frame, Of { manager, counted: Counted::NoTier, ..Of::default() });
                        (Some(without.clone()), without)
                    }
                    code => (
                        customers(frame, None, manager, Some(code), None),
                        behind(frame, Of { manager, tier: Some(code), ..Of::default() }),
                    ),
                };
                let name = if tier.code.is_empty() { text::no_tier(lang) } else { say.pick(&tier.name, &tier.name_en) };
                vec![
                    Cell::text(name).link_to(list.clone()),
                    say.count_cell(tier.customers).link_to(list.clone()),
                    say.change_cell(tier.customers, tier.customers_before),
                    say.money_cell(tier.aum).link_to(list),
                    say.share_cell(tier.aum, whole),
                    say.money_cell(tier.contribution).link(&brought),
                ]
            })
            .collect(),
        foot: Some(vec![
            Cell::text(text::whole(lang)),
            say.count_cell(tiers.iter().map(|tier| tier.customers).sum()).link_to(customers(frame, None, manager, None, None)),
            Cell::default(),
            say.money_cell(whole).link_to(customers(frame, None, manager, None, None)),
            Cell::default(),
            say.money_cell(tiers.iter().map(|tier| tier.contribution).sum()).link(&behind(frame, Of { manager, ..Of::default() })),
        ]),
        ..Sheet::default()
    };
    let html = sheet.html();
    let files = Files::of("tiers", sheet);
    view! { <Panel name title=text::tiers(lang).to_owned() drawn=true files>{table(html, title.into())}</Panel> }.into_any()
}

/// Of the twenty that are measured, those that are named.
const SHOWN: usize = 10;

fn concentration(board: &BankBoard, say: Say) -> AnyView {
    let lang = say.lang;
    let sum: i64 = board.top.iter().map(|top| top.aum).sum();
    // The richest are of all tiers, and so is what they are measured by.
    let whole: i64 = board.tiers.iter().map(|tier| tier.aum).sum();
    let note = share(sum, whole).map(|share| text::concentration_note(lang, &say.per_cent(share))).unwrap_or_default();
    let sheet = Sheet {
        label: text::concentration(lang).into(),
        heads: [text::customer(lang), text::aum(lang), text::share_of_aum(lang), text::contribution(lang)]
            .into_iter()
            .enumerate()
            .map(|(at, head)| (head.to_owned(), at > 0))
            .collect(),
        rows: board
            .top
            .iter()
            .take(SHOWN)
            .map(|top| {
                let page = top.name.as_ref().zip(top.customer_no.as_ref()).map(|(_, no)| format!("/customers/{no}"));
                let name = Cell::text(top.name.as_deref().filter(|_| page.is_some()).unwrap_or(text::moved_away(lang)));
                vec![
                    name.link_to(page.clone()),
                    say.money_cell(top.aum).link_to(page.clone()),
                    say.share_cell(top.aum, whole),
                    say.money_cell(top.contribution).link_to(page),
                ]
            })
            .collect(),
        ..Sheet::default()
    };
    let html = sheet.html();
    let files = Files::of("top-customers", sheet);
    view! {
        <Panel name="bank.top" title=text::concentration(lang).to_owned() note drawn=true files>
            {table(html, text::concentration(lang).into())}
        </Panel>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_that_do_not_add_up_are_said() {
        let say = Say::new(Lang::En);
        let words = |whole, parts: &[Option<i64>]| off_words(whole, parts.iter().copied(), say);
        assert_eq!(words(Some(10_00), &[Some(4_00), None, Some(6_00)]), None);
        assert_eq!((words(None, &[Some(4_00)]), words(Some(10_00), &[None])), (None, None));
        let said = words(Some(10_00), &[Some(4_00), Some(7_00)]).unwrap();
        assert_eq!(said, text::targets_off(Lang::En, &say.money(11_00), &say.money(10_00), &say.money(1_00)));
    }
}
