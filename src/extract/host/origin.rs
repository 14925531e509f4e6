//! Where a value comes from that is put into a text, as far as its function shows it.

use tree_sitter::Node;

use super::eval::Evaluator;
use super::shape::{Shape, source_of};
use crate::source::Origin;

/// How deep an expression is followed to where it comes from.
const MAX_DEPTH: usize = 12;

/// What expressions begin with that the environment of the process answers.
const ENVIRONMENT: &[&str] = &[
    "process.env",
    "Deno.env",
    "import.meta.env",
    "os.environ",
    "os.getenv(",
    "os.Getenv(",
    "os.LookupEnv(",
    "getenv(",
    "$_ENV",
    "env(",
    "ENV[",
    "ENV.fetch(",
    "env::var(",
    "std::env::var(",
    "System.getenv(",
    "Environment.GetEnvironmentVariable(",
];

/// What expressions begin with that hold what a client sent.
const REQUEST: &[&str] = &[
    "$_GET",
    "$_POST",
    "$_REQUEST",
    "$_COOKIE",
    "params[",
    "params.",
    "cookies[",
    "ctx.request",
    "ctx.query",
    "ctx.params",
    "context.Request",
    "HttpContext.Request",
    "r.FormValue(",
    "r.PostFormValue(",
    "r.PathValue(",
    "r.URL",
    "r.Header",
    "chi.URLParam(",
    "mux.Vars(",
    "c.Query(",
    "c.QueryParam(",
    "c.Param(",
    "c.Params(",
    "c.FormValue(",
    "c.PostForm(",
    "call.parameters",
    "event.queryStringParameters",
    "event.pathParameters",
];

impl<'t> Evaluator<'t> {
    /// Where the value of an expression comes from.
    pub(super) fn origin(&self, node: Node<'t>) -> Option<Origin> {
        self.origin_in(node, 0)
    }

    fn origin_in(&self, node: Node<'t>, depth: usize) -> Option<Origin> {
        let node = self.plain(node);
        let written = source_of(node, self.source);
        if let Some(known) = self.origin_of_path(written) {
            return Some(known);
        }
        match (self.language.shape)(node, self.source) {
            Shape::Call(call) if depth < MAX_DEPTH => {
                let given = call.receiver.into_iter().chain(call.args.iter().map(|arg| arg.value));
                let mut given = given.filter_map(|node| self.origin_in(node, depth + 1));
                match keeps_text(call.name) {
                    true => given.next(),
                    // What is read out of a request stays its own.
                    false => given
                        .find(|origin| matches!(origin, Origin::Request | Origin::Environment))
                        .or_else(|| Some(Origin::Returned(call.name.to_owned()))),
                }
            }
            _ => None,
        }
    }

    /// Where a name, or a path that begins with one, comes from.
    pub(super) fn origin_of_path(&self, written: &str) -> Option<Origin> {
        let begins = |list: &[&str]| list.iter().any(|start| written.starts_with(start));
        if begins(ENVIRONMENT) {
            return Some(Origin::Environment);
        }
        let rest = written.trim_start_matches(['&', '*', '$', '@', '(']);
        let len = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let root = rest.get(..len).unwrap_or_default();
        let is_path = rest.get(len..).is_some_and(|rest| rest.starts_with(['.', '[', '-', '?', '!', ':']));
        if begins(REQUEST) || (is_path && matches!(root, "req" | "request" | "Request" | "httpRequest")) {
            return Some(Origin::Request);
        }
        if matches!(root, "this" | "self" | "Self") || written.starts_with('@') {
            return is_path.then_some(Origin::Field);
        }
        let called = rest.contains('(');
        let known = self.origins.get(root).filter(|_| !called).cloned();
        // What this file gives a value to is not declared elsewhere.
        let is_named_so = || is_constant(written) && !self.globals.constants.contains_key(root);
        known.or_else(|| is_named_so().then_some(Origin::Constant))
    }
}

/// Whether a path ends as those of constants do: `TABLES`, `schemas.Kind.OPEN`, `Kind.OPEN.value`, `Kind::OPEN`.
fn is_constant(written: &str) -> bool {
    let path = ["value", "name"].iter().find_map(|of| written.strip_suffix(of)?.strip_suffix('.'));
    let path = path.unwrap_or(written);
    let is_path = path.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':'));
    let last = path.rsplit(['.', ':']).next().unwrap_or_default();
    is_path
        && last.len() > 1
        && last.starts_with(|c: char| c.is_ascii_uppercase())
        && last.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// Whether a call gives back the text that it is given, in another form at most.
fn keeps_text(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "trim",
        "strip",
        "lower",
        "upper",
        "toLowerCase",
        "toUpperCase",
        "ToLower",
        "ToUpper",
        "toString",
        "ToString",
        "to_s",
        "to_string",
        "downcase",
        "upcase",
        "lowercase",
        "uppercase",
        "to_lowercase",
        "to_uppercase",
        "strtolower",
        "strtoupper",
        "String",
        "str",
        "strval",
        "TrimSpace",
        "as_str",
        "clone",
        "to_owned",
        "into",
        "Trim",
        "unwrap",
        "unwrap_or_default",
    ];
    NAMES.contains(&name)
}
