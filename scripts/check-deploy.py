"""Looks through what deploy/ has for Kubernetes and containers, and the flags that its files name. See check-deploy.sh."""

import json
import pathlib
import re
import shlex
import subprocess
import sys

import yaml

deploy = pathlib.Path("deploy")
problems = []


def check(condition, text):
    if not condition:
        problems.append(text)


# Flags: those of the command line, and the variables that stand for them.


def commands(command):
    yield command
    for sub in command.get("subcommands", []):
        yield from commands(sub)


flags = set()
for command in commands(json.load(open(sys.argv[1]))["command"]):
    for argument in command.get("arguments", []):
        flags.update(name["name"] for name in argument.get("names", []) if name["kind"] == "long")

martlet_lines = {
    deploy / "systemd/martlet@.service": r"^ExecStart=/usr/bin/martlet (.*)$",
    deploy / "container/Containerfile": r"^CMD (\[.*\])$",
}
used = {}
for path, pattern in martlet_lines.items():
    found = re.findall(pattern, path.read_text(), re.M)
    check(len(found) == 1, f"{path}: no line says how martlet is started")
    for line in found:
        used[path] = json.loads(line) if line.startswith("[") else shlex.split(line)

documents = list(yaml.safe_load_all((deploy / "kubernetes/martlet.yaml").read_text()))
kinds = {document["kind"]: document for document in documents}
check(len(kinds) == len(documents), "kubernetes: two documents of one kind")
container = kinds["Deployment"]["spec"]["template"]["spec"]["containers"][0]
used[deploy / "kubernetes/martlet.yaml"] = container["args"]

for path, arguments in used.items():
    for argument in arguments:
        if argument.startswith("--"):
            name = argument[2:].split("=")[0]
            check(name in flags, f"{path}: martlet has no --{name}")
for path in deploy.rglob("*"):
    if not path.is_file():
        continue
    for variable in set(re.findall(r"\bMARTLET_([A-Z][A-Z_]*)\b", path.read_text())):
        name = variable.lower().replace("_", "-")
        check(name in flags, f"{path}: no flag --{name} stands behind MARTLET_{variable}")
    if path.suffix == ".md":
        # Those of systemctl and podman aside.
        for name in set(re.findall(r"(?<![\w-])--([a-z][a-z-]+)", path.read_text())) - {"now", "signal", "time"}:
            check(name in flags, f"{path}: martlet has no --{name}")


def seconds(arguments, name):
    for argument in arguments:
        if argument.startswith(f"--{name}="):
            return int(argument.split("=")[1])
    raise SystemExit(f"--{name} is missing")


# Kubernetes: the fields that matter, and what has to agree with what.

expected = {
    "Deployment": "apps/v1", "Service": "v1", "PodDisruptionBudget": "policy/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2", "NetworkPolicy": "networking.k8s.io/v1",
}
check({kind: document["apiVersion"] for kind, document in kinds.items()} == expected, "kubernetes: kinds or versions")
specification = kinds["Deployment"]["spec"]
pod = specification["template"]["spec"]
labels = specification["template"]["metadata"]["labels"]
ports = {port["name"]: port["containerPort"] for port in container["ports"]}


def option(name):
    return next(argument.split("=", 1)[1] for argument in container["args"] if argument.startswith(f"--{name}="))


check(int(option("port")) == ports["http"], "kubernetes: --port is not the port named http")
check(int(option("admin").rsplit(":", 1)[1]) == ports["admin"], "kubernetes: --admin is not the port named admin")
check(not option("admin").startswith("127."), "kubernetes: probes cannot reach a loopback address")
for probe, path in [("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")]:
    get = container[probe]["httpGet"]
    check(get == {"path": path, "port": "admin"}, f"kubernetes: {probe} asks {get}")
