//! `sqlmoat lsp`: the language server. The same check as everywhere, over what the editor has not saved yet; here is only the
//! protocol around it. Messages that wait are all taken in before anything is checked, so that what is out of date never is.

mod actions;
mod hover;
mod place;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

use crate::check::{self, CheckedFinding, Outcome};
use crate::finding::Severity;
use crate::report::page_url;
use crate::source::paths::{absolute, shown};
use crate::source::{Location, Provider};
use place::{Encoding, path_of, uri_of};

/// Serves an editor over standard input and output until it leaves.
pub fn serve() -> Result<(), String> {
    let (connection, threads) = Connection::stdio();
    let result = session(&connection).map_err(|e| format!("the editor's messages end: {e}"));
    drop(connection);
    threads.join().map_err(|e| format!("the editor cannot be reached: {e}"))?;
    result
}

fn session(connection: &Connection) -> Result<(), Box<dyn std::error::Error>> {
    let (id, client) = connection.initialize_start()?;
    let offered = client.pointer("/capabilities/general/positionEncodings").and_then(Value::as_array);
    let encoding = match offered.is_some_and(|list| list.contains(&json!("utf-8"))) {
        true => Encoding::Utf8,
        false => Encoding::Utf16,
    };
    let answer = json!({
        "capabilities": {
            "positionEncoding": encoding.name(),
            // The whole text with each change.
            "textDocumentSync": {"openClose": true, "change": 1, "save": true},
            "codeActionProvider": {"codeActionKinds": ["quickfix"]},
            "hoverProvider": true,
        },
        "serverInfo": {"name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")},
    });
    connection.initialize_finish(id, answer)?;
    let folder = client.pointer("/workspaceFolders/0/uri").or_else(|| client.get("rootUri"));
    let root = folder.and_then(Value::as_str).and_then(path_of);
    let root = root.map_or_else(std::env::current_dir, Ok)?;
    let mut server = Server { connection, encoding, root, open: BTreeMap::new(), outcome: None };
    let watches = client.pointer("/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration");
    if watches == Some(&Value::Bool(true)) {
        server.watch()?;
    }
    server.run()
}

/// A document that the editor has open.
struct Document {
    uri: String,
    version: Value,
    text: Arc<[u8]>,
}

struct Server<'a> {
    connection: &'a Connection,
    encoding: Encoding,
    root: PathBuf,
    open: BTreeMap<PathBuf, Document>,
    /// What is known of the documents as they are; absent once something changed.
    outcome: Option<Outcome>,
}

