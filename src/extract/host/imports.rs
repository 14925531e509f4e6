//! What a file imports, by its language's own rules: which names stand for which declarations of which files. What does
//! not follow from the file alone, such as an alias in a bundler's configuration, is not known.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use tree_sitter::Node;

use super::library::Library;
use super::shape::{Language, children, source_of};

/// How often a declaration is handed on from file to file.
pub(super) const MAX_STEPS: usize = 2;

/// A file whose imports are read.
pub(super) struct Source<'a, 't> {
    pub(super) library: &'a Library,
    pub(super) language: &'static Language,
    pub(super) path: &'a Path,
    pub(super) text: &'t str,
    pub(super) root: Node<'t>,
}

/// The imports of one file.
#[derive(Debug, Default)]
pub(super) struct Imports {
    /// Names, each with where it is declared and under which name.
    names: HashMap<String, (Target, String)>,
    /// What stands before a dot, or `::`.
    owners: HashMap<String, Target>,
    /// What declares names that stand here by themselves.
    open: Vec<Target>,
    /// The folder and the extension of files that declare the class they are named for.
    classes: Option<(PathBuf, &'static str)>,
    /// Namespaces of C# whose classes stand here by their names.
    namespaces: Vec<String>,
    /// Classes of C#, with their namespaces, whose constants stand here by their names.
    statics: Vec<String>,
    /// The file that namespaces are seen from.
    from: PathBuf,
}

/// Where something is declared.
#[derive(Clone, Debug)]
enum Target {
    /// In the first of these files that is there.
    Files(Vec<PathBuf>),
    /// In the one of these folders that is there, in any file.
    Folders(Vec<PathBuf>, &'static str),
    /// In a package of Go, by its import path, seen from a file.
    Package(String, PathBuf),
}

impl Imports {
    /// The constant that a name of the file stands for.
    pub(super) fn constant(&self, library: &Library, name: &str) -> Option<String> {
        self.find(library, name, 0)
    }

    /// A name that the file hands on to those that import it.
    pub(super) fn handed_on(&self, library: &Library, name: &str, depth: usize) -> Option<String> {
        self.find(library, name, depth)
    }

    /// Whether what stands before the last part of a name is imported.
    pub(super) fn knows(&self, name: &str) -> bool {
        let path = dotted(name);
        path.rsplit_once('.')
            .is_some_and(|(owner, _)| self.owners.contains_key(owner) || self.names.contains_key(owner))
    }

    fn find(&self, library: &Library, name: &str, depth: usize) -> Option<String> {
        let path = dotted(name);
        let Some((owner, last)) = path.rsplit_once('.') else {
            if let Some((target, exported)) = self.names.get(path.as_str()) {
                return target.constant(library, exported, depth);
            }
            let open = self.open.iter().filter_map(|target| target.constant(library, &path, depth));
            let in_class = |class: &String| {
                let (namespace, class) = class.rsplit_once('.')?;
                only(self.of_namespace(library, namespace, class, &path, depth).into_iter())
            };
            return only(open.chain(self.statics.iter().filter_map(in_class)));
        };
        if let Some(target) = self.owners.get(owner) {
            return target.constant(library, last, depth);
        }
        if let Some((target, exported)) = self.names.get(owner) {
            return target
                .constant(library, &format!("{exported}.{last}"), depth)
                .or_else(|| target.of_class(library, exported, last, depth));
        }
        if owner.contains('.') || !owner.starts_with(char::is_uppercase) {
            return None;
        }
        let (folder, extension) = self.classes.as_ref()?;
        let target = Target::Files(vec![folder.join(format!("{owner}.{extension}"))]);
        let open = self.open.iter().filter_map(|target| target.of_class(library, owner, last, depth));
        target
            .of_class(library, owner, last, depth)
            .or_else(|| only(open))
            .or_else(|| only(self.in_namespaces(library, owner, last, depth).into_iter()))
    }

    /// The constants of that name of classes of one name in the namespaces that are seen.
    fn in_namespaces(&self, library: &Library, class: &str, name: &str, depth: usize) -> Vec<String> {
        let of = |namespace: &String| self.of_namespace(library, namespace, class, name, depth);
        self.namespaces.iter().flat_map(of).collect()
    }

