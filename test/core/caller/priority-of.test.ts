import { create, type MessageShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { ModerationSpecSchema } from "../../../gen/parlance/moderation/v1/moderation_pb.js";
import { RerankSpecSchema } from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import { priorityOf } from "../../../src/core/caller/priority-of.ts";
import { chat } from "../../../src/core/operation.ts";

const schemas = [ChatSchema, EmbedSpecSchema, RerankSpecSchema, ModerationSpecSchema] as const;

describe("the priority of a typed call", () => {
  for (const schema of schemas)
    it(`is that of its field: ${schema.typeName}`, () => {
      const message = create(schema, { model: "m", priority: 7 });
      expect(priorityOf(typedCall(message))).toBe(7);
      expect(priorityOf(typedCall(message, "LOW"))).toBe(255);
      expect(priorityOf(typedCall(create(schema, { model: "m" })))).toBe(128);
    });

  it("is that of its body where a stage rewrote the request of a REST client", () => {
    const rewritten = typedCall(create(ChatSchema, { model: "m" }));
    expect(priorityOf({ ...rewritten, priority: 3 })).toBe(3);
  });
});

function typedCall(message: MessageShape<(typeof schemas)[number]>, header?: string) {
  const request = { operation: chat, stream: false, message: () => message };
  return { header: () => header, request };
}
