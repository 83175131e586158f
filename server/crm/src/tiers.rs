//! Tiers: versions of their rules, drafted, tried out and published by two people; the evaluation that
//! puts customers into them, and why one is where it is.

pub mod averages;
mod by_hand;
mod draft;
pub mod evaluate;
mod explain;
mod judge;
mod movements;
mod movers;
pub(crate) mod part;
mod publish;
pub mod shipped;
mod simulate;
mod trial;

pub(crate) use by_hand::withdraw_requests;
pub use by_hand::{answer_tier, ask_tier, end_tier, tier_requests};
pub use draft::{save, submit};
pub use evaluate::{Which, evaluate, evaluate_due, evaluate_soon};
pub use explain::explain;
pub(crate) use explain::{explained, standing_sql};
pub(crate) use movements::push_moved;
pub use movements::{movements, moves};
pub use movers::movers;
pub use publish::{publish, withdraw};
pub use simulate::simulate;
pub use trial::{cancel_trial, trial};

use chrono::{DateTime, NaiveDate, Utc};
use guanhu_domain::{
    access::Verb,
    customers::Kind,
    tiers::{Definition, Scheme, Simulation, Version, VersionState},
};
use sqlx::{PgConnection, types::Json};

use crate::{Actor, Bank, Error, Result};

/// So many of the newest versions of a scheme are told, beside those that are in force or to come.
const VERSIONS: i64 = 20;

/// What of the versions a reader sees.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sight {
    /// What was published.
    Published,
    /// What was tried out or submitted as well, without figures of other people's customers.
    Tried,
    Whole,
}

impl Sight {
    fn of(actor: &Actor) -> Sight {
        let may = |verb: Verb| verb.allowed_to(actor.role);
        if may(Verb::TierDraft) || may(Verb::TierPublish) {
            Sight::Whole
        } else if may(Verb::TierMovers) {
            Sight::Tried
        } else {
            Sight::Published
        }
    }

    /// States in which a version is seen before it was ever published.
    fn states(self) -> Vec<&'static str> {
        let states: &[VersionState] = match self {
            Sight::Published => &[],
            Sight::Tried => &[VersionState::Simulated, VersionState::Submitted],
            Sight::Whole => VersionState::ALL,
        };
        states.iter().map(|state| state.code()).collect()
    }
}

/// Every scheme with its newest versions. Who neither drafts nor publishes sees what was published; who has customers
/// to prepare, what was tried out or submitted too.
pub async fn schemes(bank: &Bank, actor: &Actor) -> Result<Vec<Scheme>> {
    actor.require(Verb::TierView)?;
    let sight = Sight::of(actor);
    let mut conn = bank.pool().acquire().await?;
    let rows: Vec<SchemeRow> = sqlx::query_as(SCHEMES).fetch_all(&mut *conn).await?;
    let mut schemes = Vec::new();
    for row in rows {
        let versions: Vec<VersionRow> = sqlx::query_as(VERSION_LIST)
            .bind(row.scheme_id)
            .bind(sight.states())
            .bind(VERSIONS)
            .bind([row.in_force, row.newest].into_iter().flatten().collect::<Vec<_>>())
            .fetch_all(&mut *conn)
            .await?;
        let versions: Vec<Version> = versions.into_iter().map(|row| row.into_version(sight)).collect::<Result<_>>()?;
        let current = versions.iter().find(|version| Some(version.number) == row.in_force);
        let counts: Vec<(String, i64)> =
            sqlx::query_as("select code, customers from tier where scheme_id = $1").bind(row.scheme_id).fetch_all(&mut *conn).await?;
        let count = |code: &str| counts.iter().find(|(own, _)| own == code).map_or(0, |(_, count)| *count);
        schemes.push(Scheme {
            customers: current.map(|version| version.definition.tiers.iter().map(|tier| count(&tier.code)).collect()).unwrap_or_default(),
            kind: row.kind()?,
            code: row.code,
            name: row.name,
            name_en: row.name_en,
            in_force: row.in_force,
            newest: row.newest,
            newest_from: row.newest_from,
            versions,
            evaluated_on: row.evaluated_on,
        });
    }
    Ok(schemes)
}

#[derive(sqlx::FromRow)]
pub(crate) struct SchemeRow {
    pub scheme_id: i32,
    pub code: String,
    pub customer_kind: String,
    pub name: String,
    pub name_en: String,
    pub evaluated_on: Option<NaiveDate>,
    pub evaluated_publication: Option<i32>,
    /// The publication in force on the business date, and its version.
    pub publication_id: Option<i32>,
    pub in_force: Option<i32>,
    /// The version published last, and from when: in force, or to come.
    pub newest: Option<i32>,
    pub newest_from: Option<NaiveDate>,
    pub business_date: NaiveDate,
}

impl SchemeRow {
    /// What an evaluation goes by.
    fn said(&self) -> (i32, Option<i32>, NaiveDate) {
        (self.scheme_id, self.publication_id, self.business_date)
    }

    pub fn kind(&self) -> Result<Kind> {
        Kind::from_code(&self.customer_kind).ok_or_else(|| Error::internal(format!("unknown kind `{}` of a scheme", self.customer_kind)))
    }
}

