/**
 * The pool alone: the whole of undici takes another 30 ms and 15 MB, for fetch, caches and mocks
 * that nobody here calls. undici exports all its files; that this one is the pool is what
 * `test/upstream` would see first.
 */
declare module "undici/lib/dispatcher/pool.js" {
  import { Pool } from "undici";
  export = Pool;
}

/** A connection of the pool, which comes with it. */
declare module "undici/lib/dispatcher/client.js" {
  import { Client } from "undici";
  export = Client;
}
