//! What a message says about its own authenticity: signatures with their tags, the ARC chain, the
//! results that somebody wrote down; and what SPF needs to know of its way here.
//!
//! It is read from the bytes alone, and nothing of it is verified. Nothing here fails: what cannot be
//! read as tags has none.

use std::collections::{HashMap, HashSet};
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use crate::journal::Side;
use crate::journal::authenticity::{Assumed, Origin};
use crate::smtp::Span;
use crate::smtp::command::Argument;
use crate::smtp::target::split_port;

use super::Dialogue;
use super::header::LIMIT;
use super::received::Received;

/// Of how many signatures it is worked out what they cover.
const COVERED: usize = 32;

/// How many names of fields are listed that are not signed.
const UNSIGNED: usize = 1000;

/// The numbers that instances of ARC can have (RFC 8617 §4.2.1).
const INSTANCES: std::ops::RangeInclusive<u32> = 1..=50;

/// What a message says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    /// Where its author stands: the first From field.
    pub author: Option<Span>,
    /// Its DKIM-Signature fields, from the top.
    pub signatures: Vec<Signature>,
    /// Its ARC instances, by their number.
    pub instances: Vec<Instance>,
    /// Its Authentication-Results fields, from the top.
    pub results: Vec<Results>,
}

/// A DKIM-Signature field, or one that is written like it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// Where the field stands.
    pub span: Span,
    /// Its tags in their order.
    pub tags: Vec<Tag>,
    /// What `h=` names, in its order.
    pub signed: Vec<Signed>,
    /// Names of fields that are here and are not signed, each once; not more than anybody reads.
    pub unsigned: Vec<String>,
}

/// One tag of a list (RFC 6376 §3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its name as it is written.
    pub name: String,
    /// Its value, unfolded.
    pub value: String,
    /// Whether it stood before, which may not be.
    pub repeated: bool,
}

/// A field that is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Its name as `h=` has it.
    pub name: String,
    /// Whether there is one; what is named more often than it is there cannot be added later
    /// (RFC 6376 §5.4).
    pub present: bool,
}

/// The three fields of one hop (RFC 8617 §4.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
    /// Its number.
    pub number: u32,
    /// ARC-Authentication-Results.
    pub results: Option<Results>,
    /// ARC-Message-Signature.
    pub message: Option<Signature>,
    /// ARC-Seal.
    pub seal: Option<Signature>,
}

/// An Authentication-Results field (RFC 8601 §2.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// Where the field stands.
    pub span: Span,
    /// Who says that it has checked (`authserv-id`).
    pub server: String,
    /// What it says.
    pub methods: Vec<Method>,
    /// Whether it stands above every Received field, as what the last server adds does; nothing
    /// where there is none.
    pub on_top: Option<bool>,
}

/// One method and its result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Method {
    /// The method.
    pub name: String,
    /// The result.
    pub result: String,
    /// What was looked at, such as `header.d`, and a reason.
    pub properties: Vec<(String, String)>,
}

impl Stated {
    /// Reads a message, whole or not.
    pub fn read(message: &[u8]) -> Self {
        let fields: Vec<_> = fields(message).collect();
        let names = Names::of(&fields);
        let mut left = COVERED;
        let mut signature = |field: &Field<'_>| {
            let names = (left > 0).then_some(&names);
            left = left.saturating_sub(1);
            Signature::read(field, names)
        };
        let first_hop = fields.iter().position(|field| field.is("Received"));
        let mut stated = Self::default();
        let mut instances: Vec<Instance> = Vec::new();
        for (at, field) in fields.iter().enumerate() {
            let on_top = first_hop.map(|first| at < first);
            let span = field.span;
            match field.name().to_ascii_lowercase().as_str() {
                "from" => stated.author = stated.author.or(Some(span)),
                "dkim-signature" => stated.signatures.push(signature(field)),
                "authentication-results" => {
                    stated.results.push(Results { span, on_top, ..Results::read(&field.text()) });
                }
                "arc-authentication-results" => {
                    let text = field.text();
                    let (number, rest) = text.split_once(';').unwrap_or_default();
                    let number = number.split_once('=').map_or("", |(_, number)| number);
                    if let Some(instance) = instance(&mut instances, number) {
                        instance.results = Some(Results { span, ..Results::read(rest) });
                    }
                }
                name @ ("arc-seal" | "arc-message-signature") => {
                    let signature = signature(field);
                    let number = signature.tag("i").unwrap_or_default();
                    let Some(instance) = instance(&mut instances, number) else { continue };
                    let seals = name == "arc-seal";
                    let place = if seals { &mut instance.seal } else { &mut instance.message };
                    *place = Some(signature);
                }
                _ => {}
            }
        }
        instances.sort_by_key(|instance| instance.number);
        stated.instances = instances;
        stated
    }

    /// Whether it says anything of its authenticity.
    pub fn is_empty(&self) -> bool {
        *self == Self { author: self.author, ..Self::default() }
    }
}

