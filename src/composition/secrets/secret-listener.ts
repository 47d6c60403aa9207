import type { World } from "../world.ts";
import type { SecretListener } from "./secret-reader.ts";

/** What counts and says in the world of a gateway what is read of secret managers. */
export function listenFor({ metrics, notice }: Pick<World, "metrics" | "notice">): SecretListener {
  return {
    count: (manager, outcome) => metrics.series("secretReads", manager, outcome).add(1),
    notice,
  };
}
