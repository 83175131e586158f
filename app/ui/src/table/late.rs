//! Rows that come up while one scrolls begin with what they lead with; the other cells follow as far as each frame has time
//! for them, those in the middle first. So the frame does not wait for rows that are scrolled past.

use leptos::prelude::*;

/// How long after a scroll a row is taken to have come of it, milliseconds.
#[cfg(feature = "hydrate")]
const SINCE: f64 = 400.0;
/// What filling rows may take of a frame, milliseconds; at least one row is filled.
#[cfg(feature = "hydrate")]
const OF_A_FRAME: f64 = 6.0;

/// Those that wait.
#[derive(Clone, Copy)]
pub(super) struct Late {
    /// When it was scrolled last, milliseconds.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser scrolls"))]
    scrolled: StoredValue<f64>,
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser scrolls"))]
    waiting: StoredValue<Vec<(usize, RwSignal<bool>)>>,
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser scrolls"))]
    range: Memo<(usize, usize)>,
}

impl Late {
    /// For a table that shows this range of its rows.
    pub fn new(range: Memo<(usize, usize)>) -> Late {
        Late { scrolled: StoredValue::new(0.0), waiting: StoredValue::new(Vec::new()), range }
    }

    /// It is being scrolled.
    #[cfg(feature = "hydrate")]
    pub fn scrolling(self) {
        let _ = self.scrolled.try_set_value(now());
    }

    /// Whether the row of this index, which is being made, is to show all of its cells: now, or later.
    pub fn is_whole(self, index: usize) -> RwSignal<bool> {
        #[cfg(feature = "hydrate")]
        if self.scrolled.with_value(|scrolled| now() - scrolled < SINCE) {
            let whole = RwSignal::new(false);
            let mut first = false;
            self.waiting.update_value(|waiting| {
                first = waiting.is_empty();
                waiting.push((index, whole));
            });
            if first {
                request_animation_frame(move || self.fill());
            }
            return whole;
        }
        let _ = index;
        RwSignal::new(true)
    }

    #[cfg(feature = "hydrate")]
    fn fill(self) {
        leptos::task::spawn_local(async move {
            let begun = now();
            while let Some(whole) = self.next() {
                whole.try_set(true);
                // Its cells are made when others have their turn.
                leptos::task::tick().await;
                if now() - begun >= OF_A_FRAME {
                    break;
                }
            }
            if self.waiting.try_with_value(Vec::is_empty) == Some(false) {
                request_animation_frame(move || self.fill());
            }
        });
    }

    /// The one nearest to the middle of what is shown; those that were scrolled past are gone.
    #[cfg(feature = "hydrate")]
    fn next(self) -> Option<RwSignal<bool>> {
        let (start, end) = self.range.try_get_untracked()?;
        let middle = (start + end) / 2;
        self.waiting.try_update_value(|waiting| {
            waiting.retain(|(_, whole)| !whole.is_disposed());
            let nearest = waiting.iter().enumerate().min_by_key(|(_, (index, _))| index.abs_diff(middle))?.0;
            Some(waiting.swap_remove(nearest).1)
        })?
    }
}

#[cfg(feature = "hydrate")]
fn now() -> f64 {
    web_sys::js_sys::Date::now()
}
