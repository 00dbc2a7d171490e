//! Options about TLS → what a session does; the files that they name are read here.

use std::path::Path;

use anyhow::{Context as _, bail};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::cli::TlsArgs;
use crate::net::certificate::{Authority, Identity, Kind};
use crate::net::tls::{Choice, Server, When, Wishes};

/// What was chosen on the command line.
///
/// # Errors
/// When a file cannot be read, or the choice leaves nothing to do.
pub fn choice(args: &TlsArgs) -> anyhow::Result<Choice> {
    let wishes = Wishes {
        strict: false,
        roots: args.tls_ca.as_deref().map(certificates).transpose()?.unwrap_or_default(),
        only_these: args.tls_ca.is_some(),
        sni: args.tls_sni.clone().map(|name| if name == "none" { String::new() } else { name }),
        oldest: args.tls_min,
        newest: args.tls_max,
        ciphers: args.tls_cipher.clone(),
        identity: identity(args)?,
    };
    wishes.check().context("these options for TLS do not fit")?;
    Ok(Choice { when: args.when(), insecure: args.insecure, ehlo: args.ehlo.clone(), wishes })
}

/// TLS of the practice server, and whether it begins before anything is said.
///
/// # Errors
/// When a file cannot be read or written, or certificate and key do not fit.
pub fn server(
    choice: &Choice,
    kind: Kind,
    write_ca: Option<&Path>,
) -> anyhow::Result<Option<(Server, bool)>> {
    if choice.when == When::Off {
        return Ok(None);
    }
    let identity = if let Some(own) = &choice.wishes.identity {
        own.clone()
    } else {
        let authority = Authority::new()?;
        if let Some(path) = write_ca {
            std::fs::write(path, authority.root_pem())
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        authority.identity(kind)?
    };
    Ok(Some((Server::new(&identity)?, choice.when == When::Implicit)))
}

fn identity(args: &TlsArgs) -> anyhow::Result<Option<Identity>> {
    let (Some(certificate), Some(key)) = (&args.tls_cert, &args.tls_key) else { return Ok(None) };
    let chain = certificates(certificate)?;
    let read = PrivateKeyDer::from_pem_file(key);
    let key = read.with_context(|| format!("{} holds no private key in PEM", key.display()))?;
    Ok(Some(Identity { chain, key }))
}

fn certificates(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let name = || format!("cannot read certificates from {}", path.display());
    let found = CertificateDer::pem_file_iter(path).with_context(name)?;
    let found: Vec<_> = found.collect::<Result<_, _>>().with_context(name)?;
    if found.is_empty() {
        bail!("{} holds no certificate in PEM", path.display());
    }
    Ok(found)
}
