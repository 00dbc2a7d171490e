//! What a server offers outside a TLS layer and inside it, side by side.

use crate::knowledge::{self, Lang};
use crate::smtp::ehlo::{Capabilities, Change, Compared, Keyword};

use super::text::{fit, width, wrap, wrap_words};
use super::theme::Role;
use super::token::visible;

/// Lines about the same keywords.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The keywords in capitals.
    pub keywords: Vec<String>,
    /// The lines, each in pieces with their looks.
    pub lines: Vec<Vec<(Role, String)>>,
}

/// What differs as a table `columns` wide, and what does not in a sentence.
pub fn compared(
    before: &Capabilities,
    after: &Capabilities,
    columns: usize,
    lang: Lang,
) -> Vec<Row> {
    let all = before.compared_with(after);
    let (same, other): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|keyword| keyword.change() == Change::Same);
    let word = |key| knowledge::word(lang, key);
    let mut rows = Vec::new();
    if !other.is_empty() {
        let title = word("offers.title");
        let names = other.iter().map(|keyword| width(&visible(keyword.name().as_bytes())) + 2);
        let first = names.chain([width(title)]).max().unwrap_or_default().min(columns / 2);
        let widths = [first, columns.saturating_sub(first + 2) / 2];
        let head = [title, word("offers.before"), word("offers.inside")];
        let head = head.map(|text| (Role::Title, text.to_owned()));
        rows.push(Row { keywords: Vec::new(), lines: side_by_side(head, widths) });
        rows.extend(other.iter().map(|keyword| row(keyword, widths, lang)));
    }
    if !same.is_empty() {
        let names: Vec<_> = same.iter().map(|keyword| keyword.name().to_owned()).collect();
        let shown = visible(names.join(", ").as_bytes());
        let key = if other.is_empty() { "offers.all-same" } else { "offers.same" };
        let text = knowledge::fill(lang, key, &[("names", &shown)]);
        let lines = wrap(&text, columns).into_iter().map(|line| vec![(Role::Dim, line)]);
        rows.push(Row { keywords: names, lines: lines.collect() });
    }
    rows
}

fn row(keyword: &Compared<'_>, widths: [usize; 2], lang: Lang) -> Row {
    let (role, sign) = match keyword.change() {
        Change::Added => (Role::Good, "+"),
        Change::Removed => (Role::Warn, "-"),
        Change::Changed => (Role::Notice, "~"),
        Change::Same => (Role::Text, " "),
    };
    let value = |listed: Option<&Keyword>| match listed {
        None => (Role::Dim, knowledge::word(lang, "offers.no").to_owned()),
        Some(listed) if listed.params.is_empty() => {
            (Role::Text, knowledge::word(lang, "offers.yes").to_owned())
        }
        Some(listed) => (Role::Text, visible(listed.params.join(" ").as_bytes())),
    };
    let name = format!("{sign} {}", visible(keyword.name().as_bytes()));
    let cells = [(role, name), value(keyword.before), value(keyword.after)];
    Row { keywords: vec![keyword.name().to_owned()], lines: side_by_side(cells, widths) }
}

/// Three cells beside each other, wrapped inside their columns: the first and two of equal width.
fn side_by_side(cells: [(Role, String); 3], widths: [usize; 2]) -> Vec<Vec<(Role, String)>> {
    let [first, other] = widths;
    let cells = cells.into_iter().zip([first, other, other]);
    let cells: Vec<_> =
        cells.map(|((role, text), room)| (role, room, wrap_words(&text, room))).collect();
    let height = cells.iter().map(|(_, _, lines)| lines.len()).max().unwrap_or_default();
    let line = |at: usize| {
        let cells = cells.iter().enumerate().map(|(number, (role, room, lines))| {
            let gap = if number == 0 { "" } else { " " };
            (*role, gap.to_owned() + &fit(lines.get(at).map_or("", String::as_str), *room))
        });
        cells.collect()
    };
    (0..height).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Event, Moment, Side};
    use crate::session::Dialogue;

    fn list(lines: &'static str) -> Capabilities {
        let mut seen = Dialogue::default();
        seen.apply(&Event::bytes(Moment(0), Side::Client, "EHLO x\r\n".into()));
        seen.apply(&Event::bytes(Moment(0), Side::Server, lines.into()));
        seen.capabilities().cloned().unwrap_or_default()
    }

    fn shown(before: &'static str, after: &'static str, columns: usize) -> Vec<String> {
        let rows = compared(&list(before), &list(after), columns, Lang::En);
        let lines = rows.into_iter().flat_map(|row| row.lines);
        let text = |line: Vec<(Role, String)>| {
            line.into_iter().map(|(_, text)| text).collect::<String>().trim_end().to_owned()
        };
        let all: Vec<_> = lines.map(text).collect();
        assert!(all.iter().all(|line| width(line) <= columns), "{all:#?}");
        all
    }

    #[test]
    fn two_lists_stand_side_by_side() {
        let clear = "250-mx\r\n250-SIZE 9\r\n250-STARTTLS\r\n250 AUTH LOGIN\r\n";
        let inside = "250-mx\r\n250-SIZE 9\r\n250-AUTH LOGIN SCRAM-SHA-256\r\n250 DSN\r\n";
        assert_eq!(
            shown(clear, inside, 40),
            [
                "Offered    before TLS     inside TLS",
                "- STARTTLS yes            no",
                "~ AUTH     LOGIN          LOGIN",
                "                          SCRAM-SHA-256",
                "+ DSN      no             yes",
                "The same as before: SIZE",
            ]
        );
        for columns in 2..40 {
            shown(clear, inside, columns);
        }
        assert_eq!(shown(clear, clear, 60), ["Offered as before TLS: SIZE, STARTTLS, AUTH"]);
        assert_eq!(shown("250 mx\r\n", "250 mx\r\n", 60), [""; 0]);
    }
}
