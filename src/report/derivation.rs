//! The steps of a proof in words that a reviewer can follow: what is equal, and by which predicate or declaration.

use crate::project::{AnalysedStatement, Project};
use crate::prove::ownership::Owner;
use crate::prove::verdict::{Because, Derivation, Ground, Step, Value};
use crate::query::model::{Body, CteBody, OccId, Source};
use crate::schema::catalog::{ColumnIx, ForeignKeyId, Index, IndexId, IndexKey, KeyTerm, RelId};
use crate::source::{HOLE_PREFIX, Location, Span};

/// A step in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// What kind of step it is; part of the JSON.
    pub(super) kind: &'static str,
    /// One sentence without a full stop.
    pub(super) text: String,
    /// The predicate or the declaration that it rests on.
    pub(super) at: Option<Location>,
    /// Which of several cases it belongs to: its number from 1, and how many there are.
    pub(super) case: Option<(usize, usize)>,
}

/// Characters of a predicate that are quoted, at most.
const QUOTED: usize = 90;

/// The derivations of one occurrence in words: one for each use of it, such as the row that an INSERT adds and the row
/// that ON CONFLICT meets.
pub(super) fn derivations(project: &Project, statement: &AnalysedStatement, occ: OccId) -> Vec<Vec<Told>> {
    let all = statement.proof.iter().flat_map(|p| &p.derivations).filter(|d| d.occ == occ);
    let teller = Teller { project, statement };
    all.map(|derivation| teller.derivation(derivation)).collect()
}

struct Teller<'a> {
    project: &'a Project,
    statement: &'a AnalysedStatement,
}

