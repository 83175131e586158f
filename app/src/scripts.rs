//! The scripts that pages come in. Pages that people go to and fro between share one: whoever opens the
//! board has the transfers too. One script a page would make hundreds of small files of what they share.

#[cfg(target_arch = "wasm32")]
use std::{
    future::{Future, poll_fn},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

use guanhu_ui::{ErrorState, t};
use leptos::{prelude::*, wasm_split::SplitLoaderError};
use leptos_router::LazyRoute;

use crate::desk::Hand;
pub use crate::{
    access::AccountRoute,
    admin::{ApprovalsRoute, StaffRoute, UnitsRoute, UsersRoute},
    audit::AuditRoute,
    board::BoardRoute,
    customers::{list::ListRoute, view::CustomerRoute},
    dashboards::{
        BankRoute, BehindRoute, CertificateRoute, CompareRoute, HomeRoute, ManagerRoute, ManagersRoute, ProductRoute, ProductsRoute,
        ScoringRoute, TargetsRoute, ValueRoute, WordingRoute,
    },
    feeds::{EditorRoute, HistoryRoute, LoadRoute, RunRoute},
    gallery::GalleryRoute,
    groups::GroupsRoute,
    handover::{HandoverRoute, SheetRoute},
    help::HelpRoute,
    lifecycle::LifecycleRoute,
    newcomers::NewcomersRoute,
    opportunities::OpportunitiesRoute,
    parameters::ParametersRoute,
    pool::PoolRoute,
    practice::PracticeRoute,
    prices::PricesRoute,
    system::SystemRoute,
    text,
    tiers::TiersRoute,
    transfers::{ManyRoute, TransfersRoute},
};

/// A page whose script comes when it is wanted.
pub trait LazyPage {
    /// What the page asks the server for. It is asked while the script is still on its way, so this is
    /// part of the script that every visit begins with.
    fn data() -> Self;

    fn view(this: Self) -> AnyView;
}

macro_rules! scripts {
    ($($script:ident $load:ident $preload:ident $($place:literal)*: $($page:ident)+;)*) => {$(
        // One variant a page, by the page's name.
        #[allow(clippy::enum_variant_names)]
        enum $script {
            $($page($page),)+
        }

        /// `lazy` would bring the whole product down when a script does not arrive; this one says so.
        #[cfg(target_arch = "wasm32")]
        #[leptos::wasm_split::wasm_split($load, wasm_split_path = ::leptos::wasm_split, preload(#[doc(hidden)] $preload), fallible)]
        fn $load(page: $script) -> Result<AnyView, SplitLoaderError> {
            Ok(match page {
                $($script::$page(page) => LazyPage::view(page),)+
            })
        }

        #[cfg(not(target_arch = "wasm32"))]
        async fn $load(page: $script) -> Result<AnyView, SplitLoaderError> {
            leptos::prefetch_lazy_fn_on_server(stringify!($load));
            Ok(match page {
                $($script::$page(page) => LazyPage::view(page),)+
            })
        }

        $(
            impl LazyRoute for $page {
                fn data() -> $page {
                    LazyPage::data()
                }

                async fn view(this: $page) -> AnyView {
                    #[cfg(target_arch = "wasm32")]
                    if !arrives($preload).await {
                        return gone();
                    }
                    $load($script::$page(this)).await.unwrap_or_else(|_| gone())
                }

                async fn preload() {
                    #[cfg(target_arch = "wasm32")]
                    arrives($preload).await;
                }
            }
        )+
    )*
        /// Fetches the script that the page at this path comes in, before one goes there.
        #[cfg(target_arch = "wasm32")]
        pub fn fetch_ahead(path: &str) {
            let scripts = [$(script(&[$($place),*], || {
                leptos::task::spawn_local(async {
                    // What does not arrive is asked for again by whoever goes there.
                    let _ = $preload().await;
                });
            })),*];
            let farthest = scripts.into_iter().max_by_key(|(places, _)| reach(places, path));
            if let Some((_, fetch)) = farthest.filter(|(places, _)| reach(places, path) > 0) {
                fetch();
            }
        }

        #[cfg(not(target_arch = "wasm32"))]
        pub fn fetch_ahead(_path: &str) {}

        #[cfg(test)]
        const AHEAD: &[&[&str]] = &[$(&[$($place),*]),*];
    };
}

/// Where the pages of a script are, and what fetches it.
#[cfg(target_arch = "wasm32")]
fn script(places: &'static [&'static str], fetch: fn()) -> (&'static [&'static str], fn()) {
    (places, fetch)
}

/// How much of a path the longest of these places leads to; 0 where none does.
#[cfg(any(target_arch = "wasm32", test))]
fn reach(places: &[&str], path: &str) -> usize {
    let leads =
        |place: &&&str| path.strip_prefix(**place).is_some_and(|rest| rest.is_empty() || place.ends_with('/') || rest.starts_with('/'));
    places.iter().filter(leads).map(|place| place.len()).max().unwrap_or(0)
}

/// The script of the page in sight did not arrive: what is seen of it is only drawn.
pub const GONE: &str = "guanhu:gone";

