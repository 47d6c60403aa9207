import { randomUUID } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { beforeAll, describe, expect, it } from "vitest";
import { AuditService } from "../../../gen/parlance/admin/v1/audit_service_pb.js";
import { BudgetOwner } from "../../../gen/parlance/admin/v1/budget_pb.js";
import { BudgetService } from "../../../gen/parlance/admin/v1/budget_service_pb.js";
import { EndUserService } from "../../../gen/parlance/admin/v1/end_user_service_pb.js";
import { KeyService } from "../../../gen/parlance/admin/v1/key_service_pb.js";
import { OrganizationService } from "../../../gen/parlance/admin/v1/organization_service_pb.js";
import { TeamService } from "../../../gen/parlance/admin/v1/team_service_pb.js";
import { UserService } from "../../../gen/parlance/admin/v1/user_service_pb.js";
import { type BudgetSchema, BudgetWindow } from "../../../gen/parlance/config/v1/budget_pb.js";
import { Directory } from "../../../src/composition/tenants/directory.ts";
import { tenantOf } from "../../../src/composition/tenants/tenant-bounds.ts";
import { emptyStore, storeKinds } from "../../store/engines.ts";
import { type PostgresServer, startPostgres } from "../../store/postgres-server.ts";
import { startTenantGateway, type TenantGateway } from "./tenant-gateway.ts";

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);

/** What one chat with the model `fast` costs. */
const oneChat = { usd: "0.000005", window: BudgetWindow.TOTAL };
const nowMs = Date.parse("2026-06-30T21:30:00Z");

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => ConnectError.from(reason),
  );
  return error === undefined ? "none" : `${Code[error.code]}: ${error.rawMessage}`;
}

/** What bounds somebody: a budget of its own, or one that it points to. */
type Bounds = Readonly<
  { budgets: MessageInitShape<typeof BudgetSchema>[] } | { budgetIds: string[] }
>;

/** Makes somebody who has bounds; gives the key of a caller whom they hold for. */
const holders: readonly (readonly [
  kind: BudgetOwner,
  make: (gateway: TenantGateway, bounds: Bounds) => Promise<string>,
])[] = [
  [BudgetOwner.KEY, (gateway, bounds) => keyIn(gateway, bounds)],
  [
    BudgetOwner.TEAM,
    async (gateway, bounds) => {
      const { team } = await gateway
        .client(TeamService)
        .createTeam({ team: { name: `t-${randomUUID()}`, ...bounds } });
      return keyIn(gateway, { team: team?.id ?? "" });
    },
  ],
  [
    BudgetOwner.USER,
    async (gateway, bounds) => {
      const { user } = await gateway
        .client(UserService)
        .createUser({ user: { name: "u", ...bounds } });
      return keyIn(gateway, { user: user?.id ?? "" });
    },
  ],
  [
    BudgetOwner.ORGANIZATION,
    async (gateway, bounds) => {
      const { organization } = await gateway
        .client(OrganizationService)
        .createOrganization({ organization: { name: "o", ...bounds } });
      return keyIn(gateway, { organization: organization?.id ?? "" });
    },
  ],
  [
    BudgetOwner.END_USER,
    async (gateway, bounds) => {
      await gateway.client(EndUserService).createEndUser({ endUser: { id: "ann", ...bounds } });
      return keyIn(gateway, {});
    },
  ],
];

async function keyIn(gateway: TenantGateway, key: object): Promise<string> {
  return (await gateway.client(KeyService).createKey({ key })).value;
}

const forAnn = { user: "ann" };

