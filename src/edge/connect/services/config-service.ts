import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import {
  type ConfigService,
  ValidateConfigRequestSchema,
  type WatchResponse,
} from "../../../../gen/parlance/admin/v1/config_service_pb.js";
import type { Engine } from "../../gateway-api.ts";
import { drainingError } from "../to-connect-error.ts";
import { createAdminMethod } from "./admin-service.ts";
import { createForAdmins } from "./for-admins.ts";

/**
 * ConfigService over the engine, for admins. `shutdown` ends running Watch calls with UNAVAILABLE;
 * else they hold up a drain.
 */
export function createConfigService(
  engine: Engine,
  shutdown?: AbortSignal,
): ServiceImpl<typeof ConfigService> {
  const forAdmins = createForAdmins(engine, "see the configuration");
  const { getLogLevel, setLogLevel } = engine.config.logLevel;
  const { plan, apply, rollback, listVersions, getVersion } = engine.config.versions;
  return {
    getConfig: (_request, context) => forAdmins(context, () => engine.config.get()),
    validateConfig: (request, context) =>
      forAdmins(context, () => {
        engine.check(ValidateConfigRequestSchema, request, "");
        return engine.config.validate(request.text);
      }),
    plan: createAdminMethod(engine, plan),
    apply: createAdminMethod(engine, apply),
    rollback: createAdminMethod(engine, rollback),
    listVersions: createAdminMethod(engine, listVersions),
    getVersion: createAdminMethod(engine, getVersion),
    getLogLevel: createAdminMethod(engine, getLogLevel),
    setLogLevel: createAdminMethod(engine, setLogLevel),
    async *watch(_request, context) {
      await forAdmins(context, () => undefined);
      yield* watch(engine, context, shutdown);
    },
  };
}

async function* watch(
  engine: Engine,
  { signal }: HandlerContext,
  shutdown: AbortSignal | undefined,
): AsyncGenerator<WatchResponse, void> {
  const ends = shutdown === undefined ? signal : AbortSignal.any([signal, shutdown]);
  yield* engine.config.watch(ends);
  if (signal.aborted) throw signal.reason;
  throw drainingError();
}
