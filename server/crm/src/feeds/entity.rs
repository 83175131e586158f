//! The canonical entities: what a feed may bring, column by column. `docs/feeds.md` is made from this.

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
    pub fn words(self) -> String {
        match self {
            ColumnKind::Text(max) => format!("text ≤ {max}"),
            ColumnKind::Hashed(max) => format!("text ≤ {max}, searched by hash"),
            ColumnKind::Code(codes) => codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(" "),
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

#[derive(Debug)]
pub struct Column {
    pub name: &'static str,
    pub kind: ColumnKind,
    pub required: bool,
    pub about: &'static str,
}

#[derive(Debug)]
pub struct Entity {
    pub name: &'static str,
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
            text.push_str(&format!("| `{}` | {required}{} | {} |\n", column.name, column.kind.words(), column.about));
        }
        text
    }
}

const fn must(name: &'static str, kind: ColumnKind, about: &'static str) -> Column {
    Column { name, kind, required: true, about }
}

const fn may(name: &'static str, kind: ColumnKind, about: &'static str) -> Column {
    Column { name, kind, required: false, about }
}

use ColumnKind::{Code, Currency, Date, Decimal, Flag, Hashed, Integer, Money, SignedMoney, Text};

const KEY: ColumnKind = Text(100);

/// In the order in which they are loaded: what is referred to comes first.
pub const ENTITIES: &[Entity] = &[
    Entity {
        name: "units",
        about: "Org units 机构. Parents may stand in the same file, in any order.",
        columns: &[
            must("code", KEY, "the bank's code of the unit"),
            must("name", Text(200), ""),
            must("kind", Code(&["head_office", "branch", "sub_branch", "outlet"]), ""),
            may("parent", KEY, "code of the unit above; empty for the head office"),
            may("closed_on", Date, ""),
        ],
    },
    Entity {
        name: "staff",
        about: "Staff 员工, managers among them.",
        columns: &[
            must("code", KEY, "staff number"),
            must("name", Text(200), ""),
            must("unit", KEY, "code of the unit"),
            may("is_manager", Flag, "may be put in charge of customers"),
            may("title", Text(100), ""),
            may("phone", Text(40), ""),
            may("qualification", Text(200), ""),
            may("hired_on", Date, ""),
            may("left_on", Date, ""),
            may("capacity", Integer(0, 1_000_000), "sum of tier weights the manager can serve; 400 if not given"),
        ],
    },
    Entity {
        name: "products",
        about: "The product list 产品.",
        columns: &[
            must("code", KEY, ""),
            must("name", Text(200), ""),
            may("name_en", Text(200), ""),
            must("category", Code(&["current", "term", "loan", "card", "wealth", "insurance", "fund"]), ""),
            may("customer_kind", Code(&["personal", "corporate"]), "empty: both"),
            may("currency", Currency, ""),
            may("risk_level", Integer(1, 5), ""),
            may("script", Text(4000), "words to sell it with 营销话术"),
        ],
    },
    Entity {
        name: "rates",
        about: "Rates of exchange on a day.",
        columns: &[
            must("currency", Currency, ""),
            may("date", Date, "the business date if not given"),
            must("rate", Decimal(0, 1_000_000_000, 8), "units of the base currency for one unit"),
        ],
    },
    Entity {
        name: "customers",
        about: "Customers, personal and corporate. A value that a person entered in Guanhu is kept; an empty value erases nothing. \
                A column `extra.NAME` keeps a text for which there is no column.",
        columns: &[
            must("source_key", Hashed(100), "the customer's key in the source system"),
            must("kind", Code(&["personal", "corporate"]), "never changes"),
            must("unit", KEY, "code of the unit the customer belongs to"),
            must("name", Text(200), ""),
            may("short_name", Text(100), ""),
            may("opened_on", Date, "customer since"),
            may("closed_on", Date, ""),
            may("birth_date", Date, ""),
            may("sex", Code(&["male", "female"]), ""),
            may("nationality", Text(2), "ISO 3166, two letters"),
            may("marital_status", Text(40), "code of the dictionary"),
            may("education", Text(40), "code of the dictionary"),
            may("occupation", Text(100), ""),
            may("employer", Text(200), ""),
            may("annual_income", Money, "in the base currency"),
            may("risk_appetite", Integer(1, 5), ""),
            may("established_on", Date, ""),
            may("registered_capital", Money, "in the base currency"),
            may("industry", Text(40), "code of the dictionary"),
            may("scale", Text(40), "code of the dictionary"),
            may("listed_code", Text(20), ""),
            may("credit_rating", Text(40), "code of the dictionary"),
            may("employees", Integer(0, 5_000_000), ""),
            may("business_scope", Text(2000), ""),
            may("remark", Text(2000), ""),
        ],
    },
    Entity {
        name: "identities",
        about: "ID papers.",
        columns: &[
            must("customer", KEY, "source key"),
            must("kind", Text(40), "`id_card`, `passport`, `uscc`, `hk_macau_permit` …"),
            must("value", Hashed(100), "the number"),
            may("expires_on", Date, ""),
            may("verified", Flag, ""),
        ],
    },
    Entity {
        name: "contacts",
        about: "Phones, addresses and the like.",
        columns: &[
            must("customer", KEY, "source key"),
            must("kind", Code(&["mobile", "phone", "email", "wechat", "address", "work_address", "website"]), ""),
            must("value", Hashed(500), ""),
            may("is_primary", Flag, ""),
            may("consent", Flag, "may the bank use it for marketing?"),
        ],
    },
    Entity {
        name: "relations",
        about: "Read: `customer` is `kind` of `related`.",
        columns: &[
            must("customer", KEY, "source key"),
            must("related", KEY, "source key"),
            must(
                "kind",
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
            may("percentage", Decimal(0, 100, 6), "of a shareholder"),
        ],
    },
    Entity {
        name: "contracts",
        about: "Loan contracts 合同.",
        columns: &[
            must("contract_no", KEY, ""),
            must("customer", KEY, "source key of the borrower"),
            may("kind", Text(40), "`loan` if not given"),
            may("currency", Currency, ""),
            must("amount", Money, ""),
            may("signed_on", Date, ""),
            may("expires_on", Date, ""),
            may("status", Text(40), "`active` if not given"),
        ],
    },
    Entity {
        name: "accounts",
        about: "Accounts but for loans. Where no balance is given it follows the last transaction or balance loaded.",
        columns: &[
            must("source_key", KEY, "unique among accounts and loans of the source system"),
            must("customer", KEY, "source key of the owner; never changes"),
            must("product", KEY, "code"),
            may("account_no", Hashed(64), "the source key if not given"),
            may("unit", KEY, "the owner's if not given"),
            may("currency", Currency, "the base currency if not given"),
            may("balance", SignedMoney, "end of `balance_on`"),
            may("balance_on", Date, "the business date if not given"),
            may("limit_amount", Money, "credit limit of a card"),
            may("rate", Decimal(-100, 1000, 6), "interest, percent a year"),
            may("opened_on", Date, ""),
            may("matures_on", Date, ""),
            may("closed_on", Date, ""),
            may("status", Text(40), "`active` if not given"),
            may("term_months", Integer(0, 1200), ""),
            may("payment", Money, ""),
            may("overdue_days", Integer(0, 100_000), ""),
            may("statement_frequency", Text(40), ""),
        ],
    },
    Entity {
        name: "loans",
        about: "Due bills 借据: accounts of category loan, each drawn under a contract.",
        columns: &[
            must("source_key", KEY, "unique among accounts and loans of the source system"),
            must("customer", KEY, "source key of the borrower; never changes"),
            must("product", KEY, "code of a loan product"),
            may("contract_no", KEY, ""),
            may("account_no", Hashed(64), "number of the due bill; the source key if not given"),
            may("unit", KEY, "the borrower's if not given"),
            may("currency", Currency, "the base currency if not given"),
            must("principal", Money, "originally lent"),
            may("balance", Money, "still owed at the end of `balance_on`"),
            may("balance_on", Date, "the business date if not given"),
            may("rate", Decimal(-100, 1000, 6), "interest, percent a year"),
            may("opened_on", Date, "drawn"),
            may("matures_on", Date, ""),
            may("closed_on", Date, ""),
            may("status", Text(40), "`active` if not given"),
            may("term_months", Integer(0, 1200), ""),
            may("payment", Money, "of each instalment"),
            may("overdue_days", Integer(0, 100_000), ""),
        ],
    },
    Entity {
        name: "account_parties",
        about: "Who may use an account: its owner and others.",
        columns: &[
            may("source_key", KEY, ""),
            must("account", KEY, "source key"),
            must("customer", KEY, "source key of the person"),
            must("role", Code(&["owner", "user"]), ""),
        ],
    },
    Entity {
        name: "cards",
        about: "Cards hung on an account.",
        columns: &[
            must("source_key", KEY, ""),
            must("account", KEY, "source key"),
            may("customer", KEY, "source key of the holder; the account's owner if not given"),
            may("card_no", Text(64), ""),
            must("kind", Text(40), ""),
            may("issued_on", Date, ""),
            may("status", Text(40), "`active` if not given"),
        ],
    },
    Entity {
        name: "orders",
        about: "Standing orders.",
        columns: &[
            must("source_key", KEY, ""),
            must("account", KEY, "source key"),
            may("to_bank", Text(100), ""),
            may("to_account", Text(64), ""),
            may("currency", Currency, "the base currency if not given"),
            must("amount", Money, ""),
            may("purpose", Text(100), ""),
        ],
    },
    Entity {
        name: "guarantees",
        about: "Guarantees 担保.",
        columns: &[
            must("source_key", KEY, ""),
            must("customer", KEY, "source key of whom it stands for"),
            may("contract_no", KEY, "the contract it secures"),
            may("guarantor", KEY, "source key, where the guarantor is a customer"),
            must("kind", Code(&["surety", "mortgage", "pledge", "credit"]), ""),
            may("description", Text(500), ""),
            may("currency", Currency, "the base currency if not given"),
            must("amount", Money, ""),
        ],
    },
    Entity {
        name: "transactions",
        about: "Transactions. One is known by account, day and source key.",
        columns: &[
            must("source_key", KEY, ""),
            must("account", KEY, "source key"),
            must("booked_on", Date, ""),
            must("direction", Code(&["credit", "debit"]), ""),
            may("currency", Currency, "the account's; may be left out where that is the base currency"),
            must("amount", Money, ""),
            may("balance_after", SignedMoney, "of the account; makes balances and averages"),
            may("kind", Text(40), ""),
            may("purpose", Text(100), ""),
            may("counterparty_bank", Text(100), ""),
            may("counterparty_account", Text(64), ""),
            may("narrative", Text(500), ""),
        ],
    },
    Entity {
        name: "balances",
        about: "End-of-day balances, where the source has them.",
        columns: &[
            must("account", KEY, "source key"),
            may("date", Date, "the business date if not given"),
            may("currency", Currency, "the account's; may be left out where that is the base currency"),
            must("balance", SignedMoney, ""),
        ],
    },
    Entity {
        name: "assignments",
        about: "Who is in charge of whom 管户. A feed never takes a customer from somebody: an overlapping lead is refused.",
        columns: &[
            must("customer", KEY, "source key"),
            must("staff", KEY, "code"),
            must("role", Code(&["lead", "assist"]), ""),
            may("share", Decimal(0, 100, 2), "percent; 100 if not given"),
            may("valid_from", Date, "when the customer came, else the business date"),
            may("valid_to", Date, "first day it no longer holds"),
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
