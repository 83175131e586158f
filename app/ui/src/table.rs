//! The table of the product: thousands of rows in a window, one keyboard, one selection.

mod column;
mod columns_menu;
mod head;
mod keys;
mod late;
mod row;
mod source;
mod view;
mod window;

pub use column::{Align, Card, Column, ColumnLayout, Sort, TableLayout};
pub use view::DataTable;
