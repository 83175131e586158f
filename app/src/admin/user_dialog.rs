//! One thing done to one user, with its reason.

use guanhu_domain::{
    Code, Lang, Problem,
    access::{
        Role,
        units::StaffFilter,
        users::{Grant, NewUser, OneTimePassword, Portfolio, UserChange, UserItem, UserState},
    },
};
use guanhu_ui::{
    Button, ButtonKind, Choice, Combobox, Dialog, Field, Glyph, IconButton, Select, TextArea, TextInput, dom, t, use_lang, use_toasts,
};
use leptos::{prelude::*, task::spawn_local};

use super::{api, text, users::Users};
use crate::{
    attempt::{Attempt, Told},
    clash::{Side, both, or_theirs},
    drafts::{Draft, Part, Parts},
};

/// What is being done.
#[derive(Clone)]
pub enum Act {
    Create,
    Grant(UserItem),
    Rename(UserItem),
    Disable(UserItem),
    Enable(UserItem),
    ResetPassword(UserItem),
    ResetFactor(UserItem),
    EndSessions(UserItem),
    /// What a new or reset password is; `true` while the user awaits approval.
    Hand(OneTimePassword, bool),
}

impl Act {
    fn user(&self) -> Option<&UserItem> {
        match self {
            Act::Create | Act::Hand(..) => None,
            Act::Grant(user) | Act::Rename(user) | Act::Disable(user) | Act::Enable(user) => Some(user),
            Act::ResetPassword(user) | Act::ResetFactor(user) | Act::EndSessions(user) => Some(user),
        }
    }

    fn title(&self, lang: Lang) -> &'static str {
        match self {
            Act::Create => text::new_user(lang),
            Act::Grant(_) => text::change_grant(lang),
            Act::Rename(_) => text::rename(lang),
            Act::Disable(_) => text::disable(lang),
            Act::Enable(_) => text::enable(lang),
            Act::ResetPassword(_) => text::reset_password(lang),
            Act::ResetFactor(_) => text::reset_factor(lang),
            Act::EndSessions(_) => text::end_sessions(lang),
            Act::Hand(..) => text::one_time(lang),
        }
    }

    /// Tells drafts about one user apart.
    const fn code(&self) -> &'static str {
        match self {
            Act::Create => "new",
            Act::Grant(_) => "grant",
            Act::Rename(_) => "name",
            Act::Disable(_) => "disable",
            Act::Enable(_) => "enable",
            Act::ResetPassword(_) => "password",
            Act::ResetFactor(_) => "factor",
            Act::EndSessions(_) => "sessions",
            Act::Hand(..) => "hand",
        }
    }

    fn has_names(&self) -> bool {
        matches!(self, Act::Create | Act::Rename(_))
    }

    fn has_grant(&self) -> bool {
        matches!(self, Act::Create | Act::Grant(_))
    }

    fn has_reason(&self) -> bool {
        !matches!(self, Act::Rename(_) | Act::EndSessions(_) | Act::Hand(..))
    }
}

/// What is typed into the dialog.
#[derive(Clone, Copy)]
struct Typed {
    login: RwSignal<String>,
    name: RwSignal<String>,
    role: RwSignal<String>,
    org: RwSignal<Option<Choice>>,
    staff: RwSignal<Option<Choice>>,
    reason: RwSignal<String>,
    /// The version that is typed over.
    seen: RwSignal<i32>,
}

impl Typed {
    fn parts(self) -> [Part; 7] {
        let Typed { login, name, role, org, staff, reason, seen } = self;
        [login.into(), name.into(), role.into(), org.into(), staff.into(), reason.into(), seen.into()]
    }

    fn fill(self, user: Option<&UserItem>) {
        self.login.set(user.map(|user| user.login.clone()).unwrap_or_default());
        self.name.set(user.map(|user| user.name.clone()).unwrap_or_default());
        self.role.set(user.map_or_else(String::new, |user| user.role.code().to_owned()));
        self.org.set(user.map(|user| Choice::new(&user.org, &user.org_name).hint(&user.org)));
        self.staff.set(user.and_then(|user| user.staff.clone()).map(|code| Choice::new(&code, &code)));
        self.reason.set(String::new());
        self.seen.set(user.map_or(0, |user| user.version));
    }

