use std::sync::Arc;

use leptos::{prelude::*, text_prop::TextProp};

use crate::{
    dom, focus,
    icon::{Glyph, Icon},
    lang::{t, use_lang},
    text,
};

const STAYS_MS: u64 = 6_000;
/// Long enough to see what a slip of the hand did.
const UNDO_STAYS_MS: u64 = 10_000;

/// Not a `Callback`: it outlives the page that offers it.
type Undo = Arc<dyn Fn() + Send + Sync>;

#[derive(Clone)]
struct Toast {
    id: u32,
    words: TextProp,
    alarm: bool,
    undo: Option<Undo>,
}

/// Short news at the foot of the page.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next: RwSignal<u32>,
    /// What keeps them: the pointer on them, the focus in them.
    pointed: RwSignal<bool>,
    focused: RwSignal<bool>,
}

impl Toasts {
    /// Says that something was done.
    pub fn say(&self, words: impl Into<TextProp>) {
        self.push(words.into(), false, None);
    }

    /// Says that something was done and offers to take it back, also after its page was left: `undo` may read
    /// signals of that page by `try_` only.
    pub fn undo(&self, words: impl Into<TextProp>, undo: impl Fn() + Send + Sync + 'static) {
        self.push(words.into(), false, Some(Arc::new(undo)));
    }

    /// Says what went wrong and what to do; stays until it is closed.
    pub fn alarm(&self, words: impl Into<TextProp>) {
        self.push(words.into(), true, None);
    }

    fn push(&self, words: TextProp, alarm: bool, undo: Option<Undo>) {
        let toasts = *self;
        dom::once_hydrated(move || {
            let Some(id) = toasts.next.try_get_untracked() else { return };
            let stays = if undo.is_some() { UNDO_STAYS_MS } else { STAYS_MS };
            toasts.next.set(id + 1);
            toasts.shown.update(|shown| {
                shown.push(Toast { id, words, alarm, undo });
                if shown.len() > 4 {
                    shown.remove(0);
                }
            });
            if !alarm {
                toasts.leave_later(id, stays);
            }
        });
    }

    fn leave_later(self, id: u32, stays: u64) {
        dom::after(stays, move || match (self.pointed.try_get_untracked(), self.focused.try_get_untracked()) {
            (Some(false), Some(false)) => self.close(id),
            (Some(_), Some(_)) => self.leave_later(id, stays),
            _ => (),
        });
    }

    fn close(self, id: u32) {
        self.shown.update(|shown| shown.retain(|toast| toast.id != id));
        // Not every browser says that what had the focus, or was pointed at, has gone.
        self.focused.set(false);
        if self.shown.with_untracked(Vec::is_empty) {
            self.pointed.set(false);
        }
    }

    /// By one of its own buttons, which had the focus: that goes back to the page rather than nowhere.
    fn close_by_hand(self, id: u32) {
        self.close(id);
        dom::next_frame(focus::give_back);
    }

    /// Takes back what the newest toast offers to take back; false when none does.
    pub fn undo_newest(self) -> bool {
        let newest =
            self.shown.with_untracked(|shown| shown.iter().rev().find_map(|toast| toast.undo.clone().map(|undo| (toast.id, undo))));
        let Some((id, undo)) = newest else { return false };
        self.close_by_hand(id);
        undo();
        true
    }
}

/// Puts [`Toasts`] into context at the root of the page, beside one [`ToastHost`].
pub fn provide_toasts() -> Toasts {
    let toasts =
        Toasts { shown: RwSignal::new(Vec::new()), next: RwSignal::new(0), pointed: RwSignal::new(false), focused: RwSignal::new(false) };
    provide_context(toasts);
    toasts
}

/// The page's toasts. `use_toasts().undo("已移交 3 位客户", move || take_back())`
pub fn use_toasts() -> Toasts {
    use_context::<Toasts>().unwrap_or_else(provide_toasts)
}

/// Where toasts appear; once, at the end of the page. Pointing at them keeps them. `<ToastHost/>`
#[component]
pub fn ToastHost() -> impl IntoView {
    let toasts = use_toasts();
    let lang = use_lang();
    view! {
        <section
            class="toasts"
            role="status"
            aria-live="polite"
            aria-label=t(text::notices)
            on:mouseenter=move |_| toasts.pointed.set(true)
            on:mouseleave=move |_| toasts.pointed.set(false)
            on:focusin=move |_| toasts.focused.set(true)
            on:focusout=move |_| toasts.focused.set(false)
        >
            <For each=move || toasts.shown.get() key=|toast| toast.id let:toast>
                {
                    let Toast { id, words, alarm, undo } = toast;
                    view! {
                        <div class="toast" class:alarm=alarm>
                            <span>{move || words.get()}</span>
                            {undo.map(|undo| view! {
                                <button
                                    class="undo"
                                    type="button"
                                    on:click=move |_| {
                                        toasts.close_by_hand(id);
                                        undo();
                                    }
                                >
                                    {move || text::undo(lang.get())}
                                </button>
                            })}
                            <button type="button" aria-label=move || text::close(lang.get()) on:click=move |_| toasts.close_by_hand(id)>
                                <Icon glyph=Glyph::Close/>
                            </button>
                        </div>
                    }
                }
            </For>
        </section>
    }
    .into_any()
}
