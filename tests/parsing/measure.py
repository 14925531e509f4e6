"""Measures how much SQL is understood, with PostgreSQL's own grammar as the ground truth.

    pip install pglast
    cargo build --example statements
    python3 tests/parsing/measure.py NAME=DIRECTORY...  [--show N]

Each directory is searched for `*.sql`. A statement counts if PostgreSQL's parser accepts it. Every one is then read alone
and must be *parsed* (by the parser or a reader of our own), *recognised* by its head, or is *unparsed*. Bodies of
PL/pgSQL functions and DO blocks are measured by the statements that are found in them; `missed` are those that
PostgreSQL finds and we do not.

Corpora: the regression suite is `test/sql/postgres_regress` of https://github.com/pganalyze/libpg_query; the migrations
of any application on PostgreSQL will do beside it. None of it is kept here. A development tool: nothing else needs it.
"""

import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys

import pglast
from pglast import ast, parser

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOOL = ROOT / "target" / "debug" / "examples" / "statements"

# Statements whose effect an analysis needs: none of them may be merely recognised.
NEEDED = re.compile(r"^(SELECT|VALUES|WITH|INSERT|UPDATE|DELETE|MERGE|CREATE (TEMP )?(TABLE|VIEW|MATERIALIZED VIEW|(UNIQUE )?INDEX|FUNCTION|"
                    r"PROCEDURE|TRIGGER|TYPE|DOMAIN|SCHEMA|SEQUENCE|POLICY)|ALTER (TABLE|VIEW|MATERIALIZED VIEW|INDEX|TYPE|DOMAIN|POLICY)"
                    r"|DROP|DO\b|TRUNCATE)")


def statements(text):
    """The statements of a file that PostgreSQL accepts."""
    # psql's commands and the data of COPY are no SQL.
    text = re.sub(r"^\\\.?.*$", "", text, flags=re.M)
    try:
        raw = parser.split(text, with_parser=False)
    except parser.ParseError:
        raw = text.split(";")
    for one in raw:
        one = one.strip().rstrip(";")
        if not one or "\0" in one:
            continue
        try:
            tree = parser.parse_sql(one)
        except (parser.ParseError, UnicodeError, RecursionError):
            continue
        if len(tree) == 1:
            yield one, tree[0].stmt


def body(tree):
    """The body of a PL/pgSQL function or DO block."""
    if isinstance(tree, ast.DoStmt):
        options = {o.defname: o.arg for o in tree.args}
        if "language" in options and options["language"].sval.lower() != "plpgsql":
            return None
        return options["as"].sval
    if isinstance(tree, ast.CreateFunctionStmt):
        options = {o.defname: o.arg for o in tree.options or ()}
        if "language" in options and options["language"].sval.lower() == "plpgsql" and "as" in options:
            return options["as"][0].sval
    return None


def expressions(node):
    """Queries in PL/pgSQL's tree, with the kind of the node that holds them."""
    if isinstance(node, dict):
        for kind, inner in node.items():
            if kind == "PLpgSQL_expr":
                yield inner.get("query", "")
            else:
                yield from expressions(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from expressions(inner)


def embedded(statement):
    """How many statements and queries PostgreSQL finds in a body, or None where it cannot say."""
    try:
        tree = pglast.parse_plpgsql(statement)
    except Exception:  # It reads less than the server does.
        return None
    return sum(1 for query in expressions(tree) if re.search(r"\b(select|from|insert|update|delete|merge)\b", bare(query), re.I))


def bare(query):
    """A query without its strings and comments."""
    return re.sub(r"'(?:[^']|'')*'|(\$\w*\$).*?\1|--[^\n]*|/\*.*?\*/", " ", query, flags=re.S)


def ask(texts, *arguments):
    run = subprocess.run([TOOL, *arguments], input="\0".join(texts).encode(), stdout=subprocess.PIPE, check=True)
    lines = run.stdout.decode().split("\n")[:-1]
    assert len(lines) == len(texts), (len(lines), len(texts))
    return [[outcome.split("\t") for outcome in line.split("\x01") if outcome] for line in lines]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("corpora", nargs="+", metavar="NAME=DIRECTORY")
    arguments.add_argument("--show", type=int, default=20, help="how many of the unparsed to print for each")
    options = arguments.parse_args()
    total = collections.Counter()
    print(f"PostgreSQL's grammar: {'.'.join(map(str, pglast.get_postgresql_version()))}")
    print(f"{'corpus':32} {'valid':>7} {'parsed':>7} {'head':>6} {'unparsed':>9} {'rate':>8}   PL/pgSQL: bodies found unparsed missed")
    for corpus in options.corpora:
        name, _, directory = corpus.partition("=")
        texts, bodies, found = [], [], []
        for path in sorted(pathlib.Path(directory).rglob("*.sql")):
            for text, tree in statements(path.read_text(errors="replace")):
                texts.append(text)
                inner = body(tree)
                if inner is not None:
                    bodies.append(inner)
                    found.append(embedded(text))
        if not texts:
            continue
        counts, wrong = collections.Counter(), []
        for text, outcomes in zip(texts, ask(texts)):
            if len(outcomes) != 1:
                kind, head, message = "unparsed", "?", f"{len(outcomes)} statements"
            else:
                kind, head, message = outcomes[0]
            counts[kind] += 1
            if kind == "unparsed":
                wrong.append((head, message, text))
            if kind == "recognised":
                if NEEDED.match(head):
                    wrong.append((head, "merely recognised", text))
        plain = collections.Counter()
        for text, outcomes, truth in zip(bodies, ask(bodies, "bodies") if bodies else [], found):
            plain["bodies"] += 1
            plain["found"] += len(outcomes)
            if truth is not None and truth > len(outcomes):
                plain["missed"] += truth - len(outcomes)
                wrong.append(("BODY", f"{truth} against {len(outcomes)}", text))
            for kind, head, message in outcomes:
                if kind == "unparsed":
                    plain["unparsed"] += 1
                    wrong.append(("in a body: " + head, message, text))
        report(name, len(texts), counts, plain)
        total.update({"valid": len(texts)} | counts | {"pl " + k: v for k, v in plain.items()})
        for head, message, text in wrong[: options.show]:
            print(f"    {head}: {message}\n        {' '.join(text.split())[:300]}")
    report("all", total["valid"], total, {k[3:]: v for k, v in total.items() if k.startswith("pl ")})


def report(name, valid, counts, plain):
    parsed = counts["parsed"] + counts["command"]
    print(f"{name:32} {valid:7} {parsed:7} {counts['recognised']:6} {counts['unparsed']:9} {counts['unparsed'] / valid:8.3%}"
          f"   {plain.get('bodies', 0):16} {plain.get('found', 0):5} {plain.get('unparsed', 0):8} {plain.get('missed', 0):6}")


if __name__ == "__main__":
    sys.exit(main())
