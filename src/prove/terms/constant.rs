//! Constants with their types, and what can be said of two of them without a server: whether they are equal, and which
//! is less. Says nothing where the answer hangs on a setting (a collation, a time zone).

use std::cmp::Ordering;

use super::{Coll, Symbol, TypeNames};
use crate::schema::types::{BaseType, Type};

/// A constant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Const {
    /// Its type without modifiers; unknown for a string literal that no context has given a type.
    pub ty: Type,
    /// Its value.
    pub value: Value,
}

/// The value of a constant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// NULL.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(Decimal),
    /// A date or timestamp without zone, or a timestamptz whose text gives the zone: microseconds.
    Instant(i64),
    /// A timestamptz whose text gives no zone: microseconds in the session's.
    Local(i64),
    /// The position of an enum's label.
    Label(u32),
    /// A text, or the text of a value of any other type.
    Text(Symbol),
}

/// No time zone is further from UTC: 16 hours, in microseconds.
const WIDEST_OFFSET: u64 = 16 * 3_600_000_000;

/// How two constants of one operator family relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The first is less.
    Less,
    /// They are equal.
    Equal,
    /// The first is greater.
    Greater,
    /// They differ; which is greater hangs on a setting.
    Different,
    /// Not known.
    Unknown,
}

/// A decimal number: `mantissa / 10^scale`. `1.0` and `1` are equal in value but not the same constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    mantissa: i128,
    scale: u32,
}

impl Decimal {
    /// An integer.
    pub fn integer(value: i64) -> Decimal {
        Decimal { mantissa: i128::from(value), scale: 0 }
    }

