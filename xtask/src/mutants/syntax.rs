//! Where in the syntax of a file a mutant has its switch.

use std::collections::HashSet;
use std::ops::Range;

use anyhow::{Context, Result};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::mutant::{Genre, Mutant};

/// A change of the text. Those of a file lie beside or inside each other.
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    /// Other texts for the expression, each with the number of its mutant.
    Choice(Vec<(u32, String)>),
    /// A text that is put in, for this mutant.
    Insertion(u32, String),
    /// The text is left out.
    Omission,
}

/// What the mutants of a file come to.
#[derive(Default)]
pub(super) struct Found {
    pub(super) edits: Vec<Edit>,
    /// Every function, from `const` or `fn` to its brace, and its name.
    pub(super) functions: Vec<(Range<usize>, String)>,
    pub(super) inexpressible: Vec<u32>,
}

/// The edits for mutants. Functions lose their `const`, but for those named: a constant function cannot ask for a switch.
pub(super) fn edits(text: &str, mutants: &[&Mutant], constants: &HashSet<String>) -> Result<Found> {
    let file = syn::parse_file(text).context("syn cannot read the file")?;
    let mut finder = Finder { text, mutants, constants, found: Found::default(), bodies: Vec::new() };
    finder.visit_file(&file);
    let Finder { mut found, bodies, .. } = finder;
    for mutant in mutants.iter().filter(|mutant| mutant.genre == Genre::FnValue) {
        let around = bodies.iter().filter(|body| body.start <= mutant.range.start && mutant.range.end <= body.end);
        if let Some(body) = around.min_by_key(|body| body.len()) {
            let text = format!(" if {{asked}} {{ return {}; }}", mutant.replacement);
            let kind = Kind::Insertion(mutant.number, text);
            found.edits.push(Edit { range: body.start..body.start, kind });
        }
    }
    let is_placed = |mutant: &&&Mutant| {
        found.edits.iter().any(|edit| match &edit.kind {
            Kind::Choice(others) => others.iter().any(|(number, _)| *number == mutant.number),
            Kind::Insertion(number, _) => *number == mutant.number,
            Kind::Omission => false,
        })
    };
    found.inexpressible = mutants.iter().filter(|mutant| !is_placed(mutant)).map(|mutant| mutant.number).collect();
    Ok(found)
}

struct Finder<'a> {
    text: &'a str,
    mutants: &'a [&'a Mutant],
    constants: &'a HashSet<String>,
    found: Found,
    /// What is between the braces of functions.
    bodies: Vec<Range<usize>>,
}

impl<'a> Finder<'a> {
    fn of(&self, genre: Genre, range: &Range<usize>) -> Vec<&'a Mutant> {
        let is_it = |mutant: &&&Mutant| mutant.genre == genre && mutant.range.start == range.start;
        self.mutants.iter().filter(is_it).copied().collect()
    }

    /// Another text instead of an expression.
    fn choose(&mut self, range: Range<usize>, mutant: &Mutant, text: String) {
        let other = (mutant.number, text);
        for edit in &mut self.found.edits {
            if let Kind::Choice(others) = &mut edit.kind
                && edit.range == range
            {
                others.push(other);
                return;
            }
        }
        self.found.edits.push(Edit { range, kind: Kind::Choice(vec![other]) });
    }

    fn text(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let name = signature.ident.to_string();
        let (open, close) = (bytes(&block.brace_token.span.open()), bytes(&block.brace_token.span.close()));
        let start =
            signature.constness.as_ref().map_or(bytes(&signature.fn_token.span).start, |word| bytes(&word.span).start);
        if let Some(word) = &signature.constness
            && !self.constants.contains(&name)
        {
            let word = bytes(&word.span);
            self.found.edits.push(Edit { range: word.start..word.end + 1, kind: Kind::Omission });
        }
        self.found.functions.push((start..close.end, name));
        self.bodies.push(open.end..close.start);
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        let (whole, operator) = (bytes(&binary.span()), bytes(&binary.op.span()));
        for mutant in self.of(Genre::BinaryOperator, &operator) {
            if has_let(&binary.left) || has_let(&binary.right) {
                continue;
            }
            let (left, right) = (self.text(whole.start..operator.start), self.text(operator.end..whole.end));
            self.choose(whole.clone(), mutant, [left, &mutant.replacement, right].concat());
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        let whole = bytes(&unary.span());
        for mutant in self.of(Genre::UnaryOperator, &bytes(&unary.op.span())) {
            self.choose(whole.clone(), mutant, self.text(bytes(&unary.expr.span())).to_owned());
        }
        visit::visit_expr_unary(self, unary);
    }

    fn visit_expr_struct(&mut self, made: &'ast syn::ExprStruct) {
        let whole = bytes(&made.span());
        for field in &made.fields {
            for mutant in self.of(Genre::StructField, &bytes(&field.span())) {
                let comma = self.text(mutant.range.end..whole.end).starts_with(',');
                let end = mutant.range.end + usize::from(comma);
                let text = [self.text(whole.start..mutant.range.start), self.text(end..whole.end)].concat();
                self.choose(whole.clone(), mutant, text);
            }
        }
        visit::visit_expr_struct(self, made);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let guard = arm.guard.as_ref().map(|(_, guard)| guard);
        for mutant in self.of(Genre::MatchArm, &bytes(&arm.span())) {
            match guard {
                Some(guard) if has_let(guard) => {}
                Some(guard) => self.choose(bytes(&guard.span()), mutant, "false".to_owned()),
                None => {
                    let end = bytes(&arm.pat.span()).end;
                    let kind = Kind::Insertion(mutant.number, " if !{asked}".to_owned());
                    self.found.edits.push(Edit { range: end..end, kind });
                }
            }
        }
        if let Some(guard) = guard.filter(|guard| !has_let(guard)) {
            let range = bytes(&guard.span());
            for mutant in self.of(Genre::MatchArmGuard, &range) {
                self.choose(range.clone(), mutant, mutant.replacement.clone());
            }
        }
        visit::visit_arm(self, arm);
    }
}

fn bytes(span: &proc_macro2::Span) -> Range<usize> {
    span.byte_range()
}

/// Whether a condition binds names with `let`, which an `if` around it would hide.
fn has_let(condition: &syn::Expr) -> bool {
    match condition {
        syn::Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        syn::Expr::Let(_) => true,
        _ => false,
    }
}
