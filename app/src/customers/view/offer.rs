//! What a deposit or loan that the customer does not have yet would bring, by the formula of the books.

use guanhu_domain::{
    Currency, CustomerNo, Lang, Money,
    contribution::{
        Treatment,
        offer::{Offer, Offers},
        pricing::parse_rate,
    },
};
use guanhu_ui::{Choice, Field, Select, TextInput, parse_amount, t};
use leptos::prelude::*;

use super::{here::Here, text};
use crate::{
    Fail,
    attempt::{Attempt, Told},
    wire::Call,
};

#[server(endpoint = "customer/offers", protocol = Call)]
pub async fn read_offers(no: CustomerNo) -> Result<Offers, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::contribution::explain::offers(&bank, &actor, no).await;
    crate::server::settle(&bank, &actor, result).await
}

/// Prices are fetched when it is first opened.
pub fn try_offer(here: Here) -> AnyView {
    let (lang, base) = (here.lang, here.customer.with_untracked(|customer| customer.base_currency));
    let attempt = Attempt::new();
    let offers = RwSignal::new(None::<Offers>);
    let open = move |_| {
        if offers.with_untracked(Option::is_none) {
            attempt.run(read_offers(here.no), move |found| offers.set(Some(found)));
        }
    };
    let form = move || offers.get().map(|offers| form(offers, base, lang));
    view! {
        <details class="c360-offer no-print" on:toggle=open>
            <summary>{t(text::what_if_new)}</summary>
            {form}
            <Told attempt />
        </details>
    }
    .into_any()
}

/// The rate that a product has of itself; of one whose accounts have their own it is to be said.
fn usual(offer: &Offer) -> String {
    if offer.rate.is_zero() && offer.treatment != Treatment::Managed { String::new() } else { offer.rate.normalize().to_string() }
}

/// Is it agreed how long it lasts?
fn has_term(offer: &Offer) -> bool {
    offer.tenor_months.is_none() && offer.treatment != Treatment::Managed
}

fn form(offers: Offers, base: Currency, lang: Signal<Lang>) -> AnyView {
    let Some(first) = offers.offers.first().cloned() else {
        return view! { <p class="faint">{t(text::no_offers)}</p> }.into_any();
    };
    let code = RwSignal::new(first.code.clone());
    let rate = RwSignal::new(usual(&first));
    let (amount, term) = (RwSignal::new(String::new()), RwSignal::new("12".to_owned()));
    let offers = StoredValue::new(offers);
    let choices = Signal::derive(move || {
        let name = |offer: &Offer| match lang.get() {
            Lang::En if !offer.name_en.is_empty() => offer.name_en.clone(),
            _ => offer.name.clone(),
        };
        offers.with_value(|offers| offers.offers.iter().map(|offer| Choice::new(&offer.code, name(offer))).collect::<Vec<_>>())
    });
    let chosen =
        Memo::new(move |_| offers.with_value(|offers| code.with(|code| offers.offers.iter().find(|offer| offer.code == *code).cloned())));
    Effect::new(move |before: Option<Option<String>>| {
        let now = chosen.get();
        // Another product begins with its own rate.
        if let Some(offer) = now.as_ref().filter(|offer| before.is_some_and(|before| before.as_ref() != Some(&offer.code))) {
            rate.set(usual(offer));
        }
        now.map(|offer| offer.code)
    });
    let places = base.exponent();
    let year = Memo::new(move |_| {
        let offer = chosen.get()?;
        let amount = amount.with(|text| parse_amount(text, places)).filter(|amount| *amount > 0)?;
        let rate = rate.with(|text| parse_rate(text))?;
        // What is not asked for stands in nobody's way.
        let term =
            if has_term(&offer) { term.with(|text| text.trim().parse::<u32>().ok()).filter(|term| (1..=600).contains(term))? } else { 12 };
        offers.with_value(|offers| offers.year(&offer, amount, rate, term))
    });
    let said = move || match (year.get(), lang.get()) {
        (Some(lines), lang) => {
            let money = |minor: i64| Money::new(minor, base).exact();
            text::would_bring_a_year(
                lang,
                &money(lines.contribution()),
                &money(lines.spread),
                &money(lines.fees),
                &money(lines.expected_loss),
                &money(lines.cost),
            )
        }
        (None, lang) if offers.with_value(|offers| offers.points.is_empty()) => text::no_curve(lang).to_owned(),
        (None, lang) => text::not_computable(lang).to_owned(),
    };
    let by_term = move || chosen.get().is_some_and(|offer| has_term(&offer));
    let by_rate = move || chosen.get().is_some_and(|offer| offer.treatment != Treatment::Managed);
    view! {
        <fieldset class="c360-if">
            <legend class="sr-only">{t(text::what_if_new)}</legend>
            <Field name="offer-product" help="contribution#customer" label=t(text::offer_product)>
                <Select value=code choices />
            </Field>
            <Field name="offer-amount" label=move || text::average_balance_in(lang.get(), base.code())>
                <TextInput value=amount inputmode="decimal" autocomplete="off" />
            </Field>
            {move || by_rate().then(|| view! {
                <Field name="offer-rate" help="contribution#formula" label=t(text::rate_percent)>
                    <TextInput value=rate inputmode="decimal" autocomplete="off" />
                </Field>
            })}
            {move || by_term().then(|| view! {
                <Field name="offer-term" label=t(text::offer_term)>
                    <TextInput value=term inputmode="numeric" autocomplete="off" />
                </Field>
            })}
            <output>{said}</output>
        </fieldset>
    }
    .into_any()
}
