//! A throw-away PostgreSQL server: found on the machine, started in a temporary folder, gone when the tests are.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use postgres::{Client, NoTls, SimpleQueryMessage};

/// The server of this test binary, started at first use. Absent, with a message on stderr, where PostgreSQL cannot be
/// had; under the environment variable CI that is a failure.
pub(crate) fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(|| match Server::start() {
        Ok(server) => Some(server),
        Err(why) => {
            // Past the capture of the test harness, so that it is seen.
            drop(writeln!(std::io::stderr(), "SKIPPED: no live PostgreSQL, experiments are not run: {why}"));
            None
        }
    });
    assert!(server.is_some() || std::env::var_os("CI").is_none(), "CI must run the live experiments");
    server.as_ref()
}

/// A running server that listens on a unix socket only.
#[derive(Debug)]
pub(crate) struct Server {
    folder: PathBuf,
    databases: AtomicUsize,
    /// While this pipe is open, the server runs. The kernel closes it however this process ends.
    _lifeline: ChildStdin,
    _keeper: Child,
}

impl Server {
    fn start() -> Result<Server, String> {
        let bin = binaries()
            .ok_or("initdb and postgres are neither in PGBIN, nor on the PATH, nor in /usr/lib/postgresql")?;
        let folder = std::env::temp_dir().join(format!("sqlmoat-live-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let started = Server::start_in(&bin, &folder);
        if started.is_err() {
            drop(std::fs::remove_dir_all(&folder));
        }
        started
    }

    fn start_in(bin: &Path, folder: &Path) -> Result<Server, String> {
        let identity = Identity::choose()?;
        identity.give(folder)?;
        let data = folder.join("data");
        let mut initdb = identity.command(&bin.join("initdb"));
        initdb
            .current_dir(folder)
            .args(["-A", "trust", "-U", "sqlmoat", "-E", "UTF8", "--locale=C", "-N", "-D"])
            .arg(&data);
        let made = initdb.stdin(Stdio::null()).output().map_err(|e| format!("initdb: {e}"))?;
        if !made.status.success() {
            return Err(format!("initdb: {}", String::from_utf8_lossy(&made.stderr)));
        }
        // The shell waits for the end of its standard input, that is for the end of this process, and cleans up.
        let script = r#""$0/postgres" -D "$1/data" -k "$1" -c listen_addresses='' -c fsync=off -c synchronous_commit=off \
            -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 -c autovacuum=off -c jit=off \
            -c shared_buffers=64MB -c timezone=UTC -c max_parallel_workers_per_gather=0 -c statement_timeout=5000 \
            -c max_locks_per_transaction=256 -c log_min_messages=fatal -c log_min_error_statement=panic \
            </dev/null >"$1/log" 2>&1 &
            pid=$!; read -r line; kill -QUIT $pid; wait $pid; rm -rf "$1""#;
        let mut shell = identity.command(Path::new("sh"));
        shell.current_dir(folder).arg("-c").arg(script).arg(bin).arg(folder);
        let mut keeper = shell
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("sh: {e}"))?;
        let lifeline = keeper.stdin.take().ok_or("the server's shell has no standard input")?;
        let server = Server {
            folder: folder.to_owned(),
            databases: AtomicUsize::new(0),
            _lifeline: lifeline,
            _keeper: keeper,
        };
        let begun = Instant::now();
        loop {
            match server.connect("postgres") {
                Ok(_) => return Ok(server),
                Err(why) if begun.elapsed() > Duration::from_secs(30) => {
                    let mut log = String::new();
                    if let Ok(mut file) = std::fs::File::open(folder.join("log")) {
                        drop(file.read_to_string(&mut log));
                    }
                    return Err(format!("the server does not answer: {why}: {log}"));
                }
                Err(_) => std::thread::sleep(Duration::from_millis(30)),
            }
        }
    }

    /// A connection to a database of the server, as superuser.
    pub(crate) fn connect(&self, database: &str) -> Result<Session, SqlError> {
        let mut config = postgres::Config::new();
        config.host_path(&self.folder).user("sqlmoat").dbname(database);
        Ok(Session { client: config.connect(NoTls).map_err(|e| SqlError::new(&e))? })
    }

    /// Makes a new, empty database and gives its name.
    pub(crate) fn create_database(&self) -> Result<String, SqlError> {
        let name = format!("live_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.connect("postgres")?.batch(&format!("CREATE DATABASE {name} TEMPLATE template0"))?;
        Ok(name)
    }

    /// Drops a database that nobody is connected to.
    pub(crate) fn drop_database(&self, name: &str) {
        if let Ok(mut session) = self.connect("postgres") {
            drop(session.batch(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        }
    }
}

/// A connection that speaks the simple protocol: statements in, text out.
pub(crate) struct Session {
    client: Client,
}

/// What one statement of a batch answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Rows as text, in the order they came.
    pub(crate) rows: Vec<Vec<Option<String>>>,
    /// The count of its command tag.
    pub(crate) count: u64,
}

impl Session {
    /// Runs statements whose answers do not matter.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), SqlError> {
        self.client.batch_execute(sql).map_err(|e| SqlError::new(&e))
    }

    /// Runs statements in one round trip; one answer for each. The first error discards the rest.
    pub(crate) fn ask(&mut self, sql: &str) -> Result<Vec<Answer>, SqlError> {
        let mut answers = Vec::new();
        let mut open = Answer::default();
        for message in self.client.simple_query(sql).map_err(|e| SqlError::new(&e))? {
            match message {
                SimpleQueryMessage::Row(row) => {
                    open.rows.push((0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect());
                }
                SimpleQueryMessage::CommandComplete(count) => {
                    open.count = count;
                    answers.push(std::mem::take(&mut open));
                }
                _ => {}
            }
        }
        Ok(answers)
    }

    /// The rows of one query.
    pub(crate) fn rows(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, SqlError> {
        Ok(self.ask(sql)?.pop().unwrap_or_default().rows)
    }
}

/// An error of the server.
#[derive(Clone, Debug)]
pub(crate) struct SqlError {
    /// SQLSTATE, empty where the connection itself failed.
    pub(crate) state: String,
    /// The message.
    pub(crate) message: String,
}

impl SqlError {
    fn new(error: &postgres::Error) -> SqlError {
        match error.as_db_error() {
            Some(db) => SqlError { state: db.code().code().to_owned(), message: db.message().to_owned() },
            None => SqlError { state: String::new(), message: error.to_string() },
        }
    }
}

impl std::fmt::Display for SqlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.state, self.message)
    }
}

/// Quotes a name.
pub(crate) fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Writes a value as a literal that takes its type from where it stands.
pub(crate) fn literal(value: Option<&str>) -> String {
    match value {
        None => "NULL".to_owned(),
        Some(text) if text.contains('\\') => format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''")),
        Some(text) => format!("'{}'", text.replace('\'', "''")),
    }
}

/// The folder of the server's programs: PGBIN, the PATH, or Debian's folder with the highest version.
fn binaries() -> Option<PathBuf> {
    let mut folders = Vec::new();
    folders.extend(std::env::var_os("PGBIN").map(PathBuf::from));
    if let Some(path) = std::env::var_os("PATH") {
        folders.extend(std::env::split_paths(&path));
    }
    let mut packaged: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    packaged.sort();
    folders.extend(packaged.into_iter().rev().map(|(_, folder)| folder));
    // A link on the PATH may stand alone: postgres looks for its libraries beside the real file.
    folders.into_iter().find_map(|folder| {
        let real = std::fs::canonicalize(folder.join("initdb")).ok()?;
        let folder = real.parent()?;
        folder.join("postgres").is_file().then(|| folder.to_owned())
    })
}

/// Who runs the server: PostgreSQL refuses to run as root.
enum Identity {
    Own,
    Postgres { with: &'static str },
}

impl Identity {
    fn choose() -> Result<Identity, String> {
        let id = Command::new("id").arg("-u").output().map_err(|e| format!("id: {e}"))?;
        if id.stdout.trim_ascii() != b"0" {
            return Ok(Identity::Own);
        }
        let works = |with: &str, args: &[&str]| {
            Command::new(with).args(args).stdin(Stdio::null()).output().is_ok_and(|out| out.status.success())
        };
        if works("setpriv", &["--reuid=postgres", "--regid=postgres", "--clear-groups", "true"]) {
            return Ok(Identity::Postgres { with: "setpriv" });
        }
        if works("runuser", &["-u", "postgres", "--", "true"]) {
            return Ok(Identity::Postgres { with: "runuser" });
        }
        Err("run as root, and neither setpriv nor runuser can become the user postgres".to_owned())
    }

    fn command(&self, program: &Path) -> Command {
        match self {
            Identity::Own => Command::new(program),
            Identity::Postgres { with } => {
                let mut command = Command::new(with);
                if *with == "setpriv" {
                    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]);
                } else {
                    command.args(["-u", "postgres", "--"]);
                }
                command.arg(program);
                command
            }
        }
    }

    fn give(&self, folder: &Path) -> Result<(), String> {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))
            .map_err(|e| e.to_string())?;
        if let Identity::Postgres { .. } = self {
            let given = Command::new("chown").arg("postgres:postgres").arg(folder).status();
            if !given.is_ok_and(|status| status.success()) {
                return Err(format!("cannot give {} to the user postgres", folder.display()));
            }
        }
        Ok(())
    }
}
