//! Hears of what others change while a page is open. One connection for the whole browser window, open only
//! while somebody listens and the window is in sight: a browser has few connections to one server, and a
//! window that comes back catches up from where it was.

use guanhu_domain::live::LiveEvent;

/// Calls `hear` for every event until the component that listens is gone. Nothing on the server.
pub fn follow(hear: impl Fn(&LiveEvent) + 'static) {
    #[cfg(feature = "hydrate")]
    browser::follow(std::rc::Rc::new(hear));
    #[cfg(not(feature = "hydrate"))]
    drop(hear);
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::{cell::RefCell, rc::Rc};

    use guanhu_domain::live::LiveEvent;
    use leptos::prelude::*;
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{EventSource, MessageEvent};

    type Hear = Rc<dyn Fn(&LiveEvent)>;

    #[derive(Default)]
    struct Hub {
        listeners: Vec<(u32, Hear)>,
        next: u32,
        open: Option<Open>,
        /// The place in the server's stream.
        last: String,
        tries: u32,
        watches: bool,
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

    fn connect() {
        let wanted = HUB.with_borrow(|hub| hub.open.is_none() && !hub.listeners.is_empty());
        if !wanted || hidden() {
            return;
        }
        let last = HUB.with_borrow(|hub| hub.last.clone());
        let address = if last.is_empty() { "/api/v1/events".to_owned() } else { format!("/api/v1/events?after={last}") };
        let Ok(source) = EventSource::new(&address) else { return };
        let message = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| {
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
            if let Ok(event) = serde_json::from_str::<LiveEvent>(&data) {
                for (_, hear) in listeners {
                    hear(&event);
                }
            }
        });
        let error = Closure::<dyn FnMut()>::new(|| {
            // The browser tries again by itself unless the server said no.
            let refused = HUB.with_borrow(|hub| hub.open.as_ref().is_some_and(|open| open.source.ready_state() == EventSource::CLOSED));
            if refused {
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
        });
        source.set_onmessage(Some(message.as_ref().unchecked_ref()));
        source.set_onerror(Some(error.as_ref().unchecked_ref()));
        HUB.with_borrow_mut(|hub| hub.open = Some(Open { source, _message: message, _error: error }));
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
