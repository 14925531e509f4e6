//! SQL types as far as an analysis asks about them: names, modifiers, arrays. Operator resolution is `query`'s.

/// A type with its modifiers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Type {
    /// The element type where `array` is set.
    pub base: BaseType,
    /// Length of `varchar(n)`, `char(n)`, `bit(n)`; precision of numeric and time types.
    pub length: Option<u32>,
    /// Scale of `numeric(p, s)`.
    pub scale: Option<i32>,
    /// Whether it is an array of the base type (PostgreSQL does not tell dimensions apart).
    pub array: bool,
}

/// A type by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub enum BaseType {
    /// Not known: an untyped literal, a parameter, an unresolved expression.
    #[default]
    Unknown,
    /// `boolean`.
    Bool,
    /// `smallint`.
    Int2,
    /// `integer`.
    Int4,
    /// `bigint`.
    Int8,
    /// `oid` and its aliases (`regclass`, ...).
    Oid,
    /// `numeric`.
    Numeric,
    /// `real`.
    Float4,
    /// `double precision`.
    Float8,
    /// `text`.
    Text,
    /// `varchar`.
    Varchar,
    /// `char(n)`, `bpchar`.
    Bpchar,
    /// `name`.
    Name,
    /// `citext`.
    Citext,
    /// `uuid`.
    Uuid,
    /// `date`.
    Date,
    /// `timestamp without time zone`.
    Timestamp,
    /// `timestamp with time zone`.
    TimestampTz,
    /// `time`.
    Time,
    /// `time with time zone`.
    TimeTz,
    /// `interval`.
    Interval,
    /// `bytea`.
    Bytea,
    /// `json`.
    Json,
    /// `jsonb`.
    Jsonb,
    /// `inet`.
    Inet,
    /// `cidr`.
    Cidr,
    /// `tsvector`.
    TsVector,
    /// `tsquery`.
    TsQuery,
    /// A range or multirange type, by lower-case name.
    Range(String),
    /// An enum of the catalog, by name.
    Enum(String),
    /// A domain of the catalog, by name; the catalog knows its base.
    Domain(String),
    /// A row type: a composite type or a table, by name.
    Composite(String),
    /// A row constructor.
    Record,
    /// Any other type, by lower-case name (`ltree`, `hstore`, `vector`, `geometry`, `xml`, `bit`, ...).
    Other(String),
}

impl Type {
    /// The type without modifiers.
    pub const fn of(base: BaseType) -> Type {
        Type { base, length: None, scale: None, array: false }
    }

    /// The unknown type.
    pub const UNKNOWN: Type = Type::of(BaseType::Unknown);

    /// Whether nothing is known of it.
    pub fn is_unknown(&self) -> bool {
        self.base == BaseType::Unknown && !self.array
    }

    /// Whether a value of it can be text of any shape, and not just a number, a date, an address or one of some labels.
    pub fn holds_text(&self) -> bool {
        let single = matches!(
            self.base,
            BaseType::Bool
                | BaseType::Int2
                | BaseType::Int4
                | BaseType::Int8
                | BaseType::Oid
                | BaseType::Numeric
                | BaseType::Float4
                | BaseType::Float8
                | BaseType::Uuid
                | BaseType::Date
                | BaseType::Timestamp
                | BaseType::TimestampTz
                | BaseType::Time
                | BaseType::TimeTz
                | BaseType::Interval
                | BaseType::Inet
                | BaseType::Cidr
                | BaseType::Enum(_)
        );
        self.array || !single
    }

    /// An array of this type.
    pub fn array_of(mut self) -> Type {
        self.array = true;
        self
    }

    /// Whether it is none of PostgreSQL's well-known types: an enum, a domain, an extension's, or unknown.
    pub fn is_custom(&self) -> bool {
        matches!(
            self.base,
            BaseType::Enum(_) | BaseType::Domain(_) | BaseType::Composite(_) | BaseType::Other(_)
        )
    }

    /// The type of an array's elements.
    pub fn element(mut self) -> Type {
        self.array = false;
        self
    }
}

