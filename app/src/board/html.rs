//! Cards and heads as markup in text: ten thousand of them scroll by without a component each.

use std::fmt::Write;

use guanhu_domain::{
    Lang,
    assignments::{Portfolio, board::Card},
    customers::Kind,
};
use guanhu_ui::{format_count, initials, tier_mark};
use leptos::prelude::*;

use super::{
    dom,
    here::Here,
    rows::{Group, Line},
    text,
};
use crate::customers::list::when::{ago, local};

/// The lines in sight: cards as options of the column's list box, or as leaves of a tree below the headings of their tiers.
pub fn lines(here: Here, at: usize, lines: &[Line], moving: bool) -> String {
    let column = here.at(at);
    let lang = here.lang.get();
    let active = column.active.get();
    let table = here.table.get();
    let rows = here.rows(at).get();
    let role = if here.grouped { r#"treeitem" aria-level="2"# } else { "option" };
    let mut html = String::with_capacity(lines.len() * 420);
    column.cards.with(|cards| {
        here.picked.with(|picked| {
            here.fresh.with(|fresh| {
                for line in lines {
                    let index = match *line {
                        Line::Card(index) => index,
                        Line::Heading(rank) => {
                            if let Some(group) = rows.group(rank) {
                                heading(&mut html, here, at, group, *line == active, lang);
                            }
                            continue;
                        }
                    };
                    let Some(card) = cards.get(index) else { continue };
                    let chosen = picked.has(at, card.customer_no);
                    let mut class = String::from("bcard");
                    for (on, name) in [
                        (*line == active, " active"),
                        (chosen && moving, " moving"),
                        (card.waits, " waits"),
                        (fresh.contains(&card.customer_no), " fresh"),
                    ] {
                        if on {
                            class.push_str(name);
                        }
                    }
                    let (place, of) = match rows.within(index) {
                        Some((group, place)) => (place, group.customers),
                        None if column.next.with_untracked(Option::is_some) => (index, -1),
                        None => (index, cards.len() as i64),
                    };
                    let _ = write!(
                        html,
                        r#"<div role="{role}" id="{}" class="{class}" data-i="{index}" aria-selected="{chosen}" aria-posinset="{}" aria-setsize="{of}">"#,
                        dom::line_id(at, *line),
                        place + 1,
                    );
                    if table {
                        row_inside(&mut html, here, card, lang);
                    } else {
                        card_inside(&mut html, here, card, lang);
                    }
                    html.push_str("</div>");
                }
            });
        });
    });
    html
}

/// What stands above a tier's cards: its mark, its names in both schemes, how many there are.
fn heading(html: &mut String, here: Here, at: usize, group: Group, active: bool, lang: Lang) {
    let counts = here.at(at).tiers();
    let (mark, names) = here.tiers.with_value(|tiers| {
        let same = || tiers.iter().filter(|tier| tier.rank == group.rank);
        let mut there: Vec<_> = same().filter(|tier| counts.iter().any(|count| count.code == tier.code && count.customers > 0)).collect();
        if there.is_empty() {
            there = same().collect();
        }
        let mut names: Vec<&str> = there.iter().map(|tier| tier.name(lang)).collect();
        names.dedup();
        if names.is_empty() {
            names.push(text::no_tier(lang));
        }
        (there.first().map_or(0, |tier| tier.mark), names.join(text::and(lang)))
    });
    let _ = write!(
        html,
        r#"<div role="treeitem" aria-level="1" id="{}" class="bgroup{}" data-g="{}" aria-expanded="{}"><span class="bgroup-fold" aria-hidden="true">{}</span><span class="tier" data-rank="{mark}"><svg viewBox="0 0 13 13" aria-hidden="true">{}</svg><span>{}</span></span><span class="bgroup-count">{}</span></div>"#,
        dom::line_id(at, Line::Heading(group.rank)),
        if active { " active" } else { "" },
        group.rank,
        !group.folded,
        if group.folded { "▸" } else { "▾" },
        tier_mark(mark),
        escape(&names),
        format_count(group.customers),
    );
}

/// The tier's mark and name.
fn tier_of(here: Here, card: &Card, lang: Lang) -> (i16, String) {
    here.tiers.with_value(|tiers| {
        let tier = card.tier.as_ref().and_then(|code| tiers.iter().find(|tier| tier.code == *code));
        (tier.map_or(0, |tier| tier.mark), tier.map_or_else(|| text::no_tier(lang).to_owned(), |tier| tier.name(lang).to_owned()))
    })
}

fn contact_of(here: Here, card: &Card, lang: Lang) -> String {
    match card.last_contact_at {
        Some(at) => ago(local(at).date(), here.figures.today, lang),
        None => text::never(lang).to_owned(),
    }
}

/// The names above the rows of a table.
pub fn heads(lang: Lang) -> String {
    [
        ("", ""),
        ("bcard-name", text::name(lang)),
        ("bcard-tier", text::tier(lang)),
        ("bcard-aum", text::aum(lang)),
        ("bcard-contact", text::last_contact(lang)),
        ("bcard-gain", text::contribution(lang)),
        ("bcard-notes", ""),
    ]
    .iter()
    .map(|(class, words)| format!(r#"<span class="{class}">{words}</span>"#))
    .collect()
}

/// A customer as a row of a table.
fn row_inside(html: &mut String, here: Here, card: &Card, lang: Lang) {
    let (mark, tier) = tier_of(here, card, lang);
    let _ = write!(
        html,
        r#"<span class="tier" data-rank="{mark}"><svg viewBox="0 0 13 13" aria-hidden="true">{}</svg></span><span class="bcard-name">{}</span><span class="bcard-tier">{}</span><span class="bcard-aum">{}</span><span class="bcard-contact">{}</span><span class="bcard-gain">{}</span>"#,
        tier_mark(mark),
        escape(&card.name),
        escape(&tier),
        here.figures.short(card.aum, lang),
        contact_of(here, card, lang),
        card.contribution.map_or_else(|| text::not_told(lang).to_owned(), |amount| here.figures.short(amount, lang)),
    );
    notes(html, card, lang);
}

fn card_inside(html: &mut String, here: Here, card: &Card, lang: Lang) {
    let (mark, tier) = tier_of(here, card, lang);
    let contact = contact_of(here, card, lang);
    let _ = write!(
        html,
        r#"<span class="tier" data-rank="{mark}" title="{tier}"><svg viewBox="0 0 13 13" aria-hidden="true">{}</svg><span class="sr-only">{tier}</span></span><span class="bcard-name">{}</span><span class="bcard-aum">{}</span><span class="bcard-sub">"#,
        tier_mark(mark),
        escape(&card.name),
        here.figures.short(card.aum, lang),
        tier = escape(&tier),
    );
    if card.kind == Kind::Corporate {
        let _ = write!(html, r#"<span>{}</span>"#, text::corporate(lang));
    }
    let _ = write!(html, r#"<span>{contact}</span>"#);
    if let Some(since) = card.pooled_since {
        let days = (here.figures.today - since).num_days().max(0);
        let _ = write!(html, r#"<span>{}</span>"#, text::pooled(lang, &days.to_string()));
    }
    html.push_str("</span>");
    notes(html, card, lang);
}

/// Alerts, and a transfer that waits.
fn notes(html: &mut String, card: &Card, lang: Lang) {
    html.push_str(r#"<span class="bcard-notes">"#);
    if card.alerts > 0 {
        let _ = write!(
            html,
            r#"<span class="bcard-alerts"><span aria-hidden="true">▲{}</span><span class="sr-only">{}</span></span>"#,
            card.alerts,
            text::alerts(lang, card.alerts)
        );
    }
    if card.waits {
        let _ = write!(html, r#"<span class="bcard-waits">{}</span>"#, text::waits(lang));
    }
    html.push_str("</span>");
}

/// What a drop where the pointer is would bring a column, or take from it.
pub fn shift(here: Here, at: usize) -> Option<(Portfolio, i64)> {
    here.drag.with(|drag| {
        let drag = drag.as_ref()?;
        let over = drag.over.filter(|over| *over != drag.from && here.verdict(drag, *over).is_ok())?;
        if over == at { Some((drag.weight, 1)) } else { (drag.from == at).then_some((drag.weight, -1)) }
    })
}

/// Who it is, what is in charge, how much of the capacity that takes: as it is, and as a drop would leave it.
pub fn head(here: Here, at: usize, shift: Option<(Portfolio, i64)>) -> String {
    let column = here.at(at);
    let lang = here.lang.get();
    let name = column.name(lang);
    let matching = column.matching.get();
    column.head.with(|head| {
        let mut html = String::with_capacity(1_400);
        let now = head.portfolio;
        let mut then = now;
        if let Some((weight, sign)) = shift {
            then.shift(weight, sign);
        }
        let who = match &head.manager {
            Some(manager) => format!(r#"<span class="avatar" aria-hidden="true">{}</span>"#, escape(&initials(&manager.name))),
            None => r#"<span class="avatar pool" aria-hidden="true">∅</span>"#.to_owned(),
        };
        let under = if head.closed {
            format!(r#"<span class="bcol-closed">{}</span>"#, text::closed(lang))
        } else {
            let unit = if head.manager.is_some() { &head.unit } else { text::pool_hint(lang) };
            format!(r#"<span class="bcol-unit">{}</span>"#, escape(unit))
        };
        let _ = write!(
            html,
            r#"<div class="bcol-who">{who}<div class="bcol-names"><h2 class="bcol-name">{}</h2>{under}</div></div>"#,
            escape(&name)
        );
        let shown = then.customers;
        let count = match matching {
            Some(matching) => text::matching(lang, &format_count(matching.customers), &format_count(shown)),
            None => format_count(shown),
        };
        let delta = |now: i64, then: i64| if now == then { "" } else { " changes" };
        let _ = write!(
            html,
            r#"<dl class="bcol-figures"><div><dt>{}</dt><dd class="{}">{count}</dd></div>"#,
            text::customers(lang),
            delta(now.customers, then.customers).trim(),
        );
        if head.open {
            let _ = write!(
                html,
                r#"<div><dt>{}</dt><dd class="{}">{}</dd></div>"#,
                text::aum(lang),
                delta(now.aum, then.aum).trim(),
                here.figures.short(then.aum, lang)
            );
            if let Some(contribution) = then.contribution {
                let _ =
                    write!(html, r#"<div><dt>{}</dt><dd>{}</dd></div>"#, text::contribution(lang), here.figures.short(contribution, lang));
            }
        }
        html.push_str("</dl>");
        mix(&mut html, here, head, lang);
        if head.capacity > 0 {
            capacity(&mut html, now.load, then.load, head.capacity, lang);
        }
        html
    })
}

/// How many of which tiers, the highest first.
fn mix(html: &mut String, here: Here, head: &guanhu_domain::assignments::board::BoardColumn, lang: Lang) {
    if head.tiers.is_empty() {
        return;
    }
    here.tiers.with_value(|tiers| {
        // Schemes for persons and companies share the marks.
        let mut marks: Vec<(i16, Vec<&str>, i64)> = Vec::new();
        for count in head.tiers.iter().filter(|count| count.customers > 0) {
            let Some(tier) = tiers.iter().find(|tier| tier.code == count.code) else { continue };
            let mark = tier.mark;
            match marks.iter_mut().find(|known| known.0 == mark) {
                Some((_, names, customers)) => {
                    names.push(tier.name(lang));
                    *customers += count.customers;
                }
                None => marks.push((mark, vec![tier.name(lang)], count.customers)),
            }
        }
        marks.sort_by_key(|(mark, ..)| std::cmp::Reverse(*mark));
        html.push_str(r#"<ul class="bcol-mix">"#);
        for (mark, names, customers) in marks {
            let _ = write!(
                html,
                r#"<li class="tier" data-rank="{mark}" title="{name} {n}"><svg viewBox="0 0 13 13" aria-hidden="true">{}</svg><span class="sr-only">{name} </span>{n}</li>"#,
                tier_mark(mark),
                name = escape(&names.join(text::and(lang))),
                n = format_count(customers),
            );
        }
        html.push_str("</ul>");
    });
}

fn capacity(html: &mut String, now: i64, then: i64, capacity: i64, lang: Lang) {
    let share = |load: i64| (load * 1_000 / capacity).clamp(0, 1_000) as f64 / 10.0;
    let level = match then * 100 / capacity {
        101.. => "over",
        91..=100 => "tight",
        _ => "fits",
    };
    let _ = write!(
        html,
        r#"<div class="bcol-load {level}{}" title="{}"><span class="bcol-load-words"><span>{}</span><span class="num">{}</span></span><span class="bcol-bar" aria-hidden="true"><i style="width:{}%"></i><b style="left:{}%;width:{}%"></b></span></div>"#,
        if now == then { "" } else { " hovered" },
        text::load_title(lang),
        text::load(lang),
        text::load_of(lang, &format_count(then), &format_count(capacity)),
        share(now.min(then)),
        share(now.min(then)),
        share(now.max(then)) - share(now.min(then)),
    );
}

/// What is under the pointer while it is dragged.
pub fn ghost(here: Here) -> String {
    let lang = here.lang.get();
    here.drag.with(|drag| {
        let Some(drag) = drag.as_ref().filter(|drag| !drag.by_keys) else { return String::new() };
        let Some(card) = drag.cards.first() else { return String::new() };
        let mut html = String::from(r#"<div class="bcard">"#);
        card_inside(&mut html, here, card, lang);
        html.push_str("</div>");
        if drag.count() > 1 {
            let _ = write!(html, r#"<span class="ghost-count">{}</span>"#, format_count(drag.count()));
        }
        html
    })
}

pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn a_name_is_never_markup() {
        assert_eq!(escape(r#"<img src=x onerror="a('b')">&"#), "&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;");
    }
}
