import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";

/**
 * Usage that is billed in the tier of service that an answer names beside it. The usual tier is
 * left out, as vendors leave it out of the usage.
 */
export function withTier(usage: Usage | undefined, tier: string): Usage | undefined {
  if (usage === undefined || usage.serviceTier !== "" || usual.has(tier)) return usage;
  return { ...usage, serviceTier: tier };
}

const usual: ReadonlySet<string> = new Set(["", "auto", "default", "standard", "on_demand"]);
