//! The first pass: walks the syntax tree and writes down paths as they stand.

use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use super::{Gathered, How, Raw, tokens};

/// Everything one file says, before aliases are resolved.
pub(super) fn gather(file: &syn::File, module: Vec<String>) -> Gathered {
    let mut gatherer = Gatherer { out: Gathered::default(), module, how: How::Use };
    gatherer.visit_file(file);
    gatherer.out
}

struct Gatherer {
    out: Gathered,
    module: Vec<String>,
    /// How the type now being walked is mentioned.
    how: How,
}

impl Gatherer {
    fn raw(&self, segments: Vec<String>, from_crates: bool, line: usize, how: How) -> Raw {
        Raw { module: self.module.clone(), from_crates, segments, line, how }
    }

    fn mention(&mut self, segments: Vec<String>, from_crates: bool, line: usize) {
        let raw = self.raw(segments, from_crates, line, self.how);
        self.out.raws.push(raw);
    }

    /// Whether an item of this visibility can be named outside its room.
    fn exposure(&self, visibility: &syn::Visibility) -> How {
        let depth = match visibility {
            syn::Visibility::Inherited => return How::Use,
            syn::Visibility::Public(_) => 0,
            syn::Visibility::Restricted(restricted) => {
                let path = segments(&restricted.path);
                let raw = self.raw(path, false, 0, How::Use);
                super::rooted(&raw).map_or(0, |reach| reach.len())
            }
        };
        if depth == 0 { How::ReExport } else { How::Use }
    }

    fn import(&mut self, tree: &syn::UseTree, prefix: &[String], from_crates: bool, how: How) {
        let with = |name: &syn::Ident| {
            let mut path = prefix.to_vec();
            if name != "self" || prefix.is_empty() {
                path.push(name.to_string());
            }
            path
        };
        match tree {
            syn::UseTree::Path(step) => self.import(&step.tree, &with(&step.ident), from_crates, how),
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, prefix, from_crates, how);
                }
            }
            syn::UseTree::Glob(glob) => {
                let mut path = prefix.to_vec();
                path.push("*".to_owned());
                let raw = self.raw(path, from_crates, glob.span().start().line, how);
                self.out.raws.push(raw);
            }
            syn::UseTree::Name(name) => {
                let path = with(&name.ident);
                let alias = path.last().cloned().unwrap_or_default();
                self.name(alias, path, from_crates, name.ident.span().start().line, how);
            }
            syn::UseTree::Rename(rename) => {
                let alias = rename.rename.to_string();
                let line = rename.ident.span().start().line;
                self.name(alias, with(&rename.ident), from_crates, line, how);
            }
        }
    }

    /// An import that gives a path a name in this file.
    fn name(&mut self, alias: String, path: Vec<String>, from_crates: bool, line: usize, how: How) {
        let raw = self.raw(path, from_crates, line, how);
        self.out.aliases.entry(alias).or_default().push(raw.clone());
        self.out.raws.push(raw);
    }

    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let first = signature.span().start().line;
        let last = block.brace_token.span.close().end().line;
        self.out.facts.functions.push((signature.ident.to_string(), first, last + 1 - first));
    }

    fn wait(&mut self, span: proc_macro2::Span) {
        self.out.facts.waits.push(span.start().line);
    }

    fn scan(&mut self, stream: proc_macro2::TokenStream) {
        for path in tokens::scan(stream, &mut self.out.facts) {
            self.mention(path.segments, false, path.line);
        }
    }

    /// `<Type>::name` and `<Type as Trait>::name` mean a name of the type.
    fn qualified(&mut self, qself: &syn::QSelf, path: &syn::Path) {
        let line = path.span().start().line;
        let mut of_trait = segments(path);
        let names = of_trait.split_off(qself.position);
        if let syn::Type::Path(of) = &*qself.ty {
            let mut full = segments(&of.path);
            full.extend(names);
            self.mention(full, of.path.leading_colon.is_some(), line);
        }
        if of_trait.len() > 1 {
            self.mention(of_trait, path.leading_colon.is_some() && qself.position > 0, line);
        }
        self.visit_qself(qself);
        for segment in &path.segments {
            self.visit_path_arguments(&segment.arguments);
        }
    }

    /// Attributes also name functions in texts, as in `#[serde(default = "path::to::function")]`.
    fn paths_in_texts(&mut self, first: usize) {
        let paths: Vec<(Vec<String>, usize)> = self.out.facts.texts[first..]
            .iter()
            .filter_map(|(text, line)| Some((segments(&syn::parse_str(text).ok()?), *line)))
            .filter(|(path, _)| path.len() > 1)
            .collect();
        for (path, line) in paths {
            self.mention(path, false, line);
        }
    }
}

