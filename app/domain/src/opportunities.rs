//! Opportunities 商机: what may come of a customer, stage by stage, until it is won or lost.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    Currency, CustomerNo, Lang,
    customers::{ManagerRef, ProductChoice, UnitChoice, list::coded},
    problem::{FieldProblem, Rule},
};

pub const TITLE_MAX: usize = 100;
pub const NEXT_STEP_MAX: usize = 200;
pub const LOSS_REASON_MAX: usize = 200;
/// Opportunities in one page of a column.
pub const PAGE: usize = 30;
/// Days for which the page shows what was won and lost.
pub const ENDED_DAYS: i64 = 90;

coded! {
    /// How far an opportunity has come, in order.
    Stage {
        Identified "identified" "发现" | "Identified";
        Qualified "qualified" "需求" | "Qualified";
        Proposed "proposed" "方案" | "Proposed";
        Negotiating "negotiating" "谈判" | "Negotiating";
        Won "won" "成交" | "Won";
        Lost "lost" "失败" | "Lost";
    }
}

impl Stage {
    pub const fn is_open(self) -> bool {
        !matches!(self, Stage::Won | Stage::Lost)
    }

    /// The one after it on the way to being won.
    pub const fn next(self) -> Option<Stage> {
        match self {
            Stage::Identified => Some(Stage::Qualified),
            Stage::Qualified => Some(Stage::Proposed),
            Stage::Proposed => Some(Stage::Negotiating),
            Stage::Negotiating => Some(Stage::Won),
            Stage::Won | Stage::Lost => None,
        }
    }
}

coded! {
    /// Where an opportunity comes from.
    Source {
        Contact "contact" "日常联系" | "Contact";
        Visit "visit" "客户来访" | "Walk-in";
        Referral "referral" "转介绍" | "Referral";
        Campaign "campaign" "营销活动" | "Campaign";
        List "list" "名单分析" | "Analysis";
        Other "other" "其他" | "Other";
    }
}

/// The product it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ProductRef {
    pub code: String,
    pub name: String,
    #[serde(default)]
    pub name_en: String,
}

impl ProductRef {
    pub fn name(&self, lang: Lang) -> &str {
        if lang == Lang::En && !self.name_en.is_empty() { &self.name_en } else { &self.name }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Opportunity {
    pub id: String,
    /// What a change has to name.
    pub version: i32,
    pub title: String,
    pub product: ProductRef,
    pub source: Source,
    pub stage: Stage,
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub currency: Currency,
    /// Expected, minor units of the currency.
    pub amount: i64,
    pub won_amount: Option<i64>,
    pub loss_reason: Option<String>,
    pub expected_on: NaiveDate,
    pub next_step: String,
    /// Null: nobody's, since nobody leads the customer.
    pub owner: Option<ManagerRef>,
    /// Business dates.
    pub opened_on: NaiveDate,
    pub since: NaiveDate,
    pub ended_on: Option<NaiveDate>,
}

impl Opportunity {
    /// Still open after the day it was expected on.
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        self.ended_on.is_none() && self.expected_on < today
    }

    /// What it is worth: as it was won, else as expected. Minor units of its currency.
    pub fn worth(&self) -> i64 {
        self.won_amount.unwrap_or(self.amount)
    }

    /// As a form shows it.
    pub fn form(&self) -> OpportunityForm {
        OpportunityForm {
            title: self.title.clone(),
            product: self.product.code.clone(),
            source: self.source,
            currency: Some(self.currency),
            amount: self.amount,
            expected_on: Some(self.expected_on),
            next_step: self.next_step.clone(),
            owner: self.owner.as_ref().map(|owner| owner.code.clone()),
        }
    }
}

/// What is typed to open one or to change it, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct OpportunityForm {
    pub title: String,
    /// Code of the product.
    pub product: String,
    pub source: Source,
    /// The base currency unless told.
    #[serde(default)]
    #[cfg_attr(feature = "server", schema(value_type = Option<String>))]
    pub currency: Option<Currency>,
    /// Minor units of the currency.
    pub amount: i64,
    pub expected_on: Option<NaiveDate>,
    #[serde(default)]
    pub next_step: String,
    /// Staff code of the lead or of who assists; the lead unless told.
    #[serde(default)]
    pub owner: Option<String>,
}

