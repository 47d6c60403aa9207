import { beginErasure } from "./begin-erasure.ts";
import { countPerson } from "./count-person.ts";
import { finishErasure } from "./finish-erasure.ts";
import { pageErasures, readOneErasure } from "./list-erasures.ts";
import { hashPerson } from "./person-hash.ts";
import { stepErasure } from "./step-erasure.ts";

/** What may be requested of the erasures of a store, by name. */
export const erasureOperations = {
  "erasure.begin": beginErasure,
  "erasure.count": countPerson,
  "erasure.finish": finishErasure,
  "erasure.hash": hashPerson,
  "erasure.page": pageErasures,
  "erasure.read": readOneErasure,
  "erasure.step": stepErasure,
} as const;
