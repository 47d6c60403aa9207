import type { StoreAddress } from "./engine.ts";

/** An address whose credentials may change. */
export interface LiveAddress {
  /** The URL of a PostgreSQL is what it is when it is read. */
  readonly address: StoreAddress;
  readonly setUrl: (url: string) => void;
}

/** Makes an address live. Those of files stay as they are. */
export function createLiveAddress(address: StoreAddress): LiveAddress {
  if (address.kind !== "postgres") return { address, setUrl: () => undefined };
  let { url } = address;
  return {
    address: {
      kind: "postgres",
      get url() {
        return url;
      },
    },
    setUrl(next) {
      url = next;
    },
  };
}
