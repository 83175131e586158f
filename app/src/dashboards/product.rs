//! One product's page: what it is, how it is sold, whom it suits and who sells it best.

use guanhu_domain::{
    dashboards::{BoardQuery, Counted},
    products::{Offer, ProductBoard, SELLING_MONTHS, Seller, TraitLine, offer},
};
use guanhu_ui::{Figures, Section, format_count, format_time, use_lang};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    api,
    bank::customers,
    behind::{Of, behind},
    currency,
    frame::Say,
    manager::figure,
    page::{Files, Panel, elsewhere, page, question, table},
    products::lacking,
    progress,
    sheet::{Cell, Sheet},
    text,
};
use crate::{Asked, customers::view::local, scripts::LazyPage};

/// `/dashboards/products/:code`.
pub struct ProductRoute(Asked<ProductBoard>);

impl LazyPage for ProductRoute {
    fn data() -> Self {
        let (params, query) = (use_params_map(), question());
        let asked = Memo::new(move |_| (params.with(|params| params.get("code").unwrap_or_default()), query.get()));
        ProductRoute(Asked::of(asked, |(code, query)| api::read_product(code, query)))
    }

    fn view(this: Self) -> AnyView {
        page(this.0, |board| &board.frame, |board, lang| Say::new(lang).pick(&board.product.name, &board.product.name_en).to_owned(), show)
    }
}

pub fn product_page(code: &str, query: &BoardQuery) -> String {
    elsewhere(&format!("/dashboards/products/{code}"), query)
}

/// An age band by its number.
pub fn band_name(band: &str, lang: guanhu_domain::Lang) -> &'static str {
    match band {
        "1" => text::age_1(lang),
        "2" => text::age_2(lang),
        "3" => text::age_3(lang),
        "4" => text::age_4(lang),
        "5" => text::age_5(lang),
        "6" => text::age_6(lang),
        _ => text::age_0(lang),
    }
}

fn show(board: ProductBoard, query: BoardQuery) -> AnyView {
    let lang = use_lang().get_untracked();
    let say = Say::of(lang, &board.frame);
    let first = match &board.in_currency {
        Some(in_currency) => currency::of_product(in_currency, &board.frame, &board.product.code, &query, say),
        None => figures(&board, &query, say),
    };
    view! {
        {first}
        <div class="dash-grid">
            {board.in_currency.is_none().then(|| progress::of_product(&board.targets, &board.frame, &query, say))}
            {words(&board, say)}
            {suitability(&board, say)}
            {sellers("product.units", text::best_units(lang), &board.units, |unit| {
                elsewhere(&format!("/dashboards/products/{}", board.product.code), &BoardQuery { org: Some(unit.code.clone()), lenient: false, ..query.clone() })
            }, |unit| customers(&board.frame, Some(&unit.code), None, None, Some(&board.product.code)), say)}
            {sellers("product.managers", text::best_managers(lang), &board.managers, |manager| {
                elsewhere(&format!("/dashboards/managers/{}", manager.code), &BoardQuery { tier: None, ..query.clone() })
            }, |manager| customers(&board.frame, None, Some(&manager.code), None, Some(&board.product.code)), say)}
            {ages(&board, say)}
        </div>
    }
    .into_any()
}