    /// What this act cannot do without, and whether it is there.
    fn needed(self, act: &Act) -> Vec<(&'static str, bool)> {
        let filled = |text: RwSignal<String>| text.with_untracked(|text| !text.trim().is_empty());
        let mut needed = Vec::new();
        if matches!(act, Act::Create) {
            needed.push(("login", filled(self.login)));
        }
        if act.has_names() {
            needed.push(("name", filled(self.name)));
        }
        if act.has_grant() {
            needed.push(("role", filled(self.role)));
            needed.push(("org", self.org.with_untracked(Option::is_some)));
            if self.role.with_untracked(|role| role == Role::Manager.code()) {
                needed.push(("staff", self.staff.with_untracked(Option::is_some)));
            }
        }
        if act.has_reason() {
            needed.push(("reason", filled(self.reason)));
        }
        needed
    }

    fn grant(self) -> Grant {
        let code = |choice: RwSignal<Option<Choice>>| choice.get_untracked().map(|choice| choice.value);
        Grant {
            role: Role::from_code(&self.role.get_untracked()).unwrap_or(Role::Manager),
            org: code(self.org).unwrap_or_default(),
            staff: code(self.staff),
        }
    }
}

#[component]
pub fn UserDialog() -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let users = expect_context::<Users>();
    let open = RwSignal::new(false);
    let attempt = Attempt::new();
    let text = || RwSignal::new(String::new());
    let typed = Typed {
        login: text(),
        name: text(),
        role: text(),
        org: RwSignal::new(None),
        staff: RwSignal::new(None),
        reason: text(),
        seen: RwSignal::new(0),
    };
    // What somebody else has made of the user since.
    let clash = RwSignal::new(None::<UserItem>);
    let draft = Draft::of("user", "");
    let kept = Parts::while_open(draft, open, typed.parts());
    Effect::new(move |_| {
        users.act.with(|act| {
            if let Some(act) = act
                && !matches!(act, Act::Hand(..))
            {
                attempt.clear();
                clash.set(None);
                draft.about(format!("{}:{}", act.code(), act.user().map_or("", |user| user.login.as_str())));
                typed.fill(act.user());
            }
            open.set(act.is_some());
        });
    });
    Effect::new(move |_| {
        if !open.get() && users.act.with_untracked(Option::is_some) {
            users.act.set(None);
        }
    });
    let finish = move |words: fn(Lang) -> &'static str| {
        users.act.set(None);
        users.list.refetch();
        toasts.say(t(words));
    };
    let send = move || {
        let Some(act) = users.act.get_untracked() else { return };
        if !attempt.has(&typed.needed(&act)) {
            return;
        }
        let reason = typed.reason.get_untracked();
        let sent = kept.once_sent();
        let (name, disabled) = match &act {
            Act::Create => {
                let new = NewUser { login: typed.login.get_untracked(), name: typed.name.get_untracked(), grant: typed.grant(), reason };
                return attempt.run(api::create_user(new), move |password| {
                    sent();
                    users.list.refetch();
                    users.act.set(Some(Act::Hand(password, true)));
                });
            }
            Act::Grant(user) => {
                return attempt.run(api::request_grant(user.login.clone(), typed.grant(), reason), move |_| {
                    sent();
                    finish(text::asked);
                });
            }
            Act::ResetPassword(user) => {
                return attempt.run(api::reset_password(user.login.clone(), reason), move |password| {
                    sent();
                    users.list.refetch();
                    users.act.set(Some(Act::Hand(password, false)));
                });
            }
            Act::ResetFactor(user) => {
                return attempt.run(api::reset_factor(user.login.clone(), reason), move |()| {
                    sent();
                    finish(text::saved);
                });
            }
            Act::EndSessions(user) => {
                return attempt.run(api::revoke_sessions(user.login.clone()), move |ended| {
                    users.act.set(None);
                    users.list.refetch();
                    toasts.say(text::sessions_ended(lang.get_untracked(), ended));
                });
            }
            Act::Hand(..) => return users.act.set(None),
            Act::Rename(_) => (Some(typed.name.get_untracked()), None),
            Act::Disable(_) => (None, Some(true)),
            Act::Enable(_) => (None, Some(false)),
        };
        let Some(login) = act.user().map(|user| user.login.clone()) else { return };
        let change = UserChange { version: typed.seen.get_untracked(), name, disabled, reason };
        attempt.run(
            async move { or_theirs(api::change_user(login, change).await) },
            move |saved: Result<UserItem, UserItem>| match saved {
                Ok(_) => {
                    sent();
                    finish(text::saved);
                }
                Err(theirs) => clash.set(Some(theirs)),
            },
        );
    };
    let overtaken = move || {
        clash.get().map(|theirs| {
            let (now, version) = (theirs.clone(), theirs.version);
            let sides = move |lang| {
                let (name, disabled) = users.act.with(|act| match act {
                    Some(Act::Rename(_)) => (Some(typed.name.get()), None),
                    Some(Act::Disable(_)) => (None, Some(true)),
                    Some(Act::Enable(_)) => (None, Some(false)),
                    _ => (None, None),
                });
                let is_disabled = theirs.state == UserState::Disabled;
                let state = |disabled: bool| if disabled { text::disabled(lang) } else { text::active(lang) };
                vec![
                    Side::new(text::name(lang), &theirs.name, name.unwrap_or_else(|| theirs.name.clone())),
                    Side::new(text::state(lang), state(is_disabled), state(disabled.unwrap_or(is_disabled))),
                ]
            };
            let take = Callback::new(move |()| {
                typed.name.set(now.name.clone());
                typed.seen.set(now.version);
                clash.set(None);
                users.list.refetch();
                kept.settle();
            });
            let keep = Callback::new(move |()| {
                typed.seen.set(version);
                clash.set(None);
                send();
            });
            both(sides, take, keep)
        })
    };
    let body = move || {
        let act = users.act.get()?;
        let notice = (!matches!(act, Act::Hand(..))).then(|| kept.notice());
        Some(view! {
            {notice}
            <Body act typed attempt />
            {overtaken}
        })
    };
    let footer = move || {
        let act = users.act.get()?;
        let danger = matches!(act, Act::Disable(_) | Act::ResetFactor(_) | Act::EndSessions(_));
        let words = match act {
            Act::Create | Act::Grant(_) => text::submit,
            Act::Hand(..) => text::close,
            Act::Rename(_) => text::save,
            Act::Disable(_) => text::disable,
            Act::Enable(_) => text::enable,
            Act::ResetPassword(_) => text::reset_password,
            Act::ResetFactor(_) => text::reset_factor,
            Act::EndSessions(_) => text::end_sessions,
        };
        let kind = if danger { ButtonKind::Danger } else { ButtonKind::Primary };
        let hands_over = matches!(users.act.get_untracked(), Some(Act::Hand(..)));
        Some(view! {
            {(!hands_over).then(|| view! { <Button on_click=move |_| users.act.set(None)>{t(text::cancel)}</Button> })}
            <Button kind busy=attempt.busy on_click=move |_| send()>{t(words)}</Button>
        })
    };
    let title = move || users.act.with(|act| act.as_ref().map_or("", |act| act.title(lang.get())));
    view! { <Dialog name="user" open title=title footer=footer>{body}</Dialog> }.into_any()
}

