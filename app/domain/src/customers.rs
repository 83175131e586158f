//! Customers as lists and the 360 view show them, and the rules for changing one.

pub mod fields;
pub mod list;
pub mod view;

pub use fields::{DataClass, EditableField, FieldKind};
pub use list::{CustomerItem, CustomerQuery, Kind, ManagerRef, OrgRef, Sort, State, TierRef};
pub use view::*;
