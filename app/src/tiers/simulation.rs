//! What a version would change: from tier to tier, by branch, and some of those who move.

use guanhu_domain::{
    Lang,
    rules::{Condition, RuleChoices, in_words},
    tiers::{BranchMoves, Definition, Mover, Simulation},
};
use guanhu_ui::{Figure, Figures, Section, TierMark, format_count, format_date, t, use_lang};
use leptos::prelude::*;

use super::{Here, env, text};

pub fn simulation(here: Here, simulation: Simulation, now: Definition, then: Definition) -> AnyView {
    let lang = use_lang();
    let (date, customers) = (simulation.business_date, format_count(simulation.customers));
    let seconds = format!("{:.1}", simulation.milliseconds as f64 / 1_000.0);
    let note = move || text::simulation_note(lang.get(), &format_date(date, lang.get()), &seconds, &customers);
    let (ups, downs) = (simulation.up, simulation.down);
    let stay = simulation.customers - ups - downs;
    let contacts = (format_count(simulation.contacts_now), format_count(simulation.contacts_then));
    let parts = (matrix(&simulation, &now, &then), branches(&simulation.branches), movers(here, simulation.movers, now, then));
    view! {
        <Section title=t(text::simulation) note=note>
            <Figures>
                <Figure label=t(text::up)>{format_count(ups)}</Figure>
                <Figure label=t(text::down)>{format_count(downs)}</Figure>
                <Figure label=t(text::stay)>{format_count(stay)}</Figure>
                <Figure label=t(text::contacts)>{move || text::contacts_change(lang.get(), &contacts.0, &contacts.1)}</Figure>
            </Figures>
            <p class="faint">{t(text::on_paper)} " " {t(text::too_few)}</p>
            {parts}
        </Section>
    }
    .into_any()
}

/// A tier of a definition by its code, for heads of rows and columns; "" is no tier.
fn head(definition: &Definition, code: &str) -> AnyView {
    let lang = use_lang();
    match definition.tiers.iter().find(|tier| tier.code == code).cloned() {
        Some(tier) => {
            let rank = tier.mark.clamp(0, 5) as u8;
            view! { <TierMark rank label=move || tier.name(lang.get()).to_owned() /> }.into_any()
        }
        None if code.is_empty() => view! { <span class="faint">{t(text::no_tier)}</span> }.into_any(),
        None => view! { <code>{code.to_owned()}</code> }.into_any(),
    }
}

fn matrix(simulation: &Simulation, now: &Definition, then: &Definition) -> AnyView {
    let moves = &simulation.moves;
    // Tiers in their order, the highest first, and whatever else stands in the moves.
    let order = |definition: &Definition, of: &dyn Fn(&guanhu_domain::tiers::Move) -> String| {
        let mut codes: Vec<String> = definition.tiers.iter().rev().map(|tier| tier.code.clone()).collect();
        for code in moves.iter().map(of) {
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        codes
    };
    let rows = order(now, &|one| one.from.clone());
    let columns = order(then, &|one| one.to.clone());
    let count = |from: &str, to: &str| moves.iter().filter(|one| one.from == from && one.to == to).map(|one| one.customers).sum::<i64>();
    let step = |from: &str, to: &str| moves.iter().find(|one| one.from == from && one.to == to).map_or(0, |one| one.step);
    let body = rows
        .iter()
        .map(|from| {
            let total: i64 = moves.iter().filter(|one| one.from == *from).map(|one| one.customers).sum();
            let cells = columns
                .iter()
                .map(|to| {
                    let n = count(from, to);
                    let class = match step(from, to) {
                        _ if n == 0 => "num none",
                        1.. => "num up",
                        0 => "num stay",
                        _ => "num down",
                    };
                    // At least a trace of colour for the few.
                    let heat = if n == 0 { 0 } else { (n * 70 / total.max(1)).max(6) };
                    view! { <td class=class style:--heat=format!("{heat}%")>{if n == 0 { "·".to_owned() } else { format_count(n) }}</td> }
                })
                .collect_view();
            view! {
                <tr>
                    <th scope="row">{head(now, from)}</th>
                    {cells}
                    <td class="num total">{format_count(total)}</td>
                </tr>
            }
        })
        .collect_view();
    let heads = columns.iter().map(|to| view! { <th class="num" scope="col">{head(then, to)}</th> }).collect_view();
    let sums = columns
        .iter()
        .map(|to| {
            let sum: i64 = moves.iter().filter(|one| one.to == *to).map(|one| one.customers).sum();
            view! { <td class="num">{format_count(sum)}</td> }
        })
        .collect_view();
    view! {
        <h3>{t(text::matrix)}</h3>
        <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::matrix)>
            <table class="table-plain tiers-matrix">
                <thead><tr><th scope="col" class="faint">{t(text::now_then)}</th>{heads}<th class="num" scope="col">{t(text::total)}</th></tr></thead>
                <tbody>{body}</tbody>
                <tfoot><tr><th scope="row">{t(text::total)}</th>{sums}<td class="num total">{format_count(simulation.customers)}</td></tr></tfoot>
            </table>
        </div>
    }
    .into_any()
}

