//! The handbook's chapters, compiled in: Markdown in `docs/handbook`, one file a chapter and language, with
//! the same sections under the same names in both.

use std::sync::LazyLock;

use guanhu_domain::Lang;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html::push_html};

use super::api::{Hit, Topic};

macro_rules! chapters {
    ($($slug:literal)*) => {
        [$(($slug, include_str!(concat!("../../../docs/handbook/zh/", $slug, ".md")), include_str!(concat!("../../../docs/handbook/en/", $slug, ".md")))),*]
    };
}

/// Name, Chinese, English, in the order of the book.
const CHAPTERS: [(&str, &str, &str); 22] = chapters![
    "start" "keyboard" "customers" "opportunities" "transfers" "groups" "tiers" "lifecycle" "dashboards" "products" "contribution"
    "targets" "scoring" "notices" "printing" "practice" "admin" "imports" "parameters" "system" "access" "glossary"
];

pub const FIRST: &str = "start";
const HITS_MAX: usize = 30;
const EXCERPT: usize = 90;

struct Chapter {
    slug: &'static str,
    title: String,
    html: String,
    /// The chapter's beginning first.
    sections: Vec<Section>,
}

#[derive(Default)]
struct Section {
    id: String,
    heading: String,
    text: String,
}

static ZH: LazyLock<Vec<Chapter>> = LazyLock::new(|| CHAPTERS.iter().map(|(slug, zh, _)| read(slug, zh)).collect());
static EN: LazyLock<Vec<Chapter>> = LazyLock::new(|| CHAPTERS.iter().map(|(slug, _, en)| read(slug, en)).collect());

fn book(lang: Lang) -> &'static [Chapter] {
    match lang {
        Lang::Zh => &ZH,
        Lang::En => &EN,
    }
}

pub fn topics(lang: Lang) -> Vec<Topic> {
    book(lang).iter().map(|chapter| Topic { slug: chapter.slug.to_owned(), title: chapter.title.clone() }).collect()
}

/// A chapter as HTML.
pub fn html(lang: Lang, slug: &str) -> Option<String> {
    book(lang).iter().find(|chapter| chapter.slug == slug).map(|chapter| chapter.html.clone())
}

/// Is there this chapter, or section of one (`tiers#grace`), in both languages?
#[cfg(test)]
pub fn has(place: &str) -> bool {
    let (slug, id) = place.split_once('#').unwrap_or((place, ""));
    let stands = |chapter: &Chapter| chapter.slug == slug && chapter.sections.iter().any(|section| section.id == id);
    [Lang::Zh, Lang::En].into_iter().all(|lang| book(lang).iter().any(stands))
}

/// Sections in which every word stands, headings before text.
pub fn search(lang: Lang, q: &str) -> Vec<Hit> {
    let q = q.to_lowercase();
    let words: Vec<&str> = q.split_whitespace().take(8).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let mut hits: Vec<(usize, Hit)> = Vec::new();
    for chapter in book(lang) {
        for section in &chapter.sections {
            let (title, heading, text) = (chapter.title.to_lowercase(), section.heading.to_lowercase(), section.text.to_lowercase());
            let weigh = |word: &&str| {
                let stands = |place: &str, weight: usize| if place.contains(*word) { weight } else { 0 };
                stands(&heading, 10) + stands(&title, if section.id.is_empty() { 12 } else { 1 }) + stands(&text, 3)
            };
            let weights: Vec<usize> = words.iter().map(weigh).collect();
            if weights.iter().all(|weight| *weight > 1) {
                let hit = Hit {
                    slug: chapter.slug.to_owned(),
                    anchor: section.id.clone(),
                    title: chapter.title.clone(),
                    heading: section.heading.clone(),
                    excerpt: excerpt(&section.text, words[0]),
                };
                hits.push((weights.iter().sum(), hit));
            }
        }
    }
    hits.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    hits.into_iter().take(HITS_MAX).map(|(_, hit)| hit).collect()
}