#[component]
fn Body(act: Act, typed: Typed, attempt: Attempt) -> impl IntoView {
    if let Act::Hand(password, pending) = act {
        let toasts = use_toasts();
        let secret = password.password.clone();
        let copy = move |_| {
            if dom::copy(&secret) {
                toasts.say(t(text::copied));
            }
        };
        return view! {
            <p>{t(text::one_time_text)}</p>
            <p class="one-time">
                <code>{password.login}</code>
                <code class="one-time-password">{password.password}</code>
                <IconButton glyph=Glyph::Copy label=t(text::copy) on_click=copy />
            </p>
            {pending.then(|| view! { <p class="faint">{t(text::one_time_pending)}</p> })}
        }
        .into_any();
    }
    let who = act.user().map(|user| view! { <p><code>{user.login.clone()}</code> " " {user.name.clone()}</p> });
    let names = act.has_names().then(|| {
        let is_new = matches!(act, Act::Create);
        view! {
            {is_new.then(|| view! {
                <Field name="user-login" label=t(text::login) hint=t(text::login_hint) error=attempt.error("login") required=true>
                    <TextInput value=typed.login autocomplete="off" maxlength=32 autofocus=true />
                </Field>
            })}
            <Field name="user-name" label=t(text::name) error=attempt.error("name") required=true>
                <TextInput value=typed.name autocomplete="off" maxlength=60 />
            </Field>
        }
    });
    let reason = act.has_reason().then(|| {
        view! {
            <Field name="user-reason" label=t(text::reason) hint=t(text::reason_hint) error=attempt.error("reason") wide=true required=true>
                <TextArea value=typed.reason rows=2 maxlength=500 />
            </Field>
        }
    });
    view! {
        {who}
        <div class="form">
            {names}
            {act.has_grant().then(|| view! { <GrantFields typed attempt /> })}
            {reason}
        </div>
        <Told attempt explain=explain leads=leads />
    }
    .into_any()
}

