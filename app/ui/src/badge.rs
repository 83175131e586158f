use leptos::{prelude::*, text_prop::TextProp};

/// How a state is felt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Neutral,
    Good,
    Warn,
    Alarm,
    /// A word without a mark.
    Plain,
}

impl Tone {
    pub const fn class(self) -> &'static str {
        match self {
            Tone::Neutral => "neutral",
            Tone::Good => "good",
            Tone::Warn => "warn",
            Tone::Alarm => "alarm",
            Tone::Plain => "plain",
        }
    }
}

/// A state in a word, its mark different in shape as well as colour. `<Badge tone=Tone::Good>"正常"</Badge>`
#[component]
pub fn Badge(#[prop(optional)] tone: Tone, children: Children) -> impl IntoView {
    view! { <span class=format!("badge {}", tone.class())>{children()}</span> }.into_any()
}

/// The number that waits; nothing at zero, `99+` beyond. `label` says of what.
/// `<Count value=unread label=t(text::unread)/>`
#[component]
pub fn Count(#[prop(into)] value: Signal<i64>, #[prop(into)] label: TextProp) -> impl IntoView {
    move || {
        let label = label.clone();
        let count = value.get();
        (count > 0).then(|| {
            let words = if count > 99 { "99+".to_string() } else { count.to_string() };
            view! {
                <span class="count"><span class="sr-only">{move || label.get()}" "</span>{words}</span>
            }
        })
    }
}

/// A person as the last characters of the name (two Chinese ones, or two initials).
/// Silent to screen readers: the name stands beside it. `<Avatar name="王小明"/>`
#[component]
pub fn Avatar(#[prop(into)] name: String, #[prop(optional)] large: bool) -> impl IntoView {
    view! { <span class="avatar" class:large=large aria-hidden="true">{initials(&name)}</span> }.into_any()
}

/// The last two characters of a Chinese name, or two initials: what [`Avatar`] shows.
pub fn initials(name: &str) -> String {
    let name = name.trim();
    if name.is_ascii() {
        let letters = name.split_whitespace().filter_map(|word| word.chars().next());
        return letters.take(2).collect::<String>().to_uppercase();
    }
    let count = name.chars().count();
    name.chars().skip(count.saturating_sub(2).min(count)).collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn a_person_is_known_by_the_given_name_or_two_letters() {
        assert_eq!(initials("王小明"), "小明");
        assert_eq!(initials("李娜"), "李娜");
        assert_eq!(initials("Jan van Dyk"), "JV");
        assert_eq!(initials(""), "");
    }
}
