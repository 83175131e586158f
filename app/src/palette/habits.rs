//! What its user runs, and how often: kept on the server with the other preferences, so that it is the same
//! on every machine. Commands only: whom one looks for is nobody's habit.

use std::collections::BTreeMap;

use guanhu_domain::access::account::Preferences;
use leptos::{prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};

use super::commands::Line;
use crate::access::{own_preferences, prefer};

/// The name among the preferences of lists.
const NAME: &str = "palette";
/// Commands that are remembered.
const MOST: usize = 40;
/// A habit is worth half as much after so many days.
const HALF_DAYS: f64 = 14.0;

/// By command: how often, and on which day last (days since 1970).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Habits {
    used: BTreeMap<String, (u32, u32)>,
}

impl Habits {
    pub fn weight(&self, id: &str) -> f64 {
        let Some((count, day)) = self.used.get(id) else { return 0.0 };
        let latest = self.used.values().map(|(_, day)| *day).max().unwrap_or(*day);
        f64::from(*count) * 0.5_f64.powf(f64::from(latest - day) / HALF_DAYS)
    }

    pub fn note(&mut self, id: &str, today: u32) {
        let (count, day) = self.used.entry(id.to_owned()).or_default();
        *count += 1;
        *day = today;
        while self.used.len() > MOST {
            let least = self.used.iter().min_by_key(|(_, (count, day))| (*day, *count)).map(|(id, _)| id.clone());
            if let Some(least) = least {
                self.used.remove(&least);
            }
        }
    }
}

/// Fetches what was kept.
pub fn load(habits: RwSignal<Habits>) {
    Effect::new(move |_| {
        spawn_local(async move {
            let Ok(mut kept) = own_preferences().await else { return };
            if let Some(kept) = kept.lists.remove(NAME).and_then(|kept| crate::wire::of_value(&kept)) {
                habits.try_set(kept);
            }
        });
    });
}

/// Remembers that this was run. Nothing is lost but a habit when that fails.
pub fn used(habits: RwSignal<Habits>, line: &Line) {
    if line.id.is_empty() {
        return;
    }
    habits.update(|habits| habits.note(&line.id, today()));
    let Ok(value) = serde_json::to_value(habits.get_untracked()) else { return };
    spawn_local(async move {
        let _ = prefer(Preferences { lists: [(NAME.to_owned(), value)].into(), ..Preferences::default() }).await;
    });
}

fn today() -> u32 {
    #[cfg(feature = "hydrate")]
    return (web_sys::js_sys::Date::now() / 86_400_000.0) as u32;
    #[cfg(not(feature = "hydrate"))]
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_now_outweighs_what_was_used_long_ago() {
        let mut habits = Habits::default();
        for _ in 0..4 {
            habits.note("old", 100);
        }
        habits.note("new", 100 + 60);
        assert!(habits.weight("new") > habits.weight("old"));
        for at in 0..100 {
            habits.note(&format!("other {at}"), 200);
        }
        assert_eq!((habits.used.len(), habits.weight("old")), (MOST, 0.0));
    }
}
