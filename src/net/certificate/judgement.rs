//! What is wrong with a chain: every reason at once, where a verifier stops at the first.

use tokio_rustls::rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{CertificateError, DistinguishedName, Error, OtherError, RootCertStore};
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::journal::facts::CertificateFault;

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
    let signed = verify_server_cert_signed_by_trust_anchor(&parsed, roots, others, now, algorithms)
        .or_else(
            |error| {
                if is_about_issuer(&error) && is_root(own, roots) { Ok(()) } else { Err(error) }
            },
        );
    let named = verify_server_name(&parsed, name).is_err().then_some(CertificateFault::WrongName);
    // Certificates that are sent along and not needed may be what they like.
    let mut faults: Vec<_> = signed.as_ref().err().map(fault).into_iter().collect();
    // A verifier that meets one whose time is over does not look who signed it.
    if faults.iter().any(is_time) && !leads_to_root(chain, roots) {
        faults.push(CertificateFault::UnknownIssuer);
    }
    let mut faults: Vec<_> = faults.into_iter().map(|fault| unsigned(fault, chain)).collect();
    faults.extend(named);
    faults.extend(weak(own));
    faults
}

/// That the key of a certificate is too short, which no signature tells.
fn weak(own: &CertificateDer<'_>) -> Option<CertificateFault> {
    let (_, own) = X509Certificate::from_der(own).ok()?;
    super::weak_bits(&own).map(CertificateFault::WeakKey)
}

const fn is_time(fault: &CertificateFault) -> bool {
    matches!(fault, CertificateFault::Expired | CertificateFault::NotYetValid)
}

/// Whether signatures lead from a server's own certificate to a root, whenever that was.
fn leads_to_root(chain: &[CertificateDer<'_>], roots: &RootCertStore) -> bool {
    let read = chain.iter().filter_map(|der| X509Certificate::from_der(der).ok());
    let seen: Vec<_> = read.map(|(_, certificate)| certificate).collect();
    let is_of_root = |certificate: &X509Certificate<'_>| {
        let named = |root: &&TrustAnchor<'_>| {
            whole(&root.subject).as_ref() == certificate.issuer().as_raw()
        };
        roots.roots.iter().filter(named).any(|root| {
            let key = whole(&root.subject_public_key_info);
            let key = SubjectPublicKeyInfo::from_der(key.as_ref());
            key.is_ok_and(|(_, key)| certificate.verify_signature(Some(&key)).is_ok())
        })
    };
    let mut at = seen.first();
    // Each is passed once at most.
    for _ in &seen {
        let Some(certificate) = at else { return false };
        if is_of_root(certificate) || roots_contain(certificate, roots) {
            return true;
        }
        at = seen.iter().find(|above| {
            above.is_ca()
                && above.subject().as_raw() == certificate.issuer().as_raw()
                && certificate.verify_signature(Some(above.public_key())).is_ok()
        });
    }
    false
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
fn is_root(own: &CertificateDer<'_>, roots: &RootCertStore) -> bool {
    X509Certificate::from_der(own).is_ok_and(|(_, own)| roots_contain(&own, roots))
}

fn roots_contain(own: &X509Certificate<'_>, roots: &RootCertStore) -> bool {
    roots.roots.iter().any(|root| {
        whole(&root.subject).as_ref() == own.subject().as_raw()
            && whole(&root.subject_public_key_info).as_ref() == own.public_key().raw
    })
}

/// A name or a key with the header of its sequence, which a trust anchor leaves out.
fn whole(content: &[u8]) -> DistinguishedName {
    DistinguishedName::in_sequence(content)
}

/// Whether an error is about who signed a certificate, which is nobody's affair where it is a root.
fn is_about_issuer(error: &Error) -> bool {
    match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => true,
        Error::InvalidCertificate(CertificateError::Other(OtherError(error))) => {
            matches!(error.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
        }
        _ => false,
    }
}

/// What it is called that nobody known here has signed a chain.
fn unsigned(fault: CertificateFault, chain: &[CertificateDer<'_>]) -> CertificateFault {
    let own = chain.first().and_then(|own| X509Certificate::from_der(own).ok());
    let ends_itself = own.is_some_and(|(_, own)| own.subject() == own.issuer());
    match fault {
        CertificateFault::UnknownIssuer | CertificateFault::Other(_) if ends_itself => {
            CertificateFault::SelfSigned
        }
        // Who signed it may be a root that is not known here, or somebody between.
        CertificateFault::UnknownIssuer if chain.len() == 1 => CertificateFault::IncompleteChain,
        fault => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::super::practice::called;
    use super::super::{Authority, Kind, Presence};
    use super::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};
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
        let Presence::Weak(chain, _) = authority.presence(Kind::WeakKey).unwrap() else {
            panic!("a sound key");
        };
        let found = judge(&chain, &name, &roots, &default_provider(), UnixTime::now());
        assert_eq!(found, [CertificateFault::WeakKey(1_024)]);
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

    /// What is wrong with a chain for `mx.example.net`, today.
    fn judged(chain: &[CertificateDer<'_>], roots: &RootCertStore) -> Vec<CertificateFault> {
        let name = ServerName::try_from("mx.example.net").unwrap();
        judge(chain, &name, roots, &default_provider(), UnixTime::now())
    }

    fn params(from: i32, until: i32) -> CertificateParams {
        let mut params = CertificateParams::new(vec!["mx.example.net".to_owned()]).unwrap();
        params.distinguished_name = called("mx.example.net");
        (params.not_before, params.not_after) =
            (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
        params
    }

    #[test]
    fn certificates_that_are_sent_along_hide_nothing_and_add_nothing() {
        let authority = Authority::new().unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(authority.root().clone()).unwrap();
        let key = KeyPair::generate().unwrap();
        let own = |from, until| params(from, until).self_signed(&key).unwrap().der().clone();
        let wrong = [CertificateFault::Expired, CertificateFault::SelfSigned];
        assert_eq!(judged(&[own(2020, 2021)], &roots), wrong);
        assert_eq!(judged(&[own(2020, 2021), own(2022, 2045)], &roots), wrong);
        let mut chain = authority.identity(Kind::Good).unwrap().chain;
        chain.push(own(2020, 2021));
        let unknown = RootCertStore::empty();
        assert_eq!(judged(&chain, &unknown), [CertificateFault::UnknownIssuer]);
        let between = chain[1].clone();
        let early = params(2010, 2015).signed_by(&key, authority.issuer()).unwrap().der().clone();
        assert_eq!(judged(&[early.clone(), between.clone()], &roots), [CertificateFault::Expired]);
        let wrong = [CertificateFault::Expired, CertificateFault::UnknownIssuer];
        assert_eq!(judged(&[early, between.clone()], &unknown), wrong);
        let late = params(2040, 2045).signed_by(&key, authority.issuer()).unwrap().der().clone();
        assert_eq!(judged(&[late, between], &roots), [CertificateFault::NotYetValid]);
        let mut old_root = RootCertStore::empty();
        old_root.add(own(2020, 2021)).unwrap();
        assert_eq!(judged(&[own(2020, 2021)], &old_root), [CertificateFault::Expired]);
    }
}
