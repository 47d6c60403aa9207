import type { ServiceImpl } from "@connectrpc/connect";
import {
  type ConfigService,
  ValidateConfigRequestSchema,
} from "../../../../gen/parlance/admin/v1/config_service_pb.js";
import type { Engine } from "../../gateway-api.ts";
import { createForAdmins } from "./for-admins.ts";

/** ConfigService over the engine, for admins. */
export function createConfigService(engine: Engine): ServiceImpl<typeof ConfigService> {
  const forAdmins = createForAdmins(engine, "see the configuration");
  return {
    getConfig: (_request, context) => forAdmins(context, () => engine.config.get()),
    validateConfig: (request, context) =>
      forAdmins(context, () => {
        engine.check(ValidateConfigRequestSchema, request, "");
        return engine.config.validate(request.text);
      }),
  };
}
