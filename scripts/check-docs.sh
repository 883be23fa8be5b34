#!/bin/sh
# Every public symbol in the graphs that symbols.sh wrote into DIRECTORY has a doc comment, and it tells of no parameter
# that is not there. scripts/check-docs.sh DIRECTORY
set -eu
python3 - "$1" <<'END'
import json, pathlib, re, sys

seen, faults = 0, []
for file in sorted(pathlib.Path(sys.argv[1]).glob("*/*.symbols.json")):
    for symbol in json.loads(file.read_text())["symbols"]:
        # Without a place in the sources the compiler wrote it; an extension of another module's type is no symbol.
        if "location" not in symbol or symbol["kind"]["identifier"].endswith("extension"):
            continue
        seen += 1
        comment = [line["text"] for line in symbol.get("docComment", {}).get("lines", [])]
        line = symbol["location"]["position"]["line"] + 1
        place = f"{symbol['location']['uri'].removeprefix('file://')}:{line}: {'.'.join(symbol['pathComponents'])}"
        if not any(text.strip() for text in comment):
            faults.append(f"{place} has no doc comment")
        told = re.findall(r"^- Parameter (\w+):", "\n".join(comment), re.M)
        for section in re.findall(r"^- Parameters:\n((?: +.*\n?)*)", "\n".join(comment), re.M):
            told += re.findall(r"^  - (\w+):", section, re.M)
        signature = symbol.get("functionSignature", {}).get("parameters", [])
        names = {parameter[key] for parameter in signature for key in ("name", "internalName") if key in parameter}
        faults += [f"{place} has no parameter {name}" for name in told if name not in names]
if seen < 500:
    sys.exit(f"Only {seen} symbols are seen: this check would see nothing.")
if faults:
    sys.exit("\n".join(faults))
print(f"All {seen} public symbols have a doc comment.")
END
