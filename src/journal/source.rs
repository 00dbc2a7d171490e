//! A script out of its files: what `:include` names stands where it is named, `${…}` is filled in,
//! and every place of the whole is known by its file.
//!
//! What comes of it is a transcript without variables, which [`super::transcript::steps`] reads like
//! any other; [`Source::locate`] leads back from its lines. A value is a text of the notation, so
//! that its escapes and wildcards mean what they mean in the line that it stands in; what comes from
//! outside stands for itself. Where a line knows no escapes, a value is put in without them. A
//! recording is not read by this: there, every line is literal.

use std::collections::BTreeMap;

use super::transcript::{Place, TranscriptError, directive, text, write_text};

/// Directives whose argument knows the escapes of the notation.
const ESCAPED: [&str; 5] = ["raw", "drip", "b64", "bdat", "set"];

/// Names that have a meaning of their own, beside `env:NAME` and `count:NAME`.
const RESERVED: [&str; 4] = ["count", "date", "host", "message-id"];

/// How many bytes a line may have with its values: each may name others twice.
const LONGEST: usize = 1 << 20;

/// How many files one script may be made of: each may name others many times.
const MOST_FILES: usize = 1_000;

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name, as it is told, and from which others are looked for.
    pub name: String,
    /// What it has in common with no other file.
    pub id: String,
    /// What it holds.
    pub text: Vec<u8>,
}

/// What `${…}` stands for in all scripts of one run.
pub struct Variables<'a> {
    given: BTreeMap<String, Vec<u8>>,
    counts: BTreeMap<String, u64>,
    outside: Box<dyn FnMut(&str) -> Option<String> + 'a>,
}

impl<'a> Variables<'a> {
    /// The `given` ones, which no `:set` changes. `outside` is asked for `date`, `host`,
    /// `message-id` and `env:NAME`, once for each mention.
    pub fn new(
        given: impl IntoIterator<Item = Assignment>,
        outside: impl FnMut(&str) -> Option<String> + 'a,
    ) -> Self {
        let given = given.into_iter().map(|given| (given.name, given.value)).collect();
        Self { given, counts: BTreeMap::new(), outside: Box::new(outside) }
    }
}

/// `NAME` and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The name.
    pub name: String,
    /// The value, in the notation.
    pub value: Vec<u8>,
}

impl Assignment {
    /// Reads `NAME=VALUE`.
    ///
    /// # Errors
    /// With the place of what is wrong.
    pub fn read(written: &str) -> Result<Self, TranscriptError> {
        let at = Place { line: 1, column: 1 };
        let Some((name, value)) = written.split_once('=') else {
            return Err(TranscriptError::new(at, "misread.assignment").with("text", written));
        };
        Self::of(name, value.as_bytes(), at, Place { column: name.len() + 2, ..at })
    }

    fn of(name: &str, value: &[u8], at: Place, behind: Place) -> Result<Self, TranscriptError> {
        if !is_name(name) || RESERVED.contains(&name) {
            return Err(TranscriptError::new(at, "misread.name").with("text", name));
        }
        text(value, behind)?;
        Ok(Self { name: name.to_owned(), value: value.to_vec() })
    }
}

/// A script, put together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The whole as a transcript.
    pub text: Vec<u8>,
    files: Vec<Named>,
    lines: Vec<Origin>,
}

/// A file of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    name: String,
    id: String,
    /// The number of the file that includes it, and the line there.
    included: Option<(usize, usize)>,
}

/// Where a line of the whole stands.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    file: usize,
    line: usize,
    cuts: Vec<Cut>,
}

/// From the column `here` of the whole on, columns of the file count from `there`; inside a value
/// they do not count on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cut {
    here: usize,
    there: usize,
    inside: bool,
}

/// What is wrong, in which file, and by which lines of others it came there: the nearest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misplaced {
    /// The file.
    pub file: String,
    /// What is wrong in it.
    pub error: TranscriptError,
    /// The files that include it, each with the line.
    pub included: Vec<(String, usize)>,
}

impl Source {
    /// A file in which every line is literal.
    pub fn literal(part: Part) -> Self {
        let mut source = Self::default();
        source.files.push(Named { name: part.name, id: part.id, included: None });
        for (at, line) in part.text.split(|b| *b == b'\n').enumerate() {
            source.push(line, Origin { file: 0, line: at + 1, cuts: Vec::new() });
        }
        source
    }

