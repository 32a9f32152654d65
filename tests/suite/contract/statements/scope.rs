//! Reads as much of a statement as it takes to tell whose rows it means.

use std::collections::BTreeSet;

/// A piece of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    /// A word, number, parameter or text; names with what they belong to, such as `t.id`.
    Word(String),
    Mark(char),
    /// What stands between parentheses.
    Group(Vec<Node>),
}

/// Where a clause with conditions ends.
const CLAUSES: &[&str] = &[
    "where",
    "on",
    "having",
    "group",
    "order",
    "limit",
    "returning",
    "left",
    "right",
    "inner",
    "cross",
    "full",
    "join",
    "for",
    "set",
    "from",
    "offset",
    "window",
    "select",
    "insert",
];
/// What can follow a table and is not its alias.
const AFTER_TABLES: &[&str] =
    &["as", "with", "union", "using", "values", "default", "do", "conflict", "and", "or"];

/// What is wrong with a statement: each table of `owned` whose rows are not
/// those of `tenant_id = $1`, by itself or by a join on the tenant.
pub(super) fn strangers(text: &str, owned: &BTreeSet<String>) -> Vec<String> {
    let text = text.to_lowercase();
    let nodes = Reader { left: &text }.nodes();
    let mut found = Vec::new();
    judge(&nodes, &BTreeSet::from(["$1".to_owned()]), owned, &mut found);
    found
}

struct Reader<'a> {
    left: &'a str,
}

impl Reader<'_> {
    /// Reads up to the end or a closing parenthesis.
    fn nodes(&mut self) -> Vec<Node> {
        let mut nodes = Vec::new();
        while let Some(first) = self.left.chars().next() {
            if self.left.starts_with("--") {
                self.left = self.left.split_once('\n').map_or("", |(_, rest)| rest);
            } else if first.is_whitespace() {
                self.left = self.left.trim_start();
            } else if first == '\'' {
                self.left = self.left[1..].split_once('\'').map_or("", |(_, rest)| rest);
                nodes.push(Node::Word("''".to_owned()));
            } else if first == '(' {
                self.left = &self.left[1..];
                nodes.push(Node::Group(self.nodes()));
            } else if first == ')' {
                self.left = &self.left[1..];
                return nodes;
            } else if is_word(first) {
                let end = self.left.find(|c| !is_word(c)).unwrap_or(self.left.len());
                nodes.push(Node::Word(self.left[..end].to_owned()));
                self.left = &self.left[end..];
            } else {
                nodes.push(Node::Mark(first));
                self.left = &self.left[first.len_utf8()..];
            }
        }
        nodes
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$')
}

fn word(node: Option<&Node>) -> &str {
    match node {
        Some(Node::Word(word)) => word,
        _ => "",
    }
}

/// Judges what stands at one level, and what is inside.
fn judge(nodes: &[Node], outer: &BTreeSet<String>, owned: &BTreeSet<String>, found: &mut Vec<String>) {
    let is_end = |node: &Node| *node == Node::Mark(';') || matches!(word(Some(node)), "union" | "except");
    for block in nodes.split(is_end) {
        let tables = tables(block);
        let mut known = outer.clone();
        known.extend(
            tables.iter().filter(|table| !owned.contains(&table.name)).map(|table| table.alias.clone()),
        );
        found.extend(tables.iter().filter(|table| owned.contains(&table.name)).filter_map(misplaced));
        let read: Vec<&Table> =
            tables.iter().filter(|table| owned.contains(&table.name) && table.columns.is_none()).collect();
        let ties = ties(block, read.first().map_or("", |table| &table.alias));
        while let Some((one, _)) =
            ties.iter().find(|(one, other)| !known.contains(one) && known.contains(other))
        {
            known.insert(one.clone());
        }
        for table in read.iter().filter(|table| !known.contains(&table.alias)) {
            found.push(format!("{} as {}", table.name, table.alias));
        }
        known.extend(tables.into_iter().map(|table| table.alias));
        for node in block {
            if let Node::Group(inner) = node {
                judge(inner, &known, owned, found);
            }
        }
    }
}

/// What a block reads or writes.
#[derive(Debug, Default)]
struct Table {
    /// Empty: what a subquery answers.
    name: String,
    alias: String,
    /// Its columns with the first value, if rows are put into it.
    columns: Option<(String, String)>,
}

/// New rows have their tenant first, and it is the statement's.
fn misplaced(table: &Table) -> Option<String> {
    let (column, value) = table.columns.as_ref()?;
    (column != "tenant_id" || value != "$1").then(|| format!("into {} ({column}: {value})", table.name))
}

