/**
 * The tables of the store. Times are milliseconds since 1970, money is nano-USD, truths are 0 or 1;
 * all integers are read as bigint. A text that is not there is "", also the id of a tenant that a
 * row does not have. Columns that end in `_json` hold JSON texts.
 */
export interface Tables {
  readonly schema_versions: SchemaVersionTable;
  readonly organizations: OrganizationTable;
  readonly teams: TeamTable;
  readonly users: UserTable;
  readonly memberships: MembershipTable;
  readonly keys: KeyTable;
  readonly budgets: BudgetTable;
  readonly end_users: EndUserTable;
  readonly directory_changes: DirectoryChangeTable;
  readonly config_objects: ConfigObjectTable;
  readonly config_versions: ConfigVersionTable;
  readonly audit: AuditTable;
  readonly calls: CallTable;
  readonly attempts: AttemptTable;
  readonly cost_revisions: CostRevisionTable;
  readonly rollups: RollupTable;
  readonly tenant_rollups: TenantRollupTable;
  readonly content: ContentTable;
  readonly content_keys: ContentKeyTable;
  readonly content_erasures: ContentErasureTable;
  readonly erasures: ErasureTable;
  readonly erased_persons: ErasedPersonTable;
  readonly job_locks: JobLockTable;
  readonly settings: SettingTable;
}

/** The migrations that were applied. */
export interface SchemaVersionTable {
  readonly version: bigint;
  readonly name: string;
  readonly applied_ms: bigint;
}

/** What every object that the admin services make has. */
interface ObjectColumns {
  readonly id: string;
  readonly name: string;
  /** Models, limits, budgets and whatever else is set of it. */
  readonly settings_json: string;
  readonly metadata_json: string;
  readonly blocked: bigint;
  readonly created_ms: bigint;
  readonly updated_ms: bigint;
  /** Grows with each change; the etag. */
  readonly version: bigint;
}

/** Organizations, which have teams. */
export interface OrganizationTable extends ObjectColumns {}

/** Teams; `organization_id` is "" where a team is of none. */
export interface TeamTable extends ObjectColumns {
  readonly organization_id: string;
}

/** People and service accounts. */
export interface UserTable extends ObjectColumns {
  readonly organization_id: string;
  readonly email: string;
  /** `user` or `service_account`. */
  readonly kind: string;
  /** What it may do everywhere; "" where only its memberships say. */
  readonly role: string;
}

/** What a user may do in a team, or in an organization where `team_id` is "". */
export interface MembershipTable {
  readonly user_id: string;
  readonly organization_id: string;
  readonly team_id: string;
  readonly role: string;
  readonly created_ms: bigint;
}

/** Keys that callers present. */
export interface KeyTable extends ObjectColumns {
  readonly organization_id: string;
  readonly team_id: string;
  readonly user_id: string;
  /** `inference`, `admin`, `read_only` or `content_reader`. */
  readonly kind: string;
  /** The keyed hash of its value, as hex digits. */
  readonly hash: string;
  /** The first characters of its value, for people. */
  readonly hint: string;
  /** The hash of the value before the last rotation; "": none is good any more. */
  readonly previous_hash: string;
  /**
   * The values that signatures are checked with, encrypted, the present one first, one a line. "":
   * there are hashes alone.
   */
  readonly sealed: string;
  /** Until when the value before is good. 0: it is not. */
  readonly previous_until_ms: bigint;
  /** 0: it does not expire. */
  readonly expires_ms: bigint;
  /** 0: it was never used. */
  readonly last_used_ms: bigint;
}

/** Budgets that others point to; `organization_id` is "" where one is of none. */
export interface BudgetTable extends ObjectColumns {
  readonly organization_id: string;
  /** Since when it counts. 0: it was never reset. */
  readonly reset_ms: bigint;
}

/** End users with bounds, by the name that calls have for them. */
export interface EndUserTable extends ObjectColumns {}

/** In which order objects of the directory changed. */
export interface DirectoryChangeTable {
  /** From 1, in the order of the commits. */
  readonly sequence: bigint;
  readonly kind: string;
  readonly object_id: string;
}

