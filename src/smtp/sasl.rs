//! One step of a login (RFC 4954 §4): base64, and the fields that a mechanism puts inside.
//!
//! Every text is a step: what is no base64, or has no form that its mechanism knows, becomes a
//! field with a name too. Each field says whether it is a secret. A text whose parts cannot be told
//! apart is a secret as a whole, if the client said it. Nothing here computes or compares anything.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::Span;

/// What a field of a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// The identity to act as.
    ActAs,
    /// Who logs in.
    User,
    /// The password.
    Password,
    /// The server's question.
    Prompt,
    /// The text that is to be answered with a hash.
    Challenge,
    /// The keyed hash of a challenge.
    Digest,
    /// Whether and how the login is bound to TLS (RFC 5802 §6).
    Binding,
    /// The client's random value.
    ClientNonce,
    /// The random values of both sides.
    Nonce,
    /// What is mixed into the password.
    Salt,
    /// How often it is hashed.
    Rounds,
    /// The binding once more, with the data of TLS behind it.
    BindingData,
    /// The client's proof that it knows the password.
    Proof,
    /// The server's proof that it knows the user.
    Signature,
    /// Why the server says no.
    Error,
    /// The host that was connected to.
    Host,
    /// The port that was connected to.
    Port,
    /// The word before a token.
    Scheme,
    /// A token that lets its bearer in.
    Token,
    /// What is wrong with a token.
    Status,
    /// The kinds of token that are known.
    Schemes,
    /// What a token would have to allow.
    Scope,
    /// Where the issuer of tokens is described.
    Configuration,
    /// Who an anonymous client says it is.
    Trace,
    /// Something that is not in the standard, or not known here.
    Extension,
    /// The answer that only says «I have read your error» (RFC 7628 §3.2.3).
    Acknowledged,
    /// The login is given up (RFC 4954 §4).
    Cancel,
    /// Nothing.
    Empty,
    /// It is no base64.
    NotBase64,
    /// It was blanked before it could be read.
    Veiled,
    /// A text of which the form is not known.
    Text,
}

impl Name {
    /// All names.
    pub const ALL: &'static [Self] = &[
        Self::ActAs,
        Self::User,
        Self::Password,
        Self::Prompt,
        Self::Challenge,
        Self::Digest,
        Self::Binding,
        Self::ClientNonce,
        Self::Nonce,
        Self::Salt,
        Self::Rounds,
        Self::BindingData,
        Self::Proof,
        Self::Signature,
        Self::Error,
        Self::Host,
        Self::Port,
        Self::Scheme,
        Self::Token,
        Self::Status,
        Self::Schemes,
        Self::Scope,
        Self::Configuration,
        Self::Trace,
        Self::Extension,
        Self::Acknowledged,
        Self::Cancel,
        Self::Empty,
        Self::NotBase64,
        Self::Veiled,
        Self::Text,
    ];

    /// The key of its word; with `.why` behind it, that of its explanation.
    pub const fn key(self) -> [&'static str; 2] {
        match self {
            Self::ActAs => ["sasl.act-as", "sasl.act-as.why"],
            Self::User => ["sasl.user", "sasl.user.why"],
            Self::Password => ["sasl.password", "sasl.password.why"],
            Self::Prompt => ["sasl.prompt", "sasl.prompt.why"],
            Self::Challenge => ["sasl.challenge", "sasl.challenge.why"],
            Self::Digest => ["sasl.digest", "sasl.digest.why"],
            Self::Binding => ["sasl.binding", "sasl.binding.why"],
            Self::ClientNonce => ["sasl.client-nonce", "sasl.client-nonce.why"],
            Self::Nonce => ["sasl.nonce", "sasl.nonce.why"],
            Self::Salt => ["sasl.salt", "sasl.salt.why"],
            Self::Rounds => ["sasl.rounds", "sasl.rounds.why"],
            Self::BindingData => ["sasl.binding-data", "sasl.binding-data.why"],
            Self::Proof => ["sasl.proof", "sasl.proof.why"],
            Self::Signature => ["sasl.signature", "sasl.signature.why"],
            Self::Error => ["sasl.error", "sasl.error.why"],
            Self::Host => ["sasl.host", "sasl.host.why"],
            Self::Port => ["sasl.port", "sasl.port.why"],
            Self::Scheme => ["sasl.scheme", "sasl.scheme.why"],
            Self::Token => ["sasl.token", "sasl.token.why"],
            Self::Status => ["sasl.status", "sasl.status.why"],
            Self::Schemes => ["sasl.schemes", "sasl.schemes.why"],
            Self::Scope => ["sasl.scope", "sasl.scope.why"],
            Self::Configuration => ["sasl.configuration", "sasl.configuration.why"],
            Self::Trace => ["sasl.trace", "sasl.trace.why"],
            Self::Extension => ["sasl.extension", "sasl.extension.why"],
            Self::Acknowledged => ["sasl.acknowledged", "sasl.acknowledged.why"],
            Self::Cancel => ["sasl.cancel", "sasl.cancel.why"],
            Self::Empty => ["sasl.empty", "sasl.empty.why"],
            Self::NotBase64 => ["sasl.not-base64", "sasl.not-base64.why"],
            Self::Veiled => ["sasl.veiled", "sasl.veiled.why"],
            Self::Text => ["sasl.text", "sasl.text.why"],
        }
    }

    /// Whether it is a secret whoever says it.
    const fn is_secret(self) -> bool {
        // With either proof of SCRAM guesses of the password can be tried out (RFC 5802 §9).
        matches!(self, Self::Password | Self::Digest | Self::Proof | Self::Signature | Self::Token)
    }
}

