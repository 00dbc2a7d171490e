//! A key that is too short to be safe, which no good library makes or signs with. It is the same in
//! every run, and known to everybody: to make one takes time that other clients would wait for, and
//! a new one would be no safer.

use std::fmt;
use std::sync::Arc;

use rcgen::{PKCS_RSA_SHA256, PublicKeyData};
use rsa::RsaPrivateKey;
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPublicKey as _};
use rsa::pkcs1v15;
use rsa::pss;
use rsa::rand_core::OsRng;
use rsa::sha2::Sha256;
use rsa::signature::{RandomizedSigner as _, SignatureEncoding as _};
use tokio_rustls::rustls::sign::{Signer, SigningKey};
use tokio_rustls::rustls::{Error, SignatureAlgorithm, SignatureScheme};

/// The key (PKCS #1), of a length that RFC 9325 §4.5 no longer allows. It guards nothing.
const KEY: &[u8] = include_bytes!("weak.der");

/// An RSA key of 1,024 bits.
#[derive(Clone)]
pub struct WeakKey {
    key: Arc<RsaPrivateKey>,
    public: Vec<u8>,
}

impl WeakKey {
    /// It.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn read() -> Result<Self, rcgen::Error> {
        let key = RsaPrivateKey::from_pkcs1_der(KEY);
        let key = key.map_err(|_| rcgen::Error::CouldNotParseKeyPair)?;
        let public = key.to_public_key().to_pkcs1_der();
        let public = public.map_err(|_| rcgen::Error::CouldNotParseKeyPair)?;
        Ok(Self { public: public.as_bytes().to_vec(), key: Arc::new(key) })
    }
}

impl fmt::Debug for WeakKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WeakKey(***)")
    }
}

impl PublicKeyData for WeakKey {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

impl SigningKey for WeakKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        // The first one is all that TLS 1.3 allows.
        let known = [SignatureScheme::RSA_PSS_SHA256, SignatureScheme::RSA_PKCS1_SHA256];
        let scheme = known.into_iter().find(|scheme| offered.contains(scheme))?;
        Some(Box::new(Pen { key: self.clone(), scheme }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RSA
    }
}

/// Signs with the key, by one scheme.
#[derive(Debug)]
struct Pen {
    key: WeakKey,
    scheme: SignatureScheme,
}

impl Signer for Pen {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let key = RsaPrivateKey::clone(&self.key.key);
        let signed = if self.scheme == SignatureScheme::RSA_PSS_SHA256 {
            let pen = pss::BlindedSigningKey::<Sha256>::new(key);
            pen.try_sign_with_rng(&mut OsRng, message).map(|signed| signed.to_vec())
        } else {
            let pen = pkcs1v15::SigningKey::<Sha256>::new(key);
            pen.try_sign_with_rng(&mut OsRng, message).map(|signed| signed.to_vec())
        };
        signed.map_err(|error| Error::General(error.to_string()))
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}
