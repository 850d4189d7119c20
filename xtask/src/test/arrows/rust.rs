//! The arrows between the parts of the core, and from the gateway to it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::stamp::{self, shown};

/// A part of the core and the parts it may use.
const PARTS: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("token", &["protocol"]),
    ("media", &["protocol"]),
    ("session", &["protocol", "token", "media"]),
    ("client", &["protocol", "session"]),
    ("wasm", &["protocol", "session", "client"]),
];

/// Parts that take time, randomness and sockets as arguments.
const PURE: &[&str] = &["protocol", "token", "media", "session"];

/// What reaches the clock, sockets, randomness or the engine; the step `core-alone` finds the rest of `std`.
const IMPURE: &[&str] =
    &["std", "tokio", "tokio_tungstenite_wasm", "js_sys", "wasm_bindgen", "wasm_bindgen_futures", "getrandom", "rand"];

/// Parts of the gateway that take time, randomness and sockets as arguments, and the other parts of it that they may use.
const GATEWAY_PURE: &[(&str, &[&str])] =
    &[("room", &[]), ("node", &["admission", "media", "room"]), ("partition", &["media", "node", "room", "settings"])];

/// What reaches clocks, sockets, tasks or randomness from there.
const GATEWAY_IMPURE: &[&str] = &[
    "axum",
    "futures_util",
    "getrandom",
    "hyper",
    "std::net",
    "std::thread",
    "std::time",
    "tokio",
    "tokio_tungstenite",
    "tokio_util",
];

/// The only files of the gateway that start tasks and threads: elsewhere one could die unheard.
const GATEWAY_STARTERS: &[&str] = &["gateway/src/watch.rs", "gateway/src/log.rs"];

/// What the gateway may use of the core.
const GATEWAY: &[&str] = &["protocol", "token"];

pub(super) fn rules() -> BTreeSet<(&'static str, &'static str)> {
    let parts = PARTS.iter().flat_map(|(part, allowed)| allowed.iter().map(|other| (*part, *other)));
    parts.chain(GATEWAY.iter().map(|part| ("gateway", *part))).collect()
}

pub(super) fn faults(root: &Path) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for (part, allowed) in PARTS {
        for (file, code) in sources(root, "src", part)? {
            let mut fault = |what: String| faults.push(format!("{}: {part} {what}", shown(root, &file)));
            for other in parts_named(&code, "crate") {
                if other != *part && !allowed.contains(&other.as_str()) {
                    fault(format!("uses {other}"));
                }
            }
            if climbs_out(&code, depth(root, &file)) {
                fault("reaches the crate's root through super; write crate".to_owned());
            }
            if PURE.contains(part) {
                IMPURE.iter().filter(|name| uses(&code, name)).for_each(|name| fault(format!("names {name}")));
            }
        }
    }
    for (part, allowed) in GATEWAY_PURE {
        for (file, code) in sources(root, "gateway/src", part)? {
            let mut fault = |what: String| faults.push(format!("{}: {part} {what}", shown(root, &file)));
            for other in parts_named(&code, "crate") {
                if other != *part && !allowed.contains(&other.as_str()) {
                    fault(format!("uses {other}"));
                }
            }
            GATEWAY_IMPURE.iter().filter(|name| uses(&code, name)).for_each(|name| fault(format!("names {name}")));
        }
    }
    for (file, code) in sources(root, "gateway/src", "")? {
        for other in parts_named(&code, "miniapp_rtc").iter().filter(|part| !GATEWAY.contains(&part.as_str())) {
            faults.push(format!("{}: the gateway uses {other}", shown(root, &file)));
        }
        let file = shown(root, &file);
        if starts_task(&code) && !is_test(&file) && !GATEWAY_STARTERS.contains(&file.as_str()) {
            faults.push(format!(
                "{file}: starts a task by itself; start it by a Watch, or by attend where it is a connection's"
            ));
        }
    }
    let names = root.join("src/lib.rs");
    let text = fs::read_to_string(&names).with_context(|| format!("cannot read {}", names.display()))?;
    if !text.lines().any(|line| line == "#![no_std]") {
        faults.push("src/lib.rs: the core is no longer no_std".to_owned());
    }
    Ok(faults)
}

/// Whether the code starts a task or a thread.
fn starts_task(code: &str) -> bool {
    ["spawn(", "spawn_blocking(", "spawn_local(", "spawn_on("].iter().any(|call| {
        code.match_indices(call).any(|(start, _)| {
            let before = code.get(..start).unwrap_or_default();
            before.ends_with("::") || before.ends_with('.')
        })
    })
}

/// Whether a file under `src` is compiled for tests alone.
fn is_test(file: &str) -> bool {
    ["/tests/", "/tests.rs", "/far_end.rs"].iter().any(|part| file.contains(part))
}

