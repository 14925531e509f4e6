//! Columns of JSON_TABLE and XMLTABLE.

use crate::syntax::ast;

/// Names and types of JSON_TABLE's columns, nested ones in place; an ordinality column has no type.
pub(super) fn json_columns(columns: &[ast::JsonTableColumn]) -> Vec<(&ast::Ident, Option<&ast::DataType>)> {
    let mut out = Vec::new();
    for column in columns {
        match column {
            ast::JsonTableColumn::Named(ast::JsonTableNamedColumn {
                name,
                r#type,
                path: _,
                exists: _,
                on_empty: _,
                on_error: _,
            }) => out.push((name, Some(r#type))),
            ast::JsonTableColumn::ForOrdinality(name) => out.push((name, None)),
            ast::JsonTableColumn::Nested(ast::JsonTableNestedColumn { path: _, columns }) => {
                out.extend(json_columns(columns));
            }
        }
    }
    out
}

/// Names and types of XMLTABLE's columns.
pub(super) fn xml_columns(columns: &[ast::XmlTableColumn]) -> Vec<(&ast::Ident, Option<&ast::DataType>)> {
    columns
        .iter()
        .map(|ast::XmlTableColumn { name, option }| match option {
            ast::XmlTableColumnOption::NamedInfo { r#type, path: _, default: _, nullable: _ } => {
                (name, Some(r#type))
            }
            ast::XmlTableColumnOption::ForOrdinality => (name, None),
        })
        .collect()
}

/// Expressions in XMLTABLE's column definitions.
pub(super) fn xml_expressions(columns: &[ast::XmlTableColumn]) -> Vec<&ast::Expr> {
    columns
        .iter()
        .flat_map(|ast::XmlTableColumn { name: _, option }| match option {
            ast::XmlTableColumnOption::NamedInfo { r#type: _, path, default, nullable: _ } => {
                path.iter().chain(default).collect::<Vec<_>>()
            }
            ast::XmlTableColumnOption::ForOrdinality => Vec::new(),
        })
        .collect()
}
