#!/usr/bin/env python3
"""Writes the manual pages martlet.1 and martlet.toml.5 from what the program says of itself, and the example from the guide:
martlet --experimental-dump-help | scripts/manual.py VERSION DIRECTORY"""
import json
import os
import pathlib
import re
import sys
import textwrap
import time

DOCS = pathlib.Path(__file__).parent.parent / "docs"
GUIDE = DOCS / "configuration.md"
PROGRAM = "martlet"
NUMBERS = {"port", "seconds", "n"}


def roff(text):
    """Text in which nothing is a request or an escape; a hyphen is one that can be copied."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return "\n".join("\\&" + line if line.startswith((".", "\\(aq")) else line for line in text.split("\n"))


def paragraphs(text):
    return "\n.PP\n".join(roff(textwrap.fill(part, 100, break_on_hyphens=False)) for part in text.split("\n\n"))


def head(name, section, version, title):
    date = time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))
    return f'.TH {roff(name)} {section} {roff(date)} "martlet {roff(version)}" "{title}"'


def shown(command):
    return [argument for argument in command.get("arguments", []) if argument.get("shouldDisplay", True)]


def long_name(argument):
    return next((name["name"] for name in argument.get("names", []) if name["kind"] == "long"), "")


def names(argument):
    value = f" \\fI{roff(argument['valueName'])}\\fR" if argument["kind"] == "option" else ""
    dashes = {"short": "-", "long": "--", "longWithSingleDash": "-"}
    order = sorted(argument["names"], key=lambda name: name["kind"] != "short")
    return ", ".join(f"\\fB{roff(dashes[name['kind']] + name['name'])}\\fR" for name in order) + value


def entry(argument):
    title = f"\\fI{roff(argument['valueName'])}\\fR" if argument["kind"] == "positional" else names(argument)
    return f".TP\n{title}\n{roff(argument.get('abstract', ''))}"


def entries(arguments, heading, make):
    lines, section = [], None
    for argument in arguments:
        title = argument.get("sectionTitle", "Arguments" if argument["kind"] == "positional" else "Other options")
        if title != section:
            lines.append(f".{heading} {roff(title.upper() if heading == 'SH' else title)}")
            section = title
        lines.append(make(argument))
    return lines


def full_name(command):
    """The parser knows what stands before the name of a subcommand only; before that of a verb it is the program."""
    return " ".join(command.get("superCommands", [PROGRAM] * (command["commandName"] != PROGRAM)) + [command["commandName"]])


def synopsis(command):
    """A line for each thing that can be called: the command, or what is below it."""
    name = full_name(command)
    below = [other for other in command.get("subcommands", []) if other["commandName"] != "help"]
    if below:
        return [line for other in below for line in synopsis(other)]
    operands = "".join(
        f" [\\fI{roff(part)}\\fR]"
        for argument in shown(command) if argument["kind"] == "positional"
        for part in argument["valueName"].split("-or-")
    )
    return [f"\\fB{roff(name)}\\fR [\\fIoptions\\fR]{operands}"]


def verb(command, known):
    """What a verb is for, and the options that it does not share with the command without a verb."""
    name = full_name(command)
    lines = [f".SS {roff(name)}", roff(command["abstract"])]
    if "discussion" in command:
        lines += [".PP", paragraphs(command["discussion"])]
    arguments = shown(command)
    lines += [entry(argument) for argument in arguments if long_name(argument) not in known]
    shared = list(dict.fromkeys(
        argument["sectionTitle"] for argument in arguments if long_name(argument) in known and "sectionTitle" in argument
    ))
    if shared:
        words = ", ".join(f"\\(lq{roff(title)}\\(rq" for title in shared)
        lines += [".PP", f"It also takes the options of the sections {words} below."]
    for other in command.get("subcommands", []):
        if other["commandName"] != "help":
            lines += [".TP", f"\\fB{roff(name)} {roff(other['commandName'])}\\fR", roff(other["abstract"])]
            lines += [part for part in (roff(other.get("discussion", "")),) if part]
            own = [argument for argument in shown(other) if long_name(argument) not in known]
            lines += [".RS", *[entry(argument) for argument in own], ".RE"] if own else []
    return lines


def signals():
    """The table of the guide."""
    section = (DOCS / "daemon.md").read_text().split("## Signals", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| ([A-Z0-9, ]+) \| (.*) \|$", section, re.M)
    return [f".TP\n\\fB{roff(names)}\\fR\n{roff(words.replace('`', ''))}" for names, words in rows]


def commands_page(tool, version):
    command = tool["command"]
    arguments = shown(command)
    options = [argument for argument in arguments if argument["kind"] != "positional"]
    known = {"help", "version"} | {long_name(argument) for argument in options}
    calls = synopsis(command) + [line for other in tool["verbs"] for line in synopsis(other["command"])]
    summary = command["abstract"][0].lower() + command["abstract"][1:].rstrip(".")
    lines = [
        head("MARTLET", 1, version, "User Commands"),
        ".SH NAME", f"martlet \\- {roff(summary)}",
        ".SH SYNOPSIS", "\n.br\n".join(calls),
        ".SH DESCRIPTION", paragraphs(command["discussion"]),
        ".SH ARGUMENTS", *[entry(argument) for argument in arguments if argument["kind"] == "positional"],
        ".SH COMMANDS", *[line for other in tool["verbs"] for line in verb(other["command"], known)],
        *entries(options, "SH", entry),
        ".SH SIGNALS", *signals(),
        ".SH SEE ALSO", "\\fBmartlet.toml\\fR(5)",
    ]
    return "\n".join(lines) + "\n"


def value(argument):
    if argument["kind"] == "flag":
        return "true or false"
    if argument.get("allValues"):
        words = " or ".join(f'"{word}"' for word in argument["allValues"])
    elif argument["valueName"] in NUMBERS:
        words = "a number"
    elif argument["valueName"] == "octets":
        words = "a number, or a text such as \"16m\""
    else:
        words = f"\"{argument['valueName'].upper()}\""
    return f"[{words}, ...]" if argument["isRepeating"] else words


def setting(argument):
    help = argument.get("abstract", "").replace("; can be repeated", "")
    return f".TP\n\\fB{roff(long_name(argument))}\\fR = {roff(value(argument))}\n{roff(help)}"


def settings(command, without=()):
    own = {"help", "version", "config", "print-config", *without}
    return [argument for argument in shown(command) if argument["kind"] != "positional" and long_name(argument) not in own]


def file_page(tool, version):
    main = settings(tool["command"])
    known = [long_name(argument) for argument in main]
    site = settings(tool["site"]["command"])
    shared = [long_name(argument) for argument in site if long_name(argument) in known]
    example = re.search(r"```toml\n(.*?)```", GUIDE.read_text(), re.S)[1]
    lines = [
        head("MARTLET.TOML", 5, version, "File Formats"),
        ".SH NAME", "martlet.toml \\- settings of martlet",
        ".SH SYNOPSIS", "\\fBmartlet \\-\\-config\\fR \\fIfile\\fR",
        ".SH DESCRIPTION",
        paragraphs(
            "A file in TOML (https://toml.io) with options of martlet, each by its long name. It is read when --config or "
            "MARTLET_CONFIG names it: no file is looked for.\n\n"
            "What the command line says goes before what the environment says (MARTLET_PORT for port), and that before "
            "the file; what none of them says has its default. A value takes the place of another, also where it is a list. "
            "martlet --config FILE --print-config prints what came of it, with the place that each setting comes from.\n\n"
            "A single text will do for an array. Relative paths begin in the file's folder. Keys that do not exist and values "
            "of the wrong type are errors, told with their line, and nothing is served then. The file may have 1 MiB."
        ),
        ".SH SETTINGS", *entries(main, "SS", setting),
    ]
    for other in tool["verbs"]:
        command = other["command"]
        if not any(long_name(argument) == "config" for argument in shown(command)):
            continue
        name = full_name(command)
        missing = [key for key in known if key not in [long_name(argument) for argument in settings(command)]]
        lines += [f".SH SETTINGS OF {roff(name.upper())}", paragraphs(
            f"{name} has those of its options that stand in a file of its own; it knows no sites, and not "
            f"{', '.join(missing)}."
        )]
        lines += [setting(argument) for argument in settings(command, known)]
    lines += [
        ".SH SITES",
        paragraphs(
            "Each [[site]] table is a site, found by the host name that a client asks for. Its keys are these, which mean "
            "what they mean above all sites: " + ", ".join(shared) + ". Of those that stand above the first [[site]], all but "
            "directory, header, tls-cert and tls-key count for each site that does not have them itself; header adds to the "
            "site's. The command line and the environment go before both.\n\n"
            "Where no site is without hosts, requests for other hosts are answered with 421."
        ),
        *[setting(argument) for argument in site if long_name(argument) in ("hosts", "tls-cert", "tls-key")],
        ".SH EXAMPLE", ".nf", roff(example.rstrip()), ".fi",
        ".SH SEE ALSO", "\\fBmartlet\\fR(1)",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    tool = json.load(sys.stdin)
    version, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    (directory / "martlet.1").write_text(commands_page(tool, version))
    (directory / "martlet.toml.5").write_text(file_page(tool, version))
