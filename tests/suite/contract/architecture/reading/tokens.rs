//! What can be known of macro bodies, which are not syntax yet: their words, paths and texts.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::Facts;

/// A path found among tokens.
pub(super) struct Found {
    pub(super) segments: Vec<String>,
    pub(super) line: usize,
}

/// Finds paths of two or more names, texts, `async`, `await` and `#[allow]` among tokens.
pub(super) fn scan(stream: TokenStream, facts: &mut Facts) -> Vec<Found> {
    let mut scanner = Scanner { facts, found: Vec::new() };
    scanner.tokens(&stream.into_iter().collect::<Vec<_>>(), &[]);
    scanner.found
}

/// Notes an attribute that is an exemption or a detour, also behind `cfg_attr`.
pub(super) fn attribute(meta: &syn::Meta, facts: &mut Facts) {
    let line = syn::spanned::Spanned::span(meta).start().line;
    let path = meta.path();
    if path.is_ident("allow") {
        facts.allows.push(line);
    }
    if path.is_ident("path") {
        facts.detours.push(("#[path]", line));
    }
    if let syn::Meta::List(list) = meta
        && path.is_ident("cfg_attr")
    {
        for token in list.tokens.clone() {
            match token {
                TokenTree::Ident(word) if word == "allow" => facts.allows.push(line),
                TokenTree::Ident(word) if word == "path" => facts.detours.push(("#[path]", line)),
                _ => {}
            }
        }
    }
}

struct Scanner<'a> {
    facts: &'a mut Facts,
    found: Vec<Found>,
}

impl Scanner<'_> {
    /// Walks tokens. Under a `prefix` they are the inside of `use prefix::{…}`.
    fn tokens(&mut self, tokens: &[TokenTree], prefix: &[String]) {
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => at = self.attribute(tokens, at),
                TokenTree::Punct(punct) if punct.as_char() == '*' && !prefix.is_empty() => {
                    let mut segments = prefix.to_vec();
                    segments.push("*".to_owned());
                    self.found.push(Found { segments, line: punct.span().start().line });
                }
                TokenTree::Punct(_) => {}
                TokenTree::Group(group) => {
                    self.tokens(&group.stream().into_iter().collect::<Vec<_>>(), &[]);
                }
                TokenTree::Literal(literal) => {
                    if let Ok(text) = syn::parse2::<syn::LitStr>(TokenTree::from(literal.clone()).into()) {
                        self.facts.texts.push((text.value(), literal.span().start().line));
                    }
                }
                TokenTree::Ident(word) if word == "as" && !prefix.is_empty() => at += 1,
                TokenTree::Ident(word) => at = self.word(word, tokens, at, prefix),
            }
        }
    }

    /// Reads `#[…]`; returns where to go on. Documentation is passed over.
    fn attribute(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let Some(TokenTree::Group(group)) = tokens.get(at) else { return at };
        if let Ok(meta) = syn::parse2::<syn::Meta>(group.stream()) {
            if meta.path().is_ident("doc") {
                return at + 1;
            }
            attribute(&meta, self.facts);
        }
        at
    }

    /// Reads the path that starts with `word`; returns where to go on.
    fn word(
        &mut self,
        word: &proc_macro2::Ident,
        tokens: &[TokenTree],
        mut at: usize,
        prefix: &[String],
    ) -> usize {
        let line = word.span().start().line;
        self.keyword(word, tokens.get(at), line);
        let mut segments = prefix.to_vec();
        segments.push(word.to_string());
        while let [Some(TokenTree::Punct(a)), Some(TokenTree::Punct(b)), Some(next)] =
            [tokens.get(at), tokens.get(at + 1), tokens.get(at + 2)]
        {
            if a.as_char() != ':' || b.as_char() != ':' {
                break;
            }
            match next {
                TokenTree::Ident(name) => segments.push(name.to_string()),
                TokenTree::Punct(star) if star.as_char() == '*' => segments.push("*".to_owned()),
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    self.tokens(&group.stream().into_iter().collect::<Vec<_>>(), &segments);
                    return at + 3;
                }
                _ => break,
            }
            at += 3;
        }
        if segments.len() > 1 {
            self.found.push(Found { segments, line });
        }
        at
    }

    fn keyword(&mut self, word: &proc_macro2::Ident, next: Option<&TokenTree>, line: usize) {
        if word == "async" || word == "await" {
            self.facts.waits.push(line);
        }
        if matches!(next, Some(TokenTree::Punct(mark)) if mark.as_char() == '!') {
            self.facts.macros.push((word.to_string(), line));
            if word == "include" {
                self.facts.detours.push(("include!", line));
            }
        }
    }
}
