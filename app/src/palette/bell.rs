//! The bell's sheet: what is new, grouped by what it is about; what was read below; and what one wants to
//! hear of. The count on the bell follows the server, on every machine of its user alike.

use guanhu_domain::{
    Lang,
    live::LiveEvent,
    notices::{Notice, NoticeKind, NoticeSettings, Notices, Read},
};
use guanhu_ui::{Button, ButtonKind, EmptyState, Notice as Said, Section, Sheet, TimeText, Tone, t, use_lang};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    attempt::{Attempt, Told},
    customers::view::local,
    desk::{Desk, Tool},
    live,
    notices::{count_unread, list_notices, mark_read, set_notices},
};

#[derive(Clone, Copy)]
struct Here {
    desk: Desk,
    lang: Signal<Lang>,
    items: RwSignal<Vec<Notice>>,
    next: RwSignal<Option<i64>>,
    settings: RwSignal<NoticeSettings>,
    attempt: Attempt,
}

#[component]
pub fn Bell(desk: Desk) -> impl IntoView {
    let here = Here {
        desk,
        lang: use_lang(),
        items: RwSignal::new(Vec::new()),
        next: RwSignal::new(None),
        settings: RwSignal::new(NoticeSettings::default()),
        attempt: Attempt::new(),
    };
    let open = RwSignal::new(false);
    Effect::new(move |_| {
        let now = desk.open.get() == Some(Tool::Bell);
        open.set(now);
        if now {
            here.read(None);
        }
    });
    Effect::new(move |_| {
        if !open.get() && desk.open.get_untracked() == Some(Tool::Bell) {
            desk.open.set(None);
        }
    });
    Effect::new(move |_| here.read(None));
    live::follow(move |event| {
        if matches!(event, LiveEvent::Notice | LiveEvent::Reset) {
            here.read(None);
        }
    });
    browser::ask_while_hidden(here);
    view! {
        <Sheet name="bell" open title=t(text::title) footer=move || foot(here)>
            <div class="stack bell">
                <Told attempt=here.attempt />
                <p class="faint" role="status">{move || text::unread(here.lang.get(), here.desk.unread.get())}</p>
                {move || list(here)}
                <Settings here />
            </div>
        </Sheet>
    }
    .into_any()
}

impl Here {
    /// The newest, or those before one that is known.
    fn read(self, before: Option<i64>) {
        spawn_local(async move {
            // A bell that cannot be asked keeps what it knew; whoever opens it is told.
            match list_notices(before).await {
                Ok(Notices { items, next, unread, settings }) => {
                    self.desk.unread.try_set(unread);
                    self.next.try_set(next);
                    self.settings.try_set(settings);
                    self.items.try_update(|all| {
                        if before.is_none() {
                            *all = items;
                        } else {
                            all.extend(items);
                        }
                    });
                }
                Err(fail) if self.desk.open.try_get_untracked() == Some(Some(Tool::Bell)) => self.attempt.refuse(fail),
                Err(_) => {}
            }
        });
    }

    fn mark(self, read: Read) {
        self.items.update(|items| {
            for notice in items.iter_mut() {
                notice.read |= match &read {
                    Read::One(id) => notice.id == *id,
                    Read::Kind(kind, until) => notice.kind == *kind && notice.id <= *until,
                    Read::All(until) => notice.id <= *until,
                };
            }
        });
        spawn_local(async move {
            if mark_read(read).await.is_ok()
                && let Ok(unread) = count_unread().await
            {
                self.desk.unread.try_set(unread);
            }
        });
    }

    fn newest(self) -> i64 {
        self.items.with_untracked(|items| items.first().map_or(0, |notice| notice.id))
    }
}

