//! Curves by currency and day: points as a table that can be typed and pasted, drawn beside the curve before.

use chrono::NaiveDate;
use guanhu_domain::{
    Currency, FieldProblem, Lang, Rule,
    contribution::{
        curve::{CurvePoint, gap, rate},
        pricing::{Curve, Prices, TenorUse, parse_points, parse_rate, parse_tenor, point_faults},
    },
};
use guanhu_ui::{
    Button, ButtonKind, Choice, DateInput, Field, Glyph, IconButton, LineChart, LineSpec, Measure, Section, Select, Series, TextArea,
    TextInput, format_count, format_date, t, use_lang,
};
use leptos::{prelude::*, reactive::owner::WeakOwner};
use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::{Sender, api, text, told};
use crate::{
    clash::Side,
    drafts::{Draft, Restored},
    shell::use_me,
};

/// One point in the making.
#[derive(Clone, Copy)]
struct Point {
    id: u32,
    tenor: RwSignal<String>,
    rate: RwSignal<String>,
}

impl Point {
    fn read(self) -> Option<CurvePoint> {
        let tenor_months = self.tenor.with(|text| parse_tenor(text))?;
        let rate = self.rate.with(|text| parse_rate(text))?;
        Some(CurvePoint { tenor_months, rate })
    }

    fn is_empty(self) -> bool {
        self.tenor.with(|text| text.trim().is_empty()) && self.rate.with(|text| text.trim().is_empty())
    }
}

#[derive(Clone, Copy)]
struct Form {
    known: RwSignal<Vec<Curve>>,
    currency: RwSignal<String>,
    from: RwSignal<Option<NaiveDate>>,
    points: RwSignal<Vec<Point>>,
    next: StoredValue<u32>,
    /// Of the page: signals made by a button of a notice would go with the notice.
    owner: StoredValue<Option<WeakOwner>>,
}

/// What is typed of a curve: the revision it is typed over, from when, and tenor and rate of each point.
type Typed = (i32, Option<NaiveDate>, Vec<(String, String)>);

impl Form {
    fn point(self, tenor: String, rate: String) -> Point {
        self.next.update_value(|next| *next += 1);
        let id = self.next.get_value();
        let make = move || Point { id, tenor: RwSignal::new(tenor), rate: RwSignal::new(rate) };
        match self.owner.with_value(|owner| owner.as_ref().and_then(WeakOwner::upgrade)) {
            Some(owner) => owner.with(make),
            None => make(),
        }
    }

    fn texts(self) -> Vec<(String, String)> {
        self.points.get().into_iter().map(|point| (point.tenor.get(), point.rate.get())).collect()
    }

    /// Does it say something else than the stored curve of its day?
    fn says_more(self, from: Option<NaiveDate>, texts: &[(String, String)]) -> bool {
        let currency = self.currency.get_untracked();
        let stored = self.known.with_untracked(|known| {
            known.iter().find(|curve| curve.currency.code() == currency && Some(curve.valid_from) == from).map(|curve| shown(&curve.points))
        });
        match stored {
            Some(stored) => stored != texts,
            None => texts.iter().any(|(_, rate)| !rate.trim().is_empty()),
        }
    }

    fn fill(self, points: &[CurvePoint]) {
        self.write(shown(points));
    }

    fn write(self, texts: Vec<(String, String)>) {
        self.points.set(texts.into_iter().map(|(tenor, rate)| self.point(tenor, rate)).collect());
    }

    /// Opens a curve of the currency, the newest without a day.
    fn open(self, from: Option<NaiveDate>) {
        let curve = self.known.with_untracked(|known| {
            let currency = self.currency.get_untracked();
            known.iter().find(|curve| curve.currency.code() == currency && from.is_none_or(|from| from == curve.valid_from)).cloned()
        });
        self.from.set(curve.as_ref().map(|curve| curve.valid_from).or_else(|| use_me().map(|me| me.business_date)));
        match curve {
            Some(curve) => self.fill(&curve.points),
            None => self.points.set([1, 3, 6, 12, 24, 36, 60].map(|tenor| self.point(tenor.to_string(), String::new())).into()),
        }
    }

