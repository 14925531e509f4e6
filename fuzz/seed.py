"""Writes the seeds of the fuzz targets: the SQL, TOML and comments of the project's own test data.

    python3 fuzz/seed.py     # fills fuzz/seeds/<target>/
"""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
SEEDS = ROOT / "fuzz" / "seeds"
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```", re.M | re.S)


def main():
    texts, projects, configs = set(), set(), set()
    for path in sorted(ROOT.glob("testdata/**/*.sql")):
        texts.add(path.read_text())
    for page in sorted(ROOT.glob("rules/*.md")) + sorted(ROOT.glob("testdata/**/*.md")):
        for section in re.split(r"^## ", page.read_text(), flags=re.M):
            blocks = FENCE.findall(section)
            schema = [body for language, info, body in blocks if language == "sql" and "schema" in info]
            queries = [body for language, info, body in blocks if language == "sql" and "schema" not in info]
            configs.update(body for language, _, body in blocks if language == "toml")
            texts.update(schema + queries)
            if schema:
                projects.add("p" + "\n-- file\n".join(["\n".join(schema)] + queries))
    for directory in ROOT.glob("testdata/projects/*"):
        queries = set(directory.glob("queries/*.sql"))
        schema = [p.read_text() for p in sorted(directory.glob("**/*.sql")) if p not in queries]
        projects.add("p" + "\n-- file\n".join(["\n".join(schema)] + [p.read_text() for p in sorted(queries)]))
    configs.update(path.read_text() for path in ROOT.glob("testdata/**/*.toml"))
    for path in ROOT.glob("testdata/cli/*.txt"):
        parts = re.split(r"^=== (.*)\n", path.read_text(), flags=re.M)
        configs.update(body for head, body in zip(parts[1::2], parts[2::2]) if head.endswith(".toml"))
    comments = {f"-- sqlmoat: {what}\nselect 1;" for what in (
        "cross-tenant reason", "allow(key-only-access) reason", "allow(a, b) reason", "allow-file(unknown-table) reason")}
    for target in ("split", "parse", "check", "config", "suppress"):
        cases = {path.read_text() for path in (ROOT / "fuzz" / "cases" / target).iterdir()}
        {"split": texts, "parse": texts, "check": projects, "config": configs, "suppress": comments}[target] |= cases
    write("split", texts)
    write("parse", texts)
    write("check", projects | {"p" + text for text in texts})
    write("config", configs)
    write("suppress", comments | {text for text in texts if "sqlmoat:" in text} | {min(comments) + t for t in sorted(texts)[:40]})


def write(target, texts):
    directory = SEEDS / target
    directory.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(sorted(texts)):
        (directory / f"{number:04}").write_text(text)
    print(target, len(texts))


main()
