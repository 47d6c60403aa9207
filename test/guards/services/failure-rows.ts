import { expect } from "vitest";
import type { Reply } from "./service-server.ts";

/** How any service may fail, and what is said of it. */
export const failures: readonly (readonly [title: string, reply: Reply, message: unknown])[] = [
  ...[401, 404, 429, 500].map((status): [string, Reply, string] => [
    `answers with status ${status}`,
    (response) => response.writeHead(status).end("sk-secret"),
    `answered with status ${status}`,
  ]),
  [
    "leads elsewhere",
    (response) => response.writeHead(302, { location: "http://127.0.0.1:1/sk-secret" }).end(),
    expect.stringMatching(/^could not be asked: .*redirect/),
  ],
  [
    "answers with a page",
    (response) => response.end("<html>sk-secret"),
    "answered with what is no JSON",
  ],
  [
    "answers with a list within lists without end",
    (response) => response.end("[".repeat(100)),
    "answered with what is no JSON",
  ],
  [
    "never ends its answer",
    (response) => response.end(`"${"x".repeat(1_100_000)}"`),
    expect.stringMatching(/^could not be asked: the reply is larger than \d+ bytes$/),
  ],
  [
    "is cut off",
    (response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write('{"sk-secret":', () => response.destroy());
    },
    expect.stringMatching(/^could not be asked: /),
  ],
  [
    "closes its connection",
    (response) => response.destroy(),
    expect.stringMatching(/^could not be asked: /),
  ],
];
