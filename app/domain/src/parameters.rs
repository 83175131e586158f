//! What a bank sets for itself: one catalogue of every parameter, with its words, its range and its default.
//!
//! **Adding a parameter:** a line in [`CATALOGUE`]. The page, the API and the history come with it. Who needs the
//! value asks `guanhu_crm::parameters::read` by the key.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value, json};

use crate::{FieldProblem, Lang, Rule};

/// The same in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    pub zh: &'static str,
    pub en: &'static str,
}

impl Words {
    pub const fn of(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }
}

/// What a parameter, or a part of one, holds, and its default. In JSON a flag is a boolean, a choice its code,
/// a share a number of 0 to 1, the others whole numbers.
#[derive(Clone, Copy, Debug)]
pub enum Holds {
    Flag {
        default: bool,
    },
    /// Both bounds included.
    Whole {
        min: i64,
        max: i64,
        unit: Words,
        default: i64,
    },
    /// Minor units of the base currency, from nothing to `max`.
    Money {
        max: i64,
        default: i64,
    },
    /// A share of the whole in ten-thousandths, so that per cent have two decimals.
    Share {
        default: i64,
    },
    /// The first is the default.
    Choice(&'static [(&'static str, Words)]),
    /// An object; its parts hold no parts of their own.
    Parts(&'static [Part]),
}

/// One entry of a parameter that is an object.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub name: &'static str,
    pub words: Words,
    pub holds: Holds,
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Module, dot, name: as stored and in addresses.
    pub key: &'static str,
    pub words: Words,
    /// What follows from it.
    pub note: Words,
    pub holds: Holds,
}

const fn words(zh: &'static str, en: &'static str) -> Words {
    Words { zh, en }
}

/// Ten thousand are the whole.
const WHOLE: i64 = 10_000;
/// A trillion of a currency with cents: larger is a slip of the finger.
const MONEY_MAX: i64 = 100_000_000_000_000;

