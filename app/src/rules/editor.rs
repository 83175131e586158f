//! The tree on the screen: native controls, so that keyboard, touch and screen readers all work it.

use guanhu_domain::{
    Lang,
    customers::{Category, Kind, RelationKind},
    rules::{Env, FieldKind, Limits, RuleChoices, catalogue, in_words},
};
use guanhu_ui::{
    Button, ButtonKind, Choice, DateInput, Glyph, IconButton, MoneyInput, MultiSelect, NumberInput, Select, TextInput, t, use_lang,
};
use leptos::prelude::*;

use super::{
    node::{AVERAGE, BIRTHDAY, HOLDS, HOLDS_KIND, KINDS, LEAF, Node, hows, relation_code},
    text,
    trial::{Tried, mark},
};

/// What every node of an editor shares.
#[derive(Clone, Copy)]
pub struct Editing {
    pub choices: StoredValue<RuleChoices>,
    pub limits: Limits,
    pub env: Signal<Env>,
    /// The customer a rule is tried on; none where nobody's customers are looked at.
    pub tried: Option<Tried>,
}

/// The tree of a rule and the sentence it makes. `name` is unique on the page.
#[component]
pub fn RuleEditor(#[prop(into)] name: String, root: Node, editing: Editing) -> impl IntoView {
    let lang = use_lang();
    let words = move || {
        let condition = root.condition();
        editing.choices.with_value(|choices| in_words(&condition, lang.get(), choices, editing.env.get()))
    };
    let empty = move || root.children.with(Vec::is_empty);
    view! {
        <div class="rule-editor" id=name role="group" aria-label=t(text::rule)>
            {group(root, editing, 0, None)}
            <p class="rule-words" aria-live="polite">
                <span class="faint">{t(text::reads)}</span>
                " "
                {move || if empty() { text::nobody(lang.get()).to_owned() } else { words() }}
            </p>
        </div>
    }
    .into_any()
}

/// A node among the children of `parent`.
fn node(node: Node, editing: Editing, depth: usize, parent: RwSignal<Vec<Node>>) -> AnyView {
    if node.is_leaf() { leaf(node, editing, parent) } else { group(node, editing, depth, Some(parent)) }
}

fn group(node: Node, editing: Editing, depth: usize, parent: Option<RwSignal<Vec<Node>>>) -> AnyView {
    let lang = use_lang();
    let is_related = node.kind.with_untracked(|kind| kind == "related");
    let joints = Signal::derive(move || {
        let lang = lang.get();
        KINDS[..3].iter().zip([text::all(lang), text::any(lang), text::none(lang)]).map(|(code, words)| Choice::new(*code, words)).collect()
    });
    let relations = Signal::derive(move || {
        let ends = RelationKind::ALL.iter().flat_map(|kind| [(*kind, false), (*kind, true)]);
        let told = ends.filter(|(kind, reverse)| !(*reverse && kind.is_mutual()));
        told.map(|(kind, reverse)| Choice::new(relation_code(kind, reverse), kind.other_end(!reverse, lang.get()))).collect::<Vec<_>>()
    });
    let head = if is_related {
        view! {
            <span>{t(text::related)}</span>
            <Select value=node.subject choices=relations label=t(text::related_kind) empty=t(text::any_kind) />
        }
        .into_any()
    } else {
        view! { <Select value=node.kind choices=joints label=t(text::joint) /> }.into_any()
    };
    let children = node.children;
    let inner = Editing {
        limits: Limits { kind: if is_related { None } else { editing.limits.kind }, ..editing.limits },
        // Of whom the conditions inside are is not this customer.
        tried: editing.tried.filter(|_| !is_related),
        ..editing
    };
    let add = move |new: Node| {
        node.error.set(None);
        children.update(|children| children.push(new));
    };
    let may_relate = depth == 0;
    view! {
        <div class="rule-group">
            <div class="rule-head">
                {head}
                {mark(node, editing)}
                {parent.map(|parent| remove(node, parent))}
            </div>
            <div class="rule-children">
                <For each=move || children.get() key=|child| child.id let:child>
                    {self::node(child, inner, depth + 1, children)}
                </For>
            </div>
            {fault(node)}
            <div class="rule-add">
                <Button kind=ButtonKind::Quiet icon=Glyph::Plus on_click=move |_| add(Node::leaf())>{t(text::add_condition)}</Button>
                {(depth < 4).then(|| view! {
                    <Button kind=ButtonKind::Quiet icon=Glyph::Plus on_click=move |_| add(Node::group("any", vec![Node::leaf()]))>
                        {t(text::add_group)}
                    </Button>
                })}
                {may_relate.then(|| view! {
                    <Button kind=ButtonKind::Quiet icon=Glyph::Plus on_click=move |_| add(Node::group("related", vec![Node::leaf()]))>
                        {t(text::add_related)}
                    </Button>
                })}
            </div>
        </div>
    }
    .into_any()
}

fn remove(node: Node, parent: RwSignal<Vec<Node>>) -> AnyView {
    let take = move |_| parent.update(|all| all.retain(|one| one.id != node.id));
    view! { <IconButton glyph=Glyph::Close label=t(text::remove) on_click=take /> }.into_any()
}

fn fault(node: Node) -> AnyView {
    (move || node.error.get().map(|words| view! { <p class="field-error" role="alert">{words}</p> })).into_any()
}

