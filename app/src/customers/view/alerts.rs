//! What somebody should look at, with the evidence.

use guanhu_domain::customers::Alert;
use guanhu_ui::{Badge, DateText, Tone, format_date, t};
use leptos::prelude::*;

use super::{here::use_here, say, text};

#[component]
pub fn Alerts() -> impl IntoView {
    let here = use_here();
    let alerts = here.part(|c| {
        let mut alerts = c.alerts.clone();
        alerts.sort_by_key(|alert| (rank(&alert.severity), std::cmp::Reverse(alert.raised_on)));
        alerts
    });
    let currency = here.customer.with_untracked(|c| c.base_currency);
    move || {
        let lang = here.lang.get();
        let alerts = alerts.get();
        (!alerts.is_empty()).then(|| {
            view! {
                <ul class="c360-alerts" aria-label=t(text::alerts)>
                    {alerts
                        .into_iter()
                        .map(|alert| {
                            let Alert { kind, severity, raised_on, evidence } = alert;
                            let tone = tone(&severity);
                            let what = say::alert_kind(&kind, lang);
                            view! {
                                <li class=severity title=text::raised_on(lang, &format_date(raised_on, lang))>
                                    <Badge tone>{what}</Badge>
                                    <span>{say::evidence(&evidence, currency, lang)}</span>
                                    <span class="faint">
                                        <DateText date=raised_on />
                                    </span>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            }
        })
    }
}

fn rank(severity: &str) -> u8 {
    match severity {
        "critical" => 0,
        "warning" => 1,
        _ => 2,
    }
}

fn tone(severity: &str) -> Tone {
    match severity {
        "critical" => Tone::Alarm,
        "warning" => Tone::Warn,
        _ => Tone::Neutral,
    }
}
