import type { DescFile, DescService } from "@bufbuild/protobuf";
import { allEnums, allMessages } from "./type-names.ts";

/**
 * Words that a type cannot be called by without another name in the code of a language: Swift's
 * metatypes, Python's constants, what C# puts into each message, and types of each language's core
 * that a file with the contract's names could no longer say.
 */
const typeWords: ReadonlySet<string> = new Set([
  ...["Self", "Type", "Protocol", "Any", "Never", "Optional", "Result", "Error"],
  ...["None", "True", "False", "Object", "String", "Class", "Types", "Parser", "Descriptor"],
]);

/** What every stub of grpc-java (and so of Kotlin) has beside its methods, and java.lang.Object. */
const stubWords: ReadonlySet<string> = new Set([
  ...["build", "getChannel", "getCallOptions", "withDeadline", "withDeadlineAfter"],
  ...["withExecutor", "withCompression", "withOption", "withInterceptors", "withCallCredentials"],
  ...["withWaitForReady", "withMaxInboundMessageSize", "withMaxOutboundMessageSize"],
  ...["clone", "equals", "finalize", "getClass", "hashCode", "notify", "notifyAll", "toString"],
  "wait",
]);

/** Words of Java, Kotlin, Swift, Rust, Python or TypeScript that no method can be called by. */
const methodWords: ReadonlySet<string> = new Set([
  ...["as", "async", "await", "break", "case", "catch", "class", "const", "continue", "default"],
  ...["do", "else", "enum", "extern", "false", "finally", "fn", "for", "func", "goto", "guard"],
  ...["if", "import", "in", "init", "interface", "internal", "is", "let", "loop", "match", "mod"],
  ...["move", "mut", "new", "nil", "null", "object", "operator", "package", "private", "protocol"],
  ...["public", "pub", "ref", "return", "self", "static", "struct", "super", "switch", "throw"],
  ...["throws", "trait", "true", "try", "type", "typealias", "unsafe", "use", "val", "var", "void"],
  ...["when", "where", "while", "yield", "connect", "with_origin", "send_compressed"],
]);

/** Each type and method of a file whose name is a word of some language's own. */
export function reservedNames(file: DescFile): readonly string[] {
  const types = [...allMessages(file.messages), ...allEnums(file)];
  return [
    ...types.filter(({ name }) => typeWords.has(name)).map(({ typeName }) => `type ${typeName}`),
    ...file.services.flatMap(methodNames),
  ];
}

/** C# has `Call` and `CallAsync` of each method, and tonic's clients snake case. */
function methodNames({ typeName, methods }: DescService): readonly string[] {
  const names = new Set(methods.map(({ name }) => name));
  return methods
    .filter(({ name }) => {
      const camel = `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`;
      const snake = camel.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      const words = [camel, snake];
      return (
        names.has(`${name}Async`) ||
        stubWords.has(camel) ||
        words.some((word) => methodWords.has(word))
      );
    })
    .map(({ name }) => `method ${typeName}.${name}`);
}
