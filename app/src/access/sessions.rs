//! Where one is logged in, and ending it there.

use guanhu_domain::access::account::SessionItem;
use guanhu_ui::{Badge, Button, ButtonKind, Section, TimeText, Tone, t, use_lang};
use leptos::prelude::*;

use super::{account::Own, api, text};
use crate::{
    attempt::{Attempt, Told},
    customers::view::local,
};

#[component]
pub fn Sessions(sessions: Vec<SessionItem>) -> impl IntoView {
    let lang = use_lang();
    let own = expect_context::<Own>();
    let attempt = Attempt::new();
    let others = sessions.len() > 1;
    let row = move |session: SessionItem| {
        let id = session.session_id;
        let name = session.client.clone();
        let kind = session.kind.clone();
        view! {
            <tr>
                <td title=session.client.clone()>{move || device(&kind, &name, lang.get())}</td>
                <td>{session.ip.clone()}</td>
                <td><TimeText time=local(session.created_at) /></td>
                <td><TimeText time=local(session.seen_at) /></td>
                <td class="end">
                    {match session.is_current {
                        true => view! { <Badge tone=Tone::Good>{t(text::this_one)}</Badge> }.into_any(),
                        false => view! {
                            <Button kind=ButtonKind::Quiet on_click=move |_| attempt.run(api::revoke_session(id), move |()| own.0.refetch())>
                                {t(text::end)}
                            </Button>
                        }
                        .into_any(),
                    }}
                </td>
            </tr>
        }
    };
    let tools = move || {
        others.then(|| view! {
            <Button kind=ButtonKind::Quiet busy=attempt.busy on_click=move |_| attempt.run(api::revoke_others(), move |()| own.0.refetch())>
                {t(text::end_others)}
            </Button>
        })
    };
    view! {
        <Section title=t(text::sessions) help="start#login" note=t(text::sessions_note) tools=tools>
            <Told attempt />
            <div class="table-wrap">
                <table class="table-plain">
                    <thead>
                        <tr>
                            <th>{t(text::client)}</th>
                            <th>{t(text::address)}</th>
                            <th>{t(text::began)}</th>
                            <th>{t(text::seen)}</th>
                            <th><span class="sr-only">{t(text::actions)}</span></th>
                        </tr>
                    </thead>
                    <tbody>{sessions.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </Section>
    }
    .into_any()
}

/// Browser and system, out of the long line that browsers send.
fn device(kind: &str, agent: &str, lang: guanhu_domain::Lang) -> String {
    let first = |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    let browser = first(&[("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl")]);
    let system = first(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system, kind) {
        (Some(browser), Some(system), "browser") => format!("{browser}, {system}"),
        (_, _, "api") => text::program(lang).into(),
        (Some(name), None, _) | (None, Some(name), _) => name.into(),
        _ => text::unknown_client(lang).into(),
    }
}