/// The type that a name says, modifiers and brackets included: `varchar(20)`, `timestamp(3) with time zone`,
/// `numeric(10, 2)[]`, `app.mood`. A name that is not PostgreSQL's own is [`BaseType::Other`];
/// [`crate::schema::Catalog::resolve_type`] finds enums, domains and row types among those. `serial` and its kin are
/// the integer types beneath.
pub fn parse(text: &str) -> Type {
    let mut words: Vec<String> = Vec::new();
    let mut modifiers: Vec<i64> = Vec::new();
    let mut array = false;
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        match first {
            '"' => {
                let (name, tail) = quoted(rest);
                // PostgreSQL's one-byte type is told from char(n) by its quotes alone.
                push_word(&mut words, if name == "char" { "\"char\"".to_owned() } else { name });
                rest = tail;
            }
            '(' => {
                let (inside, tail) = rest[1..].split_once(')').unwrap_or((&rest[1..], ""));
                modifiers.extend(inside.split(',').filter_map(|m| m.trim().parse::<i64>().ok()));
                rest = tail;
            }
            '[' => {
                array = true;
                rest = rest.split_once(']').map_or("", |(_, tail)| tail);
            }
            c if c.is_alphanumeric() || c == '_' || c == '$' || c == '%' => {
                let end = rest
                    .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '%')))
                    .unwrap_or(rest.len());
                let (name, tail) = rest.split_at(end);
                push_word(&mut words, name.to_ascii_lowercase());
                rest = tail;
            }
            '.' => {
                words.push(".".to_owned());
                rest = &rest[1..];
            }
            c => rest = &rest[c.len_utf8()..],
        }
        rest = rest.trim_start();
    }
    if words.last().is_some_and(|w| w == "array") && words.len() > 1 {
        words.pop();
        array = true;
    }
    if words.first().is_some_and(|w| w == "setof") {
        words.remove(0);
    }
    let mut ty = named(&words, &modifiers);
    ty.array |= array;
    ty
}

/// Joins a word to the name before a dot.
fn push_word(words: &mut Vec<String>, word: String) {
    if words.last().is_some_and(|w| w == ".") {
        words.pop();
        if let Some(schema) = words.pop() {
            words.push(if matches!(schema.as_str(), "pg_catalog" | "public") {
                word
            } else {
                format!("{schema}.{word}")
            });
            return;
        }
    }
    words.push(word);
}

/// The content of the quoted identifier that `text` starts with, and what follows it.
fn quoted(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != '"' {
            name.push(c);
        } else if chars.peek().is_some_and(|(_, c)| *c == '"') {
            name.push('"');
            chars.next();
        } else {
            return (name, text.get(at + 1..).unwrap_or_default());
        }
    }
    (name, "")
}

fn named(words: &[String], modifiers: &[i64]) -> Type {
    let Some(first) = words.first() else { return Type::UNKNOWN };
    let second = words.get(1).map(String::as_str);
    let with_zone = words.iter().any(|w| w == "with");
    let length = modifiers.first().and_then(|m| u32::try_from(*m).ok());
    let sized = |base| Type { length, ..Type::of(base) };
    let base = match (first.as_str(), second) {
        ("boolean" | "bool", _) => BaseType::Bool,
        ("smallint" | "int2" | "smallserial" | "serial2", _) => BaseType::Int2,
        ("integer" | "int" | "int4" | "serial" | "serial4", _) => BaseType::Int4,
        ("bigint" | "int8" | "bigserial" | "serial8", _) => BaseType::Int8,
        (
            "oid" | "regclass" | "regproc" | "regprocedure" | "regtype" | "regoper" | "regoperator"
            | "regrole" | "regnamespace" | "regconfig" | "regdictionary" | "regcollation",
            _,
        ) => BaseType::Oid,
        ("numeric" | "decimal" | "dec", _) => {
            let scale = modifiers.get(1).and_then(|m| i32::try_from(*m).ok());
            return Type { scale, ..sized(BaseType::Numeric) };
        }
        ("real" | "float4", _) => BaseType::Float4,
        ("float", _) if length.is_some_and(|p| p <= 24) => BaseType::Float4,
        ("float" | "float8", _) | ("double", Some("precision") | None) => BaseType::Float8,
        ("text", _) => BaseType::Text,
        ("varchar", _)
        | ("character" | "char" | "nchar", Some("varying"))
        | ("national", Some("varchar")) => return sized(BaseType::Varchar),
        ("national", _) if words.iter().any(|w| w == "varying") => return sized(BaseType::Varchar),
        ("character" | "char" | "nchar" | "national", _) => {
            return Type { length: length.or(Some(1)), ..Type::of(BaseType::Bpchar) };
        }
        ("bpchar", _) => return sized(BaseType::Bpchar),
        ("name", _) => BaseType::Name,
        ("citext", _) => BaseType::Citext,
        ("uuid", _) => BaseType::Uuid,
        ("date", _) => BaseType::Date,
        ("timestamptz", _) => return sized(BaseType::TimestampTz),
        ("timestamp", _) if with_zone => return sized(BaseType::TimestampTz),
        ("timestamp", _) => return sized(BaseType::Timestamp),
        ("timetz", _) => return sized(BaseType::TimeTz),
        ("time", _) if with_zone => return sized(BaseType::TimeTz),
        ("time", _) => return sized(BaseType::Time),
        ("interval", _) => return sized(BaseType::Interval),
        ("bytea", _) => BaseType::Bytea,
        ("json", _) => BaseType::Json,
        ("jsonb", _) => BaseType::Jsonb,
        ("inet", _) => BaseType::Inet,
        ("cidr", _) => BaseType::Cidr,
        ("tsvector", _) => BaseType::TsVector,
        ("tsquery", _) => BaseType::TsQuery,
        ("record", _) => BaseType::Record,
        ("unknown" | "void" | "trigger" | "event_trigger", _) => BaseType::Unknown,
        ("bit", Some("varying")) | ("varbit", _) => return sized(BaseType::Other("varbit".to_owned())),
        ("bit", _) => {
            return Type { length: length.or(Some(1)), ..Type::of(BaseType::Other("bit".to_owned())) };
        }
        (name, _) if is_range(name) => BaseType::Range(name.to_owned()),
        (name, _) => return sized(BaseType::Other(name.to_owned())),
    };
    Type::of(base)
}

