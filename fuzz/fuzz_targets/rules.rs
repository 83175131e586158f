//! Whatever is sent as a rule is refused or means something: no panic on the way from bytes to words,
//! to a decision and to SQL, and nothing of what was sent stands in the statement.

#![no_main]

#[path = "../way.rs"]
mod way;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    way::of(bytes);
});
