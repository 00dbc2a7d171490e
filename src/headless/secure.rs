//! Options about TLS → what a session does; the files that they name are read here.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::sign::CertifiedKey;

use crate::cli::{PracticeArgs, TlsArgs};
use crate::display::token::{own_visible, visible};
use crate::net::certificate::{self, Authority, Identity, Presence, is_practised};
use crate::net::tls::{Choice, Earlier, Wardrobe, When, Wishes};
use crate::smtp::domain;
use crate::speaker::policy::ALICE;

use super::{complain, create_private};

/// What was chosen on the command line.
///
/// # Errors
/// When a file cannot be read, or the choice leaves nothing to do.
pub fn choice(args: &TlsArgs) -> anyhow::Result<Choice> {
    if let (Some(oldest), Some(newest)) = (args.tls_min, args.tls_max)
        && oldest > newest
    {
        bail!("--tls-min is newer than --tls-max, so that no version is left");
    }
    let wishes = Wishes {
        strict: false,
        roots: args.tls_ca.as_deref().map(certificates).transpose()?.unwrap_or_default(),
        only_these: args.tls_ca.is_some(),
        sni: args.tls_sni.as_ref().map(|name| match name.as_str() {
            "none" => String::new(),
            name => domain::to_ascii(name).unwrap_or_else(|| name.to_owned()),
        }),
        oldest: args.tls_min,
        newest: args.tls_max,
        ciphers: args.tls_cipher.clone(),
        identity: identity(args)?,
        resumes: args.tls_resume.then(Earlier::default),
    };
    if let Some(name) = wishes.sni.as_ref().filter(|name| !name.is_empty())
        && ServerName::try_from(name.as_str()).is_err()
    {
        bail!("--tls-sni \"{name}\" is no host name");
    }
    // Before the library makes the file, which everybody may read then.
    tell_unwritable_key_log();
    wishes.check().context("these options for TLS do not fit")?;
    Ok(Choice { when: args.when(), insecure: args.insecure, ehlo: args.ehlo.clone(), wishes })
}

/// TLS of the practice server, and whether it begins before anything is said.
///
/// # Errors
/// When a file cannot be read or written, or certificate and key do not fit.
pub fn server(choice: &Choice, args: &PracticeArgs) -> anyhow::Result<Option<(Wardrobe, bool)>> {
    if choice.when == When::Off {
        return Ok(None);
    }
    let authority = Authority::new()?;
    let unwritten = |path: &Path| format!("cannot write {}", path.display());
    if let Some(path) = &args.write_ca {
        let written =
            replaceable(path).and_then(|()| Ok(std::fs::write(path, authority.root_pem())?));
        written.with_context(|| unwritten(path))?;
    }
    if let Some(path) = &args.write_client {
        let own = authority.client(ALICE)?.pem();
        let create = |()| Ok(create_private(path, File::options().create(true).truncate(true))?);
        let opened = replaceable(path).and_then(create).with_context(|| unwritten(path))?;
        (&opened).write_all(own.as_bytes()).with_context(|| unwritten(path))?;
    }
    let Wishes { identity, roots, .. } = &choice.wishes;
    let practised = [authority.root().clone()];
    let clients = if roots.is_empty() { practised.to_vec() } else { roots.clone() };
    let usual = match identity {
        Some(own) => Presence::Sound(own.clone()),
        None => authority.presence(args.certificate)?,
    };
    let wardrobe = Wardrobe::new(authority, usual, clients)?;
    Ok(Some((wardrobe, choice.when == When::Implicit)))
}

/// A file gives way to practice certificates if it is empty, or holds what an earlier run has written
/// and not a word else; what is no file at all, such as `/dev/stdout`, takes them.
fn replaceable(path: &Path) -> anyhow::Result<()> {
    let known = path.metadata().map(|known| known.is_file() && known.len() > 0);
    if known.unwrap_or_default() && !is_written_by_us(path).unwrap_or_default() {
        bail!("it holds something else than practice certificates, which would be lost");
    }
    Ok(())
}

/// Whether a file is, to the last letter, practice certificates and the key that goes with them, if
/// there is one.
fn is_written_by_us(path: &Path) -> anyhow::Result<bool> {
    let chain = certificates(path)?;
    if !chain.iter().all(|der| is_practised(der)) {
        return Ok(false);
    }
    let written = match PrivateKeyDer::from_pem_file(path) {
        Ok(key) => {
            CertifiedKey::from_der(chain.clone(), key.clone_key(), &default_provider())?;
            Identity { chain, key }.pem()
        }
        Err(_) => certificate::pem(&chain),
    };
    Ok(std::fs::read_to_string(path)?.lines().eq(written.lines()))
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
    let readable = |error| anyhow::Error::msg(misread(error));
    let found = CertificateDer::pem_file_iter(path).map_err(readable).with_context(name)?;
    let found: Vec<_> = found.collect::<Result<_, _>>().map_err(readable).with_context(name)?;
    if found.is_empty() {
        bail!(
            "{} holds no certificate in PEM; openssl x509 -inform der makes it of DER",
            path.display()
        );
    }
    if let Some(at) = found.iter().position(|der| certificate::facts(der).key.is_empty()) {
        bail!("block {} of {} is no certificate", at + 1, path.display());
    }
    Ok(found)
}

/// What is wrong with a file of PEM, for people.
fn misread(error: pem::Error) -> String {
    let text = |bytes: &[u8]| visible(bytes);
    match error {
        pem::Error::MissingSectionEnd { end_marker } => {
            format!("the block {} has no end", text(&end_marker))
        }
        pem::Error::IllegalSectionStart { line } => {
            format!("this begins no block: {}", text(&line))
        }
        pem::Error::Base64Decode(_) => "a block is not base64".to_owned(),
        pem::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// Who has asked for the keys of all layers should not wait for them in vain.
fn tell_unwritable_key_log() {
    let Some(path) = std::env::var_os("SSLKEYLOGFILE").filter(|path| !path.is_empty()) else {
        return;
    };
    let path = Path::new(&path);
    let mut options = File::options();
    let opened = if path.exists() {
        options.append(true).open(path)
    } else {
        create_private(path, options.append(true).create(true))
    };
    if let Err(error) = opened {
        let path = own_visible(&path.display().to_string());
        complain(format_args!("SSLKEYLOGFILE: cannot write {path}: {error}"));
    }
}
