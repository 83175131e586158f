use guanhu_domain::i18n::Lang;
use leptos::{ev, prelude::*, text_prop::TextProp};

use super::{
    draw::line_chart,
    frame::ChartFrame,
    scale::{LineSpec, Scale, Series},
};
use crate::{
    dom,
    lang::{t, use_lang},
    text,
};

/// Lines over time. The pointer or the arrow keys read the figures of a moment; the legend takes lines away
/// and brings them back; the table behind has all. With `brush` a stretch is cut out by drawing over it with the mouse or
/// by the sliders below.
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
    /// Can be cut to a stretch of time.
    #[prop(optional)]
    brush: bool,
) -> impl IntoView {
    let lang = use_lang();
    let whole = spec;
    let hidden = RwSignal::new(Vec::<usize>::new());
    let range = RwSignal::new(None::<(usize, usize)>);
    let spec = Memo::new(move |_| whole.with(|whole| hidden.with(|hidden| part(whole, hidden, range.get()))));
    let drawn = Memo::new(move |_| spec.with(|spec| line_chart(spec, lang.get())));
    let unit = move || {
        spec.with(|spec| {
            let scale = Scale::of(spec, lang.get());
            spec.measure.unit_words(scale.unit, lang.get())
        })
    };
    let keys = Signal::derive(move || whole.with(|spec| spec.series.iter().map(|series| series.name.clone()).collect()));
    let at = RwSignal::new(None::<usize>);
    let count = move || spec.with(|spec| spec.moments.len());
    let name = title.clone();
    // Where the mouse began to draw over the plot, and where it is.
    let stroke = RwSignal::new(None::<(f64, f64)>);
    let on_key = move |event: ev::KeyboardEvent| {
        let last = untrack(count).saturating_sub(1);
        let now = at.get_untracked();
        let to = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => Some(now.map_or(last, |now| now.saturating_sub(1))),
            "ArrowRight" | "ArrowUp" => Some(now.map_or(0, |now| (now + 1).min(last))),
            "Home" => Some(0),
            "End" => Some(last),
            // It leaves the page's own mode where there is nothing to leave here.
            "Escape" if now.is_some() || stroke.get_untracked().is_some() => {
                stroke.set(None);
                None
            }
            _ => return,
        };
        event.prevent_default();
        at.set(to);
    };
    let on_move = move |event: ev::PointerEvent| {
        let Some(share) = dom::pointer_share(&event) else { return };
        if let Some(nearest) = spec.with_untracked(|spec| spec.nearest(share)) {
            at.set(Some(nearest));
        }
        if let Some((from, _)) = stroke.get_untracked() {
            stroke.set(Some((from, share)));
        }
    };
    let on_down = move |event: ev::PointerEvent| {
        // A finger reads; it has the sliders.
        if brush && dom::is_drawing(&event) {
            stroke.set(dom::pointer_share(&event).map(|share| (share, share)));
        }
        on_move(event);
    };
    let cut = move || {
        let Some((from, to)) = stroke.get_untracked() else { return };
        stroke.set(None);
        if !is_drawn((from, to)) {
            return;
        }
        let found = spec.with_untracked(|spec| spec.nearest(from.min(to)).zip(spec.nearest(from.max(to))));
        if let Some((from, to)) = found.filter(|(from, to)| from < to) {
            let before = range.get_untracked().map_or(0, |(from, _)| from);
            range.set(Some((before + from, before + to)));
            at.set(None);
        }
    };
    let drawn_over = move || {
        stroke.get().filter(|stroke| is_drawn(*stroke)).map(|(from, to)| {
            let (left, width) = (format!("{:.2}%", from.min(to) * 100.0), format!("{:.2}%", (to - from).abs() * 100.0));
            view! { <div class="brush" style:left=left style:width=width></div> }
        })
    };
    // A plot that has the focus loses it when its page goes, and then is asked once more for what is gone already.
    let chosen = move || at.try_get().flatten();
    let spoken = move || {
        let lang = lang.get();
        let said = chosen().and_then(|at| spec.try_with(|spec| say(spec, at, lang)));
        said.unwrap_or_else(|| text::chart_help(lang).to_string())
    };
    let cross = move || chosen().and_then(|at| spec.try_with(|spec| cross(spec, at, lang.get())).flatten());
    let data = move || whole.with(data_table);
    let sliders = move || {
        let last = whole.with(|whole| whole.moments.len()).saturating_sub(1);
        (brush && last >= 2).then(|| sliders(whole, range, last))
    };
    view! {
        <ChartFrame title unit keys hidden data>
            <div class="plot" style:--plot-height=height>
                <div class="plot-lines" inner_html=move || drawn.get()></div>
                <div
                    class="plot-focus"
                    role="slider"
                    tabindex="0"
                    aria-label=move || name.get()
                    aria-valuemin="0"
                    aria-valuemax=move || count().saturating_sub(1)
                    aria-valuenow=move || chosen().unwrap_or(0)
                    aria-valuetext=spoken
                    on:keydown=on_key
                    on:pointermove=on_move
                    on:pointerdown=on_down
                    on:pointerup=move |_| cut()
                    on:pointerleave=move |_| {
                        cut();
                        at.set(None);
                    }
                    on:blur=move |_| {
                        let _ = at.try_set(None);
                    }
                >
                    {drawn_over}
                    {cross}
                </div>
            </div>
            {sliders}
        </ChartFrame>
    }
    .into_any()
}

