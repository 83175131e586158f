//! What every part of the board shares: columns, cards, what is selected and what is being moved.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::AtomicBool},
};

use guanhu_domain::{
    CustomerNo, Lang,
    access::{Me, Role, Verb},
    assignments::{
        ApprovalPolicy, Because, Moving, Portfolio,
        board::{BoardColumn, BoardPage, BoardTier, Card, ColumnCards, TierCount},
    },
    customers::{CustomerQuery, Kind, OrgRef, Sort},
    tiers::may_serve,
};
use guanhu_ui::{Density, Toasts, use_appearance, use_lang, use_toasts};
use leptos::prelude::*;
use uuid::Uuid;

use super::{
    layout::{self, Place},
    picked::{Band, Picked},
    reading::Stale,
    rows::{Line, Rows},
    text,
};
use crate::{customers::list::columns::Figures, shell::use_me};

/// One column. Its cards are those loaded so far; more follow while `next` is there.
#[derive(Clone, Copy)]
pub struct Column {
    pub head: RwSignal<BoardColumn>,
    pub cards: RwSignal<Arc<Vec<Card>>>,
    pub next: RwSignal<Option<String>>,
    /// What the filters leave of it; `None` without filters.
    pub matching: RwSignal<Option<Portfolio>>,
    /// That by tier code.
    pub(super) matching_tiers: RwSignal<Vec<TierCount>>,
    /// How far it is scrolled, in CSS pixels.
    pub top: RwSignal<i32>,
    /// The line that keys act on.
    pub active: RwSignal<Line>,
    pub folded: RwSignal<bool>,
    pub(super) busy: StoredValue<bool>,
}

impl Column {
    fn new(head: BoardColumn, folded: bool) -> Column {
        Column {
            folded: RwSignal::new(folded),
            head: RwSignal::new(head),
            cards: RwSignal::new(Arc::default()),
            next: RwSignal::new(None),
            matching: RwSignal::new(None),
            matching_tiers: RwSignal::new(Vec::new()),
            top: RwSignal::new(0),
            active: RwSignal::new(Line::Card(0)),
            busy: StoredValue::new(false),
        }
    }

    pub(super) fn fill(self, page: ColumnCards) {
        self.change(|cards| *cards = page.cards);
        self.next.set(page.next);
        self.matching.set(page.matching);
        self.matching_tiers.set(page.tiers);
    }

    /// Changes the cards; keys go on acting on the same customer.
    pub(super) fn change(self, change: impl FnOnce(&mut Vec<Card>)) {
        let on = self.active_card();
        self.cards.update(|cards| change(Arc::make_mut(cards)));
        let Line::Card(at) = self.active.get_untracked() else { return };
        let last = self.cards.with_untracked(|cards| cards.len().saturating_sub(1));
        let now = on.and_then(|on| self.place_of(on)).unwrap_or(at.min(last));
        if now != at {
            self.active.set(Line::Card(now));
        }
    }

    /// Where a customer's card is among those loaded.
    pub fn place_of(self, no: CustomerNo) -> Option<usize> {
        self.cards.with_untracked(|cards| cards.iter().position(|card| card.customer_no == no))
    }

    /// The customer that keys act on.
    pub fn active_card(self) -> Option<CustomerNo> {
        let Line::Card(at) = self.active.get_untracked() else { return None };
        self.cards.with_untracked(|cards| cards.get(at).map(|card| card.customer_no))
    }

    /// Customers in it that match by tier code, loaded or not; those without a tier are not counted.
    pub fn tiers(self) -> Vec<TierCount> {
        if self.matching.with(Option::is_some) { self.matching_tiers.get() } else { self.head.with(|head| head.tiers.clone()) }
    }

    pub fn key(self) -> String {
        self.head.with_untracked(|head| head.key().to_owned())
    }

    pub fn name(self, lang: Lang) -> String {
        self.head.with(|head| head.manager.as_ref().map_or_else(|| text::pool(lang).to_owned(), |manager| manager.name.clone()))
    }

