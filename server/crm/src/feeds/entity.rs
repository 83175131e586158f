//! The canonical entities: what a feed may bring, column by column. `docs/feeds.md` is made from this.

use guanhu_domain::{Lang, customers::mask};

/// How a column's text is checked and turned into a database value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Free text or a key of the source system, at most so many characters.
    Text(usize),
    /// Like text, and searched by a keyed hash: ID numbers, phones, account numbers.
    Hashed(usize),
    /// One of these words.
    Code(&'static [&'static str]),
    Date,
    /// An amount in the row's `currency` (else the bank's base currency), stored in minor units.
    Money,
    /// Money that may be negative.
    SignedMoney,
    /// A decimal number between these, with at most so many decimals.
    Decimal(i64, i64, u32),
    Integer(i64, i64),
    /// `true`/`false`, `1`/`0`, `y`/`n`, `yes`/`no`, `是`/`否`.
    Flag,
    /// ISO 4217.
    Currency,
}

impl ColumnKind {
    /// The type in the staging table.
    pub const fn sql(self) -> &'static str {
        match self {
            ColumnKind::Text(_) | ColumnKind::Hashed(_) | ColumnKind::Code(_) | ColumnKind::Currency => "text",
            ColumnKind::Date => "date",
            ColumnKind::Money | ColumnKind::SignedMoney => "bigint",
            ColumnKind::Decimal(..) => "numeric",
            ColumnKind::Integer(..) => "bigint",
            ColumnKind::Flag => "boolean",
        }
    }

    /// For people: in the documents and the mapping editor.
    pub fn words(self, lang: Lang) -> String {
        let list = |codes: &[&str], quote: &str| codes.iter().map(|code| format!("{quote}{code}{quote}")).collect::<Vec<_>>().join(" ");
        if lang == Lang::Zh {
            return match self {
                ColumnKind::Text(max) | ColumnKind::Hashed(max) => format!("文字，最多 {max} 个字符"),
                ColumnKind::Code(codes) => list(codes, ""),
                ColumnKind::Date => "日期".into(),
                ColumnKind::Money => "金额，不为负".into(),
                ColumnKind::SignedMoney => "金额".into(),
                ColumnKind::Decimal(min, max, decimals) => format!("数字 {min}–{max}，{decimals} 位小数"),
                ColumnKind::Integer(min, max) => format!("整数 {min}–{max}"),
                ColumnKind::Flag => "是或否".into(),
                ColumnKind::Currency => "ISO 4217".into(),
            };
        }
        match self {
            ColumnKind::Text(max) => format!("text ≤ {max}"),
            ColumnKind::Hashed(max) => format!("text ≤ {max}, searched by hash"),
            ColumnKind::Code(codes) => list(codes, "`"),
            ColumnKind::Date => "date".into(),
            ColumnKind::Money => "amount ≥ 0".into(),
            ColumnKind::SignedMoney => "amount".into(),
            ColumnKind::Decimal(min, max, decimals) => format!("number {min}–{max}, {decimals} decimals"),
            ColumnKind::Integer(min, max) => format!("integer {min}–{max}"),
            ColumnKind::Flag => "yes or no".into(),
            ColumnKind::Currency => "ISO 4217".into(),
        }
    }
}

/// How a value looks to those who load it and see no customer.
pub type Mask = fn(&str) -> String;

#[derive(Debug)]
pub struct Column {
    pub name: &'static str,
    pub zh: &'static str,
    pub kind: ColumnKind,
    pub required: bool,
    pub about: &'static str,
    /// It says who a customer is, how to reach them, or what was said.
    pub hidden: Option<Mask>,
}

impl Column {
    const fn hidden(self, mask: Mask) -> Column {
        Column { name: self.name, zh: self.zh, kind: self.kind, required: self.required, about: self.about, hidden: Some(mask) }
    }
}