    /// The file and the place in it of a place in the whole.
    pub fn locate(&self, at: Place) -> (&str, Place) {
        let (file, at) = self.origin(at);
        (self.files.get(file).map_or("", |file| &file.name), at)
    }

    /// What is wrong at a place of the whole.
    pub fn misplaced(&self, mut error: TranscriptError) -> Misplaced {
        let (file, at) = self.origin(error.at);
        error.at = at;
        self.misplaced_in(file, error)
    }

    fn misplaced_in(&self, file: usize, error: TranscriptError) -> Misplaced {
        let name = |file: usize| self.files.get(file).map_or("", |file| &file.name).to_owned();
        let included = self.including(file).map(|(file, line)| (name(file), line)).collect();
        Misplaced { file: name(file), error, included }
    }

    /// The files that include this one, and the line in each.
    fn including(&self, file: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        let up = |file: usize| self.files.get(file).and_then(|file| file.included);
        std::iter::successors(up(file), move |(file, _)| up(*file))
    }

    fn origin(&self, at: Place) -> (usize, Place) {
        let Some(origin) = at.line.checked_sub(1).and_then(|line| self.lines.get(line)) else {
            return (0, at);
        };
        let cut = origin.cuts.iter().rfind(|cut| cut.here <= at.column);
        let column = cut
            .map_or(at.column, |cut| cut.there + if cut.inside { 0 } else { at.column - cut.here });
        (origin.file, Place { line: origin.line, column })
    }

    fn push(&mut self, line: &[u8], origin: Origin) {
        self.text.extend_from_slice(line);
        self.text.push(b'\n');
        self.lines.push(origin);
    }
}

/// Puts a script together. `include` gives the file of a name that stands in the file of another
/// name.
///
/// # Errors
/// With the place of the first line that names a file that cannot be had or a variable that is not
/// there.
pub fn assemble(
    root: Part,
    variables: &mut Variables<'_>,
    include: impl FnMut(&str, &str) -> Result<Part, String>,
) -> Result<Source, Misplaced> {
    let (source, own) = (Source::default(), BTreeMap::new());
    let mut assembly = Assembly { source, own, variables, include };
    match assembly.take(root, None) {
        Ok(()) => Ok(assembly.source),
        Err((file, error)) => Err(assembly.source.misplaced_in(file, error)),
    }
}

/// A script while it is put together.
struct Assembly<'a, 'v, I> {
    source: Source,
    /// What its own lines have set.
    own: BTreeMap<String, Vec<u8>>,
    variables: &'a mut Variables<'v>,
    include: I,
}

