//! What contributions are priced by: transfer price curves, terms of categories and products, cost of postings.

pub mod api;
mod curve;
mod months;
mod parameters;
mod postings;
mod text;

use guanhu_domain::{Code, Problem, contribution::pricing::Prices};
use guanhu_ui::{Button, ButtonKind, format_month, t, use_lang, use_toasts};
use leptos::prelude::*;
use uuid::Uuid;

use crate::{
    Asked, Fail,
    attempt::{Attempt, Told},
    loaded::LoadedPage,
    scripts::LazyPage,
};

/// `/admin/prices`.
pub struct PricesRoute(Asked<Prices>);

impl LazyPage for PricesRoute {
    fn data() -> Self {
        PricesRoute(Asked::once(api::read_prices))
    }

    fn view(this: Self) -> AnyView {
        provide_context(this.0);
        view! { <LoadedPage class="prices" title=text::title heading=text::title note=text::note from=this.0 then=show /> }.into_any()
    }
}

fn show(prices: Prices) -> AnyView {
    let lang = use_lang();
    let revision = RwSignal::new(prices.revision);
    let stopped = prices.stopped.clone();
    let stopped = move || {
        let lang = lang.get();
        stopped
            .iter()
            .map(|stop| {
                view! { <div class="notice alarm" role="status"><span>{text::stopped(lang, &format_month(stop.month, lang), &Problem::kept_words(&stop.message, lang))}</span></div> }
            })
            .collect_view()
    };
    view! {
        {stopped}
        {months::months(&prices)}
        {curve::curves(&prices, revision)}
        {parameters::parameters(&prices, revision)}
        {postings::postings(&prices, revision)}
    }
    .into_any()
}

/// Sends one part of the page: one effect however often, and told when somebody else changed prices first.
#[derive(Clone, Copy)]
struct Sender {
    attempt: Attempt,
    revision: RwSignal<i32>,
    overtaken: RwSignal<bool>,
    sent: StoredValue<Option<(String, Uuid)>>,
}

impl Sender {
    fn new(revision: RwSignal<i32>) -> Sender {
        Sender { attempt: Attempt::new(), revision, overtaken: RwSignal::new(false), sent: StoredValue::new(None) }
    }

    /// `what` tells one request from another: the same again has the same key.
    fn send<Fut>(self, what: String, call: impl FnOnce(i32, Uuid) -> Fut, then: impl FnOnce() + 'static)
    where
        Fut: Future<Output = Result<i32, Fail>> + 'static,
    {
        let revision = self.revision.get_untracked();
        let what = format!("{revision} {what}");
        let again = self.sent.with_value(|sent| sent.as_ref().filter(|(before, _)| *before == what).map(|(_, key)| *key));
        let key = again.unwrap_or_else(Uuid::new_v4);
        self.sent.set_value(Some((what, key)));
        let answer = call(revision, key);
        let call = async move {
            match answer.await {
                // The revision that stands there now, for whoever wants to go on.
                Err(fail) if fail.0.code == Code::Stale => {
                    let now = fail.0.current.as_ref().and_then(|current| current["revision"].as_i64());
                    now.and_then(|now| i32::try_from(now).ok()).map(Err).ok_or(fail)
                }
                other => other.map(Ok),
            }
        };
        let toasts = use_toasts();
        self.attempt.run(call, move |answer| match answer {
            Ok(revision) => {
                self.overtaken.set(false);
                self.revision.set(revision);
                toasts.say(t(text::saved));
                then();
            }
            Err(now) => {
                self.revision.set(now);
                self.overtaken.set(true);
            }
        });
    }
}

/// What became of it, beside its button.
#[component]
fn Sent(sender: Sender) -> impl IntoView {
    let asked = expect_context::<Asked<Prices>>();
    let overtaken = move || {
        sender.overtaken.get().then(|| {
            view! {
                <div class="notice alarm" role="alert">
                    <span>{t(text::overtaken)}</span>
                    <Button kind=ButtonKind::Quiet on_click=move |_| asked.refetch()>{t(text::read_again)}</Button>
                </div>
            }
        })
    };
    view! {
        {overtaken}
        <Told attempt=sender.attempt />
    }
    .into_any()
}
