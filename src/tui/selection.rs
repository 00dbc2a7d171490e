//! What is selected in one pane, and which lines of the others are the same.

use std::ops::Range;

use crate::display::token::visible;
use crate::journal::Happening;
use crate::session::selection::Selection;
use crate::session::{Dialogue, Row};
use crate::smtp::Span;

use super::model::{Model, Pane, Session};
use super::rows::selected;
use super::view;

/// What is meant by the line of envelope or content at which the person points, else by the
/// selected row of the transcript; with all that is linked with it.
pub fn linked(model: &Model) -> Selection {
    own(model).linked(model.session.seen(), &model.session.cards)
}

/// The same without what is linked with it.
fn own(model: &Model) -> Selection {
    let session = &model.session;
    let here = |pane| pane == model.focus || model.focus == Pane::Explain;
    match session.pointed.filter(|(pane, _)| here(*pane)) {
        Some((Pane::Envelope, line)) => view::envelope::meant_at(model, line),
        Some((Pane::Content, line)) => view::content::meant_at(model, line),
        _ => selected(model, session).map(|at| of_row(session, at)).unwrap_or_default(),
    }
}

/// Where a line of mail data stands in the content of its message; the end mark stands nowhere.
/// Where the content was not read, the header stands as it is.
pub fn place(session: &Session, message: usize, line: usize) -> Option<Span> {
    let read = session.read.of(message);
    if let Some(read) = read {
        return Some(read.content.line(line)).filter(|span| !span.is_empty());
    }
    let range = session.seen().messages().get(message)?.line_range(line)?;
    let place = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    Some(Span::new(place(range.start), place(range.end)))
}

/// Where row `at` stands in the content of its message, if it is a line of one or a piece of it.
pub fn place_of(session: &Session, at: usize) -> Option<Span> {
    let Row::Data { message, line } = session.seen().wire().row(at)? else { return None };
    let whole = place(session, message, line)?;
    let Some(line) = session.seen().messages().get(message)?.line_range(line) else {
        return Some(whole);
    };
    let own = session.seen().data_range(at).filter(|own| *own != line);
    // Where chunks cut a line nothing is doubled.
    let place = |at: u64| whole.start + usize::try_from(at - line.start).unwrap_or(usize::MAX);
    Some(own.map_or(whole, |own| Span::new(place(own.start), place(own.end))))
}

/// What a row of the transcript is.
fn of_row(session: &Session, at: usize) -> Selection {
    let Some(row) = session.seen().wire().row(at) else { return Selection::default() };
    match row {
        Row::Client { exchange } | Row::Server { exchange, .. } => {
            Selection::new(vec![exchange], Vec::new())
        }
        Row::Data { message, line } => match place_of(session, at) {
            Some(span) => Selection::new(Vec::new(), vec![(message, span)]),
            None if ends(session, message, line) => {
                Selection::new(answers(session.seen(), message), Vec::new())
            }
            // What was not read or is not kept has no place.
            None => Selection::default(),
        },
        Row::Notice { .. } => Selection::default(),
    }
}

/// The message that begins with row `at`: with the row that says where it lies, else with its
/// first line.
pub fn begins(dialogue: &Dialogue, at: usize) -> Option<usize> {
    let wire = dialogue.wire();
    let says_where = |row: Option<Row>| {
        let Some(Row::Notice { index }) = row else { return false };
        matches!(dialogue.notices().get(index), Some((_, Happening::Stored(_))))
    };
    match wire.row(at)? {
        Row::Data { message, line: 0 } if wire.goes_on(at).is_none() => {
            let before = at.checked_sub(1).and_then(|before| wire.row(before));
            (!says_where(before)).then_some(message)
        }
        row @ Row::Notice { .. } if says_where(Some(row)) => match wire.row(at + 1)? {
            Row::Data { message, line: 0 } => Some(message),
            _ => None,
        },
        _ => None,
    }
}

/// Whether line `line` is the end mark of a message.
fn ends(session: &Session, message: usize, line: usize) -> bool {
    let message = session.seen().messages().get(message);
    message.is_some_and(|m| m.is_complete() && m.is_stuffed() && line + 1 == m.line_count())
}

