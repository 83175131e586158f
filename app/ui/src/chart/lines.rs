use guanhu_domain::i18n::Lang;
use leptos::{ev, prelude::*, text_prop::TextProp};

use super::{
    draw::line_chart,
    frame::ChartFrame,
    scale::{LineSpec, Scale},
};
use crate::{
    dom,
    lang::{t, use_lang},
    text,
};

/// Lines over time. The pointer or the arrow keys read the figures of a moment; the table behind has all.
///
/// ```ignore
/// let spec = Signal::derive(move || LineSpec { moments, at: vec![], series: vec![Series::new("余额", values)],
///     measure: Measure::CNY, from_zero: true });
/// view! { <LineChart title=t(text::balance) spec/> }
/// ```
#[component]
pub fn LineChart(
    #[prop(into)] title: TextProp,
    #[prop(into)] spec: Signal<LineSpec>,
    /// CSS height of the plot; 15rem without it.
    #[prop(optional)]
    height: Option<&'static str>,
) -> impl IntoView {
    let lang = use_lang();
    let drawn = Memo::new(move |_| spec.with(|spec| line_chart(spec, lang.get())));
    let unit = move || {
        spec.with(|spec| {
            let scale = Scale::of(spec, lang.get());
            spec.measure.unit_words(scale.unit, lang.get())
        })
    };
    let keys = Signal::derive(move || spec.with(|spec| spec.series.iter().map(|series| series.name.clone()).collect()));
    let at = RwSignal::new(None::<usize>);
    let count = move || spec.with(|spec| spec.moments.len());
    let name = title.clone();
    let on_key = move |event: ev::KeyboardEvent| {
        let last = untrack(count).saturating_sub(1);
        let now = at.get_untracked();
        let to = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => Some(now.map_or(last, |now| now.saturating_sub(1))),
            "ArrowRight" | "ArrowUp" => Some(now.map_or(0, |now| (now + 1).min(last))),
            "Home" => Some(0),
            "End" => Some(last),
            "Escape" => None,
            _ => return,
        };
        event.prevent_default();
        at.set(to);
    };
    let on_move = move |event: ev::PointerEvent| {
        if let Some(nearest) = dom::pointer_share(&event).and_then(|share| spec.with_untracked(|spec| spec.nearest(share))) {
            at.set(Some(nearest));
        }
    };
    let spoken = move || {
        let lang = lang.get();
        match at.get() {
            Some(at) => spec.with(|spec| say(spec, at, lang)),
            None => text::chart_help(lang).to_string(),
        }
    };
    let cross = move || at.get().and_then(|at| spec.with(|spec| cross(spec, at, lang.get())));
    let data = move || spec.with(data_table);
    view! {
        <ChartFrame title unit keys data>
            <div class="plot" style:--plot-height=height>
                <div class="plot-lines" inner_html=move || drawn.get()></div>
                <div
                    class="plot-focus"
                    role="slider"
                    tabindex="0"
                    aria-label=move || name.get()
                    aria-valuemin="0"
                    aria-valuemax=move || count().saturating_sub(1)
                    aria-valuenow=move || at.get().unwrap_or(0)
                    aria-valuetext=spoken
                    on:keydown=on_key
                    on:pointermove=on_move
                    on:pointerdown=on_move
                    on:pointerleave=move |_| at.set(None)
                    on:blur=move |_| at.set(None)
                >
                    {cross}
                </div>
            </div>
        </ChartFrame>
    }
    .into_any()
}

/// A moment in words: "2026-05: 存款 12.3万, 贷款 4万".
fn say(spec: &LineSpec, at: usize, lang: Lang) -> String {
    let figures: Vec<String> = spec
        .series
        .iter()
        .filter_map(|series| Some(format!("{} {}", series.name, spec.measure.say(series.values.get(at).copied().flatten()?, lang))))
        .collect();
    format!("{}: {}", spec.moments.get(at).map_or("", String::as_str), figures.join(", "))
}

fn cross(spec: &LineSpec, at: usize, lang: Lang) -> Option<AnyView> {
    let moment = spec.moments.get(at)?.clone();
    let scale = Scale::of(spec, lang);
    let right = spec.place(at);
    let left = format!("{:.2}%", right * 100.0);
    let mut dots = Vec::new();
    let mut lines = Vec::new();
    for (i, series) in spec.series.iter().enumerate() {
        let Some(value) = series.values.get(at).copied().flatten() else { continue };
        let key = format!("var(--chart-{})", i % 6 + 1);
        let top = format!("{:.2}%", (1.0 - scale.share(value as f64)) * 100.0);
        dots.push(view! { <i class="cross-dot" style:left=left.clone() style:top=top style:--key=key.clone()></i> });
        lines.push(view! {
            <span><i style:--key=key></i>{series.name.clone()}<b class="num">{spec.measure.say(value, lang)}</b></span>
        });
    }
    Some(
        view! {
            <div class="cross" style:left=left.clone()></div>
            {dots}
            <div class="cross-read" class:left={right > 0.6} style:left=left aria-hidden="true">
                <b>{moment}</b>
                {lines}
            </div>
        }
        .into_any(),
    )
}

fn data_table(spec: &LineSpec) -> AnyView {
    let heads = spec.series.iter().map(|series| view! { <th class="num" scope="col">{series.name.clone()}</th> }).collect_view();
    let rows = spec
        .moments
        .iter()
        .enumerate()
        .map(|(i, moment)| {
            let cells = spec
                .series
                .iter()
                .map(|series| {
                    let value = series.values.get(i).copied().flatten();
                    view! { <td class="num">{value.map(|value| spec.measure.exact(value))}</td> }
                })
                .collect_view();
            view! { <tr><th scope="row">{moment.clone()}</th>{cells}</tr> }
        })
        .collect_view();
    view! {
        <table class="table-plain">
            <thead><tr><th scope="col">{t(text::period)}</th>{heads}</tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}
