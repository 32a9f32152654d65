//! The statements of the store as they stand in its sources, with the parts
//! that they share put in.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proc_macro2::{TokenStream, TokenTree};
use regex::{Captures, Regex};

/// A part that a statement takes from a constant.
static PART: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{([A-Z_]+)\}").expect("a pattern"));
/// A part that is chosen when the statement is made.
static CHOSEN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{[a-z_]*\}").expect("a pattern"));
static IMPORT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"use ([a-z_:]+)::\{([^{}]*)\};").expect("a pattern"));

/// A text of a file of the store.
pub(super) struct Text {
    /// Relative to `src/store`.
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) sql: String,
}

#[derive(Default)]
struct Source {
    texts: Vec<(String, usize)>,
    constants: BTreeMap<String, String>,
    /// Names from other files, with the path.
    imports: Vec<(String, String)>,
}

/// Every text of the store but the parts that others take in; those stand
/// where they are taken.
pub(super) fn all() -> Vec<Text> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let sources: BTreeMap<String, Source> = files(&root)
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a source file can be read");
            let name = path.strip_prefix(&root).expect("under the root").to_string_lossy().into_owned();
            (name, read(&text))
        })
        .collect();
    let texts = sources.iter().flat_map(|(file, source)| {
        source.texts.iter().map(|(text, line)| {
            let text = PART.replace_all(text, |part: &Captures<'_>| constant(&sources, file, &part[1]));
            let text = CHOSEN.replace_all(&text, " ").into_owned();
            Text { file: file.clone(), line: *line, sql: text }
        })
    });
    texts.collect()
}

/// The constant that a name stands for in a file.
fn constant(sources: &BTreeMap<String, Source>, file: &str, name: &str) -> String {
    let source = &sources[file];
    if let Some(text) = source.constants.get(name) {
        return text.clone();
    }
    // A number, or a word of a message.
    let Some((_, module)) = source.imports.iter().find(|(known, _)| known == name) else {
        return " ".to_owned();
    };
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let places = [format!("{folder}/mod.rs"), format!("{module}.rs"), format!("{folder}/{module}.rs")];
    let found = places.iter().find_map(|place| sources.get(place)?.constants.get(name));
    found.unwrap_or_else(|| panic!("{file}: {{{name}}} of {module} is not found")).clone()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of the repository");
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn read(text: &str) -> Source {
    let mut source = Source::default();
    for import in IMPORT.captures_iter(text) {
        let path = import[1].trim_start_matches("crate::store::").trim_start_matches("super::");
        let module = path.replace("::", "/");
        let names = import[2].split(',').map(|name| (name.trim().to_owned(), module.clone()));
        source.imports.extend(names);
    }
    walk(text.parse().expect("Rust"), &mut source);
    source
}

fn walk(stream: TokenStream, source: &mut Source) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut at = 0;
    // Whose value the next text is.
    let mut constant: Option<String> = None;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            // Documentation is no text of the program.
            TokenTree::Punct(mark) if mark.as_char() == '#' => at += 1,
            TokenTree::Punct(mark) if mark.as_char() == ';' => constant = None,
            TokenTree::Ident(word) if word == "const" => {
                constant = tokens.get(at).map(ToString::to_string);
            }
            TokenTree::Punct(_) | TokenTree::Ident(_) => {}
            TokenTree::Group(group) => walk(group.stream(), source),
            TokenTree::Literal(literal) => {
                let token = TokenTree::from(literal.clone());
                let Ok(text) = syn::parse2::<syn::LitStr>(token.into()) else { continue };
                // A constant with a label is a statement of its own.
                let name = constant.take().filter(|_| !text.value().starts_with("-- "));
                match name {
                    Some(name) => drop(source.constants.insert(name, text.value())),
                    None => source.texts.push((text.value(), literal.span().start().line)),
                }
            }
        }
    }
}