/// The instance with a number, which may be new.
fn instance<'a>(all: &'a mut Vec<Instance>, number: &str) -> Option<&'a mut Instance> {
    let number = number.trim().parse().ok().filter(|number| INSTANCES.contains(number))?;
    if !all.iter().any(|instance| instance.number == number) {
        all.push(Instance { number, ..Instance::default() });
    }
    all.iter_mut().find(|instance| instance.number == number)
}

/// The names of all fields, each with the places of its fields from the top.
struct Names<'a> {
    fields: &'a [Field<'a>],
    places: HashMap<Vec<u8>, Vec<usize>>,
}

impl<'a> Names<'a> {
    fn of(fields: &'a [Field<'a>]) -> Self {
        let mut places: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, field) in fields.iter().enumerate() {
            places.entry(field.name.to_ascii_lowercase()).or_default().push(at);
        }
        Self { fields, places }
    }

    /// What a signature covers that stands in `own`, and what it leaves.
    fn covered(&self, own: &Field<'_>, list: &str) -> (Vec<Signed>, Vec<String>) {
        let own_name = own.name.to_ascii_lowercase();
        let mut taken: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut signed = Vec::new();
        for name in list.split(':').map(str::trim).filter(|name| !name.is_empty()) {
            let key = name.as_bytes().to_ascii_lowercase();
            let all = self.places.get(&key).map_or(0, Vec::len);
            let all = all.saturating_sub(usize::from(key == own_name));
            let taken = taken.entry(key).or_default();
            signed.push(Signed { name: name.to_owned(), present: *taken < all });
            *taken += usize::from(*taken < all);
        }
        // They are taken from the bottom up (RFC 6376 §5.4.2), so the topmost one is left.
        let left = |(name, places): (&Vec<u8>, &Vec<usize>)| {
            let is_own = |at: &&usize| self.fields.get(**at).is_some_and(|f| f.span == own.span);
            let all = places.len().saturating_sub(usize::from(*name == own_name));
            let any = taken.get(name).copied().unwrap_or_default() < all;
            places.iter().find(|at| any && !is_own(at)).copied()
        };
        let mut left: Vec<usize> = self.places.iter().filter_map(left).collect();
        left.sort_unstable();
        left.truncate(UNSIGNED);
        let left = left.into_iter().filter_map(|at| self.fields.get(at));
        (signed, left.map(Field::name).collect())
    }
}

impl Signature {
    /// What a field says, and with the names of all what it covers.
    fn read(field: &Field<'_>, all: Option<&Names<'_>>) -> Self {
        let tags = tags(&field.text());
        let list = tags.iter().find(|tag| tag.name == "h").map_or("", |tag| &tag.value);
        let covered = all.map(|all| all.covered(field, list));
        let (signed, unsigned) = covered.unwrap_or_default();
        Self { span: field.span, tags, signed, unsigned }
    }

    /// The value of a tag.
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.tags.iter().find(|tag| tag.name == name).map(|tag| tag.value.as_str())
    }
}

/// A list of tags, as signatures and keys have them (RFC 6376 §3.2).
pub fn tags(text: &str) -> Vec<Tag> {
    let mut all: Vec<Tag> = Vec::new();
    let mut names = HashSet::new();
    for piece in text.split(';') {
        let Some((name, value)) = piece.split_once('=') else { continue };
        let name = name.trim();
        let words = value.split_whitespace();
        // White space inside of base64 and of lists says nothing.
        let tight = matches!(name, "b" | "bh" | "h" | "p");
        let value = words.collect::<Vec<_>>().join(if tight { "" } else { " " });
        all.push(Tag { name: name.to_owned(), value, repeated: !names.insert(name) });
    }
    all
}