fn is_range(name: &str) -> bool {
    let stem = name.strip_suffix("multirange").or_else(|| name.strip_suffix("range"));
    matches!(stem, Some("int4" | "int8" | "num" | "ts" | "tstz" | "date"))
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.base.sql_name())?;
        match (self.length, self.scale) {
            (Some(length), Some(scale)) => write!(f, "({length},{scale})")?,
            (Some(length), None) => write!(f, "({length})")?,
            _ => {}
        }
        if self.array { f.write_str("[]") } else { Ok(()) }
    }
}

impl BaseType {
    /// The name as SQL writes it, without modifiers.
    pub fn sql_name(&self) -> &str {
        match self {
            BaseType::Unknown => "unknown",
            BaseType::Bool => "boolean",
            BaseType::Int2 => "smallint",
            BaseType::Int4 => "integer",
            BaseType::Int8 => "bigint",
            BaseType::Oid => "oid",
            BaseType::Numeric => "numeric",
            BaseType::Float4 => "real",
            BaseType::Float8 => "double precision",
            BaseType::Text => "text",
            BaseType::Varchar => "varchar",
            BaseType::Bpchar => "char",
            BaseType::Name => "name",
            BaseType::Citext => "citext",
            BaseType::Uuid => "uuid",
            BaseType::Date => "date",
            BaseType::Timestamp => "timestamp",
            BaseType::TimestampTz => "timestamptz",
            BaseType::Time => "time",
            BaseType::TimeTz => "timetz",
            BaseType::Interval => "interval",
            BaseType::Bytea => "bytea",
            BaseType::Json => "json",
            BaseType::Jsonb => "jsonb",
            BaseType::Inet => "inet",
            BaseType::Cidr => "cidr",
            BaseType::TsVector => "tsvector",
            BaseType::TsQuery => "tsquery",
            BaseType::Record => "record",
            BaseType::Range(name)
            | BaseType::Enum(name)
            | BaseType::Domain(name)
            | BaseType::Composite(name)
            | BaseType::Other(name) => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_names_in_every_spelling() {
        let cases = [
            ("int", "integer"),
            ("INT4", "integer"),
            ("bigserial", "bigint"),
            ("character varying(20)", "varchar(20)"),
            ("character varying(20)[]", "varchar(20)[]"),
            ("varchar", "varchar"),
            ("char", "char(1)"),
            ("numeric(10, 2)", "numeric(10,2)"),
            ("timestamp(3) with time zone", "timestamptz(3)"),
            ("timestamp without time zone", "timestamp"),
            ("timestamp", "timestamp"),
            ("time with time zone", "timetz"),
            ("double precision", "double precision"),
            ("float(24)", "real"),
            ("float", "double precision"),
            ("interval day to second", "interval"),
            ("text[][]", "text[]"),
            ("text array", "text[]"),
            ("pg_catalog.int4", "integer"),
            ("public.mood", "mood"),
            ("app.mood", "app.mood"),
            ("\"Mood\"", "Mood"),
            ("\"char\"", "\"char\""),
            ("app.\"Mood\"[]", "app.Mood[]"),
            ("vector(1536)", "vector(1536)"),
            ("tstzrange", "tstzrange"),
            ("bit varying(8)", "varbit(8)"),
            ("setof uuid", "uuid"),
            ("", "unknown"),
            ("é(", "é"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).to_string(), expected, "{text}");
        }
        assert_eq!(parse("tstzrange").base, BaseType::Range("tstzrange".to_owned()));
    }
}
