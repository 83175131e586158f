//! Customer groups.
