//! What faults keep back when a server ends, and who waits for one that serves nobody else.

use std::sync::Arc;
use std::time::Duration;

use ehlo::net::listen::{Listener, Order, Place, Report, Store, report};
use ehlo::speaker::Policy;
use ehlo::speaker::fault::{Fault, Faults};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

use crate::guest::Guest;
use crate::program::{Home, arg};
use crate::serving::Serving;

const LIMIT: Duration = Duration::from_secs(20);

/// What a client hears behind the end of its message, and of what stands behind it, from a server
/// that plays `rules` and is told to end once the message is stored.
async fn heard_at_the_end(rules: &str, behind: &str) -> String {
    let text = format!("title = {{ en = 'own' }}\nrule = [{rules}]\n");
    let faults = Faults::new(vec![Fault::read("own", &text, None).unwrap()], 1);
    let store: Store = Arc::new(|_, _| Ok("message 1".to_owned()));
    let mut listener = Listener::new(Policy::default(), store);
    let place: Place = "127.0.0.1:0".parse().unwrap();
    let Place::Tcp(address) = listener.open(&place.into()).unwrap() else { panic!() };
    let (teller, mut reports) = report::channel();
    let (orders, taken) = mpsc::channel(1);
    let playing = watch::channel(Arc::new(faults)).1;
    let served = tokio::spawn(listener.telling(teller).playing(playing).serve(taken));
    let mut client = TcpStream::connect(address).await.unwrap();
    let mut heard = Vec::new();
    let talk = "EHLO pc.example.org\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<bob@example.net>\r\n\
        DATA\r\n";
    client.write_all(talk.as_bytes()).await.unwrap();
    while !String::from_utf8_lossy(&heard).contains("354 ") {
        assert_ne!(client.read_buf(&mut heard).await.unwrap(), 0, "{heard:?}");
    }
    client.write_all(format!("Subject: x\r\n.\r\n{behind}").as_bytes()).await.unwrap();
    while !matches!(reports.next().await.unwrap(), Report::Stored { .. }) {}
    orders.send(Order::End).await.unwrap();
    heard.clear();
    client.read_to_end(&mut heard).await.unwrap();
    served.await.unwrap();
    String::from_utf8(heard).unwrap()
}

/// Whoever does not hear that its message is stored sends it again.
#[tokio::test]
async fn what_a_fault_keeps_back_of_a_stored_message_is_said_at_the_end() {
    let accepted = "250 2.0.0 Message accepted as message 1\r\n";
    for (rules, behind, also) in [
        ("{ on = 'message 250', do = [{ wait = '60s' }] }", "", ""),
        ("{ on = 'message 250', do = [{ drip = { bytes = 1, every = '60s' } }] }", "", ""),
        ("{ on = 'message 250', do = [{ batch = '60s' }] }", "", ""),
        (
            "{ on = 'message 250', do = [{ late = true }] }, { on = 'noop', do = [{ wait = '60s' }] }",
            "NOOP\r\n",
            "250 2.0.0 Ok\r\n",
        ),
        ("{ on = 'message 250', do = [{ wait = '60s' }, { close = 'cut' }] }", "", "the end"),
    ] {
        let heard = tokio::time::timeout(LIMIT, heard_at_the_end(rules, behind)).await.unwrap();
        assert!(heard.contains(accepted) || heard.starts_with(&accepted[1..]), "{rules}: {heard}");
        let goodbye = heard.contains("421 4.3.2 ");
        assert!(goodbye != (also == "the end"), "{rules}: {heard}");
        assert!(also == "the end" || heard.contains(also), "{rules}: {heard}");
    }
}

/// Who waits behind another one comes in as soon as the server serves several again.
#[test]
fn a_server_that_serves_one_serves_others_when_it_is_told_to() {
    let home = Home::new();
    let mut serving = Serving::start_asked(&home, &["--json", "--fault", "one-at-a-time"]);
    let first = Guest::enter(serving.port);
    let mut second = Guest::connect(serving.port);
    let stream = second.0.get_mut();
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert_eq!(second.hear(), "", "it waits");
    second.0.get_mut().set_read_timeout(Some(LIMIT)).unwrap();
    serving.ask(":fault off");
    assert!(second.hear().starts_with("220 "));
    drop(first);
}

/// Somebody has cleared up while a server goes on: what comes from then on is kept.
#[test]
fn folders_that_are_taken_away_are_made_again() {
    let home = Home::new();
    let dir = home.path("mail");
    let mut serving = Serving::start(&home, &["--json", "--maildir", arg(&dir)]);
    for gone in ["sessions", "new", "tmp", ""] {
        std::fs::remove_dir_all(dir.join(gone)).unwrap();
        let mut guest = Guest::enter(serving.port);
        guest.says_hello();
        guest.sends_message("Subject: first");
        // In the middle of a session, too.
        std::fs::remove_dir_all(dir.join(gone)).unwrap();
        guest.sends_message("Subject: second");
        let stored = crate::mails(&dir.join("new"));
        let second = stored.iter().filter(|(_, mail)| mail == b"Subject: second\r\n");
        assert!(second.count() > 0, "{gone}");
        guest.asks("QUIT", "221 ");
        // A journal that was taken away is said to be.
        let kept = if ["new", "tmp"].contains(&gone) { "null" } else { "\"it was taken away\"" };
        assert_eq!(serving.event("session")["not_kept"].to_string(), kept, "{gone}");
    }
}

/// A hang-up stops a server as any other signal does: nothing of it stays behind. Only where it was
/// started so that it outlives its terminal, it does.
#[cfg(target_os = "linux")]
#[test]
fn a_hang_up_stops_a_server_unless_it_is_passed_over() {
    let home = Home::new();
    let socket = home.path("smtp.sock");
    let door = format!("unix:{}", arg(&socket));
    let mut serving = Serving::start(&home, &["--json", "--listen", &door]);
    let mut busy = Guest::enter(serving.port);
    busy.says_hello();
    busy.begins_message();
    serving.event("began");
    assert!(socket.exists());
    serving.signal("-HUP");
    serving.event("stopping");
    busy.asks("Subject: x\r\n.", "250 ");
    assert_eq!(serving.rest().1, Some(0));
    assert!(!socket.exists());
    let mut command = std::process::Command::new("nohup");
    let ehlo = home.ehlo(["serve", "--json", "--listen", "127.0.0.1:0"]);
    command.arg(ehlo.get_program()).args(ehlo.get_args());
    let mut serving = Serving::run(command);
    serving.signal("-HUP");
    let mut guest = Guest::enter(serving.port);
    guest.says_hello();
    guest.asks("QUIT", "221 ");
    serving.stop();
}
