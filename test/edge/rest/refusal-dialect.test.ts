import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningGateway } from "../../../src/serve.ts";
import { devKey, startSimGateway } from "../../start-sim-gateway.ts";

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await startSimGateway();
});
afterAll(() => gateway.close());

/** How each dialect's clients are told of a failure: where its words stand, and their kind. */
const envelopes = {
  openAi: (message: unknown, kind: string) => ({
    error: { message, type: kind },
  }),
  anthropic: (message: unknown, kind: string) => ({
    type: "error",
    error: { type: kind, message },
  }),
  google: (message: unknown, kind: string) => ({ error: { message, status: kind } }),
  cohere: (message: unknown) => ({ message }),
  ollama: (message: unknown) => ({ error: message }),
  bedrock: (message: unknown, kind: string) => ({ __type: kind, message }),
} as const;

type EnvelopeName = keyof typeof envelopes;

interface Refused {
  readonly title: string;
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly envelope: EnvelopeName;
  readonly kind?: string;
}

const anthropicClient = { "anthropic-version": "2023-06-01" };
const googleClient = { "x-goog-api-key": devKey };
const cohereClient = { "x-fern-sdk-name": "cohere-ai" };

const refusals: readonly Refused[] = [
  {
    title: "a path under Anthropic's",
    path: "/v1/messages/batches",
    status: 404,
    envelope: "anthropic",
    kind: "not_found_error",
  },
  {
    title: "a method that Anthropic's path does not take",
    method: "GET",
    path: "/v1/messages",
    status: 405,
    envelope: "anthropic",
    kind: "invalid_request_error",
  },
  {
    title: "a path that OpenAI has too, of Anthropic's client",
    path: "/v1/files",
    headers: anthropicClient,
    status: 404,
    envelope: "anthropic",
    kind: "not_found_error",
  },
  {
    title: "a model of Anthropic's client",
    method: "GET",
    path: "/v1/models/nope",
    headers: anthropicClient,
    status: 404,
    envelope: "anthropic",
    kind: "not_found_error",
  },
  {
    title: "a path of Google's beta",
    path: "/v1beta/files",
    status: 404,
    envelope: "google",
    kind: "UNIMPLEMENTED",
  },
  {
    title: "a method of a model at Google",
    path: "/v1beta/models/fast:predictLongRunning",
    status: 405,
    envelope: "google",
    kind: "UNIMPLEMENTED",
  },
  {
    title: "a path of Vertex AI",
    path: "/v1/projects/p/locations/l/endpoints/e:predict",
    status: 404,
    envelope: "google",
    kind: "UNIMPLEMENTED",
  },
  {
    title: "a model of Google's client",
    method: "GET",
    path: "/v1/models/nope",
    headers: googleClient,
    status: 404,
    envelope: "google",
    kind: "NOT_FOUND",
  },
  {
    title: "contents that Google's client wants to be kept",
    path: "/v1beta/cachedContents",
    status: 400,
    envelope: "google",
    kind: "UNIMPLEMENTED",
  },
  {
    title: "an agent that Mistral keeps",
    path: "/v1/agents/completions",
    status: 400,
    envelope: "openAi",
    kind: "invalid_request_error",
  },
  { title: "a path of Cohere's", path: "/v2/tokenize", status: 404, envelope: "cohere" },
  {
    title: "a method that Cohere's path does not take",
    method: "GET",
    path: "/v2/chat",
    status: 405,
    envelope: "cohere",
  },
  {
    title: "a method that Cohere's former path does not take",
    method: "GET",
    path: "/v1/chat",
    status: 405,
    envelope: "cohere",
  },
  {
    title: "a model of Cohere's client",
    method: "GET",
    path: "/v1/models/nope",
    headers: cohereClient,
    status: 404,
    envelope: "cohere",
  },
  { title: "a path of Ollama's", path: "/api/pull", status: 404, envelope: "ollama" },
  {
    title: "a method that Ollama's path does not take",
    method: "GET",
    path: "/api/chat",
    status: 405,
    envelope: "ollama",
  },
  {
    title: "a path of Bedrock's",
    path: "/model/some-model/nope",
    status: 404,
    envelope: "bedrock",
    kind: "ResourceNotFoundException",
  },
  {
    title: "any other path",
    path: "/v1/assistants",
    status: 404,
    envelope: "openAi",
    kind: "invalid_request_error",
  },
  {
    title: "a path that only begins like another's",
    path: "/v1/messagesque",
    status: 404,
    envelope: "openAi",
    kind: "invalid_request_error",
  },
];

describe("what is not there is refused in the words of the path's client", () => {
  for (const { title, path, status, envelope, kind = "", ...sent } of refusals) {
    it(title, async () => {
      const { method = "POST", headers } = sent;
      const response = await fetch(gateway.url + path, {
        method,
        headers: { authorization: `Bearer ${devKey}`, ...headers },
        ...(method === "GET" ? {} : { body: "{}" }),
      });
      expect(response.status).toBe(status);
      expect(response.headers.get("x-parlance-call-id")).toMatch(/^\S{8,}$/);
      expect(await response.json()).toMatchObject(
        envelopes[envelope](expect.stringMatching(/\S/), kind),
      );
    });
  }

  const unkeyed = [
    ["/v1/messages", {}, "anthropic", "authentication_error"],
    ["/v1beta/models", {}, "google", "UNAUTHENTICATED"],
    ["/v1/models", anthropicClient, "anthropic", "authentication_error"],
    ["/v1/models", { "x-goog-api-key": "no" }, "google", "UNAUTHENTICATED"],
    ["/v1/models", cohereClient, "cohere", ""],
    ["/v1/models", {}, "openAi", "authentication_error"],
    ["/v2/chat", {}, "cohere", ""],
    ["/v1/chat", {}, "cohere", ""],
    ["/v1/embed", {}, "cohere", ""],
    ["/api/tags", {}, "ollama", ""],
  ] as const;
  for (const [path, headers, envelope, kind] of unkeyed) {
    it(`a key at ${path} ${JSON.stringify(headers)}`, async () => {
      const response = await fetch(gateway.url + path, { headers });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject(
        envelopes[envelope](expect.stringMatching(/key/), kind),
      );
    });
  }
});
