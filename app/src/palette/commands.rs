//! What can be gone to and done, and which of it fits what was typed.

use guanhu_domain::{
    Lang,
    access::{Me, Verb},
    customers::CustomerItem,
};
use guanhu_ui::{Density, Theme, use_appearance, use_lang_switch};
use leptos::prelude::*;

use super::{buttons::PageButton, habits::Habits, matching, pinyin, text};
use crate::{
    customers::list::Figures,
    desk::{Desk, Offer, Tool},
    practice::{self, Here, use_here},
    shell::{self, PLACES},
};

type Words = fn(Lang) -> &'static str;

/// Commands shown for what was typed, and of those used often when nothing is.
const SHOWN: usize = 14;
const OFTEN: usize = 6;

/// A part of the list under its own heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Often,
    OnPage,
    Go,
    Do,
    Customers,
}

impl Part {
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Part::Often => text::recent(lang),
            Part::OnPage => text::on_page(lang),
            Part::Go => text::go_to(lang),
            Part::Do => text::actions(lang),
            Part::Customers => text::customers(lang),
        }
    }
}

#[derive(Clone)]
pub enum Act {
    Go(String),
    Run(Callback<()>),
    /// A button of the page, by its place in the list.
    Press(usize),
}

/// A line of the palette.
#[derive(Clone)]
pub struct Line {
    /// By which habits remember it; empty for customers and for what may name them, which is not remembered.
    pub id: String,
    pub part: Part,
    zh: String,
    en: String,
    /// Said in grey at the end.
    pub note: String,
    pub act: Act,
    /// A colleague's customer: to be seen, not to be opened.
    pub masked: bool,
}

impl Line {
    fn new(id: impl Into<String>, part: Part, label: Words, act: Act) -> Line {
        let (zh, en) = (label(Lang::Zh).to_owned(), label(Lang::En).to_owned());
        Line { id: id.into(), part, zh, en, note: String::new(), act, masked: false }
    }

    pub fn offered(offer: &Offer) -> Line {
        Line::new(offer.id, Part::OnPage, offer.label, Act::Run(offer.run))
    }

    pub fn pressed(at: usize, button: &PageButton) -> Line {
        let (zh, en, note) = (button.label.clone(), button.label.clone(), button.note.clone());
        Line { id: String::new(), part: Part::OnPage, zh, en, note, act: Act::Press(at), masked: false }
    }

    pub fn customer(item: &CustomerItem, figures: Figures, lang: Lang) -> Line {
        let manager = item.manager.as_ref().map(|manager| manager.name.clone());
        let figure = (!item.masked).then(|| figures.short(item.aum, lang));
        let note = manager.into_iter().chain(figure).collect::<Vec<_>>().join(" · ");
        let act = Act::Go(format!("/customers/{}", item.customer_no));
        Line { id: String::new(), part: Part::Customers, zh: item.name.clone(), en: item.name.clone(), note, act, masked: item.masked }
    }

    pub fn label(&self, lang: Lang) -> &str {
        if lang == Lang::Zh { &self.zh } else { &self.en }
    }

    pub fn leads_to(&self, path: &str) -> bool {
        matches!(&self.act, Act::Go(href) if href == path)
    }

    /// How well what was typed finds it: by either name, pinyin or initials; 0 not at all.
    fn score(&self, typed: &str) -> u32 {
        let (full, initials) = pinyin::of(&self.zh);
        let names = [matching::score(typed, &self.zh), matching::score(typed, &self.en), matching::score(typed, &full)];
        names.into_iter().max().unwrap_or(0).max(matching::within(typed, &initials))
    }
}

