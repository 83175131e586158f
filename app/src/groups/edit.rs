//! Writing a group: by rule, with the count while one chooses, or by pasting numbers.

use guanhu_domain::{
    Code, FieldProblem, Lang,
    access::Role,
    groups::{FILE_BYTES_MAX, Group, GroupDraft, GroupKind, GroupSaved, Joint},
    rules::{Condition, Limits, RuleSet, check, in_words},
};
use guanhu_ui::{
    Button, ButtonKind, Checkbox, DateInput, Field, FileDrop, TextArea, TextInput, Toasts, dom, format_count, format_date, t, use_lang,
    use_toasts,
};
use leptos::{html, prelude::*, task::spawn_local};
use leptos_router::hooks::use_navigate;
use uuid::Uuid;

use super::{Here, api, parts, text};
use crate::{
    Fail,
    attempt::{Attempt, Once, Told},
    clash::{Side, both},
    drafts::{self, Draft, Restored},
    rules::{Editing, Node, RuleEditor, TryOut, own_class},
};

/// Unknown numbers that are shown; all of them can be copied.
const UNKNOWN_SHOWN: usize = 100;

const SHARED: [Role; 3] = [Role::Manager, Role::BranchManager, Role::Executive];

#[derive(Clone, Copy)]
pub struct Form {
    name: RwSignal<String>,
    note: RwSignal<String>,
    expires: RwSignal<Option<chrono::NaiveDate>>,
    members: RwSignal<String>,
    shared: [RwSignal<bool>; 3],
    /// Of a rule.
    root: Option<Node>,
    /// Of a combination: how, the first and the others.
    pub joint: RwSignal<String>,
    pub first: RwSignal<String>,
    pub others: RwSignal<Vec<String>>,
    limits: Limits,
    faults: RwSignal<Vec<FieldProblem>>,
}

impl Form {
    fn of(kind: GroupKind, group: Option<&Group>) -> Form {
        let rule = group.and_then(|group| group.rule.clone()).map(|rule| rule.when);
        let root = match (kind, rule) {
            (GroupKind::Dynamic, Some(rule)) => Some(Node::root(&rule)),
            (GroupKind::Dynamic, None) => Some(Node::group("all", vec![Node::leaf()])),
            (GroupKind::Static | GroupKind::Combined, _) => None,
        };
        Form {
            name: RwSignal::new(group.map(|group| group.name.clone()).unwrap_or_default()),
            note: RwSignal::new(group.map(|group| group.note.clone()).unwrap_or_default()),
            expires: RwSignal::new(group.and_then(|group| group.expires_on)),
            members: RwSignal::new(String::new()),
            shared: SHARED.map(|role| RwSignal::new(group.is_some_and(|group| group.shared.contains(&role)))),
            root,
            joint: RwSignal::new(group.and_then(|group| group.joint).unwrap_or(Joint::Union).code().to_owned()),
            first: RwSignal::new(codes(group).first().cloned().unwrap_or_default()),
            others: RwSignal::new(codes(group).into_iter().skip(1).collect()),
            limits: Limits::group(own_class()),
            faults: RwSignal::new(Vec::new()),
        }
    }

    /// What somebody else made of it.
    fn take(self, group: &Group) {
        self.name.set(group.name.clone());
        self.note.set(group.note.clone());
        self.expires.set(group.expires_on);
        for (role, on) in SHARED.iter().zip(self.shared) {
            on.set(group.shared.contains(role));
        }
        self.joint.set(group.joint.unwrap_or(Joint::Union).code().to_owned());
        self.first.set(codes(Some(group)).first().cloned().unwrap_or_default());
        self.others.set(codes(Some(group)).into_iter().skip(1).collect());
        if let (Some(root), Some(rule)) = (self.root, &group.rule) {
            root.become_root(&rule.when);
        }
    }

    /// What was typed before and never saved.
    fn adopt(self, draft: &GroupDraft) {
        self.name.set(draft.name.clone());
        self.note.set(draft.note.clone());
        self.expires.set(draft.expires_on);
        self.members.set(draft.members.clone().unwrap_or_default());
        for (role, on) in SHARED.iter().zip(self.shared) {
            on.set(draft.shared.contains(role));
        }
        self.joint.set(draft.joint.unwrap_or(Joint::Union).code().to_owned());
        self.first.set(draft.parts.first().cloned().unwrap_or_default());
        self.others.set(draft.parts.iter().skip(1).cloned().collect());
        if let (Some(root), Some(rule)) = (self.root, &draft.rule) {
            root.become_root(&rule.when);
        }
    }

