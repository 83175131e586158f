//! Refusing what is no rule, with the place of every fault as a JSON pointer.

use super::{
    Condition, Op, RuleSet, Value,
    catalogue::{self, Field, FieldKind, Use},
};
use crate::{
    customers::{DataClass, Kind},
    problem::{FieldProblem, Rule},
};

/// A rule larger or deeper than this is refused before it is looked at.
pub const NODES_MAX: usize = 200;
pub const DEPTH_MAX: usize = 16;
/// Members of a set; characters of a word; days and months of a window.
const SET_MAX: usize = 200;
const TEXT_MAX: usize = 100;
const DAYS_MAX: u16 = 3_650;
pub const MONTHS_MAX: u8 = 12;

/// What this rule may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The kind of customer it is for; `None` for both.
    pub kind: Option<Kind>,
    /// Decides a tier.
    pub tier: bool,
    /// Decides a lifecycle state, which is then not asked for.
    pub state: bool,
    /// The highest class of data its author may ask for.
    pub class: DataClass,
}

impl Limits {
    /// A tier of customers of this kind; `class` is that of its author's role, here as below.
    pub const fn tier(kind: Kind, class: DataClass) -> Limits {
        Limits { kind: Some(kind), tier: true, state: false, class }
    }

    pub const fn group(class: DataClass) -> Limits {
        Limits { kind: None, tier: false, state: false, class }
    }

    /// A lifecycle state of any customer.
    pub const fn state(class: DataClass) -> Limits {
        Limits { state: true, ..Limits::group(class) }
    }

    /// The fields that an editor shows its author.
    pub fn offered(self) -> impl Iterator<Item = &'static Field> {
        catalogue::all().filter(move |field| self.offers(field))
    }

    /// May the author ask for this field here?
    pub fn offers(&self, field: &Field) -> bool {
        field.class <= self.class
            && (field.used == Use::Everywhere || !self.tier)
            && !(self.state && field.code == "state")
            && field.applies_to(self.kind)
    }
}

/// Everything that is wrong with a rule; `place` goes before every pointer. Never recurses, so that a
/// tree of any depth is refused rather than overflowing the stack.
pub fn check(rule: &RuleSet, limits: Limits, place: &str) -> Vec<FieldProblem> {
    let mut faults = Faults(Vec::new());
    if rule.v != super::VERSION {
        faults.add(&format!("{place}/v"), "", other("规则版本不受支持。", "This version of the rule language is not supported."));
        return faults.0;
    }
    let mut waiting = vec![(&rule.when, format!("{place}/when"), 1usize, limits, false)];
    let mut nodes = 0;
    while let Some((condition, path, depth, limits, related)) = waiting.pop() {
        nodes += 1;
        if nodes > NODES_MAX {
            faults.add(
                &path,
                "",
                other(&format!("规则不能多于 {NODES_MAX} 个条件。"), &format!("A rule has at most {NODES_MAX} conditions.")),
            );
            break;
        }
        if depth > DEPTH_MAX {
            faults.add(&path, "", other(&format!("嵌套不能深于 {DEPTH_MAX} 层。"), &format!("Conditions nest at most {DEPTH_MAX} deep.")));
            break;
        }
        let here = format!("{path}/{}", condition.code());
        let mut inner = limits;
        let mut inside = related;
        match condition {
            Condition::All(of) | Condition::Any(of) if of.is_empty() => faults.add(&here, "", empty()),
            Condition::Related { .. } if related => {
                faults.add(&here, "", other("关系条件不能再含关系条件。", "A relation cannot be inside another."));
            }
            Condition::Related { kind, reverse, .. } => {
                if kind.is_none() && *reverse {
                    faults.add(&here, "kind", Rule::Required);
                }
                (inner, inside) = (Limits { kind: None, ..limits }, true);
            }
            Condition::All(_) | Condition::Any(_) | Condition::Not(_) => {}
            leaf => faults.leaf(leaf, &here, limits),
        }
        for (at, child) in condition.children().iter().enumerate().rev() {
            waiting.push((child, condition.child_path(&path, at), depth + 1, inner, inside));
        }
    }
    faults.0
}

struct Faults(Vec<FieldProblem>);

fn other(zh: &str, en: &str) -> Rule {
    Rule::Other { zh: zh.into(), en: en.into() }
}

fn empty() -> Rule {
    other("至少要有一个条件。", "There must be at least one condition.")
}

impl Faults {
    fn add(&mut self, path: &str, part: &str, rule: Rule) {
        let field = if part.is_empty() { path.to_owned() } else { format!("{path}/{part}") };
        self.0.push(FieldProblem { field, rule });
    }

