//! Customers of a manager's own unit whom nobody leads, for picking.

mod api;
mod text;

use guanhu_domain::{
    Code, Lang, Problem,
    assignments::{
        TransferState,
        pool::{PoolItem, PoolPage},
    },
    live::LiveEvent,
};
use guanhu_ui::{Button, DateText, EmptyState, dom, format_count, format_date, t, use_lang, use_toasts};
use leptos::prelude::*;

use crate::{
    Asked,
    attempt::{Attempt, Once, Told},
    live,
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
    /// Where what is shown begins.
    after: RwSignal<Option<String>>,
    picking: Attempt,
    once: Once,
}

impl Here {
    fn read(self, after: Option<String>) {
        self.after.set(after.clone());
        self.kept.again(api::read_pool(after), |page: PoolPage| page, || {});
    }

    /// Colleagues pick from the same pool: whoever was taken leaves the page, and newcomers come to it.
    fn follow(self) {
        let reads = StoredValue::new(false);
        live::follow(move |event| {
            let concerned = match event {
                LiveEvent::Assignment(moved) | LiveEvent::Transfer(moved) => {
                    let shown = |page: &PoolPage| page.items.iter().any(|item| moved.customers.contains_key(&item.customer_no));
                    moved.pool || self.kept.value.try_with_untracked(shown) == Some(true)
                }
                LiveEvent::Reset => true,
                LiveEvent::Notice | LiveEvent::Here | LiveEvent::Over => false,
            };
            // Of many changes at once the last is read.
            if concerned && reads.try_get_value() == Some(false) {
                reads.set_value(true);
                dom::after(200, move || {
                    if reads.try_set_value(false).is_none()
                        && let Some(after) = self.after.try_get_untracked()
                    {
                        self.read(after);
                    }
                });
            }
        });
    }
}

fn show(page: PoolPage) -> AnyView {
    let lang = use_lang();
    if page.per_day == 0 {
        return view! { <EmptyState title=t(text::closed) text=t(text::closed_hint) /> }.into_any();
    }
    let here = Here { kept: Kept::new(page), after: RwSignal::new(None), picking: Attempt::new(), once: Once::new() };
    here.follow();
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
            let read = move |_| here.read(Some(after.clone()));
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
            here.read(None);
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
