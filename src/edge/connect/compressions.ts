import type { Compression } from "@connectrpc/connect/protocol";

/** gzip and brotli as connect-node does them. It is loaded for the first body that needs it: most calls never have one. */
export const lazyCompressions: readonly Compression[] = [
  createLazyCompression("gzip", async () => (await import("@connectrpc/connect-node")).compressionGzip),
  createLazyCompression("br", async () => (await import("@connectrpc/connect-node")).compressionBrotli),
];

function createLazyCompression(name: string, load: () => Promise<Compression>): Compression {
  return {
    name,
    compress: async (bytes) => (await load()).compress(bytes),
    decompress: async (bytes, readMaxBytes) => (await load()).decompress(bytes, readMaxBytes),
  };
}
