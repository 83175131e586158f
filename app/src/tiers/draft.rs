//! Writing a version: settings, tiers from the highest to the lowest, and the rule of each.

use guanhu_domain::{
    Code, FieldProblem, Lang,
    customers::{DataClass, Kind},
    rules::{Condition, Limits, RuleSet},
    tiers::{ByHand, Definition, MARK_MAX, Scheme, Settings, TierRule, Upgrade, Version, VersionDraft, VersionState, qualifications},
};
use guanhu_ui::{
    Button, ButtonKind, Choice, Field, Glyph, IconButton, NumberInput, Section, Select, TextArea, TextInput, TierMark, t, use_lang,
    use_toasts,
};
use leptos::{prelude::*, reactive::owner::WeakOwner, task::spawn_local};
use leptos_router::hooks::use_navigate;

use super::{Here, address, api, env, say, text};
use crate::{
    Fail,
    attempt::{Attempt, Once, Told},
    drafts::{self, Draft, Restored},
    rules::{Editing, Node, RuleEditor, own_class},
};

/// One tier in the making.
#[derive(Clone, Copy)]
struct TierForm {
    id: u32,
    code: RwSignal<String>,
    name: RwSignal<String>,
    name_en: RwSignal<String>,
    mark: RwSignal<String>,
    contact_days: RwSignal<Option<i64>>,
    weight: RwSignal<Option<i64>>,
    care: RwSignal<String>,
    served_by: RwSignal<String>,
    benefits: RwSignal<String>,
    root: Node,
    open: RwSignal<bool>,
}

impl TierForm {
    fn of(tier: &TierRule) -> TierForm {
        TierForm { open: RwSignal::new(false), ..TierForm::with(tier, Node::root(&tier.rule.when)) }
    }

    fn with(tier: &TierRule, root: Node) -> TierForm {
        TierForm {
            id: root.id,
            code: RwSignal::new(tier.code.clone()),
            name: RwSignal::new(tier.name.clone()),
            name_en: RwSignal::new(tier.name_en.clone()),
            mark: RwSignal::new(tier.mark.to_string()),
            contact_days: RwSignal::new(tier.contact_days.map(i64::from)),
            weight: RwSignal::new(tier.weight.map(i64::from)),
            care: RwSignal::new(tier.care.clone()),
            served_by: RwSignal::new(tier.served_by.join(", ")),
            benefits: RwSignal::new(tier.benefits.clone()),
            root,
            open: RwSignal::new(true),
        }
    }

    /// With a rule that wants an amount: without one it would take everybody; and with the first mark that none of these has.
    fn beside(others: &[TierForm]) -> TierForm {
        let rule = RuleSet::new(Condition::All(Vec::new()));
        let [code, name, name_en, care, benefits] = Default::default();
        let taken = |mark: &i16| others.iter().any(|other| other.mark.with_untracked(|taken| *taken == mark.to_string()));
        let mark = (0..=MARK_MAX).find(|mark| !taken(mark)).unwrap_or(MARK_MAX);
        TierForm::with(
            &TierRule { code, name, name_en, mark, rule, contact_days: None, care, served_by: Vec::new(), benefits, weight: None },
            Node::group("all", vec![Node::average()]),
        )
    }

    fn tier(self) -> TierRule {
        TierRule {
            code: self.code.get().trim().to_owned(),
            name: self.name.get().trim().to_owned(),
            name_en: self.name_en.get().trim().to_owned(),
            mark: self.mark.get().parse().unwrap_or(0),
            rule: RuleSet::new(simplified(self.root.condition())),
            contact_days: self.contact_days.get().map(|days| u16::try_from(days).unwrap_or(0)),
            care: self.care.get().trim().to_owned(),
            served_by: self.served_by.with(|typed| qualifications(typed).map(str::to_owned).collect()),
            benefits: self.benefits.get().trim().to_owned(),
            weight: self.weight.get().map(|weight| u16::try_from(weight).unwrap_or(0)),
        }
    }
}

/// A root of one condition is that condition: the editor's own group is not the author's.
fn simplified(condition: Condition) -> Condition {
    match condition {
        Condition::All(mut of) if of.len() == 1 => of.remove(0),
        other => other,
    }
}

