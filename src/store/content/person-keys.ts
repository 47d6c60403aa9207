import type { Expression, ExpressionBuilder, Kysely, SqlBool } from "kysely";
import { storableText } from "../engine/storable.ts";
import type { Tables } from "../engine/tables.ts";

/** A person, by keyed hashes; at least one is not "". */
export interface HashedPerson {
  /** The id of the team. Absent: in all teams. */
  readonly team?: string | undefined;
  /** Of the user who calls; "": not meant. */
  readonly userHash: string;
  /** Of the end user whom calls are for; "": not meant. */
  readonly endUserHash: string;
}

/** The ids of a person's data keys, as a part of a statement. */
export function keysOf(db: Pick<Kysely<Tables>, "selectFrom">, person: HashedPerson) {
  return db
    .selectFrom("content_keys")
    .select("id")
    .where((builder) => isKeyOf(builder, person));
}

/** Whether a data key is of a person, as a condition; of nobody where nobody is named. */
export function isKeyOf(
  builder: ExpressionBuilder<Tables, "content_keys">,
  { team, userHash, endUserHash }: HashedPerson,
): Expression<SqlBool> {
  const named: Expression<SqlBool>[] = [];
  if (userHash !== "") named.push(builder("user_hash", "=", userHash));
  if (endUserHash !== "") named.push(builder("end_user_hash", "=", endUserHash));
  const person = builder.or(named);
  return team === undefined
    ? person
    : builder.and([person, builder("team_id", "=", storableText(team))]);
}
