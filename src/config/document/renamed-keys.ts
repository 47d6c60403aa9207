import type { DescMessage } from "@bufbuild/protobuf";
import { TimeoutsSchema } from "../../../gen/parlance/config/v1/provider_pb.js";

/** What became of a key that earlier versions knew. */
export interface RenamedKey {
  /** The key that says it now. */
  readonly successor: string;
  /** What the successor means otherwise than the former key. */
  readonly meaning: string;
}

/** By the message and the former key, in either spelling. */
const renamedKeys: ReadonlyMap<string, RenamedKey> = new Map(
  ["first_byte", "firstByte"].map((key) => [
    `${TimeoutsSchema.typeName} ${key}`,
    { successor: "first_token", meaning: "the time until the first content of a reply" },
  ]),
);

/** The successor of a key of a message; undefined for a key that no version knew. */
export function renamedKey(desc: DescMessage, key: string): RenamedKey | undefined {
  return renamedKeys.get(`${desc.typeName} ${key}`);
}