    /// Rows that say something, and what is wrong with each.
    fn read(self) -> (Vec<CurvePoint>, Vec<(u32, Rule)>) {
        let rows: Vec<Point> = self.points.get().into_iter().filter(|point| !point.is_empty()).collect();
        let mut faults = Vec::new();
        let mut points = Vec::new();
        let mut ids = Vec::new();
        for row in rows {
            match row.read() {
                Some(point) => {
                    points.push(point);
                    ids.push(row.id);
                }
                None => faults.push((row.id, Rule::NotANumber)),
            }
        }
        for FieldProblem { field, rule } in point_faults(&points) {
            let at = field.strip_prefix("points/").and_then(|at| at.parse::<usize>().ok());
            // Without any point there is no row to tell it of.
            faults.push((at.and_then(|at| ids.get(at).copied()).unwrap_or(0), rule));
        }
        points.sort_by_key(|point| point.tenor_months);
        (points, faults)
    }

    /// The stored curve of this day, else the one that it follows.
    fn before(self) -> Option<Curve> {
        let (currency, from) = (self.currency.get(), self.from.get()?);
        self.known.with(|known| {
            let older = known.iter().filter(|curve| curve.currency.code() == currency && curve.valid_from <= from);
            older.max_by_key(|curve| curve.valid_from).cloned()
        })
    }
}

/// Points as they stand in the table.
fn shown(points: &[CurvePoint]) -> Vec<(String, String)> {
    points.iter().map(|point| (point.tenor_months.to_string(), point.rate.normalize().to_string())).collect()
}

/// Keeps what is typed of each currency's curve, and brings it back with the currency.
fn keep(form: Form, sender: Sender, draft: Draft, restored: RwSignal<bool>) {
    // Of which day something is kept.
    let kept = StoredValue::new(None::<Option<NaiveDate>>);
    Effect::new(move |_| {
        let currency = form.currency.get();
        draft.about(&currency);
        kept.set_value(None);
        restored.set(false);
        sender.begin_again();
        draft.restore(move |(revision, from, texts): Typed| {
            if form.currency.try_get_untracked() == Some(currency) && form.says_more(from, &texts) {
                kept.set_value(Some(from));
                sender.revision.set(revision);
                form.from.set(from);
                form.write(texts);
                restored.set(true);
            }
        });
    });
    Effect::new(move |before: Option<(Option<NaiveDate>, Vec<(String, String)>)>| {
        let now = (form.from.get(), form.texts());
        if before.is_some_and(|before| before != now) {
            if form.says_more(now.0, &now.1) {
                kept.set_value(Some(now.0));
                draft.keep(&(sender.revision.get_untracked(), now.0, &now.1));
            } else if kept.get_value() == Some(now.0) {
                // Looking at another day throws nothing away.
                kept.set_value(None);
                draft.forget();
            }
        }
        now
    });
}

