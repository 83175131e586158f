//! Languages and the typed texts of the product.
//!
//! A text exists in every language or the build fails: [`texts!`] has no way to leave one out.

use serde::{Deserialize, Serialize};

/// A language of the interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    #[default]
    Zh,
    En,
}

impl Lang {
    /// The BCP 47 tag for `<html lang>` and `Intl`.
    pub const fn tag(self) -> &'static str {
        match self {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }

    /// Picks by the short code kept in cookies and preferences; anything unknown is `None`.
    pub fn from_code(code: &str) -> Option<Lang> {
        match code {
            "zh" => Some(Lang::Zh),
            "en" => Some(Lang::En),
            _ => None,
        }
    }

    /// The short code kept in cookies and preferences.
    pub const fn code(self) -> &'static str {
        match self {
            Lang::Zh => "zh",
            Lang::En => "en",
        }
    }

    /// The first language of an `Accept-Language` header that the product speaks.
    pub fn from_accept_language(header: &str) -> Lang {
        header.split(',').filter_map(|part| Lang::from_code(part.trim().get(..2)?.to_ascii_lowercase().as_str())).next().unwrap_or_default()
    }
}

/// Declares texts as functions: `name: "中文" | "English";` or, with arguments that `format!`
/// captures, `name(n: i64): "{n} 位" | "{n} customers";`.
///
/// A text without arguments is `fn(Lang) -> &'static str`, one with arguments returns `String`.
#[macro_export]
macro_rules! texts {
    () => {};
    ($(#[$meta:meta])* $name:ident : $zh:literal | $en:literal ; $($rest:tt)*) => {
        $(#[$meta])*
        pub const fn $name(lang: $crate::i18n::Lang) -> &'static str {
            match lang {
                $crate::i18n::Lang::Zh => $zh,
                $crate::i18n::Lang::En => $en,
            }
        }
        $crate::texts! { $($rest)* }
    };
    ($(#[$meta:meta])* $name:ident ( $($arg:ident : $ty:ty),+ ) : $zh:literal | $en:literal ; $($rest:tt)*) => {
        $(#[$meta])*
        pub fn $name(lang: $crate::i18n::Lang, $($arg: $ty),+) -> String {
            match lang {
                $crate::i18n::Lang::Zh => format!($zh),
                $crate::i18n::Lang::En => format!($en),
            }
        }
        $crate::texts! { $($rest)* }
    };
}

#[cfg(test)]
mod tests {
    use super::Lang;

    texts! {
        save: "保存" | "Save";
        selected(n: i64): "已选 {n} 位" | "{n} selected";
    }

    #[test]
    fn a_text_speaks_both_languages() {
        assert_eq!(save(Lang::Zh), "保存");
        assert_eq!(selected(Lang::En, 3), "3 selected");
        assert_eq!(Lang::from_accept_language("fr, en-GB;q=0.8"), Lang::En);
    }
}
