//! The filters: each a chip that says its value, opens to change it, and can be taken away.

use guanhu_domain::{
    Lang,
    access::Role,
    customers::{CustomerQuery, Kind, ListChoices, State},
    tiers::MovementKind,
};
use guanhu_ui::{Button, ButtonKind, Field, Glyph, Icon, MoneyInput, NumberInput, Popover, Skeleton, use_lang};
use leptos::prelude::*;

use super::{
    super::{api::ListStart, dom},
    columns::Figures,
    listing::Listing,
    pick::{PickList, Pickable},
    question, text,
};
use crate::Asked;

/// Pause after which a typed figure is asked for.
const PAUSE_MS: u64 = 400;

type Words = fn(Lang) -> &'static str;

/// Where the names of the filters' codes come from.
#[derive(Clone, Copy)]
pub enum Names {
    /// They are here, or no filter needs one; what lists to choose from want comes once the page is alive.
    Here,
    /// With a list's first rows.
    Start(Asked<ListStart>),
    Asked(Asked<ListChoices>),
}

impl Names {
    async fn fetch(self) -> Option<ListChoices> {
        match self {
            Names::Here => None,
            Names::Start(start) => start.answer().await.ok()?.choices,
            Names::Asked(asked) => asked.answer().await.ok(),
        }
    }
}

/// [`Filters`], which wait for their names, so that what the server draws says words rather than codes.
pub fn named(listing: Listing, figures: Figures, role: Role, names: Names) -> AnyView {
    if let Names::Here = names {
        return view! { <Filters listing figures role /> }.into_any();
    }
    view! {
        <Suspense fallback=|| view! { <Skeleton lines=1 /> }>
            {move || Suspend::new(async move {
                if let Some(choices) = names.fetch().await {
                    listing.know(choices);
                }
                view! { <Filters listing figures role /> }.into_any()
            })}
        </Suspense>
    }
    .into_any()
}

/// All filters in a row; on a phone only those in force, until the row is opened.
#[component]
pub fn Filters(listing: Listing, figures: Figures, role: Role) -> impl IntoView {
    let lang = use_lang();
    // Units and managers tell nothing apart for whoever sees only customers of one manager, unless a link brought them.
    let units =
        listing.fetches && (role != Role::Manager || listing.query.with_untracked(|query| query.org.is_some() || query.manager.is_some()));
    let unfolded = RwSignal::new(false);
    let count = Memo::new(move |_| {
        listing.query.with(question::filters) - usize::from(!listing.fetches && listing.query.with(|query| query.org.is_some()))
    });
    view! {
        <div class="customer-filters" class:unfolded=move || unfolded.get() role="group" aria-label=move || text::filters(lang.get())>
            <button
                class="btn unfold"
                type="button"
                aria-expanded=move || unfolded.get().to_string()
                on:click=move |_| unfolded.update(|unfolded| *unfolded = !*unfolded)
            >
                <Icon glyph=Glyph::Filter />
                {move || if count.get() > 0 { text::filters_n(lang.get(), count.get()) } else { text::filters(lang.get()).to_owned() }}
            </button>
            {kind(listing)}
            {tier(listing)}
            {state(listing)}
            {entered(listing)}
            {moved(listing)}
            {units.then(|| unit(listing))}
            {units.then(|| manager(listing))}
            {product(listing)}
            {group(listing)}
            {aum(listing, figures)}
            {quiet(listing)}
            {move || {
                (count.get() > 1)
                    .then(|| {
                        view! {
                            <Button kind=ButtonKind::Quiet on_click=move |_| clear_all(listing)>
                                {move || text::clear_filters(lang.get())}
                            </Button>
                        }
                    })
            }}
        </div>
    }
}

/// Takes all filters away; words and order stay.
pub fn clear_all(listing: Listing) {
    let org = |query: &mut CustomerQuery| if listing.fetches { None } else { query.org.take() };
    listing
        .change(false, |query| *query = CustomerQuery { q: query.q.take(), org: org(query), sort: query.sort, ..CustomerQuery::default() });
}