impl Results {
    /// Reads the value of a field, behind its instance if it has one.
    fn read(text: &str) -> Self {
        let pieces = pieces(text);
        let mut pieces = pieces.iter();
        let server = pieces.next().and_then(|piece| piece.first()).cloned().unwrap_or_default();
        let methods = pieces.filter_map(|words| {
            let mut words = words.iter();
            let (name, result) = words.next()?.split_once('=')?;
            let rest = words.filter_map(|word| word.split_once('='));
            Some(Method {
                name: name.to_owned(),
                result: result.to_owned(),
                properties: rest.map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
            })
        });
        Self { server, methods: methods.collect(), ..Self::default() }
    }
}

/// The words between semicolons, without comments and quotes; what stands around `=` belongs
/// together.
fn pieces(text: &str) -> Vec<Vec<String>> {
    let mut out: Vec<Vec<String>> = vec![Vec::new()];
    let mut word = String::new();
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    let keep = |out: &mut Vec<Vec<String>>, word: &mut String| {
        let Some(words) = out.last_mut().filter(|_| !word.is_empty()) else { return };
        let word = std::mem::take(word);
        match words.last_mut() {
            Some(last) if last.ends_with('=') || word.starts_with('=') => last.push_str(&word),
            _ => words.push(word),
        }
    };
    for c in text.chars() {
        match c {
            c if escaped => {
                escaped = false;
                if depth == 0 {
                    word.push(c);
                }
            }
            '\\' if quoted || depth > 0 => escaped = true,
            '"' if depth == 0 => quoted = !quoted,
            c if quoted => word.push(c),
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            ';' => {
                keep(&mut out, &mut word);
                out.push(Vec::new());
            }
            c if c.is_whitespace() => keep(&mut out, &mut word),
            c => word.push(c),
        }
    }
    keep(&mut out, &mut word);
    out
}

/// What SPF needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// The client's address.
    pub address: Option<Assumed>,
    /// The name in its HELO.
    pub helo: Option<Assumed>,
    /// The reverse-path.
    pub sender: Option<Assumed>,
}

impl Way {
    /// What a person has said.
    pub fn said(address: Option<String>, helo: Option<String>, sender: Option<String>) -> Self {
        // The null sender is written with its brackets.
        let bare = |value: String| value.trim_matches(['<', '>']).to_owned();
        let sender = sender.map(bare);
        let said = |value: Option<String>| value.map(|value| Assumed { value, from: Origin::Said });
        Self { address: said(address), helo: said(helo), sender: said(sender) }
    }

    /// The same, and what it does not say as `other` has it.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            address: self.address.or(other.address),
            helo: self.helo.or(other.helo),
            sender: self.sender.or(other.sender),
        }
    }

    /// What a session shows of the message at `index`, in which this program was `played`: the
    /// client's address as its connection has it, its last greeting, the reverse-path.
    pub fn of_session(dialogue: &Dialogue, played: Option<Side>, index: usize) -> Self {
        let ends = dialogue.endpoints();
        let client = match played {
            Some(Side::Client) => &ends.local,
            Some(Side::Server) => &ends.remote,
            None => &None,
        };
        let address = client.as_deref().and_then(|end| split_port(end, 0));
        let address = address.and_then(|(host, _)| address_in(host));
        let carrying = dialogue.envelope().carrying(index);
        let begins = carrying.map_or(usize::MAX, |transaction| transaction.exchange);
        let mut greetings = dialogue.exchanges().range(0..begins).rev().filter_map(|exchange| {
            match &exchange.command.as_ref()?.argument {
                Argument::Name(name) => Some(name.clone()),
                _ => None,
            }
        });
        let known =
            |value: Option<String>| value.map(|value| Assumed { value, from: Origin::Session });
        Self {
            address: known(address),
            helo: known(greetings.next()),
            sender: known(carrying.map(|transaction| transaction.sender.address())),
        }
    }

    /// What the topmost Received and Return-Path fields of a message say.
    pub fn of_message(message: &[u8]) -> Self {
        let fields: Vec<_> = fields(message).collect();
        let top = |name: &str| fields.iter().find(|field| field.is(name));
        let hop = top("Received").map(|field| Received::read(field.value, 0)).unwrap_or_default();
        // A name without a dot has no record of its own.
        let helo = hop.helo.filter(|name| name.text.contains('.'));
        let of_hop = |value: String| Assumed { value, from: Origin::Received };
        let path = top("Return-Path").and_then(|path| {
            let path = path.text();
            let inside = path.split_once('<')?.1.split_once('>')?.0.trim().to_owned();
            Some(Assumed { value: inside, from: Origin::ReturnPath })
        });
        Self {
            address: hop.ip.map(|(address, _)| of_hop(address.to_string())),
            helo: helo.map(|name| of_hop(name.text)),
            sender: path,
        }
    }
}