delay, timeout = seconds(container["args"], "drain-delay"), seconds(container["args"], "drain-timeout")
grace = pod["terminationGracePeriodSeconds"]
check(grace >= delay + timeout + 5, f"kubernetes: a grace of {grace} s for {delay} s and {timeout} s")
ready = container["readinessProbe"]
notice = ready["periodSeconds"] * ready["failureThreshold"] + ready["timeoutSeconds"]
check(delay > notice, f"kubernetes: draining shows after {notice} s, and the delay is {delay} s")
check("lifecycle" not in container, "kubernetes: preStop would add to the delay")
check("replicas" not in specification, "kubernetes: replicas would undo what the autoscaler did")
rights = container["securityContext"]
check(
    rights == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
    "kubernetes: the container's rights",
)
check(pod["securityContext"]["runAsNonRoot"] is True, "kubernetes: it could be root")
check(pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, "kubernetes: seccomp")
check({"cpu", "memory"} <= container["resources"]["requests"].keys(), "kubernetes: resources")
check({mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}, "volumes")
selectors = [
    specification["selector"]["matchLabels"], kinds["Service"]["spec"]["selector"],
    kinds["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
    kinds["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
] + [constraint["labelSelector"]["matchLabels"] for constraint in pod["topologySpreadConstraints"]]
check(all(selector == labels for selector in selectors), "kubernetes: a selector is not the pods' label")
check(kinds["Service"]["spec"]["ports"][0]["targetPort"] in ports, "kubernetes: the Service's port")
scaler = kinds["HorizontalPodAutoscaler"]["spec"]
check(scaler["scaleTargetRef"]["name"] == kinds["Deployment"]["metadata"]["name"], "kubernetes: the autoscaler's target")
budget = kinds["PodDisruptionBudget"]["spec"]["maxUnavailable"]
check(scaler["minReplicas"] > budget, "kubernetes: the budget lets the last copy go")
print("Kubernetes' fields agree with each other.")


# systemd and HAProxy: drain times, ports.

unit = (deploy / "systemd/martlet@.service").read_text()
delay, timeout = (int(re.search(rf"MARTLET_DRAIN_{name}=(\d+)", unit)[1]) for name in ["DELAY", "TIMEOUT"])
stop = int(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.M)[1])
check(stop >= delay + timeout + 5, f"systemd: TimeoutStopSec={stop} for {delay} s and {timeout} s")
proxy = (deploy / "haproxy/haproxy.cfg").read_text()
period, falls = re.search(r"inter (\d+)ms fall (\d+)", proxy).groups()
slowest = int(period) * int(falls) / 1000 + int(re.search(r"timeout check (\d+)s", proxy)[1])
check(delay > slowest, f"haproxy: draining shows after {slowest} s, and the delay is {delay} s")
servers = re.findall(r"^    server \S+ 127\.0\.0\.1:(\d+) port (\d+)$", proxy, re.M)
check(len(servers) == 3 and all(admin == f"1{port}" for port, admin in servers), "haproxy: ports")
nginx_ports = re.findall(r"server 127\.0\.0\.1:(\d+)", (deploy / "nginx/nginx.conf").read_text())
check(nginx_ports == [port for port, _ in servers], "nginx: ports")


# The Containerfile: its stages, what it copies, what it installs, and how it builds.

lines, pending = [], ""
for line in (deploy / "container/Containerfile").read_text().splitlines():
    if line.strip() and not line.startswith("#"):
        pending += line.rstrip("\\")
        if not line.endswith("\\"):
            lines.append(pending.split(maxsplit=1))
            pending = ""
known = {"FROM", "RUN", "WORKDIR", "COPY", "USER", "EXPOSE", "STOPSIGNAL", "ENTRYPOINT", "CMD"}
stages, copied = [], set()
for word, rest in lines:
    check(word in known, f"Containerfile: {word}")
    if word == "FROM":
        stages.append((rest.split(" AS ")[1] if " AS " in rest else None, rest.split(" AS ")[0], []))
        check(re.fullmatch(r"[a-z0-9.-]+\.[a-z]+/[\w./-]+:[\w.-]+( AS \w+)?", rest), f"Containerfile: FROM {rest}")
        continue
    stages[-1][2].append((word, rest))
    if word == "COPY" and rest.startswith("--from="):
        origin, source, _ = rest.split()
        check(origin[7:] in [name for name, _, _ in stages[:-1]], f"Containerfile: {rest}")
        check(any(source in step for kind, step in stages[0][2] if kind == "RUN"), f"Containerfile: nothing makes {source}")
    elif word == "COPY":
        for source in rest.split()[:-1]:
            check(pathlib.Path(source).exists(), f"Containerfile: there is no {source}")
            copied.add(source)
first, last = stages[0], stages[-1]
runs = [rest for word, rest in first[2] if word == "RUN"]
check("scripts/release.sh --product martlet --traits TLS,TOML" in runs, "Containerfile: not built by scripts/release.sh")
manifest = pathlib.Path("Package.swift").read_text()
folders = {path.split("/")[0] for path in re.findall(r'path: "([^"]+)"', manifest)} | {"Sources", "Package.swift", "Package.resolved"}
check(folders <= copied, f"Containerfile: the manifest names {sorted(folders - copied)} too")
final = dict(last[2])
check(final.get("USER") == f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}", "Containerfile: USER")
check(final.get("STOPSIGNAL") == "SIGTERM", "Containerfile: STOPSIGNAL")
check(json.loads(final["ENTRYPOINT"]) == ["/usr/bin/martlet"], "Containerfile: ENTRYPOINT")
check(not any(word == "RUN" for word, _ in last[2]), "Containerfile: the last image has no shell to run anything")
check(set(final["EXPOSE"].split()) == {str(port) for port in ports.values()}, "Containerfile: its ports are not Kubernetes'")
packages = re.search(r"--no-install-recommends (.*)$", runs[0])[1].split()
listed = subprocess.run(["apt-cache", "show", *packages], capture_output=True, text=True)
missing = [name for name in packages if not re.search(rf"^Package: {re.escape(name)}$", listed.stdout, re.M)]
check(not missing, f"Containerfile: Debian has no {missing}")
wanted = pathlib.Path("scripts/setup.sh").read_text().split("esac\nneed ")[1]
wanted = {"git"} | set(re.findall(r"^need (\S+)", wanted, re.M))
wanted -= {"libqrencode-dev"}  # For the trait QR, which the image does without.
check(wanted <= set(packages), f"Containerfile: scripts/setup.sh wants {sorted(wanted - set(packages))} too")
print("The Containerfile's stages, sources and packages are there.")

for problem in problems:
    print(problem, file=sys.stderr)
sys.exit(1 if problems else 0)
