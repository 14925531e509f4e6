//! What the files of a project do to the names of one another: which fields and variables of modules and classes they give
//! another value, and which members of classes a class that inherits from them declares anew. Told by the texts alone.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::imports::declared_classes;
use super::members::is_assigned;

/// What stands before the class that another one inherits from.
const INHERITS: &[&str] = &[" extends ", "(", " : ", ": ", " < "];

/// How many classes are followed that inherit from one another.
const MAX_CLASSES: usize = 200;

/// What the programs of one language do.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Names that get a value as a part of a module or class.
    assigned: HashSet<String>,
    /// Names that get a value in a folder whose files are one package.
    in_folders: HashSet<(PathBuf, String)>,
    /// By the class that is inherited from: the class that inherits, and the names that its file declares.
    inheritors: HashMap<String, Vec<(String, HashSet<String>)>>,
}

impl Changes {
    /// Whether some file gives a name of a module or class another value.
    pub(super) fn is_assigned(&self, name: &str, folder: &Path) -> bool {
        self.assigned.contains(name) || self.in_folders.contains(&(folder.to_owned(), name.to_owned()))
    }

    /// Whether a class that inherits from one that a file declares has a member of that name itself.
    pub(super) fn is_overridden(&self, name: &str, source: &str) -> bool {
        if self.inheritors.is_empty() {
            return false;
        }
        let mut seen: HashSet<&str> =
            declared_classes(source).filter(|c| self.inheritors.contains_key(*c)).collect();
        let mut open: Vec<&str> = seen.iter().copied().collect();
        while let Some(base) = open.pop() {
            for (class, members) in self.inheritors.get(base).into_iter().flatten() {
                if members.contains(name) {
                    return true;
                }
                if seen.len() < MAX_CLASSES && seen.insert(class) {
                    open.push(class);
                }
            }
        }
        false
    }

    /// Adds what a file does.
    pub(super) fn gather(&mut self, path: &Path, text: &str, language: &str) {
        let mut classes = Vec::new();
        let modules = modules(text);
        for line in text.lines() {
            self.gather_line(path, line, &modules, language);
            classes.extend(inheritance(line));
        }
        if classes.is_empty() {
            return;
        }
        let members: HashSet<String> = text.lines().filter_map(declared).map(str::to_owned).collect();
        for (class, base) in classes {
            let members = members.clone();
            self.inheritors.entry(base.to_owned()).or_default().push((class.to_owned(), members));
        }
    }

    fn gather_line(&mut self, path: &Path, line: &str, modules: &HashSet<&str>, language: &str) {
        for (at, _) in line.match_indices('=') {
            let before = line.get(..at).unwrap_or_default().trim_end_matches(['+', '.', '?', '|', ' ']);
            if !is_assigned(line.get(at..).unwrap_or_default()) || before.ends_with(['=', '!', '<', '>', ':'])
            {
                continue;
            }
            let (rest, name) = split_word(before);
            if name.is_empty() {
                continue;
            }
            let rest = rest.trim_end_matches('$');
            match rest.strip_suffix('.').or_else(|| rest.strip_suffix("::")) {
                Some(rest) => {
                    let receiver = split_word(rest).1;
                    if receiver.starts_with(char::is_uppercase) || modules.contains(receiver) {
                        self.assigned.insert(name.to_owned());
                    }
                }
                None => {
                    let is_declared = rest.trim_end().ends_with(|c: char| c.is_alphanumeric() || c == ',');
                    if let (true, Some(folder)) = (language == "Go" && !is_declared, path.parent())
                        && line.starts_with([' ', '\t', 'f'])
                    {
                        self.in_folders.insert((folder.to_owned(), name.to_owned()));
                    }
                }
            }
        }
    }
}

/// A text without the word at its end, and that word.
fn split_word(text: &str) -> (&str, &str) {
    let len = text
        .chars()
        .rev()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .map(char::len_utf8)
        .sum::<usize>();
    text.split_at(text.len() - len)
}

/// Names that stand for a module of a program, or for something of one.
fn modules(text: &str) -> HashSet<&str> {
    let mut names = HashSet::new();
    for line in text.lines() {
        if line.starts_with("import") || line.starts_with("from ") || line.contains("require(") {
            names.extend(line.split(|c: char| !c.is_alphanumeric() && c != '_'));
        } else if let Some(path) = line.trim_end().strip_suffix('"')
            && path.contains('/')
        {
            // A package of Go, by the last part of its path.
            names.extend(path.rsplit('/').next());
        }
    }
    for own in ["", "self", "this", "cls"] {
        names.remove(own);
    }
    names
}

/// A class and the one that it inherits from, where a line says so.
fn inheritance(line: &str) -> Option<(&str, &str)> {
    let rest = line.split_once("class ")?.1;
    let len = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    let (class, rest) = rest.split_at(len);
    // A constructor of Kotlin stands between them.
    let at = INHERITS.iter().filter_map(|word| Some(rest.find(word)? + word.len()));
    let rest = if rest.contains(") : ") {
        rest.rsplit_once(") : ").map(|(_, rest)| rest)
    } else {
        at.min().and_then(|at| rest.get(at..))
    }?;
    let base = rest.trim_start().split(['(', '{', ',', ' ', ')', '<', ':']).next()?;
    let base = base.rsplit('.').next().unwrap_or(base).trim();
    (!class.is_empty() && base.starts_with(|c: char| c.is_alphabetic())).then_some((class, base))
}

/// The member that a line declares or gives a value to; of a class on one line, the first one.
fn declared(line: &str) -> Option<&str> {
    let line = line
        .split_once("class ")
        .and_then(|(_, rest)| rest.split_once('{'))
        .map_or(line, |(_, inside)| inside);
    let line = line.trim();
    let head = line.split(['(', '=', '{']).next().unwrap_or_default().trim_end();
    let head = head.split(": ").next().unwrap_or(head).trim_end_matches([':', '?', '!']);
    let (before, name) = split_word(head);
    let first = before.split_whitespace().next().unwrap_or_default();
    let is_statement = matches!(
        first,
        "if" | "for" | "while" | "switch" | "return" | "else" | "await" | "throw" | "new" | "import" | "from"
    );
    let is_call = before.trim().is_empty() && line.ends_with([';', ')']) && !line.contains(['=', '{']);
    (!name.is_empty()
        && !is_statement
        && !is_call
        && (line.contains(['(', '=', '{']) || line.starts_with("def ")))
    .then_some(name)
}
