//! What `--help` says behind the options, with examples for every verb, and what `--version` says.

use crate::journal::header;
use crate::knowledge;

pub(super) const TARGET: &str = "host, host:port, [IPv6]:port, smtp://host, smtps://host, lmtp://host, mx:domain, unix:/path, \
     pipe:COMMAND (lmtp:unix:, lmtp://unix:/path, lmtp:pipe: for LMTP), practice or practice:FAULT+FAULT";

pub(super) const MAIN: &str = "Examples:
  ehlo                                  the built-in practice server, no network needed
  ehlo practice:greylist                a practice server that misbehaves; `ehlo faults` lists how
  ehlo mx.example.net:25                any server
  ehlo smtps://mx.example.net           TLS from the first byte; STARTTLS can be typed anywhere
  ehlo practice mx.example.net:25       two sessions, one tab each
  ehlo mx:example.net                   who takes mail for a domain; mx:example.net#2 is the second
  ehlo lmtp:unix:/run/dovecot/lmtp      LMTP by a socket; pipe:'exim -bs' is a program
  ehlo --theme light --lang ja          for this once; config.toml and EHLO_THEME are for always
  printf 'EHLO x\\r\\nQUIT\\r\\n' | ehlo --plain mx.example.net:25
  ehlo run login.txt --server mx.example.net:25
  ehlo send -s mx.example.net -t bob@example.net
  ehlo serve --listen 127.0.0.1:2525 --maildir ./mail

Exit codes: 0 as wished, 1 an expectation failed, 2 could not connect or talk, 64 bad usage or input";

