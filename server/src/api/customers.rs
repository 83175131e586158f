//! Customers: found, viewed, changed.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use guanhu_crm::{activities, contribution::explain, customers, tasks};
use guanhu_domain::{
    Page,
    customers::{
        Changed, ContactChange, Contribution, Customer360, CustomerItem, CustomerPatch, CustomerQuery, Holding, IdentityChange, Kind,
        Logged, NewActivity, NewCustomer, NewIdentity, NewTask, RevealRequest, Revealed, Slice, Sort, State as Lifecycle, TaskChanged,
        TaskEnd, TimelineItem, Transaction, TransactionQuery,
    },
    tiers::MovementKind,
};
use serde::Deserialize;

use super::{
    Refused,
    extract::{Body, Customer, Id, IfMatch, Key, Params, etag},
    settle,
};
use crate::{AppState, session::Caller};

/// Filters, order and place of a page of customers. Codes, not names.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct ListParams {
    /// Two characters of a name, pinyin, initials, customer number, phone, ID, account number or source key.
    /// Never logged. Finds the five hundred weightiest.
    q: Option<String>,
    /// Unit; its subtree.
    org: Option<String>,
    /// Staff code of the lead; `none` for the pool.
    manager: Option<String>,
    /// Tiers, separated by commas.
    tier: Option<String>,
    group: Option<String>,
    kind: Option<Kind>,
    state: Option<Lifecycle>,
    /// Minor units of the base currency, inclusive.
    aum_min: Option<i64>,
    aum_max: Option<i64>,
    /// Product held; `!` before the code asks for those who do not hold it.
    product: Option<String>,
    /// Not contacted for this many days.
    quiet_days: Option<u16>,
    /// Entered the lifecycle state within so many days.
    state_days: Option<u16>,
    /// Whose tier went that way within thirty days (`up`, `down`), or is about to go down (`threatened`).
    tier_move: Option<MovementKind>,
    /// `-aum` unless told.
    sort: Option<Sort>,
    /// 1 to 200, 50 unless told.
    limit: Option<u16>,
    /// `next` of the page before.
    after: Option<String>,
}

impl From<ListParams> for CustomerQuery {
    fn from(params: ListParams) -> CustomerQuery {
        let tiers = params.tier.unwrap_or_default();
        CustomerQuery {
            q: params.q,
            org: params.org,
            manager: params.manager,
            tier: tiers.split(',').map(str::trim).filter(|tier| !tier.is_empty()).map(str::to_owned).collect(),
            group: params.group,
            kind: params.kind,
            state: params.state,
            aum_min: params.aum_min,
            aum_max: params.aum_max,
            product: params.product,
            quiet_days: params.quiet_days,
            state_days: params.state_days,
            tier_move: params.tier_move,
            sort: params.sort,
            limit: params.limit,
            after: params.after,
        }
    }
}

/// Customers within the caller's scope.
#[utoipa::path(get, path = "/api/v1/customers", params(ListParams), tag = "customers", responses((status = 200, body = Page<CustomerItem>)))]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<Page<CustomerItem>>, Refused> {
    let result = customers::list(&state.bank, &caller.actor, &params.into()).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Enters a customer.
#[utoipa::path(post, path = "/api/v1/customers", request_body = NewCustomer, tag = "customers", params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Changed), (status = 409, description = "conflict: somebody has the same paper; `current` names that customer if the caller may open it")))]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Key(key): Key,
    Body(new): Body<NewCustomer>,
) -> Result<impl IntoResponse, Refused> {
    let result = customers::create(&state.bank, &caller.actor, &new, key).await;
    let made = settle(&state.bank, &caller, result).await?;
    let location = [(header::LOCATION, format!("/api/v1/customers/{}", made.customer_no))];
    Ok((StatusCode::CREATED, location, etag(made.version), Json(made)))
}

/// Everything the bank knows of a customer. `ETag` is the version for `If-Match`.
#[utoipa::path(get, path = "/api/v1/customers/{customer_no}", params(("customer_no" = String, Path)), tag = "customers", responses((status = 200, body = Customer360)))]
pub async fn view(State(state): State<AppState>, caller: Caller, Customer(customer): Customer) -> Result<impl IntoResponse, Refused> {
    let result = customers::view(&state.bank, &caller.actor, customer).await;
    let view = settle(&state.bank, &caller, result).await?;
    Ok((etag(view.version), Json(view)))
}

