//! Certificates: what stands in one, what is wrong with a chain, and those of the practice world.
//!
//! A chain is judged for every reason at once, where a verifier stops at the first.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, TrustAnchor, UnixTime,
};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{CertificateError, Error, RootCertStore};
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate, X509Name};
use x509_parser::public_key::PublicKey;

use crate::journal::facts::{Certificate, CertificateFault};

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

/// What is wrong with a chain for `name` at `now`, with these roots; nothing if it can be trusted.
pub fn judge(
    chain: &[CertificateDer<'_>],
    name: &ServerName<'_>,
    roots: &RootCertStore,
    provider: &CryptoProvider,
    now: UnixTime,
) -> Vec<CertificateFault> {
    let Some((own, others)) = chain.split_first() else {
        return vec![CertificateFault::Other("no certificate".to_owned())];
    };
    let parsed = match ParsedCertificate::try_from(own) {
        Ok(parsed) => parsed,
        Err(error) => return vec![CertificateFault::Other(error.to_string())],
    };
    let algorithms = provider.signature_verification_algorithms.all;
    let signed = |moment| {
        verify_server_cert_signed_by_trust_anchor(&parsed, roots, others, moment, algorithms)
    };
    let named = verify_server_name(&parsed, name).is_err().then_some(CertificateFault::WrongName);
    if signed(now).is_ok() {
        // Certificates that are sent along and not needed may be what they like.
        return named.into_iter().collect();
    }
    let seen: Vec<Certificate> = chain.iter().map(|der| facts(der)).collect();
    let mut faults = Vec::new();
    let at = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if seen.iter().any(|certificate| certificate.until < at) {
        faults.push(CertificateFault::Expired);
    }
    if seen.iter().any(|certificate| certificate.from > at) {
        faults.push(CertificateFault::NotYetValid);
    }
    // With its time left aside: at a moment when all of it counts, if there is one.
    let begin = seen.iter().map(|certificate| certificate.from).max().unwrap_or_default();
    let moment = if faults.is_empty() { at } else { begin.saturating_add(1) };
    let moment = UnixTime::since_unix_epoch(std::time::Duration::from_secs(
        u64::try_from(moment).unwrap_or_default(),
    ));
    if let Err(error) = signed(moment).or_else(|error| known(own, roots).ok_or(error)) {
        faults.extend(unsigned(&error, &seen));
    }
    faults.extend(named);
    faults
}

/// What a verifier that stops at the first reason has against a chain.
pub fn fault(error: &Error) -> CertificateFault {
    match error {
        Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => CertificateFault::Expired,
        Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => CertificateFault::NotYetValid,
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            CertificateFault::UnknownIssuer
        }
        other => CertificateFault::Other(other.to_string()),
    }
}

/// Whether a certificate is itself one of the roots, as one that was made for one server may be.
fn known(own: &CertificateDer<'_>, roots: &RootCertStore) -> Option<()> {
    let (_, read) = X509Certificate::from_der(own).ok()?;
    let (subject, key) = (read.subject().as_raw(), read.public_key().raw);
    let is_it = |root: &TrustAnchor<'_>| {
        subject.ends_with(root.subject.as_ref())
            && key.ends_with(root.subject_public_key_info.as_ref())
    };
    roots.roots.iter().any(is_it).then_some(())
}

/// Why nobody known here has signed a chain.
fn unsigned(error: &Error, seen: &[Certificate]) -> Option<CertificateFault> {
    let own = seen.first().filter(|own| own.subject == own.issuer);
    match error {
        Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => None,
        _ if own.is_some() => Some(CertificateFault::SelfSigned),
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            let whole = seen.last().is_some_and(|last| last.subject == last.issuer);
            // Who signed it may be a root that is not known here, or somebody between.
            let from_between = seen.len() == 1 && !whole;
            Some(if from_between {
                CertificateFault::IncompleteChain
            } else {
                CertificateFault::UnknownIssuer
            })
        }
        other => Some(CertificateFault::Other(other.to_string())),
    }
}

/// A chain, and the key of its first certificate.
#[derive(Debug)]
pub struct Identity {
    /// The certificates, its own first.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key.
    pub key: PrivateKeyDer<'static>,
}

impl Identity {
    fn new(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Self {
        Self { chain, key: PrivatePkcs8KeyDer::from(key.serialize_der()).into() }
    }

    /// Both in the one file that most clients read.
    pub fn pem(&self) -> String {
        let block = |tag: &str, der: &[u8]| pem::encode(&pem::Pem::new(tag, der));
        let key = block("PRIVATE KEY", self.key.secret_der());
        self.chain.iter().map(|der| block("CERTIFICATE", der)).chain([key]).collect()
    }
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

/// What a client of the practice server has.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The root that it knows.
    pub root: CertificateDer<'static>,
    /// The certificate that it can show.
    pub own: Identity,
}

/// The certificates with which the practice server can show itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// One that can be trusted.
    #[default]
    Good,
    /// Its time is over.
    Expired,
    /// It is for another host.
    WrongName,
    /// Nobody but itself has signed it.
    SelfSigned,
    /// Who signed it is not shown.
    IncompleteChain,
}

