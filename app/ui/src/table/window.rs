//! Which rows exist as elements.

/// Rows rendered by the server and at hydration.
pub const FIRST: usize = 50;
/// Rows kept ready above and below what is seen.
const SPARE: usize = 16;
/// The window moves in steps, so that scrolling by a row does not touch the document.
const STEP: usize = 8;

/// The rows to render, end exclusive, for a viewport that begins `offset` pixels into the rows: while it `leaps` over them no
/// more than it shows.
pub fn window(offset: f64, viewport: f64, row_height: f64, count: usize, leaps: bool) -> (usize, usize) {
    if row_height <= 0.0 {
        return (0, count.min(FIRST));
    }
    let first = (offset.max(0.0) / row_height) as usize;
    let last = ((offset + viewport).max(0.0) / row_height).ceil() as usize;
    let spare = if leaps { 0 } else { SPARE };
    let start = first.saturating_sub(spare) / STEP * STEP;
    let end = (last + spare).div_ceil(STEP) * STEP;
    let end = end.min(count);
    (start.min(end), end)
}

#[cfg(test)]
mod tests {
    use super::window;

    #[test]
    fn the_window_covers_the_view_and_moves_in_steps() {
        assert_eq!(window(0.0, 600.0, 30.0, 10_000, false), (0, 40));
        let (start, end) = window(30_000.0, 600.0, 30.0, 10_000, false);
        assert!(start <= 984 && end >= 1_036 && start.is_multiple_of(8));
        assert_eq!(window(30_000.0, 600.0, 30.0, 10_000, false), window(30_029.0, 600.0, 30.0, 10_000, false));
        let (start, end) = window(30_000.0, 600.0, 30.0, 10_000, true);
        assert!(start <= 1_000 && end >= 1_020 && end - start <= 36);
        assert_eq!(window(999_999.0, 600.0, 30.0, 100, false), (100, 100));
        assert_eq!(window(0.0, 600.0, 30.0, 0, false), (0, 0));
    }
}
