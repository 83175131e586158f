//! Customers as lists and the 360 view show them, and the rules for changing one.

pub mod change;
pub mod checks;
pub mod choices;
pub mod dictionary;
pub mod fields;
pub mod list;
pub mod mask;
pub mod saved;
pub mod transactions;
pub mod view;

pub use change::*;
pub use choices::{ListChoices, ProductChoice, TierChoice, UnitChoice};
pub use dictionary::DictionaryEntry;
pub use fields::{DataClass, EditableField, FieldKind};
pub use list::{CustomerItem, CustomerQuery, Kind, ManagerRef, OrgRef, Sort, State, TierRef};
pub use saved::{SavedView, ViewDraft};
pub use view::*;
