//! The expressions of profiles: a column, a constant, or a small calculation over them.
//!
//! `docs/feeds.md` lists the functions. An expression has no loops and reads nothing but its row, the
//! profile's code tables and its joins, so it always ends.

mod parse;

use std::{borrow::Cow, collections::BTreeSet, fmt, sync::Arc};

use chrono::{Datelike, Months, NaiveDate};
use guanhu_domain::feeds::RejectReason;
use rust_decimal::Decimal;

use super::{lookup::Lookup, profile::CodeTable, reader::Row, values::TextFormat};

/// What an expression yields.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    Null,
    Text(Cow<'a, str>),
    Number(Decimal),
    Date(NaiveDate),
    Flag(bool),
}

/// Why a row cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub reason: RejectReason,
    pub detail: String,
}

impl Fault {
    pub fn new(reason: RejectReason, detail: impl Into<String>) -> Fault {
        Fault { reason, detail: detail.into() }
    }
}

#[derive(Clone, Debug)]
pub enum Expr {
    /// A column or a `let` not yet found.
    Name(String),
    Column(usize),
    Const(Value<'static>),
    Call(Function, Vec<Expr>),
    Binary(Op, Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Map(String, Option<Arc<CodeTable>>, Box<Expr>),
    /// Name of the join, its table, key, column; the last tells whether a missing key is an error.
    Lookup(String, Option<(Arc<Lookup>, Option<usize>)>, Box<Expr>, Option<String>, bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

macro_rules! functions {
    ($($variant:ident $name:literal $least:literal $most:literal;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Function { $($variant),* }
        impl Function {
            /// Name, fewest and most arguments.
            const ALL: &'static [(Function, &'static str, usize, usize)] = &[$((Function::$variant, $name, $least, $most)),*];
        }
    };
}

functions! {
    Concat "concat" 1 20;
    Substr "substr" 2 3;
    Upper "upper" 1 1;
    Lower "lower" 1 1;
    Pad "pad" 3 3;
    Replace "replace" 3 3;
    Default "default" 2 20;
    If "if" 3 3;
    Empty "empty" 1 1;
    In "in" 2 50;
    Number "number" 1 1;
    Abs "abs" 1 1;
    Min "min" 2 2;
    Max "max" 2 2;
    Date "date" 1 2;
    AddMonths "add_months" 2 2;
    MonthsBetween "months_between" 2 2;
    Year "year" 1 1;
    StartsWith "starts_with" 2 2;
    Contains "contains" 2 2;
}

/// A mistake in an expression, with where it was noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExprError(pub String);

impl fmt::Display for ExprError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Expr {
    pub fn parse(text: &str) -> Result<Expr, ExprError> {
        parse::parse(text)
    }

    /// Replaces every name by what `find` knows of it; calls `table` and `join` for maps and lookups.
    pub fn bind(&mut self, find: &mut impl FnMut(&Expr) -> Result<Option<Expr>, ExprError>) -> Result<(), ExprError> {
        match self {
            Expr::Call(_, arguments) => arguments.iter_mut().try_for_each(|argument| argument.bind(find))?,
            Expr::Binary(_, left, right) => {
                left.bind(find)?;
                right.bind(find)?;
            }
            Expr::Not(inner) | Expr::Map(_, _, inner) | Expr::Lookup(_, _, inner, _, _) => inner.bind(find)?,
            Expr::Name(_) | Expr::Column(_) | Expr::Const(_) => {}
        }
        if let Some(found) = find(self)? {
            *self = found;
        }
        Ok(())
    }
}

impl Expr {
    /// Cells of the row that its value is made of. The key of a join says nothing of the row that it finds.
    pub fn cells(&self, found: &mut BTreeSet<usize>) {
        match self {
            Expr::Column(at) => _ = found.insert(*at),
            Expr::Call(_, arguments) => arguments.iter().for_each(|argument| argument.cells(found)),
            Expr::Binary(_, left, right) => {
                left.cells(found);
                right.cells(found);
            }
            Expr::Not(inner) | Expr::Map(_, _, inner) => inner.cells(found),
            Expr::Name(_) | Expr::Const(_) | Expr::Lookup(..) => {}
        }
    }

    /// Whether its value says all that stands in the cells it reads, so that they tell nothing more.
    pub fn tells_all(&self) -> bool {
        use Function::{Abs, AddMonths, Concat, Date, Default, Lower, Number, Pad, Upper};
        match self {
            Expr::Column(_) | Expr::Const(_) => true,
            // What the table does not know may be anything.
            Expr::Map(_, table, inner) => table.as_ref().is_some_and(|table| !table.has_other()) && inner.tells_all(),
            // Of several that may be told only one is.
            Expr::Call(Default, arguments) => {
                arguments.iter().filter(|argument| !matches!(argument, Expr::Const(_))).count() < 2 && arguments.iter().all(Expr::tells_all)
            }
            Expr::Call(Abs | AddMonths | Concat | Date | Lower | Number | Pad | Upper, arguments) => arguments.iter().all(Expr::tells_all),
            _ => false,
        }
    }

    /// The value for one row. `format` reads numbers and dates out of text.
    pub fn eval<'a>(&'a self, row: &'a Row, format: &'a TextFormat) -> Result<Value<'a>, Fault> {
        Ok(match self {
            Expr::Column(at) => format.cell(row.get(*at)),
            Expr::Const(value) => value.clone(),
            Expr::Name(name) => return Err(Fault::new(RejectReason::Required, format!("no column {name}"))),
            Expr::Not(inner) => Value::Flag(!inner.eval(row, format)?.is_true()),
            Expr::Binary(op, left, right) => binary(*op, left, right, row, format)?,
            Expr::Call(function, arguments) => call(*function, arguments, row, format)?,
            Expr::Map(name, table, inner) => {
                let value = inner.eval(row, format)?;
                let Some(table) = table else { return Ok(value) };
                match table.find(value.as_text().as_deref()) {
                    Some(found) => found,
                    None => return Err(Fault::new(RejectReason::UnknownCode, format!("{name}: {}", value.as_text().unwrap_or_default()))),
                }
            }
            Expr::Lookup(name, bound, key, _, strict) => {
                let key = key.eval(row, format)?;
                let (Some(text), Some((table, column))) = (key.as_text(), bound) else { return Ok(Value::Null) };
                match (table.find(&text), column) {
                    (Some(found), Some(column)) => table.format.cell(found.get(*column)),
                    (Some(_), None) => Value::Text(Cow::Owned(text.into_owned())),
                    (None, _) if *strict => return Err(Fault::new(RejectReason::UnknownKey, format!("{name}: {text}"))),
                    (None, _) => Value::Null,
                }
            }
        })
    }
}

impl Value<'_> {
    pub fn is_true(&self) -> bool {
        matches!(self, Value::Flag(true))
    }

