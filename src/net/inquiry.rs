//! What is asked about a server that was reached: the names of its address, the policy of its
//! domain, the records about its certificate. It is asked beside the talk, which waits for none of
//! it; each answer is told as it comes.

use std::net::{IpAddr, SocketAddr};

use tokio::sync::mpsc;

use crate::journal::{Endpoints, Happening};
use crate::smtp::target::{Target, split_port};

use super::dial::Tell;
use super::names::{Names, is_address};
use super::policy;
use super::route::Route;
use super::tls::Wishes;

/// How many names of one address are followed.
const NAMES: usize = 4;

/// What is asked without anybody saying so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asks {
    /// The names of a public address; of the host of a domain's mail, what its owner says about it.
    #[default]
    Auto,
    /// Everything, also about private addresses.
    All,
    /// Nothing.
    Nothing,
}

impl Asks {
    /// All of them, by the names under which they are chosen.
    pub const ALL: [(&'static str, Self); 3] =
        [("auto", Self::Auto), ("all", Self::All), ("none", Self::Nothing)];
}

/// What was chosen about it.
#[derive(Clone, Debug, Default)]
pub struct Inquiring {
    /// What is asked without anybody saying so.
    pub asks: Option<Asks>,
    /// The domain of whose policy the server is a part; without one, that of the MX records.
    pub domain: Option<String>,
    /// Where the policy is fetched instead of its own host.
    pub policy_at: Option<SocketAddr>,
}

impl Inquiring {
    /// The same, and what it does not say as `usual`.
    #[must_use]
    pub fn or(self, usual: &Self) -> Self {
        Self {
            asks: self.asks.or(usual.asks),
            domain: self.domain.or_else(|| usual.domain.clone()),
            policy_at: self.policy_at.or(usual.policy_at),
        }
    }
}

/// A server about which can be asked.
#[derive(Clone, Debug)]
pub(super) struct Inquiry {
    target: Target,
    host: Option<String>,
    port: u16,
    remote: Option<IpAddr>,
    route: Route,
    wishes: Wishes,
}

/// What is asked in one go.
#[derive(Debug, Default, PartialEq, Eq)]
struct Questions {
    reverse: Option<IpAddr>,
    tlsa: Option<(String, u16)>,
    sts: Option<String>,
}

/// Answers that are on their way.
pub(super) struct Answers {
    /// The answers.
    pub told: mpsc::UnboundedReceiver<Happening>,
    /// Whether a person waits for them.
    pub awaited: bool,
}

impl Answers {
    /// These and those, as they come.
    pub(super) fn and(self, other: Self) -> Self {
        let (tell, told) = mpsc::unbounded_channel();
        for mut one in [self.told, other.told] {
            let tell = tell.clone();
            tokio::spawn(async move {
                while let Some(what) = one.recv().await {
                    let _ = tell.send(what);
                }
            });
        }
        Self { told, awaited: self.awaited || other.awaited }
    }
}

impl Inquiry {
    /// The name server that was chosen.
    pub(super) const fn dns(&self) -> Option<SocketAddr> {
        self.route.dns
    }

    /// About the server at the other end.
    pub(super) fn about(target: &Target, ends: &Endpoints, route: &Route, wishes: &Wishes) -> Self {
        let remote = ends.remote.as_deref().and_then(|remote| split_port(remote, 0));
        let (address, port) = remote.unwrap_or_default();
        let remote = address.split('%').next().and_then(|address| address.parse::<IpAddr>().ok());
        let host = ends.host.clone().or_else(|| match target {
            Target::Tcp { host, .. } => (!is_address(host)).then(|| host.clone()),
            _ => None,
        });
        Self {
            target: target.clone(),
            host,
            port,
            remote: remote.map(|address| address.to_canonical()),
            // What stands before everything else is for mail servers.
            route: Route { preface: None, ..route.clone() },
            wishes: wishes.clone(),
        }
    }

    /// Asks what is asked by itself; `None` if that is nothing.
    pub(super) fn begin(&self) -> Option<Answers> {
        let questions = self.questions(self.route.inquiring.asks.unwrap_or_default(), None);
        (questions != Questions::default()).then(|| self.ask(questions, false))
    }

    /// Asks everything, because a person wants to know; of `domain`, if one was named.
    pub(super) fn begin_for(&self, domain: Option<String>) -> Answers {
        self.ask(self.questions(Asks::All, domain), true)
    }

    fn questions(&self, asks: Asks, domain: Option<String>) -> Questions {
        // The practice server is nowhere in the world, and whoever hides behind a proxy asks nobody.
        let hidden = self.route.via.is_some() && asks == Asks::Auto;
        if asks == Asks::Nothing || hidden || matches!(self.target, Target::Practice { .. }) {
            return Questions::default();
        }
        let of_domain = match &self.target {
            Target::Mx { domain, .. } => Some(domain.clone()),
            _ => None,
        };
        let all = asks == Asks::All;
        let host = self.host.clone().filter(|_| all || of_domain.is_some());
        Questions {
            reverse: self.remote.filter(|address| all || is_public(*address)),
            tlsa: host.map(|host| (host, self.port)),
            sts: domain.or_else(|| self.route.inquiring.domain.clone()).or(of_domain),
        }
    }

    fn ask(&self, questions: Questions, awaited: bool) -> Answers {
        let (tell, told) = mpsc::unbounded_channel();
        let Self { route, wishes, .. } = self.clone();
        tokio::spawn(async move {
            answer(questions, &route, &wishes, &tell).await;
            if awaited {
                let _ = tell.send(Happening::Inquired);
            }
        });
        Answers { told, awaited }
    }
}

async fn answer(questions: Questions, route: &Route, wishes: &Wishes, tell: &Tell) {
    let names = Names { dns: route.dns, tell };
    let Questions { reverse, tlsa, sts } = questions;
    let reverse = async {
        let Some(address) = reverse else { return };
        for name in names.reverse(address).await.into_iter().take(NAMES) {
            names.forward(&name).await;
        }
    };
    let tlsa = async {
        if let Some((host, port)) = tlsa {
            names.tlsa(&host, port).await;
        }
    };
    let sts = async {
        let Some(domain) = sts else { return };
        if names.sts(&domain).await {
            let at = route.inquiring.policy_at;
            let facts = policy::fetch(&domain, at, route, wishes).await;
            let _ = tell.send(Happening::Fetched(Box::new(facts)));
        }
    };
    tokio::join!(reverse, tlsa, sts);
}

/// Whether an address is known beyond its own network.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, ..] = address.octets();
            let shared = a == 100 && (64..128).contains(&b);
            !(address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || address.is_unspecified()
                || shared)
        }
        IpAddr::V6(address) => {
            !(address.is_loopback()
                || address.is_unique_local()
                || address.is_unicast_link_local()
                || address.is_unspecified())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::via::Proxy;

    fn questions(target: &str, remote: &str, asks: Asks, via: bool) -> Questions {
        let target = Target::read(target).unwrap();
        let host = matches!(target, Target::Mx { .. }).then(|| "mx1.example.net".to_owned());
        let ends = Endpoints { remote: Some(remote.to_owned()), host, ..Endpoints::default() };
        let via = via.then(|| Proxy::read("socks5://127.0.0.1").unwrap());
        let route = Route { via, ..Route::default() };
        Inquiry::about(&target, &ends, &route, &Wishes::default()).questions(asks, None)
    }

    #[test]
    fn nothing_is_asked_about_internal_hosts_unless_it_is_wished() {
        for remote in [
            "127.0.0.1:25",
            "10.1.2.3:25",
            "192.168.0.1:25",
            "172.16.0.1:25",
            "169.254.1.1:25",
            "100.64.0.1:25",
            "[::1]:25",
            "[fd00::1]:25",
            "[fe80::1%eth0]:25",
            "[::ffff:10.0.0.1]:25",
        ] {
            let asked = questions("mail.example.net", remote, Asks::Auto, false);
            assert_eq!(asked, Questions::default(), "{remote}");
            let asked = questions("mail.example.net", remote, Asks::All, false);
            assert!(asked.reverse.is_some(), "{remote}");
        }
        for remote in ["203.0.113.5:25", "[2001:db8::1]:25"] {
            let asked = questions("mail.example.net", remote, Asks::Auto, false);
            let nobody = questions("mail.example.net", remote, Asks::Nothing, false);
            let hidden = questions("mail.example.net", remote, Asks::Auto, true);
            assert!(asked.reverse.is_some() && asked.tlsa.is_none(), "{remote}");
            assert_eq!((nobody, hidden), Default::default(), "{remote}");
        }
    }

    #[test]
    fn behind_mx_records_the_owner_is_asked_as_well() {
        let asked = questions("mx:example.net:2525", "127.0.0.1:2525", Asks::Auto, false);
        assert_eq!(asked.sts.as_deref(), Some("example.net"));
        assert_eq!(asked.tlsa, Some(("mx1.example.net".to_owned(), 2525)));
        assert_eq!(asked.reverse, None);
        let asked = questions("192.0.2.1:25", "192.0.2.1:25", Asks::All, false);
        assert_eq!((asked.tlsa, asked.sts), (None, None), "an address has no such records");
        let asked = questions("practice", "127.0.0.1:1", Asks::All, false);
        assert_eq!(asked, Questions::default());
    }
}
