import type { CallOptions, Client } from "@connectrpc/connect";
import { createClient, type Transport } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import {
  CacheService,
  type CallRecord,
  type ChatService,
  Code,
  ConfigService,
  ConnectError,
  ChatService as chatService,
  createGateway,
  EmbedService,
  ErrorReason,
  ExperimentService,
  FinishReason,
  faultOf,
  type GatewayClients,
  GuardService,
  ModelService,
  ModerationService,
  RerankService,
  Role,
} from "../../src/library.ts";
import { remoteSubjects } from "./transports.ts";

const config = `
providers: { sim: { kind: sim } }
models:
  - { name: quick, targets: [{ model: sim/echo }] }
  - { name: left, targets: [{ model: sim/hang }] }
auth: { admin_key: { value: admin-key-of-the-test } }
keys:
  - { name: narrow, value: { value: narrow-key-of-the-test }, models: [quick] }
guards:
  - { name: words, keywords: { words: [forbidden] }, action: MASK }
`;

interface Clients extends GatewayClients {
  readonly records: readonly CallRecord[];
  close(): Promise<void>;
}

async function inProcess(): Promise<Clients> {
  const records: CallRecord[] = [];
  const gateway = await createGateway(config, { onCall: (record) => records.push(record) });
  return { ...gateway.clients, records, close: gateway.close };
}

function clientsOf(transport: Transport): GatewayClients {
  return {
    chat: createClient(chatService, transport),
    embed: createClient(EmbedService, transport),
    rerank: createClient(RerankService, transport),
    moderation: createClient(ModerationService, transport),
    guards: createClient(GuardService, transport),
    models: createClient(ModelService, transport),
    config: createClient(ConfigService, transport),
    experiments: createClient(ExperimentService, transport),
    cache: createClient(CacheService, transport),
  };
}

const subjects: readonly (readonly [name: string, open: () => Promise<Clients>])[] = [
  ["in process", inProcess],
  ...remoteSubjects.map(([name, open]) => {
    const opened = async (): Promise<Clients> => {
      const { transport, records, close } = await open(config);
      return { ...clientsOf(transport), records, close };
    };
    return [name, opened] as const;
  }),
];

const admin: CallOptions = { headers: { authorization: "Bearer admin-key-of-the-test" } };
const narrow: CallOptions = { headers: { authorization: "Bearer narrow-key-of-the-test" } };
const unknown: CallOptions = { headers: { authorization: "Bearer a-key-that-nobody-has" } };

function ask(model: string, text = "one two three") {
  const content = { case: "text", value: { text } } as const;
  return { chat: { model, messages: [{ role: Role.USER, parts: [{ content }] }] } };
}

/** The text of a stream, and what it ended with. */
async function readStream(client: Client<typeof ChatService>, model: string, options: CallOptions) {
  let text = "";
  let finish: FinishReason | undefined;
  try {
    for await (const { event } of client.streamComplete(ask(model), options)) {
      if (event?.event.case === "textDelta") text += event.event.value.text;
      if (event?.event.case === "finish") finish = event.event.value.reason;
    }
    return { text, finish, error: undefined };
  } catch (error) {
    return { text, finish, error: ConnectError.from(error) };
  }
}

async function failure(promise: Promise<unknown>): Promise<ConnectError> {
  const error = await promise.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (error instanceof ConnectError) return error;
  throw error;
}

const refusals: readonly (readonly [
  title: string,
  model: string,
  CallOptions,
  Code,
  ErrorReason,
])[] = [
  [
    "a key that is not known",
    "sim/echo",
    unknown,
    Code.Unauthenticated,
    ErrorReason.UNAUTHENTICATED,
  ],
  [
    "a model that the key may not use",
    "sim/echo",
    narrow,
    Code.PermissionDenied,
    ErrorReason.PERMISSION_DENIED,
  ],
  ["a model that does not exist", "nowhere/none", admin, Code.NotFound, ErrorReason.UNKNOWN_MODEL],
  ["a call without a model", "", admin, Code.InvalidArgument, ErrorReason.INVALID_REQUEST],
  [
    "a vendor's rate limit",
    "sim/error-429",
    admin,
    Code.ResourceExhausted,
    ErrorReason.UPSTREAM_RATE_LIMITED,
  ],
];