/// The files of a part with their code, without comments and without the tests at their end.
fn sources(root: &Path, folder: &str, part: &str) -> Result<Vec<(PathBuf, String)>> {
    let folder = root.join(folder);
    let mut files = stamp::files_under(&folder.join(part))?;
    files.extend(stamp::files_under(&folder.join(format!("{part}.rs")))?);
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let lines = text
            .lines()
            .take_while(|line| !["#[cfg(test)]", "#[cfg(all(test,"].iter().any(|test| line.starts_with(test)));
        let code = lines.filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        Ok((file, code))
    };
    files.into_iter().map(read).collect()
}

/// The modules directly under a crate that the code names: in paths, and in groups such as `use crate::{token, media::X}`.
fn parts_named(code: &str, krate: &str) -> BTreeSet<String> {
    let mut parts = BTreeSet::new();
    for after in places(code, &format!("{krate}::")) {
        match after.strip_prefix('{') {
            Some(group) => parts.extend(group_members(group)),
            None => parts.extend(first_word(after)),
        }
    }
    parts.retain(|part| part.starts_with(|first: char| first.is_ascii_lowercase() || first == '_'));
    parts
}

/// The first word of each member of a group, up to the brace that closes it.
fn group_members(group: &str) -> Vec<String> {
    let mut members = Vec::new();
    let mut deep = 0_usize;
    let mut member = String::new();
    for character in group.chars() {
        match character {
            '{' => deep += 1,
            '}' if deep == 0 => break,
            '}' => deep -= 1,
            ',' if deep == 0 => members.extend(first_word(std::mem::take(&mut member).trim())),
            _ if deep == 0 => member.push(character),
            _ => {}
        }
    }
    members.extend(first_word(member.trim()));
    members
}

fn first_word(text: &str) -> Option<String> {
    let word: String = text.chars().take_while(|character| is_word(*character)).collect();
    (!word.is_empty()).then_some(word)
}

/// How many times `super` leads from a file's module to the crate's root.
fn depth(root: &Path, file: &Path) -> usize {
    file.strip_prefix(root.join("src")).unwrap_or(file).components().count()
}

fn climbs_out(code: &str, depth: usize) -> bool {
    places(code, &"super::".repeat(depth)).next().is_some()
}

/// Whether the code names a crate, in a path or in a declaration.
fn uses(code: &str, name: &str) -> bool {
    let declared =
        |word: &str| places(code, &format!("{word} {name}")).any(|after| !after.chars().next().is_some_and(is_word));
    places(code, &format!("{name}::")).next().is_some() || declared("use") || declared("extern crate")
}

