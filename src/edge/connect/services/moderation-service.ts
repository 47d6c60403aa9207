import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { ModerationSpecSchema } from "../../../../gen/parlance/moderation/v1/moderation_pb.js";
import {
  ModerateResponseSchema,
  type ModerationService,
} from "../../../../gen/parlance/moderation/v1/moderation_service_pb.js";
import { moderate } from "../../../core/operation.ts";
import type { Engine } from "../../gateway-api.ts";
import { answerRpcCall } from "./rpc-call.ts";

/** ModerationService over the gateway. */
export function createModerationService(engine: Engine): ServiceImpl<typeof ModerationService> {
  return {
    moderate: async ({ spec = create(ModerationSpecSchema) }, context) =>
      create(ModerateResponseSchema, await answerRpcCall(engine, moderate, spec, context)),
  };
}