fn tables(block: &[Node]) -> Vec<Table> {
    let mut tables = Vec::new();
    for (at, node) in block.iter().enumerate() {
        let before = at.checked_sub(1).map_or("", |before| word(block.get(before)));
        let starts = match word(Some(node)) {
            "from" => before != "distinct",
            "join" | "using" => true,
            "update" => !matches!(before, "for" | "key" | "do"),
            "into" => {
                tables.push(filled(&block[at + 1..]));
                false
            }
            _ => false,
        };
        if starts {
            listed(&block[at + 1..], &mut tables);
        }
    }
    tables
}

/// The table that rows are put into.
fn filled(nodes: &[Node]) -> Table {
    let name = word(nodes.first());
    let named = word(nodes.get(1)) == "as";
    let alias = if named { word(nodes.get(2)) } else { name };
    let columns = &nodes[if named { 3 } else { 1 }.min(nodes.len())..];
    let columns = Some((first_word(columns.first()), first_value(columns)));
    Table { name: name.to_owned(), alias: alias.to_owned(), columns }
}

/// The tables of a list with commas between them.
fn listed(nodes: &[Node], tables: &mut Vec<Table>) {
    let mut at = 0;
    loop {
        while matches!(word(nodes.get(at)), "only" | "lateral") {
            at += 1;
        }
        let name = word(nodes.get(at)).to_owned();
        at += 1;
        // A function's arguments.
        let called = !name.is_empty() && matches!(nodes.get(at), Some(Node::Group(_)));
        at += usize::from(called);
        if word(nodes.get(at)) == "with" && word(nodes.get(at + 1)) == "ordinality" {
            at += 2;
        }
        at += usize::from(word(nodes.get(at)) == "as");
        let alias = word(nodes.get(at));
        let named = !alias.is_empty() && !CLAUSES.contains(&alias) && !AFTER_TABLES.contains(&alias);
        let alias = if named { alias.to_owned() } else { name.clone() };
        at += usize::from(named);
        at += usize::from(named && matches!(nodes.get(at), Some(Node::Group(_))));
        tables.push(Table { name: if called { String::new() } else { name }, alias, columns: None });
        if nodes.get(at) != Some(&Node::Mark(',')) {
            return;
        }
        at += 1;
    }
}

fn first_word(node: Option<&Node>) -> String {
    match node {
        Some(Node::Group(inner)) => word(inner.first()).to_owned(),
        _ => String::new(),
    }
}

/// The first value of the rows that are put in.
fn first_value(after: &[Node]) -> String {
    let start = after.iter().position(|node| matches!(word(Some(node)), "select" | "values"));
    match start.and_then(|start| after.get(start + 1)) {
        Some(Node::Word(value)) => value.clone(),
        group => first_word(group),
    }
}

/// Which tables have the same tenant, each way round; `$1` is the one that is
/// asked for. `sole`: whose a column without a table is.
fn ties(block: &[Node], sole: &str) -> Vec<(String, String)> {
    let mut ties = Vec::new();
    let mut start = 0;
    while start < block.len() {
        let is_clause = |node: &Node| CLAUSES.contains(&word(Some(node)));
        let length = block[start + 1..].iter().position(is_clause).unwrap_or(block.len() - start - 1);
        let clause = &block[start + 1..start + 1 + length];
        if matches!(word(block.get(start)), "where" | "on") {
            conditions(clause, sole, &mut ties);
        }
        start += 1 + length;
    }
    ties
}

/// The ties among conditions that all must hold.
fn conditions(nodes: &[Node], sole: &str, ties: &mut Vec<(String, String)>) {
    if nodes.iter().any(|node| word(Some(node)) == "or") {
        return;
    }
    for (at, node) in nodes.iter().enumerate() {
        if let Node::Group(inner) = node
            && !matches!(word(inner.first()), "select" | "with")
        {
            conditions(inner, sole, ties);
        }
        let compared = at > 0 && matches!(nodes[at - 1], Node::Word(_));
        if *node == Node::Mark('=') && compared {
            let right = if at + 1 == nodes.len() { "$1" } else { word(nodes.get(at + 1)) };
            if let (Some(one), Some(other)) = (side(word(nodes.get(at - 1)), sole), side(right, sole)) {
                ties.push((one.clone(), other.clone()));
                ties.push((other, one));
            }
        }
    }
}

/// Whose tenant a side of an equation is.
fn side(text: &str, sole: &str) -> Option<String> {
    match text.rsplit_once('.') {
        _ if text == "$1" => Some("$1".to_owned()),
        Some((table, "tenant_id")) => Some(table.to_owned()),
        None if text == "tenant_id" => Some(sole.to_owned()),
        _ => None,
    }
}
