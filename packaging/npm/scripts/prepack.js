// Puts the program and the licences into the package: `SQLMOAT_BINARY`, else what `cargo build --release` made.
"use strict";

const { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync } = require("node:fs");
const { join } = require("node:path");

const here = join(__dirname, "..");
const root = join(here, "..", "..");
const name = process.platform === "win32" ? "sqlmoat.exe" : "sqlmoat";
const built = process.env.SQLMOAT_BINARY || join(root, "target", "release", name);

if (!existsSync(built)) {
  console.error(`error: ${built} does not exist: run \`cargo build --release\` first`);
  process.exit(1);
}
const vendor = join(here, "vendor");
const folder = join(vendor, `${process.platform}-${process.arch}`);
// Of another platform's program nothing stays.
rmSync(vendor, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
copyFileSync(built, join(folder, name));
chmodSync(join(folder, name), 0o755);
for (const licence of ["LICENSE-APACHE", "LICENSE-MIT"]) {
  copyFileSync(join(root, licence), join(here, licence));
}
