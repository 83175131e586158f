//! The tree of units.

use guanhu_domain::{
    Code, Lang, Problem,
    access::{
        Verb,
        units::{NewUnit, UnitChange, UnitContents, UnitItem, UnitKind},
    },
};
use guanhu_ui::{
    Badge, Button, ButtonKind, Choice, Combobox, Dialog, Field, Glyph, Menu, MenuItem, PageHead, Select, TextInput, Tone, t, use_lang,
    use_toasts,
};
use leptos::prelude::*;

use super::{api, text};
use crate::{
    Asked,
    attempt::{Attempt, Told},
    clash::{Side, both, or_theirs},
    drafts::{Draft, Parts},
    loaded::Loaded,
    scripts::LazyPage,
    shell::{Protected, use_me},
    title::Title,
};

#[derive(Clone)]
enum Act {
    AddBelow(UnitItem),
    Rename(UnitItem),
    Move(UnitItem),
    Close(UnitItem),
    Open(UnitItem),
}

impl Act {
    fn unit(&self) -> &UnitItem {
        match self {
            Act::AddBelow(unit) | Act::Rename(unit) | Act::Move(unit) | Act::Close(unit) | Act::Open(unit) => unit,
        }
    }

    /// Tells drafts about one unit apart.
    const fn code(&self) -> &'static str {
        match self {
            Act::AddBelow(_) => "below",
            Act::Rename(_) => "name",
            Act::Move(_) => "move",
            Act::Close(_) => "close",
            Act::Open(_) => "open",
        }
    }
}

#[derive(Clone, Copy)]
struct Units {
    list: Asked<Vec<UnitItem>>,
    act: RwSignal<Option<Act>>,
    choices: RwSignal<Vec<Choice>>,
}

/// `/admin/units`.
pub struct UnitsRoute(Units);

impl LazyPage for UnitsRoute {
    fn data() -> Self {
        let list = Asked::once(api::list_units);
        UnitsRoute(Units { list, act: RwSignal::new(None), choices: RwSignal::new(Vec::new()) })
    }

    fn view(this: Self) -> AnyView {
        provide_context(this.0);
        view! { <UnitsPage list=this.0.list /> }.into_any()
    }
}

#[component]
fn UnitsPage(list: Asked<Vec<UnitItem>>) -> impl IntoView {
    view! {
        <Protected>
            <div class="page">
                <Title text=t(text::units) />
                <PageHead title=t(text::units) note=t(text::units_note) />
                <Loaded from=list then=show />
                <UnitDialog />
            </div>
        </Protected>
    }
}

