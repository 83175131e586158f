//! No rows: why, and what to do about it.

use guanhu_domain::access::Role;
use guanhu_ui::{Button, EmptyState, use_lang};
use leptos::prelude::*;

use super::{filters::clear_all, listing::Listing, question, text};

pub fn empty(listing: Listing, role: Role) -> AnyView {
    let lang = use_lang();
    let asked = listing.query.get_untracked();
    let filtered = question::filters(&asked) > 0;
    match asked.q {
        Some(q) => {
            let title = move || {
                if question::is_private(&q) { text::none_found_number(lang.get()).to_owned() } else { text::none_found(lang.get(), &q) }
            };
            view! {
                <EmptyState centre=true title text=move || text::none_found_text(lang.get())>
                    {filtered
                        .then(|| {
                            view! { <Button on_click=move |_| clear_all(listing)>{move || text::search_unfiltered(lang.get())}</Button> }
                        })}
                </EmptyState>
            }
            .into_any()
        }
        None if filtered => view! {
            <EmptyState centre=true title=move || text::none_filtered(lang.get()) text=move || text::none_filtered_text(lang.get())>
                <Button on_click=move |_| clear_all(listing)>{move || text::clear_filters(lang.get())}</Button>
            </EmptyState>
        }
        .into_any(),
        None if role == Role::Manager => {
            view! { <EmptyState centre=true title=move || text::none_mine(lang.get()) text=move || text::none_mine_text(lang.get()) /> }
                .into_any()
        }
        None => {
            view! { <EmptyState centre=true title=move || text::none_units(lang.get()) text=move || text::none_units_text(lang.get()) /> }
                .into_any()
        }
    }
}
