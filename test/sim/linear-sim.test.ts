import { create, type Message } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { type Chat, ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import { type EmbedSpec, EmbedSpecSchema } from "../../gen/parlance/embed/v1/embedding_pb.js";
import { type RerankSpec, RerankSpecSchema } from "../../gen/parlance/rerank/v1/ranking_pb.js";
import { answerSteps } from "../../src/sim/answer-steps.ts";
import { countPromptTokens } from "../../src/sim/count-tokens.ts";
import { planAnswer } from "../../src/sim/plan-answer.ts";
import { embedInputs } from "../../src/sim/sim-embed.ts";
import { rankDocuments } from "../../src/sim/sim-rerank.ts";
import { resolveSettings } from "../../src/sim/sim-settings.ts";
import { chatSettings } from "../adapters/chat-settings.ts";
import { grownChats } from "../adapters/grown-chats.ts";
import { type GrownRequest, grownRequests } from "../adapters/grown-requests.ts";
import { embedSettings, rerankSettings } from "../adapters/spec-settings.ts";
import { expectLinear } from "../cpu-growth.ts";

/** All steps of an answer; how many there are. */
function answer(model: string, chat: Chat): number {
  const settings = resolveSettings(model, undefined);
  if (!settings.ok) throw new Error(settings.fault.message);
  const planned = planAnswer(chat, settings.value);
  let steps = 0;
  if (planned.ok)
    for (const _ of answerSteps(planned.value, { chat, model, stream: true })) steps += 1;
  return steps;
}

const fields = grownRequests({
  schema: ChatSchema,
  settings: chatSettings,
  dialect: "openai-chat",
  accepts: () => true,
});
const asked = (text: string): Chat =>
  create(ChatSchema, {
    messages: [{ role: Role.USER, parts: [{ content: { case: "text", value: { text } } }] }],
  });

const texts: readonly GrownRequest[] = [
  { title: "words", grow: (size) => asked("word ".repeat(size)) },
  { title: "letters", grow: (size) => asked("a".repeat(size * 16)) },
  { title: "blanks", grow: (size) => asked(`a${" ".repeat(size * 16)}`) },
];
const about = (what: RegExp) => fields.filter(({ title }) => what.test(title));

const uses: readonly (readonly [
  title: string,
  grown: readonly GrownRequest[],
  use: (request: Message) => unknown,
])[] = [
  [
    "an echo",
    [...texts, ...grownChats, ...about(/\[\]|stop/)],
    (chat) => answer("echo", chat as Chat),
  ],
  ["an echo with reasoning", texts, (chat) => answer("think", chat as Chat)],
  ["half an echo", texts, (chat) => answer("length", chat as Chat)],
  ["an answer in a form", about(/^response_format/), (chat) => answer("json", chat as Chat)],
  [
    "a call of a tool",
    [...texts, ...about(/^(?:all )?tool/)],
    (chat) => answer("tools", chat as Chat),
  ],
  [
    "a count of tokens",
    [...texts, ...about(/\[\] of /)],
    (chat) => countPromptTokens(chat as Chat),
  ],
  [
    "embeddings",
    grownRequests({
      schema: EmbedSpecSchema,
      settings: embedSettings,
      dialect: "cohere",
      accepts: () => true,
    }),
    (spec) => embedInputs(spec as EmbedSpec, "embed"),
  ],
  [
    "a ranking",
    grownRequests({
      schema: RerankSpecSchema,
      settings: rerankSettings,
      dialect: "cohere",
      accepts: () => true,
    }),
    (spec) => rankDocuments(spec as RerankSpec, "rerank"),
  ],
];

describe("the simulator", () => {
  for (const [title, grown, use] of uses) {
    it(`takes time for ${title} that grows with the request, whatever of it grows`, {
      timeout: 120_000,
    }, () => {
      for (const { title: what, grow } of grown) {
        expectLinear(`${title}: ${what}`, (size) => {
          const request = grow(size);
          return () => use(request);
        });
      }
    });
  }

  it("tells an answer of more events than the stack holds arguments", () => {
    expect(answer("echo", asked("word ".repeat(200_000)))).toBeGreaterThan(200_000);
  });
});
