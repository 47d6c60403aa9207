import type { Compression } from "@connectrpc/connect/protocol";
import type { Exchange } from "../http/exchange.ts";
import { BodyMemoryError } from "../http/http-error.ts";

/**
 * gzip and brotli as connect-node does them. It is loaded for the first body that needs it: most
 * calls never have one.
 */
export const lazyCompressions: readonly Compression[] = [
  createLazyCompression(
    "gzip",
    async () => (await import("@connectrpc/connect-node")).compressionGzip,
  ),
  createLazyCompression(
    "br",
    async () => (await import("@connectrpc/connect-node")).compressionBrotli,
  ),
];

function createLazyCompression(name: string, load: () => Promise<Compression>): Compression {
  return {
    name,
    compress: async (bytes) => (await load()).compress(bytes),
    decompress: async (bytes, readMaxBytes) => (await load()).decompress(bytes, readMaxBytes),
  };
}

/**
 * Unpacks a message, which counts as memory of its body from then on; throws BodyMemoryError where
 * there is no room.
 */
export async function unpack(
  exchange: Exchange,
  compression: Compression,
  bytes: Uint8Array,
  readMaxBytes: number,
): Promise<Uint8Array> {
  const unpacked = await compression.decompress(new Uint8Array(bytes), readMaxBytes);
  if (!exchange.hold(unpacked.byteLength)) throw new BodyMemoryError();
  return unpacked;
}
