//! Every component in every state, for those who build pages: those of the design system, then what knows customers.

use guanhu_domain::opportunities::Stage;
use guanhu_ui::{Amount, Badge, Gallery, Glyph, Icon, Section, TierMark, Tone, t, use_lang};
use leptos::prelude::*;

use crate::{scripts::LazyPage, text, title::Title};

/// `/gallery`.
pub struct GalleryRoute;

impl LazyPage for GalleryRoute {
    fn data() -> Self {
        GalleryRoute
    }

    fn view(_this: Self) -> AnyView {
        view! {
            <Title text=t(text::gallery) />
            <Gallery>{board()} {graph()}</Gallery>
        }
        .into_any()
    }
}

/// Columns of cards: one that a card is held over, one that is overdue, one that is empty.
fn board() -> AnyView {
    let lang = use_lang();
    let card = move |title: fn(guanhu_domain::Lang) -> &'static str, name: &'static str, worth: i64, overdue: bool| {
        view! {
            <li class="pipe-card" draggable="true">
                <div class="pipe-what">
                    <button class="pipe-open" type="button">{t(title)}</button>
                    <a href="#gallery-board" draggable="false">{name}</a>
                    <span class="pipe-line">
                        <strong class="num"><Amount minor=worth /></strong>
                        {overdue.then(|| view! { <Badge tone=Tone::Alarm>{t(said::overdue)}</Badge> })}
                    </span>
                    <span class="faint">"→ " {t(said::next)}</span>
                </div>
            </li>
        }
        .into_any()
    };
    let column = move |stage: Stage, over: bool, cards: Vec<AnyView>| {
        let none = cards.is_empty().then(|| view! { <p class="faint">{t(said::nothing)}</p> });
        let count = cards.len();
        view! {
            <section class="pipe-col" class:over=over aria-label=move || stage.name(lang.get())>
                <header class="pipe-head">
                    <h2>{move || stage.name(lang.get())}</h2>
                    <p class="num">{count}</p>
                </header>
                <ul class="pipe-cards">{cards}</ul>
                {none}
            </section>
        }
        .into_any()
    };
    view! {
        <Section title=t(said::board)>
            <div id="gallery-board" class="pipe" role="region" tabindex="0" aria-label=t(said::board)>
                {column(
                    Stage::Identified,
                    false,
                    vec![card(said::renewal, "王秀英", 300_000_00, true), card(said::wealth, "上官婉清", 1_250_000_00, false)],
                )}
                {column(Stage::Qualified, true, vec![card(said::loan, "江州云帆供应链管理有限公司", 30_000_000_00, false)])}
                {column(Stage::Proposed, false, Vec::new())}
            </div>
        </Section>
    }
    .into_any()
}

/// Parties and how they belong together: the customer, one that leads to its page, and one out of the reader's scope.
fn graph() -> AnyView {
    let place = |x: u32, y: u32| format!("left:{x}px;top:{y}px;width:170px;height:44px");
    let party = |glyph: Glyph, name: &'static str, note: AnyView| {
        view! {
            <Icon glyph />
            <span class="graph-name">{name}</span>
            <span class="graph-note">{note}</span>
        }
    };
    let aum = |minor: i64| view! { <TierMark rank=3 label=t(said::platinum) /> <Amount minor /> }.into_any();
    view! {
        <Section title=t(said::graph)>
            <div class="table-wrap graph" tabindex="0" role="group" aria-label=t(said::graph)>
                <div class="graph-paper" style="width:470px;height:168px">
                    <svg viewBox="0 0 470 168" width="470" height="168" aria-hidden="true">
                        <g class="graph-edge on">
                            <path d="M176 84C216 84 176 28 216 28L294 28"></path>
                            <text x="288" y="24" text-anchor="end">{t(said::spouse)}</text>
                        </g>
                        <g class="graph-edge">
                            <path d="M176 84C216 84 176 84 216 84L294 84"></path>
                            <text x="288" y="80" text-anchor="end">{t(said::shareholder)}</text>
                        </g>
                        <g class="graph-edge aside">
                            <path d="M176 84C216 84 176 140 216 140L294 140"></path>
                        </g>
                    </svg>
                    <ul>
                        <li style=place(6, 62)>
                            <div class="graph-node me" tabindex="0" role="note">{party(Glyph::Customer, "王小明", aum(486_231_507))}</div>
                        </li>
                        <li style=place(294, 6)>
                            <a class="graph-node" href="#gallery-board">{party(Glyph::Customer, "陈思远", aum(92_000_000))}</a>
                        </li>
                        <li style=place(294, 62)>
                            <a class="graph-node" href="#gallery-board">
                                {party(Glyph::Company, "江州云帆供应链管理有限公司", aum(3_000_000_000))}
                            </a>
                        </li>
                        <li style=place(294, 118)>
                            <div class="graph-node hidden-party" tabindex="0" role="note">
                                {party(Glyph::Customer, "王*", view! { <span>{t(said::hidden)}</span> }.into_any())}
                            </div>
                        </li>
                    </ul>
                </div>
            </div>
        </Section>
    }
    .into_any()
}

mod said {
    guanhu_domain::texts! {
        board: "看板：卡片与列" | "Board: cards and columns";
        nothing: "没有卡片" | "No cards";
        overdue: "逾期 2026-10-28" | "Overdue 28 Oct 2026";
        next: "约周四到网点面谈" | "Meet at the branch on Thursday";
        renewal: "定期存款到期续作" | "Renewal of the term deposit";
        wealth: "理财资金续接" | "Reinvesting a matured product";
        loan: "流动资金贷款" | "Working-capital loan";
        graph: "关系图" | "Graph of relations";
        spouse: "配偶" | "spouse";
        shareholder: "持股 35%" | "holds 35%";
        platinum: "白金" | "Platinum";
        hidden: "不在您的权限内" | "Outside your rights";
    }
}
