use leptos::{ev, prelude::*, text_prop::TextProp};

use crate::{
    button::ButtonKind,
    dom,
    icon::{Glyph, Icon},
    popover::pop,
};

/// A line of a menu.
#[derive(Clone)]
pub struct MenuItem {
    label: TextProp,
    glyph: Option<Glyph>,
    note: Option<TextProp>,
    danger: bool,
    rule: bool,
    checked: Option<Signal<bool>>,
    act: Act,
}

#[derive(Clone)]
enum Act {
    Run(Callback<()>),
    Go(TextProp),
}

impl MenuItem {
    /// A line that does something: `MenuItem::new(t(text::edit), move || edit())`.
    pub fn new(label: impl Into<TextProp>, run: impl Into<Callback<()>>) -> MenuItem {
        Self::with(label.into(), Act::Run(run.into()))
    }

    /// A line that goes somewhere.
    pub fn link(label: impl Into<TextProp>, href: impl Into<TextProp>) -> MenuItem {
        Self::with(label.into(), Act::Go(href.into()))
    }

    fn with(label: TextProp, act: Act) -> MenuItem {
        MenuItem { label, glyph: None, note: None, danger: false, rule: false, checked: None, act }
    }

    pub fn glyph(mut self, glyph: Glyph) -> MenuItem {
        self.glyph = Some(glyph);
        self
    }

    /// Grey words at the end: a shortcut or a state.
    pub fn note(mut self, note: impl Into<TextProp>) -> MenuItem {
        self.note = Some(note.into());
        self
    }

    /// Takes something away.
    pub fn danger(mut self) -> MenuItem {
        self.danger = true;
        self
    }

    /// A hairline above.
    pub fn rule(mut self) -> MenuItem {
        self.rule = true;
        self
    }

    /// One that is on or off.
    pub fn checked(mut self, checked: impl Into<Signal<bool>>) -> MenuItem {
        self.checked = Some(checked.into());
        self
    }
}

/// A button with a menu below it: arrows, Home, End and Escape as in a desktop menu.
///
/// `<Menu name="row" label=t(text::more) glyph=Glyph::More bare=true items=vec![MenuItem::new(…)]/>`
#[component]
pub fn Menu(
    #[prop(into)] name: String,
    #[prop(into)] label: TextProp,
    #[prop(optional)] glyph: Option<Glyph>,
    #[prop(optional)] kind: ButtonKind,
    #[prop(optional)] bare: bool,
    #[prop(optional)] end: bool,
    #[prop(into)] items: Signal<Vec<MenuItem>>,
    /// Grey words below the lines, on a phone only: what its bar has no room for.
    #[prop(optional, into)]
    foot: Option<TextProp>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let list_id = format!("{name}-items");
    let button_id = format!("{name}-button");
    let inside = move || {
        let keys_id = list_id.clone();
        let on_key = move |event: ev::KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowDown" => 1,
                "ArrowUp" => -1,
                "Home" => 0,
                "End" => i32::MAX,
                "Tab" => {
                    open.set(false);
                    return;
                }
                _ => return,
            };
            event.prevent_default();
            dom::move_focus(&keys_id, "[data-menu]", step);
        };
        let button_id = button_id.clone();
        let foot = foot.clone().map(|foot| view! { <p class="menu-foot">{move || foot.get()}</p> });
        view! {
            <div class="menu" id=list_id.clone() on:keydown=on_key>
                {move || items.get().into_iter().map(|item| line(item, open, button_id.clone())).collect_view()}
            </div>
            {foot}
        }
        .into_any()
    };
    pop(name, label, glyph, kind, bare, end, open, "menu", inside)
}

fn line(item: MenuItem, open: RwSignal<bool>, button_id: String) -> AnyView {
    let MenuItem { label, glyph, note, danger, rule, checked, act } = item;
    let words = view! {
        {checked.map(|_| view! { <span class="tick-space"></span> })}
        {glyph.map(|glyph| view! { <Icon glyph/> })}
        <span>{move || label.get()}</span>
        {note.map(|note| view! { <span class="push">{move || note.get()}</span> })}
    };
    let role = if checked.is_some() { "menuitemcheckbox" } else { "menuitem" };
    let item = match act {
        Act::Go(href) => view! {
            <a class="menu-item" data-menu="" role=role tabindex="-1" href=move || href.get() on:click=move |_| open.set(false)>{words}</a>
        }
        .into_any(),
        Act::Run(run) => view! {
            <button
                class="menu-item"
                class:danger=danger
                data-menu=""
                type="button"
                role=role
                tabindex="-1"
                aria-checked=checked.map(|checked| move || checked.get().to_string())
                on:click=move |_| {
                    open.set(false);
                    dom::focus_id(&button_id);
                    run.run(());
                }
            >
                {words}
            </button>
        }
        .into_any(),
    };
    view! { {rule.then(|| view! { <div class="menu-rule" role="separator"></div> })}{item} }.into_any()
}
