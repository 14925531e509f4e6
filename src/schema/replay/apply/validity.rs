//! What PostgreSQL rejects in an index (`DefineIndex` and `ComputeIndexAttrs` in indexcmds.c): the access method's abilities,
//! operator classes, and expressions that are not immutable or hold what an index cannot.

use super::State;
use crate::schema::catalog::{
    Index, IndexKey, IndexMethod, IndexOrigin, KeyTerm, RelId, Relation, RelationKind, Volatility,
};
use crate::schema::facts::OPCLASSES;
use crate::schema::replay::infer::{Fault, Inferred, infer};
use crate::schema::resolve;
use crate::schema::types::{BaseType, Type};
use crate::source::Location;
use crate::syntax::ExprHandle;

/// Why an index is rejected.
pub(super) struct Rejection {
    /// What follows "cannot be created: ".
    pub(super) reason: String,
    /// What to do.
    pub(super) help: Option<String>,
    /// Where.
    pub(super) at: Location,
}

impl Rejection {
    pub(super) fn new(reason: impl Into<String>, at: Location) -> Rejection {
        Rejection { reason: reason.into(), help: None, at }
    }

    fn help(mut self, help: impl Into<String>) -> Rejection {
        self.help = Some(help.into());
        self
    }
}

/// What an access method can do (`IndexAmRoutine`).
struct Abilities {
    unique: bool,
    several_keys: bool,
    include: bool,
    order: bool,
    exclusion: bool,
}

/// `None` for a method that is not known.
fn abilities(method: &IndexMethod) -> Option<Abilities> {
    let all = Abilities { unique: true, several_keys: true, include: true, order: true, exclusion: true };
    let none =
        Abilities { unique: false, several_keys: false, include: false, order: false, exclusion: false };
    Some(match method {
        IndexMethod::Btree => all,
        IndexMethod::Hash => Abilities { exclusion: true, ..none },
        IndexMethod::Gist => Abilities { unique: false, order: false, ..all },
        IndexMethod::Gin | IndexMethod::Brin => Abilities { several_keys: true, ..none },
        IndexMethod::SpGist => Abilities { include: true, exclusion: true, ..none },
        IndexMethod::Hnsw | IndexMethod::IvfFlat => none,
        IndexMethod::Other(name) if name == "bloom" => Abilities { several_keys: true, ..none },
        IndexMethod::Other(_) => return None,
    })
}

/// Access methods of extensions whose abilities and operator classes are not in the tables.
const FOREIGN_METHODS: &[&str] = &[
    "bm25",
    "columnstore",
    "diskann",
    "lsm",
    "paradedb",
    "pg_bigm",
    "pgroonga",
    "rum",
    "scann",
    "vchordrq",
    "vchordg",
    "vectors",
    "zombodb",
    "ybgin",
    "ybhnsw",
];

/// Most keys and INCLUDE columns that an index can have (`INDEX_MAX_KEYS`).
const MAX_KEYS: usize = 32;

impl State {
    /// Why PostgreSQL rejects an index whose names are all known; `ordered` says that a key has ASC, DESC or NULLS.
    pub(super) fn rejection(&self, index: &Index, ordered: bool) -> Option<Rejection> {
        let at = index.declared;
        let relation = self.rel(index.relation);
        let method = method_name(&index.method);
        if matches!(relation.kind, RelationKind::Foreign) {
            return Some(Rejection::new(format!("`{}` is a foreign table", relation.name), at));
        }
        let abilities = abilities(&index.method);
        if abilities.is_none() && !FOREIGN_METHODS.contains(&method) {
            return Some(Rejection::new(format!("there is no access method `{method}`"), at));
        }
        let exclusion = index.origin == IndexOrigin::Exclusion;
        if let Some(can) = &abilities {
            let refused = [
                (index.unique && !can.unique, "unique indexes"),
                (!index.include.is_empty() && !can.include, "INCLUDE columns"),
                (index.keys.len() > 1 && !can.several_keys, "several columns"),
                (exclusion && !can.exclusion, "exclusion constraints"),
                (ordered && !can.order, "ASC, DESC and NULLS FIRST or LAST"),
            ];
            if let Some((_, what)) = refused.iter().find(|(refused, _)| *refused) {
                return Some(Rejection::new(format!("access method `{method}` does not support {what}"), at));
            }
        }
        if index.keys.len() + index.include.len() > MAX_KEYS {
            return Some(Rejection::new(format!("an index has at most {MAX_KEYS} columns"), at));
        }
        self.rejected_on_partitioned(index, relation)
            .or_else(|| self.rejected_predicate(index))
            .or_else(|| index.keys.iter().find_map(|key| self.rejected_key(index, key)))
    }

