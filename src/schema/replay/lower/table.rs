//! CREATE TABLE: columns, constraints, LIKE, partitions.

use super::Lower;
use super::index::method_named;
use crate::schema::bounds::Bounds;
use crate::schema::catalog::IndexMethod;
use crate::schema::change::{
    ColumnDefinition, ConstraintDefinition, ConstraintKind, CreateTable, ForeignIndex, KeyDefinition,
    KeyOrder, KeySource, LikeClause, ObjectRef, PartitionBy, Referential, Step, Word,
};
use crate::schema::names;
use crate::schema::types::Type;
use crate::source::{Location, Span};
use crate::syntax::{self, Dialect, ast};

impl Lower<'_> {
    pub(super) fn create_table(&mut self, create: &ast::CreateTable) {
        let ast::CreateTable {
            or_replace: _, // Other databases'.
            temporary,
            unlogged: _, // Durability decides nothing.
            external: _,
            dynamic: _,
            global: _, // GLOBAL and LOCAL TEMPORARY are the same.
            if_not_exists,
            transient: _,
            volatile: _,
            iceberg: _,
            snapshot: _,
            name,
            columns,
            constraints,
            // Hive, Snowflake, ClickHouse, Redshift, BigQuery, DuckDB, Teradata.
            hive_distribution: _,
            hive_formats: _,
            table_options: _, // Storage parameters, engines, character sets.
            file_format: _,
            location: _,
            query,
            without_rowid: _, // SQLite's layout.
            like,
            clone: _,
            version: _,
            comment: _,
            on_commit: _, // A temporary table's rows.
            on_cluster: _,
            primary_key: _, // ClickHouse's; PostgreSQL's is a constraint.
            order_by: _,
            partition_by,
            cluster_by: _,
            clustered_by: _,
            inherits,
            partition_of,
            for_values,
            strict: _,
            copy_grants: _,
            enable_schema_evolution: _,
            change_tracking: _,
            data_retention_time_in_days: _,
            max_data_extension_time_in_days: _,
            default_ddl_collation: _,
            with_aggregation_policy: _,
            with_row_access_policy: _,
            with_storage_lifecycle_policy: _,
            with_tags: _,
            external_volume: _,
            with_connection: _,
            base_location: _,
            catalog: _,
            catalog_sync: _,
            storage_serialization_policy: _,
            target_lag: _,
            warehouse: _,
            refresh_mode: _,
            initialize: _,
            require_user: _,
            diststyle: _,
            distkey: _,
            sortkey: _,
            backup: _,
            multiset: _,
            fallback: _,
            with_data: _, // Whether a table made of a query is filled.
        } = create;
        let Some(name) = self.object(name) else { return };
        let mut table = CreateTable {
            name,
            if_not_exists: *if_not_exists,
            temporary: *temporary,
            foreign: false,
            columns: Vec::new(),
            constraints: Vec::new(),
            like: Vec::new(),
            inherits: inherits.as_deref().map(|names| self.objects(names)).unwrap_or_default(),
            partition_of: partition_of.as_ref().and_then(|n| self.object(n)),
            bounds: for_values.as_ref().and_then(|values| Bounds::parse(&values.to_string())),
            partition_by: partition_by.as_deref().map(|by| self.partition_by(by)),
            query: query.as_deref().map(|q| self.query(q)),
            of_type: self.clause(|c| c.of_type.as_ref()).and_then(|n| self.object(n)),
            column_names: self.words(&self.statement.clauses.column_names),
            foreign_indexes: Vec::new(),
            unreadable: Vec::new(),
        };
        for column in columns {
            if let Some(index) = self.index_as_column(column) {
                table.foreign_indexes.push(index);
            } else {
                let mut definition = self.column(column);
                if table.partition_of.is_some() {
                    overrides(column, &mut definition);
                }
                table.columns.push(definition);
            }
        }
        for constraint in constraints {
            match self.constraint(constraint) {
                Ok(constraint) => table.constraints.push(constraint),
                Err(index) => table.foreign_indexes.push(index),
            }
        }
        if let Some(like) = like {
            let (ast::CreateTableLikeKind::Parenthesized(like) | ast::CreateTableLikeKind::Plain(like)) =
                like;
            let ast::CreateTableLike { name, defaults } = like;
            if let Some(source) = self.object(name) {
                let all = self.dialect == Dialect::MySql;
                table.like.push(LikeClause {
                    table: source,
                    defaults: all || matches!(defaults, Some(ast::CreateTableLikeDefaults::Including)),
                    constraints: all,
                    indexes: all,
                    generated: all,
                    identity: all,
                });
            }
        }
        self.elements_out_of_the_tree(&mut table);
        let name = table.name.clone();
        self.steps.push(Step::CreateTable(Box::new(table)));
        if self.statement.clauses.replaces_conflicts {
            // What a plain write does to other rows is not in its text, as with a rewrite rule.
            self.steps.push(Step::CreateRule { table: name });
        }
    }

    /// Elements of CREATE TABLE that the parser does not know.
    /// `SELECT ... INTO [TABLE] name`, which makes a table as CREATE TABLE AS does.
    pub(super) fn select_into(&mut self, into: &ast::SelectInto, query: &ast::Query) {
        let ast::SelectInto { temporary, unlogged: _, table: _, targets } = into;
        let name = match targets.as_slice() {
            [ast::Expr::Identifier(name)] => ast::ObjectName::from(vec![name.clone()]),
            [ast::Expr::CompoundIdentifier(parts)] => ast::ObjectName::from(parts.clone()),
            _variables => return,
        };
        let Some(name) = self.object(&name) else { return };
        let query = self.query(query);
        self.steps.push(Step::CreateTable(Box::new(CreateTable {
            name,
            if_not_exists: false,
            temporary: *temporary,
            foreign: false,
            columns: Vec::new(),
            constraints: Vec::new(),
            like: Vec::new(),
            inherits: Vec::new(),
            partition_of: None,
            bounds: None,
            partition_by: None,
            query: Some(query),
            of_type: None,
            column_names: Vec::new(),
            foreign_indexes: Vec::new(),
            unreadable: Vec::new(),
        })));
    }

    fn elements_out_of_the_tree(&mut self, table: &mut CreateTable) {
        let clauses = &self.statement.clauses;
        for syntax::LikeElement { span: _, source, including } in &clauses.likes {
            let Some(source) = self.object(source) else { continue };
            let includes = |what: &str| including.iter().any(|i| i == "ALL" || i == what);
            table.like.push(LikeClause {
                table: source,
                defaults: includes("DEFAULTS"),
                constraints: includes("CONSTRAINTS"),
                indexes: includes("INDEXES"),
                generated: includes("GENERATED"),
                identity: includes("IDENTITY"),
            });
        }
        for column in &clauses.not_null {
            let column = self.word(column);
            let at = column.at;
            table.constraints.push(constraint(None, ConstraintKind::NotNull(column), None, at));
        }
        for odd in &clauses.odd_elements {
            self.odd_element(odd, table);
        }
    }

    fn odd_element(&self, odd: &syntax::OddElement, table: &mut CreateTable) {
        let syntax::OddElement { span, name, kind, message } = odd;
        let at = self.fragment.locate(*span);
        let name = name.as_ref().map(|n| self.word(n));
        match kind {
            syntax::OddKind::InlineIndex => table.foreign_indexes.push(self.inline_index(*span, name)),
            // The column is in the tree, or what is left of it follows as unreadable.
            syntax::OddKind::ReservedWord => {
                let there =
                    name.as_ref().is_some_and(|n| table.columns.iter().any(|c| c.name.name == n.name));
                if !there {
                    table.unreadable.push((at, message.clone()));
                }
            }
            // Told where statements are told that cannot be read.
            syntax::OddKind::Unreadable | syntax::OddKind::Misplaced => {}
        }
    }

    /// `INDEX name (a, b DESC)` with its plain columns.
    pub(super) fn inline_index(&self, span: Span, name: Option<Word>) -> ForeignIndex {
        let text = self.fragment.text.get(span.range()).unwrap_or_default();
        let at = name.as_ref().map_or_else(|| self.fragment.locate(span), |n| n.at);
        let unique = text.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("unique"));
        let list =
            text.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')).map_or("", |(list, _)| list);
        let mut keys = Vec::new();
        for item in list.split(',') {
            let mut words = item.split_whitespace();
            let Some(word) = words.next() else { continue };
            let quote = word.chars().next().filter(|c| matches!(c, '"' | '`'));
            let bare = word.trim_matches(['"', '`']);
            if !bare.chars().all(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let name = names::fold(bare, quote);
            let mut key = self.column_key(Word { name, quoted: quote.is_some(), at });
            key.order = words.next().and_then(|word| match word.to_ascii_lowercase().as_str() {
                "desc" => Some(KeyOrder::Descending),
                "asc" => Some(KeyOrder::Ascending),
                _ => None,
            });
            keys.push(key);
        }
        ForeignIndex { name, keys, unique, at }
    }

    /// A clause that the parser does not know.
    fn clause<'c, T>(&'c self, get: impl Fn(&'c syntax::Clauses) -> Option<&'c T>) -> Option<&'c T> {
        get(&self.statement.clauses)
    }

    /// `INDEX name (a, b DESC)`, which the parser takes for a column named `INDEX` of type `name(a, b, DESC)`.
    fn index_as_column(&self, column: &ast::ColumnDef) -> Option<ForeignIndex> {
        let ast::ColumnDef { name, data_type, options } = column;
        let introduces = name.quote_style.is_none()
            && ["index", "key"].iter().any(|word| name.value.eq_ignore_ascii_case(word));
        let ast::DataType::Custom(index, modifiers) = data_type else { return None };
        if !introduces || modifiers.is_empty() || !options.is_empty() {
            return None;
        }
        // `index integer[]` and the like are columns; a type of the project with modifiers does not exist.
        if !crate::schema::types::parse(&index.to_string()).is_custom() {
            return None;
        }
        let at = self.word(name).at;
        let mut keys: Vec<KeyDefinition> = Vec::new();
        for word in modifiers {
            let order = match word.to_ascii_lowercase().as_str() {
                "asc" => Some(KeyOrder::Ascending),
                "desc" => Some(KeyOrder::Descending),
                _ => None,
            };
            match (order, keys.last_mut()) {
                (Some(order), Some(key)) => key.order = Some(order),
                _ => {
                    let name = names::fold(word.trim_matches('"'), word.starts_with('"').then_some('"'));
                    keys.push(self.column_key(Word { name, quoted: word.starts_with('"'), at }));
                }
            }
        }
        let name = self.object(index).map(|o| Word { name: o.name, quoted: false, at: o.at });
        Some(ForeignIndex { name, keys, unique: false, at })
    }

    pub(super) fn column(&mut self, column: &ast::ColumnDef) -> ColumnDefinition {
        let ast::ColumnDef { name, data_type, options } = column;
        let word = self.word(name);
        let mut definition = self.column_of(word, data_type);
        for ast::ColumnOptionDef { name, option } in options {
            self.column_option(&mut definition, name.as_ref(), option);
        }
        // Not in the tree.
        let not_distinct = self.statement.clauses.nulls_not_distinct.iter().any(|i| i.span == name.span);
        for constraint in definition.constraints.iter_mut().filter(|_| not_distinct) {
            if let ConstraintKind::Key { primary: false, nulls_not_distinct, .. } = &mut constraint.kind {
                *nulls_not_distinct = true;
            }
        }
        definition
    }

    pub(super) fn column_of(&mut self, name: Word, data_type: &ast::DataType) -> ColumnDefinition {
        let serial = matches!(data_type, ast::DataType::Custom(name, _)
        if self.bare(name).is_some_and(|n| matches!(
            n.as_str(),
            "serial" | "serial2" | "serial4" | "serial8" | "smallserial" | "bigserial"
        )));
        ColumnDefinition {
            name,
            ty: super::data_type(data_type),
            foreign_type: super::data_types::is_foreign(data_type)
                .then(|| data_type.to_string().to_lowercase()),
            serial,
            collation: None,
            not_null: serial,
            default: None,
            generated: None,
            is_virtual: false,
            identity: false,
            constraints: Vec::new(),
        }
    }

    pub(super) fn column_option(
        &mut self,
        column: &mut ColumnDefinition,
        name: Option<&ast::Ident>,
        option: &ast::ColumnOption,
    ) {
        let name = name.map(|n| self.word(n));
        let at = name.as_ref().map_or(column.name.at, |n| n.at);
        match option {
            ast::ColumnOption::Null => {}
            ast::ColumnOption::NotNull => column.not_null = true,
            ast::ColumnOption::Default(expr) => column.default = Some(self.expr(expr)),
            // ClickHouse's.
            ast::ColumnOption::Materialized(expr) | ast::ColumnOption::Alias(expr) => {
                column.generated = Some(self.expr(expr));
            }
            ast::ColumnOption::Ephemeral(_) => {}
            ast::ColumnOption::PrimaryKey(key) => {
                let ast::PrimaryKeyConstraint {
                    name: _, // Of the option, read above.
                    index_name: _,
                    index_type: _,
                    columns: _, // The column itself.
                    include,
                    index_options: _,
                    characteristics,
                } = key;
                let kind = ConstraintKind::Key {
                    primary: true,
                    columns: vec![column.name.clone()],
                    include: self.words(include),
                    nulls_not_distinct: false,
                };
                column.constraints.push(constraint(name, kind, *characteristics, at));
            }
            ast::ColumnOption::Unique(key) => {
                let ast::UniqueConstraint {
                    name: _,
                    index_name: _,
                    index_type_display: _,
                    index_type: _,
                    columns: _,
                    include,
                    index_options: _,
                    characteristics,
                    nulls_distinct,
                } = key;
                let kind = ConstraintKind::Key {
                    primary: false,
                    columns: vec![column.name.clone()],
                    include: self.words(include),
                    nulls_not_distinct: not_distinct(*nulls_distinct),
                };
                column.constraints.push(constraint(name, kind, *characteristics, at));
            }
            ast::ColumnOption::ForeignKey(key) => {
                if let Some(mut constraint) = self.foreign_key(key, Some(column.name.clone())) {
                    if let Some(name) = name {
                        constraint.at = name.at;
                        constraint.name = Some(name);
                    }
                    column.constraints.push(constraint);
                }
            }
            ast::ColumnOption::Check(check) => {
                let ast::CheckConstraint { name: _, expr, no_inherit, enforced } = check;
                let mut check = constraint(name, ConstraintKind::Check(self.expr(expr)), None, at);
                check.no_inherit = *no_inherit;
                check.enforced = enforced.unwrap_or(true);
                column.constraints.push(check);
            }
            ast::ColumnOption::DialectSpecific(tokens) => {
                let said = |word: &str| tokens.iter().any(|t| t.to_string().eq_ignore_ascii_case(word));
                if said("AUTO_INCREMENT") || said("AUTOINCREMENT") {
                    column.identity = true;
                    column.not_null = true;
                }
            }
            ast::ColumnOption::Collation(name) => column.collation = self.bare(name),
            ast::ColumnOption::Generated {
                generated_as,
                sequence_options: _,
                generation_expr,
                generation_expr_mode,
                generated_keyword: _,
            } => match (generated_as, generation_expr) {
                (_, Some(expr)) => {
                    column.generated = Some(self.expr(expr));
                    column.is_virtual =
                        matches!(generation_expr_mode, Some(ast::GeneratedExpressionMode::Virtual));
                }
                (
                    ast::GeneratedAs::Always | ast::GeneratedAs::ByDefault | ast::GeneratedAs::ExpStored,
                    None,
                ) => {
                    column.identity = true;
                    column.not_null = true;
                }
            },
            // SQL Server's and Snowflake's.
            ast::ColumnOption::Identity(_) => {
                column.identity = true;
                column.not_null = true;
            }
            // What is shown, encoded, filled in or protected elsewhere.
            ast::ColumnOption::CharacterSet(_)
            | ast::ColumnOption::Comment(_)
            | ast::ColumnOption::OnUpdate(_)
            | ast::ColumnOption::Options(_)
            | ast::ColumnOption::OnConflict(_)
            | ast::ColumnOption::Policy(_)
            | ast::ColumnOption::Tags(_)
            | ast::ColumnOption::Srid(_)
            | ast::ColumnOption::Invisible => {}
        }
    }

    /// A table constraint; MySQL's inline indexes, which are none, are the error.
    pub(super) fn constraint(
        &mut self,
        constraint: &ast::TableConstraint,
    ) -> Result<ConstraintDefinition, ForeignIndex> {
        match constraint {
            ast::TableConstraint::PrimaryKey(key) => {
                let ast::PrimaryKeyConstraint {
                    name,
                    index_name: _, // MySQL ignores it.
                    index_type: _,
                    columns,
                    include,
                    index_options: _,
                    characteristics,
                } = key;
                let columns = self.key_columns(columns);
                let kind = ConstraintKind::Key {
                    primary: true,
                    include: self.words(include),
                    columns,
                    nulls_not_distinct: false,
                };
                Ok(self.table_constraint(name.as_ref(), kind, *characteristics))
            }
            ast::TableConstraint::Unique(key) => {
                let ast::UniqueConstraint {
                    name,
                    index_name,
                    index_type_display,
                    index_type: _,
                    columns,
                    include,
                    index_options: _,
                    characteristics,
                    nulls_distinct,
                } = key;
                let foreign = self.dialect == Dialect::Postgres
                    && (!index_type_display.is_none() || index_name.is_some());
                let keys: Vec<KeyDefinition> = columns.iter().map(|c| self.key(c)).collect();
                let plain = keys.iter().all(|k| matches!(k.term, KeySource::Column(_)));
                let said = name.as_ref().or(index_name.as_ref()).map(|n| self.word(n));
                if foreign || !plain {
                    let at = self.anchor(said.as_ref(), &keys);
                    return Err(ForeignIndex { name: said, keys, unique: true, at });
                }
                let kind = ConstraintKind::Key {
                    primary: false,
                    columns: self.key_columns(columns),
                    include: self.words(include),
                    nulls_not_distinct: not_distinct(*nulls_distinct),
                };
                Ok(self.table_constraint(name.as_ref().or(index_name.as_ref()), kind, *characteristics))
            }
            ast::TableConstraint::ForeignKey(key) => self.foreign_key(key, None).ok_or_else(|| {
                ForeignIndex { name: None, keys: Vec::new(), unique: false, at: self.whole() }
            }),
            ast::TableConstraint::Check(check) => {
                let ast::CheckConstraint { name, expr, no_inherit, enforced } = check;
                let kind = ConstraintKind::Check(self.expr(expr));
                let mut check = self.table_constraint(name.as_ref(), kind, None);
                check.no_inherit = *no_inherit;
                check.enforced = enforced.unwrap_or(true);
                Ok(check)
            }
            ast::TableConstraint::Index(index) => {
                let ast::IndexConstraint {
                    display_as_key: _,
                    name,
                    index_type: _, // MySQL's BTREE or HASH; InnoDB makes a btree of both.
                    columns,
                    index_options: _,
                } = index;
                let keys: Vec<KeyDefinition> = columns.iter().map(|c| self.key(c)).collect();
                let name = name.as_ref().map(|n| self.word(n));
                let at = self.anchor(name.as_ref(), &keys);
                Err(ForeignIndex { name, keys, unique: false, at })
            }
            ast::TableConstraint::FulltextOrSpatial(index) => {
                let ast::FullTextOrSpatialConstraint {
                    fulltext: _,
                    index_type_display: _,
                    opt_index_name,
                    columns,
                } = index;
                let keys: Vec<KeyDefinition> = columns.iter().map(|c| self.key(c)).collect();
                let name = opt_index_name.as_ref().map(|n| self.word(n));
                let at = self.anchor(name.as_ref(), &keys);
                Err(ForeignIndex { name, keys, unique: false, at })
            }
            ast::TableConstraint::PrimaryKeyUsingIndex(key) => Ok(self.key_using_index(true, key)),
            ast::TableConstraint::UniqueUsingIndex(key) => Ok(self.key_using_index(false, key)),
            ast::TableConstraint::Exclude(exclude) => {
                let ast::ExcludeConstraint {
                    name,
                    index_method,
                    elements,
                    include,
                    where_clause,
                    characteristics,
                } = exclude;
                let method = index_method
                    .as_ref()
                    .map_or(IndexMethod::Btree, |m| method_named(&names::fold(&m.value, m.quote_style)));
                let keys = elements
                    .iter()
                    .map(|ast::ExcludeConstraintElement { column, operator }| KeyDefinition {
                        operator: Some(match operator {
                            ast::ExcludeConstraintOperator::Token(token) => token.clone(),
                            ast::ExcludeConstraintOperator::PGOperator(parts) => {
                                parts.last().cloned().unwrap_or_default()
                            }
                        }),
                        ..self.key(column)
                    })
                    .collect();
                let kind = ConstraintKind::Exclude {
                    method,
                    keys,
                    include: self.words(include),
                    predicate: where_clause.as_deref().map(|w| self.expr(w)),
                };
                Ok(self.table_constraint(name.as_ref(), kind, *characteristics))
            }
        }
    }

    fn anchor(&self, name: Option<&Word>, keys: &[KeyDefinition]) -> Location {
        name.map(|n| n.at)
            .or_else(|| {
                keys.iter().find_map(|k| match &k.term {
                    KeySource::Column(word) => Some(word.at),
                    KeySource::Expr(_) => None,
                })
            })
            .unwrap_or_else(|| self.whole())
    }

    fn key_using_index(&self, primary: bool, key: &ast::ConstraintUsingIndex) -> ConstraintDefinition {
        let ast::ConstraintUsingIndex { name, index_name, characteristics } = key;
        let index = self.word(index_name);
        let mut made = self.table_constraint(
            name.as_ref(),
            ConstraintKind::KeyUsingIndex { primary, index: index.clone() },
            *characteristics,
        );
        if made.name.is_none() {
            made.at = index.at;
        }
        made
    }

    /// A constraint of its own, placed at its name, its first column or the statement.
    fn table_constraint(
        &self,
        name: Option<&ast::Ident>,
        kind: ConstraintKind,
        characteristics: Option<ast::ConstraintCharacteristics>,
    ) -> ConstraintDefinition {
        let name = name.map(|n| self.word(n));
        let first = match &kind {
            ConstraintKind::Key { columns, .. } | ConstraintKind::ForeignKey { columns, .. } => {
                columns.first().map(|c| c.at)
            }
            ConstraintKind::Check(expr) => Some(expr.fragment.locate(expr.span)),
            ConstraintKind::Exclude { keys, .. } => keys.iter().find_map(|k| match &k.term {
                KeySource::Column(word) => Some(word.at),
                KeySource::Expr(_) => None,
            }),
            ConstraintKind::KeyUsingIndex { .. } | ConstraintKind::NotNull(_) => None,
        };
        let at = name.as_ref().map(|n| n.at).or(first).unwrap_or_else(|| self.whole());
        constraint(name, kind, characteristics, at)
    }

    fn foreign_key(
        &mut self,
        key: &ast::ForeignKeyConstraint,
        column: Option<Word>,
    ) -> Option<ConstraintDefinition> {
        let ast::ForeignKeyConstraint {
            name,
            index_name: _, // MySQL's name for the index it makes.
            columns,
            foreign_table,
            referred_columns,
            on_delete,
            on_update,
            match_kind,
            characteristics,
        } = key;
        let columns = match column {
            Some(column) => vec![column],
            None => self.words(columns),
        };
        let target = self.object(foreign_table)?;
        let at = target.at;
        let (mut on_delete, mut on_update) =
            (referential(on_delete.as_ref()), referential(on_update.as_ref()));
        self.action_columns(&target, &mut on_delete, &mut on_update);
        let kind = ConstraintKind::ForeignKey {
            columns,
            target,
            target_columns: self.words(referred_columns),
            match_full: matches!(match_kind, Some(ast::ConstraintReferenceMatchKind::Full)),
            on_delete,
            on_update,
        };
        let mut made = self.table_constraint(name.as_ref(), kind, *characteristics);
        if made.name.is_none() {
            made.at = at;
        }
        Some(made)
    }

    /// Columns of `ON DELETE SET NULL (columns)`: those of the first list behind the table referred to, unless another
    /// REFERENCES lies between.
    fn action_columns(&self, target: &ObjectRef, on_delete: &mut Referential, on_update: &mut Referential) {
        let behind = |syntax::ActionColumns { span, columns }: &&syntax::ActionColumns| {
            let place = self.fragment.locate(*span).span;
            let between = self.fragment.text.get(..span.start as usize).unwrap_or_default();
            let last = between.to_ascii_lowercase().rfind("references").unwrap_or_default() as u32;
            let last = self.fragment.locate(Span::new(last, last)).span.start;
            !columns.is_empty() && place.start >= target.at.span.end && last < target.at.span.start
        };
        for list in self.statement.clauses.action_columns.iter().filter(behind) {
            let words = self.words(&list.columns);
            let before = self.fragment.text.get(..list.span.start as usize).unwrap_or_default();
            let updates = before.trim_end().to_ascii_lowercase().ends_with("update");
            let action = if updates { &mut *on_update } else { &mut *on_delete };
            match action {
                Referential::SetNull(columns) | Referential::SetDefault(columns) => *columns = words,
                Referential::NoAction | Referential::Restrict | Referential::Cascade => {}
            }
        }
    }

    fn key_columns(&self, columns: &[ast::IndexColumn]) -> Vec<Word> {
        columns
            .iter()
            .filter_map(|column| match self.key(column).term {
                KeySource::Column(word) => Some(word),
                KeySource::Expr(_) => None,
            })
            .collect()
    }

    /// `RANGE (a, lower(b))`, which the parser keeps as a call.
    fn partition_by(&self, by: &ast::Expr) -> PartitionBy {
        let mut partition = PartitionBy::default();
        let args: Vec<&ast::Expr> = match by {
            ast::Expr::Function(call) => match &call.args {
                ast::FunctionArguments::List(list) => list
                    .args
                    .iter()
                    .filter_map(|arg| match arg {
                        ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(e)) => Some(e),
                        _other => None,
                    })
                    .collect(),
                ast::FunctionArguments::None | ast::FunctionArguments::Subquery(_) => Vec::new(),
            },
            ast::Expr::Tuple(items) => items.iter().collect(),
            ast::Expr::Nested(inner) => vec![inner],
            other => vec![other],
        };
        for arg in args {
            match arg {
                ast::Expr::Identifier(ident) => partition.columns.push(self.word(ident)),
                _expression => partition.expressions = true,
            }
        }
        partition
    }
}