    fn rule(self) -> Option<RuleSet> {
        self.root.map(|root| {
            RuleSet::new(match root.condition() {
                Condition::All(mut of) if of.len() == 1 => of.remove(0),
                other => other,
            })
        })
    }

    /// The codes of a combination, the first one first.
    pub fn parts(self) -> Vec<String> {
        let others = self.others.get();
        std::iter::once(self.first.get()).filter(|first| !first.is_empty()).chain(others).collect()
    }

    fn draft(self, kind: GroupKind) -> GroupDraft {
        let shared = SHARED.iter().zip(self.shared).filter(|(_, on)| on.get()).map(|(role, _)| *role).collect();
        let members = self.members.get();
        GroupDraft {
            name: self.name.get(),
            kind,
            rule: self.rule(),
            joint: (kind == GroupKind::Combined).then(|| Joint::from_code(&self.joint.get())).flatten(),
            parts: if kind == GroupKind::Combined { self.parts() } else { Vec::new() },
            note: self.note.get(),
            shared,
            expires_on: self.expires.get(),
            members: (kind == GroupKind::Static && !members.trim().is_empty()).then_some(members),
        }
    }

    fn tell(self, faults: Vec<FieldProblem>, lang: Lang) {
        if let Some(root) = self.root {
            let children = root.children.get_untracked();
            match children[..] {
                [one] if root.kind.with_untracked(|kind| kind == "all") => one.tell(&faults, "/rule/when", lang),
                _ => root.tell(&faults, "/rule/when", lang),
            }
        }
        self.faults.set(faults);
    }

    pub fn fault(self, field: &'static str) -> Signal<Option<String>> {
        let lang = use_lang();
        Signal::derive(move || {
            self.faults.with(|faults| faults.iter().find(|fault| fault.field == field).map(|fault| fault.rule.message(lang.get())))
        })
    }
}

/// Why something was refused that no field of the page stands for.
pub fn refused(attempt: Attempt, field: &'static str) -> impl IntoView {
    let why = attempt.error(field);
    move || why.get().map(|why| view! { <p class="notice alarm" role="alert">{why}</p> })
}

fn codes(group: Option<&Group>) -> Vec<String> {
    group.map(|group| group.parts.iter().map(|part| part.code.clone()).collect()).unwrap_or_default()
}

/// Takes the removal of a group back; the page may be gone.
fn bring_back(here: Here, toasts: Toasts, lang: Signal<Lang>, code: String, key: Uuid) {
    spawn_local(async move {
        match api::restore(code, key).await {
            Ok(group) => {
                toasts.say(move || text::restored(lang.get(), &group.name));
                if here.is_here() {
                    here.reload(|| ());
                }
            }
            Err(fail) => toasts.alarm(fail.message(lang.get_untracked())),
        }
    });
}

