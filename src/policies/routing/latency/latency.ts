import type { Target } from "../../../core/target/target.ts";
import type { ShareEntries } from "../../../state/shared-entries.ts";
import type { NumberRecord, RecordIndex, Records } from "../../../state/state.ts";
import { LastWaits } from "./last-waits.ts";
import { PeakAverage } from "./peak-average.ts";
import { type Measure, type SharedLatency, shareLatency } from "./share-latency.ts";

/** How fast a target is, for all threads of the gateway and what other gateways share. */
export interface Latency {
  /** What is known of calls for a stream, or of others; undefined: nothing is. */
  speed(target: Target, stream: boolean): Speed | undefined;
  /**
   * The time in which 95 of the last 100 calls of this thread had their first token, of streams, or
   * else their answer, in milliseconds. Undefined where fewer than 20 are known.
   */
  p95Ms(target: Target, stream: boolean): number | undefined;
  /** Notes an attempt that has ended. */
  note(sample: LatencySample): void;
  /** Ends what is shared with other gateways. */
  close(): void;
}

/** What a call waits for at a target, in milliseconds. */
export interface Speed {
  /** For the first token of a stream; 0 for an answer that comes whole. */
  readonly firstTokenMs: number;
  /** For each token of the answer. Undefined: it is not known yet. */
  readonly tokenMs: number | undefined;
}

/** What an attempt says of the speed of its target. Times are in milliseconds. */
export interface LatencySample {
  readonly target: Target;
  readonly stream: boolean;
  /** Until the first token of a stream, or the answer; for as long as was waited where none came. */
  readonly waitedMs: number;
  /** Whether it was answered. False: it took longer than `waitedMs`. */
  readonly answered: boolean;
  /**
   * Of one without an answer: it was given up because it took long, for it timed out or a later try
   * was faster. Absent: its caller left.
   */
  readonly late?: boolean;
  /** Tokens of an answer that came whole, where they are known. */
  readonly outputTokens: number | undefined;
  /** What a stream brought after its first token. Absent: that says nothing. */
  readonly streamed?: Streamed | undefined;
}

/** The rest of a stream. */
export interface Streamed {
  /** From the first token to the end, in milliseconds. */
  readonly ms: number;
  /** How many tokens came, the first among them. */
  readonly tokens: number;
  /** Whether it came to its end. False: it was given up, so that it may have been slow. */
  readonly whole: boolean;
}

/** Where all that is known of targets is kept, and whom it is shared with. */
export interface LatencyWorld {
  readonly records: Records;
  /** The time of day in milliseconds since 1970, the same for all threads. */
  readonly wallMs: () => number;
  readonly share: ShareEntries;
}

/**
 * What is waited for in vain counts twice as long for each time in a row, so that a target which
 * answers none is tried ever more seldom; so many times at most.
 */
const maxDoublings = 6;

/** A stream that came whole with fewer tokens says nothing of the time that each takes. */
const minTokens = 5;

/** Targets that are remembered; `provider/model` names make their number the callers' to choose. */
const maxTargets = 10_000;

/** Where a record keeps its numbers; how many calls in a row were late stand at 4 and 5. */
const averages: Readonly<Record<Measure, PeakAverage>> = {
  firstToken: new PeakAverage(0, 1),
  token: new PeakAverage(2, 3),
  whole: new PeakAverage(6, 7),
};
const lateStreamsAt = 4;
const lateAnswersAt = 5;

/** Makes a memory over `records`, which bound how many targets are remembered. */
export function createLatency(world: LatencyWorld): Latency {
  return new LatencyMemory(world);
}

/** The names that a target is known by: of its record, and of its last waits. */
interface TargetNames {
  readonly record: string;
  readonly streams: string;
  readonly answers: string;
}

/** A class, because it owns what is shared. */
class LatencyMemory implements Latency {
  readonly #records: Records;
  readonly #wallMs: () => number;
  readonly #shared: SharedLatency;
  /** Kept for each target: to hash a name anew costs more than all else here. */
  readonly #names = new WeakMap<Target, TargetNames>();
  readonly #waits = new Map<string, LastWaits>();

