//! The register of staff.

use chrono::NaiveDate;
use guanhu_domain::{
    Code, Lang, Problem,
    access::{
        Verb,
        units::{StaffFilter, StaffForm, StaffItem, StaffPage},
        users::Portfolio,
    },
};
use guanhu_ui::{
    Button, ButtonKind, Checkbox, Choice, Combobox, DateInput, DateText, Dialog, EmptyState, Field, Glyph, IconButton, NumberInput,
    PageHead, TextInput, format_count, format_date, t, use_lang, use_toasts,
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{components::Form, hooks::use_query_map};

use super::{
    api, text,
    user_dialog::{holds, leads},
};
use crate::{
    Asked,
    attempt::{Attempt, Told},
    clash::{Side, both, or_theirs},
    drafts::{Draft, Part, Parts},
    loaded::Loaded,
    scripts::LazyPage,
    shell::{Protected, use_me},
    title::Title,
};

#[derive(Clone, Copy)]
struct Staff {
    list: Asked<StaffPage>,
    /// The member being edited; `None` inside for a new one.
    editing: RwSignal<Option<Option<StaffItem>>>,
}

/// `/admin/staff`.
pub struct StaffRoute {
    filter: Memo<StaffFilter>,
    here: Staff,
}

impl LazyPage for StaffRoute {
    fn data() -> Self {
        let query = use_query_map();
        let filter = Memo::new(move |_| {
            query.with(|query| StaffFilter {
                q: query.get("q").filter(|q| !q.is_empty()),
                managers_only: query.get("managers").is_some(),
                with_leavers: query.get("leavers").is_some(),
                after: query.get("after").filter(|after| !after.is_empty()),
                ..StaffFilter::default()
            })
        });
        let list = Asked::of(filter, api::list_staff);
        StaffRoute { filter, here: Staff { list, editing: RwSignal::new(None) } }
    }

    fn view(this: Self) -> AnyView {
        provide_context(this.here);
        view! { <StaffTable filter=this.filter here=this.here /> }.into_any()
    }
}

#[component]
fn StaffTable(filter: Memo<StaffFilter>, here: Staff) -> impl IntoView {
    let q = RwSignal::new(filter.with_untracked(|filter| filter.q.clone().unwrap_or_default()));
    let (managers, leavers) = filter.with_untracked(|filter| (filter.managers_only, filter.with_leavers));
    let may_change = use_me().is_some_and(|me| me.may(Verb::StaffChange));
    view! {
        <Protected>
            <div class="page">
                <Title text=t(text::staff) />
                <PageHead title=t(text::staff) note=t(text::staff_note)>
                    {may_change
                        .then(|| view! {
                            <Button kind=ButtonKind::Primary icon=Glyph::Plus on_click=move |_| here.editing.set(Some(None))>
                                {t(text::new_staff)}
                            </Button>
                        })}
                </PageHead>
                <Form method="GET" action="">
                    <div class="filters">
                        <Field name="q" label=t(text::find_staff)>
                            <TextInput value=q kind="search" />
                        </Field>
                        <label class="check"><input type="checkbox" name="managers" value="1" checked=managers /><span>{t(text::managers_only)}</span></label>
                        <label class="check"><input type="checkbox" name="leavers" value="1" checked=leavers /><span>{t(text::with_leavers)}</span></label>
                        <Button r#type="submit" icon=Glyph::Search>{t(text::find)}</Button>
                    </div>
                </Form>
                <Loaded from=here.list then=show />
                <StaffDialog />
            </div>
        </Protected>
    }
}

fn show(page: StaffPage) -> impl IntoView {
    let here = expect_context::<Staff>();
    let query = use_query_map();
    let may_change = use_me().is_some_and(|me| me.may(Verb::StaffChange));
    if page.items.is_empty() {
        return view! { <EmptyState title=t(text::no_staff) /> }.into_any();
    }
    let next = page.next.clone().map(|after| {
        query.with_untracked(|query| {
            let kept = ["q", "managers", "leavers"]
                .map(|name| query.get(name).map(|value| format!("{name}={}&", leptos_router::location::Url::escape(&value))));
            format!("?{}after={}", kept.into_iter().flatten().collect::<String>(), leptos_router::location::Url::escape(&after))
        })
    });
    let row = move |one: StaffItem| {
        let edit = one.clone();
        view! {
            <tr class:closed=one.left_on.is_some()>
                <td><code>{one.code}</code></td>
                <td>{one.name}</td>
                <td>{one.org_name} " " <span class="faint">{one.org}</span></td>
                <td>{one.title}</td>
                <td>{one.is_manager.then(|| t(text::is_manager))}</td>
                <td>{one.phone}</td>
                <td>{one.qualification}</td>
                <td class="num">{one.capacity}</td>
                <td>{one.left_on.map(|date| view! { <DateText date /> })}</td>
                <td class="end">
                    {may_change.then(|| view! { <IconButton glyph=Glyph::Edit label=t(text::edit) on_click=move |_| here.editing.set(Some(Some(edit.clone()))) /> })}
                </td>
            </tr>
        }
    };
    view! {
        <div class="table-wrap">
            <table class="table-plain">
                <thead>
                    <tr>
                        <th>{t(text::staff_code)}</th>
                        <th>{t(text::name)}</th>
                        <th>{t(text::unit)}</th>
                        <th>{t(text::title)}</th>
                        <th>{t(text::role)}</th>
                        <th>{t(text::phone)}</th>
                        <th>{t(text::qualification)}</th>
                        <th class="num">{t(text::capacity)}</th>
                        <th>{t(text::left_on)}</th>
                        <th><span class="sr-only">{t(text::actions)}</span></th>
                    </tr>
                </thead>
                <tbody>{page.items.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
        {next.map(|next| view! { <p class="pager"><a href=next>{t(text::next_page)}</a></p> })}
    }
    .into_any()
}

#[component]
fn StaffDialog() -> impl IntoView {
    let toasts = use_toasts();
    let here = expect_context::<Staff>();
    let attempt = Attempt::new();
    let open = RwSignal::new(false);
    let [code, name, title, phone, qualification] = [(); 5].map(|()| RwSignal::new(String::new()));
    let org = RwSignal::new(None::<Choice>);
    let is_manager = RwSignal::new(false);
    let capacity = RwSignal::new(None::<i64>);
    let (hired_on, left_on) = (RwSignal::new(None::<NaiveDate>), RwSignal::new(None::<NaiveDate>));
    let units = RwSignal::new(Vec::<Choice>::new());
    // The version that is typed over, and what somebody else has made of it since.
    let seen = RwSignal::new(0_i32);
    let clash = RwSignal::new(None::<StaffItem>);
    let draft = Draft::of("staff", "new");
    let parts = [code, name, title, phone, qualification].map(Part::from).into_iter();
    let parts = parts.chain([org.into(), is_manager.into(), capacity.into(), hired_on.into(), left_on.into(), seen.into()]);
    let kept = Parts::while_open(draft, open, parts);
    let fill = move |one: Option<&StaffItem>| {
        code.set(one.map(|one| one.code.clone()).unwrap_or_default());
        name.set(one.map(|one| one.name.clone()).unwrap_or_default());
        title.set(one.map(|one| one.title.clone()).unwrap_or_default());
        phone.set(one.and_then(|one| one.phone.clone()).unwrap_or_default());
        qualification.set(one.map(|one| one.qualification.clone()).unwrap_or_default());
        org.set(one.map(|one| Choice::new(&one.org, &one.org_name).hint(&one.org)));
        is_manager.set(one.is_none_or(|one| one.is_manager));
        capacity.set(Some(one.map_or(400, |one| i64::from(one.capacity))));
        hired_on.set(one.and_then(|one| one.hired_on));
        left_on.set(one.and_then(|one| one.left_on));
        seen.set(one.map_or(0, |one| one.version));
    };
    Effect::new(move |_| {
        let Some(one) = here.editing.get() else { return };
        attempt.clear();
        clash.set(None);
        draft.about(one.as_ref().map_or("new", |one| one.code.as_str()));
        fill(one.as_ref());
        open.set(true);
        spawn_local(async move {
            if let Ok(all) = api::list_units().await.and_then(crate::Answer::read) {
                units.set(
                    all.into_iter()
                        .filter(|unit| unit.closed_on.is_none())
                        .map(|unit| Choice::new(&unit.code, unit.name).hint(unit.code))
                        .collect(),
                );
            }
        });
    });
    Effect::new(move |_| {
        if !open.get() && here.editing.with_untracked(Option::is_some) {
            here.editing.set(None);
        }
    });
    let send = move || {
        let filled = |text: RwSignal<String>| text.with_untracked(|text| !text.trim().is_empty());
        if !attempt.has(&[("code", filled(code)), ("name", filled(name)), ("org", org.with_untracked(Option::is_some))]) {
            return;
        }
        let form = StaffForm {
            version: seen.get_untracked(),
            code: code.get_untracked(),
            name: name.get_untracked(),
            org: org.get_untracked().map(|choice| choice.value).unwrap_or_default(),
            is_manager: is_manager.get_untracked(),
            title: title.get_untracked(),
            phone: Some(phone.get_untracked()).filter(|phone| !phone.trim().is_empty()),
            qualification: qualification.get_untracked(),
            hired_on: hired_on.get_untracked(),
            left_on: left_on.get_untracked(),
            capacity: capacity.get_untracked().and_then(|capacity| capacity.try_into().ok()).unwrap_or_default(),
        };
        let sent = kept.once_sent();
        attempt.run(async move { or_theirs(api::save_staff(form).await) }, move |saved: Result<StaffItem, StaffItem>| match saved {
            Ok(_) => {
                sent();
                open.set(false);
                here.list.refetch();
                toasts.say(t(text::saved));
            }
            Err(theirs) => clash.set(Some(theirs)),
        });
    };
    let overtaken = move || {
        clash.get().map(|theirs| {
            let (now, version) = (theirs.clone(), theirs.version);
            let sides = move |lang| {
                let day = |day: Option<NaiveDate>| day.map(|day| format_date(day, lang)).unwrap_or_default();
                let yes = |yes: bool| if yes { text::yes(lang) } else { text::no(lang) };
                let number = |number: Option<i64>| number.map(format_count).unwrap_or_default();
                vec![
                    Side::new(text::name(lang), &theirs.name, name.get()),
                    Side::new(text::unit(lang), &theirs.org_name, org.get().map(|org| org.label).unwrap_or_default()),
                    Side::new(text::title(lang), &theirs.title, title.get()),
                    Side::new(text::phone(lang), theirs.phone.clone().unwrap_or_default(), phone.get()),
                    Side::new(text::qualification(lang), &theirs.qualification, qualification.get()),
                    Side::new(text::capacity(lang), number(Some(theirs.capacity.into())), number(capacity.get())),
                    Side::new(text::hired_on(lang), day(theirs.hired_on), day(hired_on.get())),
                    Side::new(text::left_on(lang), day(theirs.left_on), day(left_on.get())),
                    Side::new(text::is_manager(lang), yes(theirs.is_manager), yes(is_manager.get())),
                ]
            };
            let take = Callback::new(move |()| {
                fill(Some(&now));
                clash.set(None);
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
        let is_new = here.editing.with(|editing| matches!(editing, Some(None)));
        view! {
            {kept.notice()}
            <div class="form">
                <Field name="staff-code" label=t(text::staff_code) error=attempt.error("code") required=true>
                    <TextInput value=code maxlength=32 autocomplete="off" readonly=!is_new autofocus=is_new />
                </Field>
                <Field name="staff-name" label=t(text::name) error=attempt.error("name") required=true>
                    <TextInput value=name maxlength=60 autocomplete="off" />
                </Field>
                <Field name="staff-org" help="admin#staff" label=t(text::unit) error=attempt.error("org") required=true>
                    <Combobox name="staff-org" value=org choices=units />
                </Field>
                <Field name="staff-title" label=t(text::title)>
                    <TextInput value=title maxlength=60 autocomplete="off" />
                </Field>
                <Field name="staff-phone" label=t(text::phone)>
                    <TextInput value=phone kind="tel" maxlength=32 autocomplete="off" />
                </Field>
                <Field name="staff-qualification" help="admin#staff" label=t(text::qualification) hint=t(text::qualification_hint) error=attempt.error("qualification")>
                    <TextInput value=qualification maxlength=200 autocomplete="off" />
                </Field>
                <Field name="staff-capacity" help="admin#staff" label=t(text::capacity) hint=t(text::capacity_hint) error=attempt.error("capacity")>
                    <NumberInput value=capacity />
                </Field>
                <Field name="staff-hired" label=t(text::hired_on)>
                    <DateInput value=hired_on />
                </Field>
                <Field name="staff-left" help="transfers#handover" label=t(text::left_on)>
                    <DateInput value=left_on />
                </Field>
                <Checkbox checked=is_manager label=t(text::is_manager) />
            </div>
            {overtaken}
            <Told attempt explain=explain leads=leads />
        }
    };
    let lang = use_lang();
    let heading = move || {
        here.editing.with(|editing| if matches!(editing, Some(Some(_))) { text::edit(lang.get()) } else { text::new_staff(lang.get()) })
    };
    let footer = move || {
        view! {
            <Button on_click=move |_| open.set(false)>{t(text::cancel)}</Button>
            <Button kind=ButtonKind::Primary busy=attempt.busy on_click=move |_| send()>{t(text::save)}</Button>
        }
    };
    view! { <Dialog name="staff" open title=heading footer=footer wide=true>{body}</Dialog> }.into_any()
}

fn explain(problem: &Problem, lang: Lang) -> Option<String> {
    match problem.code {
        Code::Conflict => {
            let held: Portfolio = crate::wire::of_value(problem.current.as_ref()?)?;
            Some(holds(&held, lang))
        }
        _ => None,
    }
}
