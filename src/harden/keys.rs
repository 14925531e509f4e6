//! Foreign keys between tables of tenants that do not carry the tenant, and the keys that would.
//!
//! | referring table | referred table | what is done |
//! | --- | --- | --- |
//! | tenant column | tenant column of that level | `(tenant, key) -> (tenant, key)` |
//! | tenant column | none, or rows that everybody shares | left out: the row referred to has no tenant to compare |
//! | none | any, by the key that decides whose the row is | nothing: the row is whose that row is |
//! | none | any, by another key | left out: the referring row has no tenant to compare |
//! | any | the table of tenants | nothing: the key is the tenant |
//!
//! A key with a column that may be NULL stays MATCH SIMPLE: a row without the reference is not checked. Under MATCH
//! SIMPLE a row without a tenant is not checked either, which is why the tenant column should be NOT NULL.

use super::{Hardening, KeyIndex, LeftOut, Measure, Options, PlainKey, TenantKey, Unvalidated};
use super::{column_name, is_of_parent, tables};
use crate::check::CheckedProject;
use crate::prove::ownership::{Owner, Ownership};
use crate::prove::reference;
use crate::schema::Catalog;
use crate::schema::catalog::{
    ColumnIx, ForeignKey, ForeignKeyId, KeyTerm, ReferentialAction, RelId, RelationKind,
};
use crate::schema::names::ident;
use crate::schema::types::BaseType;
use crate::suggest::names::{Kind, Names};
use crate::suggest::{Definition, parts, sql};

/// `ON DELETE SET NULL (columns)` exists since.
const COLUMN_LISTS: u32 = 15;

/// What a foreign key lacks.
enum Judgement {
    /// Nothing.
    Sound,
    /// Its validation.
    Unvalidated,
    /// The tenant, in these columns of either table.
    Lacks(ColumnIx, ColumnIx),
    /// The tenant, which it cannot carry for that reason.
    Beyond(String),
}

/// Proposes keys that carry the tenant.
pub(super) fn find(checked: &CheckedProject, options: &Options, names: &mut Names, found: &mut Hardening) {
    let catalog = &checked.project.catalog;
    for (id, relation) in tables(catalog, options) {
        for (key_id, key) in catalog.live_foreign_keys(id) {
            if is_of_parent(catalog, id, key) {
                continue;
            }
            let what = || {
                let columns: Vec<String> = key.columns.iter().map(|c| column_name(relation, *c)).collect();
                format!("{}.{}", relation.name, columns.join("+"))
            };
            match judge(catalog, &checked.project.ownership, id, key_id, key) {
                Judgement::Sound => {}
                Judgement::Unvalidated => found.unvalidated.push(Unvalidated {
                    name: key.name.clone(),
                    table: relation.name.clone(),
                    declared: key.declared,
                }),
                Judgement::Lacks(own, theirs) => {
                    add(checked, options, names, found, (key_id, own, theirs));
                }
                Judgement::Beyond(why) => found.left_out.push(LeftOut {
                    measure: Measure::Keys,
                    what: what(),
                    why,
                    declared: Some(key.declared),
                }),
            }
        }
    }
}

fn judge(
    catalog: &Catalog,
    ownership: &Ownership,
    id: RelId,
    key_id: ForeignKeyId,
    key: &ForeignKey,
) -> Judgement {
    let (child, parent) = (ownership.of(id), ownership.of(key.target));
    let to = &catalog.relation(key.target).name;
    if !child.is_scoped() || !parent.is_scoped() || matches!(parent, Owner::Root { .. }) {
        return Judgement::Sound;
    }
    match child {
        Owner::Indirect { parents } | Owner::Unclassified { parents, undeclared: _ }
            if parents.as_slice() == [key_id] =>
        {
            return Judgement::Sound;
        }
        Owner::Indirect { .. } | Owner::Unclassified { .. } => {
            return Judgement::Beyond(without_column(catalog, id, child));
        }
        Owner::Root { .. } | Owner::Direct { .. } | Owner::Global { .. } => {}
    }
    let Owner::Direct { column: theirs, level, shared, outer: _ } = parent else {
        return Judgement::Beyond(without_column(catalog, key.target, parent));
    };
    let Some(own) = ownership.columns.find(catalog.relation(id), *level) else {
        return Judgement::Beyond(format!("it leads to `{to}`, whose tenants are of another level"));
    };
    if carries(key, own, *theirs) {
        let open = !key.validated && key.enforced && key.doubt.is_none();
        return if open { Judgement::Unvalidated } else { Judgement::Sound };
    }
    if catalog.live_foreign_keys(id).any(|(_, other)| is_twin(key, other, own, *theirs)) {
        return Judgement::Sound;
    }
    if *shared {
        return Judgement::Beyond(format!("it may lead to rows of `{to}` that everybody shares"));
    }
    if key.columns.contains(&own) || key.target_columns.contains(theirs) {
        return Judgement::Beyond("it uses the tenant's column for something else".to_owned());
    }
    if !comparable(catalog, (id, own), (key.target, *theirs)) {
        return Judgement::Beyond(format!("the tenant's column in `{to}` has another type"));
    }
    Judgement::Lacks(own, *theirs)
}

