import type { Reservations } from "../../state/reserve/reservations.ts";
import type { ShareEntries } from "../../state/shared-entries.ts";
import type { ShareTallies } from "../../state/shared-tallies.ts";
import type { State } from "../../state/state.ts";
import { createExperimentBook, type ExperimentBook } from "../experiment/experiment-book.ts";
import { createShadowBook, type ShadowBook } from "./shadow-book.ts";
import { createShadowCopies, type ShadowCopies } from "./shadow-copies.ts";

/** What is remembered of experiments and shadows; it outlives a reload of the config. */
export interface ComparisonState {
  readonly experiments: ExperimentBook;
  readonly shadows: ShadowBook;
  readonly shadowCopies: ShadowCopies;
}

/** What the state is made of. */
export interface ComparisonWorld {
  readonly state: State;
  /** What gateways share. */
  readonly share: ShareEntries;
  readonly shareTallies: ShareTallies;
  readonly reservations: Reservations;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** Makes the state of a gateway that has served no call yet. */
export function createComparisonState(world: ComparisonWorld): ComparisonState {
  return {
    experiments: createExperimentBook({ ...world, tallies: world.state.tallies }),
    shadows: createShadowBook(world),
    shadowCopies: createShadowCopies(),
  };
}
