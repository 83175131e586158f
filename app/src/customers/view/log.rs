//! Logging a contact: what was said, what came of it, what comes next.

use chrono::{DateTime, Days, Months, NaiveDate, NaiveTime, Utc};
use guanhu_domain::{
    Code, Problem, Rule, calendar,
    customers::{ActivityKind, NewActivity},
};
use guanhu_ui::{Button, ButtonKind, DateInput, Field, Glyph, Notice, Sheet, TextArea, TextInput, Tone, dom, format_date, t};
use leptos::{prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    here::{moment, use_here},
    text,
};
use crate::{Fail, attempt::Relogin, customers::view_api, drafts};

/// As typed, kept until it is saved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Draft {
    kind: String,
    summary: String,
    outcome: String,
    next_step: String,
    next_on: Option<NaiveDate>,
    /// The day of the contact, and the hour as typed; neither is now.
    #[serde(default)]
    on: Option<NaiveDate>,
    #[serde(default)]
    time: String,
    /// The same through all retries, so that a lost answer does not log twice.
    key: Uuid,
}

impl Draft {
    fn is_empty(&self) -> bool {
        self.summary.trim().is_empty() && self.outcome.trim().is_empty() && self.next_step.trim().is_empty()
    }

    /// When it was, by the bank's clock; `None` is now. A day without an hour is noon of it, but for today.
    fn happened_at(&self, today: NaiveDate) -> Option<DateTime<Utc>> {
        let time: Option<NaiveTime> = self.time.parse().ok();
        let (on, time) = match (self.on, time) {
            (None, None) => return None,
            (Some(on), None) if on == today => return None,
            (on, time) => (on.unwrap_or(today), time.unwrap_or(NOON)),
        };
        Some(moment(on.and_time(time)))
    }
}

const NOON: NaiveTime = NaiveTime::from_hms_opt(12, 0, 0).expect("noon");

