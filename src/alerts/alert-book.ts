import { createHash } from "node:crypto";
import { AlertEvent } from "../../gen/parlance/config/v1/alert_pb.js";
import type { SharedRedis } from "../state/redis/shared-redis.ts";
import type { SharedEntries, SharedEntry, ShareEntries } from "../state/shared-entries.ts";
import { shareNothing } from "../state/shared-entries.ts";
import type { NumberRecord, State } from "../state/state.ts";
import { type Alert, alertOf, type Happening } from "./alert.ts";

/** What a book of alerts is kept with. */
export interface AlertBookOptions {
  readonly state: Pick<State, "records" | "alone">;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  /** Calls `run` after a time; gives a function that calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  /** How long something has to be over before that is told, in milliseconds. */
  readonly settleMs: () => number;
  readonly send: (alert: Alert) => void;
}

/** What gateways share. */
export interface AlertSharing {
  readonly share: ShareEntries;
  readonly redis: Pick<SharedRedis, "key" | "call" | "isUp">;
}

/** What is told once in a day at most, unless its periods differ. */
const quietMs = 86_400_000;
/** No period is longer: a month. */
const maxPeriodMs = 32 * quietMs;
/** What goes on is told again after so long. */
const againMs = quietMs;
/** How many happenings without an end are remembered by all threads together, at least. */
const onceSlots = 1_024;

/**
 * Knows what people have been told, for all threads and for the gateways that share a Redis, so
 * that each happening is told once. What is over is told when it stays over for a while: until
 * then it may come back, and is still the same.
 */
export class AlertBook {
  readonly #options: AlertBookOptions;
  #redis: AlertSharing["redis"] | undefined;
  #entries: SharedEntries = shareNothing("", { onEntry: () => undefined, isKept: () => false });
  /** What may be over, by name: what tells that, and calls the wait off. */
  readonly #settling = new Map<string, { readonly tell: () => void; readonly stop: () => void }>();

  constructor(options: AlertBookOptions) {
    this.#options = options;
  }

