import { Buffer } from "node:buffer";
import { parseBase64, printBase64 } from "../../json/base64.ts";
import { type MasterKey, WrongKeyError } from "../../privacy/master-key.ts";
import { hintFor, ServiceError } from "../service-error.ts";

/** How a key service wraps data keys. Both throw a ServiceError. */
export interface KeyService {
  wrap(dataKey: Uint8Array, context: string): Promise<Uint8Array>;
  /** Undefined: it was wrapped for another context, or changed. */
  unwrap(wrapped: Uint8Array, context: string): Promise<Uint8Array | undefined>;
}

/** What is said of a key service where it fails. */
export interface KeyServiceName {
  /** Of the master key: no secret. */
  readonly id: string;
  /** Who the gateway is there, such as `secret_managers.aws`. */
  readonly who: string;
  /** Whether a failure says that something was wrapped by another key or for another context. */
  readonly isWrongKey: (error: ServiceError) => boolean;
}

/** A master key that a service has. Its failures name the key, and what to do. */
export function createServiceKey(
  { id, who, isWrongKey }: KeyServiceName,
  service: KeyService,
): MasterKey {
  const failed = (error: unknown, what: string): unknown => {
    if (!(error instanceof ServiceError)) return error;
    const { failure, code, message } = error;
    const words = `the master key ${id} could not ${what} a data key: ${message}; ${hintFor(failure, who)}`;
    return new ServiceError(failure, words, { code, cause: error });
  };
  return {
    id,
    async wrap(dataKey, context) {
      try {
        return await service.wrap(dataKey, context);
      } catch (error) {
        throw failed(error, "wrap");
      }
    },
    async unwrap(wrapped, context) {
      try {
        const dataKey = await service.unwrap(wrapped, context);
        if (dataKey !== undefined) return dataKey;
      } catch (error) {
        if (!(error instanceof ServiceError && isWrongKey(error))) throw failed(error, "unwrap");
      }
      throw new WrongKeyError(`the data key was not wrapped by ${id} for this use, or was changed`);
    },
  };
}

/** Bytes in a reply. Throws a ServiceError where there are none. */
export function bytesIn(base64: string | undefined): Uint8Array {
  const bytes = base64 === undefined ? undefined : parseBase64(base64);
  if (bytes === undefined || bytes.length === 0)
    throw new ServiceError("down", "the reply holds no bytes");
  return bytes;
}

/** Text as base64. */
export function encodeText(text: string): string {
  return printBase64(Buffer.from(text));
}
