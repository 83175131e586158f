//! The sheet of one opportunity: what was agreed, the way it came, and the form that opens or changes it.

use chrono::NaiveDate;
use guanhu_domain::{
    Currency, CustomerNo, Lang, Problem, calendar,
    opportunities::{NEXT_STEP_MAX, Opportunity, OpportunityChoices, OpportunityDetail, OpportunityForm, Source, Stage, TITLE_MAX},
};
use guanhu_ui::{
    Button, ButtonKind, Choice, DateInput, Fact, Facts, Field, Menu, MenuItem, MoneyInput, Notice, Select, Sheet, Skeleton, TextInput,
    TimeText, Tone, format_amount, format_date, t, use_lang,
};
use leptos::{prelude::*, task::spawn_local};

use super::{api, mover::Mover, text};
use crate::{
    Fail,
    attempt::{Attempt, Once, Told},
    clash::{Side, both, or_theirs},
    customers::view::local,
    drafts::{self, Draft, Restored},
};

/// What the sheet is about: one that is there, or a new one of the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub customer: CustomerNo,
    pub id: Option<String>,
}

/// What was read for it.
#[derive(Clone, Debug, PartialEq)]
struct Read {
    choices: OpportunityChoices,
    detail: Option<OpportunityDetail>,
}

async fn read(Subject { customer, id }: Subject, may: bool) -> Result<Read, Fail> {
    let choices = if may { api::choices(customer).await? } else { OpportunityChoices::default() };
    let detail = match id {
        Some(id) => Some(api::detail(customer, id).await?),
        None => None,
    };
    Ok(Read { choices, detail })
}

/// `1.20万`, with the currency where it is another than the base's.
pub fn money(minor: i64, currency: Currency, base: Currency, lang: Lang) -> String {
    let (figure, unit) = format_amount(minor, currency.exponent(), Default::default(), lang);
    if currency == base { format!("{figure}{unit}") } else { format!("{figure}{unit} {currency}") }
}

/// Opened by putting something into `subject`; `mover` hears what became of it. `base`: of the bank.
#[component]
pub fn OpportunitySheet(subject: RwSignal<Option<Subject>>, mover: Mover, may: bool, base: Currency) -> impl IntoView {
    let lang = use_lang();
    let open = RwSignal::new(false);
    let came = RwSignal::new(None::<Result<Read, Fail>>);
    Effect::new(move |_| {
        let Some(about) = subject.get() else { return };
        came.set(None);
        open.set(true);
        spawn_local(async move {
            let answer = read(about.clone(), may).await;
            if subject.try_get_untracked() == Some(Some(about)) {
                came.set(Some(answer));
            }
        });
    });
    Effect::new(move |_| {
        if !open.get() && subject.with_untracked(Option::is_some) {
            subject.set(None);
        }
    });
    let title = move || {
        let new = subject.with(|subject| subject.as_ref().is_none_or(|subject| subject.id.is_none()));
        if new { text::new(lang.get()) } else { text::edit_title(lang.get()) }
    };
    let body = move || match (came.get(), subject.get_untracked()) {
        (Some(Ok(read)), Some(about)) => inside(about, read, mover, may, base, open, subject),
        (Some(Err(fail)), _) => view! { <Notice tone=Tone::Alarm>{move || fail.message(lang.get())}</Notice> }.into_any(),
        _ => view! { <Skeleton lines=6 /> }.into_any(),
    };
    view! { <Sheet name="opportunity" open title>{body}</Sheet> }.into_any()
}

fn inside(
    about: Subject,
    read: Read,
    mover: Mover,
    may: bool,
    base: Currency,
    open: RwSignal<bool>,
    subject: RwSignal<Option<Subject>>,
) -> AnyView {
    let Read { choices, detail } = read;
    let known = detail.as_ref().map(|detail| known(detail, mover, may, base, open));
    let history = detail.as_ref().map(history);
    let before = detail.map(|detail| detail.card.opportunity);
    let form = may.then(|| form(about, choices, before, mover, base, open, subject));
    view! { <div class="stack">{known}{form}{history}</div> }.into_any()
}

