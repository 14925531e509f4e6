//! Row security that ties each row to the tenant of the session: who is bound by it sees and writes rows of that tenant
//! alone, and none where the session names no tenant.
//!
//! | table | policy |
//! | --- | --- |
//! | tenant column | `column = tenant` |
//! | tenant column, rows without a tenant are everybody's | the same, and reading where it is NULL |
//! | owned through foreign keys | EXISTS a parent that is the tenant's, for each parent |
//! | rows may be nobody's | left out |
//! | table of tenants, memberships | left out unless asked for by name: they are read before a tenant is known |
//!
//! The tenant is a scalar subquery, which is computed once for a statement and not for each row. A setting that was never
//! made is NULL, one that was reset is empty: NULLIF makes both NULL, and NULL is equal to nothing.
//!
//! A table that has policies gets none: permissive ones are ORed, so that another could only let more rows through.

use super::keys::index;
use super::{
    Hardening, KeyIndex, LeftOut, Measure, NewPolicy, Options, RowSecurity, Session, column_name, tables,
};
use crate::check::CheckedProject;
use crate::project::Role;
use crate::prove::ownership::{Owner, fold, is_named, own_column};
use crate::query::model::Source;
use crate::schema::Catalog;
use crate::schema::catalog::{
    ColumnIx, ForeignKeyId, IndexMethod, KeyTerm, Name, RelId, Relation, RelationKind,
};
use crate::schema::names::{MAX_BYTES, clip, ident};
use crate::schema::types::{BaseType, Type};
use crate::suggest::names::{Kind, Names};
use crate::suggest::sql;

/// Longer chains of owners are not followed.
const MAX_DEPTH: usize = 8;

impl RowSecurity {
    fn new(table: &Name, (enable, force): (bool, bool), policies: Vec<NewPolicy>) -> RowSecurity {
        RowSecurity { table: table.clone(), enable, force, policies, remarks: Vec::new() }
    }
}

/// Proposes row security.
pub(super) fn find(checked: &CheckedProject, options: &Options, names: &mut Names, found: &mut Hardening) {
    let project = &checked.project;
    let catalog = &project.catalog;
    let suffix = policy_suffix(checked);
    for (id, relation) in tables(catalog, options) {
        let (enable, force) = (!relation.row_security, !relation.force_row_security);
        let without = catalog.policies.iter().all(|policy| policy.relation != id);
        let owner = project.ownership.of(id);
        if !owner.is_scoped() || !(enable || force || without) {
            continue;
        }
        if let Some(why) = left_out(checked, options, relation, owner) {
            found.left_out.push(LeftOut {
                measure: Measure::RowSecurity,
                what: relation.name.to_string(),
                why,
                declared: relation.declared,
            });
            continue;
        }
        for columns in searched(checked, id).into_iter().filter(|_| without) {
            if !is_indexed(catalog, found, id, &columns) {
                let purpose = "serves the policy, whose condition joins every statement";
                found.indexes.push(index(catalog, names, Kind::Index, id, &columns, purpose));
            }
        }
        let mut writer = Writer { checked, sessions: &mut found.sessions };
        let tie = writer.tie(id, &format!("{}.", ident(&relation.name.name)), 0);
        let Some(tie) = tie.filter(|_| without) else {
            found.row_security.push(RowSecurity::new(&relation.name, (enable, force), Vec::new()));
            continue;
        };
        let name = |what: &str| {
            let room = MAX_BYTES.saturating_sub(what.len());
            format!("{}{what}", clip(&relation.name.name, room))
        };
        let mut policies =
            vec![NewPolicy { name: name(&suffix), reads: false, using: tie.clone(), check: Some(tie) }];
        if let Owner::Direct { column, shared: true, level: _, outer: _ } = owner {
            let using = format!("{} IS NULL", ident(&column_name(relation, *column)));
            policies.push(NewPolicy { name: name("_shared"), reads: true, using, check: None });
        }
        let mut security = RowSecurity::new(&relation.name, (enable, force), policies);
        if let Owner::Direct { column, shared: false, level: _, outer: _ } = owner
            && relation.columns.get(*column as usize).is_some_and(|c| !c.not_null)
            && found.not_null.iter().all(|known| known.place != (id, *column))
        {
            let column = column_name(relation, *column);
            security.remarks.push(format!(
                "rows whose {column} is NULL are hidden from everyone; tenancy.shared makes them everybody's"
            ));
        }
        found.row_security.push(security);
    }
    views(checked, found);
}

