//! The graph of imports between the files of a package, read from its text.
//!
//! A file imports another if it names something that the other defines. What it takes from the file of a module that
//! contains it counts, and what that file takes from it. A name that a module re-exports counts for the file that
//! defines it.
//!
//! So a file that only declares modules and re-exports their names is in no circle: `mod child;` names nothing that the
//! child defines, and `pub use child::Name;` counts only if the rest of the file uses `Name`, too. A `use` that is not
//! `pub` always counts.
//!
//! A name is also looked for behind `use module::*`. Methods are not followed, nor macros that a file has by its place,
//! without a path.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A module path, from the root of its crate.
type Module = Vec<String>;

/// A source file and what it says of others.
struct File {
    /// Path from the root of the workspace.
    path: String,
    module: Module,
    /// Names brought into scope, and the full path that each stands for; `*` for all names of a module.
    scope: Vec<(String, Module)>,
    /// Names of the scope that a `pub use` passes on.
    passed_on: BTreeSet<String>,
    /// Paths named in code.
    uses: Vec<Module>,
    /// Names that the file defines.
    defines: BTreeSet<String>,
}

/// The files of one crate.
pub struct Package {
    files: BTreeMap<Module, File>,
}

/// A word or a mark of a source text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`
    Path,
    Mark(char),
}

fn tokens(code: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = code.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            c if c.is_alphanumeric() || c == '_' => {
                let mut word = String::from(c);
                while let Some(c) = rest.next_if(|&c| c.is_alphanumeric() || c == '_') {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
            ':' if rest.next_if_eq(&':').is_some() => tokens.push(Token::Path),
            // A quote in a character literal does not begin a string.
            '\'' if rest.next_if_eq(&'"').is_some() => {}
            '"' => {
                while let Some(c) = rest.next() {
                    match c {
                        '\\' => drop(rest.next()),
                        // The end of the line ends a string too: if it has `//` in it, its rest was dropped as a
                        // comment.
                        '"' | '\n' => break,
                        _ => {}
                    }
                }
            }
            c if c.is_whitespace() => {}
            c => tokens.push(Token::Mark(c)),
        }
    }
    tokens
}

/// Collects the paths of a use tree that begins at `at`, each with its name in scope; returns where the tree ends.
fn tree(
    tokens: &[Token],
    mut at: usize,
    prefix: &Module,
    found: &mut Vec<(String, Module)>,
) -> usize {
    let mut path = prefix.clone();
    loop {
        match tokens.get(at) {
            Some(Token::Word(word)) if word == "as" => {
                if let Some(Token::Word(name)) = tokens.get(at + 1) {
                    found.push((name.clone(), path));
                }
                return at + 2;
            }
            Some(Token::Word(word)) => {
                if word != "self" || path.is_empty() {
                    path.push(word.clone());
                }
                at += 1;
            }
            Some(Token::Path) => at += 1,
            Some(Token::Mark('*')) => {
                found.push(("*".to_owned(), path));
                return at + 1;
            }
            Some(Token::Mark('{')) => {
                at += 1;
                while !matches!(tokens.get(at), None | Some(Token::Mark('}'))) {
                    at = tree(tokens, at, &path, found);
                    if tokens.get(at) == Some(&Token::Mark(',')) {
                        at += 1;
                    }
                }
                return at + 1;
            }
            _ => {
                if let Some(name) = path.last() {
                    found.push((name.clone(), path.clone()));
                }
                return at;
            }
        }
    }
}

/// Words that begin a definition.
const DEFINES: &[&str] = &[
    "fn",
    "struct",
    "enum",
    "trait",
    "type",
    "const",
    "static",
    "union",
    "macro_rules",
    "mod",
];

/// Words that may come between such a word and the name.
const BETWEEN: &[&str] = &["fn", "unsafe", "async", "extern", "mut"];

/// Whether what follows these tokens is `pub`, or `pub` in parentheses.
fn is_public(before: &[Token]) -> bool {
    let before = match before.strip_suffix(&[Token::Mark(')')]) {
        Some(inner) => {
            let open = inner.iter().rposition(|token| *token == Token::Mark('('));
            &inner[..open.unwrap_or(0)]
        }
        None => before,
    };
    before.last() == Some(&Token::Word("pub".to_owned()))
}

