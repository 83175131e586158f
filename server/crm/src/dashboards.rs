//! Dashboards: each is one answer read from the cubes, within the viewer's units.

mod boards;
mod figures;
mod frame;
mod people;

pub use boards::{bank_board, products_board, value_board};
pub use figures::{adoption, levels, performance};
pub(crate) use frame::{Place, resolve_ahead};
pub use people::{manager_board, managers_board};
