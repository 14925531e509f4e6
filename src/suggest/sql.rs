//! Sketches of indexes as SQL: keys and predicates in the forms that are designed, definitions of indexes that exist.

use std::fmt::Write as _;

use crate::prove::access::{Sketch, SketchKey, key_text};
use crate::prove::terms::constant::Const;
use crate::prove::terms::{Node, Term, Terms, Value};
use crate::schema::Catalog;
use crate::schema::catalog::{ColumnIx, IndexId, IndexMethod, KeyTerm, Name, RelId};
use crate::schema::names::ident;
use crate::schema::types::{BaseType, Type};

/// An index without its name and table, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Access method.
    pub method: String,
    /// Keys with operator class and order.
    pub keys: Vec<String>,
    /// INCLUDE columns.
    pub include: Vec<String>,
    /// Predicate.
    pub predicate: Option<String>,
}

impl Definition {
    /// What stands behind `ON table`: `USING gin (a) WHERE b`.
    pub fn tail(&self) -> String {
        let mut text = String::new();
        if self.method != "btree" {
            let _ = write!(text, "USING {} ", self.method);
        }
        let _ = write!(text, "({})", self.keys.join(", "));
        if !self.include.is_empty() {
            let _ = write!(text, " INCLUDE ({})", self.include.join(", "));
        }
        if let Some(predicate) = &self.predicate {
            let _ = write!(text, " WHERE {predicate}");
        }
        text
    }
}

/// The name of a table as SQL must write it.
pub fn table(name: &Name) -> String {
    if name.schema == "public" {
        ident(&name.name)
    } else {
        format!("{}.{}", ident(&name.schema), ident(&name.name))
    }
}

/// The name of a table with its schema, for text that has no search path.
pub fn qualified(name: &Name) -> String {
    format!("{}.{}", ident(&name.schema), ident(&name.name))
}

/// A text as a literal.
pub fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

/// The name of an index, which is in its table's schema, as SQL must write it.
pub fn index_name(of: &Name, index: &str) -> String {
    table(&Name { schema: of.schema.clone(), name: index.to_owned() })
}

/// A sketch as text, with its columns by the names of `on`; none where something in it has no text.
pub(super) fn definition(catalog: &Catalog, terms: &Terms, sketch: &Sketch, on: RelId) -> Option<Definition> {
    let printer = Printer { catalog, terms, of: sketch.table, on };
    let keys: Option<Vec<String>> = sketch.keys.iter().map(|key| printer.key(key)).collect();
    let include: Option<Vec<String>> = sketch.include.iter().map(|c| printer.column(*c)).collect();
    let predicate: Option<Vec<String>> = sketch.predicate.iter().map(|t| printer.condition(*t)).collect();
    let predicate = Some(predicate?.join(" AND ")).filter(|text| !text.is_empty());
    Some(Definition { method: method(&sketch.method).to_owned(), keys: keys?, include: include?, predicate })
}

/// An index of the catalog as text.
pub(super) fn existing(catalog: &Catalog, id: IndexId) -> Option<Definition> {
    let index = catalog.index_def(id);
    let relation = catalog.relation(index.relation);
    let mut keys = Vec::new();
    for (position, key) in index.keys.iter().enumerate() {
        let mut text = match &key.term {
            KeyTerm::Column(column) => ident(&relation.columns.get(*column as usize)?.name),
            KeyTerm::Expr(_) => format!("({})", key_text(catalog, id, position)?),
        };
        text.push_str(&order(key.descending, key.nulls_first));
        keys.push(text);
    }
    let name = |c: &ColumnIx| relation.columns.get(*c as usize).map(|c| ident(&c.name));
    Some(Definition {
        method: method(&index.method).to_owned(),
        keys,
        include: index.include.iter().map(name).collect::<Option<Vec<_>>>()?,
        predicate: index.predicate.as_ref().map(|p| p.expr.to_string()),
    })
}

/// What an index key may be called in a name: its column, and the function around it.
pub(super) fn label(catalog: &Catalog, terms: &Terms, of: RelId, key: Term) -> String {
    if let Node::Cast(_, inner) = terms.node(key) {
        return label(catalog, terms, of, *inner);
    }
    let mut columns = Vec::new();
    for rel in terms.rels(key) {
        terms.columns_of(key, *rel, &mut columns);
    }
    let relation = catalog.relation(of);
    let name = |c: &ColumnIx| relation.columns.get(*c as usize).map(|c| c.name.clone());
    let mut parts: Vec<String> = columns.iter().filter_map(name).collect();
    if let Node::Call { name, args: _ } = terms.node(key) {
        parts.insert(0, name.rsplit('.').next().unwrap_or(name).to_owned());
    }
    if let Node::Operator { name: _, args, coll: _ } = terms.node(key) {
        let path = args.last().and_then(|t| terms.constant(*t)).and_then(Const::text);
        let is_word = |text: &&str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        parts.extend(path.filter(is_word).map(str::to_owned));
    }
    parts.join("_")
}

