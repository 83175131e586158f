//! Setting up, moving and removing the second factor.

use guanhu_domain::access::account::{Account, FactorOffer};
use guanhu_ui::{Badge, Button, ButtonKind, Dialog, Field, Section, TextInput, TimeText, Tone, t, use_lang, use_toasts};
use leptos::prelude::*;

use super::{account::Own, api, text};
use crate::{
    attempt::{Attempt, Told},
    customers::view::local,
};

/// How far the dialog has come.
#[derive(Clone)]
enum Step {
    /// The password first, for setting up or for removing.
    Password {
        remove: bool,
    },
    Scan(FactorOffer),
    Recovery(Vec<String>),
}

#[component]
pub fn Factor(account: Account) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let own = expect_context::<Own>();
    let attempt = Attempt::new();
    let open = RwSignal::new(false);
    let step = RwSignal::new(Step::Password { remove: false });
    let (password, totp) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let was_due = account.me.must_enrol_factor;
    let begin = move |remove: bool| {
        attempt.clear();
        password.set(String::new());
        totp.set(String::new());
        step.set(Step::Password { remove });
        open.set(true);
    };
    let go_on = move || match step.get_untracked() {
        Step::Password { remove: true } => attempt.run(api::remove_factor(password.get_untracked()), move |()| {
            open.set(false);
            toasts.say(t(text::factor_removed));
            own.0.refetch();
        }),
        Step::Password { remove: false } => {
            attempt.run(api::offer_factor(password.get_untracked()), move |offer| step.set(Step::Scan(offer)))
        }
        Step::Scan(_) => attempt.run(api::confirm_factor(totp.get_untracked()), move |codes| step.set(Step::Recovery(codes))),
        Step::Recovery(_) => open.set(false),
    };
    // Seen once by whoever closes the dialog: the page then shows the new state, or goes on to work.
    Effect::new(move |was: Option<bool>| {
        let now = open.get();
        if was == Some(true) && !now && matches!(step.get_untracked(), Step::Recovery(_)) {
            if was_due {
                super::leave("/");
            } else {
                own.0.refetch();
            }
        }
        now
    });
    let on_enter = Callback::new(move |()| go_on());
    let body = move || match step.get() {
        Step::Password { .. } => view! {
            <p>{t(text::factor_why)}</p>
            <Field name="factor-password" label=t(text::confirm_password) error=attempt.error("password")>
                <TextInput value=password kind="password" autocomplete="current-password" autofocus=true on_enter />
            </Field>
            <Told attempt />
        }
        .into_any(),
        Step::Scan(offer) => view! {
            <p>{t(text::scan)}</p>
            <div class="factor-picture" inner_html=offer.svg></div>
            <p class="factor-secret"><code>{grouped(&offer.secret)}</code></p>
            <Field name="factor-totp" help="start#login" label=t(text::first_code) error=attempt.error("totp")>
                <TextInput value=totp inputmode="numeric" autocomplete="one-time-code" maxlength=8 autofocus=true on_enter />
            </Field>
            <Told attempt />
        }
        .into_any(),
        Step::Recovery(codes) => view! {
            <p>{t(text::recovery_text)}</p>
            <ol class="factor-codes">{codes.into_iter().map(|code| view! { <li><code>{code}</code></li> }).collect_view()}</ol>
        }
        .into_any(),
    };
    let title = move || match step.get() {
        Step::Password { remove: true } => text::remove(lang.get()),
        Step::Recovery(_) => text::recovery_title(lang.get()),
        _ => text::set_up(lang.get()),
    };
    let footer = move || {
        view! {
            <Button kind=ButtonKind::Primary busy=attempt.busy on_click=move |_| go_on()>
                {move || match step.get() {
                    Step::Password { remove: true } => text::remove(lang.get()),
                    Step::Password { .. } => text::go_on(lang.get()),
                    Step::Scan(_) => text::confirm(lang.get()),
                    Step::Recovery(_) => text::kept_safe(lang.get()),
                }}
            </Button>
        }
    };
    let since = account.factor_since;
    let left = account.recovery_codes_left;
    let state = match since {
        Some(since) => view! {
            <Badge tone=Tone::Good>{t(text::factor_on)} " " <TimeText time=local(since) /></Badge>
            <span class="faint">{move || text::recovery_left(lang.get(), left)}</span>
        }
        .into_any(),
        None => {
            view! { <Badge tone=if account.factor_required { Tone::Warn } else { Tone::Neutral }>{t(text::factor_off)}</Badge> }.into_any()
        }
    };
    let may_remove = since.is_some() && !account.factor_required;
    view! {
        <Section title=t(text::factor)>
            <p class="faint">{t(text::factor_why)}</p>
            <div class="account-line">
                {state}
                <Button on_click=move |_| begin(false)>
                    {move || if since.is_some() { text::set_up_anew(lang.get()) } else { text::set_up(lang.get()) }}
                </Button>
                {may_remove.then(|| view! { <Button kind=ButtonKind::Danger on_click=move |_| begin(true)>{t(text::remove)}</Button> })}
            </div>
            <Dialog name="factor" open title=title footer=footer>{body}</Dialog>
        </Section>
    }
    .into_any()
}

/// In fours, for typing.
fn grouped(secret: &str) -> String {
    secret.as_bytes().chunks(4).map(|part| String::from_utf8_lossy(part).into_owned()).collect::<Vec<_>>().join(" ")
}
