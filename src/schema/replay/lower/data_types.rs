//! sqlparser's data types to [`Type`]s.

use crate::schema::types::{self, BaseType, Type};
use crate::syntax::ast;
use ast::{ArrayElemTypeDef, CharacterLength, DataType, ExactNumberInfo, TimezoneInfo};

/// The type that a tree of the parser says. Names that are not built in are [`BaseType::Other`];
/// [`crate::schema::Catalog::resolve_type`] finds enums, domains and row types among those.
pub fn data_type(ty: &DataType) -> Type {
    match ty {
        DataType::Character(n) | DataType::Char(n) => {
            let length = characters(n.as_ref()).or(Some(1));
            Type { length, ..Type::of(BaseType::Bpchar) }
        }
        DataType::CharacterVarying(n)
        | DataType::CharVarying(n)
        | DataType::Varchar(n)
        | DataType::Nvarchar(n) => Type { length: characters(n.as_ref()), ..Type::of(BaseType::Varchar) },
        DataType::Uuid => Type::of(BaseType::Uuid),
        DataType::Text
        | DataType::TinyText
        | DataType::MediumText
        | DataType::LongText
        | DataType::String(_)
        | DataType::FixedString(_)
        | DataType::CharacterLargeObject(_)
        | DataType::CharLargeObject(_)
        | DataType::Clob(_)
        // A set of MySQL is text to us.
        | DataType::Set(_) => Type::of(BaseType::Text),
        DataType::Binary(_)
        | DataType::Varbinary(_)
        | DataType::Blob(_)
        | DataType::TinyBlob
        | DataType::MediumBlob
        | DataType::LongBlob
        | DataType::Bytes(_)
        | DataType::Bytea => Type::of(BaseType::Bytea),
        DataType::Numeric(info)
        | DataType::Decimal(info)
        | DataType::DecimalUnsigned(info)
        | DataType::BigNumeric(info)
        | DataType::BigDecimal(info)
        | DataType::Dec(info)
        | DataType::DecUnsigned(info) => match info {
            ExactNumberInfo::None => Type::of(BaseType::Numeric),
            ExactNumberInfo::Precision(p) => Type { length: small(*p), ..Type::of(BaseType::Numeric) },
            ExactNumberInfo::PrecisionAndScale(p, s) => Type {
                length: small(*p),
                scale: i32::try_from(*s).ok(),
                ..Type::of(BaseType::Numeric)
            },
        },
        DataType::Float(info) | DataType::FloatUnsigned(info) => match info {
            ExactNumberInfo::Precision(p) if *p <= 24 => Type::of(BaseType::Float4),
            ExactNumberInfo::None
            | ExactNumberInfo::Precision(_)
            | ExactNumberInfo::PrecisionAndScale(_, _) => Type::of(BaseType::Float8),
        },
        DataType::Float4 | DataType::Float32 | DataType::Real | DataType::RealUnsigned => {
            Type::of(BaseType::Float4)
        }
        DataType::Float64
        | DataType::Float8
        | DataType::Double(_)
        | DataType::DoubleUnsigned(_)
        | DataType::DoublePrecision
        | DataType::DoublePrecisionUnsigned => Type::of(BaseType::Float8),
        DataType::TinyInt(_)
        | DataType::TinyIntUnsigned(_)
        | DataType::UTinyInt
        | DataType::Int2(_)
        | DataType::Int2Unsigned(_)
        | DataType::SmallInt(_)
        | DataType::SmallIntUnsigned(_)
        | DataType::USmallInt
        | DataType::Int16
        | DataType::UInt8
        | DataType::UInt16 => Type::of(BaseType::Int2),
        DataType::MediumInt(_)
        | DataType::MediumIntUnsigned(_)
        | DataType::Int(_)
        | DataType::Int4(_)
        | DataType::Int32
        | DataType::Integer(_)
        | DataType::IntUnsigned(_)
        | DataType::Int4Unsigned(_)
        | DataType::IntegerUnsigned(_)
        | DataType::UInt32
        | DataType::Signed
        | DataType::SignedInteger
        | DataType::Unsigned
        | DataType::UnsignedInteger => Type::of(BaseType::Int4),
        DataType::Int8(_)
        | DataType::Int64
        | DataType::BigInt(_)
        | DataType::BigIntUnsigned(_)
        | DataType::UBigInt
        | DataType::Int8Unsigned(_)
        | DataType::UInt64 => Type::of(BaseType::Int8),
        DataType::Int128
        | DataType::Int256
        | DataType::HugeInt
        | DataType::UHugeInt
        | DataType::UInt128
        | DataType::UInt256 => Type::of(BaseType::Numeric),
        DataType::Bool | DataType::Boolean => Type::of(BaseType::Bool),
        DataType::Date | DataType::Date32 => Type::of(BaseType::Date),
        DataType::Time(p, zone) => {
            let base = if zoned(zone) { BaseType::TimeTz } else { BaseType::Time };
            Type { length: p.and_then(small), ..Type::of(base) }
        }
        DataType::Timestamp(p, zone) => {
            let base = if zoned(zone) { BaseType::TimestampTz } else { BaseType::Timestamp };
            Type { length: p.and_then(small), ..Type::of(base) }
        }
        // MySQL's; PostgreSQL has no such type, which only matters where its index or key is checked.
        DataType::Datetime(_) | DataType::Datetime64(_, _) | DataType::TimestampNtz(_) => {
            Type::of(BaseType::Timestamp)
        }
        // Fields restrict the values, not the type.
        DataType::Interval { fields: _, precision } => {
            Type { length: precision.and_then(small), ..Type::of(BaseType::Interval) }
        }
        DataType::JSON => Type::of(BaseType::Json),
        DataType::JSONB => Type::of(BaseType::Jsonb),
        DataType::Regclass => Type::of(BaseType::Oid),
        DataType::Bit(n) => {
            Type { length: n.and_then(small).or(Some(1)), ..Type::of(BaseType::Other("bit".to_owned())) }
        }
        DataType::BitVarying(n) | DataType::VarBit(n) => {
            Type { length: n.and_then(small), ..Type::of(BaseType::Other("varbit".to_owned())) }
        }
        DataType::Custom(name, modifiers) => {
            let mut text = name.to_string();
            if !modifiers.is_empty() {
                text.push('(');
                text.push_str(&modifiers.join(","));
                text.push(')');
            }
            types::parse(&text)
        }
        DataType::Array(element) => match element {
            ArrayElemTypeDef::None => Type::UNKNOWN.array_of(),
            ArrayElemTypeDef::AngleBracket(inner)
            | ArrayElemTypeDef::Parenthesis(inner)
            // PostgreSQL ignores an array's declared size.
            | ArrayElemTypeDef::SquareBracket(inner, _)
            | ArrayElemTypeDef::Qualified(inner, _) => data_type(inner).array_of(),
        },
        DataType::Nullable(inner) | DataType::LowCardinality(inner) => data_type(inner),
        DataType::GeometricType(kind) => types::parse(&kind.to_string()),
        DataType::TsVector => Type::of(BaseType::TsVector),
        DataType::TsQuery => Type::of(BaseType::TsQuery),
        // An enum written at the column is MySQL's; its labels constrain text.
        DataType::Enum(_, _) => Type::of(BaseType::Text),
        DataType::Table(_)
        | DataType::NamedTable { name: _, columns: _ }
        | DataType::Tuple(_)
        | DataType::Struct(_, _) => Type::of(BaseType::Record),
        // Not PostgreSQL's, or without a value of its own.
        DataType::Map(_, _, _)
        | DataType::Nested(_)
        | DataType::Union(_)
        | DataType::Unspecified
        | DataType::Trigger
        | DataType::AnyType => Type::UNKNOWN,
    }
}

