//! A rule in the making: nodes that each keep what was chosen, whole or not.

use std::sync::atomic::{AtomicU32, Ordering};

use chrono::NaiveDate;
use guanhu_domain::{
    FieldProblem, Lang,
    customers::{Category, RelationKind},
    rules::{Condition, FieldKind, Op, Value, catalogue},
};
use leptos::{prelude::*, reactive::owner::WeakOwner};

use super::text;

/// What a node is; the last is a single condition.
pub const KINDS: [&str; 4] = ["all", "any", "none", "related"];
pub const LEAF: &str = "leaf";

/// Subjects beside the fields of the catalogue.
pub const AVERAGE: &str = "average_aum";
pub const HOLDS: &str = "holds";
pub const HOLDS_KIND: &str = "holds_kind";
pub const BIRTHDAY: &str = "birthday";

/// Before the code of a relation: the customer is that of the other one.
const REVERSE: &str = "-";

/// A relation as one choice: its kind, and which end the customer is.
pub fn relation_code(kind: RelationKind, reverse: bool) -> String {
    format!("{}{}", if reverse { REVERSE } else { "" }, kind.code())
}

/// One node; every part is a signal of its own, so that typing in one redraws no other.
#[derive(Clone, Copy)]
pub struct Node {
    pub id: u32,
    pub kind: RwSignal<String>,
    /// Of a relation: its kind; of a single condition: field or one of the subjects above.
    pub subject: RwSignal<String>,
    pub how: RwSignal<String>,
    pub number: RwSignal<Option<i64>>,
    /// Upper end of a range; months of an average.
    pub second: RwSignal<Option<i64>>,
    pub date: RwSignal<Option<NaiveDate>>,
    pub until: RwSignal<Option<NaiveDate>>,
    pub text: RwSignal<String>,
    pub values: RwSignal<Vec<String>>,
    pub children: RwSignal<Vec<Node>>,
    pub error: RwSignal<Option<String>>,
    /// Where its signals live: those of another tree come from a button of a notice, and would go with the notice.
    owner: StoredValue<Option<WeakOwner>>,
}

impl Node {
    fn empty(kind: &str) -> Node {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        Node {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            kind: RwSignal::new(kind.to_owned()),
            subject: RwSignal::new(String::new()),
            how: RwSignal::new(String::new()),
            number: RwSignal::new(None),
            second: RwSignal::new(None),
            date: RwSignal::new(None),
            until: RwSignal::new(None),
            text: RwSignal::new(String::new()),
            values: RwSignal::new(Vec::new()),
            children: RwSignal::new(Vec::new()),
            error: RwSignal::new(None),
            owner: StoredValue::new(Owner::current().map(|owner| owner.downgrade())),
        }
    }

    pub fn leaf() -> Node {
        Node::empty(LEAF)
    }

    pub fn group(kind: &str, children: Vec<Node>) -> Node {
        let node = Node::empty(kind);
        node.children.set(children);
        node
    }

    /// The root of an editor: always a group, so that there is somewhere to add to.
    pub fn root(condition: &Condition) -> Node {
        let node = Node::of(condition);
        if node.is_leaf() { Node::group("all", vec![node]) } else { node }
    }

    /// The same node with another tree.
    pub fn become_root(self, condition: &Condition) {
        let Some(owner) = self.owner.with_value(|owner| owner.as_ref().and_then(WeakOwner::upgrade)) else { return };
        let other = owner.with(|| Node::root(condition));
        self.kind.set(other.kind.get_untracked());
        self.subject.set(other.subject.get_untracked());
        self.children.set(other.children.get_untracked());
        self.error.set(None);
    }

    /// An average that wants an amount.
    pub fn average() -> Node {
        let node = Node::leaf();
        node.subject.set(AVERAGE.into());
        node.how.set("ge".into());
        node
    }

    pub fn is_leaf(self) -> bool {
        self.kind.with_untracked(|kind| kind == LEAF)
    }

    fn of(condition: &Condition) -> Node {
        let children = |of: &[Condition]| of.iter().map(Node::of).collect::<Vec<_>>();
        match condition {
            Condition::All(of) => Node::group("all", children(of)),
            Condition::Any(of) => Node::group("any", children(of)),
            Condition::Not(of) => match of.as_ref() {
                Condition::Any(of) => Node::group("none", children(of)),
                one => Node::group("none", vec![Node::of(one)]),
            },
            Condition::Related { kind, reverse, who } => {
                let inner = match who.as_ref() {
                    Condition::All(of) => children(of),
                    one => vec![Node::of(one)],
                };
                let node = Node::group("related", inner);
                node.subject.set(kind.map(|kind| relation_code(kind, *reverse)).unwrap_or_default());
                node
            }
            leaf => {
                let node = Node::leaf();
                node.fill(leaf);
                node
            }
        }
    }

