//! HTML of a message as text that can be read: links with where they lead, what is hidden or would
//! be fetched named, nothing fetched and nothing run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

/// What stands out in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A picture that would be fetched.
    Remote,
    /// A picture of so few points that nobody sees it: it tells when a message is read.
    Beacon,
    /// A picture that comes with the message.
    Picture,
    /// Text that is not to be seen.
    Hidden,
    /// A link whose text names another place than the one to which it leads.
    Misleading,
    /// A script.
    Script,
    /// Something else that would be fetched.
    Fetched,
    /// A form, and where it sends what is typed.
    Form,
}

impl What {
    /// The key of its sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Remote => "html.remote",
            Self::Beacon => "html.beacon",
            Self::Picture => "html.picture",
            Self::Hidden => "html.hidden",
            Self::Misleading => "html.misleading",
            Self::Script => "html.script",
            Self::Fetched => "html.fetched",
            Self::Form => "html.form",
        }
    }

    /// Whether a reader should know of it.
    pub const fn deserves_attention(self) -> bool {
        !matches!(self, Self::Picture)
    }
}

/// A piece of the text that stands on lines of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Text; empty between paragraphs.
    Text(String),
    /// What stands out, and what it says or names.
    Named(What, String),
}

/// Elements whose text is on lines of its own.
const BLOCKS: [&str; 28] = [
    "address",
    "article",
    "blockquote",
    "br",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tr",
    "ul",
];

/// Elements that hold nothing.
const EMPTY: [&str; 12] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"];

/// Elements whose text nobody sees.
const UNSEEN: [&str; 4] = ["head", "style", "template", "title"];

/// Reads HTML.
pub fn read(html: &str) -> Vec<Block> {
    let mut reader = Reader::default();
    let mut emitter = DefaultEmitter::default();
    // What stands in a script or a style is no HTML.
    emitter.naively_switch_states(true);
    let mut tokens = Tokenizer::new_with_emitter(html, emitter);
    for token in &mut tokens {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name).into_owned();
                reader.begin(&name, &attributes(&tag), tag.self_closing);
            }
            Token::EndTag(tag) => reader.end(&String::from_utf8_lossy(&tag.name)),
            Token::String(text) => reader.text(&String::from_utf8_lossy(&text)),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    reader.finish()
}

/// Attributes by name.
type Attributes = BTreeMap<String, String>;

fn attributes(tag: &StartTag<()>) -> Attributes {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    tag.attributes.iter().map(|(name, value)| (text(name), text(value))).collect()
}

/// Whether an element with these attributes is not to be seen.
fn is_hidden(attributes: &Attributes) -> bool {
    let style = attributes.get("style").map(|style| {
        style.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase()
    });
    let says = |rule: &str| {
        style.as_deref().is_some_and(|style| style.split(';').any(|own| own.starts_with(rule)))
    };
    attributes.contains_key("hidden")
        || ["display:none", "visibility:hidden", "mso-hide:all", "max-height:0"]
            .iter()
            .any(|rule| says(rule))
        || ["font-size:0", "opacity:0"].iter().any(|rule| {
            style.as_deref().is_some_and(|style| {
                style.split(';').any(|own| {
                    own.strip_prefix(rule)
                        .is_some_and(|rest| rest.trim_start_matches("px").is_empty())
                })
            })
        })
}

/// How deep elements are followed; what is deeper is read as if it stood here.
const DEPTH: usize = 1_000;

