//! What the stages of the process score are worth.

use guanhu_domain::process::{Item, ItemRule, ProcessRules, WEIGHT_MAX};
use guanhu_ui::{Button, ButtonKind, Section, TextInput, t, use_lang, use_toasts};
use leptos::prelude::*;
use uuid::Uuid;

use super::{
    api,
    process::{item_name, stage_name},
    text,
};
use crate::{
    Asked,
    attempt::{Attempt, Told},
    clash::{Side, both, or_theirs},
    drafts::{Draft, Part, Parts},
    loaded::LoadedPage,
    scripts::LazyPage,
};

/// `/admin/scoring`.
pub struct ScoringRoute(Asked<ProcessRules>);

impl LazyPage for ScoringRoute {
    fn data() -> Self {
        ScoringRoute(Asked::once(api::read_scoring))
    }

    fn view(this: Self) -> AnyView {
        view! { <LoadedPage class="dash" title=text::scoring heading=text::scoring note=text::scoring_note from=this.0 then=show /> }
            .into_any()
    }
}

/// A rule as it is typed.
#[derive(Clone, Copy)]
struct Row {
    item: Item,
    weight: RwSignal<String>,
    full: RwSignal<String>,
}

/// A weight in whole numbers.
fn weight(text: &str) -> Option<i64> {
    text.trim().parse().ok().filter(|weight| (0..=WEIGHT_MAX).contains(weight))
}

/// A share typed in per cent, `5` or `2.5`, as hundredths of one.
fn per_cent(text: &str) -> Option<i64> {
    let text = text.trim().trim_end_matches(['%', '％']).trim_end();
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || rest.len() > 2 || !digits(whole) || !digits(rest) {
        return None;
    }
    let share = whole.parse::<i64>().ok()? * 100 + format!("{rest:0<2}").parse::<i64>().ok()?;
    (1..=100_00).contains(&share).then_some(share)
}

