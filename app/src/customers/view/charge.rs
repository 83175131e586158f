//! In whose charge: what each assistant has of the contribution, who stops, and who comes to assist.

use std::collections::BTreeMap;

use guanhu_domain::{
    Code, CustomerNo, Lang, Problem,
    assignments::{NewTransfer, SHARE_MAX, Shares, SharesChange, TransferState},
    customers::{Assignment, AssignmentRole},
};
use guanhu_ui::{Button, ButtonKind, Checkbox, Choice, Combobox, Field, Glyph, NumberInput, Sheet, TextArea, t};
use leptos::{prelude::*, reactive::owner::WeakOwner, task::spawn_local};
use uuid::Uuid;

use super::{
    here::{Here, use_here},
    text,
};
use crate::{
    Answer, Fail,
    attempt::{Attempt, Once, Told},
    clash::{Side, both, or_theirs},
    drafts::{self, Draft},
    transfers::{api as transfers, moving::choice},
    wire::Call,
};

/// Says what each assistant has from today on; the answer is who has what then.
#[server(endpoint = "customer/shares", protocol = Call)]
pub async fn set_shares(no: CustomerNo, change: SharesChange, key: Uuid) -> Result<Shares, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::assignments::set_shares(&bank, &actor, no, &change, key).await;
    crate::server::settle(&bank, &actor, result).await
}

/// One who assists today.
#[derive(Clone)]
struct Line {
    code: String,
    name: String,
    /// What was read.
    seen: RwSignal<i64>,
    share: RwSignal<Option<i64>>,
    stops: RwSignal<bool>,
}

impl Line {
    fn is_touched(&self) -> bool {
        self.stops.get_untracked() || self.share.get_untracked() != Some(self.seen.get_untracked())
    }
}

/// Who has a part on the customer's business date.
pub fn holding(all: &[Assignment], here: Here) -> Vec<Assignment> {
    let today = here.business_date();
    all.iter().filter(|part| part.from <= today && part.to.is_none_or(|to| to > today)).cloned().collect()
}

fn whole(share: rust_decimal::Decimal) -> i64 {
    share.round().try_into().unwrap_or(0)
}

