//! The list's state: the question, the rows that answer it, and how more are fetched.

use std::collections::BTreeSet;

use guanhu_domain::{
    Code, Lang, Total,
    customers::{CustomerItem, CustomerQuery, ListChoices, ManagerRef, SavedView},
    live::LiveEvent,
    tiers::TierMoves,
};
use guanhu_ui::{TableLayout, Toasts, use_lang, use_toasts};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};

use super::{
    bulk::Ask,
    dom::{scroll_back, scroll_to_top, scrolled},
    kept::{self, Kept},
    question,
};
use crate::{
    Fail,
    customers::{
        api::{self, ListStart},
        dom::leave_for_login,
    },
};

/// A row at most, of one fetch while scrolling: fewer round trips than the first page's fifty.
const MORE: u16 = 100;

/// Everything the parts of the page share.
#[derive(Clone, Copy)]
pub struct Listing {
    pub query: RwSignal<CustomerQuery>,
    pub rows: RwSignal<Vec<CustomerItem>>,
    pub next: RwSignal<Option<String>>,
    pub total: RwSignal<Total>,
    pub busy: RwSignal<bool>,
    pub fail: RwSignal<Option<Fail>>,
    pub selected: RwSignal<BTreeSet<String>>,
    pub layout: RwSignal<TableLayout>,
    pub choices: RwSignal<ListChoices>,
    pub views: RwSignal<Vec<SavedView>>,
    /// What is being asked about the selected.
    pub asks: RwSignal<Option<Ask>>,
    /// The saved view the list was last shown by.
    pub view: RwSignal<Option<SavedView>>,
    /// Tiers that changed lately, for who has a portfolio.
    pub moves: RwSignal<Option<TierMoves>>,
    /// Fetches the rows of what was asked; another page that asks the same questions answers them itself,
    /// and has its own way to choose the unit.
    pub fetches: bool,
    /// To be read again before long.
    stale: StoredValue<bool>,
    /// Answers to older questions than this are dropped.
    turn: StoredValue<u64>,
    go: Callback<(String, bool)>,
    /// For what is said from outside the page's own making: after an answer, from a click.
    pub lang: Signal<Lang>,
    pub toasts: Toasts,
}

impl Listing {
    /// For this question, with nothing fetched yet.
    pub fn new(query: CustomerQuery) -> Listing {
        let listing = Listing::over(query, "/customers", true);
        listing.fetch_names();
        listing
    }

    /// The filters over another page's rows: the question stands in that page's address.
    pub fn elsewhere(query: CustomerQuery, path: &'static str) -> Listing {
        let listing = Listing::over(query, path, false);
        listing.fetch_names();
        listing
    }

    /// Whether the rows are another page's.
    pub fn is_elsewhere(self) -> bool {
        !self.fetches
    }

    fn over(query: CustomerQuery, path: &'static str, fetches: bool) -> Listing {
        let navigate = use_navigate();
        let go = Callback::new(move |(search, replace): (String, bool)| {
            navigate(&format!("{path}{search}"), NavigateOptions { replace, scroll: false, ..NavigateOptions::default() });
        });
        let listing = Listing {
            query: RwSignal::new(query),
            rows: RwSignal::new(Vec::new()),
            next: RwSignal::new(None),
            total: RwSignal::new(Total::default()),
            busy: RwSignal::new(false),
            fail: RwSignal::new(None),
            selected: RwSignal::new(BTreeSet::new()),
            layout: RwSignal::new(kept::columns()),
            choices: RwSignal::new(kept::choices().unwrap_or_default()),
            views: RwSignal::new(Vec::new()),
            asks: RwSignal::new(None),
            view: RwSignal::new(None),
            moves: RwSignal::new(None),
            fetches,
            stale: StoredValue::new(false),
            turn: StoredValue::new(0),
            go,
            lang: use_lang(),
            toasts: use_toasts(),
        };
        listing.follow_address();
        listing
    }

    /// Whether the filters in force say codes whose names nobody fetched yet.
    pub fn lacks_names(query: &CustomerQuery) -> bool {
        question::needs_names(query) && kept::choices().is_none()
    }

    /// Takes in the names of the filters' codes.
    pub fn know(self, choices: ListChoices) {
        kept::keep_choices(&choices);
        self.choices.set(choices);
    }

