//! Users: who they are, where they stand, and what to do about it.

use guanhu_domain::access::{
    Role, Verb,
    users::{UserFilter, UserItem, UserPage, UserState},
};
use guanhu_ui::{
    Badge, Button, ButtonKind, Choice, EmptyState, Field, Glyph, Menu, MenuItem, PageHead, Select, TextInput, Tone, t, use_lang,
};
use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map};

use super::{
    api, text,
    user_dialog::{Act, UserDialog},
};
use crate::{
    Asked,
    desk::{self, Offer},
    loaded::Loaded,
    palette::text as palette,
    scripts::LazyPage,
    shell::{Protected, use_me},
    title::Title,
};

/// The page's list and what is being done to one of it.
#[derive(Clone, Copy)]
pub struct Users {
    pub list: Asked<UserPage>,
    pub act: RwSignal<Option<Act>>,
}

/// `/admin/users`.
pub struct UsersRoute {
    filter: Memo<UserFilter>,
    users: Users,
}

impl LazyPage for UsersRoute {
    fn data() -> Self {
        let query = use_query_map();
        let filter = Memo::new(move |_| {
            query.with(|query| UserFilter {
                q: query.get("q").filter(|q| !q.is_empty()),
                role: query.get("role").and_then(|role| Role::from_code(&role)),
                after: query.get("after").filter(|after| !after.is_empty()),
                ..UserFilter::default()
            })
        });
        let list = Asked::of(filter, api::list_users);
        UsersRoute { filter, users: Users { list, act: RwSignal::new(None) } }
    }

    fn view(this: Self) -> AnyView {
        provide_context(this.users);
        view! { <UsersPage filter=this.filter users=this.users /> }.into_any()
    }
}

#[component]
fn UsersPage(filter: Memo<UserFilter>, users: Users) -> impl IntoView {
    let lang = use_lang();
    let q = RwSignal::new(filter.with_untracked(|filter| filter.q.clone().unwrap_or_default()));
    let role = RwSignal::new(filter.with_untracked(|filter| filter.role.map_or("", Role::code)).to_owned());
    let roles = Signal::derive(move || Role::ALL.map(|role| Choice::new(role.code(), role.name(lang.get()))).to_vec());
    let may_create = use_me().is_some_and(|me| me.may(Verb::UserCreate));
    if may_create {
        desk::offer(vec![Offer::new("new-user", palette::new_user, move || users.act.set(Some(Act::Create)))]);
    }
    view! {
        <Protected>
            <div class="page">
                <Title text=t(text::users) />
                <PageHead title=t(text::users) note=t(text::users_note)>
                    {may_create
                        .then(|| view! {
                            <Button kind=ButtonKind::Primary icon=Glyph::Plus on_click=move |_| users.act.set(Some(Act::Create))>
                                {t(text::new_user)}
                            </Button>
                        })}
                </PageHead>
                <Form method="GET" action="">
                    <div class="filters">
                        <Field name="q" label=t(text::find_user)>
                            <TextInput value=q kind="search" />
                        </Field>
                        <Field name="role" label=t(text::role)>
                            <Select value=role choices=roles empty=t(text::all_roles) />
                        </Field>
                        <Button r#type="submit" icon=Glyph::Search>{t(text::find)}</Button>
                    </div>
                </Form>
                <Loaded from=users.list then=show />
                <UserDialog />
            </div>
        </Protected>
    }
}

fn show(page: UserPage) -> impl IntoView {
    let query = use_query_map();
    let next = page.next.clone().map(|after| {
        query.with_untracked(|query| {
            let kept = |name: &str| query.get(name).map(|value| format!("{name}={}&", leptos_router::location::Url::escape(&value)));
            format!("?{}{}after={after}", kept("q").unwrap_or_default(), kept("role").unwrap_or_default())
        })
    });
    if page.items.is_empty() {
        return view! { <EmptyState title=t(text::no_users) /> }.into_any();
    }
    view! {
        <div class="table-wrap">
            <table class="table-plain">
                <thead>
                    <tr>
                        <th>{t(text::login)}</th>
                        <th>{t(text::name)}</th>
                        <th>{t(text::role)}</th>
                        <th>{t(text::unit)}</th>
                        <th>{t(text::staff_code)}</th>
                        <th>{t(text::state)}</th>
                        <th>{t(text::factor)}</th>
                        <th class="num">{t(text::sessions)}</th>
                        <th><span class="sr-only">{t(text::actions)}</span></th>
                    </tr>
                </thead>
                <tbody>{page.items.into_iter().map(|user| view! { <UserRow user /> }).collect_view()}</tbody>
            </table>
        </div>
        {next.map(|next| view! { <p class="pager"><a href=next>{t(text::next_page)}</a></p> })}
    }
    .into_any()
}

#[component]
fn UserRow(user: UserItem) -> impl IntoView {
    let lang = use_lang();
    let users = expect_context::<Users>();
    let role = user.role;
    let (tone, state): (_, fn(_) -> _) = match user.state {
        UserState::Active => (Tone::Good, text::active),
        UserState::Pending => (Tone::Warn, text::pending),
        UserState::Disabled => (Tone::Neutral, text::disabled),
    };
    let items = {
        let me = use_me();
        let user = user.clone();
        Signal::derive(move || actions(users, me.as_ref(), &user))
    };
    let name = format!("user-{}", user.login.replace('.', "-"));
    view! {
        <tr>
            <td><code>{user.login.clone()}</code></td>
            <td>{user.name.clone()}</td>
            <td>{move || role.name(lang.get())}</td>
            <td>{user.org_name.clone()} " " <span class="faint">{user.org.clone()}</span></td>
            <td>{user.staff.clone()}</td>
            <td>
                <Badge tone>{t(state)}</Badge>
                {(user.has_request && user.state != UserState::Pending).then(|| view! { " " <Badge tone=Tone::Warn>{t(text::request_waits)}</Badge> })}
            </td>
            <td>{user.has_factor.then(|| t(text::has_factor))}</td>
            <td class="num">{user.sessions}</td>
            <td class="end"><Menu name label=t(text::actions) glyph=Glyph::More bare=true end=true items /></td>
        </tr>
    }
    .into_any()
}

fn actions(users: Users, me: Option<&guanhu_domain::access::Me>, user: &UserItem) -> Vec<MenuItem> {
    let Some(me) = me else { return Vec::new() };
    let own = me.login == user.login;
    let act = |act: fn(UserItem) -> Act| {
        let user = user.clone();
        move || users.act.set(Some(act(user.clone())))
    };
    let mut items = Vec::new();
    if me.may(Verb::UserChange) {
        items.push(MenuItem::new(t(text::rename), act(Act::Rename)));
        if !own {
            items.push(MenuItem::new(t(text::change_grant), act(Act::Grant)));
            items.push(MenuItem::new(t(text::reset_password), act(Act::ResetPassword)));
            match user.state {
                UserState::Active => items.push(MenuItem::new(t(text::disable), act(Act::Disable)).danger().rule()),
                UserState::Disabled => items.push(MenuItem::new(t(text::enable), act(Act::Enable)).rule()),
                UserState::Pending => {}
            }
        }
    }
    if me.may(Verb::FactorReset) && user.has_factor && !own {
        items.push(MenuItem::new(t(text::reset_factor), act(Act::ResetFactor)).danger());
    }
    if me.may(Verb::SessionRevoke) && user.sessions > 0 && !own {
        items.push(MenuItem::new(t(text::end_sessions), act(Act::EndSessions)).danger());
    }
    items
}