/// An address without its zone, if it is one.
pub fn address_in(text: &str) -> Option<String> {
    let alone = text.split('%').next().unwrap_or_default();
    let is_one = alone.parse::<Ipv4Addr>().is_ok() || alone.parse::<Ipv6Addr>().is_ok();
    is_one.then(|| alone.to_owned())
}

/// A field of a header section.
struct Field<'a> {
    span: Span,
    name: &'a [u8],
    value: &'a [u8],
}

impl Field<'_> {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    fn name(&self) -> String {
        String::from_utf8_lossy(self.name).into_owned()
    }

    /// Its value on one line.
    fn text(&self) -> String {
        String::from_utf8_lossy(self.value).replace(['\r', '\n'], "")
    }
}

/// The fields of a header section, as far as one is read.
fn fields(message: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let message = message.get(..LIMIT).unwrap_or(message);
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = message.get(at..)?;
        if rest.is_empty() || rest.starts_with(b"\r\n") || rest.starts_with(b"\n") {
            return None;
        }
        // What begins with a blank goes on.
        let mut ends = memchr::memchr_iter(b'\n', rest).map(|end| end + 1);
        let goes_on = |end: usize| matches!(rest.get(end), Some(b' ' | b'\t'));
        let end = ends.find(|end| !goes_on(*end)).unwrap_or(rest.len());
        let (field, _) = rest.split_at_checked(end)?;
        let span = Span::new(at, at + end);
        at += end;
        let colon = memchr::memchr(b':', field).unwrap_or(field.len());
        let name = field.get(..colon).unwrap_or_default().trim_ascii();
        Some(Field { span, name, value: field.get(colon + 1..).unwrap_or_default() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"Return-Path: <alice@example.org>\r\n\
        Authentication-Results: mx.example.net (it (is) me) 1;\r\n\
        \tdkim = pass (good) header.d=example.org reason=\"a; b\\\"c\";\r\n\
        \tspf=fail smtp.mailfrom=alice@example.org; none\r\n\
        Received: from pc.example.org (pc [IPv6:2001:db8::7]) by mx.example.net; now\r\n\
        DKIM-Signature: v=1; a=rsa-sha256; h=From : To:from;\r\n bh=AA\r\n\tBB; d = example.org; d=x;; b=\r\n\
        From: a@example.org\r\n\
        To: b@example.net\r\n\
        X-Odd: 1\r\n\
        \r\nbody: no\r\n";

    #[test]
    fn tags_are_read_with_what_they_cover() {
        let stated = Stated::read(MESSAGE);
        let [signature] = &stated.signatures[..] else { panic!("one") };
        let tags: Vec<_> = signature.tags.iter().map(|t| (&*t.name, &*t.value)).collect();
        let want = [
            ("v", "1"),
            ("a", "rsa-sha256"),
            ("h", "From:To:from"),
            ("bh", "AABB"),
            ("d", "example.org"),
            ("d", "x"),
            ("b", ""),
        ];
        assert_eq!(tags, want);
        assert_eq!(signature.tags.iter().filter(|tag| tag.repeated).count(), 1);
        let signed: Vec<_> = signature.signed.iter().map(|s| (&*s.name, s.present)).collect();
        assert_eq!(signed, [("From", true), ("To", true), ("from", false)]);
        let others = ["Return-Path", "Authentication-Results", "Received", "X-Odd"];
        assert_eq!(signature.unsigned, others);
        assert!(signature.span.of(MESSAGE).starts_with(b"DKIM-Signature:"));
    }

    #[test]
    fn results_are_read_without_comments() {
        let stated = Stated::read(MESSAGE);
        let [results] = &stated.results[..] else { panic!("one") };
        assert_eq!((results.server.as_str(), results.on_top), ("mx.example.net", Some(true)));
        let [dkim, spf] = &results.methods[..] else { panic!("{:?}", results.methods) };
        assert_eq!((dkim.name.as_str(), dkim.result.as_str()), ("dkim", "pass"));
        let properties: Vec<_> = dkim.properties.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(properties, [("header.d", "example.org"), ("reason", "a; b\"c")]);
        assert_eq!((spf.name.as_str(), spf.result.as_str()), ("spf", "fail"));
    }

    #[test]
    fn the_way_here_is_read_off_the_topmost_fields() {
        let way = Way::of_message(MESSAGE);
        let value = |one: Option<Assumed>| one.map(|one| (one.value, one.from));
        assert_eq!(value(way.address), Some(("2001:db8::7".to_owned(), Origin::Received)));
        assert_eq!(value(way.helo), Some(("pc.example.org".to_owned(), Origin::Received)));
        let sender = ("alice@example.org".to_owned(), Origin::ReturnPath);
        assert_eq!(value(way.sender), Some(sender));
        let said = Way::said(Some("192.0.2.1".to_owned()), None, None);
        let way = said.or(Way::of_message(MESSAGE));
        assert_eq!(way.address.unwrap().from, Origin::Said);
        assert_eq!(Way::of_message(b"Received: from x by y\r\n\r\n"), Way::default());
    }

    #[test]
    fn instances_are_put_together_by_their_number() {
        let message = b"ARC-Seal: i=2; cv=pass\r\nARC-Seal: i=1; cv=none; b=x\r\n\
            ARC-Message-Signature: i=1; h=from\r\n\
            ARC-Authentication-Results: i=1; lists.example.net; spf=pass\r\n\
            ARC-Seal: i=x\r\nARC-Seal: i=0\r\nARC-Seal: i=51\r\n\r\n";
        let instances = Stated::read(message).instances;
        let numbers: Vec<_> = instances.iter().map(|instance| instance.number).collect();
        assert_eq!(numbers, [1, 2]);
        let first = &instances[0];
        assert_eq!(first.results.as_ref().unwrap().server, "lists.example.net");
        assert_eq!(first.seal.as_ref().unwrap().tag("cv"), Some("none"));
        assert!(first.message.is_some() && instances[1].message.is_none());
    }

    #[test]
    fn what_is_signed_is_taken_from_the_bottom() {
        let message = b"DKIM-Signature: h=x:dkim-signature:dkim-signature\r\nX: 1\r\nto: 2\r\n\
            dkim-signature: h=to\r\nx: 3\r\nTo: 4\r\n\r\n";
        let stated = Stated::read(message);
        let [first, second] = &stated.signatures[..] else { panic!("two") };
        let present: Vec<_> = first.signed.iter().map(|signed| signed.present).collect();
        assert_eq!(present, [true, true, false]);
        assert_eq!(first.unsigned, ["X", "to"]);
        assert_eq!(second.unsigned, ["DKIM-Signature", "X", "to"]);
        let none = Stated::read(b"X: 1\r\nDKIM-Signature: h=x\r\nY: 1\r\nDKIM-Signature: a\r\n");
        assert_eq!(none.signatures[0].unsigned, ["Y", "DKIM-Signature"]);
    }

    #[test]
    fn much_is_read_too() {
        let names: Vec<_> = (0..20_000).map(|n| format!("X-{n}")).collect();
        let fields = names.iter().map(|name| format!("{name}:\r\n")).collect::<Vec<_>>().concat();
        let signature = format!("DKIM-Signature: h={}\r\n", names.join(":"));
        let stated = Stated::read(format!("{fields}{signature}{signature}").as_bytes());
        assert_eq!(stated.signatures[1].signed.iter().filter(|one| one.present).count(), 20_000);
        assert_eq!(stated.signatures[1].unsigned, ["DKIM-Signature"]);
        let stated =
            Stated::read(format!("{fields}{}", "DKIM-Signature: h=x-1\r\n".repeat(40)).as_bytes());
        let covered = stated.signatures.iter().filter(|one| !one.signed.is_empty()).count();
        assert_eq!((stated.signatures.len(), covered), (40, COVERED));
        assert_eq!(stated.signatures[0].unsigned.len(), UNSIGNED);
        let tags = tags(&"a=b;".repeat(50_000));
        assert_eq!(tags.iter().filter(|tag| tag.repeated).count(), 49_999);
        let long = format!("X: {}\r\nDKIM-Signature: a=b\r\n", "x".repeat(LIMIT));
        assert!(Stated::read(long.as_bytes()).is_empty());
    }

    #[test]
    fn nothing_that_is_broken_stops_it() {
        for end in 0..MESSAGE.len() {
            let _ = (Stated::read(&MESSAGE[..end]), Way::of_message(&MESSAGE[end..]));
        }
        assert!(Stated::read(b"\xff\xfe\0").is_empty());
    }
}
