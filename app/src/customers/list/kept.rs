//! What outlives a visit: in the browser's memory the list as it was left, in a cookie the columns.

use guanhu_domain::{
    Total,
    access::account::Preferences,
    customers::{CustomerItem, CustomerQuery, ListChoices, SavedView},
    tiers::TierMoves,
};
use guanhu_ui::TableLayout;
use leptos::task::spawn_local;
use serde_json::Value;

use super::layout;
use crate::access;

/// The list as it was left, for the way back from a customer.
#[derive(Clone)]
pub struct Kept {
    pub query: CustomerQuery,
    pub rows: Vec<CustomerItem>,
    pub next: Option<String>,
    pub total: Total,
    pub view: Option<SavedView>,
    pub moves: Option<TierMoves>,
    /// How far the table and the page were scrolled, in CSS pixels.
    pub scrolled: (i32, f64),
    /// The row that was opened.
    pub opened: Option<usize>,
}

#[cfg(feature = "hydrate")]
mod memory {
    use std::cell::RefCell;

    use guanhu_domain::customers::ListChoices;

    use super::Kept;

    thread_local! {
        pub static LIST: RefCell<Option<Kept>> = const { RefCell::new(None) };
        pub static CHOICES: RefCell<Option<ListChoices>> = const { RefCell::new(None) };
        pub static WANTED: RefCell<Option<String>> = const { RefCell::new(None) };
    }
}

/// Keeps the list until it is asked for again or the page is reloaded.
pub fn keep(kept: Kept) {
    #[cfg(feature = "hydrate")]
    memory::LIST.with_borrow_mut(|list| *list = Some(kept));
    #[cfg(not(feature = "hydrate"))]
    drop(kept);
}

/// The list as it was left, if its address was `address`.
pub fn take(address: &str) -> Option<Kept> {
    #[cfg(feature = "hydrate")]
    return memory::LIST.with_borrow_mut(Option::take).filter(|kept| super::question::write(&kept.query) == address);
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = address;
        None
    }
}

/// Words to search for that may not stand in an address: handed over in memory, once.
pub fn hand_over(words: String) {
    #[cfg(feature = "hydrate")]
    memory::WANTED.with_borrow_mut(|wanted| *wanted = Some(words));
    #[cfg(not(feature = "hydrate"))]
    drop(words);
}

/// What [`hand_over`] left.
pub fn handed_over() -> Option<String> {
    #[cfg(feature = "hydrate")]
    return memory::WANTED.with_borrow_mut(Option::take);
    #[cfg(not(feature = "hydrate"))]
    None
}

/// The names of the filters' codes, once they were fetched.
pub fn choices() -> Option<ListChoices> {
    #[cfg(feature = "hydrate")]
    return memory::CHOICES.with_borrow(Clone::clone);
    #[cfg(not(feature = "hydrate"))]
    None
}

pub fn keep_choices(choices: &ListChoices) {
    #[cfg(feature = "hydrate")]
    memory::CHOICES.with_borrow_mut(|kept| *kept = Some(choices.clone()));
    let _ = choices;
}

/// As the login sets it from what the user kept.
const COOKIE: &str = "list_customers";

/// The columns as this reader arranged them: the same on the server and in the browser, so that nothing jumps.
pub fn columns() -> TableLayout {
    layout::read(&crate::cookies::read(COOKIE).unwrap_or_default())
}

/// In this browser at once, and with the user for the next one.
pub fn keep_columns(columns: &TableLayout) {
    let words = layout::write(columns);
    guanhu_ui::dom::set_cookie(COOKIE, &words);
    let wanted = Preferences { lists: [(super::PAGE.to_owned(), Value::from(words))].into(), ..Preferences::default() };
    spawn_local(async move {
        // The cookie has it already; the next change tries again.
        let _ = access::api::prefer(wanted).await;
    });
}
