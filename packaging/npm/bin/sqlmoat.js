#!/usr/bin/env node
// Runs the program: the one that SQLMOAT_BINARY names, else the one that was packed for this platform.
"use strict";

const { spawn } = require("node:child_process");
const { existsSync } = require("node:fs");
const { constants } = require("node:os");
const { join } = require("node:path");

const platform = `${process.platform}-${process.arch}`;
const name = process.platform === "win32" ? "sqlmoat.exe" : "sqlmoat";
const packed = join(__dirname, "..", "vendor", platform, name);
const program = process.env.SQLMOAT_BINARY || packed;

if (!existsSync(program)) {
  console.error(`error: ${program} does not exist: this package was not packed on ${platform}`);
  console.error("  help: build sqlmoat with `cargo install --path .`, and name it in SQLMOAT_BINARY");
  process.exit(2);
}

const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
// What ends the wrapper ends the program, which then ends the wrapper.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => child.kill(signal));
}
child.on("error", (error) => {
  console.error(`error: ${program} cannot be run: ${error.message}`);
  process.exit(2);
});
child.on("exit", (code, signal) => {
  process.exit(code === null ? 128 + (constants.signals[signal] || 0) : code);
});