fn leaf(node: Node, editing: Editing, parent: RwSignal<Vec<Node>>) -> AnyView {
    debug_assert!(node.kind.with_untracked(|kind| kind == LEAF));
    let lang = use_lang();
    let subjects = Signal::derive(move || subjects(editing.limits, lang.get()));
    let comparisons = Signal::derive(move || {
        let lang = lang.get();
        node.subject.with(|subject| hows(subject).into_iter().map(|(code, words)| Choice::new(code, words(lang))).collect::<Vec<_>>())
    });
    let shape = Memo::new(move |_| (node.subject.get(), node.how.get()));
    view! {
        <div class="rule-leaf">
            <div class="rule-parts">
                <Select value=node.subject choices=subjects label=t(text::subject) on_change=move |_| node.subject_chosen() />
                {move || {
                    (!comparisons.with(Vec::is_empty)).then(|| view! { <Select value=node.how choices=comparisons label=t(text::how) /> })
                }}
                {move || {
                    let (subject, how) = shape.get();
                    value(node, &subject, &how, editing)
                }}
                {mark(node, editing)}
                {remove(node, parent)}
            </div>
            {fault(node)}
        </div>
    }
    .into_any()
}

fn subjects(limits: Limits, lang: Lang) -> Vec<Choice> {
    let field = limits.offered().map(|field| Choice::new(field.code, field.name(lang)));
    let special = [
        (AVERAGE, text::average(lang)),
        (HOLDS, text::holds(lang)),
        (HOLDS_KIND, text::holds_kind(lang)),
        (BIRTHDAY, text::birthday(lang)),
    ];
    let born = limits.kind != Some(Kind::Corporate);
    special.into_iter().filter(|(code, _)| born || *code != BIRTHDAY).map(|(code, words)| Choice::new(code, words)).chain(field).collect()
}

/// Where the value is entered.
fn value(node: Node, subject: &str, how: &str, editing: Editing) -> AnyView {
    let lang = use_lang();
    match subject {
        "" => return ().into_any(),
        AVERAGE => {
            let months =
                Signal::derive(move || [1u8, 3, 6, 12].map(|n| Choice::new(n.to_string(), text::months_n(lang.get(), n))).to_vec());
            // Only a scheme has a number of months of its own.
            let months = if editing.limits.tier {
                view! { <Select value=node.text choices=months label=t(text::months) empty=t(text::months_default) /> }.into_any()
            } else {
                view! { <Select value=node.text choices=months label=t(text::months) /> }.into_any()
            };
            return view! { <MoneyInput value=node.number label=t(text::value) /> {months} }.into_any();
        }
        HOLDS => {
            let products = listed("product".into(), editing);
            return view! { <Select value=node.text choices=products label=t(text::value) /> }.into_any();
        }
        HOLDS_KIND => {
            let kinds =
                Signal::derive(move || Category::ALL.iter().map(|one| Choice::new(one.code(), one.name(lang.get()))).collect::<Vec<_>>());
            return view! { <Select value=node.text choices=kinds label=t(text::value) /> }.into_any();
        }
        BIRTHDAY => {
            let months = Signal::derive(move || {
                let lang = lang.get();
                std::iter::once(Choice::new("0", text::this_month(lang)))
                    .chain((1u8..=3).map(|n| Choice::new(n.to_string(), text::months_ahead(lang, n))))
                    .collect::<Vec<_>>()
            });
            return view! { <Select value=node.text choices=months label=t(text::value) /> }.into_any();
        }
        _ => {}
    }
    let Some(field) = catalogue::find(subject) else { return ().into_any() };
    match (field.kind, how) {
        (_, "known") => ().into_any(),
        (FieldKind::Date, "within" | "ahead" | "not_since") => {
            view! { <NumberInput value=node.number unit=t(text::days_unit) label=t(text::days) /> }.into_any()
        }
        (FieldKind::Money, "range") => view! {
            <MoneyInput value=node.number label=t(text::from) />
            <MoneyInput value=node.second label=t(text::to) />
        }
        .into_any(),
        (FieldKind::Money, _) => view! { <MoneyInput value=node.number label=t(text::value) /> }.into_any(),
        (FieldKind::Number(..), how) => {
            let unit = move || field.unit(lang.get());
            let second = (how == "range").then(|| view! { <NumberInput value=node.second unit=unit label=t(text::to) /> });
            view! { <NumberInput value=node.number unit=unit label=t(text::value) /> {second} }.into_any()
        }
        (FieldKind::Date, how) => {
            let second = (how == "range").then(|| view! { <DateInput value=node.until label=t(text::to) /> });
            view! { <DateInput value=node.date label=t(text::value) /> {second} }.into_any()
        }
        (FieldKind::Choice(list), _) => {
            let choices = listed(list.to_owned(), editing);
            view! { <MultiSelect name=format!("rule-{}", node.id) values=node.values choices label=t(text::value) /> }.into_any()
        }
        (FieldKind::Text, _) => view! { <TextInput value=node.text label=t(text::value) maxlength=100 /> }.into_any(),
    }
}

/// The codes of a list under their names.
fn listed(list: String, editing: Editing) -> Signal<Vec<Choice>> {
    use guanhu_domain::customers::State;
    let lang = use_lang();
    Signal::derive(move || {
        let lang = lang.get();
        match list.as_str() {
            "kind" => Kind::ALL.iter().map(|kind| Choice::new(kind.code(), kind.name(lang))).collect(),
            "state" => State::ALL.iter().map(|state| Choice::new(state.code(), state.name(lang))).collect(),
            list => editing.choices.with_value(|choices| {
                let of = choices.all.iter().filter(|choice| choice.list == list);
                of.map(|choice| Choice::new(&choice.code, choice.name(lang))).collect()
            }),
        }
    })
}
