//! Adding a way to reach the customer, or a paper. Nothing typed here is kept in the browser: it is clear text.

use chrono::NaiveDate;
use guanhu_domain::{
    Problem,
    customers::{
        ContactChange, NewIdentity,
        checks::{self, CONTACT_KINDS, IDENTITY_KINDS},
    },
};
use guanhu_ui::{Button, ButtonKind, Checkbox, Choice, DateInput, Dialog, Field, Notice, Select, TextInput, Tone, dom, t};
use leptos::{prelude::*, task::spawn_local};
use uuid::Uuid;

use super::{here::use_here, names, text};
use crate::{Fail, customers::view_api};

/// `open` shows the dialog.
#[component]
pub fn ContactForm(open: RwSignal<bool>) -> impl IntoView {
    let here = use_here();
    let kind = RwSignal::new("mobile".to_owned());
    let value = RwSignal::new(String::new());
    let primary = RwSignal::new(false);
    let expires = RwSignal::new(None::<NaiveDate>);
    let key = StoredValue::new(Uuid::nil());
    let problem = RwSignal::new(None::<Fail>);
    let busy = RwSignal::new(false);
    Effect::new(move |_| {
        if open.get() {
            value.set(String::new());
            primary.set(false);
            expires.set(None);
            problem.set(None);
            key.set_value(Uuid::new_v4());
            dom::next_frame(|| dom::next_frame(|| dom::focus_id("f-contact-value")));
        }
    });
    let is_paper = Memo::new(move |_| kind.with(|kind| IDENTITY_KINDS.contains(&kind.as_str())));
    let kinds = Signal::derive(move || {
        let lang = here.lang.get();
        let contacts = CONTACT_KINDS.iter().map(|kind| Choice::new(*kind, names::contact_kind(kind, lang)));
        contacts.chain(IDENTITY_KINDS.iter().map(|kind| Choice::new(*kind, names::identity_kind(kind, lang)))).collect::<Vec<_>>()
    });
    let save = move || {
        if busy.get_untracked() {
            return;
        }
        let (kind, typed) = (kind.get_untracked(), value.get_untracked());
        let paper = is_paper.get_untracked();
        let checked = if paper { checks::identity(&kind, &typed) } else { checks::contact(&kind, &typed) };
        let clean = match checked {
            Ok(clean) => clean,
            Err(rule) => {
                problem.set(Some(Fail(Problem::field("value", rule))));
                return;
            }
        };
        let (is_primary, expires_on) = (primary.get_untracked(), expires.get_untracked());
        busy.set(true);
        spawn_local(async move {
            let answer = if paper {
                view_api::add_identity(here.no, key.get_value(), NewIdentity { kind: kind.clone(), value: clean, expires_on }).await
            } else {
                let change = ContactChange { id: None, kind: kind.clone(), value: clean, is_primary };
                view_api::change_contact(here.no, key.get_value(), change).await
            };
            busy.set(false);
            match answer {
                Ok(_) => {
                    open.set(false);
                    here.refresh();
                    let lang = here.lang.get_untracked();
                    let name = if paper { names::identity_kind(&kind, lang) } else { names::contact_kind(&kind, lang) };
                    here.toasts.say(text::added(lang, &name));
                }
                Err(fail) => {
                    key.set_value(Uuid::new_v4());
                    problem.set(Some(fail));
                }
            }
        });
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
            title=t(text::add_contact)
            footer=move || {
                view! {
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
                    <Select value=kind choices=kinds />
                </Field>
                <Field name="contact-value" label=t(text::value) error required=true>
                    <TextInput value maxlength=300 autocomplete="off" on_enter=move |()| save() />
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