/// Why no key can carry the tenant out of a table or into it.
fn without_column(catalog: &Catalog, id: RelId, owner: &Owner) -> String {
    let name = &catalog.relation(id).name;
    match owner {
        Owner::Unclassified { .. } => {
            format!("`{name}` has no tenant column for a key to carry, and its rows may be nobody's")
        }
        Owner::Root { .. } | Owner::Direct { .. } | Owner::Indirect { .. } | Owner::Global { .. } => {
            format!("`{name}` has no tenant column for a key to carry; --tenant-columns adds one")
        }
    }
}

fn carries(key: &ForeignKey, own: ColumnIx, theirs: ColumnIx) -> bool {
    key.columns.iter().zip(&key.target_columns).any(|pair| pair == (&own, &theirs))
}

/// Whether `other` is `key` with the tenant.
fn is_twin(key: &ForeignKey, other: &ForeignKey, own: ColumnIx, theirs: ColumnIx) -> bool {
    let has = |pair: (&ColumnIx, &ColumnIx)| {
        other.columns.iter().zip(&other.target_columns).any(|theirs| theirs == pair)
    };
    other.target == key.target
        && other.enforced
        && carries(other, own, theirs)
        && other.columns.len() == key.columns.len() + 1
        && key.columns.iter().zip(&key.target_columns).all(has)
}

/// Whether a foreign key may compare two columns.
fn comparable(catalog: &Catalog, left: (RelId, ColumnIx), right: (RelId, ColumnIx)) -> bool {
    let base = |(id, column): (RelId, ColumnIx)| {
        let column = catalog.relation(id).columns.get(column as usize)?;
        Some(catalog.base_type(&column.ty).base)
    };
    let family = |base: BaseType| match base {
        BaseType::Int2 | BaseType::Int4 => BaseType::Int8,
        BaseType::Varchar => BaseType::Text,
        other => other,
    };
    base(left).map(family) == base(right).map(family)
}

fn add(
    checked: &CheckedProject,
    options: &Options,
    names: &mut Names,
    found: &mut Hardening,
    (id, own, theirs): (ForeignKeyId, ColumnIx, ColumnIx),
) {
    let catalog = &checked.project.catalog;
    let key = catalog.foreign_key(id);
    let (from, to) = (catalog.relation(key.relation), catalog.relation(key.target));
    let named = |first: ColumnIx, rest: &[ColumnIx], of: RelId| -> Vec<String> {
        std::iter::once(&first).chain(rest).map(|c| column_name(catalog.relation(of), *c)).collect()
    };
    let columns = named(own, &key.columns, key.relation);
    let target_columns = named(theirs, &key.target_columns, key.target);
    let over: Vec<ColumnIx> = std::iter::once(theirs).chain(key.target_columns.iter().copied()).collect();
    if !has_key(catalog, found, key.target, &over) {
        let purpose = "what references that carry the tenant refer to";
        let index = index(catalog, names, Kind::Unique, key.target, &over, purpose);
        found.unique_keys.push(index);
    }
    let carrying = carrying(key, own, theirs);
    let served = |id: RelId| {
        let planned = found.indexes.iter().any(|i| i.of == id && i.over == carrying.columns);
        planned || catalog.usable_indexes(id).any(|(_, i)| reference::serves(catalog, i, &carrying, &[own]))
    };
    if !served(key.relation) {
        let purpose = "finds the rows that refer to one that is deleted";
        let index = index(catalog, names, Kind::Index, key.relation, &carrying.columns, purpose);
        found.indexes.push(index);
    }
    let Actions { mut text, keeps_plain, mut remarks } = actions(checked, key);
    // A column that is added says whose the parent's row is, and goes on to when that changes.
    let is_derived = found.tenant_columns.iter().any(|column| column.key == id);
    if is_derived && key.on_update == ReferentialAction::NoAction {
        text = format!(" ON UPDATE CASCADE{text}");
    }
    let will_be = found.not_null.iter().any(|column| column.place == (key.relation, own));
    let nullable = !will_be && from.columns.get(own as usize).is_some_and(|c| !c.not_null);
    if nullable {
        remarks.push(format!("rows whose {} is NULL are not checked by it", column_name(from, own)));
    }
    let name = names.choose(Kind::ForeignKey, &from.name, &columns);
    let leaves = leaves(catalog, key.relation);
    let partitions = (from.partitioned || !leaves.is_empty()).then(|| {
        let named = |id: &RelId| {
            let table = catalog.relation(*id).name.clone();
            let name = names.choose(Kind::ForeignKey, &table, &columns);
            (table, name)
        };
        leaves.iter().map(named).collect()
    });
    found.foreign_keys.push(TenantKey {
        name,
        table: from.name.clone(),
        columns,
        target: to.name.clone(),
        target_columns,
        actions: text,
        plain: plain(checked, key),
        replaces: options.replace && !keeps_plain && !nullable,
        partitions,
        remarks,
        settles: Vec::new(),
        id,
    });
}

