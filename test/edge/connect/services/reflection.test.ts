import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  create,
  createFileRegistry,
  type DescFile,
  fromBinary,
  toBinary,
} from "@bufbuild/protobuf";
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_timestamp as timestampFile,
} from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { credentials, Client as GrpcClient } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import {
  Health,
  file_grpc_health_v1_health as healthFile,
} from "../../../../gen/grpc/health/v1/health_pb.js";
import {
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
  ServerReflection as V1,
} from "../../../../gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as V1Alpha } from "../../../../gen/grpc/reflection/v1alpha/reflection_pb.js";
import { createHealth } from "../../../../src/edge/connect/services/health.ts";
import { registerReflection } from "../../../../src/edge/connect/services/reflection/reflection.ts";
import { EchoService, echoFile } from "../echo-service.ts";
import { echoImplementation, startRpc } from "../start-rpc.ts";

/** A file with everything that has a name, and that imports another. */
function createWideFile(): DescFile {
  const proto = create(FileDescriptorProtoSchema, {
    name: "wide.proto",
    package: "wide",
    syntax: "proto2",
    dependency: ["google/protobuf/timestamp.proto"],
    messageType: [
      {
        name: "Outer",
        field: [
          { name: "at", number: 1, label: 1, type: 11, typeName: ".google.protobuf.Timestamp" },
          { name: "pick", number: 2, label: 1, type: 9, oneofIndex: 0 },
        ],
        oneofDecl: [{ name: "choice" }],
        nestedType: [{ name: "Inner" }],
        enumType: [{ name: "Mood", value: [{ name: "CALM", number: 0 }] }],
        extensionRange: [{ start: 100, end: 200 }],
      },
    ],
    enumType: [{ name: "Color", value: [{ name: "RED", number: 0 }] }],
    extension: [
      { name: "late", number: 120, label: 1, type: 9, extendee: ".wide.Outer" },
      { name: "early", number: 110, label: 1, type: 9, extendee: ".wide.Outer" },
    ],
  });
  const file = createFileRegistry(
    create(FileDescriptorSetSchema, { file: [timestampFile.proto, proto] }),
  ).getFile("wide.proto");
  if (file === undefined) throw new Error("wide.proto is broken");
  return file;
}

const readiness = { ready: () => true, onChange: () => () => undefined };
const startReflection = () =>
  startRpc({
    routes(router) {
      router.service(EchoService, echoImplementation);
      router.service(Health, createHealth({ readiness, services: [] }));
      registerReflection(router, [echoFile, healthFile, createWideFile()]);
    },
  });

type Question = ServerReflectionRequest["messageRequest"];