    fn rejected_on_partitioned(&self, index: &Index, relation: &Relation) -> Option<Rejection> {
        if !relation.partitioned {
            return None;
        }
        let at = index.declared;
        if index.concurrently {
            let reason = format!(
                "an index on the partitioned table `{}` cannot be created concurrently",
                relation.name
            );
            return Some(Rejection::new(reason, at).help(
                "create it with ON ONLY, create one on each partition concurrently, then attach those",
            ));
        }
        if index.origin == IndexOrigin::Exclusion {
            // PostgreSQL 17 allows it where all of the partition key is compared by equality.
            return None;
        }
        if !index.unique {
            return None;
        }
        // Each level below has a key of its own.
        let mut levels = vec![relation];
        levels.extend(self.descendants(index.relation).into_iter().map(|id| self.rel(id)));
        let keys: Vec<&str> = index
            .keys
            .iter()
            .filter_map(|k| match k.term {
                KeyTerm::Column(ix) => Some(relation.column(ix).name.as_str()),
                KeyTerm::Expr(_) => None,
            })
            .collect();
        let (level, name) = levels.into_iter().find_map(|level| {
            let names = level.partition_key.iter().map(|&ix| level.column(ix).name.as_str());
            names.into_iter().find(|name| !keys.contains(name)).map(|name| (level, name))
        })?;
        let relation = level;
        let reason = format!(
            "a unique index on the partitioned table `{}` must include its partition key, `{name}`",
            relation.name
        );
        Some(Rejection::new(reason, at))
    }

    fn rejected_predicate(&self, index: &Index) -> Option<Rejection> {
        let predicate = index.predicate.as_ref()?;
        let inferred = self.infer(index.relation, predicate);
        if let Some(rejection) = self.fault(index.relation, &inferred, "its predicate") {
            return Some(rejection);
        }
        let ty = inferred.ty.filter(|ty| !ty.is_unknown())?;
        let base = self.catalog.base_type(&ty);
        (base.base != BaseType::Bool || base.array).then(|| {
            let at = predicate.fragment.locate(predicate.span);
            Rejection::new(format!("its predicate is of type {ty}, not boolean"), at)
        })
    }

    fn rejected_key(&self, index: &Index, key: &IndexKey) -> Option<Rejection> {
        let (ty, at) = match &key.term {
            KeyTerm::Column(ix) => {
                let ty = self.rel(index.relation).column(*ix).ty.clone();
                (Some(ty).filter(|ty| !ty.is_unknown()), index.declared)
            }
            KeyTerm::Expr(expr) => {
                let inferred = self.infer(index.relation, expr);
                if let Some(rejection) = self.fault(index.relation, &inferred, "its expression") {
                    return Some(rejection);
                }
                let at = expr.fragment.locate(expr.span);
                let ty = inferred.ty.filter(|ty| !ty.is_unknown());
                if ty.as_ref().is_some_and(|ty| ty.base == BaseType::Record && !ty.array) {
                    return Some(Rejection::new("a key cannot be a row", at));
                }
                (ty, at)
            }
        };
        let ty = ty?;
        let name = resolve::name_of(&self.catalog, &ty);
        if key.collation.is_some() && resolve::is_known(&name) && !resolve::is_collatable(&name) {
            return Some(Rejection::new(format!("type {ty} has no collation"), at));
        }
        self.rejected_opclass(index, key, &ty, &name, at)
    }

    fn rejected_opclass(
        &self,
        index: &Index,
        key: &IndexKey,
        ty: &Type,
        name: &str,
        at: Location,
    ) -> Option<Rejection> {
        let method = method_name(&index.method);
        abilities(&index.method)?;
        // Classes of an extension that the tables lack, or of the project itself, may fit anything.
        if self.has_unknown_extension() {
            return None;
        }
        let known = matches!(
            self.catalog.base_type(ty).base,
            BaseType::Enum(_) | BaseType::Composite(_) | BaseType::Record | BaseType::Range(_)
        ) || resolve::is_known(name);
        if !known {
            return None;
        }
        let takes = |input: &str| {
            resolve::is_binary_coercible(name, input) || resolve::fits_polymorphic(&self.catalog, ty, input)
        };
        if let Some(opclass) = &key.opclass {
            let mut exists = false;
            for row in OPCLASSES.rows(method).filter(|row| row.field(0) == opclass) {
                exists = true;
                if takes(row.field(1)) {
                    return None;
                }
            }
            return Some(if exists {
                Rejection::new(format!("operator class `{opclass}` does not take type {ty}"), at)
            } else {
                let reason = format!("access method `{method}` has no operator class `{opclass}`");
                self.suggest_method(Rejection::new(reason, at), opclass)
            });
        }
        // Most types have a class of their own; what else they may be read as takes a search for each class.
        let mut rows = OPCLASSES.rows(method);
        if rows.any(|row| row.field(1) == name && row.field(2) == "d" && row.field(3).is_empty()) {
            return None;
        }
        let mut by_extension = None;
        for row in OPCLASSES.rows(method).filter(|row| row.field(2) == "d" && takes(row.field(1))) {
            let extension = row.field(3);
            if extension.is_empty() || self.has_extension(extension) {
                return None;
            }
            // A type that an extension brings comes with its classes.
            if row.field(1) == name && crate::schema::types::parse(name).is_custom() {
                return None;
            }
            by_extension = Some(extension);
        }
        let reason = format!("type {ty} has no default operator class for access method `{method}`");
        let rejection = Rejection::new(reason, at);
        Some(match (by_extension, self.named_classes(method, &takes).as_slice()) {
            (Some(extension), _) => {
                rejection.help(format!("create the extension {extension} first, which brings one"))
            }
            (None, []) if ty.base == BaseType::Json => {
                rejection.help("make the column jsonb, or index an expression such as (column ->> 'key')")
            }
            (None, []) => rejection,
            (None, classes) => rejection.help(format!("name an operator class: {}", classes.join(", "))),
        })
    }