/// What is shown of the whole: hidden lines keep their places, and with them their colours.
fn part(whole: &LineSpec, hidden: &[usize], range: Option<(usize, usize)>) -> LineSpec {
    let last = whole.moments.len().saturating_sub(1);
    let (from, to) = range.map_or((0, last), |(from, to)| (from.min(last), to.min(last)));
    let cut = |values: &[Option<i64>]| values.iter().skip(from).take(to + 1 - from).copied().collect::<Vec<_>>();
    LineSpec {
        moments: whole.moments.iter().skip(from).take(to + 1 - from).cloned().collect(),
        at: whole.at.iter().skip(from).take(to + 1 - from).copied().collect(),
        series: whole
            .series
            .iter()
            .enumerate()
            .map(|(at, series)| Series {
                name: series.name.clone(),
                values: if hidden.contains(&at) { vec![None; to + 1 - from] } else { cut(&series.values) },
            })
            .collect(),
        ..whole.clone()
    }
}

/// From when to when, by two sliders that never cross and leave at least two moments, and a way back to all.
fn sliders(whole: Signal<LineSpec>, range: RwSignal<Option<(usize, usize)>>, last: usize) -> AnyView {
    let now = move || range.get().unwrap_or((0, last));
    let moment = move |at: usize| whole.with(|whole| whole.moments.get(at).cloned().unwrap_or_default());
    let slide = move |is_from: bool| {
        move |event: ev::Event| {
            let Ok(to) = event_target_value(&event).parse::<usize>() else { return };
            let (from, until) = now();
            let next = if is_from { (to.min(until.saturating_sub(1)), until) } else { (from, to.max(from + 1).min(last)) };
            range.set((next != (0, last)).then_some(next));
        }
    };
    let slider = move |is_from: bool| {
        let value = move || if is_from { now().0 } else { now().1 };
        view! {
            <label>
                <span>{if is_from { t(text::chart_from) } else { t(text::chart_to) }}" "{move || moment(value())}</span>
                <input
                    type="range"
                    min="0"
                    max=last
                    step="1"
                    prop:value=move || value().to_string()
                    value=untrack(value)
                    aria-valuetext=move || moment(value())
                    on:input=slide(is_from)
                />
            </label>
        }
    };
    view! {
        <div class="chart-range">
            {slider(true)}
            {slider(false)}
            <button type="button" disabled=move || range.get().is_none() on:click=move |_| range.set(None)>{t(text::chart_whole)}</button>
        </div>
    }
    .into_any()
}

/// Shorter than a fiftieth of the plot is a click whose hand slipped.
fn is_drawn((from, to): (f64, f64)) -> bool {
    (to - from).abs() >= 0.02
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Measure;

    #[test]
    fn a_part_keeps_the_places_of_what_is_hidden() {
        let whole = LineSpec {
            moments: ["1", "2", "3", "4"].map(String::from).into(),
            at: Vec::new(),
            series: vec![Series::new("甲", [1, 2, 3, 4]), Series::new("乙", [5, 6, 7, 8])],
            measure: Measure::Count,
            from_zero: true,
        };
        let part = part(&whole, &[0], Some((1, 2)));
        assert_eq!(part.moments, ["2", "3"]);
        assert_eq!(part.series[0].values, [None, None]);
        assert_eq!(part.series[1].values, [Some(6), Some(7)]);
        assert_eq!(super::part(&whole, &[], Some((2, 99))).moments, ["3", "4"]);
        assert_eq!(super::part(&LineSpec { moments: vec![], series: vec![], ..whole }, &[], None).moments.len(), 0);
    }
}
