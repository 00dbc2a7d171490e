//! ehlo
pub mod smtp;
