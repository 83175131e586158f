//! One field under the pen: checked while typing, kept until saved, undone with one click.

use std::{collections::BTreeMap, sync::Arc};

use guanhu_domain::{
    Code, Currency, Money, calendar,
    customers::{CurrentFields, CustomerPatch, FieldKind, fields::EditableField},
};
use guanhu_ui::{Glyph, IconButton, dom, t};
use leptos::{ev, prelude::*, task::spawn_local};
use uuid::Uuid;

use super::{
    here::{Conflict, Here, Unsaved, use_here},
    text,
};
use crate::{Fail, customers::view_api};

/// The field that families keep by either calendar.
pub const BIRTHDAY: &str = "birth_date";

#[component]
pub fn Editor(field: &'static EditableField) -> impl IntoView {
    let here = use_here();
    let name = field.name;
    let id = format!("edit-{name}");
    let before = here.customer.with_untracked(|c| c.profile.get(name).cloned().flatten());
    let written = before.as_deref().map(|value| as_typed(field, value, here.base())).unwrap_or_default();
    let typed = RwSignal::new(
        here.unsaved.with_untracked(|unsaved| unsaved.get(name).map(|unsaved| unsaved.typed.clone())).unwrap_or_else(|| written.clone()),
    );
    let fail = RwSignal::new(None::<Fail>);
    let busy = RwSignal::new(false);
    let attempt = StoredValue::new(Uuid::new_v4());

    let stood = written.clone();
    let keep = move |text: String| {
        fail.set(None);
        attempt.set_value(Uuid::new_v4());
        here.keep_typed(name, (text != written).then(|| Unsaved { over: written.clone(), typed: text.clone() }));
        typed.set(text);
    };
    let cancel = move || {
        here.keep_typed(name, None);
        here.editing.set(None);
        back_to(name);
    };
    let save = move || {
        if busy.get_untracked() {
            return;
        }
        let value = match field.check(&typed.get_untracked(), here.today, here.base()) {
            Ok(value) => value,
            Err(rule) => {
                fail.set(Some(Fail(guanhu_domain::Problem::field(name, rule))));
                return;
            }
        };
        let before = here.customer.with_untracked(|c| c.profile.get(name).cloned().flatten());
        if value == before {
            here.keep_typed(name, None);
            here.editing.set(None);
            back_to(name);
            return;
        }
        let key = attempt.get_value();
        busy.set(true);
        // Typed over another value than stands there now, it was not seen beside it: both are shown.
        let unseen = here.unsaved.with_untracked(|unsaved| unsaved.get(name).is_some_and(|unsaved| unsaved.over != stood));
        let version = here.version() - i32::from(unseen);
        spawn_local(async move {
            let answer = send(here, version, BTreeMap::from([(name.to_owned(), value.clone())]), key).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(version) => {
                    here.keep_typed(name, None);
                    if here.editing.try_get_untracked() == Some(Some(name)) {
                        here.editing.set(None);
                        back_to(name);
                    }
                    let lang = here.lang.get_untracked();
                    let was = Was { field, written: value, before, version };
                    here.toasts.undo(text::field_saved(lang, field.label(lang)), move || put_back(here, was.clone()));
                }
                // The dialog takes over; what was typed waits here.
                Err(stale) if stale.0.code == Code::Stale => {}
                Err(other) => {
                    let _ = fail.try_set(Some(other));
                }
            }
        });
    };
    let save = StoredValue::new(save);
    let cancel = StoredValue::new(cancel);
    let many_lines = matches!(field.kind, FieldKind::Text { max } if max > 300);
    let on_key = move |event: ev::KeyboardEvent| {
        let chord = event.ctrl_key() || event.meta_key();
        match event.key().as_str() {
            "Enter" if !event.is_composing() && (!many_lines || chord) => {
                event.prevent_default();
                save.with_value(|save| save());
            }
            "Escape" => {
                event.prevent_default();
                event.stop_propagation();
                cancel.with_value(|cancel| cancel());
            }
            _ => {}
        }
    };
    // While typing only what surely is wrong is said; an empty or half-typed value is not.
    let words = move || {
        let lang = here.lang.get();
        if let Some(fail) = fail.get() {
            return Some((true, fail.0.of(name, lang).unwrap_or_else(|| fail.message(lang))));
        }
        echo(field, &typed.get(), here.base(), lang).map(|words| (false, words))
    };
    let error_id = format!("{id}-says");
    let focus = id.clone();
    Effect::new(move |_| {
        let focus = focus.clone();
        dom::next_frame(move || dom::focus_id(&focus));
    });
    let input = input(here, field, id, error_id.clone(), typed, Callback::new(keep), Signal::derive(move || fail.with(Option::is_some)));
    view! {
        <div class="c360-editor" on:keydown=on_key>
            {input}
            <IconButton glyph=Glyph::Check label=t(text::save) disabled=busy on_click=move |_| save.with_value(|save| save()) />
            <IconButton glyph=Glyph::Close label=t(text::cancel) on_click=move |_| cancel.with_value(|cancel| cancel()) />
            <div id=error_id class="c360-says" aria-live="polite">
                {move || words().map(|(wrong, words)| view! { <span class:wrong=wrong>{words}</span> })}
            </div>
        </div>
    }
    .into_any()
}