/** Shows an answer in short: services, names of files, extension numbers, or an error code. */
function show(answer: ServerReflectionResponse["messageResponse"]): unknown {
  switch (answer.case) {
    case "listServicesResponse":
      return answer.value.service.map((service) => service.name);
    case "fileDescriptorResponse":
      return answer.value.fileDescriptorProto.map(
        (bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name,
      );
    case "allExtensionNumbersResponse":
      return [answer.value.baseTypeName, ...answer.value.extensionNumber];
    case "errorResponse":
      return answer.value.errorCode;
    case undefined:
      return undefined;
  }
}

const wide = ["wide.proto", "google/protobuf/timestamp.proto"];
const echo = ["echo/v1/echo.proto"];
const symbol = (value: string): Question => ({ case: "fileContainingSymbol", value });
const extension = (containingType: string, extensionNumber: number) => {
  const value = {
    $typeName: "grpc.reflection.v1.ExtensionRequest" as const,
    containingType,
    extensionNumber,
  };
  return { case: "fileContainingExtension" as const, value };
};
const services = [
  "echo.v1.EchoService",
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
];

const cases: readonly (readonly [Question, unknown])[] = [
  [{ case: "listServices", value: "" }, services],
  [{ case: "fileByFilename", value: "echo/v1/echo.proto" }, echo],
  [
    { case: "fileByFilename", value: "google/protobuf/timestamp.proto" },
    ["google/protobuf/timestamp.proto"],
  ],
  [{ case: "fileByFilename", value: "none.proto" }, 5],
  [symbol("echo.v1.EchoService"), echo],
  [symbol("echo.v1.EchoService.Chat"), echo],
  [symbol("echo.v1.Note"), echo],
  [symbol("echo.v1.Note.text"), echo],
  [symbol("wide.Outer.choice"), wide],
  [symbol("wide.Outer.Inner"), wide],
  [symbol("wide.Outer.Mood"), wide],
  [symbol("wide.Outer.CALM"), wide],
  [symbol("wide.Color"), wide],
  [symbol("wide.RED"), wide],
  [symbol("wide.late"), wide],
  [symbol("google.protobuf.Timestamp"), ["google/protobuf/timestamp.proto"]],
  [symbol("echo.v1.Nope"), 5],
  [extension("wide.Outer", 120), wide],
  [extension("wide.Outer", 121), 5],
  [{ case: "allExtensionNumbersOfType", value: "wide.Outer" }, ["wide.Outer", 110, 120]],
  [{ case: "allExtensionNumbersOfType", value: "echo.v1.Note" }, ["echo.v1.Note"]],
  [{ case: "allExtensionNumbersOfType", value: "wide.Nope" }, 5],
  [{ case: undefined }, 3],
];

test("answers every question on one stream, in order", async () => {
  const { url } = await startReflection();
  const client = createClient(V1, createGrpcTransport({ baseUrl: url }));
  async function* questions() {
    for (const [messageRequest] of cases) yield { host: "h", messageRequest };
  }
  const answers: unknown[] = [];
  for await (const reply of client.serverReflectionInfo(questions())) {
    expect(reply.validHost).toBe("h");
    expect(reply.originalRequest?.messageRequest).toEqual(cases[answers.length]?.[0]);
    answers.push(show(reply.messageResponse));
  }
  expect(answers).toEqual(cases.map(([, expected]) => expected));
});

test("speaks v1alpha too, question by question", async () => {
  const { url } = await startReflection();
  const client = createClient(V1Alpha, createGrpcTransport({ baseUrl: url }));
  async function* questions() {
    yield { messageRequest: { case: "listServices" as const, value: "" } };
    yield { messageRequest: { case: "fileContainingSymbol" as const, value: "echo.v1.Note" } };
  }
  const kinds: unknown[] = [];
  for await (const reply of client.serverReflectionInfo(questions()))
    kinds.push(reply.messageResponse.case);
  expect(kinds).toEqual(["listServicesResponse", "fileDescriptorResponse"]);
});

test("serves grpc-js, with answers while the stream stays open", async () => {
  const { port } = await startReflection();
  const client = new GrpcClient(`127.0.0.1:${port}`, credentials.createInsecure());
  onTestFinished(() => client.close());
  const call = client.makeBidiStreamRequest(
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    (request: ServerReflectionRequest) =>
      Buffer.from(toBinary(ServerReflectionRequestSchema, request)),
    (bytes) => fromBinary(ServerReflectionResponseSchema, bytes),
  );
  const replies = call[Symbol.asyncIterator]();
  for (const [messageRequest, expected] of cases.slice(0, 3)) {
    call.write(create(ServerReflectionRequestSchema, { messageRequest }));
    expect(show((await replies.next()).value.messageResponse)).toEqual(expected);
  }
  call.end();
  expect((await replies.next()).done).toBe(true);
});

test("lets buf curl list and call methods without a schema", async () => {
  const { url } = await startReflection();
  const buf = async (...options: string[]) => {
    const path = join(import.meta.dirname, "../../../../node_modules/.bin/buf");
    const transport = ["--protocol", "grpc", "--http2-prior-knowledge"];
    return (await promisify(execFile)(path, ["curl", ...transport, ...options])).stdout.trim();
  };
  expect((await buf("--list-methods", url)).split("\n")).toContain("grpc.health.v1.Health/Check");
  const reply = await buf("--data", "{}", `${url}/grpc.health.v1.Health/Check`);
  expect(JSON.parse(reply)).toEqual({ status: "SERVING" });
  const note = await buf(
    "--reflect-protocol",
    "grpc-v1alpha",
    "--data",
    '{"text":"hi"}',
    `${url}/echo.v1.EchoService/Echo`,
  );
  expect(JSON.parse(note)).toEqual({ text: "hi" });
});
