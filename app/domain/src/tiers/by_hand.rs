//! Tiers given by hand: asked for by one person, agreed to by another where the scheme says so.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    CustomerNo,
    customers::{TierRef, list::coded},
};

coded! {
    /// Whether a scheme's tiers may be given by hand, and by how many.
    #[derive(Default)]
    ByHand {
        Never "never" "不允许" | "Never";
        Alone "alone" "一人即可" | "By one person";
        #[default]
        Approved "approved" "须另一人批准" | "Approved by another person";
    }
}

coded! {
    /// What became of a request.
    RequestState {
        Pending "pending" "待批准" | "Awaiting approval";
        Approved "approved" "已批准" | "Approved";
        Rejected "rejected" "已退回" | "Rejected";
        Ended "ended" "已结束" | "Ended";
    }
}

/// Asks for a tier that the rules do not give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TierAsked {
    /// Code of a tier of the version in force.
    pub tier: String,
    /// Last business date on which it holds.
    pub until: NaiveDate,
    pub reason: String,
}

/// What was asked for a customer, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TierRequest {
    pub id: Uuid,
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub customer_no: CustomerNo,
    pub tier: TierRef,
    pub until: NaiveDate,
    pub reason: String,
    pub state: RequestState,
    /// Logins.
    pub asked_by: String,
    pub asked_at: DateTime<Utc>,
    pub decided_by: Option<String>,
    /// What the second person said.
    pub answer: String,
    /// Asked for by the reader, who may not agree to it.
    pub mine: bool,
}

/// The second person's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TierAnswer {
    pub approve: bool,
    /// Needed for refusing.
    #[serde(default)]
    pub reason: String,
}

/// Ends what was given by hand, or takes back what one asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TierEnd {
    pub reason: String,
}

/// What may be asked for by hand; nothing where the scheme allows none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TierOffer {
    /// The highest first.
    pub tiers: Vec<TierRef>,
    /// The last day that may be asked for.
    pub until: NaiveDate,
    /// Another person has to agree.
    pub approved: bool,
}