/** What the store adds to the configuration. */
export interface ConfigObjectTable {
  /** `provider`, `model` or `price`. */
  readonly kind: string;
  readonly name: string;
  /** A message of the config, without secrets. */
  readonly document_json: string;
  /** The same with its secrets, encrypted; "": it has none. */
  readonly sealed: string;
  readonly created_ms: bigint;
  readonly updated_ms: bigint;
  /** Grows with each change; the etag. */
  readonly version: bigint;
}

/** The configs that were applied. */
export interface ConfigVersionTable {
  /** From 1, in the order of the commits. */
  readonly number: bigint;
  /** "": it is encrypted. */
  readonly text: string;
  /** The text, encrypted; "": it has no secrets. */
  readonly sealed: string;
  readonly hash: string;
  readonly comment: string;
  readonly actor_name: string;
  /** The version that it has made again; 0: none. */
  readonly rolled_back_to: bigint;
  readonly created_ms: bigint;
}

/** Every change that an admin made, never changed afterwards. */
export interface AuditTable {
  /** Ordered by time. */
  readonly id: string;
  readonly at_ms: bigint;
  /** Who, by its id and name, and from where. */
  readonly actor_id: string;
  readonly actor_name: string;
  readonly address: string;
  readonly request_id: string;
  /** What was done, such as `key.create`, and to what. */
  readonly action: string;
  readonly object_kind: string;
  readonly object_id: string;
  readonly organization_id: string;
  readonly team_id: string;
  /** What it was and what it became, without secrets. */
  readonly before_json: string;
  readonly after_json: string;
}

/** What calls and attempts took and cost. Null: it is not known. */
export interface CostColumns {
  readonly input_tokens: bigint | null;
  readonly cache_read_tokens: bigint | null;
  readonly cache_write_tokens: bigint | null;
  readonly output_tokens: bigint | null;
  readonly reasoning_tokens: bigint | null;
  /** The whole usage, where there is one. */
  readonly usage_json: string;
  /** Whether the usage is an estimate. */
  readonly estimated: bigint;
  /** Null: it is unpriced, which is not 0. */
  readonly cost_nano_usd: bigint | null;
  readonly cost_json: string;
}

/** Who called. */
export interface TenantColumns {
  readonly organization_id: string;
  readonly team_id: string;
  readonly user_id: string;
  readonly key_id: string;
}

/** A row for each call. */
export interface CallTable extends CostColumns, TenantColumns {
  readonly call_id: string;
  readonly ended_ms: bigint;
  readonly principal: string;
  readonly end_user: string;
  readonly session: string;
  readonly tags_json: string;
  readonly operation: string;
  readonly stream: bigint;
  readonly client_dialect: string;
  readonly client_address: string;
  readonly model: string;
  readonly target: string;
  readonly provider: string;
  readonly answered_model: string;
  readonly attempt_count: bigint;
  readonly arm: string;
  readonly rules_json: string;
  /** What guards made of it; "": none looked at it. */
  readonly guards_json: string;
  /** `whole`, `broken` or `left`. */
  readonly status: string;
  /** Why it failed, in the words of ErrorReason; "": it did not. */
  readonly reason: string;
  /** What the response cache did; "": nothing. */
  readonly cache: string;
  readonly cache_saved_nano_usd: bigint;
  readonly hedge_waste_nano_usd: bigint;
  readonly duration_us: bigint;
  readonly first_token_us: bigint | null;
  readonly overhead_us: bigint;
  readonly queued_us: bigint;
  readonly config_hash: string;
}

/** A row for each attempt of a call. */
export interface AttemptTable extends CostColumns {
  readonly call_id: string;
  /** From 0, in the order in which they began. */
  readonly number: bigint;
  readonly ended_ms: bigint;
  readonly target: string;
  readonly provider: string;
  readonly answered_model: string;
  readonly dialect: string;
  readonly why: string;
  readonly http_status: bigint;
  readonly status: string;
  readonly reason: string;
  readonly hedged: bigint;
  readonly wasted: bigint;
  readonly continues: bigint;
  readonly duration_us: bigint;
  readonly first_token_us: bigint | null;
}

