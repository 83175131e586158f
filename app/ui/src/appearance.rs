//! Theme and density, kept in context, on `<html>` and in a cookie.

use leptos::prelude::*;

use crate::dom;

/// How the page is coloured. `Auto` follows the system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
    Contrast,
}

impl Theme {
    pub const ALL: [Theme; 4] = [Theme::Auto, Theme::Light, Theme::Dark, Theme::Contrast];

    /// The value of `data-theme`; `None` leaves it to the system.
    pub const fn attribute(self) -> Option<&'static str> {
        match self {
            Theme::Auto => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
            Theme::Contrast => Some("contrast"),
        }
    }

    /// The short code kept in the `theme` cookie.
    pub const fn code(self) -> &'static str {
        match self.attribute() {
            Some(code) => code,
            None => "auto",
        }
    }

    /// Reads [`Theme::code`]; anything unknown is `Auto`.
    pub fn from_code(code: &str) -> Theme {
        Theme::ALL.into_iter().find(|theme| theme.code() == code).unwrap_or_default()
    }
}

/// How close lines stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Density {
    #[default]
    Comfortable,
    Compact,
}

impl Density {
    /// The value of `data-density` and of the `density` cookie.
    pub const fn code(self) -> &'static str {
        match self {
            Density::Comfortable => "comfortable",
            Density::Compact => "compact",
        }
    }

    /// Reads [`Density::code`]; anything unknown is `Comfortable`.
    pub fn from_code(code: &str) -> Density {
        if code == "compact" { Density::Compact } else { Density::Comfortable }
    }
}

/// The two switches of the page's looks.
#[derive(Clone, Copy)]
pub struct Appearance {
    pub theme: RwSignal<Theme>,
    pub density: RwSignal<Density>,
}

/// Puts theme and density into context; the server reads them from the `theme` and `density` cookies and
/// writes `data-theme`, `data-density` on `<html>`, so that nothing flashes.
///
/// `provide_appearance(Theme::from_code(cookie), Density::Comfortable);`
pub fn provide_appearance(theme: Theme, density: Density) -> Appearance {
    let appearance = Appearance { theme: RwSignal::new(theme), density: RwSignal::new(density) };
    provide_context(appearance);
    Effect::new(move |before: Option<(Theme, Density)>| {
        let now = (appearance.theme.get(), appearance.density.get());
        if before.is_some_and(|before| before != now) {
            dom::set_root_attribute("data-theme", now.0.attribute());
            dom::set_root_attribute("data-density", Some(now.1.code()));
            dom::set_cookie("theme", now.0.code());
            dom::set_cookie("density", now.1.code());
        }
        now
    });
    appearance
}

/// The page's looks; fixed defaults where none were provided.
///
/// `use_appearance().theme.set(Theme::Dark)`
pub fn use_appearance() -> Appearance {
    use_context::<Appearance>()
        .unwrap_or_else(|| Appearance { theme: RwSignal::new(Theme::Auto), density: RwSignal::new(Density::Comfortable) })
}
