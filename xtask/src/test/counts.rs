//! The numbers of passed and failed tests, read from the lines that test runners close with.

/// Tests that passed and failed.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Counts {
    /// Adds what a line of cargo's, wasm-bindgen's or Node's test runner reports; other lines count nothing.
    pub(crate) fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some(result) = line.strip_prefix("test result:") {
            self.passed += number_before(result, " passed");
            self.failed += number_before(result, " failed");
        } else if let Some(rest) = line.strip_prefix("# ").or_else(|| line.strip_prefix("\u{2139} ")) {
            // Node: `# pass 12` as TAP, with an information sign in place of `#` otherwise.
            self.passed += number_after(rest, "pass ");
            self.failed += number_after(rest, "fail ");
        }
    }
}

fn number_before(text: &str, word: &str) -> usize {
    let digits = text.split(word).next().filter(|before| before.len() < text.len());
    digits.and_then(|before| before.rsplit(' ').next()).and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn number_after(text: &str, word: &str) -> usize {
    text.strip_prefix(word).and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Counts;

    fn counted(lines: &[&str]) -> Counts {
        let mut counts = Counts::default();
        lines.iter().for_each(|line| counts.read(line));
        counts
    }

    #[test]
    fn closing_lines_of_every_runner_are_read() {
        let cargo =
            ["test result: ok. 12 passed; 0 failed; 1 ignored", "test result: FAILED. 3 passed; 2 failed; 0 ignored"];
        assert_eq!(counted(&cargo), Counts { passed: 15, failed: 2 });
        assert_eq!(counted(&["# tests 5", "# pass 4", "# fail 1"]), Counts { passed: 4, failed: 1 });
        assert_eq!(counted(&["\u{2139} pass 7", "\u{2139} fail 0"]), Counts { passed: 7, failed: 0 });
    }

    #[test]
    fn other_lines_count_nothing() {
        assert_eq!(
            counted(&["test pass 3 ... ok", "pass 3", "# passing 3", "test result: unknown"]),
            Counts::default()
        );
    }
}