/// Holders, the gap and what came and went; for a manager the own customers who have it and who have not.
fn figures(board: &ProductBoard, query: &BoardQuery, say: Say) -> AnyView {
    let lang = say.lang;
    let (code, tier) = (board.product.code.as_str(), query.tier.as_deref());
    let list = customers(&board.frame, None, None, tier, Some(code));
    let gap = lacking(&board.frame, tier, code, board.product.customer_kind.as_deref());
    let Some(line) = &board.line else {
        let link = |href: Option<String>, words: &'static str| href.map(|href| view! { <a class="dash-lead" href=href>{words}</a> });
        return view! { <p class="dash-actions">{link(list, text::holders_list(lang))} {link(gap, text::gap_list(lang))}</p> }.into_any();
    };
    let share = guanhu_domain::dashboards::share(line.holders, line.eligible).map(|share| say.per_cent(share));
    let count = |figure: Option<i64>| figure.map_or_else(|| "—".to_owned(), format_count);
    let all = vec![
        figure(
            text::holders(lang),
            format_count(line.holders),
            share.map(|share| format!("{} {share}", text::adoption_rate(lang))),
            list.clone(),
        ),
        figure(text::gap(lang), format_count(line.eligible - line.holders), None, gap),
        figure(
            text::gained(lang),
            count(line.gained),
            None,
            line.gained.map(|_| behind(&board.frame, Of { tier, product: Some(code), counted: Counted::Gained, ..Of::default() })),
        ),
        figure(
            text::lapsed(lang),
            count(line.lapsed),
            None,
            line.lapsed.map(|_| behind(&board.frame, Of { tier, product: Some(code), counted: Counted::Lapsed, ..Of::default() })),
        ),
        figure(text::balance(lang), say.money(line.end_balance), None, list.clone()),
        figure(
            text::contribution(lang),
            say.money(line.contribution),
            None,
            Some(behind(&board.frame, Of { tier, product: Some(code), ..Of::default() })),
        ),
    ];
    view! { <Figures>{all}</Figures> }.into_any()
}

fn words(board: &ProductBoard, say: Say) -> AnyView {
    let lang = say.lang;
    let product = &board.product;
    let paragraphs = |text: &str, none: &'static str| match text.trim() {
        "" => view! { <p class="faint">{none}</p> }.into_any(),
        text => view! { <p class="product-words">{text.to_owned()}</p> }.into_any(),
    };
    let changed = product.changed_at.map(|at| {
        let by = product.changed_by.clone().unwrap_or_default();
        view! { <p class="faint">{text::words_by(lang, &by, &format_time(local(at), lang))}</p> }
    });
    let (what, how) = (paragraphs(&product.description, text::no_description(lang)), paragraphs(&product.script, text::no_script(lang)));
    view! {
        <div class="dash-panel wide">
            <Section title=text::description(lang)>{what}</Section>
            <Section title=text::script(lang)>{how} {changed}</Section>
        </div>
    }
    .into_any()
}

/// Whom it may be offered to, by what the customer's appetite for risk was assessed as.
fn suitability(board: &ProductBoard, say: Say) -> AnyView {
    let lang = say.lang;
    let product = &board.product;
    let kind = match product.customer_kind.as_deref() {
        Some("personal") => text::for_persons(lang),
        Some("corporate") => text::for_companies(lang),
        _ => text::for_everybody(lang),
    };
    let rule = match product.risk_level {
        Some(level) => text::risk_rule(lang, level),
        None => text::no_risk(lang).to_owned(),
    };
    let verdict = |line: &TraitLine| match offer(product.risk_level, line.value) {
        Offer::Suits => Cell::text(text::may_offer(lang)),
        Offer::TooRisky => Cell::text(text::too_risky(lang)),
        Offer::NotAssessed => Cell::text(text::assess_first(lang)),
    };
    let sheet = Sheet {
        label: text::suitability_title(lang).into(),
        heads: vec![
            (text::appetite(lang).into(), false),
            (text::may_be_offered(lang).into(), false),
            (text::customers(lang).into(), true),
            (text::holders(lang).into(), true),
            (text::gap(lang).into(), true),
        ],
        rows: board
            .appetites
            .iter()
            .map(|line| {
                let level = if line.value == 0 { text::not_assessed(lang).to_owned() } else { text::level(lang, line.value) };
                let value = line.value.to_string();
                let of = |product: Option<&str>| {
                    behind(&board.frame, Of { product, counted: Counted::Appetite, value: Some(&value), ..Of::default() })
                };
                vec![
                    Cell::text(&level),
                    verdict(line),
                    say.count_cell(line.customers).link(&of(None)),
                    say.count_cell(line.holders).link(&of(Some(&board.product.code))),
                    say.count_cell(line.customers - line.holders).link(&of(Some(&format!("!{}", board.product.code)))),
                ]
            })
            .collect(),
        ..Sheet::default()
    };
    let (html, csv) = (sheet.html(), sheet.csv());
    let files = Callback::new(move |()| Files { name: "suitability".into(), csv: csv.clone(), svg: None });
    let known = !board.appetites.is_empty();
    view! {
        <Panel name="product.suitability" title=text::suitability(lang).to_owned() files>
            <p>{kind}" "{rule}</p>
            {known.then(|| table(html, text::suitability_title(lang).to_owned()))}
        </Panel>
    }
    .into_any()
}

