//! Adding, changing and removing a way to reach the customer, or a paper. Nothing typed here is kept in the
//! browser: it is clear text. Whoever changes one sees it masked, and what is left empty stays as it is.

use chrono::NaiveDate;
use guanhu_domain::{
    Problem,
    customers::{
        Changed, Contact, ContactChange, Identity, IdentityChange, NewIdentity,
        checks::{self, CONTACT_KINDS, IDENTITY_KINDS},
    },
};
use guanhu_ui::{Button, ButtonKind, Checkbox, Choice, DateInput, Dialog, Field, Glyph, Notice, Select, TextInput, Tone, dom, t};
use leptos::{prelude::*, task::spawn_local};
use uuid::Uuid;

use super::{
    here::{Here, use_here},
    names, text,
};
use crate::{Fail, attempt::Once, customers::view_api};

/// What is changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    Contact(Contact),
    Paper(Identity),
}

impl Target {
    fn kind(&self) -> &str {
        match self {
            Target::Contact(contact) => &contact.kind,
            Target::Paper(paper) => &paper.kind,
        }
    }

    fn shown(&self) -> &str {
        match self {
            Target::Contact(contact) => &contact.value,
            Target::Paper(paper) => &paper.value,
        }
    }
}

/// What is to be sent, checked.
struct Draft {
    target: Option<Target>,
    kind: String,
    /// `None` keeps, empty removes.
    value: Option<String>,
    is_primary: bool,
    expires_on: Option<NaiveDate>,
}

async fn send(here: Here, key: Uuid, draft: Draft) -> Result<Changed, Fail> {
    let Draft { target, kind, value, is_primary, expires_on } = draft;
    match target {
        Some(Target::Paper(paper)) => view_api::change_identity(here.no, key, IdentityChange { id: paper.id, value, expires_on }).await,
        None if IDENTITY_KINDS.contains(&kind.as_str()) => {
            let value = value.unwrap_or_default();
            view_api::add_identity(here.no, key, NewIdentity { kind, value, expires_on }).await
        }
        Some(Target::Contact(Contact { id, .. })) => {
            view_api::change_contact(here.no, key, ContactChange { id: Some(id), kind, value, is_primary }).await
        }
        None => view_api::change_contact(here.no, key, ContactChange { id: None, kind, value, is_primary }).await,
    }
}

