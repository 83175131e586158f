use leptos::{prelude::*, text_prop::TextProp};

/// Shapes grow sides with rank, so that a tier is known without its colour.
const MARKS: [&str; 6] = [
    r#"<circle class="hollow" cx="6.5" cy="6.5" r="4"/>"#,
    r#"<circle cx="6.5" cy="6.5" r="4.25"/>"#,
    r#"<path d="M6.5 1.5 12 11.500H1z"/>"#,
    r#"<path d="M2 2h9v9H2z"/>"#,
    r#"<path d="m6.5.75 5.75 5.75-5.75 5.750L.75 6.500z"/>"#,
    r#"<path d="M6.5.5 8.3 4.300l4.1.5-3 2.9.7 4.1-3.6-2-3.6 2 .7-4.1-3-2.9 4.1-.500z"/>"#,
];

/// The inside of the mark's `<svg viewBox="0 0 13 13">`, for markup that is made as text.
pub fn tier_mark(rank: u8) -> &'static str {
    MARKS[rank.min(5) as usize]
}

/// A customer's tier: its mark and its name. `rank` 0 is the lowest, 5 the highest.
///
/// `<TierMark rank=3 label="白金"/>`
#[component]
pub fn TierMark(rank: u8, #[prop(into)] label: TextProp) -> impl IntoView {
    let rank = rank.min(5);
    view! {
        <span class="tier" data-rank=rank.to_string()>
            <svg viewBox="0 0 13 13" aria-hidden="true" inner_html=MARKS[rank as usize]></svg>
            <span>{move || label.get()}</span>
        </span>
    }
    .into_any()
}
