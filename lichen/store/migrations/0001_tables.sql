-- The store is derived: every row below can be recomputed from the ledger. Nothing is updated or deleted;
-- a newer version of an observation, a flag or a result is a new row.
-- Appending a row twice is harmless: equal keys count once in every read and are merged away in time.
-- fsync: an acknowledged insert is on the disk, also after a power cut.

CREATE TABLE observations
(
    point LowCardinality(String),
    parameter LowCardinality(String),
    period LowCardinality(String),
    source LowCardinality(String),
    stat LowCardinality(String),
    time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    version UInt64 CODEC(Delta, ZSTD(3)),
    value Float64 CODEC(/*value codec*/),
    flag UInt8 CODEC(ZSTD(1)),
    mark LowCardinality(String) CODEC(ZSTD(1)),
    INDEX by_time time TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (point, parameter, period, source, stat, time, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1/*codec setting*/;

-- The newest observation of each series, so that a map of ten thousand series need not look for it.
CREATE TABLE newest
(
    point LowCardinality(String),
    parameter LowCardinality(String),
    period LowCardinality(String),
    source LowCardinality(String),
    stat LowCardinality(String),
    row SimpleAggregateFunction(max, Tuple(time DateTime64(3, 'UTC'), version UInt64, value Float64, flag UInt8, mark String))
)
ENGINE = AggregatingMergeTree
ORDER BY (point, parameter, period, source, stat)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- What was found out about an observation after it was appended. `entry` orders the findings of one check:
-- entries and acts taken in, or PERSON + act.
CREATE TABLE flags
(
    point LowCardinality(String),
    parameter LowCardinality(String),
    period LowCardinality(String),
    source LowCardinality(String),
    stat LowCardinality(String),
    time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    version UInt64 CODEC(Delta, ZSTD(3)),
    check LowCardinality(String),
    entry UInt64 CODEC(DoubleDelta, ZSTD(1)),
    flag UInt8 CODEC(ZSTD(1)),
    reason String CODEC(ZSTD(1)),
    person String CODEC(ZSTD(1)),
    INDEX by_time time TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (point, parameter, period, source, stat, time, version, check, entry)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE results
(
    element LowCardinality(String),
    period LowCardinality(String),
    point LowCardinality(String),
    time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    version UInt64 CODEC(Delta, ZSTD(3)),
    edition LowCardinality(String),
    clause LowCardinality(String),
    klass Int8 CODEC(ZSTD(1)),
    `index` Float64 CODEC(/*value codec*/),
    deciding LowCardinality(String) CODEC(ZSTD(1)),
    exceeding LowCardinality(String) CODEC(ZSTD(1)),
    sub Map(LowCardinality(String), Float64) CODEC(ZSTD(1)),
    multiples Map(LowCardinality(String), Float64) CODEC(ZSTD(1)),
    note LowCardinality(String),
    snapshot LowCardinality(String),
    code LowCardinality(String),
    INDEX by_time time TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toYear(time)
ORDER BY (element, period, point, time, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1/*codec setting*/;

CREATE TABLE newest_results
(
    element LowCardinality(String),
    period LowCardinality(String),
    point LowCardinality(String),
    time SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (element, period, point)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

-- How far each reader of the ledger has come. Written after the rows it stands for.
CREATE TABLE cursors
(
    reader LowCardinality(String),
    row SimpleAggregateFunction(max, Tuple(entries UInt64, acts UInt64, closed Int64))
)
ENGINE = AggregatingMergeTree
ORDER BY reader
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;
