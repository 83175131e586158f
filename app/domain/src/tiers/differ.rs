//! What is different between two versions, as a list that pages say in words.

use serde::{Deserialize, Serialize};

use super::{Definition, Settings, TierRule};
use crate::rules::Condition;

/// One difference. Tiers by their code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Settings {
        before: Settings,
        after: Settings,
    },
    Added {
        tier: String,
    },
    Removed {
        tier: String,
    },
    /// The order of the tiers that both have.
    Reordered,
    Renamed {
        tier: String,
        before: String,
        after: String,
    },
    Rule {
        tier: String,
        before: Condition,
        after: Condition,
    },
    /// Contact every so many days.
    Standard {
        tier: String,
        before: Option<u16>,
        after: Option<u16>,
    },
    /// What a customer weighs against a manager's capacity; null: its place.
    Weight {
        tier: String,
        before: Option<u16>,
        after: Option<u16>,
    },
    Care {
        tier: String,
        before: String,
        after: String,
    },
    /// Qualifications of a lead.
    ServedBy {
        tier: String,
        before: Vec<String>,
        after: Vec<String>,
    },
    Benefits {
        tier: String,
        before: String,
        after: String,
    },
    Mark {
        tier: String,
    },
}

/// From `before` to `after`; empty when they say the same.
pub fn differences(before: &Definition, after: &Definition) -> Vec<Change> {
    let mut changes = Vec::new();
    if before.settings != after.settings {
        changes.push(Change::Settings { before: before.settings.clone(), after: after.settings.clone() });
    }
    let find = |tiers: &[TierRule], code: &str| tiers.iter().position(|tier| tier.code == code);
    for tier in &before.tiers {
        if find(&after.tiers, &tier.code).is_none() {
            changes.push(Change::Removed { tier: tier.code.clone() });
        }
    }
    let kept: Vec<usize> = after.tiers.iter().filter_map(|tier| find(&before.tiers, &tier.code)).collect();
    if !kept.is_sorted() {
        changes.push(Change::Reordered);
    }
    for new in &after.tiers {
        let tier = new.code.clone();
        let Some(old) = find(&before.tiers, &new.code).map(|at| &before.tiers[at]) else {
            changes.push(Change::Added { tier });
            continue;
        };
        if (&old.name, &old.name_en) != (&new.name, &new.name_en) {
            let both = |tier: &TierRule| format!("{} / {}", tier.name, tier.name_en);
            changes.push(Change::Renamed { tier: tier.clone(), before: both(old), after: both(new) });
        }
        if old.rule != new.rule {
            changes.push(Change::Rule { tier: tier.clone(), before: old.rule.when.clone(), after: new.rule.when.clone() });
        }
        if old.contact_days != new.contact_days {
            changes.push(Change::Standard { tier: tier.clone(), before: old.contact_days, after: new.contact_days });
        }
        if old.weight != new.weight {
            changes.push(Change::Weight { tier: tier.clone(), before: old.weight, after: new.weight });
        }
        if old.care != new.care {
            changes.push(Change::Care { tier: tier.clone(), before: old.care.clone(), after: new.care.clone() });
        }
        if old.served_by != new.served_by {
            changes.push(Change::ServedBy { tier: tier.clone(), before: old.served_by.clone(), after: new.served_by.clone() });
        }
        if old.benefits != new.benefits {
            changes.push(Change::Benefits { tier: tier.clone(), before: old.benefits.clone(), after: new.benefits.clone() });
        }
        if old.mark != new.mark {
            changes.push(Change::Mark { tier });
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Op, RuleSet};

    fn tier(code: &str, floor: i64) -> TierRule {
        TierRule {
            code: code.into(),
            name: code.into(),
            name_en: code.into(),
            mark: 1,
            rule: RuleSet::new(Condition::AverageAum { months: None, op: Op::Ge, value: floor }),
            contact_days: None,
            care: String::new(),
            served_by: Vec::new(),
            benefits: String::new(),
            weight: None,
        }
    }

    #[test]
    fn only_what_differs_is_told() {
        let before = Definition { settings: Settings::default(), tiers: vec![tier("basic", 0), tier("gold", 50), tier("old", 70)] };
        let mut after = Definition { tiers: vec![tier("basic", 0), tier("gold", 60), tier("black", 90)], ..before.clone() };
        let told: Vec<String> = differences(&before, &after)
            .iter()
            .map(|change| match change {
                Change::Removed { tier } => format!("-{tier}"),
                Change::Added { tier } => format!("+{tier}"),
                Change::Rule { tier, .. } => format!("~{tier}"),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(told, ["-old", "~gold", "+black"]);
        assert_eq!(differences(&after, &after), []);
        after.tiers.swap(0, 1);
        assert!(differences(&before, &after).contains(&Change::Reordered));

        // Each part of the service standard is told by itself.
        let mut after = before.clone();
        after.tiers[1].care = "生日上门".into();
        after.tiers[1].served_by = vec!["CFP".into()];
        after.tiers[1].mark = 2;
        after.tiers[1].weight = Some(5);
        let tier = || "gold".to_owned();
        assert_eq!(
            differences(&before, &after),
            [
                Change::Weight { tier: tier(), before: None, after: Some(5) },
                Change::Care { tier: tier(), before: String::new(), after: "生日上门".into() },
                Change::ServedBy { tier: tier(), before: Vec::new(), after: vec!["CFP".into()] },
                Change::Mark { tier: tier() },
            ]
        );
    }
}
