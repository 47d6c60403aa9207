import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { GuardStageName, UnreadablePart } from "../../core/guard/guard-note.ts";
import { type ContentPlace, mapContent } from "../../core/guard/map-content.ts";
import { type Check, checkText, type ServiceCheck } from "./check.ts";

/** A text of a message. */
interface Slot {
  text: string;
  readonly place: ContentPlace;
}

/**
 * The message as its checks leave it, each of which gets what the one before left: the same where
 * nothing is replaced. Rejects with a GatewayError where the call may not go on. `stage` is that of
 * all texts but results of tools.
 */
export async function checkContent<T extends Message>(
  checks: readonly Check[],
  schema: DescMessage,
  message: T,
  stage: GuardStageName,
): Promise<T> {
  const slots: Slot[] = [];
  const unread = new Map<GuardStageName, Set<UnreadablePart>>();
  const map = (text: string, place: ContentPlace): string => {
    slots.push({ text, place });
    return text;
  };
  mapContent(schema, message, stage, map, (part, of) => {
    unread.set(of, (unread.get(of) ?? new Set()).add(part));
  });
  for (const check of checks) {
    for (const [of, parts] of unread) if (check.stages.has(of)) check.unread?.([...parts], of);
    const own = slots.filter(({ place }) => check.stages.has(place.stage));
    if (check.kind === "service") await askAbout(check, own);
    else
      for (const slot of own) {
        const { stage: of, replaceable } = slot.place;
        slot.text = checkText(check, slot.text, of, { replaceable });
      }
  }
  let at = 0;
  return mapContent(schema, message, stage, (text) => {
    const slot = slots[at];
    at += 1;
    return slot?.text ?? text;
  });
}

async function askAbout(check: ServiceCheck, slots: readonly Slot[]): Promise<void> {
  for (const stage of check.stages) {
    // What a guard before has emptied needs no answer.
    const own = slots.filter(({ text, place }) => place.stage === stage && text !== "");
    if (own.length === 0) continue;
    const texts = own.map(({ text }) => text);
    const replaced = await check.ask(stage, texts);
    for (const [at, slot] of own.entries()) {
      const text = replaced?.[at] ?? slot.text;
      if (text !== slot.text && !slot.place.replaceable) throw check.refusal(stage);
      slot.text = text;
    }
  }
}
