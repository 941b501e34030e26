//! Three parties over TLS, and everything that must not become one of their links.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod certificates;
mod faults;
mod identity;
mod session;
mod strangers;
mod support;
mod telling;
