//! Joins between files: the rows of one, found by a key while another is read.

use std::{collections::HashMap, io};

use super::{
    expr::Expr,
    reader::{Record, Records, Row},
    values::TextFormat,
};

/// A file in memory by key. Where a key stands twice, the first row counts.
#[derive(Debug)]
pub struct Lookup {
    pub header: Vec<String>,
    pub format: TextFormat,
    rows: HashMap<String, Row>,
}

impl Lookup {
    /// Rows that cannot be read are left out: the load of that file reports them.
    pub fn read(
        records: &mut Records<impl io::BufRead>,
        header: Vec<String>,
        format: TextFormat,
        key: &Expr,
        filter: Option<&Expr>,
    ) -> io::Result<Lookup> {
        let mut rows = HashMap::new();
        let mut record = Record::default();
        while let Some(outcome) = records.next(&mut record)? {
            if outcome.is_err() || record.row.width() != header.len() {
                continue;
            }
            if let Some(filter) = filter
                && !filter.eval(&record.row, &format).is_ok_and(|value| value.is_true())
            {
                continue;
            }
            let Ok(value) = key.eval(&record.row, &format) else { continue };
            if let Some(key) = value.as_text() {
                rows.entry(key.into_owned()).or_insert_with(|| record.row.clone());
            }
        }
        Ok(Lookup { header, format, rows })
    }

    pub fn find(&self, key: &str) -> Option<&Row> {
        self.rows.get(key)
    }

    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name)
    }
}