fn read(path: &str, module: Module, code: &str) -> File {
    let tokens = tokens(code);
    let mut file = File {
        path: path.to_owned(),
        module,
        scope: Vec::new(),
        passed_on: BTreeSet::new(),
        uses: Vec::new(),
        defines: BTreeSet::new(),
    };
    let mut at = 0;
    while at < tokens.len() {
        let Token::Word(word) = &tokens[at] else {
            at += 1;
            continue;
        };
        if word == "use" {
            let mut found = Vec::new();
            let is_public = is_public(&tokens[..at]);
            at = tree(&tokens, at + 1, &Vec::new(), &mut found);
            if is_public {
                let names = found.iter().map(|(name, _)| name.clone());
                file.passed_on.extend(names);
            }
            file.scope.extend(found);
            continue;
        }
        if DEFINES.contains(&word.as_str()) {
            // `macro_rules! name`. Neither `const fn` nor a pointer to a function or a constant defines a name here.
            let is_pointer = at > 0 && tokens[at - 1] == Token::Mark('*');
            let next = at + 1 + usize::from(tokens.get(at + 1) == Some(&Token::Mark('!')));
            at = match tokens.get(next) {
                Some(Token::Word(name)) if !is_pointer && !BETWEEN.contains(&name.as_str()) => {
                    file.defines.insert(name.clone());
                    next + 1
                }
                _ => at + 1,
            };
            continue;
        }
        // Skips the rest of a path, fields and methods.
        let starts = at == 0 || !matches!(tokens[at - 1], Token::Path | Token::Mark('.'));
        let mut path = vec![word.clone()];
        let mut next = at + 1;
        while let (Some(Token::Path), Some(Token::Word(word))) =
            (tokens.get(next), tokens.get(next + 1))
        {
            path.push(word.clone());
            next += 2;
        }
        if starts {
            file.uses.push(path);
        }
        at = next;
    }
    file
}

/// The module of a file below `src`.
fn module_of(inner: &Path) -> Module {
    let mut module: Module = inner
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if matches!(
        module.last().map(String::as_str),
        Some("mod" | "lib" | "main")
    ) {
        module.pop();
    }
    module
}

