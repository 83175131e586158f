//! The handover sheet of a transfer at `/transfers/ID/sheet`: every customer with what is to be known, for both sides
//! to sign, here or on paper.

use guanhu_domain::{
    Code, Lang, Problem,
    access::Verb,
    assignments::{
        POOL, TRANSFER_MAX,
        handover::{HandoverSheet, NewSignature, SheetLine, SheetPart, SheetQuery, SheetSide, Signature},
        reason_words,
    },
    customers::ManagerRef,
};
use guanhu_ui::{Button, ButtonKind, Glyph, PageHead, TierMark, TimeText, format_count, format_date, t, use_lang, use_toasts};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use uuid::Uuid;

use super::{api, text};
use crate::{
    Asked, Fail,
    attempt::{Attempt, Once, Told},
    customers::{list::columns::Figures, view::local},
    desk::{Tool, use_desk},
    loaded::Failed,
    scripts::LazyPage,
    shell::{Protected, use_me},
    title::Title,
};

/// `/transfers/:id/sheet`.
pub struct SheetRoute {
    sheet: Asked<HandoverSheet>,
}

impl LazyPage for SheetRoute {
    fn data() -> Self {
        let params = use_params_map();
        let queried = use_query_map();
        let wanted = Memo::new(move |_| {
            let id = params.with(|params| params.get("id").and_then(|id| id.parse::<Uuid>().ok()));
            let query = queried.with(|query| SheetQuery {
                from: query.get("from"),
                to: query.get("to"),
                page: query.get("page").and_then(|page| page.parse().ok()),
            });
            (id, query)
        });
        let may = use_me().is_some_and(|me| me.may(Verb::TransferList));
        let sheet = Asked::of(wanted, move |(id, query)| async move {
            match (may, id) {
                (false, _) => Err(Fail::new(Code::Forbidden)),
                (true, None) => Err(Fail::new(Code::NotFound)),
                (true, Some(id)) => api::sheet(id, Some(query)).await,
            }
        });
        SheetRoute { sheet }
    }

    fn view(this: Self) -> AnyView {
        let lang = use_lang();
        let sheet = this.sheet;
        let body = move || {
            let figures = Figures::of(&use_me()?);
            sheet.get().map(|answer| match answer {
                Ok(found) => show(figures, found, Callback::new(move |()| sheet.refetch())),
                Err(fail) => view! { <Failed fail on_retry=move |()| sheet.refetch() /> }.into_any(),
            })
        };
        view! {
            <Title text=move || text::sheet_title(lang.get()) />
            <Protected>
                <div class="page handover-sheet">
                    <Transition>{body}</Transition>
                </div>
            </Protected>
        }
        .into_any()
    }
}

fn show(figures: Figures, sheet: HandoverSheet, again: Callback<()>) -> AnyView {
    let lang = use_lang();
    let desk = use_desk();
    let HandoverSheet { transfer, bank, parts, others } = sheet;
    let id = transfer.id;
    let no = id.simple().to_string();
    let (state, effective, reason) = (transfer.state, transfer.effective, transfer.reason);
    let said = move || text::sheet_state(lang.get(), state.name(lang.get()), &format_date(effective, lang.get()));
    view! {
        <PageHead title=move || text::sheet_of(lang.get(), &bank) note=move || text::sheet_no(lang.get(), &no)>
            <Button kind=ButtonKind::Quiet icon=Glyph::Transfer href="/transfers">{t(text::to_transfers)}</Button>
            <Button kind=ButtonKind::Primary icon=Glyph::Print on_click=move |_| if let Some(desk) = desk { desk.call(Tool::Print) }>{t(text::print)}</Button>
        </PageHead>
        <p>{move || reason_words(&reason, lang.get())}</p>
        <p class="faint">{said}</p>
        {parts.into_iter().map(|part| self::part(figures, id, part, again)).collect_view()}
        {(others > 0).then(|| view! { <p class="faint">{move || text::sheet_others(lang.get(), &format_count(i64::from(others)))}</p> })}
    }
    .into_any()
}

