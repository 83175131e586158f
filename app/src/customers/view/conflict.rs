//! Somebody else saved first: both versions, field by field, and the choice.

use std::collections::{BTreeMap, BTreeSet};

use guanhu_domain::{Code, Lang, customers::fields};
use guanhu_ui::{Button, ButtonKind, Dialog, Notice, Tone, t};
use leptos::{prelude::*, task::spawn_local};
use uuid::Uuid;

use super::{
    editor,
    here::{Conflict, use_here},
    names, text,
};
use crate::Fail;

#[component]
pub fn ConflictDialog() -> impl IntoView {
    let here = use_here();
    let open = RwSignal::new(false);
    let mine = RwSignal::new(BTreeSet::<String>::new());
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<Fail>);
    Effect::new(move |_| {
        let Some(conflict) = here.conflict.get() else { return };
        mine.set(conflict.mine.0.keys().cloned().collect());
        editor::load_words(here);
        problem.set(None);
        open.set(true);
    });
    Effect::new(move |_| {
        if !open.get() && here.conflict.with_untracked(Option::is_some) {
            here.conflict.set(None);
            here.refresh();
        }
    });
    let settle = move || {
        let Some(Conflict { mine: typed, theirs, .. }) = here.conflict.get_untracked() else { return };
        let chosen = mine.get_untracked();
        let patch: BTreeMap<String, Option<String>> =
            typed.0.iter().filter(|(name, _)| chosen.contains(*name)).map(|(name, value)| (name.clone(), value.clone())).collect();
        // From here on theirs is what a change is measured against.
        here.customer.update(|customer| {
            let customer = std::sync::Arc::make_mut(customer);
            customer.version = theirs.version;
            customer.profile.clone_from(&theirs.profile);
        });
        let names: Vec<String> = typed.0.keys().cloned().collect();
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let answer =
                if patch.is_empty() { Ok(theirs.version) } else { editor::send(here, theirs.version, patch, Uuid::new_v4()).await };
            busy.set(false);
            match answer {
                Ok(_) => {
                    for name in names {
                        here.keep_typed(&name, None);
                    }
                    here.editing.set(None);
                    open.set(false);
                    here.toasts.say(t(text::merged));
                }
                // Changed once more meanwhile: the dialog already shows the newest.
                Err(fail) if fail.0.code == Code::Stale => {}
                // Here, since all else is out of sight behind the dialog.
                Err(fail) => {
                    problem.try_set(Some(fail));
                }
            }
        });
    };
    let table = move || {
        let lang = here.lang.get();
        let conflict = here.conflict.get()?;
        let words = here.words.get();
        let rows = rows(&conflict)
            .into_iter()
            .filter_map(|name| {
                let field = fields::find(&name)?;
                let say = |value: Option<&Option<String>>| match value {
                    Some(Some(value)) => names::value(field, value, &words, here.base(), lang),
                    _ => "—".to_owned(),
                };
                let before = say(conflict.before.get(&name));
                let theirs = say(conflict.theirs.profile.get(&name));
                let typed = conflict.mine.0.get(&name);
                let own = say(typed.or_else(|| conflict.before.get(&name)));
                let changed = typed.is_some();
                let (keep, take) = (name.clone(), name.clone());
                let (keeps, takes) = (name.clone(), name.clone());
                let group = format!("pick-{name}");
                Some(view! {
                    <tr>
                        <th scope="row">{field.label(lang)}</th>
                        <td class="muted">{before}</td>
                        <td>
                            <label class="check">
                                <input
                                    type="radio"
                                    name=group.clone()
                                    prop:checked=move || !mine.with(|mine| mine.contains(&takes))
                                    on:change=move |_| mine.update(|mine| { mine.remove(&take); })
                                />
                                <span>{theirs}</span>
                            </label>
                        </td>
                        <td>
                            {if changed {
                                view! {
                                    <label class="check">
                                        <input
                                            type="radio"
                                            name=group
                                            prop:checked=move || mine.with(|mine| mine.contains(&keeps))
                                            on:change=move |_| mine.update(|mine| { mine.insert(keep.clone()); })
                                        />
                                        <span>{own}</span>
                                    </label>
                                }
                                .into_any()
                            } else {
                                view! { <span class="faint">{text::not_touched(lang)}</span> }.into_any()
                            }}
                        </td>
                    </tr>
                })
            })
            .collect_view();
        Some(view! {
            <div class="c360-scroll">
                <table class="c360-table conflict">
                    {conflict_head(lang)}
                    <tbody>{rows}</tbody>
                </table>
            </div>
        })
    };
    view! {
        <Dialog
            name="conflict"
            open
            title=t(text::conflict_title)
            wide=true
            footer=move || view! {
                <Button on_click=move |_| { mine.set(BTreeSet::new()); settle(); }>{t(text::take_theirs)}</Button>
                <Button kind=ButtonKind::Primary busy on_click=move |_| settle()>{t(text::save_choice)}</Button>
            }
        >
            <div class="stack">
                <p>{t(text::conflict_hint)}</p>
                {table}
                {move || problem.get().map(|fail| view! { <Notice tone=Tone::Alarm>{here.words_of(&fail)}</Notice> })}
            </div>
        </Dialog>
    }
    .into_any()
}

/// Fields that either side changed, in the order of the form.
fn rows(conflict: &Conflict) -> Vec<String> {
    let theirs = |name: &str| conflict.theirs.profile.get(name).cloned().flatten() != conflict.before.get(name).cloned().flatten();
    fields::FIELDS
        .iter()
        .map(|field| field.name)
        .filter(|name| conflict.mine.0.contains_key(*name) || theirs(name))
        .map(str::to_owned)
        .collect()
}

/// The head of a table that shows both versions.
pub fn conflict_head(lang: Lang) -> AnyView {
    view! {
        <thead>
            <tr>
                <th scope="col">{text::field(lang)}</th>
                <th scope="col">{text::before(lang)}</th>
                <th scope="col">{text::theirs(lang)}</th>
                <th scope="col">{text::mine(lang)}</th>
            </tr>
        </thead>
    }
    .into_any()
}
