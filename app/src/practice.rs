//! The practice bank: the mark on all of its pages, and the page at `/practice` by which one enters, resets and leaves it.

mod api;
mod text;

#[cfg(feature = "hydrate")]
use std::sync::atomic::{AtomicBool, Ordering};

use guanhu_domain::{
    Code, Lang,
    practice::{Part, PracticePage, Standing},
};
use guanhu_ui::{Button, ButtonKind, EmptyState, Glyph, Icon, Notice, PageHead, Progress, Section, Tone, dom, t, use_lang};
use leptos::{prelude::*, text_prop::TextProp};
use leptos_router::hooks::use_query_map;
use serde::{Deserialize, Serialize};

use crate::{
    Asked,
    loaded::Failed,
    scripts::LazyPage,
    shell::{Protected, submit},
    title::Title,
};

/// Which bank the page is of. In context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Here {
    /// The bank, beside which nobody can practise.
    #[default]
    Alone,
    /// The bank.
    Bank,
    /// The practice bank.
    Within,
}

/// On the server, in context: the practice bank, if there may be one, and whether this request is to it.
#[cfg(feature = "ssr")]
#[derive(Clone)]
pub struct Practising {
    pub databases: Option<guanhu_crm::practice::Databases>,
    pub within: bool,
}

#[cfg(feature = "ssr")]
impl Here {
    /// Of this request.
    pub fn of_request() -> Here {
        match use_context::<Practising>() {
            Some(Practising { within: true, .. }) => Here::Within,
            Some(Practising { databases: Some(_), .. }) => Here::Bank,
            _ => Here::Alone,
        }
    }
}

pub fn use_here() -> Here {
    use_context().unwrap_or_default()
}

/// In the head of the practice bank's pages: what their scripts ask for is asked of the practice bank, whatever this
/// browser has entered or left since.
pub const SAYS: &str = "(function(w){var f=w.fetch;w.fetch=function(r,o){if(r instanceof Request)r.headers.set('guanhu-practice','1');return f.call(w,r,o)}})(window)";

#[cfg(feature = "hydrate")]
static WITHIN: AtomicBool = AtomicBool::new(false);

/// Provides where the page is, to components and to [`address`].
pub fn provide_here(here: Here) {
    #[cfg(feature = "hydrate")]
    WITHIN.store(here == Here::Within, Ordering::Relaxed);
    provide_context(here);
}

/// The address of what a script asks for by other means than `fetch`, which [`SAYS`] cannot mark.
#[cfg(feature = "hydrate")]
pub fn address(of: impl Into<String>) -> String {
    let mut address: String = of.into();
    if WITHIN.load(Ordering::Relaxed) {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str("practice=true");
    }
    address
}

/// `练习 · ` before the title of a window, so that windows are told apart.
pub fn marked(title: TextProp) -> TextProp {
    match use_here() {
        Here::Within => {
            let lang = use_lang();
            TextProp::from(move || format!("{} · {}", text::practice(lang.get()), title.get()))
        }
        _ => title,
    }
}

/// The bank's name at the head of a sheet of paper.
#[cfg(feature = "ssr")]
pub fn paper_head(here: Here, bank_name: &str) -> String {
    match here {
        Here::Within => format!("{} {} · {bank_name}", text::practice(Lang::Zh), text::practice(Lang::En)),
        _ => bank_name.to_owned(),
    }
}

/// The form behind every way out.
const LEAVE: &str = "practice-leave";
const ENTER: &str = "practice-enter";

pub fn leave() {
    submit(LEAVE);
}

/// Words for the menu and the palette.
pub fn name(lang: Lang) -> &'static str {
    text::practice(lang)
}

pub fn leave_name(lang: Lang) -> &'static str {
    text::leave(lang)
}

/// Stands over every page of the practice bank, in sight however far one scrolls. Plain forms and links: they work
/// before any script arrives.
#[component]
pub fn Band() -> impl IntoView {
    (use_here() == Here::Within).then(|| {
        view! {
            <section class="practice-band" aria-label=t(text::band)>
                <Icon glyph=Glyph::Workbench />
                <strong>{t(text::practice)}</strong>
                <span class="practice-said">{t(text::made_up)}</span>
                <a class="btn" href="/practice">{t(text::reset_place)}</a>
                <form id=LEAVE method="post" action="/practice/leave">
                    <Button r#type="submit">{t(text::leave)}</Button>
                </form>
            </section>
        }
        .into_any()
    })
}

