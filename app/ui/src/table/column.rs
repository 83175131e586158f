use std::sync::Arc;

use leptos::{prelude::*, text_prop::TextProp};
use serde::{Deserialize, Serialize};

/// Where a column's words stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    #[default]
    Start,
    Centre,
    /// Figures.
    End,
}

impl Align {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Align::Start => "",
            Align::Centre => "centre",
            Align::End => "end",
        }
    }
}

/// Which place of the two-line card a column takes on a phone; columns without one are left out there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Card {
    /// First line, left: who.
    Lead,
    /// First line, right: how much.
    Value,
    /// Second line, left.
    Sub,
    /// Second line, right.
    Meta,
}

impl Card {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Card::Lead => "lead",
            Card::Value => "value",
            Card::Sub => "sub",
            Card::Meta => "meta",
        }
    }
}

/// A column over rows of `T`.
///
/// `Column::new("aum", t(text::aum), |c: &Customer| view! { <Amount minor=c.aum/> }.into_any()).right().sortable().card(Card::Value)`
#[derive(Clone)]
pub struct Column<T> {
    pub(super) face: Face,
    pub(super) cell: Arc<dyn Fn(&T) -> AnyView + Send + Sync>,
}

/// What is known of a column without its rows' type.
#[derive(Clone)]
pub(super) struct Face {
    pub key: &'static str,
    pub header: TextProp,
    pub width: u32,
    pub align: Align,
    pub sortable: bool,
    pub pinned: bool,
    pub hidden: bool,
    pub card: Option<Card>,
}

impl<T> Column<T> {
    /// `key` names the column in sorts and layouts and never changes; `cell` makes its view of a row.
    pub fn new(key: &'static str, header: impl Into<TextProp>, cell: impl Fn(&T) -> AnyView + Send + Sync + 'static) -> Column<T> {
        let face =
            Face { key, header: header.into(), width: 128, align: Align::Start, sortable: false, pinned: false, hidden: false, card: None };
        Column { face, cell: Arc::new(cell) }
    }

    /// A column of plain words.
    pub fn text(key: &'static str, header: impl Into<TextProp>, words: impl Fn(&T) -> String + Send + Sync + 'static) -> Column<T> {
        Self::new(key, header, move |row| words(row).into_any())
    }

    /// CSS pixels; 128 unless said. The first column takes what is left over.
    pub fn width(mut self, width: u32) -> Self {
        self.face.width = width;
        self
    }

    /// Figures: aligned at the end.
    pub fn right(mut self) -> Self {
        self.face.align = Align::End;
        self
    }

    pub fn align(mut self, align: Align) -> Self {
        self.face.align = align;
        self
    }

    /// Its head asks for the order.
    pub fn sortable(mut self) -> Self {
        self.face.sortable = true;
        self
    }

    /// [`Self::sortable`] for some readers.
    pub fn sortable_if(mut self, sortable: bool) -> Self {
        self.face.sortable = sortable;
        self
    }

    /// Stays at the left while the rest scrolls. Pinned columns come first.
    pub fn pinned(mut self) -> Self {
        self.face.pinned = true;
        self
    }

    /// Not shown until chosen in the column menu.
    pub fn hidden(mut self) -> Self {
        self.face.hidden = true;
        self
    }

    /// [`Self::hidden`] for some readers.
    pub fn hidden_if(mut self, hidden: bool) -> Self {
        self.face.hidden = hidden;
        self
    }

    /// Its place on a phone. The first column leads unless another says so.
    pub fn card(mut self, card: Card) -> Self {
        self.face.card = Some(card);
        self
    }
}

/// The order asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    pub key: String,
    pub descending: bool,
}

impl Sort {
    pub fn ascending(key: impl Into<String>) -> Sort {
        Sort { key: key.into(), descending: false }
    }

    pub fn descending(key: impl Into<String>) -> Sort {
        Sort { key: key.into(), descending: true }
    }
}

/// How a reader arranged the columns: what a saved view keeps. Columns it does not name keep their own
/// place at the end and their own looks, so that old views survive new columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableLayout {
    pub columns: Vec<ColumnLayout>,
}

/// One column in a [`TableLayout`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnLayout {
    pub key: String,
    /// CSS pixels; the column's own width where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    #[serde(default)]
    pub hidden: bool,
    /// Whether it stays at the left; as the column says where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
}

impl TableLayout {
    /// Every column once: in the layout's order, then those it does not know. Pinned ones lead.
    pub(super) fn resolve(&self, faces: &[Face]) -> Vec<Placed> {
        let mut placed: Vec<Placed> = Vec::with_capacity(faces.len());
        for wanted in &self.columns {
            if let Some(index) = faces.iter().position(|face| face.key == wanted.key)
                && !placed.iter().any(|done| done.index == index)
            {
                let pinned = faces[index].pinned || wanted.pinned == Some(true);
                placed.push(Placed { index, width: wanted.width, hidden: wanted.hidden, pinned });
            }
        }
        for (index, face) in faces.iter().enumerate() {
            if !placed.iter().any(|done| done.index == index) {
                placed.push(Placed { index, width: None, hidden: face.hidden, pinned: face.pinned });
            }
        }
        placed.sort_by_key(|placed| !placed.pinned);
        placed
    }

    /// The layout that [`TableLayout::resolve`] turns back into `placed`.
    pub(super) fn of(placed: &[Placed], faces: &[Face]) -> TableLayout {
        let columns = placed
            .iter()
            .map(|placed| {
                let face = &faces[placed.index];
                let pinned = (placed.pinned != face.pinned).then_some(placed.pinned);
                ColumnLayout { key: face.key.to_string(), width: placed.width, hidden: placed.hidden, pinned }
            })
            .collect();
        TableLayout { columns }
    }
}

/// A column in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub index: usize,
    pub width: Option<u32>,
    pub hidden: bool,
    pub pinned: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faces() -> Vec<Face> {
        ["name", "aum", "tier"].into_iter().map(|key| Column::<()>::text(key, key, |()| String::new()).face).collect()
    }

    #[test]
    fn a_saved_layout_survives_columns_that_came_and_went() {
        let faces = faces();
        let saved = TableLayout {
            columns: vec![
                ColumnLayout { key: "gone".into(), width: None, hidden: false, pinned: None },
                ColumnLayout { key: "tier".into(), width: Some(90), hidden: true, pinned: None },
                ColumnLayout { key: "name".into(), width: None, hidden: false, pinned: None },
                ColumnLayout { key: "tier".into(), width: None, hidden: false, pinned: None },
            ],
        };
        let placed = saved.resolve(&faces);
        assert_eq!(placed.iter().map(|p| p.index).collect::<Vec<_>>(), [2, 0, 1]);
        assert_eq!((placed[0].width, placed[0].hidden), (Some(90), true));
        assert_eq!(TableLayout::of(&placed, &faces).resolve(&faces), placed);
    }

    #[test]
    fn pinned_columns_lead() {
        let mut faces = faces();
        faces[2].pinned = true;
        let placed = TableLayout::default().resolve(&faces);
        assert_eq!(placed.iter().map(|p| p.index).collect::<Vec<_>>(), [2, 0, 1]);
    }
}
