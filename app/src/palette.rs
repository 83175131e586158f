//! The palette of commands: everything that can be gone to, done or found, by typing a part of its name in
//! either language, its pinyin or initials. And the map of keys. Both in a script of their own.

mod bell;
pub mod buttons;
mod commands;
mod habits;
mod keys;
mod matching;
mod pinyin;
pub mod text;
mod tour;

use guanhu_domain::{
    Code, Lang,
    access::{Me, Verb},
    customers::{CustomerItem, CustomerQuery},
};
use guanhu_ui::{Glyph, Icon, dom as ui_dom, use_lang};
use leptos::{ev, html, prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

use self::{
    buttons::PageButton,
    commands::{Act, Line, Part},
    habits::Habits,
};
use crate::{
    customers::{
        api, dom,
        list::{
            Figures,
            question::{self, Reading},
        },
    },
    desk::{self, Desk, Tool},
    printing,
};

const BOX: &str = "palette-box";
const LIST: &str = "palette-list";
const PAUSE_MS: u64 = 120;
const CUSTOMERS: u16 = 8;
/// A key that moves by a screen.
const SCREEN: usize = 8;

/// What [`crate::desk`] calls for.
pub fn tools(desk: Desk, me: Me) -> AnyView {
    let (path, printer) = (use_location().pathname, me.clone());
    Effect::new(move |_| {
        if desk.open.get() == Some(Tool::Print) {
            desk.open.set(None);
            printing::print(printer.clone(), path.get_untracked());
        }
    });
    view! {
        <bell::Bell desk />
        <tour::Tour desk me=me.clone() />
        <Palette desk me />
        <keys::KeysDialog desk />
    }
    .into_any()
}

/// What the palette is made of while it is open.
#[derive(Clone, Copy)]
struct Here {
    desk: Desk,
    lang: Signal<Lang>,
    typed: RwSignal<String>,
    found: RwSignal<Vec<CustomerItem>>,
    /// What the page had when it was opened.
    buttons: RwSignal<Vec<PageButton>>,
    lines: RwSignal<Vec<Line>>,
    active: RwSignal<usize>,
    habits: RwSignal<Habits>,
}

#[component]
fn Palette(desk: Desk, me: Me) -> impl IntoView {
    let here = Here {
        desk,
        lang: use_lang(),
        typed: RwSignal::new(String::new()),
        found: RwSignal::new(Vec::new()),
        buttons: RwSignal::new(Vec::new()),
        lines: RwSignal::new(Vec::new()),
        active: RwSignal::new(0),
        habits: RwSignal::new(Habits::default()),
    };
    let node = NodeRef::<html::Dialog>::new();
    let is_open = Memo::new(move |_| desk.open.get() == Some(Tool::Palette));
    habits::load(here.habits);
    let me = StoredValue::new(me);
    let figures = me.with_value(Figures::of);
    let standing = commands::standing(&me.get_value(), desk);
    Effect::new(move |_| {
        let open = is_open.get();
        if open {
            here.typed.set(String::new());
            here.found.set(Vec::new());
            here.active.set(0);
            here.buttons.set(buttons::of_page());
            ui_dom::next_frame(|| ui_dom::focus_id(BOX));
        }
        if node.get().is_some() {
            ui_dom::show_modal(node, open);
        }
    });
    let path = use_location().pathname;
    Effect::new(move |_| {
        if !is_open.get() {
            return;
        }
        let (typed, lang) = (here.typed.get(), here.lang.get());
        let mut all = desk.offers.with(|offers| offers.iter().map(Line::offered).collect::<Vec<_>>());
        // What the page offers by name stands once; with nothing typed its parts are left out.
        let pressed = here.buttons.with(|buttons| {
            let shown = buttons
                .iter()
                .enumerate()
                .filter(|(_, button)| (button.near || !typed.trim().is_empty()) && all.iter().all(|line| line.label(lang) != button.label));
            shown.map(|(at, button)| Line::pressed(at, button)).collect::<Vec<_>>()
        });
        all.extend(pressed);
        // Where one is already there is nothing to go to.
        all.extend(standing.iter().filter(|line| path.with(|path| !line.leads_to(path))).cloned());
        let mut lines = here.habits.with(|habits| commands::choose(all, &typed, habits, lang));
        lines.extend(here.found.with(|found| found.iter().map(|item| Line::customer(item, figures, lang)).collect::<Vec<_>>()));
        let last = lines.len().saturating_sub(1);
        here.lines.set(lines);
        here.active.update(|active| *active = (*active).min(last));
    });
    let seek = seeker(here, me.with_value(|me| me.may(Verb::CustomerList)));
    let closed = move |_| {
        if desk.open.get_untracked() == Some(Tool::Palette) {
            desk.open.set(None);
        }
        desk::give_back();
    };
    let beside = move |event: ev::MouseEvent| {
        if event.target() == event.current_target() {
            desk.open.set(None);
        }
    };
    view! {
        <dialog node_ref=node class="palette" aria-label=move || text::title(here.lang.get()) on:close=closed on:mousedown=beside>
            {move || is_open.get().then(|| inside(here, seek))}
        </dialog>
    }
    .into_any()
}

/// Asks for customers once typing pauses; the same verb as the search box.
fn seeker(here: Here, may: bool) -> Callback<()> {
    let timer = StoredValue::new(None);
    let turn = StoredValue::new(0u64);
    Callback::new(move |()| {
        turn.update_value(|turn| *turn += 1);
        let asked = turn.get_value();
        let words = here.typed.with_untracked(|typed| typed.trim().to_owned());
        if !may || matches!(question::reading(&words), Reading::Nothing | Reading::TooShort) {
            here.found.set(Vec::new());
            return;
        }
        dom::debounce(timer, PAUSE_MS, move || {
            spawn_local(async move {
                let query = CustomerQuery { q: Some(words), limit: Some(CUSTOMERS), ..CustomerQuery::default() };
                let answer = api::list_customers(query).await;
                if turn.try_get_value() != Some(asked) {
                    return;
                }
                match answer {
                    Ok(page) => here.found.set(page.items),
                    Err(fail) if fail.0.code == Code::Unauthenticated => dom::leave_for_login(),
                    Err(_) => here.found.set(Vec::new()),
                }
            });
        });
    })
}

fn inside(here: Here, seek: Callback<()>) -> AnyView {
    let lang = here.lang;
    let navigate = use_navigate();
    let run = Callback::new(move |at: usize| {
        let Some(line) = here.lines.with_untracked(|lines| lines.get(at).cloned()).filter(|line| !line.masked) else { return };
        habits::used(here.habits, &line);
        here.desk.open.set(None);
        match line.act {
            Act::Go(href) => navigate(&href, NavigateOptions::default()),
            // Once the palette is gone: what is run may open a dialog of its own.
            Act::Run(run) => ui_dom::next_frame(move || run.run(())),
            Act::Press(at) => ui_dom::next_frame(move || buttons::press(at)),
        }
    });
    let input = move |text: String| {
        here.typed.set(text);
        here.active.set(0);
        seek.run(());
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if event.is_composing() {
            return;
        }
        let last = here.lines.with_untracked(Vec::len).saturating_sub(1);
        let active = here.active.get_untracked();
        let to = match event.key().as_str() {
            "ArrowDown" => {
                if active >= last {
                    0
                } else {
                    active + 1
                }
            }
            "ArrowUp" => {
                if active == 0 {
                    last
                } else {
                    active - 1
                }
            }
            "PageDown" => (active + SCREEN).min(last),
            "PageUp" => active.saturating_sub(SCREEN),
            "Enter" => {
                event.prevent_default();
                return run.run(active);
            }
            _ => return,
        };
        event.prevent_default();
        here.active.set(to);
        ui_dom::next_frame(move || ui_dom::reveal_id(&format!("{LIST}-{to}")));
    };
    let said = move || here.lines.with(|lines| text::count(lang.get(), lines.len()));
    view! {
        <div class="palette-line">
            <Icon glyph=Glyph::Search />
            <input
                id=BOX
                type="text"
                role="combobox"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                maxlength="64"
                enterkeyhint="go"
                aria-autocomplete="list"
                aria-expanded="true"
                aria-controls=LIST
                aria-activedescendant=move || here.lines.with(|lines| !lines.is_empty()).then(|| format!("{LIST}-{}", here.active.get()))
                aria-label=move || text::title(lang.get())
                placeholder=move || text::placeholder(lang.get())
                on:input=move |event| {
                    if !dom::is_composing(&event) {
                        input(event_target_value(&event));
                    }
                }
                on:compositionend=move |event| input(event_target_value(&event))
                on:keydown=on_key
            />
            <button class="btn quiet" type="button" on:click=move |_| here.desk.open.set(None)>{move || text::close(lang.get())}</button>
        </div>
        <p class="sr-only" role="status">{said}</p>
        {move || listed(here, run)}
        <p class="palette-foot faint">
            <span><kbd>"↑"</kbd><kbd>"↓"</kbd> " " {move || text::foot_move(lang.get())}</span>
            <span><kbd>"Enter"</kbd> " " {move || text::foot_run(lang.get())}</span>
            <span><kbd>"Esc"</kbd> " " {move || text::foot_close(lang.get())}</span>
        </p>
    }
    .into_any()
}

fn listed(here: Here, run: Callback<usize>) -> AnyView {
    let lang = here.lang.get();
    let lines = here.lines.get();
    if lines.is_empty() {
        return view! { <p class="palette-none faint" id=LIST>{text::none(lang)}</p> }.into_any();
    }
    let mut parts: Vec<(Part, Vec<AnyView>)> = Vec::new();
    for (at, line) in lines.into_iter().enumerate() {
        let shown = option(here, run, at, &line, lang);
        match parts.last_mut() {
            Some((part, options)) if *part == line.part => options.push(shown),
            _ => parts.push((line.part, vec![shown])),
        }
    }
    let groups = parts.into_iter().enumerate().map(|(at, (part, options))| {
        let id = format!("palette-part-{at}");
        let own = id.clone();
        view! {
            <div role="group" aria-labelledby=own>
                <div class="palette-part" id=id role="presentation">{part.name(lang)}</div>
                {options}
            </div>
        }
    });
    view! { <div class="palette-list" id=LIST role="listbox" aria-label=text::title(lang)>{groups.collect_view()}</div> }.into_any()
}

fn option(here: Here, run: Callback<usize>, at: usize, line: &Line, lang: Lang) -> AnyView {
    view! {
        <div
            class="option"
            class:active=move || here.active.get() == at
            id=format!("{LIST}-{at}")
            role="option"
            aria-selected=move || (here.active.get() == at).to_string()
            aria-disabled=line.masked.then_some("true")
            // The box keeps the focus.
            on:mousedown=move |event: ev::MouseEvent| event.prevent_default()
            on:mousemove=move |_| if here.active.get_untracked() != at { here.active.set(at) }
            on:click=move |_| run.run(at)
        >
            <span class="clip">{line.label(lang).to_owned()}</span>
            <span class="push faint">{line.note.clone()}</span>
        </div>
    }
    .into_any()
}
