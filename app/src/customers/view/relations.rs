//! Who belongs to whom: drawn to two steps, and the same as a list.

use guanhu_domain::{
    Lang, Money,
    customers::{Kind, Relation, RelationEnd},
};
use guanhu_ui::{Button, ButtonGroup, ButtonKind, EmptyState, Glyph, Icon, Section, TierMark, t};
use leptos::prelude::*;

use super::{
    graph::{self, Edge, Graph, Label, NODE_HEIGHT, NODE_WIDTH},
    here::{Here, use_here},
    names, text,
};

/// More parties than fit on a screen.
const CROWD: usize = 16;

#[component]
pub fn Relations() -> impl IntoView {
    let here = use_here();
    let relations = here.part(|c| c.relations.clone());
    // A crowd opens with its nearest only.
    let crowd = relations.with_untracked(|all| graph::layout(all, 2).nodes.len() > CROWD);
    let steps = RwSignal::new(if crowd { 1 } else { 2 });
    let listed = RwSignal::new(false);
    let any = Memo::new(move |_| relations.with(|all| !all.is_empty()));
    let far = Memo::new(move |_| relations.with(|all| all.iter().any(|relation| relation.step > 1)));
    let drawing = Memo::new(move |_| relations.with(|all| graph::layout(all, steps.get())));
    let tools = move || {
        any.get().then(|| {
            view! {
                {far.get().then(|| view! {
                    <ButtonGroup label=t(text::steps)>
                        <Button kind=ButtonKind::Quiet pressed=Signal::derive(move || steps.get() == 1) on_click=move |_| steps.set(1)>
                            {t(text::one_step)}
                        </Button>
                        <Button kind=ButtonKind::Quiet pressed=Signal::derive(move || steps.get() == 2) on_click=move |_| steps.set(2)>
                            {t(text::two_steps)}
                        </Button>
                    </ButtonGroup>
                })}
                <ButtonGroup label=t(text::shown_as)>
                    <Button kind=ButtonKind::Quiet pressed=Signal::derive(move || !listed.get()) on_click=move |_| listed.set(false)>
                        {t(text::as_graph)}
                    </Button>
                    <Button kind=ButtonKind::Quiet pressed=Signal::derive(move || listed.get()) on_click=move |_| listed.set(true)>
                        {t(text::as_list)}
                    </Button>
                </ButtonGroup>
            }
        })
    };
    let body = move || {
        let lang = here.lang.get();
        if !any.get() {
            return view! { <EmptyState title=text::no_relations(lang) text=text::no_relations_hint(lang) /> }.into_any();
        }
        if listed.get() {
            return relations.with(|all| list(here, all, steps.get(), lang));
        }
        let left_out = drawing.with(|graph| graph.left_out);
        view! {
            {drawing.with(|graph| drawn(here, graph, lang))}
            {(left_out > 0).then(|| view! {
                <button type="button" class="c360-more no-print" on:click=move |_| listed.set(true)>{text::left_out(lang, left_out)}</button>
            })}
        }
        .into_any()
    };
    view! {
        <div id="relations" class="c360-anchor">
            <Section title=t(text::relations) tools=tools>{body}</Section>
        </div>
    }
    .into_any()
}

fn drawn(here: Here, graph: &Graph, lang: Lang) -> AnyView {
    let active = RwSignal::new(None::<usize>);
    let links: Vec<(usize, usize)> = graph.edges.iter().map(|edge| (edge.from, edge.to)).collect();
    let lines = graph
        .edges
        .iter()
        .map(|edge| {
            let (path, x, y) = graph::draw(graph, edge);
            let (from, to) = (edge.from, edge.to);
            let on = move || active.with(|active| active.is_some_and(|at| at == from || at == to));
            let words = short_words(edge, lang);
            view! {
                <g class="graph-edge" class:on=on class:aside=edge.aside>
                    <path d=path></path>
                    <text x=format!("{x:.1}") y=format!("{:.1}", y - 4.0) text-anchor="end">{words}</text>
                </g>
            }
        })
        .collect_view();
    let nodes = graph
        .nodes
        .iter()
        .enumerate()
        .map(|(at, node)| {
            let near = {
                let links = links.clone();
                move || match active.get() {
                    Some(other) => other == at || links.iter().any(|link| *link == (at, other) || *link == (other, at)),
                    None => true,
                }
            };
            let belongs = graph
                .edges
                .iter()
                .filter(|edge| edge.to == at)
                .map(|edge| text::is_of(lang, &graph.nodes[edge.from].end.name, &edge_words(edge, lang)))
                .collect::<Vec<_>>()
                .join("; ");
            let style = format!("left:{:.1}px;top:{:.1}px;width:{NODE_WIDTH}px;height:{NODE_HEIGHT}px", node.x, node.y);
            let inside = view! {
                {party(here, &node.end, lang)}
                {(!belongs.is_empty()).then(|| view! { <span class="sr-only">{belongs.clone()}</span> })}
            };
            let sources = graph.edges.iter().filter(|edge| edge.to == at).flat_map(|edge| &edge.labels);
            let title = std::iter::once(node.end.name.clone()).chain(sources.map(|label| label_lineage(label, lang)));
            let title = title.collect::<Vec<_>>().join("\n");
            let me = node.step == 0;
            let card = match node.end.customer_no {
                Some(no) if !me => view! {
                    <a
                        class="graph-node"
                        href=format!("/customers/{no}")
                        title=title
                        on:focus=move |_| active.set(Some(at))
                        on:blur=move |_| active.set(None)
                    >
                        {inside}
                    </a>
                }
                .into_any(),
                _ => view! {
                    <div
                        class="graph-node"
                        class:me=me
                        class:hidden-party=node.end.customer_no.is_none()
                        tabindex="0"
                        role="note"
                        title=title
                        on:focus=move |_| active.set(Some(at))
                        on:blur=move |_| active.set(None)
                    >
                        {inside}
                    </div>
                }
                .into_any(),
            };
            view! {
                <li
                    style=style
                    class:far=move || !near()
                    on:mouseenter=move |_| active.set(Some(at))
                    on:mouseleave=move |_| active.set(None)
                >
                    {card}
                </li>
            }
        })
        .collect_view();
    let (width, height) = (graph.width, graph.height);
    view! {
        <div class="c360-scroll graph" tabindex="0" role="group" aria-label=text::relations(lang)>
            <div class="graph-paper" style=format!("width:{width}px;height:{height}px")>
                <svg viewBox=format!("0 0 {width} {height}") width=width.to_string() height=height.to_string() aria-hidden="true">{lines}</svg>
                <ul>{nodes}</ul>
            </div>
        </div>
    }
    .into_any()
}