/// What follows each place where a path begins with these words.
fn places<'a>(code: &'a str, path: &str) -> impl Iterator<Item = &'a str> {
    code.match_indices(path).collect::<Vec<_>>().into_iter().filter_map(move |(start, found)| {
        let before = code.get(..start)?;
        let before = before.strip_suffix("::").unwrap_or(before);
        let begins = !before.chars().next_back().is_some_and(|character| is_word(character) || character == '>');
        begins.then(|| code.get(start + found.len()..)).flatten()
    })
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::super::Sample;
    use super::faults;

    /// What is found in a core that consists of one file.
    fn found(name: &str, path: &str, code: &str) -> Vec<String> {
        let sample = Sample::new(name, &[("src/lib.rs", "#![no_std]\n"), (path, code)]);
        faults(&sample.0).unwrap()
    }

    #[test]
    fn every_arrow_that_points_back_is_found() {
        let parts = ["protocol", "token", "media", "session", "client", "wasm"];
        let allowed = [
            ("token", "protocol"),
            ("media", "protocol"),
            ("session", "protocol"),
            ("session", "token"),
            ("session", "media"),
            ("client", "protocol"),
            ("client", "session"),
            ("wasm", "protocol"),
            ("wasm", "session"),
            ("wasm", "client"),
        ];
        for from in parts {
            for to in parts {
                let faults = found("back", &format!("src/{from}/x.rs"), &format!("use crate::{to}::Y;\n"));
                if from == to || allowed.contains(&(from, to)) {
                    assert_eq!(faults, [""; 0]);
                } else {
                    assert_eq!(faults, [format!("src/{from}/x.rs: {from} uses {to}")]);
                }
            }
        }
    }

    #[test]
    fn groups_and_paths_in_code_are_read() {
        let group = "use crate::{\n    protocol::{UserId, client},\n    wasm,\n};\n";
        assert_eq!(found("group", "src/session.rs", group), ["src/session.rs: session uses wasm"]);
        let path = "fn f() -> crate::session::State { todo() }\n";
        assert_eq!(found("path", "src/media/x.rs", path), ["src/media/x.rs: media uses session"]);
        let climbing = "use super::super::session::State;\n";
        let fault = "src/token/x.rs: token reaches the crate's root through super; write crate";
        assert_eq!(found("super", "src/token/x.rs", climbing), [fault]);
    }

    #[test]
    fn comments_tests_and_longer_words_count_nothing() {
        let code = "//! See [`crate::wasm`].\nuse super::y::Z;\nuse core::time;\nuse no_std::x;\n\
                    #[cfg(test)]\nmod tests { use std::fs; use crate::client::Client; }\n";
        assert_eq!(found("words", "src/session/x.rs", code), [""; 0]);
    }

    #[test]
    fn a_part_that_is_not_on_the_map_is_found() {
        let fault = "src/session/x.rs: session uses session_helpers";
        assert_eq!(found("new", "src/session/x.rs", "use crate::session_helpers::Id;\n"), [fault]);
    }

    #[test]
    fn clock_sockets_and_engine_are_not_for_the_pure_parts() {
        for part in ["protocol", "token", "media", "session"] {
            for name in ["std", "tokio", "js_sys", "wasm_bindgen", "getrandom"] {
                let faults = found("pure", &format!("src/{part}.rs"), &format!("use {name}::x;\n"));
                assert_eq!(faults, [format!("src/{part}.rs: {part} names {name}")]);
            }
        }
        assert_eq!(found("impure", "src/client/x.rs", "use std::time::Instant;\nuse tokio::time;\n"), [""; 0]);
        assert_eq!(found("extern", "src/session.rs", "extern crate std;\nuse std as s;\n").len(), 1);
    }

    #[test]
    fn the_gateway_uses_words_and_tokens_only() {
        for part in ["session", "client", "wasm", "media"] {
            let code = format!("use miniapp_rtc::{{protocol, {part}}};\n");
            let faults = found("gateway", "gateway/src/x/y.rs", &code);
            assert_eq!(faults, [format!("gateway/src/x/y.rs: the gateway uses {part}")]);
        }
        let allowed = "use miniapp_rtc::protocol::UserId;\nuse miniapp_rtc::token::AppKey;\n";
        assert_eq!(found("gateway-allowed", "gateway/src/x.rs", allowed), [""; 0]);
    }

    #[test]
    fn a_task_that_nobody_watches_is_found() {
        let fault = "starts a task by itself; start it by a Watch, or by attend where it is a connection's";
        for code in ["tokio::spawn(x);\n", "tracker\n    .spawn(x);\n", "tokio::task::spawn_blocking(x);\n"] {
            for (path, is_found) in [
                ("gateway/src/engine/x.rs", true),
                ("gateway/src/x.rs", true),
                ("gateway/src/watch.rs", false),
                ("gateway/src/x/tests.rs", false),
            ] {
                let faults: Vec<String> = is_found.then(|| format!("{path}: {fault}")).into_iter().collect();
                assert_eq!(found("task", path, code), faults, "{code}");
            }
        }
        let code = "fn spawn(x: Y) {}\nself.attend(x);\n#[cfg(test)]\nmod tests { fn f() { tokio::spawn(x); } }\n";
        assert_eq!(found("no-task", "gateway/src/x.rs", code), [""; 0]);
        let code = code.replace("cfg(test)", "cfg(all(test, feature = \"x\"))");
        assert_eq!(found("no-task-with", "gateway/src/x.rs", &code), [""; 0]);
    }

    #[test]
    fn what_rooms_and_nodes_decide_needs_no_task_clock_or_shell() {
        for (code, faults) in [
            ("use tokio::sync::Notify;\n", &["names tokio"][..]),
            ("use std::time::Instant;\n", &["names std::time"]),
            ("use axum::extract::ws::Utf8Bytes;\n", &["names axum"]),
            ("use crate::engine::Engine;\n", &["uses engine"]),
            ("use crate::room::Room;\nuse crate::media::LiveStream;\n", &[]),
        ] {
            let faults: Vec<String> =
                faults.iter().map(|fault| format!("gateway/src/node/x.rs: node {fault}")).collect();
            assert_eq!(found("node", "gateway/src/node/x.rs", code), faults);
        }
        let climbing = found("room", "gateway/src/room/x.rs", "use crate::node::Cell;\n");
        assert_eq!(climbing, ["gateway/src/room/x.rs: room uses node"]);
    }

    #[test]
    fn a_core_with_std_is_found() {
        let sample = Sample::new("no-std", &[("src/lib.rs", "//! #![no_std]\n#![cfg_attr(not(test), no_std)]\n")]);
        assert_eq!(faults(&sample.0).unwrap(), ["src/lib.rs: the core is no longer no_std"]);
    }
}