/// The whole version in the making.
#[derive(Clone, Copy)]
struct Form {
    months: RwSignal<Option<i64>>,
    grace: RwSignal<Option<i64>>,
    upgrade: RwSignal<String>,
    by_hand: RwSignal<String>,
    by_hand_days: RwSignal<Option<i64>>,
    note: RwSignal<String>,
    /// The lowest first.
    tiers: RwSignal<Vec<TierForm>>,
    faults: RwSignal<Vec<FieldProblem>>,
    kind: Kind,
    class: DataClass,
    /// Of the page: signals made by a button of a notice would go with the notice.
    owner: StoredValue<Option<WeakOwner>>,
}

impl Form {
    fn of(kind: Kind, definition: &Definition, note: &str) -> Form {
        let settings = &definition.settings;
        Form {
            months: RwSignal::new(Some(settings.months.into())),
            grace: RwSignal::new(Some(settings.grace_days.into())),
            upgrade: RwSignal::new(settings.upgrade.code().into()),
            by_hand: RwSignal::new(settings.by_hand.code().into()),
            by_hand_days: RwSignal::new(Some(settings.by_hand_days.into())),
            note: RwSignal::new(note.to_owned()),
            tiers: RwSignal::new(definition.tiers.iter().map(TierForm::of).collect()),
            faults: RwSignal::new(Vec::new()),
            kind,
            class: own_class(),
            owner: StoredValue::new(Owner::current().map(|owner| owner.downgrade())),
        }
    }

    fn adopt(self, definition: &Definition) {
        let settings = &definition.settings;
        let Some(owner) = self.owner.with_value(|owner| owner.as_ref().and_then(WeakOwner::upgrade)) else { return };
        self.tiers.set(owner.with(|| definition.tiers.iter().map(TierForm::of).collect()));
        self.months.set(Some(settings.months.into()));
        self.grace.set(Some(settings.grace_days.into()));
        self.upgrade.set(settings.upgrade.code().into());
        self.by_hand.set(settings.by_hand.code().into());
        self.by_hand_days.set(Some(settings.by_hand_days.into()));
    }

    fn settings(self) -> Settings {
        Settings {
            months: self.months.get().and_then(|months| u8::try_from(months).ok()).unwrap_or(0),
            grace_days: self.grace.get().map_or(u16::MAX, |days| u16::try_from(days).unwrap_or(u16::MAX)),
            upgrade: Upgrade::from_code(&self.upgrade.get()).unwrap_or(Upgrade::AtOnce),
            by_hand: ByHand::from_code(&self.by_hand.get()).unwrap_or_default(),
            by_hand_days: self.by_hand_days.get().map_or(0, |days| u16::try_from(days).unwrap_or(0)),
        }
    }

    fn definition(self) -> Definition {
        Definition { settings: self.settings(), tiers: self.tiers.get().into_iter().map(TierForm::tier).collect() }
    }

    /// Puts faults where they belong; rules mark their own nodes.
    fn tell(self, faults: Vec<FieldProblem>, lang: Lang) {
        for (at, tier) in self.tiers.get_untracked().iter().enumerate() {
            // The root stands for its only condition, so its faults have the place of that.
            let children = tier.root.children.get_untracked();
            let place = format!("/tiers/{at}/rule/when");
            match children[..] {
                [one] if tier.root.kind.with_untracked(|kind| kind == "all") => one.tell(&faults, &place, lang),
                _ => tier.root.tell(&faults, &place, lang),
            }
            let place = format!("/tiers/{at}/");
            if faults.iter().any(|fault| fault.field.starts_with(&place)) {
                tier.open.set(true);
            }
        }
        self.faults.set(faults);
    }

    fn fault(self, at: Signal<usize>, part: &'static str) -> Signal<Option<String>> {
        let lang = use_lang();
        Signal::derive(move || {
            let place = format!("/tiers/{}/{part}", at.get());
            self.faults.with(|faults| faults.iter().find(|fault| fault.field == place).map(|fault| fault.rule.message(lang.get())))
        })
    }

