import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { loadEveryDialect } from "../../src/adapters/dialects.ts";
import { codecOf } from "../../src/core/dialect.ts";
import { chat } from "../../src/core/operation.ts";

const loaded = await loadEveryDialect();

const ids = {
  "openai-chat": "file-6F2ksmvXxt4VdoqmHRw6kL",
  "openai-responses": "file-6F2ksmvXxt4VdoqmHRw6kL",
  "anthropic-messages": "file_011CNha8iCJcU1wXNR6q4V8w",
  gemini: "files/abc-123",
} as const;
const unknownForm = "3f1c9a6e-uuid";

/** What a vendor of a dialect is sent of a file by id, or why it is not sent. */
function encode(dialect: string, kind: "document" | "image", id: string) {
  const codec = codecOf(loaded.get(dialect) ?? raise(dialect), chat) ?? raise(dialect);
  const source = { case: "fileId", value: id } as const;
  const content =
    kind === "image"
      ? ({ case: "image", value: { source } } as const)
      : ({ case: "document", value: { source } } as const);
  const request = create(ChatSchema, {
    model: "m",
    messages: [{ role: Role.USER, parts: [{ content }] }],
  });
  return codec.encodeRequest(request, { model: "m", stream: false, quirks: {} });
}

function raise(dialect: string): never {
  throw new Error(dialect);
}

describe("a file by an id that a typed caller names", () => {
  for (const [dialect, own] of Object.entries(ids)) {
    const kinds =
      dialect === "openai-chat" ? (["document"] as const) : (["document", "image"] as const);
    for (const kind of kinds) {
      for (const id of [own, unknownForm])
        it(`${id} is sent to ${dialect} as ${kind}`, () => {
          const encoded = encode(dialect, kind, id);
          expect(encoded.ok && String(encoded.value.request.body)).toContain(id);
        });

      for (const id of new Set(Object.values(ids).filter((other) => other !== own)))
        it(`${id} is refused for ${dialect} as ${kind}`, () => {
          const field = `messages[0].parts[0].${kind}.file_id`;
          expect(encode(dialect, kind, id)).toMatchObject({
            ok: false,
            fault: {
              reason: ErrorReason.UNSUPPORTED,
              fields: [{ field, message: expect.stringContaining("send its bytes") }],
            },
          });
        });
    }
  }
});
