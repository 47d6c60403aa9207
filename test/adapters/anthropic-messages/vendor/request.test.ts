import type { MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import type { ChatSchema } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { Verbosity } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { anthropicMessages as anthropicMessagesDialect } from "../../../../src/adapters/anthropic-messages/index.ts";
import { vendorSide } from "../../sides.ts";
import { assistant, call, chatOf, result, send, system, text, user } from "../encode-chat.ts";
import { unwrap } from "../wire-frames.ts";

const anthropicMessages = vendorSide(anthropicMessagesDialect);

type ChatInit = MessageInitShape<typeof ChatSchema>;

const bytes = Buffer.from("PNG");

describe("the prompt of a request", () => {
  const conversations: readonly (readonly [
    title: string,
    chat: ChatInit,
    expected: object,
    report: readonly string[],
  ])[] = [
    [
      "sends leading instructions as system, plain ones as a string",
      { messages: [system("Be brief."), user("hi")] },
      { system: "Be brief.", messages: [{ role: "user", content: "hi" }] },
      [],
    ],
    [
      "sends several instructions, also of a developer, as blocks",
      { messages: [system("A"), { role: Role.DEVELOPER, parts: [text("B")] }, user("hi")] },
      {
        system: [
          { type: "text", text: "A" },
          { type: "text", text: "B" },
        ],
      },
      ["messages[1].role MAPPED"],
    ],
    [
      "moves a later instruction to system for a model that takes none in place",
      { messages: [system("A"), user("hi"), system("B"), assistant("yo"), user("go")] },
      {
        system: [
          { type: "text", text: "A" },
          { type: "text", text: "B" },
        ],
        messages: [
          { role: "user", content: "hi" },
          { role: "assistant", content: "yo" },
          { role: "user", content: "go" },
        ],
      },
      ["messages[2] MAPPED"],
    ],
    [
      "asks instructions alone as a user turn",
      { messages: [system("Write a poem.")] },
      { messages: [{ role: "user", content: "Write a poem." }] },
      ["messages MAPPED"],
    ],
    [
      "puts results of tools before the user's words, in one turn",
      {
        messages: [
          user("hi"),
          assistant(call("t1", "f", '{"z":1,"a":2}'), call("t2", "f", "")),
          result("t1", "one"),
          result("t2", "two"),
          user("and?"),
        ],
      },
      {
        messages: [
          { role: "user", content: "hi" },
          {
            role: "assistant",
            content: [
              { type: "tool_use", id: "t1", name: "f", input: { z: 1, a: 2 } },
              { type: "tool_use", id: "t2", name: "f", input: {} },
            ],
          },
          {
            role: "user",
            content: [
              { type: "tool_result", tool_use_id: "t1", content: "one" },
              { type: "tool_result", tool_use_id: "t2", content: "two" },
              { type: "text", text: "and?" },
            ],
          },
        ],
      },
      [],
    ],
    [
      "keeps consecutive messages of one role apart",
      { messages: [user("a"), user("b")] },
      {
        messages: [
          { role: "user", content: "a" },
          { role: "user", content: "b" },
        ],
      },
      [],
    ],
    [
      "leaves out empty text and messages of nothing else, and says so",
      { messages: [user("hi", ""), assistant(" \n"), user("go")] },
      {
        messages: [
          { role: "user", content: "hi" },
          { role: "user", content: "go" },
        ],
      },
      [
        "messages[0].parts[1].text DROPPED",
        "messages[1].parts[0].text DROPPED",
        "messages[1] DROPPED",
      ],
    ],
    [
      "does not know names of speakers",
      { messages: [{ role: Role.USER, parts: [text("hi")], name: "Ann" }] },
      { messages: [{ role: "user", content: "hi" }] },
      ["messages[0].name DROPPED"],
    ],
  ];
  for (const [title, chat, expected, report] of conversations) {
    it(title, () => {
      const sent = send(chatOf(chat));
      expect(sent.body).toMatchObject(expected);
      expect(sent.report).toEqual(report);
    });
  }

  it("keeps a later instruction in place where the model takes it, after a user and before the model", () => {
    const chat = chatOf({
      messages: [user("hi"), system("B"), system("C"), assistant("yo"), system("D"), user("go")],
    });
    const sent = send(chat, "claude-opus-4-8");
    expect(sent.body).toMatchObject({
      system: "D",
      messages: [
        { role: "user" },
        { role: "system", content: [{ text: "B" }, { text: "C" }] },
        { role: "assistant" },
        { role: "user" },
      ],
    });
    expect(sent.report).toEqual(["messages[4] MAPPED"]);
  });
});

describe("what cannot be asked", () => {
  const refusals: readonly (readonly [
    title: string,
    chat: ChatInit,
    field: string,
    reason: ErrorReason,
  ])[] = [
    ["several answers", { n: 2 }, "n", ErrorReason.UNSUPPORTED],
    [
      "video",
      {
        messages: [
          user({ content: { case: "video", value: { source: { case: "url", value: "u" } } } }),
        ],
      },
      "messages[0].parts[0].video",
      ErrorReason.UNSUPPORTED,
    ],
    [
      "sound",
      {
        messages: [
          user({ content: { case: "audio", value: { source: { case: "data", value: bytes } } } }),
        ],
      },
      "messages[0].parts[0].audio",
      ErrorReason.UNSUPPORTED,
    ],
    [
      "pictures as instructions",
      {
        messages: [
          {
            role: Role.SYSTEM,
            parts: [{ content: { case: "image", value: { source: { case: "url", value: "u" } } } }],
          },
        ],
      },
      "messages[0].parts[0]",
      ErrorReason.UNSUPPORTED,
    ],
    [
      "a schema that is not an object",
      { tools: [{ tool: { case: "function", value: { name: "f", parametersJson: "[" } } }] },
      "tools[0].function.parameters_json",
      ErrorReason.INVALID_REQUEST,
    ],
    [
      "an opaque block that is not JSON",
      {
        messages: [
          user({
            content: {
              case: "opaque",
              value: { dialect: "anthropic-messages", json: '{},"x":{}' },
            },
          }),
        ],
      },
      "messages[0].parts[0].opaque.json",
      ErrorReason.INVALID_REQUEST,
    ],
    [
      "extras that are not an object",
      { extrasJson: { "anthropic-messages": "[]" } },
      'extras_json["anthropic-messages"]',
      ErrorReason.INVALID_REQUEST,
    ],
    [
      "a tool of the reserved name",
      { tools: [{ tool: { case: "function", value: { name: "json_tool_call" } } }] },
      "tools[0].function.name",
      ErrorReason.UNSUPPORTED,
    ],
  ];
  for (const [title, chat, field, reason] of refusals) {
    it(`is refused with the field: ${title}`, () => {
      const encoded = anthropicMessages.encodeRequest(chatOf(chat), {
        model: "claude-opus-4-6",
        stream: false,
        quirks: {},
      });
      expect(encoded).toMatchObject({ ok: false, fault: { reason, fields: [{ field }] } });
    });
  }
});

describe("knobs of a request", () => {
  const knobs: readonly (readonly [
    title: string,
    chat: ChatInit,
    expected: object,
    report: readonly string[],
    model?: string,
  ])[] = [
    ["bounds the answer where nobody does", {}, { max_tokens: 32000 }, []],
    [
      "bounds the answer of an old model by what it can",
      {},
      { max_tokens: 4096 },
      [],
      "claude-3-haiku-20240307",
    ],
    ["passes a bound on", { maxOutputTokens: 7 }, { max_tokens: 7 }, []],
    [
      "clamps temperature",
      { sampling: { temperature: 1.5 } },
      { temperature: 1 },
      ["sampling.temperature CLAMPED"],
    ],
    ["passes 0 on", { sampling: { temperature: 0, topK: 0 } }, { temperature: 0, top_k: 0 }, []],
    [
      "sends temperature alone to a model that takes one of temperature and top_p",
      { sampling: { temperature: 0.5, topP: 0.5 } },
      { temperature: 0.5, top_p: undefined },
      ["sampling.top_p DROPPED"],
      "claude-sonnet-4-5",
    ],
    [
      "sends no sampling knobs to a model that takes none",
      { sampling: { temperature: 0.5, topP: 0.5, topK: 3, stop: ["x"] } },
      { temperature: undefined, top_p: undefined, top_k: undefined, stop_sequences: ["x"] },
      ["sampling.temperature DROPPED", "sampling.top_p DROPPED", "sampling.top_k DROPPED"],
      "claude-opus-5",
    ],
    [
      "leaves out stop texts of blanks",
      { sampling: { stop: ["a", " \n"] } },
      { stop_sequences: ["a"] },
      ["sampling.stop[1] DROPPED"],
    ],
    [
      "reports what the vendor has nothing for",
      {
        sampling: {
          minP: 0,
          seed: 1n,
          frequencyPenalty: 0,
          presencePenalty: 0,
          repetitionPenalty: 1,
          logprobs: true,
          topLogprobs: 2,
          logitBias: { "1": 1 },
        },
        verbosity: Verbosity.LOW,
        store: false,
        promptCacheKey: "k",
        previousResponseId: "r",
        metadata: { a: "b" },
        prediction: { content: [{ text: "x" }] },
        audioOutput: { voice: "v" },
        modalities: [1, 2],
      },
      { messages: [{ role: "user", content: "hi" }] },
      [
        "sampling.min_p DROPPED",
        "sampling.frequency_penalty DROPPED",
        "sampling.presence_penalty DROPPED",
        "sampling.repetition_penalty DROPPED",
        "sampling.seed DROPPED",
        "sampling.logprobs DROPPED",
        "sampling.top_logprobs DROPPED",
        "sampling.logit_bias DROPPED",
        "metadata DROPPED",
        "audio_output DROPPED",
        "prediction DROPPED",
        "verbosity DROPPED",
        "store MAPPED",
        "prompt_cache_key DROPPED",
        "previous_response_id DROPPED",
        "modalities DROPPED",
      ],
    ],
    [
      "tells the user",
      { user: "u", safetyIdentifier: "s" },
      { metadata: { user_id: "u" } },
      ["safety_identifier DROPPED"],
    ],
    [
      "tells the safety identifier as the user",
      { safetyIdentifier: "s" },
      { metadata: { user_id: "s" } },
      ["safety_identifier MAPPED"],
    ],
    [
      "passes its own tiers on",
      { serviceTier: "standard_only" },
      { service_tier: "standard_only" },
      [],
    ],
    [
      "maps another vendor's tier",
      { serviceTier: "priority" },
      { service_tier: "auto" },
      ["service_tier MAPPED"],
    ],
    [
      "drops an unknown tier",
      { serviceTier: "flex" },
      { service_tier: undefined },
      ["service_tier DROPPED"],
    ],
    [
      "merges extras into the body, object by object",
      {
        user: "u",
        extrasJson: {
          "anthropic-messages": '{"metadata":{"x":1.0},"speed":"fast"}',
          "openai-chat": '{"a":1}',
        },
      },
      { metadata: { user_id: "u", x: 1 }, speed: "fast", a: undefined },
      ['extras_json["openai-chat"] DROPPED'],
    ],
  ];
  for (const [title, chat, expected, report, model] of knobs) {
    it(title, () => {
      const sent = send(chatOf(chat), model);
      expect(JSON.parse(JSON.stringify(expected))).toEqual(
        Object.fromEntries(
          Object.keys(expected)
            .filter((key) => sent.body[key] !== undefined)
            .map((key) => [key, sent.body[key]]),
        ),
      );
      expect([...sent.report].sort()).toEqual([...report].sort());
    });
  }

  it("goes to the messages path with the version, asks for a stream, and sends betas as a header", () => {
    const chat = chatOf({ extrasJson: { "anthropic-messages": '{"betas":["a-1","b-2"],"x":1}' } });
    const { request } = unwrap(
      anthropicMessages.encodeRequest(chat, { model: "m", stream: true, quirks: {} }),
    );
    expect(request).toMatchObject({
      method: "POST",
      path: "/v1/messages",
      headers: [
        "content-type",
        "application/json",
        "anthropic-version",
        "2023-06-01",
        "anthropic-beta",
        "a-1,b-2",
      ],
    });
    expect(JSON.parse(String(request.body))).toMatchObject({ stream: true, x: 1 });
    expect(String(request.body)).not.toContain("betas");
  });

  it("honours quirks over what the model's name says", () => {
    const chat = chatOf({ sampling: { temperature: 0.5 } });
    expect(
      send(chat, "claude-opus-5", { samplingKnobs: true, defaultMaxTokens: 99 }).body,
    ).toMatchObject({
      temperature: 0.5,
      max_tokens: 99,
    });
  });
});
