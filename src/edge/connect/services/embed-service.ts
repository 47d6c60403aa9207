import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  EmbedResponseSchema,
  type EmbedService,
  ExplainResponseSchema,
} from "../../../../gen/parlance/embed/v1/embed_service_pb.js";
import { EmbedSpecSchema } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { embed } from "../../../core/operation.ts";
import type { Engine } from "../../gateway-api.ts";
import { answerRpcCall, explainRpcCall } from "./rpc-call.ts";

/** EmbedService over the gateway. */
export function createEmbedService(engine: Engine): ServiceImpl<typeof EmbedService> {
  return {
    embed: async ({ spec = create(EmbedSpecSchema) }, context) =>
      create(EmbedResponseSchema, await answerRpcCall(engine, embed, spec, context)),
    async explain({ spec = create(EmbedSpecSchema) }, context) {
      const { targets, stages, configHash } = await explainRpcCall(engine, embed, spec, context);
      return create(ExplainResponseSchema, { targets, stages, configHash });
    },
  };
}
