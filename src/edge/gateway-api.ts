import type { DescMethod, DescService, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { AuditService } from "../../gen/parlance/admin/v1/audit_service_pb.js";
import type { BudgetService } from "../../gen/parlance/admin/v1/budget_service_pb.js";
import type {
  ConfigService,
  GetConfigResponse,
  ValidateConfigResponse,
  WatchResponse,
} from "../../gen/parlance/admin/v1/config_service_pb.js";
import type { ContentService } from "../../gen/parlance/admin/v1/content_service_pb.js";
import type { EndUserService } from "../../gen/parlance/admin/v1/end_user_service_pb.js";
import type { Experiment } from "../../gen/parlance/admin/v1/experiment_pb.js";
import type { Fidelity } from "../../gen/parlance/admin/v1/fidelity_pb.js";
import type { KeyService } from "../../gen/parlance/admin/v1/key_service_pb.js";
import type { Model, ModelSettings } from "../../gen/parlance/admin/v1/model_pb.js";
import type {
  ModelService,
  SetTargetStateRequest,
  SetTargetStateResponse,
} from "../../gen/parlance/admin/v1/model_service_pb.js";
import type { OrganizationService } from "../../gen/parlance/admin/v1/organization_service_pb.js";
import type { PriceService } from "../../gen/parlance/admin/v1/price_service_pb.js";
import type { PrivacyService } from "../../gen/parlance/admin/v1/privacy_service_pb.js";
import type { ProviderService } from "../../gen/parlance/admin/v1/provider_service_pb.js";
import type { ShadowResult } from "../../gen/parlance/admin/v1/shadow_pb.js";
import type { TeamService } from "../../gen/parlance/admin/v1/team_service_pb.js";
import type { UsageService } from "../../gen/parlance/admin/v1/usage_service_pb.js";
import type { UserService } from "../../gen/parlance/admin/v1/user_service_pb.js";
import type { ExplainResponse } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import type { UnknownFields } from "../../gen/parlance/config/v1/model_pb.js";
import type { Guard } from "../../gen/parlance/guard/v1/guard_spec_pb.js";
import type { PurgeFilter } from "../core/cache/entry-store.ts";
import type { Call, CallRequest, Handler, Principal } from "../core/call.ts";
import type { CallerAccess } from "../core/caller/caller-access.ts";
import type { CallerSignature, SignedHead } from "../core/caller/caller-signature.ts";
import type { SignIn } from "../core/caller/sign-in.ts";
import type { Check } from "../core/check.ts";
import type { Origin } from "../core/dialect.ts";
import type { Fault } from "../core/faults/fault.ts";
import type { MetricFormat } from "../core/metrics/metric-format.ts";
import type { SpendReader } from "./spend-reader.ts";
import type { TranslateDeployment } from "./translated-deployment.ts";

/** Who calls a method of an admin service. */
export interface AdminCaller {
  readonly access: CallerAccess;
  /** What people call the key. */
  readonly name: string;
  /** The address of the client; "" where it is not known. */
  readonly address: string;
  readonly requestId: string;
  /** Who it is, for what depends on the models that it may use. Absent: nobody's. */
  readonly principal?: Principal;
}

/** The methods of a service for a caller who has one of the roles that each declares. */
export type AdminMethods<Service extends DescService> = {
  readonly [Method in keyof Service["method"]]: AdminMethod<Service["method"][Method]>;
};

/** A method with one answer, or with several; those end when the signal aborts. */
type AdminMethod<Method extends DescMethod> = Method["methodKind"] extends "server_streaming"
  ? (
      request: MessageShape<Method["input"]>,
      caller: AdminCaller,
      signal: AbortSignal,
    ) => AsyncIterable<MessageInitShape<Method["output"]>>
  : (
      request: MessageShape<Method["input"]>,
      caller: AdminCaller,
    ) => Promise<MessageInitShape<Method["output"]>>;

/** Organizations, teams, users, keys, budgets and end users, and what was done to them. */
export interface TenantAdmin {
  readonly organizations: AdminMethods<typeof OrganizationService>;
  readonly teams: AdminMethods<typeof TeamService>;
  readonly users: AdminMethods<typeof UserService>;
  readonly keys: AdminMethods<typeof KeyService>;
  readonly budgets: AdminMethods<typeof BudgetService>;
  readonly endUsers: AdminMethods<typeof EndUserService>;
  readonly audit: AdminMethods<typeof AuditService>;
  /** What is known of persons. */
  readonly privacy: AdminMethods<typeof PrivacyService>;
  /**
   * The id of the key that has a value, whoever may see it; undefined for none. Nothing is said to
   * callers of a key that they may not see.
   */
  readonly idOfKey: (value: string) => Promise<string | undefined>;
}

/** Reads what was said in calls, where that is stored. */
export interface ContentAdmin extends AdminMethods<typeof ContentService> {
  /**
   * Notes in the audit that somebody wanted to read content who may not. `callId`: that of the
   * call; "": of a list.
   */
  readonly refused: (callId: string, caller: AdminCaller) => Promise<void>;
}

/** What the store adds to the configuration while the gateway runs. */
export interface StoredAdmin {
  readonly models: Pick<
    AdminMethods<typeof ModelService>,
    "createModel" | "updateModel" | "deleteModel"
  > & {
    /** What a model is made of; undefined where neither the config nor the store has it. */
    readonly settingsOf: (name: string) => ModelSettings | undefined;
  };
  readonly providers: AdminMethods<typeof ProviderService>;
  readonly prices: AdminMethods<typeof PriceService>;
}

/** What an edge knows of a call that comes in. */
export interface CallInit {
  readonly model: string;
  readonly request: CallRequest;
  readonly origin?: Origin | undefined;
  readonly header: (name: string) => string | undefined;
  /** Who calls, where that is known already; else the pipeline finds out by the headers. */
  readonly principal?: Principal | undefined;
  /** The address of the client. Absent or "": it is not known, as in process. */
  readonly clientAddress?: string | undefined;
  /** How long the caller will wait, in milliseconds from now. Absent: no bound by the caller. */
  readonly timeoutMs?: number | undefined;
  /** How long it will wait for the first token of a stream. Absent: no bound by the caller. */
  readonly firstTokenMs?: number | undefined;
}

/** A request that is refused before it became a call, or beside the pipeline. */
export interface Refusal {
  /**
   * What it asks for: an operation, or the path of an RPC method; `unknown` where nothing has its
   * path.
   */
  readonly operation: string;
  /** Who asks, where that is known. */
  readonly principal?: string | undefined;
  /** The address of the client. Absent or "": it is not known. */
  readonly clientAddress?: string;
  readonly fault: Fault;
}

/** The gateway as edges see it. */
export interface Engine {
  /** Makes a call with an id and a trace of its own. */
  readonly begin: (init: CallInit) => Call;
  /** Runs a call through the pipeline in force. */
  readonly handle: Handler;
  /**
   * Records a refusal as calls are recorded; gives the id by which the caller and the record name
   * it.
   */
  readonly refuse: (refusal: Refusal) => string;
  /**
   * Identifies the caller from the request's headers, or from the names in its certificate where it
   * sends no key; throws UNAUTHENTICATED. A promise where that takes a while.
   */
  readonly identify: (
    header: (name: string) => string | undefined,
    clientNames?: readonly string[],
    origin?: { readonly clientAddress?: string; readonly path?: string },
  ) => Principal | Promise<Principal>;
  /**
   * Looks at the signature of a request, made as AWS's SDKs make it; undefined where it has none.
   * Throws UNAUTHENTICATED for one that no key of ours can have made.
   */
  readonly readSignature: (head: SignedHead) => CallerSignature | undefined;
  /** How people sign in by the command line; everybody may know. */
  readonly signIns: () => readonly SignIn[];
  /** Says what a call would do; throws what the call would be refused with before it is tried. */
  readonly explain: (call: Call) => Promise<ExplainResponse>;
  readonly check: Check;
  readonly models: ModelDirectory;
  readonly targets: TargetOperation;
  readonly config: ConfigDirectory;
  readonly tenants: TenantAdmin;
  readonly contents: ContentAdmin;
  readonly stored: StoredAdmin;
  /** A new id of a request. */
  readonly newId: () => string;
  readonly experiments: ExperimentDirectory;
  /** The guards, in the order of the config; every caller may have each look at texts. */
  readonly guards: () => readonly Guard[];
  /** The calls of the ledger and their sums: all of them for admins, for others their own. */
  readonly usage: AdminMethods<typeof UsageService>;
  /** Reads what LiteLLM's programs say of a model. */
  readonly translateDeployment: TranslateDeployment;
  /** What was spent, for whoever was found to be allowed to know. */
  readonly spending: SpendReader;
  /** Gives up stored answers; gives how many of this thread were. */
  readonly purgeCache: (filter: PurgeFilter) => Promise<number>;
  /** Sends something made up to a sink by its name, or to all (""); none: there is no such sink. */
  readonly testSinks: (
    name: string,
  ) => Promise<readonly { readonly name: string; readonly failure: string }[]>;
  readonly shadows: ShadowDirectory;
  readonly metrics: MetricDirectory;
  /** Seconds since 1970. */
  readonly nowUnixS: () => number;
  /** The content hash of the configuration in force. */
  readonly configHash: () => string;
  /** Called with bugs: thrown values that are not a GatewayError. */
  readonly onBug: (error: unknown) => void;
}

/** The metrics of all threads of the process. */
export interface MetricDirectory {
  /** How the settings in force have them served; undefined: they are not. */
  serving(): ServedMetrics | undefined;
  print(format: MetricFormat): string;
}

/** How metrics are served. */
export interface ServedMetrics {
  readonly path: string;
  /** Whether everybody may read them; else those who may see the whole gateway. */
  readonly isPublic: boolean;
  /** The port that they have for themselves; undefined: they are served at the gateway's. */
  readonly port: number | undefined;
}

/** A model in a list. */
export interface ListedModel {
  readonly name: string;
  /** The model as the list shows it. */
  describe(): Model;
}

/** Which models there are, as a principal may see them. */
export interface ModelDirectory {
  /**
   * Patterns of names among them, ordered by name. What is said of a model takes longer to put
   * together than its name to find.
   */
  list(principal: Principal): readonly ListedModel[];
  /** Undefined where there is none, such as a pattern, or none that the principal may use. */
  get(principal: Principal, name: string): Model | undefined;
  /** What a model does with members that the contract does not know; UNSPECIFIED: there is none. */
  unknownFields(name: string): UnknownFields;
  /** The tables of every dialect that the deployments of a model speak. */
  fidelity(model: Model): readonly Fidelity[];
  /** The same models with what is known of them, of each deployment and of the whole. */
  withFacts(models: readonly Model[]): Promise<readonly Model[]>;
}

/** Experiments and their results, for those who may see them. */
export interface ExperimentDirectory {
  /** In their order. */
  names(): readonly string[];
  /** Undefined where there is none. */
  get(name: string): Promise<Experiment | undefined>;
  /** Whether there is an experiment, and an arm of it where one is named. */
  has(name: string, arm?: string): boolean;
  /** Decides an experiment, whose arm must be one of its own; undefined where there is none. */
  decide(name: string, decision: ExperimentDecision): Promise<Experiment | undefined>;
}

/** What became of copies of calls, for those who may see it. */
export interface ShadowDirectory {
  /** The models that have a shadow, in their order. */
  models(): readonly string[];
  /** Undefined where there is no such model, or it has no shadow. */
  get(model: string): Promise<ShadowResult | undefined>;
}

/** Whether the shares of an experiment hold, or every unit has its first arm or another one. */
export type ExperimentDecision =
  | { readonly kind: "running" }
  | { readonly kind: "stopped" }
  | { readonly kind: "promoted"; readonly arm: string };

/** What operators do to targets while the gateway runs. */
export interface TargetOperation {
  /**
   * Sets the state of a target; `by` is the name of the operator's key. Throws NOT_FOUND and
   * INVALID_REQUEST.
   */
  set(request: SetTargetStateRequest, by: string): SetTargetStateResponse;
}

/** The configuration, for those who may see it. */
export interface ConfigDirectory {
  get(): GetConfigResponse;
  validate(text: string): Promise<ValidateConfigResponse>;
  /** Plans, and versions in the store. */
  readonly versions: Pick<
    AdminMethods<typeof ConfigService>,
    "plan" | "apply" | "rollback" | "listVersions" | "getVersion"
  >;
  /** Throws UNSUPPORTED where no log is written. */
  readonly logLevel: Pick<AdminMethods<typeof ConfigService>, "getLogLevel" | "setLogLevel">;
  /** Gives what is in force, and again after each change, until the signal. */
  watch(signal: AbortSignal): AsyncGenerator<WatchResponse, void>;
}
