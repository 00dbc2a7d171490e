//! Elements by what their names mean: which hold nothing, which stand on lines of their own, and
//! where they end if nothing says so.

/// Elements whose text is on lines of its own.
const BLOCKS: [&str; 42] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "li",
    "listing",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "search",
    "section",
    "summary",
    "table",
    "tr",
    "ul",
    "xmp",
];

/// Elements that hold nothing.
const EMPTY: [&str; 13] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];

/// Elements whose text nobody sees.
const UNSEEN: [&str; 7] = ["head", "iframe", "noembed", "script", "style", "template", "title"];

/// Elements that leave a head open.
const HEAD: [&str; 11] = [
    "base", "basefont", "bgsound", "head", "link", "meta", "noscript", "script", "style",
    "template", "title",
];

/// Elements out of which no end reaches (HTML, «has an element in scope»).
const SCOPES: [&str; 10] =
    ["applet", "button", "caption", "marquee", "object", "select", "table", "td", "template", "th"];

/// Elements whose end may be left out; the pieces of a table come last, the smallest first.
const OPEN_ENDED: [&str; 14] = [
    "dd", "dt", "li", "option", "optgroup", "p", "td", "th", "caption", "colgroup", "tr", "tbody",
    "tfoot", "thead",
];

pub(super) fn is_block(name: &str) -> bool {
    BLOCKS.contains(&name)
}

/// Whether an empty line stands before it and behind.
pub(super) fn is_paragraph(name: &str) -> bool {
    matches!(name, "p" | "h1" | "h2" | "h3" | "h4" | "table" | "ul" | "ol")
}

pub(super) fn is_empty(name: &str) -> bool {
    EMPTY.contains(&name)
}

pub(super) fn is_unseen(name: &str) -> bool {
    UNSEEN.contains(&name)
}

/// Whether the end of an element may be left out.
pub(super) fn is_open_ended(name: &str) -> bool {
    OPEN_ENDED.contains(&name)
}

/// Whether a head goes on where an element of this name begins.
pub(super) fn is_of_head(name: &str) -> bool {
    HEAD.contains(&name)
}

/// The elements that end where one of this name begins.
pub(super) fn ended_by(name: &str) -> &'static [&'static str] {
    match name {
        "br" => &[],
        "dd" | "dt" => &["dd", "dt", "p"],
        "li" => &["li", "p"],
        "option" => &["option"],
        "optgroup" => &["option", "optgroup"],
        "td" | "th" => &["td", "th", "caption", "colgroup"],
        "tr" => &["td", "th", "caption", "colgroup", "tr"],
        "caption" | "colgroup" | "tbody" | "tfoot" | "thead" => {
            &["td", "th", "caption", "colgroup", "tr", "tbody", "tfoot", "thead"]
        }
        _ if is_block(name) => &["p"],
        _ => &[],
    }
}

/// Whether a start or an end of this name, inside of the element `open`, ends nothing outside.
pub(super) fn keeps(open: &str, name: &str) -> bool {
    match name {
        "table" | "td" | "th" | "caption" | "colgroup" | "tr" | "tbody" | "tfoot" | "thead" => {
            matches!(open, "table" | "template")
        }
        "dd" | "dt" | "li" if matches!(open, "dir" | "dl" | "menu" | "ol" | "ul") => true,
        _ => SCOPES.contains(&open),
    }
}