    /// Shows the first page as the server sent it with the document.
    pub fn begin(self, start: Result<ListStart, Fail>) {
        match start {
            Ok(ListStart { page, choices, moves }) => {
                self.moves.set(moves);
                if let Some(choices) = choices {
                    self.know(choices);
                }
                self.rows.set(page.items);
                self.next.set(page.next);
                self.total.set(page.total);
            }
            Err(fail) => self.failed(fail),
        }
    }

    /// Shows the list as it was left, then looks whether its beginning is still true.
    pub fn restore(self, kept: Kept) {
        let Kept { rows, next, total, view, moves, scrolled, opened, .. } = kept;
        self.moves.set(moves);
        let seen = rows.len();
        self.rows.set(rows);
        self.next.set(next);
        self.total.set(total);
        self.view.set(view);
        scroll_back(scrolled, opened.map(|row| format!("{}-r{row}", super::PAGE)));
        let turn = self.begin_turn();
        let query = CustomerQuery { limit: Some(seen.clamp(50, 200) as u16), ..self.query.get_untracked() };
        spawn_local(async move {
            let answer = api::list_customers(query).await;
            if let (true, Ok(page)) = (self.is_turn(turn), answer) {
                self.merge(page.items);
                self.total.set(page.total);
            }
        });
    }

    /// Asks another question. `replace` leaves no step in the history: while typing.
    pub fn change(self, replace: bool, change: impl FnOnce(&mut CustomerQuery)) {
        let before = self.query.get_untracked();
        let mut query = before.clone();
        change(&mut query);
        if query == before {
            return;
        }
        let (old, new) = (question::write(&before), question::write(&query));
        self.query.set(query);
        if old != new {
            self.go.run((new, replace));
        }
        self.ask();
    }

    /// Fetches the answer from the beginning.
    pub fn ask(self) {
        if !self.fetches {
            return;
        }
        let turn = self.begin_turn();
        self.busy.set(true);
        self.selected.set(BTreeSet::new());
        let query = self.query.get_untracked();
        spawn_local(async move {
            let answer = api::list_customers(query).await;
            if !self.is_turn(turn) {
                return;
            }
            self.busy.set(false);
            match answer {
                Ok(page) => {
                    self.fail.set(None);
                    scroll_to_top();
                    self.rows.set(page.items);
                    self.next.set(page.next);
                    self.total.set(page.total);
                }
                Err(fail) => self.failed(fail),
            }
        });
    }

    /// Fetches the rows that follow.
    pub fn more(self) {
        let Some(after) = self.next.get_untracked() else { return };
        if self.busy.get_untracked() {
            return;
        }
        let turn = self.begin_turn();
        self.busy.set(true);
        let query = CustomerQuery { after: Some(after), limit: Some(MORE), ..self.query.get_untracked() };
        spawn_local(async move {
            let answer = api::list_customers(query).await;
            if !self.is_turn(turn) {
                return;
            }
            self.busy.set(false);
            match answer {
                Ok(page) => {
                    self.fail.set(None);
                    self.next.set(page.next);
                    self.rows.update(|rows| {
                        // A customer whose figures changed meanwhile may come a second time.
                        let here: BTreeSet<_> = rows.iter().map(|item| item.customer_no).collect();
                        rows.extend(page.items.into_iter().filter(|item| !here.contains(&item.customer_no)));
                    });
                }
                Err(fail) => self.failed(fail),
            }
        });
    }

    /// Others gave customers away: the rows that are here say to whom, and then the list is read again, since
    /// some may have come or gone.
    pub fn hear(self, event: &LiveEvent) {
        let moved = match event {
            LiveEvent::Assignment(moved) => moved,
            LiveEvent::Reset => return self.read_again_soon(),
            _ => return,
        };
        let name = |code: &String| {
            let known = moved.managers.iter().find(|manager| manager.code == *code);
            known.cloned().unwrap_or_else(|| ManagerRef { code: code.clone(), name: code.clone() })
        };
        let here = self.rows.try_with_untracked(|rows| rows.iter().any(|row| moved.customers.contains_key(&row.customer_no)));
        if here == Some(true) {
            self.rows.update(|rows| {
                for row in rows.iter_mut() {
                    if let Some(lead) = moved.customers.get(&row.customer_no) {
                        row.manager = lead.as_ref().map(name);
                    }
                }
            });
        }
        self.read_again_soon();
    }