describe.each(storeKinds)("budgets with names, in %s", (storeKind) => {
  it("hold for whoever points to them as their own do", async () => {
    const gateway = await startTenantGateway(await emptyStore(storeKind, postgres));
    const budgets = gateway.client(BudgetService);
    const { budget } = await budgets.createBudget({ budget: { name: "small", amount: oneChat } });
    const id = budget?.id ?? "";
    for (const [owner, make] of holders) {
      const value = await make(gateway, { budgetIds: ["small"] });
      const body = owner === BudgetOwner.END_USER ? forAnn : {};
      const chat = () => gateway.chat(value, { body });
      expect([owner, await chat(), await chat()]).toEqual([owner, 200, 402]);
      const { states } = await budgets.listBudgetStates({ budget: id, owner });
      expect(states).toMatchObject([
        { owner, budget: id, spentNanoUsd: 5_000n, limitNanoUsd: 5_000n, heldNanoUsd: 0n },
      ]);
    }
    expect(await refusal(budgets.deleteBudget({ id }))).toMatch(
      /^FailedPrecondition: .*still bounds/,
    );
  });

  it("are reset, and grow for a time, for all that point to them", async () => {
    let atMs = nowMs;
    const store = await emptyStore(storeKind, postgres);
    const gateway = await startTenantGateway(store, { wallMs: () => atMs });
    const budgets = gateway.client(BudgetService);
    await budgets.createBudget({ budget: { name: "small", amount: oneChat } });
    const value = await keyIn(gateway, { budgetIds: ["small"] });
    const other = await keyIn(gateway, { budgetIds: ["small"] });
    const chat = () => gateway.chat(value);
    expect([await chat(), await chat(), await gateway.chat(other)]).toEqual([200, 402, 200]);
    atMs += 60_000;
    expect((await budgets.resetBudget({ id: "small" })).budget?.resetAt).toBeDefined();
    expect([await chat(), await chat(), await gateway.chat(other)]).toEqual([200, 402, 200]);
    atMs += 60_000;
    const increase = { usd: "0.000005", until: "2026-07-01" };
    const { budget } = await budgets.increaseBudget({ id: "small", increase });
    expect(budget?.amount?.increases).toMatchObject([increase]);
    expect([await chat(), await chat()]).toEqual([200, 402]);
    atMs = Date.parse("2026-07-01T00:00:01Z");
    const { states } = await budgets.listBudgetStates({ budget: "small" });
    expect(states.map(({ spentNanoUsd, limitNanoUsd }) => [spentNanoUsd, limitNanoUsd])).toEqual(
      expect.arrayContaining([[10_000n, 5_000n]]),
    );
    const audit = await gateway.client(AuditService).listAuditEntries({ objectKind: "budget" });
    expect(audit.entries.map(({ action }) => action)).toEqual([
      "budget.increase",
      "budget.reset",
      "budget.create",
    ]);
  });
});

describe.each(["sqlite", "postgres"] as const)("budgets of a database in %s", (storeKind) => {
  it("go on after a restart from when they were reset", async () => {
    let atMs = nowMs;
    const store = await emptyStore(storeKind, postgres);
    const first = await startTenantGateway(store, { wallMs: () => atMs });
    await first.client(BudgetService).createBudget({
      budget: {
        name: "small",
        amount: { ...oneChat, usd: "0.00001" },
        modelBounds: [{ model: "slow", budgets: [oneChat] }],
      },
    });
    const value = await keyIn(first, { budgetIds: ["small"] });
    await first.chat(value);
    await first.chat(value);
    atMs += 60_000;
    await first.client(BudgetService).resetBudget({ id: "small" });
    expect(await first.chat(value)).toBe(200);
    await first.close();
    const second = await startTenantGateway(store, { wallMs: () => atMs });
    const { states } = await second.client(BudgetService).listBudgetStates({});
    expect(states.map(({ model, spentNanoUsd }) => [model, spentNanoUsd])).toEqual([
      ["", 5_000n],
      ["slow", 0n],
    ]);
    expect([await second.chat(value), await second.chat(value)]).toEqual([200, 402]);
  });
});

