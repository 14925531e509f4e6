//! Which tables belong to tenants, and through which column or foreign keys (TENANCY.md section 1). Classification
//! over-approximates: a table is global only when it is configured so or no path of any kind leads to a tenant.

use crate::schema::catalog::{ColumnIx, ForeignKeyId, RelId};

/// How the rows of a table are owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The table of tenants; its primary key is the tenant.
    Root {
        /// The primary key's only column.
        key: ColumnIx,
    },
    /// The table has a tenant column.
    Direct {
        /// The tenant column.
        column: ColumnIx,
        /// Position of its spelling in `tenancy.columns`: the level, 0 innermost.
        level: usize,
        /// Columns of outer levels that the table has as well.
        outer: Vec<ColumnIx>,
        /// Whether rows without a tenant are everybody's by configuration.
        shared: bool,
    },
    /// A chain of foreign keys leads to a direct or root table.
    Indirect {
        /// The keys that decide; with several, a row belongs to a tenant only if every parent does.
        parents: Vec<ForeignKeyId>,
    },
    /// The only path is a nullable, NOT VALID or undeclared key: as indirect, with rows that may be nobody's.
    Unclassified {
        /// Declared keys that lead to a tenant-scoped table.
        parents: Vec<ForeignKeyId>,
        /// Columns named like the key of a tenant-scoped table, with that table.
        undeclared: Vec<(ColumnIx, RelId)>,
    },
    /// Belongs to nobody.
    Global {
        /// Whether `tenancy.global` says so.
        configured: bool,
    },
}

impl Owner {
    /// Whether rows of the table belong to tenants.
    pub const fn is_scoped(&self) -> bool {
        !matches!(self, Owner::Global { .. })
    }
}

/// How every relation of a catalog is owned.
#[derive(Clone, Debug, Default)]
pub struct Ownership {
    /// One entry for each relation, by [`RelId`]; views are `Global` here, their definitions decide.
    pub owners: Vec<Owner>,
    /// The table of tenants.
    pub root: Option<RelId>,
}

impl Ownership {
    /// How that relation is owned.
    pub fn of(&self, id: RelId) -> &Owner {
        &self.owners[id.0 as usize]
    }
}
