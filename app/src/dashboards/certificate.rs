//! A manager's month on one sheet of paper: who, when, what was reached of what was agreed.

use guanhu_domain::dashboards::{BoardQuery, ManagerBoard, MonthState};
use guanhu_ui::{Button, ButtonKind, Glyph, PageHead, Skeleton, format_date, t, use_lang};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    api,
    frame::Say,
    page::{elsewhere, question, table},
    progress, text,
};
use crate::{
    Asked,
    desk::{Tool, use_desk},
    loaded::Failed,
    scripts::LazyPage,
    shell::{Protected, use_me},
    title::Title,
};

/// `/dashboards/managers/:code/certificate`.
pub struct CertificateRoute(Asked<ManagerBoard>);

impl LazyPage for CertificateRoute {
    fn data() -> Self {
        let (params, query) = (use_params_map(), question());
        // A certificate is of everybody in charge, whatever tier was looked at.
        let asked = Memo::new(move |_| {
            let query = BoardQuery { tier: None, group: None, ..query.get() };
            (params.with(|params| params.get("code").unwrap_or_default()), query)
        });
        CertificateRoute(Asked::of(asked, |(code, query)| api::read_manager(code, query)))
    }

    fn view(this: Self) -> AnyView {
        let asked = this.0;
        let lang = use_lang();
        let query = question();
        let body = move || {
            asked.get().map(|answer| {
                lang.track();
                match answer {
                    Ok(board) => show(board, &query.get_untracked()),
                    Err(fail) => view! { <Failed fail on_retry=move |()| asked.refetch() /> }.into_any(),
                }
            })
        };
        view! {
            <Title text=t(text::certificate) />
            <Protected>
                <div class="page dash">
                    <Transition fallback=|| view! { <Skeleton lines=12 /> }>{body}</Transition>
                </div>
            </Protected>
        }
        .into_any()
    }
}

fn show(board: ManagerBoard, query: &BoardQuery) -> AnyView {
    let lang = use_lang().get_untracked();
    let say = Say::of(lang, &board.frame);
    let desk = use_desk();
    let (line, month) = (&board.line, board.frame.month);
    let period = match month.state {
        MonthState::Closed => say.month(month.month),
        _ => text::so_far(lang, &say.month(month.month), &format_date(month.as_of, lang)),
    };
    let bank = use_me().map(|me| me.bank_name).unwrap_or_default();
    let sheet = progress::sheet(&board.frame, &board.totals, &board.targets, say, |_| None, |_, _| None);
    let back = elsewhere(&format!("/dashboards/managers/{}", line.code), query);
    let place = text::place_in(lang, &board.frame.org.name, board.place, board.of);
    let score = line.score.map(|score| format!("{} {}", text::score(lang), super::process::points(score)));
    view! {
        <div class="no-print">
            <PageHead title=t(text::certificate)>
                <Button kind=ButtonKind::Quiet href=back>{t(text::back_to_manager)}</Button>
                <Button kind=ButtonKind::Primary icon=Glyph::Print on_click=move |_| if let Some(desk) = desk { desk.call(Tool::Print) }>{t(text::print)}</Button>
            </PageHead>
        </div>
        <article class="certificate" aria-label=text::certificate(lang)>
            <p>{bank}</p>
            <h2>{text::certificate(lang)}</h2>
            <p class="certificate-name">{line.name.clone()}" ("{line.code.clone()}")"</p>
            <p>{line.org_name.clone()}" · "{period}</p>
            <p>{place}{score.map(|score| format!(" · {score}"))}</p>
            {table(sheet.html(), text::progress_title(lang).to_owned())}
            <p class="faint certificate-mark print-only">{text::printed_by(lang)}" "</p>
        </article>
    }
    .into_any()
}
