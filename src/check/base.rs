//! Which findings are new against another revision: the same analysis over its tree, by the same settings, and then
//! fingerprint by fingerprint. A changed setting makes no finding new, a migration that breaks an old query does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::load::Loaded;
use crate::check::request::{BaselineChoice, Request};
use crate::check::select::{Scope, is_read};
use crate::check::{Notice, Outcome, run_scope};
use crate::config;
use crate::source::git::Tree;
use crate::source::paths::{absolute, git_root};
use crate::source::{Provider, Walk};
use crate::suppress::known::{Found, recognise};

/// Marks each finding that counts as new or not. Where the revision cannot be read, all stay what they are: reported.
pub(super) fn compare(request: &Request, revision: &str, scopes: &[&Scope], outcome: &mut Outcome) {
    let mut before = Outcome { root: outcome.root.clone(), ..Outcome::default() };
    let mut loaded = Loaded::default();
    let mut trees: BTreeMap<PathBuf, Arc<Tree>> = BTreeMap::new();
    for scope in scopes {
        let root = &scope.settings.root;
        let tree = match git_root(root) {
            None => Err("there is no git repository".to_owned()),
            Some(repository) => match trees.get(&repository) {
                Some(tree) => Ok(Arc::clone(tree)),
                None => Tree::revision(&repository, revision)
                    .map(|tree| Arc::clone(trees.entry(repository).or_insert(Arc::new(tree))))
                    .map_err(|e| e.to_string()),
            },
        };
        let tree = match tree {
            Ok(tree) => tree,
            Err(why) => return outcome.notices.push(unresolved(revision, &why)),
        };
        let request = Request {
            provider: Provider::Tree(tree),
            baseline: BaselineChoice::Without,
            only: None,
            ..request.clone()
        };
        let scope = at_base(&request, scope);
        run_scope(&request, &scope, false, &mut loaded, &mut before);
    }
    let unreadable = before.errors.iter().map(|e| e.message.as_str()).next();
    if let Some(why) = unreadable {
        outcome.notices.push(Notice {
            degraded: false,
            message: format!("part of `{revision}` was not read, so what it has may count as new: {why}"),
            help: None,
        });
    }
    let known = entries(&before);
    let known: Vec<Found<'_>> = known.iter().map(|(path, fingerprint)| Found { path, fingerprint }).collect();
    let found = entries(outcome);
    let found: Vec<Found<'_>> = found.iter().map(|(path, fingerprint)| Found { path, fingerprint }).collect();
    let accounted = |path: &str| {
        let path = absolute(&request.working, path.as_ref());
        let reported = scopes.iter().any(|scope| scope.files.contains_key(&path));
        reported || request.provider.is_file(&path).is_err()
    };
    let recognised = recognise(&found, &known, accounted);
    let unsuppressed =
        outcome.projects.iter_mut().flat_map(|p| p.findings.iter_mut()).filter(|f| f.suppressed.is_none());
    for (checked, known) in unsuppressed.zip(recognised) {
        checked.is_new = Some(known.is_none());
    }
}

/// Path and fingerprint of each finding that nothing suppresses, in order.
fn entries(outcome: &Outcome) -> Vec<(String, String)> {
    let all = outcome.projects.iter().flat_map(|p| &p.findings).filter(|f| f.suppressed.is_none());
    all.map(|f| (outcome.sources.get(f.finding.primary.file).path.clone(), f.fingerprint.clone())).collect()
}

/// A scope with all of its files as the tree has them.
fn at_base(request: &Request, scope: &Scope) -> Scope {
    let root = &scope.settings.root;
    let ignore_from = git_root(root).unwrap_or_else(|| root.clone());
    let asked = scope.asked();
    let walk =
        Walk { provider: &request.provider, start: root, ignore_from: Some(&ignore_from), asked: &asked };
    let walked = walk.run(|path| is_read(path) || config::is_config(path));
    let (files, configs): (Vec<PathBuf>, Vec<PathBuf>) = walked.files.into_iter().partition(|p| is_read(p));
    let below: Vec<&Path> = configs.iter().filter_map(|c| c.parent()).filter(|dir| dir != root).collect();
    let nested = |file: &Path| file.ancestors().skip(1).any(|dir| below.contains(&dir));
    let files = files.into_iter().filter(|file| !nested(file)).map(|file| (file, false)).collect();
    Scope { settings: scope.settings.clone(), files, broken: false }
}

fn unresolved(revision: &str, why: &str) -> Notice {
    Notice {
        degraded: true,
        message: format!("nothing is compared with `{revision}`, so every finding is reported: {why}"),
        help: Some(format!("is it in this clone? `git fetch --depth=1 origin {revision}` brings it")),
    }
}