fn part(figures: Figures, id: Uuid, part: SheetPart, again: Callback<()>) -> AnyView {
    let lang = use_lang();
    let SheetPart { from, to, customers, aum, tasks, before, lines, signatures, may_sign } = part;
    let sides = Sides { id, from: code(&from), to: code(&to), attempt: Attempt::new(), once: Once::new(), again };
    let sides = StoredValue::new(sides);
    let pages = pages(id, (code(&from), code(&to)), customers, before, lines.len() as i64);
    let name = |manager: &Option<ManagerRef>, lang: Lang| match manager {
        Some(manager) => format!("{} {}", manager.name, manager.code),
        None => text::sheet_pool(lang).to_owned(),
    };
    let (giver, receiver) = (from.clone(), to.clone());
    let title = move || {
        let lang = lang.get();
        text::sheet_part(lang, &name(&from, lang), &name(&to, lang), &format_count(customers))
    };
    // Signed on the screen, or room to sign on paper, and a button for whoever may.
    let signature = move |side: SheetSide, who: Option<ManagerRef>| {
        let signed = signatures.iter().find(|signature| signature.side == side).cloned();
        let may = may_sign.contains(&side);
        let (by, at) = match signed {
            Some(Signature { by, at, stands_in, .. }) => (
                view! {
                    <b>{by} {stands_in.then(|| view! { " " <span class="faint">{t(text::stands_in)}</span> })}</b>
                }
                .into_any(),
                view! { <b><TimeText time=local(at) /></b> }.into_any(),
            ),
            None => (view! { <i></i> }.into_any(), view! { <i></i> }.into_any()),
        };
        view! {
            <p class="signature">
                <span>{move || side.name(lang.get())} {who.map(|manager| move || text::named(lang.get(), &manager.name))}</span>
                {by}
                <span>{t(text::sheet_day)}</span>
                {at}
            </p>
            {may.then(|| view! { <p class="no-print">{sign(sides, side)}</p> })}
        }
    };
    view! {
        <section class="section">
            <header class="section-head"><h2>{title}</h2></header>
            <div class="table-wrap">
                <table class="table-plain">
                    <thead>
                        <tr>
                            <th>{t(text::sheet_number)}</th>
                            <th>{t(text::sheet_name)}</th>
                            <th>{t(text::tier)}</th>
                            <th class="num">{t(text::aum)}</th>
                            <th class="num">{t(text::tasks)}</th>
                            <th>{t(text::about)}</th>
                        </tr>
                    </thead>
                    <tbody>{lines.into_iter().map(|line| self::line(figures, line)).collect_view()}</tbody>
                    <tfoot>
                        <tr>
                            <th scope="row" colspan="3">{t(text::sheet_sum)}</th>
                            <td class="num">{move || aum.map_or_else(|| "—".into(), |aum| figures.short(aum, lang.get()))}</td>
                            <td class="num">{tasks.map_or_else(|| "—".into(), format_count)}</td>
                            <td></td>
                        </tr>
                    </tfoot>
                </table>
            </div>
            {pages}
            <p>{t(text::sheet_words)}</p>
            {signature(SheetSide::From, giver)}
            {signature(SheetSide::To, receiver)}
            <p class="signature">
                <span>{t(text::sheet_witness)}</span>
                <i></i>
                <span>{t(text::sheet_day)}</span>
                <i></i>
            </p>
            {move || sides.with_value(|sides| view! { <Told attempt=sides.attempt explain=explain /> })}
        </section>
    }
    .into_any()
}

/// Which of a part's customers are shown, where they are not all: with ways to the part alone and to its other pages.
fn pages(id: Uuid, (from, to): (String, String), customers: i64, before: i64, lines: i64) -> Option<AnyView> {
    if lines == customers {
        return None;
    }
    let lang = use_lang();
    let most = TRANSFER_MAX as i64;
    let link = move |page: i64, words: fn(Lang) -> &'static str| {
        view! { <a href=format!("/transfers/{id}/sheet?from={from}&to={to}&page={page}")>{t(words)}</a> }.into_any()
    };
    // Of a whole sheet a part is cut where the sheet ends; alone it has pages.
    let whole = before + lines < most.min(customers);
    let page = before / most + 1;
    let said = move || match lines {
        0 => text::sheet_elsewhere(lang.get()).to_owned(),
        _ => text::sheet_shown(lang.get(), &format_count(before + 1), &format_count(before + lines), &format_count(customers)),
    };
    let earlier = (before > 0).then(|| link(page - 1, text::sheet_earlier));
    let later = (!whole && before + lines < customers).then(|| link(page + 1, text::sheet_later));
    let alone = whole.then(|| link(1, text::sheet_alone));
    Some(view! { <p class="sheet-pages">{said} " " <span class="no-print">{earlier} " " {later} " " {alone}</span></p> }.into_any())
}

fn line(figures: Figures, line: SheetLine) -> AnyView {
    let lang = use_lang();
    let SheetLine { customer_no, name, tier, aum, tasks, note, masked } = line;
    if masked {
        return view! {
            <tr>
                <td class="num">{customer_no.to_string()}</td>
                <td>{name}</td>
                <td>"—"</td>
                <td class="num">"—"</td>
                <td class="num">"—"</td>
                <td>{note}</td>
            </tr>
        }
        .into_any();
    }
    let mark = tier.as_ref().map_or(0, |tier| tier.mark);
    let label = move || tier.as_ref().map_or_else(|| text::no_tier(lang.get()).to_owned(), |tier| tier.name(lang.get()).to_owned());
    view! {
        <tr>
            <td class="num">{customer_no.to_string()}</td>
            <td><a href=format!("/customers/{customer_no}")>{name}</a></td>
            <td><TierMark rank=mark label /></td>
            <td class="num">{move || figures.short(aum, lang.get())}</td>
            <td class="num">{format_count(tasks)}</td>
            <td>{note}</td>
        </tr>
    }
    .into_any()
}

/// A part of the sheet and what is needed to sign it.
struct Sides {
    id: Uuid,
    from: String,
    to: String,
    attempt: Attempt,
    once: Once,
    again: Callback<()>,
}

fn code(manager: &Option<ManagerRef>) -> String {
    manager.as_ref().map_or_else(|| POOL.to_owned(), |manager| manager.code.clone())
}

fn sign(sides: StoredValue<Sides>, side: SheetSide) -> AnyView {
    let lang = use_lang();
    let toasts = use_toasts();
    let send = move |_| {
        sides.with_value(|sides| {
            let asked = NewSignature { side, from: sides.from.clone(), to: sides.to.clone() };
            let (id, again, key) = (sides.id, sides.again, sides.once.key_for(&asked));
            sides.attempt.run(sides.once.of(move |_| api::sign(id, asked, key)), move |_| {
                toasts.say(t(text::signed));
                again.try_run(());
            });
        });
    };
    let words = move || match side {
        SheetSide::From => text::sign_from(lang.get()),
        SheetSide::To => text::sign_to(lang.get()),
    };
    let busy = sides.with_value(|sides| sides.attempt.busy);
    view! { <Button kind=ButtonKind::Primary icon=Glyph::Check busy on_click=send>{words}</Button> }.into_any()
}

fn explain(problem: &Problem, lang: Lang) -> Option<String> {
    (problem.code == Code::Conflict).then(|| text::sign_late(lang).to_owned())
}
