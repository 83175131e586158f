//! What a version would change: from tier to tier, by branch, and some of those who move.

use guanhu_domain::{
    Lang,
    rules::{Condition, RuleChoices, in_words},
    tiers::{BranchMoves, Definition, ManagerMoves, Mover, Service, Simulation, TierRule},
};
use guanhu_ui::{Badge, Band, Figure, Figures, FlowChart, FlowSpec, Section, TierMark, Tone, Way, format_count, format_date, t, use_lang};
use leptos::prelude::*;

use super::{Here, env, say, text};

pub fn simulation(here: Here, simulation: Simulation, now: Definition, then: Definition) -> AnyView {
    let lang = use_lang();
    let (date, customers) = (simulation.business_date, format_count(simulation.customers));
    let seconds = format!("{:.1}", simulation.milliseconds as f64 / 1_000.0);
    let note = move || text::simulation_note(lang.get(), &format_date(date, lang.get()), &seconds, &customers);
    let (ups, downs) = (simulation.up, simulation.down);
    let stay = simulation.customers - ups - downs;
    let contacts = (format_count(simulation.contacts_now), format_count(simulation.contacts_then));
    let service = simulation.service;
    let used = service.asked(simulation.contacts_now).zip(service.asked(simulation.contacts_then)).map(|(now, then)| {
        view! { <Figure label=t(text::contacts_used)>{move || text::contacts_change(lang.get(), &format!("{now}%"), &format!("{then}%"))}</Figure> }
    });
    let measure = used.is_some().then(|| {
        let (each, others) = (format_count(simulation.contacts_each), format_count(service.contacts_others));
        let all = format_count(service.contacts_capacity);
        view! { <p class="faint">{move || text::contacts_note(lang.get(), &each, &all, &others)}</p> }
    });
    let parts = (
        matrix(&simulation, &now, &then),
        flow(&simulation, &now, &then),
        benefits(&simulation, &now, &then),
        branches(&simulation.branches),
        managers(&simulation.managers),
        movers(here, simulation.movers, now, then),
    );
    view! {
        <Section title=t(text::simulation) help="tiers#versions" note=note>
            <Figures>
                <Figure label=t(text::up)>{format_count(ups)}</Figure>
                <Figure label=t(text::down)>{format_count(downs)}</Figure>
                <Figure label=t(text::stay)>{format_count(stay)}</Figure>
                <Figure label=t(text::contacts)>{move || text::contacts_change(lang.get(), &contacts.0, &contacts.1)}</Figure>
                {used}
            </Figures>
            {measure}
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
            let rank = tier.mark;
            view! { <TierMark rank label=move || tier.name(lang.get()).to_owned() /> }.into_any()
        }
        None if code.is_empty() => view! { <span class="faint">{t(text::no_tier)}</span> }.into_any(),
        None => view! { <code>{code.to_owned()}</code> }.into_any(),
    }
}

/// Codes of tiers in their order, the highest first, and whatever else stands in the moves.
fn order(definition: &Definition, simulation: &Simulation, of: fn(&guanhu_domain::tiers::Move) -> &str) -> Vec<String> {
    let mut codes: Vec<String> = definition.tiers.iter().rev().map(|tier| tier.code.clone()).collect();
    for code in simulation.moves.iter().map(of) {
        if !codes.iter().any(|known| known == code) {
            codes.push(code.to_owned());
        }
    }
    codes
}

/// The matrix as a picture.
fn flow(simulation: &Simulation, now: &Definition, then: &Definition) -> AnyView {
    let lang = use_lang();
    let (from, to) = (order(now, simulation, |one| &one.from), order(then, simulation, |one| &one.to));
    let (moves, now, then) = (simulation.moves.clone(), now.clone(), then.clone());
    let spec = Signal::derive(move || {
        let lang = lang.get();
        let name = |definition: &Definition, code: &str| match definition.tiers.iter().find(|tier| tier.code == code) {
            Some(tier) => tier.name(lang).to_owned(),
            None if code.is_empty() => text::no_tier(lang).to_owned(),
            None => code.to_owned(),
        };
        let band = |one: &guanhu_domain::tiers::Move| Band {
            from: from.iter().position(|code| *code == one.from).unwrap_or(0),
            to: to.iter().position(|code| *code == one.to).unwrap_or(0),
            count: one.customers,
            way: match one.step {
                1.. => Way::Up,
                0 => Way::Stay,
                _ => Way::Down,
            },
            label: text::flow_said(lang, &name(&now, &one.from), &name(&then, &one.to), &format_count(one.customers)),
        };
        FlowSpec {
            from: from.iter().map(|code| name(&now, code)).collect(),
            to: to.iter().map(|code| name(&then, code)).collect(),
            bands: moves.iter().map(band).collect(),
        }
    });
    view! {
        <FlowChart title=t(text::flow) said=t(text::flow_note) spec />
        <p class="faint">{t(text::flow_note)}</p>
    }
    .into_any()
}

