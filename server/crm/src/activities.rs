//! Contacts with customers, and what comes next.
