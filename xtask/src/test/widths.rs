//! How wide lines of JavaScript and TypeScript are. Biome breaks code, but neither comments nor literals.

use std::collections::BTreeMap;
use std::path::Path;

const MOST_COLUMNS: usize = 120;
const COUNTED: &[&str] = &["js", "mjs", "cjs", "jsx", "ts", "tsx"];

/// Written by programs, or as strangers write.
const EXCEPTED: &[&str] = &["js-glue/components.d.ts", "simulator/ui/tags/taro.js", "tests/simulator/fixtures/"];

/// The lines of a file that are too wide. A line may be wider by one literal or one address, which cannot be broken.
pub(super) fn faults(name: &str, text: &str) -> Vec<String> {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
    if !extension.is_some_and(|extension| COUNTED.contains(&extension))
        || EXCEPTED.iter().any(|path| name.starts_with(path))
    {
        return Vec::new();
    }
    let lines = text.lines().zip(literals(text)).enumerate();
    let wide = lines.filter_map(|(index, (line, literal))| {
        let columns = line.chars().count();
        let address =
            line.split_whitespace().filter(|word| word.contains("://")).map(|word| word.chars().count()).max();
        let rest = columns - literal.max(address.unwrap_or_default());
        (rest > MOST_COLUMNS).then(|| format!("{name}:{}: {columns} columns, at most {MOST_COLUMNS}", index + 1))
    });
    wide.collect()
}

/// What the characters belong to.
#[derive(Clone, Copy)]
enum Part {
    /// Code, and how many of its braces are open.
    Code(usize),
    LineComment,
    BlockComment,
    /// A string, with its quote.
    Text(char),
    Template,
    /// A regular expression; whether a class of characters is open.
    Pattern(bool),
}

/// For each line, how many of its characters the longest literal there has. What a template holds in braces is part of it.
fn literals(text: &str) -> Vec<usize> {
    let mut parts = vec![Part::Code(0)];
    let mut lines = vec![BTreeMap::<usize, usize>::new()];
    let (mut number, mut before, mut is_escaped) = (0, None, false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let was_inside = is_inside(&parts);
        let part = parts.last().copied().unwrap_or(Part::Code(0));
        let next = characters.peek().copied();
        if std::mem::take(&mut is_escaped) {
            // It means itself.
        } else {
            match (part, character) {
                (Part::LineComment | Part::Text(_) | Part::Pattern(_), '\n') => drop(parts.pop()),
                (Part::BlockComment, '/') if before == Some('*') => drop(parts.pop()),
                (Part::Text(_) | Part::Template | Part::Pattern(_), '\\') => is_escaped = true,
                (Part::Text(quote), _) if quote == character => drop(parts.pop()),
                (Part::Template, '`') | (Part::Pattern(false), '/') => drop(parts.pop()),
                (Part::Template, '{') if before == Some('$') => parts.push(Part::Code(0)),
                (Part::Pattern(_), '[') => replace(&mut parts, Part::Pattern(true)),
                (Part::Pattern(_), ']') => replace(&mut parts, Part::Pattern(false)),
                (Part::Code(open), '{') => replace(&mut parts, Part::Code(open + 1)),
                (Part::Code(0), '}') if parts.len() > 1 => drop(parts.pop()),
                (Part::Code(open), '}') => replace(&mut parts, Part::Code(open.saturating_sub(1))),
                (Part::Code(_), '\'' | '"') => parts.push(Part::Text(character)),
                (Part::Code(_), '`') => parts.push(Part::Template),
                (Part::Code(_), '/') if next == Some('/') => parts.push(Part::LineComment),
                (Part::Code(_), '/') if next == Some('*') => parts.push(Part::BlockComment),
                (Part::Code(_), '/') if before.is_none_or(|before| "(,=:[!&|?{;".contains(before)) => {
                    parts.push(Part::Pattern(false));
                }
                (
                    Part::Code(_)
                    | Part::LineComment
                    | Part::BlockComment
                    | Part::Text(_)
                    | Part::Template
                    | Part::Pattern(_),
                    _,
                ) => {}
            }
        }
        let is_now = is_inside(&parts);
        number += usize::from(is_now && !was_inside);
        match (character, lines.last_mut()) {
            ('\n', _) => lines.push(BTreeMap::new()),
            (_, Some(line)) if was_inside || is_now => *line.entry(number).or_default() += 1,
            _ => {}
        }
        let is_space = character.is_whitespace() && matches!(part, Part::Code(_));
        before = if is_space { before } else { Some(character) };
    }
    lines.iter().map(|line| line.values().copied().max().unwrap_or_default()).collect()
}

fn replace(parts: &mut Vec<Part>, part: Part) {
    parts.pop();
    parts.push(part);
}

fn is_inside(parts: &[Part]) -> bool {
    parts.iter().any(|part| match part {
        Part::Text(_) | Part::Template | Part::Pattern(_) => true,
        Part::Code(_) | Part::LineComment | Part::BlockComment => false,
    })
}

#[cfg(test)]
mod tests {
    use super::faults;

    fn wide(before: &str, after: &str) -> usize {
        faults("js-glue/src/x.mjs", &format!("{before}{}{after}\n", "x".repeat(118))).len()
    }

    #[test]
    fn comments_and_code_are_narrow() {
        assert_eq!(wide("", "xx"), 0);
        assert_eq!(wide("// ", ""), 1);
        assert_eq!(wide("/* ", " */"), 1);
        assert_eq!(wide("/*\n it's\n", "xxx\n*/"), 1);
        assert_eq!(wide("const a = ", ";"), 1);
        assert_eq!(wide("f('a', /* ", " */);"), 1);
        assert_eq!(wide("f(`a ${b /* ` */}`); // ", ""), 1);
        assert_eq!(wide("a / b / ", ";"), 1);
        assert_eq!(wide("f(/'/); // ", ""), 1);
        assert_eq!(wide("f(/[/]'/); // ", ""), 1);
    }

    #[test]
    fn one_literal_or_one_address_may_be_wider() {
        for (before, after) in [
            ("const a = '", "';"),
            ("const a = 'it\\'s ", "';"),
            ("const a = \"//", "\";"),
            ("f(`", " ${b ? `${c}` : '}'} d`);"),
            ("f(`\n", "\n`);"),
            ("f(`${g({ h: {} })}\n", "\n`);"),
            ("f(/[/']", "\\/y/);"),
            ("// it's\nconst a = '", "';"),
            ("// https://", ""),
        ] {
            assert_eq!(wide(before, after), 0, "{before}");
        }
        assert_eq!(wide(&format!("f('{}', '", "y".repeat(118)), "');"), 1, "two of them can stand in two lines");
        assert_eq!(wide("it('says `');\n// ", ""), 1, "a quote in a string begins nothing");
    }

    #[test]
    fn other_files_may_be_wide() {
        let line = "x".repeat(130);
        for name in ["docs/x.md", "src/x.rs", "js-glue/components.d.ts", "tests/simulator/fixtures/app/app.js"] {
            assert_eq!(faults(name, &line), [""; 0]);
        }
        assert_eq!(faults("tests/x.mjs", &line), ["tests/x.mjs:1: 130 columns, at most 120"]);
    }
}
