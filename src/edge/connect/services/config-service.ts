import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import {
  type ConfigService,
  ValidateConfigRequestSchema,
} from "../../../../gen/parlance/admin/v1/config_service_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import type { Engine } from "../../gateway-api.ts";
import { refuseRpc } from "../rpc-refusal.ts";
import { principalOf, refusedIn } from "./rpc-call.ts";

/** ConfigService over the engine, for admins. */
export function createConfigService(engine: Engine): ServiceImpl<typeof ConfigService> {
  const forAdmins = async <T>(context: HandlerContext, run: () => T | Promise<T>): Promise<T> => {
    try {
      const principal = principalOf(engine, context);
      if (!principal.admin) throw adminsOnly(principal.name);
      return await run();
    } catch (error) {
      throw refuseRpc(engine, error, refusedIn(context));
    }
  };
  return {
    getConfig: (_request, context) => forAdmins(context, () => engine.config.get()),
    validateConfig: (request, context) =>
      forAdmins(context, () => {
        engine.check(ValidateConfigRequestSchema, request, "");
        return engine.config.validate(request.text);
      }),
  };
}

function adminsOnly(name: string): GatewayError {
  return new GatewayError({
    reason: ErrorReason.PERMISSION_DENIED,
    message: `key ${name} may not see the configuration: use the admin key`,
  });
}
