//! The profile: every field with where it comes from, changed in place.

use guanhu_domain::{
    calendar,
    customers::{FieldKind, Lineage, fields::EditableField},
};
use guanhu_ui::{Section, Tooltip, dom, t};
use leptos::prelude::*;

use super::{
    editor::{BIRTHDAY, Editor},
    header::asks_for,
    here::{Here, use_here},
    names, text,
};

#[component]
pub fn ProfileFields() -> impl IntoView {
    let here = use_here();
    let kind = here.customer.with_untracked(|c| c.kind);
    Effect::new(move |before: Option<()>| {
        if before.is_none() && here.may_edit() {
            here.bring_back();
        }
    });
    let rows = asks_for(kind).map(|field| row(here, field)).collect_view();
    // What a feed brings beyond the fields, by the feed's names.
    let known = here.part(|c| {
        let told = |name: &String| c.lineage.get(&format!("extra.{name}")).cloned();
        c.extra.iter().map(|(name, value)| (name.clone(), value.clone(), told(name))).collect::<Vec<_>>()
    });
    let extra = move || {
        let lang = here.lang.get();
        let fact = |(name, value, told): (String, String, Option<Lineage>)| {
            let from = told.map_or_else(|| text::no_source(lang).to_owned(), |told| names::lineage(&told.source, told.business_date, lang));
            view! {
                <div>
                    <dt>{name}</dt>
                    <dd>
                        <span class="c360-value" tabindex="0" title=from>{value}</span>
                    </dd>
                </div>
            }
        };
        known.get().into_iter().map(fact).collect_view()
    };
    let note = move || if here.may_edit() { text::profile_hint(here.lang.get()) } else { text::profile_read_only(here.lang.get()) };
    view! {
        <div id="profile" class="c360-anchor">
            <Section title=t(text::profile)>
                <dl class="c360-facts">{rows}{extra}</dl>
                <p class="faint no-print">{note}</p>
            </Section>
        </div>
    }
    .into_any()
}

fn row(here: Here, field: &'static EditableField) -> AnyView {
    let name = field.name;
    let editing = Memo::new(move |_| here.editing.get() == Some(name));
    let long = matches!(field.kind, FieldKind::Text { max } if max > 300);
    let label = move || field.label(here.lang.get());
    let body = move || {
        if editing.get() { view! { <Editor field /> }.into_any() } else { shown(here, field) }
    };
    view! {
        <div id=format!("row-{name}") class:wide=move || long && editing.get() tabindex="-1">
            <dt id=format!("label-{name}")>{label}</dt>
            <dd>{body}</dd>
        </div>
    }
    .into_any()
}

/// The value as read, with its source; a button where it may be changed.
fn shown(here: Here, field: &'static EditableField) -> AnyView {
    let name = field.name;
    let value = Memo::new(move |_| here.customer.with(|c| c.profile.get(name).cloned().flatten()));
    let may = here.part(|c| c.may.edit);
    let lineage = Signal::derive(move || {
        let lang = here.lang.get();
        here.customer.with(|c| match c.lineage.get(name) {
            Some(lineage) => names::lineage(&lineage.source, lineage.business_date, lang),
            None => text::no_source(lang).to_owned(),
        })
    });
    let words = move || match value.get() {
        Some(value) => view! { <span>{names::value(field, &value, &here.words.get(), here.base(), here.lang.get())}</span> }.into_any(),
        None if field.counts => view! { <span class="c360-wanted">{text::wanted(here.lang.get())}</span> }.into_any(),
        None => view! { <span class="c360-none">"—"</span> }.into_any(),
    };
    let open = move || {
        here.editing.set(Some(name));
        let id = format!("edit-{name}");
        dom::next_frame(move || dom::focus_id(&id));
    };
    let inside = move || {
        if may.get() {
            view! {
                <button
                    type="button"
                    class="c360-value"
                    id=format!("field-{name}")
                    aria-labelledby=format!("label-{name} field-{name}")
                    on:click=move |_| open()
                    on:keydown=move |event| {
                        if event.key() == "F2" {
                            event.prevent_default();
                            open();
                        }
                    }
                >
                    {words}
                </button>
            }
            .into_any()
        } else {
            view! { <span class="c360-value" tabindex="0">{words}</span> }.into_any()
        }
    };
    let lunar = move || {
        let date = value.get().filter(|_| name == BIRTHDAY)?.parse().ok()?;
        Some(calendar::birthday_words(date, here.lang.get())).filter(|words| !words.is_empty())
    };
    view! {
        <Tooltip name=format!("from-{name}") text=lineage end=true>{inside}</Tooltip>
        {move || lunar().map(|words| view! { <span class="c360-lunar">{words}</span> })}
        {move || here.unsaved.with(|unsaved| unsaved.contains_key(name)).then(|| view! { <span class="c360-draft">{text::unsaved(here.lang.get())}</span> })}
    }
    .into_any()
}
