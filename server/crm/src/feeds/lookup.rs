//! Joins between files: the rows of one, found by a key while another is read.

use std::{collections::HashMap, io};

use super::{
    expr::Expr,
    reader::{Record, Records, Row},
    values::TextFormat,
};

/// One or more files in memory by key. Where a key stands twice, the first row counts.
#[derive(Debug)]
pub struct Lookup {
    pub header: Vec<String>,
    pub format: TextFormat,
    rows: HashMap<String, Row>,
}

impl Lookup {
    pub fn new(header: Vec<String>, format: TextFormat) -> Lookup {
        Lookup { header, format, rows: HashMap::new() }
    }

    /// Adds the rows of a file with the same columns. Rows that cannot be read are left out: the load of that file reports them.
    pub fn read(&mut self, records: &mut Records<impl io::BufRead>, key: &Expr, filter: Option<&Expr>) -> io::Result<()> {
        let mut record = Record::default();
        while let Some(outcome) = records.next(&mut record)? {
            if outcome.is_err() || record.row.width() != self.header.len() {
                continue;
            }
            if let Some(filter) = filter
                && !filter.eval(&record.row, &self.format).is_ok_and(|value| value.is_true())
            {
                continue;
            }
            let Ok(value) = key.eval(&record.row, &self.format) else { continue };
            if let Some(key) = value.as_text() {
                self.rows.entry(key.into_owned()).or_insert_with(|| record.row.clone());
            }
        }
        Ok(())
    }

    pub fn find(&self, key: &str) -> Option<&Row> {
        self.rows.get(key)
    }

    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name)
    }
}
