import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { create, fromJsonString } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { CompleteResponseSchema } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import { asObject, asObjects, parseJson } from "../vendors/json-value.ts";
import { printChat } from "./connect-json-client.ts";
import { gatewayKey, type Matrix, startMatrix } from "./start-matrix.ts";
import { upstreams } from "./upstreams.ts";

const run = promisify(execFile);

describe("curl itself", () => {
  let matrix: Matrix;
  beforeAll(async () => {
    matrix = await startMatrix();
  });
  afterAll(() => matrix.close());

  const curl = async (path: string, body: string, ...more: readonly string[]) => {
    const asked = [
      "--silent",
      "--show-error",
      "--no-buffer",
      "--max-time",
      "10",
      "--write-out",
      "\n%{http_code}",
    ];
    const headers = [
      "--header",
      `authorization: Bearer ${gatewayKey}`,
      "--header",
      "content-type: application/json",
    ];
    const { stdout } = await run("curl", [
      ...asked,
      ...headers,
      ...more,
      "--data-binary",
      body,
      matrix.url + path,
    ]);
    const end = stdout.lastIndexOf("\n");
    return { body: stdout.slice(0, end), status: Number(stdout.slice(end + 1)) };
  };
  const chatBody = (model: string) =>
    JSON.stringify({ model, messages: [{ role: "user", content: "hi \u00fc" }] });
  const typedBody = (model: string, text = "hi \u00fc") => {
    const parts = [{ content: { case: "text" as const, value: { text } } }];
    return printChat(create(ChatSchema, { model, messages: [{ role: Role.USER, parts }] }));
  };
  const complete = "/parlance.chat.v1.ChatService/Complete";

  for (const { name: upstream, model: vendorModel } of upstreams) {
    const model = (scenario: string) => `${upstream}/${vendorModel}-${scenario}`;

    for (const version of ["--http1.1", "--http2-prior-knowledge"]) {
      it(`is answered in Connect's JSON (${upstream} upstream, ${version})`, async () => {
        const { body, status } = await curl(complete, typedBody(model("text")), version);
        expect(status).toBe(200);
        const { completion, report } = fromJsonString(CompleteResponseSchema, body);
        const parts = completion?.choices[0]?.message?.parts.map(({ content }) => content.value);
        expect(parts).toMatchObject([{ text: "You said: hi \u00fc" }]);
        expect(report?.target?.provider).toBe(upstream);
      });

      it(`is answered as an OpenAI client (${upstream} upstream, ${version})`, async () => {
        const { body, status } = await curl(
          "/v1/chat/completions",
          chatBody(model("text")),
          version,
        );
        expect(status).toBe(200);
        const [choice] = asObjects(asObject(parseJson(body))?.choices);
        expect(choice).toMatchObject({
          finish_reason: "stop",
          message: { content: "You said: hi \u00fc" },
        });
      });
    }

    it(`reads a stream with its end (${upstream} upstream)`, async () => {
      const asked = chatBody(model("text")).replace("{", '{"stream":true,');
      const { body } = await curl("/v1/chat/completions", asked);
      const frames = body.trimEnd().split("\n\n");
      expect(frames.at(-1)).toBe("data: [DONE]");
      const texts = frames.flatMap((frame) =>
        asObjects(asObject(parseJson(frame.slice(6)))?.choices),
      );
      expect(texts.map(({ delta }) => asObject(delta)?.content ?? "").join("")).toBe(
        "You said: hi \u00fc",
      );
    });

    it(`is told of a rate limit by status and code (${upstream} upstream)`, async () => {
      const { body, status } = await curl(complete, typedBody(model("e429"), "x-e429"));
      expect(status).toBe(429);
      expect(asObject(parseJson(body))?.code).toBe("resource_exhausted");
    });
  }
});
