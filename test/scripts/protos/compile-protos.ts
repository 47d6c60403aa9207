import { execFileSync } from "node:child_process";
import { fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorSet, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/**
 * The files of a folder and what they import, as buf compiles them, without comments and places.
 * Throws what the compiler says where they do not compile.
 */
export function compileProtos(folder: string): FileDescriptorSet {
  const args = ["build", folder, "--as-file-descriptor-set", "--exclude-source-info", "-o", "-"];
  const bytes = execFileSync("node_modules/.bin/buf", args, { maxBuffer: 1 << 26 });
  return fromBinary(FileDescriptorSetSchema, bytes);
}
