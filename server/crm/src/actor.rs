//! Who is acting, and over which customers.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::NaiveDate;
use guanhu_domain::{
    Code,
    access::{Me, Role, Verb},
};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::{Error, Result};

/// The person behind a request, resolved once from the session.
#[derive(Clone, Debug)]
pub struct Actor {
    pub user_id: i32,
    pub login: String,
    pub name: String,
    pub role: Role,
    pub org_id: i32,
    pub staff_id: Option<i32>,
    pub scope: Scope,
    pub session_id: Option<Uuid>,
    pub ip: Option<IpAddr>,
    pub request_id: Uuid,
    /// How far the log had come when the session last wrote; 0 if it never did.
    pub seen: u64,
    /// Whether this request wrote.
    pub wrote: Wrote,
    /// What the browser is told of the actor.
    pub me: Me,
}

/// Set by the first write; the clones of an actor share it.
#[derive(Clone, Debug, Default)]
pub struct Wrote(Arc<AtomicBool>);

impl Wrote {
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    pub(crate) fn take(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}

/// Which customers an actor may see in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// None at all.
    Nothing,
    /// Customers of these units (a subtree, resolved to ids).
    Units(Vec<i32>),
    /// Customers led or assisted by this member of staff. `outlet`: colleagues' customers there
    /// are listed by masked basics, where the bank's parameter says so.
    Portfolio { staff_id: i32, outlet: Option<i32> },
}

impl Actor {
    /// The first line of every verb.
    pub fn require(&self, verb: Verb) -> Result<()> {
        if !verb.allowed_to(self.role) {
            return Err(Error::Denied { verb, login: self.login.clone() });
        }
        match self.session_id {
            Some(_) if verb == Verb::AccountOwn => Ok(()),
            Some(_) if self.me.must_change_password => Err(Error::new(Code::PasswordChangeRequired)),
            Some(_) if self.me.must_enrol_factor => Err(Error::new(Code::FactorEnrolmentRequired)),
            _ => Ok(()),
        }
    }

    /// The program itself: feeds, jobs, the command line. Sees no customers through lists.
    pub fn system() -> Actor {
        Actor {
            user_id: 0,
            login: "system".into(),
            name: "Guanhu".into(),
            role: Role::Administrator,
            org_id: 0,
            staff_id: None,
            scope: Scope::Nothing,
            session_id: None,
            ip: None,
            request_id: Uuid::now_v7(),
            seen: 0,
            wrote: Wrote::default(),
            me: Me {
                login: "system".into(),
                name: "Guanhu".into(),
                role: Role::Administrator,
                org: String::new(),
                org_name: String::new(),
                staff: None,
                must_change_password: false,
                must_enrol_factor: false,
                bank_name: String::new(),
                is_demo: false,
                business_date: NaiveDate::default(),
                base_currency: String::new(),
            },
        }
    }

    /// The program itself, which acts for whoever runs it on the server.
    pub fn is_system(&self) -> bool {
        self.user_id == 0
    }

    /// The user's id for columns that refer to a user; null for the program itself.
    pub fn user_ref(&self) -> Option<i32> {
        (self.user_id > 0).then_some(self.user_id)
    }
}

impl Scope {
    /// Appends a condition on `customer_summary` aliased `s`. Every statement that returns customers'
    /// rows carries it.
    pub fn restrict(&self, sql: &mut QueryBuilder<Postgres>) {
        self.restrict_as(sql, "s");
    }

    /// The same on `customer_summary` under another alias.
    pub fn restrict_as(&self, sql: &mut QueryBuilder<Postgres>, s: &'static str) {
        match self {
            Scope::Nothing => {
                sql.push("false");
            }
            Scope::Units(units) => {
                push_units(sql, s, units);
            }
            Scope::Portfolio { staff_id, .. } => {
                sql.push("(").push(s).push(".lead_staff_id = ").push_bind(*staff_id);
                sql.push(" or (").push(s).push(".assist_staff_ids <> '{}' and ").push(s).push(".assist_staff_ids @> array[");
                sql.push_bind(*staff_id).push("]))");
            }
        }
    }

    /// The two values that [`SCOPED`] binds: unit ids, staff id.
    pub fn binds(&self) -> (Vec<i32>, i32) {
        match self {
            Scope::Nothing => (Vec::new(), -1),
            Scope::Units(units) => (units.clone(), -1),
            Scope::Portfolio { staff_id, .. } => (Vec::new(), *staff_id),
        }
    }
}

/// The customer is of one of these units. Whoever has a bank has hundreds, whose numbers mostly follow one
/// another: a range is planned and tested in no time.
fn push_units(sql: &mut QueryBuilder<Postgres>, s: &'static str, units: &[i32]) {
    sql.push(s);
    match range(units) {
        Some((first, last)) => sql.push(".org_id between ").push_bind(first).push(" and ").push_bind(last),
        None => sql.push(".org_id = any(").push_bind(units.to_vec()).push(")"),
    };
}

