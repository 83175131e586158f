//! Customers of a manager's own unit whom nobody leads, for picking.

mod api;
mod text;

use guanhu_domain::{
    Code, Lang, Problem,
    assignments::{
        TransferState,
        pool::{PoolItem, PoolPage},
    },
};
use guanhu_ui::{Button, DateText, EmptyState, format_count, format_date, t, use_lang, use_toasts};
use leptos::prelude::*;

use crate::{
    Asked,
    attempt::{Attempt, Once, Told},
    loaded::{Kept, LoadedPage},
    scripts::LazyPage,
};

/// `/pool`.
pub struct PoolRoute(Asked<PoolPage>);

impl LazyPage for PoolRoute {
    fn data() -> Self {
        PoolRoute(Asked::once(|| api::read_pool(None)))
    }

    fn view(this: Self) -> AnyView {
        view! { <LoadedPage class="pool" title=text::title heading=text::pool note=text::note from=this.0 then=show /> }.into_any()
    }
}

#[derive(Clone, Copy)]
struct Here {
    kept: Kept<PoolPage>,
    picking: Attempt,
    once: Once,
}

fn show(page: PoolPage) -> AnyView {
    let lang = use_lang();
    if page.per_day == 0 {
        return view! { <EmptyState title=t(text::closed) text=t(text::closed_hint) /> }.into_any();
    }
    let here = Here { kept: Kept::new(page), picking: Attempt::new(), once: Once::new() };
    let left = move || here.kept.value.with(|page| text::left(lang.get(), &format_count(page.left_today), &format_count(page.per_day)));
    let rows = move || {
        let (items, more) = here.kept.value.with(|page| (page.items.clone(), page.left_today > 0));
        items.into_iter().map(|item| row(here, item, more)).collect_view()
    };
    let none =
        move || here.kept.value.with(|page| page.items.is_empty()).then(|| view! { <tr><td colspan="5">{t(text::nobody)}</td></tr> });
    let next = move || here.kept.value.with(|page| page.next.clone());
    let further = move || {
        next().map(|after| {
            let read = move |_| here.kept.again(api::read_pool(Some(after.clone())), |page: PoolPage| page, || {});
            view! { <Button on_click=read>{t(text::further)}</Button> }
        })
    };
    // What the rules of picking say is of no field on this page.
    let why = move || here.picking.why("customer_no").map(|why| view! { <div class="notice alarm" role="alert"><span>{why}</span></div> });
    view! {
        <p role="status">{left}</p>
        <Told attempt=here.picking explain=explain />
        {why}
        <Told attempt=here.kept.attempt />
        <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::pool)>
            <table class="table-plain">
                <thead>
                    <tr>
                        <th scope="col">{t(text::customer)}</th>
                        // A finger finds it without moving the table.
                        <th scope="col"><span class="sr-only">{t(text::pick)}</span></th>
                        <th scope="col">{t(text::kind)}</th>
                        <th scope="col">{t(text::since)}</th>
                        <th class="num" scope="col">{t(text::days)}</th>
                    </tr>
                </thead>
                <tbody>{rows}{none}</tbody>
            </table>
        </div>
        {further}
    }
    .into_any()
}

fn row(here: Here, item: PoolItem, more: bool) -> AnyView {
    let lang = use_lang();
    let toasts = use_toasts();
    let (customer, kind) = (item.customer_no, item.kind);
    let pick = move |_| {
        here.picking.run(here.once.of(move |key| api::pick(customer, key)), move |transfer| {
            let done = transfer.state == TransferState::Done;
            toasts.say(t(if done { text::picked } else { text::asked }));
            here.kept.again(api::read_pool(None), |page: PoolPage| page, || {});
        });
    };
    // Whoever led it lately waits.
    let act = match item.free_from {
        Some(day) => view! { <span class="faint">{move || text::from(lang.get(), &format_date(day, lang.get()))}</span> }.into_any(),
        None if more => view! { <Button busy=here.picking.busy on_click=pick>{t(text::pick)}</Button> }.into_any(),
        None => ().into_any(),
    };
    view! {
        <tr>
            <th scope="row">{item.name} " " <span class="faint num">{customer.to_string()}</span></th>
            <td>{act}</td>
            <td>{move || kind.name(lang.get())}</td>
            <td><DateText date=item.pooled_since /></td>
            <td class="num">{format_count(item.days)}</td>
        </tr>
    }
    .into_any()
}

fn explain(problem: &Problem, lang: Lang) -> Option<String> {
    (problem.code == Code::Conflict).then(|| text::faster(lang).to_owned())
}
