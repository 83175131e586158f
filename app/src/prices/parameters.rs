//! Terms of categories and, where they differ, of products.

use std::collections::BTreeMap;

use guanhu_domain::{
    Currency, Lang, Rule,
    contribution::pricing::{CategoryPricing, Prices, PricingChange, PricingTerms, ProductPricing, parse_rate},
    customers::Category,
};
use guanhu_ui::{Button, ButtonKind, Section, TextInput, format_exact, parse_amount, t, use_lang};
use leptos::prelude::*;
use rust_decimal::Decimal;

use super::{Sender, api, text, told};
use crate::{
    clash::Side,
    drafts::{Draft, Restored},
};

/// Terms by the names that faults have, with their heads.
const TERMS: [(&str, fn(Lang) -> &'static str); 7] = [
    ("day_basis", text::day_basis),
    ("tenor_months", text::behavioural),
    ("rate", text::own_rate),
    ("fee_rate", text::fee_rate),
    ("pd", text::pd),
    ("lgd", text::lgd),
    ("monthly_cost", text::monthly_cost),
];

fn shown(terms: &PricingTerms, decimals: u32) -> [String; 7] {
    let rate = |rate: Option<Decimal>| rate.map(|rate| rate.normalize().to_string()).unwrap_or_default();
    [
        terms.day_basis.map(|basis| basis.to_string()).unwrap_or_default(),
        terms.tenor_months.map(|tenor| tenor.to_string()).unwrap_or_default(),
        rate(terms.rate),
        rate(terms.fee_rate),
        rate(terms.pd),
        rate(terms.lgd),
        terms.monthly_cost.map(|cost| format_exact(cost, decimals).replace(',', "")).unwrap_or_default(),
    ]
}

/// What is typed, and which terms it is no figure for.
fn read(texts: &[String; 7], decimals: u32) -> (PricingTerms, Vec<(&'static str, Rule)>) {
    let mut wrong = Vec::new();
    let mut terms = PricingTerms::default();
    for ((name, _), text) in TERMS.iter().zip(texts) {
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        let understood = match *name {
            "day_basis" => text.parse().map(|basis| terms.day_basis = Some(basis)).is_ok(),
            "tenor_months" => text.parse().map(|tenor| terms.tenor_months = Some(tenor)).is_ok(),
            "monthly_cost" => parse_amount(text, decimals).map(|cost| terms.monthly_cost = Some(cost)).is_some(),
            of => parse_rate(text)
                .map(|rate| match of {
                    "rate" => terms.rate = Some(rate),
                    "fee_rate" => terms.fee_rate = Some(rate),
                    "pd" => terms.pd = Some(rate),
                    _ => terms.lgd = Some(rate),
                })
                .is_some(),
        };
        if !understood {
            wrong.push((*name, Rule::NotANumber));
        }
    }
    (terms, wrong)
}

enum Of {
    Category(CategoryPricing),
    Product(ProductPricing),
}

/// One row in the making.
#[derive(Clone, Copy)]
struct Row {
    of: StoredValue<Of>,
    cells: StoredValue<Vec<RwSignal<String>>>,
    /// As it was read, or last saved.
    seen: RwSignal<PricingTerms>,
    typed: Memo<(PricingTerms, Vec<(&'static str, Rule)>)>,
}

impl Row {
    fn new(of: Of, terms: PricingTerms, decimals: u32) -> Row {
        let is_category = matches!(of, Of::Category(_));
        let cells = StoredValue::new(shown(&terms, decimals).map(RwSignal::new).to_vec());
        let typed = Memo::new(move |_| {
            let texts = cells.with_value(|cells| std::array::from_fn(|at| cells[at].get()));
            let (terms, mut wrong) = read(&texts, decimals);
            for (name, rule) in terms.faults(is_category) {
                // Said once: what is no figure is not missing.
                if wrong.iter().all(|(other, _)| *other != name) {
                    wrong.push((name, rule));
                }
            }
            (terms, wrong)
        });
        Row { of: StoredValue::new(of), cells, seen: RwSignal::new(terms), typed }
    }

    fn is_changed(self) -> bool {
        self.typed.with(|(terms, wrong)| !wrong.is_empty() || *terms != self.seen.get())
    }

    fn is_wrong(self) -> bool {
        self.typed.with(|(_, wrong)| !wrong.is_empty())
    }

    /// Tells drafts of rows apart.
    fn key(self) -> String {
        self.of.with_value(|of| match of {
            Of::Category(of) => format!("category:{}", of.category),
            Of::Product(of) => format!("product:{}", of.product),
        })
    }

    fn name(self, lang: Lang) -> String {
        self.of.with_value(|of| match of {
            Of::Category(of) => {
                Category::from_code(&of.category).map_or_else(|| of.category.clone(), |category| category.name(lang).to_owned())
            }
            Of::Product(of) if lang == Lang::En && !of.name_en.is_empty() => of.name_en.clone(),
            Of::Product(of) => of.name.clone(),
        })
    }

    /// The same row as it stands there now.
    fn now(self, prices: &Prices) -> PricingTerms {
        self.of.with_value(|of| {
            let found = match of {
                Of::Category(of) => prices.categories.iter().find(|row| row.category == of.category).map(|row| row.terms),
                Of::Product(of) => prices.products.iter().find(|row| row.product == of.product).map(|row| row.terms),
            };
            found.unwrap_or_default()
        })
    }

    fn texts(self) -> Vec<String> {
        self.cells.with_value(|cells| cells.iter().map(|cell| cell.get()).collect())
    }

    fn write(self, texts: &[String]) {
        self.cells.with_value(|cells| cells.iter().zip(texts).for_each(|(cell, text)| cell.set(text.clone())));
    }
}

/// What is typed: the revision it is typed over, and the texts of every row that was changed.
type Typed = (i32, BTreeMap<String, Vec<String>>);

/// Keeps what is typed, and brings it back.
fn keep(rows: StoredValue<Vec<Row>>, sender: Sender, draft: Draft, restored: RwSignal<bool>) {
    let kept = StoredValue::new(false);
    Effect::new(move |before: Option<()>| {
        if before.is_some() {
            return;
        }
        draft.restore(move |(revision, texts): Typed| {
            rows.with_value(|rows| {
                for row in rows {
                    if let Some(texts) = texts.get(&row.key()) {
                        row.write(texts);
                    }
                }
            });
            if untrack(|| rows.with_value(|rows| rows.iter().any(|row| row.is_changed()))) {
                sender.revision.set(revision);
                restored.set(true);
            }
        });
    });
    Effect::new(move |before: Option<BTreeMap<String, Vec<String>>>| {
        let changed = |row: &&Row| row.is_changed();
        let now: BTreeMap<String, Vec<String>> =
            rows.with_value(|rows| rows.iter().filter(changed).map(|row| (row.key(), row.texts())).collect());
        if before.is_some_and(|before| before != now) {
            if !now.is_empty() {
                kept.set_value(true);
                draft.keep(&(sender.revision.get_untracked(), &now));
            } else if kept.get_value() {
                kept.set_value(false);
                draft.forget();
            }
        }
        now
    });
}

pub fn parameters(prices: &Prices) -> AnyView {
    let sender = Sender::new(prices);
    let decimals = Currency::exponent(prices.base_currency);
    let categories: Vec<Row> = prices.categories.iter().map(|row| Row::new(Of::Category(row.clone()), row.terms, decimals)).collect();
    let products: Vec<Row> = prices.products.iter().map(|row| Row::new(Of::Product(row.clone()), row.terms, decimals)).collect();
    let terms: Vec<(String, Memo<(PricingTerms, Vec<(&'static str, Rule)>)>)> =
        prices.categories.iter().zip(&categories).map(|(category, row)| (category.category.clone(), row.typed)).collect();
    let all = StoredValue::new(categories.iter().chain(&products).copied().collect::<Vec<_>>());
    let wrong = Memo::new(move |_| all.with_value(|rows| rows.iter().any(|row| row.is_wrong())));
    let changed = Memo::new(move |_| all.with_value(|rows| rows.iter().any(|row| row.is_changed())));
    let (draft, restored) = (Draft::of("prices", "terms"), RwSignal::new(false));
    keep(all, sender, draft, restored);
    let discard = move |()| {
        sender.begin_again();
        all.with_value(|rows| rows.iter().for_each(|row| row.write(&shown(&row.seen.get_untracked(), decimals))));
    };
    let save = move || {
        let mut change = PricingChange::default();
        let rows: Vec<Row> = all.with_value(|rows| rows.iter().filter(|row| untrack(|| row.is_changed())).copied().collect());
        for row in &rows {
            let terms = row.typed.with_untracked(|(terms, _)| *terms);
            row.of.with_value(|of| match of {
                Of::Category(of) => change.categories.push(CategoryPricing { terms, ..of.clone() }),
                Of::Product(of) => change.products.push(ProductPricing { terms, ..of.clone() }),
            });
        }
        let what = format!("{change:?}");
        let call = move |revision, key| api::set_parameters(PricingChange { revision, ..change.clone() }, key);
        let mine = rows.clone();
        let untouched = move |now: &Prices| mine.iter().all(|row| row.now(now) == row.seen.get_untracked());
        sender.send(what, call, untouched, move || {
            restored.set(false);
            for row in rows {
                row.seen.set(row.typed.with_untracked(|(terms, _)| *terms));
            }
        });
    };
    let sides = move |now: &Prices, lang| {
        let mut sides = Vec::new();
        all.with_value(|rows| {
            for row in rows.iter().filter(|row| row.is_changed()) {
                let (theirs, mine) = (shown(&row.now(now), decimals), row.typed.with(|(terms, _)| shown(terms, decimals)));
                for (at, (_, head)) in TERMS.iter().enumerate() {
                    sides.push(Side::new(format!("{} · {}", row.name(lang), head(lang)), &theirs[at], &mine[at]));
                }
            }
        });
        sides
    };
    let take = move |now: &Prices| {
        all.with_value(|rows| {
            for row in rows {
                let terms = row.now(now);
                row.seen.set(terms);
                row.write(&shown(&terms, decimals));
            }
        });
        restored.set(false);
    };
    let unsound = Signal::derive(move || wrong.get() || !changed.get());
    let category_rows = categories.into_iter().map(|row| line(row, None, decimals)).collect_view();
    let product_rows = products
        .into_iter()
        .map(|row| {
            let category = row.of.with_value(|of| if let Of::Product(of) = of { of.category.clone() } else { String::new() });
            let own = terms.iter().find(|(code, _)| *code == category).map(|(_, terms)| *terms);
            line(row, own, decimals)
        })
        .collect_view();
    view! {
        <Section title=t(text::parameters) help="contribution#parameters" note=t(text::parameters_note)>
            <Restored shown=restored on_discard=discard />
            {table(text::categories, category_rows.into_any())}
            <details class="prices-products">
                <summary>{t(text::products)}</summary>
                <p class="faint">{t(text::products_note)}</p>
                {table(text::products, product_rows.into_any())}
            </details>
            <div class="prices-actions">
                <Button kind=ButtonKind::Primary busy=sender.attempt.busy disabled=unsound on_click=move |_| save()>{t(text::save_parameters)}</Button>
            </div>
            {told(sender, sides, take, save)}
        </Section>
    }
    .into_any()
}

fn table(label: fn(Lang) -> &'static str, rows: AnyView) -> AnyView {
    let heads = TERMS.map(|(_, head)| view! { <th scope="col">{t(head)}</th> }).collect_view();
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=t(label)>
            <table class="table-plain prices-terms">
                <thead>
                    <tr>
                        <th scope="col">{t(label)}</th>
                        {heads}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A row; what a product leaves open shows its category's.
fn line(row: Row, own: Option<Memo<(PricingTerms, Vec<(&'static str, Rule)>)>>, decimals: u32) -> AnyView {
    let lang = use_lang();
    let name = move || row.name(lang.get());
    let note = row.of.with_value(|of| match of {
        Of::Category(_) => None,
        Of::Product(of) => Some(of.product.clone()),
    });
    let cells = TERMS
        .into_iter()
        .enumerate()
        .map(|(at, (term, head))| {
            let fault =
                Memo::new(move |_| row.typed.with(|(_, wrong)| wrong.iter().find(|(name, _)| *name == term).map(|(_, rule)| rule.clone())));
            let placeholder = move || match own {
                Some(own) => own.with(|(terms, _)| shown(terms, decimals)[at].clone()),
                None if term == "tenor_months" => text::matched(lang.get()).to_owned(),
                None => String::new(),
            };
            let value = row.cells.with_value(|cells| cells[at]);
            let label = move || format!("{} · {}", name(), head(lang.get()));
            view! {
                <td class:wrong=move || fault.with(Option::is_some)>
                    <TextInput value label placeholder inputmode="decimal" autocomplete="off" />
                    {move || fault.get().map(|rule| view! { <div class="field-error">{rule.message(lang.get())}</div> })}
                </td>
            }
        })
        .collect_view();
    view! {
        <tr>
            <th scope="row">{name} {note.map(|code| view! { <code class="faint">" "{code}</code> })}</th>
            {cells}
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_read_as_they_are_shown_and_what_is_no_figure_is_named() {
        let terms =
            PricingTerms { day_basis: Some(365), rate: Some("1.35".parse().unwrap()), monthly_cost: Some(1_20), ..PricingTerms::default() };
        assert_eq!(read(&shown(&terms, 2), 2), (terms, Vec::new()));
        let mut texts = shown(&terms, 2);
        (texts[2], texts[6]) = ("x".into(), "1.234".into());
        assert_eq!(read(&texts, 2).1, [("rate", Rule::NotANumber), ("monthly_cost", Rule::NotANumber)]);
    }
}
