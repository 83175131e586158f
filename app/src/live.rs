//! Hears of what others change while a page is open. One connection for the whole browser window, open only
//! while somebody listens and the window is in sight: a browser has few connections to one server, and a
//! window that comes back catches up from where it was.

use guanhu_domain::live::LiveEvent;
use guanhu_ui::{Button, t, use_lang};
use leptos::prelude::*;

mod text {
    guanhu_domain::texts! {
        lost: "连接中断，正在重连；此间的变化稍后补上。" | "The connection is cut. Reconnecting; what changes meanwhile is caught up.";
        over: "登录已失效，页面不再更新。" | "The session has ended; this page is no longer up to date.";
        log_in: "重新登录" | "Log in again";
    }
}

/// How it stands with the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// As far as is known, what is on the screen is how it is.
    #[default]
    Live,
    /// Tries again.
    Lost,
    /// Nobody is logged in any more.
    Over,
}

/// On the server, in context: where its events stand. Zero where that is not known yet.
#[derive(Clone, Copy)]
pub struct Place(pub i64);

/// Begins where the server stood when it drew the page: what happened since is heard with the first connection.
pub fn begin(place: i64) {
    #[cfg(feature = "hydrate")]
    browser::begin(place);
    #[cfg(not(feature = "hydrate"))]
    let _ = place;
}

/// Calls `hear` for every event until the component that listens is gone. Nothing on the server.
pub fn follow(hear: impl Fn(&LiveEvent) + 'static) {
    #[cfg(feature = "hydrate")]
    browser::follow(std::rc::Rc::new(hear));
    #[cfg(not(feature = "hydrate"))]
    drop(hear);
}

