import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigService } from "../../../../gen/parlance/admin/v1/config_service_pb.js";
import { HealthState } from "../../../../gen/parlance/admin/v1/model_pb.js";
import { ModelService } from "../../../../gen/parlance/admin/v1/model_service_pb.js";
import { ChatService, CountMethod } from "../../../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { EmbedService } from "../../../../gen/parlance/embed/v1/embed_service_pb.js";
import { AttemptEnd } from "../../../../gen/parlance/error/v1/attempt_end_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { FaultSchema } from "../../../../gen/parlance/error/v1/fault_pb.js";
import { RerankService } from "../../../../gen/parlance/rerank/v1/rerank_service_pb.js";
import type { RunningGateway } from "../../../../src/serve.ts";
import { adminKey, devKey, startSimGateway } from "../../../start-sim-gateway.ts";

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await startSimGateway();
});
afterAll(() => gateway.close());

const transports: readonly (readonly [name: string, create: (baseUrl: string) => Transport])[] = [
  ["Connect", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" })],
  [
    "Connect JSON",
    (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat: false }),
  ],
  ["gRPC", (baseUrl) => createGrpcTransport({ baseUrl })],
  ["gRPC-Web", (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" })],
];

const dev = { headers: { authorization: `Bearer ${devKey}` } };
const admin = { headers: { authorization: `Bearer ${adminKey}` } };

function chatOf(model: string) {
  const parts = [{ content: { case: "text", value: { text: "hello there" } } } as const];
  return { model, messages: [{ role: Role.USER, parts }] };
}

async function failure(promise: Promise<unknown>): Promise<ConnectError> {
  return promise.then(
    () => expect.unreachable("the call should fail"),
    (error: unknown) => ConnectError.from(error),
  );
}

for (const [name, create] of transports) {
  describe(`over ${name}`, () => {
    const client = <
      S extends
        | typeof ChatService
        | typeof EmbedService
        | typeof RerankService
        | typeof ModelService
        | typeof ConfigService,
    >(
      service: S,
    ) => createClient(service, create(gateway.url));

    it("a chat is answered whole, with its report", async () => {
      const { completion, report } = await client(ChatService).complete(
        { chat: chatOf("fast") },
        dev,
      );
      expect(completion?.choices[0]?.message?.parts[0]?.content).toMatchObject({
        case: "text",
        value: { text: "hello there" },
      });
      expect(report).toMatchObject({
        target: { provider: "sim", model: "echo", dialect: "sim" },
        attempts: [
          {
            end: AttemptEnd.WHOLE,
            firstTokenUs: expect.any(BigInt),
            inputTokens: 4n,
            outputTokens: 4n,
          },
        ],
      });
      expect(report?.configHash).toBe(gateway.settings().hash);
    });

    it("a chat is streamed, the report on its first message only", async () => {
      const events: (string | undefined)[] = [];
      let reports = 0;
      for await (const { event, report } of client(ChatService).streamComplete(
        { chat: chatOf("fast") },
        dev,
      )) {
        events.push(event?.event.case);
        if (report !== undefined) reports += 1;
      }
      expect(events[0]).toBe("messageStart");
      expect(events).toContain("textDelta");
      expect(events).toContain("finish");
      expect(reports).toBe(1);
    });

    it("a fallback shows in the trail", async () => {
      const { report } = await client(ChatService).complete({ chat: chatOf("shaky") }, dev);
      expect(
        report?.attempts.map(({ target, failure: reason, end }) => [target?.model, reason, end]),
      ).toEqual([
        ["error-503", ErrorReason.UPSTREAM_UNAVAILABLE, AttemptEnd.BROKEN],
        ["echo", ErrorReason.UNSPECIFIED, AttemptEnd.WHOLE],
      ]);
    });

    it("tokens are counted and vectors made", async () => {
      const count = await client(ChatService).countTokens({ chat: chatOf("fast") }, dev);
      expect(count.inputTokens).toBeGreaterThan(0n);
      expect(count.method).toBe(CountMethod.VENDOR);
      const inputs = [{ input: { case: "text", value: "hello" } } as const];
      const { result } = await client(EmbedService).embed(
        { spec: { model: "sim/embed", inputs, dimensions: 8 } },
        admin,
      );
      expect(result?.embeddings[0]?.vector).toMatchObject({
        case: "floats",
        value: { values: { length: 8 } },
      });
    });

    it("a dry run tells the targets in order and sends nothing", async () => {
      const plan = await client(ChatService).explain({ chat: chatOf("shaky") }, dev);
      expect(plan.targets.map(({ target, why }) => [target?.model, why])).toEqual([
        ["error-503", "model shaky: drawn with weight 1 of 1"],
        ["echo", "fallback fast of shaky: drawn with weight 3 of 3"],
      ]);
      expect(plan.stages).toEqual([
        "trace",
        "deadline",
        "authenticate",
        "recovery",
        "admit",
        "validate",
        "guards",
        "limits",
        "budgets",
        "route",
        "prices",
        "try_budgets",
        "health",
        "attempt_deadline",
        "json_answers",
        "tool_forms",
        "count_tokens",
        "inline_media",
        "tool_names",
        "request_parts",
        "multiple_choices",
        "split_inputs",
        "dispatch",
      ]);
      expect(plan.configHash).toBe(gateway.settings().hash);
    });

    it("a dry run tells what counts, vectors and rankings would do", async () => {
      const counted = await client(ChatService).explain(
        { chat: chatOf("fast"), countTokens: true, stream: true },
        dev,
      );
      const inputs = [{ input: { case: "text", value: "one" } } as const];
      const embedded = await client(EmbedService).explain(
        { spec: { model: "sim/embed", inputs } },
        admin,
      );
      const documents = [{ document: { case: "text", value: "one" } } as const];
      const ranked = await client(RerankService).explain(
        { spec: { model: "sim/rerank", query: "one", documents } },
        admin,
      );
      for (const [plan, model] of [
        [counted, "echo"],
        [embedded, "embed"],
        [ranked, "rerank"],
      ] as const) {
        expect(plan.targets[0]?.target).toMatchObject({ provider: "sim", model });
        expect(plan.configHash).toBe(gateway.settings().hash);
        expect(plan.stages).toContain("dispatch");
      }
      const refused = client(EmbedService).explain({ spec: { model: "no", inputs } }, admin);
      expect((await failure(refused)).code).toBe(Code.NotFound);
    });

    it("a failure has its code, its reason and its trail", async () => {
      const error = await failure(client(ChatService).complete({ chat: chatOf("broken") }, dev));
      expect(error.code).toBe(Code.ResourceExhausted);
      const [fault] = error.findDetails(FaultSchema);
      expect(fault).toMatchObject({
        reason: ErrorReason.UPSTREAM_RATE_LIMITED,
        upstreamStatus: 429,
        retryable: true,
      });
      expect(fault?.attempts).toMatchObject([
        {
          provider: "sim",
          dialect: "sim",
          end: AttemptEnd.BROKEN,
          reason: ErrorReason.UPSTREAM_RATE_LIMITED,
        },
      ]);
      expect(fault?.retryAfterMs).toBeGreaterThan(0n);
      expect(fault?.callId).toBe(error.metadata.get("x-parlance-call-id"));
    });

    it("an invalid chat is told every violation", async () => {
      const error = await failure(
        client(ChatService).complete({ chat: { ...chatOf("fast"), n: 1000, messages: [{}] } }, dev),
      );
      expect(error.code).toBe(Code.InvalidArgument);
      const fields = error.findDetails(FaultSchema)[0]?.fields.map(({ field }) => field);
      expect(fields).toEqual(["chat.messages[0].role", "chat.n"]);
    });

    const refusals: readonly (readonly [title: string, run: () => Promise<unknown>, code: Code])[] =
      [
        [
          "a call without a key",
          () => client(ChatService).complete({ chat: chatOf("fast") }),
          Code.Unauthenticated,
        ],
        [
          "a model that the key may not use",
          () => client(ChatService).complete({ chat: chatOf("spare") }, dev),
          Code.PermissionDenied,
        ],
        [
          "a dry run of it",
          () => client(ChatService).explain({ chat: chatOf("spare") }, dev),
          Code.PermissionDenied,
        ],
        [
          "a model that is none",
          () => client(ChatService).complete({ chat: chatOf("nope") }, admin),
          Code.NotFound,
        ],
        ["an empty request", () => client(ChatService).complete({}, admin), Code.InvalidArgument],
        [
          "the configuration, without the admin key",
          () => client(ConfigService).getConfig({}, dev),
          Code.PermissionDenied,
        ],
        [
          "a model's entry that the key may not see",
          () => client(ModelService).getModel({ name: "spare" }, dev),
          Code.NotFound,
        ],
      ];
    for (const [title, run, code] of refusals) {
      it(`refuses ${title}`, async () => expect((await failure(run())).code).toBe(code));
    }

    it("models are listed page by page, with their health", async () => {
      const models = client(ModelService);
      const first = await models.listModels({ pageSize: 2 }, dev);
      expect(first.models.map((model) => model.name)).toEqual(["broken", "fast"]);
      const second = await models.listModels({ pageSize: 2, pageToken: first.nextPageToken }, dev);
      expect(second).toMatchObject({
        models: [{ name: "shaky" }, { name: "sim/echo" }],
        nextPageToken: "",
      });
      const { model } = await models.getModel({ name: "fast" }, dev);
      expect(model).toMatchObject({
        description: "Quick answers",
        fallbacks: ["spare"],
        deployments: [{ provider: "sim", model: "echo", weight: 3 }],
      });
      expect(model?.deployments[0]?.health?.state).toBe(HealthState.HEALTHY);
    });

    it("the configuration is told without its secrets, and another is checked", async () => {
      const config = client(ConfigService);
      const told = await config.getConfig({}, admin);
      expect(told.hash).toBe(gateway.settings().hash);
      expect(
        JSON.stringify(told.config, (_, value) =>
          typeof value === "bigint" ? String(value) : value,
        ),
      ).not.toContain(devKey);
      const bad = await config.validateConfig({ text: "providers: { sim: { kynd: sim } }" }, admin);
      expect(bad.violations.map(({ path, line }) => [path, line])).toContainEqual([
        "providers.sim.kynd",
        1,
      ]);
      expect(
        (await config.validateConfig({ text: "providers: { sim: { kind: sim } }" }, admin))
          .violations,
      ).toEqual([]);
    });
  });
}
