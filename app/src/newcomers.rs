//! Rules that say who gets a new customer, at `/admin/newcomers`.

pub mod api;
mod text;

use guanhu_domain::{
    Lang, Problem,
    assignments::newcomers::{NEWCOMER_RULES_MAX, NewcomerPage, NewcomerRule, NewcomerRules, Sharing},
    customers::Kind,
};
use guanhu_ui::{Button, ButtonKind, Choice, EmptyState, Field, Glyph, IconButton, Select, TextInput, dom, t, use_lang, use_toasts};
use leptos::{prelude::*, reactive::owner::WeakOwner};

use crate::{
    Asked,
    attempt::{Attempt, Told},
    clash::{Side, both, or_theirs},
    drafts::{self, Draft, Restored},
    loaded::LoadedPage,
    scripts::LazyPage,
};

/// `/admin/newcomers`.
pub struct NewcomersRoute(Asked<NewcomerPage>);

impl LazyPage for NewcomersRoute {
    fn data() -> Self {
        NewcomersRoute(Asked::once(api::read_rules))
    }

    fn view(this: Self) -> AnyView {
        view! { <LoadedPage class="newcomers-page" title=text::title heading=text::newcomers note=text::note from=this.0 then=show /> }
            .into_any()
    }
}

/// One rule in the making. Empty where anything fits.
#[derive(Clone, Copy)]
struct Line {
    /// Tells lines apart while they change places.
    id: usize,
    unit: RwSignal<String>,
    kind: RwSignal<String>,
    tier: RwSignal<String>,
    sharing: RwSignal<String>,
    /// Staff codes with commas between.
    managers: RwSignal<String>,
}

impl Line {
    fn new(id: usize, rule: NewcomerRule) -> Line {
        let NewcomerRule { unit, kind, tier, sharing, managers } = rule;
        Line {
            id,
            unit: RwSignal::new(unit.unwrap_or_default()),
            kind: RwSignal::new(kind.map(|kind| kind.code().to_owned()).unwrap_or_default()),
            tier: RwSignal::new(tier.unwrap_or_default()),
            sharing: RwSignal::new(sharing.code().to_owned()),
            managers: RwSignal::new(managers.join(", ")),
        }
    }

    fn read(self) -> NewcomerRule {
        let chosen = |value: RwSignal<String>| Some(value.get()).filter(|value| !value.is_empty());
        let sharing = Sharing::from_code(&self.sharing.get()).unwrap_or(Sharing::Pool);
        let typed = self.managers.get();
        let codes = typed.split([',', '，', '、', ' ', '\n']).map(str::trim).filter(|code| !code.is_empty());
        NewcomerRule {
            unit: chosen(self.unit),
            kind: chosen(self.kind).and_then(|code| Kind::from_code(&code)),
            tier: chosen(self.tier),
            sharing,
            managers: if sharing == Sharing::Pool { Vec::new() } else { codes.map(str::to_owned).collect() },
        }
    }
}

/// What the lines share.
#[derive(Clone, Copy)]
struct Here {
    lines: RwSignal<Vec<Line>>,
    attempt: Attempt,
    units: StoredValue<Vec<Choice>>,
    page: StoredValue<NewcomerPage>,
    lang: Signal<Lang>,
}

