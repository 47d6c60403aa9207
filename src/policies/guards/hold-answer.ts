import type { Message } from "@bufbuild/protobuf";
import { CitationSchema } from "../../../gen/parlance/chat/v1/citation_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { type Part, PartSchema } from "../../../gen/parlance/chat/v1/part_pb.js";
import type { Piece } from "../../core/call.ts";
import { malformed } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { GuardStageName } from "../../core/guard/guard-note.ts";
import type { Flowing } from "../../core/reply/flow.ts";
import { type FlowRewrite, rewriteFlow } from "../../core/reply/rewrite-flow.ts";
import { AnswerChannel, type ChannelText } from "./answer-channel.ts";
import { type AddedText, addedTexts, partOf } from "./answer-texts.ts";
import type { Check } from "./check.ts";
import { checkContent } from "./check-content.ts";

/**
 * Hands on the pieces of an answer as far as their checks allow: a piece goes on once everything
 * that it says was looked at, with what stands in its place, and all pieces keep their order. Signs
 * of life go on at once. What the checks throw ends it.
 */
export function holdAnswer(
  pieces: Flowing<Piece>,
  checks: readonly Check[],
  { said = "", meter }: Holding = {},
): Flowing<Piece> {
  return rewriteFlow(pieces, new HeldAnswer(checks, said, meter));
}

/** What is known of an answer that is held, beside its pieces. */
export interface Holding {
  /**
   * What its text says already, so that what is written across the place where it goes on is found
   * too. Absent: it begins here.
   */
  readonly said?: string | undefined;
  /** Absent: nobody wants to know how long pieces wait. */
  readonly meter?: HoldMeter | undefined;
}

/** Measures for how long pieces are held back. */
export interface HoldMeter {
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number;
  /** Takes for how many milliseconds one was held back. */
  readonly heldBack: (ms: number) => void;
}

/** Whether a piece says nothing, so that nothing of it has to be looked at. */
export function isSignOfLife({ events, wire }: Piece): boolean {
  return wire === undefined && events.every(({ event }) => event.case === "ping");
}

/** A piece that waits. */
interface HeldPiece {
  readonly piece: Piece;
  /** Its events, as far as they are looked at as they are. */
  readonly events: Event[];
  readonly texts: HeldText[];
  /** When it came. */
  readonly atMs: number;
}

/** A text of one of its events. */
interface HeldText {
  /** The place of the event among those of the piece. */
  readonly at: number;
  /** What it adds to. */
  readonly channel: string;
  readonly of: AnswerChannel;
  /** Where the text begins in that channel. */
  readonly start: number;
  readonly text: string;
}

type GrowingText = Pick<HeldText, "channel" | "of">;

/** The text that grew last: most events add to the same as the one before. */
interface LastText extends GrowingText {
  readonly choice: number;
  readonly part: number;
}

class HeldAnswer implements FlowRewrite<Piece, Piece> {
  readonly #checks: readonly Check[];
  /** Those of what stands beside the words of the model. */
  readonly #beside: readonly Check[];
  readonly #replaces: boolean;
  /** Whether a part of the text may not be seen. */
  readonly #hides: boolean;
  readonly #channels = new Map<string, AnswerChannel>();
  /** The tools that are called, by the parts of the answer. */
  readonly #tools = new Map<string, string>();
  /** The calls of tools whose input is no JSON. */
  readonly #custom = new Set<string>();
  #queue: HeldPiece[] = [];
  #next = 0;
  /** What the first text says already. */
  #said: string;
  readonly #meter: HoldMeter | undefined;
  /** When the last piece came. */
  #nowMs = 0;
  #last: LastText | undefined;

  constructor(checks: readonly Check[], said: string, meter: HoldMeter | undefined) {
    this.#meter = meter;
    this.#checks = checks;
    this.#said = said;
    this.#beside = this.#checksOf("output").flatMap(besideOf);
    this.#replaces = checks.some(({ replaces }) => replaces);
    this.#hides = this.#checksOf("output").some(hides);
  }

