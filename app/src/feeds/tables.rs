//! The parts of a mapping beside its columns: files, code tables, joins, and names for what is used twice.

use std::collections::BTreeMap;

use guanhu_domain::feeds::{CodeValue, FileTable, LookupTable};
use guanhu_ui::{Button, Glyph, IconButton, t};
use leptos::{prelude::*, text_prop::TextProp};

use super::{
    mapping::{Draft, optional},
    text,
};

/// Two texts beside each other.
#[derive(Clone, Copy)]
struct Pair {
    id: u32,
    left: RwSignal<String>,
    right: RwSignal<String>,
}

/// A list of pairs that grows and shrinks. `on_change` gets them all whenever one changes.
#[component]
pub fn Pairs(
    rows: Vec<(String, String)>,
    #[prop(into)] left: TextProp,
    #[prop(into)] right: TextProp,
    #[prop(into)] add: TextProp,
    on_change: Callback<Vec<(String, String)>>,
) -> impl IntoView {
    let next = StoredValue::new(0);
    let pair = move |(left, right): (String, String)| {
        let id = next.get_value();
        next.set_value(id + 1);
        Pair { id, left: RwSignal::new(left), right: RwSignal::new(right) }
    };
    let pairs = RwSignal::new(rows.into_iter().map(pair).collect::<Vec<_>>());
    Effect::new(move |before: Option<Vec<(String, String)>>| {
        let now: Vec<_> = pairs.with(|pairs| pairs.iter().map(|pair| (pair.left.get(), pair.right.get())).collect());
        if before.is_some_and(|before| before != now) {
            on_change.run(now.clone());
        }
        now
    });
    let heads = (left.clone(), right.clone());
    let row = move |pair: Pair| {
        let remove = move |_| pairs.update(|pairs| pairs.retain(|other| other.id != pair.id));
        view! {
            <tr>
                <td>{cell(pair.left, left.clone())}</td>
                <td>{cell(pair.right, right.clone())}</td>
                <td>
                    <IconButton glyph=Glyph::Trash label=t(text::remove) on_click=remove />
                </td>
            </tr>
        }
    };
    let some = move || pairs.with(|pairs| !pairs.is_empty());
    view! {
        <table class="table-plain feed-pairs" hidden=move || !some()>
            <thead>
                <tr>
                    <th>{move || heads.0.get()}</th>
                    <th>{move || heads.1.get()}</th>
                    <th></th>
                </tr>
            </thead>
            <tbody>
                <For each=move || pairs.get() key=|pair| pair.id children=row />
            </tbody>
        </table>
        <Button icon=Glyph::Plus on_click=move |_| pairs.update(|pairs| pairs.push(pair(Default::default())))>
            {move || add.get()}
        </Button>
    }
}

/// One text of a table; its column's head is its name.
fn cell(value: RwSignal<String>, label: TextProp) -> impl IntoView {
    view! {
        <input
            class="input feed-expr"
            spellcheck="false"
            aria-label=move || label.get()
            prop:value=move || value.get()
            on:input=move |event| value.set(event_target_value(&event))
        />
    }
}

/// Names for what the columns of a load use more than once.
#[component]
pub fn Lets(draft: Draft, at: usize) -> impl IntoView {
    let lets = draft.tables.with_untracked(|tables| tables.loads.get(at).map(|load| load.lets.clone()).unwrap_or_default());
    let write = Callback::new(move |pairs: Vec<(String, String)>| {
        draft.change_load(at, |load| {
            load.lets = pairs.into_iter().map(trimmed).filter(|(name, expr)| !name.is_empty() && !expr.is_empty()).collect();
        });
    });
    let count = lets.len();
    view! {
        <details class="feed-new">
            <summary>{t(text::lets)} " " <span class="faint">{(count > 0).then_some(count)}</span></summary>
            <p class="faint">{t(text::lets_hint)}</p>
            <Pairs rows=lets.into_iter().collect() left=t(text::name) right=t(text::expression) add=t(text::add_let) on_change=write />
        </details>
    }
}

fn trimmed((name, text): (String, String)) -> (String, String) {
    (name.trim().to_owned(), text.trim().to_owned())
}

/// A code table as it is edited.
#[derive(Clone, Copy)]
struct CodeTable {
    id: u32,
    name: RwSignal<String>,
    codes: RwSignal<Vec<(String, String)>>,
}