    /// A number as SQL writes it; absent where it has more digits than are kept.
    pub fn parse(text: &str) -> Option<Decimal> {
        let text = text.trim().replace('_', "");
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(&text)),
        };
        let radix = |prefix: &str, radix: u32| {
            let rest = digits.strip_prefix(prefix).or(digits.strip_prefix(&prefix.to_uppercase()))?;
            i128::from_str_radix(rest, radix).ok()
        };
        if let Some(value) = radix("0x", 16).or_else(|| radix("0o", 8)).or_else(|| radix("0b", 2)) {
            return Some(Decimal { mantissa: if negative { -value } else { value }, scale: 0 });
        }
        let (number, exponent) = match digits.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (digits, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let all: String = [whole, fraction].concat();
        if all.is_empty() || all.len() > 36 || !all.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut mantissa: i128 = all.parse().ok()?;
        let mut scale = i64::try_from(fraction.len()).ok()? - i64::from(exponent);
        if scale < 0 {
            let shift = u32::try_from(-scale).ok().filter(|s| *s <= 36)?;
            mantissa = mantissa.checked_mul(10i128.checked_pow(shift)?)?;
            scale = 0;
        }
        Some(Decimal {
            mantissa: if negative { -mantissa } else { mantissa },
            scale: u32::try_from(scale).ok()?,
        })
    }

    /// The value, where it is an integer of 64 bits.
    pub fn as_integer(self) -> Option<i64> {
        let plain = self.trimmed();
        if plain.scale == 0 { i64::try_from(plain.mantissa).ok() } else { None }
    }

    /// The same value without trailing zeros, as a floating-point number has it.
    #[must_use]
    pub fn trimmed(self) -> Decimal {
        let mut plain = self;
        while plain.scale > 0 && plain.mantissa % 10 == 0 {
            plain.mantissa /= 10;
            plain.scale -= 1;
        }
        plain
    }

    fn compare(self, other: Decimal) -> Option<Ordering> {
        let scale = self.scale.max(other.scale);
        let at = |d: Decimal| d.mantissa.checked_mul(10i128.checked_pow(scale - d.scale)?);
        Some(at(self)?.cmp(&at(other)?))
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.mantissa.unsigned_abs().to_string();
        let scale = self.scale as usize;
        let sign = if self.mantissa < 0 { "-" } else { "" };
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let digits = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

impl Const {
    /// The text of a literal, read as a value of a type.
    pub fn read(text: &str, ty: &Type, names: &TypeNames) -> Const {
        let ty = Type { length: None, scale: None, ..ty.clone() };
        let raw = || Value::Text(Symbol::from(text));
        if ty.array {
            return Const { ty, value: raw() };
        }
        let value = match &ty.base {
            BaseType::Bool => read_bool(text).map(Value::Bool),
            BaseType::Numeric => Decimal::parse(text).map(Value::Number),
            BaseType::Int2 | BaseType::Int4 | BaseType::Int8 | BaseType::Float4 | BaseType::Float8 => {
                Decimal::parse(text).map(|d| Value::Number(d.trimmed()))
            }
            BaseType::Enum(_) => names.label(&ty, text).map(Value::Label),
            BaseType::Date => read_instant(text).filter(|(_, zone)| !zone).map(|(t, _)| {
                let day = 86_400_000_000;
                Value::Instant(if t == i64::MAX || t == i64::MIN { t } else { t.div_euclid(day) * day })
            }),
            BaseType::Timestamp => {
                read_instant(text).filter(|(_, zone)| !zone).map(|(t, _)| Value::Instant(t))
            }
            BaseType::TimestampTz => read_instant(text).map(|(t, zone)| {
                if zone || t == i64::MAX || t == i64::MIN { Value::Instant(t) } else { Value::Local(t) }
            }),
            BaseType::Uuid => {
                let plain: String =
                    text.chars().filter(|c| !matches!(c, '-' | '{' | '}')).collect::<String>().to_lowercase();
                Some(Value::Text(Symbol::from(plain)))
            }
            BaseType::Other(name) if name == "regconfig" => {
                Some(Value::Text(Symbol::from(text.strip_prefix("pg_catalog.").unwrap_or(text))))
            }
            _ => None,
        };
        Const { ty, value: value.unwrap_or_else(raw) }
    }

    /// How this constant relates to another under an operator of their family.
    pub fn relation(&self, other: &Const, coll: &Coll, database: &str) -> Relation {
        let order = |o: Ordering| match o {
            Ordering::Less => Relation::Less,
            Ordering::Equal => Relation::Equal,
            Ordering::Greater => Relation::Greater,
        };
        match (&self.value, &other.value) {
            (Value::Null, _) | (_, Value::Null) => Relation::Unknown,
            (Value::Bool(a), Value::Bool(b)) => order(a.cmp(b)),
            (Value::Number(a), Value::Number(b)) => a.compare(*b).map_or(Relation::Unknown, order),
            // A zone makes the comparison with a zone-less value depend on the session.
            (Value::Instant(a), Value::Instant(b))
                if (self.ty.base == BaseType::TimestampTz) == (other.ty.base == BaseType::TimestampTz) =>
            {
                order(a.cmp(b))
            }
            (Value::Local(a), Value::Local(b)) => order(a.cmp(b)),
            (Value::Local(a), Value::Instant(b)) | (Value::Instant(a), Value::Local(b))
                if a.abs_diff(*b) > WIDEST_OFFSET =>
            {
                order(a.cmp(b))
            }
            (Value::Label(a), Value::Label(b)) if self.ty == other.ty => order(a.cmp(b)),
            (Value::Text(a), Value::Text(b)) => {
                if a == b {
                    Relation::Equal
                } else {
                    text_relation(a, b, &self.ty, coll, database)
                }
            }
            _ => Relation::Unknown,
        }
    }

    /// Its text, where it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The elements of an array's text, where none is quoted or nested; `None` for NULL.
pub fn array_elements(text: &str) -> Option<Vec<Option<String>>> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    if inner.trim().is_empty() {
        return Some(Vec::new());
    }
    if inner.contains(['"', '\\', '{', '}']) {
        return None;
    }
    let element = |e: &str| {
        let e = e.trim();
        (!e.eq_ignore_ascii_case("null")).then(|| e.to_owned())
    };
    Some(inner.split(',').map(element).collect())
}

fn text_relation(a: &str, b: &str, ty: &Type, coll: &Coll, database: &str) -> Relation {
    match &ty.base {
        BaseType::Uuid => match a.cmp(b) {
            Ordering::Less => Relation::Less,
            Ordering::Equal => Relation::Equal,
            Ordering::Greater => Relation::Greater,
        },
        BaseType::Text | BaseType::Varchar | BaseType::Unknown => {
            let name = match coll {
                Coll::Named(name) => name,
                _ => database,
            };
            // Lower-case ASCII letters and digits sort alike in English and most other locales.
            let plain = |s: &str| s.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
            let bytes = name == "C" || name == "POSIX";
            if bytes || (name.starts_with("en") && plain(a) && plain(b)) {
                if a < b { Relation::Less } else { Relation::Greater }
            } else {
                Relation::Different
            }
        }
        _ => Relation::Unknown,
    }
}

fn read_bool(text: &str) -> Option<bool> {
    let text = text.trim().to_lowercase();
    let is = |word: &str, least: usize| text.len() >= least && word.starts_with(&text);
    if is("true", 1) || is("yes", 1) || text == "on" || text == "1" {
        Some(true)
    } else if is("false", 1) || is("no", 1) || is("off", 2) || text == "0" {
        Some(false)
    } else {
        None
    }
}

/// A date or timestamp in ISO form: microseconds since 1970-01-01, and whether a zone is given.
fn read_instant(text: &str) -> Option<(i64, bool)> {
    let text = text.trim();
    match text.to_lowercase().as_str() {
        "infinity" => return Some((i64::MAX, false)),
        "-infinity" => return Some((i64::MIN, false)),
        _ => {}
    }
    let (date, rest) = match text.find([' ', 'T']) {
        Some(i) => (text.get(..i)?, text.get(i + 1..)?.trim()),
        // `2024-01-01+00`: a date with a zone.
        None => match text.get(10..).filter(|zone| zone.starts_with(['+', 'Z'])) {
            Some(zone) => (text.get(..10)?, zone),
            None => (text, ""),
        },
    };
    let mut parts = date.split('-');
    let (y, m, d) = (number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    if parts.next().is_some() || !(1..=12).contains(&m) || !(1..=31).contains(&d) {
        return None;
    }
    let days = days_from_civil(y, m, d);
    let (time, zone) = match rest.find(['Z', 'z', '+', '-']) {
        Some(i) => (rest.get(..i)?.trim(), Some(rest.get(i..)?)),
        None => (rest, None),
    };
    let offset = match zone {
        None => 0,
        Some("Z" | "z") => 0,
        Some(zone) => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let mut parts = zone.get(1..)?.split(':');
            let hours = number(parts.next()?, 2)?;
            let minutes = parts.next().map_or(Some(0), |p| number(p, 2))?;
            if parts.next().is_some() {
                return None;
            }
            sign * (hours * 3600 + minutes * 60)
        }
    };
    let micros = if time.is_empty() { 0 } else { read_time(time)? };
    let total = (days * 86_400 - offset).checked_mul(1_000_000)?.checked_add(micros)?;
    Some((total, zone.is_some()))
}

fn read_time(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let (h, m) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let (s, micros) = match parts.next() {
        None => (0, 0),
        Some(s) => match s.split_once('.') {
            None => (number(s, 2)?, 0),
            Some((s, f)) => {
                let digits = number(f, 6)?;
                (number(s, 2)?, digits * 10i64.pow(6 - u32::try_from(f.len()).ok()?))
            }
        },
    };
    if parts.next().is_some() || h > 24 || m > 59 || s > 60 {
        return None;
    }
    Some((h * 3600 + m * 60 + s) * 1_000_000 + micros)
}

/// An unsigned number of one to `width` digits.
fn number(text: &str, width: usize) -> Option<i64> {
    if text.is_empty() || text.len() > width || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar.
fn days_from_civil(y: i64, m: i64, d: i64) -> i64 {
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relation(a: &str, b: &str, base: BaseType) -> Relation {
        let (ty, names) = (Type::of(base), TypeNames::default());
        Const::read(a, &ty, &names).relation(&Const::read(b, &ty, &names), &Coll::Default, "en-x-icu")
    }

    #[test]
    fn numbers_compare_by_value() {
        assert_eq!(relation("10", "9", BaseType::Int4), Relation::Greater);
        assert_eq!(relation("1.50", "1.5", BaseType::Numeric), Relation::Equal);
        assert_eq!(relation("-1e2", "-99.9", BaseType::Numeric), Relation::Less);
    }

    #[test]
    fn moments_compare_where_no_zone_is_in_doubt() {
        assert_eq!(relation("2024-03-01", "2024-02-29 23:59", BaseType::Timestamp), Relation::Greater);
        assert_eq!(
            relation("2024-01-01 00:00+02", "2023-12-31 22:00Z", BaseType::TimestampTz),
            Relation::Equal
        );
        assert_eq!(
            relation("2024-01-01 00:00+02", "2023-12-31 22:00", BaseType::TimestampTz),
            Relation::Unknown
        );
        assert_eq!(relation("2024-01-01+00", "2024-06-01", BaseType::TimestampTz), Relation::Less);
    }

    #[test]
    fn text_order_needs_a_known_collation() {
        assert_eq!(relation("abc", "abd", BaseType::Text), Relation::Less);
        assert_eq!(relation("abc", "Abd", BaseType::Text), Relation::Different);
        assert_eq!(relation("abc", "abc", BaseType::Text), Relation::Equal);
    }
}