/// Whether PostgreSQL has no type of that name, although the parser knows it from another database.
pub(super) fn is_foreign(ty: &DataType) -> bool {
    match ty {
        DataType::Array(
            ArrayElemTypeDef::AngleBracket(inner)
            | ArrayElemTypeDef::Parenthesis(inner)
            | ArrayElemTypeDef::SquareBracket(inner, _)
            | ArrayElemTypeDef::Qualified(inner, _),
        ) => is_foreign(inner),
        other => matches!(
            other,
            DataType::Nvarchar(_)
                | DataType::TinyText
                | DataType::MediumText
                | DataType::LongText
                | DataType::String(_)
                | DataType::FixedString(_)
                | DataType::Clob(_)
                | DataType::Set(_)
                | DataType::Enum(_, _)
                | DataType::Binary(_)
                | DataType::Varbinary(_)
                | DataType::Blob(_)
                | DataType::TinyBlob
                | DataType::MediumBlob
                | DataType::LongBlob
                | DataType::Bytes(_)
                | DataType::DecimalUnsigned(_)
                | DataType::DecUnsigned(_)
                | DataType::FloatUnsigned(_)
                | DataType::RealUnsigned
                | DataType::Double(_)
                | DataType::DoubleUnsigned(_)
                | DataType::DoublePrecisionUnsigned
                | DataType::TinyInt(_)
                | DataType::TinyIntUnsigned(_)
                | DataType::MediumInt(_)
                | DataType::MediumIntUnsigned(_)
                | DataType::SmallIntUnsigned(_)
                | DataType::IntUnsigned(_)
                | DataType::IntegerUnsigned(_)
                | DataType::BigIntUnsigned(_)
                | DataType::Int64
                | DataType::Float64
                | DataType::Datetime(_)
        ),
    }
}

fn small(n: u64) -> Option<u32> {
    u32::try_from(n).ok()
}

fn zoned(zone: &TimezoneInfo) -> bool {
    match zone {
        TimezoneInfo::WithTimeZone | TimezoneInfo::Tz => true,
        TimezoneInfo::None | TimezoneInfo::WithoutTimeZone => false,
    }
}

fn characters(length: Option<&CharacterLength>) -> Option<u32> {
    match length? {
        CharacterLength::IntegerLength { length, unit: _ } => small(*length),
        CharacterLength::Max => None,
    }
}
