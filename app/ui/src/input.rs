use chrono::NaiveDate;
use guanhu_domain::i18n::Lang;
use leptos::{ev, html, prelude::*, text_prop::TextProp};

use crate::{
    dom,
    field::{FieldLink, use_field},
    lang::use_lang,
    number::{AmountUnit, format_amount, format_exact, parse_amount},
    text,
};

/// The bare input that every typed field is made of.
#[allow(clippy::needless_pass_by_value)]
fn bare_input(
    kind: &'static str,
    class: &'static str,
    value: Signal<String>,
    set: Callback<String>,
    commit: Callback<()>,
    wrong: Option<Signal<bool>>,
    options: InputOptions,
) -> AnyView {
    let field = use_field();
    let initial = value.get_untracked();
    let node = NodeRef::<html::Input>::new();
    dom::bind_value(node, value, initial.clone(), set);
    let FieldLink { id, name, described_by, invalid, required } = field.unwrap_or_else(|| FieldLink {
        id: String::new(),
        name: String::new(),
        described_by: Signal::stored(None),
        invalid: Signal::stored(false),
        required: false,
    });
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Enter" && !event.is_composing() {
            commit.run(());
            // With Ctrl it is the dialog's.
            if let Some(on_enter) = options.on_enter.filter(|_| !event.ctrl_key() && !event.meta_key()) {
                on_enter.run(());
            }
        }
    };
    view! {
        <input
            node_ref=node
            class=class
            type=kind
            id=(!id.is_empty()).then_some(id)
            name=(!name.is_empty()).then_some(name)
            value=initial
            required=required
            aria-describedby=move || described_by.get()
            aria-invalid=move || (invalid.get() || wrong.is_some_and(|wrong| wrong.get())).then_some("true")
            aria-label=options.label.map(|label| move || label.get())
            placeholder=options.placeholder.map(|text| move || text.get())
            autocomplete=options.autocomplete
            inputmode=options.inputmode
            maxlength=options.maxlength
            autofocus=options.autofocus
            disabled=move || options.disabled.get()
            readonly=options.readonly
            on:input=move |event| set.run(event_target_value(&event))
            // An input that is taken away while it has the focus says so after it is gone.
            on:change=move |_| {
                let _ = commit.try_run(());
            }
            on:keydown=on_key
        />
    }
    .into_any()
}

struct InputOptions {
    label: Option<TextProp>,
    placeholder: Option<TextProp>,
    autocomplete: Option<&'static str>,
    inputmode: Option<&'static str>,
    maxlength: Option<u32>,
    autofocus: bool,
    disabled: Signal<bool>,
    readonly: bool,
    on_enter: Option<Callback<()>>,
}

/// A line of text. `kind` is the HTML type (`text`, `password`, `search`, `tel`, `email`); `label` only
/// outside a [`Field`](crate::Field). `on_commit` runs when the value is left or Enter is pressed.
///
/// `<TextInput value=name/>` with `name: RwSignal<String>`
#[component]
pub fn TextInput(
    value: RwSignal<String>,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional, into)] label: Option<TextProp>,
    #[prop(optional, into)] placeholder: Option<TextProp>,
    #[prop(optional)] autocomplete: Option<&'static str>,
    #[prop(optional)] inputmode: Option<&'static str>,
    #[prop(optional)] maxlength: Option<u32>,
    #[prop(optional)] autofocus: bool,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional)] readonly: bool,
    #[prop(optional, into)] on_commit: Option<Callback<String>>,
    #[prop(optional, into)] on_enter: Option<Callback<()>>,
) -> impl IntoView {
    let commit = Callback::new(move |()| {
        if let Some(on_commit) = on_commit {
            on_commit.run(value.get_untracked());
        }
    });
    let options = InputOptions { label, placeholder, autocomplete, inputmode, maxlength, autofocus, disabled, readonly, on_enter };
    bare_input(kind, "input", value.into(), Callback::new(move |typed| value.set(typed)), commit, None, options)
}

/// Several lines of text, growing with what is typed. `<TextArea value=note rows=3/>`
#[component]
pub fn TextArea(
    value: RwSignal<String>,
    #[prop(default = 3)] rows: u32,
    #[prop(optional, into)] label: Option<TextProp>,
    #[prop(optional, into)] placeholder: Option<TextProp>,
    #[prop(optional)] maxlength: Option<u32>,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    let field = use_field();
    let node = NodeRef::<html::Textarea>::new();
    dom::bind_textarea(node, value.into(), value.get_untracked(), Callback::new(move |typed| value.set(typed)));
    view! {
        <textarea
            node_ref=node
            class="input"
            rows=rows
            id=field.as_ref().map(|field| field.id.clone())
            name=field.as_ref().map(|field| field.name.clone())
            required=field.as_ref().is_some_and(|field| field.required)
            aria-describedby=field.as_ref().map(|field| { let by = field.described_by; move || by.get() })
            aria-invalid=field.map(|field| move || field.invalid.get().then_some("true"))
            aria-label=label.map(|label| move || label.get())
            placeholder=placeholder.map(|text| move || text.get())
            maxlength=maxlength
            disabled=move || disabled.get()
            prop:value=move || value.get()
            on:input=move |event| value.set(event_target_value(&event))
        ></textarea>
    }
    .into_any()
}

