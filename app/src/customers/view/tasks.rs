//! What somebody promised to do; done with one click, and undone with another. A promise that no longer
//! counts is dropped the same way.

use chrono::NaiveDate;
use guanhu_domain::{
    Problem, Rule, calendar,
    customers::{NewTask, Task, TaskEnd},
};
use guanhu_ui::{Badge, Button, ButtonKind, DateInput, Field, Glyph, IconButton, Notice, Section, TextInput, Tone, dom, format_date, t};
use leptos::{prelude::*, task::spawn_local};
use uuid::Uuid;

use super::{
    browser,
    here::{Here, local, use_here},
    text,
};
use crate::{
    Fail,
    customers::view_api,
    desk::{self, Offer},
    drafts::{Draft, Parts},
    palette::text as palette,
};

#[component]
pub fn Tasks() -> impl IntoView {
    let here = use_here();
    let tasks = here.part(|c| {
        let mut tasks = c.tasks.clone();
        tasks.sort_by_key(|a| (a.due_on.is_none(), a.due_on));
        (tasks, c.may.log_activity)
    });
    // Ticked, and not yet gone from the list.
    let done = RwSignal::new(Vec::<String>::new());
    let body = move || {
        let lang = here.lang.get();
        let (tasks, may) = tasks.get();
        if tasks.is_empty() {
            return view! { <p class="muted">{text::no_tasks(lang)}</p> }.into_any();
        }
        let rows = tasks.into_iter().map(|task| row(here, task, may, done, lang)).collect_view();
        view! { <ul class="c360-list">{rows}</ul> }.into_any()
    };
    let adding = RwSignal::new(false);
    let may_add = here.part(|c| c.may.log_activity);
    if here.may_log() {
        desk::offer(vec![Offer::new("add-task", palette::add_task, move || {
            adding.set(true);
            browser::go_to("tasks");
        })]);
    }
    let tools = move || {
        may_add.get().then(|| {
            view! {
                <Button kind=ButtonKind::Quiet icon=Glyph::Plus on_click=move |_| adding.update(|adding| *adding = !*adding)>
                    {t(text::add)}
                </Button>
            }
        })
    };
    view! {
        <div id="tasks" class="c360-anchor">
            <Section title=t(text::tasks) tools=tools>
                {move || adding.get().then(|| view! { <NewTaskForm adding /> })}
                {body}
            </Section>
        </div>
    }
    .into_any()
}

/// A task of one's own on the customer.
#[component]
fn NewTaskForm(adding: RwSignal<bool>) -> impl IntoView {
    let here = use_here();
    let title = RwSignal::new(String::new());
    let due_on = RwSignal::new(None::<NaiveDate>);
    let problem = RwSignal::new(None::<Fail>);
    let busy = RwSignal::new(false);
    let kept = Parts::always(Draft::of("task", here.no), [title.into(), due_on.into()]);
    // The same through all retries of the same task.
    let key = StoredValue::new((NewTask { title: String::new(), due_on: None }, Uuid::new_v4()));
    Effect::new(move |_| dom::next_frame(|| dom::focus_id("f-task-title")));
    let save = move || {
        if busy.get_untracked() {
            return;
        }
        let task = NewTask { title: title.get_untracked().trim().to_owned(), due_on: due_on.get_untracked() };
        if task.title.is_empty() {
            return problem.set(Some(Fail(Problem::field("title", Rule::Required))));
        }
        if key.with_value(|(before, _)| *before != task) {
            key.set_value((task.clone(), Uuid::new_v4()));
        }
        busy.set(true);
        let sent = kept.once_sent();
        spawn_local(async move {
            let answer = view_api::create_task(here.no, key.with_value(|(_, key)| *key), task.clone()).await;
            if answer.is_ok() {
                sent();
            }
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(()) => {
                    here.refresh();
                    here.toasts.say(text::task_added(here.lang.get_untracked(), &task.title));
                    adding.set(false);
                }
                Err(fail) => problem.set(Some(fail)),
            }
        });
    };
    let of = move |field: &'static str| {
        Signal::derive(move || problem.with(|problem| problem.as_ref().and_then(|fail| fail.0.of(field, here.lang.get()))))
    };
    let general =
        move || problem.with(|problem| problem.as_ref().filter(|fail| fail.0.fields.is_empty()).map(|fail| fail.message(here.lang.get())));
    view! {
        <div
            class="stack c360-new-task no-print"
            role="group"
            aria-label=t(text::new_task)
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    event.stop_propagation();
                    adding.set(false);
                }
            }
        >
            {kept.notice()}
            {move || general().map(|words| view! { <Notice tone=Tone::Alarm>{words}</Notice> })}
            <Field name="task-title" label=t(text::task_what) error=of("title")>
                <TextInput value=title maxlength=200 autocomplete="off" on_enter=move |()| save() />
            </Field>
            <Field name="task-due" help="customers#tasks" label=t(text::next_on) error=of("due_on")>
                <DateInput value=due_on min=here.today.min(here.business_date()) says=calendar::day_words />
            </Field>
            <div class="line">
                <Button kind=ButtonKind::Primary busy on_click=move |_| save()>{t(text::save)}</Button>
                <Button on_click=move |_| adding.set(false)>{t(text::cancel)}</Button>
            </div>
        </div>
    }
    .into_any()
}

