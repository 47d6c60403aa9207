import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Notice } from "../../../core/notice.ts";
import type { EntryOwner, SharedEntry, ShareEntries } from "../../../state/shared-entries.ts";
import type { NumberRecord, Records } from "../../../state/state.ts";
import { closeCircuit, type Opening, openCircuit } from "./circuit.ts";

/** Who hears of circuits, by the names of their records. */
export interface CircuitWatch {
  /** `first`: it was closed before. */
  opened(name: string, opening: Opening, first: boolean): void;
  closed(name: string): void;
  close(): void;
}

/** Hears of nothing. */
export const unwatched: CircuitWatch = {
  opened: () => undefined,
  closed: () => undefined,
  close: () => undefined,
};

/** What news of circuits are made of, and where they go. */
export interface NewsOptions {
  readonly records: Records;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  readonly share: ShareEntries;
  readonly notice: (notice: Notice) => void;
}

/** An open circuit is written again for the others when it stays open for so much longer, in ms. */
const stepMs = 1_000;

/** Names of circuits that are remembered; `provider/model` names are the callers' to choose. */
const maxNames = 10_000;

/**
 * Logs circuits that open and close, and shares them with other gateways: what one of them learns
 * of a target by a failure, such as how long a vendor wants to be left alone, the others need not
 * learn by failures of their own.
 */
export function createCircuitNews(options: NewsOptions): CircuitWatch {
  const { wallMs, notice } = options;
  const entries = options.share("circuits", ownerOf(options));
  /** Until when the others know each circuit to be open. */
  const known = new Map<string, number>();
  return {
    opened(name, opening, first) {
      const { untilMs, openedMs, reason } = opening;
      const nowMs = wallMs();
      if (first) notice(openedNotice(name, opening));
      if (!first && untilMs - (known.get(name) ?? 0) < stepMs) return;
      if (known.size >= maxNames) known.clear();
      known.set(name, untilMs);
      const numbers = [untilMs - nowMs, nowMs - openedMs, reason].map(Math.round);
      entries.write(name, numbers.join(" "));
    },
    closed(name) {
      known.delete(name);
      const { what, details } = subjectOf(name);
      const message = `${what} is called again`;
      notice({ event: "circuit_closed", level: "info", message, details });
      entries.write(name, "");
    },
    close: () => entries.close(),
  };
}

function openedNotice(name: string, { untilMs, reason }: Opening): Notice {
  const { what, details } = subjectOf(name);
  const until = new Date(untilMs).toISOString();
  return {
    event: "circuit_opened",
    message: `${what} is left alone until ${until} after ${ErrorReason[reason]}`,
    details: { ...details, until, reason: ErrorReason[reason] },
  };
}

/** The name of a record is a provider and a model, or that of a credential. */
function subjectOf(name: string) {
  const [kind, provider, credential] = name.split("\n");
  if (credential === undefined || kind !== "credential") {
    const target = name.replace("\n", "/");
    return { what: target, details: { target } };
  }
  const details = { provider: provider ?? "", credential };
  return { what: `credential ${credential} of ${provider}`, details };
}

/** Writes what others say into the records of this gateway. */
function ownerOf({ records, wallMs }: NewsOptions): EntryOwner {
  return {
    isKept: (entry) => openMsOf(entry) > 0,
    onEntry(entry) {
      const nowMs = wallMs();
      const openMs = openMsOf(entry);
      if (openMs > 0) openAs(records.open(entry.name), entry, nowMs);
      else if (entry.text === "") closeRecord(records.find(entry.name), nowMs);
    },
  };
}

function openAs(record: NumberRecord, { text, ageMs }: SharedEntry, nowMs: number): void {
  const [openMs = 0, sinceMs = 0, reason = 0] = text.split(" ").map(Number);
  const opening = {
    untilMs: nowMs + openMs - ageMs,
    openedMs: nowMs - sinceMs - ageMs,
    reason: Number.isInteger(reason) && ErrorReason[reason] !== undefined ? reason : 0,
  };
  openCircuit(record, opening, nowMs);
}

function closeRecord(record: NumberRecord | undefined, nowMs: number): void {
  if (record !== undefined) closeCircuit(record, nowMs);
}

/** A vendor cannot have itself left alone for longer, in milliseconds; nor can another gateway. */
const maxOpenMs = 3_600_000;

/** How much longer a circuit is open by an entry, in milliseconds; 0: it is not. */
function openMsOf({ text, ageMs }: SharedEntry): number {
  const [openMs = Number.NaN, sinceMs = Number.NaN] = text.split(" ").map(Number);
  const leftMs = openMs - ageMs;
  return leftMs > 0 && leftMs <= maxOpenMs && sinceMs >= 0 ? leftMs : 0;
}
