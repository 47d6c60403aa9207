import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** What a vendor does with one request of its script. */
export type Act =
  | "ok"
  | "silence"
  | `begun ${number}`
  | "held"
  | `held ${number}`
  | `cached ${number} ${number}`
  | "context"
  | "policy"
  | "filtered"
  | "cut"
  | "blocked"
  | "empty"
  | number
  | `${number} after ${number}`
  | `${number} final`;

/** A vendor of OpenAI's dialect that acts by a script, and what it was sent. */
export interface ScriptedVendor {
  readonly url: string;
  /** The models of its requests, in order. */
  readonly models: string[];
  /** The bodies of its requests, in order. */
  readonly bodies: string[];
  /** The credentials of its requests, in order. */
  readonly keys: string[];
  /** The headers of its requests, in order. */
  readonly headers: IncomingHttpHeaders[];
  /** The requests for the list of its models, in order: their paths and credentials. */
  readonly lists: string[];
  /** How many of its requests were cancelled before their answer. */
  left: number;
  /** Answers every request that is held; of a `begun` stream it sends the tokens, then the end. */
  release: () => void;
  /** What it does with its next requests; then it answers. */
  script: Act[];
}

/** Starts a vendor on a free port; it is closed with the test. */
export async function startScriptedVendor(script: Act[] = []): Promise<ScriptedVendor> {
  const vendor: { -readonly [Name in keyof ScriptedVendor]: ScriptedVendor[Name] } = {
    url: "",
    models: [],
    bodies: [],
    keys: [],
    headers: [],
    lists: [],
    left: 0,
    release: () => {
      for (const answerHeld of held.splice(0)) answerHeld();
    },
    script,
  };
  const held: (() => void)[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      if (request.method === "GET") {
        vendor.lists.push(`${request.url} ${request.headers.authorization ?? ""}`);
        list(response, vendor.script.shift() ?? "ok");
        return;
      }
      const { model, stream } = JSON.parse(body);
      vendor.models.push(model);
      vendor.bodies.push(body);
      vendor.keys.push(request.headers.authorization ?? "");
      vendor.headers.push(request.headers);
      response.once("close", () => {
        if (!response.writableEnded) vendor.left += 1;
      });
      const asked = { model, stream: stream === true };
      const what = vendor.script.shift() ?? "ok";
      const [hold, status] = String(what).split(" ");
      if (hold === "begun") held.push(() => held.push(begin(response, asked, Number(status))));
      else if (hold !== "held") act(response, what, asked);
      else held.push(() => act(response, status === undefined ? "ok" : Number(status), asked));
    });
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // it listens on a port
  vendor.url = `http://127.0.0.1:${port}/v1`;
  return vendor;
}

function list(response: ServerResponse, what: Act): void {
  if (what === "ok") reply(response, 200, { object: "list", data: [] });
  else if (what === "empty") response.writeHead(200).end("<html>");
  else act(response, what, { model: "", stream: false });
}

/** What a request asks for. */
interface Asked {
  readonly model: string;
  readonly stream: boolean;
}

function act(response: ServerResponse, what: Act, asked: Asked): void {
  const code = errorCodes[what];
  if (what === "ok") answer(response, asked, "stop");
  else if (what === "filtered") answer(response, asked, "content_filter");
  else if (what === "cut") answer(response, asked, "length");
  else if (what === "blocked") answer(response, asked, "content_filter", "");
  else if (what === "empty") answer(response, asked, "stop", "");
  else if (code !== undefined) reply(response, 400, { error: { message: "no", code } });
  else if (String(what).startsWith("cached ")) {
    const [, prompt, read] = String(what).split(" ").map(Number);
    answer(response, asked, "stop", "well", { prompt_tokens: prompt, cached_tokens: read });
  } else if (what !== "silence") {
    const [said = "", final] = String(what).split(" final");
    if (final !== undefined) response.setHeader("x-should-retry", "false");
    const [status, after] = said.split(" after ");
    if (after !== undefined) response.setHeader("retry-after", after);
    reply(response, Number(status), { error: { message: `status ${status}` } });
  }
}

/** Sends so many tokens of a stream; gives what sends its end, which says how many there were. */
function begin(response: ServerResponse, { model }: Asked, tokens: number): () => void {
  const chunk = (choices: object[], more = {}) => {
    const head = { id: "c", created: 1, model, object: "chat.completion.chunk" };
    return `data: ${JSON.stringify({ ...head, choices, ...more })}\n\n`;
  };
  response.writeHead(200, { "content-type": "text/event-stream" });
  const word = chunk([{ index: 0, delta: { content: "well " }, finish_reason: null }]);
  response.write(word.repeat(tokens));
  const usage = { prompt_tokens: 3, completion_tokens: tokens, total_tokens: tokens + 3 };
  const end = chunk([{ index: 0, delta: {}, finish_reason: "stop" }]);
  return () => response.end(`${end}${chunk([], { usage })}data: [DONE]\n\n`);
}

const errorCodes: Readonly<Record<string, string>> = {
  context: "context_length_exceeded",
  policy: "content_policy_violation",
};

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function answer(
  response: ServerResponse,
  { model, stream }: Asked,
  finish: string,
  content = "well",
  { prompt_tokens = 3, cached_tokens }: Partial<Record<string, number>> = {},
): void {
  const usage = {
    prompt_tokens,
    completion_tokens: 1,
    total_tokens: prompt_tokens + 1,
    ...(cached_tokens !== undefined && { prompt_tokens_details: { cached_tokens } }),
  };
  const head = { id: "c", created: 1, model };
  if (!stream) {
    const message = { role: "assistant", content };
    const choices = [{ index: 0, message, finish_reason: finish }];
    const body = { ...head, object: "chat.completion", choices, usage };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    return;
  }
  const chunk = (choices: object[], more = {}) =>
    `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices, ...more })}\n\n`;
  const delta = { role: "assistant", content };
  response
    .writeHead(200, { "content-type": "text/event-stream" })
    .end(
      `${chunk([{ index: 0, delta, finish_reason: null }])}${chunk([{ index: 0, delta: {}, finish_reason: finish }])}` +
        `${chunk([], { usage })}data: [DONE]\n\n`,
    );
}
