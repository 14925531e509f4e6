//! What a new type of a column, or a new column, does to the rows that are there (`ATColumnChangeRequiresRewrite` and
//! `ATExecAddColumn` in tablecmds.c). Where nothing is known of a type, nothing is said.

use super::State;
use crate::schema::catalog::{Column, IndexKey, KeyTerm, RelId, Volatility};
use crate::schema::change::ColumnDefinition;
use crate::schema::migration::{Rewrite, Work};
use crate::schema::replay::infer::Fault;
use crate::schema::resolve;
use crate::schema::types::{BaseType, Type};

/// How values of one type become values of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conversion {
    /// They are as they were.
    Same,
    /// They are as they were, and sorted by other rules.
    Reordered,
    /// They are as they were if the session's time zone is UTC.
    ByTimeZone,
    /// Each is computed.
    Computed,
    /// Not known.
    Unknown,
}

impl State {
    /// The work of ALTER COLUMN TYPE.
    pub(super) fn retype(
        &self,
        id: RelId,
        column: &Column,
        to: &Type,
        collation: Option<&String>,
        computed: bool,
    ) -> Option<Work> {
        let to = self.resolve_type(to.clone());
        if computed {
            return Some(Work::Rewrite(Rewrite::Using));
        }
        let types = |from: &Type, to: &Type| (from.clone(), to.clone());
        let reordered = match self.conversion(&column.ty, &to) {
            Conversion::Computed => {
                let (from, to) = types(&column.ty, &to);
                return Some(Work::Rewrite(Rewrite::Type { from, to }));
            }
            Conversion::ByTimeZone => {
                let (from, to) = types(&column.ty, &to);
                return Some(Work::Rewrite(Rewrite::TimeZone { from, to }));
            }
            Conversion::Unknown => return None,
            Conversion::Reordered => true,
            Conversion::Same => collation != column.collation.as_ref(),
        };
        let reads = |key: &IndexKey| match &key.term {
            KeyTerm::Column(ix) => self.rel(id).column(*ix).name == column.name,
            KeyTerm::Expr(expr) => crate::schema::replay::expr::columns(expr).contains(&column.name),
        };
        let mut indexes = self.live_indexes(id).map(|i| self.catalog.index_def(i));
        // An index over an expression is made anew in any case.
        let is_rebuilt = indexes.any(|index| {
            let computed = |key: &IndexKey| reads(key) && matches!(key.term, KeyTerm::Expr(_));
            index.keys.iter().any(|key| reads(key) && reordered) || index.keys.iter().any(computed)
        });
        if is_rebuilt {
            return Some(Work::Rebuild);
        }
        let of_check = |expr| crate::schema::replay::expr::columns(expr).contains(&column.name);
        self.rel(id).checks.iter().any(|check| of_check(&check.expr)).then_some(Work::Check)
    }

    fn conversion(&self, from: &Type, to: &Type) -> Conversion {
        if from.is_unknown() || to.is_unknown() {
            return Conversion::Unknown;
        }
        if from == to {
            return Conversion::Same;
        }
        if let BaseType::Domain(name) = &to.base
            && self.catalog.domains.get(name).is_some_and(|domain| domain.not_null)
        {
            return Conversion::Computed;
        }
        // What a domain says of the length is not known of its values.
        if matches!(from.base, BaseType::Domain(_)) && to.length.is_some() {
            return Conversion::Computed;
        }
        let (from, to) = (self.catalog.base_type(from), self.catalog.base_type(to));
        // The elements of an array are converted one by one, be it to what they were, unless only a length falls away.
        if from.array || to.array {
            let is_freed = from.array == to.array && from.base == to.base && to.length.is_none();
            return if is_freed || from == to { Conversion::Same } else { Conversion::Computed };
        }
        if from.base == to.base {
            return if fits(&from, &to) { Conversion::Same } else { Conversion::Computed };
        }
        match (&from.base, &to.base) {
            (BaseType::Timestamp, BaseType::TimestampTz) | (BaseType::TimestampTz, BaseType::Timestamp) => {
                if fits(&from, &to) {
                    return Conversion::ByTimeZone;
                }
                return Conversion::Computed;
            }
            // Blanks at the end count in one and not in the other.
            (BaseType::Bpchar, _) => return Conversion::Computed,
            _ => {}
        }
        let (source, target) = (from.base.catalog_name(), to.base.catalog_name());
        if !resolve::is_relabelled(source, target) || to.length.is_some() {
            return Conversion::Computed;
        }
        // Types that compare by the same operators keep their indexes.
        let family = |base: &BaseType| match base {
            BaseType::Varchar => "text".to_owned(),
            BaseType::Cidr => "inet".to_owned(),
            other => other.catalog_name().to_owned(),
        };
        match family(&from.base) == family(&to.base) {
            true => Conversion::Same,
            false => Conversion::Reordered,
        }
    }

    /// The work of ADD COLUMN.
    pub(super) fn adding(&self, id: Option<RelId>, column: &ColumnDefinition) -> Option<Work> {
        let rewrite = |why| Some(Work::Rewrite(why));
        if column.serial || column.identity {
            return rewrite(Rewrite::Numbered);
        }
        if column.generated.is_some() {
            return if column.is_virtual { None } else { rewrite(Rewrite::Generated) };
        }
        if let Some(default) = &column.default {
            if let Some(id) = id {
                let faults = self.infer(id, default).faults;
                let volatile = faults.into_iter().find_map(|(fault, _)| match fault {
                    Fault::Varies(what, Volatility::Volatile) => Some(what),
                    _ => None,
                });
                if let Some(what) = volatile {
                    return rewrite(Rewrite::Volatile(what));
                }
            }
            return rewrite(Rewrite::Default);
        }
        let ty = self.resolve_type(column.ty.clone());
        if let BaseType::Domain(name) = &ty.base
            && self.catalog.domains.get(name).is_some_and(|domain| domain.not_null)
        {
            return rewrite(Rewrite::Domain);
        }
        None
    }
}

/// Whether values of a type are values of the same type with other modifiers as they are (the support functions of
/// varchar, varbit, numeric, and of the time types).
fn fits(from: &Type, to: &Type) -> bool {
    let grows = |unlimited: u32| {
        to.length.is_none_or(|to| to >= unlimited || from.length.is_some_and(|from| from <= to))
    };
    match &from.base {
        BaseType::Varchar => grows(u32::MAX),
        BaseType::Other(name) if name == "varbit" => grows(u32::MAX),
        BaseType::Numeric => match (from.length, to.length) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(from_p), Some(to_p)) => from_p <= to_p && from.scale.unwrap_or(0) == to.scale.unwrap_or(0),
        },
        BaseType::Timestamp
        | BaseType::TimestampTz
        | BaseType::Time
        | BaseType::TimeTz
        | BaseType::Interval => grows(6),
        BaseType::Bpchar => to.length.is_none() || from.length == to.length,
        _ => from.length == to.length && from.scale == to.scale,
    }
}
