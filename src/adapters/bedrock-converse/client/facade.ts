import type { Facade } from "../../../core/dialect.ts";
import { encodeError } from "./error.ts";

/** Clients of the vendor's own API, of which only the errors are spoken. */
export const converseFacade: Facade = { name: "bedrock-converse", codecs: {}, encodeError };
