//! Charts: drawn by one pure function on the server, in the browser and for files, read by keyboard, with the figures
//! behind them as a table.
//!
//! Plotters places the figures and a backend of our own (`pen`) writes them as markup in the theme's colours. Drawings
//! stretch with their box (they have no aspect ratio of their own); words and links stand in HTML at shares of the box:
//! nothing depends on the measure of a text, so the server's drawing and the browser's are the same, and links are the router's.

mod bars;
mod columns;
mod draw;
mod export;
mod flow;
mod frame;
mod ink;
mod inline;
mod lines;
mod pen;
mod scale;
mod scatter;
pub mod sheet;
mod treemap;

pub use bars::{BarChart, BarRow, BarSpec};
pub use columns::{ColumnChart, ColumnRow, ColumnSpec};
pub use export::{bar_chart_file, column_chart_file, flow_chart_file, line_chart_file, scatter_chart_file, treemap_file};
pub use flow::{Band, FlowChart, FlowSpec, Way};
pub use frame::ChartFrame;
pub use inline::Inline;
pub use lines::LineChart;
pub use scale::{LineSpec, Measure, Series};
pub use scatter::{Dot, ScatterChart, ScatterSpec};
pub use treemap::{Tile, Treemap, TreemapSpec};
