//! The login page: a plain form that works before any script has arrived, and answers in place after.

use guanhu_domain::{
    Code, Lang, Problem,
    access::account::{DemoLogin, Welcome},
};
use guanhu_ui::{Button, ButtonKind, Field, TextInput, dom, t, use_lang, use_lang_switch};
use leptos::{ev, prelude::*};
use leptos_router::{components::Redirect, hooks::use_query_map};

use super::{api, text};
use crate::{
    Fail,
    attempt::{Attempt, Told},
    shell::use_me,
    title::Title,
};

#[component]
pub fn LoginPage() -> impl IntoView {
    if use_me().is_some() {
        return view! { <Redirect path="/" /> }.into_any();
    }
    let welcome = Resource::new_blocking(|| (), |()| api::read_welcome());
    let login = RwSignal::new(String::new());
    view! {
        <div class="login">
            <header class="login-head">
                <p class="login-mark">"管户"<small>"Guanhu"</small></p>
                <LangSwitch />
                <p class="faint">{t(text::motto)}</p>
            </header>
            <Title text=t(text::log_in) />
            <LoginForm login />
            <Suspense>
                {move || Suspend::new(async move { welcome.await.ok().map(|welcome| view! { <Demo welcome login /> }) })}
            </Suspense>
        </div>
    }
    .into_any()
}

/// Whoever cannot read this page needs the other language first.
#[component]
fn LangSwitch() -> impl IntoView {
    let lang = use_lang();
    let switch = use_lang_switch();
    let other = move || if lang.get() == Lang::Zh { "English" } else { "中文" };
    let turn = move |_| {
        if let Some(switch) = switch {
            switch.update(|lang| *lang = if *lang == Lang::Zh { Lang::En } else { Lang::Zh });
        }
    };
    view! {
        <div class="login-lang">
            <Button kind=ButtonKind::Quiet on_click=turn>
                <span lang=move || if lang.get() == Lang::Zh { "en" } else { "zh" }>{other}</span>
            </Button>
        </div>
    }
    .into_any()
}

#[component]
fn LoginForm(login: RwSignal<String>) -> impl IntoView {
    let lang = use_lang();
    let (password, totp) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let query = use_query_map();
    let next = query.with_untracked(|query| query.get("next")).filter(|next| next.starts_with('/')).unwrap_or_else(|| "/".into());
    let attempt = Attempt::new();
    let wants_code = RwSignal::new(false);
    if let Some(problem) = query.with_untracked(|query| told(query.get("problem")?, query.get("wait"))) {
        wants_code.set(problem.code == Code::SecondFactorRequired);
        attempt.refuse(Fail(problem));
    }
    let to = next.clone();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let filled = |text: RwSignal<String>| text.with_untracked(|text| !text.trim().is_empty());
        if !attempt.has(&[("login", filled(login)), ("password", filled(password))]) {
            return;
        }
        let form = [
            ("login", login.get_untracked()),
            ("password", password.get_untracked()),
            ("totp", totp.get_untracked()),
            ("next", to.clone()),
        ];
        attempt.run(
            async move {
                let sent = send(form).await;
                match sent.as_ref().map_err(|fail| fail.0.code) {
                    Err(Code::SecondFactorRequired) => {
                        wants_code.set(true);
                        dom::next_frame(|| dom::focus_id("f-totp"));
                    }
                    // Most often it is the password that was mistyped.
                    Err(Code::WrongCredentials) => {
                        password.set(String::new());
                        dom::next_frame(|| dom::focus_id("f-password"));
                    }
                    _ => {}
                }
                sent
            },
            |next| super::leave(&next),
        );
    };
    view! {
        <form class="login-form" method="post" action="/login" novalidate on:submit=submit>
            <h1 class="sr-only">{t(text::log_in)}</h1>
            <Told attempt explain=explain />
            <Field name="login" label=t(text::login) error=attempt.error("login")>
                <TextInput value=login autocomplete="username" autofocus=true />
            </Field>
            <Field name="password" label=t(text::password) error=attempt.error("password")>
                <TextInput value=password kind="password" autocomplete="current-password" maxlength=200 />
            </Field>
            {move || wants_code.get().then(|| view! {
                <Field name="totp" label=t(text::totp) hint=t(text::totp_hint)>
                    <TextInput value=totp autocomplete="one-time-code" maxlength=40 />
                </Field>
            })}
            <input type="hidden" name="next" value=next />
            <Button kind=ButtonKind::Primary r#type="submit" busy=attempt.busy>{move || text::log_in(lang.get())}</Button>
        </form>
    }
    .into_any()
}

/// What the plain form was sent back with.
fn told(code: String, wait: Option<String>) -> Option<Problem> {
    let code = Code::ALL.iter().find(|known| known.code() == code)?;
    Some(Problem { retry_after: wait.and_then(|wait| wait.parse().ok()), ..Problem::new(*code) })
}

fn explain(problem: &Problem, lang: guanhu_domain::Lang) -> Option<String> {
    let seconds = problem.retry_after?;
    (problem.code == Code::LockedOut).then(|| format!("{} {}", text::locked(lang), text::wait(lang, seconds)))
}

#[cfg(feature = "hydrate")]
async fn send(form: [(&'static str, String); 4]) -> Result<String, Fail> {
    #[derive(serde::Deserialize)]
    struct Answer {
        next: String,
    }
    let offline = || Fail::new(Code::Offline);
    let body = web_sys::UrlSearchParams::new().map_err(|_| offline())?;
    for (name, value) in form {
        body.append(name, &value);
    }
    let request = gloo_net::http::Request::post("/login").header("accept", "application/json").body(body).map_err(|_| offline())?;
    let answer = request.send().await.map_err(|_| offline())?;
    if answer.ok() {
        return answer.json::<Answer>().await.map(|answer| answer.next).map_err(|_| Fail::new(Code::Busy));
    }
    Err(answer.json::<Problem>().await.map_or_else(|_| Fail::new(Code::Busy), Fail))
}

#[cfg(not(feature = "hydrate"))]
async fn send(_form: [(&'static str, String); 4]) -> Result<String, Fail> {
    Err(Fail::new(Code::Offline))
}

/// In a demo bank: whom to try. Choosing one fills in the login.
#[component]
fn Demo(welcome: Welcome, login: RwSignal<String>) -> impl IntoView {
    let lang = use_lang();
    let Welcome { bank_name, is_demo, demo } = welcome;
    let row = move |user: DemoLogin| {
        let fill = user.login.clone();
        view! {
            <li>
                <button
                    type="button"
                    class="login-demo-user"
                    on:click=move |_| {
                        login.set(fill.clone());
                        dom::focus_id("f-password");
                    }
                >
                    <code>{user.login.clone()}</code>
                    <span>{move || user.role.name(lang.get())}</span>
                    <span class="faint">{user.name.clone()}</span>
                </button>
            </li>
        }
    };
    view! {
        <footer class="login-foot">
            <p class="faint">{bank_name}</p>
            {(is_demo && !demo.is_empty())
                .then(|| view! {
                    <section class="login-demo">
                        <h2>{t(text::demo_title)}</h2>
                        <p class="faint">{t(text::demo_hint)}</p>
                        <ul>{demo.into_iter().map(row).collect_view()}</ul>
                    </section>
                })}
        </footer>
    }
    .into_any()
}
