//! The schemes that the product brings: sensible thresholds of average AUM, for a bank to begin with.

use chrono::NaiveDate;
use guanhu_domain::{
    access::Verb,
    customers::Kind,
    rules::{Condition, Op, RuleSet, Value},
    tiers::{Definition, Settings, TierRule},
};
use sqlx::{PgConnection, types::Json};

use crate::{
    Actor, Bank, Result,
    audit::{self, Entry},
};

/// Code, Chinese, English, least average AUM in yuan (none for whoever has an account), contact every so
/// many days, benefits; in rising order.
type Step = (&'static str, &'static str, &'static str, Option<i64>, u16, &'static str);

const PERSONAL: &[Step] = &[
    ("potential", "潜力", "Potential", None, 365, ""),
    ("regular", "普通", "Regular", Some(10_000), 180, ""),
    ("gold", "金卡", "Gold", Some(50_000), 90, "优先叫号；转账手续费减免"),
    ("platinum", "白金", "Platinum", Some(500_000), 45, "专属客户经理；年度体检；机场贵宾厅 2 次"),
    ("diamond", "钻石", "Diamond", Some(2_000_000), 30, "专属客户经理；家庭资产检视；机场贵宾厅 6 次"),
    ("private", "私行", "Private", Some(6_000_000), 15, "私人银行顾问团队；家族信托咨询"),
];

const CORPORATE: &[Step] = &[
    ("corp_basic", "基础", "Basic", None, 180, ""),
    ("corp_growing", "成长", "Growing", Some(500_000), 60, "结算套餐"),
    ("corp_key", "重点", "Key", Some(5_000_000), 30, "绿色审批通道；现金管理方案"),
    ("corp_strategic", "战略", "Strategic", Some(30_000_000), 15, "总行级客户团队；综合授信方案"),
];

pub const SCHEMES: [(Kind, &str, &str); 2] =
    [(Kind::Personal, "个人客户分层", "Personal tiers"), (Kind::Corporate, "对公客户分层", "Corporate tiers")];

/// What the product ships for customers of this kind.
pub fn definition(kind: Kind) -> Definition {
    let (steps, first_mark) = match kind {
        Kind::Personal => (PERSONAL, 0),
        Kind::Corporate => (CORPORATE, 1),
    };
    let tier = |(at, (code, name, name_en, floor, contact_days, benefits)): (usize, &Step)| {
        let when = match floor {
            Some(yuan) => Condition::AverageAum { months: None, op: Op::Ge, value: yuan * 100 },
            None => Condition::Compare { field: "accounts".into(), op: Op::Ge, value: Value::Number(1) },
        };
        TierRule {
            code: (*code).into(),
            name: (*name).into(),
            name_en: (*name_en).into(),
            mark: at as i16 + first_mark,
            rule: RuleSet::new(when),
            contact_days: Some(*contact_days),
            care: String::new(),
            served_by: Vec::new(),
            benefits: (*benefits).into(),
            weight: None,
        }
    };
    Definition { settings: Settings::default(), tiers: steps.iter().enumerate().map(tier).collect() }
}

/// Gives a bank that has none of them the shipped schemes, as drafts: an administrator tries them out
/// and changes them, and another person publishes. Returns how many were new.
pub async fn install(bank: &Bank, actor: &Actor) -> Result<usize> {
    actor.require(Verb::TierDraft)?;
    let mut tx = bank.begin().await?;
    sqlx::query("select pg_advisory_xact_lock(hashtext('tiers.install'))").execute(&mut *tx).await?;
    let there: Vec<String> = sqlx::query_scalar("select customer_kind from tier_scheme").fetch_all(&mut *tx).await?;
    let mut new = 0;
    for (kind, ..) in SCHEMES.into_iter().filter(|(kind, ..)| there.iter().all(|there| there != kind.code())) {
        let scheme_id = scheme(&mut tx, kind).await?;
        sqlx::query("insert into tier_version (scheme_id, version, state, definition, drafted_by) values ($1, 1, 'draft', $2, $3)")
            .bind(scheme_id)
            .bind(Json(definition(kind)))
            .bind(actor.user_ref())
            .execute(&mut *tx)
            .await?;
        audit::record(&mut tx, actor, Entry::done(Verb::TierDraft, super::subject(kind.code(), 1))).await?;
        new += 1;
    }
    tx.commit().await?;
    Ok(new)
}

/// A scheme of the bank, its first version in force from this day. Returns the keys of its tiers, the lowest first.
pub async fn found(conn: &mut PgConnection, kind: Kind, from: NaiveDate) -> Result<Vec<i32>> {
    let definition = definition(kind);
    let scheme_id = scheme(conn, kind).await?;
    sqlx::query(
        "insert into tier_version (scheme_id, version, state, definition, note, drafted_at, ever_published)
         values ($1, 1, 'published', $2, '', $3::date, true)",
    )
    .bind(scheme_id)
    .bind(Json(&definition))
    .bind(from)
    .execute(&mut *conn)
    .await?;
    sqlx::query("insert into tier_publication (scheme_id, version, from_date, published_at) values ($1, 1, $2, $2::date)")
        .bind(scheme_id)
        .bind(from)
        .execute(&mut *conn)
        .await?;
    super::evaluate::tiers(conn, scheme_id, &definition.tiers).await
}

async fn scheme(conn: &mut PgConnection, kind: Kind) -> Result<i32> {
    let (name, name_en) = SCHEMES.into_iter().find(|(of, ..)| *of == kind).map_or(("", ""), |(_, name, name_en)| (name, name_en));
    Ok(sqlx::query_scalar("insert into tier_scheme (code, customer_kind, name, name_en) values ($1, $1, $2, $3) returning scheme_id")
        .bind(kind.code())
        .bind(name)
        .bind(name_en)
        .fetch_one(conn)
        .await?)
}
