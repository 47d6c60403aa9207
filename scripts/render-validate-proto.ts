// Writes proto/vendor/buf/validate/validate.proto from the descriptor that @bufbuild/protovalidate
// carries, so that the rules our contract is written in are always those of the validator that
// enforces them. The CEL text of the standard rules is left out: the compiler needs only names,
// numbers and types, and what says where each language has this file already.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import {
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescMessage,
  ScalarType,
} from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { file_buf_validate_validate as file } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

const target = "proto/vendor/buf/validate/validate.proto";

function typeName(field: DescField | DescExtension): string {
  switch (field.fieldKind) {
    case "scalar":
      return ScalarType[field.scalar].toLowerCase();
    case "enum":
      return `.${field.enum.typeName}`;
    case "message":
      return `.${field.message.typeName}`;
    case "list":
      if (field.listKind === "scalar") return ScalarType[field.scalar].toLowerCase();
      return `.${field.listKind === "enum" ? field.enum.typeName : field.message.typeName}`;
    case "map":
      throw new Error(`${field.name}: map fields do not occur in validate.proto`);
  }
}

function label(field: DescField | DescExtension): string {
  if (field.fieldKind === "list") return "repeated ";
  if (field.kind === "field" && field.oneof !== undefined) return "";
  return field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED ? "required " : "optional ";
}

function renderField(field: DescField | DescExtension, indent: string): string {
  return `${indent}${label(field)}${typeName(field)} ${field.name} = ${field.number};`;
}

function renderEnum(desc: DescEnum, indent: string): string[] {
  const values = desc.values.map((value) => `${indent}  ${value.name} = ${value.number};`);
  const aliased = new Set(desc.values.map((value) => value.number)).size < desc.values.length;
  const alias = aliased ? [`${indent}  option allow_alias = true;`] : [];
  return [`${indent}enum ${desc.name} {`, ...alias, ...values, `${indent}}`];
}

function renderMessage(desc: DescMessage, indent: string): string[] {
  const inner = `${indent}  `;
  const oneofs = desc.oneofs.flatMap((oneof) => [
    `${inner}oneof ${oneof.name} {`,
    ...oneof.fields.map((field) => renderField(field, `${inner}  `)),
    `${inner}}`,
  ]);
  const fields = desc.fields
    .filter((field) => field.oneof === undefined)
    .map((field) => renderField(field, inner));
  const extensible = (desc.proto.extensionRange ?? []).map((range) => {
    const end = (range.end ?? 0) - 1;
    return `${inner}extensions ${range.start} to ${end >= 536870911 ? "max" : end};`;
  });
  const nested = [
    ...desc.nestedEnums.flatMap((nestedEnum) => renderEnum(nestedEnum, inner)),
    ...desc.nestedMessages.flatMap((message) => renderMessage(message, inner)),
  ];
  return [
    `${indent}message ${desc.name} {`,
    ...nested,
    ...oneofs,
    ...fields,
    ...extensible,
    `${indent}}`,
  ];
}

const extensions = file.extensions.flatMap((extension) => [
  `extend .${extension.extendee.typeName} {`,
  renderField(extension, "  "),
  "}",
]);

const { goPackage, javaPackage, javaMultipleFiles } = file.proto.options ?? {};

const lines = [
  "// Rendered by scripts/render-validate-proto.ts from the descriptor in @bufbuild/protovalidate. Do not edit.",
  "// Copyright 2023-2026 Buf Technologies, Inc. Licensed under the Apache License, Version 2.0.",
  'syntax = "proto2";',
  `package ${file.proto.package};`,
  ...file.proto.dependency.map((dependency) => `import "${dependency}";`),
  `option go_package = "${goPackage}";`,
  `option java_package = "${javaPackage}";`,
  `option java_multiple_files = ${javaMultipleFiles};`,
  ...file.enums.flatMap((desc) => renderEnum(desc, "")),
  ...file.messages.flatMap((desc) => renderMessage(desc, "")),
  ...extensions,
];

mkdirSync(dirname(target), { recursive: true });
writeFileSync(target, `${lines.join("\n")}\n`);
