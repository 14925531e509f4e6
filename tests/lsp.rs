//! The language server under a client over standard input and output.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::BufReader;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

#[path = "support/protocol.rs"]
mod protocol;

const CONFIG: &str = "[tenancy]\ncolumns = [\"workspace_id\"]\n[schema]\nsources = [\"db/*.sql\"]\n";
const SCHEMA: &str = "CREATE TABLE workspace (id int PRIMARY KEY);
CREATE TABLE a (id int PRIMARY KEY, workspace_id int NOT NULL REFERENCES workspace);
CREATE TABLE b (id int PRIMARY KEY, workspace_id int NOT NULL REFERENCES workspace, a_id int REFERENCES a);
CREATE INDEX a_workspace_idx ON a (workspace_id);
CREATE INDEX b_workspace_idx ON b (workspace_id);
";

/// An editor.
struct Client {
    server: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    folder: tempfile::TempDir,
    next: u64,
}

impl Client {
    fn new(capabilities: &Value) -> (Client, Value) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("db")).unwrap();
        std::fs::write(folder.path().join("sqlmoat.toml"), CONFIG).unwrap();
        std::fs::write(folder.path().join("db/1.sql"), SCHEMA).unwrap();
        let mut server = Command::new(env!("CARGO_BIN_EXE_sqlmoat"))
            .arg("lsp")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (server.stdin.take(), BufReader::new(server.stdout.take().unwrap()));
        let mut client = Client { server, to, from, folder, next: 0 };
        let root = client.uri("");
        let params = json!({"processId": null, "capabilities": capabilities, "workspaceFolders": [{"uri": root.trim_end_matches('/'), "name": "x"}]});
        let answer = client.request("initialize", params);
        client.notify("initialized", json!({}));
        (client, answer)
    }

    fn uri(&self, path: &str) -> String {
        format!("file://{}/{path}", self.folder.path().canonicalize().unwrap().display())
    }

    fn send(&mut self, message: &Value) {
        protocol::send(self.to.as_mut().unwrap(), message);
    }

    fn receive(&mut self) -> Value {
        protocol::receive(&mut self.from)
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.receive();
            if message["id"] == json!(id) {
                return message;
            }
        }
    }

    fn open(&mut self, path: &str, text: &str) {
        let document = json!({"uri": self.uri(path), "languageId": "sql", "version": 1, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": document}));
    }

    fn change(&mut self, path: &str, version: u32, text: &str) {
        let document = json!({"uri": self.uri(path), "version": version});
        self.notify(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": [{"text": text}]}),
        );
    }

    /// The next diagnostics of a document, of a version if one is given.
    fn diagnostics(&mut self, path: &str, version: Option<u32>) -> Vec<Value> {
        loop {
            let message = self.receive();
            let params = &message["params"];
            let meant = params["uri"] == json!(self.uri(path))
                && version.is_none_or(|v| params["version"] == json!(v));
            if message["method"] == "textDocument/publishDiagnostics" && meant {
                return params["diagnostics"].as_array().unwrap().clone();
            }
        }
    }

    fn leave(mut self) {
        assert!(self.request("shutdown", Value::Null)["error"].is_null());
        self.notify("exit", Value::Null);
        drop(self.to.take());
        assert_eq!(self.server.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn range(line: u32, start: u32, end: u32) -> Value {
    json!({"start": {"line": line, "character": start}, "end": {"line": line, "character": end}})
}

#[test]
fn diagnostics_follow_the_text() {
    let (mut client, answer) = Client::new(&json!({}));
    assert_eq!(answer["result"]["capabilities"]["positionEncoding"], "utf-16");
    client.open("q.sql", "SELECT '😀' FROM a WHERE id = $1;\n");
    let found = client.diagnostics("q.sql", Some(1));
    let [found] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!(
        (&found["code"], &found["severity"], &found["source"]),
        (&json!("key-only-access"), &json!(1), &json!("sqlmoat"))
    );
    assert_eq!(found["range"], range(0, 17, 18), "UTF-16 units");
    let related = &found["relatedInformation"][0];
    assert_eq!(related["location"]["uri"], json!(client.uri("db/1.sql")));
    assert_eq!(related["location"]["range"]["start"], json!({"line": 1, "character": 36}));
    client.change("q.sql", 2, "SELECT '😀' FROM a WHERE id = $1 AND workspace_id = $2;\n");
    assert_eq!(client.diagnostics("q.sql", Some(2)), [] as [Value; 0]);
    // Many changes at once: what is told last is of the last one.
    for version in 3..40 {
        client.change("q.sql", version, "SELECT 1 FROM a;\n");
    }
    client.change("q.sql", 40, "SELECT 1 FROM a WHERE workspace_id = $1;\n");
    assert_eq!(client.diagnostics("q.sql", Some(40)), [] as [Value; 0]);
    // A migration that is open and not saved counts, and so does one that changes on disk.
    client.change("q.sql", 41, "SELECT 1 FROM c;\n");
    assert_eq!(client.diagnostics("q.sql", Some(41))[0]["code"], "unknown-table");
    client.open("db/2.sql", "CREATE TABLE c (id int PRIMARY KEY);\n");
    assert_eq!(client.diagnostics("q.sql", None), [] as [Value; 0]);
    let uri = client.uri("db/2.sql");
    client.notify("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    assert_eq!(client.diagnostics("q.sql", None)[0]["code"], "unknown-table");
    std::fs::write(client.folder.path().join("db/2.sql"), "CREATE TABLE c (id int PRIMARY KEY);\n").unwrap();
    client.notify("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": uri, "type": 1}]}));
    assert_eq!(client.diagnostics("q.sql", None), [] as [Value; 0]);
    client.leave();
}

#[test]
fn positions_are_bytes_where_the_client_can() {
    let (mut client, answer) = Client::new(&json!({"general": {"positionEncodings": ["utf-8", "utf-16"]}}));
    assert_eq!(answer["result"]["capabilities"]["positionEncoding"], "utf-8");
    client.open("q ü.sql", "SELECT 1;\r\nSELECT '😀é' FROM a WHERE id = $1;\r\n");
    let uri = client.uri("q ü.sql");
    assert_eq!(client.diagnostics("q ü.sql", Some(1))[0]["range"], range(1, 21, 22), "{uri}");
    client.leave();
}

#[test]
fn fixes_and_suppressions_are_offered() {
    let (mut client, _) = Client::new(&json!({}));
    let text = "SELECT a.id\nFROM b JOIN a ON a.id = b.a_id WHERE b.workspace_id = $1;\n";
    client.open("q.sql", text);
    let found = client.diagnostics("q.sql", Some(1));
    assert_eq!(found[0]["code"], "unverified-join");
    let uri = client.uri("q.sql");
    let params =
        json!({"textDocument": {"uri": uri}, "range": found[0]["range"], "context": {"diagnostics": found}});
    let actions = client.request("textDocument/codeAction", params)["result"].as_array().unwrap().clone();
    let [fix, allow] = actions.as_slice() else { panic!("{actions:#?}") };
    assert_eq!(
        (&fix["title"], &fix["isPreferred"]),
        (&json!("add `a.workspace_id = b.workspace_id`"), &json!(false))
    );
    let edit = &fix["edit"]["changes"][&uri][0];
    assert_eq!(edit, &json!({"range": range(1, 30, 30), "newText": " AND a.workspace_id = b.workspace_id"}));
    let edit = &allow["edit"]["changes"][&uri][0];
    assert_eq!(edit, &json!({"range": range(0, 0, 0), "newText": "-- sqlmoat: allow(unverified-join) \n"}));
    // It counts once its reason is written.
    client.change("q.sql", 2, &format!("-- sqlmoat: allow(unverified-join) \n{text}"));
    let found = client.diagnostics("q.sql", Some(2));
    let codes: Vec<&Value> = found.iter().map(|d| &d["code"]).collect();
    assert_eq!(codes, ["unexplained-suppression", "unverified-join"]);
    client.change("q.sql", 3, &format!("-- sqlmoat: allow(unverified-join) checked by the caller\n{text}"));
    assert_eq!(client.diagnostics("q.sql", Some(3)), [] as [Value; 0]);
    let elsewhere =
        json!({"textDocument": {"uri": uri}, "range": range(0, 0, 0), "context": {"diagnostics": []}});
    assert_eq!(client.request("textDocument/codeAction", elsewhere)["result"], json!([]));
    client.leave();
}

#[test]
fn a_rule_and_a_table_are_explained_under_the_cursor() {
    let (mut client, _) = Client::new(&json!({}));
    client.open("q.sql", "SELECT 'é' FROM b WHERE id = $1;\n");
    let uri = client.uri("q.sql");
    let hover = |client: &mut Client, character: u32| {
        let params = json!({"textDocument": {"uri": uri}, "position": {"line": 0, "character": character}});
        client.request("textDocument/hover", params)["result"].clone()
    };
    let text = hover(&mut client, 16)["contents"]["value"].as_str().unwrap().to_owned();
    assert!(text.contains("**key-only-access** (tenant): rows are picked by a key"), "{text}");
    assert!(
        text.contains("is owned through its column workspace") && text.contains("b&#95;workspace&#95;idx"),
        "{text}"
    );
    assert_eq!(hover(&mut client, 2), Value::Null);
    let unknown = client.request("textDocument/rename", json!({}));
    assert_eq!(unknown["error"]["code"], -32601);
    client.leave();
}

#[test]
fn an_editor_that_dies_takes_the_server_with_it() {
    let (mut client, _) = Client::new(&json!({}));
    client.open("q.sql", "SELECT 1;\n");
    drop(client.to.take());
    assert!(client.server.wait().unwrap().code().is_some());
}

#[test]
fn what_is_out_of_date_is_not_told() {
    let (mut client, _) = Client::new(&json!({}));
    client.open("q.sql", "SELECT 1 FROM a WHERE id = $1;\n");
    for version in 2..40 {
        client.change(
            "q.sql",
            version,
            &format!("{}SELECT 1 FROM a WHERE id = $1;\n", "\n".repeat(version as usize)),
        );
    }
    let found = client.diagnostics("q.sql", Some(39));
    assert_eq!(found[0]["range"], range(39, 14, 15));
    // Nothing follows that is older.
    let document = json!({"uri": client.uri("q.sql")});
    let hover = client.request(
        "textDocument/hover",
        json!({"textDocument": document, "position": {"line": 39, "character": 14}}),
    );
    assert!(hover["result"]["contents"]["value"].as_str().unwrap().contains("key-only-access"), "{hover}");
    client.leave();
}

#[test]
fn a_request_waits_for_the_text_that_it_is_about_and_can_be_taken_back() {
    let (mut client, _) = Client::new(&json!({}));
    let document = json!({"uri": client.uri("q.sql")});
    let params = json!({"textDocument": document, "position": {"line": 2, "character": 14}});
    let mut text = "\n\nSELECT 1 FROM a WHERE id = $1;\n".to_owned();
    // A check that takes long enough to be taken back before it ends.
    text.push_str(&"SELECT a.id FROM a JOIN b ON b.a_id = a.id WHERE a.workspace_id = $1;\n".repeat(2_000));
    client.open("q.sql", &text);
    client.send(&json!({"jsonrpc": "2.0", "id": 900, "method": "textDocument/hover", "params": params}));
    client.send(&json!({"jsonrpc": "2.0", "id": 901, "method": "textDocument/hover", "params": params}));
    client.notify("$/cancelRequest", json!({"id": 900}));
    let (mut taken_back, mut answered) = (false, false);
    while !(taken_back && answered) {
        let message = client.receive();
        if message["id"] == json!(900) {
            assert_eq!(message["error"]["code"], json!(-32800), "{message}");
            taken_back = true;
        } else if message["id"] == json!(901) {
            let said = message["result"]["contents"]["value"].as_str().unwrap();
            assert!(said.contains("key-only-access"), "{said}");
            answered = true;
        }
    }
    client.leave();
}