impl Kind {
    /// All of them, by the names under which they are chosen.
    pub const ALL: [(&'static str, Self); 5] = [
        ("good", Self::Good),
        ("expired", Self::Expired),
        ("wrong-name", Self::WrongName),
        ("self-signed", Self::SelfSigned),
        ("incomplete-chain", Self::IncompleteChain),
    ];
}

/// The practice world's own authority, made anew in every run.
#[derive(Debug)]
pub struct Authority {
    root: CertificateDer<'static>,
    root_pem: String,
    between: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// The names of the practice server.
const NAMES: [&str; 4] = ["mx.example.net", "submit.example.org", "localhost", "127.0.0.1"];

impl Authority {
    /// Makes a root and a certificate between it and the servers.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn new() -> Result<Arc<Self>, rcgen::Error> {
        let (root_key, key) = (KeyPair::generate()?, KeyPair::generate()?);
        let params = authority("ehlo practice root");
        let root = params.self_signed(&root_key)?;
        let (root, root_pem) = (root.der().clone(), root.pem());
        let above = Issuer::new(params, root_key);
        let params = authority("ehlo practice CA");
        let between = params.signed_by(&key, &above)?.der().clone();
        Ok(Arc::new(Self { root, root_pem, between, issuer: Issuer::new(params, key) }))
    }

    /// The root that a client has to know.
    pub const fn root(&self) -> &CertificateDer<'static> {
        &self.root
    }

    /// The same as a file that other clients read.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// A certificate of the practice server.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn identity(&self, kind: Kind) -> Result<Identity, rcgen::Error> {
        let names: &[&str] = if kind == Kind::WrongName { &["elsewhere.example"] } else { &NAMES };
        let mut params =
            CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>())?;
        params.distinguished_name = called(names.first().copied().unwrap_or_default());
        (params.not_before, params.not_after) = match kind {
            Kind::Expired => (date_time_ymd(2024, 1, 1), date_time_ymd(2024, 4, 1)),
            _ => (date_time_ymd(2025, 1, 1), date_time_ymd(2045, 1, 1)),
        };
        let key = KeyPair::generate()?;
        let own = match kind {
            Kind::SelfSigned => params.self_signed(&key)?,
            _ => params.signed_by(&key, &self.issuer)?,
        };
        let chain = match kind {
            Kind::SelfSigned | Kind::IncompleteChain => vec![own.der().clone()],
            _ => vec![own.der().clone(), self.between.clone()],
        };
        Ok(Identity::new(chain, &key))
    }

    /// The certificate with which a client proves that it has this account.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn client(&self, account: &str) -> Result<Identity, rcgen::Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name = called(account);
        params.subject_alt_names = vec![SanType::Rfc822Name(account.try_into()?)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        (params.not_before, params.not_after) =
            (date_time_ymd(2025, 1, 1), date_time_ymd(2045, 1, 1));
        let key = KeyPair::generate()?;
        let own = params.signed_by(&key, &self.issuer)?;
        Ok(Identity::new(vec![own.der().clone(), self.between.clone()], &key))
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = called(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2046, 1, 1));
    params
}

fn called(name: &str) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_rustls::rustls::crypto::ring::default_provider;

    #[test]
    fn each_practice_certificate_has_its_own_fault() {
        let authority = Authority::new().unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(authority.root().clone()).unwrap();
        let name = ServerName::try_from("mx.example.net").unwrap();
        for (kind, faults) in [
            (Kind::Good, vec![]),
            (Kind::Expired, vec![CertificateFault::Expired]),
            (Kind::WrongName, vec![CertificateFault::WrongName]),
            (Kind::SelfSigned, vec![CertificateFault::SelfSigned]),
            (Kind::IncompleteChain, vec![CertificateFault::IncompleteChain]),
        ] {
            let chain = authority.identity(kind).unwrap().chain;
            let found = judge(&chain, &name, &roots, &default_provider(), UnixTime::now());
            assert_eq!(found, faults, "{kind:?}");
        }
    }

    #[test]
    fn a_chain_is_judged_for_every_reason_at_once() {
        let authority = Authority::new().unwrap();
        let chain = authority.identity(Kind::Expired).unwrap().chain;
        let name = ServerName::try_from("other.example").unwrap();
        let none = RootCertStore::empty();
        let found = judge(&chain, &name, &none, &default_provider(), UnixTime::now());
        assert_eq!(
            found,
            [
                CertificateFault::Expired,
                CertificateFault::UnknownIssuer,
                CertificateFault::WrongName
            ]
        );
    }

    #[test]
    fn what_is_not_needed_does_not_count_and_a_root_may_be_the_servers_own() {
        let authority = Authority::new().unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(authority.root().clone()).unwrap();
        let name = ServerName::try_from("mx.example.net").unwrap();
        let mut chain = authority.identity(Kind::Good).unwrap().chain;
        chain.push(authority.identity(Kind::Expired).unwrap().chain[0].clone());
        assert_eq!(judge(&chain, &name, &roots, &default_provider(), UnixTime::now()), []);
        let own = authority.identity(Kind::SelfSigned).unwrap().chain;
        let mut roots = RootCertStore::empty();
        roots.add(own[0].clone()).unwrap();
        assert_eq!(judge(&own, &name, &roots, &default_provider(), UnixTime::now()), []);
    }

    #[test]
    fn what_stands_in_a_certificate_is_told() {
        let authority = Authority::new().unwrap();
        let seen = facts(&authority.identity(Kind::Good).unwrap().chain[0]);
        assert_eq!(seen.subject, "CN=mx.example.net");
        assert_eq!(seen.issuer, "CN=ehlo practice CA");
        assert_eq!(seen.names, NAMES);
        assert_eq!((seen.key.as_str(), seen.signature.as_str()), ("EC 256", "ecdsa-with-SHA256"));
        assert_eq!((seen.sha256.len(), seen.sha1.len(), seen.is_authority), (64, 40, false));
        assert!(seen.from < seen.until);
        assert_eq!(facts(b"nonsense").subject, "");
    }
}
