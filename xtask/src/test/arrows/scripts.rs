//! The arrows between the scripts: what a mini-program's file may load.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::stamp::{self, shown};

/// The module that `js-glue/build.mjs` puts in for this name: the core's own glue.
const CORE: &str = "#core";
/// Files under `js-glue/src/platform`, of the platform that a build is for.
const PLATFORM: &str = "#platform/";
/// What `js-glue/component-factory.mjs` writes into a component in place of this import.
const NATIVE_TAG: &str = "../native-tag.js";

pub(super) fn faults(root: &Path) -> Result<Vec<String>> {
    let mut faults = leaving(root, &root.join("js-glue/src"), &[CORE, PLATFORM])?;
    // A component is copied into other people's projects alone, so it may load its own files and nothing else.
    for component in folders(&root.join("js-glue/components"))? {
        faults.extend(leaving(root, &component, &[NATIVE_TAG])?);
    }
    // Inside the examples, `lib` and `components` are the built packages.
    for example in ["example-miniapp", "example-web"] {
        faults.extend(leaving(root, &root.join(example), &[])?);
    }
    Ok(faults)
}

fn folders(parent: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for file in stamp::files_under(parent)? {
        let first = file.strip_prefix(parent).ok().and_then(|inside| inside.components().next());
        folders.extend(first.map(|first| parent.join(first)));
    }
    folders.dedup();
    Ok(folders)
}

/// What the files of a folder load from outside it.
fn leaving(root: &Path, folder: &Path, allowed: &[&str]) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for file in stamp::files_under(folder)? {
        let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if !["js", "mjs", "wxs", "json", "wxml", "wxss"].contains(&extension) || is_minified(&file) {
            continue;
        }
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let is_script = ["js", "mjs", "wxs"].contains(&extension);
        for loaded in loaded(extension, &text) {
            let stays = match loaded.chars().next() {
                // An absolute path begins at the mini-program's own folder.
                Some('/') => inside(folder, folder, loaded.trim_start_matches('/')),
                Some('.') => inside(folder, file.parent().unwrap_or(folder), &loaded),
                _ => !is_script && !loaded.contains(':') && inside(folder, file.parent().unwrap_or(folder), &loaded),
            };
            if !stays && !allowed.iter().any(|name| is_named(&loaded, name)) {
                faults.push(format!("{}: loads {loaded} from outside {}", shown(root, &file), shown(root, folder)));
            }
        }
    }
    Ok(faults)
}

/// Whether a file is called by this name, or, where the name ends with a slash, is one of its files.
fn is_named(loaded: &str, name: &str) -> bool {
    loaded == name || (name.ends_with('/') && loaded.starts_with(name))
}

fn is_minified(file: &Path) -> bool {
    file.to_string_lossy().ends_with(".min.js")
}

/// Whether a relative path stays in the folder.
fn inside(folder: &Path, from: &Path, path: &str) -> bool {
    let mut place = from.to_path_buf();
    for component in Path::new(path).components() {
        match component {
            Component::ParentDir => {
                place.pop();
            }
            Component::Normal(name) => place.push(name),
            _ => {}
        }
        if !place.starts_with(folder) {
            return false;
        }
    }
    true
}

/// What a file of this kind loads.
fn loaded(extension: &str, text: &str) -> Vec<String> {
    match extension {
        "json" => components_used(text),
        "wxss" => quoted_after(text, &["@import "]),
        "wxml" => ["<import", "<include", "<wxs"].iter().flat_map(|tag| sources_of(text, tag)).collect(),
        _ => {
            let lines = text.lines().filter(|line| !line.trim_start().starts_with(['*', '/']));
            quoted_after(&lines.collect::<Vec<_>>().join("\n"), &["require(", "import(", " from ", "import "])
        }
    }
}

/// The quoted text directly after any of these words.
fn quoted_after(text: &str, words: &[&str]) -> Vec<String> {
    let after = words.iter().flat_map(|word| text.split(*word).skip(1));
    after.filter_map(|rest| quoted(rest.trim_start())).collect()
}

fn quoted(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|first| ['\'', '"', '`'].contains(first))?;
    text.get(1..)?.split_once(quote).map(|(inside, _)| inside.to_owned())
}

