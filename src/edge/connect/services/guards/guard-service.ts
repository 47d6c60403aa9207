import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  CheckResponseSchema,
  type GuardService,
  ListGuardsResponseSchema,
} from "../../../../../gen/parlance/guard/v1/guard_service_pb.js";
import { GuardSpecSchema } from "../../../../../gen/parlance/guard/v1/guard_spec_pb.js";
import { guardTexts } from "../../../../core/operation.ts";
import type { Engine } from "../../../gateway-api.ts";
import { refuseRpc } from "../../rpc-refusal.ts";
import { answerRpcCall, principalOf, refusedIn } from "../rpc-call.ts";

/** GuardService over the gateway. */
export function createGuardService(engine: Engine): ServiceImpl<typeof GuardService> {
  return {
    check: async ({ spec = create(GuardSpecSchema) }, context) => {
      const texts = { ...spec, extrasJson: {} };
      return create(CheckResponseSchema, await answerRpcCall(engine, guardTexts, texts, context));
    },
    async listGuards(_, context) {
      try {
        await principalOf(engine, context);
        return create(ListGuardsResponseSchema, { guards: [...engine.guards()] });
      } catch (error) {
        throw refuseRpc(engine, error, refusedIn(context));
      }
    },
  };
}
