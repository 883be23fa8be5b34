#!/usr/bin/env python3
"""Writes the manual page, martlet.1, from what the program says of itself: martlet --experimental-dump-help | scripts/manual.py"""
import json
import os
import sys
import textwrap
import time


def roff(text):
    """Text in which nothing is a request or an escape; a hyphen is one that can be copied."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return "\n".join("\\&" + line if line.startswith((".", "\\(aq")) else line for line in text.split("\n"))


def names(argument):
    value = f" \\fI{roff(argument['valueName'])}\\fR" if argument["kind"] == "option" else ""
    dashes = {"short": "-", "long": "--", "longWithSingleDash": "-"}
    order = sorted(argument["names"], key=lambda name: name["kind"] != "short")
    return ", ".join(f"\\fB{roff(dashes[name['kind']] + name['name'])}\\fR" for name in order) + value


def entry(argument):
    title = f"\\fI{roff(argument['valueName'])}\\fR" if argument["kind"] == "positional" else names(argument)
    return f".TP\n{title}\n{roff(argument.get('abstract', ''))}"


def page(command, version, seconds):
    date = time.strftime("%Y-%m-%d", time.gmtime(seconds))
    name = command["commandName"]
    shown = [argument for argument in command["arguments"] if argument.get("shouldDisplay", True)]
    lines = [
        f".TH {name.upper()} 1 {roff(date)} \"{roff(name)} {roff(version)}\" \"User Commands\"",
        ".SH NAME",
        f"{roff(name)} \\- {roff(command['abstract'][0].lower() + command['abstract'][1:].rstrip('.'))}",
        ".SH SYNOPSIS",
        f".B {roff(name)}\n[\\fIoptions\\fR] [\\fIpath\\fR] [\\fIport\\fR]",
        ".SH DESCRIPTION",
        "\n.PP\n".join(roff(textwrap.fill(part, 100)) for part in command["discussion"].split("\n\n")),
    ]
    section = None
    for argument in sorted(shown, key=lambda argument: argument["kind"] != "positional"):
        title = "Arguments" if argument["kind"] == "positional" else argument.get("sectionTitle", "Other options")
        if title != section:
            lines.append(f".SH {roff(title.upper())}")
            section = title
        lines.append(entry(argument))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    print(page(json.load(sys.stdin)["command"], sys.argv[1], seconds), end="")
