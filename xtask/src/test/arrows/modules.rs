//! The files of a crate and what each of them uses of the others, as their paths and `use` declarations say.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use crate::stamp;

/// The files of a crate, by their modules: `["node", "cell"]` is `node/cell.rs`, and the crate's root is `[]`.
pub(super) struct Modules(BTreeMap<Words, Module>);

type Words = Vec<String>;

/// A file, as far as it says what it uses.
struct Module {
    file: String,
    /// What a name of the file stands for: the path of its `use` declaration, from the crate's root.
    names: HashMap<String, Words>,
    /// The modules of which it takes every name.
    globs: Vec<Words>,
    /// The paths that it names, from the crate's root, but for those that it only passes on.
    paths: BTreeSet<Words>,
    /// What it defines.
    defined: BTreeSet<String>,
}

/// More declarations than a name is passed on by.
const MOST_HOPS: usize = 8;

impl Modules {
    /// Reads the sources of a crate under `folder`. Tests do not count.
    pub(super) fn read(root: &Path, folder: &str) -> Result<Self> {
        let mut texts = BTreeMap::new();
        // A program beside a library is a crate of its own.
        let root_file = if root.join(folder).join("lib.rs").is_file() { "lib" } else { "main" };
        for path in stamp::files_under(&root.join(folder))? {
            let inner = path.strip_prefix(root.join(folder)).unwrap_or(&path).with_extension("");
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let all: Words = inner.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
            let name = format!("{folder}/{}.rs", all.join("/"));
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {name}"))?;
            let syntax = syn::parse_file(&text).with_context(|| format!("syn cannot read {name}"))?;
            texts.insert(all.into_iter().filter(|word| word != root_file).collect::<Words>(), (name, syntax));
        }
        let tests: Vec<Words> = texts.iter().flat_map(|(words, (_, syntax))| tests_of(words, syntax)).collect();
        texts.retain(|words, _| !tests.iter().any(|test| words.starts_with(test)));
        let known: BTreeSet<Words> = texts.keys().cloned().collect();
        let read = |(words, (file, syntax)): (Words, (String, syn::File))| {
            let mut reader = Reader { at: &words, known: &known, module: Module::new(file), aliases: HashMap::new() };
            reader.visit_file(&syntax);
            let module = reader.module;
            (words, module)
        };
        Ok(Self(texts.into_iter().map(read).collect()))
    }

    /// Who uses whom, by the names of files. A name that is passed on counts for the file that defines it.
    pub(super) fn arrows(&self) -> BTreeSet<(&str, &str)> {
        let mut arrows = BTreeSet::new();
        for module in self.0.values() {
            let used = module.paths.iter().filter_map(|path| self.home(path, MOST_HOPS));
            arrows.extend(used.map(|home| (module.file.as_str(), home)).filter(|(from, to)| from != to));
        }
        arrows
    }

    /// The file that defines what a path from the crate's root names.
    fn home(&self, path: &[String], hops: usize) -> Option<&str> {
        let inside = (0..=path.len()).rev().find(|count| self.0.contains_key(&path[..*count]))?;
        let (module, rest) = (self.0.get(&path[..inside])?, &path[inside..]);
        let Some(name) = rest.first() else { return Some(&module.file) };
        if module.defined.contains(name) || hops == 0 {
            return Some(&module.file);
        }
        if let Some(passed_on) = module.names.get(name) {
            return self.home(passed_on, hops - 1);
        }
        let defines = |words: &&Words| self.0.get(*words).is_some_and(|module| module.defined.contains(name));
        let glob = module.globs.iter().find(defines).and_then(|words| self.0.get(words));
        Some(&glob.unwrap_or(module).file)
    }
}

/// The modules that only tests have.
fn tests_of(words: &[String], syntax: &syn::File) -> Vec<Words> {
    let mut tests = Vec::new();
    for item in &syntax.items {
        if let syn::Item::Mod(module) = item
            && is_for_tests(&module.attrs)
        {
            tests.push([words, &[module.ident.to_string()]].concat());
        }
    }
    tests
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else { return false };
        let tokens = flat(list.tokens.clone());
        let says = |word: &str| tokens.iter().any(|token| matches!(token, TokenTree::Ident(is) if is == word));
        list.path.is_ident("cfg") && says("test") && !says("not")
    })
}

fn flat(tokens: TokenStream) -> Vec<TokenTree> {
    let mut all = Vec::new();
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            all.extend(flat(group.stream()));
        }
        all.push(token);
    }
    all
}

impl Module {
    fn new(file: String) -> Self {
        let (names, globs) = (HashMap::new(), Vec::new());
        Self { file, names, globs, paths: BTreeSet::new(), defined: BTreeSet::new() }
    }
}

