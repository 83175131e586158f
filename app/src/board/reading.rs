//! Reading columns again: what is out of date is gathered for a moment and asked for together; of a long column only whom it is known
//! to be about.

use std::{collections::BTreeSet, future::Future, sync::Arc};

use guanhu_domain::{
    Code, CustomerNo,
    assignments::board::{BoardPage, CardQuery, ColumnCards},
    live::NAMED_MAX,
};
use leptos::{prelude::*, task::spawn_local};
use uuid::Uuid;

use super::{
    api,
    here::{Column, Here},
};
use crate::Fail;

/// Cards fetched when a column is scrolled.
const MORE: u16 = 500;
/// Cards in one answer, at most.
const PAGE_MAX: u16 = 1_000;
/// So long it is waited for further changes before columns are read again.
const PAUSE_MS: u64 = 40;
/// So long after a failure what is out of date is asked for again.
const RETRY_MS: u64 = 2_000;

/// What is out of date.
#[derive(Default)]
pub struct Stale {
    keys: BTreeSet<String>,
    /// Customers who changed, unless it is `whole`: then it may be anybody.
    who: BTreeSet<CustomerNo>,
    whole: bool,
}

impl Here {
    /// The question of the board, for these columns.
    fn question(self, columns: Vec<String>) -> CardQuery {
        CardQuery {
            unit: Some(self.unit.with_value(|unit| unit.code.clone())),
            filter: self.query.get_value(),
            columns: Some(columns),
            folded: if self.grouped { self.folded.with_untracked(|folded| folded.iter().copied().collect()) } else { Vec::new() },
            customers: None,
            after: None,
            limit: None,
        }
    }

    /// Loads what follows in a column.
    pub fn more(self, column: usize) {
        let col = self.at(column);
        let Some(after) = col.next.get_untracked() else { return };
        if col.busy.get_value() {
            return;
        }
        col.busy.set_value(true);
        let query = CardQuery { after: Some(after.clone()), limit: Some(MORE), ..self.question(vec![col.key()]) };
        let folded = self.folded.get_untracked();
        spawn_local(async move {
            let answer = api::more(query).await;
            if !self.is_here() {
                return;
            }
            col.busy.set_value(false);
            // Read again meanwhile: this page belongs to what was, and what follows now is still to come.
            if col.next.get_untracked().as_ref() != Some(&after) || self.folded.get_untracked() != folded {
                return self.more(column);
            }
            match answer {
                Ok(page) => {
                    let here: BTreeSet<CustomerNo> = col.cards.with_untracked(|cards| cards.iter().map(|card| card.customer_no).collect());
                    col.cards.update(|cards| {
                        Arc::make_mut(cards).extend(page.cards.into_iter().filter(|card| !here.contains(&card.customer_no)));
                    });
                    col.next.set(page.next);
                }
                Err(fail) => {
                    let lang = self.lang.get_untracked();
                    self.toasts.alarm(fail.message(lang));
                }
            }
        });
    }

    /// Marks columns as out of date and reads them again, many changes at once.
    pub fn refresh(self, keys: impl IntoIterator<Item = String>) {
        self.mark(keys, None, PAUSE_MS);
    }

    /// The same where it is known who came, went or changed.
    pub fn changed(self, keys: impl IntoIterator<Item = String>, who: BTreeSet<CustomerNo>) {
        self.mark(keys, Some(who), PAUSE_MS);
    }

    /// What somebody else changed, whoever it was unless told. Boards that hear of it at once do not all ask at once.
    pub fn heard(self, keys: impl IntoIterator<Item = String>, who: Option<BTreeSet<CustomerNo>>) {
        let spread = u64::from(Uuid::new_v4().as_bytes()[0]);
        self.mark(keys, who, PAUSE_MS + spread);
    }

    fn mark(self, keys: impl IntoIterator<Item = String>, who: Option<BTreeSet<CustomerNo>>, pause: u64) {
        let begins = self.stale.try_update_value(|stale| {
            let was = stale.keys.is_empty();
            stale.keys.extend(keys);
            match who {
                Some(who) => stale.who.extend(who),
                None => stale.whole = true,
            }
            was && !stale.keys.is_empty()
        });
        if begins == Some(true) {
            guanhu_ui::dom::after(pause, move || self.read_stale());
        }
    }

    /// Every column again.
    pub fn refresh_all(self) {
        let all = self.columns.try_with_value(|columns| columns.iter().map(|column| column.key()).collect::<Vec<_>>());
        self.refresh(all.unwrap_or_default());
    }