fn show(units: Vec<UnitItem>) -> impl IntoView {
    let lang = use_lang();
    let here = expect_context::<Units>();
    let may_change = use_me().is_some_and(|me| me.may(Verb::UnitChange));
    here.choices.set(
        units.iter().filter(|unit| unit.closed_on.is_none()).map(|unit| Choice::new(&unit.code, &unit.name).hint(&unit.code)).collect(),
    );
    let row = move |unit: UnitItem| {
        let kind = unit.kind;
        let items = {
            let unit = unit.clone();
            Signal::derive(move || actions(here, &unit))
        };
        view! {
            <tr class:closed=unit.closed_on.is_some()>
                <td style:padding-inline-start=format!("{}rem", f64::from(unit.depth) * 1.5)>
                    {unit.name.clone()} " " {unit.closed_on.is_some().then(|| view! { <Badge tone=Tone::Neutral>{t(text::closed)}</Badge> })}
                </td>
                <td><code>{unit.code.clone()}</code></td>
                <td>{move || kind.name(lang.get())}</td>
                <td class="num">{unit.staff}</td>
                <td class="end">
                    {may_change.then(|| view! { <Menu name=format!("unit-{}", unit.code) label=t(text::actions) glyph=Glyph::More bare=true end=true items /> })}
                </td>
            </tr>
        }
    };
    view! {
        <div class="table-wrap">
            <table class="table-plain">
                <thead>
                    <tr>
                        <th>{t(text::unit_name)}</th>
                        <th>{t(text::code)}</th>
                        <th>{t(text::kind)}</th>
                        <th class="num">{t(text::staff_count)}</th>
                        <th><span class="sr-only">{t(text::actions)}</span></th>
                    </tr>
                </thead>
                <tbody>{units.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn actions(here: Units, unit: &UnitItem) -> Vec<MenuItem> {
    let act = |act: fn(UnitItem) -> Act| {
        let unit = unit.clone();
        move || here.act.set(Some(act(unit.clone())))
    };
    if unit.closed_on.is_some() {
        return vec![MenuItem::new(t(text::open_unit), act(Act::Open))];
    }
    let mut items = vec![MenuItem::new(t(text::add_below), act(Act::AddBelow)), MenuItem::new(t(text::rename), act(Act::Rename))];
    if unit.parent.is_some() {
        items.push(MenuItem::new(t(text::move_unit), act(Act::Move)));
        items.push(MenuItem::new(t(text::close_unit), act(Act::Close)).danger().rule());
    }
    items
}

#[component]
fn UnitDialog() -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let here = expect_context::<Units>();
    let attempt = Attempt::new();
    let open = RwSignal::new(false);
    let (code, name, kind) = (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let parent = RwSignal::new(None::<Choice>);
    // The version that is typed over, and what somebody else has made of it since.
    let seen = RwSignal::new(0_i32);
    let clash = RwSignal::new(None::<UnitItem>);
    let draft = Draft::of("unit", "");
    let kept = Parts::while_open(draft, open, [code.into(), name.into(), kind.into(), parent.into(), seen.into()]);
    Effect::new(move |_| {
        let Some(act) = here.act.get() else { return };
        attempt.clear();
        clash.set(None);
        let (what, unit) = (act.code(), act.unit());
        draft.about(format!("{what}:{}", unit.code));
        seen.set(unit.version);
        code.set(String::new());
        name.set(if let Act::Rename(unit) = &act { unit.name.clone() } else { String::new() });
        kind.set(if let Act::AddBelow(unit) = &act { below(unit.kind).code().to_owned() } else { String::new() });
        parent.set(None);
        open.set(true);
    });
    Effect::new(move |_| {
        if !open.get() && here.act.with_untracked(Option::is_some) {
            here.act.set(None);
        }
    });
    let send = move || {
        let Some(act) = here.act.get_untracked() else { return };
        let filled = |text: RwSignal<String>| text.with_untracked(|text| !text.trim().is_empty());
        let complete = match &act {
            Act::AddBelow(_) => attempt.has(&[("code", filled(code)), ("name", filled(name)), ("kind", filled(kind))]),
            Act::Rename(_) => attempt.has(&[("name", filled(name))]),
            Act::Move(_) => attempt.has(&[("parent", parent.with_untracked(Option::is_some))]),
            Act::Close(_) | Act::Open(_) => true,
        };
        if !complete {
            return;
        }
        let sent = kept.once_sent();
        let done = move || {
            sent();
            open.set(false);
            here.list.refetch();
            toasts.say(t(text::saved));
        };
        let change = match &act {
            Act::AddBelow(unit) => {
                let kind = UnitKind::from_code(&kind.get_untracked()).unwrap_or(UnitKind::Outlet);
                let new = NewUnit { code: code.get_untracked(), name: name.get_untracked(), kind, parent: unit.code.clone() };
                return attempt.run(api::create_unit(new), move |_| done());
            }
            Act::Rename(_) => UnitChange { name: Some(name.get_untracked()), ..UnitChange::default() },
            Act::Move(_) => {
                let to = parent.get_untracked().map(|choice| choice.value).unwrap_or_default();
                UnitChange { parent: Some(to), ..UnitChange::default() }
            }
            Act::Close(_) => UnitChange { closed: Some(true), ..UnitChange::default() },
            Act::Open(_) => UnitChange { closed: Some(false), ..UnitChange::default() },
        };
        let change = UnitChange { version: seen.get_untracked(), ..change };
        let unit = act.unit().code.clone();
        let call = async move { or_theirs(api::change_unit(unit, change).await) };
        attempt.run(call, move |saved: Result<UnitItem, UnitItem>| match saved {
            Ok(_) => done(),
            Err(theirs) => clash.set(Some(theirs)),
        });
    };
    let kinds =
        Signal::derive(move || UnitKind::ALL[1..].iter().map(|kind| Choice::new(kind.code(), kind.name(lang.get()))).collect::<Vec<_>>());
    let overtaken = move || {
        clash.get().map(|theirs| {
            let version = theirs.version;
            let now = theirs.clone();
            let parent_of = move |code: Option<&str>| {
                let code = code.unwrap_or_default();
                here.choices
                    .with(|units| units.iter().find(|unit| unit.value == code).map_or_else(|| code.to_owned(), |unit| unit.label.clone()))
            };
            let sides = move |lang| {
                // What the act does not touch stays as it is there.
                let wanted = here.act.with(|act| match act {
                    Some(Act::Rename(_)) => (Some(name.get()), None, None),
                    Some(Act::Move(_)) => (None, Some(parent.get().map(|parent| parent.label).unwrap_or_default()), None),
                    Some(Act::Close(_)) => (None, None, Some(true)),
                    Some(Act::Open(_)) => (None, None, Some(false)),
                    Some(Act::AddBelow(_)) | None => (None, None, None),
                });
                let closed = |closed: bool| if closed { text::closed(lang) } else { text::active(lang) };
                let (above, is_closed) = (parent_of(theirs.parent.as_deref()), theirs.closed_on.is_some());
                vec![
                    Side::new(text::unit_name(lang), &theirs.name, wanted.0.unwrap_or_else(|| theirs.name.clone())),
                    Side::new(text::parent(lang), &above, wanted.1.unwrap_or_else(|| above.clone())),
                    Side::new(text::state(lang), closed(is_closed), closed(wanted.2.unwrap_or(is_closed))),
                ]
            };
            let take = Callback::new(move |()| {
                seen.set(now.version);
                name.set(if here.act.with_untracked(|act| matches!(act, Some(Act::Rename(_)))) { now.name.clone() } else { String::new() });
                parent.set(None);
                clash.set(None);
                here.list.refetch();
                kept.settle();
            });
            let keep = Callback::new(move |()| {
                seen.set(version);
                clash.set(None);
                send();
            });
            both(sides, take, keep)
        })
    };
    let body = move || {
        let act = here.act.get()?;
        let (AddUnit { adds, names, moves }, unit) = parts(&act);
        Some(view! {
            {kept.notice()}
            <p>{unit.name.clone()} " " <code>{unit.code.clone()}</code></p>
            <div class="form">
                {adds.then(|| view! {
                    <Field name="unit-code" help="admin#units" label=t(text::code) error=attempt.error("code") required=true>
                        <TextInput value=code maxlength=32 autocomplete="off" autofocus=true />
                    </Field>
                })}
                {names.then(|| view! {
                    <Field name="unit-name" label=t(text::unit_name) error=attempt.error("name") required=true>
                        <TextInput value=name maxlength=60 autocomplete="off" />
                    </Field>
                })}
                {adds.then(|| view! {
                    <Field name="unit-kind" label=t(text::kind) error=attempt.error("kind") required=true>
                        <Select value=kind choices=kinds />
                    </Field>
                })}
                {moves.then(|| view! {
                    <Field name="unit-parent" help="admin#units" label=t(text::parent) error=attempt.error("parent") required=true>
                        <Combobox name="unit-parent" value=parent choices=here.choices />
                    </Field>
                })}
            </div>
            {overtaken}
            <Told attempt explain=explain />
        })
    };
    let title = move || {
        here.act.with(|act| match act {
            Some(Act::AddBelow(_)) => text::add_below(lang.get()),
            Some(Act::Rename(_)) => text::rename(lang.get()),
            Some(Act::Move(_)) => text::move_unit(lang.get()),
            Some(Act::Close(_)) => text::close_unit(lang.get()),
            Some(Act::Open(_)) => text::open_unit(lang.get()),
            None => "",
        })
    };
    let footer = move || {
        let closes = here.act.with(|act| matches!(act, Some(Act::Close(_))));
        let kind = if closes { ButtonKind::Danger } else { ButtonKind::Primary };
        view! {
            <Button on_click=move |_| open.set(false)>{t(text::cancel)}</Button>
            <Button kind busy=attempt.busy on_click=move |_| send()>{t(if closes { text::close_unit } else { text::save })}</Button>
        }
    };
    view! { <Dialog name="unit" open title=title footer=footer>{body}</Dialog> }.into_any()
}

/// Which fields the dialog shows.
struct AddUnit {
    adds: bool,
    names: bool,
    moves: bool,
}

fn parts(act: &Act) -> (AddUnit, &UnitItem) {
    let (adds, names, moves, unit) = match act {
        Act::AddBelow(unit) => (true, true, false, unit),
        Act::Rename(unit) => (false, true, false, unit),
        Act::Move(unit) => (false, false, true, unit),
        Act::Close(unit) | Act::Open(unit) => (false, false, false, unit),
    };
    (AddUnit { adds, names, moves }, unit)
}

const fn below(kind: UnitKind) -> UnitKind {
    match kind {
        UnitKind::HeadOffice => UnitKind::Branch,
        UnitKind::Branch => UnitKind::SubBranch,
        UnitKind::SubBranch | UnitKind::Outlet => UnitKind::Outlet,
    }
}

fn explain(problem: &Problem, lang: Lang) -> Option<String> {
    match problem.code {
        Code::Conflict => {
            let held: UnitContents = crate::wire::of_value(problem.current.as_ref()?)?;
            Some(text::not_empty(lang, held.units, held.staff, held.users, held.customers))
        }
        _ => None,
    }
}