/// One filter: a button that opens `inside` and, when in force, another that takes it away.
fn filter(
    name: &'static str,
    field: Words,
    value: Signal<Option<String>>,
    open: RwSignal<bool>,
    clear: Callback<()>,
    inside: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let lang = use_lang();
    let label = move || match value.get() {
        Some(value) => text::field_value(lang.get(), field(lang.get()), &value),
        None => field(lang.get()).to_owned(),
    };
    let inside = ViewFn::from(inside);
    let removable = move || {
        value.with(Option::is_some).then(|| {
            view! {
                <button
                    class="filter-clear"
                    type="button"
                    aria-label=move || text::clear_filter(lang.get(), field(lang.get()))
                    title=move || text::clear_filter(lang.get(), field(lang.get()))
                    on:click=move |_| clear.run(())
                >
                    <Icon glyph=Glyph::Close />
                </button>
            }
        })
    };
    view! {
        <div class="filter" class:set=move || value.with(Option::is_some)>
            <Popover name=format!("filter-{name}") label open=open>
                {inside.run()}
            </Popover>
            {removable}
        </div>
    }
    .into_any()
}

/// A filter that is one code of a list; picking it again takes it away.
fn single(
    name: &'static str,
    field: Words,
    listing: Listing,
    options: impl Fn(Lang, &ListChoices) -> Vec<Pickable> + Copy + Send + Sync + 'static,
    get: fn(&CustomerQuery) -> Option<String>,
    set: fn(&mut CustomerQuery, Option<String>),
) -> AnyView {
    let lang = use_lang();
    let open = RwSignal::new(false);
    let options = Signal::derive(move || listing.choices.with(|choices| options(lang.get(), choices)));
    let chosen = Memo::new(move |_| listing.query.with(get));
    let value = Signal::derive(move || {
        let code = chosen.get()?;
        Some(options.with(|options| options.iter().find(|option| option.code == code).map_or(code.clone(), |option| option.label.clone())))
    });
    let clear = Callback::new(move |()| listing.change(false, |query| set(query, None)));
    let pick = Callback::new(move |code: String| {
        open.set(false);
        listing.change(false, |query| {
            let again = get(query).as_deref() == Some(code.as_str());
            set(query, (!again).then_some(code));
        });
    });
    let inside = move || {
        view! {
            <PickList
                name
                label=Signal::derive(move || field(lang.get()).to_owned())
                options
                chosen=Signal::derive(move || chosen.get().into_iter().collect())
                on_pick=pick
            />
        }
        .into_any()
    };
    filter(name, field, value, open, clear, inside)
}

fn kind(listing: Listing) -> AnyView {
    single(
        "kind",
        text::kind,
        listing,
        |lang, _| Kind::ALL.iter().map(|kind| Pickable::new(kind.code(), kind.name(lang))).collect(),
        |query| query.kind.map(|kind| kind.code().to_owned()),
        |query, code| query.kind = code.and_then(|code| Kind::from_code(&code)),
    )
}

fn state(listing: Listing) -> AnyView {
    single(
        "state",
        text::state,
        listing,
        |lang, _| State::ALL.iter().map(|state| Pickable::new(state.code(), state.name(lang))).collect(),
        |query| query.state.map(|state| state.code().to_owned()),
        |query, code| query.state = code.and_then(|code| State::from_code(&code)),
    )
}

/// Entered the state lately.
fn entered(listing: Listing) -> AnyView {
    single(
        "entered",
        text::entered,
        listing,
        |lang, _| [7, 30, 90].map(|days: u16| Pickable::new(days.to_string(), text::within_days(lang, days))).to_vec(),
        |query| query.state_days.map(|days| days.to_string()),
        |query, code| query.state_days = code.and_then(|code| code.parse().ok()),
    )
}

/// Whose tier changed lately, or is about to.
fn moved(listing: Listing) -> AnyView {
    single(
        "tier-move",
        text::tier_move,
        listing,
        |lang, _| MovementKind::ALL.iter().map(|kind| Pickable::new(kind.code(), kind.name(lang))).collect(),
        |query| query.tier_move.map(|kind| kind.code().to_owned()),
        |query, code| query.tier_move = code.and_then(|code| MovementKind::from_code(&code)),
    )
}

fn unit(listing: Listing) -> AnyView {
    single(
        "org",
        text::org,
        listing,
        |_, choices| {
            let unit = |unit: &guanhu_domain::customers::UnitChoice| Pickable {
                depth: usize::try_from(unit.depth).unwrap_or(0),
                note: unit.code.clone(),
                ..Pickable::new(&unit.code, &unit.name)
            };
            choices.units.iter().map(unit).collect()
        },
        |query| query.org.clone(),
        |query, code| query.org = code,
    )
}

/// The pool has no manager, and this code.
const POOL: &str = "none";

