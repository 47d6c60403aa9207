import { createHmac } from "node:crypto";
import type { Kysely } from "kysely";
import type { Engine } from "../engine/engine.ts";
import { storableText } from "../engine/storable.ts";
import type { Tables } from "../engine/tables.ts";

/** A person as a store knows it. */
export interface StoredPerson {
  /** A user of the directory, or whom calls are for. */
  readonly kind: "user" | "end_user";
  /** The id of the user, or the name that calls have for the end user. */
  readonly name: string;
  /**
   * Of an end user: only calls of this organization, or of this team; "": of all. Not both. Of a
   * user: the organization that it belongs to, by which admins find the receipt.
   */
  readonly organizationId: string;
  readonly teamId: string;
}

/** Whether only some of the calls of a person are meant. */
export function isScoped({ kind, organizationId, teamId }: StoredPerson): boolean {
  return kind === "end_user" && (organizationId !== "" || teamId !== "");
}

/** Makes the hashes of persons: the same for the same person, of any process of the store. */
export type HashPerson = (person: StoredPerson | { readonly key: string }) => string;

/** The hash of a person, as receipts have it. */
export async function hashPerson(
  { db }: Pick<Engine, "db">,
  { person }: { readonly person: StoredPerson },
): Promise<string> {
  const hash = await personHashes(db);
  return hash({ ...person, name: storableText(person.name) });
}

/**
 * The hashes of a store. Their secret is made of that of keys, which every copy of the database has
 * too, so that a receipt is good for a copy from before it. Throws where the store has none yet.
 */
export async function personHashes(db: Kysely<Tables>): Promise<HashPerson> {
  const { value_json } = await db
    .selectFrom("settings")
    .select("value_json")
    .where("name", "=", "key_hash_secret")
    .executeTakeFirstOrThrow();
  const secret = createHmac("sha256", value_json).update("parlance persons").digest();
  return (person) => {
    const parts = "key" in person ? ["key", person.key] : partsOf(person);
    return createHmac("sha256", secret).update(JSON.stringify(parts)).digest("hex");
  };
}

function partsOf(person: StoredPerson): readonly string[] {
  const { kind, name, organizationId, teamId } = person;
  return isScoped(person) ? [kind, name, organizationId, teamId] : [kind, name];
}
