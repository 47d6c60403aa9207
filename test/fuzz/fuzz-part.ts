import type { Report } from "./finding.ts";
import type { GatewayKind } from "./fuzz-config.ts";
import type { FuzzWorld } from "./fuzz-world.ts";

/** A kind of attack: cases by their numbers, the same for the same seed. */
export interface FuzzPart {
  /** For `--only`. */
  readonly name: string;
  /** What is done, for people. */
  readonly title: string;
  /** How many cases there are. */
  readonly count: number;
  /** How many of them a short run plays, drawn by the seed. */
  readonly short: number;
  /** Cases at a time. */
  readonly concurrency: number;
  /** The gateways that it attacks. */
  readonly gateways: readonly GatewayKind[];
  readonly begin: (world: FuzzWorld) => RunningPart | Promise<RunningPart>;
}

/** A part that has begun. */
export interface RunningPart {
  /** Plays a case. What it throws is a finding too. */
  readonly run: (at: number, report: Report) => Promise<void>;
  /** Lets go of everything, so that the gateway can come to rest. */
  readonly end?: (report: Report) => void | Promise<void>;
}