    /// Customers in it that match, loaded or not.
    pub fn count(self) -> i64 {
        self.matching.with(|matching| matching.map_or_else(|| self.head.with(|head| head.portfolio.customers), |it| it.customers))
    }
}

/// Cards under way to another column.
#[derive(Clone, Debug, PartialEq)]
pub struct Drag {
    pub from: usize,
    pub cards: Vec<Card>,
    /// Everything in the column, `cards` being only what is loaded of it.
    pub all: bool,
    pub weight: Portfolio,
    /// The column it is over.
    pub over: Option<usize>,
    pub by_keys: bool,
}

impl Drag {
    pub fn count(&self) -> i64 {
        self.weight.customers
    }
}

/// A move that can be taken back.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    pub transfer: Uuid,
    /// However often it is asked to be taken back, it is once.
    pub key: Uuid,
    pub who: String,
    /// What was spoken then: the toast outlives the board.
    pub lang: Lang,
    pub columns: [String; 2],
}

/// A move that the server has not answered yet.
#[derive(Clone, Debug)]
pub struct Going {
    pub key: Uuid,
    /// Whether it is taken back as soon as it has arrived, the board left by then or not.
    pub back: Arc<AtomicBool>,
}

/// The board; `Copy`, in context.
#[derive(Clone, Copy)]
pub struct Here {
    /// Those that are shown, in the reader's order.
    pub columns: StoredValue<Vec<Column>>,
    /// Where the lines of each stand.
    rows: StoredValue<Vec<Memo<Rows>>>,
    /// All of them with their names, in that order.
    pub places: StoredValue<Vec<(Place, String)>>,
    pub unit: StoredValue<OrgRef>,
    pub tiers: StoredValue<Arc<Vec<BoardTier>>>,
    policy: StoredValue<ApprovalPolicy>,
    pub query: StoredValue<CustomerQuery>,
    pub figures: Figures,
    pub role: Role,
    pub may: bool,
    pub lang: Signal<Lang>,
    pub toasts: Toasts,
    pub density: RwSignal<Density>,
    pub picked: RwSignal<Picked>,
    pub drag: RwSignal<Option<Drag>>,
    pub band: RwSignal<Option<Band>>,
    /// What is to be asked before it is moved: the column it goes to, if that is known.
    pub asks: RwSignal<Option<(Drag, Option<usize>)>>,
    /// What screen readers are told.
    pub said: RwSignal<String>,
    /// Cards that have just arrived.
    pub fresh: RwSignal<BTreeSet<CustomerNo>>,
    /// Whether columns have a heading above each tier's cards.
    pub grouped: bool,
    /// Tier ranks of which there is only the heading.
    pub folded: RwSignal<BTreeSet<i16>>,
    /// Customers as rows of a table.
    pub table: RwSignal<bool>,
    /// Heights of a card, of a heading and of the tallest list, in CSS pixels.
    pub row: RwSignal<i32>,
    pub heading: RwSignal<i32>,
    pub room: RwSignal<i32>,
    pub done: StoredValue<Vec<Done>>,
    pub under_way: StoredValue<Vec<Going>>,
    /// What is to be read again, and whether something is being read.
    pub(super) stale: StoredValue<Stale>,
    pub(super) reading: StoredValue<bool>,
}

