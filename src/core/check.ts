import type { DescMessage, MessageShape } from "@bufbuild/protobuf";

/**
 * Checks a message against the rules of the contract; throws INVALID_REQUEST with every violation
 * at once. `prefix` is what field paths begin with: the place of the message in the request.
 */
export type Check = <Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
  prefix: string,
) => void;
