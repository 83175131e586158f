//! REST under `/api/v1`: the same verbs as the pages, for other programs.

mod audit;
mod customers;
mod dashboards;
mod extract;
mod groups;
mod lifecycle;
mod openapi;
mod opportunities;
mod parameters;
mod prices;
mod problem;
mod session;
mod tiers;
mod transfers;
mod views;

use axum::{Router, http::HeaderMap};
use guanhu_domain::{Code, Problem, access::Verb};

use crate::{AppState, session::lang};
pub(crate) use extract::{Params, refused};
pub use problem::{Refused, settle};

/// A method and path under `/api/v1`, and the verb behind it; `None` where there is nobody to authorise yet.
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub verb: Option<Verb>,
}

macro_rules! routes {
    ($($method:ident $path:literal => $($handler:ident)::+ $(, $verb:ident)?;)*) => {
        /// Every route: the authorisation table and the API document must know each.
        pub const ROUTES: &[Route] = &[$(Route { method: stringify!($method), path: $path, verb: routes!(@verb $($verb)?) }),*];

        pub fn routes() -> Router<AppState> {
            Router::new()
                $(.route($path, axum::routing::$method($($handler)::+)))*
                .route("/{*rest}", axum::routing::any(not_found))
        }

        /// What the handlers say of themselves.
        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($($handler)::+),*))]
        struct Paths;
    };
    (@verb) => { None };
    (@verb $verb:ident) => { Some(Verb::$verb) };
}

routes! {
    get "/openapi.json" => openapi::document;
    post "/session" => session::begin;
    delete "/session" => session::end, AccountOwn;
    get "/me" => session::me, AccountOwn;
    get "/customers" => customers::list, CustomerList;
    post "/customers" => customers::create, CustomerCreate;
    get "/customers/{customer_no}" => customers::view, CustomerView;
    patch "/customers/{customer_no}" => customers::edit, CustomerEdit;
    get "/customers/{customer_no}/accounts" => customers::accounts, CustomerView;
    get "/customers/{customer_no}/transactions" => customers::transactions, CustomerView;
    get "/customers/{customer_no}/timeline" => customers::timeline, CustomerView;
    get "/customers/{customer_no}/contribution" => customers::contribution, CustomerView;
    post "/customers/{customer_no}/reveal" => customers::reveal, CustomerReveal;
    post "/customers/{customer_no}/contacts" => customers::contact, CustomerEdit;
    post "/customers/{customer_no}/identities" => customers::identity, CustomerEdit;
    patch "/customers/{customer_no}/identities" => customers::change_identity, CustomerEdit;
    post "/customers/{customer_no}/activities" => customers::activity, ActivityLog;
    post "/customers/{customer_no}/tasks" => customers::task, TaskChange;
    patch "/customers/{customer_no}/tasks/{id}" => customers::turn_task, TaskChange;
    get "/opportunities" => opportunities::list, OpportunityList;
    post "/customers/{customer_no}/opportunities" => opportunities::open, OpportunityChange;
    get "/customers/{customer_no}/opportunities/{id}" => opportunities::get, OpportunityList;
    put "/customers/{customer_no}/opportunities/{id}" => opportunities::change, OpportunityChange;
    post "/customers/{customer_no}/opportunities/{id}/stage" => opportunities::move_to, OpportunityChange;
    get "/views" => views::list, ViewSave;
    post "/views" => views::save, ViewSave;
    put "/views/{id}" => views::change, ViewSave;
    delete "/views/{id}" => views::remove, ViewSave;
    get "/dictionaries" => views::dictionaries, DictionaryList;
    get "/transfers" => transfers::list, TransferList;
    post "/transfers" => transfers::request, TransferRequest;
    post "/transfers/files" => transfers::file, TransferRequest;
    get "/transfers/{transfer}" => transfers::get, TransferList;
    post "/transfers/{transfer}/approve" => transfers::approve, TransferDecide;
    post "/transfers/{transfer}/reject" => transfers::reject, TransferDecide;
    post "/transfers/{transfer}/recall" => transfers::recall, TransferRequest;
    post "/transfers/{transfer}/cancel" => transfers::cancel, TransferRequest;
    post "/transfers/{transfer}/revert" => transfers::revert, TransferRequest;
    get "/transfers/{transfer}/sheet" => transfers::sheet, TransferList;
    post "/transfers/{transfer}/sign" => transfers::sign, TransferSign;
    get "/pool" => transfers::pool, PoolPick;
    post "/pool/{customer_no}/pick" => transfers::pick, PoolPick;
    put "/customers/{customer_no}/shares" => transfers::shares, ShareSet;
    get "/customers/{customer_no}/tier" => tiers::explain, CustomerView;
    get "/tier-requests" => tiers::requests, TierView;
    post "/customers/{customer_no}/tier/requests" => tiers::ask, TierAsk;
    post "/customers/{customer_no}/tier/requests/{id}" => tiers::answer, TierAnswer;
    post "/customers/{customer_no}/tier/end" => tiers::end, TierAsk;
    get "/groups" => groups::list, GroupUse;
    post "/groups" => groups::create, GroupUse;
    get "/groups/{id}" => groups::look, GroupUse;
    post "/groups/{id}/freeze" => groups::freeze, GroupUse;
    post "/groups/{id}/restore" => groups::restore, GroupUse;
    put "/groups/{id}" => groups::change, GroupUse;
    delete "/groups/{id}" => groups::remove, GroupUse;
    get "/lifecycle" => lifecycle::get, LifecycleView;
    put "/lifecycle" => lifecycle::save, LifecycleChange;
    get "/tier-movements" => tiers::movements, CustomerList;
    get "/tiers" => tiers::list, TierView;
    post "/tiers/{scheme}/versions" => tiers::save, TierDraft;
    post "/tiers/{scheme}/versions/{n}/simulate" => tiers::simulate, TierDraft;
    get "/tiers/{scheme}/trial" => tiers::trial, TierDraft;
    delete "/tiers/{scheme}/trial" => tiers::cancel_trial, TierDraft;
    post "/tiers/{scheme}/versions/{n}/submit" => tiers::submit, TierDraft;
    post "/tiers/{scheme}/versions/{n}/publish" => tiers::publish, TierPublish;
    get "/tiers/{scheme}/versions/{n}/movers" => tiers::movers, TierMovers;
    post "/tiers/{scheme}/versions/{n}/withdraw" => tiers::withdraw, TierPublish;
    get "/events" => crate::live::events, EventFollow;
    get "/managers/performance" => dashboards::performance, DashboardView;
    get "/products/adoption" => dashboards::adoption, DashboardView;
    get "/contribution" => dashboards::contribution, DashboardView;
    get "/targets" => dashboards::targets, DashboardView;
    get "/ftp-curves" => prices::list, CurveChange;
    put "/ftp-curves/{currency}/{valid_from}" => prices::set, CurveChange;
    delete "/ftp-curves/{currency}/{valid_from}" => prices::remove, CurveChange;
    get "/parameters" => parameters::list, ParameterChange;
    put "/parameters/{id}" => parameters::set, ParameterChange;
    get "/audit" => audit::search, AuditSearch;
}

async fn not_found(headers: HeaderMap) -> Refused {
    Refused::new(Problem::new(Code::NotFound), lang(&headers))
}