    fn fill(self, leaf: &Condition) {
        self.subject.set(leaf.field().map_or_else(|| leaf.code().to_owned(), str::to_owned));
        match leaf {
            Condition::Compare { op, value, .. } => {
                self.how.set(op.code().into());
                self.take(value, self.number, self.date);
            }
            Condition::Range { from, to, .. } => {
                self.how.set("range".into());
                self.take(from, self.number, self.date);
                self.take(to, self.second, self.until);
            }
            Condition::OneOf { values, .. } => {
                self.how.set("one_of".into());
                self.values.set(values.clone());
            }
            Condition::Within { days, .. } | Condition::Ahead { days, .. } | Condition::NotSince { days, .. } => {
                self.how.set(leaf.code().into());
                self.number.set(Some((*days).into()));
            }
            Condition::Known { .. } => self.how.set("known".into()),
            Condition::AverageAum { months, op, value } => {
                self.how.set(op.code().into());
                self.number.set(Some(*value));
                self.text.set(months.map(|months| months.to_string()).unwrap_or_default());
            }
            Condition::Holds { product } => self.text.set(product.clone()),
            Condition::HoldsKind { category } => self.text.set(category.code().into()),
            Condition::Birthday { ahead } => self.text.set(ahead.to_string()),
            _ => {}
        }
    }

    fn take(self, value: &Value, number: RwSignal<Option<i64>>, date: RwSignal<Option<NaiveDate>>) {
        number.set(value.number());
        date.set(value.date());
        self.text.set(value.text().unwrap_or_default().to_owned());
    }

    /// The condition as far as it was chosen. What is missing is left to the check, which refuses it.
    pub fn condition(self) -> Condition {
        let kind = self.kind.get();
        let of = || self.children.get().into_iter().map(Node::condition).collect::<Vec<_>>();
        let single = |mut of: Vec<Condition>, several: fn(Vec<Condition>) -> Condition| match of.len() {
            1 => of.remove(0),
            _ => several(of),
        };
        match kind.as_str() {
            "all" => Condition::All(of()),
            "any" => Condition::Any(of()),
            "none" => Condition::Not(Box::new(single(of(), Condition::Any))),
            "related" => {
                let subject = self.subject.get();
                let (kind, reverse) = match subject.strip_prefix(REVERSE) {
                    Some(kind) => (kind, true),
                    None => (subject.as_str(), false),
                };
                Condition::Related { kind: RelationKind::from_code(kind), reverse, who: Box::new(single(of(), Condition::All)) }
            }
            _ => self.single(),
        }
    }

    fn single(self) -> Condition {
        let subject = self.subject.get();
        let op = || Op::from_code(&self.how.get()).unwrap_or(Op::Ge);
        // What is not whole yet is a condition on no field, which no check lets pass.
        let incomplete = || Condition::Known { field: String::new() };
        match subject.as_str() {
            AVERAGE => match self.number.get() {
                Some(value) => Condition::AverageAum { months: self.text.get().parse().ok(), op: op(), value },
                None => incomplete(),
            },
            HOLDS => Condition::Holds { product: self.text.get() },
            HOLDS_KIND => match Category::from_code(&self.text.get()) {
                Some(category) => Condition::HoldsKind { category },
                None => incomplete(),
            },
            BIRTHDAY => Condition::Birthday { ahead: self.text.get().parse().unwrap_or(0) },
            _ => self.of_field(subject),
        }
    }

    fn of_field(self, field: String) -> Condition {
        let kind = catalogue::find(&field).map(|field| field.kind);
        let value = |number: RwSignal<Option<i64>>, date: RwSignal<Option<NaiveDate>>| match kind {
            Some(FieldKind::Date) => Value::Text(date.get().map(|date| date.to_string()).unwrap_or_default()),
            Some(FieldKind::Text) => Value::Text(self.text.get().trim().to_owned()),
            // Nothing typed is no number.
            _ => number.get().map_or(Value::Text(String::new()), Value::Number),
        };
        let days = || self.number.get().and_then(|days| u16::try_from(days).ok()).unwrap_or(0);
        match self.how.get().as_str() {
            "range" => Condition::Range { field, from: value(self.number, self.date), to: value(self.second, self.until) },
            "one_of" => Condition::OneOf { field, values: self.values.get() },
            "within" => Condition::Within { field, days: days() },
            "ahead" => Condition::Ahead { field, days: days() },
            "not_since" => Condition::NotSince { field, days: days() },
            "known" => Condition::Known { field },
            how => Condition::Compare { field, op: Op::from_code(how).unwrap_or(Op::Ge), value: value(self.number, self.date) },
        }
    }

    /// Puts every fault to the node whose place it names; `path` is the node's own, as the check writes it.
    pub fn tell(self, faults: &[FieldProblem], path: &str, lang: Lang) {
        let children = self.children.get_untracked();
        let kind = self.kind.get_untracked();
        let one = children.len() == 1;
        let (own, inner) = match kind.as_str() {
            "all" | "any" => (format!("{path}/{kind}"), format!("{path}/{kind}/")),
            "none" if one => (format!("{path}/not"), format!("{path}/not")),
            "none" => (format!("{path}/not/any"), format!("{path}/not/any/")),
            "related" if one => (format!("{path}/related"), format!("{path}/related/who")),
            "related" => (format!("{path}/related/who/all"), format!("{path}/related/who/all/")),
            _ => (format!("{path}/"), String::new()),
        };
        let of_leaf = kind == LEAF;
        let fault = faults.iter().find(|fault| match of_leaf {
            true => fault.field.starts_with(&own),
            false => fault.field == own || fault.field == path,
        });
        self.error.set(fault.map(|fault| match fault.rule {
            guanhu_domain::Rule::Required if of_leaf => text::incomplete(lang).to_owned(),
            ref rule => rule.message(lang),
        }));
        for (at, child) in children.iter().enumerate() {
            child.tell(faults, &if inner.ends_with('/') { format!("{inner}{at}") } else { inner.clone() }, lang);
        }
    }

