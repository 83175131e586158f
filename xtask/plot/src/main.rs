//! Draws the growth of the chosen figures with the number of customers, both on logarithmic axes.
//!
//! `xtask-plot OUT.svg RESULT.json…`, with results of `cargo xtask bench` over banks of several sizes. A program of its
//! own, so that nobody waits for the drawing library who only wants to start the server.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::process::ExitCode;

use plotters::prelude::*;
use serde_json::Value;

/// A figure of a result, what its line is called, and its colour.
const CURVES: [(&str, &str, RGBColor); 8] = [
    ("executive · list · p95", "list, executive", RGBColor(14, 122, 95)),
    ("branch · list by name · p95", "list by name, branch manager", RGBColor(108, 168, 60)),
    ("executive · search 2 characters · p95", "search by two characters, executive", RGBColor(184, 51, 31)),
    ("executive · search pinyin · p95", "search by pinyin, executive", RGBColor(224, 137, 60)),
    ("executive · customer, large · p95", "one customer, executive", RGBColor(40, 84, 160)),
    ("branch · board · p95", "board, branch manager", RGBColor(120, 80, 160)),
    ("executive · bank · p95", "dashboard of the bank, executive", RGBColor(90, 90, 90)),
    ("one customer moved · p95", "one customer moved beside sixteen boards", RGBColor(0, 150, 190)),
];
/// What most answers are to stay below, ms.
const BUDGET: f64 = 50.0;
const SIZE: (u32, u32) = (960, 600);

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.split_first().ok_or_else(|| "xtask-plot OUT.svg RESULT.json…".into()).and_then(|(out, results)| plot(out, results)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask-plot: {error}");
            ExitCode::FAILURE
        }
    }
}

fn plot(out: &str, results: &[String]) -> Result<(), Box<dyn Error>> {
    let mut kept = Vec::new();
    for file in results {
        let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        kept.push(serde_json::from_str::<Value>(&text).map_err(|error| format!("{file}: {error}"))?);
    }
    let svg = draw(&points(&kept))?;
    fs::write(out, svg).map_err(|error| format!("{out}: {error}").into())
}

/// For each of [`CURVES`] milliseconds by customers.
fn points(results: &[Value]) -> Vec<BTreeMap<u64, f64>> {
    CURVES
        .iter()
        .map(|(figure, ..)| {
            let of = |result: &Value| -> Option<(u64, f64)> {
                let found = result["figures"].as_array()?.iter().find(|it| it["what"].as_str() == Some(*figure))?;
                Some((result["customers"].as_u64()?, found["value"].as_f64().filter(|value| *value > 0.0)?))
            };
            results.iter().filter_map(of).collect()
        })
        .collect()
}

fn draw(curves: &[BTreeMap<u64, f64>]) -> Result<String, Box<dyn Error>> {
    let customers: BTreeSet<u64> = curves.iter().flat_map(|curve| curve.keys().copied()).collect();
    let (Some(fewest), Some(most)) = (customers.first(), customers.last()) else {
        return Err("none of the results has a figure that is drawn".into());
    };
    if fewest == most {
        return Err(format!("all results are of {most} customers: a growth needs two sizes").into());
    }
    let values: Vec<f64> = curves.iter().flat_map(|curve| curve.values().copied()).chain([BUDGET]).collect();
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min) / 2.0;
    let highest = values.iter().copied().fold(0.0, f64::max) * 4.0;
    let (left, right) = (*fewest as f64 / 1.4, *most as f64 * 1.4);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&root)
            .margin(18)
            .x_label_area_size(48)
            .y_label_area_size(64)
            .build_cartesian_2d((left..right).log_scale(), (lowest..highest).log_scale())?;
        chart
            .configure_mesh()
            .x_desc("customers")
            .y_desc("p95, ms")
            .x_label_formatter(&|customers| short(*customers))
            .y_label_formatter(&|ms| short(*ms))
            .light_line_style(RGBColor(240, 240, 240))
            .bold_line_style(RGBColor(215, 215, 215))
            .draw()?;
        chart.draw_series(LineSeries::new([(left, BUDGET), (right, BUDGET)], RGBColor(160, 160, 160).stroke_width(1)))?;
        for ((_, name, colour), curve) in CURVES.iter().zip(curves).filter(|(_, curve)| !curve.is_empty()) {
            let colour = *colour;
            let points: Vec<(f64, f64)> = curve.iter().map(|(customers, ms)| (*customers as f64, *ms)).collect();
            chart
                .draw_series(LineSeries::new(points.clone(), colour.stroke_width(2)))?
                .label(*name)
                .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], colour.stroke_width(2)));
            chart.draw_series(points.into_iter().map(|point| Circle::new(point, 3, colour.filled())))?;
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE)
            .border_style(RGBColor(215, 215, 215))
            .draw()?;
        root.present()?;
    }
    Ok(svg)
}

/// 100,000 as `100 k`.
fn short(number: f64) -> String {
    match number {
        number if number >= 1e6 => format!("{} M", trimmed(number / 1e6)),
        number if number >= 1e3 => format!("{} k", trimmed(number / 1e3)),
        number => trimmed(number),
    }
}

fn trimmed(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn result(customers: u64, ms: f64) -> Value {
        json!({"customers": customers, "figures": [{"what": "executive · list · p95", "value": ms}, {"what": "other", "value": 1.0}]})
    }

    #[test]
    fn two_sizes_make_a_line_and_one_makes_none() {
        let both = points(&[result(1_000_000, 12.0), result(100_000, 9.0)]);
        assert_eq!(both[0].iter().collect::<Vec<_>>(), [(&100_000, &9.0), (&1_000_000, &12.0)]);
        let svg = draw(&both).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("list, executive") && svg.contains("100 k") && !svg.contains("board"), "{svg}");
        assert!(draw(&points(&[result(7, 1.0)])).unwrap_err().to_string().contains("two sizes"));
        assert!(draw(&points(&[])).is_err());
    }

    #[test]
    fn labels_are_short() {
        assert_eq!([50.0, 2.5, 100_000.0, 1e7].map(short), ["50", "2.5", "100 k", "10 M"]);
    }
}
