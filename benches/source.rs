//! The time and memory of a whole check of a repository of programs: 20,000 source files in ten languages, 120 MB, a tenth
//! of them with SQL, against a schema of 60 tables; or of a directory that is given. Beside it stands the plainest reader
//! of the same files: a walk that reads each of them, and does nothing with it, on as many threads.
//!
//! ```sh
//! cargo bench --bench source -- [DIRECTORY]
//! ```

#![expect(clippy::print_stdout, reason = "what it measures is what it prints")]

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Files, and the bytes of each.
const FILES: usize = 20_000;
const SIZE: usize = 6_000;

/// Of how many files one holds SQL.
const ONE_IN: usize = 10;

const TABLES: usize = 60;
const ROUNDS: usize = 5;

/// A language: the extension of its files, how a file begins and ends, a function without SQL and one with it. `@N` is a
/// number, `@T` a table.
struct Language {
    extension: &'static str,
    begin: &'static str,
    end: &'static str,
    plain: &'static str,
    query: &'static str,
}

const LANGUAGES: &[Language] = &[
    Language {
        extension: "ts",
        begin: "import { sql } from './db';\nimport { format, parse } from './text';\n\n",
        end: "",
        plain: "/** Update the view of item @N when people select it from the list. */\nexport function refresh@N(state: State, id: string): State {\n  const item = state.items.find((one) => one.id === id && one.kind !== 'header@N');\n  if (!item || item.locked) {\n    return { ...state, warnings: [...state.warnings, `no item ${id} in part @N`] };\n  }\n  const next = { ...item, seen: item.seen + @N, label: format(item.label, { width: 20 }) };\n  return { ...state, items: state.items.map((one) => (one.id === id ? next : one)) };\n}\n\n",
        query: "export async function load@N(req: Request, id: string) {\n  const rows = await sql`\n    SELECT a.id, a.title, a.total\n    FROM @T a\n    WHERE a.workspace_id = ${req.workspaceId} AND a.id = ${id}\n    ORDER BY a.created_at DESC\n    LIMIT 50`;\n  return rows.map((row) => ({ ...row, kind: '@T' }));\n}\n\n",
    },
    Language {
        extension: "tsx",
        begin: "import React from 'react';\nimport { Option, Select } from './form';\n\n",
        end: "",
        plain: "export function Panel@N({ items, onPick }: Props) {\n  const [open, setOpen] = React.useState(false);\n  const shown = items.filter((item) => item.part === @N).slice(0, 20);\n  return (\n    <section className=\"panel-@N\" onClick={() => setOpen(!open)}>\n      <h2>Select one of {shown.length} from the list</h2>\n      <select value={shown[0]?.id} onChange={(event) => onPick(event.target.value)}>\n        {shown.map((item) => <Option key={item.id} value={item.id}>{item.label}</Option>)}\n      </select>\n    </section>\n  );\n}\n\n",
        query: "export async function Page@N({ workspaceId }: Props) {\n  const rows = await sql`SELECT id, title FROM @T WHERE workspace_id = ${workspaceId} ORDER BY created_at DESC`;\n  return <ul>{rows.map((row) => <li key={row.id}>{row.title}</li>)}</ul>;\n}\n\n",
    },
    Language {
        extension: "js",
        begin: "'use strict';\nconst { pool } = require('./pool');\n\n",
        end: "",
        plain: "function merge@N(left, right) {\n  const result = Object.assign({}, left);\n  for (const [key, value] of Object.entries(right)) {\n    if (Array.isArray(value) && value.length > @N) {\n      result[key] = (result[key] || []).concat(value.filter((one) => one !== null));\n    } else if (typeof value === 'string') {\n      result[key] = value.trim().replace(/\\s+/g, ' ');\n    }\n  }\n  return result;\n}\n\n",
        query: "async function find@N(workspaceId, from) {\n  const { rows } = await pool.query(\n    'SELECT id, total FROM @T WHERE workspace_id = $1 AND created_at >= $2 ORDER BY created_at',\n    [workspaceId, from],\n  );\n  return rows;\n}\n\n",
    },
    Language {
        extension: "py",
        begin: "from dataclasses import dataclass\nfrom typing import Any\n\n\n",
        end: "",
        plain: "@dataclass\nclass Step@N:\n    \"\"\"One step; its values are set from the options with which it is built.\"\"\"\n\n    name: str\n    options: dict[str, Any]\n\n    def run(self, state: dict[str, Any]) -> dict[str, Any]:\n        wanted = [key for key in self.options if key not in state or state[key] is None]\n        for key in wanted:\n            value = self.options.get(key, @N)\n            state[key] = value if not callable(value) else value(state)\n        return {**state, \"last\": self.name, \"count\": len(wanted) + @N}\n\n\n",
        query: "async def fetch_@N(connection, workspace_id, limit):\n    return await connection.fetch(\n        \"\"\"\n        SELECT id, title, total\n        FROM @T\n        WHERE workspace_id = $1\n        ORDER BY created_at DESC\n        LIMIT $2\n        \"\"\",\n        workspace_id,\n        limit,\n    )\n\n\n",
    },
    Language {
        extension: "go",
        begin: "package part\n\nimport (\n\t\"context\"\n\t\"fmt\"\n\t\"strings\"\n)\n\n",
        end: "",
        plain: "// Resolve@N picks what is to be done with the names it is given.\nfunc Resolve@N(ctx context.Context, names []string) (map[string]int, error) {\n\tfound := make(map[string]int, len(names))\n\tfor i, name := range names {\n\t\tselect {\n\t\tcase <-ctx.Done():\n\t\t\treturn nil, fmt.Errorf(\"part @N: %w\", ctx.Err())\n\t\tdefault:\n\t\t}\n\t\tif strings.HasPrefix(name, \"x@N\") {\n\t\t\tfound[strings.TrimSpace(name)] = i\n\t\t}\n\t}\n\treturn found, nil\n}\n\n",
        query: "func (s *Store) Close@N(ctx context.Context, workspaceID, id string) error {\n\tconst query = `UPDATE @T SET title = 'closed' WHERE workspace_id = $1 AND id = $2`\n\t_, err := s.db.ExecContext(ctx, query, workspaceID, id)\n\treturn err\n}\n\n",
    },
    Language {
        extension: "rs",
        begin: "use std::collections::BTreeMap;\n\nuse crate::model::{Item, Shape};\n\n",
        end: "",
        plain: "/// Groups what is open by its part.\npub fn group_@N(items: &[Item]) -> BTreeMap<u32, Vec<&Item>> {\n    let mut groups: BTreeMap<u32, Vec<&Item>> = BTreeMap::new();\n    for item in items.iter().filter(|item| item.weight > @N && !item.is_closed()) {\n        match item.shape {\n            Shape::Round { radius } if radius > 0 => groups.entry(radius).or_default().push(item),\n            Shape::Round { .. } | Shape::Flat => {}\n        }\n    }\n    groups\n}\n\n",
        query: "pub async fn list_@N(pool: &PgPool, workspace_id: Uuid) -> sqlx::Result<Vec<Row>> {\n    sqlx::query_as!(\n        Row,\n        r#\"SELECT id, title, total FROM @T WHERE workspace_id = $1 ORDER BY created_at DESC\"#,\n        workspace_id\n    )\n    .fetch_all(pool)\n    .await\n}\n\n",
    },
    Language {
        extension: "java",
        begin: "package app.part;\n\nimport java.util.ArrayList;\nimport java.util.List;\n\npublic final class Part {\n",
        end: "}\n",
        plain: "  /** Selects what is visible from the given ones. */\n  public List<Item> visible@N(List<Item> items, Options options) {\n    List<Item> result = new ArrayList<>();\n    for (Item item : items) {\n      if (item.isHidden() || item.getPart() == @N) {\n        continue;\n      }\n      result.add(options.isShort() ? item.withLabel(item.getLabel().substring(0, 8)) : item);\n    }\n    log.debug(\"{} of {} items of part @N are visible\", result.size(), items.size());\n    return result;\n  }\n\n",
        query: "  public List<Row> rows@N(UUID workspaceId, int limit) {\n    return jdbc.query(\n        \"SELECT id, title FROM @T \" + \"WHERE workspace_id = ? ORDER BY created_at DESC LIMIT ?\",\n        mapper, workspaceId, limit);\n  }\n\n",
    },
    Language {
        extension: "kt",
        begin: "package app.part\n\nclass Part(private val jdbc: Jdbc) {\n",
        end: "}\n",
        plain: "    fun describe@N(items: List<Item>): String {\n        val groups = items.filter { it.part != @N }.groupBy { it.kind }\n        return groups.entries.joinToString(\"; \") { (kind, members) ->\n            when (kind) {\n                Kind.OPEN -> \"${members.size} open\"\n                Kind.CLOSED -> \"closed: ${members.first().label}\"\n                else -> \"other\"\n            }\n        }\n    }\n\n",
        query: "    fun count@N(workspaceId: UUID): Int =\n        jdbc.queryForObject(\n            \"\"\"\n            SELECT count(*) FROM @T\n            WHERE workspace_id = ?\n            \"\"\".trimIndent(),\n            Int::class.java, workspaceId)!!\n\n",
    },
    Language {
        extension: "cs",
        begin: "using System.Linq;\n\nnamespace App.Parts;\n\npublic sealed class Part\n{\n",
        end: "}\n",
        plain: "    /// <summary>Updates the totals; the set of items is not changed.</summary>\n    public decimal Total@N(IReadOnlyList<Item> items, bool rounded)\n    {\n        var total = items.Where(item => item.Part == @N && !item.IsClosed).Sum(item => item.Price * item.Count);\n        if (total < 0)\n        {\n            throw new InvalidOperationException($\"part @N has a total of {total}\");\n        }\n        return rounded ? Math.Round(total, 2) : total;\n    }\n\n",
        query: "    public Task<IEnumerable<Row>> Load@N(IDbConnection connection, Guid workspaceId) =>\n        connection.QueryAsync<Row>(\n            @\"SELECT id, title FROM @T\n              WHERE workspace_id = @workspaceId ORDER BY created_at DESC\", new { workspaceId });\n\n",
    },
    Language {
        extension: "rb",
        begin: "# frozen_string_literal: true\n\nmodule Parts\n",
        end: "end\n",
        plain: "  # Deletes nothing: takes what is stale from the list that it is given.\n  def self.stale_@N(items, now: Time.current)\n    items.select { |item| item.part == @N && item.touched_at < now - 30.days }.map do |item|\n      label = item.label.to_s.strip\n      label = \"untitled @N\" if label.empty?\n      { id: item.id, label: label, age: (now - item.touched_at).to_i }\n    end\n  end\n\n",
        query: "  def self.recent_@N(workspace_id)\n    Row.find_by_sql([<<~SQL, workspace_id])\n      SELECT id, title FROM @T\n      WHERE workspace_id = ?\n      ORDER BY created_at DESC LIMIT 20\n    SQL\n  end\n\n",
    },
    Language {
        extension: "php",
        begin: "<?php\n\nnamespace App\\Parts;\n\nfinal class Part\n{\n",
        end: "}\n",
        plain: "    /** Inserts the label into each of them. */\n    public function label@N(array $items, string $label): array\n    {\n        $result = [];\n        foreach ($items as $key => $item) {\n            if ($item->part === @N || $item->isClosed()) {\n                continue;\n            }\n            $result[$key] = sprintf('%s (%s, part @N)', trim($item->title), $label);\n        }\n        return $result;\n    }\n\n",
        query: "    public function load@N(string $workspaceId): array\n    {\n        $statement = $this->pdo->prepare('SELECT id, title FROM @T WHERE workspace_id = ? ORDER BY created_at');\n        $statement->execute([$workspaceId]);\n        return $statement->fetchAll();\n    }\n\n",
    },
];