/// Every parameter, in the order of the page.
pub const CATALOGUE: &[Parameter] = &[
    Parameter {
        key: "scope.outlet_basics",
        words: words("网点内可见同事客户", "Colleagues' customers in the outlet"),
        note: words(
            "客户经理可查到本网点同事的客户：仅显示遮蔽后的姓名和主办人，不显示任何金额",
            "Managers find colleagues' customers of their outlet: the masked name and the lead, no figure",
        ),
        holds: Holds::Flag { default: false },
    },
    Parameter {
        key: "assist.may_log",
        words: words("协办可登记联系", "Assistants log contacts"),
        note: words("协办客户经理可登记联系记录和任务", "Whoever assists a customer may log contacts and tasks"),
        holds: Holds::Flag { default: true },
    },
    Parameter {
        key: "reveal.daily_limit",
        words: words("每人每日查看明文次数", "Reveals a day"),
        note: words(
            "每人任意 24 小时内可查看证件号、手机号、账号、卡号明文的次数；0 为不允许",
            "ID, phone, account and card numbers that one person may see in clear in any 24 hours; none at 0",
        ),
        holds: Holds::Whole { min: 0, max: 10_000, unit: words("次", "a day"), default: 50 },
    },
    Parameter {
        key: "access.password_policy",
        words: words("密码规则", "Password rules"),
        note: words(
            "“长密码”：15 位以上、不常见、无需定期更换；“等保 2.0”：8 位以上、须有大小写字母、数字和符号、90 天更换",
            "Long: 15 characters or more, uncommon, no rotation. MLPS 2.0: 8 or more, of four kinds, changed every 90 days",
        ),
        holds: Holds::Choice(&[("default", words("长密码", "Long")), ("dengbao", words("等保 2.0", "MLPS 2.0"))]),
    },
    Parameter {
        key: "feeds.reject_threshold",
        words: words("导入拒绝上限", "Rejects that stop a load"),
        note: words(
            "被拒绝的行超过此比例时整批不入库；映射方案中另有规定的从其规定",
            "Above this share of rejected rows nothing is loaded; a profile that says otherwise counts more",
        ),
        holds: Holds::Share { default: 500 },
    },
    Parameter {
        key: "transfer.approval",
        words: words("移交须经审批", "Transfers that need a second person"),
        note: words(
            "任何一项成立即须他人批准；层级从最低一层起数。跨分行、客户经理提出、接收人缺少该层要求的资格，一律须经批准",
            "Any one of these asks for a second person; tiers count from the lowest. Leaving the branch, what a manager asks for and a receiver without the qualification that the tier asks for always do",
        ),
        holds: Holds::Parts(&[
            Part {
                name: "tier_rank",
                words: words("个人客户层级不低于", "Personal tier from"),
                holds: Holds::Whole { min: 1, max: 99, unit: words("级", "th"), default: 6 },
            },
            Part {
                name: "corporate_tier_rank",
                words: words("对公客户层级不低于", "Corporate tier from"),
                holds: Holds::Whole { min: 1, max: 99, unit: words("级", "th"), default: 4 },
            },
            Part {
                name: "customers",
                words: words("客户数多于", "More customers than"),
                holds: Holds::Whole { min: 0, max: 1_000_000, unit: words("位", ""), default: 300 },
            },
            Part {
                name: "aum",
                words: words("金融资产多于", "More AUM than"),
                holds: Holds::Money { max: MONEY_MAX, default: 50_000_000_000 },
            },
        ]),
    },
    Parameter {
        key: "pool.pick",
        words: words("认领待分配客户", "Picking from the pool"),
        note: words(
            "客户经理可认领本机构的待分配客户；每日数为 0 即不开放。冷静期从不再主办之日起算。须经审批的客户认领后仍须批准",
            "Managers may take customers of their unit's pool; nobody does at 0 a day. A former lead waits from the day the lead ended. Who needs a second person still does",
        ),
        holds: Holds::Parts(&[
            Part {
                name: "per_day",
                words: words("每人每日可认领", "Each manager a day"),
                holds: Holds::Whole { min: 0, max: 1_000, unit: words("位", ""), default: 0 },
            },
            Part {
                name: "cooldown_days",
                words: words("原主办人冷静期", "The former lead waits"),
                holds: Holds::Whole { min: 0, max: 3_650, unit: words("天", "days"), default: 90 },
            },
        ]),
    },
    Parameter {
        key: "service.contacts_per_month",
        words: words("客户经理每月可联系次数", "Contacts a manager makes in a month"),
        note: words(
            "分层试算以此衡量服务标准所需的联系；不限制任何操作",
            "Trying tiers out holds the contacts that service standards ask for against it; it restricts nothing",
        ),
        holds: Holds::Whole { min: 1, max: 10_000, unit: words("次", "a month"), default: 120 },
    },
    Parameter {
        key: "alerts.maturity_days",
        words: words("到期预警提前天数", "Maturity warned ahead"),
        note: words(
            "定期存款、理财在今后多少天内到期即预警",
            "A term deposit or wealth product that matures within so many days is warned of",
        ),
        holds: Holds::Whole { min: 1, max: 3_650, unit: words("天", "days"), default: 30 },
    },
    Parameter {
        key: "alerts.maturity_amount",
        words: words("到期预警金额", "Maturity worth a warning"),
        note: words("单个账户到期余额不低于此数才预警", "Only an account that matures with this much or more"),
        holds: Holds::Money { max: MONEY_MAX, default: 10_000_000 },
    },
    Parameter {
        key: "alerts.outflow_days",
        words: words("大额转出回看天数", "Outflow looked back"),
        note: words(
            "在最近多少天内看大额转出；过了这些天预警自行关闭",
            "Days in which a large outflow is looked for; the warning closes when they are over",
        ),
        holds: Holds::Whole { min: 1, max: 3_650, unit: words("天", "days"), default: 30 },
    },
    Parameter {
        key: "alerts.outflow_amount",
        words: words("大额转出金额", "Outflow worth a warning"),
        note: words(
            "活期账户单笔转出超过此数，且超过客户金融资产的三分之一，才预警",
            "Only a single outflow from a current account of more than this, and of more than a third of the customer's assets",
        ),
        holds: Holds::Money { max: MONEY_MAX, default: 5_000_000 },
    },
    Parameter {
        key: "alerts.dormant_days",
        words: words("不动户天数", "Days without movement"),
        note: words(
            "有活期账户的客户超过多少天没有任何动账即预警",
            "A customer with a current account and no posting for more than so many days is warned of",
        ),
        holds: Holds::Whole { min: 1, max: 3_650, unit: words("天", "days"), default: 365 },
    },
    Parameter {
        key: "alerts.dormant_amount",
        words: words("不动户金融资产", "Dormancy worth a warning"),
        note: words("客户金融资产超过此数才预警", "Only customers with more AUM than this"),
        holds: Holds::Money { max: MONEY_MAX, default: 500_000 },
    },
];

