import { type Deployment, firstOf } from "../deployments/deployment.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Draft, scalar } from "../tree/draft.ts";
import { numberOf } from "../tree/values.ts";

/** Shares may be 1000000 at most. */
const maxWeight = 1_000_000;

/**
 * The shares of the deployments of a model: by `weight`, else `rpm`, else `tpm`, the first that one
 * of them has; whoever has none of it gets no call, as at LiteLLM. Undefined: all get the same.
 */
export function weightsOf(
  deployments: readonly Deployment[],
  surroundings: Surroundings,
): readonly (Draft | undefined)[] {
  const none = deployments.map(() => undefined);
  if (deployments.length < 2) return none;
  for (const key of ["weight", "rpm", "tpm"]) {
    const reads = deployments.map(({ params }) => numberOf(firstOf(params, key), surroundings));
    const numbers = reads.map((read) => Math.max(0, read?.value ?? 0));
    const sum = numbers.reduce((one, other) => Math.max(one, other), 0);
    if (sum <= 0) continue;
    const factor = factorFor(numbers, sum);
    return deployments.map(({ at }, index) => {
      const exact = (numbers[index] ?? 0) * factor;
      const share = exact > 0 ? Math.max(1, Math.round(exact)) : 0;
      return scalar(share, reads[index]?.at ?? at);
    });
  }
  return none;
}

/** Makes whole numbers of shares with fractions, and small ones of large. */
function factorFor(numbers: readonly number[], largest: number): number {
  if (largest > maxWeight) return maxWeight / largest;
  if (numbers.every(Number.isInteger)) return 1;
  return Math.min(1000, maxWeight / largest);
}
