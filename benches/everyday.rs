//! How long people wait: start-up, a hook run on one changed file, and the language server from a keystroke to its
//! diagnostics, on a generated project of 1,000 migrations and 2,000 source files:
//!
//! ```sh
//! cargo bench --bench everyday
//! ```
//!
//! `SQLMOAT_BINARY` names another binary to measure.

#![expect(clippy::print_stdout, reason = "what it measures is what it prints")]
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on stops")]

use std::fmt::Write as _;
use std::io::BufReader;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

#[path = "../tests/support/protocol.rs"]
mod protocol;

const MIGRATIONS: usize = 1_000;
const SOURCES: usize = 2_000;
/// One in so many migrations creates a table.
const TABLE_EVERY: usize = 5;
/// One in so many source files holds SQL.
const SQL_EVERY: usize = 10;
const RUNS: usize = 21;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    generate(&root);
    git(&root, &["init", "-q"]);
    git(&root, &["add", "-A"]);
    git(&root, &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "a"]);
    println!(
        "{MIGRATIONS} migrations, {SOURCES} source files, {} of them with SQL; the median of {RUNS}, the slowest, and the mean of processor time",
        SOURCES / SQL_EVERY
    );
    let changed = "src/module_0/file_10.ts";
    std::fs::write(root.join(changed), source(10) + "// changed\n").unwrap();
    git(&root, &["add", changed]);
    program(&root, "start-up (limit 10 ms)", &["--version"]);
    program(
        &root,
        "hook with the changed file (limit 200 ms)",
        &["check", "--no-error-on-unmatched", changed],
    );
    program(&root, "hook on what is staged", &["check", "--staged"]);
    program(&root, "the whole project", &["check", "--output-format", "concise"]);
    let mut editor = Editor::new(&root);
    editor.open(changed, &source(10));
    editor.keystrokes("keystroke in a program (limit 50 ms)", changed, &source(10));
    editor.open("queries.sql", QUERY);
    editor.keystrokes("keystroke in a query file (limit 50 ms)", "queries.sql", QUERY);
    let last = format!("db/migrations/{:04}_step.sql", MIGRATIONS - 1);
    let text = migration(MIGRATIONS - 1);
    editor.open(&last, &text);
    editor.keystrokes("keystroke in a migration", &last, &text);
}

const QUERY: &str = "SELECT id, name FROM item_10 WHERE id = $1;\n";

fn generate(root: &Path) {
    let config = "[tenancy]\ncolumns = [\"workspace_id\"]\n[schema]\nsources = [\"db/migrations/*.sql\"]\n";
    write(root, "sqlmoat.toml", config);
    write(root, "queries.sql", QUERY);
    for n in 0..MIGRATIONS {
        write(root, &format!("db/migrations/{n:04}_step.sql"), &migration(n));
    }
    for n in 0..SOURCES {
        write(root, &format!("src/module_{}/file_{n}.ts", n / 50), &source(n));
    }
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A step of a migration: every fifth creates a table, the others build upon those.
fn migration(n: usize) -> String {
    let table = n / TABLE_EVERY;
    match n % TABLE_EVERY {
        0 if n == 0 => "CREATE TABLE workspace (id uuid PRIMARY KEY, slug text NOT NULL UNIQUE);\n\
             CREATE TABLE item_0 (id uuid PRIMARY KEY, workspace_id uuid NOT NULL REFERENCES workspace (id), name text);\n"
            .to_owned(),
        0 => format!(
            "CREATE TABLE item_{table} (\n  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),\n  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,\n  \
             parent_id uuid REFERENCES item_{} (id),\n  name text NOT NULL,\n  status text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'done')),\n  \
             created_at timestamptz NOT NULL DEFAULT now(),\n  data jsonb NOT NULL DEFAULT '{{}}'\n);\n\
             CREATE INDEX item_{table}_workspace_idx ON item_{table} (workspace_id, created_at DESC);\n",
            table - 1
        ),
        1 => format!(
            "ALTER TABLE item_{table} ADD COLUMN extra_{n} integer;\nCOMMENT ON COLUMN item_{table}.extra_{n} IS 'step {n}';\n\
             UPDATE item_{table} SET extra_{n} = 0 WHERE extra_{n} IS NULL;\n"
        ),
        2 => format!("CREATE INDEX item_{table}_name_idx ON item_{table} (workspace_id, lower(name)) WHERE name <> '';\n"),
        3 => format!(
            "CREATE OR REPLACE FUNCTION count_{table}(p uuid) RETURNS bigint LANGUAGE sql STABLE AS $$\n  SELECT count(*) FROM item_{table} WHERE workspace_id = p\n$$;\n\
             CREATE VIEW recent_{table} AS SELECT id, workspace_id, name FROM item_{table} WHERE created_at > '2020-01-01';\n"
        ),
        _ => format!(
            "ALTER TABLE item_{table} ENABLE ROW LEVEL SECURITY;\n\
             CREATE POLICY own ON item_{table} USING (workspace_id = current_setting('app.workspace_id')::uuid);\n\
             ALTER TABLE item_{table} ADD CONSTRAINT item_{table}_name_key UNIQUE (workspace_id, name);\n"
        ),
    }
}

fn source(n: usize) -> String {
    let mut text = format!("import {{ db }} from '../db';\n\nexport class Service{n} {{\n");
    for method in 0..8 {
        let _ = write!(
            text,
            "  async method{method}(id: string, options: {{ limit: number }}) {{\n    const value = await this.load(`key:${{id}}`);\n    \
             if (!value) throw new Error('no value for ' + id);\n    return this.render(value, options.limit + {method});\n  }}\n"
        );
    }
    if n.is_multiple_of(SQL_EVERY) {
        let table = n % (MIGRATIONS / TABLE_EVERY);
        let _ = write!(
            text,
            "  find(workspaceId: string, id: string) {{\n    return db.query('SELECT id, name FROM item_{table} WHERE workspace_id = $1 AND id = $2', [workspaceId, id]);\n  }}\n  \
             list(id: string) {{\n    return db.query('SELECT a.id FROM item_{table} a JOIN workspace w ON w.id = a.workspace_id WHERE a.id = $1', [id]);\n  }}\n"
        );
    }
    text.push_str("}\n");
    text
}

fn binary() -> String {
    std::env::var("SQLMOAT_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_sqlmoat").to_owned())
}

