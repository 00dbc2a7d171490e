//! Options about the authenticity of messages.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

use crate::session::authenticity::Way;

/// Options about the authenticity of messages.
#[derive(Args, Clone, Debug, Default)]
pub struct VerifyArgs {
    /// Verify DKIM, SPF, DMARC and ARC as of now; name servers are asked, unless --answers
    #[arg(long)]
    pub verify: bool,
    /// Take what name servers would answer from this file, and ask nobody
    #[arg(long, value_name = "FILE", requires = "verify")]
    pub answers: Option<PathBuf>,
    /// The client's address for SPF; without it that of the session or the topmost Received field
    #[arg(long, value_name = "IP", requires = "verify")]
    from_ip: Option<IpAddr>,
    /// The name in HELO for SPF
    #[arg(long, value_name = "NAME", requires = "verify")]
    helo: Option<String>,
    /// The address in MAIL FROM for SPF and DMARC; <> is the null sender
    #[arg(long, value_name = "ADDR", requires = "verify")]
    mail_from: Option<String>,
}

impl VerifyArgs {
    /// What was said about the way of the message.
    pub fn way(&self) -> Way {
        let address = self.from_ip.map(|address| address.to_string());
        Way::said(address, self.helo.clone(), self.mail_from.clone())
    }
}