/// Says when a page that follows is not up to date, and why. Empty while it is. `<NotLive/>`
#[component]
pub fn NotLive() -> impl IntoView {
    let lang = use_lang();
    #[cfg(feature = "hydrate")]
    let standing = browser::standing();
    #[cfg(not(feature = "hydrate"))]
    let standing = RwSignal::new(Standing::default());
    move || {
        let words: fn(_) -> _ = match standing.get() {
            Standing::Live => return None,
            Standing::Lost => text::lost,
            Standing::Over => text::over,
        };
        let over = standing.get() == Standing::Over;
        Some(view! {
            <div class="notice not-live" role="status">
                <span>{move || words(lang.get())}</span>
                {over.then(|| view! { <Button on_click=|_| crate::customers::dom::leave_for_login()>{t(text::log_in)}</Button> })}
            </div>
        })
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::{cell::RefCell, rc::Rc};

    use guanhu_domain::live::LiveEvent;
    use leptos::{prelude::*, task::spawn_local};
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{EventSource, MessageEvent};

    use super::Standing;

    type Hear = Rc<dyn Fn(&LiveEvent)>;

    /// So long a cut may last before the page says that it is not up to date.
    const PATIENCE_MS: u64 = 3_000;

    #[derive(Default)]
    struct Hub {
        listeners: Vec<(u32, Hear)>,
        next: u32,
        open: Option<Open>,
        /// The place in the server's stream.
        last: String,
        tries: u32,
        watches: bool,
        /// A cut that nobody has been told of yet.
        cut: bool,
        standing: ArcRwSignal<Standing>,
    }

    struct Open {
        source: EventSource,
        _message: Closure<dyn FnMut(MessageEvent)>,
        _error: Closure<dyn FnMut()>,
    }

    impl Drop for Open {
        fn drop(&mut self) {
            self.source.set_onmessage(None);
            self.source.set_onerror(None);
            self.source.close();
        }
    }

    thread_local! {
        static HUB: RefCell<Hub> = RefCell::default();
    }

    pub fn standing() -> RwSignal<Standing> {
        HUB.with_borrow(|hub| hub.standing.clone()).into()
    }

    pub fn begin(place: i64) {
        if place > 0 {
            HUB.with_borrow_mut(|hub| hub.last = place.to_string());
        }
    }

    pub fn follow(hear: Hear) {
        Effect::new(move |_| {
            let id = HUB.with_borrow_mut(|hub| {
                hub.next += 1;
                hub.listeners.push((hub.next, hear.clone()));
                hub.next
            });
            watch_window();
            connect();
            on_cleanup(move || {
                let closed = HUB.with_borrow_mut(|hub| {
                    hub.listeners.retain(|(listener, _)| *listener != id);
                    if hub.listeners.is_empty() { hub.open.take() } else { None }
                });
                drop(closed);
            });
        });
    }

    fn hidden() -> bool {
        document().hidden()
    }

    fn stands(standing: Standing) {
        let signal = HUB.with_borrow_mut(|hub| {
            hub.cut &= standing != Standing::Live;
            hub.standing.clone()
        });
        if signal.get_untracked() != standing {
            signal.set(standing);
        }
    }

    fn connect() {
        let wanted = HUB.with_borrow(|hub| hub.open.is_none() && !hub.listeners.is_empty());
        if !wanted || hidden() {
            return;
        }
        let last = HUB.with_borrow(|hub| hub.last.clone());
        let address = if last.is_empty() { "/api/v1/events".to_owned() } else { format!("/api/v1/events?after={last}") };
        let Ok(source) = EventSource::new(&crate::practice::address(address)) else { return };
        let message = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| hear(&event));
        let error = Closure::<dyn FnMut()>::new(cut);
        source.set_onmessage(Some(message.as_ref().unchecked_ref()));
        source.set_onerror(Some(error.as_ref().unchecked_ref()));
        HUB.with_borrow_mut(|hub| hub.open = Some(Open { source, _message: message, _error: error }));
    }

    fn hear(event: &MessageEvent) {
        let id = event.last_event_id();
        let listeners = HUB.with_borrow_mut(|hub| {
            hub.tries = 0;
            if !id.is_empty() {
                hub.last = id;
            }
            hub.listeners.clone()
        });
        let Some(data) = event.data().as_string() else { return };
        // What a newer server says and this page does not know is not for it.
        match serde_json::from_str::<LiveEvent>(&data) {
            Ok(LiveEvent::Over) => end(),
            Ok(LiveEvent::Here) | Err(_) => stands(Standing::Live),
            Ok(event) => {
                stands(Standing::Live);
                for (_, hear) in listeners {
                    hear(&event);
                }
            }
        }
    }

    /// Nobody is logged in: there is nothing to try again.
    fn end() {
        // Later: this very connection is what calls.
        set_timeout(|| drop(HUB.with_borrow_mut(|hub| hub.open.take())), std::time::Duration::ZERO);
        stands(Standing::Over);
    }

    fn cut() {
        let already = HUB.with_borrow_mut(|hub| std::mem::replace(&mut hub.cut, true));
        if !already {
            guanhu_ui::dom::after(PATIENCE_MS, || {
                if HUB.with_borrow(|hub| hub.cut && hub.standing.get_untracked() == Standing::Live) {
                    stands(Standing::Lost);
                }
            });
        }
        // The browser tries again by itself unless the server said no.
        let refused = HUB.with_borrow(|hub| hub.open.as_ref().is_some_and(|open| open.source.ready_state() == EventSource::CLOSED));
        if refused {
            spawn_local(async {
                let who = gloo_net::http::Request::get("/api/v1/me").send().await;
                if who.is_ok_and(|who| who.status() == 401) { end() } else { try_again() }
            });
        }
    }

    fn try_again() {
        let tries = HUB.with_borrow_mut(|hub| {
            hub.tries = (hub.tries + 1).min(6);
            hub.tries
        });
        set_timeout(
            || {
                drop(HUB.with_borrow_mut(|hub| hub.open.take()));
                connect();
            },
            std::time::Duration::from_millis(500 << tries),
        );
    }

    fn watch_window() {
        let already = HUB.with_borrow_mut(|hub| std::mem::replace(&mut hub.watches, true));
        if already {
            return;
        }
        let changed = Closure::<dyn FnMut()>::new(|| {
            if hidden() {
                drop(HUB.with_borrow_mut(|hub| hub.open.take()));
            } else {
                connect();
            }
        });
        let _ = document().add_event_listener_with_callback("visibilitychange", changed.as_ref().unchecked_ref());
        // As long as the window itself.
        changed.forget();
    }
}
