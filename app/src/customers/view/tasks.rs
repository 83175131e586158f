//! What somebody promised to do; done with one click, and undone with another.

use guanhu_domain::customers::Task;
use guanhu_ui::{Badge, Section, Tone, format_date, t};
use leptos::{prelude::*, task::spawn_local};
use uuid::Uuid;

use super::{
    here::{Here, use_here},
    text,
};
use crate::customers::view_api;

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
    view! {
        <div id="tasks" class="c360-anchor">
            <Section title=t(text::tasks)>{body}</Section>
        </div>
    }
    .into_any()
}

fn row(here: Here, task: Task, may: bool, done: RwSignal<Vec<String>>, lang: guanhu_domain::Lang) -> AnyView {
    let Task { id, title, due_on, owner, version } = task;
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
    let tick = move |_| complete(here, id.clone(), version, name.clone(), done);
    view! {
        <li class="c360-task" class:done=move || ticked.get()>
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
        </li>
    }
    .into_any()
}

fn complete(here: Here, id: String, version: i32, title: String, done: RwSignal<Vec<String>>) {
    done.update(|done| done.push(id.clone()));
    spawn_local(async move {
        let answer = view_api::complete_task(here.no, id.clone(), version, Uuid::new_v4()).await;
        let lang = here.lang.get_untracked();
        match answer {
            Ok(version) => {
                here.refresh();
                let back = id.clone();
                here.toasts.undo(text::task_done(lang, &title), Callback::new(move |()| reopen(here, back.clone(), version)));
            }
            Err(fail) => here.failed(&fail),
        }
        // Whether it worked or not, the list now says what the server says.
        let _ = done.try_update(|done| done.retain(|other| *other != id));
    });
}

fn reopen(here: Here, id: String, version: i32) {
    spawn_local(async move {
        match view_api::reopen_task(here.no, id, version, Uuid::new_v4()).await {
            Ok(_) => here.refresh(),
            Err(fail) => here.failed(&fail),
        }
    });
}
