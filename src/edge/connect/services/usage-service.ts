import { create } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import {
  AggregateUsageRequestSchema,
  AggregateUsageResponseSchema,
  ListCallsRequestSchema,
  ListCallsResponseSchema,
  type UsageService,
} from "../../../../gen/parlance/admin/v1/usage_service_pb.js";
import type { Principal } from "../../../core/call.ts";
import type { Engine } from "../../gateway-api.ts";
import { refuseRpc } from "../rpc-refusal.ts";
import { principalOf, refusedIn } from "./rpc-call.ts";

/** UsageService over the engine. */
export function createUsageService(engine: Engine): ServiceImpl<typeof UsageService> {
  const answer = async <T>(
    context: HandlerContext,
    run: (principal: Principal) => Promise<T>,
  ): Promise<T> => {
    try {
      return await run(await principalOf(engine, context));
    } catch (error) {
      throw refuseRpc(engine, error, refusedIn(context));
    }
  };
  return {
    listCalls: (request, context) =>
      answer(context, async (principal) => {
        engine.check(ListCallsRequestSchema, request, "");
        const { calls, nextPageToken } = await engine.usage.listCalls(principal, request);
        return create(ListCallsResponseSchema, { calls: [...calls], nextPageToken });
      }),
    aggregateUsage: (request, context) =>
      answer(context, async (principal) => {
        engine.check(AggregateUsageRequestSchema, request, "");
        const sums = await engine.usage.aggregate(principal, request);
        return create(AggregateUsageResponseSchema, { sums: [...sums] });
      }),
  };
}