impl Teller<'_> {
    fn derivation(&self, derivation: &Derivation) -> Vec<Told> {
        if derivation.cases.is_empty() {
            let text = "no row passes: the conditions cannot all hold".to_owned();
            return vec![Told { kind: "impossible", text, at: None, case: None }];
        }
        let of = derivation.cases.len();
        let cases = derivation.cases.iter().enumerate();
        cases
            .flat_map(|(n, steps)| {
                let case = (of > 1).then_some((n + 1, of));
                steps.iter().map(move |step| Told { case, ..self.step(derivation.occ, step) })
            })
            .collect()
    }

    fn step(&self, occ: OccId, step: &Step) -> Told {
        let told = |kind, text, at| Told { kind, text, at, case: None };
        match step {
            Step::Same { left, right, by } => self.same(left, right, by),
            Step::Tenant { value, because } => {
                let value = self.value(value);
                match because {
                    Because::Compared(rel, column) => told(
                        "tenant",
                        format!(
                            "{value} is taken for the tenant, because it is compared with {}",
                            self.declared_column(*rel, *column)
                        ),
                        self.column_place(*rel, *column),
                    ),
                    Because::Stored(rel, column) => told(
                        "tenant",
                        format!(
                            "{value} is taken for the tenant, because it is stored in {}",
                            self.declared_column(*rel, *column)
                        ),
                        self.column_place(*rel, *column),
                    ),
                    Because::RootKey(rel, column) => told(
                        "tenant",
                        format!(
                            "{value} is the tenant: {} is configured to stand for one (`tenancy.root-keys`)",
                            self.declared_column(*rel, *column)
                        ),
                        self.column_place(*rel, *column),
                    ),
                    Because::Given(function) => {
                        let function = self.project.catalog.function(*function);
                        told(
                            "tenant",
                            format!(
                                "{value} is taken for the tenant, because it is given to `{}`, whose body takes it for one",
                                function.name
                            ),
                            Some(function.declared),
                        )
                    }
                    Because::Session => told(
                        "tenant",
                        match self.project.tenancy.session_of_policies {
                            true => format!(
                                "{value} is the tenant, since policies compare it with the tenant column"
                            ),
                            false => format!("{value} is configured to be the tenant (`tenancy.session`)"),
                        },
                        None,
                    ),
                    Because::RowVariable => told(
                        "tenant",
                        format!("{value} is the tenant of the row that the trigger runs for"),
                        None,
                    ),
                }
            }
            Step::Member { table, principal } => told(
                "membership",
                format!(
                    "{} is a member there, by a row of {}: one of the principal's tenants",
                    self.value(principal),
                    self.occurrence(*table)
                ),
                Some(self.locate(self.statement.bound.occurrence(*table).span)),
            ),
            Step::Shared { at } => told(
                "shared",
                format!("the owner of {} is NULL: a row that anybody may read", self.occurrence(occ)),
                at.map(|span| self.locate(span)),
            ),
            Step::Anchored { to } => told(
                "anchor",
                format!(
                    "the row of {} has the same owner, and is tied on its own account",
                    self.occurrence(*to)
                ),
                Some(self.locate(self.statement.bound.occurrence(*to).span)),
            ),
            Step::Idle => told(
                "idle-join",
                format!(
                    "{} contributes nothing: it has exactly one row for each row that it joins, or none, and no \
                     column of it is used",
                    self.occurrence(occ)
                ),
                None,
            ),
            Step::NewTenant => told(
                "new-tenant",
                format!("a row of {} is a tenant: inserting one creates it", self.occurrence(occ)),
                None,
            ),
            Step::Default { column } => {
                let Source::Table(rel) = self.statement.bound.occurrence(occ).source else {
                    return told("default", "the DEFAULT is the session's tenant".to_owned(), None);
                };
                let name = self.declared_column(rel, *column);
                let text = format!("{name} gets its DEFAULT, which is configured to be the tenant");
                told("default", text, self.column_place(rel, *column))
            }
            Step::Kept { output } => {
                let names = self.outputs();
                let name = names.get(*output).map_or("?", String::as_str);
                told(
                    "kept",
                    format!("the view keeps it as its column `{name}`: whoever uses it ties that"),
                    None,
                )
            }
        }
    }

    fn same(&self, left: &Value, right: &Value, by: &[Ground]) -> Told {
        let (l, r) = (self.value(left), self.value(right));
        let equal = match left {
            Value::Owner(_) | Value::OfKey { .. } | Value::Unnamed => format!("{l} is {r}"),
            _ => format!("{l} = {r}"),
        };
        let told =
            |kind, why: String, at| Told { kind, text: format!("{equal}{why}"), at: Some(at), case: None };
        let keys: Vec<ForeignKeyId> = by
            .iter()
            .filter_map(|ground| match ground {
                Ground::Reference(fk) | Ground::Parent(fk) => Some(*fk),
                _ => None,
            })
            .collect();
        if let Some(first) = keys.first() {
            let names: Vec<String> = keys.iter().map(|fk| self.foreign_key(*fk)).collect();
            let word = if names.len() == 1 { "foreign key" } else { "foreign keys" };
            let at = self.project.catalog.foreign_key(*first).declared;
            let returned = match by.contains(&Ground::Returned) {
                true => ", for the rows that the WITH query returns",
                false => "",
            };
            return told("foreign-key", format!(", by {word} {}{returned}", names.join(" and ")), at);
        }
        for ground in by {
            return match ground {
                Ground::Key(index) => {
                    let at = self.project.catalog.index_def(*index).declared;
                    told("unique-key", format!(": it is one row, by the unique key {}", self.key(*index)), at)
                }
                Ground::Predicate(span) => match self.view_at(*span) {
                    Some((name, declared)) => {
                        let at = declared.unwrap_or_else(|| self.locate(*span));
                        told("predicate", format!(", by a predicate in the view `{name}`"), at)
                    }
                    None => told("predicate", self.predicate(*span, &l, &r), self.locate(*span)),
                },
                Ground::Written(span) => {
                    told("written", ", as the statement stores it".to_owned(), self.locate(*span))
                }
                Ground::Arbiter(span) => told(
                    "arbiter",
                    ": a row that ON CONFLICT meets has the proposed value there".to_owned(),
                    self.locate(*span),
                ),
                Ground::Output => return self.output([left, right], equal),
                Ground::Returned => {
                    let text = format!("{equal}, for the rows that the WITH query returns");
                    return Told { kind: "output", text, at: None, case: None };
                }
                Ground::Reference(_) | Ground::Parent(_) => continue,
            };
        }
        Told { kind: "equal", text: equal, at: None, case: None }
    }

    /// An equality of an output column with what its query selects. Of two columns, a table's is the one selected.
    fn output(&self, sides: [&Value; 2], equal: String) -> Told {
        if let [Value::Owner(occ), _] = sides {
            let at = self.locate(self.statement.bound.occurrence(*occ).span);
            let text = format!("{equal}, the value that is stored");
            return Told { kind: "written", text, at: Some(at), case: None };
        }
        let occurrences = sides.iter().filter_map(|value| match value {
            Value::Column(occ, _) | Value::Owner(occ) => Some(self.statement.bound.occurrence(*occ)),
            _ => None,
        });
        let Some(occurrence) = occurrences.min_by_key(|o| matches!(o.source, Source::Table(_))) else {
            return Told { kind: "output", text: equal, at: None, case: None };
        };
        let (kind, what) = match occurrence.source {
            Source::Cte(_) => ("output", "what the WITH query selects"),
            Source::View { .. } => ("output", "what the view selects"),
            Source::Table(_) => ("written", "the value that is stored"),
            Source::Derived(_)
            | Source::Function { .. }
            | Source::Call(_)
            | Source::System(_)
            | Source::Tuple(_)
            | Source::Unknown(_) => ("output", "what the subquery selects"),
        };
        let declared = self.view_at(occurrence.span).and_then(|(_, declared)| declared);
        let at = declared.unwrap_or_else(|| self.locate(occurrence.span));
        Told { kind, text: format!("{equal}, {what}"), at: Some(at), case: None }
    }

    /// `, by ...` behind an equality; nothing where the predicate says just that.
    fn predicate(&self, span: Span, left: &str, right: &str) -> String {
        let text = self.statement.bound.fragment.text.get(span.range()).unwrap_or_default();
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = self.statement.bound.fragment.readable(words.join(" "));
        // Of two values, with the names of their tables and without.
        let spellings = |value: &str| {
            // What a placeholder is bound to stands behind it.
            let value = value.split("` (`").next().unwrap_or_default();
            let value = value.trim_matches('`').to_ascii_lowercase();
            let alone = value.rsplit('.').next().unwrap_or_default().to_owned();
            [value, alone]
        };
        let lower = text.to_ascii_lowercase().replace(['{', '}'], "");
        let (left, right) = (spellings(left), spellings(right));
        let mut pairs = left.iter().flat_map(|l| right.iter().map(move |r| (l, r)));
        if text.is_empty()
            || pairs.any(|(l, r)| lower == format!("{l} = {r}") || lower == format!("{r} = {l}"))
        {
            return String::new();
        }
        match text.char_indices().nth(QUOTED) {
            Some((cut, _)) => format!(", by `{}...`", text.get(..cut).unwrap_or_default()),
            None => format!(", by `{text}`"),
        }
    }

    /// The view whose own token a range is: the range of everything inside of the view's definition.
    fn view_at(&self, span: Span) -> Option<(String, Option<Location>)> {
        self.statement.bound.occurrences.iter().find_map(|occurrence| match occurrence.source {
            Source::View { view, query: _ } if occurrence.span == span => {
                let relation = self.project.catalog.relation(view);
                Some((relation.name.to_string(), relation.declared))
            }
            _ => None,
        })
    }

    fn value(&self, value: &Value) -> String {
        let bound = &self.statement.bound;
        match value {
            Value::Column(occ, column) => {
                let occurrence = bound.occurrence(*occ);
                let name = occurrence.columns.get(*column as usize).map_or("?", |c| c.name.as_str());
                let column = match occurrence.alias.as_str() {
                    "" => format!("`{name}`"),
                    alias => format!("`{alias}.{name}`"),
                };
                match self.view_of(*occ) {
                    Some(view) => format!("{column} of the view `{view}`"),
                    None => column,
                }
            }
            Value::Owner(occ) if self.is_inserted(*occ) => {
                format!("the owner of the new row of {}", self.occurrence(*occ))
            }
            Value::Owner(occ) => format!("the owner of {}", self.occurrence(*occ)),
            Value::OfKey { index, column, key } => {
                let index = self.project.catalog.index_def(*index);
                let relation = self.project.catalog.relation(index.relation);
                let what = match column.and_then(|c| relation.columns.get(c as usize)) {
                    Some(column) => format!("`{}`", column.name),
                    None => "the owner".to_owned(),
                };
                let names = self.index_columns(index);
                let parts: Vec<String> = names
                    .iter()
                    .zip(key)
                    .map(|(name, value)| format!("`{name}` = {}", self.value(value)))
                    .collect();
                format!("{what} of the `{}` row with {}", relation.name, parts.join(" and "))
            }
            Value::Param(id) => {
                let text = bound.fragment.text.get(bound.param(*id).span.range()).unwrap_or("?");
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                match &bound.param(*id).bound_to {
                    Some(expression) if text.contains(HOLE_PREFIX) => format!("`{expression}`"),
                    Some(expression) => format!("`{text}` (`{expression}`)"),
                    None => format!("`{}`", bound.fragment.readable(text)),
                }
            }
            Value::Element(id) => format!("an element of the array {}", self.value(&Value::Param(*id))),
            Value::Session(text) => format!("`{text}`"),
            Value::Literal(_) => "a literal".to_owned(),
            Value::Unnamed => "the given value".to_owned(),
        }
    }

    fn occurrence(&self, occ: OccId) -> String {
        let occurrence = self.statement.bound.occurrence(occ);
        match self.view_of(occ) {
            Some(view) => format!("`{}` in the view `{view}`", occurrence.alias),
            None if occurrence.alias.is_empty() => "the subquery".to_owned(),
            None => format!("`{}`", occurrence.alias),
        }
    }

    fn view_of(&self, occ: OccId) -> Option<&str> {
        let bound = &self.statement.bound;
        bound.occurrence(occ).via_view.map(|view| bound.occurrence(view).alias.as_str())
    }

    fn is_inserted(&self, occ: OccId) -> bool {
        let bound = &self.statement.bound;
        let modifying = bound.ctes.iter().filter_map(|cte| match &cte.body {
            CteBody::Modify(body) => Some(&**body),
            CteBody::Query(_) => None,
        });
        let direct = match bound.occurrence(occ).source {
            Source::Table(rel) => matches!(self.project.ownership.of(rel), Owner::Direct { .. }),
            _ => false,
        };
        let inserts = |body: &Body| match body {
            Body::Insert(insert) => insert.target == occ,
            // The row that is there speaks of its own column.
            Body::Merge(merge) => merge.target == occ && direct,
            _ => false,
        };
        std::iter::once(&bound.body).chain(modifying).any(inserts)
    }

    /// Names of the statement's output columns.
    fn outputs(&self) -> Vec<String> {
        match &self.statement.bound.body {
            Body::Query(query) => query.columns.iter().map(|c| c.name.clone()).collect(),
            _ => Vec::new(),
        }
    }

    fn declared_column(&self, rel: RelId, column: ColumnIx) -> String {
        let relation = self.project.catalog.relation(rel);
        let name = relation.columns.get(column as usize).map_or("?", |c| c.name.as_str());
        format!("`{}.{name}`", relation.name)
    }

    fn column_place(&self, rel: RelId, column: ColumnIx) -> Option<Location> {
        self.project.catalog.relation(rel).columns.get(column as usize)?.declared
    }

    fn foreign_key(&self, id: ForeignKeyId) -> String {
        let catalog = &self.project.catalog;
        let key = catalog.foreign_key(id);
        let names = |rel: RelId, columns: &[ColumnIx]| {
            let relation = catalog.relation(rel);
            let names =
                columns.iter().filter_map(|c| relation.columns.get(*c as usize)).map(|c| c.name.as_str());
            names.collect::<Vec<_>>().join(", ")
        };
        format!(
            "`{}` ({}) to `{}` ({})",
            key.name,
            names(key.relation, &key.columns),
            catalog.relation(key.target).name,
            names(key.target, &key.target_columns)
        )
    }

    fn key(&self, id: IndexId) -> String {
        let index = self.project.catalog.index_def(id);
        format!("`{}` ({})", index.name, self.index_columns(index).join(", "))
    }

    /// Names of the plain columns of an index, which are all that a unique key of a proof has.
    fn index_columns(&self, index: &Index) -> Vec<&str> {
        let relation = self.project.catalog.relation(index.relation);
        let name = |key: &IndexKey| match key.term {
            KeyTerm::Column(column) => relation.columns.get(column as usize).map(|c| c.name.as_str()),
            KeyTerm::Expr(_) => None,
        };
        index.keys.iter().filter_map(name).collect()
    }

    fn locate(&self, span: Span) -> Location {
        self.statement.bound.fragment.locate(span)
    }
}