impl Here {
    pub fn new(page: BoardPage, query: CustomerQuery, me: &Me) -> Here {
        let BoardPage { board, cards } = page;
        let lang = use_lang();
        let kept = layout::kept();
        let arranged = layout::arrange(board.columns, &kept.places);
        let name = |column: &BoardColumn| match &column.manager {
            Some(manager) => manager.name.clone(),
            None => text::pool(lang.get_untracked()).to_owned(),
        };
        let places = arranged.iter().map(|(column, place)| (place.clone(), name(column))).collect();
        let shown = arranged.into_iter().filter(|(_, place)| !place.hidden);
        let columns: Vec<Column> = shown.map(|(column, place)| Column::new(column, place.folded)).collect();
        let here = Here {
            places: StoredValue::new(places),
            columns: StoredValue::new(columns),
            rows: StoredValue::new(Vec::new()),
            unit: StoredValue::new(board.unit),
            tiers: StoredValue::new(Arc::new(board.tiers)),
            policy: StoredValue::new(board.policy),
            grouped: layout::is_grouped(&query),
            folded: RwSignal::new(kept.folded),
            table: RwSignal::new(kept.table),
            query: StoredValue::new(query),
            figures: Figures::of(me),
            role: me.role,
            may: me.may(Verb::TransferRequest),
            lang,
            toasts: use_toasts(),
            density: use_appearance().density,
            picked: RwSignal::new(Picked::default()),
            drag: RwSignal::new(None),
            band: RwSignal::new(None),
            asks: RwSignal::new(None),
            said: RwSignal::new(String::new()),
            fresh: RwSignal::new(BTreeSet::new()),
            row: RwSignal::new(if kept.table { 32 } else { 52 }),
            heading: RwSignal::new(28),
            room: RwSignal::new(640),
            done: StoredValue::new(Vec::new()),
            under_way: StoredValue::new(Vec::new()),
            stale: StoredValue::new(Stale::default()),
            reading: StoredValue::new(false),
        };
        for page in cards {
            if let Some(column) = here.column_of(&page.column) {
                here.at(column).fill(page);
            }
        }
        here.rows.set_value((0..here.count()).map(|at| Memo::new(move |_| here.lay_out(at))).collect());
        here
    }

    /// False once the board was left, when nothing of it may be touched any more.
    pub fn is_here(self) -> bool {
        self.under_way.try_with_value(|_| ()).is_some()
    }

    pub fn at(self, column: usize) -> Column {
        self.columns.with_value(|columns| columns[column])
    }

    /// Where the lines of a column stand.
    pub fn rows(self, column: usize) -> Memo<Rows> {
        self.rows.with_value(|rows| rows[column])
    }

    /// Where each column stands, of those that are not shown too.
    pub fn arranged(self) -> Vec<Place> {
        self.places.with_value(|places| places.iter().map(|(place, _)| place.clone()).collect())
    }

    pub fn count(self) -> usize {
        self.columns.with_value(Vec::len)
    }

    pub fn column_of(self, key: &str) -> Option<usize> {
        self.columns.with_value(|columns| columns.iter().position(|column| column.head.with_untracked(|head| head.key() == key)))
    }

    pub fn say(self, words: String) {
        self.said.set(words);
    }

    /// `张三` or `3 位客户`.
    pub fn who(self, drag: &Drag, lang: Lang) -> String {
        match &drag.cards[..] {
            [only] if !drag.all => only.name.clone(),
            _ => text::customers_n(lang, &guanhu_ui::format_count(drag.count())),
        }
    }

    // Judging.

