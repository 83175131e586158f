//! Adding, changing and removing a way to reach the customer, or a paper. Nothing typed here is kept in the
//! browser: it is clear text. Whoever changes one sees it masked, and what is left empty stays as it is. Where somebody
//! else was first, both versions are shown above what was typed.

use chrono::NaiveDate;
use guanhu_domain::{
    Code, Lang, Problem,
    customers::{
        Changed, Contact, ContactChange, Identity, IdentityChange, NewIdentity,
        checks::{self, CONTACT_KINDS, IDENTITY_KINDS},
    },
};
use guanhu_ui::{
    Button, ButtonKind, Checkbox, Choice, DateInput, Dialog, Field, Glyph, Notice, Select, TextInput, Tone, dom, format_date, t,
};
use leptos::{prelude::*, task::spawn_local};
use uuid::Uuid;

use super::{
    conflict::conflict_head,
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

    fn is_primary(&self) -> bool {
        matches!(self, Target::Contact(contact) if contact.is_primary)
    }

    fn expires_on(&self) -> Option<NaiveDate> {
        match self {
            Target::Contact(_) => None,
            Target::Paper(paper) => paper.expires_on,
        }
    }
}

/// What somebody else made of it meanwhile.
#[derive(Clone, Debug, PartialEq)]
struct Clash {
    before: Target,
    /// `None`: removed.
    theirs: Option<Target>,
    /// It was to be removed.
    removes: bool,
}

