import { create, type DescMessage, type Message, type MessageShape } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ListModelsRequestSchema } from "../../gen/parlance/admin/v1/model_service_pb.js";
import { ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import { ConfigSchema } from "../../gen/parlance/config/v1/config_pb.js";
import { EmbedSpecSchema } from "../../gen/parlance/embed/v1/embedding_pb.js";
import { createObeysRules } from "../../src/validation/obeys-rules.ts";
import { createLazyValidator } from "../../src/validation/validator.ts";
import { messageArbitrary } from "../arbitraries/message.ts";

const obeys = createObeysRules();
const full = createValidator();
const lazy = createLazyValidator();
const text = { content: { case: "text", value: { text: "Hello" } } } as const;
const user = { role: Role.USER, parts: [text] };

describe("the quick test of rules", () => {
  const roots: readonly DescMessage[] = [
    ChatSchema,
    EmbedSpecSchema,
    ConfigSchema,
    ListModelsRequestSchema,
  ];
  for (const schema of reachable(roots)) {
    it(`accepts no ${schema.typeName} that protovalidate refuses`, () => {
      fc.assert(
        fc.property(messageArbitrary(schema), (message) => {
          if (obeys(schema, message)) expect(full.validate(schema, message).kind).toBe("valid");
        }),
      );
    });
  }

  const good: readonly [string, Message, DescMessage][] = [
    ["a chat", create(ChatSchema, { model: "m", messages: [user] }), ChatSchema],
    [
      "a chat with knobs",
      create(ChatSchema, { model: "m", messages: [user], n: 128, sampling: { topP: 1 } }),
      ChatSchema,
    ],
    [
      "a chat with labels",
      create(ChatSchema, { model: "m", messages: [user], metadata: { a: "b" }, tags: ["t"] }),
      ChatSchema,
    ],
    ["an empty config", create(ConfigSchema), ConfigSchema],
    ["a config", configOf("dev-1", "fast", "local/tiny"), ConfigSchema],
    ["a page request", create(ListModelsRequestSchema, { pageSize: 10 }), ListModelsRequestSchema],
  ];
  for (const [title, message, schema] of good) {
    it(`is sure of ${title}, so that protovalidate is not needed`, () => {
      expect(obeys(schema, message)).toBe(true);
    });
  }

  const bad: readonly [string, Message, DescMessage][] = [
    ["min_len", create(ChatSchema, { messages: [user] }), ChatSchema],
    [
      "max_bytes in bytes",
      create(ChatSchema, { model: "é".repeat(257), messages: [user] }),
      ChatSchema,
    ],
    ["min_items", create(ChatSchema, { model: "m" }), ChatSchema],
    ["lte", create(ChatSchema, { model: "m", messages: [user], n: 129 }), ChatSchema],
    ["gte", create(ChatSchema, { model: "m", messages: [user], n: 0 }), ChatSchema],
    [
      "numbers that are none",
      create(ChatSchema, { model: "m", messages: [user], sampling: { topP: Number.NaN } }),
      ChatSchema,
    ],
    [
      "defined_only",
      create(ChatSchema, { model: "m", messages: [{ role: 99 as Role, parts: [text] }] }),
      ChatSchema,
    ],
    ["not_in", create(ChatSchema, { model: "m", messages: [{ parts: [text] }] }), ChatSchema],
    [
      "oneofs that are required",
      create(ChatSchema, { model: "m", messages: [{ role: Role.USER, parts: [{}] }] }),
      ChatSchema,
    ],
    [
      "keys of maps",
      create(ChatSchema, { model: "m", messages: [user], metadata: { "": "b" } }),
      ChatSchema,
    ],
    [
      "values of maps",
      create(ChatSchema, { model: "m", messages: [user], metadata: { a: "b".repeat(8193) } }),
      ChatSchema,
    ],
    ["items", create(ChatSchema, { model: "m", messages: [user], tags: [""] }), ChatSchema],
    [
      "enums in lists",
      create(ChatSchema, { model: "m", messages: [user], modalities: [0] }),
      ChatSchema,
    ],
    ["pattern", configOf("dev 1", "fast", "local/tiny"), ConfigSchema],
    ["patterns that end with a line", configOf("dev", "fast\n", "local/tiny"), ConfigSchema],
    ["patterns with white space", configOf("dev", "fast", "local/ti\tny"), ConfigSchema],
    ["unique", create(ConfigSchema, { keys: [{ name: "a", models: ["m", "m"] }] }), ConfigSchema],
    [
      "durations",
      create(ConfigSchema, { server: { drainGrace: { seconds: -1n, nanos: 0 } } }),
      ConfigSchema,
    ],
  ];
  for (const [title, message, schema] of bad) {
    it(`sees breaches of ${title}`, () => {
      expect(full.validate(schema, message).kind).toBe("invalid");
      expect(obeys(schema, message)).toBe(false);
    });
  }

  it("is not sure of a message of another type", () => {
    expect(obeys(ChatSchema, create(ConfigSchema))).toBe(false);
  });
});

describe("the validator that loads protovalidate when it is needed", () => {
  it("tells what protovalidate tells", () => {
    const message = create(ChatSchema, { n: 1000 });
    const told = (result: ReturnType<typeof lazy.validate<typeof ChatSchema>>) =>
      result.kind === "invalid" ? result.violations.map(String) : result.kind;
    expect(told(lazy.validate(ChatSchema, message))).toEqual(
      told(full.validate(ChatSchema, message)),
    );
  });
});

/** The types and all that they hold, so that each is met often in a state that is good. */
function reachable(roots: readonly DescMessage[]): ReadonlySet<DescMessage> {
  const found = new Set(roots);
  for (const desc of found) {
    for (const { message } of desc.fields) {
      if (message !== undefined && !message.typeName.startsWith("google.")) found.add(message);
    }
  }
  return found;
}

function configOf(
  provider: string,
  name: string,
  model: string,
): MessageShape<typeof ConfigSchema> {
  return create(ConfigSchema, {
    providers: {
      [provider]: {
        kind: "openai",
        baseUrl: "http://127.0.0.1:1/v1",
        apiKey: { source: { case: "env", value: "KEY" } },
        timeouts: { connect: { seconds: 1n, nanos: 0 } },
      },
    },
    models: [{ name, targets: [{ model, weight: 1 }] }],
    keys: [{ name: "dev", value: { source: { case: "value", value: "secret-of-the-key" } } }],
  });
}