macro_rules! schemes_sql {
    ($tail:literal) => {
        concat!(
            "select c.scheme_id, c.code, c.customer_kind, c.name, c.name_en, c.evaluated_on, c.evaluated_publication,
                 p.publication_id, p.version as in_force, n.version as newest, n.from_date as newest_from, b.business_date
             from bank b cross join tier_scheme c left join lateral (
                 select p.publication_id, p.version from tier_publication p
                 where p.scheme_id = c.scheme_id and p.withdrawn_at is null and p.from_date <= b.business_date
                 order by p.from_date desc, p.publication_id desc limit 1
             ) p on true left join lateral (
                 select p.version, p.from_date from tier_publication p
                 where p.scheme_id = c.scheme_id and p.withdrawn_at is null
                 order by p.from_date desc, p.publication_id desc limit 1
             ) n on true ",
            $tail
        )
    };
}

const SCHEMES: &str = schemes_sql!("order by c.customer_kind desc, c.code");

/// The scheme of this code, locked against other changes of its versions.
pub(crate) async fn lock(conn: &mut PgConnection, code: &str) -> Result<SchemeRow> {
    Ok(sqlx::query_as(schemes_sql!("where c.code = $1 for update of c")).bind(code).fetch_one(conn).await?)
}

pub(crate) async fn scheme(conn: &mut PgConnection, code: &str) -> Result<SchemeRow> {
    Ok(sqlx::query_as(schemes_sql!("where c.code = $1")).bind(code).fetch_one(conn).await?)
}

#[derive(sqlx::FromRow)]
pub(crate) struct VersionRow {
    pub version: i32,
    pub state: String,
    pub definition: Json<Definition>,
    pub note: String,
    pub revision: i32,
    pub based_on: Option<i32>,
    pub drafter: Option<i32>,
    pub submitter: Option<i32>,
    pub drafted_by: Option<String>,
    pub drafted_at: DateTime<Utc>,
    pub simulation: Option<Json<Simulation>>,
    pub submitted_by: Option<String>,
    pub submitted_at: Option<DateTime<Utc>>,
    pub published_by: Option<String>,
    pub published_at: Option<DateTime<Utc>>,
    pub from_date: Option<NaiveDate>,
    pub asked_from: Option<NaiveDate>,
    pub asked_note: String,
    pub returned: Option<String>,
    pub ever_published: bool,
}

macro_rules! versions_sql {
    ($tail:literal) => {
        concat!(
            "select v.version, v.state, v.definition, v.note, v.revision, v.based_on, v.drafted_by as drafter, v.submitted_by as submitter,
                 d.login as drafted_by, v.drafted_at, v.simulation, s.login as submitted_by, v.submitted_at, u.login as published_by, p.published_at,
                 p.from_date, v.asked_from, v.asked_note, v.returned, v.ever_published
             from tier_version v
             left join app_user d on d.user_id = v.drafted_by
             left join app_user s on s.user_id = v.submitted_by
             left join lateral (select p.* from tier_publication p where p.scheme_id = v.scheme_id and p.version = v.version
                 and p.withdrawn_at is null order by p.publication_id desc limit 1) p on true
             left join app_user u on u.user_id = p.published_by ",
            $tail
        )
    };
}

const VERSION_LIST: &str = versions_sql!(
    "where v.scheme_id = $1 and (v.state = any($2) or v.ever_published) and (v.version = any($4) or v.version in (
         select n.version from tier_version n where n.scheme_id = $1 and (n.state = any($2) or n.ever_published)
         order by n.version desc limit $3))
     order by v.version desc"
);

pub(crate) async fn version(conn: &mut PgConnection, scheme_id: i32, number: i32) -> Result<VersionRow> {
    Ok(sqlx::query_as(versions_sql!("where v.scheme_id = $1 and v.version = $2")).bind(scheme_id).bind(number).fetch_one(conn).await?)
}

impl VersionRow {
    fn into_version(self, sight: Sight) -> Result<Version> {
        let whole = sight == Sight::Whole;
        let asked = sight != Sight::Published;
        let state =
            VersionState::from_code(&self.state).ok_or_else(|| Error::internal(format!("unknown state `{}` of a version", self.state)))?;
        Ok(Version {
            number: self.version,
            revision: self.revision,
            // To a reader, a version that is asked for again is what it was.
            state: if sight.states().contains(&state.code()) { state } else { VersionState::Published },
            definition: self.definition.0,
            note: self.note,
            based_on: self.based_on,
            drafted_by: self.drafted_by,
            drafted_at: self.drafted_at,
            submitted_by: self.submitted_by,
            submitted_at: self.submitted_at,
            published_by: self.published_by,
            published_at: self.published_at,
            from: self.from_date,
            asked_from: self.asked_from.filter(|_| asked),
            asked_note: if asked { self.asked_note } else { String::new() },
            returned: self.returned.filter(|_| whole),
            simulation: self.simulation.map(|simulation| simulation.0).filter(|_| whole),
        })
    }
}

/// What a stale save is answered with.
pub(crate) fn stale(row: VersionRow) -> Error {
    let current = row.into_version(Sight::Whole).ok().and_then(|version| serde_json::to_value(version).ok());
    guanhu_domain::Problem { current, ..guanhu_domain::Problem::new(guanhu_domain::Code::Stale) }.into()
}

/// What was written when other fields were known may be no rule any more.
pub(crate) fn sound(actor: &Actor, definition: &Definition, kind: Kind) -> Result<()> {
    let faults = definition.check_kept(kind, actor.role.data_class());
    if faults.is_empty() { Ok(()) } else { Err(Error::fields(faults)) }
}

pub(crate) fn subject(scheme: &str, version: i32) -> String {
    format!("tier:{scheme}:{version}")
}
