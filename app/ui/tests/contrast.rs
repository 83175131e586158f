//! Measures the colours of `style/tokens.css`, and of what `style/print.css` makes of them: WCAG 2.2 contrast of every pair the product uses.

use std::{collections::BTreeMap, fs, path::Path};

type Oklch = (f64, f64, f64);

/// Relative luminance (WCAG 2.2) of a colour given in OKLCH (Björn Ottosson's matrices).
fn luminance((l, c, h): Oklch) -> f64 {
    let (a, b) = (c * h.to_radians().cos(), c * h.to_radians().sin());
    let cone = |x: f64| x * x * x;
    let long = cone(l + 0.396_337_777_4 * a + 0.215_803_757_3 * b);
    let medium = cone(l - 0.105_561_345_8 * a - 0.063_854_172_8 * b);
    let short = cone(l - 0.089_484_177_5 * a - 1.291_485_548_0 * b);
    let red = 4.076_741_662_1 * long - 3.307_711_591_3 * medium + 0.230_969_929_2 * short;
    let green = -1.268_438_004_6 * long + 2.609_757_401_1 * medium - 0.341_319_396_5 * short;
    let blue = -0.004_196_086_3 * long - 0.703_418_614_7 * medium + 1.707_614_701_0 * short;
    0.2126 * red.clamp(0.0, 1.0) + 0.7152 * green.clamp(0.0, 1.0) + 0.0722 * blue.clamp(0.0, 1.0)
}

fn contrast(a: Oklch, b: Oklch) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The opaque colours set in the block that follows `selector`.
fn colours(css: &str, selector: &str) -> BTreeMap<String, Oklch> {
    let block = css.split_once(selector).and_then(|(_, rest)| rest.split_once('}')).map_or("", |(block, _)| block);
    block
        .lines()
        .filter_map(|line| {
            let (name, value) = line.trim().strip_prefix("--")?.split_once(':')?;
            let numbers = value.trim().strip_prefix("oklch(")?.split_once(')')?.0;
            let mut numbers = numbers.split_whitespace().map(str::parse);
            let colour = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
            numbers.next().is_none().then(|| (name.to_string(), colour))
        })
        .collect()
}

#[test]
fn every_pair_in_use_has_contrast_to_spare() {
    let style = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../style");
    let css = fs::read_to_string(style.join("tokens.css")).expect("tokens.css");
    let light = colours(&css, ":root {");
    assert!(light.len() > 30, "{light:?}");
    let themed = |selector| {
        let mut theme = light.clone();
        theme.extend(colours(&css, selector));
        theme
    };
    // Paper is white whatever the screen was.
    let mut printed = themed(":root[data-theme=\"dark\"] {");
    printed.extend(colours(&fs::read_to_string(style.join("print.css")).expect("print.css"), ":root[data-theme] {"));
    let themes = [
        ("print from dark", printed, 4.5),
        ("light", light.clone(), 4.5),
        ("dark", themed(":root[data-theme=\"dark\"] {"), 4.5),
        ("dark by system", themed("(prefers-color-scheme: dark) {\n    :root:not([data-theme]) {"), 4.5),
        ("contrast", themed(":root[data-theme=\"contrast\"] {"), 7.0),
    ];
    let mut faults = Vec::new();
    for (theme, colour, text_least) in themes {
        let mut pair = |front: &str, back: &str, least: f64| {
            let found = contrast(colour[front], colour[back]);
            if found < least {
                faults.push(format!("{theme}: {front} on {back} is {found:.2}, needs {least}"));
            }
        };
        for ground in ["paper", "sheet", "sunken", "hover"] {
            for text in ["ink", "ink-2", "ink-3", "jade", "seal", "ochre"] {
                pair(text, ground, text_least);
            }
        }
        for ground in ["paper", "sheet", "sunken"] {
            pair("edge", ground, 3.0);
            for mark in ["tier-0", "tier-1", "tier-2", "tier-3", "tier-4", "tier-5"] {
                pair(mark, ground, 3.0);
            }
            for line in ["chart-1", "chart-2", "chart-3", "chart-4", "chart-5", "chart-6"] {
                pair(line, ground, 3.0);
            }
        }
        for (text, ground) in [
            ("on-jade", "jade"),
            ("on-jade", "jade-deep"),
            ("on-seal", "seal"),
            ("paper", "ink"),
            ("ink", "jade-wash"),
            ("ink-2", "jade-wash"),
            ("ink-3", "jade-wash"),
            ("jade", "jade-wash"),
            ("ink-2", "seal-wash"),
            ("seal", "seal-wash"),
            ("seal", "jade-wash"),
            ("ochre", "jade-wash"),
            ("ink", "ochre-wash"),
        ] {
            pair(text, ground, 4.5);
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