fn show(page: NewcomerPage) -> AnyView {
    let lang = use_lang();
    let toasts = use_toasts();
    let version = StoredValue::new(page.rules.version);
    let lines = page.rules.rules.iter().cloned().enumerate().map(|(id, rule)| Line::new(id, rule)).collect::<Vec<_>>();
    let next = StoredValue::new(lines.len());
    let indented = page.units.iter().map(|unit| {
        let depth = usize::try_from(unit.depth).unwrap_or(0);
        Choice::new(&unit.code, format!("{}{}", "\u{2003}".repeat(depth), unit.name))
    });
    let here = Here {
        lines: RwSignal::new(lines),
        attempt: Attempt::new(),
        units: StoredValue::new(indented.collect()),
        page: StoredValue::new(page),
        lang,
    };
    // The rules as somebody else saved them meanwhile.
    let clash = RwSignal::new(None::<NewcomerRules>);
    let fresh = move || {
        let id = next.get_value();
        next.set_value(id + 1);
        id
    };
    let wanted = move || NewcomerRules {
        version: version.get_value(),
        rules: here.lines.with(|lines| lines.iter().map(|line| line.read()).collect()),
    };
    let began = StoredValue::new(untrack(wanted));
    // Signals made by a button of a notice would go with the notice.
    let owner = StoredValue::new(Owner::current().map(|owner| owner.downgrade()));
    let fill = move |rules: &NewcomerRules| {
        let Some(owner) = owner.with_value(|owner| owner.as_ref().and_then(WeakOwner::upgrade)) else { return };
        here.attempt.clear();
        here.lines.set(owner.with(|| rules.rules.iter().cloned().map(|rule| Line::new(fresh(), rule)).collect()));
    };
    let kept = Draft::of("newcomers", "rules");
    let restored = RwSignal::new(false);
    drafts::follow(kept, restored, wanted, move |typed: NewcomerRules| {
        let fits = began.with_value(|began| began.rules != typed.rules);
        if fits {
            // Where somebody has saved since, saving shows both.
            version.set_value(typed.version);
            fill(&typed);
        }
        fits
    });
    let discard = move |()| {
        began.with_value(|began| {
            version.set_value(began.version);
            fill(began);
        });
        kept.forget();
    };
    let add = move |_| {
        let id = fresh();
        let rule = NewcomerRule { unit: None, kind: None, tier: None, sharing: Sharing::Room, managers: Vec::new() };
        here.attempt.clear();
        here.lines.update(|lines| lines.push(Line::new(id, rule)));
        dom::next_frame(move || dom::focus_id(&field(id)));
    };
    let save = move || {
        let wanted = untrack(wanted);
        let forget = kept.once_sent();
        let call = async move { or_theirs(api::save_rules(wanted).await) };
        here.attempt.run(call, move |saved: Result<NewcomerRules, NewcomerRules>| match saved {
            Ok(saved) => {
                forget();
                restored.set(false);
                version.set_value(saved.version);
                began.set_value(saved);
                clash.set(None);
                toasts.say(t(text::saved));
            }
            Err(theirs) => clash.set(Some(theirs)),
        });
    };
    let overtaken = move || {
        clash.get().map(|theirs| {
            let (now, newer) = (theirs.clone(), theirs.version);
            let sides = move |lang| {
                let mine = wanted().rules;
                let said = |rules: &[NewcomerRule], at: usize| rules.get(at).map(|rule| here.said(rule, lang)).unwrap_or_default();
                let side = |at| Side::new(text::rule(lang, at + 1), said(&theirs.rules, at), said(&mine, at));
                (0..theirs.rules.len().max(mine.len())).map(side).collect::<Vec<_>>()
            };
            let take = Callback::new(move |()| {
                version.set_value(newer);
                fill(&now);
                began.set_value(now.clone());
                kept.forget();
                restored.set(false);
                clash.set(None);
            });
            let over = Callback::new(move |()| {
                version.set_value(newer);
                clash.set(None);
                save();
            });
            both(sides, take, over)
        })
    };
    let full = Signal::derive(move || here.lines.with(|lines| lines.len() >= NEWCOMER_RULES_MAX));
    view! {
        {move || here.lines.with(Vec::is_empty).then(|| view! { <EmptyState title=t(text::none) text=t(text::none_hint) /> })}
        <Restored shown=restored on_discard=discard />
        <ol class="newcomers">
            <For each=move || here.lines.get() key=|line| line.id let:line>
                {row(here, line)}
            </For>
        </ol>
        <div class="newcomers-foot">
            <Button icon=Glyph::Plus disabled=full on_click=add>{t(text::add)}</Button>
            <Button kind=ButtonKind::Primary busy=here.attempt.busy on_click=move |_| save()>{t(text::save)}</Button>
        </div>
        {overtaken}
        <Told attempt=here.attempt explain=explain />
    }
    .into_any()
}

impl Here {
    /// A rule in words.
    fn said(self, rule: &NewcomerRule, lang: Lang) -> String {
        let unit = rule.unit.as_ref().map(|code| {
            let name = |units: &Vec<Choice>| units.iter().find(|unit| unit.value == *code).map(|unit| unit.label.trim().to_owned());
            self.units.with_value(name).unwrap_or_else(|| code.clone())
        });
        let tier = rule.tier.as_ref().map(|code| {
            self.page.with_value(|page| {
                page.tiers.iter().find(|tier| tier.code == *code).map_or_else(|| code.clone(), |tier| tier.name(lang).to_owned())
            })
        });
        let kind = rule.kind.map(|kind| kind.name(lang).to_owned());
        let parts = [
            unit.unwrap_or_else(|| text::any_unit(lang).to_owned()),
            kind.unwrap_or_else(|| text::any_kind(lang).to_owned()),
            tier.unwrap_or_else(|| text::any_tier(lang).to_owned()),
            rule.sharing.name(lang).to_owned(),
            rule.managers.join(", "),
        ];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    }
}