/// Views that read protected tables with the rights of their owner, past row security.
fn views(checked: &CheckedProject, found: &mut Hardening) {
    let catalog = &checked.project.catalog;
    let protected = |id: RelId| {
        let relation = catalog.relation(id);
        relation.row_security || found.row_security.iter().any(|table| table.table == relation.name)
    };
    let mut left = Vec::new();
    for statement in &checked.project.statements {
        let Role::View(name) = &statement.role else { continue };
        let view = catalog.live_relations().find(|(_, r)| r.name.to_string() == *name);
        let Some((_, relation)) = view else { continue };
        let RelationKind::View(view) = &relation.kind else { continue };
        let reads = statement.bound.occurrences.iter().find_map(|occurrence| match occurrence.source {
            Source::Table(id) if protected(id) => Some(catalog.relation(id).name.to_string()),
            _ => None,
        });
        if let Some(table) = reads.filter(|_| !view.security_invoker) {
            left.push(LeftOut {
                measure: Measure::RowSecurity,
                what: name.clone(),
                why: format!(
                    "the view reads `{table}` with the rights of its owner, which may be past row security; ALTER VIEW {} \
                     SET (security_invoker = true) asks that its readers may read the tables",
                    sql::table(&relation.name)
                ),
                declared: relation.declared,
            });
        }
    }
    found.left_out.extend(left);
}

/// The columns that a policy compares, for each of its conditions.
fn searched(checked: &CheckedProject, id: RelId) -> Vec<Vec<ColumnIx>> {
    let catalog = &checked.project.catalog;
    match checked.project.ownership.of(id) {
        Owner::Direct { column, .. } => vec![vec![*column]],
        Owner::Indirect { parents } => parents
            .iter()
            .filter_map(|key| {
                let key = catalog.foreign_key(*key);
                key.columns.iter().map(|c| own_column(catalog, id, key.relation, *c)).collect()
            })
            .collect(),
        Owner::Root { .. } | Owner::Unclassified { .. } | Owner::Global { .. } => Vec::new(),
    }
}

/// Whether an index of a table begins with one of these columns, or one that is proposed will; a partition has those of
/// its table.
fn is_indexed(catalog: &Catalog, found: &Hardening, id: RelId, columns: &[ColumnIx]) -> bool {
    let has = catalog.usable_indexes(id).any(|(_, index)| {
        let first = index.keys.first().map(|key| &key.term);
        index.method == IndexMethod::Btree
            && index.predicate.is_none()
            && matches!(first, Some(KeyTerm::Column(first)) if columns.contains(first))
    });
    let planned = found.unique_keys.iter().chain(&found.indexes);
    let names: Vec<String> = columns.iter().map(|c| column_name(catalog.relation(id), *c)).collect();
    let mut family = vec![id];
    while let Some(RelationKind::Partition(parent)) = family.last().map(|id| &catalog.relation(*id).kind)
        && !family.contains(parent)
    {
        family.push(*parent);
    }
    let first = |key: &KeyIndex| key.columns.first().is_some_and(|first| names.contains(first));
    has || planned.filter(|key| family.contains(&key.of)).any(first)
}

/// Why a table gets no row security.
fn left_out(
    checked: &CheckedProject,
    options: &Options,
    relation: &Relation,
    owner: &Owner,
) -> Option<String> {
    let is_asked_for = || options.tables.iter().any(|name| is_named(relation, name));
    let membership = &checked.project.tenancy.membership;
    match owner {
        Owner::Root { .. } if !is_asked_for() => {
            Some("the table of tenants is read and written before a tenant is known; name it with --table".to_owned())
        }
        _ if membership.iter().any(|m| is_named(relation, &m.table)) && !is_asked_for() => {
            Some("memberships are read before a tenant is known; name it with --table".to_owned())
        }
        Owner::Unclassified { .. } => Some(
            "its rows may be nobody's, and a policy would hide those: a foreign key that is NOT NULL makes them \
             somebody's"
                .to_owned(),
        ),
        Owner::Indirect { parents } if parents.is_empty() => Some("its owner is not certain".to_owned()),
        Owner::Root { .. } | Owner::Direct { .. } | Owner::Indirect { .. } | Owner::Global { .. } => None,
    }
}

/// What the names of the project's policies end with, behind the name of the table.
fn policy_suffix(checked: &CheckedProject) -> String {
    let catalog = &checked.project.catalog;
    let suffixes = catalog.policies.iter().filter_map(|policy| {
        let table = &catalog.relation(policy.relation).name.name;
        policy.name.strip_prefix(table.as_str()).filter(|rest| rest.starts_with('_'))
    });
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for suffix in suffixes {
        match counts.iter_mut().find(|(known, _)| *known == suffix) {
            Some((_, count)) => *count += 1,
            None => counts.push((suffix, 1)),
        }
    }
    let most = counts.iter().rev().max_by_key(|(_, count)| *count);
    most.map_or_else(|| "_tenant_isolation".to_owned(), |(suffix, _)| (*suffix).to_owned())
}

struct Writer<'a> {
    checked: &'a CheckedProject,
    sessions: &'a mut Vec<Session>,
}

