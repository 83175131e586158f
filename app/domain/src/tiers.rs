//! Tiers: schemes, their versions, what a version would change, and why a customer is where it is.

mod by_hand;
mod differ;
mod movement;
mod mover;
mod service;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

pub use by_hand::{ByHand, RequestState, TierAnswer, TierAsked, TierEnd, TierOffer, TierRequest};
pub use differ::{Change, differences};
pub use movement::{MOVEMENT_DAYS, Movement, MovementKind, MovementQuery, TierMoves};
pub use mover::{MoverQuery, MoverWay, TierMover};
pub use service::{may_serve, qualifications};

use crate::{
    CustomerNo,
    customers::{DataClass, Kind, TierRef, list::coded},
    problem::{FieldProblem, Rule},
    rules::{self, Condition, Limits, Reason, RuleChoice, RuleSet},
};

coded! {
    /// When a customer who has earned a higher tier gets it.
    Upgrade {
        AtOnce "at_once" "达标即升" | "At once";
        MonthEnd "month_end" "月末统一升" | "At month end";
    }
}

coded! {
    /// Where a version stands. A published one can be submitted again, to go back to it.
    VersionState {
        Draft "draft" "草稿" | "Draft";
        Simulated "simulated" "已试算" | "Simulated";
        Submitted "submitted" "待发布" | "Awaiting publication";
        Published "published" "已发布" | "Published";
    }
}

/// What holds for every tier of a scheme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Settings {
    /// Whole months of an average that names none, 1..=12.
    pub months: u8,
    /// Days a customer keeps a tier after no longer deserving it, 0..=366.
    pub grace_days: u16,
    pub upgrade: Upgrade,
    /// Whether tiers may be given by hand, and how many people that takes.
    #[serde(default)]
    pub by_hand: ByHand,
    /// For so many days at most, 1..=731.
    #[serde(default = "half_a_year")]
    pub by_hand_days: u16,
}

const fn half_a_year() -> u16 {
    183
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { months: 3, grace_days: 90, upgrade: Upgrade::AtOnce, by_hand: ByHand::default(), by_hand_days: half_a_year() }
    }
}

/// A tier of a version. Who satisfies its rule and that of no tier above it belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TierRule {
    pub code: String,
    pub name: String,
    pub name_en: String,
    /// Which of the product's marks stands for it, shape and hue together: 0..=11, another for each tier.
    pub mark: i16,
    pub rule: RuleSet,
    /// Service standard: a contact at least every so many days.
    #[serde(default)]
    pub contact_days: Option<u16>,
    /// How these customers are looked after.
    #[serde(default)]
    pub care: String,
    /// A lead of these customers has one of these qualifications; empty: anybody leads them.
    #[serde(default)]
    pub served_by: Vec<String>,
    #[serde(default)]
    pub benefits: String,
    /// What a customer of it weighs against a manager's capacity, 1..=1000; its place from the bottom unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u16>,
}

impl TierRule {
    /// What a customer of it weighs; `place` from the bottom, counted from 1.
    pub fn weight(&self, place: usize) -> i64 {
        self.weight.map_or(place as i64, i64::from)
    }

    pub fn name(&self, lang: crate::Lang) -> &str {
        match lang {
            crate::Lang::Zh => &self.name,
            crate::Lang::En => &self.name_en,
        }
    }
}

/// Everything a version says: settings and tiers, the lowest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Definition {
    pub settings: Settings,
    pub tiers: Vec<TierRule>,
}

pub const TIERS_MAX: usize = 12;
/// As many marks as tiers.
pub const MARK_MAX: i16 = TIERS_MAX as i16 - 1;
const WEIGHT_MAX: u16 = 1_000;
const NAME_MAX: usize = 30;
const BENEFITS_MAX: usize = 1_000;
const SERVED_BY_MAX: usize = 10;
const QUALIFICATION_MAX: usize = 40;

impl Definition {
    /// Everything that is wrong with it, each with its place as a JSON pointer; `class` is that of its author's role.
    pub fn check(&self, kind: Kind, class: DataClass) -> Vec<FieldProblem> {
        let mut faults = self.check_kept(kind, class);
        for (at, tier) in self.tiers.iter().take(TIERS_MAX).enumerate() {
            if let Some(other) = self.tiers[..at].iter().find(|other| other.mark == tier.mark) {
                let rule = Rule::Other {
                    zh: format!("“{}”已用此标记，请另选一个。", other.name),
                    en: format!("“{}” has this mark. Choose another.", other.name_en),
                };
                faults.push(FieldProblem { field: format!("/tiers/{at}/mark"), rule });
            }
        }
        faults
    }

