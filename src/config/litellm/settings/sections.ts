import type { Surroundings } from "../surroundings.ts";
import { type Branch, type Member, membersOf, type Tree } from "../tree/tree.ts";
import { flagOf, numberOf, type Read, textOf } from "../tree/values.ts";

/** The settings of a LiteLLM file. */
export interface Sections {
  readonly router: ReadonlyMap<string, Member>;
  readonly litellm: ReadonlyMap<string, Member>;
  readonly general: ReadonlyMap<string, Member>;
}

/** Finds the settings of a file. */
export function sectionsOf({ members }: Branch): Sections {
  return {
    router: membersOf(members.get("router_settings")?.value),
    litellm: membersOf(members.get("litellm_settings")?.value),
    general: membersOf(members.get("general_settings")?.value),
  };
}

/** A setting of the router, which `litellm_settings` may say too; `router_settings` goes before. */
export function routerSetting({ router, litellm }: Sections, key: string): Tree | undefined {
  return router.get(key)?.value ?? litellm.get(key)?.value;
}

/** Reads the values of settings. */
export class SettingReader {
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** A text; undefined: there is none. */
  text(tree: Tree | undefined): Read<string> | undefined {
    return textOf(tree, this.#surroundings);
  }

  /** A number; undefined: there is none. */
  number(tree: Tree | undefined): Read<number> | undefined {
    return numberOf(tree, this.#surroundings);
  }

  /** Whether something is so; undefined: it is not said. */
  flag(tree: Tree | undefined): Read<boolean> | undefined {
    return flagOf(tree, this.#surroundings);
  }
}