#[derive(Default)]
struct Reader {
    out: Vec<Block>,
    line: String,
    /// The elements that are open, and whether one of them began what is hidden or unseen.
    open: Vec<(String, Seen)>,
    hidden: usize,
    unseen: usize,
    pre: usize,
    secret: String,
    link: Option<(String, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Yes,
    Hidden,
    Never,
}

impl Reader {
    fn begin(&mut self, name: &str, attributes: &Attributes, closed: bool) {
        let value = |key: &str| attributes.get(key).map(|value| value.trim().to_owned());
        if BLOCKS.contains(&name) {
            self.break_line(matches!(
                name,
                "p" | "h1" | "h2" | "h3" | "h4" | "table" | "ul" | "ol"
            ));
        }
        match name {
            "li" if self.hidden + self.unseen == 0 => self.line.push_str("* "),
            "td" | "th" => self.blank(),
            "hr" => self.name_line("---"),
            "img" => self.picture(attributes),
            "a" => {
                self.close_link();
                self.link = value("href").map(|target| (target, String::new()));
            }
            "form" => self.named(What::Form, value("action").unwrap_or_default()),
            "script" => self.named(What::Script, value("src").unwrap_or_default()),
            "iframe" | "object" | "embed" | "frame" | "audio" | "video" => {
                let target = value("src").or_else(|| value("data")).unwrap_or_default();
                self.named(What::Fetched, target);
            }
            "link" if value("rel").is_some_and(|rel| rel.contains("stylesheet")) => {
                self.named(What::Fetched, value("href").unwrap_or_default());
            }
            _ => {}
        }
        if closed || EMPTY.contains(&name) || self.open.len() >= DEPTH {
            return;
        }
        let seen = if UNSEEN.contains(&name) || name == "script" {
            Seen::Never
        } else if is_hidden(attributes) {
            Seen::Hidden
        } else {
            Seen::Yes
        };
        self.hidden += usize::from(seen == Seen::Hidden);
        self.unseen += usize::from(seen == Seen::Never);
        self.pre += usize::from(name == "pre");
        self.open.push((name.to_owned(), seen));
    }

    /// Ends the nearest element of this name, and those inside of it that were left open.
    fn end(&mut self, name: &str) {
        if let Some(at) = self.open.iter().rposition(|(open, _)| open == name) {
            for (inner, seen) in self.open.split_off(at) {
                self.hidden -= usize::from(seen == Seen::Hidden);
                self.unseen -= usize::from(seen == Seen::Never);
                self.pre -= usize::from(inner == "pre");
            }
            if self.hidden == 0 {
                self.tell_hidden();
            }
        }
        if name == "a" {
            self.close_link();
        }
        if BLOCKS.contains(&name) {
            self.break_line(matches!(
                name,
                "p" | "h1" | "h2" | "h3" | "h4" | "table" | "ul" | "ol"
            ));
        }
    }

    fn text(&mut self, text: &str) {
        if self.unseen > 0 {
            return;
        }
        if self.hidden > 0 {
            push_words(&mut self.secret, text);
            return;
        }
        if let Some((_, said)) = &mut self.link {
            push_words(said, text);
        }
        if self.pre > 0 {
            for (at, line) in text.split('\n').enumerate() {
                if at > 0 {
                    let line = std::mem::take(&mut self.line);
                    self.out.push(Block::Text(line));
                }
                self.line.push_str(line.trim_end_matches('\r'));
            }
            return;
        }
        push_words(&mut self.line, text);
    }

    fn blank(&mut self) {
        if !self.line.is_empty() && !self.line.ends_with(' ') {
            self.line.push(' ');
        }
    }

    fn name_line(&mut self, text: &str) {
        self.break_line(false);
        self.out.push(Block::Text(text.to_owned()));
    }

    /// Ends the line; between paragraphs one is empty.
    fn break_line(&mut self, paragraph: bool) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim_end();
        if !line.is_empty() {
            self.out.push(Block::Text(line.to_owned()));
        }
        if paragraph && !matches!(self.out.last(), None | Some(Block::Text(_)) if self.ends_empty())
        {
            self.out.push(Block::Text(String::new()));
        }
    }

    fn ends_empty(&self) -> bool {
        match self.out.last() {
            None => true,
            Some(Block::Text(text)) => text.is_empty(),
            Some(Block::Named(..)) => false,
        }
    }

    fn named(&mut self, what: What, text: String) {
        let line = std::mem::take(&mut self.line);
        if !line.trim().is_empty() {
            self.out.push(Block::Text(line.trim_end().to_owned()));
        }
        self.out.push(Block::Named(what, text));
    }

    fn tell_hidden(&mut self) {
        let secret = std::mem::take(&mut self.secret);
        if !secret.trim().is_empty() {
            self.named(What::Hidden, secret.trim().to_owned());
        }
    }

    /// A link says where it leads, unless its text does.
    fn close_link(&mut self) {
        let Some((target, said)) = self.link.take() else { return };
        let said = said.trim();
        if target.is_empty() || target == said || target.starts_with('#') {
            return;
        }
        if self.hidden + self.unseen == 0 {
            self.blank();
            let _ = write!(self.line, "<{target}>");
        }
        if let (Some(named), Some(led)) = (host(said, false), host(&target, true))
            && !led.ends_with(&named)
        {
            self.named(What::Misleading, format!("{said} > {target}"));
        }
    }