impl Writer<'_> {
    /// The condition that a row is the session's tenant's. `row` is what stands in front of its columns.
    fn tie(&mut self, id: RelId, row: &str, depth: usize) -> Option<String> {
        let project = &self.checked.project;
        let relation = project.catalog.relation(id);
        match project.ownership.of(id) {
            Owner::Direct { column, level, .. } | Owner::Root { key: column, level, .. } => {
                let row = if depth == 0 { "" } else { row };
                let tenant = self.tenant(relation, *column, *level);
                Some(format!("{row}{} = {tenant}", ident(&column_name(relation, *column))))
            }
            Owner::Indirect { parents } if !parents.is_empty() && depth < MAX_DEPTH => {
                let each: Option<Vec<String>> =
                    parents.iter().map(|key| self.through(id, *key, row, depth)).collect();
                Some(each?.join(" AND "))
            }
            Owner::Indirect { .. } | Owner::Unclassified { .. } | Owner::Global { .. } => None,
        }
    }

    /// The condition that the row that a key refers to is the tenant's.
    fn through(&mut self, id: RelId, key: ForeignKeyId, row: &str, depth: usize) -> Option<String> {
        let project = &self.checked.project;
        let catalog = &project.catalog;
        let key = catalog.foreign_key(key);
        let own: Option<Vec<ColumnIx>> =
            key.columns.iter().map(|c| own_column(catalog, id, key.relation, *c)).collect();
        let (from, to) = (catalog.relation(id), catalog.relation(key.target));
        let columns: Vec<String> = own?.iter().map(|c| ident(&column_name(from, *c))).collect();
        if let (Owner::Root { key: root, level, .. }, [only]) =
            (project.ownership.of(key.target), columns.as_slice())
            && key.target_columns.as_slice() == [*root]
        {
            let tenant = self.tenant(to, *root, *level);
            return Some(format!("{row}{only} = {tenant}"));
        }
        let alias = alias(catalog.relation(id), to, depth);
        let pairs = key
            .target_columns
            .iter()
            .zip(&columns)
            .map(|(theirs, own)| format!("{alias}.{} = {row}{own}", ident(&column_name(to, *theirs))));
        let mut conditions: Vec<String> = pairs.collect();
        conditions.push(self.tie(key.target, &format!("{alias}."), depth + 1)?);
        Some(format!(
            "EXISTS (SELECT 1 FROM {} AS {alias} WHERE {})",
            sql::table(&to.name),
            conditions.join(" AND ")
        ))
    }

    /// The tenant of the session, of a column's type.
    fn tenant(&mut self, relation: &Relation, column: ColumnIx, level: usize) -> String {
        let ty = relation.columns.get(column as usize).map(|c| self.checked.project.catalog.base_type(&c.ty));
        let session = self.session(level, || column_name(relation, column));
        let cast = cast(ty.as_ref());
        match setting(&session) {
            Some(name) => format!("(SELECT NULLIF(current_setting('{name}', true), ''){cast})"),
            None if cast.is_empty() => format!("(SELECT NULLIF(({session})::text, ''))"),
            None => format!("(SELECT ({session}){cast})"),
        }
    }

    /// The session expression of a level: the one that names its column where there are several levels, else the first;
    /// a setting named after the column where none is known.
    fn session(&mut self, level: usize, column: impl Fn() -> String) -> String {
        if let Some(known) = self.sessions.iter().find(|s| s.level == level) {
            return known.expression.clone();
        }
        let project = &self.checked.project;
        let configured = &project.tenancy.session;
        let names = |expression: &&String| {
            let folded = fold(expression);
            folded.contains(&fold(&column()))
        };
        let found = match project.ownership.columns.levels() {
            0 | 1 => configured.first(),
            _ => configured.iter().find(names),
        };
        let expression =
            found.cloned().unwrap_or_else(|| format!("current_setting('app.{}')", setting_word(&column())));
        let is_known = found.is_some();
        self.sessions.push(Session { level, expression: expression.clone(), is_known });
        expression
    }
}

/// The name of the setting that an expression asks for, where it asks for nothing else.
pub(super) fn setting(expression: &str) -> Option<&str> {
    let rest = expression.trim().strip_prefix("current_setting(")?.trim_start().strip_prefix('\'')?;
    let (name, rest) = rest.split_once('\'')?;
    let rest: String = rest.chars().filter(|c| !c.is_whitespace()).collect();
    matches!(rest.to_lowercase().as_str(), ")" | ",true)" | ",false)").then_some(name)
}

/// A column's name as part of a setting's, which PostgreSQL wants to be of letters, digits and underscores.
fn setting_word(column: &str) -> String {
    column.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
}

/// The cast from text to a tenant column's type.
fn cast(ty: Option<&Type>) -> String {
    match ty {
        None => String::new(),
        Some(ty) if matches!(ty.base, BaseType::Text | BaseType::Varchar | BaseType::Unknown) => {
            String::new()
        }
        Some(ty) => format!("::{ty}"),
    }
}

/// What the parent is called in a policy: not as the table whose policy it is.
fn alias(child: &Relation, parent: &Relation, depth: usize) -> String {
    let word = if depth == 0 { "owner".to_owned() } else { format!("owner_{}", depth + 1) };
    match [child, parent].iter().any(|r| r.name.name == word) {
        true => format!("{word}_row"),
        false => word,
    }
}
