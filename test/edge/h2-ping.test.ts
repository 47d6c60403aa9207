import { once } from "node:events";
import { connect } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { expect, it, onTestFinished } from "vitest";
import {
  CompleteRequestSchema,
  StreamCompleteRequestSchema,
} from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { startGateway } from "../../src/serve.ts";
import { chatOf } from "../calls.ts";
import { startSlowVendor } from "./rest/start-slow-vendor.ts";

for (const [method, schema] of [
  ["Complete", CompleteRequestSchema],
  ["StreamComplete", StreamCompleteRequestSchema],
] as const) {
  it(`the connection of ${method} gets PING frames while its vendor is silent`, async () => {
    const asked = Promise.withResolvers<void>();
    const base_url = await startSlowVendor(() => asked.resolve());
    const vendor = { kind: "openai_compatible", base_url, api_key: { value: "k" } };
    const config = JSON.stringify({
      server: { port: 0, heartbeat: "0.02s" },
      providers: { vendor },
    });
    const gateway = await startGateway({ config, world: { record: () => undefined } });
    onTestFinished(() => gateway.close());
    const session = connect(gateway.url);
    onTestFinished(() => session.destroy());
    const message = toBinary(
      schema,
      create(schema, { chat: { ...chatOf("hi"), model: "vendor/m" } }),
    );
    const call = session.request({
      ":method": "POST",
      ":path": `/parlance.chat.v1.ChatService/${method}`,
      "content-type": "application/grpc",
      te: "trailers",
    });
    call.on("error", () => undefined);
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    call.end(Buffer.concat([head, message]));
    await asked.promise;
    for (let count = 0; count < 3; count += 1) await once(session, "ping");
    expect(call.closed).toBe(false);
  });
}