    /// As [`Self::check`], of what was kept before: there were fewer marks once, and two tiers may look alike.
    pub fn check_kept(&self, kind: Kind, class: DataClass) -> Vec<FieldProblem> {
        let mut faults = Vec::new();
        let mut add = |field: String, rule: Rule| faults.push(FieldProblem { field, rule });
        let range = |min: i64, max: i64| Rule::OutOfRange { min: min.to_string(), max: max.to_string() };
        if !(1..=12).contains(&self.settings.months) {
            add("/settings/months".into(), range(1, 12));
        }
        if self.settings.grace_days > 366 {
            add("/settings/grace_days".into(), range(0, 366));
        }
        if !(1..=731).contains(&self.settings.by_hand_days) {
            add("/settings/by_hand_days".into(), range(1, 731));
        }
        if self.tiers.is_empty() || self.tiers.len() > TIERS_MAX {
            add("/tiers".into(), range(1, TIERS_MAX as i64));
        }
        for (at, tier) in self.tiers.iter().take(TIERS_MAX).enumerate() {
            let place = |part: &str| format!("/tiers/{at}/{part}");
            if !is_code(&tier.code) {
                add(place("code"), Rule::BadFormat { expected: "a–z 0–9 _ (2–30)".into() });
            } else if self.tiers[..at].iter().any(|other| other.code == tier.code) {
                add(place("code"), Rule::NotUnique);
            }
            for (part, text) in [("name", &tier.name), ("name_en", &tier.name_en)] {
                if text.trim().is_empty() {
                    add(place(part), Rule::Required);
                } else if text.chars().count() > NAME_MAX {
                    add(place(part), Rule::TooLong { max: NAME_MAX });
                }
            }
            if !(0..=MARK_MAX).contains(&tier.mark) {
                add(place("mark"), range(0, MARK_MAX.into()));
            }
            if tier.contact_days.is_some_and(|days| days == 0 || days > 730) {
                add(place("contact_days"), range(1, 730));
            }
            if tier.weight.is_some_and(|weight| weight == 0 || weight > WEIGHT_MAX) {
                add(place("weight"), range(1, WEIGHT_MAX.into()));
            }
            if tier.benefits.chars().count() > BENEFITS_MAX {
                add(place("benefits"), Rule::TooLong { max: BENEFITS_MAX });
            }
            if tier.care.chars().count() > BENEFITS_MAX {
                add(place("care"), Rule::TooLong { max: BENEFITS_MAX });
            }
            if tier.served_by.len() > SERVED_BY_MAX {
                add(place("served_by"), range(0, SERVED_BY_MAX as i64));
            } else if tier.served_by.iter().any(|one| one.chars().count() > QUALIFICATION_MAX) {
                add(place("served_by"), Rule::TooLong { max: QUALIFICATION_MAX });
            } else if !tier.served_by.iter().all(|one| qualifications(one).eq([one.as_str()])) {
                // What a list of qualifications is split at stands in none of them.
                add(place("served_by"), Rule::BadFormat { expected: "AFP".into() });
            }
        }
        for (at, tier) in self.tiers.iter().take(TIERS_MAX).enumerate() {
            faults.extend(rules::check(&tier.rule, Limits::tier(kind, class), &format!("/tiers/{at}/rule")));
        }
        faults
    }
}

fn is_code(code: &str) -> bool {
    (2..=30).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// A scheme with the version in force and what is being worked on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Scheme {
    pub code: String,
    pub name: String,
    pub name_en: String,
    pub kind: Kind,
    /// Number of the version in force on the business date; null before the first is published.
    pub in_force: Option<i32>,
    /// The version that was published last, and its first day: in force, or still to come. Whoever drafts
    /// or publishes must know it.
    pub newest: Option<i32>,
    pub newest_from: Option<NaiveDate>,
    /// Newest first: twenty, and those that are in force or to come.
    pub versions: Vec<Version>,
    /// Customers per tier now, lowest tier first, in the order of the version in force.
    pub customers: Vec<i64>,
    /// Business date of the last evaluation.
    pub evaluated_on: Option<NaiveDate>,
}

impl Scheme {
    pub fn name(&self, lang: crate::Lang) -> &str {
        match lang {
            crate::Lang::Zh => &self.name,
            crate::Lang::En => &self.name_en,
        }
    }

    pub fn version(&self, number: i32) -> Option<&Version> {
        self.versions.iter().find(|version| version.number == number)
    }

    pub fn current(&self) -> Option<&Version> {
        self.version(self.in_force?)
    }