#[component]
pub fn LogSheet() -> impl IntoView {
    let here = use_here();
    let kind = RwSignal::new(ActivityKind::Call.code().to_owned());
    let summary = RwSignal::new(String::new());
    let outcome = RwSignal::new(String::new());
    let next_step = RwSignal::new(String::new());
    let next_on = RwSignal::new(None::<NaiveDate>);
    let on = RwSignal::new(None::<NaiveDate>);
    let time = RwSignal::new(String::new());
    let key = RwSignal::new(Uuid::nil());
    let problem = RwSignal::new(None::<Fail>);
    let restored = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let kept = drafts::Draft::of("contact", here.no);

    // Was there something typed before?
    let began = StoredValue::new(false);

    let current = move || Draft {
        kind: kind.get(),
        summary: summary.get(),
        outcome: outcome.get(),
        next_step: next_step.get(),
        next_on: next_on.get(),
        on: on.get(),
        time: time.get(),
        key: key.get_untracked(),
    };
    let fill = move |draft: Draft| {
        kind.set(if draft.kind.is_empty() { ActivityKind::Call.code().to_owned() } else { draft.kind });
        summary.set(draft.summary);
        outcome.set(draft.outcome);
        next_step.set(draft.next_step);
        next_on.set(draft.next_on);
        on.set(draft.on);
        time.set(draft.time);
        key.set(if draft.key.is_nil() { Uuid::new_v4() } else { draft.key });
        problem.set(None);
    };
    // Whoever writes down a next step means tomorrow, unless another day is said or it is taken away.
    let said = Memo::new(move |_| next_step.with(|step| !step.trim().is_empty()));
    Effect::new(move |before: Option<bool>| {
        let now = said.get();
        if before == Some(false) && now && next_on.with_untracked(Option::is_none) {
            next_on.set(Some(working_day_after(here.today)));
        }
        now
    });
    // Opening brings back what was not saved, and puts the cursor where one writes.
    Effect::new(move |_| {
        if here.log.get() {
            restored.set(false);
            fill(Draft::default());
            kept.restore(move |draft: Draft| {
                restored.set(true);
                fill(draft);
            });
            dom::next_frame(|| dom::next_frame(|| dom::focus_id("f-summary")));
        }
    });
    Effect::new(move |_| {
        let draft = current();
        // A form that was only opened says nothing; one that was emptied takes back what was kept.
        match (here.log.get_untracked(), draft.is_empty()) {
            (true, false) => kept.keep(&draft),
            (true, true) if began.get_value() => kept.forget(),
            _ => {}
        }
        began.set_value(here.log.get_untracked() && !draft.is_empty());
    });

    let save = move || {
        if busy.get_untracked() {
            return;
        }
        let draft = untrack(current);
        if draft.summary.trim().is_empty() {
            problem.set(Some(Fail(Problem::field("summary", Rule::Required))));
            return dom::focus_id("f-summary");
        }
        let activity = NewActivity {
            kind: ActivityKind::from_code(&draft.kind).unwrap_or(ActivityKind::Call),
            happened_at: draft.happened_at(here.wall),
            summary: draft.summary.trim().to_owned(),
            outcome: draft.outcome.trim().to_owned(),
            next_step: Some(draft.next_step.trim().to_owned()).filter(|step| !step.is_empty()),
            next_on: draft.next_on.filter(|_| !draft.next_step.trim().is_empty()),
        };
        let lang = here.lang.get_untracked();
        let said = text::contact_logged(lang, activity.kind.name(lang));
        let sent = kept.once_sent();
        busy.set(true);
        spawn_local(async move {
            let answer = view_api::log_activity(here.no, draft.key, activity).await;
            busy.set(false);
            match answer {
                // The answer to an earlier save was lost: what is written by now would be another contact.
                Err(fail) if fail.0.code == Code::KeyReused => {
                    fill(Draft { key: Uuid::now_v7(), ..draft });
                    here.refresh();
                    problem.set(Some(fail));
                }
                Ok(()) => {
                    here.log.set(false);
                    fill(Draft::default());
                    sent();
                    here.refresh();
                    here.toasts.say(said);
                }
                Err(fail) => problem.set(Some(fail)),
            }
        });
    };
    let discard = move |_| {
        fill(Draft::default());
        kept.forget();
        restored.set(false);
    };
    let of = move |field: &'static str| {
        Signal::derive(move || problem.with(|problem| problem.as_ref().and_then(|fail| fail.0.of(field, here.lang.get()))))
    };
    let general = move || {
        problem.with(|problem| {
            let fail = problem.as_ref().filter(|fail| fail.0.fields.is_empty())?;
            let ended = (fail.0.code == Code::Unauthenticated).then(|| view! { " " <Relogin /> });
            let lang = here.lang.get();
            let words = if fail.0.code == Code::KeyReused { text::logged_before(lang).to_owned() } else { fail.message(lang) };
            Some(view! { {words} {ended} })
        })
    };
    let kinds = move || {
        ActivityKind::ALL
            .iter()
            .map(|this| {
                view! {
                    <button
                        type="button"
                        class="chip"
                        aria-pressed=move || (kind.get() == this.code()).to_string()
                        on:click=move |_| kind.set(this.code().to_owned())
                    >
                        {move || this.name(here.lang.get())}
                    </button>
                }
            })
            .collect_view()
    };
    let days = move || {
        let lang = here.lang.get();
        quick_days(here.today)
            .into_iter()
            .map(|(words, day)| {
                view! {
                    <button
                        type="button"
                        class="chip"
                        title=format_date(day, lang)
                        aria-pressed=move || (next_on.get() == Some(day)).to_string()
                        on:click=move |_| next_on.set(Some(day))
                    >
                        {words(lang)}
                    </button>
                }
            })
            .collect_view()
    };
    let whens = move || {
        let lang = here.lang.get();
        [(text::just_now as Words, None), (text::yesterday, Some(here.wall - Days::new(1)))]
            .into_iter()
            .map(|(words, day)| {
                view! {
                    <button
                        type="button"
                        class="chip"
                        aria-pressed=move || (on.get() == day && (day.is_some() || time.with(String::is_empty))).to_string()
                        on:click=move |_| {
                            on.set(day);
                            if day.is_none() {
                                time.set(String::new());
                            }
                        }
                    >
                        {words(lang)}
                    </button>
                }
            })
            .collect_view()
    };
    let (today, wall) = (here.today, here.wall);
    view! {
        <Sheet
            name="log"
            open=here.log
            title=t(text::log_contact)
            footer=move || view! {
                <span class="faint">{t(text::kept_while_typing)}</span>
                <Button on_click=move |_| here.log.set(false)>{t(text::cancel)}</Button>
                <Button kind=ButtonKind::Primary icon=Glyph::Check busy on_click=move |_| save()>
                    {t(text::save)}
                    <kbd>"Ctrl ↵"</kbd>
                </Button>
            }
        >
            <div class="stack">
                {move || restored.get().then(|| view! {
                    <Notice>
                        <span>{t(text::draft_restored)}</span>
                        <Button kind=ButtonKind::Quiet on_click=discard>{t(text::discard)}</Button>
                    </Notice>
                })}
                {move || general().map(|words| view! { <Notice tone=Tone::Alarm>{words}</Notice> })}
                <div class="line" role="group" aria-label=t(text::kind)>{kinds}</div>
                <div class="line c360-when-was" role="group" aria-label=t(text::happened)>
                    {whens}
                    <Field name="happened-on" label=t(text::happened_day) hint=t(text::happened_hint) error=of("happened_at")>
                        <DateInput value=on max=wall />
                    </Field>
                    <Field name="happened-time" label=t(text::happened_time)>
                        <TextInput value=time kind="time" />
                    </Field>
                </div>
                <Field name="summary" label=t(text::summary) hint=t(text::summary_hint) error=of("summary") required=true help="customers#contact">
                    <TextArea value=summary rows=4 maxlength=2000 />
                </Field>
                <Field name="outcome" label=t(text::outcome) error=of("outcome")>
                    <TextInput value=outcome maxlength=200 autocomplete="off" />
                </Field>
                <Field name="next_step" label=t(text::next_step) hint=t(text::next_step_hint) error=of("next_step")>
                    <TextInput value=next_step maxlength=200 autocomplete="off" />
                </Field>
                <div class="line" role="group" aria-label=t(text::quick_days)>{days}</div>
                <Field name="next_on" help="customers#dates" label=t(text::next_on) error=of("next_on")>
                    <DateInput value=next_on min=today says=calendar::day_words />
                </Field>
            </div>
        </Sheet>
    }
    .into_any()
}