pub fn curves(prices: &Prices) -> AnyView {
    let lang = use_lang();
    let sender = Sender::new(prices);
    let form = Form {
        known: RwSignal::new(prices.curves.clone()),
        currency: RwSignal::new(prices.base_currency.code().to_owned()),
        from: RwSignal::new(None),
        points: RwSignal::new(Vec::new()),
        next: StoredValue::new(0),
        owner: StoredValue::new(Owner::current().map(|owner| owner.downgrade())),
    };
    form.open(None);
    let (draft, restored) = (Draft::of("curve", ""), RwSignal::new(false));
    keep(form, sender, draft, restored);
    let discard = move |()| {
        sender.begin_again();
        form.open(None);
        draft.forget();
    };
    let read = Memo::new(move |_| form.read());
    let currencies = prices.currencies.clone();
    let choices = Signal::derive(move || {
        let lang = lang.get();
        let without = |currency: &Currency| form.known.with(|known| known.iter().all(|curve| curve.currency != *currency));
        let label = |currency: &Currency| {
            if without(currency) { format!("{currency} · {}", text::no_curve(lang)) } else { currency.to_string() }
        };
        currencies.iter().map(|currency| Choice::new(currency.code(), label(currency))).collect::<Vec<_>>()
    });
    let days = move || {
        let currency = form.currency.get();
        let days: Vec<NaiveDate> =
            form.known.with(|known| known.iter().filter(|curve| curve.currency.code() == currency).map(|curve| curve.valid_from).collect());
        days.into_iter()
            .map(|day| {
                let here = move || (form.from.get() == Some(day)).then_some("true");
                view! {
                    <li><button type="button" class="prices-day" aria-current=here on:click=move |_| form.open(Some(day))>{move || format_date(day, lang.get())}</button></li>
                }
            })
            .collect_view()
    };
    // What was sent last: it is what is sent again over somebody else's.
    let removing = StoredValue::new(false);
    let stored = move |currency: Currency, from: NaiveDate| {
        form.known.with_untracked(|known| known.iter().find(|curve| curve.currency == currency && curve.valid_from == from).cloned())
    };
    let untouched = move |currency: Currency, from: NaiveDate| {
        let before = stored(currency, from);
        move |now: &Prices| now.curves.iter().find(|curve| curve.currency == currency && curve.valid_from == from) == before.as_ref()
    };
    let save = move || {
        let (points, faults) = read.get_untracked();
        let (Some(valid_from), Some(currency)) = (form.from.get_untracked(), Currency::new(&form.currency.get_untracked())) else { return };
        if !faults.is_empty() {
            return;
        }
        removing.set_value(false);
        let curve = Curve { currency, valid_from, points };
        let kept = curve.clone();
        let sent = draft.once_sent();
        sender.send(
            format!("{curve:?}"),
            move |revision, key| api::set_curve(curve.clone(), revision, key),
            untouched(currency, valid_from),
            move || {
                sent();
                restored.set(false);
                form.known.update(|known| {
                    known.retain(|curve| (curve.currency, curve.valid_from) != (kept.currency, kept.valid_from));
                    known.push(kept);
                    known.sort_by(|a, b| a.currency.cmp(&b.currency).then(b.valid_from.cmp(&a.valid_from)));
                });
            },
        );
    };
    let is_stored = move || {
        let (currency, from) = (form.currency.get(), form.from.get());
        form.known.with(|known| known.iter().any(|curve| curve.currency.code() == currency && Some(curve.valid_from) == from))
    };
    let remove = move || {
        let (Some(valid_from), Some(currency)) = (form.from.get_untracked(), Currency::new(&form.currency.get_untracked())) else { return };
        removing.set_value(true);
        let call = move |revision, key| api::remove_curve(currency, valid_from, revision, key);
        // Its points stay in the table: saving them again takes it back.
        sender.send(format!("remove {currency} {valid_from}"), call, untouched(currency, valid_from), move || {
            form.known.update(|known| known.retain(|curve| (curve.currency, curve.valid_from) != (currency, valid_from)));
        });
    };
    let sides = move |now: &Prices, lang| {
        let (currency, from) = (form.currency.get(), form.from.get());
        let there = now.curves.iter().find(|curve| curve.currency.code() == currency && Some(curve.valid_from) == from);
        let theirs = there.map(|curve| curve.points.clone()).unwrap_or_default();
        let mine = if removing.get_value() { Vec::new() } else { read.get().0 };
        let mut tenors: Vec<u32> = theirs.iter().chain(&mine).map(|point| point.tenor_months).collect();
        tenors.sort_unstable();
        tenors.dedup();
        let rate = |points: &[CurvePoint], tenor: u32| {
            points.iter().find(|point| point.tenor_months == tenor).map(|point| format!("{}%", point.rate.normalize())).unwrap_or_default()
        };
        tenors.into_iter().map(|tenor| Side::new(text::months(lang, tenor), rate(&theirs, tenor), rate(&mine, tenor))).collect::<Vec<_>>()
    };
    let take_theirs = move |now: &Prices| {
        form.known.set(now.curves.clone());
        form.open(form.from.get_untracked());
        draft.forget();
        restored.set(false);
    };
    let again = move || if removing.get_value() { remove() } else { save() };
    let pasted = RwSignal::new(String::new());
    let paste_fault = RwSignal::new(None::<Vec<usize>>);
    let take = move |_| match parse_points(&pasted.get_untracked()) {
        Ok(points) if !points.is_empty() => {
            form.fill(&points);
            paste_fault.set(None);
            pasted.set(String::new());
        }
        Ok(_) => paste_fault.set(Some(Vec::new())),
        Err(lines) => paste_fault.set(Some(lines)),
    };
    let paste_error = Signal::derive(move || {
        paste_fault.get().map(|lines| {
            let lines: Vec<String> = lines.iter().map(usize::to_string).collect();
            if lines.is_empty() { text::no_points(lang.get()).to_owned() } else { text::wrong_lines(lang.get(), &lines.join(", ")) }
        })
    });
    let spec = Signal::derive(move || spec(&read.get().0, form.before().as_ref(), lang.get()));
    let unsound = Signal::derive(move || form.from.get().is_none() || read.with(|(_, faults)| !faults.is_empty()));
    let nothing =
        move || read.with(|(points, faults)| points.is_empty() && faults.iter().all(|(id, _)| *id == 0)).then(|| t(text::no_points)());
    let tenors = StoredValue::new(prices.tenors.clone());
    let gaps = move || {
        let currency = form.currency.get();
        let lang = lang.get();
        let (between, beyond) = read.with(|(points, _)| tenors.with_value(|tenors| without_point(points, tenors, &currency)));
        let said = |lack: Lack, words: fn(Lang, &str, &str) -> String| {
            let names: Vec<String> = lack.tenors.iter().map(|tenor| text::months(lang, *tenor)).collect();
            let joint = if lang == Lang::Zh { "、" } else { ", " };
            (!names.is_empty()).then(|| words(lang, &names.join(joint), &format_count(lack.accounts)))
        };
        let beyond = said(beyond, text::use_beyond).map(|words| view! { <p class="notice" role="status">{words}</p> });
        let between = said(between, text::use_between).map(|words| view! { <p class="faint">{words}</p> });
        view! { {beyond} {between} }
    };
    view! {
        <Section title=t(text::curves) help="contribution#prices" note=t(text::curves_note)>
            <div class="prices-curve">
                <div class="prices-form">
                    <Restored shown=restored on_discard=discard />
                    <div class="prices-fields">
                        <Field name="curve-currency" label=t(text::currency)>
                            <Select value=form.currency choices on_change=Callback::new(move |_| form.open(None)) />
                        </Field>
                        <Field name="curve-from" label=t(text::valid_from) help="contribution#curve">
                            <DateInput value=form.from />
                        </Field>
                    </div>
                    <ul class="prices-days" aria-label=t(text::known_curves)>{days}</ul>
                    <table class="table-plain prices-points">
                        <caption class="sr-only">{t(text::points)}</caption>
                        <thead>
                            <tr>
                                <th scope="col">{t(text::tenor)}</th>
                                <th scope="col">{t(text::rate)}</th>
                                <td></td>
                            </tr>
                        </thead>
                        <tbody>
                            <For each=move || form.points.get() key=|point| point.id let:point>
                                <PointRow form point read />
                            </For>
                        </tbody>
                    </table>
                    <p class="faint" role="status">{nothing}</p>
                    <div class="prices-actions">
                        <Button icon=Glyph::Plus on_click=move |_| form.points.update(|points| points.push(form.point(String::new(), String::new())))>
                            {t(text::add_point)}
                        </Button>
                        <Button kind=ButtonKind::Primary busy=sender.attempt.busy disabled=unsound on_click=move |_| save()>{t(text::save_curve)}</Button>
                        {move || is_stored().then(|| view! { <Button kind=ButtonKind::Danger busy=sender.attempt.busy on_click=move |_| remove()>{t(text::remove_curve)}</Button> })}
                    </div>
                    {told(sender, sides, take_theirs, again)}
                    <details class="prices-paste">
                        <summary>{t(text::paste)}</summary>
                        <Field name="curve-paste" help="contribution#curve" label=t(text::paste_label) hint=t(text::paste_hint) error=paste_error>
                            <TextArea value=pasted rows=6 />
                        </Field>
                        <Button on_click=take>{t(text::take)}</Button>
                    </details>
                </div>
                <div class="prices-chart">
                    <LineChart title=t(text::chart_title) spec />
                    <p class="faint">{t(text::level_beyond)}</p>
                    {gaps}
                </div>
            </div>
        </Section>
    }
    .into_any()
}