/// Some text around where the word stands.
fn excerpt(text: &str, word: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let lower = text.to_lowercase();
    let at = lower.find(word).map_or(0, |at| lower[..at].chars().count());
    let from = at.saturating_sub(EXCERPT / 3).min(chars.len());
    let to = (from + EXCERPT).min(chars.len());
    let cut: String = chars[from..to].iter().collect();
    format!("{}{}{}", if from > 0 { "…" } else { "" }, cut.trim(), if to < chars.len() { "…" } else { "" })
}

/// Only the first heading is the chapter's; the page has its own above it, so all go one level down.
fn read(slug: &'static str, markdown: &str) -> Chapter {
    let events: Vec<Event> = Parser::new_ext(markdown, Options::ENABLE_HEADING_ATTRIBUTES | Options::ENABLE_TABLES).collect();
    let mut sections = vec![Section::default()];
    let mut title = String::new();
    let mut inside = None::<HeadingLevel>;
    for event in &events {
        match event {
            Event::Start(Tag::Heading { level, id, .. }) => {
                inside = Some(*level);
                if *level != HeadingLevel::H1 {
                    sections.push(Section { id: id.as_ref().map(ToString::to_string).unwrap_or_default(), ..Section::default() });
                }
            }
            Event::End(TagEnd::Heading(_)) => inside = None,
            Event::Text(text) | Event::Code(text) => match (inside, sections.last_mut()) {
                (Some(HeadingLevel::H1), _) => title.push_str(text),
                (Some(_), Some(section)) => section.heading.push_str(text),
                (None, Some(section)) => section.text.push_str(text),
                (_, None) => {}
            },
            Event::End(TagEnd::Paragraph | TagEnd::Item) | Event::SoftBreak => {
                if let Some(section) = sections.last_mut() {
                    section.text.push(' ');
                }
            }
            _ => {}
        }
    }
    let lower = |level: HeadingLevel| match level {
        HeadingLevel::H1 => HeadingLevel::H2,
        HeadingLevel::H2 => HeadingLevel::H3,
        _ => HeadingLevel::H4,
    };
    let lowered = events.into_iter().map(|event| match event {
        Event::Start(Tag::Heading { level, id, classes, attrs }) => Event::Start(Tag::Heading { level: lower(level), id, classes, attrs }),
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
        event => event,
    });
    let mut html = String::new();
    push_html(&mut html, lowered);
    Chapter { slug, title, html, sections }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_sections() {
        for (zh, en) in ZH.iter().zip(EN.iter()) {
            let ids = |chapter: &Chapter| chapter.sections.iter().map(|section| section.id.clone()).collect::<Vec<_>>();
            assert_eq!(ids(zh), ids(en), "{}", zh.slug);
            assert!(!zh.title.is_empty() && !en.title.is_empty());
            assert!(ids(zh)[1..].iter().all(|id| !id.is_empty()), "{}: every section can be pointed at", zh.slug);
        }
    }

    #[test]
    fn chapters_lead_to_each_other_and_nowhere_else() {
        for chapter in ZH.iter().chain(EN.iter()) {
            for place in chapter.html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(place.strip_prefix("/help/").is_some_and(has), "{} leads to {place}", chapter.slug);
            }
        }
    }

    #[test]
    fn words_are_found_where_they_stand() {
        let first = |lang, q| search(lang, q).into_iter().next().map(|hit| format!("{}#{}", hit.slug, hit.anchor)).unwrap_or_default();
        assert_eq!(first(Lang::Zh, "宽限期"), "tiers#grace");
        assert_eq!(first(Lang::En, "GRACE"), "tiers#grace");
        assert_eq!(first(Lang::En, "clear text"), "customers#reveal");
        assert_eq!(first(Lang::Zh, "满分线"), "scoring#weights");
        assert_eq!(first(Lang::En, "curve"), "contribution#curve");
        assert_eq!(search(Lang::Zh, "没有这样的词").len(), 0);
        assert!(html(Lang::En, "tiers").unwrap().contains("<h3 id=\"grace\">Grace</h3>"));
        assert_eq!(html(Lang::En, "nothing"), None);
    }
}
