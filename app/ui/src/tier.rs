use leptos::{prelude::*, text_prop::TextProp};

/// As many as a scheme has tiers, each known without its colour. The first six grow sides.
const MARKS: [&str; 12] = [
    r#"<circle class="hollow" cx="6.5" cy="6.5" r="4"/>"#,
    r#"<circle cx="6.5" cy="6.5" r="4.25"/>"#,
    r#"<path d="M6.5 1.5 12 11.500H1z"/>"#,
    r#"<path d="M2 2h9v9H2z"/>"#,
    r#"<path d="m6.5.75 5.75 5.75-5.75 5.750L.75 6.500z"/>"#,
    r#"<path d="M6.5.5 8.3 4.300l4.1.5-3 2.9.7 4.1-3.6-2-3.6 2 .7-4.1-3-2.9 4.1-.500z"/>"#,
    r#"<path d="M4.500 1h4v3.500H12v4H8.500V12h-4V8.500H1v-4h3.500z"/>"#,
    r#"<path d="M1 11.500v-8l3 2.750L6.500 1.500 9 6.250l3-2.750v8z"/>"#,
    r#"<path d="M1 1.500h11L6.500 11.500z"/>"#,
    r#"<path d="M2 1h9L8 6.500 11 12H2l3-5.500z"/>"#,
    r#"<path d="M6.500 0l1.600 4.900L13 6.500 8.100 8.100 6.500 13 4.900 8.100 0 6.500l4.900-1.600z"/>"#,
    r#"<path d="M9.500 1.200a5.750 5.750 0 1 0 0 10.600 6.500 6.500 0 0 1 0-10.600z"/>"#,
];

const LAST: i16 = MARKS.len() as i16 - 1;

/// The inside of the mark's `<svg viewBox="0 0 13 13">`, for markup that is made as text.
pub fn tier_mark(rank: i16) -> &'static str {
    MARKS[rank.clamp(0, LAST) as usize]
}

/// A customer's tier: its mark, 0 to 11 (what is beyond is the next of these), and its name.
///
/// `<TierMark rank=3 label="白金"/>`
#[component]
pub fn TierMark(rank: i16, #[prop(into)] label: TextProp) -> impl IntoView {
    let rank = rank.clamp(0, LAST);
    view! {
        <span class="tier" data-rank=rank.to_string()>
            <svg viewBox="0 0 13 13" aria-hidden="true" inner_html=tier_mark(rank)></svg>
            <span>{move || label.get()}</span>
        </span>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_marks_as_a_scheme_has_tiers_and_no_two_alike() {
        assert_eq!(guanhu_domain::tiers::TIERS_MAX, MARKS.len());
        assert_eq!(LAST, guanhu_domain::tiers::MARK_MAX);
        let shapes: std::collections::BTreeSet<&str> = MARKS.into_iter().collect();
        assert_eq!(shapes.len(), MARKS.len());
        let hues = |sheet: &str, block: usize| {
            let said =
                |rank| sheet.split(&format!("--tier-{rank}: ")).nth(block).and_then(|rest| rest.split(';').next()).map(str::to_owned);
            (0..=LAST).map(said).collect::<Option<std::collections::BTreeSet<String>>>().map(|hues| hues.len())
        };
        let tokens = include_str!("../../../style/tokens.css");
        for (sheet, block) in [(tokens, 1), (tokens, 2), (tokens, 3), (include_str!("../../../style/print.css"), 1)] {
            assert_eq!(hues(sheet, block), Some(MARKS.len()), "every mark has a hue of its own");
        }
        let marks = include_str!("../../../style/ui/mark.css");
        assert!((0..=LAST).all(|rank| marks.contains(&format!(r#".tier[data-rank="{rank}"] svg {{ color: var(--tier-{rank}); }}"#))));
    }
}
