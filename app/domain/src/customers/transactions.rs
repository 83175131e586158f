//! Why money moved: the codes that feeds bring, and the words by which they are shown and searched.

use crate::Lang;

/// Code, Chinese, English.
const KINDS: &[(&str, &str, &str)] = &[
    ("salary", "代发工资", "Salary"),
    ("bonus", "年终奖", "Bonus"),
    ("pension", "养老金", "Pension"),
    ("rent", "房租", "Rent"),
    ("opening", "开户存入", "Opening deposit"),
    ("closing", "销户转出", "Closing"),
    ("renewal", "到期转存", "Renewal at maturity"),
    ("drawdown", "贷款发放", "Loan drawdown"),
    ("receipt", "货款收入", "Trade receipt"),
    ("payment", "货款支出", "Trade payment"),
    ("income", "收入", "Income"),
    ("interest", "利息", "Interest"),
    ("spending", "消费", "Spending"),
    ("transfer", "转账", "Transfer"),
    ("transfer_in", "转账转入", "Transfer in"),
    ("transfer_out", "转账转出", "Transfer out"),
    ("cash_in", "现金存入", "Cash in"),
    ("cash_out", "现金支取", "Cash out"),
    ("cash", "现金", "Cash"),
    ("card", "卡消费", "Card payment"),
    ("card_payment", "信用卡还款", "Card repayment"),
    ("loan_payment", "贷款还款", "Loan repayment"),
    ("placement", "存入定期", "Placed"),
    ("maturity", "到期兑付", "Paid at maturity"),
    ("subscription", "认购", "Subscription"),
    ("redemption", "赎回", "Redemption"),
    ("premium", "保费", "Premium"),
    ("fee", "手续费", "Fee"),
    ("tax", "税费", "Tax"),
    ("payroll", "发放工资", "Payroll"),
    ("standing_order", "定期转账", "Standing order"),
    ("purchase", "购买产品", "Purchase"),
    ("household", "家庭开支", "Household"),
    ("insurance", "保险", "Insurance"),
    ("statement", "对账单费", "Statement fee"),
    ("sanction_interest", "透支利息", "Penalty interest"),
    ("leasing", "租赁", "Leasing"),
    ("loan", "贷款", "Loan"),
];

/// The words for a code; one that nobody thought of is shown as it came.
pub fn kind(code: &str, lang: Lang) -> &str {
    match KINDS.iter().find(|(known, ..)| *known == code) {
        Some((_, zh, en)) => match lang {
            Lang::Zh => zh,
            Lang::En => en,
        },
        None => code,
    }
}

/// The codes whose words, in either language, have these in them: people search for what they read.
pub fn kinds_saying(words: &str) -> Vec<&'static str> {
    let words = words.to_lowercase();
    KINDS.iter().filter(|(_, zh, en)| zh.contains(&words) || en.to_lowercase().contains(&words)).map(|(code, ..)| *code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_by_the_words_that_are_shown() {
        assert_eq!(kinds_saying("工资"), ["salary", "payroll"]);
        assert_eq!(kinds_saying("loan rep"), ["loan_payment"]);
        assert!(kinds_saying("loan_payment").is_empty());
        assert_eq!((kind("salary", Lang::Zh), kind("unheard_of", Lang::En)), ("代发工资", "unheard_of"));
    }
}
