use std::fmt::Write;

use guanhu_domain::i18n::Lang;
use leptos::{ev, prelude::*, text_prop::TextProp};
use plotters::{
    element::{Circle, PathElement, Text},
    style::{Color, ShapeStyle, text_anchor::HPos},
};

use super::{
    frame::ChartFrame,
    ink::Ink,
    pen::{Area, Drawn, Fit, Said, UNSAID, escape, letters, part, pixels, plane, size, svg, units},
    scale::{LineSpec, Measure, Scale, Series},
};
use crate::{dom, lang::use_lang, text};

/// One thing of a scatter: where it lies, what it is called, where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dot {
    pub label: String,
    pub across: i64,
    pub up: i64,
    pub href: Option<String>,
    /// Of the second of [`ScatterSpec::kinds`]: a ring in the colour of alarm rather than a disc.
    pub hollow: bool,
}

/// Things by two measures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScatterSpec {
    pub dots: Vec<Dot>,
    pub across: Measure,
    pub up: Measure,
    /// What is measured to the right, and what upwards.
    pub axes: [String; 2],
    /// What discs stand for, and what rings.
    pub kinds: [String; 2],
}

/// The radius of a dot, in units.
const RADIUS: f64 = 4.5;
/// Units of the drawing, which takes the shape of its box.
const SIZE: (u32, u32) = (400, 400);

/// Both axes.
struct Scales {
    across: Scale,
    up: Scale,
}

impl ScatterSpec {
    fn scales(&self, lang: Lang) -> Scales {
        let scale = |values: Vec<i64>, measure: Measure| {
            let series = vec![Series::new("", values)];
            Scale::of(&LineSpec { moments: Vec::new(), at: Vec::new(), series, measure, from_zero: true }, lang)
        };
        Scales {
            across: scale(self.dots.iter().map(|dot| dot.across).collect(), self.across),
            up: scale(self.dots.iter().map(|dot| dot.up).collect(), self.up),
        }
    }

    /// What an axis measures, with its unit.
    fn axis(&self, at: usize, scales: &Scales, lang: Lang) -> String {
        let (measure, scale) = if at == 0 { (self.across, &scales.across) } else { (self.up, &scales.up) };
        match measure.unit_words(scale.unit, lang) {
            unit if unit.is_empty() => self.axes[at].clone(),
            unit => format!("{} ({unit})", self.axes[at]),
        }
    }

    /// A dot in words.
    fn say(&self, dot: &Dot, lang: Lang) -> String {
        let (across, up) = (self.across.say(dot.across, lang), self.up.say(dot.up, lang));
        format!("{}: {} {across}, {} {up}", dot.label, self.axes[0], self.axes[1])
    }

    /// Without the kinds that were taken away. Everything keeps its place: the axes are those of all dots.
    fn shown<'a>(&'a self, hidden: &'a [usize]) -> impl Iterator<Item = (usize, &'a Dot)> {
        self.dots.iter().enumerate().filter(|(_, dot)| !hidden.contains(&usize::from(dot.hollow)))
    }
}

/// Marks of the figures and dots over the whole of a place; `said` puts into words what each is.
fn plot(spec: &ScatterSpec, hidden: &[usize], scales: &Scales, said: Option<Lang>, area: &Area) -> Drawn {
    let Scales { across, up } = scales;
    let plane = plane(area, across.low..across.high, up.low..up.high);
    for mark in &up.marks {
        let ink = if *mark == 0.0 { Ink::AXIS } else { Ink::RULE };
        plane.draw(&PathElement::new([(across.low, *mark), (across.high, *mark)], ink))?;
    }
    for (_, dot) in spec.shown(hidden) {
        let circle = Circle::new((dot.across as f64, dot.up as f64), pixels(RADIUS), style(dot.hollow));
        match said {
            Some(lang) => plane.draw(&Said { inner: circle, words: spec.say(dot, lang) })?,
            None => plane.draw(&circle)?,
        }
    }
    Ok(())
}

fn style(hollow: bool) -> ShapeStyle {
    if hollow { Ink::series(5).stroke_width(2) } else { Ink::series(0).filled() }
}

