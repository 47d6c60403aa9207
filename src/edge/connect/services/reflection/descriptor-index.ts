import { type DescFile, toBinary } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { appendAll } from "../../../../core/append-all.ts";

/**
 * Finds descriptors for reflection. Files come with everything that they import, each serialized.
 */
export interface DescriptorIndex {
  /** Full names of the services, sorted. */
  readonly services: readonly string[];
  fileByName(name: string): Uint8Array[] | undefined;
  /**
   * By the full name of a service, method, message, field, oneof, enum, enum value or extension.
   */
  fileBySymbol(name: string): Uint8Array[] | undefined;
  fileByExtension(typeName: string, number: number): Uint8Array[] | undefined;
  /** Known extension numbers of a message, ascending; undefined if there is no such message. */
  extensionNumbers(typeName: string): number[] | undefined;
}

/** Indexes `files` and all their imports. Only services of `files` themselves are listed. */
export function createDescriptorIndex(files: readonly DescFile[]): DescriptorIndex {
  const byName = new Map<string, DescFile>();
  const bySymbol = new Map<string, DescFile>();
  const extensions = new Map<string, Map<number, DescFile>>();
  const serialized = new Map<DescFile, Uint8Array>();

  for (const file of withImports(files)) {
    byName.set(file.proto.name, file);
    for (const symbol of symbolsOf(file)) bySymbol.set(symbol, file);
    for (const type of nestedTypes(file)) {
      if (type.kind === "message" && !extensions.has(type.typeName))
        extensions.set(type.typeName, new Map());
      if (type.kind !== "extension") continue;
      const numbers = extensions.get(type.extendee.typeName) ?? new Map<number, DescFile>();
      extensions.set(type.extendee.typeName, numbers.set(type.number, file));
    }
  }

  function serialize(file: DescFile | undefined): Uint8Array[] | undefined {
    if (file === undefined) return undefined;
    return withImports([file]).map((part) => {
      const bytes = serialized.get(part) ?? toBinary(FileDescriptorProtoSchema, part.proto);
      serialized.set(part, bytes);
      return bytes;
    });
  }

  return {
    services: [
      ...new Set(files.flatMap((file) => file.services.map((service) => service.typeName))),
    ].sort(),
    fileByName: (name) => serialize(byName.get(name)),
    fileBySymbol: (name) => serialize(bySymbol.get(name)),
    fileByExtension: (typeName, number) => serialize(extensions.get(typeName)?.get(number)),
    extensionNumbers(typeName) {
      const numbers = extensions.get(typeName);
      return numbers === undefined ? undefined : [...numbers.keys()].sort((a, b) => a - b);
    },
  };
}

/** The files and what they import, each once, a file before its imports. */
function withImports(files: readonly DescFile[]): DescFile[] {
  const found = new Set<DescFile>();
  const queue = [...files];
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    if (found.has(file)) continue;
    found.add(file);
    appendAll(queue, file.dependencies);
  }
  return [...found];
}

function* symbolsOf(file: DescFile): Generator<string> {
  for (const type of nestedTypes(file)) {
    yield type.typeName;
    switch (type.kind) {
      case "message":
        for (const member of [...type.fields, ...type.oneofs])
          yield `${type.typeName}.${member.name}`;
        break;
      case "enum": {
        // Values are siblings of their enum, as in C++.
        const scope = type.typeName.slice(0, type.typeName.length - type.name.length);
        for (const value of type.values) yield scope + value.name;
        break;
      }
      case "service":
        for (const method of type.methods) yield `${type.typeName}.${method.name}`;
        break;
      case "extension":
        break;
    }
  }
}
