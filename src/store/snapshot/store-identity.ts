import { createHash } from "node:crypto";

/** Which database a snapshot is of: a digest of its address, without its credentials. */
export function storeIdentity(url: string): string {
  const { host, pathname, searchParams } = new URL(url);
  const place = [host, pathname, searchParams.get("host") ?? ""].join("\n");
  return createHash("sha256").update(place).digest("hex");
}
