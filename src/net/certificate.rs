//! Certificates: what stands in one, what is wrong with a chain, and those of the practice world.

mod judgement;
mod practice;
mod weak;

use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate, X509Name};
use x509_parser::public_key::PublicKey;

use crate::journal::facts::Certificate;

pub use judgement::{fault, judge};
pub use practice::{Authority, Identity, Kind, Pass, Presence, is_practised, pem};
pub use weak::WeakKey;

/// What stands in a certificate; one that cannot be read has its fingerprints.
pub fn facts(der: &[u8]) -> Certificate {
    let prints = Certificate {
        sha256: format!("{:x}", Sha256::digest(der)),
        sha1: format!("{:x}", Sha1::digest(der)),
        der: der.to_vec(),
        ..Certificate::default()
    };
    let Ok((_, read)) = X509Certificate::from_der(der) else { return prints };
    let names = read.subject_alternative_name().ok().flatten();
    let names = names.iter().flat_map(|names| &names.value.general_names);
    Certificate {
        subject: read.subject().to_string(),
        issuer: read.issuer().to_string(),
        names: names.filter_map(name).collect(),
        from: read.validity().not_before.timestamp(),
        until: read.validity().not_after.timestamp(),
        key: key(&read),
        signature: signature(&read),
        serial: read.raw_serial_as_string(),
        is_authority: read.is_ca(),
        ..prints
    }
}

/// The name of somebody in a certificate, as text.
pub fn name_of(der: &[u8]) -> String {
    X509Name::from_der(der).map(|(_, name)| name.to_string()).unwrap_or_default()
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) | GeneralName::RFC822Name(name) => Some((*name).to_owned()),
        GeneralName::IPAddress([a, b, c, d]) => {
            Some(std::net::Ipv4Addr::new(*a, *b, *c, *d).to_string())
        }
        GeneralName::IPAddress(bytes) => {
            let octets: [u8; 16] = (*bytes).try_into().ok()?;
            Some(std::net::Ipv6Addr::from(octets).to_string())
        }
        _ => None,
    }
}

/// The kind of the key and its length in bits.
fn key(read: &X509Certificate<'_>) -> String {
    let info = read.public_key();
    match info.parsed() {
        Ok(PublicKey::RSA(key)) => format!("RSA {}", key.key_size()),
        Ok(PublicKey::EC(key)) => format!("EC {}", key.key_size()),
        _ => match info.algorithm.algorithm.to_id_string().as_str() {
            "1.3.101.112" => "Ed25519".to_owned(),
            "1.3.101.113" => "Ed448".to_owned(),
            other => other.to_owned(),
        },
    }
}

/// The least length of an RSA key in bits (RFC 9325 §4.5).
const RSA_BITS: usize = 2_048;

/// The RSA key of a certificate as PKCS #1 writes it, if it is too short to be safe.
pub fn weak_key(der: &[u8]) -> Option<Vec<u8>> {
    let (_, read) = X509Certificate::from_der(der).ok()?;
    weak_bits(&read)?;
    Some(read.public_key().subject_public_key.data.to_vec())
}

/// How long an RSA key is that is too short.
fn weak_bits(read: &X509Certificate<'_>) -> Option<usize> {
    match read.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => Some(key.key_size()).filter(|bits| *bits < RSA_BITS),
        _ => None,
    }
}

/// How it is signed, in the words of the standards; those that nobody uses keep their number.
fn signature(read: &X509Certificate<'_>) -> String {
    let id = read.signature_algorithm.algorithm.to_id_string();
    let known = match id.as_str() {
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "RSASSA-PSS",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256",
        "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384",
        "1.2.840.10045.4.3.4" => "ecdsa-with-SHA512",
        "1.3.101.112" => "Ed25519",
        other => other,
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_certificate_is_told() {
        let authority = Authority::new().unwrap();
        let seen = facts(&authority.identity(Kind::Good).unwrap().chain[0]);
        assert_eq!(seen.subject, "CN=mx.example.net");
        assert_eq!(seen.issuer, "CN=ehlo practice CA");
        assert_eq!(seen.names, practice::NAMES);
        assert_eq!((seen.key.as_str(), seen.signature.as_str()), ("EC 256", "ecdsa-with-SHA256"));
        assert_eq!((seen.sha256.len(), seen.sha1.len(), seen.is_authority), (64, 40, false));
        assert!(seen.from < seen.until);
        assert_eq!(facts(b"nonsense").subject, "");
    }
}