    /// Why it may not be dropped there; else the reasons for a second person, as far as the browser can tell.
    pub fn verdict(self, drag: &Drag, to: usize) -> Result<Vec<Because>, fn(Lang) -> &'static str> {
        if !self.may {
            return Err(text::reason_read);
        }
        if to == drag.from {
            return Err(text::same_column);
        }
        if drag.cards.iter().any(|card| card.waits) {
            return Err(text::reason_waits);
        }
        let (from, to) = (self.at(drag.from).head, self.at(to).head);
        if to.with_untracked(|head| head.closed) {
            return Err(text::reason_closed);
        }
        let highest = |kind: Kind| {
            let cards = drag.cards.iter().filter(|card| card.kind == kind);
            self.tiers.with_value(|tiers| cards.map(|card| card.rank(tiers)).max().unwrap_or(0))
        };
        let served = |card: &Card| {
            let qualification = |to: &BoardColumn| self.tiers.with_value(|tiers| may_serve(card.served_by(tiers), &to.qualification));
            to.with_untracked(|to| to.manager.is_none() || qualification(to))
        };
        let moving = Moving {
            customers: drag.count(),
            aum: drag.weight.aum,
            highest_tier_rank: highest(Kind::Personal),
            highest_corporate_rank: highest(Kind::Corporate),
            leaves_branch: from.with_untracked(|from| to.with_untracked(|to| from.branch != to.branch)),
            unqualified: !drag.cards.iter().all(served),
            by_manager: self.role == Role::Manager,
        };
        Ok(self.policy.with_value(|policy| policy.because(&moving)))
    }

    // Showing.

    /// Takes cards from one column to another on the screen. `back` undoes that.
    pub fn show_moved(self, drag: &Drag, to: usize, back: bool) {
        let (from, to) = if back { (to, drag.from) } else { (drag.from, to) };
        let gone: BTreeSet<CustomerNo> = drag.cards.iter().map(|card| card.customer_no).collect();
        let (source, target) = (self.at(from), self.at(to));
        source.change(|cards| cards.retain(|card| !gone.contains(&card.customer_no)));
        if target.head.with_untracked(|head| head.open) {
            target.change(|cards| {
                cards.retain(|card| !gone.contains(&card.customer_no));
                for card in &drag.cards {
                    let at = self.place(cards, card);
                    cards.insert(at, card.clone());
                }
            });
        }
        for (column, sign) in [(source, -1), (target, 1)] {
            column.head.update(|head| {
                head.portfolio.shift(drag.weight, sign);
                if head.open {
                    shift_tiers(&mut head.tiers, &drag.cards, sign);
                }
            });
            if column.matching.with_untracked(Option::is_some) {
                column.matching_tiers.update(|tiers| shift_tiers(tiers, &drag.cards, sign));
            }
            column.matching.update(|matching| {
                if let Some(matching) = matching {
                    matching.shift(drag.weight, sign);
                }
            });
        }
        self.fresh.set(gone);
        let fresh = self.fresh;
        guanhu_ui::dom::after(1_600, move || {
            fresh.try_set(BTreeSet::new());
        });
    }

    /// Is the order one that the browser knows too?
    pub(super) fn knows_places(self) -> bool {
        use Sort::{AumAsc, AumDesc, ContactAsc, ContactDesc, TierAsc, TierDesc};
        let sort = self.query.with_value(|query| query.sort).unwrap_or(AumDesc);
        matches!(sort, AumAsc | AumDesc | ContactAsc | ContactDesc | TierAsc | TierDesc)
    }

    /// Where a card belongs among those loaded; orders the browser cannot know put it first.
    pub(super) fn place(self, cards: &[Card], card: &Card) -> usize {
        let tiers = self.tiers.get_value();
        let before: Box<dyn Fn(&Card) -> bool> = match self.query.with_value(|query| query.sort).unwrap_or(Sort::AumDesc) {
            Sort::AumDesc => Box::new(|other| (other.aum, other.customer_no) > (card.aum, card.customer_no)),
            Sort::AumAsc => Box::new(|other| (other.aum, other.customer_no) < (card.aum, card.customer_no)),
            Sort::TierDesc => Box::new(move |other| (other.rank(&tiers), other.aum) > (card.rank(&tiers), card.aum)),
            Sort::TierAsc => Box::new(move |other| (other.rank(&tiers), other.aum) < (card.rank(&tiers), card.aum)),
            Sort::ContactDesc => Box::new(|other| other.last_contact_at > card.last_contact_at),
            Sort::ContactAsc => Box::new(|other| other.last_contact_at < card.last_contact_at),
            _ => Box::new(|_| false),
        };
        cards.partition_point(|other| before(other))
    }
}

/// Counts cards of a column by tier that came to it (`sign` 1) or left it (-1).
fn shift_tiers(tiers: &mut Vec<TierCount>, cards: &[Card], sign: i64) {
    for code in cards.iter().filter_map(|card| card.tier.as_ref()) {
        match tiers.iter_mut().find(|count| count.code == *code) {
            Some(count) => count.customers += sign,
            None => tiers.push(TierCount { code: code.clone(), customers: sign.max(0) }),
        }
    }
}

pub fn use_here() -> Here {
    expect_context::<Here>()
}

/// As [`Here::new`], in context, for whoever is logged in.
pub fn provide_here(page: BoardPage, query: CustomerQuery) -> Option<Here> {
    let here = Here::new(page, query, &use_me()?);
    provide_context(here);
    Some(here)
}
