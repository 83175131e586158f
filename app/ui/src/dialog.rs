use leptos::{html, prelude::*, text_prop::TextProp};

use crate::{button::IconButton, dom, focus, icon::Glyph, lang::t, text};

fn modal(class: &'static str, name: String, open: RwSignal<bool>, title: TextProp, footer: ViewFn, children: ChildrenFn) -> AnyView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let now = open.get();
        if node.get().is_some() {
            dom::show_modal(node, now);
        }
    });
    // Opened by a key, or by what went meanwhile, there is nothing that the browser could give the focus back to.
    let closed = move |_| {
        open.set(false);
        dom::next_frame(focus::give_back);
    };
    let title_id = format!("{name}-title");
    // What is inside lives only while it is open: every opening starts afresh.
    let inside = move || {
        let (title, footer, children) = (title.clone(), footer.clone(), children.clone());
        let title_id = title_id.clone();
        open.get().then(move || {
            view! {
                <header class="dialog-head">
                    <h2 id=title_id>{move || title.get()}</h2>
                    <IconButton glyph=Glyph::Close label=t(text::close) on_click=move |_| open.set(false)/>
                </header>
                <div class="dialog-body">{children()}</div>
                <footer class="dialog-foot">{move || footer.run()}</footer>
            }
        })
    };
    view! {
        <dialog
            node_ref=node
            class=class
            id=name.clone()
            aria-labelledby=format!("{name}-title")
            on:close=closed
            on:keydown=move |event| dom::press_on_ctrl_enter(&event)
        >
            {inside}
        </dialog>
    }
    .into_any()
}

/// A question in the middle of the page. The native element traps the focus, closes on Escape and gives
/// the focus back. `footer` holds the buttons, the one to press last, which Ctrl-Enter presses.
///
/// `<Dialog name="reveal" open title=t(text::reveal) footer=move || view! { <Button>…</Button> }>…</Dialog>`
#[component]
pub fn Dialog(
    #[prop(into)] name: String,
    open: RwSignal<bool>,
    #[prop(into)] title: TextProp,
    #[prop(optional, into)] footer: ViewFn,
    #[prop(optional)] wide: bool,
    children: ChildrenFn,
) -> impl IntoView {
    modal(if wide { "dialog wide" } else { "dialog" }, name, open, title, footer, children)
}

/// A panel at the side for work beside the page; takes the same as [`Dialog`].
///
/// `<Sheet name="contact" open title=t(text::log_contact)>…</Sheet>`
#[component]
pub fn Sheet(
    #[prop(into)] name: String,
    open: RwSignal<bool>,
    #[prop(into)] title: TextProp,
    #[prop(optional, into)] footer: ViewFn,
    children: ChildrenFn,
) -> impl IntoView {
    modal("sheet", name, open, title, footer, children)
}
