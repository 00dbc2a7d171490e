//! One call of a client: who is dialled, how TLS begins, and the talk to its end. Every front that
//! talks to a server makes one.

use std::net::SocketAddr;

use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;

use crate::journal::facts::DialReason;
use crate::journal::{DialFailure, Happening};
use crate::smtp::wait::{Limits, Wait};
use crate::speaker::{Speaker, Upgrade};

use super::certificate::Pass;
use super::dial::{Dialled, Target, dial};
use super::driver::{Log, Orders, Part, converse};
use super::inquiry::Inquiry;
use super::route::Route;
use super::tls::Choice;

/// Whom a client calls, and how.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Who is called.
    pub target: &'a Target,
    /// Where the practice server listens, and what its clients have.
    pub practice: Option<(SocketAddr, &'a Pass)>,
    /// By which way.
    pub route: &'a Route,
    /// What was chosen of TLS.
    pub tls: &'a Choice,
    /// How long things may take.
    pub limits: Limits,
    /// Whether a person is there to judge a certificate that cannot be trusted.
    pub judged: bool,
}

impl Call<'_> {
    /// Connects. What happens on the way goes into the log.
    ///
    /// # Errors
    /// With the reason, if no address of the target answers.
    pub async fn dial(&self, log: &mut Log) -> Result<Dialled, DialFailure> {
        self.dial_until(log, std::future::pending()).await
    }

    /// The same, until `stopped` is over.
    ///
    /// # Errors
    /// As [`Self::dial`].
    pub async fn dial_until(
        &self,
        log: &mut Log,
        stopped: impl Future<Output = ()>,
    ) -> Result<Dialled, DialFailure> {
        let practice = self.practice.map(|(address, _)| address);
        let (tell, mut told) = mpsc::unbounded_channel();
        let patience = self.limits.time(Wait::Connect);
        let mut dialling = std::pin::pin!(dial(self.target, practice, self.route, patience, &tell));
        let mut stopped = std::pin::pin!(stopped);
        let dialled = loop {
            tokio::select! {
                biased;
                Some(what) = told.recv() => log.append(what).await,
                dialled = &mut dialling => break dialled,
                () = &mut stopped => break Err(DialFailure {
                    target: self.target.to_string(),
                    reason: DialReason::Stopped,
                    at: None,
                    detail: String::new(),
                    took: None,
                }),
            }
        };
        while let Ok(what) = told.try_recv() {
            log.append(what).await;
        }
        dialled
    }

    /// Lets `then` speak once TLS is on, where it is to begin by itself.
    pub fn upgrading<P>(&self, then: P) -> Upgrade<P> {
        let trusts = !self.judged || self.tls.insecure;
        Upgrade { ehlo: self.tls.greets_as(), trusts, then }
    }

    /// Drives the connection that was `dialled` to its end, or says that there is none.
    pub async fn talk<P: Speaker, O>(
        &self,
        dialled: Result<Dialled, DialFailure>,
        log: &mut Log,
        part: Part,
        speaker: &mut P,
        orders: Option<Orders<'_, O, P>>,
    ) {
        match dialled {
            Err(failure) => log.append(Happening::NotOpened(Box::new(failure))).await,
            Ok(Dialled { mut stream, endpoints, aside }) => {
                let host = endpoints.host.clone();
                let end = |text: &Option<String>| text.as_deref().and_then(|t| t.parse().ok());
                let ends = (end(&endpoints.local), end(&endpoints.remote));
                let wishes = &self.tls.wishes;
                let inquiry = Inquiry::about(self.target, &endpoints, self.route, wishes);
                log.append(Happening::Opened(Box::new(endpoints))).await;
                log.wonder_about(inquiry);
                log.hear_aside(aside);
                if let Some(preface) = &self.route.preface {
                    let bytes = preface.write(ends.0, ends.1);
                    // A server that does not even take this much says so by closing.
                    let written = stream.write_all(&bytes);
                    let patience = self.limits.time(Wait::Connect);
                    if matches!(tokio::time::timeout(patience, written).await, Ok(Ok(()))) {
                        log.append(Happening::Prefaced(bytes)).await;
                    }
                }
                let pass = self.practice.map(|(_, pass)| pass);
                let (tls, implicit) =
                    self.tls.client(self.target, host.as_deref(), pass, self.judged);
                converse(stream, log, part.with_tls(tls, implicit), speaker, orders).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;

    use super::*;
    use crate::journal::Ending;
    use crate::journal::facts::TlsReason;
    use crate::net::Clock;
    use crate::net::tls::When;
    use crate::session::Keep;
    use crate::speaker::{Ends, Human, Say};

    #[derive(Clone, Copy)]
    enum Order {
        Stop,
        HangUp,
    }

    fn obey(speaker: &mut Upgrade<Human>, order: Order) -> Ends {
        match order {
            Order::Stop => speaker.then.stop(),
            Order::HangUp => speaker.push(Say::Close(Ending::Finished)),
        }
    }

    /// A server that goes along with STARTTLS, waits for the handshake to begin, and answers it in
    /// clear text once the client was told.
    async fn in_a_handshake(told: Order) -> TlsReason {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = Target::read(&listener.local_addr().unwrap().to_string()).unwrap();
        let (say, mut orders) = mpsc::channel(1);
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = [0; 4096];
            for line in ["220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 go\r\n"] {
                stream.write_all(line.as_bytes()).await.unwrap();
                assert_ne!(stream.read(&mut heard).await.unwrap(), 0);
            }
            assert_eq!(heard.first(), Some(&22), "a handshake (RFC 8446 §5.1)");
            assert!(say.send(told).await.is_ok());
            // There is room for another one when this one was taken.
            let _ = say.reserve().await;
            let _ = stream.write_all(b"500 what\r\n").await;
        };
        let tls = Choice { when: When::Starttls, ehlo: "me".to_owned(), ..Choice::default() };
        let route = Route::default();
        let limits = Limits::default();
        let call = Call {
            target: &target,
            practice: None,
            route: &route,
            tls: &tls,
            limits,
            judged: true,
        };
        let client = async {
            let mut log = Log::new(Clock::start(), Keep::default());
            let (part, mut speaker) = (Part::person(limits), call.upgrading(Human::default()));
            let orders = Some(Orders { queue: &mut orders, obey });
            let dialled = call.dial(&mut log).await;
            call.talk(dialled, &mut log, part, &mut speaker, orders).await;
            log.dialogue
        };
        let ((), seen) = tokio::join!(server, client);
        let failed = |what: &Happening| match what {
            Happening::NotSecured(failure) => Some(failure.reason),
            _ => None,
        };
        seen.notices().iter().find_map(|(_, what)| failed(what)).unwrap()
    }

    #[tokio::test]
    async fn what_is_stopped_in_a_handshake_is_not_the_handshake() {
        assert_eq!(in_a_handshake(Order::Stop).await, TlsReason::ClearText);
        assert_eq!(in_a_handshake(Order::HangUp).await, TlsReason::Stopped);
    }
}