    fn setting_fault(self, place: &'static str) -> Signal<Option<String>> {
        let lang = use_lang();
        Signal::derive(move || {
            self.faults.with(|faults| faults.iter().find(|fault| fault.field == place).map(|fault| fault.rule.message(lang.get())))
        })
    }
}

pub fn draft(here: Here, scheme: &Scheme, version: &Version) -> AnyView {
    let lang = use_lang();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let fresh = version.published_at.is_some() || version.state == VersionState::Published;
    let number = (!fresh).then_some(version.number);
    let form = Form::of(scheme.kind, &version.definition, if fresh { "" } else { &version.note });
    let revision = RwSignal::new(version.revision);
    let code = StoredValue::new(scheme.code.clone());
    let now = StoredValue::new(scheme.current().map(|now| now.definition.clone()).unwrap_or_default());
    let attempt = Attempt::new();
    let busy = RwSignal::new(false);
    // The version that somebody else saved meanwhile.
    let theirs = RwSignal::new(None::<Version>);
    let once = Once::new();
    let back = address(&scheme.code, Some(version.number), false);
    let kept = Draft::of("tier", format!("{}.{}", scheme.code, version.number));
    let restored = RwSignal::new(false);
    let began = StoredValue::new((version.revision, version.definition.clone(), untrack(|| form.note.get())));
    drafts::follow(
        kept,
        restored,
        move || (revision.get(), form.definition(), form.note.get()),
        move |(of, definition, note): (i32, Definition, String)| {
            let fits = began.with_value(|began| began.1 != definition || began.2 != note);
            if fits {
                // Where somebody has saved since, saving shows both.
                revision.set(of);
                form.adopt(&definition);
                form.note.set(note);
            }
            fits
        },
    );
    let discard = move |()| {
        began.with_value(|(of, definition, note)| {
            revision.set(*of);
            form.adopt(definition);
            form.note.set(note.clone());
        });
        kept.forget();
    };

    let send = StoredValue::new(move || {
        if busy.get_untracked() {
            return;
        }
        let definition = untrack(|| form.definition());
        let faults = definition.check(form.kind, form.class);
        let refused = !faults.is_empty();
        form.tell(faults, lang.get_untracked());
        if refused {
            return;
        }
        attempt.clear();
        busy.set(true);
        let draft = VersionDraft { number, revision: revision.get_untracked(), definition, note: form.note.get_untracked() };
        let navigate = navigate.clone();
        let sent = kept.once_sent();
        spawn_local(async move {
            let answer = once.of(|key| api::save(code.get_value(), draft, key)).await;
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
                    toasts.say(t(text::saved));
                    let to = address(&code.get_value(), Some(saved.number), false);
                    here.reload(move || navigate(&to, Default::default()));
                }
                Err(Fail(problem)) if problem.code == Code::Stale => {
                    theirs.set(problem.current.as_ref().and_then(crate::wire::of_value));
                }
                Err(Fail(problem)) if !problem.fields.is_empty() => form.tell(problem.fields, lang.get_untracked()),
                Err(fail) => attempt.refuse(fail),
            }
        });
    });
    let conflict = move || {
        theirs.get().map(|other| {
            let definition = untrack(|| form.definition());
            let adopt = other.definition.clone();
            view! {
                <div class="notice warn" role="alert">
                    <p>{t(text::stale)}</p>
                    {say::changes(here, &other.definition, &definition)}
                    <div class="tiers-actions">
                        <Button on_click=move |_| {
                            form.adopt(&adopt);
                            revision.set(other.revision);
                            theirs.set(None);
                        }>{t(text::take_theirs)}</Button>
                        <Button kind=ButtonKind::Danger on_click=move |_| {
                            revision.set(other.revision);
                            theirs.set(None);
                            send.with_value(|send| send());
                        }>{t(text::keep_mine)}</Button>
                    </div>
                </div>
            }
        })
    };
    let title = move || match number {
        Some(number) => text::drafting(lang.get(), number),
        None => text::drafting_new(lang.get()).to_owned(),
    };
    let faulty = move || {
        let n = form.faults.with(Vec::len);
        (n > 0).then(|| view! { <p class="notice alarm" role="alert">{text::faults(lang.get(), n)}</p> })
    };
    let pending = Memo::new(move |_| form.definition());
    view! {
        <section class="section tiers-draft">
            <header class="section-head tiers-head">
                <h2>{title}</h2>
                <div class="push tiers-actions">
                    <Button href=back.clone()>{t(text::cancel)}</Button>
                    <Button kind=ButtonKind::Primary busy=busy on_click=move |_| send.with_value(|send| send())>{t(text::save)}</Button>
                </div>
            </header>
            <Restored shown=restored on_discard=discard />
            {faulty}
            {conflict}
            <Told attempt explain=explain />
            {settings(form)}
            <p class="faint">{t(text::order_hint)}</p>
            <div>
                <Button icon=Glyph::Plus on_click=move |_| form.tiers.update(|tiers| tiers.push(TierForm::beside(tiers)))>{t(text::add_tier)}</Button>
            </div>
            {tiers(here, form)}
        </section>
        <Section title=t(text::changes)>{move || now.with_value(|now| pending.with(|then| say::changes(here, now, then)))}</Section>
    }
    .into_any()
}