impl OpportunityForm {
    /// What is wrong with it without looking anything up.
    pub fn faults(&self) -> Vec<FieldProblem> {
        let mut faults = Vec::new();
        let mut refuse = |field: &str, rule| faults.push(FieldProblem { field: field.into(), rule });
        match self.title.trim().chars().count() {
            0 => refuse("title", Rule::Required),
            long if long > TITLE_MAX => refuse("title", Rule::TooLong { max: TITLE_MAX }),
            _ => {}
        }
        if self.product.is_empty() {
            refuse("product", Rule::Required);
        }
        match self.amount {
            0 => refuse("amount", Rule::Required),
            ..0 => refuse("amount", Rule::Negative),
            // A thousandfold of the largest bank there is.
            too_much if too_much > 1_000_000_000_000_000_000 => refuse("amount", Rule::NotMoney),
            _ => {}
        }
        if self.expected_on.is_none() {
            refuse("expected_on", Rule::Required);
        }
        if self.next_step.trim().chars().count() > NEXT_STEP_MAX {
            refuse("next_step", Rule::TooLong { max: NEXT_STEP_MAX });
        }
        faults
    }
}

/// Into another stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct StageMove {
    pub to: Stage,
    /// Of what is won: minor units of its currency; as expected unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub won_amount: Option<i64>,
    /// Of what is lost; required there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_reason: Option<String>,
}

impl StageMove {
    pub fn to(to: Stage) -> StageMove {
        StageMove { to, won_amount: None, loss_reason: None }
    }

    pub fn faults(&self) -> Vec<FieldProblem> {
        let refuse = |field: &str, rule| vec![FieldProblem { field: field.into(), rule }];
        match (self.to, self.won_amount, self.loss_reason.as_deref().map(|reason| reason.trim().chars().count())) {
            (Stage::Won, Some(..=0), _) => refuse("won_amount", Rule::Negative),
            (Stage::Lost, _, None | Some(0)) => refuse("loss_reason", Rule::Required),
            (Stage::Lost, _, Some(long)) if long > LOSS_REASON_MAX => refuse("loss_reason", Rule::TooLong { max: LOSS_REASON_MAX }),
            _ => Vec::new(),
        }
    }
}

/// One move of its history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Moved {
    pub from: Stage,
    pub to: Stage,
    pub at: DateTime<Utc>,
    /// Who did it; null for what came with the bank.
    pub by: Option<String>,
}

/// An opportunity with its customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct OpportunityCard {
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub customer_no: CustomerNo,
    pub customer: String,
    pub opportunity: Opportunity,
}

/// One of them, with its history, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct OpportunityDetail {
    pub card: OpportunityCard,
    pub moves: Vec<Moved>,
}

/// What may be chosen for a customer's opportunity.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OpportunityChoices {
    /// The lead first, then who assist.
    pub owners: Vec<ManagerRef>,
    /// Those that are sold to customers of the kind.
    pub products: Vec<ProductChoice>,
    /// The base currency first.
    pub currencies: Vec<Currency>,
}

/// What is listed: open ones by the day they are expected; of a stage that ends, those of the last
/// [`ENDED_DAYS`], the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpportunityQuery {
    /// All open ones unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// Staff code of the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Code of a unit: customers of it and of all below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerNo>,
    /// Only those still open after the day they were expected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overdue: bool,
    /// `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct OpportunityPage {
    pub items: Vec<OpportunityCard>,
    pub next: Option<String>,
}

/// A stage with all that is in it, of which the first page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub stage: Stage,
    pub count: i64,
    /// Minor units of the base currency, at the rates of the business date.
    pub amount: i64,
    pub page: OpportunityPage,
}

/// The stages side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipeline {
    /// In the order of [`Stage::ALL`].
    pub columns: Vec<Column>,
    /// What the viewer can narrow it to; nothing for whoever has a portfolio only.
    pub units: Vec<UnitChoice>,
    pub owners: Vec<ManagerRef>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_all_that_is_wrong_with_it() {
        let empty = OpportunityForm {
            title: " ".into(),
            product: String::new(),
            source: Source::Contact,
            currency: None,
            amount: 0,
            expected_on: None,
            next_step: "…".repeat(NEXT_STEP_MAX + 1),
            owner: None,
        };
        let fields: Vec<String> = empty.faults().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["title", "product", "amount", "expected_on", "next_step"]);
        assert_eq!(StageMove::to(Stage::Lost).faults()[0].rule, Rule::Required);
        assert_eq!(StageMove::to(Stage::Won).faults(), []);
    }

    #[test]
    fn every_stage_leads_to_won_but_the_ends() {
        for stage in Stage::ALL {
            assert_eq!(stage.next().is_some(), stage.is_open());
        }
    }
}
