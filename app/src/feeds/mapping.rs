//! The mapping as a form: for every canonical column, what it comes from and what comes out.

use std::collections::BTreeMap;

use guanhu_domain::{
    Lang,
    feeds::{ControlTable, EntityColumn, EntityShape, LoadTable, Preview, ProfileTables},
};
use guanhu_ui::{Button, ButtonKind, Checkbox, Choice, Field, Glyph, IconButton, Select, TextInput, t, use_lang};
use leptos::prelude::*;

use super::{
    tables::{CodeTables, Files, Joins, Lets},
    text,
};

/// The mapping being edited.
#[derive(Clone, Copy)]
pub struct Draft {
    pub tables: RwSignal<ProfileTables>,
    /// Moves when loads come or go, so that inputs are made anew only then.
    pub shape: RwSignal<u32>,
    /// The same of all else: it moves when the text was edited.
    pub whole: RwSignal<u32>,
    pub entities: StoredValue<Vec<EntityShape>>,
    pub previews: RwSignal<Vec<Preview>>,
}

impl Draft {
    pub fn change_load(self, at: usize, change: impl FnOnce(&mut LoadTable)) {
        self.tables.update(|tables| {
            if let Some(load) = tables.loads.get_mut(at) {
                change(load);
            }
        });
    }

    fn reshape(self) {
        self.shape.update(|shape| *shape += 1);
    }

    fn columns(self, entity: &str) -> Vec<EntityColumn> {
        self.entities.with_value(|entities| {
            entities.iter().find(|shape| shape.name == entity).map(|shape| shape.columns.clone()).unwrap_or_default()
        })
    }
}

/// The whole form.
#[component]
pub fn MappingForm(draft: Draft) -> impl IntoView {
    let loads = move || {
        draft.shape.track();
        let count = draft.tables.with_untracked(|tables| tables.loads.len());
        (0..count).map(|at| view! { <LoadForm draft at /> }).collect_view()
    };
    let add = move |_| {
        draft.tables.update(|tables| {
            let file = tables.files.keys().next().cloned().unwrap_or_default();
            tables.loads.push(LoadTable { entity: "customers".into(), file, ..LoadTable::default() });
        });
        draft.reshape();
    };
    view! {
        <div class="stack">
            {move || {
                draft.whole.track();
                view! {
                    <WholeForm draft />
                    <div>
                        <Files draft />
                        <Joins draft />
                        <CodeTables draft />
                    </div>
                }
            }}
            {loads}
            <div>
                <Button icon=Glyph::Plus on_click=add>{t(text::add_load)}</Button>
            </div>
        </div>
    }
}

/// A text of the profile, kept as it is typed.
fn bound(draft: Draft, initial: String, write: impl Fn(&mut ProfileTables, String) + Send + Sync + 'static) -> RwSignal<String> {
    let value = RwSignal::new(initial);
    Effect::new(move |before: Option<()>| {
        let now = value.get();
        if before.is_some() {
            draft.tables.update(|tables| write(tables, now));
        }
    });
    value
}

