//! The certificates of the practice world.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

pub use crate::speaker::fault::Certificate as Kind;

use super::weak::WeakKey;

/// A chain, and the key of its first certificate.
#[derive(Debug)]
pub struct Identity {
    /// The certificates, its own first.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key.
    pub key: PrivateKeyDer<'static>,
}

/// What a server shows, and how it signs.
#[derive(Clone, Debug)]
pub enum Presence {
    /// With a key as keys should be.
    Sound(Identity),
    /// With a key that is too short.
    Weak(Vec<CertificateDer<'static>>, WeakKey),
}

impl Identity {
    fn new(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Self {
        Self { chain, key: PrivatePkcs8KeyDer::from(key.serialize_der()).into() }
    }

    /// Both in the one file that most clients read.
    pub fn pem(&self) -> String {
        pem(&self.chain) + &block("PRIVATE KEY", self.key.secret_der())
    }
}

/// Certificates as they are written.
pub fn pem(chain: &[CertificateDer<'_>]) -> String {
    chain.iter().map(|der| block("CERTIFICATE", der)).collect()
}

fn block(tag: &str, der: &[u8]) -> String {
    pem::encode(&pem::Pem::new(tag, der))
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

/// The practice world's own authority, made anew in every run.
#[derive(Debug)]
pub struct Authority {
    root: CertificateDer<'static>,
    root_pem: String,
    between: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// What the practice world's own authority is called, and whom it lets sign.
const ROOT: &str = "ehlo practice root";
const BETWEEN: &str = "ehlo practice CA";

/// Whether a certificate is one of the practice world, of whichever run.
pub fn is_practised(der: &[u8]) -> bool {
    let issuer = super::facts(der).issuer;
    issuer.strip_prefix("CN=").is_some_and(|name| [ROOT, BETWEEN].contains(&name))
}

/// Who seems to sign where a program against viruses opens a connection.
const INTERCEPTOR: &str = "Example Antivirus Mail Shield Root";

/// The names of the practice server.
pub(super) const NAMES: [&str; 4] =
    ["mx.example.net", "submit.example.org", "localhost", "127.0.0.1"];

impl Authority {
    /// Makes a root and a certificate between it and the servers.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn new() -> Result<Self, rcgen::Error> {
        let (root_key, key) = (KeyPair::generate()?, KeyPair::generate()?);
        let params = authority(ROOT);
        let root = params.self_signed(&root_key)?;
        let (root, root_pem) = (root.der().clone(), root.pem());
        let above = Issuer::new(params, root_key);
        let params = authority(BETWEEN);
        let between = params.signed_by(&key, &above)?.der().clone();
        Ok(Self { root, root_pem, between, issuer: Issuer::new(params, key) })
    }

    /// The root that a client has to know.
    pub const fn root(&self) -> &CertificateDer<'static> {
        &self.root
    }

    /// The same as a file that other clients read.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// Whoever signs the certificates.
    #[cfg(test)]
    pub(super) const fn issuer(&self) -> &Issuer<'static, KeyPair> {
        &self.issuer
    }

    /// What the practice server shows.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn presence(&self, kind: Kind) -> Result<Presence, rcgen::Error> {
        if kind != Kind::WeakKey {
            return self.identity(kind).map(Presence::Sound);
        }
        let key = WeakKey::read()?;
        let own = Self::params(kind)?.signed_by(&key, &self.issuer)?;
        Ok(Presence::Weak(vec![own.der().clone(), self.between.clone()], key))
    }

    /// A certificate of the practice server, whose key is always a good one.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn identity(&self, kind: Kind) -> Result<Identity, rcgen::Error> {
        let params = Self::params(kind)?;
        let key = KeyPair::generate()?;
        let chain = match kind {
            Kind::SelfSigned => vec![params.self_signed(&key)?.der().clone()],
            Kind::IncompleteChain => vec![params.signed_by(&key, &self.issuer)?.der().clone()],
            Kind::Intercepted => {
                let by = KeyPair::generate()?;
                let above = authority(INTERCEPTOR);
                let root = above.self_signed(&by)?.der().clone();
                let own = params.signed_by(&key, &Issuer::new(above, by))?;
                vec![own.der().clone(), root]
            }
            _ => vec![params.signed_by(&key, &self.issuer)?.der().clone(), self.between.clone()],
        };
        Ok(Identity::new(chain, &key))
    }

    fn params(kind: Kind) -> Result<CertificateParams, rcgen::Error> {
        let names: &[&str] = if kind == Kind::WrongName { &["elsewhere.example"] } else { &NAMES };
        let mut params =
            CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>())?;
        params.distinguished_name = called(names.first().copied().unwrap_or_default());
        (params.not_before, params.not_after) = match kind {
            Kind::Expired => (date_time_ymd(2024, 1, 1), date_time_ymd(2024, 4, 1)),
            Kind::NotYet => (date_time_ymd(2044, 1, 1), date_time_ymd(2045, 1, 1)),
            _ => (date_time_ymd(2025, 1, 1), date_time_ymd(2045, 1, 1)),
        };
        Ok(params)
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

pub(super) fn called(name: &str) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}
