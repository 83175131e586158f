//! The rows behind a table, their type forgotten: the table itself is compiled once for all.

use std::sync::Arc;

use leptos::prelude::*;

use super::column::Column;

pub(super) type Cells = Arc<dyn Fn(usize) -> Option<AnyView> + Send + Sync>;

pub(super) trait Source: Send + Sync {
    /// How many rows are loaded; tracked.
    fn count(&self) -> usize;
    fn key(&self, index: usize) -> Option<String>;
    fn href(&self, index: usize) -> Option<String>;
    /// The keys of a range of rows with their places; tracked.
    fn keys(&self, start: usize, end: usize) -> Vec<(usize, String)>;
    /// Makes a row's cells by column index; what it reads is tracked, and changes only with the row.
    fn cells(&self, index: usize) -> Cells;
}

pub(super) struct Rows<T: Send + Sync + 'static> {
    pub rows: Signal<Vec<T>>,
    pub columns: Arc<Vec<Column<T>>>,
    pub key: fn(&T) -> String,
    pub href: Option<fn(&T) -> String>,
}

impl<T: Clone + PartialEq + Send + Sync + 'static> Source for Rows<T> {
    fn count(&self) -> usize {
        self.rows.with(Vec::len)
    }

    fn key(&self, index: usize) -> Option<String> {
        self.rows.with_untracked(|rows| rows.get(index).map(self.key))
    }

    fn href(&self, index: usize) -> Option<String> {
        let href = self.href?;
        self.rows.with_untracked(|rows| rows.get(index).map(href)).filter(|href| !href.is_empty())
    }

    fn keys(&self, start: usize, end: usize) -> Vec<(usize, String)> {
        self.rows.with(|rows| {
            let end = end.min(rows.len());
            (start.min(end)..end).map(|index| (index, (self.key)(&rows[index]))).collect()
        })
    }

    fn cells(&self, index: usize) -> Cells {
        let (rows, columns) = (self.rows, self.columns.clone());
        let row = Memo::new(move |_| rows.with(|rows| rows.get(index).cloned()));
        Arc::new(move |column| row.with(|row| row.as_ref().map(|row| (columns[column].cell)(row))))
    }
}
