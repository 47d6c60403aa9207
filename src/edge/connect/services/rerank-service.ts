import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { RerankSpecSchema } from "../../../../gen/parlance/rerank/v1/ranking_pb.js";
import {
  ExplainResponseSchema,
  RerankResponseSchema,
  type RerankService,
} from "../../../../gen/parlance/rerank/v1/rerank_service_pb.js";
import { rerank } from "../../../core/operation.ts";
import type { Engine } from "../../gateway-api.ts";
import { answerRpcCall, explainRpcCall } from "./rpc-call.ts";

/** RerankService over the gateway. */
export function createRerankService(engine: Engine): ServiceImpl<typeof RerankService> {
  return {
    rerank: async ({ spec = create(RerankSpecSchema) }, context) =>
      create(RerankResponseSchema, await answerRpcCall(engine, rerank, spec, context)),
    async explain({ spec = create(RerankSpecSchema) }, context) {
      const { targets, stages, configHash } = await explainRpcCall(engine, rerank, spec, context);
      return create(ExplainResponseSchema, { targets, stages, configHash });
    },
  };
}
