//! The end of a connection: what is said before it, and when it is seen.

use std::io::Read as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ehlo::journal::{Ending, Happening, Moment};
use ehlo::net::Clock;
use ehlo::net::certificate::{Authority, Kind};
use ehlo::net::dial::Target;
use ehlo::net::driver::{Log, Orders, Part, converse};
use ehlo::net::listen::{Listener, Order, Place, Store, report};
use ehlo::net::stream::Stream;
use ehlo::net::tls::{Choice, Server, Tls};
use ehlo::session::{Dialogue, Keep};
use ehlo::smtp::verb::Verb;
use ehlo::smtp::wait::Limits;
use ehlo::speaker::{Ends, Policy, Say, Speaker};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;

use crate::guest::Guest;
use crate::program::{Home, arg};
use crate::serving::{Serving, port};

/// Has something to say, and is told to end before it is said.
struct Ended(Vec<Say>);

impl Speaker for Ended {
    fn next(&mut self, _: Moment, _: &Dialogue) -> Option<Say> {
        self.0.pop()
    }
}

/// Behind that reply a message is on the disk: whoever does not hear it sends the message again.
#[tokio::test]
async fn a_reply_that_is_ready_leaves_before_the_end() {
    for _ in 0..64 {
        let (ours, mut theirs) = tokio::io::duplex(1 << 10);
        let (order, mut queue) = mpsc::channel(1);
        order.send(()).await.unwrap();
        let mut log = Log::new(Clock::start(), Keep::default());
        let part = Part::server(Limits::default());
        let reply = Say::Bytes("250 2.0.0 Stored\r\n".into());
        let mut speaker = Ended(vec![Say::Close(Ending::Finished), reply]);
        let orders = Orders { queue: &mut queue, obey: |_: &mut Ended, ()| Ends::Connection };
        converse(Box::new(ours), &mut log, part, &mut speaker, Some(orders)).await;
        let mut heard = String::new();
        theirs.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "250 2.0.0 Stored\r\n");
    }
}

/// But nobody holds up the end by not reading it.
#[tokio::test]
async fn who_does_not_read_holds_up_no_end() {
    let (ours, theirs) = tokio::io::duplex(16);
    let (order, mut queue) = mpsc::channel(1);
    order.send(()).await.unwrap();
    let mut log = Log::new(Clock::start(), Keep::default());
    let words = Say::Bytes("250 2.0.0 More than fits\r\n".repeat(100).into());
    let mut speaker = Ended(vec![Say::Close(Ending::Finished), words]);
    let orders = Orders { queue: &mut queue, obey: |_: &mut Ended, ()| Ends::Connection };
    let part = Part::server(Limits::default());
    let talk = converse(Box::new(ours), &mut log, part, &mut speaker, Some(orders));
    tokio::time::timeout(Duration::from_secs(2), talk).await.unwrap();
    drop(theirs);
}

/// Answers what begins TLS, and closes the connection once it is told to end.
struct Securing {
    words: Bytes,
    ended: bool,
}

impl Speaker for Securing {
    fn next(&mut self, _: Moment, seen: &Dialogue) -> Option<Say> {
        let (_, exchange) = match seen.unanswered() {
            _ if self.ended => return Some(Say::Close(Ending::Finished)),
            None => return None,
            Some(asked) => asked,
        };
        Some(Say::Bytes(match exchange.verb() {
            Some(Verb::Ehlo) => "250-mx\r\n250 STARTTLS\r\n".into(),
            _ => self.words.clone(),
        }))
    }
}

/// Lets `client` talk with a server that says `words` and has TLS; how long its end takes behind the
/// moment at which the client is where it wanted to be.
async fn ended_by<F>(words: &str, implicit: bool, client: impl FnOnce(Stream) -> F) -> Duration
where
    F: Future<Output = Stream>,
{
    let authority = Authority::new().unwrap();
    let identity = authority.identity(Kind::Good).unwrap();
    let tls = Tls::Server(Server::new(&identity, &[authority.root().clone()]).unwrap());
    let (ours, theirs) = tokio::io::duplex(1 << 10);
    let (order, mut queue) = mpsc::channel(1);
    let mut log = Log::new(Clock::start(), Keep::default());
    log.append(Happening::Opened(Box::default())).await;
    let part = Part::server(Limits::default()).with_tls(Some(tls), implicit);
    let mut speaker = Securing { words: words.to_owned().into(), ended: false };
    let obey = |speaker: &mut Securing, ()| {
        speaker.ended = true;
        Ends::Connection
    };
    let orders = Some(Orders { queue: &mut queue, obey });
    let talk = converse(Box::new(ours), &mut log, part, &mut speaker, orders);
    let told = async {
        let mut theirs = client(Box::new(theirs)).await;
        order.send(()).await.unwrap();
        let told = Instant::now();
        // What is said behind it may stay unread.
        let mut heard = vec![0; words.len()];
        if !implicit {
            theirs.read_exact(&mut heard[1..]).await.unwrap();
        }
        (theirs, told)
    };
    let limited = tokio::time::timeout(Duration::from_secs(5), talk);
    let (ended, (theirs, told)) = tokio::join!(limited, told);
    ended.unwrap();
    drop(theirs);
    told.elapsed()
}

/// TLS holds back what is not read, and says goodbye behind it: that has no time of its own.
#[tokio::test]
async fn who_reads_nothing_inside_tls_holds_up_no_end() {
    let words = format!("220 {}\r\n", "x".repeat(40_000));
    let took = ended_by(&words, true, async |stream| {
        let target = Target::read("smtps://localhost:465").unwrap();
        let tls = Choice::default().client(&target, None, None, true).0.unwrap();
        let shaken = tls.shake(stream, Duration::from_secs(5)).await;
        let mut stream = shaken.unwrap_or_else(|_| panic!("no handshake")).0;
        // Some of it is there, and the rest waits.
        stream.read_exact(&mut [0]).await.unwrap();
        stream
    });
    let took = took.await;
    assert!(took < Duration::from_millis(900), "{took:?}");
}

