//! HTML of a message as text that can be read: links with where they lead, what is hidden or would
//! be fetched named, nothing fetched and nothing run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

mod address;
mod element;
mod style;

use address::Base;

/// What stands out in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A picture that would be fetched.
    Remote,
    /// A picture that nobody sees, being hidden or a point: it tells when a message is read.
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

/// What is fetched besides pictures in the text: element, attribute, and what it is.
const FETCHED: [(&str, &str, What); 13] = [
    ("audio", "src", What::Fetched),
    ("bgsound", "src", What::Fetched),
    ("embed", "src", What::Fetched),
    ("frame", "src", What::Fetched),
    ("iframe", "src", What::Fetched),
    ("image", "href", What::Remote),
    ("image", "src", What::Remote),
    ("image", "xlink:href", What::Remote),
    ("object", "data", What::Fetched),
    ("source", "src", What::Fetched),
    ("track", "src", What::Fetched),
    ("video", "poster", What::Remote),
    ("video", "src", What::Fetched),
];

/// Kinds of links that are followed without being asked.
const FOLLOWED: [&str; 11] = [
    "apple-touch-icon",
    "dns-prefetch",
    "icon",
    "manifest",
    "mask-icon",
    "modulepreload",
    "preconnect",
    "prefetch",
    "preload",
    "prerender",
    "stylesheet",
];

/// Reads HTML.
pub fn read(html: &str) -> Vec<Block> {
    let mut reader = Reader::default();
    reader.take(html);
    reader.finish()
}

/// Attributes by name.
type Attributes = BTreeMap<String, String>;

fn attributes(tag: &StartTag<()>) -> Attributes {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    tag.attributes.iter().map(|(name, value)| (text(name), text(value))).collect()
}

/// How deep elements are followed; what is deeper is read as if it stood here.
const DEPTH: usize = 1_000;

#[derive(Default)]
struct Reader {
    out: Vec<Block>,
    line: String,
    /// The elements that are open, and whether one of them began what is hidden or unseen.
    open: Vec<(String, Seen)>,
    /// How many of them end without being told.
    open_ended: usize,
    /// What stands in a style or a `noscript`, which the tokens leave as it is.
    raw: String,
    nested: bool,
    base: Base,
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
    /// Reads a piece of HTML.
    fn take(&mut self, html: &str) {
        let mut emitter = DefaultEmitter::default();
        // What stands in a script or a style is no HTML.
        emitter.naively_switch_states(true);
        let mut tokens = Tokenizer::new_with_emitter(html, emitter);
        for token in &mut tokens {
            let Ok(token) = token;
            match token {
                // Browsers do not heed the sign that an element ends where it begins.
                Token::StartTag(tag) => {
                    self.begin(&String::from_utf8_lossy(&tag.name), &attributes(&tag));
                }
                Token::EndTag(tag) => self.end(&String::from_utf8_lossy(&tag.name)),
                Token::String(text) => self.text(&String::from_utf8_lossy(&text)),
                Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
            }
        }
        self.take_raw();
    }

    fn begin(&mut self, name: &str, attributes: &Attributes) {
        self.end_before(name);
        let value = |key: &str| attributes.get(key).map(|value| value.trim().to_owned());
        if element::is_block(name) {
            self.break_line(element::is_paragraph(name));
        }
        match name {
            "li" if self.hidden + self.unseen == 0 && !style::is_hidden(attributes) => {
                self.line.push_str("* ");
            }
            "td" | "th" => self.blank(),
            "hr" => self.name_line("---"),
            "base" => self.base.give(&value("href").unwrap_or_default()),
            "img" => self.picture(attributes),
            "input" if value("type").is_some_and(|kind| kind.eq_ignore_ascii_case("image")) => {
                self.picture(attributes);
            }
            "a" => {
                self.close_link();
                self.link = value("href").map(|target| (target, String::new()));
            }
            "form" => self.named(What::Form, value("action").unwrap_or_default()),
            "script" => self.named(What::Script, value("src").unwrap_or_default()),
            _ => {}
        }
        self.fetches(name, attributes);
        if element::is_empty(name) || self.open.len() >= DEPTH {
            return;
        }
        let seen = if element::is_unseen(name) {
            Seen::Never
        } else if style::is_hidden(attributes) {
            Seen::Hidden
        } else {
            Seen::Yes
        };
        self.hidden += usize::from(seen == Seen::Hidden);
        self.unseen += usize::from(seen == Seen::Never);
        self.pre += usize::from(name == "pre");
        self.open_ended += usize::from(element::is_open_ended(name));
        self.open.push((name.to_owned(), seen));
    }