#[component]
fn PointRow(form: Form, point: Point, read: Memo<(Vec<CurvePoint>, Vec<(u32, Rule)>)>) -> impl IntoView {
    let lang = use_lang();
    let fault = Memo::new(move |_| read.with(|(_, faults)| faults.iter().find(|(id, _)| *id == point.id).map(|(_, rule)| rule.clone())));
    let remove = move |_| form.points.update(|points| points.retain(|other| other.id != point.id));
    view! {
        <tr class:wrong=move || fault.with(Option::is_some)>
            <td><TextInput value=point.tenor label=t(text::tenor) inputmode="numeric" autocomplete="off" /></td>
            <td>
                <TextInput value=point.rate label=t(text::rate) inputmode="decimal" autocomplete="off" />
                {move || fault.get().map(|rule| view! { <div class="field-error">{rule.message(lang.get())}</div> })}
            </td>
            <td><IconButton glyph=Glyph::Close label=t(text::remove_point) on_click=remove /></td>
        </tr>
    }
    .into_any()
}

/// Tenors in use that a curve has no point for, and how many accounts ask for them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Lack {
    tenors: Vec<u32>,
    accounts: i64,
}

/// Those between two points, and those beyond the ends. `points` in rising order; a curve without any is told elsewhere.
fn without_point(points: &[CurvePoint], tenors: &[TenorUse], currency: &str) -> (Lack, Lack) {
    let (mut between, mut beyond) = (Lack::default(), Lack::default());
    for used in tenors.iter().filter(|used| used.currency.code() == currency) {
        let Some(gap) = gap(points, used.tenor_months) else { continue };
        let lack = if gap.below.is_some() && gap.above.is_some() { &mut between } else { &mut beyond };
        lack.tenors.push(used.tenor_months);
        lack.accounts += used.accounts;
    }
    (between, beyond)
}