fn method(method: &IndexMethod) -> &str {
    match method {
        IndexMethod::Btree => "btree",
        IndexMethod::Hash => "hash",
        IndexMethod::Gist => "gist",
        IndexMethod::Gin => "gin",
        IndexMethod::SpGist => "spgist",
        IndexMethod::Brin => "brin",
        IndexMethod::Hnsw => "hnsw",
        IndexMethod::IvfFlat => "ivfflat",
        IndexMethod::Other(name) => name,
    }
}

/// The order of a key, where it is not the default.
fn order(descending: bool, nulls_first: bool) -> String {
    let mut text = String::new();
    if descending {
        text.push_str(" DESC");
    }
    if nulls_first != descending {
        text.push_str(if nulls_first { " NULLS FIRST" } else { " NULLS LAST" });
    }
    text
}

struct Printer<'a> {
    catalog: &'a Catalog,
    terms: &'a Terms,
    /// The table that terms are over.
    of: RelId,
    /// The table whose column names count: the same, or a partition of it.
    on: RelId,
}

impl Printer<'_> {
    fn key(&self, key: &SketchKey) -> Option<String> {
        let mut text = self.expression(key.term)?;
        if !matches!(self.terms.node(key.term), Node::Column(..) | Node::Call { .. }) {
            text = format!("({text})");
        }
        if let Some(class) = key.opclass {
            text.push(' ');
            text.push_str(class);
        }
        text.push_str(&order(key.descending, key.nulls_first));
        Some(text)
    }

    fn column(&self, column: ColumnIx) -> Option<String> {
        let name = &self.catalog.relation(self.of).columns.get(column as usize)?.name;
        self.catalog.relation(self.on).column_named(name)?;
        Some(ident(name))
    }

    fn condition(&self, term: Term) -> Option<String> {
        Some(match self.terms.node(term) {
            Node::IsNull { negated, of } => {
                format!("{} IS {}NULL", self.operand(*of)?, if *negated { "NOT " } else { "" })
            }
            Node::Not(of) => format!("NOT {}", self.operand(*of)?),
            Node::Any { op, all: false, left, array, coll: _ } if &**op == "=" => {
                let Node::Array(elements) = self.terms.node(*array) else { return None };
                let list: Option<Vec<String>> = elements.iter().map(|t| self.expression(*t)).collect();
                format!("{} IN ({})", self.operand(*left)?, list?.join(", "))
            }
            _ => self.expression(term)?,
        })
    }

    /// An operand, in parentheses where it is an operation.
    fn operand(&self, term: Term) -> Option<String> {
        let text = self.expression(term)?;
        let plain = matches!(self.terms.node(term), Node::Column(..) | Node::Const(_) | Node::Call { .. });
        Some(if plain { text } else { format!("({text})") })
    }

    fn expression(&self, term: Term) -> Option<String> {
        Some(match self.terms.node(term) {
            Node::Column(_, column) => self.column(*column)?,
            Node::Const(c) => self.constant(c)?,
            Node::Call { name, args } => {
                let args: Option<Vec<String>> = args.iter().map(|t| self.expression(*t)).collect();
                match (&**name, args?.as_slice()) {
                    ("extract", [field, from]) => format!("EXTRACT({field} FROM {from})"),
                    (name, args) => format!("{name}({})", args.join(", ")),
                }
            }
            Node::Operator { name, args, coll: _ } => {
                let [left, right] = **args else { return None };
                format!("{} {name} {}", self.operand(left)?, self.operand(right)?)
            }
            Node::Cast(to, of) => format!("{}::{to}", self.operand(*of)?),
            _ => return None,
        })
    }

    fn constant(&self, value: &Const) -> Option<String> {
        let typed = |text: &str, ty: &Type| match ty.base {
            BaseType::Unknown | BaseType::Text | BaseType::Varchar | BaseType::Bpchar if !ty.array => {
                literal(text)
            }
            _ => format!("{}::{ty}", literal(text)),
        };
        Some(match &value.value {
            Value::Null => "NULL".to_owned(),
            Value::Bool(b) => b.to_string(),
            Value::Number(n) => n.to_string(),
            Value::Label(label) => {
                let BaseType::Enum(name) = &value.ty.base else { return None };
                literal(self.catalog.enums.get(name)?.get(*label as usize)?)
            }
            Value::Text(text) => typed(text, &value.ty),
            Value::Instant(_) | Value::Local(_) => return None,
        })
    }
}