/// One field of a step.
#[derive(Clone, PartialEq, Eq)]
pub struct Field {
    /// What it is.
    pub name: Name,
    /// What it holds.
    pub value: Vec<u8>,
    /// Whether it is a secret.
    pub secret: bool,
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let value = if self.secret { "***".into() } else { String::from_utf8_lossy(&self.value) };
        write!(f, "{:?}={value:?}", self.name)
    }
}

/// How a step is written.
#[derive(Clone, PartialEq, Eq)]
pub enum Form {
    /// Nothing stands there.
    Empty,
    /// `=`, which is nothing behind AUTH.
    Equals,
    /// `*`: the client gives up.
    Cancel,
    /// Blanked at its length, in a recording.
    Veiled,
    /// Base64 of this.
    Base64(Vec<u8>),
    /// No base64; the first byte that does not fit, or the end where something is missing.
    NotBase64(usize),
}

impl Form {
    /// Reads what is written.
    pub fn read(text: &[u8]) -> Self {
        match text {
            b"" => Self::Empty,
            b"=" => Self::Equals,
            b"*" => Self::Cancel,
            _ if text.iter().all(|b| *b == b'*') => Self::Veiled,
            _ => match STANDARD.decode(text) {
                Ok(bytes) => Self::Base64(bytes),
                Err(_) => Self::NotBase64(misfit(text)),
            },
        }
    }

    /// What it holds, where that can be read.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Base64(bytes) => Some(bytes),
            Self::Empty | Self::Equals => Some(&[]),
            Self::Cancel | Self::Veiled | Self::NotBase64(_) => None,
        }
    }
}

/// A step, read.
#[derive(Clone, PartialEq, Eq)]
pub struct Step {
    /// How it is written.
    pub form: Form,
    /// What is inside, in its order; never empty.
    pub fields: Vec<Field>,
}

impl Step {
    /// The field of this name.
    pub fn get(&self, name: Name) -> Option<&[u8]> {
        self.fields.iter().find(|f| f.name == name).map(|f| f.value.as_slice())
    }

    /// The same as text.
    pub fn text(&self, name: Name) -> Option<Cow<'_, str>> {
        self.get(name).map(String::from_utf8_lossy)
    }

    /// What was decoded.
    pub fn bytes(&self) -> &[u8] {
        self.form.bytes().unwrap_or_default()
    }
}