/// The exchanges in which the end mark of a message is answered.
fn answers(dialogue: &Dialogue, message: usize) -> Vec<usize> {
    let Some(transaction) = dialogue.envelope().carrying(message) else { return Vec::new() };
    let all = dialogue.exchanges().iter().enumerate().skip(transaction.exchange);
    let all = all.take_while(|(_, e)| e.message.is_none_or(|other| other <= message));
    let ends = all.filter(|(_, e)| e.message == Some(message) && e.turn.ends_message());
    ends.map(|(at, _)| at).collect()
}

/// Whether row `at` of the transcript is the same as what is selected, or a part of it.
pub fn has_row(session: &Session, at: usize) -> bool {
    is_in(session, at, &session.selection)
}

fn is_in(session: &Session, at: usize, selection: &Selection) -> bool {
    !selection.is_empty() && of_row(session, at).meets(selection)
}

/// The rows of what is selected itself, else of what is linked with it: the first one, and the last
/// one of the same stretch of bytes.
pub fn rows(model: &Model) -> Option<(usize, usize)> {
    let rows = |selection: &Selection| rows_of(&model.session, selection);
    rows(&own(model)).or_else(|| rows(&model.session.selection))
}

fn rows_of(session: &Session, selection: &Selection) -> Option<(usize, usize)> {
    let wire = session.seen().wire();
    let mut next = 0;
    while let Some((rows, begin)) = wire.run(next) {
        next = rows.end;
        let alone = |row: usize| is_in(session, row, selection).then_some((row, row));
        let found = match begin {
            Row::Data { message, .. } => {
                let first = selection.of_message(message).next();
                let row = |offset| {
                    let line = line_of(session, message, offset)?;
                    let row = row_of_line(session.seen(), &rows, line)?;
                    // What a chunk cuts goes on in another row.
                    let is_here = place_of(session, row).is_none_or(|own| offset < own.end);
                    is_here.then_some(row)
                };
                let found = first.and_then(|span| {
                    let first = row(span.start)?;
                    let last = row(span.end.saturating_sub(1).max(span.start));
                    Some((first, last.unwrap_or(rows.end - 1)))
                });
                // The end mark is none of the bytes of the message.
                found.or_else(|| alone(rows.end - 1))
            }
            _ => alone(rows.start),
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The line of a message in which a byte of its content stands.
pub fn line_of(session: &Session, message: usize, offset: usize) -> Option<usize> {
    match session.read.of(message) {
        Some(read) => Some(read.content.line_at(offset)),
        None => Some(session.seen().messages().get(message)?.line_at(offset as u64)),
    }
}

fn row_of_line(dialogue: &Dialogue, rows: &Range<usize>, wanted: usize) -> Option<usize> {
    let Some(Row::Data { line, .. }) = dialogue.wire().row(rows.start) else { return None };
    let row = rows.start + wanted.checked_sub(line)?;
    rows.contains(&row).then_some(row)
}

/// The places in the text of row `at`, a line of mail data, whose bytes are selected; `None` for
/// any other row.
pub fn places(session: &Session, at: usize) -> Option<Vec<Range<usize>>> {
    let Some(Row::Data { message, .. }) = session.seen().wire().row(at) else { return None };
    let (bytes, span) = (session.seen().data_line(at)?, place_of(session, at)?);
    let text = bytes.strip_suffix(b"\r\n").unwrap_or(&bytes);
    let stuffed = bytes.len().saturating_sub(span.len());
    let wanted = session.selection.of_message(message);
    Some(visible_places(text, (span, stuffed), wanted))
}

/// Where the bytes of `wanted` stand in what is shown of `line`, whose content is at a span behind
/// so many bytes that are none of it: a doubled dot.
pub fn visible_places(
    line: &[u8],
    (span, stuffed): (Span, usize),
    wanted: impl Iterator<Item = Span>,
) -> Vec<Range<usize>> {
    let column = |offset: usize| {
        let bytes = offset.clamp(span.start, span.end.max(span.start)) - span.start;
        let bytes = if bytes == 0 { 0 } else { bytes + stuffed };
        visible(line.get(..bytes).unwrap_or(line)).len()
    };
    let here = wanted.filter(|own| own.start < span.end && own.end > span.start);
    let places = here.map(|own| column(own.start)..column(own.end));
    places.filter(|place| !place.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::message::Message;
    use super::super::model::ContentView;
    use super::super::rows;
    use super::super::update::update;
    use super::*;
    use crate::display::keys::Keys;
    use crate::display::{Role, Theme};
    use crate::journal::transcript::recording;
    use crate::knowledge::{self, Lang};

    /// Somebody is named twice, with another case and tag, blindly, and not at all; dots are doubled,
    /// a field is folded, and each recipient has an answer of its own.
    const TALK: &str = "S: 220 mx LMTP\nC: LHLO x\nS: 250-mx\nS: 250 SIZE 90\nC: MAIL FROM:<a@b.example> SIZE=1\nS: 250 ok\nC: RCPT TO:<c@d.example>\nS: 250 ok\nC: RCPT TO:<E+x@d.example>\nS: 250 ok\nC: RCPT TO:<h@d.example>\nS: 250 ok\nC: RCPT TO:<n@d.example>\nS: 550-no\nS: 550 such user\nC: DATA\nS: 354 go\nC: From: A <a@B.example>\nC: To: C <c@d.example>,\nC:  e@d.example\nC: Cc: c@D.example, z@d.example\nC: Bcc: h@d.example\nC: Content-Type: multipart/mixed; boundary=b\nC: \nC: --b\nC: \nC: ..dot\nC: --b\nC: Content-Type: text/html\nC: \nC: <p>x\nC: --b--\nC: .\nS: 250 one\nS: 250 two\nS: 452 three\nC: MAIL FROM:<>\nS: 250 ok\nC: RCPT TO:<c@d.example>\nS: 250 ok\nC: RSET\nS: 250 ok\n";

    fn model() -> Model {
        let theme = Theme::embedded("terminal").unwrap();
        let keys = Keys::parse(knowledge::data("keys.toml")).unwrap();
        let mut model = Model::new((120, 60), Lang::En, theme, keys);
        for event in recording(TALK.as_bytes()).unwrap().events() {
            update(&mut model, Message::Heard(1, event.clone()));
        }
        model
    }

    /// Whatever can be selected.
    #[derive(Clone, Copy, Debug)]
    enum Element {
        Row(usize),
        Envelope(usize),
        Content(ContentView, usize),
    }

    fn elements(model: &mut Model) -> Vec<Element> {
        let rows = 0..model.session.dialogue.wire().len();
        let envelope = 0..=view::envelope::length(model);
        let mut all: Vec<_> =
            rows.map(Element::Row).chain(envelope.map(Element::Envelope)).collect();
        for content in ContentView::ALL {
            model.session.view = content;
            let lines = 0..=view::content::length(model, usize::MAX - 1);
            all.extend(lines.map(|line| Element::Content(content, line)));
        }
        all
    }

    /// The element is selected, and nothing else happens.
    fn select(model: &mut Model, element: Element) {
        let session = &mut model.session;
        (session.cursor, session.pointed) = (None, None);
        match element {
            Element::Row(row) => {
                session.cursor = Some(row);
                model.focus = Pane::Transcript;
            }
            Element::Envelope(line) => {
                session.pointed = Some((Pane::Envelope, line));
                model.focus = Pane::Envelope;
            }
            Element::Content(content, line) => {
                session.view = content;
                session.pointed = Some((Pane::Content, line));
                model.focus = Pane::Content;
            }
        }
        update(model, Message::Tick(model.now));
    }

    /// What an element is by itself.
    fn own(model: &mut Model, element: Element) -> Selection {
        match element {
            Element::Row(row) => of_row(&model.session, row),
            Element::Envelope(line) => view::envelope::meant_at(model, line),
            Element::Content(content, line) => {
                model.session.view = content;
                view::content::meant_at(model, line)
            }
        }
    }

    #[test]
    fn what_marks_another_is_marked_by_it() {
        let mut model = model();
        let all = elements(&mut model);
        let own: Vec<_> = all.iter().map(|element| own(&mut model, *element)).collect();
        let selections: Vec<_> = all
            .iter()
            .map(|element| {
                select(&mut model, *element);
                model.session.selection.clone()
            })
            .collect();
        let mut marks = 0;
        for (one, selection) in selections.iter().enumerate() {
            assert!(own[one].is_empty() || own[one].meets(selection), "{:?}", all[one]);
            for (other, back) in selections.iter().enumerate() {
                let there = own[other].meets(selection);
                assert_eq!(there, own[one].meets(back), "{:?} and {:?}", all[one], all[other]);
                marks += usize::from(there && one != other);
            }
        }
        assert!(marks > 500, "only {marks} marks");
    }

    /// The rows of the transcript that are marked when `element` is selected.
    fn marked(model: &mut Model, element: Element) -> Vec<String> {
        select(model, element);
        let session = &model.session;
        let all = (0..session.dialogue.wire().len()).filter(|row| has_row(session, *row));
        all.map(|row| rows::row(model, session, row).unwrap().text()).collect()
    }

    #[test]
    fn a_recipient_is_its_command_its_replies_and_where_it_is_named() {
        let mut model = model();
        let command = |model: &Model, text: &str| {
            let rows = 0..model.session.dialogue.wire().len();
            let mut rows = rows.filter(|row| {
                rows::row(model, &model.session, *row).unwrap().text().contains(text)
            });
            Element::Row(rows.next().unwrap())
        };
        let first = command(&model, "RCPT TO:<c@");
        let all = [
            "RCPT TO:<c@d.example>",
            "250 ok",
            "To: C <c@d.example>,",
            "Cc: c@D.example, z@d.example",
            ".",
            "250 one",
        ];
        assert_eq!(marked(&mut model, first), all);
        // To the byte: the others of the field are somebody else.
        let row = model.session.dialogue.wire();
        let cc = (0..row.len())
            .find(|at| rows::row(&model, &model.session, *at).unwrap().text().starts_with("Cc:"));
        let marked_bytes = places(&model.session, cc.unwrap()).unwrap();
        assert_eq!(marked_bytes.iter().map(|p| (p.start, p.end)).collect::<Vec<_>>(), [(4, 15)]);
        let cc = command(&model, "Cc: ");
        assert_eq!(
            marked(&mut model, cc),
            ["RCPT TO:<c@d.example>", "250 ok", "Cc: c@D.example, z@d.example", ".", "250 one"]
        );
        let tagged = command(&model, "RCPT TO:<E+x");
        assert_eq!(
            marked(&mut model, tagged),
            ["RCPT TO:<E+x@d.example>", "250 ok", " e@d.example", ".", "250 two"]
        );
        let refused = command(&model, "550 such");
        let all = ["RCPT TO:<n@d.example>", "550-no", "550 such user"];
        assert_eq!(marked(&mut model, refused), all);
        let stuffed = command(&model, "..dot");
        assert_eq!(marked(&mut model, stuffed), ["..dot"]);
    }

    #[test]
    fn a_line_of_the_body_is_a_row_of_the_transcript() {
        let mut model = model();
        let rows = 0..model.session.dialogue.wire().len();
        let mut rows =
            rows.filter(|row| rows::row(&model, &model.session, *row).unwrap().text() == "..dot");
        let row = Element::Row(rows.next().unwrap());
        model.session.view = ContentView::Body;
        select(&mut model, row);
        let lines = view::content::all(&model, 60, usize::MAX);
        let text = |line: &Vec<rows::Piece>| {
            line.iter().map(|(_, text)| text.as_str()).collect::<String>()
        };
        let at = lines.iter().position(|line| text(line) == ">.dot").unwrap();
        assert_eq!(view::content::meant(&model, 60), Some(at));
        assert_eq!(marked(&mut model, Element::Content(ContentView::Body, at)), ["..dot"]);
    }

    /// The row of the transcript with this text.
    fn row_with(model: &Model, text: &str) -> usize {
        let mut rows = 0..model.session.dialogue.wire().len();
        let is = |row: &usize| rows::row(model, &model.session, *row).unwrap().text() == text;
        rows.find(is).unwrap()
    }

    #[test]
    fn bytes_are_linked_behind_a_doubled_dot_too() {
        let mut model = model();
        let row = Element::Row(row_with(&model, "..dot"));
        model.session.view = ContentView::Hex;
        select(&mut model, row);
        let lines = view::content::all(&model, 60, usize::MAX);
        let marked_digits = |lines: &[Vec<rows::Piece>]| {
            // In a line the digits stand before the characters.
            let selected = lines.iter().flat_map(|line| {
                let all = line.iter().filter(|(role, _)| *role == Role::Selected);
                let all: Vec<_> = all.map(|(_, text)| text.clone()).collect();
                let half = all.len() / 2;
                all.into_iter().take(half)
            });
            selected.collect::<Vec<_>>().concat().replace(' ', "")
        };
        assert_eq!(marked_digits(&lines), "2e2e646f740d0a", "{lines:?}");
        let first = view::content::meant(&model, 60).unwrap();
        let last = first + 1;
        let texts = marked(&mut model, Element::Content(ContentView::Hex, last));
        assert!(texts.iter().any(|text| text == "..dot"), "{texts:?}");
        // Behind the dot every byte has moved by one.
        let behind = Element::Row(row_with(&model, "<p>x"));
        select(&mut model, behind);
        let lines = view::content::all(&model, 60, usize::MAX);
        assert_eq!(marked_digits(&lines), "3c703e780d0a", "{lines:?}");
    }

    #[test]
    fn the_envelope_follows_mail_data_and_what_ended_it() {
        let mut model = model();
        let at = |model: &Model| {
            let all = view::envelope::all(model, 60, usize::MAX);
            let text: String =
                all[view::envelope::meant(model, 60)?].iter().map(|(_, t)| t.as_str()).collect();
            Some(text.trim_end().to_owned())
        };
        for (row, told) in [
            ("<p>x", "> Transaction 1  "),
            ("RSET", "> Ended by RSET"),
            ("DATA", "> Transaction 1  "),
            ("Cc: c@D.example, z@d.example", "> To "),
        ] {
            let row = Element::Row(row_with(&model, row));
            select(&mut model, row);
            let found = at(&model).unwrap();
            assert!(found.starts_with(told), "{found} for {row:?}");
        }
        // Of several answers the last one is that of the last recipient; the dot is everybody's.
        let lines = 0..=view::envelope::length(&model);
        let text = |line: usize| -> String {
            view::envelope::all(&model, 60, usize::MAX)[line].iter().map(|(_, t)| &**t).collect()
        };
        let ended = lines.into_iter().find(|line| text(*line).contains("end of the data"));
        model.session.cursor = None;
        select(&mut model, Element::Envelope(ended.unwrap()));
        let dot = row_with(&model, ".");
        assert_eq!(model.session.cursor, Some(dot));
    }

    #[test]
    fn a_line_that_chunks_cut_is_where_its_bytes_are() {
        let mut model = model();
        let talk = "S: 220 mx\nC: EHLO x\nS: 250-mx\nS: 250 CHUNKING\nC: MAIL FROM:<a@b.example>\nS: 250 ok\nC: RCPT TO:<c@d.example>\nS: 250 ok\nC: BDAT 8\nC: To: c@d.\\c\nS: 250 ok\nC: BDAT 3\nC: exa\\c\nS: 250 ok\nC: BDAT 12 LAST\nC: mple\nC: \nC: .x\nS: 250 ok\n";
        model.session.dialogue = Dialogue::default();
        for event in recording(talk.as_bytes()).unwrap().events() {
            update(&mut model, Message::Heard(1, event.clone()));
        }
        let rows = 0..model.session.dialogue.wire().len();
        let texts: Vec<_> =
            rows.map(|row| rows::row(&model, &model.session, row).unwrap().text()).collect();
        let behind = |command: &str| {
            let at = texts.iter().position(|text| text == command).unwrap();
            (at + 1, texts[at + 1].as_str())
        };
        let (second, text) = behind("BDAT 3");
        assert_eq!(text, "exa\\c", "{texts:?}");
        assert_eq!(behind("BDAT 8").1, "To: c@d.\\c");
        assert_eq!(behind("BDAT 12 LAST").1, "mple");
        assert_eq!(rows::bytes(&model, &model.session, second), "exa");
        // To the byte, and back from them.
        assert_eq!(place_of(&model.session, second), Some(Span::new(8, 11)));
        let bytes = Selection::new(Vec::new(), vec![(0, Span::new(9, 10))]);
        assert_eq!(rows_of(&model.session, &bytes), Some((second, second)));
        // The message begins with the first piece alone.
        let (first, third) = (behind("BDAT 8").0, behind("BDAT 12 LAST").0);
        let begun = [first, second, third].map(|row| begins(&model.session.dialogue, row));
        assert_eq!(begun, [Some(0), None, None]);
        model.session.selection = bytes;
        assert_eq!(places(&model.session, second).unwrap().first(), Some(&(1..2)));
    }

    #[test]
    fn a_doubled_dot_is_marked_with_its_line() {
        let line = b"..x\xe5y";
        let span = Span::new(10, 14);
        for (wanted, place) in
            [((10, 14), 0..8), ((11, 12), 2..3), ((12, 13), 3..7), ((13, 20), 7..8)]
        {
            let wanted = std::iter::once(Span::new(wanted.0, wanted.1));
            assert_eq!(visible_places(line, (span, 1), wanted), [place]);
        }
        assert!(visible_places(line, (span, 1), std::iter::once(Span::new(0, 10))).is_empty());
    }
}