fn main() -> io::Result<()> {
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let own = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-source");
    let directory = match given {
        Some(directory) => PathBuf::from(directory),
        None => {
            if !own.exists() {
                generate(&own)?;
            }
            own
        }
    };
    let mut files = Vec::new();
    gather(&directory, &mut files);
    let bytes: u64 = files.iter().filter_map(|file| file.metadata().ok()).map(|m| m.len()).sum();
    println!("{} files, {} MB", files.len(), bytes / 1_000_000);
    let mut taken = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        read_all(&directory);
        taken.push(begun.elapsed());
    }
    report("walk and read alone", &mut taken);
    taken.clear();
    let shown = std::env::temp_dir().join(format!("sqlmoat-bench-{}", std::process::id()));
    let mut usage = Usage::default();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_sqlmoat"))
            .args(["check", ".", "--exit-zero", "--color", "never"])
            .current_dir(&directory)
            .stdout(fs::File::create(&shown)?)
            .stderr(std::process::Stdio::null())
            .spawn()?;
        let mut used = Usage::default();
        while child.try_wait()?.is_none() {
            used = Usage::of(child.id()).unwrap_or(used);
            std::thread::sleep(Duration::from_millis(2));
        }
        taken.push(begun.elapsed());
        usage = usage.most(used);
    }
    let text = fs::read_to_string(&shown)?;
    fs::remove_file(&shown)?;
    report("sqlmoat check", &mut taken);
    println!(
        "{:8.2} s  of all processors, {} MB at the peak",
        usage.ticks as f64 / 100.0,
        usage.memory / 1_000
    );
    println!("{}", text.lines().find(|line| line.contains("isolated")).unwrap_or_default());
    Ok(())
}

