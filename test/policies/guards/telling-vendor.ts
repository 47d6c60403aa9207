import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** What a vendor is asked for. */
interface Asked {
  readonly model: string;
  readonly stream?: boolean;
  readonly input?: unknown;
  readonly messages?: readonly { readonly role: string; readonly content: unknown }[];
}

/** A vendor of OpenAI's dialect that says one text, and what it was sent. */
export interface TellingVendor {
  readonly url: string;
  /** What it says. A text of its caller that stands last is gone on with. */
  text: string;
  /** When it answers what comes from now on. */
  until: Promise<void>;
  /** The bodies of its requests, in order. */
  readonly bodies: string[];
}

/** So many characters come in a piece. */
const pieceLength = 5;

/**
 * Starts one whose models say how it answers: `say`; `hang`: never; `fail`: status 503; `cut-9`: a
 * stream that breaks behind 9 characters, unless it goes on with a text. It is closed with the test.
 */
export async function startTellingVendor(text: string): Promise<TellingVendor> {
  const vendor = { url: "", text, until: Promise.resolve(), bodies: [] as string[] };
  const server = createServer((request, response) => {
    void readText(request).then(async (body) => {
      vendor.bodies.push(body);
      await vendor.until;
      act(response, JSON.parse(body), { text: vendor.text, path: request.url ?? "" });
    });
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // it listens on a port
  return Object.assign(vendor, { url: `http://127.0.0.1:${port}/v1` });
}

/** Whole results, by the end of the path. */
const results: Readonly<Record<string, object>> = {
  moderations: {
    id: "m",
    model: "say",
    results: [{ flagged: false, categories: {}, category_scores: {} }],
  },
  rerank: { id: "r", results: [{ index: 0, relevance_score: 0.5 }] },
};

interface Acting {
  readonly text: string;
  readonly path: string;
}

function act(response: ServerResponse, asked: Asked, { text, path }: Acting): void {
  const { model, input, messages } = asked;
  const result = results[path.slice(path.lastIndexOf("/") + 1)];
  if (model === "hang") return;
  if (model === "fail") end(response, 503, { error: { message: "no" } });
  else if (result !== undefined) end(response, 200, result);
  else if (input !== undefined) end(response, 200, vectorsFor(asked));
  else {
    const last = messages?.at(-1);
    const begun = last?.role === "assistant" ? textOf(last.content).length : 0;
    const cut = begun > 0 ? undefined : /^cut-(\d+)$/.exec(model)?.[1];
    say(response, asked, text.slice(begun), cut === undefined ? cut : Number(cut));
  }
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return Array.isArray(content) ? content.map(({ text }) => text ?? "").join("") : "";
}

function end(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function vectorsFor({ input, model }: Asked): object {
  const data = [input]
    .flat()
    .map((_, index) => ({ object: "embedding", index, embedding: [1, 0] }));
  return { object: "list", model, data, usage: { prompt_tokens: 1, total_tokens: 1 } };
}

function say(
  response: ServerResponse,
  { model, stream }: Asked,
  text: string,
  cut: number | undefined,
): void {
  const head = { id: "c", created: 1, model };
  if (stream !== true) {
    const message = { role: "assistant", content: text };
    const usage = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 };
    const choices = [{ index: 0, message, finish_reason: "stop" }];
    end(response, 200, { ...head, object: "chat.completion", choices, usage });
    return;
  }
  const chunk = (delta: object, finish_reason: string | null) => {
    const choices = [{ index: 0, delta, finish_reason }];
    return `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices })}\n\n`;
  };
  const said = text.slice(0, cut);
  let frames = "";
  for (let at = 0; at < said.length; at += pieceLength)
    frames += chunk({ content: said.slice(at, at + pieceLength) }, null);
  response.writeHead(200, { "content-type": "text/event-stream" });
  if (cut !== undefined) response.write(frames, () => response.destroy());
  else response.end(`${frames}${chunk({}, "stop")}data: [DONE]\n\n`);
}