    /// A new subject asks for a comparison that fits it.
    pub fn subject_chosen(self) {
        let subject = self.subject.get_untracked();
        let fits = hows(&subject).iter().any(|(code, _)| self.how.with_untracked(|how| how == code));
        if !fits {
            self.how.set(hows(&subject).first().map(|(code, _)| (*code).to_owned()).unwrap_or_default());
        }
        if matches!(subject.as_str(), HOLDS | HOLDS_KIND | BIRTHDAY | AVERAGE) {
            self.text.set(if subject == BIRTHDAY { "0".into() } else { String::new() });
        }
        self.values.set(Vec::new());
        self.error.set(None);
    }
}

type Words = fn(Lang) -> &'static str;

/// The comparisons that fit a subject, the usual one first.
pub fn hows(subject: &str) -> Vec<(&'static str, Words)> {
    let signs: [(&str, Words); 6] = [("ge", |_| "≥"), ("gt", |_| ">"), ("le", |_| "≤"), ("lt", |_| "<"), ("eq", |_| "="), ("ne", |_| "≠")];
    if subject == AVERAGE {
        return signs.to_vec();
    }
    let known: (&str, Words) = ("known", text::known);
    match catalogue::find(subject).map(|field| field.kind) {
        Some(FieldKind::Money | FieldKind::Number(..)) => signs.into_iter().chain([("range", text::between as Words), known]).collect(),
        Some(FieldKind::Date) => vec![
            ("within", text::within),
            ("not_since", text::not_since),
            ("ahead", text::ahead),
            ("ge", text::on_or_after),
            ("gt", text::after),
            ("le", text::on_or_before),
            ("lt", text::before),
            ("range", text::between),
            known,
        ],
        Some(FieldKind::Choice(_)) => vec![("one_of", text::one_of), known],
        Some(FieldKind::Text) => vec![("contains", text::contains), ("eq", |_| "="), ("ne", |_| "≠"), known],
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use guanhu_domain::rules::{Limits, RuleSet, check};

    use super::*;

    #[test]
    fn a_rule_passes_through_the_editor_unchanged_and_faults_find_their_node() {
        let owner = Owner::new();
        owner.set();
        let json = r#"{"all": [{"average_aum": {"months": 6, "op": "ge", "value": 50000000}},
            {"any": [{"range": {"field": "age", "from": 18, "to": 60}}, {"within": {"field": "opened_on", "days": 90}}]},
            {"not": {"any": [{"holds": {"product": "LOAN"}}, {"one_of": {"field": "sex", "values": ["male"]}}]}},
            {"not": {"birthday": {"ahead": 1}}},
            {"related": {"kind": "spouse", "who": {"compare": {"field": "occupation", "op": "contains", "value": "师"}}}},
            {"related": {"kind": "shareholder", "reverse": true, "who": {"average_aum": {"op": "ge", "value": 1}}}},
            {"holds_kind": {"category": "loan"}}]}"#;
        let rule: Condition = serde_json::from_str(json).unwrap();
        let root = Node::root(&rule);
        assert_eq!(root.condition(), rule);

        let notice = owner.child();
        let taken = Node::group("all", Vec::new());
        notice.with(|| taken.become_root(&rule));
        notice.cleanup();
        assert_eq!(taken.condition(), rule, "it outlives the notice whose button took it over");

        let spouse = root.children.get_untracked()[4];
        let occupation = spouse.children.get_untracked()[0];
        occupation.text.set(String::new());
        let age = root.children.get_untracked()[1].children.get_untracked()[0];
        age.number.set(None);
        // An amount and a kind that are missing are no nothing and no first kind.
        let average = root.children.get_untracked()[5].children.get_untracked()[0];
        average.number.set(None);
        let holds = root.children.get_untracked()[6];
        holds.text.set(String::new());
        let faults = check(&RuleSet::new(root.condition()), Limits::group(guanhu_domain::customers::DataClass::C1), "");
        root.tell(&faults, "/when", Lang::En);
        assert_eq!(occupation.error.get_untracked().as_deref(), Some("Complete this condition."));
        for node in [average, holds] {
            assert_eq!(node.error.get_untracked().as_deref(), Some("Complete this condition."));
        }
        assert!(age.error.get_untracked().is_some() && spouse.error.get_untracked().is_none());
        root.tell(&[], "/when", Lang::En);
        assert!(occupation.error.get_untracked().is_none());
    }
}