pub fn edit(here: Here, kind: GroupKind, group: Option<Group>) -> AnyView {
    let lang = use_lang();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let form = Form::of(kind, group.as_ref());
    let attempt = Attempt::new();
    let busy = RwSignal::new(false);
    let outcome = RwSignal::new(None::<GroupSaved>);
    let once = Once::new();
    let known = StoredValue::new(group.as_ref().map(|group| (group.code.clone(), group.version)));
    let kept = Draft::of("group", group.as_ref().map_or_else(|| format!("new-{}", kind.code()), |group| group.code.clone()));
    let restored = RwSignal::new(false);
    let began = StoredValue::new(untrack(|| form.draft(kind)));
    let version = move || known.with_value(|known| known.as_ref().map_or(0, |(_, version)| *version));
    let seen = version();
    let measure_against = move |version: i32| {
        known.update_value(|known| {
            if let Some(known) = known {
                known.1 = version
            }
        })
    };
    // With the version that it was typed over: where somebody saved since, saving shows both.
    drafts::follow(
        kept,
        restored,
        move || (version(), form.draft(kind)),
        move |(over, draft): (i32, GroupDraft)| {
            let other = draft.kind == kind && began.with_value(|began| *began != draft);
            if other {
                measure_against(over);
                form.adopt(&draft);
            }
            other
        },
    );
    let discard = move |()| {
        measure_against(seen);
        began.with_value(|began| form.adopt(began));
        kept.forget();
    };
    let leave = navigate.clone();
    // The group as somebody else saved it meanwhile.
    let theirs = RwSignal::new(None::<Group>);
    let send = StoredValue::new(move || {
        if busy.get_untracked() {
            return;
        }
        let draft = untrack(|| form.draft(kind));
        if let Some(rule) = &draft.rule {
            let faults = check(rule, form.limits, "/rule");
            let refused = !faults.is_empty();
            form.tell(faults, lang.get_untracked());
            if refused {
                return;
            }
        }
        attempt.clear();
        busy.set(true);
        let leave = leave.clone();
        let sent = kept.once_sent();
        spawn_local(async move {
            let answer = match known.get_value() {
                Some((code, version)) => once.of(|key| api::change(code, version, draft, key)).await,
                None => once.of(|key| api::create(draft, key)).await,
            };
            if busy.try_set(false).is_some() {
                // The form was left; what came of it is said all the same.
                return match answer {
                    Ok(_) => {
                        sent();
                        toasts.say(t(text::saved));
                    }
                    Err(fail) => toasts.alarm(fail.message(lang.get_untracked())),
                };
            }
            match answer {
                Ok(saved) => {
                    sent();
                    restored.set(false);
                    toasts.say(t(text::saved));
                    form.tell(Vec::new(), lang.get_untracked());
                    if saved.unknown.is_empty() {
                        here.reload(move || leave("/groups", Default::default()));
                    } else {
                        here.reload(|| ());
                        known.set_value(Some((saved.group.code.clone(), saved.group.version)));
                        outcome.set(Some(saved));
                    }
                }
                Err(Fail(problem)) if problem.code == Code::Stale && problem.current.is_some() => {
                    theirs.set(problem.current.as_ref().and_then(crate::wire::of_value));
                }
                Err(Fail(problem)) if !problem.fields.is_empty() => form.tell(problem.fields, lang.get_untracked()),
                Err(fail) => attempt.refuse(fail),
            }
        });
    });
    let send = move || send.with_value(|send| send());
    let conflict = move || {
        theirs.get().map(|other| {
            let (taken, newer) = (other.clone(), other.version);
            let sides = move |lang| sides(here, &other, &form.draft(kind), lang);
            let take = Callback::new(move |()| {
                form.take(&taken);
                measure_against(newer);
                theirs.set(None);
            });
            let over = Callback::new(move |()| {
                measure_against(newer);
                theirs.set(None);
                send();
            });
            both(sides, take, over)
        })
    };
    let title = match &group {
        Some(group) => {
            let name = group.name.clone();
            (move || text::editing(lang.get(), &name)).into_any()
        }
        None if kind == GroupKind::Dynamic => t(text::new_dynamic).into_any(),
        None if kind == GroupKind::Combined => t(text::new_combined).into_any(),
        None => t(text::new_static).into_any(),
    };
    let remove = group.map(|group| {
        let (version, once) = (group.version, Once::new());
        let take = move |_| {
            let navigate = navigate.clone();
            let (code, again) = (group.code.clone(), group.code.clone());
            attempt.run(once.of(move |key| api::remove(code, version, key)), move |()| {
                let key = Uuid::now_v7();
                toasts.undo(t(text::removed), move || bring_back(here, toasts, lang, again.clone(), key));
                if here.is_here() {
                    here.reload(move || navigate("/groups", Default::default()));
                }
            });
        };
        view! { <Button kind=ButtonKind::Danger on_click=take>{t(text::remove)}</Button> }
    });
    let faulty = move || {
        let n = form.faults.with(Vec::len);
        (n > 0).then(|| view! { <p class="notice alarm" role="alert">{text::faults(lang.get(), n)}</p> })
    };
    let members = match (form.root, kind) {
        (Some(root), _) => ruled(here, form, root),
        (None, GroupKind::Combined) => parts::combined(here, form, known.with_value(|known| known.clone().map(|(code, _)| code))),
        (None, _) => typed(form, outcome),
    };
    let shares = SHARED
        .iter()
        .zip(form.shared)
        .map(|(role, on)| view! { <Checkbox checked=on label=move || role.name(lang.get()) /> })
        .collect_view();
    view! {
        <section class="section">
            <header class="section-head tiers-head">
                <h2>{title}</h2>
                <div class="push tiers-actions">
                    {remove}
                    <Button href="/groups">{t(text::cancel)}</Button>
                    <Button kind=ButtonKind::Primary busy=busy on_click=move |_| send()>{t(text::save)}</Button>
                </div>
            </header>
            <Restored shown=restored on_discard=discard />
            {faulty}
            {conflict}
            <Told attempt explain=explain />
            {refused(attempt, "code")}
            <div class="form tiers-settings">
                <Field name="group-name" label=t(text::name) error=form.fault("name")><TextInput value=form.name maxlength=60 /></Field>
                <Field name="group-expires" help="groups#share" label=t(text::expires) error=form.fault("expires_on")><DateInput value=form.expires /></Field>
                <Field name="group-note" label=t(text::note_label) error=form.fault("note")><TextInput value=form.note maxlength=500 /></Field>
                <fieldset class="field wide group-shares">
                    <legend>{t(text::shared)}</legend>
                    <div class="tiers-actions">{shares}</div>
                    <p class="field-hint">{t(text::shared_hint)}</p>
                </fieldset>
            </div>
            {members}
        </section>
    }
    .into_any()
}