type Words = fn(guanhu_domain::Lang) -> &'static str;

/// What a next step is for unless it is said.
fn working_day_after(today: NaiveDate) -> NaiveDate {
    calendar::working_day(today + Days::new(1))
}

/// Tomorrow, a week and a month from `today`; but for tomorrow a weekend or holiday moves to the working day after.
fn quick_days(today: NaiveDate) -> [(Words, NaiveDate); 3] {
    [
        (text::tomorrow as Words, today + Days::new(1)),
        (text::next_week, calendar::working_day(today + Days::new(7))),
        (text::next_month, calendar::working_day(today + Months::new(1))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yesterday_s_visit_is_logged_for_yesterday() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let today = day("2026-11-01");
        let at = |on: Option<&str>, time: &str| {
            let draft = Draft { on: on.map(day), time: time.into(), ..Draft::default() };
            draft.happened_at(today).map(|at| at.to_rfc3339())
        };
        assert_eq!(at(None, ""), None, "now");
        assert_eq!(at(Some("2026-11-01"), ""), None);
        assert_eq!(at(Some("2026-10-31"), "").as_deref(), Some("2026-10-31T04:00:00+00:00"), "noon in China");
        assert_eq!(at(Some("2026-10-31"), "09:30").as_deref(), Some("2026-10-31T01:30:00+00:00"));
        assert_eq!(at(None, "09:30").as_deref(), Some("2026-11-01T01:30:00+00:00"), "an hour of today");
    }

    #[test]
    fn a_promise_for_later_falls_on_a_working_day() {
        // 2026-10-31 is a Saturday; so is a week later, and the month after ends on a Monday.
        let today = NaiveDate::from_ymd_opt(2026, 10, 31).expect("a day");
        let days = quick_days(today).map(|(_, day)| day.to_string());
        assert_eq!(days, ["2026-11-01", "2026-11-09", "2026-11-30"]);
    }
}