/// A column of PARTITION OF has no type: the parser took the first word of its options for one.
fn overrides(column: &ast::ColumnDef, definition: &mut ColumnDefinition) {
    let ast::ColumnDef { name: _, data_type, options: _ } = column;
    let ast::DataType::Custom(word, _) = data_type else { return };
    let word = word.to_string().to_ascii_lowercase();
    if matches!(word.as_str(), "not" | "default" | "with" | "constraint" | "check" | "primary" | "unique") {
        definition.ty = Type::UNKNOWN;
        definition.not_null |= word == "not";
    }
}

fn constraint(
    name: Option<Word>,
    kind: ConstraintKind,
    characteristics: Option<ast::ConstraintCharacteristics>,
    at: Location,
) -> ConstraintDefinition {
    let (deferrable, enforced) = match characteristics {
        // INITIALLY DEFERRED alone implies DEFERRABLE.
        Some(ast::ConstraintCharacteristics { deferrable, initially, enforced }) => (
            deferrable.unwrap_or(matches!(initially, Some(ast::DeferrableInitial::Deferred))),
            enforced.unwrap_or(true),
        ),
        None => (false, true),
    };
    ConstraintDefinition { name, kind, not_valid: false, enforced, deferrable, no_inherit: false, at }
}

fn not_distinct(option: ast::NullsDistinctOption) -> bool {
    match option {
        ast::NullsDistinctOption::NotDistinct => true,
        ast::NullsDistinctOption::None | ast::NullsDistinctOption::Distinct => false,
    }
}

fn referential(action: Option<&ast::ReferentialAction>) -> Referential {
    match action {
        None | Some(ast::ReferentialAction::NoAction) => Referential::NoAction,
        Some(ast::ReferentialAction::Restrict) => Referential::Restrict,
        Some(ast::ReferentialAction::Cascade) => Referential::Cascade,
        Some(ast::ReferentialAction::SetNull) => Referential::SetNull(Vec::new()),
        Some(ast::ReferentialAction::SetDefault) => Referential::SetDefault(Vec::new()),
    }
}