/// Changes profile fields: name → canonical text (dates as 2026-03-01, money in minor units), null empties.
#[utoipa::path(patch, path = "/api/v1/customers/{customer_no}", request_body = CustomerPatch, tag = "customers",
    params(("customer_no" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Changed), (status = 412, description = "stale: `current` is the record as it now is"), (status = 428, description = "version_required or idempotency_key_required")))]
pub async fn edit(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    IfMatch(version): IfMatch,
    Key(key): Key,
    Body(patch): Body<CustomerPatch>,
) -> Result<impl IntoResponse, Refused> {
    let result = customers::edit(&state.bank, &caller.actor, customer, version, &patch, key).await;
    let changed = settle(&state.bank, &caller, result).await?;
    Ok((etag(changed.version), Json(changed)))
}

/// Accounts the customer has or may use.
#[utoipa::path(get, path = "/api/v1/customers/{customer_no}/accounts", params(("customer_no" = String, Path)), tag = "customers", responses((status = 200, body = Slice<Holding>)))]
pub async fn accounts(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
) -> Result<Json<Slice<Holding>>, Refused> {
    let result = customers::accounts(&state.bank, &caller.actor, customer).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Booked transactions, newest first.
#[utoipa::path(get, path = "/api/v1/customers/{customer_no}/transactions", params(("customer_no" = String, Path), TransactionQuery), tag = "customers", responses((status = 200, body = Slice<Transaction>)))]
pub async fn transactions(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    Params(query): Params<TransactionQuery>,
) -> Result<Json<Slice<Transaction>>, Refused> {
    let result = customers::transactions(&state.bank, &caller.actor, customer, &query).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// What of the timeline, and where a page goes on.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct TimelineParams {
    /// `activity`, `assignment`, `tier`, `field`, `complaint`, `task`, `account`, separated by commas; all unless told.
    kind: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Everything that happened with a customer, newest first; an unknown kind is `invalid`.
#[utoipa::path(get, path = "/api/v1/customers/{customer_no}/timeline", params(("customer_no" = String, Path), TimelineParams), tag = "customers", responses((status = 200, body = Slice<TimelineItem>)))]
pub async fn timeline(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    Params(page): Params<TimelineParams>,
) -> Result<Json<Slice<TimelineItem>>, Refused> {
    let kinds: Vec<&str> = page.kind.as_deref().unwrap_or_default().split(',').map(str::trim).filter(|kind| !kind.is_empty()).collect();
    let result = customers::timeline(&state.bank, &caller.actor, customer, &kinds, page.after.as_deref()).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Days of the first and the last month; the year of the newest month unless told.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct PeriodParams {
    from: Option<chrono::NaiveDate>,
    to: Option<chrono::NaiveDate>,
}

/// What the customer brought, by account and month; `closed_through` is null while no month's books are closed.
/// Months are told whole; where they would be too many, `next` is the `to` to go on with.
#[utoipa::path(get, path = "/api/v1/customers/{customer_no}/contribution", params(("customer_no" = String, Path), PeriodParams), tag = "customers", responses((status = 200, body = Contribution)))]
pub async fn contribution(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    Params(period): Params<PeriodParams>,
) -> Result<Json<Contribution>, Refused> {
    let result = explain::contribution(&state.bank, &caller.actor, customer, period.from, period.to).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// One clear value, with a reason.
#[utoipa::path(post, path = "/api/v1/customers/{customer_no}/reveal", request_body = RevealRequest, params(("customer_no" = String, Path)), tag = "customers",
    responses((status = 200, body = Revealed), (status = 403, description = "reveal_limit or forbidden"), (status = 422, description = "reason_required")))]
pub async fn reveal(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    Body(request): Body<RevealRequest>,
) -> Result<impl IntoResponse, Refused> {
    let result = customers::reveal(&state.bank, &caller.actor, customer, &request).await;
    let revealed = settle(&state.bank, &caller, result).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(revealed)))
}

/// Adds, changes or removes a contact. Whoever changes one says by `seen` which `mark` was read.
#[utoipa::path(post, path = "/api/v1/customers/{customer_no}/contacts", request_body = ContactChange, tag = "customers",
    params(("customer_no" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Changed), (status = 412, description = "stale: `current` is the contact as it now is")))]
