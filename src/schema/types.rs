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

    /// An array of this type.
    pub fn array_of(mut self) -> Type {
        self.array = true;
        self
    }

    /// The type of an array's elements.
    pub fn element(mut self) -> Type {
        self.array = false;
        self
    }
}
