//! What a page shows while it waits, when it fails, and when it has what it asked for.

use guanhu_domain::Code;
use guanhu_ui::{ErrorState, Skeleton, use_lang};
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_navigate};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Asked, Fail, shell::login_address};

/// Shows `then` with the resource's value; a skeleton before, the failure with another try after.
/// A session that has ended leads to the login page, which leads back.
///
/// `<Loaded from=resource then=|page| view! { … }/>`
#[component]
pub fn Loaded<T, V>(from: Asked<T>, then: fn(T) -> V) -> impl IntoView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    V: IntoView + 'static,
{
    view! {
        <Suspense fallback=|| view! { <Skeleton /> }>
            {move || Suspend::new(async move {
                match from.answer().await {
                    Ok(value) => then(value).into_any(),
                    Err(fail) => view! { <Failed fail on_retry=move |()| from.refetch() /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// What went wrong, what to do, the reference, and another try.
#[component]
pub fn Failed(fail: Fail, #[prop(into)] on_retry: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    if fail.0.code == Code::Unauthenticated {
        to_login();
    }
    let reference = fail.0.reference.clone();
    let message = Signal::derive(move || fail.message(lang.get()));
    view! { <ErrorState message reference=reference.unwrap_or_default() on_retry /> }
}

/// Leaves for the login page, which leads back here.
pub fn to_login() {
    let location = use_location();
    let navigate = use_navigate();
    Effect::new(move |_| {
        let here = location.pathname.get_untracked() + &location.search.get_untracked();
        navigate(&login_address(&here), Default::default());
    });
}
