//! How value is spread over customers.

use guanhu_domain::{
    Lang,
    contribution::kin::KinKind,
    dashboards::{BoardQuery, Counted, Decile, Frame, KinLine, ValueBoard},
};
use guanhu_ui::{
    BarChart, BarRow, BarSpec, LineChart, LineSpec, Measure, Series,
    chart::{bar_chart_file, line_chart_file},
    use_lang,
};
use leptos::prelude::*;

use super::{
    api,
    bank::tiers_panel,
    behind::{Of, behind},
    frame::Say,
    group,
    page::{Files, Panel, is_whole, page, question, table},
    sheet::{Cell, Sheet},
    text,
};
use crate::{Asked, scripts::LazyPage};

/// `/dashboards/value`.
pub struct ValueRoute(Asked<ValueBoard>);

impl LazyPage for ValueRoute {
    fn data() -> Self {
        ValueRoute(Asked::of(question(), api::read_value))
    }

    fn view(this: Self) -> AnyView {
        page(this.0, |board| &board.frame, |board, _| board.frame.org.name.clone(), show)
    }
}

pub fn show(board: ValueBoard, _query: BoardQuery) -> AnyView {
    let say = Say::of(use_lang().get_untracked(), &board.frame);
    if let Some(value) = board.group.as_ref().filter(|_| is_whole()) {
        let group = board.frame.group.as_ref().map(|group| group.code.as_str());
        let of_group = |decile: &Decile| {
            Some(behind(&board.frame, Of { group, counted: Counted::Decile, value: Some(&decile.decile.to_string()), ..Of::default() }))
        };
        return match value.deciles.as_slice() {
            [] => group::nobody(&board.frame, say),
            deciles => view! {
                {group::month_head(&board.frame, say)}
                {spread(&board.frame, deciles, group::month_tiers(&board.frame, &value.tiers, say), &of_group, &OF_GROUP, say)}
            }
            .into_any(),
        };
    }
    let tiers = tiers_panel("value.tiers", &board.frame, &board.tiers, None, say, text::by_tier_value(say.lang));
    let who = |decile: &Decile| {
        Some(behind(&board.frame, Of { counted: Counted::Decile, value: Some(&decile.decile.to_string()), ..Of::default() }))
    };
    view! {
        {spread(&board.frame, &board.deciles, tiers, &who, &OF_BANK, say)}
        <div class="dash-grid">
            {kin(&board.frame, &board.kin, KinKind::Household, say)} {kin(&board.frame, &board.kin, KinKind::Group, say)}
        </div>
    }
    .into_any()
}

/// Those that are named, before the line of all others.
const NAMED: i16 = 15;

fn folded(lines: &[KinLine], kind: KinKind) -> Vec<KinLine> {
    let mut folded: Vec<KinLine> = Vec::new();
    for line in lines.iter().filter(|line| line.kind == kind) {
        let place = if line.place > NAMED { 0 } else { line.place };
        match folded.iter_mut().find(|other| place == 0 && other.place == 0) {
            Some(others) => {
                others.kin += line.kin;
                others.customers += line.customers;
                others.aum += line.aum;
                others.contribution += line.contribution;
            }
            None => folded.push(KinLine { place, ..line.clone() }),
        }
    }
    folded
}

/// Families or groups of companies, the rest of them, and who is in none: together the whole.
fn kin(frame: &Frame, lines: &[KinLine], kind: KinKind, say: Say) -> AnyView {
    let lang = say.lang;
    let lines = folded(lines, kind);
    if lines.iter().all(|line| line.kin == 0) {
        return ().into_any();
    }
    let (name, title, others, none): (_, _, fn(Lang, i64) -> String, _) = match kind {
        KinKind::Household => ("value.households", text::households(lang), text::other_households, text::in_no_household(lang)),
        KinKind::Group => ("value.groups", text::company_groups(lang), text::other_groups, text::in_no_group(lang)),
    };
    let whole: i64 = lines.iter().map(|line| line.contribution).sum();
    let heads =
        [text::largest_member(lang), text::customers(lang), text::aum(lang), text::contribution(lang), text::share_of_contribution(lang)];
    let row = |line: &KinLine| {
        let head = match (line.place, &line.name, &line.customer_no) {
            (..0, ..) => Cell::text(none),
            (0, ..) => Cell::text(&others(lang, line.kin)),
            (_, Some(name), Some(no)) => Cell::text(name).link(&format!("/customers/{no}")),
            _ => Cell::text(text::moved_away(lang)),
        };
        // All others are many; who is theirs is on the page of one of them.
        let value = if line.place < 0 { Some("-") } else { line.customer_no.as_deref().filter(|_| line.place > 0) };
        let counted = if kind == KinKind::Household { Counted::Household } else { Counted::CompanyGroup };
        let who = value.map(|value| behind(frame, Of { counted, value: Some(value), ..Of::default() }));
        vec![
            head,
            say.count_cell(line.customers).link_to(who.clone()),
            say.money_cell(line.aum).link_to(who.clone()),
            say.money_cell(line.contribution).link_to(who),
            say.share_cell(line.contribution, whole),
        ]
    };
    let sheet = Sheet {
        label: title.into(),
        heads: heads.into_iter().enumerate().map(|(at, head)| (head.to_owned(), at > 0)).collect(),
        rows: lines.iter().map(row).collect(),
        foot: Some(vec![
            Cell::text(text::whole(lang)),
            say.count_cell(lines.iter().map(|line| line.customers).sum()),
            say.money_cell(lines.iter().map(|line| line.aum).sum()),
            say.money_cell(whole),
            Cell::default(),
        ]),
        ..Sheet::default()
    };
    let (html, csv) = (sheet.html(), sheet.csv());
    let files = Callback::new(move |()| Files { name: name.replace('.', "-"), csv: csv.clone(), svg: None });
    view! {
        <Panel name title=title.to_owned() note=text::kin_note(lang).to_owned() files>
            {table(html, title.into())}
        </Panel>
    }
    .into_any()
}

