//! `sqlmoat lsp`: the language server. The same check as everywhere, over what the editor has not saved yet; here is only the
//! protocol around it. A check runs on a thread of its own, with what the one before left; one that is out of date is
//! ended, and what is asked waits for one that is not.

mod actions;
mod hover;
mod place;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::Scope;

use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

use crate::check::{self, CheckedFinding, Kept, Monitor, Outcome};
use crate::finding::Severity;
use crate::report::page_url;
use crate::source::paths::{absolute, shown};
use crate::source::{Location, Provider};
use place::{Encoding, path_of, uri_of};

/// JSON-RPC's code for a method that is not there.
const NO_METHOD: i32 = -32601;
/// The protocol's code for a request that its sender took back.
const CANCELLED: i32 = -32800;

/// Serves an editor over standard input and output until it leaves.
pub fn serve() -> Result<(), String> {
    let (connection, threads) = Connection::stdio();
    let result = session(connection).map_err(|e| format!("the editor's messages end: {e}"));
    threads.join().map_err(|e| format!("the editor cannot be reached: {e}"))?;
    result
}

type Failed = Box<dyn std::error::Error>;

fn session(connection: Connection) -> Result<(), Failed> {
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
    let receiver = connection.receiver.clone();
    std::thread::scope(|scope| {
        let (events, incoming) = mpsc::channel();
        let messages = events.clone();
        scope.spawn(move || {
            for message in receiver {
                // Nobody listens any more once the session is over.
                let _ = messages.send(Event::Message(message));
            }
            let _ = messages.send(Event::End);
        });
        let mut server = Server {
            connection,
            encoding,
            root,
            open: BTreeMap::new(),
            outcome: None,
            running: None,
            stale: false,
            waiting: VecDeque::new(),
            kept: Kept::new(),
            events,
        };
        let watches = client.pointer("/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration");
        if watches == Some(&Value::Bool(true)) {
            server.watch()?;
        }
        server.run(scope, &incoming)
    })
}

/// What the server waits for.
enum Event {
    Message(Message),
    /// A check has ended, be it early.
    Checked(Box<Outcome>),
    /// The editor has gone.
    End,
}

/// A document that the editor has open.
struct Document {
    uri: String,
    version: Value,
    text: Arc<[u8]>,
}

struct Server {
    connection: Connection,
    encoding: Encoding,
    root: PathBuf,
    open: BTreeMap<PathBuf, Document>,
    /// What the last check found that was not ended early.
    outcome: Option<Outcome>,
    /// The check that runs.
    running: Option<Monitor>,
    /// Whether something changed since that check, or the last one, began.
    stale: bool,
    /// Requests whose answers need a check of what is there now.
    waiting: VecDeque<Request>,
    kept: Kept,
    events: Sender<Event>,
}