fn party(here: Here, end: &RelationEnd, lang: Lang) -> AnyView {
    let base = here.customer.with_untracked(|c| c.base_currency);
    let glyph = if end.kind == Kind::Corporate { Glyph::Company } else { Glyph::Customer };
    let note = match (end.customer_no, end.aum) {
        (None, _) => view! { <span>{text::out_of_scope(lang)}</span> }.into_any(),
        (_, Some(aum)) => view! {
            {end.tier.as_ref().map(|tier| view! { <TierMark rank=tier.mark label=tier.name(lang).to_owned() /> })}
            <span>{Money::new(aum, base).short(lang)}</span>
        }
        .into_any(),
        _ => view! { <span>{end.kind.name(lang)}</span> }.into_any(),
    };
    view! {
        <Icon glyph />
        <span class="graph-name">{end.name.clone()}</span>
        <span class="graph-note">{note}</span>
    }
    .into_any()
}

fn edge_words(edge: &Edge, lang: Lang) -> String {
    edge.labels.iter().map(|label| label_words(label, lang)).collect::<Vec<_>>().join(" · ")
}

/// What fits beside a node; the rest is said when the node is pointed at.
fn short_words(edge: &Edge, lang: Lang) -> String {
    let words: Vec<String> = edge.labels.iter().take(2).map(|label| label_words(label, lang)).collect();
    let more = if edge.labels.len() > 2 { "…" } else { "" };
    format!("{}{more}", words.join(" · "))
}

/// What somebody is, and which system says so.
fn label_lineage(label: &Label, lang: Lang) -> String {
    format!("{} · {}", label_words(label, lang), names::lineage(&label.source, label.business_date, lang))
}

fn label_words(label: &Label, lang: Lang) -> String {
    let kind = names::relation(label.kind, label.inverse, lang);
    match label.percentage {
        Some(share) => format!("{kind} {}%", share.round_dp(2).normalize()),
        None => kind.to_owned(),
    }
}

fn list(here: Here, relations: &[Relation], steps: i32, lang: Lang) -> AnyView {
    let base = here.customer.with_untracked(|c| c.base_currency);
    let name = |end: &RelationEnd| match end.customer_no {
        Some(no) => view! { <a href=format!("/customers/{no}")>{end.name.clone()}</a> }.into_any(),
        None => view! { <span>{end.name.clone()}</span> }.into_any(),
    };
    let rows = relations
        .iter()
        .filter(|relation| relation.step <= steps)
        .map(|relation| {
            view! {
                <tr title=names::lineage(&relation.source, relation.business_date, lang)>
                    <th scope="row">{name(&relation.to)}</th>
                    <td>{names::relation(relation.kind, relation.inverse, lang)}</td>
                    <td>{(relation.step > 1).then(|| name(&relation.from))}</td>
                    <td class="num">{relation.percentage.map(|share| format!("{}%", share.round_dp(2).normalize()))}</td>
                    <td class="num">{relation.to.aum.map(|aum| Money::new(aum, base).exact())}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="c360-scroll" tabindex="0" role="group" aria-label=text::relations(lang)>
            <table class="c360-table">
                <caption class="sr-only">{text::relations(lang)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{text::party(lang)}</th>
                        <th scope="col">{text::relation(lang)}</th>
                        <th scope="col">{text::through(lang)}</th>
                        <th scope="col" class="num">{text::share(lang)}</th>
                        <th scope="col" class="num">{text::aum_in(lang, base.code())}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