/// An index over these columns, with a name of that kind.
pub(super) fn index(
    catalog: &Catalog,
    names: &mut Names,
    kind: Kind,
    of: RelId,
    over: &[ColumnIx],
    purpose: &'static str,
) -> KeyIndex {
    let relation = catalog.relation(of);
    let columns: Vec<String> = over.iter().map(|c| column_name(relation, *c)).collect();
    let on = |id: RelId| -> Option<Definition> {
        let there = |name: &String| catalog.relation(id).column_named(name).map(|_| ident(name));
        Some(Definition {
            method: "btree".to_owned(),
            keys: columns.iter().map(there).collect::<Option<Vec<_>>>()?,
            include: Vec::new(),
            predicate: None,
        })
    };
    let name = names.choose(kind, &relation.name, &columns);
    let partitions = parts(catalog, of, kind, &columns, names, &on);
    KeyIndex { name, table: relation.name.clone(), columns, partitions, purpose, of, over: over.to_vec() }
}

/// A foreign key with the tenant in front of its columns, as the catalog would have it.
fn carrying(plain: &ForeignKey, own: ColumnIx, theirs: ColumnIx) -> ForeignKey {
    let with =
        |first: ColumnIx, rest: &[ColumnIx]| std::iter::once(first).chain(rest.iter().copied()).collect();
    ForeignKey {
        columns: with(own, &plain.columns),
        target_columns: with(theirs, &plain.target_columns),
        match_full: false,
        validated: true,
        enforced: true,
        doubt: None,
        ..plain.clone()
    }
}

/// Partitions that hold rows, at every depth.
pub(super) fn leaves(catalog: &Catalog, id: RelId) -> Vec<RelId> {
    let (mut found, mut open) = (Vec::new(), vec![id]);
    while let Some(next) = open.pop() {
        for &part in catalog.relation(next).partitions.iter().rev() {
            let relation = catalog.relation(part);
            if relation.partitioned || !relation.partitions.is_empty() {
                open.push(part);
            } else if !relation.dropped && !matches!(relation.kind, RelationKind::Foreign) {
                found.push(part);
            }
        }
    }
    found.sort_unstable();
    found
}

/// Whether a table has a unique key over exactly these columns that a foreign key may refer to, or will have one.
fn has_key(catalog: &Catalog, found: &Hardening, id: RelId, over: &[ColumnIx]) -> bool {
    let same = |columns: &[ColumnIx]| columns.len() == over.len() && over.iter().all(|c| columns.contains(c));
    let planned = found.unique_keys.iter().any(|key| key.of == id && same(&key.over));
    planned
        || catalog.usable_indexes(id).any(|(_, index)| {
            let columns: Option<Vec<ColumnIx>> = index
                .keys
                .iter()
                .map(|k| match k.term {
                    KeyTerm::Column(column) => Some(column),
                    KeyTerm::Expr(_) => None,
                })
                .collect();
            index.unique
                && !index.deferrable
                && !index.only
                && index.predicate.is_none()
                && columns.is_some_and(|columns| same(&columns))
        })
}

/// What a key that carries the tenant does when the row that it refers to is deleted or changed.
struct Actions {
    text: String,
    /// Whether the plain key does something that this one cannot.
    keeps_plain: bool,
    remarks: Vec<String>,
}

