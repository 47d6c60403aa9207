import { describe, expect, it } from "vitest";
import type { Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import { anthropicMessagesFacade } from "../../../src/adapters/anthropic-messages/index.ts";
import { createConverseFacade } from "../../../src/adapters/bedrock-converse/index.ts";
import { partEnd, partWhole } from "../../../src/events/make-events.ts";

const converseFacade = createConverseFacade(anthropicMessagesFacade);

const context = { model: "m", nowUnixS: 1, callId: "c", wantsUsage: true };

function sent(facade: typeof anthropicMessagesFacade | typeof converseFacade, part: Part): string {
  const stream = facade.codecs.chat?.stream;
  if (stream === undefined) throw new Error("the facade streams no chats");
  let state = stream.begin(context);
  let text = "";
  for (const one of [partWhole(0, part), partEnd(0)]) {
    const [next, frames] = stream.encodeEvent(state as never, one);
    state = next;
    text += frames.join("");
  }
  return text;
}

const call: Part = {
  $typeName: "parlance.chat.v1.Part",
  content: {
    case: "toolCall",
    value: {
      $typeName: "parlance.chat.v1.ToolCall",
      id: "t",
      name: "f",
      signature: "",
      input: { case: "text", value: 'say "hi"' },
    },
  },
};
const cited: Part = {
  $typeName: "parlance.chat.v1.Part",
  content: {
    case: "text",
    value: {
      $typeName: "parlance.chat.v1.Text",
      text: "ok",
      citations: [
        {
          $typeName: "parlance.chat.v1.Citation",
          title: "a title",
          location: { case: undefined },
          citedText: "said",
          source: {
            case: "web",
            value: {
              $typeName: "parlance.chat.v1.WebSource",
              url: "https://a.example/",
              encryptedIndex: "",
            },
          },
        },
      ],
    },
  },
};

const facades = [anthropicMessagesFacade, converseFacade] as const;

describe("a whole part in a stream", () => {
  for (const facade of facades) {
    it(`of free input is sent in deltas to clients of ${facade.name}`, () => {
      const text = sent(facade, call);
      expect(text).toContain(JSON.stringify(JSON.stringify('say "hi"').slice(1, -1)));
      expect(text).toMatch(/content_?[bB]lock_?[sS]top/);
    });
    it(`keeps its citations for clients of ${facade.name}`, () => {
      expect(sent(facade, cited)).toContain("https://a.example/");
    });
  }
});