fn shown(value: &CodeValue) -> String {
    match value {
        CodeValue::Flag(flag) => flag.to_string(),
        CodeValue::Number(number) => number.to_string(),
        CodeValue::Text(text) => text.clone(),
    }
}

/// What the codes of the source stand for.
#[component]
pub fn CodeTables(draft: Draft) -> impl IntoView {
    let before = draft.tables.with_untracked(|tables| tables.codes.clone());
    let next = StoredValue::new(0);
    let table = move |name: String, codes: Vec<(String, String)>| {
        let id = next.get_value();
        next.set_value(id + 1);
        CodeTable { id, name: RwSignal::new(name), codes: RwSignal::new(codes) }
    };
    let tables = RwSignal::new(
        before
            .iter()
            .map(|(name, codes)| table(name.clone(), codes.iter().map(|(code, value)| (code.clone(), shown(value))).collect()))
            .collect::<Vec<_>>(),
    );
    let before = StoredValue::new(before);
    // A number stays a number as long as nobody writes over it.
    let value = move |table: &str, code: &str, typed: String| {
        let known = before.with_value(|before| before.get(table).and_then(|codes| codes.get(code)).cloned());
        known.filter(|known| shown(known) == typed).unwrap_or(CodeValue::Text(typed))
    };
    Effect::new(move |ran: Option<()>| {
        let mut all: BTreeMap<String, BTreeMap<String, CodeValue>> = BTreeMap::new();
        for table in tables.get() {
            let name = table.name.get().trim().to_owned();
            let codes = table.codes.get();
            if !name.is_empty() {
                let codes = codes.into_iter().map(trimmed).filter(|(code, text)| !code.is_empty() || !text.is_empty());
                all.insert(name.clone(), codes.map(|(code, text)| (code.clone(), value(&name, &code, text))).collect());
            }
        }
        if ran.is_some() {
            draft.tables.update(|tables| tables.codes = all);
        }
    });
    let one = move |table: CodeTable| {
        let remove = move |_| tables.update(|tables| tables.retain(|other| other.id != table.id));
        let write = Callback::new(move |pairs| table.codes.set(pairs));
        view! {
            <div class="feed-part">
                <div class="line">
                    <label class="feed-part-name">
                        <span>{t(text::code_table)}</span>
                        {cell(table.name, t(text::name).into())}
                    </label>
                    <IconButton glyph=Glyph::Trash label=t(text::remove) on_click=remove />
                </div>
                <Pairs rows=table.codes.get_untracked() left=t(text::code) right=t(text::stands_for) add=t(text::add_code) on_change=write />
            </div>
        }
    };
    let count = move || Some(tables.with(Vec::len)).filter(|count| *count > 0);
    view! {
        <details class="feed-new feed-codes">
            <summary>{t(text::code_tables)} " " <span class="faint">{count}</span></summary>
            <p class="faint">{t(text::code_tables_hint)}</p>
            <For each=move || tables.get() key=|table| table.id children=one />
            <Button icon=Glyph::Plus on_click=move |_| tables.update(|tables| tables.push(table(String::new(), Vec::new())))>
                {t(text::add_code_table)}
            </Button>
        </details>
    }
}

/// A join as it is edited.
#[derive(Clone, Copy)]
struct Join {
    id: u32,
    name: RwSignal<String>,
    file: RwSignal<String>,
    key: RwSignal<String>,
    filter: RwSignal<String>,
}