/// `open` shows the dialog; `target` is what it changes, nothing adds.
#[component]
pub fn ContactForm(open: RwSignal<bool>, target: RwSignal<Option<Target>>) -> impl IntoView {
    let here = use_here();
    let kind = RwSignal::new("mobile".to_owned());
    let value = RwSignal::new(String::new());
    let primary = RwSignal::new(false);
    let expires = RwSignal::new(None::<NaiveDate>);
    let once = Once::new();
    let problem = RwSignal::new(None::<Fail>);
    let busy = RwSignal::new(false);
    // Removing asks once more, in its place.
    let surely = RwSignal::new(false);
    Effect::new(move |_| {
        if open.get() {
            let target = target.get_untracked();
            value.set(String::new());
            kind.set(target.as_ref().map_or("mobile", Target::kind).to_owned());
            primary.set(matches!(&target, Some(Target::Contact(contact)) if contact.is_primary));
            expires.set(match &target {
                Some(Target::Paper(paper)) => paper.expires_on,
                _ => None,
            });
            problem.set(None);
            surely.set(false);
            dom::next_frame(|| dom::next_frame(|| dom::focus_id("f-contact-value")));
        }
    });
    let is_paper = Memo::new(move |_| kind.with(|kind| IDENTITY_KINDS.contains(&kind.as_str())));
    let kinds = Signal::derive(move || {
        let lang = here.lang.get();
        let contacts = CONTACT_KINDS.iter().map(|kind| Choice::new(*kind, names::contact_kind(kind, lang)));
        contacts.chain(IDENTITY_KINDS.iter().map(|kind| Choice::new(*kind, names::identity_kind(kind, lang)))).collect::<Vec<_>>()
    });
    let submit = move |value: Option<String>| {
        let removes = value.as_deref() == Some("");
        let draft = Draft {
            target: target.get_untracked(),
            kind: kind.get_untracked(),
            value,
            is_primary: primary.get_untracked(),
            expires_on: expires.get_untracked(),
        };
        let (kind, changes) = (draft.kind.clone(), draft.target.is_some());
        let changed = draft.target.as_ref().map(|target| match target {
            Target::Contact(contact) => contact.id.clone(),
            Target::Paper(paper) => paper.id.clone(),
        });
        let key = once.key_for(&(changed, &kind, &draft.value, draft.is_primary, draft.expires_on));
        busy.set(true);
        spawn_local(async move {
            let answer = send(here, key, draft).await;
            once.answered(&answer);
            busy.set(false);
            match answer {
                Ok(_) => {
                    open.set(false);
                    here.refresh();
                    let lang = here.lang.get_untracked();
                    let paper = IDENTITY_KINDS.contains(&kind.as_str());
                    let name = if paper { names::identity_kind(&kind, lang) } else { names::contact_kind(&kind, lang) };
                    here.toasts.say(match (changes, removes) {
                        (false, _) => text::added(lang, &name),
                        (true, false) => text::contact_changed(lang, &name),
                        (true, true) => text::contact_removed(lang, &name),
                    });
                }
                Err(fail) => problem.set(Some(fail)),
            }
        });
    };
    let save = move || {
        if busy.get_untracked() {
            return;
        }
        let (kind, typed) = (kind.get_untracked(), value.get_untracked());
        if typed.trim().is_empty() && target.with_untracked(Option::is_some) {
            return submit(None);
        }
        let checked = if is_paper.get_untracked() { checks::identity(&kind, &typed) } else { checks::contact(&kind, &typed) };
        match checked {
            Ok(clean) => submit(Some(clean)),
            Err(rule) => problem.set(Some(Fail(Problem::field("value", rule)))),
        }
    };
    let remove = move || {
        if busy.get_untracked() {
            return;
        }
        if surely.get_untracked() { submit(Some(String::new())) } else { surely.set(true) }
    };
    let changes = move || target.with(Option::is_some);
    let title = move || {
        let lang = here.lang.get();
        if changes() { text::change_contact(lang) } else { text::add_contact(lang) }.to_owned()
    };
    let keeps = move || {
        let lang = here.lang.get();
        target.with(|target| target.as_ref().map(|target| text::keep_value(lang, target.shown()))).unwrap_or_default()
    };
    let error = Signal::derive(move || problem.with(|problem| problem.as_ref()?.0.of("value", here.lang.get())));
    let general = move || {
        problem.with(|problem| {
            let fail = problem.as_ref().filter(|fail| fail.0.of("value", here.lang.get()).is_none())?;
            Some(fail.message(here.lang.get()))
        })
    };
    view! {
        <Dialog
            name="contact-form"
            open
            title=title
            footer=move || {
                view! {
                    {move || changes().then(|| {
                        view! {
                            <Button kind=ButtonKind::Danger icon=Glyph::Trash on_click=move |_| remove()>
                                {move || if surely.get() { text::remove_surely(here.lang.get()) } else { text::remove(here.lang.get()) }}
                            </Button>
                        }
                    })}
                    <Button on_click=move |_| open.set(false)>{t(text::cancel)}</Button>
                    <Button kind=ButtonKind::Primary busy on_click=move |_| save()>
                        {t(text::save)}
                    </Button>
                }
            }
        >
            <div class="stack">
                {move || general().map(|words| view! { <Notice tone=Tone::Alarm>{words}</Notice> })}
                <Field name="contact-kind" label=t(text::kind)>
                    <Select value=kind choices=kinds disabled=Signal::derive(changes) />
                </Field>
                <Field name="contact-value" label=t(text::value) error>
                    <TextInput value maxlength=300 placeholder=keeps autocomplete="off" on_enter=move |()| save() />
                </Field>
                {move || {
                    if is_paper.get() {
                        view! {
                            <Field name="contact-expires" label=t(text::expires)>
                                <DateInput value=expires />
                            </Field>
                        }
                            .into_any()
                    } else {
                        view! { <Checkbox checked=primary label=t(text::make_primary) /> }.into_any()
                    }
                }}
            </div>
        </Dialog>
    }
    .into_any()
}