/** What a budget says beside its amount, and what becomes of calls, each some seconds after. */
const settings: readonly (readonly [
  title: string,
  budget: MessageInitShape<typeof BudgetSchema>,
  calls: readonly (readonly [afterS: number, status: number, header?: readonly [string, RegExp]])[],
])[] = [
  [
    "an hour",
    { window: BudgetWindow.HOUR },
    [
      [0, 200],
      [0, 402],
      [1_801, 200],
    ],
  ],
  [
    "a day elsewhere",
    { window: BudgetWindow.DAY, timeZone: "Europe/Berlin" },
    [
      [0, 200],
      [1_799, 402],
      [1, 200],
    ],
  ],
  [
    "the last hour",
    { rolling: { seconds: 3_600n } },
    [
      [0, 200],
      [3_000, 402],
      [800, 200],
    ],
  ],
  [
    "a budget that only warns",
    { window: BudgetWindow.TOTAL, soft: true },
    [
      [0, 200],
      [0, 200, ["x-parlance-budget-warning", /has spent 0\.000005 USD/]],
    ],
  ],
  [
    "a warning before the end",
    { window: BudgetWindow.TOTAL, usd: "0.00001", softUsd: "0.000005" },
    [
      [0, 200],
      [0, 200, ["x-parlance-budget-warning", /has spent 0\.000005 USD/]],
      [0, 402],
    ],
  ],
  [
    "a model to fall back to",
    { window: BudgetWindow.TOTAL, fallback: "german" },
    [
      [0, 200],
      [0, 200, ["x-parlance-target", /^other\/echo$/]],
    ],
  ],
  [
    "an increase until midnight",
    { window: BudgetWindow.TOTAL, increases: [{ usd: "0.00001", until: "2026-07-01" }] },
    [
      [0, 200],
      [0, 200],
      [9_000, 402],
    ],
  ],
];

describe("budgets that the admin services make", () => {
  it("hold keys and teams to all that they say", async () => {
    let atMs = nowMs;
    const gateway = await startTenantGateway({ kind: "memory" }, { wallMs: () => atMs });
    for (const [title, budget, calls] of settings)
      for (const [owner, make] of holders.slice(0, 2)) {
        atMs = nowMs;
        const whole = { ...oneChat, window: BudgetWindow.UNSPECIFIED, ...budget };
        const value = await make(gateway, { budgets: [whole] });
        for (const [afterS, status, [name, words] = []] of calls) {
          atMs += afterS * 1_000;
          const reply = await gateway.send(value);
          expect([title, owner, reply.status]).toEqual([title, owner, status]);
          if (name !== undefined) expect(reply.headers.get(name)).toMatch(words ?? "");
        }
      }
  });
});

