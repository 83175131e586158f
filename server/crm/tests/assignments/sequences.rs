//! Whatever is done in whatever order: who has a customer on which day is what a plain list of days says, shares sum
//! to a hundred, the summary is what would be computed anew, and nothing fails but by a clear refusal.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use guanhu_crm::{Error, assignments, contribution, summary, testing::World};
use guanhu_domain::{
    Code, CustomerNo,
    assignments::{Decision, NewTransfer, POOL, SharesChange, Transfer, TransferState},
    customers::AssignmentRole,
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use sqlx::PgPool;
use uuid::Uuid;

type Leads = BTreeMap<NaiveDate, Option<String>>;

/// The first day looked at; every change lies after it.
const FIRST: NaiveDate = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
const DAYS: u64 = 150;

#[derive(Clone, Debug)]
enum Step {
    /// To whom, as what, with which share as an assistant, and how many days from the business date.
    Give(&'static str, AssignmentRole, Option<u8>, i64),
    /// The newest transfer but so many.
    TakeBack(usize),
    /// What assistants have together, in equal parts; the first of them stops.
    Share(u8, bool),
    /// So many days pass; what is due takes effect.
    Wait(u64),
}

/// A transfer that took effect: from which day, on which day, and who had the customer before.
struct Done {
    transfer: Transfer,
    at: NaiveDate,
    on: NaiveDate,
    /// `None`: it was of an assistant.
    before: Option<Leads>,
}

struct Bank {
    world: World,
    id: i64,
    today: NaiveDate,
    leads: Leads,
    done: Vec<Done>,
    waiting: Option<(Transfer, String)>,
    /// Given, taken back, both for an earlier or later day, shared, made an assistant with a share, and that taken back:
    /// sequences that are all refused prove nothing.
    effects: [usize; 6],
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let to = prop::sample::select(vec!["M-ALICE", "M-BO", "M-CEN", POOL]);
    let role = prop_oneof![3 => Just(AssignmentRole::Lead), 2 => Just(AssignmentRole::Assist)];
    let step = prop_oneof![
        4 => (to, role, prop::option::of(0u8..50), prop::sample::select(vec![0, 0, 0, -1, -4, 2]))
            .prop_map(|(to, role, share, days)| Step::Give(to, role, share, days)),
        3 => (0usize..3).prop_map(Step::TakeBack),
        2 => (0u64..4).prop_map(Step::Wait),
        2 => (0u8..60, prop::bool::weighted(0.2)).prop_map(|(share, stops)| Step::Share(share, stops)),
    ];
    prop::collection::vec(step, 5..30)
}

#[sqlx::test(migrations = false)]
async fn who_has_a_customer_on_which_day_is_never_in_doubt(pool: PgPool) {
    let world = World::new(pool).await;
    sqlx::query("insert into staff (code, name, org_id, is_manager) values ('M-CEN', '岑岑', 104, true)")
        .execute(&world.owner)
        .await
        .unwrap();
    let mut runner = TestRunner::deterministic();
    let mut bank = Bank { world, id: 0, today: FIRST, leads: Leads::new(), done: Vec::new(), waiting: None, effects: [0; 6] };
    let mut customers = Vec::new();
    for round in 0..72 {
        bank.begin(round).await;
        customers.push(bank.id);
        let sequence = steps().new_tree(&mut runner).unwrap().current();
        for (at, step) in sequence.iter().enumerate() {
            bank.take(step).await;
            bank.check(&format!("round {round} after {:?}", &sequence[..=at])).await;
        }
    }
    assert!(bank.effects.iter().all(|count| *count > 10), "{:?}", bank.effects);
    every_month_sums_to_the_whole(&bank.world, &customers).await;
}

/// Whoever had them on which days: the parts of a customer's month come to what the month brought, to the cent, and
/// nobody has a part who had no share on any day of it.
async fn every_month_sums_to_the_whole(world: &World, customers: &[i64]) {
    // Each in a unit of its own, so that its parts stand alone.
    for (at, id) in customers.iter().enumerate() {
        let unit = 500 + at as i32;
        sqlx::query(
            "insert into org_unit (org_id, code, name, kind, parent_id, path) overriding system value
             values ($1, $2, $2, 'sub_branch', 101, array[100, 101, $1])",
        )
        .bind(unit)
        .bind(format!("U{unit}"))
        .execute(&world.owner)
        .await
        .unwrap();
        sqlx::query("update customer set org_id = $2 where customer_id = $1").bind(id).bind(unit).execute(&world.owner).await.unwrap();
    }
    sqlx::raw_sql(
        "update bank set business_date = '2026-06-30';
         update account set balance = 100003 + 7919 * (account_id % 101);
         insert into account_year (customer_id, account_id, year, end_balance, average_balance)
         select customer_id, account_id, 2026, array_fill(balance, array[12]), array_fill(balance - balance / 7, array[12]) from account;
         insert into ftp_curve values ('CNY', '2020-01-01', 12, 1.9), ('CNY', '2020-01-01', 60, 2.35)",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    summary::refresh(&mut world.owner.acquire().await.unwrap(), customers).await.unwrap();
    let admin = world.actor("admin").await;
    for month in ["2026-03-01", "2026-04-01", "2026-05-01"] {
        contribution::close_month(&world.bank, &admin, month.parse().unwrap()).await.unwrap();
    }
    let (months, shared, wrong): (i64, i64, i64) = sqlx::query_as(
        "with told as (
             select m.customer_id, m.contribution, coalesce(sum(c.contribution), 0) as parts, count(distinct c.staff_id) as people
             from customer_month m left join contribution_cube c using (month, org_id) group by m.customer_id, m.month, m.contribution)
         select count(*) filter (where contribution <> 0), count(*) filter (where people > 1), count(*) filter (where parts <> contribution) from told",
    )
    .fetch_one(&world.owner)
    .await
    .unwrap();
    assert!(months >= 3 * 60 && shared > 60, "{months} {shared}");
    assert_eq!(wrong, 0, "parts of a month that are not its whole");
    let strangers: i64 = sqlx::query_scalar(
        "select count(*) from contribution_cube c join customer k using (org_id) where c.contribution <> 0 and c.staff_id <> 0
         and not exists (select from assignment a where a.customer_id = k.customer_id and a.staff_id = c.staff_id and a.share > 0
                         and a.valid && daterange(c.month, (c.month + interval '1 month')::date))",
    )
    .fetch_one(&world.owner)
    .await
    .unwrap();
    assert_eq!(strangers, 0);
}

impl Bank {
    /// A new customer, led and assisted; every third is brought by a feed that knows how long.
    async fn begin(&mut self, round: i32) {
        self.today = NaiveDate::from_ymd_opt(2026, 3, 20).unwrap();
        self.set_today().await;
        self.id = self.world.customer("蒋讲", "E1", Some("M-ALICE"), 1_000).await;
        let until = (round % 3 == 0).then(|| NaiveDate::from_ymd_opt(2026, 4, 10).unwrap());
        sqlx::query("update assignment set share = 70, valid = daterange(lower(valid), $2) where customer_id = $1")
            .bind(self.id)
            .bind(until)
            .execute(&self.world.owner)
            .await
            .unwrap();
        sqlx::query("insert into assignment (customer_id, staff_id, role, share, valid) select $1, staff_id, 'assist', 30, '[2025-01-01,)' from staff where code = 'M-BO'")
            .bind(self.id)
            .execute(&self.world.owner)
            .await
            .unwrap();
        summary::refresh(&mut self.world.owner.acquire().await.unwrap(), &[self.id]).await.unwrap();
        self.leads = (0..DAYS)
            .map(|day| FIRST + Days::new(day))
            .map(|day| (day, until.is_none_or(|until| day < until).then(|| "M-ALICE".to_owned())))
            .collect();
        self.done.clear();
        self.waiting = None;
    }

    async fn set_today(&self) {
        sqlx::query("update bank set business_date = $1").bind(self.today).execute(&self.world.owner).await.unwrap();
        if self.id > 0 {
            summary::refresh(&mut self.world.owner.acquire().await.unwrap(), &[self.id]).await.unwrap();
        }
    }

    async fn take(&mut self, step: &Step) {
        let east = self.world.actor("east").await;
        match step {
            Step::Give(to, role, share, days) => {
                let effective =
                    if *days < 0 { self.today - Days::new(days.unsigned_abs()) } else { self.today + Days::new(days.unsigned_abs()) };
                let asked = NewTransfer {
                    customers: vec![CustomerNo::from_id(self.id)],
                    filter: None,
                    file: None,
                    to: (*to).into(),
                    role: *role,
                    share: share.filter(|_| *role == AssignmentRole::Assist),
                    reason: "轮换".into(),
                    effective: Some(effective.max(self.today.with_day(1).unwrap())),
                    from: None,
                    count: None,
                    notes: Default::default(),
                };
                let Some(transfer) = clear(assignments::request(&self.world.bank, &east, &asked, Uuid::now_v7()).await) else { return };
                if *role == AssignmentRole::Assist {
                    self.effects[4] += usize::from(share.is_some_and(|share| share > 0) && transfer.state == TransferState::Done);
                    if transfer.state == TransferState::Done {
                        // Taking it back changes no lead on any day.
                        self.done.push(Done { transfer, at: self.today, on: self.today, before: None });
                    }
                    return;
                }
                match transfer.state {
                    TransferState::Done => self.given(transfer, to),
                    TransferState::Approved => self.waiting = Some((transfer, (*to).to_owned())),
                    other => panic!("{other:?} though nothing needs a second person"),
                }
            }
            Step::TakeBack(which) => {
                let Some(place) = self.done.len().checked_sub(which + 1) else { return };
                let id = self.done[place].transfer.id;
                let Some(back) = clear(assignments::revert(&self.world.bank, &east, id, &Decision::default(), Uuid::now_v7()).await) else {
                    return;
                };
                assert_eq!(back.state, TransferState::Reverted);
                let Done { at, on, before, .. } = self.done.remove(place);
                let from = if on == self.today { at } else { self.today };
                self.effects[if before.is_some() { 1 } else { 5 }] += 1;
                self.leads.extend(before.into_iter().flatten().filter(|(day, _)| *day >= from));
            }
            Step::Share(share, stops) => {
                let codes: Vec<String> = sqlx::query_scalar(
                    "select m.code from customer_summary s join staff m on m.staff_id = any(s.assist_staff_ids) where s.customer_id = $1 order by 1",
                )
                .bind(self.id)
                .fetch_all(&self.world.owner)
                .await
                .unwrap();
                let each = *share / codes.len().max(1) as u8;
                let assistants = codes.into_iter().enumerate().map(|(at, code)| (code, (at > 0 || !stops).then_some(each))).collect();
                let change = SharesChange { assistants, seen: None, reason: "分成".into() };
                let no = CustomerNo::from_id(self.id);
                let told = clear(assignments::set_shares(&self.world.bank, &east, no, &change, Uuid::now_v7()).await);
                self.effects[3] += usize::from(told.is_some_and(|told| !told.assistants.is_empty()));
            }
            Step::Wait(days) => {
                self.today = self.today + Days::new(*days);
                self.set_today().await;
                assignments::run_due(&self.world.bank).await.unwrap();
                if let Some((transfer, to)) = self.waiting.take_if(|(transfer, _)| transfer.effective <= self.today) {
                    let now = assignments::get(&self.world.bank, &east, transfer.id).await.unwrap();
                    if now.state == TransferState::Done {
                        self.given(now, &to);
                    }
                }
            }
        }
    }

    fn given(&mut self, transfer: Transfer, to: &str) {
        let at = transfer.effective.max(self.today.with_day(1).unwrap());
        let before = self.leads.clone();
        self.effects[0] += 1;
        self.effects[2] += usize::from(at != self.today);
        for (_, lead) in self.leads.iter_mut().filter(|(day, _)| **day >= at) {
            *lead = (to != POOL).then(|| to.to_owned());
        }
        self.done.push(Done { transfer, at, on: self.today, before: Some(before) });
    }

    async fn check(&self, what: &str) {
        let days: Vec<(NaiveDate, Option<String>, i64)> = sqlx::query_as(
            "select d.day::date, (select m.code from assignment a join staff m using (staff_id)
                     where a.customer_id = $1 and a.role = 'lead' and a.valid @> d.day::date),
                 coalesce((select sum(a.share) from assignment a where a.customer_id = $1 and a.valid @> d.day::date), 0)::bigint
             from generate_series($2::date, $2::date + $3, '1 day') as d (day) order by 1",
        )
        .bind(self.id)
        .bind(FIRST)
        .bind(DAYS as i32 - 1)
        .fetch_all(&self.world.owner)
        .await
        .unwrap();
        for (day, lead, share) in &days {
            assert_eq!(lead, &self.leads[day], "{day}: {what}");
            assert!(lead.is_none() || *share == 100, "{day}: shares sum to {share}: {what}");
        }
        let row = "select lead_staff_id, assist_staff_ids, pooled_since from customer_summary where customer_id = $1";
        let now: (Option<i32>, Vec<i32>, Option<NaiveDate>) = sqlx::query_as(row).bind(self.id).fetch_one(&self.world.owner).await.unwrap();
        let mut tx = self.world.owner.begin().await.unwrap();
        summary::refresh(&mut tx, &[self.id]).await.unwrap();
        let anew: (Option<i32>, Vec<i32>, Option<NaiveDate>) = sqlx::query_as(row).bind(self.id).fetch_one(&mut *tx).await.unwrap();
        assert_eq!(now, anew, "{what}");
    }
}

/// What was done, or nothing when it was refused for a reason.
fn clear<T>(answer: Result<T, Error>) -> Option<T> {
    match answer {
        Ok(done) => Some(done),
        Err(error) if matches!(error.code(), Code::Conflict | Code::Invalid) => None,
        Err(error) => panic!("{error}"),
    }
}