/// Reads what a client says in step number `nth` of its own, from 0, after the server said
/// `question` (decoded; nothing, if it said nothing).
pub fn of_client(mechanism: &str, nth: usize, question: &[u8], text: &[u8]) -> Step {
    let form = Form::read(text);
    let mut fields = match &form {
        Form::Base64(bytes) if acknowledges(mechanism, nth, bytes) => {
            vec![field(Name::Acknowledged, bytes)]
        }
        Form::Base64(bytes) => client_fields(mechanism, nth, question, bytes),
        Form::NotBase64(_) => vec![field(Name::NotBase64, text)],
        form => vec![without_text(form)],
    };
    for field in &mut fields {
        // Whose parts are not known may be anything.
        field.secret |= matches!(field.name, Name::Text | Name::NotBase64)
            // A second answer of LOGIN may be the password whatever was asked.
            || (mechanism == "LOGIN" && nth > 0 && field.name == Name::User);
    }
    Step { form, fields }
}

/// Reads what a server says behind 334.
pub fn of_server(mechanism: &str, text: &[u8]) -> Step {
    let form = Form::read(text);
    let fields = match &form {
        Form::Base64(bytes) => server_fields(mechanism, bytes),
        Form::NotBase64(_) => vec![field(Name::NotBase64, text)],
        form => vec![without_text(form)],
    };
    Step { form, fields }
}

/// Whether what a server says behind 334 holds its proof of SCRAM (RFC 5802 §7), whatever the
/// mechanism is.
pub fn proves(text: &[u8]) -> bool {
    of_server("SCRAM", text).get(Name::Signature).is_some()
}

/// Whether what a server says behind 334 is why it refuses a token (RFC 7628 §3.2.2), whatever the
/// mechanism is.
pub fn refuses_token(text: &[u8]) -> bool {
    of_server("OAUTHBEARER", text).get(Name::Status).is_some()
}

/// Bytes as a step carries them.
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Base64 that a field carries inside; its padding may be missing.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&ALPHABET, config).decode(text).ok()
}

/// The message of PLAIN (RFC 4616 §2).
pub fn plain(act_as: &str, user: &str, password: &[u8]) -> Vec<u8> {
    [act_as.as_bytes(), b"\0", user.as_bytes(), b"\0", password].concat()
}

/// The message of XOAUTH2.
pub fn xoauth2(user: &str, token: &[u8]) -> Vec<u8> {
    [b"user=", user.as_bytes(), b"\x01auth=Bearer ", token, b"\x01\x01"].concat()
}

/// The message of OAUTHBEARER (RFC 7628 §3.1).
pub fn oauthbearer(user: &str, host: &str, port: u16, token: &[u8]) -> Vec<u8> {
    let head = match user {
        "" => "n,,".to_owned(),
        user => format!("n,a={},", escaped(user)),
    };
    let head = format!("{head}\x01host={host}\x01port={port}\x01auth=Bearer ");
    [head.as_bytes(), token, b"\x01\x01"].concat()
}

