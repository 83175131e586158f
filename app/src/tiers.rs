//! What the bank's tiers mean: rules by version, what a change would do, and who agreed to it.

pub mod api;
mod by_hand;
mod decide;
mod draft;
mod movers;
mod overview;
mod say;
mod simulation;
pub mod standing;
mod text;

use guanhu_domain::{
    access::Verb,
    customers::TierRef,
    rules::{Env, RuleChoices},
    tiers::{Definition, Scheme, TiersPage},
};
use guanhu_ui::{Button, ButtonKind, EmptyState, TierMark, t, use_lang};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    Asked,
    attempt::{Attempt, Told},
    loaded::{Kept, LoadedPage},
    scripts::LazyPage,
    shell::use_me,
};

/// `/tiers`: `?scheme=` which, `&v=` of which version, `&edit=1` to draft from it.
pub struct TiersRoute(Asked<TiersPage>);

impl LazyPage for TiersRoute {
    fn data() -> Self {
        TiersRoute(Asked::once(api::read_tiers))
    }

    fn view(this: Self) -> AnyView {
        view! { <LoadedPage class="tiers" title=text::title heading=text::tiers note=text::note from=this.0 then=show /> }.into_any()
    }
}

/// The head of the version that is shown.
const HEAD: &str = "tiers-version";

/// What every part of the page works with.
#[derive(Clone, Copy)]
pub struct Here {
    kept: Kept<Vec<Scheme>>,
    choices: StoredValue<RuleChoices>,
    may_draft: bool,
    may_publish: bool,
    may_list: bool,
}

impl Here {
    /// Reads the schemes again, then goes on.
    fn reload(self, then: impl FnOnce() + 'static) {
        self.kept.again(api::read_tiers(), |page| page.schemes, then);
    }

    /// The same where the version stays: its head has the focus that the buttons below it lost.
    fn renew(self) {
        self.reload(|| request_animation_frame(|| guanhu_ui::dom::focus_id(HEAD)));
    }
}

fn address(scheme: &str, version: Option<i32>, edit: bool) -> String {
    let version = version.map(|version| format!("&v={version}")).unwrap_or_default();
    format!("/tiers?scheme={scheme}{version}{}", if edit { "&edit=1" } else { "" })
}

/// Rules are said and checked with the months of their own scheme.
fn env(definition: &Definition) -> Env {
    Env { business_date: use_me().map(|me| me.business_date).unwrap_or_default(), months: definition.settings.months }
}

fn show(page: TiersPage) -> AnyView {
    let me = use_me();
    let may = |verb| me.as_ref().is_some_and(|me| me.may(verb));
    let here = Here {
        kept: Kept::new(page.schemes),
        choices: StoredValue::new(RuleChoices::new(page.choices)),
        may_draft: may(Verb::TierDraft),
        may_publish: may(Verb::TierPublish),
        may_list: may(Verb::TierMovers),
    };
    let query = use_query_map();
    let place = Memo::new(move |_| {
        query.with(|query| {
            let number = query.get("v").and_then(|v| v.parse::<i32>().ok());
            (query.get("scheme").unwrap_or_default(), number, query.get("edit").is_some())
        })
    });
    view! {
        <Told attempt=here.kept.attempt />
        {move || here.kept.value.with(|schemes| body(here, schemes, &place.get()))}
    }
    .into_any()
}

fn body(here: Here, schemes: &[Scheme], (code, number, edit): &(String, Option<i32>, bool)) -> AnyView {
    let Some(scheme) = schemes.iter().find(|scheme| scheme.code == *code).or(schemes.first()) else {
        return nothing(here);
    };
    let shown = number.and_then(|number| scheme.version(number)).or_else(|| scheme.current()).or(scheme.versions.first());
    let part = match shown {
        Some(version) if *edit && here.may_draft => draft::draft(here, scheme, version),
        Some(version) => overview::overview(here, scheme, version),
        None => view! { <EmptyState title=t(text::no_version) /> }.into_any(),
    };
    view! {
        {choose(schemes, &scheme.code)}
        {part}
    }
    .into_any()
}

/// A bank without schemes begins with those that the product ships.
fn nothing(here: Here) -> AnyView {
    let attempt = Attempt::new();
    let install = move |_| attempt.run(api::install(), move |_| here.reload(|| ()));
    let button =
        here.may_draft.then(|| view! { <Button kind=ButtonKind::Primary busy=attempt.busy on_click=install>{t(text::install)}</Button> });
    view! {
        <EmptyState title=t(text::no_scheme) text=t(text::no_scheme_hint)>{button}</EmptyState>
        <Told attempt />
    }
    .into_any()
}

/// The schemes side by side.
fn choose(schemes: &[Scheme], chosen: &str) -> AnyView {
    let lang = use_lang();
    let links = schemes
        .iter()
        .map(|scheme| {
            let (zh, en) = (scheme.name.clone(), scheme.name_en.clone());
            let here = (scheme.code == chosen).then_some("page");
            view! {
                <a class="tiers-scheme" href=address(&scheme.code, None, false) aria-current=here>
                    {move || if lang.get() == guanhu_domain::Lang::Zh { zh.clone() } else { en.clone() }}
                </a>
            }
        })
        .collect_view();
    view! { <nav class="tiers-schemes" aria-label=t(text::schemes)>{links}</nav> }.into_any()
}

/// A tier in a table, or the words for none.
pub fn cell(tier: Option<TierRef>) -> AnyView {
    let lang = use_lang();
    match tier {
        Some(tier) => {
            let rank = tier.mark;
            view! { <TierMark rank label=move || tier.name(lang.get()).to_owned() /> }.into_any()
        }
        None => view! { <span class="faint">{t(text::no_tier)}</span> }.into_any(),
    }
}