fn settings(form: Form) -> AnyView {
    let lang = use_lang();
    let upgrades = Signal::derive(move || Upgrade::ALL.iter().map(|one| Choice::new(one.code(), one.name(lang.get()))).collect::<Vec<_>>());
    let by_hand = Signal::derive(move || ByHand::ALL.iter().map(|one| Choice::new(one.code(), one.name(lang.get()))).collect::<Vec<_>>());
    view! {
        <div class="form tiers-settings">
            <Field name="tier-months" label=t(text::months) error=form.setting_fault("/settings/months") help="tiers#average">
                <NumberInput value=form.months />
            </Field>
            <Field name="tier-grace" label=t(text::grace) error=form.setting_fault("/settings/grace_days") help="tiers#grace">
                <NumberInput value=form.grace unit=t(text::days) />
            </Field>
            <Field name="tier-upgrade" help="tiers#grace" label=t(text::upgrade)>
                <Select value=form.upgrade choices=upgrades />
            </Field>
            <Field name="tier-by-hand" label=t(text::by_hand) help="tiers#by-hand">
                <Select value=form.by_hand choices=by_hand />
            </Field>
            <Field name="tier-by-hand-days" help="tiers#by-hand" label=t(text::by_hand_days) error=form.setting_fault("/settings/by_hand_days")>
                <NumberInput value=form.by_hand_days unit=t(text::days) />
            </Field>
            <Field name="tier-draft-note" label=t(text::note_label) hint=t(text::note_hint) error=form.setting_fault("note") wide=true>
                <TextArea value=form.note rows=2 maxlength=500 />
            </Field>
        </div>
    }
    .into_any()
}

/// The highest first, though the list has the lowest first.
fn tiers(here: Here, form: Form) -> AnyView {
    view! {
        <ol class="tiers-forms">
            <For each=move || form.tiers.get().into_iter().rev() key=|tier| tier.id let:tier>
                {one(here, form, tier)}
            </For>
        </ol>
    }
    .into_any()
}

