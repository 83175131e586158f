//! Imports: files of other systems, how they are mapped, what was loaded and what was refused.

mod api;
mod browser;
mod differ;
mod editor;
mod history;
mod load;
mod mapping;
mod outcome;
mod run;
mod tables;
mod text;

pub use editor::EditorRoute;
pub use history::HistoryRoute;
pub use load::LoadRoute;
pub(crate) use outcome::StateBadge;
pub use run::RunRoute;