    /// `None` for null.
    pub fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Value::Null => None,
            Value::Text(text) => Some(Cow::Borrowed(text)),
            Value::Number(number) => Some(Cow::Owned(number.normalize().to_string())),
            Value::Date(date) => Some(Cow::Owned(date.to_string())),
            Value::Flag(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        }
    }

    fn number(&self, format: &TextFormat) -> Result<Option<Decimal>, Fault> {
        match self {
            Value::Null => Ok(None),
            Value::Number(number) => Ok(Some(*number)),
            Value::Text(text) => format.decimal(text).map(Some).ok_or_else(|| Fault::new(RejectReason::NotANumber, text.clone())),
            other => Err(Fault::new(RejectReason::NotANumber, other.as_text().unwrap_or_default())),
        }
    }

    fn date(&self, format: &TextFormat) -> Result<Option<NaiveDate>, Fault> {
        match self {
            Value::Null => Ok(None),
            Value::Date(date) => Ok(Some(*date)),
            Value::Text(text) => format.date(text).map(Some).ok_or_else(|| Fault::new(RejectReason::NotADate, text.clone())),
            other => Err(Fault::new(RejectReason::NotADate, other.as_text().unwrap_or_default())),
        }
    }
}

fn binary<'a>(op: Op, left: &'a Expr, right: &'a Expr, row: &'a Row, format: &'a TextFormat) -> Result<Value<'a>, Fault> {
    let a = left.eval(row, format)?;
    match op {
        Op::And if !a.is_true() => return Ok(Value::Flag(false)),
        Op::Or if a.is_true() => return Ok(Value::Flag(true)),
        _ => {}
    }
    let b = right.eval(row, format)?;
    if let Op::And | Op::Or = op {
        return Ok(Value::Flag(b.is_true()));
    }
    if let Op::Add | Op::Subtract | Op::Multiply | Op::Divide | Op::Remainder = op {
        let (Some(x), Some(y)) = (a.number(format)?, b.number(format)?) else { return Ok(Value::Null) };
        let result = match op {
            Op::Add => x.checked_add(y),
            Op::Subtract => x.checked_sub(y),
            Op::Multiply => x.checked_mul(y),
            Op::Divide => x.checked_div(y),
            _ => x.checked_rem(y),
        };
        return result.map(Value::Number).ok_or_else(|| Fault::new(RejectReason::OutOfRange, format!("{x} and {y}")));
    }
    let order = match (&a, &b) {
        (Value::Null, Value::Null) => std::cmp::Ordering::Equal,
        (Value::Null, other) | (other, Value::Null) => {
            let same = other.as_text().is_none_or(|text| text.is_empty());
            return Ok(Value::Flag(matches!((op, same), (Op::Equal | Op::LessEqual | Op::GreaterEqual, true) | (Op::NotEqual, false))));
        }
        (Value::Number(_), _) | (_, Value::Number(_)) => a.number(format)?.cmp(&b.number(format)?),
        (Value::Date(_), _) | (_, Value::Date(_)) => a.date(format)?.cmp(&b.date(format)?),
        _ => a.as_text().cmp(&b.as_text()),
    };
    Ok(Value::Flag(match op {
        Op::Equal => order.is_eq(),
        Op::NotEqual => order.is_ne(),
        Op::Less => order.is_lt(),
        Op::LessEqual => order.is_le(),
        Op::Greater => order.is_gt(),
        _ => order.is_ge(),
    }))
}

