//! What a page shows while it waits, when it fails, and when it has what it asked for.

use guanhu_domain::{Code, Lang};
use guanhu_ui::{Button, EmptyState, ErrorState, PageHead, Skeleton, dom, t, use_lang};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::{use_location, use_navigate};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Answer, Asked, Fail,
    attempt::Attempt,
    shell::{Protected, login_address},
    text,
    title::Title,
};

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

/// A whole page of one answer, for whoever is logged in: the window's title, the page's head, and [`Loaded`].
#[component]
pub fn LoadedPage<T, V>(
    /// Classes of its own beside `page`.
    class: &'static str,
    title: fn(Lang) -> &'static str,
    heading: fn(Lang) -> &'static str,
    note: fn(Lang) -> &'static str,
    from: Asked<T>,
    then: fn(T) -> V,
) -> impl IntoView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    V: IntoView + 'static,
{
    view! {
        <Title text=t(title) />
        <Protected>
            <div class=format!("page {class}")>
                <PageHead title=t(heading) note=t(note) />
                <Loaded from then />
            </div>
        </Protected>
    }
    .into_any()
}

/// What a page shows and reads again in place: it stays meanwhile, and when that fails `attempt` tells.
pub struct Kept<T: Send + Sync + 'static> {
    pub value: RwSignal<T>,
    pub attempt: Attempt,
}

impl<T: Send + Sync + 'static> Clone for Kept<T> {
    fn clone(&self) -> Kept<T> {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Kept<T> {}

impl<T: DeserializeOwned + Send + Sync + 'static> Kept<T> {
    pub fn new(value: T) -> Kept<T> {
        Kept { value: RwSignal::new(value), attempt: Attempt::new() }
    }

    /// Reads again, takes `part` of what came, then goes on, whether that worked or not.
    pub fn again<P: DeserializeOwned + 'static>(
        self,
        fetch: impl Future<Output = Result<Answer<P>, Fail>> + 'static,
        part: fn(P) -> T,
        then: impl FnOnce() + 'static,
    ) {
        self.attempt.clear();
        spawn_local(async move {
            match fetch.await.and_then(Answer::read) {
                Ok(page) => self.value.set(part(page)),
                Err(fail) => self.attempt.refuse(fail),
            }
            then();
        });
    }
}

/// What went wrong, what to do, the reference, and another try.
#[component]
pub fn Failed(fail: Fail, #[prop(into)] on_retry: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    if fail.0.code == Code::Unauthenticated {
        to_login();
    }
    let reference = fail.0.reference.clone().unwrap_or_default();
    let hopeless = matches!(fail.0.code, Code::Forbidden | Code::NotFound);
    let message = Signal::derive(move || fail.words(lang.get()));
    if hopeless {
        return view! {
            <EmptyState title=message>
                <Button href="/">{t(text::to_start)}</Button>
            </EmptyState>
        }
        .into_any();
    }
    view! { <ErrorState message reference on_retry /> }.into_any()
}

/// Leaves for the login page, which leads back here.
pub fn to_login() {
    let location = use_location();
    let navigate = use_navigate();
    Effect::new(move |_| {
        let navigate = navigate.clone();
        // The address of a page that is being gone to is known only once it is there.
        dom::after(50, move || {
            let here = location.pathname.get_untracked() + &location.search.get_untracked();
            navigate(&login_address(&here), Default::default());
        });
    });
}