impl Server<'_> {
    fn run(&mut self) -> Result<(), Box<dyn std::error::Error>> {
        while let Ok(first) = self.connection.receiver.recv() {
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Message::Request(request) => {
                        if self.connection.handle_shutdown(&request)? {
                            return Ok(());
                        }
                        self.answer(request)?;
                    }
                    Message::Notification(notification) => self.take(&notification),
                    // Of our own requests, nothing is asked back.
                    Message::Response(_) => {}
                }
                next = self.connection.receiver.try_recv().ok();
            }
            if self.outcome.is_none() && !self.open.is_empty() {
                self.publish()?;
            }
        }
        Ok(())
    }

    /// Asks to be told when a schema or a configuration changes on disk.
    fn watch(&self) -> Result<(), Box<dyn std::error::Error>> {
        let watchers = json!([{"globPattern": "**/*.{sql,psql,pgsql,prisma}"}, {"globPattern": "**/{,.}sqlmoat{.toml,-baseline.json}"}]);
        let registration = json!({"registrations": [{
            "id": "files",
            "method": "workspace/didChangeWatchedFiles",
            "registerOptions": {"watchers": watchers},
        }]});
        let id = RequestId::from("watch".to_owned());
        let request = Request::new(id, "client/registerCapability".to_owned(), registration);
        Ok(self.connection.sender.send(Message::Request(request))?)
    }

    fn take(&mut self, notification: &Notification) {
        let params = &notification.params;
        let uri = params.pointer("/textDocument/uri").and_then(Value::as_str);
        let document = uri.and_then(|uri| Some((uri.to_owned(), path_of(uri)?)));
        let text = match notification.method.as_str() {
            "textDocument/didOpen" => params.pointer("/textDocument/text"),
            "textDocument/didChange" => params
                .get("contentChanges")
                .and_then(Value::as_array)
                .and_then(|changes| changes.last())
                .and_then(|change| change.get("text")),
            "textDocument/didClose" => {
                if let Some((uri, path)) = document {
                    self.open.remove(&path);
                    let none = json!({"uri": uri, "diagnostics": []});
                    let notification = Notification::new("textDocument/publishDiagnostics".to_owned(), none);
                    // An editor that has gone away is met by the next `recv`.
                    let _ = self.connection.sender.send(Message::Notification(notification));
                }
                self.outcome = None;
                return;
            }
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => {
                self.outcome = None;
                return;
            }
            _ => return,
        };
        if let (Some((uri, path)), Some(text)) = (document, text.and_then(Value::as_str)) {
            let version = params.pointer("/textDocument/version").cloned().unwrap_or(Value::Null);
            self.open.insert(path, Document { uri, version, text: text.as_bytes().into() });
            self.outcome = None;
        }
    }

    fn answer(&mut self, request: Request) -> Result<(), Box<dyn std::error::Error>> {
        let response = match request.method.as_str() {
            "textDocument/codeAction" => Response::new_ok(request.id, self.actions(&request.params)),
            "textDocument/hover" => Response::new_ok(request.id, self.hover(&request.params)),
            other => {
                // JSON-RPC's code for it.
                let message = format!("there is no method `{other}`");
                Response::new_err(request.id, -32601, message)
            }
        };
        Ok(self.connection.sender.send(Message::Response(response))?)
    }

    /// What is known of the documents as they are now.
    fn outcome(&mut self) -> &Outcome {
        let (root, open) = (&self.root, &self.open);
        self.outcome.get_or_insert_with(|| {
            let mut provider = Provider::WorkTree;
            for (path, document) in open {
                provider = provider.over(path.clone(), Arc::clone(&document.text));
            }
            check::run(&check::Request {
                working: root.clone(),
                paths: open.keys().cloned().collect(),
                provider,
                ..check::Request::default()
            })
        })
    }

    fn publish(&mut self) -> Result<(), Box<dyn std::error::Error>> {
        self.outcome();
        let Some(outcome) = &self.outcome else { return Ok(()) };
        for (path, document) in &self.open {
            let path = shown(&self.root, path);
            let own = findings(outcome, &path);
            let diagnostics: Vec<Value> = own.map(|f| self.diagnostic(outcome, f)).collect();
            let params =
                json!({"uri": document.uri, "version": document.version, "diagnostics": diagnostics});
            let notification = Notification::new("textDocument/publishDiagnostics".to_owned(), params);
            self.connection.sender.send(Message::Notification(notification))?;
        }
        Ok(())
    }

    fn diagnostic(&self, outcome: &Outcome, checked: &CheckedFinding) -> Value {
        let finding = &checked.finding;
        let help = finding.help.as_ref().map_or_else(String::new, |help| format!("\nhelp: {help}"));
        let related = finding.labels.iter().map(
            |label| json!({"location": self.location(outcome, label.location), "message": label.message}),
        );
        let url = page_url(finding.rule);
        let mut diagnostic = json!({
            "range": self.encoding.range(outcome.sources.get(finding.primary.file), finding.primary.span),
            "severity": match finding.severity {
                Severity::Error => 1,
                Severity::Warning => 2,
                Severity::Info => 3,
            },
            "code": finding.rule,
            "source": env!("CARGO_PKG_NAME"),
            "message": format!("{}{help}", finding.message),
            "relatedInformation": related.collect::<Vec<_>>(),
        });
        if url.contains("://") {
            diagnostic["codeDescription"] = json!({"href": url});
        }
        diagnostic
    }

    fn location(&self, outcome: &Outcome, location: Location) -> Value {
        let file = outcome.sources.get(location.file);
        let path = absolute(&self.root, file.path.as_ref());
        // The editor's own spelling, where it has the file open.
        let uri = self.open.get(&path).map_or_else(|| uri_of(&path), |document| document.uri.clone());
        json!({"uri": uri, "range": self.encoding.range(file, location.span)})
    }

    /// The path of the document that a request is about, as reported.
    fn document(&self, params: &Value) -> Option<String> {
        let uri = params.pointer("/textDocument/uri").and_then(Value::as_str)?;
        Some(shown(&self.root, &path_of(uri)?))
    }
}

/// The findings that count in a file.
fn findings<'a>(outcome: &'a Outcome, path: &str) -> impl Iterator<Item = &'a CheckedFinding> {
    outcome
        .findings()
        .map(|(_, checked)| checked)
        .filter(move |checked| outcome.sources.get(checked.finding.primary.file).path == path)
}