/// How many are served by which standard and have which benefits, now and then.
fn benefits(simulation: &Simulation, now: &Definition, then: &Definition) -> AnyView {
    let find = |definition: &Definition, code: &str| definition.tiers.iter().find(|tier| tier.code == code).cloned();
    let mut codes = order(then, simulation, |one| &one.to);
    codes.extend(order(now, simulation, |one| &one.from).into_iter().filter(|code| !codes.contains(code)).collect::<Vec<_>>());
    let rows = codes
        .into_iter()
        .map(|code| {
            let before: i64 = simulation.moves.iter().filter(|one| one.from == code).map(|one| one.customers).sum();
            let after: i64 = simulation.moves.iter().filter(|one| one.to == code).map(|one| one.customers).sum();
            let (was, is) = (find(now, &code), find(then, &code));
            let mark = if is.is_some() { head(then, &code) } else { head(now, &code) };
            let standard = |tier: Option<TierRule>| {
                let service = tier.as_ref().map(say::service);
                let benefits = tier.map(|tier| tier.benefits).unwrap_or_default();
                view! { <span>{benefits}</span><div class="faint">{service}</div> }
            };
            let change = match after - before {
                more @ 1.. => format!("+{}", format_count(more)),
                0 => "0".to_owned(),
                less => format!("−{}", format_count(-less)),
            };
            view! {
                <tr>
                    <th scope="row">{mark}</th>
                    <td class="tiers-benefits">{standard(was)}</td>
                    <td class="tiers-benefits">{standard(is)}</td>
                    <td class="num">{format_count(before)}</td>
                    <td class="num">{format_count(after)}</td>
                    <td class="num">{change}</td>
                </tr>
            }
        })
        .collect_view();
    part(
        text::by_benefits,
        None,
        &[
            words(text::tier),
            words(text::benefits),
            words(text::benefits_then),
            num(text::customers_now),
            num(text::customers_then),
            num(text::difference),
        ],
        rows,
    )
}

/// A head of a column, and whether figures stand below it.
type Head = (fn(Lang) -> &'static str, bool);

const fn words(head: fn(Lang) -> &'static str) -> Head {
    (head, false)
}

const fn num(head: fn(Lang) -> &'static str) -> Head {
    (head, true)
}

/// A table under its own heading.
fn part(title: fn(Lang) -> &'static str, note: Option<fn(Lang) -> &'static str>, heads: &[Head], rows: impl IntoView + 'static) -> AnyView {
    let heads = heads.iter().map(|(head, figures)| view! { <th class:num=*figures scope="col">{t(*head)}</th> }).collect_view();
    view! {
        <h3>{t(title)}</h3>
        {note.map(|note| view! { <p class="faint">{t(note)}</p> })}
        <div class="table-wrap" tabindex="0" role="region" aria-label=t(title)>
            <table class="table-plain">
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{rows.into_any()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Contacts a month now and then, and what they are held against.
fn contacts(now: i64, then: i64, service: Service) -> AnyView {
    let over = service.overruns(now, then);
    // Tried out before it was asked what can be done.
    let known = service != Service::default();
    let of = |count: i64| if known { format_count(count) } else { "–".to_owned() };
    view! {
        <td class="num">{format_count(now)}</td>
        <td class="num">{format_count(then)}{over.then(|| view! { " "<Badge tone=Tone::Warn>{t(text::contacts_over)}</Badge> })}</td>
        <td class="num">{of(service.contacts_others)}</td>
        <td class="num">{of(service.contacts_capacity)}</td>
    }
    .into_any()
}

fn managers(managers: &[ManagerMoves]) -> Option<AnyView> {
    if managers.is_empty() {
        return None;
    }
    let row = |one: &ManagerMoves| {
        let over = one.load_then > i64::from(one.capacity) && one.load_now <= i64::from(one.capacity);
        view! {
            <tr>
                <th scope="row">{one.name.clone()}<p class="faint">{one.unit.clone()}</p></th>
                <td class="num">{format_count(one.customers)}</td>
                <td class="num">{format_count(one.up)}</td>
                <td class="num">{format_count(one.down)}</td>
                {contacts(one.contacts_now, one.contacts_then, one.service)}
                <td class="num">{format_count(one.load_now)}</td>
                <td class="num">{format_count(one.load_then)}{over.then(|| view! { " "<Badge tone=Tone::Warn>{t(text::over)}</Badge> })}</td>
                <td class="num">{format_count(one.capacity.into())}</td>
            </tr>
        }
    };
    let rows = managers.iter().map(row).collect_view();
    Some(part(
        text::by_manager,
        Some(text::by_manager_note),
        &[
            words(text::manager),
            num(text::customers),
            num(text::up),
            num(text::down),
            num(text::contacts_now),
            num(text::contacts_then),
            num(text::contacts_others),
            num(text::contacts_capacity),
            num(text::load_now),
            num(text::load_then),
            num(text::capacity),
        ],
        rows,
    ))
}

fn matrix(simulation: &Simulation, now: &Definition, then: &Definition) -> AnyView {
    let moves = &simulation.moves;
    let rows = order(now, simulation, |one| &one.from);
    let columns = order(then, simulation, |one| &one.to);
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
                    {contacts(branch.contacts_now, branch.contacts_then, branch.service)}
                </tr>
            }
        })
        .collect_view();
    part(
        text::by_branch,
        None,
        &[
            words(text::branch),
            num(text::customers),
            num(text::up),
            num(text::down),
            num(text::contacts_now),
            num(text::contacts_then),
            num(text::contacts_others),
            num(text::contacts_capacity),
        ],
        rows,
    )
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
    part(
        text::movers,
        Some(text::movers_hint),
        &[words(text::before), words(text::after), words(text::because), num(text::share)],
        movers.into_iter().map(row).collect_view(),
    )
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