fn input(
    here: Here,
    field: &'static EditableField,
    id: String,
    error_id: String,
    typed: RwSignal<String>,
    keep: Callback<String>,
    invalid: Signal<bool>,
) -> AnyView {
    let labelled = format!("label-{}", field.name);
    let invalid = move || invalid.get().then_some("true");
    match field.kind {
        FieldKind::Choice(dictionary) => {
            load_words(here);
            let options = move || {
                let lang = here.lang.get();
                let now = typed.get_untracked();
                here.words.with(|words| {
                    words
                        .iter()
                        .filter(|word| word.dictionary == dictionary && (word.active || word.code == now))
                        .map(|word| {
                            let selected = word.code == now;
                            view! { <option value=word.code.clone() selected=selected>{word.name(lang).to_owned()}</option> }
                        })
                        .collect_view()
                })
            };
            view! {
                <select
                    class="input"
                    id=id
                    aria-labelledby=labelled
                    aria-describedby=error_id
                    aria-invalid=invalid
                    on:change=move |event| keep.run(event_target_value(&event))
                >
                    <option value="">"—"</option>
                    {options}
                </select>
            }
            .into_any()
        }
        FieldKind::Text { max } if max > 300 => view! {
            <textarea
                class="input"
                id=id
                rows="4"
                maxlength=max
                aria-labelledby=labelled
                aria-describedby=error_id
                aria-invalid=invalid
                prop:value=move || typed.get()
                on:input=move |event| keep.run(event_target_value(&event))
            ></textarea>
        }
        .into_any(),
        kind => {
            let (html, mode, max) = match kind {
                FieldKind::Date => ("date", None, None),
                FieldKind::Money => ("text", Some("decimal"), Some(40)),
                FieldKind::Integer { .. } => ("text", Some("numeric"), Some(20)),
                FieldKind::Text { max } => ("text", None, Some(max)),
                FieldKind::Choice(_) => ("text", None, None),
            };
            view! {
                <input
                    class="input"
                    class:number=mode.is_some()
                    type=html
                    id=id
                    inputmode=mode
                    maxlength=max
                    autocomplete="off"
                    aria-labelledby=labelled
                    aria-describedby=error_id
                    aria-invalid=invalid
                    prop:value=move || typed.get()
                    on:input=move |event| keep.run(event_target_value(&event))
                />
            }
            .into_any()
        }
    }
}

/// Sends a change of this version and shows it at once; a stale one opens the comparison. The customer's version after it.
pub async fn send(here: Here, version: i32, patch: BTreeMap<String, Option<String>>, key: Uuid) -> Result<i32, Fail> {
    let patch = CustomerPatch(patch);
    match view_api::edit(here.no, version, key, patch.clone()).await {
        Ok(changed) => {
            show(here, changed.version, patch);
            Ok(changed.version)
        }
        Err(fail) => {
            let before = here.customer.try_with_untracked(|c| c.profile.clone());
            if let (Code::Stale, Some(theirs), Some(before)) = (fail.0.code, current(&fail), before) {
                here.conflict.set(Some(Conflict { mine: patch, theirs, before }));
            }
            Err(fail)
        }
    }
}

