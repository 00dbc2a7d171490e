//! ehlo
pub mod journal;
pub mod session;
pub mod smtp;
pub mod speaker;
