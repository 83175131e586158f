//! Where two texts of a mapping differ, line by line.

/// Lines beyond so many are told as one stretch: comparing each with each would take long.
const LINES_MAX: usize = 400;

/// A stretch that differs: the line of the second text at which it begins, from 1, and what either text has there.
pub fn differing(one: &str, other: &str) -> Vec<(usize, String, String)> {
    let (one, other): (Vec<&str>, Vec<&str>) = (one.lines().collect(), other.lines().collect());
    let head = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let tail = one[head..].iter().rev().zip(other[head..].iter().rev()).take_while(|(one, other)| one == other).count();
    let (one, other) = (&one[head..one.len() - tail], &other[head..other.len() - tail]);
    if one.is_empty() && other.is_empty() {
        return Vec::new();
    }
    if one.len() > LINES_MAX || other.len() > LINES_MAX {
        return vec![(head + 1, one.join("\n"), other.join("\n"))];
    }
    // How many lines two ends have in common.
    let mut common = vec![vec![0_usize; other.len() + 1]; one.len() + 1];
    for (at, line) in one.iter().enumerate().rev() {
        for (to, with) in other.iter().enumerate().rev() {
            common[at][to] = if line == with { common[at + 1][to + 1] + 1 } else { common[at + 1][to].max(common[at][to + 1]) };
        }
    }
    let (mut at, mut to) = (0, 0);
    let mut found: Vec<(usize, Vec<&str>, Vec<&str>)> = Vec::new();
    let mut open = false;
    while at < one.len() || to < other.len() {
        if at < one.len() && to < other.len() && one[at] == other[to] {
            (at, to, open) = (at + 1, to + 1, false);
            continue;
        }
        if !open {
            found.push((head + to + 1, Vec::new(), Vec::new()));
            open = true;
        }
        let Some((_, gone, come)) = found.last_mut() else { break };
        if to == other.len() || at < one.len() && common[at + 1][to] >= common[at][to + 1] {
            gone.push(one[at]);
            at += 1;
        } else {
            come.push(other[to]);
            to += 1;
        }
    }
    found.into_iter().map(|(line, gone, come)| (line, gone.join("\n"), come.join("\n"))).collect()
}

#[cfg(test)]
mod tests {
    use super::differing;

    #[test]
    fn stretches_that_differ_are_told_with_their_line() {
        let one = "name = \"a\"\nsource = \"x\"\n[format]\nseparator = \";\"\n[codes.sex]\nM = \"male\"\n";
        let other = "name = \"a\"\nsource = \"y\"\n[format]\nseparator = \";\"\nencoding = \"gbk\"\n[codes.sex]\n";
        let told = differing(one, other);
        let lines = |told: &[(usize, String, String)]| told.iter().map(|(line, ..)| *line).collect::<Vec<_>>();
        assert_eq!(lines(&told), [2, 5, 7]);
        assert_eq!(told[0], (2, "source = \"x\"".into(), "source = \"y\"".into()));
        assert_eq!(told[1], (5, String::new(), "encoding = \"gbk\"".into()));
        assert_eq!(told[2], (7, "M = \"male\"".into(), String::new()));
        assert!(differing(one, one).is_empty());
        assert_eq!(differing("", "a\nb"), [(1, String::new(), "a\nb".into())]);
        let long = "x\n".repeat(500);
        assert_eq!(differing(&long, "y").len(), 1);
    }
}
