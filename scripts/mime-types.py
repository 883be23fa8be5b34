#!/usr/bin/env python3
"""Writes Sources/MartletFiles/MIMETable.swift from the system's table of media types and the overrides below.

Usage: scripts/mime-types.py [/etc/mime.types]
The system's table is /etc/mime.types of Debian's package media-types (apt-get install media-types).
"""

import pathlib
import subprocess
import sys

# What the system's table lacks, or says in a way that serves a developer badly.
OVERRIDES = {
    # TypeScript, not MPEG transport stream or Qt Linguist: this server mostly runs in source folders.
    # Source code is text/plain, since Firefox downloads the text/* types that it does not know.
    "ts": "text/plain", "mts": "text/plain", "cts": "text/plain", "tsx": "text/plain", "jsx": "text/plain",
    "swift": "text/plain", "go": "text/plain", "rs": "text/plain", "kt": "text/plain", "rb": "text/plain",
    "lua": "text/plain", "zig": "text/plain", "sql": "text/plain", "ps1": "text/plain", "gradle": "text/plain",
    "vue": "text/plain", "svelte": "text/plain", "scss": "text/plain", "sass": "text/plain", "less": "text/plain",
    "log": "text/plain", "conf": "text/plain", "cfg": "text/plain", "ini": "text/plain", "env": "text/plain",
    "properties": "text/plain", "lock": "text/plain", "patch": "text/plain", "diff": "text/plain",
    "cmake": "text/plain", "mk": "text/plain", "bat": "text/plain", "sh": "text/plain", "bash": "text/plain",
    "zsh": "text/plain", "fish": "text/plain", "py": "text/plain", "pyi": "text/plain", "pl": "text/plain",
    "c": "text/plain", "h": "text/plain", "cc": "text/plain", "hh": "text/plain", "cpp": "text/plain",
    "hpp": "text/plain", "cxx": "text/plain", "hxx": "text/plain", "m": "text/plain", "mm": "text/plain",
    "java": "text/plain", "cs": "text/plain", "scala": "text/plain", "hs": "text/plain", "d": "text/plain",
    "tex": "text/plain", "rst": "text/plain", "adoc": "text/plain", "org": "text/plain",
    "graphql": "text/plain", "proto": "text/plain", "srt": "text/plain",
    # RFC 9512, IANA, W3C and common usage.
    "yaml": "application/yaml", "yml": "application/yaml", "toml": "application/toml",
    "js": "text/javascript", "mjs": "text/javascript", "cjs": "text/javascript",
    "json": "application/json", "map": "application/json", "webmanifest": "application/manifest+json",
    "json5": "application/json5", "jsonl": "application/jsonl", "ndjson": "application/x-ndjson",
    "geojson": "application/geo+json", "topojson": "application/json", "ipynb": "application/x-ipynb+json",
    "wasm": "application/wasm", "wat": "text/plain",
    "md": "text/markdown", "markdown": "text/markdown", "vtt": "text/vtt", "csv": "text/csv",
    "html": "text/html", "htm": "text/html", "css": "text/css", "txt": "text/plain",
    "rss": "application/rss+xml", "atom": "application/atom+xml", "xhtml": "application/xhtml+xml",
    "xml": "application/xml", "xsl": "application/xslt+xml", "svg": "image/svg+xml", "svgz": "image/svg+xml",
    "webp": "image/webp", "avif": "image/avif", "jxl": "image/jxl", "ico": "image/vnd.microsoft.icon",
    "heic": "image/heic", "heif": "image/heif", "apng": "image/apng",
    "woff": "font/woff", "woff2": "font/woff2", "ttf": "font/ttf", "otf": "font/otf",
    "mp4": "video/mp4", "m4v": "video/mp4", "m4a": "audio/mp4", "webm": "video/webm", "mkv": "video/x-matroska",
    "m3u8": "application/vnd.apple.mpegurl", "mpd": "application/dash+xml", "m2ts": "video/mp2t",
    "opus": "audio/ogg", "flac": "audio/flac", "wav": "audio/wav", "weba": "audio/webm", "aac": "audio/aac",
    "gltf": "model/gltf+json", "glb": "model/gltf-binary", "stl": "model/stl", "usdz": "model/vnd.usdz+zip",
    "epub": "application/epub+zip", "pdf": "application/pdf", "zip": "application/zip", "tar": "application/x-tar",
    "apk": "application/vnd.android.package-archive", "7z": "application/x-7z-compressed",
    # A compressed file as such; a sidecar sent with Content-Encoding takes the type of what it holds.
    "gz": "application/gzip", "tgz": "application/gzip", "br": "application/x-brotli", "zst": "application/zstd",
    "xz": "application/x-xz", "bz2": "application/x-bzip2", "lz4": "application/x-lz4",
    "sqlite": "application/vnd.sqlite3", "sqlite3": "application/vnd.sqlite3", "parquet": "application/vnd.apache.parquet",
    "pem": "application/x-pem-file", "crt": "application/x-x509-ca-cert", "iso": "application/x-iso9660-image",
}