/// Places that the rail does not show.
const MORE: [(Verb, &str, Words); 18] = [
    (Verb::CustomerList, "/customers?manager=none", text::unassigned),
    (Verb::CustomerList, "/customers?quiet_days=90", text::quiet),
    (Verb::DashboardView, "/dashboards/home", text::my_board),
    (Verb::DashboardView, "/dashboards/managers", text::managers_board),
    (Verb::DashboardView, "/dashboards/products", text::products_board),
    (Verb::DashboardView, "/dashboards/value", text::value_board),
    (Verb::TargetSet, "/dashboards/targets", text::targets),
    (Verb::TransferList, "/transfers?state=pending", text::pending),
    (Verb::TransferRequest, "/transfers/new", text::many),
    (Verb::PoolPick, "/pool", text::pool),
    (Verb::TransferDecide, "/handover", text::handover),
    (Verb::GroupUse, "/groups?new=dynamic", text::new_rule_group),
    (Verb::GroupUse, "/groups?new=static", text::new_list_group),
    (Verb::FeedImport, "/imports/new", text::new_import),
    (Verb::AccountOwn, "/account", text::account),
    (Verb::AccountOwn, "/help", text::handbook),
    (Verb::Practise, "/practice", practice::name),
    (Verb::AccountOwn, "/gallery", text::components),
];

/// What is there on every page, as far as the user may.
pub fn standing(me: &Me, desk: Desk) -> Vec<Line> {
    let here = use_here();
    let go = |(verb, href, label): &(Verb, &str, Words)| {
        // Who hands over also asks for the transfers that come of it.
        let may = me.may(*verb) && (*href != "/handover" || me.may(Verb::TransferRequest)) && (*href != "/practice" || here != Here::Alone);
        may.then(|| Line::new(format!("go:{href}"), Part::Go, *label, Act::Go((*href).to_owned())))
    };
    let mut lines: Vec<Line> = PLACES.iter().filter_map(|(verb, href, label, _)| go(&(*verb, *href, *label))).collect();
    lines.extend(MORE.iter().filter_map(go));
    let run = |id: &str, label: Words, keys: &str, act: Callback<()>| Line {
        note: keys.to_owned(),
        ..Line::new(id, Part::Do, label, Act::Run(act))
    };
    let appearance = use_appearance();
    let switch = use_lang_switch();
    let theme = move |theme: Theme| Callback::new(move |()| appearance.theme.set(theme));
    lines.extend([
        run(
            "language",
            text::language,
            "中文 / EN",
            Callback::new(move |()| {
                if let Some(switch) = switch {
                    switch.update(|lang| *lang = if *lang == Lang::Zh { Lang::En } else { Lang::Zh });
                }
            }),
        ),
        run("light", text::light, "", theme(Theme::Light)),
        run("dark", text::dark, "", theme(Theme::Dark)),
        run("contrast", text::contrast, "", theme(Theme::Contrast)),
        run("system-look", text::system_look, "", theme(Theme::Auto)),
        run(
            "density",
            text::density,
            "",
            Callback::new(move |()| {
                appearance.density.update(|density| {
                    *density = if *density == Density::Compact { Density::Comfortable } else { Density::Compact };
                });
            }),
        ),
        run("print", text::print, "Ctrl P", Callback::new(move |()| desk.open.set(Some(Tool::Print)))),
        run("bell", text::bell, "", Callback::new(move |()| desk.open.set(Some(Tool::Bell)))),
        run("keys", text::keys, "?", Callback::new(move |()| desk.open.set(Some(Tool::Keys)))),
        run("tour", text::tour, "", Callback::new(move |()| desk.open.set(Some(Tool::Tour)))),
        run("log-out", text::log_out, "", Callback::new(|()| shell::submit("log-out"))),
    ]);
    lines
}

