-- The table of a `clickhouse` sink, and what calls cost by day. Run it once: clickhouse-client < schema.sql
-- A record may arrive twice; rows with the same call_id become one when parts are merged, and at once with FINAL.
CREATE TABLE IF NOT EXISTS parlance_calls
(
    call_id String,
    end_time DateTime64(3, 'UTC'),
    organization LowCardinality(String),
    team LowCardinality(String),
    user String,
    key LowCardinality(String),
    principal LowCardinality(String),
    end_user String,
    session String,
    tags Array(LowCardinality(String)),
    operation LowCardinality(String),
    stream Bool,
    client_dialect LowCardinality(String),
    client_address String,
    model LowCardinality(String),
    target LowCardinality(String),
    provider LowCardinality(String),
    answered_model LowCardinality(String),
    arm LowCardinality(String),
    rules Array(LowCardinality(String)),
    status LowCardinality(String),
    reason LowCardinality(String),
    cache LowCardinality(String),
    usage Tuple(
        input_tokens UInt64,
        cache_read_tokens UInt64,
        cache_write_tokens UInt64,
        output_tokens UInt64,
        reasoning_tokens UInt64),
    usage_estimated Bool,
    cost_nano_usd Int64,
    unpriced String,
    cache_saved_nano_usd Int64,
    hedge_waste_nano_usd Int64,
    duration_us UInt64,
    first_token_us Nullable(UInt64),
    overhead_us UInt64,
    queued_us UInt64,
    config_hash LowCardinality(String)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(end_time)
ORDER BY (toDate(end_time), team, key, call_id);

-- What customers cost by day. A query over FINAL rows, so that what arrived twice counts once.
CREATE VIEW IF NOT EXISTS parlance_daily_cost AS
SELECT
    toDate(end_time) AS day,
    organization,
    team,
    key,
    end_user,
    model,
    count() AS calls,
    countIf(status = 'CALL_STATUS_BROKEN') AS failed_calls,
    sum(usage.input_tokens) AS input_tokens,
    sum(usage.output_tokens) AS output_tokens,
    sum(cost_nano_usd) / 1e9 AS cost_usd
FROM parlance_calls FINAL
GROUP BY ALL;