/// What a process used so far, where the system tells.
#[derive(Clone, Copy, Default)]
struct Usage {
    /// Of all processors, in hundredths of a second.
    ticks: u64,
    /// At the peak, in kilobytes.
    memory: u64,
}

impl Usage {
    fn of(process: u32) -> Option<Usage> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let memory = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let memory = memory.trim().trim_end_matches(" kB").parse().ok()?;
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        let fields = stat.rsplit(')').next()?.split_whitespace();
        let ticks = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Some(Usage { ticks, memory })
    }

    fn most(self, other: Usage) -> Usage {
        Usage { ticks: self.ticks.max(other.ticks), memory: self.memory.max(other.memory) }
    }
}

fn report(what: &str, taken: &mut [Duration]) {
    taken.sort();
    let of = |i: usize| taken.get(i).map_or(0.0, Duration::as_secs_f64);
    println!("{:8.2} s  {what}, the best of {ROUNDS} (median {:.2} s)", of(0), of(taken.len() / 2));
}

/// Reads every file on as many threads as there are processors.
fn read_all(directory: &Path) {
    let mut files = Vec::new();
    gather(directory, &mut files);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let part = files.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        for part in files.chunks(part) {
            scope.spawn(move || part.iter().for_each(|file| drop(std::hint::black_box(fs::read(file)))));
        }
    });
}