/// Those that fit what was typed, the best first and grouped; with nothing typed those used often come
/// first, then everything in its order.
pub fn choose(all: Vec<Line>, typed: &str, habits: &Habits, lang: Lang) -> Vec<Line> {
    let typed = typed.trim().to_lowercase();
    if typed.is_empty() {
        let mut often: Vec<Line> = all.iter().filter(|line| habits.weight(&line.id) > 0.0).cloned().collect();
        often.sort_by(|a, b| habits.weight(&b.id).total_cmp(&habits.weight(&a.id)));
        often.truncate(OFTEN);
        let rest = all.into_iter().filter(|line| often.iter().all(|one| one.id != line.id)).collect::<Vec<_>>();
        return often.into_iter().map(|line| Line { part: Part::Often, ..line }).chain(rest).collect();
    }
    let mut fitting: Vec<(f64, Line)> = all
        .into_iter()
        .filter_map(|line| {
            let score = line.score(&typed);
            // A habit decides between those that fit alike, never against a clearly better fit.
            (score > 0).then(|| (f64::from(score) + habits.weight(&line.id).min(10.0) * 10.0, line))
        })
        .collect();
    // By the name as it is read: in Chinese by pinyin.
    let read = |line: &Line| if lang == Lang::Zh { pinyin::of(&line.zh).0 } else { line.en.to_lowercase() };
    fitting.sort_by(|(a, left), (b, right)| b.total_cmp(a).then_with(|| read(left).cmp(&read(right))));
    fitting.truncate(SHOWN);
    // A heading stands once: parts in the order of their best line.
    let mut order: Vec<Part> = Vec::new();
    for (_, line) in &fitting {
        if !order.contains(&line.part) {
            order.push(line.part);
        }
    }
    order
        .into_iter()
        .flat_map(|part| fitting.iter().filter(move |(_, line)| line.part == part).map(|(_, line)| line.clone()).collect::<Vec<_>>())
        .collect()
}

/// Names of everything that pages offer by themselves, for the test of the pinyin.
#[cfg(all(test, feature = "ssr"))]
pub const OFFERED: [Words; 14] = [
    text::log_contact,
    text::move_customer,
    text::move_selected,
    text::save_view,
    text::group_selected,
    text::copy_selected,
    text::clear_filters,
    text::add_task,
    text::add_opportunity,
    text::undo_move,
    text::approve_one,
    text::recall_one,
    text::new_user,
    text::try_out,
];

/// Every name in Chinese that can be typed by pinyin.
#[cfg(all(test, feature = "ssr"))]
pub fn names() -> Vec<&'static str> {
    let actions: [Words; 11] = [
        text::bell,
        text::language,
        text::light,
        text::dark,
        text::contrast,
        text::system_look,
        text::density,
        text::print,
        text::keys,
        text::tour,
        text::log_out,
    ];
    let places = PLACES.iter().map(|place| place.2).chain(MORE.iter().map(|place| place.2));
    places.chain(actions).chain(OFFERED).map(|label| label(Lang::Zh)).collect()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn lines() -> Vec<Line> {
        let places = PLACES.iter().map(|(_, href, label, _)| (*href, *label)).chain(MORE.iter().map(|(_, href, label)| (*href, *label)));
        places.map(|(href, label)| Line::new(format!("go:{href}"), Part::Go, label, Act::Go(href.to_owned()))).collect()
    }

    fn first(typed: &str, habits: &Habits) -> String {
        choose(lines(), typed, habits, Lang::Zh).into_iter().next().map(|line| line.id).unwrap_or_default()
    }

    #[test]
    fn a_command_is_found_by_either_name_pinyin_and_initials() {
        let nobody = Habits::default();
        for typed in ["管户", "guanhukanban", "ghkb", "board", "guanhu kanban"] {
            assert_eq!(first(typed, &nobody), "go:/board", "{typed}");
        }
        for typed in ["移交", "yijiao", "Transf"] {
            assert_eq!(first(typed, &nobody), "go:/transfers", "{typed}");
        }
        assert_eq!(first("unasgn", &nobody), "go:/customers?manager=none", "a few letters in order are enough");
        assert_eq!(first("xyzzy", &nobody), "");
    }

    #[test]
    fn habits_come_first_when_nothing_is_typed() {
        let mut habits = Habits::default();
        habits.note("go:/audit", 100);
        habits.note("go:/groups", 100);
        habits.note("go:/groups", 100);
        let shown = choose(lines(), "", &habits, Lang::Zh);
        assert_eq!((shown[0].id.as_str(), shown[1].id.as_str()), ("go:/groups", "go:/audit"));
        assert!(shown[0].part == Part::Often && shown[2].part == Part::Go);
        assert_eq!(shown.len(), lines().len(), "nothing stands twice");
    }
}
