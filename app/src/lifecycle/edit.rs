//! Changing the rules: one editor a state, in the order in which they are asked.

use guanhu_domain::{
    Code, FieldProblem, Lang,
    customers::State,
    lifecycle::{LifecycleDraft, LifecycleRules, StateRule},
    rules::{Condition, Limits, RuleSet},
};
use guanhu_ui::{Button, ButtonKind, Field, TextInput, t, use_lang, use_toasts};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_navigate;

use super::{Here, api, text};
use crate::{
    Fail,
    attempt::{Attempt, Once, Told},
    clash::{Side, both},
    drafts::{self, Draft, Restored},
    rules::{Editing, Node, RuleEditor, own_class},
};

#[derive(Clone, Copy)]
struct Form {
    roots: StoredValue<Vec<(State, Node)>>,
    note: RwSignal<String>,
    faults: RwSignal<Vec<FieldProblem>>,
}

impl Form {
    fn of(rules: &LifecycleRules) -> Form {
        let roots = rules.rules.iter().map(|rule| (rule.state, Node::root(&rule.rule.when))).collect();
        Form { roots: StoredValue::new(roots), note: RwSignal::new(String::new()), faults: RwSignal::new(Vec::new()) }
    }

    /// What somebody else made of it, or what was typed before.
    fn take(self, rules: &[StateRule]) {
        self.roots.with_value(|roots| {
            for (state, root) in roots {
                if let Some(rule) = rules.iter().find(|rule| rule.state == *state) {
                    root.become_root(&rule.rule.when);
                }
            }
        });
    }

    fn draft(self) -> LifecycleDraft {
        let rule = |(state, root): &(State, Node)| {
            let when = match root.condition() {
                Condition::All(mut of) if of.len() == 1 => of.remove(0),
                other => other,
            };
            StateRule { state: *state, rule: RuleSet::new(when) }
        };
        LifecycleDraft { rules: self.roots.with_value(|roots| roots.iter().map(rule).collect()), note: self.note.get() }
    }

    fn tell(self, faults: Vec<FieldProblem>, lang: Lang) {
        self.roots.with_value(|roots| {
            for (at, (_, root)) in roots.iter().enumerate() {
                let place = format!("/rules/{at}/rule/when");
                // The root stands for its only condition, so its faults have the place of that.
                let children = root.children.get_untracked();
                match children[..] {
                    [one] if root.kind.with_untracked(|kind| kind == "all") => one.tell(&faults, &place, lang),
                    _ => root.tell(&faults, &place, lang),
                }
            }
        });
        self.faults.set(faults);
    }
}