/// The page at `/practice`; `?entering` goes in once the practice bank is made, `?over` and `?failed` say what happened.
pub struct PracticeRoute(Asked<PracticePage>);

impl LazyPage for PracticeRoute {
    fn data() -> Self {
        PracticeRoute(Asked::once(api::read_standing))
    }

    fn view(this: Self) -> AnyView {
        let page = this.0;
        let query = use_query_map();
        let said = |name: &'static str| query.with_untracked(|query| query.get(name).is_some());
        let (entering, over, failed) = (said("entering"), said("over"), said("failed"));
        let waited = StoredValue::new(false);
        let shown = move || {
            page.get().map(|answer| match answer {
                Ok(PracticePage { standing: Standing::Ready, practising: Some(sessions) }) => inside(sessions),
                Ok(PracticePage { standing, .. }) => {
                    match standing {
                        Standing::Making { .. } => {
                            waited.set_value(true);
                            dom::after(1_000, move || page.refetch());
                        }
                        // Only for whoever asked for it on this very page.
                        Standing::Ready if entering && waited.get_value() => dom::after(100, || submit(ENTER)),
                        _ => {}
                    }
                    outside(standing, entering)
                }
                Err(fail) if fail.0.code == Code::NotFound => {
                    view! { <EmptyState title=t(text::not_offered) text=t(text::not_offered_hint) /> }.into_any()
                }
                Err(fail) => view! { <Failed fail on_retry=move |()| page.refetch() /> }.into_any(),
            })
        };
        view! {
            <Title text=t(text::title) />
            <Protected>
                <div class="page narrow">
                    <PageHead title=t(text::practice) note=t(text::note) />
                    {over.then(|| view! { <Notice tone=Tone::Warn>{t(text::over)}</Notice> })}
                    {failed.then(|| view! { <Notice tone=Tone::Alarm>{t(text::failed)}</Notice> })}
                    <Transition>{shown}</Transition>
                </div>
            </Protected>
        }
        .into_any()
    }
}

fn outside(standing: Standing, entering: bool) -> AnyView {
    let hint: fn(Lang) -> &'static str = match standing {
        Standing::Unmade => text::first,
        Standing::Making { .. } if entering => text::making,
        Standing::Making { .. } => text::making_other,
        Standing::Ready => text::ready,
        Standing::Failed => text::not_made,
    };
    let way = match standing {
        Standing::Making { part, done, total } => {
            let total = (total > 0).then_some(total);
            view! { <Progress label=t(part_name(part)) done=Signal::stored(done) total=Signal::stored(total) /> }.into_any()
        }
        _ => view! {
            <form id=ENTER method="post" action="/practice/enter">
                <Button kind=ButtonKind::Primary r#type="submit">{t(text::enter)}</Button>
            </form>
        }
        .into_any(),
    };
    view! {
        <ul class="practice-facts">
            <li>{t(text::apart)}</li>
            <li>{t(text::shared)}</li>
            <li>{t(text::session)}</li>
        </ul>
        <p role="status">{t(hint)}</p>
        {way}
    }
    .into_any()
}

fn inside(sessions: i64) -> AnyView {
    let lang = use_lang();
    let busy = RwSignal::new(false);
    view! {
        <Section title=t(text::within)>
            <ul class="practice-facts">
                <li>{t(text::apart)}</li>
                <li>{t(text::shared)}</li>
                <li>{t(text::session)}</li>
            </ul>
        </Section>
        <Section title=t(text::reset_title) help="practice#reset">
            <p>{t(text::reset_all)}</p>
            <p>{move || text::practising(lang.get(), sessions)}</p>
            <form method="post" action="/practice/reset" on:submit=move |_| busy.set(true)>
                <Button kind=ButtonKind::Danger r#type="submit" busy>{t(text::reset)}</Button>
            </form>
        </Section>
    }
    .into_any()
}

fn part_name(part: Part) -> fn(Lang) -> &'static str {
    match part {
        Part::Waiting => text::waiting,
        Part::Schema => text::schema,
        Part::Customers => text::customers,
        Part::Indexes => text::indexes,
        Part::Months => text::months,
        Part::Copy => text::copy,
    }
}
