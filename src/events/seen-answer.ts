import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";
import { mergeUsage, sumUsage } from "./merge-usage.ts";

/** An answer as its client has it, of which several vendors may write one after the other. */
export interface SeenAnswer {
  /** The events of the vendor that writes as the client gets them. */
  take(events: readonly Event[]): readonly Event[];
  /**
   * All words of the answer, where it holds nothing but words and has not finished, so that another
   * vendor may go on with them. Undefined: none may.
   */
  text(): string | undefined;
  /** The vendor that wrote broke off; what is taken next is of another, who goes on. */
  breakOff(): void;
}

/** Longer answers are not gone on with: they would have to be kept. */
const maxTextLength = 4 * 1024 * 1024;

/** Makes one of which nothing is there yet. */
export function createSeenAnswer(): SeenAnswer {
  return new Seen();
}

class Seen implements SeenAnswer {
  #words: string[] = [];
  #length = 0;
  /** Whether there is more than words, or all of it. */
  #unfit = false;
  /** The part that words are added to; undefined where none is open. */
  #open: number | undefined;
  #parts = 0;
  /** What those before took. */
  #before: Usage | undefined;
  #usage: Usage | undefined;
  /** By the parts of the vendor that goes on; undefined where the first writes. */
  #places: Map<number, number> | undefined;
  /** White space that the client has and the vendor may begin with again. */
  #tail = "";

  take(events: readonly Event[]): readonly Event[] {
    const taken: Event[] = [];
    for (const event of events) {
      const placed = this.#places === undefined ? event : this.#placed(event, this.#places);
      if (placed === undefined) continue;
      const kept = this.#noted(placed);
      if (kept !== undefined) taken.push(kept);
    }
    return taken;
  }

  text(): string | undefined {
    return this.#unfit ? undefined : this.#words.join("");
  }

  breakOff(): void {
    const text = this.text() ?? "";
    this.#tail = text.slice(text.trimEnd().length);
    this.#places = new Map();
    this.#before = sumUsage([this.#before, this.#usage]);
    this.#usage = undefined;
  }

  /** The event among the parts that are there; undefined: the client has it already. */
  #placed({ $typeName, event }: Event, places: Map<number, number>): Event | undefined {
    switch (event.case) {
      case "messageStart":
        return undefined;
      case "textDelta": {
        const joined = places.get(event.value.part) ?? this.#place(event.value.part, places, true);
        const text = joined === this.#open ? this.#withoutTail(event.value.text) : event.value.text;
        if (text === "" && event.value.text !== "") return undefined;
        const value = { ...event.value, part: joined, text };
        return { $typeName, event: { case: event.case, value } };
      }
      case "reasoningDelta":
      case "refusalDelta":
      case "toolCallStart":
      case "toolCallDelta":
      case "audioDelta":
      case "partWhole":
      case "citationAdd":
      case "partEnd": {
        const { part: own } = event.value;
        const part = places.get(own) ?? this.#place(own, places, false);
        // A member of the oneof with another number in it.
        return { $typeName, event: { ...event, value: { ...event.value, part } } as typeof event };
      }
      default:
        return { $typeName, event };
    }
  }

  /** Words that come first belong to the part that was broken off. */
  #place(own: number, places: Map<number, number>, words: boolean): number {
    const joins = words && places.size === 0 && this.#open !== undefined;
    const place = joins ? (this.#open ?? this.#parts) : this.#parts;
    places.set(own, place);
    return place;
  }

  /** The words behind the white space that the client has already. */
  #withoutTail(text: string): string {
    let at = 0;
    while (at < text.length && at < this.#tail.length && text[at] === this.#tail[at]) at += 1;
    this.#tail = at === text.length ? this.#tail.slice(at) : "";
    return text.slice(at);
  }

  #noted(placed: Event): Event | undefined {
    const { event } = placed;
    switch (event.case) {
      case "textDelta":
        this.#add(event.value);
        return placed;
      case "usage":
        this.#usage = mergeUsage(this.#usage, event.value);
        return this.#before === undefined ? placed : usageEvent(this.#before, this.#usage);
      case "partEnd":
        if (event.value.part === this.#open) this.#open = undefined;
        return placed;
      case "reasoningDelta":
      case "refusalDelta":
      case "toolCallStart":
      case "toolCallDelta":
      case "audioDelta":
      case "partWhole":
        this.#parts = Math.max(this.#parts, event.value.part + 1);
        this.#forget();
        return placed;
      case "finish":
        this.#forget();
        return placed;
      default:
        return placed;
    }
  }

  #add({ choice, part, text }: { choice: number; part: number; text: string }): void {
    this.#parts = Math.max(this.#parts, part + 1);
    if (this.#unfit) return;
    this.#open = part;
    this.#length += text.length;
    if (choice > 0 || this.#length > maxTextLength) this.#forget();
    else this.#words.push(text);
  }

  #forget(): void {
    this.#unfit = true;
    this.#words = [];
  }
}

function usageEvent(before: Usage, usage: Usage): Event | undefined {
  const value = sumUsage([before, usage]);
  return value && { $typeName: "parlance.chat.v1.Event", event: { case: "usage", value } };
}
