import { createHash } from "node:crypto";
import { StickyOn } from "../../../../gen/parlance/config/v1/sticky_pb.js";
import { Strategy } from "../../../../gen/parlance/config/v1/strategy_pb.js";
import type { ConfiguredModel } from "../../../config/settings.ts";
import type { Call } from "../../../core/call.ts";
import { sessionOf, userOf } from "../../../core/caller/caller-unit.ts";
import { promptPrefix } from "../../../core/caller/prompt-prefix.ts";

/** The parts of a call that its key depends on. */
export type StickyCall = Pick<Call, "header" | "origin" | "principal" | "request">;

/**
 * What calls to a sticky model stay at one target by: of one API key, model and user, session or
 * prompt. Undefined where the model is not sticky, or the call has no such thing.
 */
export function stickyKeyOf(call: StickyCall, { settings }: ConfiguredModel): string | undefined {
  if (settings.strategy !== Strategy.STICKY) return undefined;
  const { on = StickyOn.UNSPECIFIED, header = "" } = settings.sticky ?? {};
  const unit = unitOf(call, on, header);
  if (unit === undefined || unit === "") return undefined;
  const text = `${settings.name}\n${call.principal?.name ?? ""}\n${unit}`;
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

function unitOf(call: StickyCall, on: StickyOn, header: string): string | undefined {
  const named = header === "" ? undefined : call.header(header.toLowerCase());
  if (named !== undefined && named !== "") return named;
  switch (on) {
    case StickyOn.KEY:
      return call.principal?.name;
    case StickyOn.USER:
      return userOf(call);
    case StickyOn.SESSION:
      return sessionOf(call);
    case StickyOn.PREFIX:
    case StickyOn.UNSPECIFIED:
      return promptPrefix(call);
  }
}
