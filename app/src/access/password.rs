//! A new password for the own account.

use guanhu_domain::{
    Problem, Rule,
    access::account::{Account, PasswordPolicy},
};
use guanhu_ui::{Button, ButtonKind, Field, Section, TextInput, TimeText, t, use_lang, use_toasts};
use leptos::{ev, prelude::*};

use super::{account::Own, api, text};
use crate::{
    Fail,
    attempt::{Attempt, Told},
    customers::view::local,
};

#[component]
pub fn Password(account: Account) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let own = expect_context::<Own>();
    let attempt = Attempt::new();
    let [current, new, again] = [(); 3].map(|()| RwSignal::new(String::new()));
    let policy = account.password_policy;
    let rule = move || match policy {
        PasswordPolicy::Default => text::rule_default(lang.get(), policy.min()),
        PasswordPolicy::Dengbao => text::rule_dengbao(lang.get(), policy.min()),
    };
    let was_due = account.me.must_change_password;
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let filled = |text: RwSignal<String>| text.with_untracked(|text| !text.is_empty());
        if !attempt.has(&[("current", filled(current)), ("new", filled(new)), ("again", filled(again))]) {
            return;
        }
        if new.get_untracked() != again.get_untracked() {
            let rule = Rule::Other {
                zh: text::not_repeated(guanhu_domain::Lang::Zh).into(),
                en: text::not_repeated(guanhu_domain::Lang::En).into(),
            };
            return attempt.refuse(Fail(Problem::field("again", rule)));
        }
        attempt.run(api::change_password(current.get_untracked(), new.get_untracked()), move |()| {
            for field in [current, new, again] {
                field.set(String::new());
            }
            toasts.say(t(text::password_changed));
            if was_due {
                super::leave("/");
            } else {
                own.0.refetch();
            }
        });
    };
    let changed = local(account.password_changed_at);
    view! {
        <Section title=t(text::password) tools=move || view! { <span class="faint">{t(text::changed_on)} " " <TimeText time=changed /></span> }>
            <form class="form" novalidate on:submit=submit>
                // Password managers keep it with the right login.
                <input type="text" name="username" autocomplete="username" value=account.me.login.clone() readonly hidden />
                <Field name="current" label=t(text::current_password) error=attempt.error("current") required=true>
                    <TextInput value=current kind="password" autocomplete="current-password" />
                </Field>
                <Field name="new" label=t(text::new_password) hint=rule error=attempt.error("new") required=true>
                    <TextInput value=new kind="password" autocomplete="new-password" maxlength=128 />
                </Field>
                <Field name="again" label=t(text::repeat_password) error=attempt.error("again") required=true>
                    <TextInput value=again kind="password" autocomplete="new-password" maxlength=128 />
                </Field>
                <div class="wide form-actions">
                    <Button kind=ButtonKind::Primary r#type="submit" busy=attempt.busy>{t(text::change_password)}</Button>
                    <Told attempt />
                </div>
            </form>
        </Section>
    }
    .into_any()
}