fn manager(listing: Listing) -> AnyView {
    single(
        "manager",
        text::manager,
        listing,
        |lang, choices| {
            let pool = Pickable { note: text::pool_hint(lang).into(), ..Pickable::new(POOL, text::pool(lang)) };
            let managers = choices.people().map(|(manager, spelt)| Pickable {
                note: manager.code.clone(),
                find: spelt.to_owned(),
                ..Pickable::new(&manager.code, &manager.name)
            });
            std::iter::once(pool).chain(managers).collect()
        },
        |query| query.manager.clone(),
        |query, code| query.manager = code,
    )
}

fn product(listing: Listing) -> AnyView {
    single(
        "product",
        text::product,
        listing,
        move |lang, choices| {
            let mut part = None;
            let mut options = Vec::new();
            for product in &choices.products {
                let begins = part.replace(product.category) != Some(product.category);
                options.push(Pickable {
                    note: product.code.clone(),
                    part: begins.then(|| product.category.name(lang).to_owned()),
                    ..Pickable::new(&product.code, product.name(lang))
                });
            }
            // Asked for by a dashboard: those who do not hold it, or hold one and another.
            let asked = listing.query.with(|query| query.product.clone()).filter(|codes| codes.contains(['!', ',']));
            options.extend(asked.map(|codes| {
                let part = |code: &str| {
                    let (lacks, code) = (code.starts_with('!'), code.trim_start_matches('!'));
                    let product = choices.products.iter().find(|product| product.code == code);
                    let name = product.map_or_else(|| code.to_owned(), |product| product.name(lang).to_owned());
                    if lacks { text::lacks(lang, &name) } else { name }
                };
                Pickable::new(&codes, codes.split(',').map(part).collect::<Vec<_>>().join(" + "))
            }));
            options
        },
        |query| query.product.clone(),
        |query, code| query.product = code,
    )
}

fn group(listing: Listing) -> AnyView {
    single(
        "group",
        text::group,
        listing,
        |_, choices| choices.groups.iter().map(|group| Pickable::new(&group.code, &group.name)).collect(),
        |query| query.group.clone(),
        |query, code| query.group = code,
    )
}

/// Several tiers at once: any of them.
fn tier(listing: Listing) -> AnyView {
    let lang = use_lang();
    let options = Signal::derive(move || {
        let lang = lang.get();
        listing.choices.with(|choices| {
            let mut part = None;
            let option = |choice: &guanhu_domain::customers::TierChoice| {
                let begins = part.replace(choice.kind) != Some(choice.kind);
                Pickable {
                    mark: Some(choice.tier.mark),
                    part: begins.then(|| {
                        if choice.kind == Kind::Personal { text::personal_tiers(lang) } else { text::corporate_tiers(lang) }.to_owned()
                    }),
                    ..Pickable::new(&choice.tier.code, choice.tier.name(lang))
                }
            };
            choices.tiers.iter().map(option).collect::<Vec<_>>()
        })
    });
    let chosen = Memo::new(move |_| listing.query.with(|query| query.tier.clone()));
    let value = Signal::derive(move || {
        let codes = chosen.get();
        let name = |code: &String| {
            options.with(|options| options.iter().find(|option| option.code == *code).map_or(code.clone(), |option| option.label.clone()))
        };
        match codes.as_slice() {
            [] => None,
            [one] => Some(name(one)),
            [one, two] => Some(format!("{}, {}", name(one), name(two))),
            [one, ..] => Some(text::and_more(lang.get(), &name(one), if lang.get() == Lang::Zh { codes.len() } else { codes.len() - 1 })),
        }
    });
    let clear = Callback::new(move |()| listing.change(false, |query| query.tier.clear()));
    let pick = Callback::new(move |code: String| {
        listing.change(false, |query| match query.tier.iter().position(|tier| *tier == code) {
            Some(at) => drop(query.tier.remove(at)),
            None => query.tier.push(code),
        });
    });
    let inside = move || {
        view! {
            <PickList
                name="tier"
                label=Signal::derive(move || text::tier(lang.get()).to_owned())
                options
                chosen=Signal::derive(move || chosen.get())
                multiple=true
                on_pick=pick
            />
        }
        .into_any()
    };
    filter("tier", text::tier, value, RwSignal::new(false), clear, inside)
}

/// The steps people ask for, in whole units of the currency: 5, 20, 50, 100, 600 and 1,000 times 万.
const STEPS: [i64; 6] = [50_000, 200_000, 500_000, 1_000_000, 6_000_000, 10_000_000];