    fn leaf(&mut self, leaf: &Condition, here: &str, limits: Limits) {
        match leaf {
            Condition::AverageAum { months, op, .. } => {
                self.window(here, "months", months.unwrap_or(1).into(), MONTHS_MAX.into());
                if *op == Op::Contains {
                    self.add(here, "op", no_such_comparison());
                }
            }
            Condition::Holds { product } if !is_word(product) => self.add(here, "product", Rule::Required),
            Condition::Birthday { .. } if limits.kind == Some(Kind::Corporate) => {
                self.add(here, "", other("企业没有生日。", "Companies have no birthday."));
            }
            Condition::Birthday { ahead } if *ahead > 11 => {
                self.add(here, "ahead", Rule::OutOfRange { min: "0".into(), max: "11".into() });
            }
            _ => {}
        }
        let Some(code) = leaf.field() else { return };
        let Some(field) = self.field(limits, here, code, catalogue::find(code)) else { return };
        match leaf {
            Condition::Compare { op, value, .. } => self.comparison(here, field, *op, value),
            Condition::Range { from, to, .. } => self.range(here, field, from, to),
            Condition::OneOf { values, .. } => self.set(here, field, values),
            Condition::Within { days, .. } | Condition::Ahead { days, .. } | Condition::NotSince { days, .. } => {
                if field.kind != FieldKind::Date {
                    self.add(here, "field", mismatch());
                }
                self.window(here, "days", *days, DAYS_MAX);
            }
            _ => {}
        }
    }

    /// The field that is asked for, if the author may. What may not be asked for is as unknown as what is not there.
    fn field<'a>(&mut self, limits: Limits, here: &str, code: &str, known: Option<&'a Field>) -> Option<&'a Field> {
        let offered = known.filter(|field| limits.offers(field));
        if offered.is_none() {
            self.add(here, "field", if code.is_empty() { Rule::Required } else { Rule::UnknownCode { value: code.to_owned() } });
        }
        offered
    }

    fn window(&mut self, here: &str, part: &str, value: u16, max: u16) {
        if value == 0 || value > max {
            self.add(here, part, Rule::OutOfRange { min: "1".into(), max: max.to_string() });
        }
    }

    fn comparison(&mut self, here: &str, field: &Field, op: Op, value: &Value) {
        let fits = match field.kind {
            FieldKind::Money | FieldKind::Number(..) | FieldKind::Date => op != Op::Contains,
            FieldKind::Text => matches!(op, Op::Eq | Op::Ne | Op::Contains),
            FieldKind::Choice(_) => false,
        };
        if !fits {
            self.add(here, "op", no_such_comparison());
        }
        self.value(here, "value", field, value);
    }

    fn range(&mut self, here: &str, field: &Field, from: &Value, to: &Value) {
        if matches!(field.kind, FieldKind::Choice(_) | FieldKind::Text) {
            self.add(here, "field", mismatch());
            return;
        }
        self.value(here, "from", field, from);
        self.value(here, "to", field, to);
        let backwards = match (from, to) {
            (Value::Number(from), Value::Number(to)) => from > to,
            _ => from.date().zip(to.date()).is_some_and(|(from, to)| from > to),
        };
        if backwards {
            self.add(here, "to", other("终点早于或小于起点。", "The end lies before the beginning."));
        }
    }

    fn set(&mut self, here: &str, field: &Field, values: &[String]) {
        if !matches!(field.kind, FieldKind::Choice(_) | FieldKind::Text) {
            self.add(here, "field", mismatch());
        }
        if values.is_empty() {
            self.add(here, "values", other("请至少选择一项。", "Choose at least one."));
        }
        if values.len() > SET_MAX {
            self.add(here, "values", Rule::TooLong { max: SET_MAX });
        }
        if let Some(at) = values.iter().position(|value| !is_word(value)) {
            self.add(here, &format!("values/{at}"), Rule::Required);
        }
    }

    fn value(&mut self, here: &str, part: &str, field: &Field, value: &Value) {
        let fault = match (field.kind, value) {
            (FieldKind::Money | FieldKind::Number(..), Value::Number(_)) => None,
            (FieldKind::Money | FieldKind::Number(..), Value::Text(_)) => Some(Rule::NotANumber),
            (FieldKind::Date, value) => value.date().filter(is_sane).is_none().then_some(Rule::NotADate),
            (FieldKind::Text | FieldKind::Choice(_), Value::Text(text)) => (!is_word(text)).then_some(Rule::Required),
            (FieldKind::Text | FieldKind::Choice(_), Value::Number(_)) => Some(mismatch()),
        };
        if let Some(rule) = fault {
            self.add(here, part, rule);
        }
    }
}