/// The first and the last of units, where there are many and every number between is one of them.
fn range(units: &[i32]) -> Option<(i32, i32)> {
    let (first, last) = (*units.iter().min()?, *units.iter().max()?);
    let distinct: std::collections::BTreeSet<i32> = units.iter().copied().collect();
    let whole = usize::try_from(i64::from(last) - i64::from(first) + 1).ok()? == distinct.len();
    (whole && distinct.len() > RANGE_FROM).then_some((first, last))
}

/// Fewer are better told one by one: an index on units is read for each.
const RANGE_FROM: usize = 16;

/// The same condition for static SQL, with `$1` the unit ids and `$2` the staff id of [`Scope::binds`].
/// Right where the statement already names the customer; a list uses [`Scope::restrict`].
#[macro_export]
macro_rules! scoped {
    () => {
        "(s.org_id = any($1) or s.lead_staff_id = $2 or s.assist_staff_ids @> array[$2])"
    };
}

/// A user's row and scope in one statement.
#[derive(sqlx::FromRow)]
pub(crate) struct UserRow {
    pub user_id: i32,
    pub login: String,
    pub name: String,
    pub role: String,
    pub org_id: i32,
    pub staff_id: Option<i32>,
    pub units: Vec<i32>,
    pub outlet_basics: bool,
    pub must_change_password: bool,
    pub must_enrol_factor: bool,
    pub org: String,
    pub org_name: String,
    pub staff: Option<String>,
    pub bank_name: String,
    pub is_demo: bool,
    pub business_date: NaiveDate,
    pub base_currency: String,
}

/// Columns of [`UserRow`] from [`user_tables`]; used by the session lookup too.
#[macro_export]
macro_rules! user_columns {
    () => {
        "u.user_id, u.login, u.name, u.role, u.org_id, u.staff_id, home.code as org, home.name as org_name,
         (select m.code from staff m where m.staff_id = u.staff_id) as staff,
         u.must_change_password or (u.password_changed_at < now() - interval '90 days'
             and coalesce((select p.value = '\"dengbao\"'::jsonb from parameter p where p.key = 'access.password_policy'), false)) as must_change_password,
         u.role in ('administrator', 'security_officer', 'auditor') and u.totp_confirmed_at is null and not bank.is_demo as must_enrol_factor,
         bank.name as bank_name, bank.is_demo, bank.business_date, bank.base_currency::text,
         case when u.role in ('branch_manager', 'executive')
              then array(select o.org_id from org_unit o where o.path @> array[u.org_id]) else '{}' end as units,
         coalesce((select p.value = 'true'::jsonb from parameter p where p.key = 'scope.outlet_basics'), false) as outlet_basics"
    };
}

/// What [`user_columns`] reads from.
#[macro_export]
macro_rules! user_tables {
    () => {
        "app_user u join org_unit home on home.org_id = u.org_id cross join bank"
    };
}

impl UserRow {
    pub(crate) fn into_actor(self, session_id: Option<Uuid>, ip: Option<IpAddr>, request_id: Uuid) -> Result<Actor> {
        let role = Role::from_code(&self.role).ok_or_else(|| Error::internal(format!("unknown role {}", self.role)))?;
        let scope = match (role, self.staff_id) {
            (Role::Manager, Some(staff_id)) => Scope::Portfolio { staff_id, outlet: self.outlet_basics.then_some(self.org_id) },
            (Role::BranchManager | Role::Executive, _) => Scope::Units(self.units),
            _ => Scope::Nothing,
        };
        let me = Me {
            login: self.login.clone(),
            name: self.name.clone(),
            role,
            org: self.org,
            org_name: self.org_name,
            staff: self.staff,
            must_change_password: self.must_change_password,
            must_enrol_factor: self.must_enrol_factor,
            bank_name: self.bank_name,
            is_demo: self.is_demo,
            business_date: self.business_date,
            base_currency: self.base_currency,
        };
        Ok(Actor {
            me,
            user_id: self.user_id,
            login: self.login,
            name: self.name,
            role,
            org_id: self.org_id,
            staff_id: self.staff_id,
            scope,
            session_id,
            ip,
            request_id,
            seen: 0,
            wrote: Wrote::default(),
        })
    }
}

impl Actor {
    /// By login, without a session: for the command line and tests. Disabled users are not found.
    pub async fn by_login(bank: &crate::Bank, login: &str) -> Result<Actor> {
        sqlx::query_as::<_, UserRow>(concat!(
            "select ",
            user_columns!(),
            " from ",
            user_tables!(),
            " where u.login = $1 and u.disabled_at is null and u.granted_at is not null"
        ))
        .bind(login)
        .fetch_one(bank.pool())
        .await?
        .into_actor(None, None, Uuid::now_v7())
    }
}
