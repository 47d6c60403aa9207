import { createServer, type ServerResponse } from "node:http";
import type { World } from "../src/composition/world.ts";
import { type RunningGateway, startGateway } from "../src/serve.ts";
import type { Drive } from "./adapters/catalog/drive.ts";
import { driveAnthropicMessages } from "./adapters/catalog/drive-anthropic-messages.ts";
import { driveCohere } from "./adapters/catalog/drive-cohere.ts";
import { driveGemini } from "./adapters/catalog/drive-gemini.ts";
import { driveOllama } from "./adapters/catalog/drive-ollama.ts";
import { driveOpenAiChat } from "./adapters/catalog/drive-openai-chat.ts";
import { driveOpenAiResponses } from "./adapters/catalog/drive-openai-responses.ts";
import { parseJson } from "./vendors/json-value.ts";
import type { VendorReply } from "./vendors/vendor-reply.ts";

/** A dialect that REST callers speak and vendors too: a call in it passes as it is. */
export interface RestDialect {
  /** The kind of a vendor that speaks it. */
  readonly kind: string;
  readonly drive: Drive;
  /** The content type of its streams. */
  readonly streams: string;
  /** The content type of a vendor's streams. */
  readonly vendorStreams: string;
  readonly path: (model: string, stream: boolean) => string;
  readonly body: (model: string, stream: boolean) => object;
}

const sse = { streams: "text/event-stream; charset=utf-8", vendorStreams: "text/event-stream" };
const ndjson = { streams: "application/x-ndjson", vendorStreams: "application/x-ndjson" };
const messages = [{ role: "user", content: "one" }];
const chat = (model: string, stream: boolean) => ({ model, stream, messages });
const contents = { contents: [{ role: "user", parts: [{ text: "one" }] }] };
const geminiPath = (model: string, stream: boolean) =>
  `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`;

/** Every dialect that both speak. */
export const restDialects: readonly RestDialect[] = [
  {
    kind: "openai_compatible",
    drive: driveOpenAiChat,
    ...sse,
    path: () => "/v1/chat/completions",
    body: chat,
  },
  {
    kind: "openai_responses_compatible",
    drive: driveOpenAiResponses,
    ...sse,
    path: () => "/v1/responses",
    body: (model, stream) => ({ model, stream, input: "one" }),
  },
  {
    kind: "anthropic",
    drive: driveAnthropicMessages,
    ...sse,
    path: () => "/v1/messages",
    body: (model, stream) => ({ ...chat(model, stream), max_tokens: 64 }),
  },
  { kind: "gemini", drive: driveGemini, ...sse, path: geminiPath, body: () => contents },
  { kind: "ollama", drive: driveOllama, ...ndjson, path: () => "/api/chat", body: chat },
  { kind: "cohere", drive: driveCohere, ...sse, path: () => "/v2/chat", body: chat },
];

/**
 * What a vendor answers to a request at `/{at}/...`, knowing what it would answer if it were well.
 */
export type ShapedAnswer = (
  response: ServerResponse,
  good: VendorReply,
  stream: boolean,
  at: string,
) => void;

/** A gateway with a vendor of each dialect, whose answers a test shapes. */
export interface RestGateway {
  readonly url: string;
  readonly gateway: RunningGateway;
  /**
   * Asks the vendor of `to` in the words of `from`, which may be the same. `at` is told to the
   * vendor's answer.
   */
  ask(from: RestDialect, to: RestDialect, stream: boolean, at?: string): Promise<Response>;
  close(): Promise<void>;
}

export const callerKey = "caller-key-0123456789";
export const vendorKey = "Vend0r-Key/of+the=tests.0123456789abcdefXYZ";

/** Starts them on free ports. `ats`: the words that `ask` may name. */
export async function startRestGateway(
  shape: ShapedAnswer,
  options: {
    readonly ats?: readonly string[];
    readonly provider?: object;
    readonly world?: Partial<World>;
  } = {},
): Promise<RestGateway> {
  const { ats = ["any"], provider = {}, world = {} } = options;
  const vendor = createServer((request, response) => {
    const [, kind = "", at = "", ...rest] = (request.url ?? "").split("/");
    request.toArray().then(
      (chunks) => {
        const dialect = restDialects.find((each) => each.kind === kind);
        if (dialect === undefined) throw new Error(`nobody answers for ${kind}`);
        const rawBody = Buffer.concat(chunks);
        const json = parseJson(rawBody.toString());
        const { headers, rawHeaders } = request;
        const asked = {
          path: `/${rest.join("/")}`,
          method: "POST",
          headers,
          rawHeaders,
          rawBody,
          json,
        };
        const good = dialect.drive.answer({ ...asked, aborted: new Promise(() => undefined) });
        shape(response, good, good.headers["content-type"] === dialect.vendorStreams, at);
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => vendor.listen(0, "127.0.0.1", resolve));
  const address = vendor.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const providers = restDialects.flatMap(({ kind }) =>
    ats.map((at) => {
      const base_url = `http://127.0.0.1:${port}/${kind}/${at}`;
      return [
        `${kind}-${at}`,
        { kind, base_url, api_key: { value: vendorKey }, ...provider },
      ] as const;
    }),
  );
  const config = {
    keys: [{ name: "k", value: { value: callerKey } }],
    providers: Object.fromEntries(providers),
  };
  const gateway = await startGateway({
    config: JSON.stringify(config),
    port: 0,
    world: { record: () => undefined, ...world },
  });
  return {
    url: gateway.url,
    gateway,
    ask(from, to, stream, at = ats[0] ?? "") {
      const model = `${to.kind}-${at}/m`;
      return fetch(gateway.url + from.path(model, stream), {
        method: "POST",
        headers: { authorization: `Bearer ${callerKey}`, "content-type": "application/json" },
        body: JSON.stringify(from.body(model, stream)),
      });
    },
    async close() {
      await gateway.close();
      vendor.closeAllConnections();
      await new Promise((resolve) => vendor.close(resolve));
    },
  };
}

/** Sends a reply with other headers than its own. */
export function sendWith(
  response: ServerResponse,
  good: VendorReply,
  headers: VendorReply["headers"],
): void {
  response.writeHead(good.status, headers);
  for (const frame of good.frames) response.write(frame);
  response.end();
}