pub async fn contact(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    Key(key): Key,
    Body(change): Body<ContactChange>,
) -> Result<Json<Changed>, Refused> {
    let result = customers::change_contact(&state.bank, &caller.actor, customer, &change, key).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Adds an ID paper.
#[utoipa::path(post, path = "/api/v1/customers/{customer_no}/identities", request_body = NewIdentity, tag = "customers",
    params(("customer_no" = String, Path), ("Idempotency-Key" = String, Header)), responses((status = 200, body = Changed)))]
pub async fn identity(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    Key(key): Key,
    Body(identity): Body<NewIdentity>,
) -> Result<Json<Changed>, Refused> {
    let result = customers::add_identity(&state.bank, &caller.actor, customer, &identity, key).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Changes or removes an ID paper. `seen` says which `mark` was read.
#[utoipa::path(patch, path = "/api/v1/customers/{customer_no}/identities", request_body = IdentityChange, tag = "customers",
    params(("customer_no" = String, Path), ("Idempotency-Key" = String, Header)), 
    responses((status = 200, body = Changed), (status = 409, description = "conflict"), (status = 412, description = "stale: `current` is the paper as it now is")))]
pub async fn change_identity(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    Key(key): Key,
    Body(change): Body<IdentityChange>,
) -> Result<Json<Changed>, Refused> {
    let result = customers::change_identity(&state.bank, &caller.actor, customer, &change, key).await;
    settle(&state.bank, &caller, result).await.map(Json)
}

/// Logs a contact; its next step becomes a task.
#[utoipa::path(post, path = "/api/v1/customers/{customer_no}/activities", request_body = NewActivity, tag = "customers",
    params(("customer_no" = String, Path), ("Idempotency-Key" = String, Header)), responses((status = 201, body = Logged)))]
pub async fn activity(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    Key(key): Key,
    Body(activity): Body<NewActivity>,
) -> Result<(StatusCode, Json<Logged>), Refused> {
    let result = activities::log_activity(&state.bank, &caller.actor, customer, &activity, key).await;
    Ok((StatusCode::CREATED, Json(settle(&state.bank, &caller, result).await?)))
}

/// Makes a task.
#[utoipa::path(post, path = "/api/v1/customers/{customer_no}/tasks", request_body = NewTask, tag = "customers",
    params(("customer_no" = String, Path), ("Idempotency-Key" = String, Header)), responses((status = 201, body = TaskChanged)))]
pub async fn task(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    Key(key): Key,
    Body(task): Body<NewTask>,
) -> Result<impl IntoResponse, Refused> {
    let result = tasks::create_task(&state.bank, &caller.actor, customer, &task, key).await;
    let made = settle(&state.bank, &caller, result).await?;
    Ok((StatusCode::CREATED, etag(made.version), Json(made)))
}

/// What becomes of a task: `done` or `dropped`, or `open` again.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct TaskTurn {
    state: TaskState,
}

#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum TaskState {
    Open,
    Done,
    Dropped,
}

/// Ends an open task, or takes its end back.
#[utoipa::path(patch, path = "/api/v1/customers/{customer_no}/tasks/{id}", request_body = TaskTurn, tag = "customers",
    params(("customer_no" = String, Path), ("id" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)), responses((status = 200, body = TaskChanged)))]
pub async fn turn_task(
    State(state): State<AppState>,
    caller: Caller,
    Customer(customer): Customer,
    Id(id): Id,
    IfMatch(version): IfMatch,
    Key(key): Key,
    Body(turn): Body<TaskTurn>,
) -> Result<impl IntoResponse, Refused> {
    let (bank, actor) = (&state.bank, &caller.actor);
    let result = match turn.state {
        TaskState::Open => tasks::reopen_task(bank, actor, customer, &id, version, key).await,
        TaskState::Done => tasks::complete_task(bank, actor, customer, &id, version, TaskEnd::Done, key).await,
        TaskState::Dropped => tasks::complete_task(bank, actor, customer, &id, version, TaskEnd::Dropped, key).await,
    };
    let changed = settle(&state.bank, &caller, result).await?;
    Ok((etag(changed.version), Json(changed)))
}