fn gather(directory: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.filter_map(Result::ok) {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => gather(&entry.path(), files),
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            Ok(_) | Err(_) => {}
        }
    }
}

/// Writes the repository.
fn generate(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory.join("migrations"))?;
    let mut schema = String::from("CREATE TABLE workspace (id uuid PRIMARY KEY, name text NOT NULL);\n");
    for n in 0..TABLES {
        let _ = write!(
            schema,
            "CREATE TABLE item_{n} (\n  id uuid PRIMARY KEY,\n  workspace_id uuid NOT NULL REFERENCES workspace (id),\n  \
             title text NOT NULL,\n  total numeric NOT NULL,\n  created_at timestamptz NOT NULL\n);\n\
             CREATE INDEX item_{n}_recent ON item_{n} (workspace_id, created_at);\n"
        );
    }
    fs::write(directory.join("migrations/001_items.sql"), schema)?;
    for file in 0..FILES {
        let language = &LANGUAGES[file % LANGUAGES.len()];
        let folder = directory.join(format!("part_{}/section_{}", file % 40, file % 400));
        fs::create_dir_all(&folder)?;
        let mut text = language.begin.to_owned();
        let mut queries = if (file / LANGUAGES.len()).is_multiple_of(ONE_IN) { 3 } else { 0 };
        let mut n = 0;
        while text.len() < SIZE {
            let number = (file * 31 + n).to_string();
            let function = if queries > 0 && n % 3 == 1 { language.query } else { language.plain };
            queries -= i32::from(queries > 0 && n % 3 == 1);
            let table = format!("item_{}", (file + n) % TABLES);
            text.push_str(&function.replace("@N", &number).replace("@T", &table));
            n += 1;
        }
        text.push_str(language.end);
        fs::write(folder.join(format!("part{file}.{}", language.extension)), text)?;
    }
    Ok(())
}