    /// The constants of that name of the classes of that name that a namespace declares, each in the file of its name.
    fn of_namespace(
        &self,
        library: &Library,
        namespace: &str,
        class: &str,
        name: &str,
        depth: usize,
    ) -> Vec<String> {
        let declares = |text: &str| {
            text.lines().any(|line| {
                let rest = line.trim_start_matches('\u{feff}').trim().strip_prefix("namespace ");
                rest.is_some_and(|rest| rest.trim_end_matches(['{', ';', ' ']) == namespace)
            })
        };
        let folders = namespace_folders(library, namespace, &self.from);
        let files = folders.iter().map(|folder| folder.join(format!("{class}.cs")));
        files
            .filter(|file| library.file(file).is_some_and(|module| declares(&module.text)))
            .filter_map(|file| Target::Files(vec![file]).of_class(library, class, name, depth))
            .collect()
    }

    fn name(&mut self, local: &str, target: Target, exported: &str) {
        self.names.insert(local.to_owned(), (target, exported.to_owned()));
    }
}

impl Target {
    fn constant(&self, library: &Library, name: &str, depth: usize) -> Option<String> {
        only(self.files(library, name).iter().filter_map(|file| library.constant(file, name, depth)))
    }

    /// A constant of a class, where the file declares that class.
    fn of_class(&self, library: &Library, class: &str, name: &str, depth: usize) -> Option<String> {
        let declares = |file: &PathBuf| library.file(file).is_some_and(|m| declares_class(&m.text, class));
        let files = self.files(library, class);
        only(files.iter().filter(|f| declares(f)).filter_map(|file| library.constant(file, name, depth)))
    }