/// Whose it is and how it stands; all of it for whoever only reads.
fn known(detail: &OpportunityDetail, mover: Mover, may: bool, base: Currency, open: RwSignal<bool>) -> AnyView {
    let lang = use_lang();
    let (customer, name) = (detail.card.customer_no, detail.card.customer.clone());
    let now = detail.card.opportunity.clone();
    let stage = now.stage;
    let ended = now
        .won_amount
        .map(|amount| (text::won_amount as fn(Lang) -> &'static str, money(amount, now.currency, base, lang.get_untracked())));
    let ended = ended.or_else(|| now.loss_reason.clone().map(|reason| (text::loss_reason as fn(Lang) -> &'static str, reason)));
    let ended = ended.map(|(label, value)| view! { <Fact label=t(label)>{value}</Fact> });
    let rest = (!may).then(|| {
        let now = now.clone();
        let product = now.product.clone();
        let owner = now.owner.clone().map(|owner| owner.name);
        view! {
            <Fact label=t(text::title)>{now.title}</Fact>
            <Fact label=t(text::product)>{move || product.name(lang.get()).to_owned()}</Fact>
            <Fact label=t(text::amount)>{move || money(now.amount, now.currency, base, lang.get())}</Fact>
            <Fact label=t(text::expected_on)>{move || format_date(now.expected_on, lang.get())}</Fact>
            <Fact label=t(text::owner)>{move || owner.clone().unwrap_or_else(|| text::nobody(lang.get()).to_owned())}</Fact>
            <Fact label=t(text::next_step)>{now.next_step}</Fact>
        }
    });
    let menu = may.then(|| {
        let go = Callback::new(move |to| {
            open.set(false);
            mover.go(customer, now.clone(), to);
        });
        view! { <Menu name="opportunity-move" label=t(text::move_to) items=stages(stage, go) /> }
    });
    view! {
        <Facts>
            <Fact label=t(text::customer)><a href=format!("/customers/{customer}")>{name}</a></Fact>
            <Fact label=t(text::stage)>{move || stage.name(lang.get())}</Fact>
            {rest}
            {ended}
        </Facts>
        {menu}
    }
    .into_any()
}

/// Every stage but its own.
pub fn stages(own: Stage, go: Callback<Stage>) -> Vec<MenuItem> {
    let others = Stage::ALL.iter().copied().filter(|stage| *stage != own);
    others
        .map(|stage| {
            let item = MenuItem::new(t_stage(stage), move || go.run(stage));
            if stage == Stage::Won { item.rule() } else { item }
        })
        .collect()
}

fn t_stage(stage: Stage) -> impl Fn() -> String + Send + Sync + 'static {
    let lang = use_lang();
    move || stage.name(lang.get()).to_owned()
}

fn history(detail: &OpportunityDetail) -> AnyView {
    let lang = use_lang();
    let opened_on = detail.card.opportunity.opened_on;
    let rows = detail
        .moves
        .iter()
        .map(|step| {
            let (from, to, at, by) = (step.from, step.to, step.at, step.by.clone());
            view! {
                <li>
                    <span class="pipe-step">{move || format!("{} → {}", from.name(lang.get()), to.name(lang.get()))}</span>
                    <span class="faint">{by} " " <TimeText time=local(at) /></span>
                </li>
            }
        })
        .collect_view();
    view! {
        <section>
            <h3>{t(text::history)}</h3>
            {detail.moves.is_empty().then(|| view! { <p class="faint">{t(text::no_moves)}</p> })}
            <ul class="pipe-history">{rows}</ul>
            <p class="faint">{move || text::opened_on(lang.get(), &format_date(opened_on, lang.get()))}</p>
        </section>
    }
    .into_any()
}

/// What is typed.
#[derive(Clone, Copy)]
struct Fields {
    title: RwSignal<String>,
    product: RwSignal<String>,
    source: RwSignal<String>,
    currency: RwSignal<String>,
    amount: RwSignal<Option<i64>>,
    expected_on: RwSignal<Option<NaiveDate>>,
    next_step: RwSignal<String>,
    owner: RwSignal<String>,
}

impl Fields {
    fn of(form: OpportunityForm) -> Fields {
        Fields {
            title: RwSignal::new(form.title),
            product: RwSignal::new(form.product),
            source: RwSignal::new(form.source.code().to_owned()),
            currency: RwSignal::new(form.currency.map(String::from).unwrap_or_default()),
            amount: RwSignal::new(Some(form.amount).filter(|amount| *amount != 0)),
            expected_on: RwSignal::new(form.expected_on),
            next_step: RwSignal::new(form.next_step),
            owner: RwSignal::new(form.owner.unwrap_or_default()),
        }
    }

    fn adopt(self, form: OpportunityForm) {
        self.title.set(form.title);
        self.product.set(form.product);
        self.source.set(form.source.code().to_owned());
        self.currency.set(form.currency.map(String::from).unwrap_or_default());
        self.amount.set(Some(form.amount).filter(|amount| *amount != 0));
        self.expected_on.set(form.expected_on);
        self.next_step.set(form.next_step);
        self.owner.set(form.owner.unwrap_or_default());
    }

    fn form(self) -> OpportunityForm {
        OpportunityForm {
            title: self.title.get(),
            product: self.product.get(),
            source: Source::from_code(&self.source.get()).unwrap_or(Source::Other),
            currency: Currency::new(&self.currency.get()),
            amount: self.amount.get().unwrap_or(0),
            expected_on: self.expected_on.get(),
            next_step: self.next_step.get(),
            owner: Some(self.owner.get()).filter(|owner| !owner.is_empty()),
        }
    }
}

fn form(
    about: Subject,
    choices: OpportunityChoices,
    before: Option<Opportunity>,
    mover: Mover,
    base: Currency,
    open: RwSignal<bool>,
    subject: RwSignal<Option<Subject>>,
) -> AnyView {
    let lang = use_lang();
    // Another one may be open when the answer to this one comes.
    let here = Some(about.clone());
    let here = StoredValue::new(here);
    let still_here = move || subject.try_get_untracked().is_some_and(|now| here.try_with_value(|here| *here == now) == Some(true));
    let Subject { customer, id } = about;
    let empty = || OpportunityForm {
        title: String::new(),
        product: String::new(),
        source: Source::Contact,
        currency: Some(base),
        amount: 0,
        expected_on: None,
        next_step: String::new(),
        owner: choices.owners.first().map(|owner| owner.code.clone()),
    };
    let start = before.as_ref().map_or_else(empty, Opportunity::form);
    let fields = Fields::of(start.clone());
    let seen_first = before.as_ref().map_or(0, |before| before.version);
    let version = RwSignal::new(seen_first);
    let clash = RwSignal::new(None::<Opportunity>);
    let restored = RwSignal::new(false);
    let (attempt, once) = (Attempt::new(), Once::new());
    let draft = Draft::of("opportunity", format!("{customer}-{}", id.as_deref().unwrap_or("new")));
    let first = start.clone();
    // With the version it was typed over: what somebody else changed since is not overwritten unseen.
    drafts::follow(
        draft,
        restored,
        move || (version.get_untracked(), fields.form()),
        move |(seen, kept): (i32, OpportunityForm)| {
            let other = kept != first;
            if other {
                version.set(seen);
                fields.adopt(kept);
            }
            other
        },
    );
    let discard = move |()| {
        version.set(seen_first);
        fields.adopt(start.clone());
        draft.forget();
    };
    let is_new = id.is_none();
    let id = StoredValue::new(id);
    let save = move || {
        let form = untrack(|| fields.form());
        let faults = form.faults();
        if !faults.is_empty() {
            return attempt.refuse(Fail(Problem::fields(faults)));
        }
        let seen = version.get_untracked();
        let key = once.key_for(&(seen, &form));
        let sent = draft.once_sent();
        let of = id.get_value();
        let call = async move {
            or_theirs(match of {
                Some(id) => api::change(customer, id, seen, form, key).await,
                None => api::open(customer, form, key).await,
            })
        };
        attempt.run(once.of(move |_| call), move |answer: Result<Opportunity, Opportunity>| {
            let now = match answer {
                Ok(now) => now,
                Err(theirs) => {
                    clash.try_set(Some(theirs));
                    return;
                }
            };
            sent();
            let lang = lang.try_get_untracked().unwrap_or_default();
            mover.say(if is_new { text::opened(lang, &now.title) } else { text::saved(lang, &now.title) });
            if still_here() {
                open.set(false);
            }
            mover.tell(customer, Some(now));
        });
    };
    let OpportunityChoices { owners, products, currencies } = choices;
    // What it is about stays to be chosen, though it is not sold any more.
    let own = before.map(|before| before.product).filter(|own| products.iter().all(|product| product.code != own.code));
    let products = Signal::derive(move || {
        let lang = lang.get();
        let own = own.iter().map(|own| Choice::new(&own.code, own.name(lang)));
        own.chain(products.iter().map(|product| Choice::new(&product.code, product.name(lang)))).collect::<Vec<_>>()
    });
    let sources =
        Signal::derive(move || Source::ALL.iter().map(|source| Choice::new(source.code(), source.name(lang.get()))).collect::<Vec<_>>());
    let several = owners.len() > 1;
    let owners = Signal::stored(owners.into_iter().map(|owner| Choice::new(owner.code, owner.name)).collect::<Vec<_>>());
    let foreign = currencies.len() > 1;
    let currencies = Signal::stored(currencies.iter().map(|currency| Choice::new(currency.code(), currency.code())).collect::<Vec<_>>());
    let amount = move || {
        let currency = Currency::new(&fields.currency.get()).unwrap_or(base);
        view! { <MoneyInput value=fields.amount currency=currency.code().to_owned() decimals=currency.exponent() /> }
    };
    let compared =
        move || clash.get().map(|theirs| versions(&theirs, fields, base, version, clash, attempt, Callback::new(move |()| save())));
    view! {
        <Restored shown=restored on_discard=discard />
        <Field name="opportunity-title" label=t(text::title) hint=t(text::title_hint) error=attempt.error("title") required=true>
            <TextInput value=fields.title maxlength=TITLE_MAX as u32 autocomplete="off" />
        </Field>
        <Field name="opportunity-product" label=t(text::product) error=attempt.error("product") required=true>
            <Select value=fields.product choices=products />
        </Field>
        {foreign.then(|| view! {
            <Field name="opportunity-currency" label=t(text::currency) error=attempt.error("currency")>
                <Select value=fields.currency choices=currencies />
            </Field>
        })}
        <Field name="opportunity-amount" label=t(text::amount) error=attempt.error("amount") required=true>{amount}</Field>
        <Field name="opportunity-expected" help="opportunities#amount" label=t(text::expected_on) error=attempt.error("expected_on") required=true>
            <DateInput value=fields.expected_on says=calendar::day_words />
        </Field>
        <Field name="opportunity-next" label=t(text::next_step) error=attempt.error("next_step")>
            <TextInput value=fields.next_step maxlength=NEXT_STEP_MAX as u32 autocomplete="off" />
        </Field>
        <Field name="opportunity-source" label=t(text::source)>
            <Select value=fields.source choices=sources />
        </Field>
        {several.then(|| view! {
            <Field name="opportunity-owner" help="opportunities#open" label=t(text::owner) error=attempt.error("owner")>
                <Select value=fields.owner choices=owners />
            </Field>
        })}
        <Told attempt />
        {compared}
        <div class="line sheet-actions">
            <Button kind=ButtonKind::Primary busy=attempt.busy on_click=move |_| save()>{t(text::save)}</Button>
            <Button on_click=move |_| open.set(false)>{t(text::cancel)}</Button>
        </div>
    }
    .into_any()
}

/// Theirs beside what was typed, and the choice.
fn versions(
    theirs: &Opportunity,
    fields: Fields,
    base: Currency,
    version: RwSignal<i32>,
    clash: RwSignal<Option<Opportunity>>,
    attempt: Attempt,
    save: Callback<()>,
) -> AnyView {
    let (now, stage, form) = (theirs.version, theirs.stage, StoredValue::new(theirs.form()));
    let told = move |form: &OpportunityForm, lang: Lang| {
        [
            (text::title(lang), form.title.clone()),
            (text::product(lang), form.product.clone()),
            (text::source(lang), form.source.name(lang).to_owned()),
            (text::amount(lang), money(form.amount, form.currency.unwrap_or(base), base, lang)),
            (text::expected_on(lang), form.expected_on.map(|on| format_date(on, lang)).unwrap_or_default()),
            (text::next_step(lang), form.next_step.clone()),
            (text::owner(lang), form.owner.clone().unwrap_or_default()),
        ]
    };
    // That it was moved, or given to somebody else, is all there may be.
    let sides = move |lang| {
        let moved = Side::new(text::stage(lang), stage.name(lang), "");
        let pairs = form.with_value(|theirs| told(theirs, lang)).into_iter().zip(told(&fields.form(), lang));
        std::iter::once(moved).chain(pairs.map(|((label, theirs), (_, mine))| Side::new(label, theirs, mine))).collect()
    };
    let take = Callback::new(move |()| {
        fields.adopt(form.get_value());
        version.set(now);
        attempt.clear();
        clash.set(None);
    });
    let keep = Callback::new(move |()| {
        version.set(now);
        clash.set(None);
        save.run(());
    });
    both(sides, take, keep)
}
