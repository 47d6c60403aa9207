import type { ConfiguredModel } from "../../../config/settings.ts";
import type { Call } from "../../../core/call.ts";
import type { TargetFilter } from "../../../core/target/exclusion.ts";

/** The parts of a call that the order of attempts depends on. */
export type RoutedCall = Pick<
  Call,
  | "model"
  | "principal"
  | "endUser"
  | "header"
  | "origin"
  | "request"
  | "excludes"
  | "addedTags"
  | "arm"
  | "recovery"
>;

/**
 * What keeps a call from some targets of a model; undefined where it keeps it from none, which
 * costs nothing more.
 */
export type CallFilter = (call: RoutedCall, model: ConfiguredModel) => TargetFilter | undefined;
