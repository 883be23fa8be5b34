// Node's http: a few pages from memory (it has no file server), and an echo of how a request was understood.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";

const [port, folder] = process.argv.slice(2);
const pages = { "/": "index.html", "/hello.txt": "hello.txt", "/probe.txt": "probe.txt" };

createServer((request, response) => {
    const path = new URL(request.url, "http://a.test").pathname;
    if (path === "/echo") {
        const parts = [];
        request.on("data", (part) => parts.push(part));
        request.on("end", () => {
            const content = Buffer.concat(parts).toString("latin1");
            const host = (request.headers.host ?? "").replace(/:\d*$/, "");
            response.setHeader("Content-Type", "text/plain");
            response.end(`method=${request.method} target=${request.url} host=${host} content=${content}\n`, "latin1");
        });
    } else if (path === "/deaf" || path === "/page") {
        response.end("not read\n");
    } else if (pages[path]) {
        response.end(readFileSync(`${folder}/${pages[path]}`));
    } else {
        response.statusCode = 404;
        response.end("nothing here\n");
    }
}).listen(Number(port), "127.0.0.1");
process.on("uncaughtException", () => {});