/// A group as somebody else saved it, and as it is typed. Members of a list are not compared: they are put to it.
fn sides(here: Here, theirs: &Group, mine: &GroupDraft, lang: Lang) -> Vec<Side> {
    let day = |day: Option<chrono::NaiveDate>| day.map(|day| format_date(day, lang)).unwrap_or_default();
    let roles = |roles: &[Role]| roles.iter().map(|role| role.name(lang)).collect::<Vec<_>>().join(text::comma(lang));
    let rule = |rule: &Option<RuleSet>| {
        rule.as_ref().map(|rule| here.choices.with_value(|choices| in_words(&rule.when, lang, choices, here.env))).unwrap_or_default()
    };
    let joint = |joint: Option<Joint>, names: &[String]| {
        joint.map(|joint| text::of_parts(lang, joint.name(lang), &names.join(text::comma(lang)))).unwrap_or_default()
    };
    let named = |code: &String| {
        here.kept.value.with_untracked(|groups| {
            groups.iter().find(|group| group.code == *code).map_or_else(|| code.clone(), |group| group.name.clone())
        })
    };
    let their_parts: Vec<String> = theirs.parts.iter().map(|part| part.name.clone()).collect();
    let my_parts: Vec<String> = mine.parts.iter().map(named).collect();
    vec![
        Side::new(text::name(lang), &theirs.name, &mine.name),
        Side::new(text::expires(lang), day(theirs.expires_on), day(mine.expires_on)),
        Side::new(text::note_label(lang), &theirs.note, &mine.note),
        Side::new(text::shared(lang), roles(&theirs.shared), roles(&mine.shared)),
        Side::new(GroupKind::Dynamic.name(lang), rule(&theirs.rule), rule(&mine.rule)),
        Side::new(text::joint(lang), joint(theirs.joint, &their_parts), joint(mine.joint, &my_parts)),
    ]
}

/// What came of reading a file.
#[derive(Clone, Copy)]
enum Came {
    Numbers(usize),
    TooLarge,
    Unreadable,
}