    /// What was published and has not come into force yet: number and first day.
    pub fn pending(&self) -> Option<(i32, NaiveDate)> {
        self.newest.zip(self.newest_from).filter(|(newest, _)| self.in_force != Some(*newest))
    }
}

/// A version of a scheme. `revision` counts its saves, submissions and decisions, and is its `ETag`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Version {
    pub number: i32,
    pub revision: i32,
    pub state: VersionState,
    pub definition: Definition,
    /// What the author says of it.
    pub note: String,
    /// The version that had been published last when this was saved, or submitted to go back to it.
    pub based_on: Option<i32>,
    /// Logins; null for what was shipped.
    pub drafted_by: Option<String>,
    pub drafted_at: DateTime<Utc>,
    pub submitted_by: Option<String>,
    pub submitted_at: Option<DateTime<Utc>>,
    /// While it is submitted: from when it is asked to hold (null: at once), and what is said to whoever decides.
    pub asked_from: Option<NaiveDate>,
    pub asked_note: String,
    pub published_by: Option<String>,
    pub published_at: Option<DateTime<Utc>>,
    /// First business date on which it holds by its last publication.
    pub from: Option<NaiveDate>,
    /// Why the second person sent it back, or took its publication back.
    pub returned: Option<String>,
    pub simulation: Option<Simulation>,
}

/// A version to be saved: new without `number`, else again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct VersionDraft {
    pub number: Option<i32>,
    /// The revision that was read; with `number`.
    #[serde(default)]
    pub revision: i32,
    pub definition: Definition,
    #[serde(default)]
    pub note: String,
}

/// Asks for publication, from a business date (the current one unless told).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Submission {
    #[serde(default)]
    pub revision: i32,
    #[serde(default)]
    pub from: Option<NaiveDate>,
    /// For whoever decides; what the author says of the version stays as it is.
    #[serde(default)]
    pub note: String,
}

/// Everything the page of tiers shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TiersPage {
    pub schemes: Vec<Scheme>,
    pub choices: Vec<rules::RuleChoice>,
}

/// The second person's answer to what was submitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Decision {
    #[serde(default)]
    pub revision: i32,
    #[serde(default = "yes")]
    pub publish: bool,
    /// Needed for sending back.
    #[serde(default)]
    pub reason: String,
}

fn yes() -> bool {
    true
}

/// Takes a publication back before its day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Withdrawal {
    #[serde(default)]
    pub revision: i32,
    pub reason: String,
}

/// Fewer customers than this are not told from nobody: whoever writes a rule sees no customers, and must
/// not find one by it.
pub const FEWEST: i64 = 5;

/// What would change if the version held today, without grace and overrides. Moves of fewer than
/// [`FEWEST`] count as staying.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Simulation {
    pub business_date: NaiveDate,
    pub at: DateTime<Utc>,
    pub milliseconds: i64,
    pub customers: i64,
    /// The cells of the matrix: from a tier to a tier, by code, "" for none.
    pub moves: Vec<Move>,
    pub up: i64,
    pub down: i64,
    pub branches: Vec<BranchMoves>,
    /// Those fifty of whose customers most would move.
    #[serde(default)]
    pub managers: Vec<ManagerMoves>,
    /// What most of those who move have in common.
    pub movers: Vec<Mover>,
    /// Contacts a month that the service standards ask for, now and then.
    pub contacts_now: i64,
    pub contacts_then: i64,
    #[serde(default)]
    pub service: Service,
    /// Contacts that a manager can make in a month; 0 where it was not asked yet.
    #[serde(default)]
    pub contacts_each: i64,
}

/// What contacts a month are to be held against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Service {
    /// Contacts a month that the customers of other schemes ask for by the versions in force.
    #[serde(default)]
    pub contacts_others: i64,
    /// Contacts that the managers there can make in a month.
    #[serde(default)]
    pub contacts_capacity: i64,
}

impl Service {
    /// What of the capacity, in per cent, is asked for together with so many contacts of the scheme's customers; `None` where
    /// there is no capacity.
    pub fn asked(&self, contacts: i64) -> Option<i64> {
        (self.contacts_capacity > 0).then(|| (contacts + self.contacts_others) * 100 / self.contacts_capacity)
    }

    /// Is more asked for then than can be done, though it is not now?
    pub fn overruns(&self, now: i64, then: i64) -> bool {
        let over = |contacts: i64| contacts + self.contacts_others > self.contacts_capacity;
        self.contacts_capacity > 0 && over(then) && !over(now)
    }
}

/// How many customers go from one tier to another (or stay). "" is no tier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Move {
    pub from: String,
    pub to: String,
    pub customers: i64,
    /// 1 up, -1 down, 0 neither.
    pub step: i8,
}