fn typed(share: i64) -> String {
    let text = format!("{}.{:02}", share / 100, share % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn show(rules: ProcessRules) -> AnyView {
    let lang = use_lang();
    let toasts = use_toasts();
    let attempt = Attempt::new();
    let version = RwSignal::new(rules.version);
    // The rules as somebody else saved them meanwhile.
    let clash = RwSignal::new(None::<ProcessRules>);
    let sent = StoredValue::new(None::<(ProcessRules, Uuid)>);
    let seen = RwSignal::new(rules.rules.clone());
    let rows: Vec<Row> = rules
        .rules
        .iter()
        .map(|rule| Row { item: rule.item, weight: RwSignal::new(rule.weight.to_string()), full: RwSignal::new(typed(rule.full)) })
        .collect();
    let parts: Vec<Part> =
        rows.iter().flat_map(|row| [Part::from(row.weight), Part::from(row.full)]).chain([Part::from(version)]).collect();
    let kept = Parts::always(Draft::of("scoring", "rules"), parts);
    let rows = StoredValue::new(rows);
    let read = Memo::new(move |_| {
        rows.with_value(|rows| {
            rows.iter()
                .map(|row| {
                    let (weight, full) = (row.weight.with(|text| weight(text)), row.full.with(|text| per_cent(text)));
                    weight.zip(full).map(|(weight, full)| ItemRule { item: row.item, weight, full })
                })
                .collect::<Option<Vec<_>>>()
        })
    });
    let nothing_weighs = move || read.with(|rules| rules.as_ref().is_some_and(|rules| rules.iter().all(|rule| rule.weight == 0)));
    let unsound =
        Signal::derive(move || nothing_weighs() || read.with(|rules| rules.is_none() || seen.with(|seen| rules.as_ref() == Some(seen))));
    let save = move || {
        let Some(rules) = read.get_untracked() else { return };
        let change = ProcessRules { version: version.get_untracked(), rules: rules.clone() };
        // The same again has the same key.
        let again = sent.with_value(|sent| sent.as_ref().filter(|(before, _)| *before == change).map(|(_, key)| *key));
        let key = again.unwrap_or_else(Uuid::new_v4);
        sent.set_value(Some((change.clone(), key)));
        let forget = kept.once_sent();
        let call = async move { or_theirs(api::set_scoring(change, key).await) };
        attempt.run(call, move |answer: Result<i32, ProcessRules>| match answer {
            Ok(next) => {
                version.set(next);
                clash.set(None);
                seen.set(rules);
                forget();
                toasts.say(t(text::scoring_saved));
            }
            Err(theirs) => clash.set(Some(theirs)),
        });
    };
    let overtaken = move || {
        clash.get().map(|theirs| {
            let (taken, newer) = (theirs.clone(), theirs.version);
            let sides = move |lang| {
                let worth = |weight: &str, full: &str| format!("{} {weight} · {} {full}%", text::weight(lang), text::full_at(lang));
                let side = |row: &Row| {
                    let there = theirs.rules.iter().find(|rule| rule.item == row.item);
                    let there = there.map(|rule| worth(&rule.weight.to_string(), &typed(rule.full))).unwrap_or_default();
                    Side::new(item_name(row.item, lang), there, worth(row.weight.get().trim(), row.full.get().trim()))
                };
                rows.with_value(|rows| rows.iter().map(side).collect::<Vec<_>>())
            };
            let take = Callback::new(move |()| {
                rows.with_value(|rows| {
                    for row in rows {
                        if let Some(rule) = taken.rules.iter().find(|rule| rule.item == row.item) {
                            row.weight.set(rule.weight.to_string());
                            row.full.set(typed(rule.full));
                        }
                    }
                });
                version.set(newer);
                seen.set(taken.rules.clone());
                clash.set(None);
                kept.settle();
            });
            let over = Callback::new(move |()| {
                version.set(newer);
                clash.set(None);
                save();
            });
            both(sides, take, over)
        })
    };
    let line = move |row: Row| {
        let weight_wrong = Memo::new(move |_| row.weight.with(|text| weight(text).is_none()));
        let full_wrong = Memo::new(move |_| row.full.with(|text| per_cent(text).is_none()));
        let label = move |what: fn(guanhu_domain::Lang) -> &'static str| {
            move || format!("{} · {}", item_name(row.item, lang.get()), what(lang.get()))
        };
        let wrong = move |wrong: Memo<bool>, words: fn(guanhu_domain::Lang) -> &'static str| {
            move || wrong.get().then(|| view! { <div class="field-error">{words(lang.get())}</div> })
        };
        view! {
            <tr>
                <th scope="row">{move || stage_name(row.item.stage(), lang.get())}</th>
                <td>{move || item_name(row.item, lang.get())}</td>
                <td>
                    <TextInput value=row.weight label=label(text::weight) inputmode="numeric" autocomplete="off" />
                    {wrong(weight_wrong, text::weight_wrong)}
                </td>
                <td>
                    <TextInput value=row.full label=label(text::full_at) inputmode="decimal" autocomplete="off" />
                    {wrong(full_wrong, text::full_wrong)}
                </td>
            </tr>
        }
    };
    let lines = rows.with_value(|rows| rows.iter().copied().map(line).collect_view());
    view! {
        <Section title=t(text::process) help="scoring#weights">
            {kept.notice()}
            <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::process)>
                <table class="table-plain dash-scoring">
                    <thead>
                        <tr>
                            <th scope="col">{t(text::stage)}</th>
                            <th scope="col">{t(text::item)}</th>
                            <th scope="col">{t(text::weight)}</th>
                            <th scope="col">{t(text::full_at)}" (%)"</th>
                        </tr>
                    </thead>
                    <tbody>{lines}</tbody>
                </table>
            </div>
            {move || nothing_weighs().then(|| view! { <p class="down" role="status">{t(text::nothing_weighs)}</p> })}
            <div class="dash-actions">
                <Button kind=ButtonKind::Primary busy=attempt.busy disabled=unsound on_click=move |_| save()>{t(text::save)}</Button>
            </div>
            {overtaken}
            <Told attempt />
        </Section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_as_they_are_typed() {
        assert_eq!(["5", "2.5%", "100", "0.01"].map(per_cent), [Some(5_00), Some(2_50), Some(100_00), Some(1)]);
        assert_eq!(["", "0", "101", "1.234", "-1", "x", "1e2"].map(per_cent), [None; 7]);
        assert_eq!([5_00, 2_50, 100_00, 1].map(typed), ["5", "2.5", "100", "0.01"]);
        assert_eq!(["20", " 0 ", "1001", "-1", "x"].map(weight), [Some(20), Some(0), None, None, None]);
    }
}