impl Server {
    fn run<'scope>(
        &mut self,
        scope: &'scope Scope<'scope, '_>,
        incoming: &Receiver<Event>,
    ) -> Result<(), Failed> {
        let mut leaving = false;
        while let Ok(event) = incoming.recv() {
            let mut next = Some(event);
            // Messages that wait are all taken in before anything is checked.
            while let Some(event) = next {
                match event {
                    Event::Message(Message::Request(request)) if request.method == "shutdown" => {
                        leaving = true;
                        self.stop();
                        self.send(Message::Response(Response::new_ok(request.id, ())))?;
                    }
                    Event::Message(Message::Request(request)) => self.ask(request)?,
                    Event::Message(Message::Notification(n)) if n.method == "exit" => {
                        self.stop();
                        return if leaving {
                            Ok(())
                        } else {
                            Err("the editor left without saying so".into())
                        };
                    }
                    Event::Message(Message::Notification(notification)) => self.take(&notification)?,
                    // Of our own requests, nothing is asked back.
                    Event::Message(Message::Response(_)) => {}
                    Event::Checked(outcome) => self.checked(*outcome)?,
                    Event::End => {
                        self.stop();
                        return Ok(());
                    }
                }
                next = incoming.try_recv().ok();
            }
            if !leaving && self.running.is_none() {
                self.start(scope);
            }
        }
        Ok(())
    }

    fn send(&self, message: Message) -> Result<(), Failed> {
        Ok(self.connection.sender.send(message)?)
    }

    /// Ends the check that runs: nobody will ask for what it finds.
    fn stop(&self) {
        if let Some(running) = &self.running {
            running.end();
        }
    }

    /// Something that is read has changed.
    fn changed(&mut self) {
        self.stale = true;
        // The first check is let through: the next one builds on what it leaves.
        if self.outcome.is_some() {
            self.stop();
        }
    }

    /// Starts a check if one is needed.
    fn start<'scope>(&mut self, scope: &'scope Scope<'scope, '_>) {
        if !self.stale || self.open.is_empty() {
            return;
        }
        self.stale = false;
        let mut provider = Provider::WorkTree;
        for (path, document) in &self.open {
            provider = provider.over(path.clone(), Arc::clone(&document.text));
        }
        let monitor = Monitor::default();
        let request = check::Request {
            working: self.root.clone(),
            paths: self.open.keys().cloned().collect(),
            provider,
            monitor: monitor.clone(),
            kept: self.kept.clone(),
            ..check::Request::default()
        };
        self.running = Some(monitor);
        let events = self.events.clone();
        scope.spawn(move || {
            let outcome = Box::new(check::run(&request));
            // Where the session is over, nobody asks.
            let _ = events.send(Event::Checked(outcome));
        });
    }

    /// Takes in what a check found, unless it was ended early or something has changed since.
    fn checked(&mut self, outcome: Outcome) -> Result<(), Failed> {
        let ended = self.running.take().is_some_and(|monitor| monitor.is_ended());
        if !ended {
            self.outcome = Some(outcome);
        }
        if ended || self.stale {
            return Ok(());
        }
        self.publish()?;
        for request in std::mem::take(&mut self.waiting) {
            self.answer(request)?;
        }
        Ok(())
    }

    /// Asks to be told when a schema or a configuration changes on disk.
    fn watch(&self) -> Result<(), Failed> {
        let watchers = json!([{"globPattern": "**/*.{sql,psql,pgsql,prisma}"}, {"globPattern": "**/{,.}sqlmoat{.toml,-baseline.json}"}]);
        let registration = json!({"registrations": [{
            "id": "files",
            "method": "workspace/didChangeWatchedFiles",
            "registerOptions": {"watchers": watchers},
        }]});
        let id = RequestId::from("watch".to_owned());
        self.send(Message::Request(Request::new(id, "client/registerCapability".to_owned(), registration)))
    }

    fn take(&mut self, notification: &Notification) -> Result<(), Failed> {
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
                    self.send(Message::Notification(notification))?;
                }
                self.changed();
                return self.answer_of_nothing();
            }
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => {
                self.changed();
                return Ok(());
            }
            "$/cancelRequest" => return self.cancel(params.get("id")),
            _ => return Ok(()),
        };
        if let (Some((uri, path)), Some(text)) = (document, text.and_then(Value::as_str)) {
            let version = params.pointer("/textDocument/version").cloned().unwrap_or(Value::Null);
            self.open.insert(path, Document { uri, version, text: text.as_bytes().into() });
            self.changed();
        }
        Ok(())
    }

    /// Takes back a request that still waits.
    fn cancel(&mut self, id: Option<&Value>) -> Result<(), Failed> {
        let id = id.and_then(|id| serde_json::from_value::<RequestId>(id.clone()).ok());
        let Some(at) = self.waiting.iter().position(|request| Some(&request.id) == id.as_ref()) else {
            return Ok(());
        };
        match self.waiting.remove(at) {
            Some(Request { id, .. }) => {
                let response = Response::new_err(id, CANCELLED, "taken back".to_owned());
                self.send(Message::Response(response))
            }
            None => Ok(()),
        }
    }

    /// Answers a request, now or once what is there now was checked.
    fn ask(&mut self, request: Request) -> Result<(), Failed> {
        match request.method.as_str() {
            "textDocument/codeAction" | "textDocument/hover" => {
                if (self.stale || self.running.is_some()) && !self.open.is_empty() {
                    self.waiting.push_back(request);
                    return Ok(());
                }
                self.answer(request)
            }
            other => {
                let message = format!("there is no method `{other}`");
                self.send(Message::Response(Response::new_err(request.id, NO_METHOD, message)))
            }
        }
    }

    fn answer(&self, request: Request) -> Result<(), Failed> {
        let answer = match (&self.outcome, request.method.as_str()) {
            (Some(outcome), "textDocument/codeAction") => self.actions(outcome, &request.params),
            (Some(outcome), _) => self.hover(outcome, &request.params),
            (None, "textDocument/codeAction") => json!([]),
            (None, _) => Value::Null,
        };
        self.send(Message::Response(Response::new_ok(request.id, answer)))
    }

    /// Answers what waits although nothing is open any more.
    fn answer_of_nothing(&mut self) -> Result<(), Failed> {
        if self.open.is_empty() {
            for request in std::mem::take(&mut self.waiting) {
                self.answer(request)?;
            }
        }
        Ok(())
    }

    fn publish(&self) -> Result<(), Failed> {
        let Some(outcome) = &self.outcome else { return Ok(()) };
        for (path, document) in &self.open {
            let path = shown(&self.root, path);
            let own = findings(outcome, &path);
            let diagnostics: Vec<Value> = own.map(|f| self.diagnostic(outcome, f)).collect();
            let params =
                json!({"uri": document.uri, "version": document.version, "diagnostics": diagnostics});
            let notification = Notification::new("textDocument/publishDiagnostics".to_owned(), params);
            self.send(Message::Notification(notification))?;
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
