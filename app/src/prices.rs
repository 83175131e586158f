//! What contributions are priced by: transfer price curves, terms of categories and products, cost of postings.

pub mod api;
mod curve;
mod months;
mod parameters;
mod postings;
mod text;

use guanhu_domain::{Code, Lang, Problem, contribution::pricing::Prices};
use guanhu_ui::{format_month, t, use_lang, use_toasts};
use leptos::prelude::*;
use uuid::Uuid;

use crate::{
    Answer, Asked, Fail,
    attempt::{Attempt, Told},
    clash::{Side, both},
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
        provide_context(months::Chosen(RwSignal::new(None)));
        view! { <LoadedPage class="prices" title=text::title heading=text::title note=text::note from=this.0 then=show /> }.into_any()
    }
}

fn show(prices: Prices) -> AnyView {
    let lang = use_lang();
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
        {curve::curves(&prices)}
        {parameters::parameters(&prices)}
        {postings::postings(&prices)}
    }
    .into_any()
}

/// Sends one part of the page: one effect however often. Where somebody changed prices first, what is sent is compared with
/// what stands there now: where nobody else touched it, it is sent again, else both are shown.
#[derive(Clone, Copy)]
struct Sender {
    attempt: Attempt,
    /// Of the part, not of the page: what the other parts sent was not about it.
    revision: RwSignal<i32>,
    /// As the page was read: what was typed over an older one was not seen beside what stands there.
    read: i32,
    /// The prices as somebody else left them meanwhile.
    clash: RwSignal<Option<Prices>>,
    sent: StoredValue<Option<(String, Uuid)>>,
}

impl Sender {
    fn new(prices: &Prices) -> Sender {
        Sender {
            attempt: Attempt::new(),
            revision: RwSignal::new(prices.revision),
            read: prices.revision,
            clash: RwSignal::new(None),
            sent: StoredValue::new(None),
        }
    }

    /// What was typed is thrown away: what comes is typed over the page as it was read.
    fn begin_again(self) {
        self.revision.update(|revision| *revision = self.read.max(*revision));
    }

    /// `what` tells one request from another: the same again has the same key. `untouched` says whether what is sent was
    /// left alone by others.
    fn send<Fut>(
        self,
        what: String,
        call: impl Fn(i32, Uuid) -> Fut + 'static,
        untouched: impl Fn(&Prices) -> bool + 'static,
        then: impl FnOnce() + 'static,
    ) where
        Fut: Future<Output = Result<i32, Fail>> + 'static,
    {
        let revision = self.revision.get_untracked();
        let what = format!("{revision} {what}");
        let again = self.sent.with_value(|sent| sent.as_ref().filter(|(before, _)| *before == what).map(|(_, key)| *key));
        let key = again.unwrap_or_else(Uuid::new_v4);
        self.sent.set_value(Some((what, key)));
        let call = async move {
            match call(revision, key).await {
                Err(fail) if fail.0.code == Code::Stale => {
                    let Ok(now) = api::read_prices().await.and_then(Answer::read) else { return Err(fail) };
                    match revision >= self.read && untouched(&now) {
                        true => call(now.revision, Uuid::new_v4()).await.map(Ok),
                        false => Ok(Err(now)),
                    }
                }
                other => other.map(Ok),
            }
        };
        let toasts = use_toasts();
        self.attempt.run(call, move |answer: Result<i32, Prices>| match answer {
            Ok(revision) => {
                self.clash.set(None);
                self.revision.set(revision);
                toasts.say(t(text::saved));
                then();
            }
            Err(now) => self.clash.set(Some(now)),
        });
    }
}

/// What became of it, beside its button. `sides`: the part's places as they stand there now and as they were typed; `take`
/// puts what stands there into the form, `again` sends what was typed over it.
fn told(
    sender: Sender,
    sides: impl Fn(&Prices, Lang) -> Vec<Side> + Copy + Send + Sync + 'static,
    take: impl Fn(&Prices) + Copy + Send + Sync + 'static,
    again: impl Fn() + Copy + Send + Sync + 'static,
) -> AnyView {
    let overtaken = move || {
        sender.clash.get().map(|now| {
            let (taken, revision) = (now.clone(), now.revision);
            let theirs = Callback::new(move |()| {
                take(&taken);
                sender.revision.set(revision);
                sender.clash.set(None);
            });
            let mine = Callback::new(move |()| {
                sender.revision.set(revision);
                sender.clash.set(None);
                again();
            });
            both(move |lang| sides(&now, lang), theirs, mine)
        })
    };
    view! {
        {overtaken}
        <Told attempt=sender.attempt />
    }
    .into_any()
}