/// `page` tells more of a seller, `list` leads to the customers who hold it there.
fn sellers(
    name: &'static str,
    title: &'static str,
    of: &[Seller],
    page: impl Fn(&Seller) -> String,
    list: impl Fn(&Seller) -> Option<String>,
    say: Say,
) -> AnyView {
    let lang = say.lang;
    if of.is_empty() {
        return ().into_any();
    }
    let with_unit = of.iter().any(|seller| seller.org_name.is_some());
    let mut heads = vec![(if with_unit { text::manager(lang) } else { text::unit(lang) }.to_owned(), false)];
    heads.extend(with_unit.then(|| (text::unit(lang).to_owned(), false)));
    heads.extend([
        (text::gained(lang).to_owned(), true),
        (text::per_hundred(lang).to_owned(), true),
        (text::holders(lang).to_owned(), true),
        (text::adoption_rate(lang).to_owned(), true),
    ]);
    let sheet = Sheet {
        label: title.into(),
        heads,
        rows: of
            .iter()
            .map(|seller| {
                let mut row = vec![Cell::text(&seller.name).link(&page(seller))];
                row.extend(with_unit.then(|| Cell::text(seller.org_name.as_deref().unwrap_or_default())));
                row.extend([
                    say.count_cell(seller.gained),
                    say.share_cell(seller.gained, seller.eligible),
                    say.count_cell(seller.holders).link_to(list(seller)),
                    say.share_cell(seller.holders, seller.eligible).link_to(list(seller)),
                ]);
                row
            })
            .collect(),
        ..Sheet::default()
    };
    let (html, csv, file) = (sheet.html(), sheet.csv(), name.replace('.', "-"));
    let files = Callback::new(move |()| Files { name: file.clone(), csv: csv.clone(), svg: None });
    let note = text::best_note(lang, SELLING_MONTHS);
    view! { <Panel name title=title.to_owned() note files>{table(html, title.into())}</Panel> }.into_any()
}

fn ages(board: &ProductBoard, say: Say) -> AnyView {
    let lang = say.lang;
    if board.ages.is_empty() {
        return ().into_any();
    }
    let sheet = Sheet {
        label: text::by_age_title(lang).into(),
        heads: vec![
            (text::age(lang).into(), false),
            (text::customers(lang).into(), true),
            (text::holders(lang).into(), true),
            (text::adoption_rate(lang).into(), true),
        ],
        rows: board
            .ages
            .iter()
            .map(|line| {
                let value = line.value.to_string();
                let of = |product: Option<&str>| {
                    behind(&board.frame, Of { product, counted: Counted::Age, value: Some(&value), ..Of::default() })
                };
                vec![
                    Cell::text(band_name(&value, lang)),
                    say.count_cell(line.customers).link(&of(None)),
                    say.count_cell(line.holders).link(&of(Some(&board.product.code))),
                    say.share_cell(line.holders, line.customers).link(&of(Some(&board.product.code))),
                ]
            })
            .collect(),
        ..Sheet::default()
    };
    let (html, csv) = (sheet.html(), sheet.csv());
    let files = Callback::new(move |()| Files { name: "ages".into(), csv: csv.clone(), svg: None });
    view! { <Panel name="product.ages" title=text::by_age(lang).to_owned() files>{table(html, text::by_age_title(lang).into())}</Panel> }
        .into_any()
}
