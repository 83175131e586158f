//! Parts of the pages of groups: a combination's form, the live count, and who is found.

use guanhu_domain::{
    Code, Lang,
    groups::{Counted, Found, FoundShare, GroupKind, Joint},
};
use guanhu_ui::{Amount, BarChart, BarRow, BarSpec, Choice, Field, Measure, MultiSelect, Select, TierMark, format_count, t, use_lang};
use leptos::{prelude::*, task::spawn_local};

use super::{Here, api, edit::Form, text};
use crate::Fail;

/// Pause after which a changed question is counted.
const PAUSE_MS: u64 = 350;
/// So often a busy server is asked again.
const AGAIN: usize = 3;

/// Which groups go together, and who that finds. `own` is the code of the combination itself.
pub fn combined(here: Here, form: Form, own: Option<String>) -> AnyView {
    let lang = use_lang();
    let joints =
        Signal::derive(move || Joint::ALL.iter().map(|joint| Choice::new(joint.code(), joint.name(lang.get()))).collect::<Vec<_>>());
    let usable = here.kept.value.with_untracked(|groups| {
        let parts = groups.iter().filter(|group| group.kind != GroupKind::Combined && Some(&group.code) != own.as_ref());
        parts.map(|group| Choice::new(&group.code, &group.name)).collect::<Vec<_>>()
    });
    let firsts = Signal::stored(usable.clone());
    let others = Signal::derive(move || usable.iter().filter(|choice| choice.value != form.first.get()).cloned().collect::<Vec<_>>());
    let question = Signal::derive(move || {
        let parts = form.parts();
        Joint::from_code(&form.joint.get()).filter(|_| parts.len() > 1).map(|joint| (joint, parts))
    });
    view! {
        <div class="form tiers-settings">
            <Field name="group-joint" help="groups#joint" label=t(text::joint) error=form.fault("joint")><Select value=form.joint choices=joints /></Field>
            <Field name="group-first" label=t(text::first_part)><Select value=form.first choices=firsts /></Field>
            <Field name="group-others" label=t(text::other_parts) hint=t(text::parts_hint) error=form.fault("parts") wide=true>
                <MultiSelect name="group-others" values=form.others choices=others />
            </Field>
        </div>
        {live(question, |(joint, parts)| api::find_combined(joint, parts), text::choose_parts)}
    }
    .into_any()
}

/// How many a question finds, counted while it is being put; `incomplete` while there is none.
pub fn live<Q, F>(question: Signal<Option<Q>>, find: fn(Q) -> F, incomplete: fn(Lang) -> &'static str) -> AnyView
where
    Q: Clone + Send + Sync + 'static,
    F: Future<Output = Result<Found, Fail>> + 'static,
{
    let lang = use_lang();
    let found = RwSignal::new(None::<Found>);
    let failed = RwSignal::new(None::<Fail>);
    let counting = RwSignal::new(false);
    let timer = StoredValue::new(None);
    let asked = StoredValue::new(0u32);
    Effect::new(move |_| {
        let question = question.get();
        asked.update_value(|asked| *asked += 1);
        let own = asked.get_value();
        let Some(question) = question else {
            found.set(None);
            failed.set(None);
            counting.set(false);
            return;
        };
        counting.set(true);
        crate::customers::dom::debounce(timer, PAUSE_MS, move || {
            spawn_local(async move {
                let mut answer = find(question.clone()).await;
                for _ in 0..AGAIN {
                    // A busy moment passes; a question that was changed meanwhile is not asked again.
                    let busy = answer.as_ref().is_err_and(|fail| fail.0.code == Code::Busy);
                    if !busy || asked.try_get_value() != Some(own) {
                        break;
                    }
                    answer = find(question.clone()).await;
                }
                // An older question's answer comes too late.
                if asked.try_get_value() == Some(own) {
                    counting.set(false);
                    failed.set(answer.as_ref().err().cloned());
                    found.set(answer.ok());
                }
            });
        });
    });
    let count = move || {
        let lang = lang.get();
        match (found.get(), counting.get()) {
            (_, true) => text::counting(lang).to_owned(),
            (None, false) => failed.with(|fail| fail.as_ref().map_or_else(|| incomplete(lang).to_owned(), |fail| fail.message(lang))),
            (Some(found), false) => counted(&found, lang),
        }
    };
    view! {
        <p class="group-count" role="status"><b>{count}</b></p>
        {move || found.get().filter(|found| !found.sample.is_empty()).map(|found| who(found, lang.get()))}
    }
    .into_any()
}

/// "1,234 customers", with how that was come by.
pub fn counted(found: &Found, lang: Lang) -> String {
    let n = format_count(found.count);
    match found.counted {
        Counted::Exactly => text::count_exact(lang, &n),
        Counted::Capped => text::count_capped(lang, &n),
        Counted::Estimated => text::count_estimated(lang, &n),
    }
}

/// Bars of one chart.
const BARS: usize = 12;

/// By tier and by unit, and some of those found.
pub fn who(found: Found, lang: Lang) -> AnyView {
    let shares = |title: fn(Lang) -> &'static str, shares: &[FoundShare]| {
        let row = |share: &FoundShare| BarRow {
            label: if share.code.is_empty() { text::no_tier(lang).to_owned() } else { share.name(lang).to_owned() },
            values: vec![share.customers],
            href: None,
        };
        let mut rows: Vec<BarRow> = shares.iter().take(BARS).map(row).collect();
        // Those for whom there is no bar of their own are told together.
        let rest = shares.get(BARS..).unwrap_or_default();
        if !rest.is_empty() {
            let customers = rest.iter().map(|share| share.customers).sum();
            rows.push(BarRow { label: text::others(lang, rest.len()), values: vec![customers], href: None });
        }
        let spec = BarSpec { rows, names: vec![title(lang).to_owned()], measure: Measure::Count };
        (!shares.is_empty()).then(|| view! { <BarChart title=title(lang) spec=Signal::stored(spec) /> })
    };
    let note = (found.counted != Counted::Exactly).then(|| view! { <p class="faint">{text::share_note(lang)}</p> });
    view! {
        <div class="group-shares-charts">
            {shares(text::by_tier, &found.tiers)}
            {shares(text::by_unit, &found.units)}
        </div>
        {note}
        {sample(found)}
    }
    .into_any()
}

fn sample(found: Found) -> AnyView {
    let lang = use_lang();
    let rows = found
        .sample
        .into_iter()
        .map(|one| {
            let tier = one.tier.map(|tier| {
                let rank = tier.mark;
                view! { <TierMark rank label=move || tier.name(lang.get()).to_owned() /> }
            });
            view! {
                <tr>
                    <th scope="row"><a href=format!("/customers/{}", one.customer_no)>{one.name}</a></th>
                    <td>{tier}</td>
                    <td>{one.org}</td>
                    <td class="num"><Amount minor=Signal::stored(one.aum) /></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::sample)>
            <table class="table-plain">
                <thead>
                    <tr>
                        <th scope="col">{t(text::customer)}</th>
                        <th scope="col">{t(text::tier)}</th>
                        <th scope="col">{t(text::unit)}</th>
                        <th class="num" scope="col">{t(text::aum)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
