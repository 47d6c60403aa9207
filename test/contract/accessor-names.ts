import type { DescField, DescMessage, DescOneof } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";

/** The names that a language's compiler makes of a field or a oneof, in the class of its message. */
export interface AccessorNames {
  readonly ofField: (field: DescField) => readonly string[];
  readonly ofOneof: (oneof: DescOneof) => readonly string[];
  /** Names that every message of the language has itself. */
  readonly ofMessage: readonly string[];
}

/**
 * What the compilers of Google and others make of fields, where two fields could meet. Java's names
 * are Kotlin's too. See https://protobuf.dev/reference/java/java-generated/#fields, the pages of
 * the other languages beside it, and prost's and swift-protobuf's naming (2026-11-29).
 */
export const accessorNames: Readonly<Record<string, AccessorNames>> = {
  Java: {
    ofField: javaAccessors,
    ofOneof: ({ name }) => [`get${pascal(name)}Case`, `clear${pascal(name)}`],
    ofMessage: [
      "getAllFields",
      "getClass",
      "getDefaultInstanceForType",
      "getDescriptorForType",
      "getInitializationErrorString",
      "getParserForType",
      "getSerializedSize",
      "getUnknownFields",
    ],
  },
  Go: {
    ofField: ({ name, oneof }) =>
      oneof === undefined ? [pascal(name), `Get${pascal(name)}`] : [`Get${pascal(name)}`],
    ofOneof: ({ name }) => [pascal(name), `Get${pascal(name)}`],
    ofMessage: [
      "Descriptor",
      "Marshal",
      "ProtoMessage",
      "ProtoReflect",
      "Reset",
      "String",
      "Unmarshal",
    ],
  },
  "C#": {
    ofField: (field) => [
      csharpProperty(field),
      ...(hasAccessors(field) ? [`Has${pascal(field.name)}`, `Clear${pascal(field.name)}`] : []),
    ],
    ofOneof: ({ name }) => [
      `${pascal(name)}Case`,
      `${pascal(name)}OneofCase`,
      `Clear${pascal(name)}`,
    ],
    ofMessage: [
      "CalculateSize",
      "Clone",
      "Descriptor",
      "Parser",
      "Types",
      "Equals",
      "GetHashCode",
      "MergeFrom",
      "ToString",
      "WriteTo",
    ],
  },
  Swift: {
    ofField: (field) => [
      camel(field.name),
      ...(hasPresence(field) ? [`has${pascal(field.name)}`, `clear${pascal(field.name)}`] : []),
    ],
    ofOneof: ({ name }) => [camel(name)],
    ofMessage: [
      ...["isInitialized", "unknownFields", "hashValue", "debugDescription"],
      ...["init", "self", "Type", "Protocol", "serializedData", "jsonString", "textFormat"],
    ],
  },
  TypeScript: {
    ofField: (field) => (field.oneof === undefined ? [field.localName] : []),
    ofOneof: ({ localName }) => [localName],
    // protobuf-es marks `constructor` and its kind with a dollar sign.
    ofMessage: [],
  },
  Rust: {
    ofField: ({ name, oneof }) => (oneof === undefined ? [name] : []),
    ofOneof: ({ name }) => [name],
    ofMessage: ["crate", "self", "super", "Self"],
  },
  Python: {
    ofField: ({ name }) => [name],
    ofOneof: () => [],
    ofMessage: [
      "and",
      "as",
      "assert",
      "async",
      "await",
      "break",
      "class",
      "continue",
      "def",
      "del",
      "elif",
      "else",
      "except",
      "finally",
      "for",
      "from",
      "global",
      "if",
      "import",
      "in",
      "is",
      "lambda",
      "nonlocal",
      "not",
      "or",
      "pass",
      "raise",
      "return",
      "try",
      "while",
      "with",
      "yield",
    ],
  },
};

/** Each name that a language would have twice in the class of a message, with who makes it. */
export function accessorClashes(message: DescMessage): readonly string[] {
  return Object.entries(accessorNames).flatMap(([language, names]) => {
    const makers = new Map(names.ofMessage.map((name) => [name, ["every message"]]));
    const note = (name: string, maker: string) =>
      makers.set(name, [...(makers.get(name) ?? []), maker]);
    for (const field of message.fields)
      for (const name of new Set(names.ofField(field))) note(name, field.name);
    for (const oneof of message.oneofs)
      for (const name of new Set(names.ofOneof(oneof))) note(name, `oneof ${oneof.name}`);
    return [...makers]
      .filter(([, of]) => of.length > 1)
      .map(([name, of]) => `${language}: ${name} in ${message.typeName} of ${of.join(" and ")}`);
  });
}

function javaAccessors(field: DescField): readonly string[] {
  const x = pascal(field.name);
  if (field.fieldKind === "map")
    return [
      ...[`get${x}`, `get${x}Map`, `getMutable${x}`, `get${x}Count`, `contains${x}`, `clear${x}`],
      ...[`get${x}OrDefault`, `get${x}OrThrow`, `put${x}`, `putAll${x}`, `remove${x}`],
      ...(field.mapKind === "enum" ? [`get${x}Value`, `get${x}ValueMap`, `put${x}Value`] : []),
    ];
  const one = [`get${x}`, `set${x}`, `clear${x}`, ...javaExtras(field, x)];
  if (field.fieldKind !== "list") return hasPresence(field) ? [...one, `has${x}`] : one;
  const many = [`get${x}List`, `get${x}Count`, `add${x}`, `addAll${x}`, `remove${x}`];
  return [...one, ...many, ...(field.listKind === "message" ? [`get${x}BuilderList`] : [])];
}

function javaExtras(field: DescField, x: string): readonly string[] {
  if (field.message !== undefined) return [`get${x}OrBuilder`, `get${x}Builder`, `merge${x}`];
  if (field.enum !== undefined) return [`get${x}Value`, `set${x}Value`];
  return field.scalar === ScalarType.STRING ? [`get${x}Bytes`, `set${x}Bytes`] : [];
}

/** A property with the name of its class gets an underscore. */
function csharpProperty({ name, parent }: DescField): string {
  return pascal(name) === parent.name ? `${pascal(name)}_` : pascal(name);
}

function hasPresence(field: DescField): boolean {
  return field.fieldKind === "message" || field.oneof !== undefined || field.proto.proto3Optional;
}

function hasAccessors(field: DescField): boolean {
  return field.fieldKind !== "message" && hasPresence(field);
}

function pascal(name: string): string {
  return name.replace(/(?:^|_)([a-z0-9])/g, (_, first: string) => first.toUpperCase());
}

function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, first: string) => first.toUpperCase());
}
