//! In whose charge a customer is, and what passed between the two: contacts, tasks, complaints, alerts.

use std::cmp::Reverse;

use super::{
    calendar::Day,
    cast::{Member, Part, Role},
    estate::{Estate, Held},
    profile::quoted,
    rows::Table,
    words::*,
};
use crate::alerts::Limits;

/// Who serves the customer on the business date.
#[derive(Default)]
pub struct Charge {
    pub lead: Option<i32>,
    pub assists: Vec<i32>,
    /// When the last lead's charge ended, if there is none now.
    pub ended: Option<Day>,
}

/// What the summary says of service.
#[derive(Default)]
pub struct Served {
    /// Seconds since 2000-01-01 UTC.
    pub last_contact: Option<i64>,
    pub next_due: Option<Day>,
    pub open_alerts: i32,
}

impl Estate<'_> {
    pub fn assign(&mut self, member: &Member) -> Charge {
        let world = self.world;
        let managers = &world.units[member.unit].managers;
        let business = world.business();
        let special = matches!(member.role, Role::Nothing | Role::Everything);
        let mine = if special { 0 } else { self.dice.below(managers.len()) };
        let since = if member.role == Role::Nothing { business - 30 } else { self.opened.max(business - 2900) };
        let mut charge = Charge::default();
        let pooled = !special && self.dice.chance(0.03);
        if pooled {
            if self.dice.chance(0.5) && business - since > 40 {
                let ended = self.dice.range(since + 20, business - 5);
                self.assignment(managers[mine], "lead", 100, since, Some(ended), "员工离职，转入待分配客户池");
                charge.ended = Some(ended);
            }
            return charge;
        }
        let mut from = since;
        if managers.len() > 1 && business - since > 120 && (self.everything || self.dice.chance(0.18)) {
            let before = (mine + 1 + self.dice.below(managers.len() - 1)) % managers.len();
            from = self.dice.range((since + 60).max(business - 900), business - 20);
            self.assignment(managers[before], "lead", 100, since, Some(from), "新开户分配");
        }
        let assisted = self.has(if member.wealth > 500_000.0 { 0.2 } else { 0.04 });
        let reason =
            if from > since { *self.dice.pick(&["岗位轮换", "网点调整", "员工离职移交"]) } else { "新开户分配" };
        self.assignment(managers[mine], "lead", if assisted { 70 } else { 100 }, from, None, reason);
        charge.lead = Some(managers[mine]);
        if assisted {
            let unit = if managers.len() > 1 { member.unit } else { (member.unit + 1) % world.units.len() };
            let others = &world.units[unit].managers;
            let helper = others[(mine + 1) % others.len()];
            if Some(helper) != charge.lead {
                let joined = self.dice.range(from, business);
                self.assignment(helper, "assist", 30, joined, None, "协办");
                charge.assists.push(helper);
            }
        }
        charge
    }

    fn assignment(&mut self, staff: i32, role: &str, share: i64, from: Day, to: Option<Day>, reason: &str) {
        let id = self.item();
        let customer = self.journal.customer;
        self.journal
            .batch
            .row(Table::Assignment)
            .big(customer)
            .big(id)
            .int(staff)
            .text(role)
            .millionths(share * 1_000_000)
            .days(from, to)
            .text(reason)
            .text("core")
            .instant(i64::from(from) * 86_400 + 3_600);
    }

    /// Contacts with what follows from them, and what made the customer complain.
    pub fn service(&mut self, member: &Member, charge: &Charge) -> Served {
        let mut served = Served::default();
        if member.role == Role::Nothing {
            return served;
        }
        let business = self.world.business();
        let often = match member.wealth {
            ..20_000.0 => 0.25,
            20_000.0..200_000.0 => 0.6,
            200_000.0..1_000_000.0 => 2.0,
            _ => 5.0,
        };
        let often = if self.everything { 9.0 } else { often };
        let count = (often * self.dice.between(0.2, 1.8) + self.dice.unit()) as i32;
        if let Some(staff) = charge.lead {
            for _ in 0..count {
                let on = self.some_day(business - 360, business - 1);
                self.contacted(member, staff, on, &mut served);
            }
        }
        if self.has(0.012) {
            self.complaint(member);
        }
        served
    }

    fn contacted(&mut self, member: &Member, staff: i32, on: Day, served: &mut Served) {
        let business = self.world.business();
        // Nine to five in China is one to nine in UTC.
        let at = i64::from(on) * 86_400 + i64::from(self.dice.range(3_600, 9 * 3_600));
        let corporate = matches!(member.part, Part::Company(_));
        let kinds: &[&str] =
            if corporate { &["visit", "meeting", "call", "email"] } else { &["call", "call", "message", "branch", "visit", "care"] };
        let kind = *self.dice.pick(kinds);
        let talk = if corporate { self.dice.pick(&TALKS[10..13]) } else { self.dice.pick(TALKS) };
        let follows = talk.next.map(|next| (next, on + self.dice.range(2, 21)));
        let id = self.item();
        let customer = self.journal.customer;
        self.journal
            .batch
            .row(Table::Activity)
            .big(customer)
            .big(id)
            .text(kind)
            .instant(at)
            .int(staff)
            .text(talk.summary)
            .text(talk.outcome)
            .opt(follows, |row, (next, _)| row.text(next))
            .opt(follows, |row, (_, due)| row.day(due))
            .instant(at);
        served.last_contact = served.last_contact.max(Some(at));
        if let Some((next, due)) = follows {
            // What fell due long ago was done, or given up; lately some is late.
            let late = due < business && (due > business - 20 && self.dice.chance(0.4));
            let open = due >= business || late;
            let state = match open {
                true => "open",
                false if self.dice.chance(0.1) => "dropped",
                false => "done",
            };
            let done = (state == "done").then_some(i64::from(due) * 86_400 + 18_000);
            let task = self.item();
            self.journal
                .batch
                .row(Table::Task)
                .big(customer)
                .big(task)
                .text(next)
                .day(due)
                .int(staff)
                .text(state)
                .big(id)
                .instant(at)
                .opt(done, |row, at| row.instant(at));
            if open {
                served.next_due = Some(served.next_due.map_or(due, |soonest| soonest.min(due)));
            }
        }
    }

    fn complaint(&mut self, member: &Member) {
        if member.role == Role::Prospect {
            return;
        }
        let business = self.world.business();
        let on = self.some_day(business - 400, business - 1);
        let (subject, detail) = *self.dice.pick(COMPLAINTS);
        let channel = *self.dice.pick(&["hotline", "branch", "app", "regulator"]);
        let state = match business - on {
            ..12 => "open",
            12..30 if self.dice.chance(0.3) => "escalated",
            _ => "resolved",
        };
        let at = i64::from(on) * 86_400 + i64::from(self.dice.range(3_600, 36_000));
        let resolved = (state == "resolved").then_some(at + 86_400 * i64::from(self.dice.range(1, 9)));
        let id = self.item();
        let customer = self.journal.customer;
        self.journal
            .batch
            .row(Table::Complaint)
            .big(customer)
            .big(id)
            .instant(at)
            .text(channel)
            .text(subject)
            .text(detail)
            .text(state)
            .day(on + 15)
            .opt(resolved.map(|at| at.min(i64::from(business) * 86_400)), |row, at| row.instant(at))
            .text("service")
            .day(business);
    }

    /// Warnings that the figures themselves give rise to, as [`crate::alerts`] finds them. `aum` and `before`:
    /// now and at the month's start.
    pub fn alerts(&mut self, aum: i64, before: i64, leaving: bool) -> i32 {
        let (business, limits) = (self.world.business(), Limits::default());
        let mut open = 0;
        if let Some((amount, on)) = self.journal.outflow.filter(|(amount, _)| *amount > before.max(aum) / 3) {
            let evidence = format!("{{\"amount\":{amount},\"currency\":\"CNY\",\"booked_on\":{}}}", quoted(on));
            open += self.alert("large_movement", "warning", on, &evidence);
        }
        if leaving {
            let evidence = format!("{{\"aum\":{aum},\"aum_previous\":{before},\"currency\":\"CNY\"}}");
            open += self.alert("leaving", "critical", business, &evidence);
        }
        let matures_soon = |held: &Held| {
            matches!(held.category, "term" | "wealth")
                && held.closed.is_none()
                && held.matures.is_some_and(|on| on - business <= limits.maturity_days)
                && self.world.in_base(held.balance, held.currency) >= limits.maturity_amount
        };
        let soon = self.held.iter().filter(|held| matures_soon(held)).min_by_key(|held| (held.matures, held.account));
        if let Some((balance, currency, matures)) = soon.map(|held| (held.balance, held.currency, held.matures.unwrap_or(business))) {
            let evidence = format!("{{\"amount\":{balance},\"currency\":\"{currency}\",\"matures_on\":{}}}", quoted(matures));
            open += self.alert("maturity", "info", (matures - limits.maturity_days).min(business), &evidence);
        }
        let overdue = self.held.iter().filter(|held| held.overdue > 0).max_by_key(|held| (held.overdue, Reverse(held.account)));
        if let Some((balance, days)) = overdue.map(|held| (held.balance, held.overdue)) {
            let severity = if days > 30 { "critical" } else { "warning" };
            let evidence = format!("{{\"balance\":{balance},\"currency\":\"CNY\",\"overdue_days\":{days}}}");
            open += self.alert("overdue", severity, business - days + 1, &evidence);
        }
        let long_ago = |day: Day| business - day > limits.dormant_days;
        let current = self.held.iter().any(|held| held.category == "current" && held.closed.is_none());
        if aum > limits.dormant_amount && current && long_ago(self.opened) && self.journal.latest.is_none_or(long_ago) {
            let evidence = match self.journal.latest {
                Some(latest) => format!("{{\"last_transaction_on\":{}}}", quoted(latest)),
                None => "{}".into(),
            };
            open += self.alert("dormant", "info", business, &evidence);
        }
        open
    }

    fn alert(&mut self, kind: &str, severity: &str, raised: Day, evidence: &str) -> i32 {
        let id = self.item();
        let customer = self.journal.customer;
        self.journal.batch.row(Table::Alert).big(customer).big(id).text(kind).text(severity).day(raised).json(evidence);
        1
    }
}