fn row(here: Here, task: Task, may: bool, done: RwSignal<Vec<String>>, lang: guanhu_domain::Lang) -> AnyView {
    let Task { id, title, due_on, owner, version, created_by, created_at } = task;
    let made_on = format_date(local(created_at).date(), lang);
    let made = match created_by {
        Some(by) => text::task_made_by(lang, &by, &made_on),
        None => text::task_made_on(lang, &made_on),
    };
    let today = here.business_date();
    let ticked = {
        let id = id.clone();
        Signal::derive(move || done.with(|done| done.contains(&id)))
    };
    let due = due_on.map(|day| {
        let words = format_date(day, lang);
        if day < today {
            view! { <Badge tone=Tone::Alarm>{text::overdue_since(lang, &words)}</Badge> }.into_any()
        } else if day == today {
            view! { <Badge tone=Tone::Warn>{text::due_today(lang)}</Badge> }.into_any()
        } else {
            view! { <span class="faint">{words}</span> }.into_any()
        }
    });
    let (name, label) = (title.clone(), text::complete_named(lang, &title));
    let (drop_id, drop_name, drop_label) = (id.clone(), title.clone(), text::drop_named(lang, &title));
    let tick = move |_| end(here, id.clone(), version, name.clone(), TaskEnd::Done, done);
    let drop = move |_| end(here, drop_id.clone(), version, drop_name.clone(), TaskEnd::Dropped, done);
    view! {
        <li class="c360-task" title=made class:done=move || ticked.get()>
            {may.then(|| view! {
                <input
                    type="checkbox"
                    class="tick"
                    aria-label=label
                    prop:checked=move || ticked.get()
                    disabled=move || ticked.get()
                    on:change=tick
                />
            })}
            <span class="c360-doc">
                <span>{title}</span>
                {owner.map(|owner| view! { <span class="faint">{owner.name}</span> })}
            </span>
            {due}
            {may.then(|| view! { <span class="no-print"><IconButton glyph=Glyph::Close label=drop_label disabled=ticked on_click=drop /></span> })}
        </li>
    }
    .into_any()
}

fn end(here: Here, id: String, version: i32, title: String, end: TaskEnd, done: RwSignal<Vec<String>>) {
    done.update(|done| done.push(id.clone()));
    spawn_local(async move {
        let answer = view_api::complete_task(here.no, id.clone(), version, end, Uuid::new_v4()).await;
        let lang = here.lang.get_untracked();
        match answer {
            Ok(version) => {
                here.refresh();
                let said = match end {
                    TaskEnd::Done => text::task_done(lang, &title),
                    TaskEnd::Dropped => text::task_dropped(lang, &title),
                };
                // The tick stays until the list comes back without the task: taken off now it would blink.
                here.toasts.undo(said, move || reopen(here, id.clone(), version, done));
            }
            Err(fail) => {
                here.failed(&fail);
                untick(done, &id);
            }
        }
    });
}

fn reopen(here: Here, id: String, version: i32, done: RwSignal<Vec<String>>) {
    spawn_local(async move {
        match view_api::reopen_task(here.no, id.clone(), version, Uuid::new_v4()).await {
            Ok(_) => {
                untick(done, &id);
                here.refresh();
            }
            Err(fail) => here.failed(&fail),
        }
    });
}

/// The page may be gone by the time the answer comes.
fn untick(done: RwSignal<Vec<String>>, id: &str) {
    let _ = done.try_update(|done| done.retain(|other| other != id));
}
