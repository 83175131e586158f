//! Saved views: a list's filters, order and columns under a name.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A saved view as its owner, or somebody it is shared with, sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct SavedView {
    /// Opaque.
    pub id: String,
    /// The page it belongs to, such as `customers`.
    pub page: String,
    pub name: String,
    pub shared: bool,
    /// Only its owner changes or removes it.
    pub mine: bool,
    pub owner: String,
    /// Whatever the page keeps: filters, order, columns.
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub definition: Value,
    pub version: i32,
}

/// A view to be saved, new or again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ViewDraft {
    pub page: String,
    pub name: String,
    /// Seen by everybody whose unit lies in the subtree of the owner's.
    #[serde(default)]
    pub shared: bool,
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub definition: Value,
}
