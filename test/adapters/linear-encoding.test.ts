import { describe, expect, it } from "vitest";
import { loadEveryDialect } from "../../src/adapters/dialects.ts";
import { expectLinear } from "../cpu-growth.ts";
import { type Operation, operationsOf, targets, unknownTarget } from "./dialect-operations.ts";
import { grownChats } from "./grown-chats.ts";
import { type GrownRequest, grownRequests } from "./grown-requests.ts";

/**
 * What requests of an operation grow by: by every field of the contract, and by chats whose parts
 * belong together.
 */
function grownOf(key: string, { fidelity, settings, encode }: Operation): readonly GrownRequest[] {
  if (fidelity === undefined) return [];
  const { schema, dialect } = fidelity;
  const chats = fidelity.schema.typeName === "parlance.chat.v1.Chat" ? grownChats : [];
  // The dialect of a host adds a few lines to the one inside, which has every field.
  if (dialect !== key) return chats;
  return [
    ...grownRequests({ schema, settings, dialect, accepts: (request) => encode(request).ok }),
    ...chats,
  ];
}

for (const [key, dialect] of await loadEveryDialect()) {
  const plain = operationsOf(key, dialect, unknownTarget).map((one) => ({
    ...one,
    grown: grownOf(key, one),
  }));
  const special = (targets[key] ?? []).flatMap((target) =>
    operationsOf(key, dialect, target).map((one) => ({ ...one, grown: grownOf("", one) })),
  );
  for (const { title, encode, grown } of [...plain, ...special]) {
    if (grown.length === 0 || !grown.some(({ grow }) => encode(grow(2)).ok)) continue;
    describe(title, () => {
      it("take time that grows with the request, whatever of it grows", {
        timeout: 300_000,
      }, () => {
        for (const { title: what, grow } of grown) {
          expectLinear(`${title}: ${what}`, (size) => {
            const request = grow(size);
            return () => encode(request);
          });
        }
      });
    });
  }
}

describe("requests that grow", () => {
  it("are sent by the dialects that have every field, not refused", async () => {
    const openAiChat = (await loadEveryDialect()).get("openai-chat");
    const [chats] =
      openAiChat === undefined ? [] : operationsOf("openai-chat", openAiChat, unknownTarget);
    const grown = chats === undefined ? [] : grownOf("openai-chat", chats);
    const sent = grown.filter(({ grow }) => chats?.encode(grow(2)).ok);
    expect(grown.length).toBeGreaterThan(300);
    expect(sent.length / grown.length).toBeGreaterThan(0.8);
  });
});