impl<I: FnMut(&str, &str) -> Result<Part, String>> Assembly<'_, '_, I> {
    fn take(
        &mut self,
        part: Part,
        included: Option<(usize, usize)>,
    ) -> Result<(), (usize, TranscriptError)> {
        let file = self.source.files.len();
        self.source.files.push(Named { name: part.name, id: part.id, included });
        for (at, line) in part.text.split(|b| *b == b'\n').enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let at = Place { line: at + 1, column: 1 };
            if let Some(part) = self.line(file, at, line).map_err(|error| (file, error))? {
                self.take(part, Some((file, at.line)))?;
            }
        }
        Ok(())
    }

    /// Takes a line; the file that stands in its place, if it names one.
    fn line(
        &mut self,
        file: usize,
        at: Place,
        line: &[u8],
    ) -> Result<Option<Part>, TranscriptError> {
        let origin = |cuts| Origin { file, line: at.line, cuts };
        let (name, from) = match line {
            [b':', rest @ ..] => {
                let name = directive(rest).0;
                let blank = memchr::memchr(b' ', line).map_or(line.len(), |blank| blank + 1);
                (Some(name), blank)
            }
            [b'C' | b'S', b':', ..] => (None, 2),
            _ => {
                self.source.push(line, origin(Vec::new()));
                return Ok(None);
            }
        };
        let escaped = name.as_deref().is_none_or(|name| ESCAPED.contains(&name));
        // What stands behind an @ is the name of a file, which knows none.
        let is_file = |line: &[u8]| line.windows(2).any(|two| two == b" @");
        let escaped = escaped && !(name.as_deref() == Some("bdat") && is_file(line));
        let (whole, cuts) = self.fill(line, from, escaped, at)?;
        let argument = whole.get(from..).unwrap_or_default();
        let behind = Place { column: from + 1, ..at };
        match name.as_deref() {
            Some("include") => return self.included(file, argument, behind).map(Some),
            Some("set") => self.set(argument, behind)?,
            _ => self.source.push(&whole, origin(cuts)),
        }
        Ok(None)
    }

    /// Puts values in the place of variables, from the byte `from` on.
    fn fill(
        &mut self,
        line: &[u8],
        from: usize,
        escaped: bool,
        at: Place,
    ) -> Result<(Vec<u8>, Vec<Cut>), TranscriptError> {
        let mut out = line.get(..from).unwrap_or_default().to_vec();
        let mut cuts = Vec::new();
        let mut next = out.len();
        while let Some((byte, tail)) = line.get(next..).and_then(<[u8]>::split_first) {
            match (byte, tail) {
                (b'\\', [escape, ..]) if escaped => {
                    out.extend([b'\\', *escape]);
                    next += 2;
                    continue;
                }
                (b'\\', [b'$', ..]) => {
                    out.push(b'$');
                    next += 2;
                }
                (b'$', [b'{', inside @ ..]) => {
                    let place = Place { column: next + 1, ..at };
                    let length = memchr::memchr(b'}', inside).unwrap_or(inside.len());
                    let (name, behind) = inside.split_at_checked(length).unwrap_or_default();
                    let name = if behind.is_empty() { b"" } else { name };
                    let value = self.value(&String::from_utf8_lossy(name), place)?;
                    let value = if escaped { value } else { literal(&value, place)? };
                    cuts.push(Cut { here: out.len() + 1, there: next + 1, inside: true });
                    out.extend(value);
                    if out.len() > LONGEST {
                        let too_long = TranscriptError::new(place, "misread.variable.long");
                        return Err(too_long.with("n", LONGEST.to_string()));
                    }
                    next += length + 3;
                }
                _ => {
                    out.push(*byte);
                    next += 1;
                    continue;
                }
            }
            cuts.push(Cut { here: out.len() + 1, there: next + 1, inside: false });
        }
        Ok((out, cuts))
    }

    /// What a variable stands for, in the notation.
    fn value(&mut self, name: &str, at: Place) -> Result<Vec<u8>, TranscriptError> {
        let wrong = |key| TranscriptError::new(at, key).with("text", name);
        let (kind, rest) = name.split_once(':').unzip();
        let right = match (kind, rest) {
            (Some("env"), Some(rest)) => !rest.is_empty(),
            (Some("count"), Some(rest)) => is_name(rest),
            (kind, _) => kind.is_none() && is_name(name),
        };
        if !right {
            return Err(wrong("misread.variable"));
        }
        if kind == Some("count") || name == "count" {
            let count = self.variables.counts.entry(name.to_owned()).or_default();
            *count += 1;
            return Ok(count.to_string().into_bytes());
        }
        if kind.is_some() || RESERVED.contains(&name) {
            let key = if kind.is_some() { "misread.environment" } else { "misread.unset" };
            let value = (self.variables.outside)(name).ok_or_else(|| wrong(key))?;
            let mut written = String::new();
            write_text(&mut written, value.as_bytes(), true);
            return Ok(written.into_bytes());
        }
        let value = self.variables.given.get(name).or_else(|| self.own.get(name));
        value.cloned().ok_or_else(|| wrong("misread.unset"))
    }

    /// `NAME VALUE`.
    fn set(&mut self, argument: &[u8], at: Place) -> Result<(), TranscriptError> {
        let (name, value) = match memchr::memchr(b' ', argument) {
            Some(blank) => argument.split_at_checked(blank).unwrap_or_default(),
            None => (argument, &b" "[..]),
        };
        let value = value.get(1..).unwrap_or_default();
        let behind = Place { column: at.column + name.len() + 1, ..at };
        let set = Assignment::of(&String::from_utf8_lossy(name), value, at, behind)?;
        self.own.insert(set.name, set.value);
        Ok(())
    }

    fn included(
        &mut self,
        file: usize,
        argument: &[u8],
        at: Place,
    ) -> Result<Part, TranscriptError> {
        let name = String::from_utf8_lossy(argument.trim_ascii()).into_owned();
        let wrong = |key| TranscriptError::new(at, key).with("file", &*name);
        if self.source.files.len() >= MOST_FILES {
            return Err(wrong("misread.includes").with("n", MOST_FILES.to_string()));
        }
        let from = self.source.files.get(file).map_or("", |file| &file.name);
        let part =
            (self.include)(from, &name).map_err(|why| wrong("misread.include").with("why", why))?;
        let above = self.source.including(file).map(|(file, _)| file);
        let mut above = std::iter::once(file).chain(above);
        if above.any(|file| self.source.files.get(file).is_some_and(|file| file.id == part.id)) {
            return Err(wrong("misread.cycle"));
        }
        Ok(part)
    }
}

