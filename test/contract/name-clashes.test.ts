import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileRegistry, type DescFile } from "@bufbuild/protobuf";
import { describe, expect, it, onTestFinished } from "vitest";
import { compileProtos } from "../scripts/protos/compile-protos.ts";
import { accessorClashes } from "./accessor-names.ts";
import { reservedNames } from "./reserved-words.ts";
import { allEnums, allMessages, typeClashes, valueClashes } from "./type-names.ts";

/**
 * Names that are published in JSON and that compilers help themselves with: values spelled out in
 * C# and TypeScript, and a setting that Java and Swift mark with an underscore.
 */
const published = [
  "Java: getUnknownFields in parlance.config.v1.Model of every message and unknown_fields",
  "Swift: unknownFields in parlance.config.v1.Model of every message and unknown_fields",
  "parlance.chat.v1.CacheTtl CACHE_TTL_5M",
  "parlance.chat.v1.CacheTtl CACHE_TTL_1H",
];

describe("the names of the contract", () => {
  const contract = filesOf("proto").filter((file) => file.proto.name.startsWith("parlance/"));

  it("are each of one thing in every language", () => {
    expect(contract.length).toBeGreaterThan(30);
    expect(clashesIn(contract).filter((clash) => !published.includes(clash))).toEqual([]);
  });

  it("say which package each language puts them in", () => {
    for (const { proto } of contract) {
      const [, noun = "", version = ""] = proto.package.split(".");
      expect(proto.options, proto.name).toMatchObject({
        csharpNamespace: proto.package.replace(/(?:^|(?<=\.))[a-z]/g, (it) => it.toUpperCase()),
        goPackage: `parlance/${noun}/${version};${noun}${version}`,
        javaMultipleFiles: true,
        javaOuterClassname: expect.stringMatching(/^[A-Z][A-Za-z0-9]*Proto$/),
        javaPackage: proto.package,
      });
    }
  });
});

const planted: readonly (readonly [title: string, text: string, expected: string])[] = [
  [
    "the bytes of a text beside a field of that name",
    "message A { string token = 1; optional bytes token_bytes = 3; }",
    "Java: getTokenBytes in p.v1.A of token and token_bytes",
  ],
  [
    "the count of a list",
    "message A { repeated string items = 1; int32 items_count = 2; }",
    "Java: getItemsCount in p.v1.A of items and items_count",
  ],
  [
    "the number of an enum value",
    "message A { E mode = 1; int32 mode_value = 2; } enum E { E_UNSPECIFIED = 0; }",
    "Java: getModeValue in p.v1.A of mode and mode_value",
  ],
  [
    "the pairs of a map",
    "message A { map<string, string> labels = 1; string labels_map = 2; }",
    "Java: getLabelsMap in p.v1.A of labels and labels_map",
  ],
  [
    "the case of a oneof",
    "message A { oneof kind { string b = 1; } int32 kind_case = 2; }",
    "Java: getKindCase in p.v1.A of kind_case and oneof kind",
  ],
  [
    "a method that every message of Java has",
    "message A { string serialized_size = 1; }",
    "Java: getSerializedSize in p.v1.A of every message and serialized_size",
  ],
  [
    "a getter of Go",
    "message A { string name = 1; string get_name = 2; }",
    "Go: GetName in p.v1.A of name and get_name",
  ],
  [
    "a method that every message of Go has",
    "message A { string reset = 1; }",
    "Go: Reset in p.v1.A of every message and reset",
  ],
  [
    "the wrapper of a oneof's field in Go",
    "message A { message B {} oneof kind { string b = 1; } }",
    "Go: p.v1 A_B of field p.v1.A.b and p.v1.A.B",
  ],
  [
    "whether a field is set",
    "message A { optional string name = 1; bool has_name = 2; }",
    "C#: HasName in p.v1.A of name and has_name",
  ],
  [
    "the same in Swift, also of a message",
    "message A { A name = 1; bool has_name = 2; }",
    "Swift: hasName in p.v1.A of name and has_name",
  ],
  [
    "a word of Python",
    "message A { string from = 1; }",
    "Python: from in p.v1.A of every message and from",
  ],
  [
    "a word of Rust that cannot be escaped",
    "message A { string self = 1; }",
    "Rust: self in p.v1.A of every message and self",
  ],
  [
    "the schema of a message",
    "message A {} message ASchema {}",
    "TypeScript: p.v1 ASchema of p.v1.A and p.v1.ASchema",
  ],
  [
    "two files of Java but for their case",
    "message Ab {} message AB {}",
    "Java: p.v1 ab of Ab and AB",
  ],
  [
    "what C# puts into every message",
    "message A { string parser = 1; }",
    "C#: Parser in p.v1.A of every message and parser",
  ],
  [
    "how Swift makes a message",
    "message A { string init = 1; }",
    "Swift: init in p.v1.A of every message and init",
  ],
  ["a metatype of Swift", "message A { message Type {} }", "type p.v1.A.Type"],
  ["a constant of Python", "enum None { NONE_UNSPECIFIED = 0; }", "type p.v1.None"],
  [
    "a word of Rust and Swift as a method",
    "message A {} service S { rpc Match(A) returns (A); }",
    "method p.v1.S.Match",
  ],
  [
    "a method of every stub of Java",
    "message A {} service S { rpc Build(A) returns (A); }",
    "method p.v1.S.Build",
  ],
  [
    "the asynchronous form of a method in C#",
    "message A {} service S { rpc Ask(A) returns (A); rpc AskAsync(A) returns (A); }",
    "method p.v1.S.Ask",
  ],
  [
    "an enum value that begins with a digit",
    "enum Ttl { TTL_UNSPECIFIED = 0; TTL_5M = 1; }",
    "p.v1.Ttl TTL_5M",
  ],
  [
    "two enum values without their prefix",
    "enum Ttl { TTL_UNSPECIFIED = 0; TTL_A_B = 1; TTL_AB = 2; }",
    "p.v1.Ttl TTL_AB",
  ],
];

describe("a planted clash is found:", () => {
  for (const [title, text, expected] of planted)
    it(title, () => {
      const folder = mkdtempSync(join(tmpdir(), "clash-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const head = 'syntax = "proto3"; package p.v1; option java_outer_classname = "PlantedProto";';
      writeFileSync(join(folder, "planted.proto"), `${head}\n${text}\n`);
      expect(clashesIn(filesOf(folder))).toContainEqual(expect.stringContaining(expected));
    });
});

function filesOf(folder: string): readonly DescFile[] {
  return [...createFileRegistry(compileProtos(folder)).files];
}

function clashesIn(files: readonly DescFile[]): readonly string[] {
  return [
    ...files.flatMap((file) => allMessages(file.messages)).flatMap(accessorClashes),
    ...files.flatMap(allEnums).flatMap(valueClashes),
    ...typeClashes(files),
    ...files.flatMap(reservedNames),
  ];
}
