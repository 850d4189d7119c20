//! A planted bug: what it breaks, and the edit that makes it.

use std::ops::Range;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// A bug of `tests/world/planted.toml`.
///
/// With a `function` the edit survives what is done around that function: `file` may then be a folder, and the function
/// is looked for in all its files. Without `find` the replacement becomes the function's first statement, and survives
/// what is done inside.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bug {
    /// The name of its switch.
    pub(crate) name: String,
    /// The mistake, for people.
    pub(crate) what: String,
    /// The file of the edit, or a folder of it.
    pub(crate) file: String,
    /// `name` or `Type::name`: the edit is inside this function.
    function: Option<String>,
    /// What is replaced; stands exactly once there, after the edits of the bugs before this one.
    find: Option<String>,
    replace: String,
    /// Whether the model check has to catch it as well.
    #[serde(default)]
    pub(crate) in_model: bool,
}

impl Bug {
    /// A file with this bug in it; `None` where the bug belongs into another file.
    pub(crate) fn planted(&self, file: &str, text: &str) -> Result<Option<String>> {
        let is_below = file.strip_prefix(&self.file).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if !is_below {
            return Ok(None);
        }
        let body = match &self.function {
            None => 0..text.len(),
            Some(function) => match body(text, function)? {
                None => return Ok(None),
                Some(body) => body,
            },
        };
        let inside = text.get(body.clone()).context("a function ends inside a letter")?;
        let edited = match &self.find {
            Some(find) => replace_once(inside, find, &self.replace)?,
            None if self.function.is_some() => format!("{}\n{inside}", self.replace),
            None => bail!("without a text to find, a function has to be named"),
        };
        let (before, after) = (text.get(..body.start), text.get(body.end..));
        Ok(before.zip(after).map(|(before, after)| [before, &edited, after].concat()))
    }
}

/// Replaces a text that has to stand there once.
pub(crate) fn replace_once(text: &str, find: &str, replace: &str) -> Result<String> {
    let found = text.matches(find).count();
    if found != 1 {
        bail!("{find:?} stands there {found} times, not once");
    }
    Ok(text.replace(find, replace))
}

/// The lines between the braces of a function, in a file as rustfmt leaves it.
fn body(text: &str, function: &str) -> Result<Option<Range<usize>>> {
    let (owner, name) = match function.split_once("::") {
        Some((owner, name)) => (Some(owner), name),
        None => (None, function),
    };
    let is_owner = |header: &str| {
        owner.is_some_and(|owner| header.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == owner))
    };
    let mut bodies = Vec::new();
    let mut is_owned = owner.is_none();
    let mut closing = None;
    let mut begin = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let code = line.trim_end();
        if owner.is_some() && code.starts_with("impl") {
            is_owned = is_owner(code);
        }
        if let Some(begun) = begin
            && Some(code) == closing.as_deref()
        {
            bodies.push(begun..at);
            (begin, closing) = (None, None);
        }
        if is_owned && closing.is_none() && declares(code, name) {
            let indent = code.len() - code.trim_start().len();
            closing = Some(format!("{}}}", " ".repeat(indent)));
        }
        at += line.len();
        if closing.is_some() && begin.is_none() && code.ends_with('{') {
            begin = Some(at);
        }
    }
    if bodies.len() > 1 {
        bail!("{} functions have the name {function}", bodies.len());
    }
    Ok(bodies.pop())
}

fn declares(code: &str, name: &str) -> bool {
    let Some((before, after)) = code.split_once("fn ") else { return false };
    let is_code = before
        .split_whitespace()
        .all(|word| word.starts_with("pub") || word == "const" || word == "in" || word.ends_with(')'));
    is_code && after.strip_prefix(name).is_some_and(|rest| rest.starts_with('(') || rest.starts_with('<'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "impl One {
    fn go(&self) -> u32 {
        1
    }
}

impl Two {
    pub(in crate::x) const fn go(
        &self,
    ) -> u32 {
        if true {
            1
        } else {
            2
        }
    }
}
";

    fn bug(file: &str, function: Option<&str>, find: Option<&str>) -> Bug {
        Bug {
            name: "a-bug".into(),
            what: "nothing".into(),
            file: file.into(),
            function: function.map(Into::into),
            find: find.map(Into::into),
            replace: "3".into(),
            in_model: false,
        }
    }

    #[test]
    fn an_edit_stays_inside_its_function() {
        let planted = bug("src", Some("Two::go"), Some("1")).planted("src/a.rs", TEXT).unwrap().unwrap();
        assert_eq!(planted, TEXT.replace("            1", "            3"));
        let planted = bug("src/a.rs", Some("One::go"), Some("1")).planted("src/a.rs", TEXT).unwrap().unwrap();
        assert_eq!(planted, TEXT.replacen('1', "3", 1));
    }

    #[test]
    fn without_a_text_it_is_the_first_statement() {
        let planted = bug("src", Some("One::go"), None).planted("src/a.rs", TEXT).unwrap().unwrap();
        assert_eq!(planted, TEXT.replacen("u32 {\n", "u32 {\n3\n", 1));
        assert!(bug("src", None, None).planted("src/a.rs", TEXT).is_err());
    }

    #[test]
    fn what_is_not_there_exactly_once_is_refused() {
        assert!(bug("src", None, Some("1")).planted("src/a.rs", TEXT).is_err());
        assert!(bug("src", Some("go"), Some("1")).planted("src/a.rs", TEXT).is_err(), "two functions have that name");
        assert!(bug("src", Some("One::go"), Some("2")).planted("src/a.rs", TEXT).is_err());
    }

    #[test]
    fn it_belongs_into_one_place() {
        assert!(bug("src", Some("Three::go"), Some("1")).planted("src/a.rs", TEXT).unwrap().is_none());
        assert!(bug("sr", Some("One::go"), Some("1")).planted("src/a.rs", TEXT).unwrap().is_none());
        assert!(bug("src/b.rs", None, Some("1")).planted("src/a.rs", TEXT).unwrap().is_none());
    }
}