/// A figure typed as text and read by `parse`; keeps what was typed while it cannot be read.
fn parsed_input<T: Copy + PartialEq + Send + Sync + 'static>(
    value: RwSignal<Option<T>>,
    parse: fn(&str, u32) -> Option<T>,
    show: fn(T, u32) -> String,
    decimals: u32,
    disabled: Signal<bool>,
    label: Option<TextProp>,
    placeholder: Option<TextProp>,
) -> (AnyView, RwSignal<bool>) {
    let typed = RwSignal::new(value.get_untracked().map(|value| show(value, decimals)).unwrap_or_default());
    let wrong = RwSignal::new(false);
    // A value set from outside replaces what is shown; one that came from here does not.
    Effect::new(move |_| {
        let now = value.get();
        if !wrong.get_untracked() && parse(&typed.get_untracked(), decimals) != now {
            typed.set(now.map(|value| show(value, decimals)).unwrap_or_default());
        }
    });
    let set = Callback::new(move |text: String| {
        let parsed = parse(&text, decimals);
        wrong.set(parsed.is_none() && !text.trim().is_empty());
        typed.set(text);
        if value.get_untracked() != parsed {
            value.set(parsed);
        }
    });
    let commit = Callback::new(move |()| {
        if let Some(parsed) = parse(&typed.get_untracked(), decimals) {
            typed.set(show(parsed, decimals));
        }
    });
    let options = InputOptions {
        label,
        placeholder,
        autocomplete: Some("off"),
        inputmode: Some("decimal"),
        maxlength: Some(40),
        autofocus: false,
        disabled,
        readonly: false,
        on_enter: None,
    };
    let input = bare_input("text", "input number", typed.into(), set, commit, Some(wrong.into()), options);
    (input, wrong)
}

/// A whole number, grouped in thousands when left. `unit` stands behind it.
///
/// `<NumberInput value=count unit="户"/>` with `count: RwSignal<Option<i64>>`
#[component]
pub fn NumberInput(
    value: RwSignal<Option<i64>>,
    #[prop(optional, into)] unit: Option<TextProp>,
    #[prop(optional, into)] label: Option<TextProp>,
    #[prop(optional, into)] placeholder: Option<TextProp>,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    let (input, _) = parsed_input(value, parse_amount, format_exact, 0, disabled, label, placeholder);
    view! {
        <div class="affix">{input}{unit.map(|unit| view! { <span class="sign">{move || unit.get()}</span> })}</div>
    }
    .into_any()
}

/// Money in minor units. Understands `12.5万`, `1.2亿`, `125k`, `3M`, and says back how much that is.
///
/// `<MoneyInput value=amount currency="CNY"/>` with `amount: RwSignal<Option<i64>>`
#[component]
pub fn MoneyInput(
    value: RwSignal<Option<i64>>,
    #[prop(default = "CNY".to_string(), into)] currency: String,
    #[prop(default = 2)] decimals: u32,
    #[prop(optional, into)] label: Option<TextProp>,
    #[prop(optional, into)] placeholder: Option<TextProp>,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    let lang = use_lang();
    let (input, wrong) = parsed_input(value, parse_amount, format_exact, decimals, disabled, label, placeholder);
    let echo = move || {
        if wrong.get() {
            return text::amount_bad(lang.get()).to_string();
        }
        match value.get() {
            Some(minor) if AmountUnit::for_largest(minor, decimals, lang.get()) != AmountUnit::One => {
                let (figure, unit) = format_amount(minor, decimals, AmountUnit::Auto, lang.get());
                format!("= {figure}{unit}")
            }
            _ => String::new(),
        }
    };
    view! {
        <div class="affix">
            <span class="sign">{currency}</span>
            {input}
            <span class="sign" aria-live="polite">{echo}</span>
        </div>
    }
    .into_any()
}

/// A day, with the browser's own calendar. `says` are the words that stand below the day that is chosen, such as
/// those of [`calendar`](guanhu_domain::calendar): none while it returns an empty text.
///
/// `<DateInput value=birthday says=calendar::birthday_words/>` with `birthday: RwSignal<Option<NaiveDate>>`
#[component]
pub fn DateInput(
    value: RwSignal<Option<NaiveDate>>,
    #[prop(optional)] says: Option<fn(NaiveDate, Lang) -> String>,
    #[prop(optional, into)] label: Option<TextProp>,
    #[prop(optional)] min: Option<NaiveDate>,
    #[prop(optional)] max: Option<NaiveDate>,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    let lang = use_lang();
    let field = use_field();
    let node = NodeRef::<html::Input>::new();
    let shown = Signal::derive(move || value.get().map(|date| date.to_string()).unwrap_or_default());
    let set = Callback::new(move |typed: String| value.set(typed.parse().ok()));
    dom::bind_value(node, shown, shown.get_untracked(), set);
    view! {
        <input
            node_ref=node
            class="input"
            type="date"
            lang=move || if lang.get() == Lang::Zh { "zh-CN" } else { "en-GB" }
            id=field.as_ref().map(|field| field.id.clone())
            name=field.as_ref().map(|field| field.name.clone())
            required=field.as_ref().is_some_and(|field| field.required)
            aria-describedby=field.as_ref().map(|field| { let by = field.described_by; move || by.get() })
            aria-invalid=field.map(|field| move || field.invalid.get().then_some("true"))
            aria-label=label.map(|label| move || label.get())
            value=shown.get_untracked()
            min=min.map(|date| date.to_string())
            max=max.map(|date| date.to_string())
            disabled=move || disabled.get()
            on:change=move |event| set.run(event_target_value(&event))
        />
        {says.map(|says| {
            let words = move || value.get().map(|date| says(date, lang.get())).unwrap_or_default();
            view! { <div class="field-hint" aria-live="polite">{words}</div> }
        })}
    }
    .into_any()
}