    /// The files that may declare a name.
    fn files(&self, library: &Library, name: &str) -> Vec<PathBuf> {
        let last = name.rsplit('.').next().unwrap_or(name);
        match self {
            Target::Files(files) => {
                files.iter().find(|file| library.file(file).is_some()).into_iter().cloned().collect()
            }
            Target::Folders(folders, extension) => {
                let is_of = |file: &PathBuf| file.extension().is_some_and(|e| e == *extension);
                let names = |file: &PathBuf| library.file(file).is_some_and(|m| m.text.contains(last));
                // What programs of this language give their constants begins so; to look for every name takes long.
                if *extension == "kt" && !last.starts_with(char::is_uppercase) {
                    return Vec::new();
                }
                let find = |folder: &PathBuf| -> Vec<PathBuf> {
                    let all = library.folder(folder);
                    all.iter().filter(|file| is_of(file) && !is_test(file) && names(file)).cloned().collect()
                };
                folders.iter().flat_map(find).collect()
            }
            Target::Package(path, from) => match package_folder(library, path, from) {
                Some(folder) => Target::Folders(vec![folder], "go").files(library, name),
                None => Vec::new(),
            },
        }
    }
}

/// Whether a text has the declaration of a class of that name.
pub(super) fn declares_class(text: &str, class: &str) -> bool {
    declared_classes(text).any(|name| name == class)
}

/// The classes that a text declares, and what else stands behind those words.
pub(super) fn declared_classes(text: &str) -> impl Iterator<Item = &str> {
    ["class ", "object ", "interface ", "enum ", "module ", "trait "].into_iter().flat_map(|word| {
        text.match_indices(word).filter_map(|(at, _)| {
            let rest = text.get(at + word.len()..)?;
            rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().filter(|name| !name.is_empty())
        })
    })
}

fn is_test(file: &Path) -> bool {
    file.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("_test"))
}

/// The one item that there is.
fn only(mut items: impl Iterator<Item = String>) -> Option<String> {
    let first = items.next()?;
    items.all(|item| item == first).then_some(first)
}

/// A name with dots between its parts, whatever the language writes there.
fn dotted(name: &str) -> String {
    name.replace("::", ".").replace("->", ".").replace('\\', ".").trim_start_matches(['$', '.']).to_owned()
}

/// Reads them. Touches no other file.
pub(super) fn read(source: &Source<'_, '_>) -> Imports {
    let mut imports = Imports::default();
    let folder = source.path.parent().unwrap_or(source.path);
    for node in children(source.root) {
        let text = source_of(node, source.text);
        match source.language.name {
            "Python" => python(&mut imports, source, node.kind(), text),
            "TypeScript" | "TSX" | "JavaScript" => javascript(&mut imports, folder, node.kind(), text),
            "Go" if node.kind() == "import_declaration" => go(&mut imports, source.path, text),
            "Rust" if matches!(node.kind(), "use_declaration" | "mod_item") => {
                rust(&mut imports, source, text)
            }
            "Ruby" => ruby(&mut imports, folder, text),
            "Java" | "Kotlin" | "PHP" => classes(&mut imports, source, node),
            _ => {}
        }
    }
    match source.language.name {
        "Go" => imports.open.push(Target::Folders(vec![folder.to_owned()], "go")),
        "Kotlin" => {
            imports.open.push(Target::Folders(vec![folder.to_owned()], "kt"));
            imports.classes = Some((folder.to_owned(), "kt"));
        }
        "Java" => imports.classes = Some((folder.to_owned(), "java")),
        "PHP" => imports.classes = Some((folder.to_owned(), "php")),
        "C#" => {
            imports.classes = Some((folder.to_owned(), "cs"));
            namespaces(&mut imports, source);
        }
        _ => {}
    }
    imports
}

/// The namespaces that a file of C# sees: its own with those around it, and those that it uses.
fn namespaces(imports: &mut Imports, source: &Source<'_, '_>) {
    imports.from = source.path.to_owned();
    let mut found: Vec<&str> = Vec::new();
    for node in children(source.root) {
        let line = source_of(node, source.text).lines().next().unwrap_or_default().trim();
        let named = |words: &str| {
            let name = line.strip_prefix(words)?.trim().trim_end_matches(['{', ';', ' ']);
            (!name.is_empty() && !name.contains([' ', '='])).then_some(name)
        };
        match node.kind() {
            "using_directive" => {
                found.extend(named("using ").or_else(|| named("global using ")));
                imports.statics.extend(named("using static ").map(str::to_owned));
            }
            "namespace_declaration" | "file_scoped_namespace_declaration" => {
                let own = named("namespace ").unwrap_or_default();
                let ends = own.match_indices('.').map(|(at, _)| at).chain([own.len()]);
                found.extend(ends.filter_map(|end| own.get(..end)));
            }
            _ => {}
        }
    }
    found.sort_unstable();
    found.dedup();
    found.retain(|name| !name.is_empty() && *name != "System" && !name.starts_with("System."));
    imports.namespaces = found.into_iter().map(str::to_owned).collect();
}

/// The folders that hold a namespace, seen from a file: `A.B.C` lies in `A.B.C`, `A.B/C`, `A/B/C`, in a folder around it.
fn namespace_folders(library: &Library, namespace: &str, from: &Path) -> Vec<PathBuf> {
    let parts: Vec<&str> = namespace.split('.').collect();
    let mut found = Vec::new();
    for above in library.above(from) {
        for split in 1..=parts.len() {
            let (project, inner) = parts.split_at(split);
            let folder = inner.iter().fold(above.join(project.join(".")), |folder, part| folder.join(part));
            if !library.folder(&folder).is_empty() && !found.contains(&folder) {
                found.push(folder);
            }
        }
        if above.file_name().is_some_and(|name| name == namespace) {
            found.push(above.to_owned());
        }
    }
    found
}

/// Items of a list such as `a, b as c`, each with its name there and its name here.
fn items<'t>(list: &'t str, alias: &'static str) -> impl Iterator<Item = (&'t str, &'t str)> {
    let list = list.trim().trim_start_matches(['(', '{']).trim_end_matches([')', '}', ';']);
    list.split(',').filter_map(move |item| {
        let item = item.trim().trim_start_matches("type ");
        let (there, here) = item.split_once(alias).unwrap_or((item, item));
        let (there, here) = (there.trim(), here.trim());
        (!there.is_empty()).then_some((there, here))
    })
}

