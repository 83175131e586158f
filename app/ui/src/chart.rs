//! Charts: drawn by one pure function on the server and in the browser, read by keyboard, with the
//! figures behind them as a table.
//!
//! Lines stretch with their box (the drawing has no aspect ratio of its own), words stand in HTML at
//! shares of the box: nothing depends on the measure of a text, so the two drawings are the same.

mod bars;
mod draw;
mod export;
mod flow;
mod frame;
mod lines;
mod scale;
mod scatter;
mod sheet;
mod treemap;

pub use bars::{BarChart, BarRow, BarSpec, bar_chart};
pub use draw::line_chart;
pub use export::{bar_chart_file, line_chart_file, scatter_chart_file, treemap_file};
pub use flow::{Band, FlowChart, FlowSpec, Way, flow_chart};
pub use frame::ChartFrame;
pub use lines::LineChart;
pub use scale::{LineSpec, Measure, Series};
pub use scatter::{Dot, ScatterSpec, scatter_chart};
pub use sheet::{Washed, sheet_file};
pub use treemap::{Tile, TreemapSpec, treemap};
