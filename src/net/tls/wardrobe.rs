//! In which certificates a practice server shows itself: made when they are first needed, and kept.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::CertificateDer;

use crate::net::certificate::{Authority, Kind, Presence};
use crate::speaker::fault::Shows;

use super::{Server, TlsError};

/// All of them.
#[derive(Clone, Debug)]
pub struct Wardrobe {
    authority: Arc<Authority>,
    usual: Presence,
    clients: Vec<CertificateDer<'static>>,
    made: HashMap<Shows, Server>,
}

impl Wardrobe {
    /// What is shown usually; clients are asked for a certificate that one of these roots has signed.
    ///
    /// # Errors
    /// When certificate and key do not fit, or there is no root.
    pub fn new(
        authority: Authority,
        usual: Presence,
        clients: Vec<CertificateDer<'static>>,
    ) -> Result<Self, TlsError> {
        let authority = Arc::new(authority);
        let mut wardrobe = Self { authority, usual, clients, made: HashMap::new() };
        wardrobe.server(Shows::default())?;
        Ok(wardrobe)
    }

    /// The server that shows itself so.
    ///
    /// # Errors
    /// When no key can be made, or certificate and key do not fit.
    pub fn server(&mut self, shows: Shows) -> Result<Server, TlsError> {
        if let Some(server) = self.made.get(&shows) {
            return Ok(server.clone());
        }
        let made = |kind: Kind| self.authority.presence(kind);
        let usual = shows.certificate.map(made).transpose()?.unwrap_or_else(|| self.usual.clone());
        let without_name = shows.without_name.map(made).transpose()?;
        let server = Server::showing(&usual, without_name.as_ref(), &self.clients)?;
        let server = server.alerting(shows.alert);
        self.made.insert(shows, server.clone());
        Ok(server)
    }
}
