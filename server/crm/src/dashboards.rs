//! Dashboards: each is one answer read from the cubes, within the viewer's units.

mod behind;
mod boards;
mod currency;
mod figures;
mod frame;
mod group;
mod people;

pub use behind::behind_board;
pub(crate) use boards::viewed;
pub use boards::{bank_board, products_board, value_board};
pub(crate) use currency::in_currency;
pub use figures::{adoption, levels, performance};
pub(crate) use frame::{Place, resolve, resolve_ahead};
pub use people::{compare_board, manager_board, managers_board};