fn list(here: Here) -> AnyView {
    let (new, old): (Vec<Notice>, Vec<Notice>) = here.items.get().into_iter().partition(|notice| !notice.read);
    if new.is_empty() && old.is_empty() {
        return view! { <EmptyState title=t(text::nothing) text=t(text::nothing_hint) /> }.into_any();
    }
    let groups = NoticeKind::ALL.iter().filter_map(|kind| {
        let of: Vec<Notice> = new.iter().filter(|notice| notice.kind == *kind).cloned().collect();
        let newest = of.first()?.id;
        let count = of.len();
        let kind = *kind;
        let title = move || text::group(here.lang.get(), kind.name(here.lang.get()), count);
        let tools = move || {
            view! {
                <Button kind=ButtonKind::Quiet on_click=move |_| here.mark(Read::Kind(kind, newest))>{t(text::read)}</Button>
            }
        };
        Some(view! { <Section title tools>{lines(here, of)}</Section> })
    });
    let groups: Vec<_> = groups.collect();
    let earlier = (!old.is_empty()).then(|| view! { <Section title=t(text::earlier)>{lines(here, old)}</Section> });
    let more = here.next.get().map(|before| {
        view! { <p class="pager"><Button on_click=move |_| here.read(Some(before))>{t(text::more)}</Button></p> }
    });
    view! { {groups} {earlier} {more} }.into_any()
}

fn lines(here: Here, notices: Vec<Notice>) -> AnyView {
    let lines = notices.into_iter().map(|notice| {
        let (id, at, link, read) = (notice.id, notice.at, notice.link.clone(), notice.read);
        let open = move |_| {
            if !read {
                here.mark(Read::One(id));
            }
            here.desk.open.set(None);
        };
        view! {
            <li>
                <a href=link on:click=open>{move || notice.words(here.lang.get())}</a>
                <span class="faint"><TimeText time=local(at) /></span>
            </li>
        }
    });
    view! { <ul class="bell-lines">{lines.collect_view()}</ul> }.into_any()
}

fn foot(here: Here) -> AnyView {
    let none = Signal::derive(move || here.desk.unread.get() == 0);
    view! {
        <Button disabled=none on_click=move |_| here.mark(Read::All(here.newest()))>{t(text::read_all)}</Button>
        <Button kind=ButtonKind::Primary on_click=move |_| here.desk.open.set(None)>{t(text::close)}</Button>
    }
    .into_any()
}

#[component]
fn Settings(here: Here) -> impl IntoView {
    let lang = here.lang;
    let refused = RwSignal::new(false);
    let keep = move |change: &dyn Fn(&mut NoticeSettings)| {
        here.settings.update(|settings| change(settings));
        let wanted = here.settings.get_untracked();
        here.attempt.run(set_notices(wanted), |()| ());
    };
    let kinds = move || {
        NoticeKind::ALL
            .iter()
            .map(|kind| {
                let kind = *kind;
                let on = move || here.settings.with(|settings| !settings.muted.contains(&kind));
                let flip = move |event| {
                    let wanted = event_target_checked(&event);
                    keep(&move |settings: &mut NoticeSettings| {
                        settings.muted.retain(|muted| *muted != kind);
                        if !wanted {
                            settings.muted.push(kind);
                        }
                    });
                };
                view! { <label class="check"><input type="checkbox" prop:checked=on on:change=flip /><span>{kind.name(lang.get())}</span></label> }
            })
            .collect_view()
    };
    let may = move |event| {
        let wanted = event_target_checked(&event);
        refused.set(false);
        if wanted {
            // The tick follows the setting: it has to be there to be taken away.
            here.settings.update(|settings| settings.browser = true);
            browser::ask_consent(move |given| {
                here.settings.update(|settings| settings.browser = given);
                if given {
                    here.attempt.run(set_notices(here.settings.get_untracked()), |()| ());
                } else {
                    refused.set(true);
                }
            });
        } else {
            keep(&|settings: &mut NoticeSettings| settings.browser = false);
        }
    };
    view! {
        <details class="bell-settings">
            <summary>{t(text::settings)}</summary>
            <fieldset>
                <legend>{t(text::which)}</legend>
                {kinds}
            </fieldset>
            <label class="check">
                <input type="checkbox" prop:checked=move || here.settings.with(|settings| settings.browser) on:change=may />
                <span>{t(text::browser)}</span>
            </label>
            <p class="field-hint">{t(text::browser_hint)}</p>
            {move || refused.get().then(|| view! { <Said tone=Tone::Alarm>{t(text::refused)}</Said> })}
        </details>
    }
    .into_any()
}