impl Clash {
    /// Of a refusal that is one.
    fn of(fail: &Fail, before: &Target, removes: bool) -> Option<Clash> {
        let theirs = match (fail.0.code, fail.0.current.clone(), before) {
            (Code::NotFound, ..) => None,
            (Code::Stale, Some(current), Target::Contact(_)) => Some(Target::Contact(crate::wire::of_value(&current)?)),
            (Code::Stale, Some(current), Target::Paper(_)) => Some(Target::Paper(crate::wire::of_value(&current)?)),
            _ => return None,
        };
        Some(Clash { before: before.clone(), theirs, removes })
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
        Some(Target::Paper(paper)) => {
            view_api::change_identity(here.no, key, IdentityChange { id: paper.id, seen: Some(paper.mark), value, expires_on }).await
        }
        None if IDENTITY_KINDS.contains(&kind.as_str()) => {
            let value = value.unwrap_or_default();
            view_api::add_identity(here.no, key, NewIdentity { kind, value, expires_on }).await
        }
        Some(Target::Contact(Contact { id, mark, .. })) => {
            let change = ContactChange { id: Some(id), seen: Some(mark), kind, value, is_primary };
            view_api::change_contact(here.no, key, change).await
        }
        None => view_api::change_contact(here.no, key, ContactChange { id: None, seen: None, kind, value, is_primary }).await,
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
    let clash = RwSignal::new(None::<Clash>);
    Effect::new(move |_| {
        if open.get() {
            let target = target.get_untracked();
            value.set(String::new());
            kind.set(target.as_ref().map_or("mobile", Target::kind).to_owned());
            primary.set(target.as_ref().is_some_and(Target::is_primary));
            expires.set(target.as_ref().and_then(Target::expires_on));
            problem.set(None);
            clash.set(None);
            surely.set(false);
            dom::next_frame(|| dom::next_frame(|| dom::focus_id("f-contact-value")));
        } else if clash.try_update_untracked(Option::take).flatten().is_some() {
            here.refresh();
        }
    });
    // From here on theirs is what a change is measured against, and what was not touched here is as they left it.
    let meet = move |found: Clash| {
        problem.set(None);
        surely.set(false);
        if let Some(theirs) = &found.theirs {
            if primary.get_untracked() == found.before.is_primary() {
                primary.set(theirs.is_primary());
            }
            if expires.get_untracked() == found.before.expires_on() {
                expires.set(theirs.expires_on());
            }
        }
        target.set(found.theirs.clone());
        clash.set(Some(found));
    };
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
        let (kind, before) = (draft.kind.clone(), draft.target.clone());
        let changed = draft.target.as_ref().map(|target| match target {
            Target::Contact(contact) => (contact.id.clone(), contact.mark.clone()),
            Target::Paper(paper) => (paper.id.clone(), paper.mark.clone()),
        });
        let key = once.key_for(&(changed, &kind, &draft.value, draft.is_primary, draft.expires_on));
        busy.set(true);
        spawn_local(async move {
            let answer = send(here, key, draft).await;
            once.answered(&answer);
            busy.set(false);
            match answer {
                Ok(_) => {
                    clash.set(None);
                    open.set(false);
                    here.refresh();
                    let lang = here.lang.get_untracked();
                    let paper = IDENTITY_KINDS.contains(&kind.as_str());
                    let name = if paper { names::identity_kind(&kind, lang) } else { names::contact_kind(&kind, lang) };
                    here.toasts.say(match (before.is_some(), removes) {
                        (false, _) => text::added(lang, &name),
                        (true, false) => text::contact_changed(lang, &name),
                        (true, true) => text::contact_removed(lang, &name),
                    });
                }
                Err(fail) => match before.and_then(|before| Clash::of(&fail, &before, removes)) {
                    Some(found) => meet(found),
                    None => problem.set(Some(fail)),
                },
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
        match (clash.with(Option::is_some), changes()) {
            (true, _) => text::conflict_title(lang),
            (false, true) => text::change_contact(lang),
            (false, false) => text::add_contact(lang),
        }
        .to_owned()
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
                    <Button on_click=move |_| open.set(false)>
                        {move || if clash.with(Option::is_some) { text::take_theirs(here.lang.get()) } else { text::cancel(here.lang.get()) }}
                    </Button>
                    <Button kind=ButtonKind::Primary busy on_click=move |_| save()>
                        {move || if clash.with(Option::is_some) { text::save_choice(here.lang.get()) } else { text::save(here.lang.get()) }}
                    </Button>
                }
            }
        >
            <div class="stack">
                {move || general().map(|words| view! { <Notice tone=Tone::Alarm>{words}</Notice> })}
                {move || clash.get().map(|clash| versions(&clash, value, primary, expires, here.lang.get()))}
                <Field name="contact-kind" label=t(text::kind)>
                    <Select value=kind choices=kinds disabled=Signal::derive(changes) />
                </Field>
                <Field name="contact-value" help="customers#one" label=t(text::value) error>
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

/// How it was, what somebody else made of it, and what is about to be saved.
fn versions(clash: &Clash, value: RwSignal<String>, primary: RwSignal<bool>, expires: RwSignal<Option<NaiveDate>>, lang: Lang) -> AnyView {
    let none = || "—".to_owned();
    let preferred = move |is: bool| if is { text::primary(lang).to_owned() } else { none() };
    let day = move |day: Option<NaiveDate>| day.map_or_else(none, |day| format_date(day, lang));
    let Clash { before, theirs, removes } = clash;
    let removes = *removes;
    let of_theirs = |say: &dyn Fn(&Target) -> String| theirs.as_ref().map_or_else(none, say);
    let mine = move || match value.get() {
        typed if !typed.trim().is_empty() => typed,
        _ if removes => text::remove(lang).to_owned(),
        _ => text::not_touched(lang).to_owned(),
    };
    let row = |name: &'static str, before: String, theirs: String, mine: AnyView| {
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td class="muted">{before}</td>
                <td>{theirs}</td>
                <td>{mine}</td>
            </tr>
        }
        .into_any()
    };
    let shown = theirs.as_ref().map_or(text::gone_meanwhile(lang), Target::shown).to_owned();
    let first = row(text::value(lang), before.shown().to_owned(), shown, view! { {mine} }.into_any());
    let second = match before {
        Target::Contact(_) => row(
            text::primary(lang),
            preferred(before.is_primary()),
            of_theirs(&|theirs| preferred(theirs.is_primary())),
            view! { {move || preferred(primary.get())} }.into_any(),
        ),
        Target::Paper(_) => row(
            text::expires(lang),
            day(before.expires_on()),
            of_theirs(&|theirs| day(theirs.expires_on())),
            view! { {move || day(expires.get())} }.into_any(),
        ),
    };
    view! {
        <p>{text::entry_conflict_hint(lang)}</p>
        <div class="c360-scroll">
            <table class="c360-table conflict">
                {conflict_head(lang)}
                <tbody>{first}{second}</tbody>
            </table>
        </div>
    }
    .into_any()
}