/// Rows of one file, found by a key while another is read.
#[component]
pub fn Joins(draft: Draft) -> impl IntoView {
    let next = StoredValue::new(0);
    let join = move |name: &str, table: LookupTable| {
        let id = next.get_value();
        next.set_value(id + 1);
        Join {
            id,
            name: RwSignal::new(name.to_owned()),
            file: RwSignal::new(table.file),
            key: RwSignal::new(table.key),
            filter: RwSignal::new(table.filter.unwrap_or_default()),
        }
    };
    let before = draft.tables.with_untracked(|tables| tables.lookups.clone());
    let joins = RwSignal::new(before.into_iter().map(|(name, table)| join(&name, table)).collect::<Vec<_>>());
    Effect::new(move |ran: Option<()>| {
        let mut all = BTreeMap::new();
        for join in joins.get() {
            let name = join.name.get().trim().to_owned();
            let table = LookupTable { file: join.file.get(), key: join.key.get(), filter: optional(join.filter.get()) };
            if !name.is_empty() {
                all.insert(name, table);
            }
        }
        if ran.is_some() {
            draft.tables.update(|tables| tables.lookups = all);
        }
    });
    let files = draft.tables.with_untracked(|tables| tables.files.keys().cloned().collect::<Vec<_>>());
    let first = StoredValue::new(files.first().cloned().unwrap_or_default());
    let row = move |join: Join| {
        let remove = move |_| joins.update(|joins| joins.retain(|other| other.id != join.id));
        let option = |name: &String| {
            let chosen = *name == join.file.get_untracked();
            view! { <option value=name.clone() selected=chosen>{name.clone()}</option> }
        };
        view! {
            <tr>
                <td>{cell(join.name, t(text::name).into())}</td>
                <td>
                    <select
                        class="input"
                        aria-label=t(text::file)
                        on:change=move |event| join.file.set(event_target_value(&event))
                    >
                        {files.iter().map(option).collect_view()}
                    </select>
                </td>
                <td>{cell(join.key, t(text::key).into())}</td>
                <td>{cell(join.filter, t(text::filter).into())}</td>
                <td>
                    <IconButton glyph=Glyph::Trash label=t(text::remove) on_click=remove />
                </td>
            </tr>
        }
    };
    let count = move || Some(joins.with(Vec::len)).filter(|count| *count > 0);
    let some = move || joins.with(|joins| !joins.is_empty());
    let add = move |_| {
        let table = LookupTable { file: first.get_value(), key: String::new(), filter: None };
        joins.update(|joins| joins.push(join("", table)));
    };
    view! {
        <details class="feed-new feed-joins">
            <summary>{t(text::joins)} " " <span class="faint">{count}</span></summary>
            <p class="faint">{t(text::joins_hint)}</p>
            <div class="table-wrap" hidden=move || !some()>
                <table class="table-plain feed-pairs">
                    <thead>
                        <tr>
                            <th>{t(text::name)}</th>
                            <th>{t(text::file)}</th>
                            <th>{t(text::key)}</th>
                            <th>{t(text::filter)}</th>
                            <th></th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || joins.get() key=|join| join.id children=row />
                    </tbody>
                </table>
            </div>
            <Button icon=Glyph::Plus on_click=add>{t(text::add_join)}</Button>
        </details>
    }
}

/// Where the files are, and the columns of those without a header. Files come and go with the upload.
#[component]
pub fn Files(draft: Draft) -> impl IntoView {
    let files = draft.tables.with_untracked(|tables| tables.files.clone());
    let count = files.len();
    let row = move |(name, file): (String, FileTable)| {
        let inline = file.inline.is_some();
        let path = RwSignal::new(file.path.unwrap_or_default());
        let columns = RwSignal::new(file.columns.unwrap_or_default().join(", "));
        let optional = RwSignal::new(file.optional);
        let key = name.clone();
        Effect::new(move |ran: Option<()>| {
            let (path, columns, optional) = (path.get(), columns.get(), optional.get());
            if ran.is_none() {
                return;
            }
            draft.tables.update(|tables| {
                let Some(file) = tables.files.get_mut(&key) else { return };
                if !inline {
                    file.path = Some(path.trim().to_owned());
                }
                file.optional = optional;
                let columns: Vec<String> = columns.split(',').map(|column| column.trim().to_owned()).collect();
                file.columns = columns.iter().any(|column| !column.is_empty()).then_some(columns);
            });
        });
        let shown = if inline { t(text::inline).into_any() } else { cell(path, t(text::path).into()).into_any() };
        view! {
            <tr>
                <td>
                    <code>{name}</code>
                </td>
                <td>{shown}</td>
                <td>{cell(columns, t(text::file_columns).into())}</td>
                <td>
                    <input
                        type="checkbox"
                        aria-label=t(text::optional)
                        prop:checked=move || optional.get()
                        on:change=move |event| optional.set(event_target_checked(&event))
                    />
                </td>
            </tr>
        }
    };
    view! {
        <details class="feed-new feed-tables">
            <summary>{t(text::files)} " " <span class="faint">{count}</span></summary>
            <p class="faint">{t(text::files_hint)}</p>
            <div class="table-wrap">
                <table class="table-plain feed-pairs">
                    <thead>
                        <tr>
                            <th>{t(text::name)}</th>
                            <th>{t(text::path)}</th>
                            <th>{t(text::file_columns)}</th>
                            <th>{t(text::optional)}</th>
                        </tr>
                    </thead>
                    <tbody>{files.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </details>
    }
}
