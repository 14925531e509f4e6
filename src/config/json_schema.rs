//! The JSON Schema of the configuration, for editors that complete and check TOML by one.

use serde_json::{Map, Value, json};

use crate::config::keys;
use crate::config::reference::{LEVELS, Setting, Shape};
use crate::rules::{self, Family, Selector};

/// The schema of a configuration file, of draft 7, which the common readers of TOML know.
pub fn json_schema() -> Value {
    let mut schema = object(&keys::reference(), &[]);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!("sqlmoat.toml");
    // Beside `[[database]]` nobody knows whose files these are.
    schema["dependencies"] = json!({"database": {"properties": {"schema": false, "queries": false}}});
    schema["definitions"] = json!({"selector": {"enum": Selector::names()}, "level": {"enum": LEVELS}});
    schema
}

fn object(settings: &[Setting], required: &[&[&str]]) -> Value {
    let properties: Map<String, Value> =
        settings.iter().map(|s| (s.name.to_owned(), described(s.about, value(s.shape)))).collect();
    let mut schema = json!({"type": "object", "additionalProperties": false, "properties": properties});
    if !required.is_empty() {
        let one_of = |names: &&[&str]| {
            let each: Vec<Value> = names.iter().map(|name| json!({"required": [name]})).collect();
            json!({"anyOf": each})
        };
        schema["allOf"] = required.iter().map(one_of).collect();
    }
    schema
}

fn value(shape: Shape) -> Value {
    let name = || json!({"type": "string", "pattern": "\\S"});
    let names = || json!({"type": "array", "items": name()});
    match shape {
        Shape::Text => json!({"type": "string"}),
        Shape::Name => name(),
        Shape::Flag => json!({"type": "boolean"}),
        Shape::Integer(from, to) => json!({"type": "integer", "minimum": from, "maximum": to}),
        Shape::Size => json!({"anyOf": [
            {"type": "integer", "minimum": 0},
            {"type": "string", "pattern": "^\\s*[0-9]+\\s*([kKmMgG]?[bB])?\\s*$"},
        ]}),
        Shape::Choice(names) => json!({"enum": names}),
        Shape::Names => names(),
        Shape::NamesByTable => json!({"type": "object", "additionalProperties": names()}),
        Shape::RulesByPattern => {
            let selectors = json!({"type": "array", "items": {"$ref": "#/definitions/selector"}});
            json!({"type": "object", "additionalProperties": selectors})
        }
        Shape::Rules(options) => levels(object(&options(), &[])),
        Shape::Table(settings) => object(&settings(), &[]),
        Shape::Tables { of, required } => json!({"type": "array", "items": object(&of(), required)}),
    }
}

/// A key for each rule and family, with what it finds.
fn levels(options: Value) -> Value {
    let level = |about: String| described(&about, json!({"$ref": "#/definitions/level"}));
    let mut properties = Map::new();
    properties.insert("all".to_owned(), level("Every rule.".to_owned()));
    for family in Family::ALL {
        let about = format!("Every rule of the family `{}`.", family.name());
        properties.insert(family.name().to_owned(), level(about));
    }
    for rule in rules::all() {
        properties.insert(rule.id.to_owned(), level(format!("{}.", rule.facts.summary)));
    }
    properties.insert("options".to_owned(), described("Options of single rules.", options));
    json!({"type": "object", "additionalProperties": false, "properties": properties})
}

/// A schema with its description; what stands beside a reference is not read, so that is wrapped.
fn described(about: &str, mut schema: Value) -> Value {
    if schema.get("$ref").is_some() {
        return json!({"description": about, "allOf": [schema]});
    }
    schema["description"] = json!(about);
    schema
}
