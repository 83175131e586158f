//! The customers behind a figure, as its month has them.

use guanhu_domain::{
    Currency, Lang,
    dashboards::{BehindBoard, BehindQuery, BehindRow, BoardQuery, Counted, Frame},
};
use guanhu_ui::{EmptyState, use_lang};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{
    api,
    frame::Say,
    page::{Files, Panel, address, asking, page, question, table},
    product::band_name,
    sheet::{Cell, Sheet},
    text,
};
use crate::{Asked, scripts::LazyPage};

/// `/dashboards/behind`.
pub struct BehindRoute(Asked<BehindBoard>);

const PATH: &str = "/dashboards/behind";

impl LazyPage for BehindRoute {
    fn data() -> Self {
        let (params, board) = (use_query_map(), question());
        let asked = Memo::new(move |_| {
            params.with(|params| {
                let text = |name: &str| params.get(name).filter(|value| !value.is_empty());
                BehindQuery {
                    board: board.get(),
                    manager: text("manager"),
                    product: text("product"),
                    counted: text("what").and_then(|code| Counted::from_code(&code)).unwrap_or_default(),
                    value: params.get("value"),
                    after: text("after"),
                }
            })
        });
        BehindRoute(Asked::of(asked, api::read_behind))
    }

    fn view(this: Self) -> AnyView {
        page(this.0, |board| &board.frame, title, show)
    }
}

/// Of which customers a figure is; without a unit of the one that is looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Of<'a> {
    pub org: Option<&'a str>,
    pub manager: Option<&'a str>,
    pub tier: Option<&'a str>,
    pub product: Option<&'a str>,
    /// Only its members, as they are today.
    pub group: Option<&'a str>,
    /// Only who has accounts in it, with their balances in it.
    pub currency: Option<&'a str>,
    pub counted: Counted,
    pub value: Option<&'a str>,
}

/// Where they are listed.
pub fn behind(frame: &Frame, of: Of<'_>) -> String {
    let month = guanhu_ui::month_code(frame.month.month);
    let what = (of.counted != Counted::All).then(|| of.counted.code());
    let pairs = [
        ("month", Some(month.as_str())),
        ("org", Some(of.org.unwrap_or(&frame.org.code))),
        ("tier", of.tier),
        ("manager", of.manager),
        ("product", of.product),
        ("group", of.group),
        ("currency", of.currency),
        ("what", what),
        ("value", of.value),
    ];
    address(PATH, &pairs)
}

fn title(board: &BehindBoard, lang: Lang) -> String {
    let say = Say::new(lang);
    let value = board.value.as_deref().unwrap_or_default();
    let tier = |code: &str, gone: &'static str| match code {
        "-" => gone.to_owned(),
        "" => text::no_tier(lang).to_owned(),
        code => board.frame.tiers.iter().find(|tier| tier.code == code).map_or(code, |tier| say.pick(&tier.name, &tier.name_en)).to_owned(),
    };
    let counted = match board.counted {
        Counted::All => None,
        Counted::Decile => value.parse().ok().map(|decile| text::decile(lang, decile)),
        Counted::Age => Some(band_name(value, lang).to_owned()),
        Counted::Appetite if value == "0" => Some(text::not_assessed(lang).to_owned()),
        Counted::Appetite => value.parse().ok().map(|level| text::level(lang, level)),
        Counted::Household | Counted::CompanyGroup => Some(match (&board.member, board.counted) {
            (Some(name), counted) => text::kin_of(lang, counted.name(lang), name),
            (None, Counted::Household) => text::in_no_household(lang).to_owned(),
            (None, _) => text::in_no_group(lang).to_owned(),
        }),
        Counted::Flow => {
            value.split_once('~').map(|(from, to)| format!("{} → {}", tier(from, text::new_customers(lang)), tier(to, text::gone(lang))))
        }
        counted => Some(counted.name(lang).to_owned()),
    };
    let products = board.products.iter().map(|(holds, name, name_en)| {
        let name = say.pick(name, name_en);
        if *holds { name.to_owned() } else { text::not_holding(lang, name) }
    });
    let manager = board.manager.clone().map(|name| if name.is_empty() { text::unassigned(lang).to_owned() } else { name });
    let frame = &board.frame;
    let group = frame.group.as_ref().map(|group| group.name.clone());
    let parts = std::iter::once(frame.org.name.clone()).chain(group).chain(manager).chain(products).chain(counted);
    let parts = parts.chain(frame.chosen_currency.clone());
    parts.collect::<Vec<_>>().join(" · ")
}

fn show(board: BehindBoard, query: BoardQuery) -> AnyView {
    let lang = use_lang().get_untracked();
    let say = Say::of(lang, &board.frame);
    // Balances of one currency have its decimals; contribution is in the base currency.
    let chosen = board.frame.chosen_currency.clone();
    let decimals = chosen.as_deref().and_then(Currency::new).map_or(say.decimals, |currency| currency.exponent());
    let balance = |minor: i64| Say { decimals, ..say }.money_cell(minor);
    if board.items.is_empty() {
        return view! { <EmptyState title=text::nobody_behind(lang) text=text::nobody_behind_hint(lang) /> }.into_any();
    }
    let row = |row: &BehindRow| {
        let name = match (&row.name, &row.customer_no) {
            (Some(name), Some(no)) => Cell::text(name).link(&format!("/customers/{no}")),
            _ => Cell::text(text::moved_away(lang)),
        };
        let tier = row.tier.as_ref().map_or(text::no_tier(lang), |tier| say.pick(&tier.name, &tier.name_en));
        vec![
            name,
            Cell::text(tier),
            Cell::text(&row.org_name),
            balance(row.aum),
            balance(row.deposits),
            balance(row.loans),
            say.money_cell(row.contribution),
        ]
    };
    let sheet = Sheet {
        label: text::behind_title(lang).into(),
        heads: [
            (text::customer(lang), false),
            (text::tier(lang), false),
            (text::unit(lang), false),
            (text::aum(lang), true),
            (text::deposits(lang), true),
            (text::loans(lang), true),
            (text::contribution(lang), true),
        ]
        .map(|(head, number)| (head.to_owned(), number))
        .into(),
        rows: board.items.iter().map(row).collect(),
        ..Sheet::default()
    };
    let more = board.next.as_deref().map(|next| {
        let here = asking(PATH, &query, use_query_map().get_untracked());
        let href = address(&here, &[("after", Some(next))]);
        view! { <p class="dash-actions"><a class="dash-lead" href=href>{text::more_behind(lang)}</a></p> }
    });
    let mut note = text::behind_note(lang, &say.month(board.frame.month.month));
    match board.counted {
        Counted::Overdue => note.push_str(text::behind_overdue(lang)),
        _ if board.manager.is_some() => note.push_str(text::behind_shared(lang)),
        _ => {}
    }
    if let Some(currency) = &chosen {
        note.push_str(&text::behind_currency(lang, currency));
    }
    // What is taken along is what is seen.
    let is_part = board.next.is_some() || use_query_map().with_untracked(|params| params.get("after").is_some());
    if is_part {
        note.push_str(text::behind_part(lang));
    }
    let html = sheet.html();
    let files = Files::of(if is_part { "customers-part" } else { "customers" }, sheet);
    view! {
        <Panel name="behind.customers" title=text::behind_heading(lang).to_owned() note drawn=true files wide=true>
            {table(html, text::behind_title(lang).into())}
            {more}
        </Panel>
    }
    .into_any()
}
