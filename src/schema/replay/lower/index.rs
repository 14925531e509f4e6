//! Index keys and CREATE INDEX.

use super::Lower;
use crate::schema::catalog::IndexMethod;
use crate::schema::change::{CreateIndex, KeyDefinition, KeyOrder, KeySource, ObjectKind, Step, Word};
use crate::schema::names;
use crate::syntax::ast;

impl Lower<'_> {
    pub(super) fn create_index(&mut self, create: &ast::CreateIndex) {
        let ast::CreateIndex {
            name,
            table_name,
            using,
            columns,
            unique,
            concurrently,
            // Of another database.
            r#async: _,
            if_not_exists,
            include,
            nulls_distinct,
            // Storage parameters decide nothing.
            with: _,
            predicate,
            index_options,
            // MySQL's lock and algorithm.
            alter_options: _,
        } = create;
        let Some(table) = self.object(table_name) else { return };
        let name = name.as_ref().and_then(|n| self.object(n)).map(|n| Word {
            name: n.name,
            quoted: false,
            at: n.at,
        });
        let method = using.as_ref().or_else(|| index_options.iter().find_map(index_type));
        let at = name.as_ref().map_or(table.at, |n| n.at);
        let only = self.is_only(table.at);
        let index = CreateIndex {
            name,
            method: method.map_or(IndexMethod::Btree, method_of),
            keys: columns.iter().map(|c| self.key(c)).collect(),
            include: self.words(include),
            predicate: predicate.as_ref().map(|p| self.expr(p)),
            unique: *unique,
            nulls_not_distinct: *nulls_distinct == Some(false),
            concurrently: *concurrently,
            if_not_exists: *if_not_exists,
            only,
            at,
            table,
        };
        self.steps.push(Step::CreateIndex(Box::new(index)));
    }

    pub(super) fn alter_index(&mut self, name: &ast::ObjectName, operation: &ast::AlterIndexOperation) {
        let Some(name) = self.object(name) else { return };
        match operation {
            ast::AlterIndexOperation::RenameIndex { index_name } => {
                let Some(to) = self.object(index_name) else { return };
                self.steps.push(Step::Rename {
                    kind: ObjectKind::Index,
                    name,
                    to: Word { name: to.name, quoted: false, at: to.at },
                    if_exists: false,
                    table: None,
                });
            }
        }
    }

    /// Whether ONLY stands before the table at that place.
    pub(super) fn is_only(&self, table: crate::source::Location) -> bool {
        self.statement.clauses.only.iter().any(|span| {
            let at = self.fragment.locate(*span);
            at.file == table.file && at.span.contains(table.span)
        })
    }

    pub(super) fn key(&self, column: &ast::IndexColumn) -> KeyDefinition {
        let ast::IndexColumn { column, operator_class } = column;
        // WITH FILL is ClickHouse's.
        let ast::OrderByExpr { expr, options, with_fill: _ } = column;
        let ast::OrderByOptions { sort, nulls_first } = options;
        let mut collation = None;
        let mut term = expr;
        loop {
            match term {
                ast::Expr::Nested(inner) => term = inner,
                ast::Expr::Collate { expr, collation: name } => {
                    collation = self.bare(name);
                    term = expr;
                }
                _other => break,
            }
        }
        let column = match term {
            ast::Expr::Identifier(ident) => Some(ident),
            ast::Expr::CompoundIdentifier(parts) => parts.last(),
            _other => None,
        };
        KeyDefinition {
            label: label(term),
            term: match column {
                Some(ident) => KeySource::Column(self.word(ident)),
                None => KeySource::Expr(self.expr(term)),
            },
            opclass: operator_class.as_ref().and_then(|o| self.bare(o)),
            collation,
            order: sort.as_ref().and_then(|sort| match sort {
                ast::OrderBySort::Asc => Some(KeyOrder::Ascending),
                ast::OrderBySort::Desc => Some(KeyOrder::Descending),
                // Not in an index.
                ast::OrderBySort::Using(_) => None,
            }),
            nulls_first: *nulls_first,
            operator: None,
        }
    }

    /// A key that is a plain column.
    pub(super) fn column_key(&self, word: Word) -> KeyDefinition {
        KeyDefinition {
            label: Some(word.name.clone()),
            term: KeySource::Column(word),
            opclass: None,
            collation: None,
            order: None,
            nulls_first: None,
            operator: None,
        }
    }
}

fn index_type(option: &ast::IndexOption) -> Option<&ast::IndexType> {
    match option {
        ast::IndexOption::Using(method) => Some(method),
        ast::IndexOption::Comment(_) => None,
    }
}

pub(super) fn method_of(method: &ast::IndexType) -> IndexMethod {
    match method {
        ast::IndexType::BTree => IndexMethod::Btree,
        ast::IndexType::Hash => IndexMethod::Hash,
        ast::IndexType::GIN => IndexMethod::Gin,
        ast::IndexType::GiST => IndexMethod::Gist,
        ast::IndexType::SPGiST => IndexMethod::SpGist,
        ast::IndexType::BRIN => IndexMethod::Brin,
        ast::IndexType::Bloom => IndexMethod::Other("bloom".to_owned()),
        ast::IndexType::Custom(ident) => method_named(&names::fold(&ident.value, ident.quote_style)),
    }
}