/// A name as SCRAM and GS2 write it (RFC 5802 §5.1).
pub fn escaped(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

/// Whether each `=` in the names of a client's first message of SCRAM is one of the two escapes
/// (RFC 5802 §5.1).
pub fn names_are_escaped(first: &[u8]) -> bool {
    let parts = first.split(|b| *b == b',');
    let mut names = parts.filter(|part| part.starts_with(b"n=") || part.starts_with(b"a="));
    names.all(|name| {
        let mut escapes = name.split(|b| *b == b'=').skip(2);
        escapes.all(|escape| escape.starts_with(b"2C") || escape.starts_with(b"3D"))
    })
}

fn unescaped(name: &[u8]) -> Vec<u8> {
    let name = String::from_utf8_lossy(name);
    name.replace("=2C", ",").replace("=3D", "=").into_bytes()
}

/// The first byte that stands where base64 has none.
fn misfit(text: &[u8]) -> usize {
    let body = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let digits = text.iter().take_while(|b| body(b)).count();
    let padding = (4 - digits % 4) % 4;
    let pads = text.iter().skip(digits).take(padding).take_while(|b| **b == b'=').count();
    digits + if padding == 3 { 0 } else { pads }
}

fn field(name: Name, value: &[u8]) -> Field {
    Field { name, value: value.to_vec(), secret: name.is_secret() }
}

fn without_text(form: &Form) -> Field {
    let name = match form {
        Form::Cancel => Name::Cancel,
        Form::Veiled => Name::Veiled,
        _ => Name::Empty,
    };
    field(name, b"")
}

/// The name of a mechanism without its binding to TLS.
pub fn family(mechanism: &str) -> &str {
    let name = mechanism.strip_suffix("-PLUS").unwrap_or(mechanism);
    if name.starts_with("SCRAM-") { "SCRAM" } else { name }
}

fn acknowledges(mechanism: &str, nth: usize, bytes: &[u8]) -> bool {
    mechanism == "OAUTHBEARER" && nth > 0 && bytes == b"\x01"
}

fn client_fields(mechanism: &str, nth: usize, question: &[u8], bytes: &[u8]) -> Vec<Field> {
    match family(mechanism) {
        "PLAIN" => of_plain(bytes),
        "LOGIN" => vec![field(asked_for(nth, question), bytes)],
        "CRAM-MD5" => of_cram(bytes),
        "SCRAM" => of_scram(bytes),
        "XOAUTH2" => of_xoauth2(bytes),
        "OAUTHBEARER" => of_oauthbearer(bytes),
        "EXTERNAL" => vec![field(Name::ActAs, bytes)],
        "ANONYMOUS" => vec![field(Name::Trace, bytes)],
        _ => vec![field(Name::Text, bytes)],
    }
}

fn server_fields(mechanism: &str, bytes: &[u8]) -> Vec<Field> {
    match family(mechanism) {
        "LOGIN" => vec![field(Name::Prompt, bytes)],
        "CRAM-MD5" => vec![field(Name::Challenge, bytes)],
        "SCRAM" => bytes.split(|b| *b == b',').map(of_attribute).collect(),
        "XOAUTH2" | "OAUTHBEARER" => of_json(bytes),
        _ => vec![field(Name::Text, bytes)],
    }
}

/// What LOGIN wants to know: the question may say it, else the order does.
pub fn asked_for(nth: usize, question: &[u8]) -> Name {
    let question = question.to_ascii_lowercase();
    let asks = |word: &[u8]| question.windows(word.len()).any(|w| w == word);
    match nth {
        _ if asks(b"pass") => Name::Password,
        0 => Name::User,
        1 if !asks(b"user") => Name::Password,
        _ if asks(b"user") => Name::User,
        _ => Name::Text,
    }
}

fn of_plain(bytes: &[u8]) -> Vec<Field> {
    let mut parts = bytes.splitn(3, |b| *b == 0);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(act_as), Some(user), Some(password)) => vec![
            field(Name::ActAs, act_as),
            field(Name::User, user),
            field(Name::Password, password),
        ],
        // The first zero byte was forgotten, or the second one.
        (Some(b""), Some(rest), None) => vec![field(Name::Text, rest)],
        (Some(user), Some(password), None) => {
            vec![field(Name::User, user), field(Name::Password, password)]
        }
        _ => vec![field(Name::Text, bytes)],
    }
}

fn of_cram(bytes: &[u8]) -> Vec<Field> {
    let at = bytes.iter().rposition(|b| *b == b' ');
    let (user, digest) = bytes.split_at(at.unwrap_or_default());
    let digest = digest.trim_ascii_start();
    // A password that stands there instead may have blanks too.
    if digest.len() == 32 && digest.iter().all(u8::is_ascii_hexdigit) {
        return vec![field(Name::User, user), field(Name::Digest, digest)];
    }
    vec![field(Name::Text, bytes)]
}

