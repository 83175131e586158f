//! The handover sheet of a transfer at `/transfers/ID/sheet`: every customer with what is to be known, printed for
//! both sides to sign.

use guanhu_domain::{
    Code, Lang,
    access::Verb,
    assignments::handover::{HandoverSheet, SheetLine, SheetPart},
    customers::ManagerRef,
};
use guanhu_ui::{Button, ButtonKind, Glyph, PageHead, TierMark, format_count, format_date, t, use_lang};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use uuid::Uuid;

use super::{api, text};
use crate::{
    Asked, Fail,
    customers::list::columns::Figures,
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
        let id = Memo::new(move |_| params.with(|params| params.get("id").and_then(|id| id.parse::<Uuid>().ok())));
        let may = use_me().is_some_and(|me| me.may(Verb::TransferList));
        let sheet = Asked::of(id, move |id| async move {
            match (may, id) {
                (false, _) => Err(Fail::new(Code::Forbidden)),
                (true, None) => Err(Fail::new(Code::NotFound)),
                (true, Some(id)) => api::sheet(id).await,
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
                Ok(found) => show(figures, found),
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

fn show(figures: Figures, sheet: HandoverSheet) -> AnyView {
    let lang = use_lang();
    let desk = use_desk();
    let HandoverSheet { transfer, bank, parts, others } = sheet;
    let no = transfer.id.simple().to_string();
    let (state, effective) = (transfer.state, transfer.effective);
    let said = move || text::sheet_state(lang.get(), state.name(lang.get()), &format_date(effective, lang.get()));
    view! {
        <PageHead title=move || text::sheet_of(lang.get(), &bank) note=move || text::sheet_no(lang.get(), &no)>
            <Button kind=ButtonKind::Quiet icon=Glyph::Transfer href="/transfers">{t(text::to_transfers)}</Button>
            <Button kind=ButtonKind::Primary icon=Glyph::Print on_click=move |_| if let Some(desk) = desk { desk.call(Tool::Print) }>{t(text::print)}</Button>
        </PageHead>
        <p>{transfer.reason}</p>
        <p class="faint">{said}</p>
        {parts.into_iter().map(|part| self::part(figures, part)).collect_view()}
        {(others > 0).then(|| view! { <p class="faint">{move || text::sheet_others(lang.get(), &format_count(i64::from(others)))}</p> })}
    }
    .into_any()
}

fn part(figures: Figures, part: SheetPart) -> AnyView {
    let lang = use_lang();
    let SheetPart { from, to, lines } = part;
    let count = lines.len() as i64;
    let aum: i64 = lines.iter().map(|line| line.aum).sum();
    let tasks: i64 = lines.iter().map(|line| line.tasks).sum();
    let name = |manager: &Option<ManagerRef>, lang: Lang| match manager {
        Some(manager) => format!("{} {}", manager.name, manager.code),
        None => text::sheet_pool(lang).to_owned(),
    };
    let (giver, receiver) = (from.clone(), to.clone());
    let title = move || {
        let lang = lang.get();
        text::sheet_part(lang, &name(&from, lang), &name(&to, lang), &format_count(count))
    };
    let signature = move |words: fn(Lang) -> &'static str, who: Option<ManagerRef>| {
        view! {
            <p class="signature">
                <span>{move || words(lang.get())} {who.map(|manager| format!("（{}）", manager.name))}</span>
                <i></i>
                <span>{t(text::sheet_day)}</span>
                <i></i>
            </p>
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
                            <td class="num">{move || figures.short(aum, lang.get())}</td>
                            <td class="num">{format_count(tasks)}</td>
                            <td></td>
                        </tr>
                    </tfoot>
                </table>
            </div>
            <p>{t(text::sheet_words)}</p>
            {signature(text::sheet_giver, giver)}
            {signature(text::sheet_receiver, receiver)}
            {signature(text::sheet_witness, None)}
        </section>
    }
    .into_any()
}

fn line(figures: Figures, line: SheetLine) -> AnyView {
    let lang = use_lang();
    let SheetLine { customer_no, name, tier, aum, tasks, note } = line;
    let mark = tier.as_ref().map_or(0, |tier| u8::try_from(tier.mark).unwrap_or(0));
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