pub(super) fn optional(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

#[component]
fn WholeForm(draft: Draft) -> impl IntoView {
    let now = draft.tables.get_untracked();
    let title = bound(draft, now.title, |tables, text| tables.title = text);
    let source = bound(draft, now.source, |tables, text| tables.source = text);
    let format = now.format;
    // A tab cannot be typed into a form.
    let separator = format.separator.unwrap_or_else(|| ",".into()).replace('\t', "\\t");
    let separator = bound(draft, separator, |tables, text| tables.format.separator = optional(text.replace("\\t", "\t")));
    let encoding = bound(draft, format.encoding.unwrap_or_else(|| "utf-8".into()), |tables, text| tables.format.encoding = optional(text));
    let dates = bound(draft, format.dates.unwrap_or_default().join("; "), |tables, text| tables.format.dates = several(&text));
    let quote = bound(draft, format.quote.unwrap_or_else(|| "\"".into()), |tables, text| {
        tables.format.quote = (text != "\"").then_some(text);
    });
    let header = RwSignal::new(format.header.unwrap_or(true));
    let decimal = bound(draft, format.decimal.unwrap_or('.').to_string(), |tables, text| {
        tables.format.decimal = text.chars().next().filter(|mark| *mark != '.');
    });
    let thousands = bound(draft, format.thousands.unwrap_or_default(), |tables, text| tables.format.thousands = optional(text));
    let empty = bound(draft, format.empty.unwrap_or_default().join("; "), |tables, text| tables.format.empty = several(&text));
    let pivot = bound(draft, format.pivot.unwrap_or(50).to_string(), |tables, text| {
        tables.format.pivot = text.trim().parse().ok().filter(|year| *year != 50);
    });
    let control = format.control.unwrap_or_default();
    let trailer = bound(draft, control.trailer.unwrap_or_default(), |tables, text| {
        change_control(tables, |control| control.trailer = optional(text))
    });
    let beside =
        bound(draft, control.file.unwrap_or_default(), |tables, text| change_control(tables, |control| control.file = optional(text)));
    let rows = bound(draft, control.rows, |tables, text| change_control(tables, |control| control.rows = text));
    let encodings = ["utf-8", "gb18030", "gbk", "big5"].map(|name| Choice::new(name, name.to_uppercase())).to_vec();
    view! {
        <div class="feed-form">
            <Field name="title" label=t(text::title)>
                <TextInput value=title maxlength=100 />
            </Field>
            <Field name="source" help="imports#mapping" label=t(text::source) hint=t(text::source_hint)>
                <TextInput value=source maxlength=40 />
            </Field>
            <Field name="separator" help="imports#mapping" label=t(text::separator) hint=t(text::separator_hint)>
                <TextInput value=separator maxlength=20 />
            </Field>
            <Field name="encoding" label=t(text::encoding)>
                <Select value=encoding choices=encodings />
            </Field>
            <Field name="dates" help="imports#mapping" label=t(text::dates) hint=t(text::dates_hint)>
                <TextInput value=dates />
            </Field>
        </div>
        <details class="feed-new feed-format">
            <summary>{t(text::more_format)}</summary>
            <div class="feed-form">
                <Field name="quote" label=t(text::quote) hint=t(text::quote_hint)>
                    <TextInput value=quote maxlength=1 />
                </Field>
                <Field name="decimal" label=t(text::decimal)>
                    <TextInput value=decimal maxlength=1 />
                </Field>
                <Field name="thousands" label=t(text::thousands) hint=t(text::thousands_hint)>
                    <TextInput value=thousands maxlength=1 />
                </Field>
                <Field name="empty" help="imports#mapping" label=t(text::empty) hint=t(text::empty_hint)>
                    <TextInput value=empty />
                </Field>
                <Field name="pivot" help="imports#mapping" label=t(text::pivot) hint=t(text::pivot_hint)>
                    <TextInput value=pivot inputmode="numeric" maxlength=3 />
                </Field>
                <div class="feed-form-end">
                    <Checkbox
                        checked=header
                        label=t(text::header)
                        on_change=move |yes: bool| draft.tables.update(|tables| tables.format.header = (!yes).then_some(false))
                    />
                </div>
                <Field name="trailer" help="imports#totals" label=t(text::trailer) hint=t(text::trailer_hint)>
                    <TextInput value=trailer maxlength=40 />
                </Field>
                <Field name="beside" help="imports#totals" label=t(text::beside) hint=t(text::beside_hint)>
                    <TextInput value=beside maxlength=100 />
                </Field>
                <Field name="rows" help="imports#totals" label=t(text::control_rows) hint=t(text::control_rows_hint)>
                    <TextInput value=rows maxlength=200 />
                </Field>
            </div>
        </details>
    }
}

/// Texts with semicolons between them.
fn several(text: &str) -> Option<Vec<String>> {
    let texts: Vec<String> = text.split(';').map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect();
    (!texts.is_empty()).then_some(texts)
}

/// One whose fields are all empty is none.
fn change_control(tables: &mut ProfileTables, change: impl FnOnce(&mut ControlTable)) {
    let mut control = tables.format.control.take().unwrap_or_default();
    change(&mut control);
    tables.format.control = (control != ControlTable::default()).then_some(control);
}

/// One file as one entity.
#[component]
fn LoadForm(draft: Draft, at: usize) -> impl IntoView {
    let Some(load) = draft.tables.with_untracked(|tables| tables.loads.get(at).cloned()) else { return ().into_any() };
    let entity = RwSignal::new(load.entity.clone());
    let file = RwSignal::new(load.file.clone());
    let filter = bound(draft, load.filter.clone().unwrap_or_default(), move |tables, text| {
        if let Some(load) = tables.loads.get_mut(at) {
            load.filter = optional(text);
        }
    });
    let lang = use_lang();
    let entities = Signal::derive(move || {
        let zh = lang.get() == Lang::Zh;
        let choice = |shape: &EntityShape| {
            let label = if zh { format!("{} {}", shape.zh, shape.name) } else { shape.name.clone() };
            Choice::new(&shape.name, label)
        };
        draft.entities.with_value(|entities| entities.iter().map(choice).collect::<Vec<_>>())
    });
    let files = draft.tables.with_untracked(|tables| tables.files.keys().map(|name| Choice::new(name, name)).collect::<Vec<_>>());
    let chosen = move |name: String| {
        draft.change_load(at, |load| {
            load.entity = name;
            let known: Vec<String> = draft.columns(&load.entity).into_iter().map(|column| column.name).collect();
            load.columns.retain(|column, _| known.contains(column));
        });
        draft.reshape();
    };
    let remove = move |_| {
        draft.tables.update(|tables| {
            tables.loads.remove(at);
        });
        draft.reshape();
    };
    let list_id = format!("feed-columns-{at}");
    let options = {
        let list_id = list_id.clone();
        move || {
            let header = preview_of(draft, at).map(|preview| preview.header).unwrap_or_default();
            let option = |name: String| view! { <option value=quoted(&name)></option> };
            view! { <datalist id=list_id.clone()>{header.into_iter().map(option).collect_view()}</datalist> }
        }
    };
    let rows = draft.columns(&load.entity).into_iter().map({
        let columns: BTreeMap<String, String> = load.columns.clone();
        move |column| {
            let expr = columns.get(&column.name).cloned().unwrap_or_default();
            view! { <ColumnRow draft at column expr list_id=list_id.clone() /> }
        }
    });
    view! {
        <section class="feed-load">
            <div class="feed-form">
                <Field name=format!("entity-{at}") label=t(text::entity)>
                    <Select value=entity choices=entities on_change=chosen />
                </Field>
                <Field name=format!("file-{at}") label=t(text::file)>
                    <Select value=file choices=files on_change=move |name: String| draft.change_load(at, |load| load.file = name) />
                </Field>
                <Field name=format!("where-{at}") label=t(text::filter)>
                    <TextInput value=filter />
                </Field>
                <div class="feed-form-end">
                    <IconButton glyph=Glyph::Trash label=t(text::remove_load) on_click=remove />
                </div>
            </div>
            {options}
            <div class="table-wrap">
                <table class="table-plain feed-mapping">
                    <thead>
                        <tr>
                            <th>{t(text::column)}</th>
                            <th>{t(text::expression)}</th>
                            <th>{t(text::first_row)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
            <Lets draft at />
        </section>
    }
    .into_any()
}

/// A column as an expression names it.
fn quoted(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.')) && !name.starts_with(|c: char| c.is_ascii_digit());
    if plain { name.to_owned() } else { format!("`{name}`") }
}

#[component]
fn ColumnRow(draft: Draft, at: usize, column: EntityColumn, expr: String, list_id: String) -> impl IntoView {
    let name = column.name.clone();
    let typed = {
        let name = name.clone();
        move |event| {
            let text = event_target_value(&event);
            draft.change_load(at, |load| {
                if text.trim().is_empty() {
                    load.columns.remove(&name);
                } else {
                    load.columns.insert(name.clone(), text);
                }
            });
        }
    };
    let result = {
        let name = name.clone();
        move || {
            let preview = preview_of(draft, at)?;
            let index = preview.columns.iter().position(|column| *column == name)?;
            let row = preview.rows.iter().find(|row| row.problem.is_none())?;
            row.values.get(index).cloned().flatten()
        }
    };
    let label = column.name.clone();
    let lang = use_lang();
    let (zh, en) = (column.zh, column.en);
    view! {
        <tr>
            <td>
                <code>{column.name}</code>
                {column.required.then(|| view! { <span class="need" title=t(text::required)>" *"</span> })}
                <div class="faint">{move || if lang.get() == Lang::Zh { zh.clone() } else { en.clone() }}</div>
            </td>
            <td>
                <input class="input feed-expr" list=list_id value=expr spellcheck="false" aria-label=label on:input=typed />
            </td>
            <td class="feed-result">{result}</td>
        </tr>
    }
}

/// What the load came to when it was last previewed. Previews come in the order of entities, those of
/// one entity in the order of loads.
fn preview_of(draft: Draft, at: usize) -> Option<Preview> {
    let (entity, before) = draft.tables.with(|tables| {
        let load = tables.loads.get(at)?;
        let before = tables.loads[..at].iter().filter(|other| other.entity == load.entity).count();
        Some((load.entity.clone(), before))
    })?;
    draft.previews.with(|previews| previews.iter().filter(|preview| preview.entity == entity).nth(before).cloned())
}

/// The first rows of one file as one entity.
#[component]
pub fn PreviewTable(preview: Preview) -> impl IntoView {
    let lang = use_lang();
    let width = preview.columns.len();
    let head = preview.columns.iter().map(|column| view! { <th>{column.clone()}</th> }).collect_view();
    let empty = preview.rows.is_empty();
    let rows = preview.rows.into_iter().map(|row| match row.problem {
        Some((reason, detail)) => view! {
            <tr class="feed-bad">
                <td class="num">{row.line}</td>
                <td colspan=width>
                    <strong>{move || reason.name(lang.get())}</strong>
                    " "
                    <span class="faint">{detail}</span>
                    <div class="feed-raw">{row.raw}</div>
                </td>
            </tr>
        }
        .into_any(),
        None => view! {
            <tr>
                <td class="num">{row.line}</td>
                {row.values.into_iter().map(|value| view! { <td>{value}</td> }).collect_view()}
            </tr>
        }
        .into_any(),
    });
    view! {
        <div class="feed-preview">
            <h3>{preview.file} " → " {preview.entity}</h3>
            <div class="table-wrap">
                <table class="table-plain">
                    <thead>
                        <tr>
                            <th class="num">{t(text::line)}</th>
                            {head}
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
            {empty.then(|| view! { <p class="faint">{t(text::no_rows)}</p> })}
        </div>
    }
}

/// The button that reads the files again under the mapping as it now is.
#[component]
pub fn Refresh(#[prop(into)] on_click: Callback<()>, #[prop(into)] busy: Signal<bool>) -> impl IntoView {
    view! {
        <Button kind=ButtonKind::Plain icon=Glyph::Eye busy on_click=move |_| on_click.run(())>
            {t(text::refresh_preview)}
        </Button>
    }
}