# Whole names, lower-cased, of files that have no extension and are text.
TEXT_NAMES = """
.bash_profile .bashrc .dockerignore .editorconfig .env .gitattributes .gitignore .gitmodules .profile .swift-format
.swift-version authors brewfile changelog changes cmakelists codeowners contributing contributors copying credits
dockerfile containerfile gemfile gnumakefile history install jenkinsfile justfile licence license maintainers makefile
manifest news notice podfile procfile rakefile readme security thanks todo unlicense vagrantfile version
""".split()

# The longest extension that is kept: "webmanifest".
NAME_WIDTH = 11

HEADER = """\
// Written by scripts/mime-types.py from {source} and the overrides in
// that script. Do not edit: run it again.

/// The media types that file names stand for, as `MIMETypes` searches them.
enum MIMETable {{
    /// The longest extension in bytes; a shorter one is padded with spaces.
    static let extensionWidth = {width}
    /// The digits of an index into `types`.
    static let indexWidth = 4
"""


def read_system_table(path):
    """The system's table as a dictionary; the first type that claims an extension has it."""
    table = {}
    for line in path.read_text(encoding="ascii").splitlines():
        media_type, *extensions = line.split("#")[0].split() or [""]
        for extension in extensions:
            # Only the last extension of a name is looked up, so `tm.json` cannot be met.
            if "." not in extension and len(extension) <= NAME_WIDTH:
                table.setdefault(extension.lower(), media_type)
    return table


def content_type(media_type):
    """The value of Content-Type: text is UTF-8. JSON always is (RFC 8259), and XML says its own (RFC 7303)."""
    return media_type + "; charset=utf-8" if media_type.startswith("text/") else media_type


def swift_list(values):
    return "[\n" + "".join(f'        "{value}",\n' for value in values) + "    ]\n"


def main():
    source = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/etc/mime.types")
    if not source.exists():
        sys.exit(f"mime-types.py: {source} is missing; on Debian: apt-get install media-types")
    table = read_system_table(source)
    table.update(OVERRIDES)
    extensions = {name: content_type(value) for name, value in table.items()}
    types = sorted(set(extensions.values()))
    package = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Version}", "media-types"], capture_output=True, text=True)
    origin = f"{source} ({package.stdout})" if package.stdout else str(source)

    lines = (f"        {name:<{NAME_WIDTH}}{types.index(value):04}\n" for name, value in sorted(extensions.items()))

    text = HEADER.format(source=origin, width=NAME_WIDTH)
    text += "    /// The extensions in the order of their bytes, each with the index of its type, a line each.\n"
    text += '    static let extensions = """\n' + "".join(lines) + '        """\n'
    text += "    /// The values of Content-Type.\n"
    text += "    static let types: [String] = " + swift_list(types)
    text += "    /// Whole names, in lower case, of text files without an extension.\n"
    text += "    static let textNames: [String] = " + swift_list(sorted(TEXT_NAMES)) + "}\n"
    target = pathlib.Path(__file__).resolve().parent.parent / "Sources/MartletFiles/MIMETable.swift"
    target.write_text(text, encoding="ascii")
    print(f"{target.name}: {len(extensions)} extensions, {len(types)} types")


if __name__ == "__main__":
    main()
