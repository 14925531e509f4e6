//! The examples of a page: fenced blocks with what holds for them.

/// What a section promises of its examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// Findings as pinned.
    Bad,
    /// Silence.
    Good,
    /// Silence of the page's own rule: known misses.
    NotSeen,
}

/// One schema with one statement, or with one migration on top of it.
#[derive(Clone, Debug)]
pub(crate) struct Example {
    /// Line of the page on which its block begins.
    pub(crate) line: usize,
    pub(crate) section: Section,
    pub(crate) schema: String,
    /// The migration behind the schema, and the one that takes it back.
    pub(crate) migration: Option<Migration>,
    pub(crate) config: String,
    /// Empty where the schema itself is the example.
    pub(crate) statement: String,
    /// The name of the file with it: `queries.sql`, or with the extension of a program.
    pub(crate) file: String,
    /// The text after the fix.
    pub(crate) fixed: Option<String>,
    /// What a live PostgreSQL with that schema answers, statement by statement.
    pub(crate) live: Option<String>,
}

/// A migration behind the schema.
#[derive(Clone, Debug)]
pub(crate) struct Migration {
    /// Its path, which tells the tool.
    pub(crate) file: String,
    pub(crate) text: String,
    /// The file that takes it back.
    pub(crate) down: Option<String>,
}

impl Migration {
    /// The path of the schema, by the same tool's convention.
    pub(crate) fn schema_file(&self) -> &'static str {
        match self.file.as_str() {
            file if file.starts_with('V') => "V1__schema.sql",
            file if file.ends_with("/migration.sql") => "20200101000000_schema/migration.sql",
            file if file.ends_with("/up.sql") => "2020-01-01-000000_schema/up.sql",
            file if file.ends_with(".up.sql") => "0001_schema.up.sql",
            _ => "0001_schema.sql",
        }
    }
}

/// Languages of programs in examples, with the extension of their files.
const HOSTS: &[(&str, &str)] = &[("python", "py"), ("ts", "ts"), ("go", "go")];

/// A fenced block.
struct Block {
    line: usize,
    words: Vec<String>,
    text: String,
}

/// All examples of a page, in order.
pub(crate) fn examples(page: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    for (section, blocks) in sections(page) {
        let (mut schema, mut config) = (String::new(), String::new());
        let mut migration: Option<Migration> = None;
        let example = |line, schema: &str, migration: &Option<Migration>, config: &str, statement| Example {
            line,
            section,
            schema: schema.to_owned(),
            migration: migration.clone(),
            config: config.to_owned(),
            statement,
            file: "queries.sql".to_owned(),
            fixed: None,
            live: None,
        };
        // A schema or migration that no statement follows is an example by itself.
        let mut alone: Option<usize> = None;
        for block in blocks {
            let has = |word: &str| block.words.iter().any(|w| w == word);
            if has("config") {
                if let Some(line) = alone.take() {
                    examples.push(example(line, &schema, &migration, &config, String::new()));
                }
                config = block.text;
            } else if has("schema") {
                if let Some(line) = alone.replace(block.line) {
                    examples.push(example(line, &schema, &migration, &config, String::new()));
                }
                (schema, migration) = (block.text, None);
            } else if has("migration") {
                // The schema beneath is told by its migrations.
                if let Some(line) = alone.replace(block.line).filter(|_| migration.is_some()) {
                    examples.push(example(line, &schema, &migration, &config, String::new()));
                }
                let file = block.words.iter().find_map(|w| w.strip_prefix("file="));
                let file = file.map_or("0002_change.sql", |f| f.trim_matches('"')).to_owned();
                migration = Some(Migration { file, text: block.text, down: None });
            } else if has("down") {
                let last = migration.as_mut().expect("a block `down` follows a migration");
                last.down = Some(block.text);
            } else if has("live") {
                if let Some(line) = alone.take() {
                    examples.push(example(line, &schema, &migration, &config, String::new()));
                }
                let last = examples.last_mut().expect("a live block follows an example");
                last.live = Some(block.text);
            } else if has("fixed") {
                let last = examples.last_mut().expect("a fixed block follows an example");
                last.fixed = Some(block.text);
            } else if let Some((_, extension)) = HOSTS.iter().find(|(language, _)| has(language)) {
                alone = None;
                let program = example(block.line, &schema, &migration, &config, block.text);
                examples.push(Example { file: format!("queries.{extension}"), ..program });
            } else if has("sql") {
                alone = None;
                examples.push(example(block.line, &schema, &migration, &config, block.text));
            }
        }
        if let Some(line) = alone {
            examples.push(example(line, &schema, &migration, &config, String::new()));
        }
    }
    examples
}

/// The blocks of each section, with what its heading promises. Headings other than these promise silence.
fn sections(page: &str) -> Vec<(Section, Vec<Block>)> {
    let mut sections: Vec<(Section, Vec<Block>)> = vec![(Section::Good, Vec::new())];
    let mut open: Option<Block> = None;
    for (at, line) in page.lines().enumerate() {
        if let Some(block) = &mut open {
            if line == "```" {
                sections.last_mut().unwrap().1.extend(open.take());
            } else {
                block.text.push_str(line);
                block.text.push('\n');
            }
        } else if let Some(info) = line.strip_prefix("```") {
            let words = info.split_whitespace().map(str::to_owned).collect();
            open = Some(Block { line: at + 1, words, text: String::new() });
        } else if let Some(heading) = line.strip_prefix("## ") {
            let section = match heading {
                _ if heading.starts_with("Bad") => Section::Bad,
                _ if heading.starts_with("Not seen") => Section::NotSeen,
                _ => Section::Good,
            };
            sections.push((section, Vec::new()));
        }
    }
    assert!(open.is_none(), "a fenced block does not end");
    sections
}
