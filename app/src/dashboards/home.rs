//! The own page: what was pinned on the other dashboards.

use std::collections::BTreeSet;

use guanhu_domain::{
    Code,
    dashboards::{BankBoard, BoardQuery, Frame, ManagersBoard, ProductsBoard, ValueBoard},
};
use guanhu_ui::{EmptyState, PageHead, Skeleton, t, use_lang};
use leptos::prelude::*;
use serde::de::DeserializeOwned;

use super::{
    api, bank, kept, managers,
    page::{Head, Only, keep_fresh, nothing, question},
    products, text, value,
};
use crate::{Asked, loaded::Failed, scripts::LazyPage, shell::Protected, title::Title};

/// `/dashboards/home`.
pub struct HomeRoute {
    pins: BTreeSet<String>,
    bank: Option<Asked<BankBoard>>,
    managers: Option<Asked<ManagersBoard>>,
    products: Option<Asked<ProductsBoard>>,
    value: Option<Asked<ValueBoard>>,
}

/// Boards whose panels can be pinned, by the first word of a panel's name.
pub const BOARDS: [&str; 4] = ["bank", "managers", "products", "value"];

impl LazyPage for HomeRoute {
    fn data() -> Self {
        // Pins are panels of everybody.
        let asked = question();
        let (query, pins) = (Memo::new(move |_| BoardQuery { group: None, ..asked.get() }), kept::pins());
        let wants = |board: &str| pins.iter().any(|name| name.split('.').next() == Some(board));
        HomeRoute {
            bank: wants(BOARDS[0]).then(|| Asked::of(query, api::read_bank)),
            managers: wants(BOARDS[1]).then(|| Asked::of(query, api::read_managers)),
            products: wants(BOARDS[2]).then(|| Asked::of(query, api::read_products)),
            value: wants(BOARDS[3]).then(|| Asked::of(query, api::read_value)),
            pins,
        }
    }

    fn view(this: Self) -> AnyView {
        provide_context(Only(this.pins));
        let lang = use_lang();
        let query = question();
        let HomeRoute { bank, managers, products, value, .. } = this;
        if let Some(asked) = bank {
            keep_fresh(asked);
        }
        if let Some(asked) = managers {
            keep_fresh(asked);
        }
        if let Some(asked) = products {
            keep_fresh(asked);
        }
        if let Some(asked) = value {
            keep_fresh(asked);
        }
        // The frames of all are the same: the first that is there heads the page.
        let frame = move || -> Option<Frame> {
            fn of<T: DeserializeOwned + 'static>(asked: Option<Asked<T>>, frame: fn(T) -> Frame) -> Option<Frame> {
                asked?.get()?.ok().map(frame)
            }
            of(bank, |board| board.frame)
                .or_else(|| of(managers, |board| board.frame))
                .or_else(|| of(products, |board| board.frame))
                .or_else(|| of(value, |board| board.frame))
        };
        let head = move || {
            frame().map(|frame| {
                let name = format!("{} · {}", text::home(lang.get()), frame.org.name);
                view! { <Head frame name query=query.get_untracked() /> }
            })
        };
        let shown = move || {
            if bank.is_none() && managers.is_none() && products.is_none() && value.is_none() {
                return view! {
                    <PageHead title=t(text::home) />
                    <EmptyState title=t(text::no_pins) text=t(text::no_pins_hint)>
                        <a href="/dashboards">{t(text::bank)}</a>
                    </EmptyState>
                }
                .into_any();
            }
            // Read so that everything is said again in the other language.
            lang.track();
            view! {
                {head}
                {part(bank, move |board| bank::show(board, query.get_untracked()))}
                {part(managers, move |board| managers::show(board, query.get_untracked()))}
                {part(products, move |board| products::show(board, query.get_untracked()))}
                {part(value, move |board| value::show(board, query.get_untracked()))}
            }
            .into_any()
        };
        view! {
            <Title text=t(text::home) />
            <Protected>
                <Transition fallback=|| view! { <div class="page"><Skeleton lines=12 /></div> }>
                    <div class="page dash">{shown}</div>
                </Transition>
            </Protected>
        }
        .into_any()
    }
}

/// What of one board is pinned, once it is there.
fn part<T: DeserializeOwned + 'static>(asked: Option<Asked<T>>, show: impl Fn(T) -> AnyView) -> AnyView {
    match asked.and_then(|asked| asked.get().map(|answer| (asked, answer))) {
        None => ().into_any(),
        Some((_, Ok(board))) => show(board),
        Some((_, Err(fail))) if fail.0.code == Code::MonthNotComputed => nothing(),
        Some((asked, Err(fail))) => view! { <Failed fail on_retry=move |()| asked.refetch() /> }.into_any(),
    }
}
