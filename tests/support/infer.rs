//! What the parameters of a statement are, where nobody says it: by what they are compared with or stored in. A
//! parameter compared with the tenant column is the caller's tenant, as the analyzer assumes.

use std::collections::BTreeMap;

use super::roles::Role;
use super::tables::{Owner, Schema};
use super::tenancy::Tenancy;
use super::tokens::{Kind, Token, tokens, unquoted};

/// A role for each parameter of a statement whose parameters have these types.
pub(crate) fn roles(sql: &str, types: &[String], schema: &Schema, tenancy: &Tenancy) -> Vec<Role> {
    let columns = places(sql, schema, tenancy);
    let role = |(at, ty): (usize, &String)| match columns.get(&(at + 1)) {
        Some(&(table, column)) => role(schema, tenancy, table, column, ty),
        None => Role::Value(ty.clone()),
    };
    types.iter().enumerate().map(role).collect()
}

/// For the numbers of parameters, the column that each is compared with or stored in: table and position. A tenant column
/// goes before others.
pub(crate) fn places(sql: &str, schema: &Schema, tenancy: &Tenancy) -> BTreeMap<usize, (usize, usize)> {
    let tokens = tokens(sql);
    let aliases = aliases(&tokens, schema);
    let mut columns: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some(number) = number(token) else { continue };
        let found = compared(&tokens, at, &aliases, schema);
        let owned = |(table, column): (usize, usize)| is_tenant(schema, tenancy, table, column);
        if let Some(found) = found
            && (!columns.contains_key(&number) || owned(found))
        {
            columns.insert(number, found);
        }
    }
    for (at, found) in inserted(&tokens, schema) {
        if let Some(number) = number(&tokens[at]) {
            columns.entry(number).or_insert(found);
        }
    }
    columns
}

fn role(schema: &Schema, tenancy: &Tenancy, table: usize, column: usize, ty: &str) -> Role {
    let described = &schema.tables[table];
    let name = &described.columns[column].name;
    let set = ty.ends_with("[]") && !described.columns[column].ty.ends_with("[]");
    if is_tenant(schema, tenancy, table, column) {
        return match described.owner {
            _ if set => Role::Tenants,
            Owner::Column { level, .. } if level > 0 => Role::Tenant(Some(tenancy.columns[level].clone())),
            _ => Role::Tenant(None),
        };
    }
    if tenancy.membership.iter().any(|m| m.table == described.name && m.principal == *name) {
        return Role::Principal;
    }
    if !described.is_identifier(column) {
        return Role::Value(ty.to_owned());
    }
    let (mut table, mut name) = (described.name.clone(), name.clone());
    for key in &described.foreign {
        if let Some(at) = key.columns.iter().position(|c| *c == column) {
            table.clone_from(&schema.tables[key.parent].name);
            name.clone_from(&schema.tables[key.parent].columns[key.keys[at]].name);
        }
    }
    if set { Role::Keys(table, name) } else { Role::Key(table, name) }
}

fn is_tenant(schema: &Schema, tenancy: &Tenancy, table: usize, column: usize) -> bool {
    let described = &schema.tables[table];
    described.tenant_column() == Some(column)
        || (described.is_scoped() && tenancy.columns.contains(&described.columns[column].name))
}

fn number(token: &Token<'_>) -> Option<usize> {
    if token.kind == Kind::Placeholder { token.text.strip_prefix('$')?.parse().ok() } else { None }
}