    /// Names what an element fetches by itself, but for pictures in the text.
    fn fetches(&mut self, name: &str, attributes: &Attributes) {
        let value = |key: &str| attributes.get(key).map_or("", |value| value.trim());
        let mut found = vec![(What::Remote, value("background"))];
        found
            .extend(address::of_rules(value("style")).into_iter().map(|rule| (What::Remote, rule)));
        found.extend(
            FETCHED
                .iter()
                .filter(|(element, ..)| *element == name)
                .map(|&(_, key, what)| (what, value(key))),
        );
        match name {
            "source" => found.extend(
                address::of_set(value("srcset")).into_iter().map(|source| (What::Remote, source)),
            ),
            "link" => {
                let rel = value("rel").to_ascii_lowercase();
                if rel.split_whitespace().any(|rel| FOLLOWED.contains(&rel)) {
                    found.push((What::Fetched, value("href")));
                }
            }
            "meta" if value("http-equiv").eq_ignore_ascii_case("refresh") => {
                found.extend(
                    address::of_refresh(value("content")).map(|target| (What::Fetched, target)),
                );
            }
            _ => {}
        }
        for (what, target) in found {
            self.fetched(what, target);
        }
    }

    /// Ends what no longer goes on where an element of this name begins.
    fn end_before(&mut self, name: &str) {
        if self.is_in("head") && !element::is_of_head(name) {
            self.end("head");
        }
        let ended = element::ended_by(name);
        if self.open_ended == 0 || ended.is_empty() {
            return;
        }
        let reached = self.open.iter().enumerate().rev();
        let reached = reached.take_while(|(_, (open, _))| !element::keeps(open, name));
        let ended = reached.filter(|(_, (open, _))| ended.contains(&open.as_str()));
        if let Some((at, _)) = ended.last() {
            self.close_from(at);
        }
    }

    fn is_in(&self, name: &str) -> bool {
        self.open.last().is_some_and(|(open, _)| open == name)
    }

    /// Ends the nearest element of this name, and those inside of it that were left open.
    fn end(&mut self, name: &str) {
        self.take_raw();
        // Browsers put what comes later into the body as well.
        if matches!(name, "body" | "html") {
            return;
        }
        let mut reached = self.open.iter().enumerate().rev();
        let nearest = reached.find(|(_, (open, _))| open == name || element::keeps(open, name));
        if let Some((at, (open, _))) = nearest
            && open == name
        {
            self.close_from(at);
        }
        if name == "a" {
            self.close_link();
        }
        if element::is_block(name) {
            self.break_line(element::is_paragraph(name));
        }
    }

    fn close_from(&mut self, at: usize) {
        for (inner, seen) in self.open.split_off(at) {
            self.hidden -= usize::from(seen == Seen::Hidden);
            self.unseen -= usize::from(seen == Seen::Never);
            self.pre -= usize::from(inner == "pre");
            self.open_ended -= usize::from(element::is_open_ended(&inner));
        }
        if self.hidden == 0 {
            self.tell_hidden();
        }
    }

    /// Reads what stood in a style or a `noscript`.
    fn take_raw(&mut self) {
        let raw = std::mem::take(&mut self.raw);
        if self.is_in("style") {
            for target in address::of_rules(&raw) {
                self.fetched(What::Fetched, target);
            }
        } else if !raw.is_empty() {
            // One inside of another is text, so that no depth can end the stack.
            self.nested = true;
            self.take(&raw);
            self.nested = false;
        }
    }