    fn read_stale(self) {
        // What is shown before the server has answered would be overwritten by what was.
        match (self.under_way.try_with_value(Vec::is_empty), self.reading.try_get_value()) {
            (None, _) | (_, None) => return,
            (Some(true), Some(false)) => {}
            _ => {
                guanhu_ui::dom::after(60, move || self.read_stale());
                return;
            }
        }
        let Some(Stale { keys, who, whole }) = self.stale.try_update_value(std::mem::take).filter(|stale| !stale.keys.is_empty()) else {
            return;
        };
        self.reading.set_value(true);
        let who = (!whole && who.len() <= NAMED_MAX).then_some(who);
        // Of a long column that is loaded far down only they are read.
        let named = who.clone().filter(|_| self.knows_places() && keys.iter().any(|key| self.is_long(key)));
        let look = self.look(keys.iter().cloned().collect(), named.clone());
        spawn_local(async move {
            let answer = look.await;
            if !self.is_here() {
                return;
            }
            self.reading.set_value(false);
            match answer {
                // Moved again meanwhile: that answer is read instead.
                Ok(_) if self.under_way.with_value(|going| !going.is_empty()) => self.mark(keys, who, PAUSE_MS),
                Ok(page) => self.show(page, named.as_ref()),
                Err(fail) if fail.0.code == Code::Unauthenticated => {}
                Err(_) => {
                    guanhu_ui::dom::after(RETRY_MS, move || self.mark(keys, who, PAUSE_MS));
                }
            }
        });
    }

    /// These columns as they are now, as far as they are loaded: nothing on the screen jumps.
    fn look(self, keys: Vec<String>, named: Option<BTreeSet<CustomerNo>>) -> impl Future<Output = Result<BoardPage, Fail>> {
        let loaded: Vec<(String, usize)> = keys
            .iter()
            .filter_map(|key| Some((key.clone(), self.at(self.column_of(key)?).cards.with_untracked(|cards| cards.len()))))
            .collect();
        let most = loaded.iter().map(|(_, count)| *count).max().unwrap_or(0);
        let limit = if named.is_some() { PAGE_MAX } else { most.clamp(60, usize::from(PAGE_MAX)) as u16 };
        let only = named.is_some();
        let customers = named.map(|named| named.into_iter().collect());
        let query = CardQuery { limit: Some(limit), customers, ..self.question(keys) };
        async move {
            let mut page = api::look(query.clone()).await?;
            if only {
                return Ok(page);
            }
            for cards in &mut page.cards {
                let wanted = loaded.iter().find(|(key, _)| *key == cards.column).map_or(0, |(_, count)| *count);
                while cards.cards.len() < wanted
                    && let Some(after) = cards.next.take()
                {
                    let columns = Some(vec![cards.column.clone()]);
                    let more = api::more(CardQuery { columns, after: Some(after), limit: Some(PAGE_MAX), ..query.clone() }).await?;
                    cards.cards.extend(more.cards);
                    cards.next = more.next;
                }
            }
            Ok(page)
        }
    }

    fn is_long(self, key: &str) -> bool {
        self.column_of(key).is_some_and(|column| self.at(column).cards.with_untracked(|cards| cards.len() > usize::from(PAGE_MAX)))
    }

    fn show(self, page: BoardPage, named: Option<&BTreeSet<CustomerNo>>) {
        for head in page.board.columns {
            if let Some(column) = self.column_of(head.key()) {
                let col = self.at(column);
                if col.head.with_untracked(|now| *now != head) {
                    col.head.set(head);
                }
            }
        }
        for page in page.cards {
            if let Some(column) = self.column_of(&page.column) {
                match named {
                    Some(named) => self.mend(self.at(column), named, page),
                    None => self.at(column).fill(page),
                }
            }
        }
    }

    /// Of all that are loaded only these may have come, gone or changed.
    fn mend(self, column: Column, named: &BTreeSet<CustomerNo>, page: ColumnCards) {
        let goes_on = column.next.get_untracked().is_some();
        column.change(|cards| {
            cards.retain(|card| !named.contains(&card.customer_no));
            for card in page.cards {
                let at = self.place(cards, &card);
                // What belongs behind the last of those that are loaded comes with what follows.
                if at < cards.len() || !goes_on {
                    cards.insert(at, card);
                }
            }
        });
        column.matching.set(page.matching);
        column.matching_tiers.set(page.tiers);
    }
}
