//! Signatures of keys that are too weak for the library: it refuses them without a look, and then
//! nobody could see what a server with such a key says. They are verified all the same; that the key
//! is weak is held against the certificate.

use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::sha2::{Sha256, Sha384, Sha512};
use rsa::signature::Verifier;
use rsa::{RsaPublicKey, pkcs1v15, pss};
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use crate::net::certificate;

/// Whether `message` was signed with the key of `certificate`; `None` where that is for the library
/// to say.
pub(super) fn verified(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
) -> Option<Result<HandshakeSignatureValid, Error>> {
    let key = certificate::weak_key(certificate)?;
    let key = RsaPublicKey::from_pkcs1_der(&key).ok()?;
    let signature = (message, signed.signature());
    let verified = match signed.scheme {
        SignatureScheme::RSA_PSS_SHA256 => is_by(&pss::VerifyingKey::<Sha256>::new(key), signature),
        SignatureScheme::RSA_PSS_SHA384 => is_by(&pss::VerifyingKey::<Sha384>::new(key), signature),
        SignatureScheme::RSA_PSS_SHA512 => is_by(&pss::VerifyingKey::<Sha512>::new(key), signature),
        SignatureScheme::RSA_PKCS1_SHA256 => {
            is_by(&pkcs1v15::VerifyingKey::<Sha256>::new(key), signature)
        }
        SignatureScheme::RSA_PKCS1_SHA384 => {
            is_by(&pkcs1v15::VerifyingKey::<Sha384>::new(key), signature)
        }
        SignatureScheme::RSA_PKCS1_SHA512 => {
            is_by(&pkcs1v15::VerifyingKey::<Sha512>::new(key), signature)
        }
        _ => return None,
    };
    let bad = Error::InvalidCertificate(CertificateError::BadSignature);
    Some(if verified { Ok(HandshakeSignatureValid::assertion()) } else { Err(bad) })
}

/// Whether the holder of this key has signed a message.
fn is_by<'a, S, V>(key: &V, (message, signature): (&[u8], &'a [u8])) -> bool
where
    S: TryFrom<&'a [u8]>,
    V: Verifier<S>,
{
    S::try_from(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
}
