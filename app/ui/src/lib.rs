//! The design system: components that know no customer.
//!
//! Words come in as [`TextProp`](leptos::text_prop::TextProp): a `&'static str`, a `String` or a closure;
//! [`t`] makes the closure that follows the language. Components that link parts by id take a `name`
//! that is unique on the page. Views and handlers never touch the browser while rendering, so that the
//! server's markup and the browser's are the same.

// Nested views are nested types; the layout of a page is deeper than the compiler's default.
#![recursion_limit = "512"]

mod amount;
mod appearance;
mod badge;
mod breadcrumb;
mod button;
pub mod chart;
mod check;
mod chip;
mod date;
mod dialog;
pub mod dom;
mod field;
mod file_drop;
pub mod focus;
mod gallery;
mod icon;
mod input;
mod lang;
mod menu;
mod number;
mod popover;
mod progress;
mod select;
mod shell;
mod sparkline;
mod state;
pub mod table;
mod tabs;
mod text;
mod tier;
mod timeline;
mod toast;
mod tooltip;
mod tree;

pub use amount::*;
pub use appearance::*;
pub use badge::*;
pub use breadcrumb::*;
pub use button::*;
pub use chart::{Band, BarChart, BarRow, BarSpec, ChartFrame, FlowChart, FlowSpec, LineChart, LineSpec, Measure, Series, Way};
pub use check::*;
pub use chip::*;
pub use date::*;
pub use dialog::*;
pub use field::*;
pub use file_drop::*;
pub use gallery::Gallery;
pub use icon::*;
pub use input::*;
pub use lang::*;
pub use menu::*;
pub use number::*;
pub use popover::*;
pub use progress::*;
pub use select::*;
pub use shell::*;
pub use sparkline::*;
pub use state::*;
pub use table::{Align, Column, DataTable, Sort, TableLayout};
pub use tabs::*;
pub use tier::*;
pub use timeline::*;
pub use toast::*;
pub use tooltip::*;
pub use tree::*;