/// The place behind the GS2 header, if there is one: a flag, a name or nothing, each with a comma.
pub fn behind_header(bytes: &[u8]) -> Option<usize> {
    let flagged = matches!(bytes, [b'n' | b'y', b',', ..] | [b'p', b'=', ..]);
    let mut commas = memchr::memchr_iter(b',', bytes).filter(|_| flagged);
    let (first, second) = (commas.next()?, commas.next()?);
    let name = Span::new(first + 1, second).of(bytes);
    (name.is_empty() || name.starts_with(b"a=")).then_some(second + 1)
}

/// A message of SCRAM (RFC 5802 §7): a header before the first one, then attributes.
fn of_scram(bytes: &[u8]) -> Vec<Field> {
    let Some(at) = behind_header(bytes) else {
        return bytes.split(|b| *b == b',').map(of_attribute).collect();
    };
    let (mut fields, rest) = (of_header(bytes, at), Span::new(at, bytes.len()).of(bytes));
    let attributes = rest.split(|b| *b == b',').map(|attribute| match attribute {
        [b'r', b'=', nonce @ ..] => field(Name::ClientNonce, nonce),
        attribute => of_attribute(attribute),
    });
    fields.extend(attributes);
    fields
}

fn of_header(bytes: &[u8], end: usize) -> Vec<Field> {
    let header = Span::new(0, end).of(bytes);
    let mut parts = header.split(|b| *b == b',');
    let mut fields = vec![field(Name::Binding, parts.next().unwrap_or_default())];
    let name = parts.next().and_then(|name| name.strip_prefix(b"a="));
    fields.extend(name.map(|name| field(Name::ActAs, &unescaped(name))));
    fields
}

fn of_attribute(attribute: &[u8]) -> Field {
    let [letter, b'=', value @ ..] = attribute else { return field(Name::Text, attribute) };
    let name = match letter {
        b'n' => return field(Name::User, &unescaped(value)),
        b'r' => Name::Nonce,
        b's' => Name::Salt,
        b'i' => Name::Rounds,
        b'c' => Name::BindingData,
        b'p' => Name::Proof,
        b'v' => Name::Signature,
        b'e' => Name::Error,
        _ => return field(Name::Extension, attribute),
    };
    field(name, value)
}

/// `key=value` between bytes of value 1.
fn of_xoauth2(bytes: &[u8]) -> Vec<Field> {
    // Without its marks the token may stand anywhere.
    if memchr::memmem::find(bytes, b"\x01auth=").is_none() {
        return vec![field(Name::Text, bytes)];
    }
    let pairs = bytes.split(|b| *b == 1).filter(|pair| !pair.is_empty());
    pairs.flat_map(of_pair).collect()
}

fn of_oauthbearer(bytes: &[u8]) -> Vec<Field> {
    let at = behind_header(bytes).unwrap_or_default();
    let mut fields = if at > 0 { of_header(bytes, at) } else { Vec::new() };
    fields.extend(of_xoauth2(bytes.get(at..).unwrap_or_default()));
    fields
}

fn of_pair(pair: &[u8]) -> Vec<Field> {
    if let Some(user) = pair.strip_prefix(b"user=") {
        return vec![field(Name::User, user)];
    }
    if let Some(auth) = pair.strip_prefix(b"auth=") {
        let at = memchr::memchr(b' ', auth);
        let (scheme, token) = at.map_or((None, auth), |at| {
            (Some(Span::new(0, at).of(auth)), Span::new(at + 1, auth.len()).of(auth))
        });
        let scheme = scheme.map(|scheme| field(Name::Scheme, scheme));
        return scheme.into_iter().chain([field(Name::Token, token)]).collect();
    }
    for (key, name) in [(&b"host="[..], Name::Host), (b"port=", Name::Port)] {
        if let Some(value) = pair.strip_prefix(key) {
            return vec![field(name, value)];
        }
    }
    vec![field(Name::Text, pair)]
}

