import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  type CacheService,
  type PurgeRequest,
  PurgeRequestSchema,
  PurgeResponseSchema,
} from "../../../../gen/parlance/admin/v1/cache_service_pb.js";
import type { PurgeFilter } from "../../../core/cache/entry-store.ts";
import { invalidField } from "../../../core/faults/fault.ts";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import type { Engine } from "../../gateway-api.ts";
import { createForAdmins } from "./for-admins.ts";

/** CacheService over the engine, for admins. */
export function createCacheService(engine: Engine): ServiceImpl<typeof CacheService> {
  const forAdmins = createForAdmins(engine, "purge stored answers");
  return {
    purge: (request, context) =>
      forAdmins(context, async () => {
        engine.check(PurgeRequestSchema, request, "");
        const purged = await engine.purgeCache(filterOf(request));
        return create(PurgeResponseSchema, { purged: BigInt(purged) });
      }),
  };
}

/** Throws INVALID_REQUEST where it is not clear what is meant. */
function filterOf({ model, key, team, entry, all }: PurgeRequest): PurgeFilter {
  const filter: PurgeFilter = {
    ...(model !== "" && { model }),
    ...(key !== "" && { principal: key }),
    ...(team !== "" && { team }),
    ...(entry !== "" && { entry }),
  };
  const isEmpty = Object.keys(filter).length === 0;
  if (isEmpty && !all)
    throw new GatewayError(invalidField("all", "say model, key, team or entry, or that all go"));
  if (!isEmpty && all)
    throw new GatewayError(invalidField("all", "leave it out, or model, key, team and entry"));
  return filter;
}
