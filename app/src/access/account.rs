//! The own account: profile, looks, password, second factor, sessions.

use guanhu_domain::{Lang, access::account::Account};
use guanhu_ui::{
    Choice, Density, Fact, Facts, Field, Notice, PageHead, Section, Select, Theme, Tone, t, use_appearance, use_lang, use_lang_switch,
};
use leptos::prelude::*;

use super::{api, factor::Factor, password::Password, sessions::Sessions, text};
use crate::{Asked, loaded::Loaded, scripts::LazyPage, shell::Protected, title::Title};

/// The account as last read, for the parts that change it.
#[derive(Clone, Copy)]
pub struct Own(pub Asked<Account>);

/// The page at `/account`.
pub struct AccountRoute(Own);

impl LazyPage for AccountRoute {
    fn data() -> Self {
        AccountRoute(Own(Asked::once(api::own_account)))
    }

    fn view(this: Self) -> AnyView {
        provide_context(this.0);
        view! {
            <Protected>
                <div class="page account">
                    <Title text=t(text::account) />
                    <PageHead title=t(text::account) />
                    <Loaded from=this.0.0 then=show />
                </div>
            </Protected>
        }
        .into_any()
    }
}

fn show(account: Account) -> impl IntoView {
    let lang = use_lang();
    let me = account.me.clone();
    let role = me.role;
    view! {
        {me.must_change_password.then(|| view! { <Notice tone=Tone::Warn>{t(text::must_change_password)}</Notice> })}
        {(me.must_enrol_factor && !me.must_change_password)
            .then(|| view! { <Notice tone=Tone::Warn>{t(text::must_enrol_factor)}</Notice> })}
        <Section title=t(text::profile)>
            <Facts>
                <Fact label=t(text::name)>{me.name.clone()}</Fact>
                <Fact label=t(text::login)>{me.login.clone()}</Fact>
                <Fact label=t(text::role)>{move || role.name(lang.get())}</Fact>
                <Fact label=t(text::unit)>{me.org_name.clone()} " " <span class="faint">{me.org.clone()}</span></Fact>
                {me.staff.clone().map(|staff| view! { <Fact label=t(text::staff)>{staff}</Fact> })}
            </Facts>
        </Section>
        <Password account=account.clone() />
        <Factor account=account.clone() />
        <Looks />
        <Sessions sessions=account.sessions />
    }
    .into_any()
}

#[component]
fn Looks() -> impl IntoView {
    let lang = use_lang();
    let switch = use_lang_switch();
    let appearance = use_appearance();
    let language = RwSignal::new(lang.get_untracked().code().to_owned());
    let theme = RwSignal::new(appearance.theme.get_untracked().code().to_owned());
    let density = RwSignal::new(appearance.density.get_untracked().code().to_owned());
    // The menu and the palette change them as well.
    Effect::new(move |_| {
        language.set(lang.get().code().to_owned());
        theme.set(appearance.theme.get().code().to_owned());
        density.set(appearance.density.get().code().to_owned());
    });
    let languages = vec![Choice::new("zh", "中文"), Choice::new("en", "English")];
    let themes = Signal::derive(move || {
        let words = [
            (Theme::Auto, text::theme_auto as fn(Lang) -> &'static str),
            (Theme::Light, text::theme_light),
            (Theme::Dark, text::theme_dark),
            (Theme::Contrast, text::theme_contrast),
        ];
        words.map(|(theme, words)| Choice::new(theme.code(), words(lang.get()))).to_vec()
    });
    let densities = Signal::derive(move || {
        let words = [(Density::Comfortable, text::comfortable as fn(Lang) -> &'static str), (Density::Compact, text::compact)];
        words.map(|(density, words)| Choice::new(density.code(), words(lang.get()))).to_vec()
    });
    view! {
        <Section title=t(text::looks) note=t(text::looks_note)>
            <div class="form">
                <Field name="language" label=t(text::language)>
                    <Select
                        value=language
                        choices=languages
                        on_change=move |code: String| {
                            let Some(chosen) = Lang::from_code(&code) else { return };
                            if let Some(switch) = switch {
                                switch.set(chosen);
                            }
                        }
                    />
                </Field>
                <Field name="theme" label=t(text::theme)>
                    <Select
                        value=theme
                        choices=themes
                        on_change=move |code: String| appearance.theme.set(Theme::from_code(&code))
                    />
                </Field>
                <Field name="density" label=t(text::density)>
                    <Select
                        value=density
                        choices=densities
                        on_change=move |code: String| appearance.density.set(Density::from_code(&code))
                    />
                </Field>
            </div>
        </Section>
    }
    .into_any()
}