/// The `src` of every tag of this name.
fn sources_of(text: &str, tag: &str) -> Vec<String> {
    let tags = text.split(tag).skip(1).filter_map(|rest| rest.split('>').next());
    tags.flat_map(|attributes| quoted_after(attributes, &["src="])).collect()
}

/// The components that a page, a component or the application declares.
fn components_used(text: &str) -> Vec<String> {
    let settings: Value = serde_json::from_str(text).unwrap_or_default();
    let used = settings.get("usingComponents").and_then(Value::as_object);
    used.into_iter().flat_map(|used| used.values()).filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Sample;
    use super::faults;

    fn found(name: &str, path: &str, text: &str) -> Vec<String> {
        faults(&Sample::new(name, &[(path, text)]).0).unwrap()
    }

    #[test]
    fn a_component_loads_its_own_files_only() {
        for (file, text, loaded) in [
            ("x.js", "const a = require('../v-player/x.js');", "../v-player/x.js"),
            ("x.js", "const a = require(\"miniapp-rtc\");", "miniapp-rtc"),
            ("x.js", "import { a } from '../../src/names.js';", "../../src/names.js"),
            ("x.json", "{ \"usingComponents\": { \"a\": \"../v-player/x\" } }", "../v-player/x"),
            ("x.json", "{ \"usingComponents\": { \"a\": \"plugin://a/b\" } }", "plugin://a/b"),
            ("x.wxml", "<view/><import src=\"../v-player/x.wxml\"/>", "../v-player/x.wxml"),
            ("x.wxml", "<wxs module=\"m\" src='../m.wxs' />", "../m.wxs"),
            ("x.wxss", "@import \"../v-player/x.wxss\";", "../v-player/x.wxss"),
        ] {
            let faults = found("component", &format!("js-glue/components/v-pusher/{file}"), text);
            let place = "js-glue/components/v-pusher";
            assert_eq!(faults, [format!("{place}/{file}: loads {loaded} from outside {place}")]);
        }
        let own = "import { nativeTag } from '../native-tag.js';\nconst a = require('./a.js');\nconst b = require('./sub/../b');\n// require('../c')\n";
        assert_eq!(found("component-own", "js-glue/components/v-pusher/x.js", own), [""; 0]);
        let shown = "<live-player src=\"{{source}}\"/><import src=\"./a.wxml\"/>";
        assert_eq!(found("component-shown", "js-glue/components/v-player/x.wxml", shown), [""; 0]);
    }

    #[test]
    fn the_glue_loads_its_own_sources_and_the_core() {
        for loaded in ["../components/v-pusher/v-pusher.js", "ws", "../../simulator/index.js", "node:fs", "#core/x.js"]
        {
            let faults = found("glue", "js-glue/src/platform/x.js", &format!("import {{ a }} from '{loaded}';\n"));
            let expected = format!("js-glue/src/platform/x.js: loads {loaded} from outside js-glue/src");
            // One level up is still inside.
            let stays = loaded == "../components/v-pusher/v-pusher.js";
            assert_eq!(faults, if stays { vec![] } else { vec![expected] });
        }
        let text = "import core from '#core';\nimport { c } from '#platform/c.js';\nimport { a } from '../a.js';\nexport { b } from './b.js';\n";
        assert_eq!(found("glue-own", "js-glue/src/platform/x.js", text), [""; 0]);
    }

    #[test]
    fn the_example_loads_the_built_package_and_its_own_files() {
        for loaded in ["../../../js-glue/src/index.js", "../../../target/sdk/miniapp-rtc.min.js", "miniapp-rtc"] {
            let faults = found("example", "example-miniapp/pages/a/a.js", &format!("require('{loaded}');\n"));
            let expected = format!("example-miniapp/pages/a/a.js: loads {loaded} from outside example-miniapp");
            assert_eq!(faults, [expected]);
        }
        let own = "require('../../lib/miniapp-rtc.min.js');\nrequire('./b.js');\n";
        assert_eq!(found("example-own", "example-miniapp/pages/a/a.js", own), [""; 0]);
        let components = "{ \"usingComponents\": { \"p\": \"/components/v-pusher/v-pusher\" } }";
        assert_eq!(found("example-json", "example-miniapp/pages/a/a.json", components), [""; 0]);
    }
}
