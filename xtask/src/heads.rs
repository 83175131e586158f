//! Demo logins as heads of the bank for the time of a measurement or a fault: one asks for everybody, the other agrees.

use crate::Outcome;

/// No parameter asks for a second person.
pub(crate) const LIFTED: &str = "insert into parameter (key, value)
    values ('transfer.approval', '{\"tier_rank\": 99, \"corporate_tier_rank\": 99, \"customers\": 1000000, \"aum\": 100000000000000}')
    on conflict (key) do update set value = excluded.value";
/// As it was shipped.
pub(crate) const SHIPPED: &str = "delete from parameter where key = 'transfer.approval'";

/// `sql` runs statements as the database's owner and gives the first column of the first row, nothing where there is none.
pub(crate) fn with_heads_of_the_bank<T>(sql: &dyn Fn(&str) -> Outcome<String>, act: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    let unit = sql("select org_id from app_user where login = 'branch'")?;
    sql("update app_user set role = 'branch_manager', org_id = (select org_id from org_unit where parent_id is null)
         where login in ('branch', 'executive')")?;
    let done = act();
    sql(&format!(
        "update app_user set org_id = {} where login = 'branch'; update app_user set role = 'executive' where login = 'executive'",
        unit.trim()
    ))?;
    done
}
