import type {
  BinaryReadOptions,
  BinaryWriteOptions,
  JsonReadOptions,
  JsonWriteOptions,
} from "@bufbuild/protobuf";
import type { ConnectError, Interceptor } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import type { UnknownFields } from "../../../gen/parlance/config/v1/model_pb.js";
import type { Exchange } from "../http/exchange.ts";
import { lazyCompressions } from "./compressions.ts";

/** Bounds and habits of the RPC protocols. */
export interface RpcOptions {
  /**
   * Interceptors around every call, the first outermost. With any, calls take connect's own path,
   * which costs 3x.
   */
  readonly interceptors: readonly Interceptor[];
  /**
   * The largest request message, also after decompression; default 32 MiB. Above it
   * RESOURCE_EXHAUSTED.
   */
  readonly readMaxBytes: number;
  /** The largest reply message; default 4 GiB - 1. Above it RESOURCE_EXHAUSTED. */
  readonly writeMaxBytes: number;
  /**
   * Replies below this are never compressed; default 16 KiB, because compressing less costs more
   * than the call.
   */
  readonly compressMinBytes: number;
  /** Compressions for requests and replies; default gzip and brotli. */
  readonly acceptCompression: readonly Compression[];
  /**
   * The longest timeout that a client may ask for; default unbounded. Above it INVALID_ARGUMENT.
   */
  readonly maxTimeoutMs: number;
  /** Turns what a call failed with into the status that is sent; default: as connect does. */
  readonly toStatus: ((error: unknown, exchange: Exchange) => ConnectError) | undefined;
  /**
   * What is done with members of a JSON request that the contract does not know, by the model that
   * it names ("": none). Default: they are refused.
   */
  readonly unknownFields: ((model: string) => UnknownFields) | undefined;
  readonly jsonOptions: Partial<JsonReadOptions & JsonWriteOptions>;
  readonly binaryOptions: Partial<BinaryReadOptions & BinaryWriteOptions>;
}

/** Fills in the defaults. */
export function withDefaultRpcOptions(options: Partial<RpcOptions>): RpcOptions {
  return {
    interceptors: options.interceptors ?? [],
    readMaxBytes: options.readMaxBytes ?? 32 * 1024 * 1024,
    writeMaxBytes: options.writeMaxBytes ?? 0xffffffff,
    compressMinBytes: options.compressMinBytes ?? 16 * 1024,
    acceptCompression: options.acceptCompression ?? lazyCompressions,
    maxTimeoutMs: options.maxTimeoutMs ?? Number.MAX_SAFE_INTEGER,
    toStatus: options.toStatus,
    unknownFields: options.unknownFields,
    jsonOptions: options.jsonOptions ?? {},
    binaryOptions: options.binaryOptions ?? {},
  };
}
