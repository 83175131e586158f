use leptos::{ev, prelude::*, text_prop::TextProp};

use crate::{
    button::ButtonKind,
    dom,
    icon::{Glyph, Icon},
};

/// A button that opens a small panel below it; Escape or a click elsewhere closes it and the focus
/// returns to the button. `name` is unique on the page.
///
/// `<Popover name="filters" label=t(text::filters) glyph=Glyph::Filter>…</Popover>`
#[component]
pub fn Popover(
    #[prop(into)] name: String,
    #[prop(into)] label: TextProp,
    #[prop(optional)] glyph: Option<Glyph>,
    #[prop(optional)] kind: ButtonKind,
    /// Only the sign, with the label as its name.
    #[prop(optional)]
    bare: bool,
    /// Hangs from the right edge.
    #[prop(optional)]
    end: bool,
    #[prop(optional)] open: Option<RwSignal<bool>>,
    children: ChildrenFn,
) -> impl IntoView {
    let open = open.unwrap_or_else(|| RwSignal::new(false));
    pop(name, label, glyph, kind, bare, end, open, "dialog", move || view! { <div class="pop-body">{children()}</div> }.into_any())
}

/// The button, the shade that catches clicks, and the panel; shared with the menu.
pub(crate) fn pop(
    name: String,
    label: TextProp,
    glyph: Option<Glyph>,
    kind: ButtonKind,
    bare: bool,
    end: bool,
    open: RwSignal<bool>,
    role: &'static str,
    inside: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let button_id = format!("{name}-button");
    let class = match (bare, kind) {
        (true, _) => "icon-btn",
        (_, ButtonKind::Primary) => "btn primary",
        (_, ButtonKind::Quiet) => "btn quiet",
        (_, ButtonKind::Danger) => "btn danger",
        (_, ButtonKind::Plain) => "btn",
    };
    let close = {
        let button_id = button_id.clone();
        move || {
            open.set(false);
            dom::focus_id(&button_id);
        }
    };
    let on_key = {
        let close = close.clone();
        move |event: ev::KeyboardEvent| {
            if event.key() == "Escape" && open.get_untracked() {
                event.stop_propagation();
                event.prevent_default();
                close();
            }
        }
    };
    let (label_name, label_panel, label_words) = (label.clone(), label.clone(), label);
    let panel_id = name.clone();
    let (controls, panel_name) = (name.clone(), name);
    let toggle = move |_| {
        open.update(|open| *open = !*open);
        if open.get_untracked() {
            let id = panel_id.clone();
            dom::next_frame(move || {
                dom::move_focus(&id, "button:not([disabled]), [href], input:not([disabled]), select, textarea, [tabindex='0']", 0);
            });
        }
    };
    view! {
        <div class="pop" class:end=end on:keydown=on_key>
            <button
                class=class
                type="button"
                id=button_id
                aria-haspopup=role
                aria-expanded=move || open.get().to_string()
                aria-controls=move || open.get().then(|| controls.clone())
                aria-label=bare.then(|| { let label = label_name.clone(); move || label.get() })
                title=bare.then_some(move || label_name.get())
                on:click=toggle
            >
                {glyph.map(|glyph| view! { <Icon glyph/> })}
                {(!bare).then_some(move || label_words.get())}
            </button>
            {move || open.get().then(|| {
                let label = label_panel.clone();
                view! {
                    <div class="pop-shade" on:click=move |_| open.set(false)></div>
                    <div class="pop-panel" id=panel_name.clone() role=role aria-label=move || label.get()>{inside()}</div>
                }
            })}
        </div>
    }
    .into_any()
}