for (const [name, open] of subjects) {
  describe(`the gateway, ${name}`, () => {
    let clients: Clients;
    beforeAll(async () => {
      clients = await open();
    });
    afterAll(() => clients.close());

    it("answers a chat whole, and reports how", async () => {
      const { completion, report } = await clients.chat.complete(ask("quick"), narrow);
      expect(completion?.choices[0]?.message?.parts[0]?.content).toMatchObject({
        value: { text: "one two three" },
      });
      expect(completion?.choices[0]?.finishReason).toBe(FinishReason.STOP);
      expect(completion?.usage).toMatchObject({ inputTokens: 4n, outputTokens: 4n });
      expect(report?.target).toMatchObject({ provider: "sim", model: "echo", dialect: "sim" });
      expect(report?.callId).not.toBe("");
    });

    it("streams a chat in pieces, the report with the first", async () => {
      const cases: string[] = [];
      const reports: boolean[] = [];
      for await (const { event, report } of clients.chat.streamComplete(ask("sim/echo"), admin)) {
        cases.push(event?.event.case ?? "");
        reports.push(report !== undefined);
      }
      expect(cases.filter((kind) => kind === "textDelta").length).toBeGreaterThan(1);
      expect(cases.at(0)).toBe("messageStart");
      expect(reports.indexOf(true)).toBe(0);
      expect(reports.lastIndexOf(true)).toBe(0);
    });

    it("counts tokens, explains, embeds, moderates, has guards look and lists models", async () => {
      expect(await clients.chat.countTokens(ask("sim/echo"), admin)).toMatchObject({
        inputTokens: 4n,
      });
      const explained = await clients.chat.explain(ask("quick"), admin);
      expect(explained.targets.map(({ target }) => target?.model)).toEqual(["echo"]);
      const inputs = [
        { input: { case: "text", value: "a" } as const },
        { input: { case: "text", value: "b" } as const },
      ];
      const { result } = await clients.embed.embed({ spec: { model: "sim/embed", inputs } }, admin);
      expect(result?.embeddings).toHaveLength(2);
      const parts = [{ part: { case: "text", value: "I kill you" } as const }];
      const spec = { model: "sim/echo", inputs: [{ parts }] };
      const moderated = await clients.moderation.moderate({ spec }, admin);
      expect(moderated.result?.results.map(({ flagged }) => flagged)).toEqual([true]);
      const checked = { guards: ["words"], texts: ["a forbidden word"] };
      const { result: left, report } = await clients.guards.check({ spec: checked }, narrow);
      expect(left?.texts).toEqual(["a [KEYWORD_1] word"]);
      expect(report?.guards.map(({ name }) => name)).toEqual(["words"]);
      const { guards } = await clients.guards.listGuards({}, narrow);
      expect(guards.map(({ name }) => name)).toEqual(["words"]);
      const { models } = await clients.models.listModels({}, narrow);
      expect(models.map((model) => model.name)).toEqual(["quick"]);
    });

    it("shows its config to admins only, without secrets", async () => {
      const shown = await clients.config.getConfig({}, admin);
      expect(shown.config?.models.map((model) => model.name)).toEqual(["quick", "left"]);
      expect(JSON.stringify(shown.config?.keys.map((key) => key.value?.source))).not.toContain(
        "narrow-key",
      );
      expect((await failure(clients.config.getConfig({}, narrow))).code).toBe(
        Code.PermissionDenied,
      );
    });

    for (const [title, model, options, code, reason] of refusals) {
      it(`refuses ${title} with the reason in the details`, async () => {
        const unary = await failure(clients.chat.complete(ask(model), options));
        const streamed = (await readStream(clients.chat, model, options)).error;
        for (const error of [unary, streamed]) {
          expect(error?.code).toBe(code);
          expect(ErrorReason[faultOf(error)?.reason ?? 0]).toBe(ErrorReason[reason]);
        }
      });
    }

    it("ends a broken stream with an error, after what did arrive", async () => {
      const { text, finish, error } = await readStream(clients.chat, "sim/cut", admin);
      expect("one two three".startsWith(text.trim()) && text !== "").toBe(true);
      expect(finish).toBeUndefined();
      expect(faultOf(error)?.reason).toBe(ErrorReason.UPSTREAM_CUT);
    });

    const hangs: readonly (readonly [
      kind: string,
      run: (model: string, options: CallOptions) => Promise<unknown>,
    ])[] = [
      [
        "unary call",
        (model, options) => clients.chat.complete(ask(model), { ...admin, ...options }),
      ],
      [
        "stream",
        async (model, options) =>
          raise(await readStream(clients.chat, model, { ...admin, ...options })),
      ],
    ];
    for (const [kind, run] of hangs) {
      it(`ends a ${kind} at the caller's deadline`, async () => {
        expect((await failure(run("sim/hang", { timeoutMs: 40 }))).code).toBe(
          Code.DeadlineExceeded,
        );
      });

      it(`ends a ${kind} when its caller leaves, and records that`, async () => {
        const before = clients.records.length;
        // Long enough for the call to have arrived: a caller that leaves before leaves no record.
        const error = await failure(run("left", { signal: AbortSignal.timeout(150) }));
        expect(error.code).toBe(Code.Canceled);
        const recorded = () => clients.records.slice(before).find(({ model }) => model === "left");
        const record = await vi.waitUntil(recorded, { interval: 5, timeout: 50_000 });
        expect(record.callerGone).toBe(true);
      });
    }
  });
}

function raise({ error }: { readonly error: ConnectError | undefined }): never {
  throw error ?? new Error("it did not fail");
}

describe("a gateway in process", () => {
  it("lets its own clients in without a key", async () => {
    const gateway = await createGateway(config);
    onTestFinished(gateway.close);
    const { models } = await gateway.clients.models.listModels({});
    expect(models.map((model) => model.name)).toContain("sim/echo");
  });
});