impl Package {
    /// The package of these files: paths from the root of the workspace, and code without comments and tests.
    pub fn new<'a>(source: &str, files: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let files = files.map(|(path, code)| {
            let inner = path.strip_prefix(source).unwrap_or(path);
            let module = module_of(Path::new(inner.trim_start_matches('/')));
            (module.clone(), read(path, module, code))
        });
        let mut found = BTreeMap::new();
        for (module, file) in files {
            // A program beside a library is a separate crate, which nothing imports.
            found.entry(module).or_insert(file);
        }
        Self { files: found }
    }

    /// A path from the root of the crate, if it stays in the crate.
    fn absolute(&self, file: &File, path: &[String]) -> Option<Module> {
        let mut module = file.module.clone();
        match path.first()?.as_str() {
            "crate" => return Some(path[1..].to_vec()),
            "self" => return Some([&module[..], &path[1..]].concat()),
            "super" => {
                let mut rest = path;
                while let Some((first, below)) = rest.split_first()
                    && first == "super"
                {
                    module.pop()?;
                    rest = below;
                }
                return Some([&module[..], rest].concat());
            }
            _ => {}
        }
        // A child module, or a name in scope.
        module.push(path[0].clone());
        if self.files.contains_key(&module) {
            return Some([&module[..], &path[1..]].concat());
        }
        let (_, meant) = file.scope.iter().find(|(name, _)| *name == path[0])?;
        if meant[0] == path[0] {
            return None;
        }
        let meant = self.absolute(file, meant)?;
        Some([&meant[..], &path[1..]].concat())
    }

    /// The file that defines the name of an absolute path, found through re-exports.
    fn defining(&self, path: &[String], steps: usize) -> Option<&File> {
        let depth = (0..=path.len())
            .rev()
            .find(|&depth| self.files.contains_key(&path[..depth]))?;
        let file = &self.files[&path[..depth]];
        let name = path.get(depth)?;
        if file.defines.contains(name) || steps == 0 {
            return Some(file);
        }
        for (known, meant) in &file.scope {
            if known == name {
                let meant = self.absolute(file, meant)?;
                let rest = [&meant[..], &path[depth + 1..]].concat();
                return self.defining(&rest, steps - 1);
            }
        }
        for (_, meant) in file.scope.iter().filter(|(known, _)| known == "*") {
            let Some(meant) = self.absolute(file, meant) else {
                continue;
            };
            let rest = [&meant[..], &path[depth..]].concat();
            if let Some(found) = self.defining(&rest, steps - 1)
                && found.defines.contains(name)
            {
                return Some(found);
            }
        }
        None
    }

    /// The files that define what a path in `file` names; several if it may come from several `use module::*`.
    fn named<'a>(&'a self, file: &'a File, path: &'a [String]) -> impl Iterator<Item = &'a File> {
        let known = self.absolute(file, path);
        let is_unknown = known.is_none();
        let all_names = file.scope.iter().filter(|(name, _)| name == "*");
        let through_them = all_names.filter_map(move |(_, module)| {
            let module = self.absolute(file, module).filter(|_| is_unknown)?;
            Some([&module[..], path].concat())
        });
        let meant = known.into_iter().chain(through_them);
        meant.filter_map(|path| self.defining(&path, 8))
    }

    /// Which file imports which, by their paths.
    pub fn imports(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut graph = BTreeMap::new();
        for file in self.files.values() {
            let scope = file.scope.iter();
            let scope = scope.filter(|(name, _)| !self.passes_on(file, name));
            let scope = scope.map(|(_, path)| path);
            let found: BTreeSet<&str> = scope
                .chain(&file.uses)
                .flat_map(|path| self.named(file, path))
                .filter(|other| other.module != file.module)
                .map(|other| other.path.as_str())
                .collect();
            graph.insert(file.path.as_str(), found);
        }
        graph
    }

    /// Whether the file of a module that contains others only re-exports a name: its own code does not use it.
    fn passes_on(&self, file: &File, name: &str) -> bool {
        let contains = |module: &Module| *module != file.module && module.starts_with(&file.module);
        file.passed_on.contains(name)
            && !file.uses.iter().any(|path| path[0] == name)
            && self.files.keys().any(contains)
    }
}

/// The groups of files that import each other in a circle.
pub fn circles<'a>(graph: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Vec<Vec<&'a str>> {
    let reached = |from: &'a str| {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut stack = vec![from];
        while let Some(at) = stack.pop() {
            for &next in graph.get(at).into_iter().flatten() {
                if seen.insert(next) {
                    stack.push(next);
                }
            }
        }
        seen
    };
    let reach: BTreeMap<&str, BTreeSet<&str>> =
        graph.keys().map(|&file| (file, reached(file))).collect();
    let mut found: Vec<Vec<&str>> = Vec::new();
    for (&file, seen) in &reach {
        if seen.contains(file) && !found.iter().flatten().any(|known| *known == file) {
            let circle = seen
                .iter()
                .filter(|other| reach.get(*other).is_some_and(|back| back.contains(file)));
            found.push(circle.copied().collect());
        }
    }
    found
}

/// The folder that a file lies in.
fn folder_of(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Upward imports between folders: if two folders import each other, those of the direction that has fewer. A folder
/// and one inside it are not compared: circles of files cover them.
pub fn upward(graph: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<String> {
    let mut between: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for (file, imports) in graph {
        for other in imports {
            let ends = (folder_of(file), folder_of(other));
            if !Path::new(ends.0).starts_with(ends.1) && !Path::new(ends.1).starts_with(ends.0) {
                let import = format!("{file} -> {other}");
                between.entry(ends).or_default().push(import);
            }
        }
    }
    let mut found = Vec::new();
    for ((from, to), imports) in &between {
        let Some(back) = between.get(&(*to, *from)) else {
            continue;
        };
        let is_less = (imports.len(), from) < (back.len(), to);
        if is_less {
            found.extend(imports.iter().cloned());
        }
    }
    found
}

#[cfg(test)]
mod tests;
