//! What papers the bank holds, and until when they are good.

use guanhu_domain::customers::Document;
use guanhu_ui::{Badge, Section, Tone, format_date, t};
use leptos::prelude::*;

use super::{here::use_here, names, text};

#[component]
pub fn Documents() -> impl IntoView {
    let here = use_here();
    let documents = here.part(|c| c.documents.clone());
    let today = here.business_date();
    let body = move || {
        let lang = here.lang.get();
        let documents = documents.get();
        if documents.is_empty() {
            return view! { <p class="muted">{text::no_documents(lang)}</p> }.into_any();
        }
        let rows = documents
            .into_iter()
            .map(|document| {
                let Document { kind, title, received_on, expires_on, source, business_date } = document;
                let until = expires_on.map(|day| {
                    let words = format_date(day, lang);
                    let days = (day - today).num_days();
                    match days {
                        ..0 => view! { <Badge tone=Tone::Alarm>{text::expired_on(lang, &words)}</Badge> }.into_any(),
                        0..=30 => view! { <Badge tone=Tone::Warn>{text::valid_to(lang, &words)}</Badge> }.into_any(),
                        _ => view! { <span class="faint">{text::valid_to(lang, &words)}</span> }.into_any(),
                    }
                });
                view! {
                    <li title=names::lineage(&source, business_date, lang)>
                        <span class="c360-doc">
                            <span>{title}</span>
                            <span class="faint">
                                {names::document_kind(&kind, lang)}
                                {received_on.map(|day| format!(" · {}", text::received_on(lang, &format_date(day, lang))))}
                            </span>
                        </span>
                        {until}
                    </li>
                }
            })
            .collect_view();
        view! { <ul class="c360-list">{rows}</ul> }.into_any()
    };
    view! {
        <div id="documents" class="c360-anchor">
            <Section title=t(text::documents)>{body}</Section>
        </div>
    }
    .into_any()
}