/// The access method of that name.
pub(super) fn method_named(name: &str) -> IndexMethod {
    match name {
        "btree" => IndexMethod::Btree,
        "hash" => IndexMethod::Hash,
        "gin" => IndexMethod::Gin,
        "gist" | "rtree" => IndexMethod::Gist,
        "spgist" => IndexMethod::SpGist,
        "brin" => IndexMethod::Brin,
        "hnsw" => IndexMethod::Hnsw,
        "ivfflat" => IndexMethod::IvfFlat,
        other => IndexMethod::Other(other.to_owned()),
    }
}

/// What PostgreSQL calls an expression that has no name (`FigureColname` in parse_target.c): the function's name, a
/// cast's operand or type, `case`, ...; an operator has none.
pub(in crate::schema::replay) fn label(expr: &ast::Expr) -> Option<String> {
    strong_label(expr).or_else(|| weak_label(expr))
}

/// A name that the expression itself gives.
fn strong_label(expr: &ast::Expr) -> Option<String> {
    let word = |ident: &ast::Ident| names::fold(&ident.value, ident.quote_style);
    match expr {
        ast::Expr::Identifier(ident) => Some(word(ident)),
        ast::Expr::CompoundIdentifier(parts) => parts.last().map(word),
        ast::Expr::CompoundFieldAccess { root, access_chain } => access_chain
            .iter()
            .rev()
            .find_map(|access| match access {
                ast::AccessExpr::Dot(field) => strong_label(field),
                ast::AccessExpr::Subscript(_) => None,
            })
            .or_else(|| strong_label(root)),
        ast::Expr::Function(call) => match call.name.0.last()? {
            ast::ObjectNamePart::Identifier(ident) => Some(word(ident)),
            ast::ObjectNamePart::Function(ast::ObjectNamePartFunction { name, args: _ }) => Some(word(name)),
        },
        ast::Expr::Collate { expr, collation: _ } | ast::Expr::Nested(expr) => strong_label(expr),
        ast::Expr::Cast { kind: _, expr, data_type: _, format: _ } => strong_label(expr),
        ast::Expr::AtTimeZone { timestamp: _, time_zone: _ } => Some("timezone".to_owned()),
        ast::Expr::Extract { field: _, syntax: _, expr: _ } => Some("extract".to_owned()),
        ast::Expr::Position { expr: _, r#in: _ } => Some("position".to_owned()),
        ast::Expr::Substring { expr: _, substring_from: _, substring_for: _, special: _, shorthand } => {
            Some(if *shorthand { "substr" } else { "substring" }.to_owned())
        }
        ast::Expr::Trim { trim_where, trim_what: _, expr: _, trim_characters: _ } => Some(
            match trim_where {
                Some(ast::TrimWhereField::Leading) => "ltrim",
                Some(ast::TrimWhereField::Trailing) => "rtrim",
                Some(ast::TrimWhereField::Both) | None => "btrim",
            }
            .to_owned(),
        ),
        ast::Expr::Overlay { expr: _, overlay_what: _, overlay_from: _, overlay_for: _ } => {
            Some("overlay".to_owned())
        }
        ast::Expr::Ceil { expr: _, field: _ } => Some("ceil".to_owned()),
        ast::Expr::Floor { expr: _, field: _ } => Some("floor".to_owned()),
        ast::Expr::Array(_) => Some("array".to_owned()),
        ast::Expr::Exists { subquery: _, negated: false } => Some("exists".to_owned()),
        ast::Expr::Tuple(_) => Some("row".to_owned()),
        ast::Expr::Subquery(query) => match query.body.as_ref() {
            ast::SetExpr::Select(select) => match select.projection.first()? {
                ast::SelectItem::ExprWithAlias { expr: _, alias } => Some(word(alias)),
                ast::SelectItem::UnnamedExpr(expr) => strong_label(expr),
                _other => None,
            },
            _other => None,
        },
        ast::Expr::Case { case_token: _, end_token: _, operand: _, conditions: _, else_result } => {
            else_result.as_deref().and_then(strong_label)
        }
        _operator_or_constant => None,
    }
}

/// A name that only stands in for lack of a better one.
fn weak_label(expr: &ast::Expr) -> Option<String> {
    match expr {
        ast::Expr::Nested(expr) | ast::Expr::Collate { expr, collation: _ } => weak_label(expr),
        ast::Expr::Cast { kind: _, expr: _, data_type, format: _ } => Some(type_label(data_type)),
        ast::Expr::TypedString(ast::TypedString { data_type, value: _, uses_odbc_syntax: _ }) => {
            Some(type_label(data_type))
        }
        ast::Expr::Interval(_) => Some("interval".to_owned()),
        ast::Expr::Case { case_token: _, end_token: _, operand: _, conditions: _, else_result: _ } => {
            Some("case".to_owned())
        }
        _operator_or_constant => None,
    }
}

/// The internal name of a type, which a cast of a constant is called by.
fn type_label(ty: &ast::DataType) -> String {
    use crate::schema::types::BaseType as B;
    match super::data_type(ty).base {
        B::Bool => "bool",
        B::Int2 => "int2",
        B::Int4 => "int4",
        B::Int8 => "int8",
        B::Float4 => "float4",
        B::Float8 => "float8",
        B::Bpchar => "bpchar",
        base => return base.sql_name().rsplit('.').next().unwrap_or_default().to_owned(),
    }
    .to_owned()
}
