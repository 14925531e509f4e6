//! Operators and drivers' placeholders by their characters, and the words that tell them apart.

use super::{Kind, MAX_MARK, is_name_part, is_name_start};

/// Length of a driver's placeholder at the start of `rest`.
pub(super) fn placeholder_len(rest: &[u8]) -> Option<(usize, Kind)> {
    let at = |i: usize| rest.get(i).copied().unwrap_or(0);
    let name = |from: usize| rest.iter().skip(from).take_while(|&&b| is_name_part(b)).count();
    match at(0) {
        b'?' => {
            let digits = rest[1..].iter().take_while(|b| b.is_ascii_digit()).count();
            Some((1 + digits, Kind::Placeholder))
        }
        b'@' if at(1) == b'@' && is_name_start(at(2)) => Some((2 + name(2), Kind::Word)),
        b'@' if is_name_start(at(1)) => Some((1 + name(1), Kind::Placeholder)),
        b'%' if at(1) == b'(' => {
            let close = rest.iter().take(200).position(|&b| b == b')')?;
            (matches!(at(close + 1), b's' | b'd' | b'b' | b'f') && !is_name_part(at(close + 2)))
                .then_some((close + 2, Kind::Placeholder))
        }
        // `format`'s `%1$I`.
        b'%' if at(1).is_ascii_digit() => {
            let digits = rest[1..].iter().take_while(|b| b.is_ascii_digit()).count();
            (at(1 + digits) == b'$' && matches!(at(2 + digits), b's' | b'I' | b'L'))
                .then_some((3 + digits, Kind::Placeholder))
        }
        b'%' if matches!(at(1), b's' | b'd' | b'b' | b't' | b'v' | b'f' | b'i' | b'I' | b'L')
            && !is_name_part(at(2)) =>
        {
            Some((2, Kind::Placeholder))
        }
        b'#' if at(1) == b'{' => {
            let close = rest.iter().take(MAX_MARK).position(|&b| b == b'}')?;
            Some((close + 1, Kind::Placeholder))
        }
        _ => None,
    }
}

/// The operators of MySQL and SQLite: the longest known one that the run starts with.
pub(super) fn simple_operator(run: &[u8]) -> usize {
    const LONG: [&[u8]; 14] =
        [b"<=>", b"->>", b"->", b"<=", b">=", b"<>", b"!=", b"==", b"||", b"&&", b"<<", b">>", b":=", b"=>"];
    LONG.iter().find(|op| run.starts_with(op)).map_or(1, |op| op.len())
}

/// Operators of PostgreSQL and of common extensions. One that is not here is still an operator, unless it ends with
/// what a driver takes for a placeholder.
pub(super) const KNOWN_OPERATORS: &[&[u8]] = &[
    b"+", b"-", b"*", b"/", b"%", b"^", b"=", b"<", b">", b"<=", b">=", b"<>", b"!=", b"||", b"|", b"&",
    b"#", b"~", b"!", b"@", b"<<", b">>", b"->", b"->>", b"#>", b"#>>", b"#-", b"@>", b"<@", b"@?", b"@@",
    b"?", b"?|", b"?&", b"&&", b"~*", b"!~", b"!~*", b"~~", b"~~*", b"!~~", b"!~~*", b"=>", b"|/", b"||/",
    b"!!", b"@-@", b"##", b"<->", b"&<", b"&>", b"<<|", b"|>>", b"&<|", b"|&>", b"<^", b">^", b"?#", b"?-",
    b"?-|", b"?||", b"~=", b"-|-", b"^@", b"<<=", b">>=", b"&&&", b"@@@", b"~<~", b"~<=~", b"~>~", b"~>=~",
    b"<%", b"%>", b"<<%", b"%>>", b"<<->", b"<->>", b"<<<->", b"<->>>", b"<#>", b"<=>", b"<+>", b"<~>",
    b"<%>", b"%%", b"%#", b"#=", b"@=", b"~@", b"~~=", b"@~", b"^@>", b"<@^", b"??", b"??|", b"??&", b"*=",
    b"*<>", b"*<", b"*>", b"*<=", b"*>=", b"<?>", b"~#",
];

/// Words behind which an operand comes: reserved words that end none, and the words that introduce a value.
const BEFORE_OPERAND: &str = "ALL AND ANY ARRAY AS ASC BETWEEN BY CASE CHECK CONCURRENTLY DESC DISTINCT DO ELSE ESCAPE \
    EXCEPT EXECUTE EXISTS FETCH FIRST FOR FROM GROUP HAVING ILIKE IN INTERSECT INTERVAL INTO IS ISNULL JOIN LATERAL LIKE \
    LIMIT NEXT NOT NOTNULL OF OFFSET ON ONLY OR ORDER OVER OVERLAPS PERFORM RETURN RETURNING ROWS SELECT SET SIMILAR \
    SOME TABLE THEN TO TOP UNION UPDATE USING VALUES VARIADIC WHEN WHERE WITH ZONE";

pub(super) fn precedes_operand(word: &str) -> bool {
    BEFORE_OPERAND.split_ascii_whitespace().any(|w| w.eq_ignore_ascii_case(word))
}

/// Words of DDL that a name follows.
pub(super) fn names_follow(word: &str) -> bool {
    const WORDS: [&str; 16] = [
        "COLUMN",
        "CONSTRAINT",
        "DEFAULT",
        "FUNCTION",
        "INDEX",
        "PARTITION",
        "POLICY",
        "REFERENCES",
        "ROLE",
        "SCHEMA",
        "SEQUENCE",
        "TRIGGER",
        "TYPE",
        "VIEW",
        "ADD",
        "RENAME",
    ];
    WORDS.iter().any(|w| w.eq_ignore_ascii_case(word))
}