fn actions(checked: &CheckedProject, key: &ForeignKey) -> Actions {
    let relation = checked.project.catalog.relation(key.relation);
    let version = checked.project.planner.postgres_version;
    let mut actions = Actions { text: String::new(), keeps_plain: false, remarks: Vec::new() };
    let list = |columns: &[ColumnIx]| {
        let columns = if columns.is_empty() { &key.columns } else { columns };
        let names: Vec<String> = columns.iter().map(|c| ident(&column_name(relation, *c))).collect();
        names.join(", ")
    };
    match &key.on_delete {
        ReferentialAction::SetNull(columns) if version >= COLUMN_LISTS => {
            actions.text.push_str(&format!(" ON DELETE SET NULL ({})", list(columns)));
        }
        ReferentialAction::SetDefault(columns) if version >= COLUMN_LISTS => {
            actions.text.push_str(&format!(" ON DELETE SET DEFAULT ({})", list(columns)));
        }
        action @ (ReferentialAction::SetNull(_) | ReferentialAction::SetDefault(_)) => {
            actions.keeps_plain = true;
            actions.remarks.push(format!(
                "ON DELETE {} would take the tenant as well, and a list of columns needs PostgreSQL 15: the plain key \
                 {} goes on doing it",
                word(action),
                key.name
            ));
        }
        action => actions.text.push_str(&plain_action("DELETE", action)),
    }
    match &key.on_update {
        action @ (ReferentialAction::SetNull(_) | ReferentialAction::SetDefault(_)) => {
            actions.keeps_plain = true;
            actions.remarks.push(format!(
                "ON UPDATE {} would take the tenant as well: the plain key {} goes on doing it",
                word(action),
                key.name
            ));
        }
        action => {
            if *action == ReferentialAction::Cascade {
                actions.remarks.push("ON UPDATE CASCADE now follows a change of tenant as well".to_owned());
            }
            actions.text.push_str(&plain_action("UPDATE", action));
        }
    }
    if key.match_full && key.columns.len() > 1 {
        actions.keeps_plain = true;
        actions.remarks.push(format!(
            "MATCH FULL would ask for the tenant too: the plain key {} goes on asking",
            key.name
        ));
    }
    if key.deferrable {
        actions.text.push_str(" DEFERRABLE");
        actions.remarks.push(format!("add INITIALLY DEFERRED where {} is", key.name));
    }
    actions
}

const fn word(action: &ReferentialAction) -> &'static str {
    match action {
        ReferentialAction::NoAction => "NO ACTION",
        ReferentialAction::Restrict => "RESTRICT",
        ReferentialAction::Cascade => "CASCADE",
        ReferentialAction::SetNull(_) => "SET NULL",
        ReferentialAction::SetDefault(_) => "SET DEFAULT",
    }
}

fn plain_action(event: &str, action: &ReferentialAction) -> String {
    match action {
        ReferentialAction::NoAction => String::new(),
        action => format!(" ON {event} {}", word(action)),
    }
}

/// The plain key as SQL.
fn plain(checked: &CheckedProject, key: &ForeignKey) -> PlainKey {
    let catalog = &checked.project.catalog;
    let (from, to) = (catalog.relation(key.relation), catalog.relation(key.target));
    let columns: Vec<String> = key.columns.iter().map(|c| column_name(from, *c)).collect();
    let idents = |names: &[String]| names.iter().map(|n| ident(n)).collect::<Vec<_>>().join(", ");
    let targets: Vec<String> = key.target_columns.iter().map(|c| column_name(to, *c)).collect();
    let mut definition =
        format!("({}) REFERENCES {} ({})", idents(&columns), sql::table(&to.name), idents(&targets));
    if key.match_full {
        definition.push_str(" MATCH FULL");
    }
    let whole = |columns: &[ColumnIx]| columns.is_empty() || columns == key.columns.as_slice();
    match &key.on_delete {
        action @ (ReferentialAction::SetNull(list) | ReferentialAction::SetDefault(list)) if !whole(list) => {
            let names: Vec<String> = list.iter().map(|c| column_name(from, *c)).collect();
            definition.push_str(&format!(" ON DELETE {} ({})", word(action), idents(&names)));
        }
        action => definition.push_str(&plain_action("DELETE", action)),
    }
    definition.push_str(&plain_action("UPDATE", &key.on_update));
    if key.deferrable {
        definition.push_str(" DEFERRABLE");
    }
    let of_partitions = to.partitioned || !to.partitions.is_empty();
    PlainKey { name: key.name.clone(), columns, definition, of_partitions, declared: key.declared }
}