    /// Operator classes that take the type without being its default.
    fn named_classes(&self, method: &str, takes: &dyn Fn(&str) -> bool) -> Vec<&'static str> {
        OPCLASSES.rows(method).filter(|row| takes(row.field(1))).map(|row| row.field(0)).take(3).collect()
    }

    fn suggest_method(&self, rejection: Rejection, opclass: &str) -> Rejection {
        let methods = ["btree", "gin", "gist", "spgist", "brin", "hash", "hnsw", "ivfflat"];
        let other = methods.into_iter().find(|m| OPCLASSES.rows(m).any(|row| row.field(0) == opclass));
        match other {
            Some(method) => rejection.help(format!("{opclass} belongs to {method}: add USING {method}")),
            None => rejection,
        }
    }

    fn has_extension(&self, name: &str) -> bool {
        self.catalog.extensions.iter().any(|e| e == name)
    }

    /// Whether types and operator classes may exist that the tables do not have.
    pub(super) fn has_unknown_extension(&self) -> bool {
        self.catalog.extensions.iter().any(|e| !KNOWN_EXTENSIONS.contains(&e.as_str()))
    }

    pub(super) fn infer(&self, id: RelId, expr: &ExprHandle) -> Inferred {
        infer(self.names(), self.rel(id), expr)
    }

    /// The first fault of an expression that makes the index impossible.
    fn fault(&self, id: RelId, inferred: &Inferred, part: &str) -> Option<Rejection> {
        let incomplete = self.rel(id).incomplete;
        inferred.faults.iter().find_map(|(fault, at)| {
            let rejection = |reason: String| Rejection::new(reason, *at);
            match fault {
                Fault::UnknownColumn(_) if incomplete => None,
                Fault::UnknownColumn(name) => {
                    Some(rejection(format!("`{}` has no column `{name}`", self.rel(id).name)))
                }
                Fault::Varies(what, volatility) => {
                    let rejection = rejection(format!("{part} uses {what}, which is not immutable"));
                    Some(rejection.help(match volatility {
                        Volatility::Volatile => "its result may differ from row to row, so no index can hold it",
                        Volatility::Stable | Volatility::Immutable if clock(what) => {
                            "an index cannot follow the clock: index the column itself, and leave the condition to the query"
                        }
                        Volatility::Stable | Volatility::Immutable => {
                            "its result depends on the session's settings; use an immutable form, such as one with an explicit time zone"
                        }
                    }))
                }
                Fault::Subquery => Some(rejection(format!("{part} holds a subquery"))),
                Fault::Aggregate(name) => Some(rejection(format!("{part} holds the aggregate {name}()"))),
                Fault::Window(name) => Some(rejection(format!("{part} holds the window function {name}()"))),
                Fault::Set(name) => Some(rejection(format!("{part} calls {name}(), which returns a set of rows"))),
                Fault::Parameter => Some(rejection(format!("{part} holds a parameter"))),
            }
        })
    }
}

/// Whether a function tells the time.
fn clock(what: &str) -> bool {
    ["now", "current_", "localtime", "transaction_timestamp", "statement_timestamp"]
        .iter()
        .any(|prefix| what.starts_with(prefix))
}

pub(super) fn method_name(method: &IndexMethod) -> &str {
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

/// Extensions that bring no operator class, or whose classes are in the tables.
const KNOWN_EXTENSIONS: &[&str] = &[
    "adminpack",
    "amcheck",
    "autoinc",
    "bloom",
    "btree_gin",
    "btree_gist",
    "citext",
    "cube",
    "dblink",
    "dict_int",
    "dict_xsyn",
    "earthdistance",
    "file_fdw",
    "fuzzystrmatch",
    "hstore",
    "intagg",
    "intarray",
    "isn",
    "lo",
    "ltree",
    "moddatetime",
    "pageinspect",
    "pg_buffercache",
    "pg_cron",
    "pg_graphql",
    "pg_net",
    "pg_partman",
    "pg_prewarm",
    "pg_repack",
    "pg_stat_statements",
    "pg_trgm",
    "pg_uuidv7",
    "pg_visibility",
    "pgaudit",
    "pgcrypto",
    "pgjwt",
    "pgrowlocks",
    "pgsodium",
    "pgstattuple",
    "pgtap",
    "plpgsql",
    "postgis",
    "postgres_fdw",
    "refint",
    "seg",
    "sslinfo",
    "supabase_vault",
    "tablefunc",
    "tcn",
    "timescaledb",
    "tsm_system_rows",
    "tsm_system_time",
    "unaccent",
    "uuid-ossp",
    "vector",
    "xml2",
];