/// Opened from the header by whoever may change it.
#[component]
pub fn ChargeSheet() -> impl IntoView {
    let here = use_here();
    let lang = here.lang;
    let open = here.charge;
    let lines = RwSignal::new(Vec::<Line>::new());
    let lead = RwSignal::new(String::new());
    let reason = RwSignal::new(String::new());
    let attempt = Attempt::new();
    let once = Once::new();
    let draft = Draft::of("charge", here.no);
    drafts::one_value(draft, open, reason);
    // The shares as somebody else set them meanwhile.
    let clash = RwSignal::new(None::<Shares>);
    // Anew whenever it is opened, and whenever somebody came or went meanwhile.
    let parts = here.part(|customer| customer.assignments.clone());
    // What is typed in belongs to the sheet: fields of the lines before are on the screen until the new ones are.
    let owner = Owner::current().map(|owner| owner.downgrade());
    Effect::new(move |was_open: Option<bool>| {
        let parts = parts.with(|all| holding(all, here));
        if !open.get() {
            return false;
        }
        // What is being typed is not lost to what others do: saving it shows both.
        let typed: BTreeMap<String, (i64, Option<i64>, bool)> = lines.with_untracked(|lines| {
            let kept = lines.iter().filter(|line| was_open == Some(true) && line.is_touched());
            kept.map(|line| (line.code.clone(), (line.seen.get_untracked(), line.share.get_untracked(), line.stops.get_untracked())))
                .collect()
        });
        let (leads, assists): (Vec<Assignment>, Vec<Assignment>) = parts.into_iter().partition(|part| part.role == AssignmentRole::Lead);
        lead.set(leads.into_iter().next().map(|part| part.manager.name).unwrap_or_default());
        let line = |part: Assignment| {
            let now = whole(part.share);
            let (seen, share, stops) = typed.get(&part.manager.code).copied().unwrap_or((now, Some(now), false));
            Line {
                code: part.manager.code,
                name: part.manager.name,
                seen: RwSignal::new(seen),
                share: RwSignal::new(share),
                stops: RwSignal::new(stops),
            }
        };
        let Some(owner) = owner.as_ref().and_then(WeakOwner::upgrade) else { return false };
        lines.set(owner.with(|| assists.into_iter().map(line).collect()));
        if was_open != Some(true) {
            clash.set(None);
        }
        attempt.clear();
        true
    });
    let given =
        move || lines.with(|lines| lines.iter().filter(|line| !line.stops.get()).map(|line| line.share.get().unwrap_or(0)).sum::<i64>());
    let save = move || {
        let assistants: BTreeMap<String, Option<u8>> = lines.with_untracked(|lines| {
            let share = |line: &Line| (!line.stops.get_untracked()).then(|| percent(line.share.get_untracked()));
            lines.iter().map(|line| (line.code.clone(), share(line))).collect()
        });
        let seen =
            lines.with_untracked(|lines| lines.iter().map(|line| (line.code.clone(), percent(Some(line.seen.get_untracked())))).collect());
        let change = SharesChange { assistants, seen: Some(seen), reason: reason.get_untracked().trim().to_owned() };
        let key = once.key_for(&change);
        let no = here.no;
        let sent = draft.once_sent();
        let call = async move { or_theirs(once.of(move |_| set_shares(no, change, key)).await) };
        attempt.run(call, move |answer: Result<Shares, Shares>| match answer {
            Ok(_) => {
                sent();
                if !here.is_here() {
                    return;
                }
                reason.set(String::new());
                open.set(false);
                here.toasts.say(t(text::shares_set));
                here.refresh();
            }
            Err(now) => clash.set(Some(now)),
        });
    };
    let overtaken = move || {
        clash.get().map(|now| {
            let there: BTreeMap<String, i64> =
                now.assistants.iter().map(|share| (share.manager.code.clone(), whole(share.share))).collect();
            let (taken, over) = (there.clone(), there.clone());
            let sides = move |_| {
                let mine = |line: &Line| match line.stops.get() {
                    true => String::new(),
                    false => line.share.get().map(|share| format!("{share}%")).unwrap_or_default(),
                };
                let theirs = |line: &Line| there.get(&line.code).map(|share| format!("{share}%")).unwrap_or_default();
                lines.with(|lines| lines.iter().map(|line| Side::new(&line.name, theirs(line), mine(line))).collect::<Vec<_>>())
            };
            let take = Callback::new(move |()| {
                lines.with_untracked(|lines| {
                    for line in lines {
                        if let Some(share) = taken.get(&line.code) {
                            line.seen.set(*share);
                            line.share.set(Some(*share));
                            line.stops.set(false);
                        }
                    }
                });
                clash.set(None);
                here.refresh();
            });
            let over = Callback::new(move |()| {
                lines.with_untracked(|lines| {
                    for line in lines {
                        if let Some(share) = over.get(&line.code) {
                            line.seen.set(*share);
                        }
                    }
                });
                clash.set(None);
                save();
            });
            both(sides, take, over)
        })
    };
    let rows = move || {
        lines
            .get()
            .into_iter()
            .map(|line| {
                let name = line.name.clone();
                view! {
                    <tr>
                        <th scope="row">{line.name} " " <span class="faint">{line.code}</span></th>
                        <td>
                            <NumberInput
                                value=line.share
                                unit="%"
                                disabled=line.stops
                                label=move || text::share_of(lang.get(), &name)
                            />
                        </td>
                        <td><Checkbox checked=line.stops label=t(text::stops) /></td>
                    </tr>
                }
            })
            .collect_view()
    };
    let wrong = attempt.error("assistants");
    let why = attempt.error("reason");
    let has_shares =
        Memo::new(move |_| here.customer.with(|customer| customer.may.share) && !lines.with(Vec::is_empty) && !lead.with(String::is_empty));
    let table = move || {
        has_shares.get().then(|| {
            view! {
                <table class="c360-table c360-shares">
                    <thead>
                        <tr>
                            <th scope="col">{t(text::in_charge)}</th>
                            <th scope="col">{t(text::share_percent)}</th>
                            <th scope="col">{t(text::ends)}</th>
                        </tr>
                    </thead>
                    <tbody>
                        <tr>
                            <th scope="row">{move || lead.get()} " " <span class="faint">{move || AssignmentRole::Lead.name(lang.get())}</span></th>
                            <td class="num" role="status">{move || format!("{}%", 100 - given())}</td>
                            <td></td>
                        </tr>
                        {rows}
                    </tbody>
                </table>
            }
        })
    };
    let newcomer = Newcomer::new(here, reason);
    let body = move || {
        view! {
            <div class="stack">
                <p class="faint">{t(text::shares_note)}</p>
                {table}
                {move || wrong.get().map(|words| view! { <div class="notice alarm" role="alert">{words}</div> })}
                <Field name="charge-reason" help="transfers#shares" label=t(text::charge_reason) error=why required=true>
                    <TextArea value=reason rows=2 maxlength=500 />
                </Field>
                {overtaken}
                <Told attempt explain=explain />
                {newcomer.view()}
            </div>
        }
    };
    let nothing = Signal::derive(move || !has_shares.get() || given() > i64::from(SHARE_MAX));
    let footer = move || {
        view! {
            <Button on_click=move |_| open.set(false)>{t(text::cancel)}</Button>
            <Button kind=ButtonKind::Primary busy=attempt.busy disabled=nothing on_click=move |_| save()>{t(text::save)}</Button>
        }
    };
    view! { <Sheet name="charge" open title=t(text::in_charge) footer>{body}</Sheet> }.into_any()
}

