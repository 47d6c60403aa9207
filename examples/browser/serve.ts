// Serves the page of this folder without a build step: the browser takes the modules as they are,
// found by the import map of index.html. In one terminal: npm start -- --config
// examples/browser/parlance.yaml, in another: node examples/browser/serve.ts
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const root = new URL("../../", import.meta.url);
const page = new URL("./", import.meta.url);

/** Nothing else of the disk is served. */
const served =
  /^\/(gen|node_modules\/@bufbuild\/proto(buf|validate)|node_modules\/@connectrpc\/connect(-web)?)\/[\w./-]+\.js$/;

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? "/", "http://page");
  try {
    if (pathname === "/") {
      response
        .setHeader("content-type", "text/html")
        .end(await readFile(new URL("index.html", page)));
    } else if (pathname === "/page.js") {
      response
        .setHeader("content-type", "text/javascript")
        .end(await readFile(new URL("page.js", page)));
    } else if (served.test(pathname)) {
      response
        .setHeader("content-type", "text/javascript")
        .end(await readFile(new URL(`.${pathname}`, root)));
    } else {
      response.writeHead(404).end();
    }
  } catch {
    response.writeHead(404).end();
  }
});

server.listen(Number(process.env.PORT ?? 4001), "127.0.0.1", () => {
  // A server that listens on TCP has an address with a port.
  const { port } = server.address() as AddressInfo;
  console.log(`http://127.0.0.1:${port}/`);
});
