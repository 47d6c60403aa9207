import {
  type DescMessage,
  fromBinary,
  fromJson,
  type Message,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { describe, it } from "vitest";
import { ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { EmbedSpecSchema } from "../../gen/parlance/embed/v1/embedding_pb.js";
import { RerankSpecSchema } from "../../gen/parlance/rerank/v1/ranking_pb.js";
import { expectLinear } from "../cpu-growth.ts";
import { chatSettings } from "./chat-settings.ts";
import { grownChats } from "./grown-chats.ts";
import { type GrownRequest, grownRequests } from "./grown-requests.ts";
import { embedSettings, rerankSettings } from "./spec-settings.ts";

interface Typed {
  readonly schema: DescMessage;
  readonly settings: (path: string) => readonly Message[];
  readonly chats: readonly GrownRequest[];
}

const typed: readonly Typed[] = [
  { schema: ChatSchema, settings: chatSettings, chats: grownChats },
  { schema: EmbedSpecSchema, settings: embedSettings, chats: [] },
  { schema: RerankSpecSchema, settings: rerankSettings, chats: [] },
];

/** Texts are copied or looked at natively: lists and maps are what can go wrong. */
function grownOf({ schema, settings, chats }: Typed): readonly GrownRequest[] {
  const fields = grownRequests({ schema, settings, dialect: "openai-chat", accepts: () => true });
  return fields.filter(({ title }) => /\[\] of |^all |\{\}$/.test(title)).concat(chats);
}

const validator = createValidator();

for (const request of typed) {
  const { schema } = request;
  type Use = (message: Message) => () => unknown;
  const uses: readonly (readonly [title: string, size: number, use: Use])[] = [
    [
      "is read from JSON",
      400,
      (message) => {
        const json = toJson(schema, message);
        return () => fromJson(schema, json);
      },
    ],
    [
      "is read from bytes",
      400,
      (message) => {
        const bytes = toBinary(schema, message);
        return () => fromBinary(schema, bytes);
      },
    ],
    ["is told which rules it breaks", 120, (message) => () => validator.validate(schema, message)],
  ];
  describe(`a message ${schema.typeName}`, () => {
    for (const [title, size, use] of uses) {
      it(`${title} in time that grows with it, whatever of it grows`, { timeout: 300_000 }, () => {
        for (const { title: what, grow } of grownOf(request)) {
          expectLinear(`${what} ${title}`, (count) => use(grow(count)), { size });
        }
      });
    }
  });
}