/// What a value stands for where escapes are not known.
fn literal(value: &[u8], at: Place) -> Result<Vec<u8>, TranscriptError> {
    let pieces = text(value, at)?.pieces;
    let bytes: Vec<u8> = pieces.into_iter().map(super::transcript::Piece::literal).collect();
    if bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
        return Err(TranscriptError::new(at, "misread.value"));
    }
    Ok(bytes)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, text: &str) -> Part {
        Part { name: name.to_owned(), id: name.to_owned(), text: text.into() }
    }

    /// Puts the first of some files together.
    fn whole(files: &[(&str, &str)], given: &[&str]) -> Result<Source, Misplaced> {
        let given = given.iter().map(|given| Assignment::read(given).unwrap());
        let mut ids = 0;
        let mut variables = Variables::new(given, move |name| match name {
            "date" => Some("today".to_owned()),
            "message-id" => {
                ids += 1;
                Some(format!("<{ids}@x>"))
            }
            "env:HARD" => Some("a\\b*c\r\n${date}".to_owned()),
            "env:FILE" => Some("C:\\mail*".to_owned()),
            _ => None,
        });
        let find = |name: &str| files.iter().find(|file| file.0 == name);
        let (name, text) = files[0];
        assemble(part(name, text), &mut variables, |_, name| {
            find(name).map(|(name, text)| part(name, text)).ok_or_else(|| "not here".to_owned())
        })
    }

    fn filled(text: &str, given: &[&str]) -> String {
        let source = whole(&[("a", text)], given).unwrap();
        String::from_utf8(source.text).unwrap().trim_end_matches('\n').to_owned()
    }

    #[test]
    fn variables_are_filled_in() {
        for (text, given, wanted) in [
            ("C: ${date}", &[][..], "C: today"),
            ("C: ${message-id} ${message-id}", &[], "C: <1@x> <2@x>"),
            (":set id ${message-id}\nC: ${id}\nC: ${id}", &[], "C: <1@x>\nC: <1@x>"),
            ("C: ${count}${count}\nC: ${count:a} ${count}", &[], "C: 12\nC: 1 3"),
            (":set to bob\nC: ${to}\n:set to carol\nC: ${to}", &[], "C: bob\nC: carol"),
            (":set to bob\nC: ${to}", &["to=dave"], "C: dave"),
            (":set empty\nC: <${empty}>", &[], "C: <>"),
            ("S: ${code} *${who}*", &["code=5xx", "who=b?b"], "S: 5xx *b?b*"),
            ("C: ${env:HARD}", &[], "C: a\\\\b\\*c\\r\\n\\${date}"),
            (":data ${env:FILE}", &[], ":data C:\\mail*"),
            (":raw ${env:FILE}", &[], ":raw C:\\\\mail\\*"),
            ("C: \\${date} \\\\${date}\n:data \\${x}", &[], "C: \\${date} \\\\today\n:data ${x}"),
            ("# ${nothing}\n\nC: $5 {x} $", &[], "# ${nothing}\n\nC: $5 {x} $"),
        ] {
            assert_eq!(filled(text, given), wanted, "{text}");
        }
    }

    #[test]
    fn values_do_not_double_without_end() {
        let doubled = ":set x ${x}${x}\n".repeat(40);
        let told = whole(&[("a", &format!(":set x 0123456789\n{doubled}"))], &[]).unwrap_err();
        assert_eq!(told.error.key, "misread.variable.long");
        assert!(told.error.at.line < 30, "{told:?}");
    }

    #[test]
    fn what_is_wrong_with_a_variable_has_its_place() {
        for (text, line, column, key) in [
            ("C: a ${nobody}", 1, 6, "misread.unset"),
            ("C: ${", 1, 4, "misread.variable"),
            ("C: ${}", 1, 4, "misread.variable"),
            ("C: ${a b}", 1, 4, "misread.variable"),
            ("C: ${what:x}", 1, 4, "misread.variable"),
            ("\n:wait ${env:NONE}", 2, 7, "misread.environment"),
            (":data ${env:HARD}", 1, 7, "misread.value"),
            (":set date x", 1, 6, "misread.name"),
            (":set 2 x", 1, 6, "misread.name"),
            (":set a \\q", 1, 8, "misread.escape"),
            (":include b", 1, 10, "misread.include"),
        ] {
            let wrong = whole(&[("a", text)], &[]).unwrap_err();
            assert_eq!((wrong.file.as_str(), wrong.error.key), ("a", key), "{text}");
            assert_eq!(wrong.error.at, Place { line, column }, "{text}");
            assert!(wrong.included.is_empty());
        }
        for (given, key) in [
            ("a", "misread.assignment"),
            ("=a", "misread.name"),
            ("count=1", "misread.name"),
            ("a=\\q", "misread.escape"),
        ] {
            assert_eq!(Assignment::read(given).unwrap_err().key, key);
        }
    }

    #[test]
    fn files_stand_where_they_are_named_and_share_what_is_set() {
        let files = [
            ("a", "C: 1\n:set x 2\n:include b\nC: ${y}\n"),
            ("b", "C: ${x}\r\n:set y 3\n:include c"),
            ("c", "C: c"),
        ];
        let source = whole(&files, &[]).unwrap();
        let lines: Vec<_> = source.text.split(|b| *b == b'\n').collect();
        for (text, place) in [
            ("C: 1", ("a", Place { line: 1, column: 4 })),
            ("C: 2", ("b", Place { line: 1, column: 4 })),
            ("C: c", ("c", Place { line: 1, column: 4 })),
            ("C: 3", ("a", Place { line: 4, column: 4 })),
        ] {
            let line = 1 + lines.iter().position(|line| *line == text.as_bytes()).unwrap();
            assert_eq!(source.locate(Place { line, column: 4 }), place, "{text}");
        }
    }

    #[test]
    fn columns_are_those_of_the_file() {
        let source = whole(&[("a", "C: ${long} ${long} x")], &["long=0123456789"]).unwrap();
        assert_eq!(source.text, b"C: 0123456789 0123456789 x\n");
        for (here, there) in
            [(3, 3), (4, 4), (9, 4), (13, 4), (14, 11), (15, 12), (24, 12), (26, 20)]
        {
            let (_, at) = source.locate(Place { line: 1, column: here });
            assert_eq!(at.column, there, "{here}");
        }
    }

    #[test]
    fn a_file_that_includes_itself_is_told_with_the_way_there() {
        let files = [("a", "\n:include b"), ("b", ":include c"), ("c", "C: x\n:include a")];
        let wrong = whole(&files, &[]).unwrap_err();
        assert_eq!((wrong.file.as_str(), wrong.error.key), ("c", "misread.cycle"));
        assert_eq!(wrong.error.at, Place { line: 2, column: 10 });
        assert_eq!(wrong.included, [("b".to_owned(), 1), ("a".to_owned(), 2)]);
        // One that is named twice is no circle, but all has an end.
        assert!(whole(&[("a", ":include b\n:include b"), ("b", "C: x")], &[]).is_ok());
        let many = ":include b\n".repeat(40);
        let files = [("a", many.as_str()), ("b", &many.replace('b', "c")), ("c", "C: x")];
        assert_eq!(whole(&files, &[]).unwrap_err().error.key, "misread.includes");
    }

    #[test]
    fn what_is_wrong_later_is_told_in_its_file() {
        let files = [("a", "\n:include b"), ("b", "C: x\nC: ${x}\\q")];
        let source = whole(&files, &["x=0123"]).unwrap();
        let error = super::super::transcript::steps(&source.text).unwrap_err();
        let wrong = source.misplaced(error);
        assert_eq!((wrong.file.as_str(), wrong.error.at), ("b", Place { line: 2, column: 8 }));
        assert_eq!(wrong.included, [("a".to_owned(), 2)]);
    }
}
