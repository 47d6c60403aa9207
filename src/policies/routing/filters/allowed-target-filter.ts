import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { TargetFilter } from "../../../core/target/exclusion.ts";
import type { RoutedCall } from "./call-filter.ts";

/** Keeps a call from targets that its key does not list; undefined where it lists none. */
export function allowedTargetFilter({ principal }: RoutedCall): TargetFilter | undefined {
  const targets = principal?.targets;
  if (targets === undefined) return undefined;
  const why = `is not among the targets of key ${principal?.name}`;
  const refused = { why, reason: ErrorReason.PERMISSION_DENIED, field: "model" };
  return ({ provider, model }) => (targets.has(`${provider}/${model}`) ? undefined : refused);
}
