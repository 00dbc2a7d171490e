//! Options about TLS, which every way of running knows.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::net::certificate::Kind;
use crate::net::tls::{Version, When};

/// Options about TLS.
#[derive(Args, Clone, Debug, Default)]
pub struct TlsArgs {
    /// When TLS begins: auto is for smtps:// and port 465, else when STARTTLS is typed
    #[arg(long, global = true, value_name = "WHEN", value_parser = when())]
    tls: Option<When>,
    /// Go on where the certificate cannot be trusted
    #[arg(long, global = true)]
    pub insecure: bool,
    /// The name of this host for an EHLO that is not typed
    #[arg(long, global = true, value_name = "NAME", default_value = "pc.example.org")]
    pub ehlo: String,
    /// Trust these roots alone (PEM)
    #[arg(long, global = true, value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,
    /// Show this certificate (PEM)
    #[arg(long, global = true, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The key of that certificate (PEM)
    #[arg(long, global = true, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// The oldest version to speak
    #[arg(long, global = true, value_name = "VERSION", value_parser = version())]
    pub tls_min: Option<Version>,
    /// The newest version to speak
    #[arg(long, global = true, value_name = "VERSION", value_parser = version())]
    pub tls_max: Option<Version>,
    /// Cipher suites, by comma
    #[arg(long, global = true, value_name = "NAMES", value_delimiter = ',')]
    pub tls_cipher: Vec<String>,
    /// The server name to send (SNI); none sends no name
    #[arg(long, global = true, value_name = "NAME")]
    pub tls_sni: Option<String>,
    /// Let a handshake go on from an earlier one with the same server, where it allows that
    #[arg(long, global = true)]
    pub tls_resume: bool,
}

/// The certificates of the practice server.
#[derive(Args, Clone, Debug)]
pub struct PracticeArgs {
    /// The practice certificate to show; --tls-cert and --tls-key show one of yours
    #[arg(long, value_name = "KIND", value_parser = certificate(), default_value = "good")]
    pub certificate: Kind,
    /// Write the root of the practice certificates to this file (PEM), for clients to trust; a file
    /// that is there gives way only if it is empty, or holds practice certificates of an earlier run
    #[arg(long, value_name = "FILE", conflicts_with = "tls_cert")]
    pub write_ca: Option<PathBuf>,
    /// Write a certificate of alice@example.org and its key to this file (PEM), for clients to show,
    /// under the same condition; with --tls-ca, certificates that those roots have signed are trusted
    /// instead
    #[arg(long, value_name = "FILE", conflicts_with = "tls_ca")]
    pub write_client: Option<PathBuf>,
}

impl TlsArgs {
    /// When TLS begins.
    pub fn when(&self) -> When {
        self.tls.unwrap_or_default()
    }
}

/// One of the words of a table.
pub(super) fn one_of<T: Copy + Send + Sync + 'static>(
    all: &'static [(&'static str, T)],
) -> impl TypedValueParser<Value = T> {
    let words = PossibleValuesParser::new(all.iter().map(|(name, _)| *name));
    words.try_map(move |word| {
        let found = all.iter().find(|(name, _)| *name == word);
        found.map(|(_, value)| *value).ok_or("unknown")
    })
}

fn when() -> impl TypedValueParser<Value = When> {
    one_of(&When::ALL)
}

fn version() -> impl TypedValueParser<Value = Version> {
    one_of(&Version::ALL)
}

/// Reads the name of a practice certificate.
fn certificate() -> impl TypedValueParser<Value = Kind> {
    one_of(&Kind::ALL)
}
