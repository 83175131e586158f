//! Every door into the house, and who gets through it. A REST route or a server function that is
//! missing here fails the test.
//!
//! **Adding one:** a line in [`ROUTES`] or [`FUNCTIONS`] with its verb and a request that can be read.

use std::{collections::BTreeSet, fs, path::Path};

use axum::http::StatusCode;
use guanhu_domain::access::{Role, Verb};
use guanhu_server::{api, session::OPEN};
use leptos::server_fn::axum::server_fn_paths;
use sqlx::PgPool;
use uuid::Uuid;

use crate::site::Site;

/// Who is asked for at a door.
#[derive(Clone, Copy, PartialEq)]
enum May {
    Anyone,
    Use(Verb),
}
use May::{Anyone, Use};

/// Method and path below `/api/v1`, who may, a body.
#[rustfmt::skip]
const ROUTES: &[(&str, &str, May, &str)] = &[
    ("get", "/openapi.json", Anyone, ""),
    ("post", "/session", Anyone, r#"{"login": "nobody", "password": "nothing"}"#),
    ("delete", "/session", Use(Verb::AccountOwn), ""),
    ("get", "/me", Use(Verb::AccountOwn), ""),
    ("get", "/customers", Use(Verb::CustomerList), ""),
    ("post", "/customers", Use(Verb::CustomerCreate), r#"{"kind": "personal", "name": "", "org": "x"}"#),
    ("get", "/customers/{customer_no}", Use(Verb::CustomerView), ""),
    ("patch", "/customers/{customer_no}", Use(Verb::CustomerEdit), "{}"),
    ("get", "/customers/{customer_no}/accounts", Use(Verb::CustomerView), ""),
    ("get", "/customers/{customer_no}/transactions", Use(Verb::CustomerView), ""),
    ("get", "/customers/{customer_no}/timeline", Use(Verb::CustomerView), ""),
    ("get", "/customers/{customer_no}/contribution", Use(Verb::CustomerView), ""),
    ("post", "/customers/{customer_no}/reveal", Use(Verb::CustomerReveal), r#"{"what": "account", "id": "x", "reason": "for the table"}"#),
    ("post", "/customers/{customer_no}/contacts", Use(Verb::CustomerEdit), r#"{"kind": "mobile", "value": "13800001234"}"#),
    ("post", "/customers/{customer_no}/identities", Use(Verb::CustomerEdit), r#"{"kind": "passport", "value": "E12345678"}"#),
    ("patch", "/customers/{customer_no}/identities", Use(Verb::CustomerEdit), r#"{"id": "x", "value": ""}"#),
    ("post", "/customers/{customer_no}/activities", Use(Verb::ActivityLog), r#"{"kind": "call", "summary": "x"}"#),
    ("post", "/customers/{customer_no}/tasks", Use(Verb::TaskChange), r#"{"title": "x"}"#),
    ("patch", "/customers/{customer_no}/tasks/{id}", Use(Verb::TaskChange), r#"{"state": "done"}"#),
    ("get", "/opportunities", Use(Verb::OpportunityList), ""),
    ("post", "/customers/{customer_no}/opportunities", Use(Verb::OpportunityChange), r#"{"title": "x", "product": "x", "source": "other", "amount": 1, "expected_on": null}"#),
    ("get", "/customers/{customer_no}/opportunities/{id}", Use(Verb::OpportunityList), ""),
    ("put", "/customers/{customer_no}/opportunities/{id}", Use(Verb::OpportunityChange), r#"{"title": "x", "product": "x", "source": "other", "amount": 1, "expected_on": null}"#),
    ("post", "/customers/{customer_no}/opportunities/{id}/stage", Use(Verb::OpportunityChange), r#"{"to": "won"}"#),
    ("get", "/views", Use(Verb::ViewSave), ""),
    ("post", "/views", Use(Verb::ViewSave), r#"{"page": "customers", "name": "", "definition": {}}"#),
    ("put", "/views/{id}", Use(Verb::ViewSave), r#"{"page": "customers", "name": "x", "definition": {}}"#),
    ("delete", "/views/{id}", Use(Verb::ViewSave), ""),
    ("get", "/dictionaries", Use(Verb::DictionaryList), ""),
    ("get", "/transfers", Use(Verb::TransferList), ""),
    ("post", "/transfers", Use(Verb::TransferRequest), r#"{"customers": [], "to": "x", "reason": ""}"#),
    ("get", "/transfers/{transfer}", Use(Verb::TransferList), ""),
    ("post", "/transfers/{transfer}/approve", Use(Verb::TransferDecide), ""),
    ("post", "/transfers/{transfer}/reject", Use(Verb::TransferDecide), r#"{"reason": "x"}"#),
    ("post", "/transfers/{transfer}/recall", Use(Verb::TransferRequest), "{}"),
    ("post", "/transfers/files", Use(Verb::TransferRequest), "x"),
    ("post", "/transfers/{transfer}/cancel", Use(Verb::TransferRequest), "{}"),
    ("post", "/transfers/{transfer}/revert", Use(Verb::TransferRequest), "{}"),
    ("get", "/transfers/{transfer}/sheet", Use(Verb::TransferList), ""),
    ("post", "/transfers/{transfer}/sign", Use(Verb::TransferSign), r#"{"side": "to", "from": "x", "to": "x"}"#),
    ("get", "/pool", Use(Verb::PoolPick), ""),
    ("post", "/pool/{customer_no}/pick", Use(Verb::PoolPick), ""),
    ("put", "/customers/{customer_no}/shares", Use(Verb::ShareSet), r#"{"assistants": {}, "reason": "x"}"#),
    ("get", "/customers/{customer_no}/tier", Use(Verb::CustomerView), ""),
    ("get", "/tier-requests", Use(Verb::TierView), ""),
    ("post", "/customers/{customer_no}/tier/requests", Use(Verb::TierAsk), r#"{"tier": "x", "until": "2026-04-30", "reason": "x"}"#),
    ("post", "/customers/{customer_no}/tier/requests/{id}", Use(Verb::TierAnswer), r#"{"approve": true}"#),
    ("post", "/customers/{customer_no}/tier/end", Use(Verb::TierAsk), r#"{"reason": "x"}"#),
    ("get", "/groups", Use(Verb::GroupUse), ""),
    ("post", "/groups", Use(Verb::GroupUse), r#"{"name": "", "kind": "static"}"#),
    ("get", "/groups/{id}", Use(Verb::GroupUse), ""),
    ("post", "/groups/{id}/freeze", Use(Verb::GroupUse), ""),
    ("post", "/groups/{id}/restore", Use(Verb::GroupUse), ""),
    ("put", "/groups/{id}", Use(Verb::GroupUse), r#"{"name": "x", "kind": "static"}"#),
    ("delete", "/groups/{id}", Use(Verb::GroupUse), ""),
    ("get", "/lifecycle", Use(Verb::LifecycleView), ""),
    ("put", "/lifecycle", Use(Verb::LifecycleChange), r#"{"rules": []}"#),
    ("get", "/tier-movements", Use(Verb::CustomerList), ""),
    ("get", "/tiers", Use(Verb::TierView), ""),
    ("post", "/tiers/{scheme}/versions", Use(Verb::TierDraft), r#"{"definition": {"settings": {"months": 3, "grace_days": 90, "upgrade": "at_once"}, "tiers": []}}"#),
    ("post", "/tiers/{scheme}/versions/{n}/simulate", Use(Verb::TierDraft), ""),
    ("get", "/tiers/{scheme}/trial", Use(Verb::TierDraft), ""),
    ("delete", "/tiers/{scheme}/trial", Use(Verb::TierDraft), ""),
    ("post", "/tiers/{scheme}/versions/{n}/submit", Use(Verb::TierDraft), "{}"),
    ("post", "/tiers/{scheme}/versions/{n}/publish", Use(Verb::TierPublish), "{}"),
    ("get", "/tiers/{scheme}/versions/{n}/movers", Use(Verb::TierMovers), ""),
    ("post", "/tiers/{scheme}/versions/{n}/withdraw", Use(Verb::TierPublish), r#"{"reason": "x"}"#),
    ("get", "/events", Use(Verb::EventFollow), ""),
    ("get", "/managers/performance", Use(Verb::DashboardView), ""),
    ("get", "/products/adoption", Use(Verb::DashboardView), ""),
    ("get", "/contribution", Use(Verb::DashboardView), ""),
    ("get", "/targets", Use(Verb::DashboardView), ""),
    ("get", "/ftp-curves", Use(Verb::CurveChange), ""),
    ("put", "/ftp-curves/{currency}/{valid_from}", Use(Verb::CurveChange), r#"{"points": []}"#),
    ("delete", "/ftp-curves/{currency}/{valid_from}", Use(Verb::CurveChange), ""),
    ("get", "/parameters", Use(Verb::ParameterChange), ""),
    ("put", "/parameters/{id}", Use(Verb::ParameterChange), r#"{"value": true}"#),
    ("get", "/audit", Use(Verb::AuditSearch), ""),
];

/// The customer of the requests: nobody's, so that what is allowed answers 404 and changes nothing.
const NO: &str = "000000999995";

/// Path below `/api`, who may, a body that the function can read: `NO` is a customer, `KEY` a UUID.
#[rustfmt::skip]
const FUNCTIONS: &[(&str, May, &str)] = &[
    ("login/welcome", Anyone, "{}"),
    ("account/own", Use(Verb::AccountOwn), "{}"),
    ("account/prefer", Use(Verb::AccountOwn), r#"{"wanted": {}}"#),
    ("account/change_password", Use(Verb::AccountOwn), r#"{"current": "x", "new": "x"}"#),
    ("account/offer_factor", Use(Verb::AccountOwn), r#"{"password": "x"}"#),
    ("account/confirm_factor", Use(Verb::AccountOwn), r#"{"totp": "0"}"#),
    ("account/remove_factor", Use(Verb::AccountOwn), r#"{"password": "x"}"#),
    ("account/revoke_session", Use(Verb::AccountOwn), r#"{"session_id": "KEY"}"#),
    ("account/revoke_others", Use(Verb::AccountOwn), "{}"),
    ("users/list", Use(Verb::UserList), r#"{"filter": {}}"#),
    ("users/create", Use(Verb::UserCreate), r#"{"new": {"login": "x", "name": "x", "grant": {"role": "executive", "org": "x"}, "reason": "x"}}"#),
    ("users/change", Use(Verb::UserChange), r#"{"login": "x", "change": {}}"#),
    ("users/reset_password", Use(Verb::UserChange), r#"{"login": "x", "reason": "x"}"#),
    ("users/reset_factor", Use(Verb::FactorReset), r#"{"login": "x", "reason": "x"}"#),
    ("users/revoke_sessions", Use(Verb::SessionRevoke), r#"{"login": "x"}"#),
    ("grants/request", Use(Verb::UserChange), r#"{"login": "x", "to": {"role": "executive", "org": "x"}, "reason": "x"}"#),
    ("grants/list", Use(Verb::UserList), "{}"),
    ("grants/decide", Use(Verb::UserApprove), r#"{"approval_id": "KEY", "approve": true, "reason": ""}"#),
    ("grants/recall", Use(Verb::UserChange), r#"{"approval_id": "KEY"}"#),
    ("units/list", Use(Verb::UnitList), "{}"),
    ("units/create", Use(Verb::UnitChange), r#"{"new": {"code": "", "name": "", "kind": "outlet", "parent": "x"}}"#),
    ("units/change", Use(Verb::UnitChange), r#"{"code": "x", "change": {}}"#),
    ("staff/list", Use(Verb::StaffList), r#"{"filter": {}}"#),
    ("staff/save", Use(Verb::StaffChange), r#"{"form": {}}"#),
    ("audit/search", Use(Verb::AuditSearch), r#"{"filter": {}}"#),
    ("system/state", Use(Verb::SystemView), "{}"),
    ("customer/page", Use(Verb::CustomerView), r#"{"no": "NO"}"#),
    ("customer/transactions", Use(Verb::CustomerView), r#"{"no": "NO", "query": {}}"#),
    ("customer/timeline", Use(Verb::CustomerView), r#"{"no": "NO", "kind": "complaint", "after": null}"#),
    ("customer/edit", Use(Verb::CustomerEdit), r#"{"no": "NO", "version": 1, "key": "KEY", "patch": {}}"#),
    ("customer/reveal", Use(Verb::CustomerReveal), r#"{"no": "NO", "request": {"what": "account", "id": "x", "reason": "for the table"}}"#),
    ("customer/contact", Use(Verb::CustomerEdit), r#"{"no": "NO", "key": "KEY", "change": {"kind": "mobile", "value": "13800001234"}}"#),
    ("customer/identity", Use(Verb::CustomerEdit), r#"{"no": "NO", "key": "KEY", "identity": {"kind": "passport", "value": "E12345678"}}"#),
    ("customer/change_identity", Use(Verb::CustomerEdit), r#"{"no": "NO", "key": "KEY", "change": {"id": "x", "value": ""}}"#),
    ("customer/task/create", Use(Verb::TaskChange), r#"{"no": "NO", "key": "KEY", "task": {"title": "x"}}"#),
    ("customer/shares", Use(Verb::ShareSet), r#"{"no": "NO", "change": {"assistants": {}, "reason": "x"}, "key": "KEY"}"#),
    ("customer/log", Use(Verb::ActivityLog), r#"{"no": "NO", "key": "KEY", "activity": {"kind": "call", "summary": "x"}}"#),
    ("customer/task/complete", Use(Verb::TaskChange), r#"{"no": "NO", "id": "x", "version": 1, "end": "done", "key": "KEY"}"#),
    ("customer/task/reopen", Use(Verb::TaskChange), r#"{"no": "NO", "id": "x", "version": 1, "key": "KEY"}"#),
    ("opportunities/page", Use(Verb::OpportunityList), r#"{"query": {}}"#),
    ("opportunities/list", Use(Verb::OpportunityList), r#"{"query": {}}"#),
    ("opportunities/detail", Use(Verb::OpportunityList), r#"{"no": "NO", "id": "x"}"#),
    ("opportunities/choices", Use(Verb::OpportunityChange), r#"{"no": "NO"}"#),
    ("opportunities/open", Use(Verb::OpportunityChange), r#"{"no": "NO", "form": {"title": "x", "product": "x", "source": "other", "amount": 1, "expected_on": null}, "key": "KEY"}"#),
    ("opportunities/change", Use(Verb::OpportunityChange), r#"{"no": "NO", "id": "x", "version": 1, "form": {"title": "x", "product": "x", "source": "other", "amount": 1, "expected_on": null}, "key": "KEY"}"#),
    ("opportunities/move", Use(Verb::OpportunityChange), r#"{"no": "NO", "id": "x", "version": 1, "to": {"to": "won"}, "key": "KEY"}"#),
    ("customer/dictionaries", Use(Verb::DictionaryList), "{}"),
    ("customers/start", Use(Verb::CustomerList), r#"{"query": {}, "with_choices": false}"#),
    ("customers/list", Use(Verb::CustomerList), r#"{"query": {}}"#),
    ("customers/choices", Use(Verb::CustomerList), "{}"),
    ("customers/views", Use(Verb::ViewSave), "{}"),
    ("customers/save_view", Use(Verb::ViewSave), r#"{"draft": {"page": "customers", "name": "", "definition": {}}, "key": "KEY"}"#),
    ("customers/change_view", Use(Verb::ViewSave), r#"{"id": "x", "version": 1, "draft": {"page": "customers", "name": "x", "definition": {}}}"#),
    ("customers/remove_view", Use(Verb::ViewSave), r#"{"id": "x"}"#),
    ("tiers/page", Use(Verb::TierView), "{}"),
    ("tiers/install", Use(Verb::TierDraft), "{}"),
    ("tiers/save", Use(Verb::TierDraft), r#"{"scheme": "x", "key": "KEY", "draft": {"definition": {"settings": {"months": 3, "grace_days": 90, "upgrade": "at_once"}, "tiers": []}}}"#),
    ("tiers/simulate", Use(Verb::TierDraft), r#"{"scheme": "x", "number": 1, "revision": 1}"#),
    ("tiers/submit", Use(Verb::TierDraft), r#"{"scheme": "x", "number": 1, "asked": {}, "key": "KEY"}"#),
    ("tiers/publish", Use(Verb::TierPublish), r#"{"scheme": "x", "number": 1, "decision": {}, "key": "KEY"}"#),
    ("tiers/withdraw", Use(Verb::TierPublish), r#"{"scheme": "x", "number": 1, "asked": {"reason": "x"}, "key": "KEY"}"#),
    ("tiers/trial", Use(Verb::TierDraft), r#"{"scheme": "x"}"#),
    ("tiers/trial/cancel", Use(Verb::TierDraft), r#"{"scheme": "x"}"#),
    ("tiers/movers", Use(Verb::TierMovers), r#"{"scheme": "x", "number": 1, "query": {}}"#),
    ("tiers/movements", Use(Verb::CustomerList), r#"{"query": {}}"#),
    ("lifecycle/page", Use(Verb::LifecycleView), "{}"),
    ("lifecycle/save", Use(Verb::LifecycleChange), r#"{"version": 1, "draft": {"rules": []}, "key": "KEY"}"#),
    ("groups/page", Use(Verb::GroupUse), "{}"),
    ("rules/facts", Use(Verb::CustomerView), r#"{"no": "NO"}"#),
    ("groups/find", Use(Verb::GroupUse), r#"{"rule": {"v": 1, "when": {"known": {"field": "aum"}}}}"#),
    ("groups/find_combined", Use(Verb::GroupUse), r#"{"joint": "union", "parts": []}"#),
    ("groups/freeze", Use(Verb::GroupUse), r#"{"code": "x", "key": "KEY"}"#),
    ("groups/restore", Use(Verb::GroupUse), r#"{"code": "x", "key": "KEY"}"#),
    ("groups/create", Use(Verb::GroupUse), r#"{"key": "KEY", "draft": {"name": "", "kind": "static"}}"#),
    ("groups/change", Use(Verb::GroupUse), r#"{"code": "x", "version": 1, "draft": {"name": "x", "kind": "static"}, "key": "KEY"}"#),
    ("groups/remove", Use(Verb::GroupUse), r#"{"code": "x", "version": 1, "key": "KEY"}"#),
    ("customer/contribution", Use(Verb::CustomerView), r#"{"no": "NO"}"#),
    ("customer/tier", Use(Verb::CustomerView), r#"{"no": "NO"}"#),
    ("customer/tier/ask", Use(Verb::TierAsk), r#"{"no": "NO", "asked": {"tier": "x", "until": "2026-04-30", "reason": "x"}, "key": "KEY"}"#),
    ("customer/tier/answer", Use(Verb::TierAnswer), r#"{"no": "NO", "id": "KEY", "answer": {"approve": true}, "key": "KEY"}"#),
    ("customer/tier/end", Use(Verb::TierAsk), r#"{"no": "NO", "end": {"reason": "x"}, "key": "KEY"}"#),
    ("board/start", Use(Verb::TransferList), r#"{"query": {}}"#),
    ("board/look", Use(Verb::TransferList), r#"{"query": {}}"#),
    ("board/cards", Use(Verb::TransferList), r#"{"query": {}}"#),
    ("transfers/preview", Use(Verb::TransferRequest), r#"{"asked": {"customers": [], "to": "x", "reason": ""}}"#),
    ("transfers/request", Use(Verb::TransferRequest), r#"{"asked": {"customers": [], "to": "x", "reason": ""}, "key": "KEY"}"#),
    ("transfers/start", Use(Verb::TransferList), r#"{"filter": {}}"#),
    ("transfers/list", Use(Verb::TransferList), r#"{"filter": {}, "after": null}"#),
    ("transfers/detail", Use(Verb::TransferList), r#"{"id": "KEY"}"#),
    ("transfers/approve", Use(Verb::TransferDecide), r#"{"id": "KEY", "key": "KEY"}"#),
    ("transfers/reject", Use(Verb::TransferDecide), r#"{"id": "KEY", "reason": "x", "key": "KEY"}"#),
    ("transfers/recall", Use(Verb::TransferRequest), r#"{"id": "KEY", "reason": "x", "key": "KEY"}"#),
    ("handover/sign", Use(Verb::TransferSign), r#"{"id": "KEY", "asked": {"side": "to", "from": "x", "to": "x"}, "key": "KEY"}"#),
    ("handover/sheet", Use(Verb::TransferList), r#"{"id": "KEY"}"#),
    ("pool/page", Use(Verb::PoolPick), r#"{"after": null}"#),
    ("pool/pick", Use(Verb::PoolPick), r#"{"customer": "NO", "key": "KEY"}"#),
    ("newcomers/page", Use(Verb::ParameterChange), "{}"),
    ("newcomers/save", Use(Verb::ParameterChange), r#"{"wanted": {"version": 99, "rules": []}}"#),
    ("transfers/cancel", Use(Verb::TransferRequest), r#"{"id": "KEY", "reason": "x", "key": "KEY"}"#),
    ("transfers/choices", Use(Verb::CustomerList), "{}"),
    ("transfers/revert", Use(Verb::TransferRequest), r#"{"id": "KEY", "reason": "x", "key": "KEY"}"#),
    ("handover/start", Use(Verb::TransferRequest), r#"{"from": "x", "unit": null}"#),
    ("handover/propose", Use(Verb::TransferRequest), r#"{"asked": {"from": "x", "to": [], "rule": "aum"}}"#),
    ("handover/submit", Use(Verb::TransferRequest), r#"{"asked": {"from": "x", "items": [], "reason": ""}, "key": "KEY"}"#),
    ("handover/release", Use(Verb::TransferRequest), r#"{"asked": {"from": "x", "reason": ""}, "key": "KEY"}"#),
    ("dashboards/bank", Use(Verb::DashboardView), r#"{"query": {}}"#),
    ("dashboards/managers", Use(Verb::DashboardView), r#"{"query": {}}"#),
    ("dashboards/manager", Use(Verb::DashboardView), r#"{"code": "x", "query": {}}"#),
    ("dashboards/products", Use(Verb::DashboardView), r#"{"query": {}}"#),
    ("dashboards/product", Use(Verb::DashboardView), r#"{"code": "x", "query": {}}"#),
    ("products/texts", Use(Verb::ProductText), r#"{"code": null}"#),
    ("products/set_text", Use(Verb::ProductText), r#"{"change": {"code": "x", "version": 0, "description": "", "script": ""}, "key": "KEY"}"#),
    ("dashboards/value", Use(Verb::DashboardView), r#"{"query": {}}"#),
    ("dashboards/behind", Use(Verb::DashboardView), r#"{"query": {}}"#),
    ("dashboards/targets", Use(Verb::TargetSet), r#"{"query": {}, "indicator": "aum"}"#),
    ("dashboards/step_targets", Use(Verb::TargetSet), r#"{"asked": {"month": "2026-03", "org": "x", "version": 1, "step": "submit"}, "key": "KEY"}"#),
    ("dashboards/decide_targets", Use(Verb::TargetDecide), r#"{"decision": {"month": "2026-03", "org": "x", "version": 1, "approve": true}, "key": "KEY"}"#),
    ("dashboards/set_targets", Use(Verb::TargetSet), r#"{"change": {"month": "2026-03", "org": "x", "indicator": "aum"}, "key": "KEY"}"#),
    ("prices/page", Use(Verb::CurveChange), "{}"),
    ("prices/reopen_month", Use(Verb::ContributionClose), r#"{"month": "2001-01-01", "reason": "x"}"#),
    ("prices/set_curve", Use(Verb::CurveChange), r#"{"curve": {"currency": "XXX", "valid_from": "2026-01-01", "points": []}, "revision": 1, "key": "KEY"}"#),
    ("prices/remove_curve", Use(Verb::CurveChange), r#"{"currency": "XXX", "valid_from": "2026-01-01", "revision": 1, "key": "KEY"}"#),
    ("prices/set_parameters", Use(Verb::CurveChange), r#"{"change": {"revision": -1}, "key": "KEY"}"#),
    ("parameters/page", Use(Verb::ParameterChange), "{}"),
    ("parameters/set", Use(Verb::ParameterChange), r#"{"name": "x", "version": 0, "value": true, "once": "KEY"}"#),
    ("print", Use(Verb::PagePrint), r#"{"path": "/customers"}"#),
    ("help/read", Use(Verb::AccountOwn), r#"{"lang": "zh", "topic": null, "q": null}"#),
    ("drafts/read", Use(Verb::AccountOwn), r#"{"form": "x", "subject": "x"}"#),
    ("drafts/keep", Use(Verb::AccountOwn), r#"{"form": "x", "subject": "x", "body": null}"#),
    ("notices/list", Use(Verb::AccountOwn), r#"{"before": null}"#),
    ("notices/unread", Use(Verb::AccountOwn), "{}"),
    ("notices/read", Use(Verb::AccountOwn), r#"{"read": {"all": 0}}"#),
    ("notices/set", Use(Verb::AccountOwn), r#"{"wanted": {}}"#),
    ("account/preferences", Use(Verb::AccountOwn), "{}"),
    ("practice/standing", Use(Verb::Practise), "{}"),
    ("customer/offers", Use(Verb::CustomerView), r#"{"no": "NO"}"#),
    ("customer/kin", Use(Verb::CustomerView), r#"{"no": "NO"}"#),
    ("groups/lists", Use(Verb::GroupUse), "{}"),
    ("groups/add", Use(Verb::GroupUse), r#"{"code": "x", "customers": ["NO"], "key": "KEY"}"#),
    ("dashboards/compare", Use(Verb::DashboardView), r#"{"codes": ["x"], "query": {}}"#),
    ("dashboards/evidence", Use(Verb::DashboardView), r#"{"code": "x", "query": {}, "item": "complete"}"#),
    ("dashboards/scoring", Use(Verb::ParameterChange), "{}"),
    ("dashboards/set_scoring", Use(Verb::ParameterChange), r#"{"change": {"version": 0, "rules": []}, "key": "KEY"}"#),
    ("imports/overview", Use(Verb::FeedView), "{}"),
    ("imports/begin", Use(Verb::FeedImport), "{}"),
    ("imports/files", Use(Verb::FeedView), r#"{"upload": "KEY"}"#),
    ("imports/preview", Use(Verb::FeedImport), r#"{"upload": "KEY", "tables": {"name": "x", "files": {}}}"#),
    ("imports/load", Use(Verb::FeedImport), r#"{"request": {"upload": "KEY", "profile": "x", "business_date": null, "dry_run": true}}"#),
    ("imports/state", Use(Verb::FeedView), r#"{"job": "KEY"}"#),
    ("imports/cancel", Use(Verb::FeedImport), r#"{"job": "KEY"}"#),
    ("imports/run", Use(Verb::FeedView), r#"{"run": "KEY"}"#),
    ("imports/rejects", Use(Verb::FeedView), r#"{"run": "KEY", "after": 0}"#),
    ("imports/resubmit", Use(Verb::FeedImport), r#"{"run": "KEY", "repairs": []}"#),
    ("imports/profile", Use(Verb::FeedView), r#"{"name": "x", "upload": null}"#),
    ("imports/profile_text", Use(Verb::FeedView), r#"{"tables": {"name": "x", "files": {}}}"#),
    ("imports/profile_tables", Use(Verb::FeedView), r#"{"text": ""}"#),
    ("imports/save_profile", Use(Verb::FeedImport), r#"{"text": "", "version": 0}"#),
];

/// Doors that are neither: files, larger than a function takes; and what is for everybody: the way in and out,
/// and what balancers and monitors ask (figures name no person; keep `/metrics` from the public at the balancer).
#[rustfmt::skip]
const OTHERS: &[(&str, &str, May)] = &[
    ("post", "/login", Anyone),
    ("post", "/logout", Anyone),
    ("post", "/practice/enter", Use(Verb::Practise)),
    ("post", "/practice/reset", Use(Verb::Practise)),
    ("post", "/practice/leave", Anyone),
    ("get", "/healthz", Anyone),
    ("get", "/readyz", Anyone),
    ("get", "/metrics", Anyone),
    ("get", "/manifest.webmanifest", Anyone),
    ("get", "/sw.js", Anyone),
    ("get", "/offline", Anyone),
    ("post", "/imports/files?upload=KEY&name=x.csv", Use(Verb::FeedImport)),
    ("get", "/imports/runs/KEY/rejects.csv", Use(Verb::FeedView)),
    ("post", "/imports/runs/KEY/rejects.csv", Use(Verb::FeedImport)),
];

/// Verbs of the command line and of the servers' own work.
const WITHOUT_A_DOOR: [Verb; 4] = [Verb::DemoGenerate, Verb::SummaryCheck, Verb::AuditSeal, Verb::TierEvaluate];

const BY_ROLE: [(&str, Role); 6] = [
    ("alice", Role::Manager),
    ("east", Role::BranchManager),
    ("boss", Role::Executive),
    ("admin", Role::Administrator),
    ("security", Role::SecurityOfficer),
    ("auditor", Role::Auditor),
];

#[test]
fn every_door_is_in_the_table() {
    let routes: BTreeSet<_> = api::ROUTES.iter().map(|route| (route.method, route.path)).collect();
    let listed: BTreeSet<_> = ROUTES.iter().map(|(method, path, ..)| (*method, *path)).collect();
    assert_eq!(
        routes.symmetric_difference(&listed).collect::<Vec<_>>(),
        Vec::<&(&str, &str)>::new(),
        "REST routes: add a line, or take it away"
    );
    let functions: BTreeSet<String> = server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    let listed: BTreeSet<String> = FUNCTIONS.iter().map(|(path, ..)| format!("/api/{path}")).collect();
    assert_eq!(
        functions.symmetric_difference(&listed).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "server functions: add a line, or take it away"
    );
    let open: BTreeSet<String> = FUNCTIONS.iter().filter(|(_, may, _)| *may == Anyone).map(|(path, ..)| format!("/api/{path}")).collect();
    // Whatever else a router of the sources leads to, but for the two roots of what is listed above.
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut doors = BTreeSet::new();
    for entry in fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        let text = if path.extension().is_some_and(|extension| extension == "rs") { fs::read_to_string(&path).unwrap() } else { continue };
        let routes = text.split(".route(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
        doors.extend(routes.filter(|route| !route.starts_with("/{*") && *route != "/api/{*function}").map(str::to_owned));
    }
    let listed: BTreeSet<String> =
        OTHERS.iter().map(|(_, path, _)| path.split('?').next().unwrap_or_default().replace("KEY", "{run}")).collect();
    assert_eq!(doors.symmetric_difference(&listed).collect::<Vec<_>>(), Vec::<&String>::new(), "other doors: add a line, or take it away");
    for path in open {
        assert!(OPEN.contains(&path.as_str()), "{path} is refused to strangers before it is read");
    }
}

#[test]
fn every_verb_has_a_door() {
    let doors = ROUTES.iter().map(|(_, _, may, _)| may).chain(FUNCTIONS.iter().map(|(_, may, _)| may));
    let used: Vec<Verb> = doors.filter_map(|may| if let Use(verb) = may { Some(*verb) } else { None }).collect();
    let unused: Vec<Verb> = Verb::ALL.iter().copied().filter(|verb| !used.contains(verb)).collect();
    assert_eq!(unused, WITHOUT_A_DOOR);
}

/// A page shows a stranger the way in, and nothing of itself.
#[sqlx::test(migrations = false)]
async fn every_page_leads_a_stranger_to_the_login(pool: PgPool) {
    let site = Site::new(pool).await;
    let pages: Vec<String> = leptos_axum::generate_route_list(guanhu_app::App).iter().map(|page| page.path().to_owned()).collect();
    assert!(pages.len() > 20, "{pages:?}");
    for page in pages.iter().filter(|page| *page != "/login") {
        let path = page.split('/').map(|part| if part.starts_with([':', '{']) { "x" } else { part }).collect::<Vec<_>>().join("/");
        let answer = site.ask("GET", &path, &[], "").await;
        assert!(
            answer.status.is_redirection() && answer.header("location").starts_with("/login"),
            "{path}: {} {}",
            answer.status,
            answer.text
        );
        assert!(answer.text.is_empty(), "{path}");
    }
}

#[sqlx::test(migrations = false)]
async fn each_door_opens_to_whom_it_should(pool: PgPool) {
    let site = Site::new(pool).await;
    let rest = ROUTES.iter().map(|(method, path, may, body)| (method.to_uppercase(), format!("/api/v1{path}"), *may, *body));
    let functions = FUNCTIONS.iter().map(|(path, may, body)| ("POST".to_owned(), format!("/api/{path}"), *may, *body));
    let others = OTHERS.iter().map(|(method, path, may)| (method.to_uppercase(), (*path).to_owned(), *may, ""));
    let mut wrong = Vec::new();
    for (method, path, may, body) in rest.chain(functions).chain(others) {
        let key = Uuid::now_v7().to_string();
        let path = path
            .replace("{customer_no}", NO)
            .replace("{id}", "x")
            .replace("{scheme}", "x")
            .replace("{n}", "1")
            .replace("{currency}", "XXX")
            .replace("{valid_from}", "2026-01-01")
            .replace("{transfer}", &key)
            .replace("KEY", &key);
        // What is new, rather than a stream without end.
        let path = path.replace("/events", "/events?wait=false");
        let body = body.replace("NO", NO).replace("KEY", &key);
        let headers = [("content-type", "application/json"), ("idempotency-key", &key), ("if-match", "\"1\"")];
        let stranger = site.ask(&method, &path, &headers, body.clone()).await;
        // Whoever is unknown may be refused by the door's own rules, but not for being unknown.
        let barred = stranger.status == StatusCode::UNAUTHORIZED && stranger.text.contains("unauthenticated");
        if barred == (may == Anyone) {
            wrong.push(format!("{method} {path} by a stranger: {} {}", stranger.status, stranger.text));
        }
        for (login, role) in BY_ROLE {
            let token = site.token(login).await;
            let answer = site.ask(&method, &path, &[&headers[..], &[("authorization", &token)]].concat(), body.clone()).await;
            let allowed = match may {
                Anyone => true,
                Use(verb) => verb.allowed_to(role),
            };
            let refused = answer.status == StatusCode::FORBIDDEN;
            let unread = [StatusCode::BAD_REQUEST, StatusCode::INTERNAL_SERVER_ERROR].contains(&answer.status);
            if refused == allowed || unread {
                wrong.push(format!("{method} {path} by {}: {} {}", role.code(), answer.status, answer.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
