import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toJsonString } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { devKey, startSimGateway } from "../../start-sim-gateway.ts";
import { compileProtos } from "./compile-protos.ts";

const folder = mkdtempSync(join(tmpdir(), "protos-"));
let tree = "";

beforeAll(() => {
  const script = ["scripts/protos/pack-protos.ts", join(folder, "packed")];
  const packed = execFileSync(process.execPath, script, { encoding: "utf8" }).trim();
  execFileSync("tar", ["-xzf", packed, "-C", folder]);
  tree = packed.replace("/packed/", "/").replace(/\.tar\.gz$/, "");
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the packed contract", () => {
  it("says what it is and under which terms", () => {
    const files = ["LICENSE", "README.md", "buf.gen.yaml", "buf.yaml", "parlance"];
    expect(globSync("*", { cwd: tree }).sort()).toEqual(files);
    expect(readFileSync(join(tree, "LICENSE"), "utf8")).toBe(readFileSync("LICENSE", "utf8"));
  });

  it("is the contract but for the validation rules", () => {
    const own = describeFiles("proto");
    expect([...own.values()].join()).toContain(validation);
    expect([...describeFiles(tree)]).toEqual(
      [...own].map(([name, file]) => [name, withoutImport(file)]),
    );
    expect(globSync("**/*.proto", { cwd: tree }).map(read).join()).not.toContain("buf.validate");
  });

  it("needs nothing but Google's own types", () => {
    const imported = compileProtos(tree).file.filter(({ name }) => !name.startsWith("parlance/"));
    expect(imported.length).toBeGreaterThan(0);
    for (const { name } of imported) expect(name).toMatch(/^google\/protobuf\//);
  });

  it("serves a client that loads it as it is", async () => {
    const gateway = await startSimGateway();
    onTestFinished(() => gateway.close());
    const client = new Client(new URL(gateway.url).host, credentials.createInsecure());
    onTestFinished(() => client.close());
    const { path, requestSerialize, responseDeserialize } = methodOf("Complete");
    const metadata = new Metadata();
    metadata.set("authorization", `Bearer ${devKey}`);
    const messages = [{ role: "ROLE_USER", parts: [{ text: { text: "Hello" } }] }];
    const answer = await new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        { chat: { model: "fast", messages } },
        metadata,
        (error, value) => (error === null ? resolve(value) : reject(error)),
      );
    });
    expect(answer).toMatchObject({
      completion: { choices: [{ message: { parts: [{ text: { text: "Hello" } }] } }] },
    });
  });
});

const validation = "buf/validate/validate.proto";

function read(path: string): string {
  return readFileSync(join(tree, path), "utf8");
}

/** The files of the contract by name, each as JSON; options that JSON does not know are left out. */
function describeFiles(from: string): ReadonlyMap<string, string> {
  const files = compileProtos(from).file.filter(({ name }) => name.startsWith("parlance/"));
  return new Map(
    files.map((file) => [
      file.name,
      toJsonString(FileDescriptorProtoSchema, file).replaceAll(',"options":{}', ""),
    ]),
  );
}

function withoutImport(file: string): string {
  return file
    .replace(`"${validation}",`, "")
    .replace(`,"${validation}"`, "")
    .replace(`"dependency":["${validation}"],`, "");
}

function methodOf(name: string) {
  const loaded = loadSync("parlance/chat/v1/chat_service.proto", { includeDirs: [tree] });
  const service = loaded["parlance.chat.v1.ChatService"];
  const method = service === undefined || "format" in service ? undefined : service[name];
  if (method === undefined) throw new Error(`${name} is not a method`);
  return method;
}
