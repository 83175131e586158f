//! Verbs on customers.
