import type { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Records } from "../../../state/state.ts";
import {
  beginProbe,
  type Circuit,
  circuitOf,
  closeCircuit,
  endProbe,
  hasOpened,
  type Opening,
  openCircuit,
  openingOf,
} from "./circuit.ts";
import type { CircuitWatch } from "./circuit-news.ts";

/**
 * The circuits of the credentials of providers that have several, by names that do not show them. A
 * refusal opens one at once, for the others may be taken.
 */
export interface CredentialCircuits {
  of(name: string): Circuit;
  /** Since when and why it is open; undefined where it is closed. */
  opening(name: string): Opening | undefined;
  /** Leaves one alone for so many milliseconds. */
  open(name: string, coolMs: number, reason: ErrorReason): void;
  /** Has a request find out about one that is half open; false: another one does. */
  beginProbe(name: string): boolean;
  /** That request said nothing; another may follow. */
  endProbe(name: string): void;
  /** It is taken again. */
  close(name: string): void;
}

/** What they are kept in, and who hears of them. */
export interface CredentialWorld {
  readonly records: Records;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  readonly watch: CircuitWatch;
}

const closed: Circuit = { state: "closed" };

/** Makes circuits over records, which all threads share. */
export function createCredentialCircuits(world: CredentialWorld): CredentialCircuits {
  const { records, wallMs, watch } = world;
  return {
    of(name) {
      const record = records.find(name);
      return record === undefined || !hasOpened(record) ? closed : circuitOf(record, wallMs());
    },
    opening(name) {
      const record = records.find(name);
      return record === undefined ? undefined : openingOf(record);
    },
    open(name, coolMs, reason) {
      const record = records.open(name);
      const nowMs = wallMs();
      const first = !hasOpened(record);
      openCircuit(record, { untilMs: nowMs + coolMs, openedMs: nowMs, reason }, nowMs);
      const opening = openingOf(record);
      if (opening !== undefined) watch.opened(name, opening, first);
    },
    beginProbe(name) {
      const record = records.find(name);
      return record !== undefined && beginProbe(record, wallMs());
    },
    endProbe(name) {
      const record = records.find(name);
      if (record !== undefined) endProbe(record);
    },
    close(name) {
      const record = records.find(name);
      if (record !== undefined && closeCircuit(record, wallMs())) watch.closed(name);
    },
  };
}
