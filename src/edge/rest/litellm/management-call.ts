import type { Principal } from "../../../core/call.ts";
import type { Writable } from "../../../json/write.ts";
import type { AdminCaller, Engine } from "../../gateway-api.ts";
import type { ManagementMembers } from "./members/management-members.ts";
import { wrong } from "./members/management-members.ts";
import type { CalledServices } from "./service-call.ts";

/** A request of LiteLLM's management API. */
export interface ManagementCall {
  readonly engine: Engine;
  readonly principal: Principal;
  readonly caller: AdminCaller;
  readonly services: CalledServices;
  /** Those of the body, or of the query of a GET. */
  readonly members: ManagementMembers;
  /** What stands in the path in the place of a key; "" for nothing. */
  readonly pathKey: string;
  /** The value of a header of the request by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** What the reply warns of: members that have no effect, with why. */
  readonly warnings: string[];
}

/** Answers a request. */
export type ServeManagement = (call: ManagementCall) => Promise<Writable>;

/** Members that are known and not honoured, with why. */
export type ReasonTable = Readonly<Record<string, string>>;

/**
 * Refuses members that would bound, allow or charge something if they were honoured, and say
 * something.
 */
export function refuseMembers({ members }: ManagementCall, reasons: ReasonTable): void {
  for (const [name, why] of Object.entries(reasons))
    if (members.saysSomething(name)) throw wrong(name, why);
}

/** Warns of members without which everything holds that a caller relies on. */
export function warnOf({ members, warnings }: ManagementCall, reasons: ReasonTable): void {
  for (const [name, why] of Object.entries(reasons))
    if (members.saysSomething(name)) warnings.push(`${name}: ${why}`);
}