  constructor({ records, wallMs, share }: LatencyWorld) {
    this.#records = records;
    this.#wallMs = wallMs;
    this.#shared = shareLatency(share, {
      wallMs,
      hear: (name, measure, ms) => averages[measure].add(records.open(name), ms, wallMs()),
    });
  }

  speed(target: Target, stream: boolean): Speed | undefined {
    const record = this.#records.find(this.#nameOf(target));
    return record === undefined ? undefined : speedOf(record, stream, this.#wallMs());
  }

  p95Ms(target: Target, stream: boolean): number | undefined {
    return this.#waits.get(this.#waitsName(target, stream))?.p95Ms;
  }

  note(sample: LatencySample): void {
    if (sample.answered) this.#noteAnswer(sample);
    else this.#noteWait(sample);
    const { streamed } = sample;
    const tokenMs = streamed === undefined ? undefined : tokenTime(streamed);
    if (tokenMs === undefined) return;
    if (streamed?.whole === true) this.#add(sample, "token", tokenMs);
    else this.#raise(sample, "token", tokenMs);
  }

  close(): void {
    this.#shared.close();
  }

  #noteAnswer(sample: LatencySample): void {
    const { target, stream, waitedMs } = sample;
    this.#records.open(this.#nameOf(target)).set(lateAt(stream), 0);
    this.#add(sample, measureOf(sample), msOf(sample));
    this.#waitsOf(target, stream).add(waitedMs);
  }

  /** It says only that it takes longer. */
  #noteWait(sample: LatencySample): void {
    const { target, stream, waitedMs, late = false } = sample;
    const record = this.#records.open(this.#nameOf(target));
    const at = lateAt(stream);
    if (late) record.set(at, Math.min(record.get(at) + 1, maxDoublings));
    this.#raise(sample, measureOf(sample), msOf(sample) * 2 ** record.get(at));
    if (late || waitedMs > (this.p95Ms(target, stream) ?? Number.POSITIVE_INFINITY))
      this.#waitsOf(target, stream).add(waitedMs);
  }

  /** Adds what it takes at least: nothing where more was expected. */
  #raise(sample: LatencySample, measure: Measure, ms: number): void {
    const record = this.#records.open(this.#nameOf(sample.target));
    if (ms > (averages[measure].at(record, this.#wallMs()) ?? 0)) this.#add(sample, measure, ms);
  }

  #add({ target }: LatencySample, measure: Measure, ms: number): void {
    const name = this.#nameOf(target);
    const record = this.#records.open(name);
    const nowMs = this.#wallMs();
    const before = averages[measure].at(record, nowMs);
    averages[measure].add(record, ms, nowMs);
    this.#shared.say(name, { measure, ms, before });
  }

  #nameOf(target: Target): string {
    return this.#namesOf(target).record;
  }

  #waitsName(target: Target, stream: boolean): string {
    const { streams, answers } = this.#namesOf(target);
    return stream ? streams : answers;
  }

  #namesOf(target: Target): TargetNames {
    const known = this.#names.get(target);
    if (known !== undefined) return known;
    const place = `${target.provider}\n${target.model}`;
    const names = { record: `latency\n${place}`, streams: `s\n${place}`, answers: `w\n${place}` };
    this.#names.set(target, names);
    return names;
  }

  #waitsOf(target: Target, stream: boolean): LastWaits {
    const key = this.#waitsName(target, stream);
    const known = this.#waits.get(key);
    if (known !== undefined) return known;
    if (this.#waits.size >= maxTargets) this.#waits.clear();
    const made = new LastWaits();
    this.#waits.set(key, made);
    return made;
  }
}

function measureOf({ stream }: LatencySample): Measure {
  return stream ? "firstToken" : "whole";
}

/** What was waited, for each token of an answer that comes whole. */
function msOf({ stream, waitedMs, outputTokens = 1 }: LatencySample): number {
  return stream ? waitedMs : waitedMs / Math.max(1, outputTokens);
}

function lateAt(stream: boolean): RecordIndex {
  return stream ? lateStreamsAt : lateAnswersAt;
}

function speedOf(record: NumberRecord, stream: boolean, nowMs: number): Speed | undefined {
  const tokenMs = averages[stream ? "token" : "whole"].at(record, nowMs);
  if (!stream) return tokenMs === undefined ? undefined : { firstTokenMs: 0, tokenMs };
  const firstTokenMs = averages.firstToken.at(record, nowMs);
  return firstTokenMs === undefined ? undefined : { firstTokenMs, tokenMs };
}

/**
 * The time of each token but the first. One that was cut off took at least so long, however few
 * tokens came; a short one that came whole says nothing.
 */
function tokenTime({ ms, tokens, whole }: Streamed): number | undefined {
  if (whole && tokens < minTokens) return undefined;
  return ms / Math.max(1, tokens - 1);
}