#[derive(Debug)]
pub struct Entity {
    pub name: &'static str,
    pub zh: &'static str,
    pub about: &'static str,
    pub columns: &'static [Column],
}

impl Entity {
    pub fn find(name: &str) -> Option<&'static Entity> {
        ENTITIES.iter().find(|entity| entity.name == name)
    }

    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Its section of `docs/feeds.md`.
    pub fn document(&self) -> String {
        let mut text = format!("### {}\n{}\n\n| column | | what |\n| --- | --- | --- |\n", self.name, self.about);
        for column in self.columns {
            let required = if column.required { "**required**, " } else { "" };
            let masked = if column.hidden.is_some() { ", masked" } else { "" };
            text.push_str(&format!("| `{}` | {required}{}{masked} | {} |\n", column.name, column.kind.words(Lang::En), column.about));
        }
        text
    }
}

const fn must(name: &'static str, zh: &'static str, kind: ColumnKind, about: &'static str) -> Column {
    Column { name, zh, kind, required: true, about, hidden: None }
}

const fn may(name: &'static str, zh: &'static str, kind: ColumnKind, about: &'static str) -> Column {
    Column { name, zh, kind, required: false, about, hidden: None }
}

use self::ColumnKind::{Code, Currency, Date, Decimal, Flag, Hashed, Integer, Money, SignedMoney, Text};

/// Characters of the longest key of a source system.
pub const KEY_LENGTH: usize = 100;
const KEY: ColumnKind = Text(KEY_LENGTH);

