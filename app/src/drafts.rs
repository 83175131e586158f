//! What is typed into a form and not sent yet survives a reload, a logout and a lost network: it goes to the
//! server a moment after it was typed, sealed there for its author. While the server cannot be reached it
//! waits in this page's memory and is sent again and again; the browser's own storage never holds it.

mod parts;

use guanhu_ui::{Button, ButtonKind, Notice, t};
use leptos::{prelude::*, task::spawn_local};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

pub use self::parts::{Part, Parts};
use crate::{Fail, shell::use_me, wire::Call};

#[server(endpoint = "drafts/read", protocol = Call)]
pub async fn read_draft(form: String, subject: String) -> Result<Option<Value>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::drafts::read(&bank, &actor, &form, &subject).await;
    crate::server::settle(&bank, &actor, result).await
}

/// Whether it was kept: not where somebody else logged in beside the page that it was typed into. Pages of before do not say
/// whose they are.
#[server(endpoint = "drafts/keep", protocol = Call)]
pub async fn keep_draft(form: String, subject: String, body: Option<Value>, by: Option<String>) -> Result<bool, Fail> {
    let (bank, actor) = crate::server::acting()?;
    if by.is_some_and(|by| by != actor.login) {
        return Ok(false);
    }
    let result = guanhu_crm::drafts::keep(&bank, &actor, &form, &subject, body.as_ref()).await;
    crate::server::settle(&bank, &actor, result).await.map(|()| true)
}

/// The login of its author, the form, and what it is about.
type Place = (String, &'static str, String);

/// The draft of one form about one thing.
#[derive(Clone, Copy)]
pub struct Draft {
    place: StoredValue<Place>,
    /// Counts what was typed since the page began: what comes from the server later than that is too late.
    typed: StoredValue<u32>,
}

impl Draft {
    /// `form` is one that the server knows; `subject` says which of them: a customer's number, a code.
    pub fn of(form: &'static str, subject: impl ToString) -> Draft {
        let author = use_me().map(|me| me.login).unwrap_or_default();
        Draft { place: StoredValue::new((author, form, plain(subject.to_string()))), typed: StoredValue::new(0) }
    }

    /// From now on it is about something else: a dialog that is opened for one thing after another.
    pub fn about(self, subject: impl ToString) {
        self.typed.update_value(|typed| *typed += 1);
        self.place.update_value(|place| place.2 = plain(subject.to_string()));
    }

    /// Keeps it, once typing pauses.
    pub fn keep(self, value: &impl Serialize) {
        if let Ok(value) = serde_json::to_value(value) {
            self.typed.update_value(|typed| *typed += 1);
            waiting::put(self.place.get_value(), Some(value));
        }
    }

    /// It was thrown away, or sent while its form is still there.
    pub fn forget(self) {
        self.typed.update_value(|typed| *typed += 1);
        if let Some(place) = self.place.try_get_value() {
            waiting::put(place, None);
        }
    }

    /// For an answer that may come after the form was left: forgets it all the same.
    pub fn once_sent(self) -> impl FnOnce() + use<> {
        let place = self.place.get_value();
        move || {
            self.typed.update_value(|typed| *typed += 1);
            waiting::put(place, None);
        }
    }

    /// What was kept, if anything was, and if nothing was typed before it came.
    pub fn restore<T: DeserializeOwned + 'static>(self, then: impl FnOnce(T) + 'static) {
        let place = self.place.get_value();
        if let Some(here) = waiting::of(&place) {
            if let Some(value) = here.and_then(|value| serde_json::from_value(value).ok()) {
                then(value);
            }
            return;
        }
        let before = self.typed.get_value();
        spawn_local(async move {
            let (_, form, subject) = place;
            let Ok(Some(kept)) = read_draft(form.to_owned(), subject).await else { return };
            if self.typed.try_get_value() == Some(before)
                && let Ok(value) = serde_json::from_value(kept)
            {
                then(value);
            }
        });
    }
}

/// A subject as the server takes it. Codes that banks make up may hold any sign: such a one goes by its hash.
fn plain(subject: String) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    if subject.len() <= 60 && subject.chars().all(fits) {
        return subject;
    }
    // FNV-1a
    let hash = subject.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// The simplest form, of one value such as a text: brought back whenever `open` turns true, kept while it is.
pub fn one_value<T>(draft: Draft, open: RwSignal<bool>, value: RwSignal<T>)
where
    T: Clone + Default + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    // What the form itself does with its text as it opens is not typing.
    let settled = StoredValue::new(false);
    Effect::new(move |_| {
        settled.set_value(false);
        if open.get() {
            value.set(T::default());
            draft.restore(move |kept: T| {
                value.try_set(kept);
            });
            guanhu_ui::dom::next_frame(move || {
                settled.try_set_value(true);
            });
        }
    });
    Effect::new(move |_| {
        let now = value.get();
        if settled.get_value() && open.get_untracked() {
            draft.keep(&now);
        }
    });
}

/// Keeps `value` whenever it changes, and brings back what was kept of it before: `adopt` puts it into the form,
/// unless it says no.
pub fn follow<T>(draft: Draft, restored: RwSignal<bool>, value: impl Fn() -> T + 'static, adopt: impl FnOnce(T) -> bool + 'static)
where
    T: Serialize + DeserializeOwned + PartialEq + 'static,
{
    let mut adopt = Some(adopt);
    Effect::new(move |_| {
        let Some(adopt) = adopt.take() else { return };
        draft.restore(move |kept: T| {
            if adopt(kept) {
                restored.set(true);
            }
        });
    });
    let mut began = None;
    Effect::new(move |before: Option<T>| {
        let now = value();
        match before {
            None => began = Some(untrack(&value)),
            // As it began nothing was typed.
            Some(before) if before != now && began.as_ref() == Some(&now) => draft.forget(),
            Some(before) if before != now => draft.keep(&now),
            Some(_) => {}
        }
        now
    });
}