/// Numbers pasted into a box, or put there from a file.
fn typed(form: Form, outcome: RwSignal<Option<GroupSaved>>) -> AnyView {
    let lang = use_lang();
    let told = move || outcome.get().map(|saved| unknown(saved, lang));
    let file = NodeRef::<html::Input>::new();
    let came = RwSignal::new(None::<Came>);
    let read = move || {
        came.get().map(|came| match came {
            Came::Numbers(n) => view! { <p>{text::file_read(lang.get(), &format_count(n as i64))}</p> }.into_any(),
            Came::TooLarge => view! { <p class="notice alarm">{text::file_too_large(lang.get())}</p> }.into_any(),
            Came::Unreadable => view! { <p class="notice alarm">{text::file_unreadable(lang.get())}</p> }.into_any(),
        })
    };
    view! {
        <Field name="group-members" label=t(text::members) hint=t(text::members_hint) error=form.fault("members") wide=true help="groups">
            <TextArea value=form.members rows=8 />
        </Field>
        <FileDrop
            name="group-file"
            accept=".txt,.csv,text/plain,text/csv"
            label=t(text::from_file)
            hint=t(text::from_file_hint)
            node=file
            on_change=move |()| read_file(file, form.members, came)
        />
        <div role="status">{read}</div>
        {told}
    }
    .into_any()
}

/// Whom the list did not take in.
fn unknown(saved: GroupSaved, lang: Signal<Lang>) -> AnyView {
    let toasts = use_toasts();
    let n = saved.unknown.len();
    let more = n.saturating_sub(UNKNOWN_SHOWN);
    let shown = saved.unknown[..n - more].join("  ");
    let (name, all) = (format!("{}-unknown.txt", saved.group.code), StoredValue::new(saved.unknown.join("\n")));
    let copy = move |_| {
        if all.with_value(|all| dom::copy(all)) {
            toasts.say(t(text::copied));
        } else {
            toasts.alarm(t(text::copy_failed));
        }
    };
    let save = move |_| all.with_value(|all| dom::download(&name, "text/plain", all));
    view! {
        <div class="notice warn group-told" role="status">
            <p>{move || text::unknown(lang.get(), &format_count(n as i64))}</p>
            <p class="group-unknown" tabindex="0"><code>{shown}</code></p>
            {(more > 0).then(|| view! { <p>{move || text::unknown_more(lang.get(), &format_count(more as i64))}</p> })}
            <p>{move || text::members_n(lang.get(), saved.members)}</p>
            <div class="tiers-actions">
                <Button on_click=copy>{t(text::unknown_copy)}</Button>
                <Button on_click=save>{t(text::unknown_save)}</Button>
            </div>
        </div>
    }
    .into_any()
}

/// Puts the numbers of the chosen file behind what was typed; what is no customer number is told when it is saved.
fn read_file(input: NodeRef<html::Input>, into: RwSignal<String>, came: RwSignal<Option<Came>>) {
    #[cfg(feature = "hydrate")]
    {
        use guanhu_domain::groups::numbers_in_file;
        use wasm_bindgen::{JsValue, closure::Closure};
        let Some(input) = input.get_untracked() else { return };
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        if file.size() > FILE_BYTES_MAX as f64 {
            came.set(Some(Came::TooLarge));
        } else {
            let loaded = Closure::once(move |text: JsValue| {
                let numbers = numbers_in_file(&text.as_string().unwrap_or_default());
                let _ = into.try_update(|typed| {
                    if !typed.is_empty() && !typed.ends_with('\n') {
                        typed.push('\n');
                    }
                    typed.push_str(&numbers.join("\n"));
                });
                let _ = came.try_set(Some(Came::Numbers(numbers.len())));
            });
            let failed = Closure::once(move |_: JsValue| {
                let _ = came.try_set(Some(Came::Unreadable));
            });
            let _ = file.text().then2(&loaded, &failed);
            loaded.forget();
            failed.forget();
        }
        // Choosing the same file again is a change again.
        input.set_value("");
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (input, into, came, FILE_BYTES_MAX, [Came::Numbers(0), Came::TooLarge, Came::Unreadable]);
}

/// The tree, and who it finds.
fn ruled(here: Here, form: Form, root: Node) -> AnyView {
    let editing = Editing { choices: here.choices, limits: form.limits, env: Signal::stored(here.env), tried: Some(RwSignal::new(None)) };
    let question = Signal::derive(move || form.rule().filter(|rule| check(rule, form.limits, "").is_empty()));
    view! {
        <RuleEditor name="group-rule" root editing />
        <TryOut rule=question editing />
        {parts::live(question, api::find, text::incomplete)}
    }
    .into_any()
}

fn explain(problem: &guanhu_domain::Problem, lang: Lang) -> Option<String> {
    (problem.code == Code::KeyReused).then(|| text::saved_before(lang).to_owned())
}
