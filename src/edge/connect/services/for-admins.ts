import type { HandlerContext } from "@connectrpc/connect";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import type { Engine } from "../../gateway-api.ts";
import { refuseRpc } from "../rpc-refusal.ts";
import { accessOf } from "./access-of.ts";
import { callerAccess } from "./admin-service.ts";
import { principalOf, refusedIn } from "./rpc-call.ts";

/** Runs a method for an admin, with the name of the key; refuses it for others. */
export type ForAdmins = <T>(
  context: HandlerContext,
  run: (name: string) => T | Promise<T>,
) => Promise<T>;

/** Makes the guard of a service for admins. `what` is what others may not do, in words. */
export function createForAdmins(engine: Engine, what: string): ForAdmins {
  return async (context, run) => {
    try {
      const principal = await principalOf(engine, context);
      const { name } = principal;
      const { roles } = accessOf(context.method);
      if (!callerAccess(principal).grants.some(({ role }) => roles.includes(role)))
        throw new GatewayError({
          reason: ErrorReason.PERMISSION_DENIED,
          message: `key ${name} may not ${what}: use the admin key`,
        });
      return await run(name);
    } catch (error) {
      throw refuseRpc(engine, error, refusedIn(context));
    }
  };
}