/// Postgres and calendars agree on these years.
fn is_sane(date: &chrono::NaiveDate) -> bool {
    use chrono::Datelike;
    (1000..=9999).contains(&date.year())
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= TEXT_MAX && !text.contains('\0')
}

fn mismatch() -> Rule {
    other("条件与字段的类型不符。", "This condition does not fit the type of the field.")
}

fn no_such_comparison() -> Rule {
    other("这种比较不适用于此字段。", "This comparison does not apply to the field.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: Limits = Limits::group(DataClass::C1);

    fn faults(json: &str) -> Vec<String> {
        let rule: RuleSet = serde_json::from_str(json).unwrap();
        check(&rule, Limits::tier(Kind::Personal, DataClass::C1), "/tiers/0/rule").into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn a_field_above_the_authors_class_is_neither_offered_nor_accepted() {
        let above = Field {
            code: "mobile",
            zh: "手机号",
            en: "Mobile",
            kind: FieldKind::Text,
            class: DataClass::C2,
            of: None,
            used: Use::Everywhere,
        };
        for limits in [Limits::tier(Kind::Personal, DataClass::C1), GROUP, Limits::state(DataClass::C1)] {
            assert!(!limits.offers(&above));
            assert!(Limits { class: DataClass::C2, ..limits }.offers(&above), "nothing else is against it");
            assert!(!Limits { class: DataClass::C2, ..limits }.offers(&Field { class: DataClass::C3, ..above }));
        }
        // What editors leave out the check refuses by the same word.
        let refused = |field: &Field| {
            let mut faults = Faults(Vec::new());
            faults.field(GROUP, "/rule/when/known", field.code, Some(field));
            faults.0.into_iter().map(|fault| fault.field).collect::<Vec<_>>()
        };
        assert_eq!(refused(&above), ["/rule/when/known/field"]);
        assert_eq!(refused(&Field { class: DataClass::C1, ..above }), Vec::<String>::new());
    }

    #[test]
    fn every_fault_is_told_with_its_place() {
        let json = r#"{"v": 1, "when": {"all": [
            {"compare": {"field": "aum", "op": "ge", "value": 5000}},
            {"any": []},
            {"not": {"compare": {"field": "shoe_size", "op": "eq", "value": 43}}},
            {"compare": {"field": "aum", "op": "contains", "value": "much"}},
            {"range": {"field": "opened_on", "from": "2026-02-30", "to": "2026-03-01"}},
            {"one_of": {"field": "sex", "values": []}},
            {"within": {"field": "age", "days": 0}},
            {"compare": {"field": "tier", "op": "eq", "value": "gold"}},
            {"compare": {"field": "employees", "op": "eq", "value": 4}},
            {"related": {"who": {"related": {"who": {"known": {"field": "employees"}}}}}}
        ]}}"#;
        let at = |tail: &str| format!("/tiers/0/rule/when/all/{tail}");
        assert_eq!(
            faults(json),
            [
                at("1/any"),
                at("2/not/compare/field"),
                at("3/compare/op"),
                at("3/compare/value"),
                at("4/range/from"),
                at("5/one_of/values"),
                at("6/within/field"),
                at("6/within/days"),
                at("7/compare/field"),
                at("8/compare/field"),
                at("9/related/who/related"),
            ]
        );
        assert_eq!(faults(r#"{"v": 2, "when": {"all": []}}"#), ["/tiers/0/rule/v"]);
        assert!(serde_json::from_str::<RuleSet>(r#"{"v": 1, "when": {"compare": {"field": "aum", "op": "ge", "value": 1.5}}}"#).is_err());
        assert!(serde_json::from_str::<RuleSet>(r#"{"v": 1, "when": {"drop table customer": {}}}"#).is_err());
    }

    #[test]
    fn a_tree_of_ten_thousand_nodes_is_refused_and_the_stack_is_whole() {
        let leaf = || Condition::Known { field: "aum".into() };
        let wide = RuleSet::new(Condition::All((0..10_000).map(|_| leaf()).collect()));
        let told = check(&wide, GROUP, "");
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].field, "/when/all/199");

        let mut deep = RuleSet::new(leaf());
        for _ in 0..10_000 {
            deep.when = Condition::Not(Box::new(deep.when));
        }
        assert_eq!(check(&deep, GROUP, "")[0].field, format!("/when{}", "/not".repeat(16)));
        // Taken apart one by one: dropped whole it would be the test's own stack.
        let mut rest = deep.when;
        while let Condition::Not(inner) = rest {
            rest = *inner;
        }

        let text = format!(r#"{{"v":1,"when":{}{{"known":{{"field":"aum"}}}}{}}}"#, r#"{"not":"#.repeat(10_000), "}".repeat(10_000));
        assert!(serde_json::from_str::<RuleSet>(&text).is_err());
    }
}