/// What is typed, and the curve before it, at every tenor of either: by the arithmetic that prices accounts.
fn spec(points: &[CurvePoint], before: Option<&Curve>, lang: Lang) -> LineSpec {
    let mut points = points.to_vec();
    points.dedup_by_key(|point| point.tenor_months);
    let old = before.map(|curve| curve.points.as_slice()).unwrap_or_default();
    let mut tenors: Vec<u32> = points.iter().chain(old).map(|point| point.tenor_months).collect();
    tenors.sort_unstable();
    tenors.dedup();
    let line = |points: &[CurvePoint]| tenors.iter().map(|tenor| rate(points, *tenor).and_then(basis_points)).collect::<Vec<_>>();
    let mut series = vec![Series { name: text::typed(lang).into(), values: line(&points) }];
    if let Some(curve) = before {
        series.push(Series { name: text::stored(lang, &format_date(curve.valid_from, lang)), values: line(old) });
    }
    LineSpec {
        moments: tenors.iter().map(|tenor| text::months(lang, *tenor)).collect(),
        at: tenors.iter().map(|tenor| i64::from(*tenor)).collect(),
        series,
        measure: Measure::BasisPoints,
        from_zero: false,
    }
}

fn basis_points(rate: Decimal) -> Option<i64> {
    (rate * Decimal::ONE_HUNDRED).round().to_i64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenors_in_use_without_a_point_are_told_apart() {
        let used = |currency: &str, tenor_months, accounts| TenorUse { currency: Currency::new(currency).unwrap(), tenor_months, accounts };
        let points = [12, 36].map(|tenor_months| CurvePoint { tenor_months, rate: Decimal::ONE });
        let tenors = [used("CNY", 3, 4), used("CNY", 12, 9), used("CNY", 24, 5), used("CNY", 60, 6), used("USD", 18, 7)];
        let lack = |tenors: &[u32], accounts| Lack { tenors: tenors.to_vec(), accounts };
        assert_eq!(without_point(&points, &tenors, "CNY"), (lack(&[24], 5), lack(&[3, 60], 10)));
        assert_eq!(without_point(&[], &tenors, "USD"), (Lack::default(), Lack::default()));
    }

    #[test]
    fn two_curves_are_drawn_at_the_tenors_of_both() {
        let point = |tenor_months, rate: &str| CurvePoint { tenor_months, rate: rate.parse().unwrap() };
        let before =
            Curve { currency: Currency::CNY, valid_from: "2026-01-01".parse().unwrap(), points: vec![point(12, "1.9"), point(36, "2.2")] };
        let drawn = spec(&[point(24, "2"), point(60, "3.001")], Some(&before), Lang::Zh);
        assert_eq!(drawn.at, [12, 24, 36, 60]);
        assert_eq!(drawn.series[0].values, [Some(200), Some(200), Some(233), Some(300)]);
        assert_eq!(drawn.series[1].values, [Some(190), Some(205), Some(220), Some(220)]);
    }
}
