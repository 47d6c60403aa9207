import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  EmbedResponseSchema,
  type EmbedService,
} from "../../../../gen/parlance/embed/v1/embed_service_pb.js";
import { EmbedSpecSchema } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import { embed } from "../../../core/operation.ts";
import type { Engine } from "../../gateway-api.ts";
import { answerRpcCall } from "./rpc-call.ts";

/** EmbedService over the gateway. */
export function createEmbedService(engine: Engine): ServiceImpl<typeof EmbedService> {
  return {
    embed: async ({ spec = create(EmbedSpecSchema) }, context) =>
      create(EmbedResponseSchema, await answerRpcCall(engine, embed, spec, context)),
  };
}
