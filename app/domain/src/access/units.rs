//! Units of the bank and the people who work in them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::i18n::Lang;

/// What a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub enum UnitKind {
    HeadOffice,
    Branch,
    SubBranch,
    Outlet,
}

impl UnitKind {
    pub const ALL: [UnitKind; 4] = [UnitKind::HeadOffice, UnitKind::Branch, UnitKind::SubBranch, UnitKind::Outlet];

    pub const fn code(self) -> &'static str {
        match self {
            UnitKind::HeadOffice => "head_office",
            UnitKind::Branch => "branch",
            UnitKind::SubBranch => "sub_branch",
            UnitKind::Outlet => "outlet",
        }
    }

    pub fn from_code(code: &str) -> Option<UnitKind> {
        UnitKind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (UnitKind::HeadOffice, Lang::Zh) => "总行",
            (UnitKind::HeadOffice, Lang::En) => "Head office",
            (UnitKind::Branch, Lang::Zh) => "分行",
            (UnitKind::Branch, Lang::En) => "Branch",
            (UnitKind::SubBranch, Lang::Zh) => "支行",
            (UnitKind::SubBranch, Lang::En) => "Sub-branch",
            (UnitKind::Outlet, Lang::Zh) => "网点",
            (UnitKind::Outlet, Lang::En) => "Outlet",
        }
    }
}

/// A unit in the tree: parents before children, siblings by code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct UnitItem {
    pub code: String,
    pub name: String,
    pub kind: UnitKind,
    pub parent: Option<String>,
    /// 0 for the root.
    pub depth: i32,
    pub closed_on: Option<NaiveDate>,
    /// Staff who work in the unit itself.
    pub staff: i64,
    pub version: i32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewUnit {
    pub code: String,
    pub name: String,
    pub kind: UnitKind,
    pub parent: String,
}

/// What is `None` stays. `version` is that of the unit which was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UnitChange {
    pub version: i32,
    pub name: Option<String>,
    /// Code of another parent: the unit moves with all below it.
    pub parent: Option<String>,
    pub closed: Option<bool>,
}

/// Why a unit cannot be closed: what is still open in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(sqlx::FromRow))]
pub struct UnitContents {
    pub units: i64,
    pub staff: i64,
    pub users: i64,
    /// Counted up to 10,000.
    pub customers: i64,
}

/// A member of staff.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema, sqlx::FromRow))]
pub struct StaffItem {
    pub code: String,
    pub name: String,
    pub org: String,
    pub org_name: String,
    /// May have customers in charge.
    pub is_manager: bool,
    pub title: String,
    pub phone: Option<String>,
    /// What the member is qualified for, with a comma between several: tiers may ask it of a lead.
    pub qualification: String,
    pub hired_on: Option<NaiveDate>,
    pub left_on: Option<NaiveDate>,
    /// Sum of tier weights the manager can serve.
    pub capacity: i32,
    pub version: i32,
}

/// A page of staff, by code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StaffPage {
    pub items: Vec<StaffItem>,
    pub next: Option<String>,
}

/// Which staff.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StaffFilter {
    /// Part of name or code.
    pub q: Option<String>,
    /// Code of a unit; its subtree is meant.
    pub org: Option<String>,
    pub managers_only: bool,
    pub with_leavers: bool,
    /// At most 200; 50 unless told.
    pub limit: Option<i64>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// A member of staff as typed. `version` 0 makes a new one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StaffForm {
    pub version: i32,
    pub code: String,
    pub name: String,
    pub org: String,
    pub is_manager: bool,
    pub title: String,
    pub phone: Option<String>,
    pub qualification: String,
    pub hired_on: Option<NaiveDate>,
    pub left_on: Option<NaiveDate>,
    pub capacity: i32,
}