    fn text(&mut self, text: &str) {
        if self.is_in("style") || self.is_in("noscript") && !self.nested {
            self.raw.push_str(text);
            return;
        }
        if self.is_in("head") && !text.trim().is_empty() {
            self.end("head");
        }
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
        if self.hidden > 0 {
            push_words(&mut self.secret, " ");
        }
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

    /// Names what would be fetched, if it is elsewhere.
    fn fetched(&mut self, what: What, target: &str) {
        if self.base.is_remote(target) {
            self.named(what, target.to_owned());
        }
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
        if let (Some(named), Some(led)) = (address::named(said), self.base.host(&target))
            && !address::fits(&led, &named)
        {
            self.named(What::Misleading, format!("{said} > {target}"));
        }
    }

    fn picture(&mut self, attributes: &Attributes) {
        let value = |key: &str| attributes.get(key).map_or("", |value| value.trim());
        let unseen = self.hidden > 0 || style::is_hidden(attributes) || style::is_point(attributes);
        let remote = if unseen { What::Beacon } else { What::Remote };
        let (source, set) = (value("src"), value("srcset"));
        if !source.is_empty() || set.is_empty() {
            let text = match value("alt") {
                "" => clipped(source),
                alt => format!("{alt} {}", clipped(source)),
            };
            self.named(if self.base.is_remote(source) { remote } else { What::Picture }, text);
        }
        for source in address::of_set(set) {
            self.fetched(remote, source);
        }
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
    let is_data = source.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"));
    let end = if is_data { source.floor_char_boundary(40) } else { source.len() };
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
    fn a_link_that_names_another_place_is_named() {
        for (target, said, misleads) in [
            ("https://evilpaypal.example/x", "paypal.example", true),
            ("//evil.test/", "www.paypal.example", true),
            ("HTTPS://EVIL.test\\@paypal.example", "paypal.example", true),
            ("https://paypal.example@evil.test/", "https://paypal.example/", true),
            ("https:evil.test", "paypal.example", true),
            ("https://pay.paypal.example/", "PayPal.example", false),
            ("https://bank.example/", "WWW.BANK.EXAMPLE", false),
            ("https://xn--bcher-kva.example/", "b\u{fc}cher.example", false),
            ("https://x.example/1", "more...", false),
            ("https://x.example/1", "invoice.pdf", false),
            ("https://x.example/1", "Node.js", false),
            ("https://x.example/1", "Version 1.2", false),
            ("mailto:a@x.example", "www.bank.example", false),
            ("/local", "www.bank.example", false),
        ] {
            let told = read(&format!("<a href='{target}'>{said}</a>"));
            let named = |block: &Block| matches!(block, Block::Named(What::Misleading, _));
            assert_eq!(told.iter().any(named), misleads, "{target} {said}");
        }
    }

    #[test]
    fn elements_end_where_browsers_end_them() {
        for (html, want) in [
            ("<p hidden>p1<p>p2 visible<p>p3", &["[Hidden] p1", "", "p2 visible", "", "p3"][..]),
            ("<p hidden>a<div>b</div>", &["[Hidden] a", "b"]),
            ("<p hidden>a<br>b<b>c</b>", &["[Hidden] a bc"]),
            ("<ul><li style='display:none'>a<li>b</ul>", &["[Hidden] a", "* b"]),
            ("<ul><li hidden>a<ul><li>b</ul>c<li>d</ul>", &["[Hidden] a b c", "* d"]),
            ("<dl><dt hidden>a<dd>b</dl>", &["[Hidden] a", "b"]),
            (
                "<table><tr><td hidden>a<td>b<tr hidden><td>c<td>d<tr><td>e</table>",
                &["[Hidden] a", "b", "[Hidden] cd", "e"],
            ),
            (
                "<table><tr hidden><td><table><tr><td>a</table>b</table>c",
                &["[Hidden] a b", "", "c"],
            ),
            ("<div hidden><table><tr><td></div>a</table></div>b", &["[Hidden] a", "b"]),
            ("<select><option hidden>a<option>b</select>", &["[Hidden] a", "b"]),
            ("<div style='display:none'/>secret</div>open", &["[Hidden] secret", "open"]),
            ("<style/>b{}</style>a", &["a"]),
            ("<style/><b>a", &[]),
            ("<head><title>t</title><body>a", &["a"]),
            ("<head><meta charset=utf-8> a", &["a"]),
            ("<div hidden>a</body>b", &["[Hidden] ab"]),
            ("<iframe>a<b></iframe>b", &["b"]),
        ] {
            assert_eq!(text(html), want, "{html}");
        }
    }

    #[test]
    fn what_is_hidden_is_known_by_its_style() {
        for style in [
            "display:none",
            "DISPLAY : none ! important",
            "color:red;visibility:hidden",
            "font-size:0!important",
            "font-size:0px!important",
            "font-size:0.0em",
            "opacity:0.0",
            "opacity:.0",
            "max-height:0px",
        ] {
            assert_eq!(text(&format!("<i style='{style}'>a</i>")), ["[Hidden] a"], "{style}");
        }
        for style in ["display:block", "font-size:0.9em", "opacity:0.5", "max-height:0.5em", ""] {
            assert_eq!(text(&format!("<i style='{style}'>a</i>")), ["a"], "{style}");
        }
    }

    #[test]
    fn what_would_be_fetched_is_named() {
        for (html, want) in [
            ("<td background='//t.example/1.gif'>", &["[Remote] //t.example/1.gif"][..]),
            ("<b style='a:URL(\"//t.example/2.gif\")'>", &["[Remote] //t.example/2.gif"]),
            (
                "<img src=cid:a srcset='//t.example/3.gif 1x, //t.example/4.gif 2x'>",
                &["[Picture] cid:a", "[Remote] //t.example/3.gif", "[Remote] //t.example/4.gif"],
            ),
            ("<input type=IMAGE src=//t.example/5.gif>", &["[Remote] //t.example/5.gif"]),
            ("<video poster=//t.example/6.gif></video>", &["[Remote] //t.example/6.gif"]),
            ("<link rel='shortcut ICON' href=//t.example/7>", &["[Fetched] //t.example/7"]),
            ("<link rel=stylesheet href=//t.example/8>", &["[Fetched] //t.example/8"]),
            (
                "<meta http-equiv=Refresh content='0; url=//t.example/9'>",
                &["[Fetched] //t.example/9"],
            ),
            (
                "<style>@import '//t.example/10';b{a:url(//t.example/11)}</style>",
                &["[Fetched] //t.example/11", "[Fetched] //t.example/10"],
            ),
            ("<style>b{a:url(//t.example/12)}", &["[Fetched] //t.example/12"]),
            ("<img src=HTTP:t.example/13.gif>", &["[Remote] HTTP:t.example/13.gif"]),
            ("<img src='\\\\t.example\\14.gif'>", &["[Remote] \\\\t.example\\14.gif"]),
            (
                "<img src=//t.example/15 style='width:1px;HEIGHT: 1px !important'>",
                &["[Beacon] //t.example/15"],
            ),
            (
                "<img src=//t.example/16 width=1 height=1 style='width:90px;height:9px'>",
                &["[Remote] //t.example/16"],
            ),
            ("<img src=//t.example/17 style='display:none'>", &["[Beacon] //t.example/17"]),
            ("<div hidden><img src=//t.example/18></div>", &["[Beacon] //t.example/18"]),
            ("<noscript><img src=//t.example/19></noscript>", &["[Remote] //t.example/19"]),
            ("<base href=//t.example/><img src=20.gif>", &["[Remote] 20.gif"]),
            ("<iframe src=//t.example/21></iframe>", &["[Fetched] //t.example/21"]),
            (
                "<td background=cid:a style='a:url(#b)'><iframe src=cid:c></iframe><link rel=icon>",
                &[],
            ),
            (
                "<noscript><style>@import '//t.example/23'</noscript>a",
                &["[Fetched] //t.example/23", "a"],
            ),
            ("<link rel=canonical href=//t.example/22>", &[]),
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