/// Tries three times: a network is often gone for a moment only.
#[cfg(target_arch = "wasm32")]
async fn arrives<F: Future<Output = Result<(), SplitLoaderError>>>(load: impl Fn() -> F) -> bool {
    // What the server drew stays as it is rather than being taken for something else.
    let drawn = Owner::current_shared_context().is_some_and(|context| context.during_hydration());
    for pause in [400, 1_200, 0] {
        if load().await.is_ok() {
            return true;
        }
        if pause > 0 {
            wait(pause).await;
        }
    }
    if drawn {
        // Nothing goes on from here: what waits need not wait for it, and the frame says that the page is not alive.
        guanhu_ui::dom::hydrated();
        guanhu_ui::dom::tell(GONE);
        std::future::pending::<()>().await;
    }
    false
}

#[cfg(target_arch = "wasm32")]
async fn wait(millis: u64) {
    let over = Arc::new(AtomicBool::new(false));
    let mut began = false;
    poll_fn(|context| {
        if over.load(Ordering::Relaxed) {
            return Poll::Ready(());
        }
        if !std::mem::replace(&mut began, true) {
            let (over, waker) = (over.clone(), context.waker().clone());
            guanhu_ui::dom::after(millis, move || {
                over.store(true, Ordering::Relaxed);
                waker.wake();
            });
        }
        Poll::Pending
    })
    .await;
}

/// In place of a page whose script did not arrive. The page is asked for again as a whole: the script may
/// be missing because the server has a newer version by now.
fn gone() -> AnyView {
    view! {
        <div class="page">
            <ErrorState message=t(text::page_gone) todo=t(text::page_gone_hint) on_retry=|()| reload() />
        </div>
    }
    .into_any()
}

pub fn reload() {
    #[cfg(feature = "hydrate")]
    let _ = window().location().reload();
}

/// What is at hand on every page; `None` when its script did not arrive.
#[cfg(target_arch = "wasm32")]
pub async fn at_hand(hand: Hand) -> Option<AnyView> {
    if !arrives(__preload_hand).await {
        return None;
    }
    load_hand(hand).await.ok()
}

/// Nothing is called for on the server.
#[cfg(not(target_arch = "wasm32"))]
pub async fn at_hand(_hand: Hand) -> Option<AnyView> {
    None
}

#[cfg(target_arch = "wasm32")]
#[leptos::wasm_split::wasm_split(load_hand, wasm_split_path = ::leptos::wasm_split, preload(#[doc(hidden)] __preload_hand), fallible)]
fn load_hand(hand: Hand) -> Result<AnyView, SplitLoaderError> {
    Ok(match hand {
        Hand::Tools(desk, me) => crate::palette::tools(desk, me),
        Hand::Find(finder, me) => crate::customers::find::results::results(finder, me),
    })
}

// The third word is the function that only loads; where the script's pages are follows.
scripts! {
    List list __preload_list "/customers": ListRoute;
    Customer customer __preload_customer "/customers/": CustomerRoute;
    Charge charge __preload_charge "/board" "/transfers" "/opportunities" "/pool" "/handover": BoardRoute TransfersRoute OpportunitiesRoute ManyRoute HandoverRoute SheetRoute PoolRoute;
    Dashboards dashboards __preload_dashboards "/dashboards" "/admin/scoring": BankRoute HomeRoute ManagersRoute ManagerRoute CertificateRoute CompareRoute ProductRoute ProductsRoute ValueRoute BehindRoute TargetsRoute ScoringRoute;
    Segments segments __preload_segments "/tiers" "/groups" "/lifecycle": TiersRoute GroupsRoute LifecycleRoute;
    Office office __preload_office "/admin" "/audit" "/system" "/account": AccountRoute UsersRoute ApprovalsRoute UnitsRoute StaffRoute AuditRoute SystemRoute PricesRoute ParametersRoute NewcomersRoute WordingRoute;
    Imports imports __preload_imports "/imports": HistoryRoute LoadRoute RunRoute EditorRoute;
    Gallery gallery __preload_gallery "/gallery": GalleryRoute;
    Help help __preload_help "/help" "/practice": HelpRoute PracticeRoute;
}

#[cfg(test)]
mod tests {
    use super::{AHEAD, reach};

    /// Which of the scripts, by its place in the list; those that lead as far are none.
    fn script(path: &str) -> Option<usize> {
        let best = AHEAD.iter().map(|places| reach(places, path)).max().filter(|best| *best > 0)?;
        let mut found = (0..AHEAD.len()).filter(|at| reach(AHEAD[*at], path) == best);
        found.next().filter(|_| found.next().is_none())
    }

    #[test]
    fn every_place_that_one_can_go_to_has_one_script() {
        let rail = crate::shell::PLACES.iter().map(|(_, place, ..)| *place);
        for place in rail.chain(["/account", "/help/tiers", "/practice", "/gallery", "/imports/runs/1", "/transfers/1/sheet", "/handover"])
        {
            assert!(script(place).is_some(), "{place}");
        }
        assert_eq!((script("/"), script("/login"), script("/customersx")), (None, None, None));
    }

    #[test]
    fn the_longest_place_says_which() {
        assert_ne!(script("/customers"), script("/customers/100000000001"));
        assert_ne!(script("/admin/scoring"), script("/admin/users"));
        assert_eq!(script("/dashboards/managers/M-1"), script("/admin/scoring"));
    }
}
