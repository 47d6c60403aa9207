import type { Records } from "../../../state/state.ts";
import {
  beginProbe,
  type CircuitRule,
  endProbe,
  hasOpened,
  leaveProbe,
  noteLateProbe,
  openingOf,
} from "./circuit.ts";
import type { CircuitWatch } from "./circuit-news.ts";
import type { ProbeClaims } from "./probe-claims.ts";

/** A call that finds out whether a target has recovered. One of these ends it. */
export interface Probe {
  /** Its outcome is noted. */
  settle(): void;
  /** It said nothing of the target; another may follow. */
  end(): void;
  /** It took too long: the target is left alone again. `rule` undefined: as `end`. */
  late(rule: CircuitRule | undefined): void;
}

/** The probes of targets by the names of their records. */
export interface Probes {
  /**
   * Claims the probe of a circuit that may be probed, for the call that `begin` is then called for;
   * false: another gateway probes it. Undefined where there is nothing to claim.
   */
  claim(name: string, waiter: object): Promise<boolean> | undefined;
  /** Has a call probe a circuit, where one is to. */
  begin(name: string): Probe | undefined;
}

/** What probes are made by. */
export interface ProbeWorld {
  readonly records: Records;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  readonly watch: CircuitWatch;
  readonly claims: ProbeClaims;
}

/** What another gateway probes is claimed again after so long, in milliseconds. */
const leaveMs = 1_000;

/** Makes the probes of a thread. */
export function createProbes({ records, wallMs, watch, claims }: ProbeWorld): Probes {
  /** Claimed, and no call has begun it yet. */
  const begun = new Set<string>();
  const probeOf = (name: string): Probe => ({
    settle: () => claims.release(name),
    end() {
      claims.release(name);
      endProbe(records.open(name));
    },
    late(rule) {
      claims.release(name);
      const record = records.open(name);
      if (rule === undefined) return endProbe(record);
      noteLateProbe(record, rule, wallMs());
      const opening = openingOf(record);
      if (opening !== undefined) watch.opened(name, opening, false);
    },
  });
  return {
    claim(name, waiter) {
      const record = records.find(name);
      if (record === undefined || !hasOpened(record)) return undefined;
      // From here on other calls of this gateway leave it alone.
      if (!claims.areShared() || !beginProbe(record, wallMs())) return undefined;
      return claims.claim(name, waiter).then((claimed) => {
        if (claimed) begun.add(name);
        else leaveProbe(record, wallMs() + leaveMs);
        return claimed;
      });
    },
    begin(name) {
      if (begun.delete(name)) return probeOf(name);
      const record = records.find(name);
      if (record === undefined || !hasOpened(record)) return undefined;
      return beginProbe(record, wallMs()) ? probeOf(name) : undefined;
    },
  };
}
