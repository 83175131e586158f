//! Tasks on customers.