  /** Shares what is told with other gateways from now on. */
  connect({ share, redis }: AlertSharing): void {
    this.#redis = redis;
    this.#entries.close();
    this.#entries = share("alerts", {
      onEntry: (entry) => this.#hear(entry),
      isKept: ({ text }) => text !== "",
    });
  }

  /** Something begins, or goes on. */
  begin(happening: Happening): void {
    const { wallMs, settleMs, state } = this.#options;
    const name = nameOf(happening);
    const record = this.#open(name);
    const nowMs = Math.round(wallMs());
    const change = state.alone(() => beginIn(record, nowMs, settleMs()));
    if (change === "none") return;
    this.#write(name, record);
    if (change === "new") void this.#send(happening, "raised", { name, since: nowMs });
  }

  /** Something is over, unless it comes back soon. */
  end(happening: Happening): void {
    const { state, wallMs, schedule, settleMs } = this.#options;
    const name = nameOf(happening);
    const record = state.records.find(recordOf(name));
    const nowMs = Math.round(wallMs());
    if (record === undefined || !state.alone(() => endIn(record, nowMs, settleMs()))) return;
    this.#write(name, record);
    this.#settling.get(name)?.stop();
    const tell = (): void => {
      this.#settling.delete(name);
      this.#tellEnd(happening, { name, record, endedMs: nowMs });
    };
    this.#settling.set(name, { tell, stop: schedule(tell, settleMs()) });
  }

  /** Whether something has begun, and people do not know that it is over. */
  isOpen(happening: Pick<Happening, "event" | "about">): boolean {
    return this.#options.state.records.find(recordOf(nameOf(happening)))?.get(stateAt) === 1;
  }

  /** Something happened that has no end. It is told once in each period, and in each day of "". */
  tell(happening: Happening, period: string): void {
    const { state, wallMs } = this.#options;
    const nowMs = Math.round(wallMs());
    const name = `${nameOf(happening)}\n${period}`;
    const hash = createHash("sha256").update(name).digest();
    const lengthMs = period === "" ? quietMs : maxPeriodMs;
    const slot = hash.readUInt32BE(8) % onceSlots;
    const record = state.records.open(`alert once\n${slot}`);
    const known = hash.readUIntBE(0, 6);
    const isNew = state.alone(() => {
      if (record.get(hashAt) === known && nowMs - record.get(notedAt) < lengthMs) return false;
      record.set(hashAt, known);
      record.set(notedAt, nowMs);
      return true;
    });
    if (isNew)
      void this.#send(happening, "noted", { name, since: period || nowMs, claimMs: lengthMs });
  }

  /** Tells at once what may be over: nobody would later. */
  close(): void {
    for (const { tell, stop } of [...this.#settling.values()]) {
      stop();
      tell();
    }
    this.#entries.close();
  }

  #tellEnd(
    happening: Happening,
    { name, record, endedMs }: { name: string; record: NumberRecord; endedMs: number },
  ): void {
    const begunMs = record.get(begunAt);
    const isOver = this.#options.state.alone(() => {
      if (record.get(stateAt) !== 1 || record.get(endedAt) !== endedMs) return false;
      record.set(stateAt, 0);
      return true;
    });
    if (!isOver) return;
    this.#entries.write(name, "");
    const text = `${happening.text}. It lasted ${timeWords(endedMs - begunMs)}.`;
    void this.#send({ ...happening, text }, "resolved", { name, since: begunMs });
  }

  /** Sends what no other gateway sends. Where Redis is silent, each does. */
  async #send(
    happening: Happening,
    state: Alert["state"],
    { name, since, claimMs }: { name: string; since: string | number; claimMs?: number },
  ): Promise<void> {
    const { wallMs, settleMs, send } = this.#options;
    const redis = this.#redis;
    const atMs = Math.round(wallMs());
    if (redis?.isUp() === true) {
      const key = redis.key("alert", name, state);
      const outcome = await redis.call(["SET", key, "1", "NX", "PX", claimMs ?? settleMs()]);
      if (outcome.ok && outcome.value === null) return;
    }
    send(alertOf(happening, { state, atMs, since }));
  }

  #open(name: string): NumberRecord {
    return this.#options.state.records.open(recordOf(name));
  }

  #write(name: string, record: NumberRecord): void {
    const nowMs = this.#options.wallMs();
    const ended = record.get(endedAt);
    const ages = [nowMs - record.get(begunAt), ended === 0 ? -1 : nowMs - ended];
    this.#entries.write(name, ages.map(Math.round).join(" "));
  }

  /** Another gateway says what people know. */
  #hear({ name, text, ageMs }: SharedEntry): void {
    const { state, wallMs } = this.#options;
    const record = text === "" ? state.records.find(recordOf(name)) : this.#open(name);
    const [begun = Number.NaN, ended = Number.NaN] = text.split(" ").map(Number);
    if (record === undefined || (text !== "" && !(begun >= 0 && ended >= -1))) return;
    const nowMs = Math.round(wallMs() - ageMs);
    state.alone(() => {
      record.set(stateAt, text === "" ? 0 : 1);
      if (text === "") return;
      record.set(begunAt, nowMs - begun);
      record.set(endedAt, ended === -1 ? 0 : nowMs - ended);
    });
  }
}

/** The numbers of a record: whether it is open, when it began, and since when it may be over. */
const stateAt = 0;
const begunAt = 1;
const endedAt = 2;
/** Those of what has no end: which it was, and when. */
const hashAt = 0;
const notedAt = 1;

/** Notes that something begins or goes on; `new`: people are to be told. */
function beginIn(record: NumberRecord, nowMs: number, settleMs: number): "new" | "back" | "none" {
  const endedMs = record.get(endedAt);
  // Whoever was to tell that it is over may have died before.
  const isOver = endedMs !== 0 && nowMs - endedMs > 2 * settleMs;
  if (record.get(stateAt) === 1 && !isOver && nowMs - record.get(begunAt) < againMs) {
    record.set(endedAt, 0);
    return endedMs === 0 ? "none" : "back";
  }
  record.set(stateAt, 1);
  record.set(begunAt, nowMs);
  record.set(endedAt, 0);
  return "new";
}

/** Notes that something may be over; false: that is known, or it never began. */
function endIn(record: NumberRecord, nowMs: number, settleMs: number): boolean {
  const endedMs = record.get(endedAt);
  const isKnown = endedMs !== 0 && nowMs - endedMs <= 2 * settleMs;
  if (record.get(stateAt) !== 1 || isKnown) return false;
  record.set(endedAt, nowMs);
  return true;
}

function nameOf({ event, about }: Pick<Happening, "event" | "about">): string {
  return `${AlertEvent[event]}\n${about}`;
}

function recordOf(name: string): string {
  return `alert\n${name}`;
}

/** A time in words, such as `12 minutes`. */
export function timeWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [count, unit] =
    seconds < 120
      ? [seconds, "second"]
      : seconds < 7_200
        ? [Math.round(seconds / 60), "minute"]
        : [Math.round(seconds / 3_600), "hour"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