fn python(imports: &mut Imports, source: &Source<'_, '_>, kind: &str, text: &str) {
    let module = |name: &str| -> Vec<PathBuf> {
        let dots = name.bytes().take_while(|b| *b == b'.').count();
        let parts = name.trim_start_matches('.').replace('.', "/");
        let bases: Vec<PathBuf> = match dots {
            0 => source.library.above(source.path).map(Path::to_owned).collect(),
            _ => source.path.ancestors().nth(dots).map(Path::to_owned).into_iter().collect(),
        };
        let of = |base: PathBuf| {
            let path = if parts.is_empty() { base } else { base.join(&parts) };
            [path.with_extension("py"), path.join("__init__.py")]
        };
        bases.into_iter().flat_map(of).collect()
    };
    match kind {
        "import_from_statement" => {
            let rest = text.trim_start_matches("from").trim_start();
            let Some((from, list)) = rest.split_once(" import ").or_else(|| rest.split_once(" import("))
            else {
                return;
            };
            let from = from.trim();
            for (there, here) in items(list, " as ") {
                if there == "*" {
                    imports.open.push(Target::Files(module(from)));
                    continue;
                }
                imports.name(here, Target::Files(module(from)), there);
                let inner =
                    if from.ends_with('.') { format!("{from}{there}") } else { format!("{from}.{there}") };
                imports.owners.insert(here.to_owned(), Target::Files(module(&inner)));
            }
        }
        "import_statement" => {
            for (there, here) in items(text.trim_start_matches("import"), " as ") {
                imports.owners.insert(here.to_owned(), Target::Files(module(there)));
            }
        }
        _ => {}
    }
}

/// `import { A, B as C } from './x'`, `import * as x from './x'`, `export * from './x'`, `const { A } = require('./x')`.
fn javascript(imports: &mut Imports, folder: &Path, kind: &str, text: &str) {
    if !matches!(
        kind,
        "import_statement" | "export_statement" | "lexical_declaration" | "variable_declaration"
    ) {
        return;
    }
    let (list, from, alias) =
        if let Some((list, from)) = text.split_once(" from ").or_else(|| text.split_once("} from")) {
            (list, from, " as ")
        } else if let Some((list, from)) = text.split_once("= require(") {
            (list, from, ":")
        } else {
            return;
        };
    let from = from.trim().trim_end_matches([';', ')']).trim_matches(['"', '\'']);
    if !from.starts_with('.') || from.contains(['"', '\'', '\n']) {
        return;
    }
    let target = Target::Files(module_files(&folder.join(from)));
    let list = ["import", "export", "const", "let", "var"]
        .iter()
        .fold(list.trim(), |l, w| l.strip_prefix(w).unwrap_or(l));
    let list = list.trim().trim_start_matches("type ").trim();
    if let Some(rest) = list.strip_prefix('*') {
        match rest.trim().strip_prefix("as ") {
            Some(name) => drop(imports.owners.insert(name.trim().to_owned(), target)),
            None => imports.open.push(target),
        }
    } else if let Some((_, named)) = list.split_once('{') {
        for (there, here) in items(named.split('}').next().unwrap_or_default(), alias) {
            imports.name(here, target.clone(), there);
        }
    } else if alias == ":" {
        imports.owners.insert(list.to_owned(), target);
    }
}

/// The files that a relative import may mean, in the order in which they are looked for.
fn module_files(path: &Path) -> Vec<PathBuf> {
    const EXTENSIONS: &[&str] = &["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"];
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut files = Vec::new();
    if let Some((stem, "js" | "mjs" | "cjs" | "jsx" | "ts" | "tsx")) = name.rsplit_once('.') {
        files.push(path.to_owned());
        files.extend(["ts", "tsx", "mts"].map(|e| path.with_file_name(format!("{stem}.{e}"))));
    }
    files.extend(EXTENSIONS.iter().map(|e| path.with_file_name(format!("{name}.{e}"))));
    files.extend(EXTENSIONS.iter().map(|e| path.join(format!("index.{e}"))));
    files
}

