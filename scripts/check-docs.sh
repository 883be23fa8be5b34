#!/bin/sh
# Every public symbol of every product has a doc comment.
set -eu
cd "$(dirname "$0")/.."
graphs=$(mktemp -d)
trap 'rm -rf "$graphs"' EXIT
scripts/symbols.sh "$graphs" >/dev/null
python3 - "$graphs" <<'END'
import json, pathlib, sys

seen, silent = 0, []
for file in sorted(pathlib.Path(sys.argv[1]).glob("*/*.symbols.json")):
    for symbol in json.loads(file.read_text())["symbols"]:
        # Without a place in the sources the compiler wrote it; an extension of another module's type is no symbol.
        if "location" not in symbol or symbol["kind"]["identifier"].endswith("extension"):
            continue
        seen += 1
        if not any(line["text"].strip() for line in symbol.get("docComment", {}).get("lines", [])):
            place = symbol["location"]["uri"].removeprefix("file://"), symbol["location"]["position"]["line"] + 1
            silent.append(f"{place[0]}:{place[1]}: {'.'.join(symbol['pathComponents'])} has no doc comment")
if seen < 500:
    sys.exit(f"Only {seen} symbols are seen: this check would see nothing.")
if silent:
    sys.exit("\n".join(silent))
print(f"All {seen} public symbols have a doc comment.")
END