/// In the order in which they are loaded: what is referred to comes first.
pub const ENTITIES: &[Entity] = &[
    Entity {
        name: "units",
        zh: "机构",
        about: "Org units 机构. Parents may stand in the same file, in any order.",
        columns: &[
            must("code", "代码", KEY, "the bank's code of the unit"),
            must("name", "名称", Text(200), ""),
            must("kind", "类别", Code(&["head_office", "branch", "sub_branch", "outlet"]), ""),
            may("parent", "上级机构代码，总行留空", KEY, "code of the unit above; empty for the head office"),
            may("closed_on", "关闭日期", Date, ""),
        ],
    },
    Entity {
        name: "staff",
        zh: "员工",
        about: "Staff 员工, managers among them.",
        columns: &[
            must("code", "员工号", KEY, "staff number"),
            must("name", "姓名", Text(200), ""),
            must("unit", "机构代码", KEY, "code of the unit"),
            may("is_manager", "是否客户经理", Flag, "may be put in charge of customers"),
            may("title", "职务", Text(100), ""),
            may("phone", "电话", Text(40), ""),
            may("qualification", "资格", Text(200), ""),
            may("hired_on", "入职日期", Date, ""),
            may("left_on", "离职日期", Date, ""),
            may(
                "capacity",
                "可服务的分层权重之和，默认 400",
                Integer(0, 1_000_000),
                "sum of tier weights the manager can serve; 400 if not given",
            ),
        ],
    },
    Entity {
        name: "products",
        zh: "产品",
        about: "The product list 产品.",
        columns: &[
            must("code", "代码", KEY, ""),
            must("name", "名称", Text(200), ""),
            may("name_en", "英文名称", Text(200), ""),
            must("category", "大类", Code(&["current", "term", "loan", "card", "wealth", "insurance", "fund"]), ""),
            may("customer_kind", "适用客户，空为全部", Code(&["personal", "corporate"]), "empty: both"),
            may("currency", "币种", Currency, ""),
            may("risk_level", "风险等级", Integer(1, 5), ""),
            may("script", "营销话术", Text(4000), "words to sell it with 营销话术"),
        ],
    },
    Entity {
        name: "rates",
        zh: "汇率",
        about: "Rates of exchange on a day.",
        columns: &[
            must("currency", "币种", Currency, ""),
            may("date", "日期，默认数据日期", Date, "the business date if not given"),
            must("rate", "一单位外币折本位币", Decimal(0, 1_000_000_000, 8), "units of the base currency for one unit"),
        ],
    },
    Entity {
        name: "customers",
        zh: "客户",
        about: "Customers, personal and corporate. A value that a person entered in Guanhu is kept; an empty value erases nothing. \
                A column `extra.NAME` keeps a text for which there is no column; it stands on the customer's page under that name, long numbers masked.",
        columns: &[
            must("source_key", "在源系统中的键", Hashed(100), "the customer's key in the source system"),
            must("kind", "个人或对公，不可更改", Code(&["personal", "corporate"]), "never changes"),
            must("unit", "机构代码", KEY, "code of the unit the customer belongs to"),
            must("name", "名称", Text(200), "").hidden(mask::name),
            may("short_name", "简称", Text(100), "").hidden(mask::name),
            may("opened_on", "成为客户的日期", Date, "customer since"),
            may("closed_on", "销户日期", Date, ""),
            may("birth_date", "出生日期", Date, ""),
            may("sex", "性别", Code(&["male", "female"]), ""),
            may("nationality", "国籍，两位字母", Text(2), "ISO 3166, two letters"),
            may("marital_status", "婚姻状况（字典代码）", Text(40), "code of the dictionary"),
            may("education", "学历（字典代码）", Text(40), "code of the dictionary"),
            may("occupation", "职业", Text(100), ""),
            may("employer", "工作单位", Text(200), ""),
            may("annual_income", "年收入（本位币）", Money, "in the base currency"),
            may("risk_appetite", "风险承受能力", Integer(1, 5), ""),
            may("established_on", "成立日期", Date, ""),
            may("registered_capital", "注册资本（本位币）", Money, "in the base currency"),
            may("industry", "行业（字典代码）", Text(40), "code of the dictionary"),
            may("scale", "企业规模（字典代码）", Text(40), "code of the dictionary"),
            may("listed_code", "股票代码", Text(20), ""),
            may("credit_rating", "信用评级（字典代码）", Text(40), "code of the dictionary"),
            may("employees", "员工人数", Integer(0, 5_000_000), ""),
            may("business_scope", "经营范围", Text(2000), ""),
            may("remark", "备注", Text(2000), "").hidden(mask::name),
            may("identity_kind", "用于认出客户的证件类别", Text(40), "kind of the ID paper in `identity`"),
            may("identity", "用于认出客户的证件号码", Hashed(100), "number of the ID paper by which a customer of another system is found")
                .hidden(mask::identity),
        ],
    },
    Entity {
        name: "identities",
        zh: "证件",
        about: "ID papers, and the keys under which other systems know the same customer (`source_key`).",
        columns: &[
            must("customer", "客户的源系统键", KEY, "source key"),
            must("kind", "类别", Text(40), "`id_card`, `passport`, `uscc`, `hk_macau_permit` …, or `source_key`"),
            must("value", "证件号码", Hashed(100), "the number, or the key").hidden(mask::identity),
            may("system", "来源系统，仅用于 source_key", Text(40), "of a `source_key`, and required there: the system whose key it is"),
            may("expires_on", "到期日期", Date, ""),
            may("verified", "是否已核验", Flag, ""),
        ],
    },
    Entity {
        name: "contacts",
        zh: "联系方式",
        about: "Phones, addresses and the like.",
        columns: &[
            must("customer", "客户的源系统键", KEY, "source key"),
            must("kind", "类别", Code(&["mobile", "phone", "email", "wechat", "address", "work_address", "website"]), ""),
            must("value", "号码或地址", Hashed(500), "").hidden(mask::unknown),
            may("is_primary", "是否首选", Flag, ""),
            may("consent", "是否同意营销", Flag, "may the bank use it for marketing?"),
        ],
    },
    Entity {
        name: "relations",
        zh: "关系",
        about: "Read: `customer` is `kind` of `related`.",
        columns: &[
            must("customer", "客户的源系统键", KEY, "source key"),
            must("related", "关联客户的源系统键", KEY, "source key"),
            must(
                "kind",
                "类别",
                Code(&[
                    "spouse",
                    "parent",
                    "household",
                    "shareholder",
                    "legal_representative",
                    "actual_controller",
                    "guarantor",
                    "group_member",
                    "key_person",
                    "employer",
                ]),
                "",
            ),
            may("percentage", "持股比例（%）", Decimal(0, 100, 6), "of a shareholder"),
        ],
    },
    Entity {
        name: "contracts",
        zh: "合同",
        about: "Loan contracts 合同.",
        columns: &[
            must("contract_no", "合同号", KEY, ""),
            must("customer", "借款人的源系统键", KEY, "source key of the borrower"),
            may("kind", "类别", Text(40), "`loan` if not given"),
            may("currency", "币种，默认本位币", Currency, ""),
            must("amount", "金额", Money, ""),
            may("signed_on", "签订日期", Date, ""),
            may("expires_on", "到期日期", Date, ""),
            may("status", "状态，默认 active", Text(40), "`active` if not given"),
        ],
    },
    Entity {
        name: "accounts",
        zh: "账户",
        about: "Accounts but for loans. Where no balance is given it follows the last transaction or balance loaded.",
        columns: &[
            must("source_key", "在源系统中的键", KEY, "unique among accounts and loans of the source system"),
            must("customer", "户主的源系统键，不可更改", KEY, "source key of the owner; never changes"),
            must("product", "产品代码", KEY, "code"),
            may("account_no", "账号，默认为键", Hashed(64), "the source key if not given").hidden(mask::account),
            may("unit", "机构代码，默认户主的机构", KEY, "the owner's if not given"),
            may("currency", "币种，默认本位币", Currency, "the base currency if not given"),
            may("balance", "余额", SignedMoney, "end of `balance_on`"),
            may("balance_on", "余额日期，默认数据日期", Date, "the business date if not given"),
            may("limit_amount", "信用额度", Money, "credit limit of a card"),
            may("rate", "年利率（%）", Decimal(-100, 1000, 6), "interest, percent a year"),
            may("opened_on", "开户日期", Date, ""),
            may("matures_on", "到期日期", Date, ""),
            may("closed_on", "销户日期", Date, ""),
            may("status", "状态，默认 active", Text(40), "`active` if not given"),
            may("term_months", "期限（月）", Integer(0, 1200), ""),
            may("payment", "每期还款额", Money, ""),
            may("overdue_days", "逾期天数", Integer(0, 100_000), ""),
            may("statement_frequency", "对账单频率", Text(40), ""),
        ],
    },
    Entity {
        name: "loans",
        zh: "借据",
        about: "Due bills 借据: accounts of category loan, each drawn under a contract.",
        columns: &[
            must("source_key", "在源系统中的键", KEY, "unique among accounts and loans of the source system"),
            must("customer", "借款人的源系统键，不可更改", KEY, "source key of the borrower; never changes"),
            must("product", "产品代码", KEY, "code of a loan product"),
            may("contract_no", "合同号", KEY, ""),
            may("account_no", "借据号，默认为键", Hashed(64), "number of the due bill; the source key if not given").hidden(mask::account),
            may("unit", "机构代码，默认借款人的机构", KEY, "the borrower's if not given"),
            may("currency", "币种，默认本位币", Currency, "the base currency if not given"),
            must("principal", "发放金额", Money, "originally lent"),
            may("balance", "未还余额", Money, "still owed at the end of `balance_on`"),
            may("balance_on", "余额日期，默认数据日期", Date, "the business date if not given"),
            may("rate", "年利率（%）", Decimal(-100, 1000, 6), "interest, percent a year"),
            may("opened_on", "放款日期", Date, "drawn"),
            may("matures_on", "到期日期", Date, ""),
            may("closed_on", "结清日期", Date, ""),
            may("status", "状态，默认 active", Text(40), "`active` if not given"),
            may("term_months", "期限（月）", Integer(0, 1200), ""),
            may("payment", "每期还款额", Money, "of each instalment"),
            may("overdue_days", "逾期天数", Integer(0, 100_000), ""),
        ],
    },
    Entity {
        name: "account_parties",
        zh: "账户使用人",
        about: "Who may use an account: its owner and others.",
        columns: &[
            may("source_key", "在源系统中的键", KEY, ""),
            must("account", "账户的源系统键", KEY, "source key"),
            must("customer", "使用人的源系统键", KEY, "source key of the person"),
            must("role", "角色", Code(&["owner", "user"]), ""),
        ],
    },
    Entity {
        name: "cards",
        zh: "卡",
        about: "Cards hung on an account.",
        columns: &[
            must("source_key", "在源系统中的键", KEY, ""),
            must("account", "账户的源系统键", KEY, "source key"),
            may("customer", "持卡人的源系统键，默认户主", KEY, "source key of the holder; the account's owner if not given"),
            may("card_no", "卡号", Text(64), "").hidden(mask::account),
            must("kind", "类别", Text(40), ""),
            may("issued_on", "发卡日期", Date, ""),
            may("status", "状态，默认 active", Text(40), "`active` if not given"),
        ],
    },
    Entity {
        name: "orders",
        zh: "定期转账",
        about: "Standing orders.",
        columns: &[
            must("source_key", "在源系统中的键", KEY, ""),
            must("account", "账户的源系统键", KEY, "source key"),
            may("to_bank", "对方银行", Text(100), ""),
            may("to_account", "对方账号", Text(64), "").hidden(mask::account),
            may("currency", "币种，默认本位币", Currency, "the base currency if not given"),
            must("amount", "金额", Money, ""),
            may("purpose", "用途", Text(100), ""),
        ],
    },
    Entity {
        name: "guarantees",
        zh: "担保",
        about: "Guarantees 担保. A guarantor who is a customer is related to whom he stands for, on both pages.",
        columns: &[
            must("source_key", "在源系统中的键", KEY, ""),
            must("customer", "被担保人的源系统键", KEY, "source key of whom it stands for"),
            may("contract_no", "所担保的合同号", KEY, "the contract it secures"),
            may("guarantor", "担保人的源系统键", KEY, "source key, where the guarantor is a customer"),
            must("kind", "类别", Code(&["surety", "mortgage", "pledge", "credit"]), ""),
            may("description", "说明", Text(500), "").hidden(mask::name),
            may("currency", "币种，默认本位币", Currency, "the base currency if not given"),
            must("amount", "金额", Money, ""),
        ],
    },
    Entity {
        name: "transactions",
        zh: "交易",
        about: "Transactions. One is known by account, day and source key.",
        columns: &[
            must("source_key", "在源系统中的键", KEY, ""),
            must("account", "账户的源系统键", KEY, "source key"),
            must("booked_on", "入账日期", Date, ""),
            must("direction", "借贷方向", Code(&["credit", "debit"]), ""),
            may("currency", "账户币种，本位币可省略", Currency, "the account's; may be left out where that is the base currency"),
            must("amount", "金额", Money, ""),
            may("balance_after", "交易后余额，用于余额与日均", SignedMoney, "of the account; makes balances and averages"),
            may("kind", "类别", Text(40), ""),
            may("purpose", "用途", Text(100), ""),
            may("counterparty_bank", "对方银行", Text(100), ""),
            may("counterparty_account", "对方账号", Text(64), "").hidden(mask::account),
            may("narrative", "摘要", Text(500), "").hidden(mask::name),
        ],
    },
    Entity {
        name: "balances",
        zh: "日终余额",
        about: "End-of-day balances, where the source has them.",
        columns: &[
            must("account", "账户的源系统键", KEY, "source key"),
            may("date", "日期，默认数据日期", Date, "the business date if not given"),
            may("currency", "账户币种，本位币可省略", Currency, "the account's; may be left out where that is the base currency"),
            must("balance", "余额", SignedMoney, ""),
        ],
    },
    Entity {
        name: "assignments",
        zh: "管户",
        about: "Who is in charge of whom 管户. A feed never takes a customer from somebody: an overlapping lead is refused, \
                and what has ended stays ended. Shares of a day that come to more than 100 are refused.",
        columns: &[
            must("customer", "客户的源系统键", KEY, "source key"),
            must("staff", "员工号", KEY, "code"),
            must("role", "角色", Code(&["lead", "assist"]), ""),
            may(
                "share",
                "分成比例，主办默认 100，协办默认 0",
                Decimal(0, 100, 2),
                "percent; 100 of a lead and 0 of an assistant if not given",
            ),
            may("valid_from", "开始日期，默认客户开立日", Date, "when the customer came, else the business date"),
            may("valid_to", "结束日期（不含当日）", Date, "first day it no longer holds"),
        ],
    },
    Entity {
        name: "activities",
        zh: "往来",
        about: "Contacts with a customer logged elsewhere: calls, visits, messages.",
        columns: &[
            must("source_key", "在源系统中的键", KEY, ""),
            must("customer", "客户的源系统键", KEY, "source key"),
            must("kind", "类别", Code(&["call", "visit", "branch", "message", "email", "meeting", "care"]), ""),
            must("happened_on", "发生日期", Date, ""),
            may("staff", "员工号", KEY, "code of the member of staff who met the customer"),
            must("summary", "内容", Text(2000), "").hidden(mask::name),
            may("outcome", "结果", Text(500), "").hidden(mask::name),
            may("next_step", "下一步", Text(500), "").hidden(mask::name),
            may("next_on", "下一步日期", Date, ""),
        ],
    },
    Entity {
        name: "complaints",
        zh: "投诉",
        about: "Complaints 投诉 and how they ended.",
        columns: &[
            must("source_key", "在源系统中的键", KEY, ""),
            must("customer", "客户的源系统键", KEY, "source key"),
            must("received_on", "受理日期", Date, ""),
            must("channel", "渠道", Text(40), "`hotline`, `branch`, `app`, `regulator` …"),
            must("subject", "主题", Text(200), "").hidden(mask::name),
            may("detail", "详情", Text(4000), "").hidden(mask::name),
            may("state", "状态，默认 open", Code(&["open", "resolved", "escalated"]), "`open` if not given"),
            may("due_on", "办结期限", Date, ""),
            may("resolved_on", "办结日期", Date, ""),
        ],
    },
    Entity {
        name: "documents",
        zh: "资料",
        about: "Papers on file: what they are and until when they hold, not their pages.",
        columns: &[
            must("source_key", "在源系统中的键", KEY, ""),
            must("customer", "客户的源系统键", KEY, "source key"),
            must("kind", "类别", Text(40), "`id_card`, `business_licence`, `loan_contract`, `risk_assessment` …"),
            must("title", "名称", Text(200), "").hidden(mask::name),
            may("received_on", "收到日期", Date, ""),
            may("expires_on", "到期日期", Date, ""),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: &str = "<!-- entities: written by `GUANHU_WRITE_DOCS=1 cargo test -p guanhu-crm entity` -->\n";
    const END: &str = "<!-- end of entities -->";

    #[test]
    fn the_document_describes_every_column() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/feeds.md");
        let document = std::fs::read_to_string(path).unwrap();
        let (before, rest) = document.split_once(BEGIN).unwrap();
        let (there, after) = rest.split_once(END).unwrap();
        let sections = ENTITIES.iter().map(|entity| entity.document() + "\n").collect::<String>();
        if std::env::var_os("GUANHU_WRITE_DOCS").is_some() {
            std::fs::write(path, format!("{before}{BEGIN}{sections}{END}{after}")).unwrap();
        } else {
            assert!(there == sections, "docs/feeds.md is behind the code; see the comment above its entities");
        }
    }
}