/// The id of a line's first field.
fn field(id: usize) -> String {
    format!("f-newcomer-{id}-unit")
}

fn explain(problem: &Problem, lang: Lang) -> Option<String> {
    problem.of("rules", lang)
}

fn row(here: Here, line: Line) -> AnyView {
    let lang = here.lang;
    let id = line.id;
    let at = Memo::new(move |_| here.lines.with(|lines| lines.iter().position(|other| other.id == id)).unwrap_or(0));
    let error = move |field: &'static str| Signal::derive(move || here.attempt.why(&format!("rules.{}.{field}", at.get())));
    let units = Signal::derive(move || here.units.get_value());
    let kinds =
        Signal::derive(move || [Kind::Personal, Kind::Corporate].map(|kind| Choice::new(kind.code(), kind.name(lang.get()))).to_vec());
    let tiers = Signal::derive(move || {
        here.page.with_value(|page| page.tiers.iter().map(|tier| Choice::new(&tier.code, tier.name(lang.get()))).collect())
    });
    let sharings =
        Signal::derive(move || Sharing::ALL.iter().map(|sharing| Choice::new(sharing.code(), sharing.name(lang.get()))).collect());
    let pool = Signal::derive(move || line.sharing.with(|sharing| sharing == Sharing::Pool.code()));
    // Names of whoever was known when the page was read.
    let names = move || {
        let names = line.managers.with(|typed| {
            here.page.with_value(|page| {
                let known = page.named.iter().filter(|manager| typed.contains(&manager.code));
                known.map(|manager| manager.name.clone()).collect::<Vec<_>>()
            })
        });
        (!names.is_empty() && !pool.get()).then(|| names.join(if lang.get() == Lang::Zh { "、" } else { ", " }))
    };
    let swap = move |by: isize| {
        here.attempt.clear();
        here.lines.update(|lines| {
            let from = lines.iter().position(|other| other.id == id);
            if let Some(from) = from
                && let Some(to) = from.checked_add_signed(by).filter(|to| *to < lines.len())
            {
                lines.swap(from, to);
            }
        });
        // A line that changes places loses the focus.
        dom::next_frame(move || dom::focus_if_lost(&field(id)));
    };
    let remove = move |_| {
        here.attempt.clear();
        here.lines.update(|lines| lines.retain(|other| other.id != id));
    };
    let named = move |words: fn(Lang) -> &'static str| move || format!("{} {}", text::rule(lang.get(), at.get() + 1), words(lang.get()));
    let first = Signal::derive(move || at.get() == 0);
    let last = Signal::derive(move || at.get() + 1 == here.lines.with(Vec::len));
    view! {
        <li class="newcomer">
            <strong>{move || text::rule(lang.get(), at.get() + 1)}</strong>
            <Field name=format!("newcomer-{id}-unit") label=t(text::unit) error=error("unit")>
                <Select value=line.unit choices=units empty=t(text::any_unit) />
            </Field>
            <Field name=format!("newcomer-{id}-kind") label=t(text::kind)>
                <Select value=line.kind choices=kinds empty=t(text::any_kind) />
            </Field>
            <Field name=format!("newcomer-{id}-tier") label=t(text::tier) error=error("tier")>
                <Select value=line.tier choices=tiers empty=t(text::any_tier) />
            </Field>
            <Field name=format!("newcomer-{id}-sharing") help="transfers#newcomers" label=t(text::sharing)>
                <Select value=line.sharing choices=sharings />
            </Field>
            <Field name=format!("newcomer-{id}-managers") label=t(text::managers) hint=t(text::managers_hint) error=error("managers")>
                <TextInput value=line.managers disabled=pool />
            </Field>
            <div class="newcomer-tools">
                <IconButton glyph=Glyph::Up label=named(text::up) disabled=first on_click=move |_| swap(-1) />
                <IconButton glyph=Glyph::Down label=named(text::down) disabled=last on_click=move |_| swap(1) />
                <IconButton glyph=Glyph::Trash label=named(text::remove) on_click=remove />
            </div>
            <span class="faint newcomer-names">{names}</span>
        </li>
    }
    .into_any()
}