/// As it now is, of a change that came too late.
fn current(fail: &Fail) -> Option<CurrentFields> {
    fail.0.current.as_ref().and_then(crate::wire::of_value)
}

fn show(here: Here, version: i32, patch: CustomerPatch) {
    here.customer.try_update(|customer| {
        let customer = Arc::make_mut(customer);
        customer.version = version;
        if let Some(Some(name)) = patch.0.get("name") {
            customer.name.clone_from(name);
        }
        customer.profile.extend(patch.0);
    });
    here.refresh();
}

/// What a change did, to take it back.
#[derive(Clone)]
struct Was {
    field: &'static EditableField,
    written: Option<String>,
    before: Option<String>,
    /// The customer's, after the change.
    version: i32,
}

/// Writes what stood there before, unless somebody wrote something else since. The page may be gone.
fn put_back(here: Here, was: Was) {
    let name = was.field.name;
    let known = here.customer.try_with_untracked(|c| (c.version, c.profile.get(name).cloned().flatten()));
    spawn_local(async move {
        let lang = here.lang.get_untracked();
        let label = was.field.label(lang);
        let left = known.is_none();
        let (version, now) = known.unwrap_or((was.version, was.written.clone()));
        let patch = CustomerPatch(BTreeMap::from([(name.to_owned(), was.before)]));
        let ask = |version| view_api::edit(here.no, version, Uuid::new_v4(), patch.clone());
        let mut answer = if now == was.written { ask(version).await } else { Err(Fail::new(Code::Stale)) };
        // Another field was changed meanwhile: nothing of that is touched.
        if let Some(theirs) = answer.as_ref().err().and_then(current)
            && theirs.profile.get(name).cloned().flatten() == was.written
        {
            answer = ask(theirs.version).await;
        }
        match answer {
            Ok(changed) => {
                show(here, changed.version, patch);
                if left {
                    here.toasts.say(text::field_put_back(lang, label));
                }
            }
            Err(fail) if fail.0.code == Code::Stale => here.toasts.alarm(text::field_changed_since(lang, label)),
            Err(fail) => here.failed(&fail),
        }
    });
}

/// Brings all words, once.
pub fn load_words(here: Here) {
    if here.all_words.get_value() {
        return;
    }
    here.all_words.set_value(true);
    spawn_local(async move {
        match view_api::dictionaries().await {
            Ok(all) => {
                let _ = here.words.try_set(all);
            }
            Err(fail) => {
                here.all_words.set_value(false);
                here.failed(&fail);
            }
        }
    });
}

/// The canonical text as a person would type it.
fn as_typed(field: &EditableField, value: &str, base: Currency) -> String {
    match field.kind {
        FieldKind::Money => value.parse().map_or_else(|_| value.to_owned(), |minor| Money::new(minor, base).exact()),
        _ => value.to_owned(),
    }
}

/// `12.5万` typed is said back as every digit, and a birthday as the day of the lunar calendar.
fn echo(field: &EditableField, typed: &str, base: Currency, lang: guanhu_domain::Lang) -> Option<String> {
    match field.kind {
        FieldKind::Money => {
            let money = Money::parse(typed, base)?;
            Some(format!("= {} {} · {}", money.currency, money.exact(), money.short(lang)))
        }
        FieldKind::Date if field.name == BIRTHDAY => {
            typed.parse().ok().map(|date| calendar::birthday_words(date, lang)).filter(|words| !words.is_empty())
        }
        FieldKind::Text { max } if max > 300 => Some(text::characters(lang, typed.chars().count(), max)),
        _ => None,
    }
}

/// The focus returns to the value that was edited.
fn back_to(name: &'static str) {
    dom::next_frame(move || dom::focus_id(&format!("field-{name}")));
}