#[component]
fn GrantFields(typed: Typed, attempt: Attempt) -> impl IntoView {
    let lang = use_lang();
    let roles = Signal::derive(move || Role::ALL.map(|role| Choice::new(role.code(), role.name(lang.get()))).to_vec());
    let units = RwSignal::new(Vec::<Choice>::new());
    let staff = RwSignal::new(Vec::<Choice>::new());
    Effect::new(move |_| {
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
    let search = move |q: String| {
        spawn_local(async move {
            let filter = StaffFilter { q: Some(q), limit: Some(20), ..StaffFilter::default() };
            if let Ok(page) = api::list_staff(filter).await.and_then(crate::Answer::read) {
                staff.set(
                    page.items
                        .into_iter()
                        .map(|one| Choice::new(&one.code, &one.code).hint(format!("{} {}", one.name, one.org_name)))
                        .collect(),
                );
            }
        });
    };
    view! {
        <Field name="user-role" label=t(text::role) error=attempt.error("role") required=true help="admin#users">
            <Select value=typed.role choices=roles />
        </Field>
        <Field name="user-org" help="admin#users" label=t(text::unit) error=attempt.error("org") required=true>
            <Combobox name="user-org" value=typed.org choices=units />
        </Field>
        <Field name="user-staff" help="admin#staff" label=t(text::staff_code) hint=t(text::staff_hint) error=attempt.error("staff")>
            <Combobox name="user-staff" value=typed.staff choices=staff on_search=search />
        </Field>
    }
    .into_any()
}

/// Says what a conflict is about.
fn explain(problem: &Problem, lang: Lang) -> Option<String> {
    match problem.code {
        Code::Conflict => Some(held(problem).map_or_else(|| text::waiting_already(lang).into(), |held| holds(&held, lang))),
        _ => None,
    }
}

/// What a refusal says is still held.
fn held(problem: &Problem) -> Option<Portfolio> {
    crate::wire::of_value(problem.current.as_ref().filter(|_| problem.code == Code::Conflict)?)
}

/// All of it, with its counts.
pub(super) fn holds(held: &Portfolio, lang: Lang) -> String {
    let parts: [(i64, fn(Lang, i64) -> String); 7] = [
        (held.lead, text::hold_lead),
        (held.assist, text::hold_assist),
        (held.incoming, text::hold_incoming),
        (held.tasks, text::hold_tasks),
        (held.opportunities, text::hold_opportunities),
        (held.groups, text::hold_groups),
        (held.tier_requests, text::hold_tier_requests),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, words)| words(lang, count)).collect();
    text::holds(lang, &parts.join(if lang == Lang::Zh { "、" } else { ", " }))
}

/// Where it is handed over.
pub(super) fn leads(problem: &Problem, lang: Lang) -> Option<(String, String)> {
    let held = held(problem)?;
    let href = format!("/handover?from={}", held.staff);
    let words = format!("{} {href}", text::hold_link(lang));
    Some((href, words))
}
