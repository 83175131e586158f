use leptos::{prelude::*, text_prop::TextProp};

use crate::{lang::t, text};

/// The frame of any chart: title, unit once, keys, the drawing, and the figures behind it.
///
/// `<ChartFrame title=t(text::balance) unit="万元" data=move || view! { <table>…</table> }>…</ChartFrame>`
#[component]
pub fn ChartFrame(
    #[prop(into)] title: TextProp,
    #[prop(optional, into)] unit: Option<TextProp>,
    /// The lines' names, in the order of the palette; none for a single line.
    #[prop(optional, into)]
    keys: Signal<Vec<String>>,
    /// Keys as blocks rather than strokes.
    #[prop(optional)]
    blocks: bool,
    /// Keys as the two kinds of dots of a scatter.
    #[prop(optional)]
    rounds: bool,
    /// Places of the lines that were taken away: with it, the legend's words are buttons.
    #[prop(optional)]
    hidden: Option<RwSignal<Vec<usize>>>,
    /// The figures as a table, shown on request.
    #[prop(optional, into)]
    data: Option<ViewFn>,
    children: Children,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let key_list = move || {
        let names = keys.get();
        (names.len() > 1).then(|| {
            let items = names
                .into_iter()
                .enumerate()
                .map(|(i, name)| {
                    let (class, colour) = match (blocks, rounds) {
                        (_, true) if i == 0 => ("disc".to_owned(), 1),
                        (_, true) => ("ring".to_owned(), 6),
                        (true, _) => (String::new(), i % 6 + 1),
                        (false, _) => (format!("dash-{}", i % 3), i % 6 + 1),
                    };
                    let key = view! { <i class=class style:--key=format!("var(--chart-{colour})")></i> };
                    match hidden {
                        Some(hidden) => {
                            let off = move || hidden.with(|hidden| hidden.contains(&i));
                            let turn = move |_| {
                                hidden.update(|hidden| match hidden.iter().position(|other| *other == i) {
                                    Some(at) => {
                                        hidden.remove(at);
                                    }
                                    None => hidden.push(i),
                                });
                            };
                            view! { <li><button type="button" aria-pressed=move || if off() { "false" } else { "true" } on:click=turn>{key}{name}</button></li> }
                                .into_any()
                        }
                        None => view! { <li>{key}{name}</li> }.into_any(),
                    }
                })
                .collect_view();
            view! { <ul class="chart-keys" class:blocks=blocks>{items}</ul> }
        })
    };
    view! {
        <figure class="chart">
            <div class="chart-head">
                <figcaption>{move || title.get()}</figcaption>
                {unit.map(|unit| view! { <span class="chart-unit">{move || unit.get()}</span> })}
                {key_list}
            </div>
            {children()}
            {data.map(|data| view! {
                <details class="chart-data" on:toggle=move |_| open.set(true)>
                    <summary>{t(text::chart_data)}</summary>
                    // The table is made when it is first asked for.
                    {move || open.get().then(|| view! { <div tabindex="0">{data.run()}</div> })}
                </details>
            })}
        </figure>
    }
    .into_any()
}