    /// Many changes at once are one look.
    fn read_again_soon(self) {
        if self.fetches && self.stale.try_get_value() == Some(false) {
            self.stale.set_value(true);
            guanhu_ui::dom::after(400, move || {
                if self.stale.try_set_value(false).is_none() {
                    self.read_again();
                }
            });
        }
    }

    /// The rows that are loaded as they are now, as far as one answer holds; what is selected stays so where it
    /// is still there, and nothing scrolls.
    pub fn read_again(self) {
        if self.busy.try_get_untracked() != Some(false) || self.fail.with_untracked(Option::is_some) {
            return;
        }
        let turn = self.begin_turn();
        let loaded = self.rows.with_untracked(Vec::len);
        let query = CustomerQuery { limit: Some(loaded.clamp(50, 200) as u16), ..self.query.get_untracked() };
        spawn_local(async move {
            let answer = api::list_customers(query).await;
            if let (true, Ok(page)) = (self.is_turn(turn), answer) {
                if loaded <= page.items.len() || page.next.is_none() {
                    self.next.set(page.next.clone());
                }
                self.total.set(page.total);
                self.merge(page.items);
                let here: BTreeSet<String> = self.rows.with_untracked(|rows| rows.iter().map(|row| row.customer_no.to_string()).collect());
                if self.selected.with_untracked(|selected| !selected.is_subset(&here)) {
                    self.selected.update(|selected| selected.retain(|no| here.contains(no)));
                }
            }
        });
    }

    /// Those below the fetched ones stay; whoever moved up is not shown twice.
    fn merge(self, items: Vec<CustomerItem>) {
        self.rows.update(|rows| {
            let fresh: BTreeSet<_> = items.iter().map(|item| item.customer_no).collect();
            let full = items.len() >= 200;
            let kept = if full { rows.split_off(items.len().min(rows.len())) } else { Vec::new() };
            *rows = items;
            rows.extend(kept.into_iter().filter(|item| !fresh.contains(&item.customer_no)));
        });
    }

    /// What failed, once more.
    pub fn retry(self) {
        self.fail.set(None);
        if self.rows.with_untracked(Vec::is_empty) {
            self.ask();
        } else {
            self.more();
        }
    }

    /// Leaves the list as it is for the way back. `opened` is the row that leads away.
    pub fn keep(self, opened: Option<usize>) {
        let state = (self.query.try_get_untracked(), self.rows.try_get_untracked(), self.next.try_get_untracked());
        if let (Some(query), Some(rows), Some(next)) = state
            && self.fail.with_untracked(Option::is_none)
        {
            let total = self.total.get_untracked();
            let (view, moves) = (self.view.get_untracked(), self.moves.get_untracked());
            kept::keep(Kept { query, rows, next, total, view, moves, scrolled: scrolled(), opened });
        }
    }

    fn failed(self, fail: Fail) {
        if fail.0.code == Code::Unauthenticated {
            leave_for_login();
        }
        self.fail.set(Some(fail));
    }

    fn begin_turn(self) -> u64 {
        self.turn.update_value(|turn| *turn += 1);
        self.turn.get_value()
    }

    /// False when a newer question was asked, or the page is gone.
    fn is_turn(self, turn: u64) -> bool {
        self.turn.try_get_value() == Some(turn)
    }

    /// Back and Forward change the address: the list follows.
    fn follow_address(self) {
        let params = use_query_map();
        Effect::new(move |before: Option<String>| {
            let now = params.with(question::read);
            let address = question::write(&now);
            let shown = self.query.get_untracked();
            if before.as_ref().is_some_and(|before| *before != address) && question::write(&shown) != address {
                self.query.set(now);
                self.ask();
            }
            address
        });
    }

    /// Names of the filters' codes and saved views: not part of the first paint.
    fn fetch_names(self) {
        Effect::new(move |_| {
            spawn_local(async move {
                if kept::choices().is_none()
                    && let Ok(choices) = api::fetch_choices().await
                {
                    kept::keep_choices(&choices);
                    self.choices.try_set(choices);
                }
                if let Ok(views) = api::list_views().await {
                    self.views.try_set(views);
                }
            });
        });
    }
}
