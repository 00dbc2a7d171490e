//! Logging in, on both sides: what a client answers to each step, and what the practice server
//! makes of it.
//!
//! Neither side keeps the state of a login. What was said is read off the dialogue, and what is
//! random follows from a [`Seed`] that comes from outside, so every step can be made again.

pub mod client;
mod scram;
pub mod server;

use std::fmt;

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::smtp::sasl;

pub use client::{Credentials, Fault, Login, Next, needs_password};
pub use server::Account;

/// A password or a token; it shows itself to nobody by accident.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Hides `bytes`.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// What is hidden.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where a side of a login takes its random values from.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Seed {
    /// A value that nobody can guess, the same one for the same `use_` and number.
    fn draw(&self, use_: &str, number: usize) -> [u8; 18] {
        let mut out = [0; 18];
        let drawn = keyed(&self.0, &[use_.as_bytes(), b"\0", &number.to_be_bytes()]);
        for (out, byte) in out.iter_mut().zip(drawn) {
            *out = byte;
        }
        out
    }

    /// The same as printable text without commas.
    fn nonce(&self, use_: &str, number: usize) -> String {
        sasl::encode(&self.draw(use_, number))
    }
}

/// HMAC-SHA-256 of several pieces.
fn keyed(key: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
    // HMAC takes keys of every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    for piece in pieces {
        mac.update(piece);
    }
    mac.finalize().into_bytes().to_vec()
}

/// The answer to a challenge of CRAM-MD5 (RFC 2195 §2), in hexadecimal digits.
fn cram(password: &[u8], challenge: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<md5::Md5>::new_from_slice(password) else { return String::new() };
    mac.update(challenge);
    format!("{:x}", mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_cram_md5() {
        let challenge = b"<1896.697170952@mail.example.org>";
        assert_eq!(cram(b"correct horse", challenge), "65a1110bb6b4cf6c43b4a6e1807154f4");
    }

    #[test]
    fn nothing_shows_itself() {
        let shown = format!("{:?} {:?}", Secret::new("correct horse"), Seed([65; 32]));
        assert_eq!(shown, "*** ***");
    }
}
