//! How a server function fails: the product's one problem type, with the right HTTP status.

use guanhu_domain::{Code, Lang, Problem};
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

use crate::{text, wire::JsonText};

/// The error of every server function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fail(pub Problem);

impl Fail {
    pub fn new(code: Code) -> Fail {
        Fail(Problem::new(code))
    }

    /// Did the server say no? What was asked for has not happened then; after any other failure it may have.
    pub fn is_refusal(&self) -> bool {
        !matches!(self.0.code, Code::Offline | Code::Busy | Code::Internal | Code::KeyReused)
    }

    /// What happened, what to do, and the reference to quote if there is one.
    pub fn message(&self, lang: Lang) -> String {
        let words = self.words(lang);
        match &self.0.reference {
            Some(reference) => format!("{words} {}", text::reference(lang, reference)),
            None => words,
        }
    }

    /// The same without the reference, for where that stands apart.
    pub fn words(&self, lang: Lang) -> String {
        match &self.0.fields[..] {
            [] => self.0.message(lang).to_owned(),
            fields => fields.iter().map(|field| field.rule.message(lang)).collect::<Vec<_>>().join(" "),
        }
    }
}

impl FromServerFnError for Fail {
    type Encoder = JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Fail {
        Fail::new(match error {
            ServerFnErrorErr::Request(_) => Code::Offline,
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Serialization(_) => Code::Malformed,
            // What a server reads are arguments.
            #[cfg(feature = "ssr")]
            ServerFnErrorErr::Deserialization(why) => {
                let problem = serde_json::from_str(&why).unwrap_or_else(|_| Problem::new(Code::Malformed));
                return crate::server::status(Fail(problem));
            }
            // The answer was not ours: a balancer's error page, or a server of another version.
            #[cfg(not(feature = "ssr"))]
            ServerFnErrorErr::Deserialization(_) => Code::Busy,
            _ => Code::Internal,
        })
    }
}

impl std::fmt::Display for Fail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