/// Ups and downs in one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct BranchMoves {
    pub code: String,
    pub name: String,
    pub customers: i64,
    pub up: i64,
    pub down: i64,
    pub contacts_now: i64,
    pub contacts_then: i64,
    #[serde(default)]
    pub service: Service,
}

/// Ups and downs among the customers of one lead, and what serving them would take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ManagerMoves {
    pub code: String,
    pub name: String,
    pub unit: String,
    pub customers: i64,
    pub up: i64,
    pub down: i64,
    /// A month.
    pub contacts_now: i64,
    pub contacts_then: i64,
    #[serde(default)]
    pub service: Service,
    /// Sum of the tier weights of the scheme's customers, to be held against the capacity.
    pub load_now: i64,
    pub load_then: i64,
    pub capacity: i32,
}

/// How far the trying out of a version is, in customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Trial {
    pub number: i32,
    pub done: i64,
    pub total: i64,
}

/// What decided for some of those who go from one tier to another. Administrators see no customers, so no
/// name, no number and no figure of anybody: only the conditions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Mover {
    pub from: String,
    pub to: String,
    /// Of a sample of those who move so, how many per cent for these reasons.
    pub share: u8,
    /// Why the new tier, and why not the one above (or the old one, on the way down).
    #[cfg_attr(feature = "server", schema(value_type = Vec<Object>))]
    pub because: Vec<Condition>,
    #[cfg_attr(feature = "server", schema(value_type = Vec<Object>))]
    pub against: Vec<Condition>,
}

/// Why a customer is in its tier, and what the next one takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Explanation {
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub customer_no: CustomerNo,
    pub tier: Option<TierRef>,
    pub since: Option<NaiveDate>,
    /// Months of an average in the reasons that names none.
    pub months: u8,
    /// What of the tier's rule the customer satisfies.
    pub because: Vec<Reason>,
    /// The rule counts somebody related whom the reader does not see.
    pub beyond: bool,
    /// The tier above, and what keeps the customer from it.
    pub next: Option<TierRef>,
    pub missing: Vec<Reason>,
    /// No longer deserves the tier: since when, and the day it ends.
    pub threatened: Option<Threat>,
    pub held: Option<Override>,
    /// What was asked for by hand and waits for another person.
    pub asked: Option<TierRequest>,
    /// What the reader may ask for; nothing where that is not for the reader.
    pub offer: TierOffer,
    /// Newest first.
    pub history: Vec<Held>,
    /// What the codes in the reasons are called.
    pub names: Vec<RuleChoice>,
}

/// A lower tier is due when the grace ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Threat {
    pub to: Option<TierRef>,
    pub since: NaiveDate,
    pub on: NaiveDate,
}

/// A tier that holds by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Override {
    pub tier: TierRef,
    pub reason: String,
    /// Last business date on which it holds.
    pub until: NaiveDate,
}

/// A tier over time; `to` is the first day it no longer held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Held {
    pub tier: TierRef,
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
}

/// What an evaluation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Evaluated {
    pub upgraded: i64,
    pub downgraded: i64,
    /// First given a tier.
    pub entered: i64,
    /// No longer deserve their tier and keep it for the grace.
    pub threatened: i64,
}

impl Evaluated {
    pub fn add(&mut self, part: Evaluated) {
        self.upgraded += part.upgraded;
        self.downgraded += part.downgraded;
        self.entered += part.entered;
        self.threatened += part.threatened;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Value;

    fn tier(at: usize) -> TierRule {
        let when = Condition::Compare { field: "accounts".into(), op: rules::Op::Ge, value: Value::Number(1) };
        TierRule {
            code: format!("tier_{at}"),
            name: format!("第{at}层"),
            name_en: format!("Tier {at}"),
            mark: at as i16,
            rule: RuleSet::new(when),
            contact_days: None,
            care: String::new(),
            served_by: Vec::new(),
            benefits: String::new(),
            weight: None,
        }
    }

    #[test]
    fn no_two_tiers_of_a_scheme_look_alike() {
        let mut whole = Definition { settings: Settings::default(), tiers: (0..TIERS_MAX).map(tier).collect() };
        assert_eq!(whole.check(Kind::Personal, DataClass::C1), []);
        whole.tiers[7].mark = 2;
        let faults = whole.check(Kind::Personal, DataClass::C1);
        assert_eq!((faults.len(), faults[0].field.as_str()), (1, "/tiers/7/mark"));
        assert_eq!(faults[0].rule.message(crate::Lang::En), "“Tier 2” has this mark. Choose another.");
    }
}
