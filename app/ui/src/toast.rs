use leptos::{prelude::*, text_prop::TextProp};

use crate::{
    dom,
    icon::{Glyph, Icon},
    lang::{t, use_lang},
    text,
};

const STAYS_MS: u64 = 6_000;
/// Long enough to see what a slip of the hand did.
const UNDO_STAYS_MS: u64 = 10_000;

#[derive(Clone)]
struct Toast {
    id: u32,
    words: TextProp,
    alarm: bool,
    undo: Option<Callback<()>>,
}

/// Short news at the foot of the page.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next: RwSignal<u32>,
    held: RwSignal<bool>,
}

impl Toasts {
    /// Says that something was done.
    pub fn say(&self, words: impl Into<TextProp>) {
        self.push(words.into(), false, None);
    }

    /// Says that something was done and offers to take it back.
    pub fn undo(&self, words: impl Into<TextProp>, undo: impl Into<Callback<()>>) {
        self.push(words.into(), false, Some(undo.into()));
    }

    /// Says what went wrong and what to do; stays until it is closed.
    pub fn alarm(&self, words: impl Into<TextProp>) {
        self.push(words.into(), true, None);
    }

    fn push(&self, words: TextProp, alarm: bool, undo: Option<Callback<()>>) {
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
        dom::after(stays, move || match self.held.try_get_untracked() {
            Some(true) => self.leave_later(id, stays),
            Some(false) => self.close(id),
            None => (),
        });
    }

    fn close(&self, id: u32) {
        self.shown.update(|shown| shown.retain(|toast| toast.id != id));
    }
}

/// Puts [`Toasts`] into context at the root of the page, beside one [`ToastHost`].
pub fn provide_toasts() -> Toasts {
    let toasts = Toasts { shown: RwSignal::new(Vec::new()), next: RwSignal::new(0), held: RwSignal::new(false) };
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
            on:mouseenter=move |_| toasts.held.set(true)
            on:mouseleave=move |_| toasts.held.set(false)
            on:focusin=move |_| toasts.held.set(true)
            on:focusout=move |_| toasts.held.set(false)
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
                                        toasts.close(id);
                                        undo.run(());
                                    }
                                >
                                    {move || text::undo(lang.get())}
                                </button>
                            })}
                            <button type="button" aria-label=move || text::close(lang.get()) on:click=move |_| toasts.close(id)>
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