/// Behind 220 to STARTTLS nothing is waited for where the end was ordered before it had left.
#[tokio::test]
async fn a_handshake_that_is_too_late_holds_up_no_end() {
    let words = format!("220 {}\r\n", "x".repeat(2_000));
    let took = ended_by(&words, false, async |mut stream: Stream| {
        let mut greeting = vec![0; words.len()];
        stream.read_exact(&mut greeting).await.unwrap();
        stream.write_all(b"EHLO pc.example.org\r\n").await.unwrap();
        let mut offer = vec![0; 22];
        stream.read_exact(&mut offer).await.unwrap();
        stream.write_all(b"STARTTLS\r\n").await.unwrap();
        // Until some of the reply is there, not all of which has room.
        stream.read_exact(&mut greeting[..1]).await.unwrap();
        stream
    });
    let took = took.await;
    assert!(took < Duration::from_millis(900), "{took:?}");
}

/// RFC 8314 §3: nothing is said there outside TLS.
#[test]
fn who_is_turned_away_where_tls_begins_at_once_hears_it_inside_tls() {
    let home = Home::new();
    let ca = home.path("ca.pem");
    let more = ["--json", "--listen", "smtps://127.0.0.1:0", "--max-clients", "1"];
    let options = [&more[..], &["--write-ca", arg(&ca)]].concat();
    let mut serving = Serving::start(&home, &options);
    let implicit = port(&serving.event("listening").to_string()).unwrap();
    let first = Guest::enter(serving.port);
    let target = format!("smtps://localhost:{implicit}");
    let send = ["send", "--server", &target, "--tls-ca", arg(&ca), "--from", "a@x.example"];
    let ended = home.run([&send[..], &["--to", "bob@example.net", "--json"]].concat());
    let told: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert!(told["tls"].is_object(), "{told}");
    let reply = &told["exchanges"][0]["reply"];
    assert_eq!(reply["code"], 421, "{told}");
    assert!(reply["lines"][0].as_str().unwrap().contains("Too many clients at once"), "{told}");
    let away = serving.event("turned-away");
    assert!(away["place"].as_str().unwrap().ends_with(&implicit.to_string()), "{away}");
    // Who says nothing there is told nothing, and who speaks no TLS hears no SMTP.
    let mut plain = Guest::connect(implicit);
    plain.send("EHLO pc.example.org\r\n");
    let mut heard = Vec::new();
    let _ = plain.0.get_mut().read_to_end(&mut heard);
    assert!(!heard.starts_with(b"421"), "{}", String::from_utf8_lossy(&heard));
    drop(first);
}

/// How long it is until the end of a connection is seen, the shortest of some.
fn until_the_end(port: u16, last: &[&str]) -> Duration {
    let one = || {
        let mut guest = Guest::connect(port);
        for line in last {
            guest.send(&format!("{line}\r\n"));
        }
        let begun = Instant::now();
        let _ = guest.0.read_to_end(&mut Vec::new());
        begun.elapsed()
    };
    (0..3).map(|_| one()).min().unwrap()
}

#[test]
fn the_end_of_a_connection_is_seen_at_once() {
    let home = Home::new();
    let fault = home.file(
        "cut.toml",
        "title = { en = 'Cut' }\n[[rule]]\non = 'noop'\ndo = [{ close = 'cut' }]\n",
    );
    let options = ["--json", "--listen", "smtps://127.0.0.1:0", "--fault", arg(&fault)];
    let mut serving = Serving::start(&home, &options);
    let implicit = port(&serving.event("listening").to_string()).unwrap();
    for (what, port, last) in
        [("cut", serving.port, &["NOOP"][..]), ("no handshake", implicit, &["EHLO x.example"])]
    {
        let took = until_the_end(port, last);
        eprintln!("{what}: {took:?}");
        assert!(took < Duration::from_millis(300), "{what}: {took:?}");
    }
}

/// A session that breaks down leaves its place to another, and holds up no end.
#[tokio::test]
async fn who_breaks_down_leaves_his_place() {
    let store: Store = Arc::new(|_, _| panic!("a test"));
    let policy = Policy { client_limit: 1, ..Policy::default() };
    let mut listener = Listener::new(policy, store);
    let place: Place = "127.0.0.1:0".parse().unwrap();
    let Place::Tcp(address) = listener.open(&place.into()).unwrap() else { panic!() };
    let (teller, mut reports) = report::channel();
    let (orders, taken) = mpsc::channel(1);
    let served = tokio::spawn(listener.telling(teller).serve(taken));
    let talk = "EHLO pc.example.org\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<bob@example.net>\r\n\
        DATA\r\n";
    for _ in 0..2 {
        let mut client = tokio::net::TcpStream::connect(address).await.unwrap();
        client.write_all(talk.as_bytes()).await.unwrap();
        let mut heard = Vec::new();
        while !String::from_utf8_lossy(&heard).contains("354 ") {
            assert_ne!(client.read_buf(&mut heard).await.unwrap(), 0, "{heard:?}");
        }
        client.write_all(b"Subject: x\r\n.\r\n").await.unwrap();
        let _ = client.read_to_end(&mut heard).await;
        // Until it is known that it is over.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    orders.send(Order::Stop).await.unwrap();
    tokio::time::timeout(Duration::from_secs(2), served).await.unwrap().unwrap();
    while reports.next().await.is_some() {}
}