  take(piece: Piece): readonly Piece[] | Promise<readonly Piece[]> {
    if (isSignOfLife(piece)) return [piece];
    this.#nowMs = this.#meter?.nowMs() ?? 0;
    const waiting = this.#read({ piece, events: [], texts: [], atMs: this.#nowMs }, 0);
    return waiting === undefined ? this.#release() : waiting.then(() => this.#release());
  }

  async end(): Promise<readonly Piece[]> {
    this.#nowMs = this.#meter?.nowMs() ?? 0;
    for (const channel of this.#channels.values()) await channel.end();
    return this.#release();
  }

  /**
   * Reads the events of a piece from a place on. Most need no look of their own, and nothing is
   * awaited for them, frame by frame.
   */
  #read(held: HeldPiece, from: number): Promise<void> | undefined {
    const { events } = held.piece;
    for (let at = from; at < events.length; at += 1) {
      const event = events[at];
      if (event === undefined) continue;
      this.#addTexts(held, event);
      const checked = this.#checkEvent(event);
      if (checked instanceof Promise) {
        return checked.then((one) => {
          held.events.push(one);
          return this.#read(held, at + 1);
        });
      }
      if (checked !== undefined) held.events.push(checked);
    }
    this.#queue.push(held);
    return advanceAll(held.texts);
  }

  #addTexts(held: HeldPiece, event: Event): void {
    const { event: kind } = event;
    const last = this.#last;
    if (
      last !== undefined &&
      kind.case === "textDelta" &&
      kind.value.choice === last.choice &&
      kind.value.part === last.part
    ) {
      if (kind.value.text !== "") this.#addText(held, last, kind.value.text);
      return;
    }
    for (const added of addedTexts(event, this.#custom)) {
      const grows = { channel: added.channel, of: this.#channelOf(added) };
      this.#addText(held, grows, added.text);
      if (kind.case !== "textDelta") continue;
      const { choice, part } = kind.value;
      this.#last = { ...grows, choice, part };
    }
  }

  #addText({ events, texts }: HeldPiece, { channel, of }: GrowingText, text: string): void {
    if (of.ended) throw new GatewayError(malformed("the answer goes on with an ended part"));
    texts.push({ at: events.length, channel, of, start: of.length, text });
    of.add(text);
  }

  /** All that may go on. */
  #release(): readonly Piece[] {
    const released: Piece[] = [];
    for (; this.#next < this.#queue.length; this.#next += 1) {
      const first = this.#queue[this.#next];
      if (first === undefined || !first.texts.every(isClear)) break;
      if (first.atMs < this.#nowMs) this.#meter?.heldBack(this.#nowMs - first.atMs);
      released.push(this.#finished(first));
    }
    // What is gone is forgotten at times: to move the rest each time would cost its square.
    if (this.#next * 2 < this.#queue.length) return released;
    this.#queue = this.#queue.slice(this.#next);
    this.#next = 0;
    return released;
  }

  #channelOf({ channel, stage, json, part, goesOn }: AddedText): AnswerChannel {
    const known = this.#channels.get(channel);
    if (known !== undefined) return known;
    const made = new AnswerChannel(this.#checksOf(stage), {
      stage,
      json,
      tool: this.#tools.get(part),
    });
    this.#channels.set(channel, made);
    if (goesOn) {
      made.goOn(this.#said);
      this.#said = "";
    }
    return made;
  }

  #checksOf(stage: GuardStageName): readonly Check[] {
    return this.#checks.filter(({ stages }) => stages.has(stage));
  }

  #finished({ piece, events, texts }: HeldPiece): Piece {
    if (!this.#replaces) return piece;
    for (const { at, of, start, text, channel } of texts) {
      const other = of.textFor(start, text);
      const event = events[at];
      if (other === text || event === undefined) continue;
      const own = addedTexts(event, this.#custom).find((one) => one.channel === channel);
      if (own !== undefined) events[at] = own.replace(other);
    }
    return { events };
  }

  /**
   * An event that says something at once, as its checks leave it; ends the texts that it ends.
   * Undefined: it may not go on.
   */
  #checkEvent(event: Event): Promise<Event> | Event | undefined {
    const { event: kind } = event;
    switch (kind.case) {
      case "toolCallStart":
        this.#tools.set(partOf(kind.value), kind.value.name);
        if (kind.value.custom) this.#custom.add(partOf(kind.value));
        return event;
      case "logprobsDelta":
        // They repeat the text token by token.
        return this.#hides ? undefined : event;
      case "partWhole":
      case "citationAdd":
      case "extrasSet":
        return this.#checkWhole(event);
      case "partEnd":
        return this.#endChannels(`${partOf(kind.value)} `).then(() => event);
      case "finish":
        return this.#endChannels(`${kind.value.choice}/`).then(() => event);
      default:
        return event;
    }
  }