/// The column on the other side of a comparison.
fn compared(
    tokens: &[Token<'_>],
    at: usize,
    aliases: &BTreeMap<String, usize>,
    schema: &Schema,
) -> Option<(usize, usize)> {
    let after = |n: usize| tokens.get(at + n).copied();
    let casts = if after(1).is_some_and(|t| t.text == "::") { 2 } else { 0 };
    if after(1 + casts).is_some_and(|t| t.text == "=")
        && after(2 + casts).is_some_and(|t| t.kind == Kind::Word)
    {
        let dotted = after(3 + casts).is_some_and(|t| t.text == ".");
        let end = at + casts + if dotted { 4 } else { 2 };
        if let Some(found) = column(tokens, end, aliases, schema) {
            return Some(found);
        }
    }
    let mut back = at;
    let mut operator = false;
    for _ in 0..6 {
        back = back.checked_sub(1)?;
        let token = tokens[back];
        let word = token.text.to_ascii_lowercase();
        match token.kind {
            Kind::Mark if matches!(token.text, "=" | "<" | ">" | "!" | "~") => operator = true,
            Kind::Mark if matches!(token.text, "(" | "::" | "[") => {}
            Kind::Placeholder => {}
            Kind::Mark if token.text == "," && operator => {}
            Kind::Word if matches!(word.as_str(), "in" | "like" | "ilike" | "any" | "between") => {
                operator = true
            }
            Kind::Word
                if matches!(
                    word.as_str(),
                    "lower" | "nullif" | "coalesce" | "cast" | "array" | "select" | "unnest"
                ) => {}
            Kind::Word if operator => return column(tokens, back, aliases, schema),
            _ => return None,
        }
    }
    None
}

/// The column that a possibly qualified name ends with.
fn column(
    tokens: &[Token<'_>],
    at: usize,
    aliases: &BTreeMap<String, usize>,
    schema: &Schema,
) -> Option<(usize, usize)> {
    let name = folded(tokens.get(at)?.text);
    let qualified = at >= 2 && tokens[at - 1].text == ".";
    if qualified {
        let table = *aliases.get(&folded(tokens[at - 2].text))?;
        return Some((table, schema.tables[table].column(&name)?));
    }
    aliases.values().find_map(|table| Some((*table, schema.tables[*table].column(&name)?)))
}

/// Tables of a statement by the names they go by.
fn aliases(tokens: &[Token<'_>], schema: &Schema) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, t)| t.kind == Kind::Word) {
        let Some(table) = schema.table(&folded(token.text)) else { continue };
        let before = at.checked_sub(1).map(|n| tokens[n].text.to_ascii_lowercase()).unwrap_or_default();
        if !matches!(
            before.as_str(),
            "from" | "join" | "into" | "update" | "using" | "," | "only" | "lateral"
        ) {
            continue;
        }
        found.insert(folded(token.text), table);
        let mut next = at + 1;
        if tokens.get(next).is_some_and(|t| t.text.eq_ignore_ascii_case("as")) {
            next += 1;
        }
        let keywords = [
            "on",
            "where",
            "set",
            "join",
            "left",
            "right",
            "full",
            "inner",
            "cross",
            "using",
            "group",
            "order",
            "values",
            "select",
            "limit",
            "for",
            "returning",
            "union",
            "default",
            "when",
            "natural",
            "having",
            "window",
            "intersect",
            "except",
        ];
        if let Some(alias) =
            tokens.get(next).filter(|t| t.kind == Kind::Word && !keywords.contains(&&*folded(t.text)))
        {
            found.insert(folded(alias.text), table);
        }
    }
    found
}

/// Tokens that stand at the place of a column in INSERT, parameters and literals.
pub(crate) fn inserted(tokens: &[Token<'_>], schema: &Schema) -> Vec<(usize, (usize, usize))> {
    let mut found = Vec::new();
    for (at, _) in tokens.iter().enumerate().filter(|(_, t)| t.text.eq_ignore_ascii_case("into")) {
        let Some(table) = tokens.get(at + 1).and_then(|t| schema.table(&folded(t.text))) else { continue };
        let Some(open) = (at + 2..(at + 5).min(tokens.len())).find(|n| tokens[*n].text == "(") else {
            continue;
        };
        let names: Vec<String> = tokens[open + 1..]
            .iter()
            .take_while(|t| t.text != ")")
            .filter(|t| t.kind == Kind::Word)
            .map(|t| folded(t.text))
            .collect();
        let Some(start) =
            tokens[open..].iter().position(|t| ["values", "select"].contains(&&*folded(t.text)))
        else {
            continue;
        };
        let (mut depth, mut place) = (0_usize, 0);
        let rows = usize::from(folded(tokens[open + start].text) == "values");
        for (at, token) in tokens.iter().enumerate().skip(open + start + 1) {
            match token.text {
                "(" | "[" => {
                    depth += 1;
                    if depth == rows {
                        place = 0;
                    }
                }
                ")" | "]" if depth == 0 => break,
                ")" | "]" => depth -= 1,
                "," if depth == rows => place += 1,
                _ if depth == 0 && ["from", "on", "where", "returning"].contains(&&*folded(token.text)) => {
                    break;
                }
                _ => {}
            }
            if matches!(token.kind, Kind::Placeholder | Kind::String | Kind::Number)
                && let Some(column) = names.get(place).and_then(|name| schema.tables[table].column(name))
            {
                found.push((at, (table, column)));
            }
        }
    }
    found
}

fn folded(text: &str) -> String {
    if text.starts_with('"') { unquoted(text) } else { text.to_ascii_lowercase() }
}