/// What a server says about a token (RFC 7628 §3.2.2).
fn of_json(bytes: &[u8]) -> Vec<Field> {
    let read = serde_json::from_slice::<serde_json::Map<_, serde_json::Value>>(bytes);
    let Some(object) = read.ok().filter(|object| !object.is_empty()) else {
        return vec![field(Name::Text, bytes)];
    };
    let fields = object.iter().map(|(key, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match key.as_str() {
            "status" => field(Name::Status, text.as_bytes()),
            "schemes" => field(Name::Schemes, text.as_bytes()),
            "scope" => field(Name::Scope, text.as_bytes()),
            "openid-configuration" => field(Name::Configuration, text.as_bytes()),
            _ => field(Name::Extension, format!("{key}={text}").as_bytes()),
        }
    });
    fields.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(step: &Step) -> String {
        let told = step.fields.iter().map(|f| {
            let mark = if f.secret { "!" } else { "" };
            format!("{:?}{mark}={}", f.name, String::from_utf8_lossy(&f.value).escape_debug())
        });
        told.collect::<Vec<_>>().join(" ")
    }

    fn client(mechanism: &str, nth: usize, question: &str, decoded: &str) -> String {
        told(&of_client(mechanism, nth, question.as_bytes(), encode(decoded.as_bytes()).as_bytes()))
    }

    #[test]
    fn what_a_client_says() {
        for (mechanism, nth, question, decoded, want) in [
            ("PLAIN", 0, "", "\0alice\0pw", "ActAs= User=alice Password!=pw"),
            ("PLAIN", 0, "", "bob\0alice\0p\0w", "ActAs=bob User=alice Password!=p\\0w"),
            ("PLAIN", 0, "", "alice\0pw", "User=alice Password!=pw"),
            ("PLAIN", 0, "", "\0alicepw", "Text!=alicepw"),
            ("PLAIN", 0, "", "alicepw", "Text!=alicepw"),
            ("LOGIN", 0, "", "alice", "User=alice"),
            ("LOGIN", 0, "User Name\0", "alice", "User=alice"),
            ("LOGIN", 0, "Password:", "pw", "Password!=pw"),
            ("LOGIN", 1, "", "pw", "Password!=pw"),
            ("LOGIN", 1, "Username:", "alice", "User!=alice"),
            ("LOGIN", 2, "PASSWORD", "pw", "Password!=pw"),
            ("LOGIN", 2, "?", "pw", "Text!=pw"),
            (
                "CRAM-MD5",
                0,
                "<1@x>",
                "a b 65a1110bb6b4cf6c43b4a6e1807154f4",
                "User=a b Digest!=65a1110bb6b4cf6c43b4a6e1807154f4",
            ),
            ("CRAM-MD5", 0, "<1@x>", "alice my password", "Text!=alice my password"),
            ("CRAM-MD5", 0, "<1@x>", "0f", "Text!=0f"),
            ("SCRAM-SHA-1", 0, "", "n,,n=a=2Cb=3D,r=x", "Binding=n User=a,b= ClientNonce=x"),
            (
                "SCRAM-SHA-256-PLUS",
                0,
                "",
                "p=tls-exporter,a=z,n=a,r=x,q=1",
                "Binding=p=tls-exporter ActAs=z User=a ClientNonce=x Extension=q=1",
            ),
            ("SCRAM-SHA-256", 1, "", "c=biws,r=xy,p=AA==", "BindingData=biws Nonce=xy Proof!=AA=="),
            ("SCRAM-SHA-1", 0, "", "hello", "Text!=hello"),
            (
                "XOAUTH2",
                0,
                "",
                "user=a@b\x01auth=Bearer tok\x01\x01",
                "User=a@b Scheme=Bearer Token!=tok",
            ),
            ("XOAUTH2", 0, "", "user=a auth=Bearer tok", "Text!=user=a auth=Bearer tok"),
            (
                "OAUTHBEARER",
                0,
                "",
                "n,a=u,\x01host=h\x01port=1\x01auth=tok\x01\x01",
                "Binding=n ActAs=u Host=h Port=1 Token!=tok",
            ),
            ("OAUTHBEARER", 1, "", "\x01", "Acknowledged=\\u{1}"),
            ("EXTERNAL", 0, "", "alice", "ActAs=alice"),
            ("ANONYMOUS", 0, "", "me", "Trace=me"),
            ("NTLM", 0, "", "NTLMSSP", "Text!=NTLMSSP"),
        ] {
            assert_eq!(client(mechanism, nth, question, decoded), want, "{mechanism} {decoded:?}");
        }
    }

    #[test]
    fn what_a_server_says() {
        for (mechanism, decoded, want) in [
            ("LOGIN", "Username:", "Prompt=Username:"),
            ("CRAM-MD5", "<1@x>", "Challenge=<1@x>"),
            ("SCRAM-SHA-256", "r=xy,s=AA==,i=4096", "Nonce=xy Salt=AA== Rounds=4096"),
            ("SCRAM-SHA-256", "v=AA==", "Signature!=AA=="),
            ("SCRAM-SHA-256", "e=other-error", "Error=other-error"),
            ("XOAUTH2", "{\"status\":\"401\",\"a\":1}", "Extension=a=1 Status=401"),
            ("OAUTHBEARER", "{}", "Text={}"),
            ("DIGEST-MD5", "realm=x", "Text=realm=x"),
        ] {
            let step = of_server(mechanism, encode(decoded.as_bytes()).as_bytes());
            assert_eq!(told(&step), want, "{mechanism} {decoded}");
        }
        assert_eq!(told(&of_server("LOGIN", b"User Name")), "NotBase64=User Name");
        assert_eq!(told(&of_server("PLAIN", b"")), "Empty=");
    }

    #[test]
    fn how_it_is_written() {
        for (text, at) in [
            ("correct horse", 7),
            ("QUJD\r\nREVG", 4),
            ("QUJDR", 5),
            ("QUI", 3),
            ("QU=", 3),
            ("QU==QQ", 4),
            ("QUJD=", 4),
            ("QR==", 4),
            ("\u{ff21}", 0),
        ] {
            assert!(
                Form::read(text.as_bytes()) == Form::NotBase64(at),
                "{text}: {}",
                misfit(text.as_bytes())
            );
        }
        assert!(Form::read(b"") == Form::Empty && Form::read(b"=") == Form::Equals);
        assert!(Form::read(b"*") == Form::Cancel && Form::read(b"****") == Form::Veiled);
        assert_eq!(decode(b"QUI").as_deref(), Some(&b"AB"[..]));
        assert_eq!(told(&of_client("PLAIN", 0, b"", b"pass word")), "NotBase64!=pass word");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let plain = plain("", "alice@example.org", b"correct horse");
        assert_eq!(encode(&plain), "AGFsaWNlQGV4YW1wbGUub3JnAGNvcnJlY3QgaG9yc2U=");
        let bearer = oauthbearer("alice@example.org", "mail.example.org", 587, b"ya29.token");
        assert_eq!(
            encode(&bearer),
            "bixhPWFsaWNlQGV4YW1wbGUub3JnLAFob3N0PW1haWwuZXhhbXBsZS5vcmcBcG9ydD01ODcBYXV0aD1CZWFyZXIgeWEyOS50b2tlbgEB"
        );
        let vendor = xoauth2("alice@example.org", b"ya29.token");
        assert_eq!(
            encode(&vendor),
            "dXNlcj1hbGljZUBleGFtcGxlLm9yZwFhdXRoPUJlYXJlciB5YTI5LnRva2VuAQE="
        );
        assert_eq!(unescaped(escaped("a=2C,b=").as_bytes()), b"a=2C,b=");
    }

    #[test]
    fn a_secret_is_not_in_a_debug_text() {
        let step = of_client("PLAIN", 0, b"", encode(b"\0alice\0pw").as_bytes());
        assert!(!format!("{:?}", step.fields).contains("pw"));
    }
}