    fn picture(&mut self, attributes: &Attributes) {
        let value = |key: &str| attributes.get(key).map_or("", |value| value.trim());
        let source = value("src");
        let small = |key: &str| matches!(value(key), "0" | "1" | "0px" | "1px");
        let text = match value("alt") {
            "" => clipped(source),
            alt => format!("{alt} {}", clipped(source)),
        };
        let remote = source.contains("://") || source.starts_with("//");
        let what = match remote {
            true if small("width") && small("height") => What::Beacon,
            true => What::Remote,
            false => What::Picture,
        };
        self.named(what, text);
    }

    fn finish(mut self) -> Vec<Block> {
        self.hidden = 0;
        self.tell_hidden();
        self.close_link();
        self.break_line(false);
        while self.out.last() == Some(&Block::Text(String::new())) {
            self.out.pop();
        }
        self.out
    }
}

/// A picture inside of the text is its bytes; nobody reads them.
fn clipped(source: &str) -> String {
    let end =
        if source.starts_with("data:") { source.floor_char_boundary(40) } else { source.len() };
    source.get(..end).unwrap_or_default().to_owned()
}

/// Adds text, blanks and line ends of which are one blank.
fn push_words(out: &mut String, text: &str) {
    for c in text.chars() {
        // A blank that does not break is one here.
        if c.is_ascii_whitespace() || c == '\u{a0}' {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else {
            out.push(c);
        }
    }
}

/// The host that a text names, if it looks like an address of the web.
fn host(text: &str, target: bool) -> Option<String> {
    let rest = match text.split_once("://") {
        Some((_, rest)) => rest,
        None if text.starts_with("www.") => text,
        None if target => return None,
        // A name with a dot and without a blank.
        None if text.contains('.') && !text.contains([' ', '@']) => text,
        None => return None,
    };
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default().trim_start_matches("www.");
    let is_host =
        host.contains('.') && host.chars().all(|c| c.is_alphanumeric() || "-.".contains(c));
    is_host.then(|| host.trim_end_matches('.').to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> Vec<String> {
        let say = |block: Block| match block {
            Block::Text(text) => text,
            Block::Named(what, text) => format!("[{what:?}] {text}"),
        };
        read(html).into_iter().map(say).collect()
    }

    #[test]
    fn html_is_read_as_text() {
        for (html, want) in [
            ("<p>one</p><p>two  \r\n three</p>", &["one", "", "two three"][..]),
            ("a<br>b<hr>c", &["a", "b", "---", "c"]),
            ("<ul><li>a<li>b</ul>", &["* a", "* b"]),
            (
                "<a href='https://x.example/?q=1'>here</a> now",
                &["here <https://x.example/?q=1> now"],
            ),
            ("<a href='https://x.example/'>https://x.example/</a>", &["https://x.example/"]),
            (
                "<a href='http://evil.example/'>www.bank.example</a>",
                &[
                    "www.bank.example <http://evil.example/>",
                    "[Misleading] www.bank.example > http://evil.example/",
                ],
            ),
            (
                "<a href='http://login.bank.example/'>bank.example</a>",
                &["bank.example <http://login.bank.example/>"],
            ),
            ("<span style='DISPLAY: none'>psst</span>hi", &["[Hidden] psst", "hi"]),
            ("<div style='font-size:0px'>psst <b>more</b></div>hi", &["[Hidden] psst more", "hi"]),
            ("<div style='font-size:0.9em'>hi</div>", &["hi"]),
            (
                "<img src='http://t.example/x.gif' width=1 height=1>",
                &["[Beacon] http://t.example/x.gif"],
            ),
            ("<img alt=Logo src='cid:a@b'>", &["[Picture] Logo cid:a@b"]),
            ("<img src='//x.example/a.png'>", &["[Remote] //x.example/a.png"]),
            ("<head><title>t</title><style>b{}</style></head>x", &["x"]),
            ("<script>if (a<b) {}</script>x", &["[Script] ", "x"]),
            ("<pre>a\n  b</pre>", &["a", "  b"]),
            ("a &lt;b&gt; &amp;&nbsp;c", &["a <b> & c"]),
            ("<table><tr><td>a<td>b<tr><td>c</table>", &["a b", "c"]),
            ("", &[]),
        ] {
            assert_eq!(text(html), want, "{html}");
        }
    }

    #[test]
    fn depth_has_a_limit_and_nothing_is_lost() {
        let deep = format!("{}text", "<div>".repeat(100_000));
        assert_eq!(text(&deep), ["text"]);
    }
}
