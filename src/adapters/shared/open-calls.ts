/** A call of a tool, as its result names it. */
export interface NamedCall {
  readonly id: string;
  readonly name: string;
}

/** The id and name by which a result finds its call. Absent members are not compared. */
export interface CallName {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
}

/**
 * The calls of a conversation that wait for their results. One per request; each step takes the
 * same time, however many there are.
 */
export interface OpenCalls {
  /** How many calls there were, answered ones included. */
  count(): number;
  open(call: NamedCall): void;
  /** Takes the first open call with that id and name; undefined where there is none. */
  answer(wanted: CallName): NamedCall | undefined;
}

interface OpenCall extends NamedCall {
  answered: boolean;
}

/** Calls in their order, and the same by name for names that were looked up. */
interface Group {
  readonly calls: OpenCall[];
  /** The calls before it are answered. */
  next: number;
  readonly named: Map<string, Group>;
  /** The calls before it are in `named`. */
  sorted: number;
}

/** No calls yet. */
export function createOpenCalls(): OpenCalls {
  const all = createGroup();
  const byId = new Map<string, Group>();
  return {
    count: () => all.calls.length,
    open({ id, name }) {
      const call = { id, name, answered: false };
      all.calls.push(call);
      groupIn(byId, id).calls.push(call);
    },
    answer({ id, name }) {
      const group = id === undefined ? all : byId.get(id);
      return group === undefined
        ? undefined
        : take(name === undefined ? group : groupNamed(group, name));
    },
  };
}

function createGroup(): Group {
  return { calls: [], next: 0, named: new Map(), sorted: 0 };
}

function groupIn(groups: Map<string, Group>, key: string): Group {
  const known = groups.get(key);
  if (known !== undefined) return known;
  const group = createGroup();
  groups.set(key, group);
  return group;
}

function groupNamed(group: Group, name: string): Group | undefined {
  for (let call = group.calls[group.sorted]; call !== undefined; call = group.calls[group.sorted]) {
    groupIn(group.named, call.name).calls.push(call);
    group.sorted += 1;
  }
  return group.named.get(name);
}

function take(group: Group | undefined): NamedCall | undefined {
  if (group === undefined) return undefined;
  while (group.calls[group.next]?.answered === true) group.next += 1;
  const call = group.calls[group.next];
  if (call !== undefined) call.answered = true;
  return call;
}
