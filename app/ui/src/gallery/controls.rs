use chrono::NaiveDate;
use guanhu_domain::calendar;
use leptos::prelude::*;

use super::text;
use crate::*;

pub fn buttons() -> AnyView {
    let pinned = RwSignal::new(true);
    let span = RwSignal::new(1);
    let choice = move |index: i32, words: fn(guanhu_domain::i18n::Lang) -> &'static str| {
        let pressed = Signal::derive(move || span.get() == index);
        view! { <Button pressed on_click=move |_| span.set(index)>{t(words)}</Button> }
    };
    view! {
        <Section title=t(text::buttons)>
            <div class="line">
                <Button kind=ButtonKind::Primary icon=Glyph::Phone>{t(text::log_contact)}</Button>
                <Button icon=Glyph::Import>{t(text::export)}</Button>
                <Button>{t(text::transfer)}</Button>
                <Button kind=ButtonKind::Danger>{t(text::end_assignment)}</Button>
                <Button kind=ButtonKind::Quiet href="#table">{t(text::all_changes)}</Button>
                <Button kind=ButtonKind::Primary busy=true>{t(text::saving)}</Button>
                <Button disabled=true>{t(text::not_allowed)}</Button>
                <ButtonGroup label=t(text::trend)>
                    {choice(0, text::week)} {choice(1, text::month)} {choice(2, text::year)}
                </ButtonGroup>
                <IconButton glyph=Glyph::Edit label=t(text::edit)/>
                <IconButton glyph=Glyph::Pin label=t(text::pin) pressed=pinned on_click=move |_| pinned.update(|on| *on = !*on)/>
                <IconButton glyph=Glyph::Trash label=t(text::delete) disabled=true/>
                <SearchBox label=t(text::find_manager) keys="Ctrl K" on_open=|()| ()/>
            </div>
        </Section>
    }
    .into_any()
}

pub fn fields() -> AnyView {
    let lang = use_lang();
    let name = RwSignal::new(String::new());
    let phone = RwSignal::new("1380013".to_string());
    let phone_error = Signal::derive(move || {
        let digits = phone.with(|phone| phone.chars().filter(char::is_ascii_digit).count());
        (digits != 11).then(|| text::phone_bad(lang.get()).to_string())
    });
    let amount = RwSignal::new(Some(125_000_000));
    let members = RwSignal::new(Some(3));
    let birthday = RwSignal::new(NaiveDate::from_ymd_opt(1986, 4, 17));
    let note = RwSignal::new(String::new());
    let number = RwSignal::new("6100 0028 4417".to_string());
    let fixed = RwSignal::new("id".to_string());
    view! {
        <Section title=t(text::fields)>
            <div class="form">
                <Field name="g-name" label=t(text::name) hint=t(text::name_hint) required=true>
                    <TextInput value=name placeholder="王小明"/>
                </Field>
                <Field name="g-phone" label=t(text::phone) error=phone_error>
                    <TextInput value=phone kind="tel" inputmode="numeric"/>
                </Field>
                <Field name="g-amount" label=t(text::amount) hint=t(text::amount_hint) help="start"><MoneyInput value=amount/></Field>
                <Field name="g-members" label=t(text::members)><NumberInput value=members unit=t(text::persons)/></Field>
                <Field name="g-birthday" label=t(text::birthday)><DateInput value=birthday says=calendar::birthday_words/></Field>
                <Field name="g-number" label=t(text::locked)><TextInput value=number readonly=true/></Field>
                <Field name="g-fixed" label=t(text::fixed)>
                    <Select
                        value=fixed
                        disabled=true
                        choices=Signal::derive(move || vec![Choice::new("id", text::id_card(lang.get()))])
                    />
                </Field>
                <Field name="g-note" label=t(text::note) wide=true>
                    <TextArea value=note placeholder=t(text::note_empty)/>
                </Field>
            </div>
        </Section>
    }
    .into_any()
}

