//! How well a few typed letters fit a name.

/// What a name begins with fits best, then what a word of it begins with, then what is in it, then letters
/// that stand in it in this order; 0 for anything else. Each typed word must fit.
pub fn score(typed: &str, name: &str) -> u32 {
    let name = name.to_lowercase();
    let whole = fit(typed, &name);
    if whole > 0 || !typed.contains(' ') {
        return whole;
    }
    let mut worst = u32::MAX;
    for word in typed.split_whitespace() {
        match fit(word, &name) {
            0 => return 0,
            score => worst = worst.min(score),
        }
    }
    if worst == u32::MAX { 0 } else { worst }
}

/// The same for initials, in which scattered letters say nothing.
pub fn within(typed: &str, initials: &str) -> u32 {
    match initials.find(typed) {
        Some(0) => 900 - spare(typed, initials),
        Some(_) if typed.len() > 1 => 500,
        _ => 0,
    }
}

fn fit(typed: &str, name: &str) -> u32 {
    match name.find(typed) {
        Some(0) => return 1_000 - spare(typed, name),
        Some(at) if name[..at].ends_with([' ', '\'']) => return 800 - spare(typed, name),
        Some(_) => return 600 - spare(typed, name),
        None => {}
    }
    scattered(typed, name)
}

/// How much of the name was not typed, a hundred at most.
fn spare(typed: &str, name: &str) -> u32 {
    u32::try_from(name.chars().count().saturating_sub(typed.chars().count())).unwrap_or(100).min(100)
}

/// Letters in their order, the fewer holes between them the better. Two letters are anywhere.
fn scattered(typed: &str, name: &str) -> u32 {
    if typed.chars().count() < 3 {
        return 0;
    }
    let mut holes = 0u32;
    let mut begun = false;
    let mut rest = name.chars();
    for letter in typed.chars() {
        loop {
            match rest.next() {
                Some(next) if next == letter => break,
                Some(_) if begun => holes += 1,
                Some(_) => {}
                None => return 0,
            }
        }
        begun = true;
    }
    300u32.saturating_sub(holes * 10).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closer_fit_wins() {
        let ranked = [score("board", "Board"), score("board", "The board"), score("boa", "Keyboard"), score("brd", "Board")];
        assert!(ranked.windows(2).all(|pair| pair[0] > pair[1]), "{ranked:?}");
        assert_eq!(score("zz", "Board"), 0);
        assert!(score("out log", "Log out") > 0, "words in any order");
    }

    #[test]
    fn initials_are_typed_in_a_row() {
        assert!(within("ghkb", "ghkb") > within("kb", "ghkb"));
        assert_eq!(within("gk", "ghkb"), 0);
    }
}