/// The parameter of this key.
pub fn parameter(key: &str) -> Option<&'static Parameter> {
    CATALOGUE.iter().find(|parameter| parameter.key == key)
}

impl Parameter {
    pub fn default_value(&self) -> Value {
        self.holds.default_value()
    }

    /// What is in force when this is stored: what is missing or no longer fits is its default.
    pub fn in_force(&self, stored: Option<&Value>) -> Value {
        self.holds.in_force(stored)
    }

    /// What is wrong with a value, by `value` or `value/PART`; empty when it may be stored.
    pub fn faults(&self, value: &Value) -> Vec<FieldProblem> {
        let mut faults = Vec::new();
        self.holds.check("value", value, &mut faults);
        faults
    }
}

impl Holds {
    fn default_value(&self) -> Value {
        match *self {
            Holds::Flag { default } => Value::Bool(default),
            Holds::Whole { default, .. } | Holds::Money { default, .. } => json!(default),
            Holds::Share { default } => share_value(default),
            Holds::Choice(choices) => json!(choices.first().map(|(code, _)| *code)),
            Holds::Parts(parts) => {
                parts.iter().map(|part| (part.name.to_owned(), part.holds.default_value())).collect::<Map<_, _>>().into()
            }
        }
    }

    fn in_force(&self, stored: Option<&Value>) -> Value {
        if let Holds::Parts(parts) = self {
            let part = |part: &Part| (part.name.to_owned(), part.holds.in_force(stored.and_then(|stored| stored.get(part.name))));
            return parts.iter().map(part).collect::<Map<_, _>>().into();
        }
        let fits = |value: &&Value| {
            let mut faults = Vec::new();
            self.check("", value, &mut faults);
            faults.is_empty()
        };
        stored.filter(fits).cloned().unwrap_or_else(|| self.default_value())
    }

    fn check(&self, field: &str, value: &Value, faults: &mut Vec<FieldProblem>) {
        let rule = match *self {
            Holds::Flag { .. } if value.is_boolean() => Ok(()),
            Holds::Flag { .. } => Err(Rule::BadFormat { expected: "true / false".into() }),
            Holds::Whole { min, max, .. } => within(value.as_i64(), min, max, |bound| bound.to_string()),
            Holds::Money { max, .. } => within(value.as_i64(), 0, max, |bound| (bound / 100).to_string()),
            Holds::Share { .. } => within(share(value), 0, WHOLE, |bound| (bound / WHOLE).to_string()),
            Holds::Choice(choices) => match value.as_str() {
                Some(code) if choices.iter().any(|(known, _)| *known == code) => Ok(()),
                Some(code) => Err(Rule::UnknownCode { value: code.to_owned() }),
                None => Err(Rule::Required),
            },
            Holds::Parts(parts) => {
                let empty = Map::new();
                let given = value.as_object().unwrap_or(&empty);
                for part in parts {
                    let field = format!("{field}/{}", part.name);
                    match given.get(part.name) {
                        Some(value) => part.holds.check(&field, value, faults),
                        None => faults.push(FieldProblem { field, rule: Rule::Required }),
                    }
                }
                let unknown = given.keys().find(|name| parts.iter().all(|part| part.name != *name));
                unknown.map_or(Ok(()), |name| Err(Rule::UnknownCode { value: name.clone() }))
            }
        };
        if let Err(rule) = rule {
            faults.push(FieldProblem { field: field.to_owned(), rule });
        }
    }
}