  /** An event that brings all of its content. */
  async #checkWhole(event: Event): Promise<Event> {
    const { event: kind } = event;
    switch (kind.case) {
      case "partWhole": {
        const { content } = kind.value;
        if (content === undefined) return event;
        const checked = await this.#checkPart(content);
        return { ...event, event: { ...kind, value: { ...kind.value, content: checked } } };
      }
      case "citationAdd": {
        const { citation } = kind.value;
        if (citation === undefined) return event;
        const checked = await checkContent(this.#beside, CitationSchema, citation, "output");
        return { ...event, event: { ...kind, value: { ...kind.value, citation: checked } } };
      }
      case "extrasSet": {
        const json = await this.#checkJson(kind.value.json);
        return { ...event, event: { ...kind, value: { ...kind.value, json } } };
      }
      default:
        return event;
    }
  }

  async #endChannels(prefix: string): Promise<void> {
    for (const [name, channel] of this.#channels) if (name.startsWith(prefix)) await channel.end();
  }

  #check<T extends Message>(
    schema: Parameters<typeof checkContent>[1],
    message: T,
    stage: GuardStageName,
  ): Promise<T> {
    return checkContent(this.#checksOf(stage), schema, message, stage);
  }

  /** What a vendor adds in words of its own belongs to the text of the answer. */
  async #checkJson(json: string): Promise<string> {
    return this.#checkText(json, { stage: "output", json: true }, this.#beside);
  }

  /** A text that comes whole, as its checks leave it. */
  async #checkText(
    text: string,
    about: ChannelText,
    checks = this.#checksOf(about.stage),
  ): Promise<string> {
    const channel = new AnswerChannel(checks, about);
    channel.add(text);
    await channel.end();
    return channel.textFor(0, text);
  }

  /** A part that comes whole. The arguments of a tool are looked at as those that come piece by piece. */
  async #checkPart(part: Part): Promise<Part> {
    const { content } = part;
    if (content.case !== "toolCall") return this.#check(PartSchema, part, stageOf(part));
    const { input, name: tool } = content.value;
    if (input.case === undefined || input.value === "") return part;
    const json = input.case === "argumentsJson";
    const value = await this.#checkText(input.value, { stage: "tool_arguments", json, tool });
    const changed = { ...content.value, input: { ...input, value } };
    return { ...part, content: { ...content, value: changed } };
  }
}

/** Has the texts that grew looked at, each once. */
function advanceAll(texts: readonly HeldText[]): Promise<void> | undefined {
  const [first] = texts;
  if (first === undefined) return undefined;
  if (texts.length === 1) return first.of.advance();
  return advanceEach([...new Set(texts.map(({ of }) => of))], 0);
}

function advanceEach(channels: readonly AnswerChannel[], from: number): Promise<void> | undefined {
  for (let at = from; at < channels.length; at += 1) {
    const looking = channels[at]?.advance();
    if (looking !== undefined) return looking.then(() => advanceEach(channels, at + 1));
  }
  return undefined;
}

function hides(check: Check): boolean {
  return check.replaces && !(check.kind === "local" && check.restores === true);
}

/** The check of what stands beside the words of an answer. */
function besideOf(check: Check): readonly Check[] {
  if (check.kind === "service" || check.detector.beside === undefined) return [check];
  const { beside } = check.detector;
  return beside === "nothing" ? [] : [{ ...check, detector: beside }];
}

function isClear({ of, start, text }: HeldText): boolean {
  return of.cleared >= start + text.length;
}

function stageOf({ content }: Part): GuardStageName {
  return content.case === "reasoning" ? "reasoning" : "output";
}