pub(super) const RUN: &str = "Examples:
  ehlo run login.txt --server mx.example.net:25
  ehlo run session.jsonl --codes --server practice      a recording plays again
  ehlo run - --server practice --json < script.txt
  ehlo run auth.txt --server mx.example.net:587 --password-env SMTP_PASSWORD
  ehlo run tests/*.txt --server mx.example.net --quiet --junit report.xml
  ehlo run rcpt.txt --server mx.example.net --set to=bob@example.net

In a script, \":auth PLAIN alice@example.org\" is a whole login, \":starttls\" a whole switch to TLS,
\":include FILE\" another script in its place, and \":within 2s\" the time for the reply that is
expected behind it. \":set NAME VALUE\" sets a variable, unless --set does; ${NAME} is filled in
before anything is sent. ${date}, ${host} and ${env:NAME} are always there, ${message-id} is a new
one wherever it stands, and ${count} or ${count:NAME} counts up, from script to script. \\${ is no
variable. What :data names is sent as it is.";

pub(super) const JUNIT: &str = "Write a report as XML of the JUnit kind to this file, one test case for each script; - is standard output";

pub(super) const COMPARE: &str = "Examples:
  ehlo compare monday.jsonl friday.jsonl
  ehlo compare session.jsonl --server mx.example.net:25      the same again, to another server
  ehlo compare session.jsonl --server practice --codes --json
  ehlo compare script.txt --server old.example.net --server new.example.net      two servers

The exit code is 1 where they differ. Times are shown, and make no difference.";

pub(super) const SEND: &str = "Examples:
  ehlo send -s mx.example.net -f alice@example.org -t bob@example.net
  ehlo send -s practice -t bob@example.net --subject Hello --body 'How are you?' --attach photo.png
  ehlo send -s submit.example.org:587 -t bob@example.net --user alice --password-env SMTP_PASSWORD
  ehlo send -s mx.example.net -t bob@example.net --quit-after rcpt      would it take mail for bob?
  ehlo send -s mx.example.net -t bob@example.net --data message.eml --chunk 65536
  ehlo send -s mx.example.net -t bob@example.net --print-script > script.txt

STARTTLS is said where it is offered, and a certificate that cannot be trusted is told, not fatal;
--tls starttls insists on both. `ehlo explain swaks` tells for each option of swaks what it is here.

Exit codes: 0 as wished, 1 something was refused, a recipient among others too, 2 could not connect
or talk, 64 bad usage or input";

pub(super) const SHOW: &str = "Examples:
  ehlo show session.jsonl
  ehlo show message.eml --json
  ehlo show recent                                      the last session; ehlo open lists them
  ehlo show message.eml --view parts                    the tree of its parts
  ehlo show message.eml --part 3 > picture.png          the decoded bytes of a part
  ehlo show session.jsonl --view envelope               who sent to whom, and what became of it
  ehlo show inbox.mbox                                  every message, and their threads
  ehlo show ~/Maildir
  ehlo show message.eml --verify --from-ip 192.0.2.7     DKIM, SPF, DMARC and ARC; name servers are asked
  ehlo show message.eml --verify --answers answers.zone  the same without network
  ehlo show - < transcript.txt";

pub(super) const OPEN: &str = "Examples:
  ehlo open session.jsonl
  ehlo open before.jsonl after.jsonl                    one tab each
  ehlo open message.eml
  ehlo open                                             lists the last sessions, which are recorded
  ehlo open recent                                      the last one; recent:2 is the one before
  ehlo open ~/Maildir                                   or an mbox, or a folder of .eml files";

pub(super) const SERVE: &str = "Examples:
  ehlo serve                                            on 127.0.0.1:2525
  ehlo serve --catch-all --auth-any --maildir ./mail    a catcher of whatever is sent
  ehlo send --server mx.example.net --release mail/new/1764207576.M012345P77S1_000.ehlo
  ehlo serve --listen 127.0.0.1:0 --listen smtps://127.0.0.1:0 --json
  ehlo serve --catch-all --json                         asked for what it caught on standard input
  ehlo serve --lmtp --listen unix:/tmp/lmtp             one reply for each recipient
  ehlo serve --fault greylist=5s --fault tarpit         a server that misbehaves: `ehlo faults`
  ehlo serve --by-hand                                  you answer each command yourself
  ehlo serve --replay session.jsonl                     what a server said, to a client under test

On a terminal it lists its sessions and the mail that it caught, and opens any of them; --plain prints
lines instead, as in a pipe.

Without a screen, sessions are kept in memory within --keep and --keep-bytes; those that are over the
longest give way, and are still found as long as they lie in --maildir. A session that goes on keeps
a quarter of --keep-bytes of its messages, or the last one, at most; the others are found in --maildir,
too. Lines on standard input ask for them:
  :list                              sessions that are kept or go on, with their messages
  :show MESSAGE                      a message with all of its bytes, once it was told of
  :show session NUMBER               a whole session, as `ehlo show` prints it
  :save MESSAGE FILE                 a message, byte for byte, to a file that is not there yet
  :relay MESSAGE [OPTIONS] TARGET    sends a message on, from and to whom it was sent, byte for byte
  :clear                             forgets all sessions that are over; no file is deleted
  :fault FAULT[+FAULT]|off           misbehaves so from now on
  :help, :quit                       :quit stops as a signal does
MESSAGE is the number in \"message 3\", as the events and the replies have it, or in a Maildir the name
of the file. OPTIONS are those of the way to a server: -4, -6, --source, --dns, --via, --proxy-protocol
and those that go with them, --who, --sts; and those of a login: --user, --auth, --auth-optional,
--auth-anyway, with --password-env, --password-file or --password-command. Of the way and of the
password, what is not said here is as the command line of the server says; nobody is asked for a
password, and none is typed here. Lines are answered one behind the other, but :relay when the other
server has answered; up to 32 wait meanwhile, and each has 65536 bytes at most; :quit is heard at
once, and what was asked before it is answered within 5 seconds. Where standard input is closed, or
is /dev/null, nobody can ask, and nothing is kept.

At example.net are bob, carol, dave and postmaster, and full, into whose mailbox nothing goes.
alice@example.org logs in with the password \"correct horse\" or the token ya29.token.

SIGTERM, Ctrl-C and a hang-up stop it: nobody new comes in, messages that are under way may be
finished within 5 seconds, other clients hear 421. A second signal ends it at once.

With --json each event is one line with event, at (RFC 3339) and these keys, which are always there:
  listening    place, protocol (smtp, lmtp), tls (starttls, implicit or null)
  began        session, place
  message      session, message, from, to, size, stored, held, tls, user, why (null)
  not-stored   the same, with stored null and why
  refused      session, command (MAIL, RCPT, DATA, BDAT, AUTH), address, code, enhanced, text
  session      session, peer, ended, exchanges, messages, tls, user, tls_failure, overdue, not_kept;
               messages are those that were taken; ended is in-order, left, cut-short, reset, timed-out,
               refused, not-secured or failed
  reply        session, command, code, origin, exchange: with --replay
  dialogue     with --by-hand: session, and the whole of it as in `ehlo show --json`; what is asked and
               suggested stands on standard error, and stored of a message is null: it is not kept
  turned-away  session, place, peer, why (too-many, too-fast)
  missed       events: so many are not told, since nobody read them in time
  stopping     nothing more
  stopped      sessions, messages
and answers, each of which has directive, too: the line as it was said, a long one its beginning, with
*** for passwords
  listed       sessions, gone; each session has session, peer, ended, exchanges, messages and mail,
               and each mail message, stored, from, to, size, held, subject; while the session goes on,
               ended and subject are null
  shown        session, message, stored, from, to, content, dialogue: one of the last two, as in
               `ehlo show --json`; content has text, or base64 where it is no UTF-8, of any size
  saved        session, message, stored, from, to, file, size
  relayed      session, message, stored, from, to, target, outcome, text, dialogue: as in
               `ehlo send --json`, where outcome is sent, refused, not-connected and so on
  cleared      nothing more
  playing      faults
  help         directives
  not-done     why: what was expected, or what is not there";

pub(super) const EXPLAIN: &str = "Examples:
  ehlo explain 550 5.7.1                                each code by itself
  ehlo explain Return-Path
  ehlo explain null sender --lang ja
  ehlo explain SIZE --json                              the keyword and the parameter";

pub(super) const KEYS: &str = "Examples:
  ehlo keys
  ehlo keys test                                        what does this key send?

keys.toml in the folder that `ehlo config path` names changes single keys:
  [prompt]
  ctrl-x = \"prompt.send\"
  [any]
  f7 = \"none\"";

pub(super) const KEYS_TEST: &str = "Examples:
  ehlo keys test                                        Ctrl-C twice ends it";

pub(super) const CONFIG: &str = "Examples:
  ehlo config                                           the same as ehlo config print
  ehlo config check && echo well";

pub(super) const CONFIG_PRINT: &str = "Examples:
  ehlo config print
  ehlo config print > draft.toml                        a config.toml to begin with
  ehlo config print --json";

pub(super) const CONFIG_CHECK: &str = "Examples:
  ehlo config check
  EHLO_THEME=nrod ehlo config check                     variables are checked too";

pub(super) const CONFIG_PATH: &str = "Examples:
  ehlo config path";

pub(super) const THEMES: &str = "Examples:
  ehlo themes
  ehlo --theme mono                                     for this once

A file NAME.toml in the folder themes beside config.toml is a theme, and comes before the
program's own of that name.";

pub(super) const FAULTS: &str = "Examples:
  ehlo faults                                           all of them, with the entries they play
  ehlo faults greylist tarpit                           what these do
  ehlo explain F12                                      the entry of the catalogue
  ehlo practice:greylist=5s+tarpit                      a session with a server that plays two
  ehlo practice:flaky+seed=7                            with dice that fall as they did before

A file NAME.toml in the folder faults beside config.toml is a fault, and comes before the program's
own of that name; `ehlo faults NAME --toml` prints one to begin with. Each rule has a pattern `on`, as
it is written behind f on the screen, and says what is done where it fits; `message` asks besides what
the message is like: field:date, field:received#51.., bare-lf, cut-mark (the end mark came in pieces),
size>1000, or text in a line (.* begins with a dot). `after` and `before` ask what was answered
before, `nth` and `session` count, `fresh`, `pipelined` and `chance` are in the program's own.";

pub(super) const COMPLETIONS: &str = "Examples:
  ehlo completions bash > ~/.local/share/bash-completion/completions/ehlo
  ehlo completions zsh > ~/.zfunc/_ehlo
  ehlo completions fish > ~/.config/fish/completions/ehlo.fish";

pub(super) const MAN: &str = "Examples:
  ehlo man | man -l -
  ehlo man > ~/.local/share/man/man1/ehlo.1";

/// What a report of a fault needs to say about the program.
pub(super) fn version() -> String {
    use std::env::consts::{ARCH, OS};
    let abi = if cfg!(target_env = "musl") {
        "-musl"
    } else if cfg!(target_env = "gnu") {
        "-gnu"
    } else {
        ""
    };
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    let themes = knowledge::themes().collect::<Vec<_>>().join(", ");
    format!(
        "{}\ntarget: {ARCH}-{OS}{abi}\nbuild: {profile}\nrecordings: format {}\n\
         languages: en, ja\nthemes: {themes}",
        env!("CARGO_PKG_VERSION"),
        header::VERSION,
    )
}