/// Whose tenths are shown: what is pinned is everybody's.
struct Whose {
    lorenz: &'static str,
    deciles: &'static str,
    note: fn(Lang) -> &'static str,
}

const OF_BANK: Whose = Whose { lorenz: "value.lorenz", deciles: "value.deciles", note: text::of_bank };
const OF_GROUP: Whose = Whose { lorenz: "group.lorenz", deciles: "group.deciles", note: text::group_deciles };

/// The curve and the tenths it is made of; `who` leads to the customers of a tenth.
fn spread(frame: &Frame, deciles: &[Decile], tiers: AnyView, who: &dyn Fn(&Decile) -> Option<String>, of: &Whose, say: Say) -> AnyView {
    let lang = say.lang;
    let whole: i64 = deciles.iter().map(|decile| decile.contribution).sum();
    let customers: i64 = deciles.iter().map(|decile| decile.customers).sum();
    let (mut moments, mut at, mut value, mut equal) = (vec!["0%".to_owned()], vec![0], vec![Some(0)], vec![Some(0)]);
    let (mut sum, mut count) = (0_i64, 0_i64);
    for decile in deciles {
        sum += decile.contribution;
        count += decile.customers;
        let so_far = guanhu_domain::dashboards::share(count, customers).unwrap_or(0);
        moments.push(say.per_cent(so_far));
        at.push(so_far);
        value.push((whole != 0).then(|| (i128::from(sum) * 10_000 / i128::from(whole)) as i64));
        equal.push(Some(so_far));
    }
    let lorenz = LineSpec {
        moments,
        // Tenths of the bank are no tenths of a unit: each ends where its customers do.
        at,
        series: vec![
            Series { name: text::contribution(lang).into(), values: value },
            Series { name: text::equal(lang).into(), values: equal },
        ],
        measure: Measure::BasisPoints,
        from_zero: true,
    };
    let row =
        |decile: &Decile| BarRow { label: text::decile(lang, decile.decile), values: vec![decile.income, decile.cost], href: who(decile) };
    let bars = BarSpec {
        rows: deciles.iter().map(row).collect(),
        names: vec![text::income(lang).into(), text::cost(lang).into()],
        measure: say.measure(frame),
    };
    let sheet = Sheet {
        label: text::deciles_title(lang).into(),
        heads: [
            text::deciles(lang),
            text::customers(lang),
            text::aum(lang),
            text::income(lang),
            text::cost(lang),
            text::contribution(lang),
            text::average(lang),
        ]
        .into_iter()
        .enumerate()
        .map(|(at, head)| (head.to_owned(), at > 0))
        .collect(),
        rows: deciles
            .iter()
            .map(|decile| {
                vec![
                    Cell::text(&text::decile(lang, decile.decile)).link_to(who(decile)),
                    say.count_cell(decile.customers).link_to(who(decile)),
                    say.money_cell(decile.aum).link_to(who(decile)),
                    say.money_cell(decile.income).link_to(who(decile)),
                    say.money_cell(decile.cost).link_to(who(decile)),
                    say.money_cell(decile.contribution).link_to(who(decile)),
                    say.money_cell(decile.contribution / decile.customers.max(1)),
                ]
            })
            .collect(),
        ..Sheet::default()
    };
    let (html, csv) = (sheet.html(), StoredValue::new(sheet.csv()));
    let (curve, drawn) = (lorenz.clone(), bars.clone());
    let of_lorenz = Callback::new(move |()| Files {
        name: "lorenz".into(),
        csv: csv.get_value(),
        svg: Some(line_chart_file(text::lorenz_title(lang), &curve, lang)),
    });
    let of_deciles = Callback::new(move |()| Files {
        name: "deciles".into(),
        csv: csv.get_value(),
        svg: Some(bar_chart_file(text::deciles_title(lang), &drawn, lang)),
    });
    view! {
        <div class="dash-columns">
            <div class="dash-column">
            <Panel name=of.lorenz title=text::lorenz(lang).to_owned() drawn=true files=of_lorenz>
                <LineChart title=text::lorenz_title(lang) spec=Signal::stored(lorenz) />
            </Panel>
            {tiers}
            </div>
            <div class="dash-column">
            <Panel name=of.deciles title=text::deciles(lang).to_owned() note=(of.note)(lang).to_owned() drawn=true files=of_deciles>
                <BarChart title=text::deciles_title(lang) spec=Signal::stored(bars) />
                {table(html, text::deciles_title(lang).into())}
            </Panel>
            </div>
        </div>
    }
    .into_any()
}
