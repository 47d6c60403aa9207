import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { printEnvelope } from "../../../src/edge/connect/envelope.ts";
import { type Note, NoteSchema } from "./echo-service.ts";
import { echoImplementation, echoRoutes, startRpc } from "./start-rpc.ts";

interface TextReply {
  readonly status: number;
  readonly contentType: string | null;
  readonly messages: readonly Note[];
  readonly trailers: string;
}

const message = (text: string, number = 0): Buffer =>
  Buffer.from(printEnvelope(0, toBinary(NoteSchema, create(NoteSchema, { text, number }))));

async function call(
  method: string,
  body: string,
  type = "application/grpc-web-text+proto",
): Promise<TextReply> {
  const { url } = await startRpc({ routes: echoRoutes(echoImplementation), readMaxBytes: 10_000 });
  const reply = await fetch(`${url}/echo.v1.EchoService/${method}`, {
    method: "POST",
    headers: { "content-type": type },
    body,
  });
  const pieces = (await reply.text()).match(/[^=]+=*/g) ?? [];
  const bytes = Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64")));
  const messages: Note[] = [];
  let trailers = JSON.stringify([...reply.headers]);
  for (let at = 0; at < bytes.length; ) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    const data = bytes.subarray(at + 5, end);
    if (bytes[at] === 0x80) trailers += data.toString();
    else messages.push(fromBinary(NoteSchema, data));
    at = end;
  }
  return {
    status: reply.status,
    contentType: reply.headers.get("content-type"),
    messages,
    trailers,
  };
}

describe("gRPC-Web in base64", () => {
  for (const type of ["application/grpc-web-text", "application/grpc-web-text+proto"]) {
    it(`carries a call and its reply as ${type}`, async () => {
      const reply = await call("Echo", message("hello", 3).toString("base64"), type);
      expect(reply).toMatchObject({ status: 200, messages: [{ text: "hello", number: 3 }] });
      expect(reply.contentType).toMatch(/^application\/grpc-web-text/);
      expect(reply.trailers).toContain("grpc-status: 0");
    });
  }

  it("carries a stream, each message of it readable by itself", async () => {
    const reply = await call("Count", message("x", 4).toString("base64"));
    expect(reply.messages.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    expect(reply.trailers).toContain("grpc-status: 0");
  });

  it("reads a body in pieces, each with padding", async () => {
    const bytes = message("hello", 3);
    for (const cut of [1, 2, 4, 5, 6, 7]) {
      const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
      const body = pieces.map((piece) => piece.toString("base64")).join("");
      expect((await call("Echo", body)).messages).toMatchObject([{ text: "hello" }]);
    }
  });

  for (const [title, body, status] of [
    ["no base64", "%%%%%%%%%%%%", "3"],
    ["half an envelope", message("hello").subarray(0, 7).toString("base64"), "3"],
    ["an envelope that is too large", message("x".repeat(20_000)).toString("base64"), "8"],
    ["a body that is too large", `AAAA${"A".repeat(40_000)}`, "8"],
    ["nothing", "", "12"],
  ] as const) {
    it(`is refused with its status: ${title}`, async () => {
      const { trailers, messages } = await call("Echo", body);
      expect(messages).toEqual([]);
      expect(trailers).toMatch(new RegExp(`grpc-status(: |","|%22%2C%22)${status}`));
    });
  }
});
