//! What the documents say of the repository: links lead somewhere, paths exist, figures and the picture are those of the code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::arrows;
use super::hygiene::files;
use crate::picture;
use crate::repository::Repository;
use crate::world::SEEDS_FOR_A_BUG;

/// Folders of the repository: what begins with one of them, in back quotes, is a path.
const FOLDERS: &[&str] =
    &["docs/", "example-miniapp/", "examples/", "gateway/", "js-glue/", "simulator/", "src/", "tests/", "xtask/"];

/// Characters that a text in back quotes has where it stands for several paths, or for none.
const NO_PATH: &[char] = &['*', '{', '…', ' ', '<', '$', '\'', '(', ':'];

/// Made by builds, so not in every checkout.
const BUILT: &[&str] = &[
    "example-miniapp/lib",
    "example-miniapp/components",
    "examples/uni-app-vue3/src/static",
    "examples/uni-app-vue3/src/wxcomponents",
];

pub(super) fn check(repository: &Repository) -> Result<()> {
    let mut faults = picture::faults(repository, &arrows::rules())?;
    let mut texts = BTreeMap::new();
    for name in files(repository)?.into_iter().filter(|name| name.ends_with(".md")) {
        if let Ok(text) = fs::read_to_string(repository.path(&name)) {
            texts.insert(PathBuf::from(name), text);
        }
    }
    for (name, text) in &texts {
        faults.extend(dead_links(repository.root(), name, text, &texts));
        faults.extend(dead_paths(repository.root(), name, text));
    }
    faults.extend(old_figure(&texts, "docs/recovery.md", &format!("every planted bug within {SEEDS_FOR_A_BUG} seeds")));
    if faults.is_empty() { Ok(()) } else { bail!("\n  {}", faults.join("\n  ")) }
}

/// Links of a document to files that do not exist, and to headings that their document does not have.
fn dead_links(root: &Path, name: &Path, text: &str, texts: &BTreeMap<PathBuf, String>) -> Vec<String> {
    let mut faults = Vec::new();
    for target in links(text).filter(|target| !target.contains("://") && !target.starts_with("mailto:")) {
        let (file, heading) = target.split_once('#').unwrap_or((target, ""));
        let place = if file.is_empty() { name.to_path_buf() } else { beside(name, file) };
        let is_dead = !file.is_empty() && !root.join(&place).exists() && !is_built(&place);
        let lacks = !heading.is_empty() && texts.get(&place).is_some_and(|text| !headings(text).contains(heading));
        if is_dead || lacks {
            faults.push(format!("{}: the link {target} leads nowhere", name.display()));
        }
    }
    faults
}

/// Paths in back quotes that exist neither from the repository's root nor beside the document.
fn dead_paths(root: &Path, name: &Path, text: &str) -> Vec<String> {
    let prose = without_fences(text);
    let spans = prose.split('`').skip(1).step_by(2);
    let paths = spans.filter(|span| FOLDERS.iter().any(|folder| span.starts_with(folder)) && !span.contains(NO_PATH));
    let exists = |path: &str| root.join(path).exists() || root.join(beside(name, path)).exists();
    paths
        .filter(|path| !exists(path) && !is_built(&beside(name, path)) && !is_built(Path::new(path)))
        .map(|path| format!("{}: {path} does not exist", name.display()))
        .collect()
}

fn old_figure(texts: &BTreeMap<PathBuf, String>, name: &str, figure: &str) -> Option<String> {
    let says = texts.get(Path::new(name)).is_some_and(|text| one_line(text).contains(figure));
    (!says).then(|| format!("{name} does not say \"{figure}\""))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The targets of all links outside of code.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("](").filter_map(|(at, found)| {
        let rest = text.get(at + found.len()..)?;
        let (target, _) = rest.split_once(')')?;
        (!target.contains(char::is_whitespace)).then_some(target)
    })
}

/// The names by which links reach the headings of a document, as hosting platforms make them.
fn headings(text: &str) -> BTreeSet<String> {
    let prose = without_fences(text);
    let titles = prose.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    titles
        .map(|title| {
            let kept = title.chars().filter(|letter| letter.is_alphanumeric() || [' ', '-', '_'].contains(letter));
            kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect::<String>().to_lowercase()
        })
        .collect()
}

/// The text without its blocks of code.
fn without_fences(text: &str) -> String {
    let mut is_code = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        let is_fence = line.trim_start().starts_with("```");
        if !is_fence && !is_code {
            lines.push(line);
        }
        is_code ^= is_fence;
    }
    lines.join("\n")
}

/// A path that is written relative to a document's folder.
fn beside(name: &Path, path: &str) -> PathBuf {
    let mut place = name.parent().unwrap_or(Path::new("")).to_path_buf();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                place.pop();
            }
            part => place.push(part),
        }
    }
    place
}

fn is_built(path: &Path) -> bool {
    let is_installed = path.components().any(|part| part.as_os_str() == "node_modules");
    is_installed || BUILT.iter().any(|folder| path.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = env!("CARGO_MANIFEST_DIR");

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let text =
            "[a](main.md) [b](../Cargo.toml) [c](#one-two) [d](main.md#none) [e](https://x.org/y)\n## One, `two`\n";
        let texts = BTreeMap::from([(PathBuf::from("src/main.md"), text.to_owned())]);
        let faults = dead_links(Path::new(HERE), Path::new("src/main.md"), text, &texts);
        let expected =
            ["main.md", "main.md#none"].map(|target| format!("src/main.md: the link {target} leads nowhere"));
        assert_eq!(faults, expected);
    }

    #[test]
    fn a_path_that_does_not_exist_is_found_outside_of_code_only() {
        let text = "`src/main.rs` `src/gone.rs` `src/*.rs` `elsewhere/x`\n```sh\n`src/none.rs`\n```\n`src/gone/`\n";
        let faults = dead_paths(Path::new(HERE), Path::new("README.md"), text);
        assert_eq!(faults, ["README.md: src/gone.rs does not exist", "README.md: src/gone/ does not exist"]);
    }

    #[test]
    fn a_figure_may_be_broken_over_two_lines_but_not_changed() {
        let texts = BTreeMap::from([(PathBuf::from("a.md"), "within 500\nseeds".to_owned())]);
        assert_eq!(old_figure(&texts, "a.md", "within 500 seeds"), None);
        assert!(old_figure(&texts, "a.md", "within 300 seeds").is_some());
        assert!(old_figure(&texts, "b.md", "within 500 seeds").is_some());
    }
}
