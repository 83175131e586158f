//! Reading an expression: precedence climbing over or, and, comparison, sum, product.

use std::borrow::Cow;

use super::{Expr, ExprError, Function, Op, Value};

/// The whole of `text` as one expression.
pub fn parse(text: &str) -> Result<Expr, ExprError> {
    let mut parser = Parser { text, rest: text, depth: 0 };
    let expr = parser.expression(0)?;
    parser.skip_space();
    if parser.rest.is_empty() { Ok(expr) } else { Err(parser.error("expected an operator or the end")) }
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    depth: usize,
}

const OPERATORS: &[(&str, Op, u8)] = &[
    ("or", Op::Or, 1),
    ("and", Op::And, 2),
    ("==", Op::Equal, 3),
    ("!=", Op::NotEqual, 3),
    ("<=", Op::LessEqual, 3),
    (">=", Op::GreaterEqual, 3),
    ("<", Op::Less, 3),
    (">", Op::Greater, 3),
    ("+", Op::Add, 4),
    ("-", Op::Subtract, 4),
    ("*", Op::Multiply, 5),
    ("/", Op::Divide, 5),
    ("%", Op::Remainder, 5),
];

/// Deeper nesting is a mistake, and would cost stack.
const DEEPEST: usize = 50;

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}

impl<'a> Parser<'a> {
    fn error(&self, message: &str) -> ExprError {
        let at = self.text[..self.text.len() - self.rest.len()].chars().count() + 1;
        ExprError(format!("{message} at character {at} of `{}`", self.text))
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn expression(&mut self, least: u8) -> Result<Expr, ExprError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error("nested too deeply"));
        }
        let mut left = self.term()?;
        while let Some((op, strength)) = self.peek_operator().filter(|(_, strength)| *strength > least) {
            let length = OPERATORS.iter().find(|known| known.1 == op).map_or(0, |known| known.0.len());
            self.rest = &self.rest[length..];
            let right = self.expression(strength)?;
            left = Expr::Binary(op, Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn peek_operator(&mut self) -> Option<(Op, u8)> {
        self.skip_space();
        OPERATORS
            .iter()
            .find(|(sign, _, _)| {
                self.rest
                    .strip_prefix(sign)
                    .is_some_and(|after| !sign.starts_with(|c: char| c.is_alphabetic()) || !after.starts_with(is_name))
            })
            .map(|(_, op, strength)| (*op, *strength))
    }

    fn term(&mut self) -> Result<Expr, ExprError> {
        self.skip_space();
        let first = self.rest.chars().next().ok_or_else(|| self.error("expected a value"))?;
        match first {
            '(' => {
                self.rest = &self.rest[1..];
                let inner = self.expression(0)?;
                self.expect(')')?;
                Ok(inner)
            }
            '"' => Ok(Expr::Const(Value::Text(Cow::Owned(self.string()?)))),
            '`' => {
                let end = self.rest[1..].find('`').ok_or_else(|| self.error("the column's ` is not closed"))?;
                let name = self.rest[1..=end].to_owned();
                self.rest = &self.rest[end + 2..];
                Ok(Expr::Name(name))
            }
            '-' | '0'..='9' => {
                let end = self.rest[1..].find(|c: char| !c.is_ascii_digit() && c != '.').map_or(self.rest.len(), |at| at + 1);
                let number = self.rest[..end].parse().map_err(|_| self.error("not a number"))?;
                self.rest = &self.rest[end..];
                Ok(Expr::Const(Value::Number(number)))
            }
            c if is_name(c) => self.name(),
            _ => Err(self.error("expected a value")),
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), ExprError> {
        self.skip_space();
        self.rest = self.rest.strip_prefix(wanted).ok_or_else(|| self.error(&format!("expected `{wanted}`")))?;
        Ok(())
    }

    /// A double-quoted string; a doubled quote stands for one.
    fn string(&mut self) -> Result<String, ExprError> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            if c != '"' {
                text.push(c);
            } else if chars.peek().is_some_and(|(_, next)| *next == '"') {
                chars.next();
                text.push('"');
            } else {
                self.rest = &self.rest[at + 1..];
                return Ok(text);
            }
        }
        Err(self.error("the string is not closed"))
    }

    fn name(&mut self) -> Result<Expr, ExprError> {
        let end = self.rest.find(|c: char| !is_name(c)).unwrap_or(self.rest.len());
        let name = &self.rest[..end];
        let before = self.rest;
        self.rest = &self.rest[end..];
        match name {
            "not" => return Ok(Expr::Not(Box::new(self.expression(2)?))),
            "true" | "false" => return Ok(Expr::Const(Value::Flag(name == "true"))),
            "null" => return Ok(Expr::Const(Value::Null)),
            _ => {}
        }
        self.skip_space();
        let Some(inside) = self.rest.strip_prefix('(') else { return Ok(Expr::Name(name.to_owned())) };
        self.rest = inside;
        let mut arguments = Vec::new();
        self.skip_space();
        if let Some(after) = self.rest.strip_prefix(')') {
            self.rest = after;
        } else {
            loop {
                arguments.push(self.expression(0)?);
                self.skip_space();
                match self.rest.strip_prefix(',') {
                    Some(after) => self.rest = after,
                    None => break,
                }
            }
            self.expect(')')?;
        }
        let literal = |argument: &Expr| match argument {
            Expr::Const(Value::Text(text)) => Some(text.clone().into_owned()),
            _ => None,
        };
        let wrong = |message: String| {
            let at = Parser { text: self.text, rest: before, depth: 0 };
            at.error(&message)
        };
        match (name, arguments.as_slice()) {
            ("map", [value, table]) => {
                let table = literal(table).ok_or_else(|| wrong("`map` takes a value and the name of a code table in quotes".into()))?;
                Ok(Expr::Map(table, None, Box::new(value.clone())))
            }
            ("lookup" | "find", [join, key, column @ ..]) if column.len() < 2 => {
                let usage = || wrong(format!("`{name}` takes the name of a join in quotes, a key, and a column in quotes"));
                let join = literal(join).ok_or_else(usage)?;
                let column = match column.first() {
                    Some(column) => Some(literal(column).ok_or_else(usage)?),
                    None => None,
                };
                Ok(Expr::Lookup(join, None, Box::new(key.clone()), column, name == "lookup"))
            }
            _ => {
                let (function, _, least, most) = Function::ALL
                    .iter()
                    .find(|known| known.1 == name)
                    .ok_or_else(|| wrong(format!("there is no function `{name}`; there are {}", function_names())))?;
                if arguments.len() < *least || arguments.len() > *most {
                    return Err(wrong(format!("`{name}` takes {least} to {most} arguments, not {}", arguments.len())));
                }
                Ok(Expr::Call(*function, arguments))
            }
        }
    }
}

fn function_names() -> String {
    Function::ALL.iter().map(|known| known.1).chain(["map", "lookup", "find", "not"]).collect::<Vec<_>>().join(", ")
}