fn call<'a>(function: Function, arguments: &'a [Expr], row: &'a Row, format: &'a TextFormat) -> Result<Value<'a>, Fault> {
    // Those that do not look at every argument come first.
    match function {
        Function::If => {
            let [condition, yes, no] = arguments else { return Ok(Value::Null) };
            return if condition.eval(row, format)?.is_true() { yes.eval(row, format) } else { no.eval(row, format) };
        }
        Function::Default => {
            for argument in arguments {
                let value = argument.eval(row, format)?;
                if value != Value::Null {
                    return Ok(value);
                }
            }
            return Ok(Value::Null);
        }
        _ => {}
    }
    let values = arguments.iter().map(|argument| argument.eval(row, format)).collect::<Result<Vec<_>, _>>()?;
    let text = |at: usize| values.get(at).and_then(Value::as_text);
    let whole = |at: usize| -> Result<Option<i64>, Fault> {
        let Some(value) = values.get(at) else { return Ok(None) };
        Ok(value.number(format)?.and_then(|number| i64::try_from(number.trunc().mantissa() / 10_i128.pow(number.trunc().scale())).ok()))
    };
    let owned = |text: String| if text.is_empty() { Value::Null } else { Value::Text(Cow::Owned(text)) };
    Ok(match function {
        Function::Concat => {
            let mut joined = String::new();
            values.iter().filter_map(Value::as_text).for_each(|part| joined.push_str(&part));
            owned(joined)
        }
        Function::Substr => {
            let Some(source) = text(0) else { return Ok(Value::Null) };
            let skip = usize::try_from(whole(1)?.unwrap_or(1).max(1) - 1).unwrap_or(usize::MAX);
            let take = whole(2)?.map_or(usize::MAX, |length| usize::try_from(length).unwrap_or(0));
            owned(source.chars().skip(skip).take(take).collect())
        }
        Function::Upper => text(0).map_or(Value::Null, |source| owned(source.to_uppercase())),
        Function::Lower => text(0).map_or(Value::Null, |source| owned(source.to_lowercase())),
        Function::Pad => {
            let Some(source) = text(0) else { return Ok(Value::Null) };
            let width = usize::try_from(whole(1)?.unwrap_or(0)).unwrap_or(0).min(100);
            let fill = text(2).and_then(|fill| fill.chars().next()).unwrap_or('0');
            let missing = width.saturating_sub(source.chars().count());
            owned(std::iter::repeat_n(fill, missing).chain(source.chars()).collect())
        }
        Function::Replace => {
            let Some(source) = text(0) else { return Ok(Value::Null) };
            owned(source.replace(&*text(1).unwrap_or_default(), &text(2).unwrap_or_default()))
        }
        Function::Empty => Value::Flag(values.first().is_none_or(|value| *value == Value::Null)),
        Function::In => {
            let source = text(0);
            Value::Flag(source.is_some() && (1..values.len()).any(|at| text(at) == source))
        }
        Function::Number => values[0].number(format)?.map_or(Value::Null, Value::Number),
        Function::Abs => values[0].number(format)?.map_or(Value::Null, |number| Value::Number(number.abs())),
        Function::Min | Function::Max => match (values[0].number(format)?, values[1].number(format)?) {
            (Some(x), Some(y)) => Value::Number(if function == Function::Min { x.min(y) } else { x.max(y) }),
            _ => Value::Null,
        },
        Function::Date => match (&values[0], text(1)) {
            (Value::Text(source), Some(pattern)) => {
                let date = super::values::parse_date(source, &pattern, format.pivot);
                Value::Date(date.ok_or_else(|| Fault::new(RejectReason::NotADate, source.clone()))?)
            }
            (value, _) => value.date(format)?.map_or(Value::Null, Value::Date),
        },
        Function::AddMonths => match (values[0].date(format)?, whole(1)?) {
            (Some(date), Some(months)) => {
                let step = Months::new(u32::try_from(months.unsigned_abs()).unwrap_or(u32::MAX));
                let moved = if months < 0 { date.checked_sub_months(step) } else { date.checked_add_months(step) };
                Value::Date(moved.ok_or_else(|| Fault::new(RejectReason::OutOfRange, format!("{date} and {months} months")))?)
            }
            _ => Value::Null,
        },
        Function::MonthsBetween => match (values[0].date(format)?, values[1].date(format)?) {
            (Some(from), Some(to)) => {
                let months = (to.year() - from.year()) * 12 + to.month() as i32 - from.month() as i32;
                Value::Number(Decimal::from(months - i32::from(to.day() < from.day())))
            }
            _ => Value::Null,
        },
        Function::Year => values[0].date(format)?.map_or(Value::Null, |date| Value::Number(Decimal::from(date.year()))),
        Function::StartsWith => Value::Flag(text(0).is_some_and(|source| source.starts_with(&*text(1).unwrap_or_default()))),
        Function::Contains => Value::Flag(text(0).is_some_and(|source| source.contains(&*text(1).unwrap_or_default()))),
        Function::If | Function::Default => Value::Null,
    })
}