#[cfg(feature = "hydrate")]
mod browser {
    use guanhu_domain::notices::Notices;
    use guanhu_ui::dom;
    use leptos::{prelude::*, task::spawn_local};
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{CustomEvent, Notification, NotificationPermission};

    use super::{Here, list_notices, text};

    /// While nobody looks, the connection that tells of news is closed: then the count is asked for this often.
    const ASK_MS: u64 = 60_000;
    /// Two lines, of which the first is the title.
    const EVENT: &str = "guanhu:notice";

    /// Asks the browser whether it may tell; it asks its user.
    pub fn ask_consent(then: impl Fn(bool) + 'static) {
        let answered = Closure::once_into_js(move |answer: String| then(answer == "granted"));
        let _ = Notification::request_permission_with_permission_callback(answered.unchecked_ref());
    }

    pub fn ask_while_hidden(here: Here) {
        Effect::new(move |before: Option<()>| {
            if before.is_none() {
                ask_later(here);
            }
        });
    }

    fn ask_later(here: Here) {
        dom::after(ASK_MS, move || {
            // The page is gone.
            let Some(known) = here.desk.unread.try_get_untracked() else { return };
            if document().hidden() && here.settings.with_untracked(|settings| settings.browser) {
                spawn_local(async move {
                    if let Ok(Notices { items, unread, .. }) = list_notices(None).await {
                        here.desk.unread.try_set(unread);
                        if unread > known
                            && let Some(newest) = items.iter().find(|notice| !notice.read)
                        {
                            tell(here, newest.kind.name(here.lang.get_untracked()), unread);
                        }
                    }
                });
            }
            ask_later(here);
        });
    }

    /// Nobody's name: what is told outside the page may be read by others. The script in the head tells it, by way
    /// of the worker: a phone's browser takes it from nobody else, and a click on it leads back to the page.
    fn tell(here: Here, what: &str, unread: i64) {
        if Notification::permission() != NotificationPermission::Granted {
            return;
        }
        let words = format!("{what}\n{}", text::unread(here.lang.get_untracked(), unread));
        if let Ok(event) = CustomEvent::new(EVENT) {
            event.init_custom_event_with_can_bubble_and_cancelable_and_detail(EVENT, false, false, &words.into());
            let _ = document().dispatch_event(&event);
        }
    }
}

#[cfg(not(feature = "hydrate"))]
mod browser {
    use super::Here;

    pub fn ask_consent(_then: impl Fn(bool) + 'static) {}

    pub fn ask_while_hidden(_here: Here) {}
}

mod text {
    guanhu_domain::texts! {
        title: "通知" | "Notices";
        nothing: "没有通知" | "Nothing yet";
        nothing_hint: "等您审批的事、您所申请之事的结果，都会出现在这里。" | "What waits for your decision, and what came of what you asked for, appears here.";
        group(name: &str, n: usize): "{name}（{n}）" | "{name} ({n})";
        unread(n: i64): "{n} 条未读" | "{n} unread";
        read: "标为已读" | "Mark as read";
        read_all: "全部标为已读" | "Mark all as read";
        earlier: "已读" | "Read";
        more: "更早" | "Earlier";
        close: "关闭" | "Close";
        settings: "通知设置" | "Settings";
        which: "要告诉我的" | "Tell me of";
        browser: "页面在后台时，由浏览器提醒" | "Let the browser tell me while the page is in the background";
        browser_hint: "浏览器会先征得您的同意；提醒中不含客户姓名。" | "The browser asks you first; it never tells a customer's name.";
        refused: "浏览器没有允许提醒。可在浏览器的网站设置中改变。" | "The browser does not allow it. You can change that in its settings for this site.";
    }
}
