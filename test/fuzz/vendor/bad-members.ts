import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { type JsonSlot, printTree, raw, slotsOf } from "../mutate/json-tree.ts";
import { nastyValue } from "../mutate/nasty-values.ts";
import { type Misbehaviour, replyWith } from "./misbehaviour.ts";
import { editFrames } from "./split-frames.ts";
import type { Wire } from "./wire.ts";

/** One member of one frame of the good reply changed: which one is drawn. */
function oneMember(name: string, change: (slot: JsonSlot, wire: Wire) => void): Misbehaviour {
  return {
    name,
    play: replyWith((good, wire) => {
      const chosen = wire.random.int(Math.max(1, good.frames.length));
      return edit(good, (slots, at) => {
        if (at === chosen) change(wire.random.pick(slots), wire);
      });
    }),
  };
}

/** Every member whose name or value fits. */
function everyMember(
  name: string,
  fits: (slot: JsonSlot) => boolean,
  text: (slot: JsonSlot, wire: Wire) => string,
): Misbehaviour {
  return {
    name,
    play: replyWith((good, wire) =>
      edit(good, (slots) => {
        for (const slot of slots.filter(fits)) slot.set(raw(text(slot, wire)));
      }),
    ),
  };
}

function edit(good: VendorReply, change: (slots: JsonSlot[], at: number) => void): Buffer {
  return Buffer.concat(
    editFrames(good.headers, good.frames, (root, at) => change(slotsOf(root), at)),
  );
}

const isNumber = (slot: JsonSlot): boolean => /^-?\d/.test(printTree(slot.get()));
const isText = (slot: JsonSlot): boolean => printTree(slot.get()).startsWith('"');
const isUsage = (slot: JsonSlot): boolean =>
  isNumber(slot) && /token|count|units|duration|latency|total/i.test(slot.name);
const inner = (slot: JsonSlot): boolean => slot.owner !== undefined;

/** Replies whose members are not what the vendor documents. */
export const badMembers: readonly Misbehaviour[] = [
  oneMember("member-null", (slot) => slot.set(raw("null"))),
  oneMember("member-text", (slot) => slot.set(raw('"text"'))),
  oneMember("member-number", (slot) => slot.set(raw("-7.5"))),
  oneMember("member-true", (slot) => slot.set(raw("true"))),
  oneMember("member-list", (slot) => slot.set(raw(`[${printTree(slot.get())}]`))),
  oneMember("member-object", (slot) => slot.set(raw(`{"value":${printTree(slot.get())}}`))),
  oneMember("member-nasty", (slot, { random }) => slot.set(raw(nastyValue(random, 65_536)))),
  oneMember("member-missing", ({ owner, at }) => {
    if (owner?.kind === "object") owner.members.splice(at, 1);
    if (owner?.kind === "array") owner.items.splice(at, 1);
  }),
  oneMember("member-twice", ({ owner, at }, { random }) => {
    const member = owner?.kind === "object" ? owner.members[at] : undefined;
    if (owner?.kind === "object" && member !== undefined)
      owner.members.splice(at, 0, { key: member.key, value: raw(nastyValue(random)) });
  }),
  oneMember("member-unknown", (slot, { random }) => {
    const tree = slot.get();
    if (tree.kind === "object")
      tree.members.push({ key: '"x_unknown"', value: raw(nastyValue(random)) });
  }),
  oneMember("member-long", (slot) => slot.set(raw(JSON.stringify("x".repeat(1_000_000))))),
  everyMember("every-text-null", isText, () => "null"),
  everyMember("every-text-a-number", isText, () => "1"),
  everyMember("every-text-empty", isText, () => '""'),
  everyMember(
    "every-text-the-credential",
    (slot) => isText(slot) && /message|code|param|id$|type|status|reason/i.test(slot.name),
    (_slot, wire) => JSON.stringify(wire.credentials.join(" ")),
  ),
  everyMember("every-text-a-surrogate", isText, () => '"\\ud800"'),
  everyMember("every-number-a-text", isNumber, (slot) => `"${printTree(slot.get())}"`),
  everyMember("every-number-negative", isNumber, () => "-3"),
  everyMember("every-number-huge", isNumber, () => "1e300"),
  everyMember("every-number-null", isNumber, () => "null"),
  everyMember(
    "every-leaf-an-object",
    (slot) => inner(slot) && slot.get().kind === "raw",
    () => "{}",
  ),
  everyMember(
    "every-leaf-a-list",
    (slot) => inner(slot) && slot.get().kind === "raw",
    () => "[]",
  ),
  everyMember("usage-negative", isUsage, () => "-5"),
  everyMember("usage-text", isUsage, () => '"12"'),
  everyMember("usage-fraction", isUsage, () => "1.5"),
  everyMember("usage-beyond-64-bits", isUsage, () => "99999999999999999999999"),
  everyMember("usage-null", isUsage, () => "null"),
  everyMember(
    "index-negative",
    ({ name }) => /index/i.test(name),
    () => "-1",
  ),
  everyMember(
    "index-huge",
    ({ name }) => /index/i.test(name),
    () => "4294967296",
  ),
  everyMember(
    "index-text",
    ({ name }) => /index/i.test(name),
    () => '"0"',
  ),
  everyMember(
    "ids-empty",
    ({ name }) => /^(id|toolUseId|tool_call_id|call_id|item_id)$/.test(name),
    () => '""',
  ),
  everyMember(
    "ids-missing",
    ({ name }) => /^(id|toolUseId|tool_call_id|call_id|item_id)$/.test(name),
    () => "null",
  ),
  everyMember(
    "ids-long",
    ({ name }) => /^(id|toolUseId|tool_call_id|call_id|item_id)$/.test(name),
    () => JSON.stringify("i".repeat(20_000)),
  ),
  everyMember(
    "arguments-cut",
    ({ name }) => /arguments|partial_json|input/.test(name),
    () => '"{\\"a\\": [1, "',
  ),
  everyMember(
    "finish-unknown",
    ({ name }) => /finish|stop_?reason|done_reason/i.test(name),
    () => '"because"',
  ),
  everyMember(
    "roles-unknown",
    ({ name }) => name === "role",
    () => '"narrator"',
  ),
  everyMember(
    "types-unknown",
    ({ name }) => name === "type",
    () => '"novelty"',
  ),
];
