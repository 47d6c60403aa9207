import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { ToolChoiceMode } from "../../../gen/parlance/chat/v1/tool_pb.js";
import { EmbedEncoding, EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { RerankSpecSchema } from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import { createCatalog } from "../../../src/adapters/catalog/catalog.ts";
import { openAiChat as openAiChatDialect } from "../../../src/adapters/openai-chat/index.ts";
import { createWatsonx } from "../../../src/adapters/watsonx/index.ts";
import type { Decoded, Encoded } from "../../../src/core/dialect.ts";
import { vendorSide } from "../sides.ts";

const openAiChat = vendorSide(openAiChatDialect);

const watsonx = vendorSide(createWatsonx(openAiChat));
const { embed, rerank } = watsonx;
const rowQuirks = createCatalog().get("watsonx")?.quirks ?? {};

type ChatInit = MessageInitShape<typeof ChatSchema>;

function optionsOf(
  variables: Record<string, string> = { project_id: "p" },
  model = "ibm/granite",
  stream = false,
) {
  return { model, stream, quirks: { ...rowQuirks, variables } };
}

function sent(encoded: Decoded<Encoded>) {
  if (!encoded.ok) throw new Error(encoded.fault.message);
  const { request, report } = encoded.value;
  const told = report.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`);
  return { path: request.path, body: JSON.parse(String(request.body)), report: told };
}

const messages = [
  { role: Role.USER, parts: [{ content: { case: "text", value: { text: "one" } } as const }] },
];
const said = [{ role: "user", content: "one" }];
const tool = (name: string) => ({ tool: { case: "function", value: { name } } as const });
const printed = (name: string) => ({ type: "function", function: { name } });

describe("a chat of watsonx", () => {
  const scoped = { model_id: "ibm/granite", project_id: "p", messages: said };
  const cases: readonly (readonly [
    title: string,
    chat: ChatInit,
    body: object,
    report: readonly string[],
  ])[] = [
    ["names its project", {}, scoped, []],
    [
      "says a choice by a word under a name of its own",
      {
        tools: [tool("a")],
        toolChoice: { choice: { case: "mode", value: ToolChoiceMode.REQUIRED } },
      },
      { ...scoped, tools: [printed("a")], tool_choice_option: "required" },
      [],
    ],
    [
      "says the choice of a tool as OpenAI does",
      { tools: [tool("a")], toolChoice: { choice: { case: "name", value: "a" } } },
      { ...scoped, tools: [printed("a")], tool_choice: printed("a") },
      [],
    ],
    [
      "leaves out tools that are not to be chosen",
      {
        tools: [tool("a"), tool("b")],
        toolChoice: {
          choice: { case: "allowed", value: { mode: ToolChoiceMode.AUTO, names: ["b"] } },
        },
      },
      { ...scoped, tools: [printed("b")], tool_choice_option: "auto" },
      ["tool_choice.allowed EMULATED"],
    ],
    [
      "keeps tools of free text that are to be chosen",
      {
        tools: [tool("a"), { tool: { case: "custom", value: { name: "b" } } }],
        toolChoice: {
          choice: { case: "allowed", value: { mode: ToolChoiceMode.AUTO, names: ["b"] } },
        },
      },
      { ...scoped, tools: [{ type: "custom", custom: { name: "b" } }], tool_choice_option: "auto" },
      ["tool_choice.allowed EMULATED"],
    ],
    [
      "reports what the vendor has nothing for",
      {
        user: "u",
        store: true,
        metadata: { a: "b" },
        sampling: { topK: 4, repetitionPenalty: 1.5 },
      },
      { ...scoped, repetition_penalty: 1.5 },
      ["sampling.top_k DROPPED", "store DROPPED", "user DROPPED", "metadata DROPPED"],
    ],
    [
      "sends extras whatever the row says",
      { extrasJson: { "openai-chat": '{"user":"u","guided_choice":["a"]}' } },
      { ...scoped, user: "u", guided_choice: ["a"] },
      [],
    ],
  ];
  for (const [title, chat, body, report] of cases) {
    it(title, () => {
      const asked = create(ChatSchema, { model: "m", messages, ...chat });
      expect(sent(watsonx.encodeRequest(asked, optionsOf()))).toEqual({
        path: "/ml/v1/text/chat?version=2025-02-06",
        body,
        report,
      });
    });
  }

  const scopes: readonly (readonly [
    variables: Record<string, string>,
    model: string,
    path: string,
    scope: object,
  ])[] = [
    [
      { space_id: "s" },
      "m",
      "/ml/v1/text/chat_stream?version=2025-02-06",
      { model_id: "m", space_id: "s" },
    ],
    [
      { project_id: "p", space_id: "s", api_version: "2026-01-01" },
      "m",
      "/ml/v1/text/chat_stream?version=2026-01-01",
      { model_id: "m", project_id: "p" },
    ],
    [
      { project_id: "p" },
      "deployment/d/1",
      "/ml/v1/deployments/d%2F1/text/chat_stream?version=2025-02-06",
      {},
    ],
  ];
  for (const [variables, model, path, scope] of scopes) {
    it(`of ${model} with ${JSON.stringify(variables)} is asked for at ${path}`, () => {
      const asked = create(ChatSchema, { model: "x", messages });
      const { body, ...rest } = sent(
        watsonx.encodeRequest(asked, optionsOf(variables, model, true)),
      );
      expect([rest.path, body]).toEqual([path, { ...scope, messages: said }]);
    });
  }

  it("streams up to a frame that closes", () => {
    const frames = [
      [
        "message",
        { id: "c", model_id: "m", model: "m", choices: [{ index: 0, delta: { content: "hé" } }] },
      ],
      ["message", { id: "c", choices: [{ index: 0, finish_reason: "stop", delta: {} }] }],
      [
        "message",
        {
          id: "c",
          choices: [],
          usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
        },
      ],
      ["close", {}],
    ] as const;
    let state = watsonx.begin();
    const cases: string[] = [];
    for (const [event, data] of frames) {
      const step = watsonx.decodeEvent(state, { event, data: Buffer.from(JSON.stringify(data)) });
      if (!step.ok) throw new Error(step.fault.message);
      state = step.state;
      cases.push(...step.events.map(({ event: { case: name } }) => String(name)));
    }
    expect(watsonx.end(state).ok).toBe(true);
    expect(cases).toEqual(["messageStart", "textDelta", "finish", "usage"]);
  });

  it("fails in the middle of a stream as the vendor says", () => {
    const data = {
      errors: [{ code: "rate_limit_exceeded", message: "slow" }],
      status_code: 429,
      trace: "t",
    };
    const frame = { event: "error", data: Buffer.from(JSON.stringify(data)) };
    const fault = { reason: ErrorReason.UPSTREAM_RATE_LIMITED, message: "slow" };
    expect(watsonx.decodeEvent(watsonx.begin(), frame)).toMatchObject({ ok: false, fault });
    expect(watsonx.passthrough.watch(false).see(frame)).toMatchObject({ forward: false, fault });
    expect(watsonx.end(watsonx.begin())).toMatchObject({
      ok: false,
      fault: { reason: ErrorReason.UPSTREAM_CUT },
    });
  });
});

describe("vectors of watsonx", () => {
  it("are asked for with what the vendor knows, and the rest is reported", () => {
    const inputs = [{ input: { case: "text", value: "a" } as const }];
    const spec = {
      dimensions: 3,
      user: "u",
      inputType: "q",
      truncate: "512",
      encoding: EmbedEncoding.INT8,
    };
    const asked = create(EmbedSpecSchema, {
      model: "m",
      inputs,
      ...spec,
      extrasJson: { watsonx: '{"x":1.0}' },
    });
    expect(sent(embed.encodeRequest(asked, optionsOf()))).toEqual({
      path: "/ml/v1/text/embeddings?version=2025-02-06",
      body: {
        model_id: "ibm/granite",
        project_id: "p",
        inputs: ["a"],
        parameters: { truncate_input_tokens: 512 },
        x: 1,
      },
      report: [
        "truncate MAPPED",
        "encoding DROPPED",
        "dimensions DROPPED",
        "user DROPPED",
        "input_type DROPPED",
      ],
    });
  });

  it("are refused for what is no text", () => {
    const spec = create(EmbedSpecSchema, {
      model: "m",
      inputs: [{ input: { case: "tokens", value: { ids: [1] } } }],
    });
    const encoded = embed.encodeRequest(spec, optionsOf());
    expect(encoded).toMatchObject({
      ok: false,
      fault: { fields: [{ field: "inputs[0].tokens" }] },
    });
  });

  it("are read with what they took", () => {
    const answer = {
      model_id: "m",
      results: [{ embedding: [1, 2] }],
      input_token_count: 4,
      created_at: "x",
    };
    expect(embed.decodeResponse(answer)).toMatchObject({
      ok: true,
      value: {
        model: "m",
        embeddings: [{ vector: { value: { values: [1, 2] } } }],
        usage: { inputTokens: 4n },
      },
    });
  });
});

describe("rankings of watsonx", () => {
  it("are asked for and read in the vendor's words", () => {
    const documents = [
      { document: { case: "text", value: "a" } as const },
      { document: { case: "objectJson", value: '{"t":1}' } as const },
    ];
    const asked = create(RerankSpecSchema, {
      model: "m",
      query: "q",
      documents,
      topN: 9,
      maxTokensPerDoc: 5,
      rankFields: ["t"],
    });
    expect(sent(rerank.encodeRequest(asked, optionsOf()))).toEqual({
      path: "/ml/v1/text/rerank?version=2025-02-06",
      body: {
        model_id: "ibm/granite",
        project_id: "p",
        query: "q",
        inputs: [{ text: "a" }, { text: '{"t":1}' }],
        parameters: { truncate_input_tokens: 5, return_options: { top_n: 2 } },
      },
      report: [
        "documents[1].object_json MAPPED",
        "max_tokens_per_doc MAPPED",
        "top_n MAPPED",
        "rank_fields DROPPED",
      ],
    });
    const answer =
      '{"model_id":"m","results":[{"index":1,"score":-2.5,"input":{"text":"b"}}],"input_token_count":3}';
    expect(rerank.decodeResponse(JSON.parse(answer), Buffer.from(answer))).toMatchObject({
      ok: true,
      value: {
        results: [{ index: 1, relevanceScore: -2.5, document: { document: { value: "b" } } }],
        usage: { inputTokens: 3n },
      },
    });
  });
});

describe("an error of watsonx", () => {
  const cases: readonly (readonly [status: number, body: string, reason: ErrorReason])[] = [
    [
      404,
      '{"errors":[{"code":"model_not_supported","message":"no"}],"trace":"t1","status_code":404}',
      ErrorReason.UPSTREAM_NOT_FOUND,
    ],
    [
      401,
      '{"errors":[{"code":"authentication_token_expired","message":"old"}],"trace":"t1"}',
      ErrorReason.UPSTREAM_UNAUTHENTICATED,
    ],
    [
      429,
      '{"errors":[{"code":"rate_limit_reached_requests","message":"slow"}],"trace":"t1"}',
      ErrorReason.UPSTREAM_RATE_LIMITED,
    ],
    [
      503,
      '{"errors":[{"code":"downstream_request_failed","message":"gone"}],"trace":"t1"}',
      ErrorReason.UPSTREAM_UNAVAILABLE,
    ],
    [502, "<html>bad gateway</html>", ErrorReason.UPSTREAM_UNAVAILABLE],
    [400, "", ErrorReason.UPSTREAM_INVALID_REQUEST],
  ];
  for (const [status, body, reason] of cases) {
    it(`tells of ${ErrorReason[reason]} by status ${status} and ${body === "" ? "nothing" : body}`, () => {
      const fault = watsonx.decodeError(status, {}, Buffer.from(body));
      expect(fault).toMatchObject({ reason, upstreamStatus: status });
      expect(fault.upstreamRequestId).toBe(body.includes("t1") ? "t1" : undefined);
      expect(fault.message).not.toBe("");
    });
  }

  it("and garbage are values, never throws", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 2 }), (value) => {
        for (const text of [
          JSON.stringify(value),
          JSON.stringify({ errors: value, results: value, choices: value }),
        ]) {
          const body = Buffer.from(text);
          embed.decodeResponse(JSON.parse(text));
          rerank.decodeResponse(JSON.parse(text), body);
          watsonx.decodeResponse(JSON.parse(text), body);
          watsonx.decodeEvent(watsonx.begin(), { event: "message", data: body });
          watsonx.decodeError(500, {}, body);
        }
      }),
    );
  });
});