/// From the rules of a version, now in force or before; saved they take the place of those in force.
pub fn edit(here: Here, from: i32) -> AnyView {
    let lang = use_lang();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let (now, base) = here.kept.value.with_untracked(|lifecycle| {
        let base = lifecycle.earlier.iter().find(|rules| rules.version == from).unwrap_or(&lifecycle.rules);
        (lifecycle.rules.version, base.clone())
    });
    let form = Form::of(&base);
    let version = RwSignal::new(now);
    let theirs = RwSignal::new(None::<LifecycleRules>);
    let attempt = Attempt::new();
    let busy = RwSignal::new(false);
    let once = Once::new();
    let kept = Draft::of("lifecycle", "rules");
    let restored = RwSignal::new(false);
    let began = StoredValue::new(untrack(|| form.draft()));
    drafts::follow(
        kept,
        restored,
        move || (version.get(), form.draft()),
        move |(of, draft): (i32, LifecycleDraft)| {
            let fits = began.with_value(|began| *began != draft);
            if fits {
                // Where somebody has saved since, saving shows both.
                version.set(of);
                form.take(&draft.rules);
                form.note.set(draft.note);
            }
            fits
        },
    );
    let discard = move |()| {
        version.set(now);
        began.with_value(|began| {
            form.take(&began.rules);
            form.note.set(began.note.clone());
        });
        kept.forget();
    };
    let class = own_class();
    let send = StoredValue::new(move || {
        if busy.get_untracked() {
            return;
        }
        let draft = untrack(|| form.draft());
        let faults = draft.check(class);
        let refused = !faults.is_empty();
        form.tell(faults, lang.get_untracked());
        if refused {
            return;
        }
        attempt.clear();
        busy.set(true);
        let navigate = navigate.clone();
        let read = version.get_untracked();
        let forget = kept.once_sent();
        spawn_local(async move {
            let answer = once.of(|key| api::save(read, draft, key)).await;
            if busy.try_set(false).is_some() {
                // The form was left; what came of it is said all the same.
                return match answer {
                    Ok(_) => {
                        forget();
                        toasts.say(t(text::saved));
                    }
                    Err(fail) => toasts.alarm(fail.message(lang.get_untracked())),
                };
            }
            match answer {
                Ok(_) => {
                    forget();
                    toasts.say(t(text::saved));
                    here.reload(move || navigate("/lifecycle", Default::default()));
                }
                Err(Fail(problem)) if problem.code == Code::Stale && problem.current.is_some() => {
                    theirs.set(problem.current.as_ref().and_then(crate::wire::of_value));
                }
                Err(Fail(problem)) if !problem.fields.is_empty() => form.tell(problem.fields, lang.get_untracked()),
                Err(fail) => attempt.refuse(fail),
            }
        });
    });
    let conflict = move || {
        theirs.get().map(|other| {
            let (taken, newer) = (other.clone(), other.version);
            let sides = move |lang| {
                let mine = form.draft();
                let side = |rule: &StateRule| {
                    let typed = mine.rules.iter().find(|mine| mine.state == rule.state);
                    let typed = typed.map(|mine| here.in_words(mine, lang)).unwrap_or_default();
                    Side::new(rule.state.name(lang), here.in_words(rule, lang), typed)
                };
                other.rules.iter().map(side).collect::<Vec<_>>()
            };
            let take = Callback::new(move |()| {
                form.take(&taken.rules);
                version.set(newer);
                theirs.set(None);
            });
            let over = Callback::new(move |()| {
                version.set(newer);
                theirs.set(None);
                send.with_value(|send| send());
            });
            both(sides, take, over)
        })
    };
    let faulty = move || {
        let n = form.faults.with(Vec::len);
        (n > 0).then(|| view! { <p class="notice alarm" role="alert">{text::faults(lang.get(), n)}</p> })
    };
    let note_fault = Signal::derive(move || {
        form.faults.with(|faults| faults.iter().find(|fault| fault.field == "note").map(|fault| fault.rule.message(lang.get())))
    });
    let editing = Editing { choices: here.choices, limits: Limits::state(class), env: Signal::stored(here.env), tried: None };
    let editors = form.roots.with_value(|roots| {
        roots
            .iter()
            .map(|(state, root)| {
                let (state, root) = (*state, *root);
                view! {
                    <h3>{move || state.name(lang.get())}</h3>
                    <RuleEditor name=format!("rule-of-{}", state.code()) root editing />
                }
            })
            .collect_view()
    });
    view! {
        <section class="section">
            <header class="section-head tiers-head">
                <h2>{t(text::editing)}</h2>
                <div class="push tiers-actions">
                    <Button href="/lifecycle">{t(text::cancel)}</Button>
                    <Button kind=ButtonKind::Primary busy=busy on_click=move |_| send.with_value(|send| send())>{t(text::save)}</Button>
                </div>
            </header>
            {faulty}
            {conflict}
            <Restored shown=restored on_discard=discard />
            <Told attempt explain=explain />
            <p class="faint">{t(text::order_note)}</p>
            {editors}
            <div class="form">
                <Field name="lifecycle-note" help="lifecycle#change" label=t(text::why) hint=t(text::why_hint) error=note_fault wide=true>
                    <TextInput value=form.note maxlength=500 />
                </Field>
            </div>
        </section>
    }
    .into_any()
}

fn explain(problem: &guanhu_domain::Problem, lang: Lang) -> Option<String> {
    (problem.code == Code::KeyReused).then(|| text::saved_before(lang).to_owned())
}
