//! Two years of balances, month by month.

use guanhu_domain::customers::MonthBalance;
use guanhu_ui::{Button, ButtonGroup, ButtonKind, EmptyState, LineChart, LineSpec, Measure, Section, Series, format_month, t};
use leptos::prelude::*;

use super::{here::use_here, text};

/// How many months the buttons offer; the first is what a page opens with.
const RANGES: [usize; 3] = [24, 12, 6];

#[component]
pub fn Balances() -> impl IntoView {
    let here = use_here();
    let lang = here.lang;
    let balances = here.part(|c| c.balances.clone());
    let range = RwSignal::new(RANGES[0]);
    let enough = Memo::new(move |_| balances.with(|balances| balances.len() > 1));
    let currency = here.customer.with_untracked(|c| c.base_currency);
    let spec = Signal::derive(move || {
        let lang = lang.get();
        balances.with(|all| {
            let months = &all[all.len().saturating_sub(range.get())..];
            let line = |name: &str, pick: fn(&MonthBalance) -> i64| Series::new(name, months.iter().map(pick));
            let mut series = vec![
                line(text::aum(lang), |m| m.aum),
                line(text::deposits(lang), |m| m.deposits),
                line(text::average_aum(lang), |m| m.average_aum),
            ];
            if months.iter().any(|m| m.loans != 0) {
                series.push(line(text::loans(lang), |m| m.loans));
            }
            LineSpec {
                moments: months.iter().map(|m| format_month(m.month, lang)).collect(),
                at: Vec::new(),
                series,
                measure: if currency.code() == "CNY" {
                    Measure::CNY
                } else {
                    Measure::Money { currency: "", decimals: currency.exponent() }
                },
                from_zero: true,
            }
        })
    });
    let tools = move || {
        enough.get().then(|| {
            let buttons = RANGES
                .map(|months| {
                    view! {
                        <Button kind=ButtonKind::Quiet pressed=Signal::derive(move || range.get() == months) on_click=move |_| range.set(months)>
                            {move || text::months(lang.get(), months as i32)}
                        </Button>
                    }
                })
                .into_iter()
                .collect_view();
            view! { <ButtonGroup label=t(text::range)>{buttons}</ButtonGroup> }
        })
    };
    let body = move || {
        if enough.get() {
            view! { <LineChart title=t(text::month_ends) spec /> }.into_any()
        } else {
            view! { <EmptyState title=t(text::no_balances) text=t(text::no_balances_hint) /> }.into_any()
        }
    };
    view! {
        <div id="balances" class="c360-anchor">
            <Section title=t(text::balances) tools=tools>{body}</Section>
        </div>
    }
    .into_any()
}