struct Reader<'a> {
    at: &'a Words,
    known: &'a BTreeSet<Words>,
    module: Module,
    /// Modules that the file has taken in by a name.
    aliases: HashMap<String, Words>,
}

impl Reader<'_> {
    /// A path from the crate's root; `None` where it leads out of the crate, or names what the file itself has.
    fn absolute(&self, path: &[String]) -> Option<Words> {
        let first = path.first()?;
        let climbed = path.iter().take_while(|word| *word == "super").count();
        if climbed > 0 {
            let base = self.at.get(..self.at.len().checked_sub(climbed)?)?;
            return Some([base, path.get(climbed..)?].concat());
        }
        let rest = path.get(1..)?;
        if first == "crate" {
            return Some(rest.to_vec());
        }
        if first == "self" {
            return Some([self.at.as_slice(), rest].concat());
        }
        if let Some(alias) = self.aliases.get(first) {
            return (!rest.is_empty()).then(|| [alias.as_slice(), rest].concat());
        }
        if let Some(passed_on) = self.module.names.get(first) {
            return Some([passed_on.as_slice(), rest].concat());
        }
        let child = [self.at.as_slice(), std::slice::from_ref(first)].concat();
        self.known.contains(&child).then(|| [child.as_slice(), rest].concat())
    }

    fn note(&mut self, path: &[String]) {
        // A module is used where something in it is named.
        if let Some(path) = self.absolute(path).filter(|path| !self.known.contains(path)) {
            self.module.paths.insert(path);
        }
    }

    /// The leaves of a `use`: each a path and the name that it is taken in by; no name for `*`.
    fn leaves(tree: &syn::UseTree, before: &[String], leaves: &mut Vec<(Words, Option<String>)>) {
        let with = |word: &syn::Ident| [before, &[word.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => Self::leaves(&path.tree, &with(&path.ident), leaves),
            syn::UseTree::Name(name) if name.ident == "self" => {
                leaves.push((before.to_vec(), before.last().cloned()));
            }
            syn::UseTree::Name(name) => leaves.push((with(&name.ident), Some(name.ident.to_string()))),
            syn::UseTree::Rename(rename) => leaves.push((with(&rename.ident), Some(rename.rename.to_string()))),
            syn::UseTree::Glob(_) => leaves.push((before.to_vec(), None)),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| Self::leaves(tree, before, leaves)),
        }
    }

    fn take_in(&mut self, item: &syn::ItemUse) {
        let mut leaves = Vec::new();
        Self::leaves(&item.tree, &[], &mut leaves);
        let is_passed_on = !matches!(item.vis, syn::Visibility::Inherited);
        for (path, name) in leaves {
            let Some(path) = self.absolute(&path) else { continue };
            match name {
                None => self.module.globs.push(path),
                Some(name) => {
                    if self.known.contains(&path) {
                        self.aliases.insert(name.clone(), path.clone());
                    } else if !is_passed_on {
                        self.module.paths.insert(path.clone());
                    }
                    self.module.names.insert(name, path);
                }
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_file(&mut self, file: &'ast syn::File) {
        // Names first: a path may come before the declaration that explains it.
        for item in &file.items {
            if let syn::Item::Use(item) = item
                && !is_for_tests(&item.attrs)
            {
                self.take_in(item);
            }
            self.module.defined.extend(defined(item));
        }
        visit::visit_file(self, file);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_for_tests(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words: Words = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.note(&words);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let mut path = Words::new();
        let mut colons = 0;
        for token in flat(call.tokens.clone()) {
            match token {
                TokenTree::Ident(word) => {
                    if colons != 2 {
                        self.note(&std::mem::take(&mut path));
                    }
                    path.push(word.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                TokenTree::Group(_) | TokenTree::Literal(_) | TokenTree::Punct(_) => {
                    self.note(&std::mem::take(&mut path));
                    colons = 0;
                }
            }
        }
        self.note(&path);
        visit::visit_macro(self, call);
    }
}

/// The name that an item defines.
fn defined(item: &syn::Item) -> Option<String> {
    let name = match item {
        syn::Item::Const(item) => &item.ident,
        syn::Item::Enum(item) => &item.ident,
        syn::Item::Fn(item) => &item.sig.ident,
        syn::Item::Macro(item) => item.ident.as_ref()?,
        syn::Item::Static(item) => &item.ident,
        syn::Item::Struct(item) => &item.ident,
        syn::Item::Trait(item) => &item.ident,
        syn::Item::Type(item) => &item.ident,
        syn::Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}