/// The plot as markup: an SVG that stretches, above it a place to point at for each dot, and the words of both axes. These
/// links are for the pointer, however many they are; the keyboard has the plot, and screen readers the figures behind it.
fn scatter_chart(spec: &ScatterSpec, hidden: &[usize], lang: Lang) -> String {
    let scales = spec.scales(lang);
    let Scales { across, up } = &scales;
    let mut markup = svg(UNSAID, SIZE, Fit::Stretched, |area| plot(spec, hidden, &scales, None, area));
    for mark in &up.marks {
        let (share, tick) = (up.share(*mark) * 100.0, spec.up.tick(*mark, up.unit));
        let _ = write!(markup, r#"<span class="tick-y" aria-hidden="true" style="bottom:{share:.2}%">{tick}</span>"#);
    }
    for mark in &across.marks {
        let (share, tick) = (across.share(*mark) * 100.0, spec.across.tick(*mark, across.unit));
        let _ = write!(markup, r#"<span class="tick-x" aria-hidden="true" style="left:{share:.2}%">{tick}</span>"#);
    }
    for (class, at) in [("axis-x", 0), ("axis-y", 1)] {
        let _ = write!(markup, r#"<span class="{class}" aria-hidden="true">{}</span>"#, escape(&spec.axis(at, &scales, lang)));
    }
    for (at, dot) in spec.shown(hidden) {
        let (left, bottom) = (across.share(dot.across as f64) * 100.0, up.share(dot.up as f64) * 100.0);
        let place = format!(r#"data-at="{at}" style="left:{left:.2}%;bottom:{bottom:.2}%""#);
        let _ = match &dot.href {
            Some(href) => write!(markup, r#"<a class="dot" href="{}" tabindex="-1" aria-hidden="true" {place}></a>"#, escape(href)),
            None => write!(markup, r#"<span class="dot" aria-hidden="true" {place}></span>"#),
        };
    }
    markup
}

/// The whole in a part of a file, with its words.
pub(super) fn in_file(spec: &ScatterSpec, lang: Lang, area: &Area) -> Drawn {
    let (scales, (wide, high)) = (spec.scales(lang), size(area));
    let (left, top, width, height) = (66.0, 40.0, wide - 66.0, high - 90.0);
    plot(spec, &[], &scales, Some(lang), &part(area, (left, top), (width, height)))?;
    let units = units(area);
    for mark in &scales.up.marks {
        let y = top + height * (1.0 - scales.up.share(*mark));
        let tick = spec.up.tick(*mark, scales.up.unit);
        units.draw(&Text::new(tick, (left - 10.0, y + 4.0), letters(13.0, Ink::AXIS, HPos::Right)))?;
    }
    for mark in &scales.across.marks {
        let x = left + width * scales.across.share(*mark);
        let tick = spec.across.tick(*mark, scales.across.unit);
        units.draw(&Text::new(tick, (x, top + height + 22.0), letters(13.0, Ink::AXIS, HPos::Center)))?;
    }
    units.draw(&Text::new(spec.axis(1, &scales, lang), (0.0, 22.0), letters(13.0, Ink::AXIS, HPos::Left)))?;
    units.draw(&Text::new(spec.axis(0, &scales, lang), (wide, high - 4.0), letters(13.0, Ink::AXIS, HPos::Right)))?;
    for (at, kind) in spec.kinds.iter().enumerate() {
        let x = left + 220.0 + 240.0 * at as f64;
        units.draw(&Circle::new((x, 18.0), pixels(RADIUS), style(at == 1)))?;
        units.draw(&Text::new(kind.clone(), (x + 12.0, 22.0), letters(13.0, Ink::AXIS, HPos::Left)))?;
    }
    Ok(())
}

/// The dots from left to right, as the arrow keys go.
fn order(spec: &ScatterSpec, hidden: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = spec.shown(hidden).map(|(at, _)| at).collect();
    order.sort_by_key(|at| (spec.dots[*at].across, spec.dots[*at].up));
    order
}

/// Things by two measures. The pointer or the arrow keys read a dot, a click or Enter goes where it leads; the legend
/// takes kinds away and brings them back. `data` are the figures behind.
///
/// `<ScatterChart title=t(text::effort) spec data=move || view! { <table>…</table> }/>`
#[component]
pub fn ScatterChart(
    #[prop(into)] title: TextProp,
    #[prop(into)] spec: Signal<ScatterSpec>,
    #[prop(into)] data: ViewFn,
    /// CSS height of the plot; 20rem without it.
    #[prop(default = "20rem")]
    height: &'static str,
) -> impl IntoView {
    let lang = use_lang();
    let hidden = RwSignal::new(Vec::<usize>::new());
    let at = RwSignal::new(None::<usize>);
    let keys = Signal::derive(move || spec.with(|spec| spec.kinds.to_vec()));
    let drawn = Memo::new(move |_| spec.with(|spec| hidden.with(|hidden| scatter_chart(spec, hidden, lang.get()))));
    let name = title.clone();
    let on_key = move |event: ev::KeyboardEvent| {
        let order = spec.with_untracked(|spec| hidden.with_untracked(|hidden| order(spec, hidden)));
        let last = order.len().saturating_sub(1);
        let now = at.get_untracked().and_then(|at| order.iter().position(|dot| *dot == at));
        let to = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => now.map_or(last, |now| now.saturating_sub(1)),
            "ArrowRight" | "ArrowUp" => now.map_or(0, |now| (now + 1).min(last)),
            "Home" => 0,
            "End" => last,
            "Enter" => {
                if let Some(at) = at.get_untracked() {
                    dom::press_beside(&event, &format!("[data-at='{at}']"));
                }
                return;
            }
            "Escape" if now.is_some() => {
                event.prevent_default();
                at.set(None);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        at.set(order.get(to).copied());
    };
    // A plot that has the focus loses it when its page goes, and then is asked once more for what is gone already.
    let chosen = move || at.try_get().flatten();
    let spoken = move || {
        let said = chosen().and_then(|at| spec.try_with(|spec| Some(spec.say(spec.dots.get(at)?, lang.get()))).flatten());
        said.unwrap_or_else(|| text::scatter_help(lang.get()).to_owned())
    };
    let place = move || {
        let order = spec.try_with(|spec| hidden.try_with(|hidden| order(spec, hidden))).flatten().unwrap_or_default();
        chosen().and_then(|at| order.iter().position(|dot| *dot == at)).unwrap_or(0)
    };
    let most = move || spec.with(|spec| hidden.with(|hidden| spec.shown(hidden).count())).saturating_sub(1);
    let read = move || chosen().and_then(|at| spec.try_with(|spec| read(spec, at, lang.get())).flatten());
    view! {
        <ChartFrame title keys hidden rounds=true data>
            <div
                class="plot scatter"
                style:--plot-height=height
                on:pointerover=move |event| at.set(dom::pointed_at(&event))
                on:pointerleave=move |_| at.set(None)
            >
                <div class="plot-lines" inner_html=move || drawn.get()></div>
                <div
                    class="plot-focus"
                    role="slider"
                    tabindex="0"
                    aria-label=move || name.get()
                    aria-valuemin="0"
                    aria-valuemax=most
                    aria-valuenow=place
                    aria-valuetext=spoken
                    on:keydown=on_key
                    on:blur=move |_| {
                        let _ = at.try_set(None);
                    }
                >
                    {read}
                </div>
            </div>
        </ChartFrame>
    }
    .into_any()
}

/// What a dot is, beside it.
fn read(spec: &ScatterSpec, at: usize, lang: Lang) -> Option<AnyView> {
    let dot = spec.dots.get(at)?;
    let scales = spec.scales(lang);
    let (right, up) = (scales.across.share(dot.across as f64), scales.up.share(dot.up as f64));
    let (left, top) = (format!("{:.2}%", right * 100.0), format!("{:.2}%", (1.0 - up) * 100.0));
    let lines = [(&spec.axes[0], spec.across.say(dot.across, lang)), (&spec.axes[1], spec.up.say(dot.up, lang))]
        .map(|(name, figure)| view! { <span>{name.clone()}<b class="num">{figure}</b></span> })
        .into_iter()
        .collect_view();
    let class = match (right > 0.6, up < 0.4) {
        (false, false) => "cross-read",
        (true, false) => "cross-read left",
        (false, true) => "cross-read above",
        (true, true) => "cross-read left above",
    };
    Some(
        view! {
            <i class="dot-ring" style:left=left.clone() style:top=top.clone()></i>
            <div class=class style:left=left style:top=top aria-hidden="true">
                <b>{dot.label.clone()}</b>
                {lines}
            </div>
        }
        .into_any(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> ScatterSpec {
        let dot = |label: &str, across, up| Dot { label: label.into(), across, up, href: Some("/m?a=1&b".into()), hollow: up == 0 };
        ScatterSpec {
            dots: vec![dot("<甲>", 100, 60), dot("乙", 0, 0), dot("丙", 50, 30)],
            across: Measure::Count,
            up: Measure::CNY,
            axes: ["联系次数".into(), "贡献度".into()],
            kinds: ["达标".into(), "未达标".into()],
        }
    }

    #[test]
    fn dots_lie_by_their_figures_and_lead_where_they_are_seen() {
        let drawn = scatter_chart(&spec(), &[], Lang::Zh);
        assert!(drawn.contains(r#"<path d="M400 0h.01" stroke="var(--chart-1)" stroke-width="9" stroke-linecap="round"/>"#), "{drawn}");
        assert!(drawn.contains(r#"<path d="M0 400h.01" stroke="var(--chart-6)""#), "{drawn}");
        assert!(drawn.contains(r#"href="/m?a=1&amp;b" tabindex="-1" aria-hidden="true" data-at="0" style="left:100.00%;bottom:100.00%""#));
        assert!(drawn.contains("贡献度 (元)") && drawn.contains(">联系次数<") && !drawn.contains('#'), "{drawn}");
        assert_eq!(spec().say(&spec().dots[0], Lang::Zh), "<甲>: 联系次数 100, 贡献度 0.60");
    }

    #[test]
    fn a_kind_that_is_taken_away_moves_nobody() {
        let drawn = scatter_chart(&spec(), &[1], Lang::Zh);
        assert!(!drawn.contains("--chart-6") && !drawn.contains(r#"data-at="1""#));
        assert!(drawn.contains(r#"data-at="2" style="left:50.00%;bottom:50.00%""#), "{drawn}");
        assert_eq!((order(&spec(), &[]), order(&spec(), &[1])), (vec![1, 2, 0], vec![2, 0]));
    }
}