fn segments(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

impl<'ast> Visit<'ast> for Gatherer {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        item.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
        let how = self.exposure(&item.vis);
        self.import(&item.tree, &[], item.leading_colon.is_some(), how);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        let how = self.exposure(&item.vis);
        let name = item.ident.to_string();
        let alias = item.rename.as_ref().map_or_else(|| name.clone(), |(_, alias)| alias.to_string());
        self.name(alias, vec![name], true, item.span().start().line, how);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let name = item.ident.to_string();
        self.out.facts.modules.push((name.clone(), item.ident.span().start().line));
        self.module.push(name);
        self.out.declared.insert(self.module.clone());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    /// An alias is a second name for a type: a public one hands the type on as `pub use` does.
    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        if let syn::Type::Path(of) = &*item.ty {
            let from_crates = of.path.leading_colon.is_some();
            let raw = self.raw(segments(&of.path), from_crates, item.span().start().line, How::Use);
            self.out.aliases.entry(item.ident.to_string()).or_default().push(raw);
            let how = self.exposure(&item.vis);
            self.how = how;
            self.mention(segments(&of.path), from_crates, item.span().start().line);
            self.how = How::Use;
        }
        visit::visit_item_type(self, item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let from_crates = path.leading_colon.is_some();
        if from_crates || path.segments.len() > 1 {
            self.mention(segments(path), from_crates, path.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_expr_path(&mut self, expression: &'ast syn::ExprPath) {
        match &expression.qself {
            Some(qself) => self.qualified(qself, &expression.path),
            None => visit::visit_expr_path(self, expression),
        }
    }

    fn visit_type_path(&mut self, of: &'ast syn::TypePath) {
        match &of.qself {
            Some(qself) => self.qualified(qself, &of.path),
            None => visit::visit_type_path(self, of),
        }
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {
        // `pub(in crate::room)` uses nothing.
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let line = call.path.span().start().line;
        if let Some(name) = call.path.get_ident() {
            self.out.facts.macros.push((name.to_string(), line));
        }
        if call.path.segments.last().is_some_and(|last| last.ident == "include") {
            self.out.facts.detours.push(("include!", line));
        }
        self.visit_path(&call.path);
        self.scan(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if attribute.path().is_ident("doc") {
            return;
        }
        let texts = self.out.facts.texts.len();
        tokens::attribute(&attribute.meta, &mut self.out.facts);
        self.visit_path(attribute.path());
        match &attribute.meta {
            syn::Meta::Path(_) => {}
            syn::Meta::List(list) => self.scan(list.tokens.clone()),
            syn::Meta::NameValue(pair) => self.visit_expr(&pair.value),
        }
        self.paths_in_texts(texts);
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.out.facts.texts.push((text.value(), text.span().start().line));
    }

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

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        if let Some(word) = &signature.asyncness {
            self.wait(word.span);
        }
        visit::visit_signature(self, signature);
    }

    fn visit_expr_async(&mut self, expression: &'ast syn::ExprAsync) {
        self.wait(expression.async_token.span);
        visit::visit_expr_async(self, expression);
    }

    fn visit_expr_closure(&mut self, expression: &'ast syn::ExprClosure) {
        if let Some(word) = &expression.asyncness {
            self.wait(word.span);
        }
        visit::visit_expr_closure(self, expression);
    }

    fn visit_expr_await(&mut self, expression: &'ast syn::ExprAwait) {
        self.wait(expression.await_token.span);
        visit::visit_expr_await(self, expression);
    }
}
