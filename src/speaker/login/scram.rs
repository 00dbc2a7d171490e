//! The computations of SCRAM (RFC 5802 §3, RFC 7677 §3).

use hmac::{Hmac, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// The hash that a mechanism is named after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
}

/// What both sides give as proof.
pub(super) struct Proofs {
    /// The client's.
    pub client: Vec<u8>,
    /// The server's.
    pub server: Vec<u8>,
}

/// What the proofs are computed from.
pub(super) struct Material<'a> {
    pub password: &'a [u8],
    pub salt: &'a [u8],
    pub rounds: u32,
    /// The client's first message without its header.
    pub first: &'a [u8],
    /// The server's first message.
    pub challenge: &'a [u8],
    /// The client's last message without its proof.
    pub last: &'a [u8],
}

impl Hash {
    /// The hash of a mechanism, if it is SCRAM and known.
    pub(super) fn of(mechanism: &str) -> Option<Self> {
        match mechanism.strip_suffix("-PLUS").unwrap_or(mechanism) {
            "SCRAM-SHA-1" => Some(Self::Sha1),
            "SCRAM-SHA-256" => Some(Self::Sha256),
            _ => None,
        }
    }

    /// Both proofs. This takes as long as the rounds want it to.
    pub(super) fn proofs(self, of: &Material<'_>) -> Proofs {
        let salted = self.salted(&prepared(of.password), of.salt, of.rounds);
        let message = [of.first, of.challenge, of.last].join(&b',');
        let client_key = self.keyed(&salted, b"Client Key");
        let signature = self.keyed(&self.digest(&client_key), &message);
        let client = client_key.iter().zip(signature).map(|(key, sign)| key ^ sign).collect();
        let server = self.keyed(&self.keyed(&salted, b"Server Key"), &message);
        Proofs { client, server }
    }

    fn salted(self, password: &[u8], salt: &[u8], rounds: u32) -> Vec<u8> {
        match self {
            Self::Sha1 => pbkdf2::pbkdf2_hmac_array::<Sha1, 20>(password, salt, rounds).to_vec(),
            Self::Sha256 => {
                pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password, salt, rounds).to_vec()
            }
        }
    }

    fn digest(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(data).to_vec(),
            Self::Sha256 => Sha256::digest(data).to_vec(),
        }
    }

    fn keyed(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        match self {
            // HMAC takes keys of every length.
            Self::Sha1 => Hmac::<Sha1>::new_from_slice(key)
                .map(|mac| mac.chain_update(data).finalize().into_bytes().to_vec()),
            Self::Sha256 => Hmac::<Sha256>::new_from_slice(key)
                .map(|mac| mac.chain_update(data).finalize().into_bytes().to_vec()),
        }
        .unwrap_or_default()
    }
}

/// A password as both sides compare it (RFC 5802 §5.1); one that the profile forbids stays as it is.
pub(super) fn prepared(password: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(password).ok();
    let prepared = text.and_then(|text| stringprep::saslprep(text).ok());
    prepared.map_or_else(|| password.to_vec(), |text| text.into_owned().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::sasl;

    #[test]
    fn the_vectors_of_the_standards() {
        for (hash, first, challenge, salt, last, client, server) in [
            (
                Hash::Sha1,
                "n=user,r=fyko+d2lbbFgONRv9qkxdawL",
                "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
                "QSXCR+Q6sek8bf92",
                "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
                "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
                "rmF9pqV8S7suAoZWja4dJRkFsKQ=",
            ),
            (
                Hash::Sha256,
                "n=user,r=rOprNGfwEbeRWgbNEkqO",
                "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
                "W22ZaJ0SNY7soEsUEjb6gQ==",
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
                "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
            ),
        ] {
            let salt = sasl::decode(salt.as_bytes()).unwrap();
            let proofs = hash.proofs(&Material {
                password: b"pencil",
                salt: &salt,
                rounds: 4096,
                first: first.as_bytes(),
                challenge: challenge.as_bytes(),
                last: last.as_bytes(),
            });
            assert_eq!(sasl::encode(&proofs.client), client);
            assert_eq!(sasl::encode(&proofs.server), server);
        }
    }

    #[test]
    fn a_password_has_one_form() {
        assert_eq!(prepared("I\u{ad}X".as_bytes()), b"IX");
        assert_eq!(prepared("\u{2168}".as_bytes()), b"IX");
        assert_eq!(prepared(b"\x07"), b"\x07");
        assert_eq!(prepared(b"\xff"), b"\xff");
    }
}