fn one(here: Here, form: Form, tier: TierForm) -> AnyView {
    let lang = use_lang();
    let at = Signal::derive(move || form.tiers.with(|tiers| tiers.iter().position(|one| one.id == tier.id).unwrap_or(0)));
    let last = move || form.tiers.with(Vec::len).saturating_sub(1);
    let title = move || {
        let name = if lang.get() == Lang::Zh { tier.name.get() } else { tier.name_en.get() };
        if name.is_empty() { "…".to_owned() } else { name }
    };
    let mark = move || {
        let rank = tier.mark.with(|mark| mark.parse().unwrap_or(0));
        view! { <TierMark rank label=title /> }
    };
    let marks = Signal::derive(move || {
        text::MARKS.iter().zip(0..).map(|(name, n): (_, i16)| Choice::new(n.to_string(), name(lang.get()))).collect::<Vec<_>>()
    });
    // Towards the end of the list is up on the screen.
    let shift = move |up: bool| {
        form.tiers.update(|tiers| {
            let at = tiers.iter().position(|one| one.id == tier.id).unwrap_or(0);
            let to = if up { (at + 1).min(tiers.len() - 1) } else { at.saturating_sub(1) };
            tiers.swap(at, to);
        });
    };
    let months = Memo::new(move |_| form.settings());
    let editing = Editing {
        choices: here.choices,
        limits: Limits::tier(form.kind, form.class),
        env: Signal::derive(move || env(&Definition { settings: months.get(), tiers: Vec::new() })),
        // Whoever drafts tiers sees no customers.
        tried: None,
    };
    let faulty = move || {
        let place = format!("/tiers/{}/", at.get());
        form.faults.with(|faults| faults.iter().any(|fault| fault.field.starts_with(&place)))
    };
    let open = tier.open;
    let name = |part: &str| format!("tier-{}-{part}", tier.id);
    view! {
        <li class="tier-form" class:faulty=faulty>
            <div class="tier-form-head">
                <button
                    type="button"
                    class="tier-form-toggle"
                    aria-expanded=move || open.get().to_string()
                    on:click=move |_| open.update(|open| *open = !*open)
                >
                    {mark}
                </button>
                <span class="tier-form-words">{move || {
                    let condition = tier.root.condition();
                    (!open.get()).then(|| here.choices.with_value(|choices| guanhu_domain::rules::in_words(&condition, lang.get(), choices, editing.env.get())))
                }}</span>
                <IconButton glyph=Glyph::Up label=t(text::move_up) disabled=Signal::derive(move || at.get() == last()) on_click=move |_| shift(true) />
                <IconButton glyph=Glyph::Down label=t(text::move_down) disabled=Signal::derive(move || at.get() == 0) on_click=move |_| shift(false) />
                <IconButton
                    glyph=Glyph::Trash
                    label=t(text::remove_tier)
                    on_click=move |_| form.tiers.update(|tiers| tiers.retain(|one| one.id != tier.id))
                />
            </div>
            <div class="tier-form-body" hidden=move || !open.get()>
                <div class="form">
                    <Field name=name("name") label=t(text::name_zh) error=form.fault(at, "name")><TextInput value=tier.name maxlength=30 /></Field>
                    <Field name=name("name_en") label=t(text::name_en) error=form.fault(at, "name_en")><TextInput value=tier.name_en maxlength=30 /></Field>
                    <Field name=name("code") label=t(text::code) hint=t(text::code_hint) error=form.fault(at, "code")><TextInput value=tier.code maxlength=30 /></Field>
                    <Field name=name("mark") label=t(text::mark) error=form.fault(at, "mark")><Select value=tier.mark choices=marks /></Field>
                    <Field name=name("contact") help="tiers#service" label=t(text::contact_days) error=form.fault(at, "contact_days")>
                        <NumberInput value=tier.contact_days unit=t(text::days) />
                    </Field>
                    <Field name=name("weight") help="tiers#service" label=t(text::weight) hint=t(text::weight_hint) error=form.fault(at, "weight")>
                        <NumberInput value=tier.weight />
                    </Field>
                    <Field name=name("care") help="tiers#service" label=t(text::care) hint=t(text::care_hint) error=form.fault(at, "care")><TextInput value=tier.care maxlength=1000 /></Field>
                    <Field name=name("served_by") label=t(text::served_by) hint=t(text::served_by_hint) help="tiers#service" error=form.fault(at, "served_by")><TextInput value=tier.served_by maxlength=420 /></Field>
                    <Field name=name("benefits") help="tiers#service" label=t(text::benefits) error=form.fault(at, "benefits")><TextInput value=tier.benefits maxlength=1000 /></Field>
                </div>
                <RuleEditor name=format!("rule-of-{}", tier.id) root=tier.root editing />
            </div>
        </li>
    }
    .into_any()
}

fn explain(problem: &guanhu_domain::Problem, lang: Lang) -> Option<String> {
    (problem.code == Code::KeyReused).then(|| text::saved_before(lang).to_owned())
}