fn git(root: &Path, arguments: &[&str]) {
    assert!(Command::new("git").arg("-C").arg(root).args(arguments).status().unwrap().success());
}

/// Times whole runs of the program.
fn program(root: &Path, what: &str, arguments: &[&str]) {
    let once = || {
        let start = Instant::now();
        let output = Command::new(binary()).args(arguments).current_dir(root).output().unwrap();
        assert_ne!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
        start.elapsed()
    };
    once();
    let before = cpu("self", [15, 16]);
    let times = (0..RUNS).map(|_| once()).collect();
    report(what, times, before.zip(cpu("self", [15, 16])));
}

/// `cpu`: the processor time before and after, on however many cores; it says more where others use them too.
fn report(what: &str, mut times: Vec<Duration>, cpu: Option<(u64, u64)>) {
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    let each = |(before, after): (u64, u64)| (after - before) as f64 * TICK_MS / times.len() as f64;
    let cpu = cpu.map_or_else(|| "      ?".to_owned(), |cpu| format!("{:7.1}", each(cpu)));
    println!("{:7.1} {:7.1} {cpu} ms  {what}", ms(times[times.len() / 2]), ms(times[times.len() - 1]));
}

/// The unit of Linux' process times.
const TICK_MS: f64 = 10.0;

/// The sum of two fields of `/proc/PROCESS/stat`, counted from the one behind the name as 2; absent elsewhere.
fn cpu(process: &str, fields: [usize; 2]) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let behind: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let field = |n: usize| behind.get(n - 2)?.parse::<u64>().ok();
    Some(field(fields[0])? + field(fields[1])?)
}

/// A client of the language server.
struct Editor<'a> {
    root: &'a Path,
    server: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    version: u64,
}

impl Editor<'_> {
    fn new(root: &Path) -> Editor<'_> {
        let mut server =
            Command::new(binary()).arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, from) = (server.stdin.take().unwrap(), BufReader::new(server.stdout.take().unwrap()));
        let mut editor = Editor { root, server, to, from, version: 0 };
        let params =
            json!({"processId": null, "capabilities": {}, "rootUri": format!("file://{}", root.display())});
        editor.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}));
        editor.receive();
        editor.notify("initialized", &json!({}));
        editor
    }

    fn send(&mut self, message: &Value) {
        protocol::send(&mut self.to, message);
    }

    fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn receive(&mut self) -> Value {
        protocol::receive(&mut self.from)
    }

    fn uri(&self, path: &str) -> String {
        format!("file://{}/{path}", self.root.display())
    }

    /// Waits for the diagnostics of the version sent last.
    fn diagnostics(&mut self, path: &str) {
        let uri = self.uri(path);
        loop {
            let message = self.receive();
            if message["params"]["uri"] == json!(uri) && message["params"]["version"] == json!(self.version) {
                return;
            }
        }
    }

    fn open(&mut self, path: &str, text: &str) {
        self.version += 1;
        let document =
            json!({"uri": self.uri(path), "languageId": "sql", "version": self.version, "text": text});
        let start = Instant::now();
        self.notify("textDocument/didOpen", &json!({"textDocument": document}));
        self.diagnostics(path);
        report(&format!("opening {path}"), vec![start.elapsed()], None);
    }

    fn keystrokes(&mut self, what: &str, path: &str, text: &str) {
        let mut times = Vec::new();
        let server = self.server.id().to_string();
        let before = cpu(&server, [13, 14]);
        for n in 0..RUNS {
            self.version += 1;
            let document = json!({"uri": self.uri(path), "version": self.version});
            let text = format!("{text}\n{}", " ".repeat(n));
            let params = json!({"textDocument": document, "contentChanges": [{"text": text}]});
            let start = Instant::now();
            self.notify("textDocument/didChange", &params);
            self.diagnostics(path);
            times.push(start.elapsed());
        }
        report(what, times, before.zip(cpu(&server, [13, 14])));
    }
}

impl Drop for Editor<'_> {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
