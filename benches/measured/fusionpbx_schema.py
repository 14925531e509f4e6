#!/usr/bin/env python3
"""Prints the tables that fusionpbx declares in PHP arrays as CREATE TABLE statements: fusionpbx_schema.py CLONE."""
import glob
import re
import sys

DB = r"\$apps\[\$x\]\['db'\]\[[^\]]*\]"
TABLE = re.compile(DB + r"\['table'\](?:\['name'\])?(?:\['text'\])?\s*=\s*['\"](\w+)['\"]")
FIELD = re.compile(DB + r"\['fields'\]\[[^\]]*\]\['name'\](?:\['text'\])?\s*=\s*['\"](\w+)['\"]")
KEY = re.compile(r".*\['key'\]\['type'\]\s*=\s*['\"](\w+)['\"]")
TYPE = re.compile(r".*\['type'\](?:\['pgsql'\])?\s*=\s*['\"]([^'\"]+)['\"]")


def main(root):
    tables = {}
    for path in sorted(glob.glob(f"{root}/app/*/app_config.php") + glob.glob(f"{root}/core/*/app_config.php")):
        table = field = None
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in map(str.strip, file):
                if line.startswith("//"):
                    continue
                if found := TABLE.match(line):
                    table, field = tables.setdefault(found[1], {}), None
                elif table is not None and (found := FIELD.match(line)):
                    field = table.setdefault(found[1], {"type": "text", "key": ""})
                elif field is not None and (found := KEY.match(line)):
                    field["key"] = found[1]
                elif field is not None and (found := TYPE.match(line)):
                    field["type"] = "text" if found[1] == "paging_list" else found[1]
    for name, fields in tables.items():
        columns = [
            f'  "{column}" {field["type"]}' + (" PRIMARY KEY" if field["key"] == "primary" else "")
            for column, field in fields.items()
        ]
        print(f"CREATE TABLE {name} (\n" + ",\n".join(columns) + "\n);")


main(sys.argv[1])