fn branches(branches: &[BranchMoves]) -> AnyView {
    let rows = branches
        .iter()
        .map(|branch| {
            view! {
                <tr>
                    <th scope="row">{branch.name.clone()}</th>
                    <td class="num">{format_count(branch.customers)}</td>
                    <td class="num">{format_count(branch.up)}</td>
                    <td class="num">{format_count(branch.down)}</td>
                    <td class="num">{format_count(branch.contacts_now)}</td>
                    <td class="num">{format_count(branch.contacts_then)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <h3>{t(text::by_branch)}</h3>
        <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::by_branch)>
            <table class="table-plain">
                <thead>
                    <tr>
                        <th scope="col">{t(text::branch)}</th>
                        <th class="num" scope="col">{t(text::customers)}</th>
                        <th class="num" scope="col">{t(text::up)}</th>
                        <th class="num" scope="col">{t(text::down)}</th>
                        <th class="num" scope="col">{t(text::contacts_now)}</th>
                        <th class="num" scope="col">{t(text::contacts_then)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn movers(here: Here, movers: Vec<Mover>, now: Definition, then: Definition) -> AnyView {
    let lang = use_lang();
    if movers.is_empty() {
        return view! { <p class="faint">{t(text::nobody_moves)}</p> }.into_any();
    }
    let env = env(&then);
    let row = move |mover: Mover| {
        let (from, to, share) = (head(&now, &mover.from), head(&then, &mover.to), mover.share);
        let said = move || here.choices.with_value(|choices| reasons(&mover, choices, lang.get(), env));
        view! {
            <tr>
                <td>{from}</td>
                <td>{to}</td>
                <td>{said}</td>
                <td class="num">{format!("{share}%")}</td>
            </tr>
        }
    };
    view! {
        <h3>{t(text::movers)}</h3>
        <p class="faint">{t(text::movers_hint)}</p>
        <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::movers)>
            <table class="table-plain">
                <thead>
                    <tr>
                        <th scope="col">{t(text::before)}</th>
                        <th scope="col">{t(text::after)}</th>
                        <th scope="col">{t(text::because)}</th>
                        <th class="num" scope="col">{t(text::share)}</th>
                    </tr>
                </thead>
                <tbody>{movers.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn reasons(mover: &Mover, choices: &RuleChoices, lang: Lang, env: guanhu_domain::rules::Env) -> String {
    let joint = if lang == Lang::Zh { "；" } else { "; " };
    let say = |of: &[Condition]| of.iter().map(|one| in_words(one, lang, choices, env)).collect::<Vec<_>>().join(joint);
    match (mover.because.is_empty(), mover.against.is_empty()) {
        (false, true) => say(&mover.because),
        (_, false) => format!("{} {}", text::against(lang), say(&mover.against)),
        (true, true) => String::new(),
    }
}