/// What was typed as a share; what cannot be one is refused by the server, in words.
fn percent(typed: Option<i64>) -> u8 {
    typed.map_or(0, |typed| u8::try_from(typed).unwrap_or(u8::MAX))
}

fn explain(problem: &Problem, lang: Lang) -> Option<String> {
    (problem.code == Code::Conflict).then(|| text::charge_changed(lang).to_owned())
}

/// Somebody more, with a share from the first day.
#[derive(Clone, Copy)]
struct Newcomer {
    here: Here,
    reason: RwSignal<String>,
    to: RwSignal<Option<Choice>>,
    share: RwSignal<Option<i64>>,
    people: RwSignal<Vec<Choice>>,
    attempt: Attempt,
    once: Once,
}

/// The managers a customer can be given to, asked for as soon as `open` is.
pub fn colleagues(open: RwSignal<bool>) -> RwSignal<Vec<Choice>> {
    let people = RwSignal::new(Vec::<Choice>::new());
    Effect::new(move |_| {
        if !open.get() || !people.with_untracked(Vec::is_empty) {
            return;
        }
        spawn_local(async move {
            let Ok(found) = transfers::choices().await.and_then(Answer::read) else { return };
            people.try_set(found.people().map(choice).collect());
        });
    });
    people
}

impl Newcomer {
    fn new(here: Here, reason: RwSignal<String>) -> Newcomer {
        let people = colleagues(here.charge);
        Newcomer {
            here,
            reason,
            to: RwSignal::new(None),
            share: RwSignal::new(Some(0)),
            people,
            attempt: Attempt::new(),
            once: Once::new(),
        }
    }

    fn add(self) {
        let Newcomer { here, reason, to, share, attempt, once, .. } = self;
        let code = to.with_untracked(|to| to.as_ref().map(|to| to.value.clone()));
        let filled = [("to", code.is_some()), ("reason", reason.with_untracked(|reason| !reason.trim().is_empty()))];
        if !attempt.has(&filled) {
            return;
        }
        let asked = NewTransfer {
            customers: vec![here.no],
            filter: None,
            file: None,
            to: code.unwrap_or_default(),
            role: AssignmentRole::Assist,
            share: Some(percent(share.get_untracked())),
            reason: reason.get_untracked().trim().to_owned(),
            effective: None,
            from: None,
            count: None,
            notes: BTreeMap::new(),
        };
        let key = once.key_for(&asked);
        attempt.run(once.of(move |_| transfers::request(asked, key)), move |transfer| {
            if !here.is_here() {
                return;
            }
            to.set(None);
            share.set(Some(0));
            reason.set(String::new());
            here.charge.set(false);
            here.toasts.say(match transfer.state {
                TransferState::Done => t(text::assistant_added),
                _ => t(text::assistant_asked),
            });
            here.refresh();
        });
    }

    fn view(self) -> AnyView {
        let attempt = self.attempt;
        let why = attempt.error("reason");
        let customers = attempt.error("customers");
        view! {
            <fieldset class="c360-assistant">
                <legend>{t(text::add_assistant)}</legend>
                <Field name="charge-to" label=t(text::assistant) error=attempt.error("to")>
                    <Combobox name="charge-to" value=self.to choices=Signal::from(self.people) />
                </Field>
                <Field name="charge-share" help="transfers#shares" label=t(text::share_percent) hint=t(text::assistant_share_hint) error=attempt.error("share")>
                    <NumberInput value=self.share unit="%" />
                </Field>
                {move || why.get().or_else(|| customers.get()).map(|words| view! { <div class="notice alarm" role="alert">{words}</div> })}
                <Button icon=Glyph::Plus busy=attempt.busy on_click=move |_| self.add()>{t(text::add_one)}</Button>
                <Told attempt explain=explain />
            </fieldset>
        }
        .into_any()
    }
}
