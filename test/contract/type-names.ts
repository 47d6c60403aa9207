import type { DescEnum, DescField, DescFile, DescMessage } from "@bufbuild/protobuf";

/** A name in a language and a package, and what has it. */
type Naming = readonly [name: string, maker: string];

/**
 * Each name that two types of a package would share in some language: in Go, where what is inside
 * of a message stands beside it; in TypeScript, beside the schemas; and as files of Java on disks
 * that do not tell `A` from `a`.
 */
export function typeClashes(files: readonly DescFile[]): readonly string[] {
  const namings = files.flatMap((file) => [...javaNames(file), ...typeNames(file)]);
  return [...Map.groupBy(namings, ([name]) => name)]
    .filter(([, makers]) => makers.length > 1)
    .map(([name, makers]) => `${name} of ${makers.map(([, maker]) => maker).join(" and ")}`);
}

/**
 * The values of an enumeration whose names are none of an identifier, or another's, once the name
 * of the enumeration is cut off, as C#, Swift, Rust and TypeScript do.
 */
export function valueClashes({ typeName, name, values }: DescEnum): readonly string[] {
  const prefix = `${name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toUpperCase()}_`;
  const seen = new Set<string>();
  return values.flatMap((value) => {
    const short = value.name.startsWith(prefix) ? value.name.slice(prefix.length) : value.name;
    const known = seen.has(short.replaceAll("_", ""));
    seen.add(short.replaceAll("_", ""));
    return known || !/^[A-Z]/.test(short) || /^(?:SELF|INIT)$/.test(short)
      ? [`${typeName} ${value.name}`]
      : [];
  });
}

/** All messages of a file, the nested ones too. */
export function allMessages(messages: readonly DescMessage[]): readonly DescMessage[] {
  return messages.flatMap((message) => [message, ...allMessages(message.nestedMessages)]);
}

/** All enumerations of a file, the nested ones too. */
export function allEnums(file: DescFile): readonly DescEnum[] {
  return [...file.enums, ...allMessages(file.messages).flatMap((message) => message.nestedEnums)];
}

/** A type within a message is called after both in Go and TypeScript. */
function flatName(type: DescMessage | DescEnum): string {
  return type.parent === undefined ? type.name : `${flatName(type.parent)}_${type.name}`;
}

/** The classes that Java makes a file of each. */
function javaNames({ proto, messages, enums, services }: DescFile): readonly Naming[] {
  const names = [
    proto.options?.javaOuterClassname ?? "",
    ...messages.flatMap(({ name }) => [name, `${name}OrBuilder`]),
    ...enums.map(({ name }) => name),
    ...services.map(({ name }) => `${name}Grpc`),
  ];
  return names.map((name) => [`Java: ${proto.package} ${name.toLowerCase()}`, name]);
}

function typeNames(file: DescFile): readonly Naming[] {
  return [...allMessages(file.messages), ...allEnums(file)].flatMap((type): Naming[] => {
    const name = `${file.proto.package} ${flatName(type)}`;
    return [
      [`Go: ${name}`, type.typeName],
      [`TypeScript: ${name}`, type.typeName],
      [`TypeScript: ${name}Schema`, type.typeName],
      ...(type.kind === "message" ? wrapperNames(type, name) : []),
    ];
  });
}

/** The types that Go makes of the fields of a oneof. */
function wrapperNames({ fields }: DescMessage, name: string): readonly Naming[] {
  return fields
    .filter(({ oneof }) => oneof !== undefined)
    .map((field) => [`Go: ${name}_${pascal(field)}`, field.toString()]);
}

function pascal({ localName }: DescField): string {
  return (localName[0] ?? "").toUpperCase() + localName.slice(1);
}