describe("budgets and end users", () => {
  it("bound some models alone", async () => {
    const gateway = await startTenantGateway({ kind: "memory" });
    const cases = [
      [{ budgets: [oneChat] }, 402],
      [{ limits: { requestsPerMinute: 1 } }, 429],
    ] as const;
    for (const [bounds, status] of cases) {
      const modelBounds = [{ model: "fast", ...bounds }];
      const value = await keyIn(gateway, structuredClone({ modelBounds }));
      expect([await gateway.chat(value), await gateway.chat(value)]).toEqual([200, status]);
      expect(await gateway.chat(value, { model: "slow" })).toBe(200);
    }
  });

  it("let nothing be spent while a gateway has not read the budget that is pointed to", () => {
    const refuse = () => Promise.reject(new Error("not asked"));
    const directory = new Directory({ store: { request: refuse }, wallMs: () => nowMs });
    const bounds = { budgets: [], modelBounds: [], budgetIds: ["late"] };
    const { budgets } = tenantOf(directory, "key", { id: "web", name: "" }, bounds);
    expect(budgets).toMatchObject([{ usd: "0", source: "late" }]);
  });

  it("go by the tightest limits of all that hold", async () => {
    const gateway = await startTenantGateway({ kind: "memory" });
    const budgets = gateway.client(BudgetService);
    await budgets.createBudget({ budget: { name: "one", limits: { requestsPerMinute: 1 } } });
    const limits = { requestsPerMinute: 5 };
    const value = await keyIn(gateway, { limits, budgetIds: ["one"] });
    expect([await gateway.chat(value), await gateway.chat(value)]).toEqual([200, 429]);
    await budgets.updateBudget({ budget: { id: "one", limits: { requestsPerMinute: 3 } } });
    expect([await gateway.chat(value), await gateway.chat(value)]).toEqual([200, 200]);
  });

  it("are refused where they are blocked, or nothing is for them", async () => {
    const gateway = await startTenantGateway({ kind: "memory" });
    const endUsers = gateway.client(EndUserService);
    await endUsers.createEndUser({ endUser: { id: "ann", blocked: true } });
    await endUsers.createEndUser({ endUser: { id: "bob", labels: { region: "eu" } } });
    const value = await keyIn(gateway, {});
    const chat = (user: string) => gateway.chat(value, { body: { user } });
    expect([await chat("ann"), await chat("bob"), await chat("eve")]).toEqual([403, 400, 200]);
    await endUsers.updateEndUser({ endUser: { id: "bob", defaultModel: "german" } });
    expect(await chat("bob")).toBe(200);
    await endUsers.deleteEndUser({ id: "ann" });
    expect(await chat("ann")).toBe(200);
    expect(await refusal(endUsers.createEndUser({ endUser: { id: "bob" } }))).toMatch(
      /^AlreadyExists/,
    );
  });

  it("of the config file are shown with what is spent, and changed there alone", async () => {
    const gateway = await startTenantGateway({ kind: "memory" });
    const budgets = gateway.client(BudgetService);
    await gateway.chat(await keyIn(gateway, {}), { body: forAnn });
    const listed = await budgets.listBudgets({});
    expect(listed.budgets).toMatchObject([{ id: "end-users", shared: { name: "end-users" } }]);
    const { states } = await budgets.listBudgetStates({ owner: BudgetOwner.CONFIG });
    expect(states).toMatchObject([
      { ownerId: "end-users", apart: "end user ann", spentNanoUsd: 5_000n },
    ]);
    const id = "end-users";
    for (const change of [
      () => budgets.updateBudget({ budget: { id, name: "x" } }),
      () => budgets.deleteBudget({ id }),
      () => budgets.resetBudget({ id }),
      () => budgets.increaseBudget({ id, increase: { usd: "1", until: "2030-01-01" } }),
      () => budgets.createBudget({ budget: { name: "x" }, id }),
    ])
      expect(await refusal(change())).toMatch(/^FailedPrecondition: .*gateway\.yaml/);
    expect(await refusal(keyIn(gateway, { budgetIds: [id] }))).toMatch(
      /^InvalidArgument: .*config/,
    );
  });

  it("of the config file that count by several things are shown by each that has spent", async () => {
    const budget =
      '{ name: all, per: [END_USER, MODEL, TARGET], budget: { usd: "1", window: MONTH } }';
    const gateway = await startTenantGateway({ kind: "memory" }, {}, "", budget);
    const value = await keyIn(gateway, {});
    for (const user of ["ann", "bob", "bob"])
      expect(await gateway.chat(value, { body: { user } })).toBe(200);
    const budgets = gateway.client(BudgetService);
    const { states } = await budgets.listBudgetStates({ owner: BudgetOwner.CONFIG });
    const place = (user: string) => `end user ${user}, model fast, target sim/echo`;
    expect(states.map(({ apart }) => apart)).toEqual([place("bob"), place("ann")]);
    const [first, second] = states.map(({ spentNanoUsd }) => spentNanoUsd);
    expect(second).toBeGreaterThan(0n);
    expect(first).toBe(2n * (second ?? 0n));
  });

  it("are changed by who has seen them last, as all objects are", async () => {
    const gateway = await startTenantGateway({ kind: "memory" });
    const budgets = gateway.client(BudgetService);
    const { budget } = await budgets.createBudget({ budget: { name: "a", amount: oneChat } });
    const { id = "", etag = "" } = budget ?? {};
    await budgets.resetBudget({ id, etag });
    const mistakes = [
      [budgets.resetBudget({ id, etag }), /^Aborted/],
      [budgets.createBudget({ budget: { name: "a" } }), /^AlreadyExists/],
      [budgets.createBudget({ budget: {} }), /^InvalidArgument: .*budget\.name/],
      [budgets.createBudget({ budget: { name: "b", amount: { usd: "1" } } }), /^InvalidArgument/],
      [
        budgets.increaseBudget({ id, increase: { usd: "1", until: "soon" } }),
        /^InvalidArgument: .*until/,
      ],
      [keyIn(gateway, { budgetIds: ["none"] }), /^NotFound/],
      [
        gateway.client(EndUserService).createEndUser({ endUser: { id: "a\0b" } }),
        /^InvalidArgument: .*end_user\.id/,
      ],
    ] as const;
    for (const [promise, message] of mistakes) expect(await refusal(promise)).toMatch(message);
    await budgets.deleteBudget({ id });
    expect(await refusal(budgets.getBudget({ id }))).toMatch(/^NotFound/);
  });
});
