//! The language of the page, as a signal in context.

use guanhu_domain::i18n::Lang;
use leptos::prelude::*;

use crate::dom;

/// The switch, and what everybody reads. That one belongs to the root: what is said after a page was left still
/// knows the language.
#[derive(Clone, Copy)]
struct LangContext(RwSignal<Lang>, Signal<Lang>);

/// Puts the language into context at the root of the page and returns the switch.
/// Setting it changes `<html lang>` and the `lang` cookie, so that the server follows next time.
///
/// `let lang = provide_lang(Lang::Zh);`
pub fn provide_lang(initial: Lang) -> RwSignal<Lang> {
    let lang = RwSignal::new(initial);
    let read = lang.into();
    provide_context(LangContext(lang, read));
    #[cfg(feature = "hydrate")]
    SPOKEN.set(Some(read));
    Effect::new(move |before: Option<Lang>| {
        let now = lang.get();
        if before.is_some_and(|before| before != now) {
            dom::set_root_attribute("lang", Some(now.tag()));
            dom::set_cookie("lang", now.code());
        }
        now
    });
    lang
}

/// The language to speak; Chinese where none was provided.
///
/// `let lang = use_lang(); view! { {move || text::save(lang.get())} }`
pub fn use_lang() -> Signal<Lang> {
    match use_context::<LangContext>() {
        Some(LangContext(_, lang)) => lang,
        None => spoken().unwrap_or_else(|| Signal::stored(Lang::default())),
    }
}

#[cfg(feature = "hydrate")]
thread_local! {
    /// The page's language, for whoever has no context: what goes on after an answer has come.
    static SPOKEN: std::cell::Cell<Option<Signal<Lang>>> = const { std::cell::Cell::new(None) };
}

fn spoken() -> Option<Signal<Lang>> {
    #[cfg(feature = "hydrate")]
    return SPOKEN.get();
    #[cfg(not(feature = "hydrate"))]
    None
}

/// The switch itself, for the language menu; `None` outside [`provide_lang`].
pub fn use_lang_switch() -> Option<RwSignal<Lang>> {
    use_context::<LangContext>().map(|context| context.0)
}

/// A text that follows the language, as a child or as a `TextProp`.
///
/// `<Button>{t(text::save)}</Button>` · `<Field label=t(text::name) name="name">`
pub fn t(text: fn(Lang) -> &'static str) -> impl Fn() -> &'static str + Copy + Send + Sync + 'static {
    let lang = use_lang();
    move || text(lang.get())
}