fn go(imports: &mut Imports, path: &Path, text: &str) {
    for line in text.trim_start_matches("import").lines() {
        let Some((before, rest)) = line.split_once('"') else { continue };
        let Some((import, _)) = rest.split_once('"') else { continue };
        let alias = before.trim().trim_start_matches('(').trim();
        let name = if alias.is_empty() { import.rsplit('/').next().unwrap_or(import) } else { alias };
        imports.owners.insert(name.to_owned(), Target::Package(import.to_owned(), path.to_owned()));
    }
}

/// The folder of a package of the module that a file belongs to.
fn package_folder(library: &Library, import: &str, from: &Path) -> Option<PathBuf> {
    for folder in library.above(from) {
        let Some(file) = library.file(&folder.join("go.mod")) else { continue };
        let name = file.text.lines().find_map(|line| line.strip_prefix("module "))?;
        let rest = import.strip_prefix(name.trim())?.trim_start_matches('/');
        return Some(folder.join(rest));
    }
    None
}

/// `use crate::a::{B, c::D as E};`
fn rust(imports: &mut Imports, source: &Source<'_, '_>, text: &str) {
    let Some(root) = crate_root(source) else { return };
    // The path of the module that the file is.
    let own = source.path.strip_prefix(&root).unwrap_or(Path::new("")).with_extension("");
    let mut module: Vec<String> = own.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if module.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        module.pop();
    }
    let file = |parts: &[String]| -> Target {
        let path = parts.iter().fold(root.clone(), |path, part| path.join(part));
        match parts {
            [] => Target::Files(vec![root.join("lib.rs"), root.join("main.rs")]),
            _ => Target::Files(vec![path.with_extension("rs"), path.join("mod.rs")]),
        }
    };
    let text = text.trim_end_matches(';').trim();
    let Some(tree) = text.rsplit_once("use ").map(|(_, tree)| tree) else {
        // `mod tables;`
        let name = text.rsplit(' ').next().unwrap_or_default().to_owned();
        let path: Vec<String> = module.iter().cloned().chain([name.clone()]).collect();
        imports.owners.insert(name, file(&path));
        return;
    };
    for (path, local) in use_paths(tree, 0) {
        let mut parts = path.split("::").map(str::trim).peekable();
        let mut at = match parts.next() {
            Some("crate") => Vec::new(),
            Some("self") => module.clone(),
            Some("super") => {
                let mut at = module.clone();
                at.pop();
                while parts.next_if_eq(&"super").is_some() {
                    at.pop();
                }
                at
            }
            _ => continue,
        };
        at.extend(parts.map(str::to_owned));
        let Some((name, module)) = at.split_last() else { continue };
        if name == "*" {
            imports.open.push(file(module));
            continue;
        }
        imports.name(&local, file(module), name);
        imports.owners.insert(local, file(&at));
    }
}

/// The paths of a `use` tree, each with its name here.
fn use_paths(tree: &str, depth: usize) -> Vec<(String, String)> {
    let tree = tree.trim();
    if let Some((before, list)) = tree.split_once('{').filter(|_| depth < 8) {
        let list = list.trim_end().trim_end_matches('}');
        let mut all = Vec::new();
        let (mut start, mut open) = (0, 0usize);
        let ends = list.char_indices().chain([(list.len(), ',')]);
        for (at, c) in ends {
            match c {
                '{' => open += 1,
                '}' => open = open.saturating_sub(1),
                ',' if open == 0 => {
                    let item = list.get(start..at).unwrap_or_default();
                    let inner = use_paths(item, depth + 1);
                    all.extend(inner.into_iter().map(|(path, local)| (format!("{before}{path}"), local)));
                    start = at + 1;
                }
                _ => {}
            }
        }
        return all;
    }
    let (path, local) = tree.split_once(" as ").unwrap_or((tree, tree.rsplit("::").next().unwrap_or(tree)));
    if path.is_empty() { Vec::new() } else { vec![(path.trim().to_owned(), local.trim().to_owned())] }
}

/// The folder of the crate's root module.
fn crate_root(source: &Source<'_, '_>) -> Option<PathBuf> {
    let mut above = source.library.above(source.path);
    let is_root =
        |dir: &&Path| ["lib.rs", "main.rs"].iter().any(|file| source.library.file(&dir.join(file)).is_some());
    above.find(is_root).map(Path::to_owned)
}

