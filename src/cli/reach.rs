//! Options about the way to a server, which every way of running knows.

use std::net::SocketAddr;

use clap::Args;

use crate::net::names::DNS_PORT;
use crate::net::route::{Family, Route, address};

/// Options about the way to a server.
#[derive(Args, Clone, Debug, Default)]
pub struct ReachArgs {
    /// Reach servers by IPv4 alone
    #[arg(short = '4', long, global = true, group = "family")]
    ipv4: bool,
    /// Reach servers by IPv6 alone
    #[arg(short = '6', long, global = true, group = "family")]
    ipv6: bool,
    /// Call from this address of this host; IPv6 with a port has brackets
    #[arg(long, global = true, value_name = "ADDR[:PORT]", value_parser = source)]
    source: Option<SocketAddr>,
    /// Ask this name server instead of those of the system
    #[arg(long, global = true, value_name = "ADDR[:PORT]", value_parser = name_server)]
    dns: Option<SocketAddr>,
}

impl ReachArgs {
    /// What was chosen.
    pub fn route(&self) -> Route {
        let family = self.ipv4.then_some(Family::V4).or(self.ipv6.then_some(Family::V6));
        Route { family, source: self.source, dns: self.dns }
    }
}

/// Any port, unless one is written.
fn source(text: &str) -> Result<SocketAddr, String> {
    address(text, 0)
}

fn name_server(text: &str) -> Result<SocketAddr, String> {
    address(text, DNS_PORT)
}