/// Says that what stands in the form was never sent, and lets it be thrown away. Empty otherwise.
#[component]
pub fn Restored(shown: RwSignal<bool>, #[prop(into)] on_discard: Callback<()>) -> impl IntoView {
    let inside = move || {
        shown.get().then(|| {
            view! {
                <Notice>
                    <span>{t(text::restored)}</span>
                    <Button kind=ButtonKind::Quiet on_click=move |_| {
                        shown.set(false);
                        on_discard.run(());
                    }>{t(text::discard)}</Button>
                </Notice>
            }
        })
    };
    view! { {inside} }.into_any()
}

mod text {
    guanhu_domain::texts! {
        restored: "已恢复上次没有保存的内容。" | "What you had not saved is back.";
        discard: "丢弃" | "Discard";
    }
}

#[cfg(feature = "hydrate")]
mod waiting {
    use std::{cell::RefCell, collections::BTreeMap, time::Duration};

    use guanhu_domain::Code;
    use leptos::{prelude::*, task::spawn_local};
    use serde_json::{Value, json};
    use wasm_bindgen::{JsCast, closure::Closure};

    use super::Place;
    use crate::Fail;

    const PAUSE_MS: u64 = 500;
    /// After a failure; the network comes back by itself or not at all.
    const AGAIN_MS: u64 = 5_000;

    #[derive(Default)]
    struct Waiting {
        drafts: BTreeMap<Place, Option<Value>>,
        timer: Option<TimeoutHandle>,
        listens: bool,
    }

    thread_local! {
        static WAITING: RefCell<Waiting> = RefCell::default();
    }

    pub fn of(place: &Place) -> Option<Option<Value>> {
        WAITING.with_borrow(|waiting| waiting.drafts.get(place).cloned())
    }

    pub fn put(place: Place, value: Option<Value>) {
        WAITING.with_borrow_mut(|waiting| waiting.drafts.insert(place, value));
        listen();
        send_in(PAUSE_MS);
    }

    fn send_in(millis: u64) {
        let timer = set_timeout_with_handle(send, Duration::from_millis(millis)).ok();
        if let Some(before) = WAITING.with_borrow_mut(|waiting| std::mem::replace(&mut waiting.timer, timer)) {
            before.clear();
        }
    }

    fn send() {
        let drafts = WAITING.with_borrow(|waiting| waiting.drafts.clone());
        for (place, value) in drafts {
            spawn_local(async move {
                let (by, form, subject) = place.clone();
                let answer = super::keep_draft(form.to_owned(), subject, value.clone(), Some(by)).await;
                match answer {
                    Err(fail) if later(&fail) => return send_in(AGAIN_MS),
                    // It waits here until its author is back.
                    Ok(false) => return,
                    _ => {}
                }
                // What was typed meanwhile is sent by its own.
                WAITING.with_borrow_mut(|waiting| {
                    if waiting.drafts.get(&place) == Some(&value) {
                        waiting.drafts.remove(&place);
                    }
                });
            });
        }
    }

    /// Whether trying again later may do: its author may log in beside the page.
    fn later(fail: &Fail) -> bool {
        matches!(fail.0.code, Code::Offline | Code::Busy | Code::Internal | Code::Unauthenticated)
    }

    /// The last words of a page that is being left go out with it.
    fn listen() {
        if WAITING.with_borrow_mut(|waiting| std::mem::replace(&mut waiting.listens, true)) {
            return;
        }
        let leaving = Closure::<dyn FnMut()>::new(|| {
            for ((by, form, subject), body) in WAITING.with_borrow(|waiting| waiting.drafts.clone()) {
                let text = json!({ "form": form, "subject": subject, "body": body, "by": by }).to_string();
                let _ = window().navigator().send_beacon_with_opt_str(&crate::practice::address("/api/drafts/keep"), Some(&text));
            }
        });
        let _ = window().add_event_listener_with_callback("pagehide", leaving.as_ref().unchecked_ref());
        leaving.forget();
        // Without a network even the last words would be lost: whoever leaves all the same is asked first.
        let asks = Closure::<dyn FnMut(web_sys::BeforeUnloadEvent)>::new(|event: web_sys::BeforeUnloadEvent| {
            let unsent = WAITING.with_borrow(|waiting| waiting.drafts.values().any(Option::is_some));
            if unsent && !window().navigator().on_line() {
                event.prevent_default();
                event.set_return_value("offline");
            }
        });
        let _ = window().add_event_listener_with_callback("beforeunload", asks.as_ref().unchecked_ref());
        asks.forget();
        let online = Closure::<dyn FnMut()>::new(send);
        let _ = window().add_event_listener_with_callback("online", online.as_ref().unchecked_ref());
        // Both as long as the page itself.
        online.forget();
    }
}

#[cfg(not(feature = "hydrate"))]
mod waiting {
    use serde_json::Value;

    use super::Place;

    pub fn of(_place: &Place) -> Option<Option<Value>> {
        None
    }

    pub fn put(_place: Place, _value: Option<Value>) {}
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn any_code_is_a_subject() {
        assert_eq!(plain("100000000001-new".into()), "100000000001-new");
        let [one, other] = ["城东/一", "城东/二"].map(|code| plain(code.to_owned()));
        assert!(one != other && one.len() == 16 && one.bytes().all(|byte| byte.is_ascii_hexdigit()), "{one} {other}");
        assert_eq!(plain("x".repeat(61)).len(), 16);
    }
}
