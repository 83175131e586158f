use leptos::{context::Provider, prelude::*, text_prop::TextProp};

use crate::{
    icon::{Glyph, Icon},
    lang::use_lang,
    text,
};

/// What an input inside a [`Field`] needs to be named, described and marked wrong.
#[derive(Clone)]
pub struct FieldLink {
    pub id: String,
    pub name: String,
    pub described_by: Signal<Option<String>>,
    pub invalid: Signal<bool>,
    pub required: bool,
}

/// The field around the caller, if any. For inputs of your own.
pub fn use_field() -> Option<FieldLink> {
    use_context::<FieldLink>()
}

/// A question mark that opens a page of the handbook beside the form. `about` is the id of what it explains.
///
/// `<HelpLink page="tiers#grace" about="grace-title"/>`
#[component]
pub fn HelpLink(#[prop(into)] page: String, #[prop(into)] about: String) -> impl IntoView {
    let lang = use_lang();
    view! {
        <a
            class="field-help"
            href=format!("/help/{page}")
            target="_blank"
            rel="noopener"
            aria-label=move || text::handbook(lang.get())
            aria-describedby=about
        >
            <Icon glyph=Glyph::Help/>
        </a>
    }
    .into_any()
}

/// A labelled place for one input, with a hint and the error, read together by screen readers.
/// `name` is the form name and makes the id: unique on the page.
///
/// `<Field name="phone" label=t(text::phone) error=phone_error><TextInput value=phone/></Field>`
#[component]
pub fn Field(
    #[prop(into)] name: String,
    #[prop(into)] label: TextProp,
    #[prop(optional, into)] hint: Option<TextProp>,
    /// What is wrong, in words that say what to do; `None` when nothing is.
    #[prop(optional, into)]
    error: Option<Signal<Option<String>>>,
    #[prop(optional)] required: bool,
    /// Takes a whole line of a form.
    #[prop(optional)]
    wide: bool,
    /// The page of the handbook that explains it, such as `tiers#grace`; opens beside the form.
    #[prop(optional)]
    help: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    let lang = use_lang();
    let id = format!("f-{name}");
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let error = error.unwrap_or_else(|| Signal::stored(None));
    let invalid = Memo::new(move |_| error.with(Option::is_some));
    let described_by = {
        let (hint_id, error_id, has_hint) = (hint_id.clone(), error_id.clone(), hint.is_some());
        Signal::derive(move || match (has_hint, invalid.get()) {
            (false, false) => None,
            (true, false) => Some(hint_id.clone()),
            (false, true) => Some(error_id.clone()),
            (true, true) => Some(format!("{error_id} {hint_id}")),
        })
    };
    let label_id = format!("{id}-label");
    let link = FieldLink { id: id.clone(), name, described_by, invalid: invalid.into(), required };
    view! {
        <div class="field" class:wide=wide>
            <label for=id id=format!("{}-label", link.id)>
                {move || label.get()}
                {required.then(|| view! { <span class="need" title=move || text::required(lang.get())>" *"</span> })}
            </label>
            {help.map(|page| view! { <HelpLink page about=label_id/> })}
            <Provider value=link>{children()}</Provider>
            {move || error.get().map(|message| view! {
                <div class="field-error" id=error_id.clone()>
                    <Icon glyph=Glyph::Alert/>
                    <span>{message}</span>
                </div>
            })}
            {hint.map(|hint| view! { <div class="field-hint" id=hint_id>{move || hint.get()}</div> })}
        </div>
    }
    .into_any()
}