fn aum(listing: Listing, figures: Figures) -> AnyView {
    let lang = use_lang();
    let exponent = figures.currency.exponent();
    let range = Memo::new(move |_| listing.query.with(|query| (query.aum_min, query.aum_max)));
    let value = Signal::derive(move || {
        let lang = lang.get();
        let say = |minor| round(figures.short(minor, lang));
        match range.get() {
            (None, None) => None,
            (Some(least), None) => Some(text::from_up(lang, &say(least))),
            (None, Some(most)) => Some(text::up_to(lang, &say(most))),
            (Some(least), Some(most)) => Some(text::between(lang, &say(least), &say(most))),
        }
    });
    let set = move |(least, most)| listing.change(false, |query| (query.aum_min, query.aum_max) = (least, most));
    let clear = Callback::new(move |()| set((None, None)));
    let inside = move || {
        let (least, most) = range.get_untracked();
        let (least, most) = (RwSignal::new(least), RwSignal::new(most));
        let timer = StoredValue::new(None);
        Effect::new(move |before: Option<(Option<i64>, Option<i64>)>| {
            let now = (least.get(), most.get());
            if before.is_some_and(|before| before != now) {
                dom::debounce(timer, PAUSE_MS, move || set(now));
            }
            now
        });
        let steps = STEPS.map(|step| {
            let minor = step * 10_i64.pow(exponent);
            let on = Signal::derive(move || least.get() == Some(minor) && most.get().is_none());
            view! {
                <button
                    class="chip"
                    type="button"
                    aria-pressed=move || on.get().to_string()
                    on:click=move |_| {
                        least.set((!on.get_untracked()).then_some(minor));
                        most.set(None);
                    }
                >
                    {move || text::from_up(lang.get(), &round(figures.short(minor, lang.get())))}
                </button>
            }
        });
        view! {
            <div class="filter-range">
                <div class="steps">{steps.into_iter().collect_view()}</div>
                <Field name="aum-min" label=move || text::at_least(lang.get())>
                    <MoneyInput value=least currency=currency(figures) decimals=exponent />
                </Field>
                <Field name="aum-max" label=move || text::at_most(lang.get())>
                    <MoneyInput value=most currency=currency(figures) decimals=exponent />
                </Field>
            </div>
        }
        .into_any()
    };
    filter("aum", text::aum, value, RwSignal::new(false), clear, inside)
}

/// `50.00万` as `50万`: people ask for round figures.
fn round(figure: String) -> String {
    figure.replacen(".00", "", 1).replacen(".0k", "k", 1)
}

fn currency(figures: Figures) -> String {
    figures.currency.code().to_owned()
}

const QUIET: [u16; 5] = [30, 60, 90, 180, 365];

fn quiet(listing: Listing) -> AnyView {
    let lang = use_lang();
    let days = Memo::new(move |_| listing.query.with(|query| query.quiet_days));
    let value = Signal::derive(move || days.get().map(|days| text::days_or_more(lang.get(), days)));
    let set = move |days| listing.change(false, |query| query.quiet_days = days);
    let clear = Callback::new(move |()| set(None));
    let inside = move || {
        let typed = RwSignal::new(days.get_untracked().map(i64::from));
        let timer = StoredValue::new(None);
        Effect::new(move |before: Option<Option<i64>>| {
            let now = typed.get();
            if before.is_some_and(|before| before != now) {
                dom::debounce(timer, PAUSE_MS, move || set(now.and_then(|days| u16::try_from(days).ok()).filter(|days| *days > 0)));
            }
            now
        });
        let steps = QUIET.map(|step| {
            let on = Signal::derive(move || typed.get() == Some(i64::from(step)));
            view! {
                <button
                    class="chip"
                    type="button"
                    aria-pressed=move || on.get().to_string()
                    on:click=move |_| typed.set((!on.get_untracked()).then_some(i64::from(step)))
                >
                    {move || text::days_or_more(lang.get(), step)}
                </button>
            }
        });
        view! {
            <div class="filter-range">
                <div class="steps">{steps.into_iter().collect_view()}</div>
                <Field name="quiet-days" help="customers#views" label=move || text::quiet_label(lang.get())>
                    <NumberInput value=typed unit=move || text::days(lang.get()) />
                </Field>
            </div>
        }
        .into_any()
    };
    filter("quiet", text::quiet, value, RwSignal::new(false), clear, inside)
}