/// Every kind of field as it is when it cannot be used, and when something is wrong.
pub fn states() -> AnyView {
    let lang = use_lang();
    let wrong = move |words: fn(guanhu_domain::i18n::Lang) -> &'static str| Signal::derive(move || Some(words(lang.get()).to_string()));
    let typed = |words: &str| RwSignal::new(words.to_string());
    let (login, occupation, password, remark) = (typed("Li.Wei"), typed("教师"), typed("12345678"), typed(""));
    let (kind, risk) = (typed(""), typed("R3"));
    let (members, income, capital) =
        (RwSignal::new(Some(20_000)), RwSignal::new(Some(25_000_000)), RwSignal::new(Some(123_456_789_012_34)));
    let follow = RwSignal::new(NaiveDate::from_ymd_opt(2026, 10, 1));
    let (opened, established) = (RwSignal::new(NaiveDate::from_ymd_opt(2014, 3, 9)), RwSignal::new(None));
    let manager = RwSignal::new(Some(Choice::new("010023", "王小明")));
    let groups = RwSignal::new(Vec::new());
    let none = Signal::stored(Vec::<Choice>::new());
    let (kept, started) = (RwSignal::new(true), RwSignal::new("09:30".to_string()));
    let risks = Signal::derive(|| ["R1", "R2", "R3", "R4", "R5"].map(|level| Choice::new(level, level)).to_vec());
    let kinds = Signal::derive(move || vec![Choice::new("p", text::personal(lang.get())), Choice::new("c", text::corporate(lang.get()))]);
    view! {
        <Section title=t(text::field_states)>
            <div class="form">
                <Field name="s-login" label=t(text::login) error=wrong(text::login_bad) required=true><TextInput value=login/></Field>
                <Field name="s-occupation" label=t(text::occupation)><TextInput value=occupation disabled=true/></Field>
                <Field name="s-password" label=t(text::password)><TextInput value=password kind="password" autocomplete="off"/></Field>
                <Field name="s-time" label=t(text::time)><TextInput value=started kind="time"/></Field>
                <Field name="s-members" label=t(text::members) error=wrong(text::members_bad)>
                    <NumberInput value=members unit=t(text::persons)/>
                </Field>
                <Field name="s-income" label=t(text::salary)><MoneyInput value=income disabled=true/></Field>
                <Field name="s-capital" label=t(text::capital)><MoneyInput value=capital/></Field>
                <Field name="s-follow" label=t(text::next_contact)><DateInput value=follow says=calendar::day_words/></Field>
                <Field name="s-opened" label=t(text::opened)><DateInput value=opened disabled=true/></Field>
                <Field name="s-established" label=t(text::established) error=wrong(text::date_bad) required=true>
                    <DateInput value=established/>
                </Field>
                <Field name="s-kind" label=t(text::kind) error=wrong(text::choose_one) required=true><Select value=kind choices=kinds/></Field>
                <Field name="s-risk" label=t(text::risk)><Select value=risk choices=risks/></Field>
                <Field name="s-manager" label=t(text::manager)>
                    <Combobox name="s-manager-box" value=manager choices=none disabled=true/>
                </Field>
                <Field name="s-groups" label=t(text::groups)>
                    <MultiSelect name="s-groups-box" values=groups choices=none placeholder=t(text::find_group)/>
                </Field>
                <Field name="s-remark" label=t(text::note) wide=true><TextArea value=remark disabled=true placeholder=t(text::note_empty)/></Field>
            </div>
            <div class="line"><Checkbox checked=kept label=t(text::only_mine) disabled=true/></div>
        </Section>
    }
    .into_any()
}

pub fn choices() -> AnyView {
    let lang = use_lang();
    let kind = RwSignal::new(String::new());
    let manager = RwSignal::new(None::<Choice>);
    let groups = RwSignal::new(vec!["salary".to_string(), "maturity".to_string()]);
    let dormant = RwSignal::new(true);
    let mine = RwSignal::new(false);
    let role = RwSignal::new("lead".to_string());
    let risk = RwSignal::new(true);
    let silent = RwSignal::new(false);
    let managers = vec![
        Choice::new("010023", "王小明").hint("010023").find("wxm wangxiaoming"),
        Choice::new("010031", "李建国").hint("010031").find("ljg lijianguo"),
        Choice::new("010047", "陈思远").hint("010047").find("csy chensiyuan"),
        Choice::new("010052", "赵敏").hint("010052").find("zm zhaomin"),
    ];
    let group_choices = Signal::derive(move || {
        let lang = lang.get();
        vec![
            Choice::new("salary", text::group_salary(lang)),
            Choice::new("dormant", text::group_dormant(lang)),
            Choice::new("birthday", text::group_birthday(lang)),
            Choice::new("maturity", text::group_maturity(lang)),
            Choice::new("owner", text::group_owner(lang)),
        ]
    });
    view! {
        <Section title=t(text::choices)>
            <div class="form">
                <Field name="g-kind" label=t(text::kind)>
                    <Select
                        value=kind
                        choices=Signal::derive(move || vec![
                            Choice::new("p", text::personal(lang.get())),
                            Choice::new("c", text::corporate(lang.get())),
                        ])
                    />
                </Field>
                <Field name="g-manager" label=t(text::manager)>
                    <Combobox name="g-manager-box" value=manager choices=managers placeholder=t(text::find_manager)/>
                </Field>
                <Field name="g-groups" label=t(text::groups)>
                    <MultiSelect name="g-groups-box" values=groups choices=group_choices/>
                </Field>
            </div>
            <div class="line">
                <Checkbox checked=dormant label=t(text::with_dormant)/>
                <Checkbox checked=mine label=t(text::only_mine)/>
                <Radio
                    name="g-role"
                    value=role
                    label=t(text::assignment_role)
                    choices=Signal::derive(move || vec![
                        ("lead".to_string(), text::lead(lang.get()).to_string()),
                        ("assist".to_string(), text::assist(lang.get()).to_string()),
                    ])
                />
            </div>
            <div class="line">
                <Chip field=t(text::tier) value=t(text::tier_2) on=true on_remove=move || ()/>
                <Chip field=t(text::aum) value=t(text::over_million) on=true on_remove=move || ()/>
                <ChipToggle on=risk label=t(text::at_risk)/>
                <ChipToggle on=silent label=t(text::no_contact)/>
            </div>
        </Section>
    }
    .into_any()
}