fn within(value: Option<i64>, min: i64, max: i64, say: impl Fn(i64) -> String) -> Result<(), Rule> {
    match value {
        Some(value) if (min..=max).contains(&value) => Ok(()),
        Some(_) => Err(Rule::OutOfRange { min: say(min), max: say(max) }),
        None => Err(Rule::NotANumber),
    }
}

/// A stored share in ten-thousandths; nothing finer is understood.
pub fn share(value: &Value) -> Option<i64> {
    let ten_thousandths = value.as_f64()? * WHOLE as f64;
    let whole = ten_thousandths.round();
    ((ten_thousandths - whole).abs() < 1e-6 && whole.abs() < 1e9).then_some(whole as i64)
}

/// As a share is stored.
pub fn share_value(ten_thousandths: i64) -> Value {
    Number::from_f64(ten_thousandths as f64 / WHOLE as f64).map_or(Value::Null, Value::Number)
}

/// A parameter as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ParameterItem {
    pub key: String,
    pub name: String,
    pub name_en: String,
    pub value: Value,
    pub default: Value,
    /// 0 until it is set for the first time.
    pub version: i32,
    pub changed_at: Option<DateTime<Utc>>,
    /// A login.
    pub changed_by: Option<String>,
    /// What it was before, the newest first; ten at most.
    #[serde(default)]
    pub history: Vec<ParameterVersion>,
}

/// What a parameter was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ParameterVersion {
    pub version: i32,
    pub value: Value,
    pub changed_at: DateTime<Utc>,
    pub changed_by: Option<String>,
}

/// A new value for a parameter, all of its parts included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ParameterValue {
    pub value: Value,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::assignments::ApprovalPolicy;

    #[test]
    fn every_default_may_be_stored_and_no_key_comes_twice() {
        for parameter in CATALOGUE {
            assert_eq!(parameter.faults(&parameter.default_value()), [], "{}", parameter.key);
            assert_eq!(parameter.in_force(None), parameter.default_value(), "{}", parameter.key);
            assert!(parameter.key.split('.').count() == 2, "{}: module and name", parameter.key);
            assert!([parameter.words, parameter.note].iter().all(|words| !words.zh.is_empty() && !words.en.is_empty()));
        }
        assert_eq!(CATALOGUE.iter().map(|parameter| parameter.key).collect::<BTreeSet<_>>().len(), CATALOGUE.len());
    }

    #[test]
    fn what_does_not_fit_is_named_and_what_is_stored_so_counts_as_the_default() {
        let approval = parameter("transfer.approval").unwrap();
        let wrong = json!({ "leaving_branch": false, "tier_rank": 0, "corporate_tier_rank": 1.5, "customers": 3, "more": 1 });
        let fields: Vec<String> = approval.faults(&wrong).into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["value/tier_rank", "value/corporate_tier_rank", "value/aum", "value"]);
        let in_force: ApprovalPolicy = serde_json::from_value(approval.in_force(Some(&wrong))).unwrap();
        assert_eq!(in_force, ApprovalPolicy { customers: 3, ..ApprovalPolicy::default() });

        let threshold = parameter("feeds.reject_threshold").unwrap();
        assert_eq!(threshold.faults(&json!(0.125)), []);
        for wrong in [json!(1.01), json!(-0.1), json!(0.00001), json!("0.1"), json!(null)] {
            assert_eq!(threshold.faults(&wrong).len(), 1, "{wrong}");
        }
        assert_eq!(share(&share_value(1_234)), Some(1_234));
        assert_eq!(parameter("access.password_policy").unwrap().in_force(Some(&json!("none"))), json!("default"));
    }

    #[test]
    fn the_policy_of_transfers_is_what_the_catalogue_says() {
        let approval = parameter("transfer.approval").unwrap();
        assert_eq!(serde_json::to_value(ApprovalPolicy::default()).unwrap(), approval.default_value());
    }
}