/** What a call or an attempt was said to cost; never changed afterwards. */
export interface CostRevisionTable {
  readonly call_id: string;
  /** That of the attempt; -1: the whole call. */
  readonly number: bigint;
  /** 0: what it cost when it was made. */
  readonly revision: bigint;
  /** When it was priced so. */
  readonly at_ms: bigint;
  readonly cost_nano_usd: bigint | null;
  readonly cost_json: string;
}

/** Sums of calls. */
export interface SumColumns {
  readonly calls: bigint;
  readonly failed_calls: bigint;
  readonly left_calls: bigint;
  readonly cached_calls: bigint;
  /** Calls without a cost; their cost is not among the sums. */
  readonly unpriced_calls: bigint;
  readonly input_tokens: bigint;
  readonly cache_read_tokens: bigint;
  readonly cache_write_tokens: bigint;
  readonly output_tokens: bigint;
  readonly reasoning_tokens: bigint;
  readonly cost_nano_usd: bigint;
  readonly cache_saved_nano_usd: bigint;
  readonly hedge_waste_nano_usd: bigint;
  readonly duration_us: bigint;
  /** Of the calls that had a first token; `first_token_calls` is how many. */
  readonly first_token_us: bigint;
  readonly first_token_calls: bigint;
}

/** Sums of all calls of an hour or a day by one dimension. */
export interface RollupTable extends SumColumns {
  /** `hour` or `day`, in UTC. */
  readonly grain: string;
  readonly dimension: string;
  readonly bucket_ms: bigint;
  readonly value: string;
}

/** Sums of the calls of one key of an hour or a day by one dimension. */
export interface TenantRollupTable extends SumColumns, TenantColumns {
  readonly grain: string;
  readonly dimension: string;
  readonly bucket_ms: bigint;
  readonly value: string;
}

/** What was said in calls, encrypted. */
export interface ContentTable {
  readonly call_id: string;
  readonly ended_ms: bigint;
  readonly organization_id: string;
  readonly team_id: string;
  readonly key_id: string;
  /** The id of the data key that decrypts it. */
  readonly data_key: string;
  /** As base64. */
  readonly sealed: string;
}

/** The keys of content, encrypted by a master key. */
export interface ContentKeyTable {
  readonly id: string;
  readonly organization_id: string;
  readonly team_id: string;
  /** Keyed hashes of the user and of the end user. */
  readonly user_hash: string;
  readonly end_user_hash: string;
  readonly master_key: string;
  /** As base64. */
  readonly wrapped: string;
  readonly created_ms: bigint;
}

/** Whose content was erased: what was made before, and is still under way, is not kept. */
export interface ContentErasureTable {
  readonly id: string;
  /** Null: in all teams. */
  readonly team_id: string | null;
  /** What is "" is not what the person was named by. */
  readonly user_hash: string;
  readonly end_user_hash: string;
  readonly erased_ms: bigint;
}

/** Erasures of persons. */
export interface ErasureTable {
  /** Ordered by time. */
  readonly id: string;
  /** `user` or `end_user`. */
  readonly kind: string;
  readonly person_hash: string;
  readonly organization_id: string;
  readonly team_id: string;
  /** What its caller knows it by; "": nothing. */
  readonly request_key: string;
  readonly begun_ms: bigint;
  /** 0: it is under way. */
  readonly finished_ms: bigint;
  /** Who, while it is under way, and how far it is; "" afterwards. */
  readonly person: string;
  readonly progress_json: string;
  /** "" while it is under way. */
  readonly receipt_json: string;
}

/** Persons that were erased, by their hashes: calls that began before `at_ms` are without them. */
export interface ErasedPersonTable {
  readonly hash: string;
  readonly at_ms: bigint;
}

/** Who runs a job. */
export interface JobLockTable {
  readonly name: string;
  readonly holder: string;
  readonly expires_ms: bigint;
  /** When it was finished last. 0: never. */
  readonly finished_ms: bigint;
}

/** Small things by name. */
export interface SettingTable {
  readonly name: string;
  readonly value_json: string;
  readonly updated_ms: bigint;
}
