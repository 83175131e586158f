//! The scripts that pages come in. Pages that people go to and fro between share one: whoever opens the
//! board has the transfers too. One script a page would make hundreds of small files of what they share.

use leptos::prelude::*;
use leptos_router::LazyRoute;

use crate::{
    access::AccountRoute,
    admin::{ApprovalsRoute, StaffRoute, UnitsRoute, UsersRoute},
    audit::AuditRoute,
    board::BoardRoute,
    customers::{list::ListRoute, view::CustomerRoute},
    dashboards::{BankRoute, ManagerRoute, ManagersRoute, ProductsRoute, TargetsRoute, ValueRoute},
    feeds::{EditorRoute, HistoryRoute, LoadRoute, RunRoute},
    gallery::GalleryRoute,
    groups::GroupsRoute,
    handover::HandoverRoute,
    system::SystemRoute,
    tiers::TiersRoute,
    transfers::TransfersRoute,
};

/// A page whose script comes when it is wanted.
pub trait LazyPage {
    /// What the page asks the server for. It is asked while the script is still on its way, so this is
    /// part of the script that every visit begins with.
    fn data() -> Self;

    fn view(this: Self) -> AnyView;
}

macro_rules! scripts {
    ($($script:ident $load:ident $preload:ident: $($page:ident)+;)*) => {$(
        // One variant a page, by the page's name.
        #[allow(clippy::enum_variant_names)]
        enum $script {
            $($page($page),)+
        }

        #[lazy]
        fn $load(page: $script) -> AnyView {
            match page {
                $($script::$page(page) => LazyPage::view(page),)+
            }
        }

        $(
            impl LazyRoute for $page {
                fn data() -> $page {
                    LazyPage::data()
                }

                async fn view(this: $page) -> AnyView {
                    $load($script::$page(this)).await
                }

                async fn preload() {
                    #[cfg(target_arch = "wasm32")]
                    $preload().await;
                }
            }
        )+
    )*};
}

// The third word is what `lazy` calls the function that only loads.
scripts! {
    List list __preload_list: ListRoute;
    Customer customer __preload_customer: CustomerRoute;
    Charge charge __preload_charge: BoardRoute TransfersRoute HandoverRoute;
    Dashboards dashboards __preload_dashboards: BankRoute ManagersRoute ManagerRoute ProductsRoute ValueRoute TargetsRoute;
    Segments segments __preload_segments: TiersRoute GroupsRoute;
    Office office __preload_office: AccountRoute UsersRoute ApprovalsRoute UnitsRoute StaffRoute AuditRoute SystemRoute;
    Imports imports __preload_imports: HistoryRoute LoadRoute RunRoute EditorRoute;
    Gallery gallery __preload_gallery: GalleryRoute;
}
