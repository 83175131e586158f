use leptos::prelude::*;

use crate::{
    lang::use_lang,
    number::{AmountUnit, format_amount, format_exact},
};

/// An amount of money, short, with the full figure and currency in its title.
/// In a column give `unit` and `bare`, and put the unit into the head once.
///
/// `<Amount minor=customer.aum currency="CNY"/>`
#[component]
pub fn Amount(
    /// Minor units of the currency.
    #[prop(into)]
    minor: Signal<i64>,
    #[prop(default = "CNY".to_string(), into)] currency: String,
    #[prop(default = 2)] decimals: u32,
    #[prop(optional)] unit: AmountUnit,
    /// Leaves the unit to the head of the column (a phone's card, which has no head, still shows it).
    #[prop(optional)]
    bare: bool,
    /// Every digit.
    #[prop(optional)]
    exact: bool,
    /// Where it comes from, told on hover below the exact figure.
    #[prop(optional, into)]
    from: Option<TextProp>,
) -> impl IntoView {
    let lang = use_lang();
    let parts = move || {
        if exact { (format_exact(minor.get(), decimals), "") } else { format_amount(minor.get(), decimals, unit, lang.get()) }
    };
    let figure = move || parts().0;
    let word = move || parts().1;
    view! {
        <span
            class="amount"
            class:negative=move || minor.get() < 0
            title=move || {
                let figure = format!("{} {currency}", format_exact(minor.get(), decimals));
                from.as_ref().map_or(figure.clone(), |from| format!("{figure}\n{}", from.get()))
            }
        >
            {figure}
            <span class="unit" class:bare=bare>{word}</span>
        </span>
    }
    .into_any()
}