/// `require_relative "tables"`: its constants stand here by their own names.
fn ruby(imports: &mut Imports, folder: &Path, text: &str) {
    let Some(rest) = text.strip_prefix("require_relative") else { return };
    let path = rest.trim().trim_matches(['(', ')', '"', '\'']);
    if !path.contains(['"', '\'', '\n', '#']) {
        let file = folder.join(format!("{}.rb", path.trim_end_matches(".rb")));
        imports.open.push(Target::Files(vec![file]));
        imports.classes = Some((folder.to_owned(), "rb"));
    }
}

/// Imports of classes by their packages: the file of a class lies where its package says, seen from that of this file.
fn classes(imports: &mut Imports, source: &Source<'_, '_>, node: Node<'_>) {
    let text = source_of(node, source.text);
    let (extension, list) = match (source.language.name, node.kind()) {
        ("Java", "import_declaration") => ("java", text.trim_start_matches("import")),
        ("Kotlin", "import") => ("kt", text.trim_start_matches("import")),
        ("Kotlin", "import_list") => {
            children(node).into_iter().for_each(|inner| classes(imports, source, inner));
            return;
        }
        ("PHP", "namespace_use_declaration") => ("php", text.trim_start_matches("use")),
        ("PHP", "namespace_definition" | "compound_statement") => {
            children(node).into_iter().for_each(|inner| classes(imports, source, inner));
            return;
        }
        _ => return,
    };
    let list = list.trim().trim_end_matches(';');
    let (is_static, list) = match list.strip_prefix("static ") {
        Some(rest) => (true, rest.trim()),
        None => (false, list),
    };
    let (path, alias) = list.split_once(" as ").map_or((list, None), |(p, a)| (p.trim(), Some(a.trim())));
    let parts: Vec<String> = dotted(path).split('.').map(str::to_owned).collect();
    let Some((last, package)) = parts.split_last().filter(|_| !path.contains(['{', ','])) else { return };
    let Some(own) = package_of(source) else { return };
    let folder = |package: &[String]| folder_of(source.path, &own, package);
    if is_static {
        // `import static a.b.Tables.USERS`
        let Some((class, package)) = package.split_last() else { return };
        let Some(folder) = folder(package) else { return };
        let file = Target::Files(vec![folder.join(format!("{class}.{extension}"))]);
        match last.as_str() {
            "*" => imports.open.push(file),
            name => imports.name(name, file, name),
        }
        return;
    }
    let Some(folder) = folder(package) else { return };
    let local = alias.unwrap_or(last);
    if extension == "kt" {
        // A name of a package may be declared in any of its files.
        let target = Target::Folders(vec![folder.clone()], "kt");
        match last.as_str() {
            "*" => imports.open.push(target),
            name => imports.name(local, target, name),
        }
        return;
    }
    if last != "*" {
        let file = Target::Files(vec![folder.join(format!("{last}.{extension}"))]);
        imports.owners.insert(local.to_owned(), file);
    }
}

/// The package or namespace that a file says it belongs to.
fn package_of(source: &Source<'_, '_>) -> Option<Vec<String>> {
    let word = if source.language.name == "PHP" { "namespace " } else { "package " };
    let line = source.text.lines().find_map(|line| line.trim().strip_prefix(word))?;
    let name = line.trim().trim_end_matches(['{', ';', ' ']);
    Some(dotted(name).split('.').map(str::to_owned).collect())
}

/// The folder of another package, seen from the folder of a file's own: the parts that both have in common lie above.
fn folder_of(path: &Path, own: &[String], other: &[String]) -> Option<PathBuf> {
    let same = own.iter().zip(other).take_while(|(a, b)| a == b).count();
    let mut folder = path.parent()?;
    for part in own.get(same..)?.iter().rev() {
        if folder.file_name()?.to_string_lossy() != part.as_str() {
            return None;
        }
        folder = folder.parent()?;
    }
    Some(other.get(same..)?.iter().fold(folder.to_owned(), |folder, part| folder.join(part)))
}
