import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  EmbedResponseSchema,
  type EmbedService,
} from "../../../../gen/parlance/embed/v1/embed_service_pb.js";
import { EmbedSpecSchema } from "../../../../gen/parlance/embed/v1/embedding_pb.js";
import type { Engine } from "../../gateway-api.ts";
import { callReport } from "./call-report.ts";
import { told } from "./chat-service.ts";
import { beginRpcCall } from "./rpc-call.ts";

/** EmbedService over the engine. */
export function createEmbedService(engine: Engine): ServiceImpl<typeof EmbedService> {
  return {
    async embed({ spec }, context) {
      const asked = spec ?? create(EmbedSpecSchema);
      const call = beginRpcCall(
        engine,
        asked.model,
        { operation: "embed", spec: () => asked },
        context,
      );
      return told(engine, call, async () => {
        const reply = await engine.handle(call);
        if (reply.output.kind !== "embeddings")
          throw new Error(`embeddings were answered with ${reply.output.kind}`);
        const report = callReport(call, reply, engine.configHash());
        return create(EmbedResponseSchema, { result: reply.output.result, report });
      });
    },
  };
}
