use guanhu_domain::Lang;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Answer, Fail, wire::Call};

/// What the handbook shows: all chapters, and either one of them or where words were found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HelpPage {
    pub topics: Vec<Topic>,
    /// The chapter as HTML of our own making; `None` when there is none of that name.
    pub topic: Option<String>,
    pub q: Option<String>,
    pub hits: Vec<Hit>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    pub slug: String,
    pub title: String,
}

/// A section in which all words stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    pub slug: String,
    /// Id of the section; empty for a chapter's beginning.
    pub anchor: String,
    pub title: String,
    pub heading: String,
    pub excerpt: String,
}

/// A chapter (the first unless told), or what is found for `q`. For everybody who is logged in: the handbook
/// tells of no customer.
#[server(endpoint = "help/read", protocol = Call)]
pub async fn read_help(lang: Lang, topic: Option<String>, q: Option<String>) -> Result<Answer<HelpPage>, Fail> {
    use super::book;
    crate::server::acting()?;
    let hits = q.as_deref().map(|q| book::search(lang, q)).unwrap_or_default();
    let slug = topic.unwrap_or_else(|| book::FIRST.to_owned());
    let topic = if q.is_some() { None } else { book::html(lang, &slug) };
    if topic.is_none() && q.is_none() {
        crate::server::say_status(guanhu_domain::Code::NotFound);
    }
    Answer::new(HelpPage { topics: book::topics(lang), topic, q, hits })
}
