"""Every limit of the service, with the consequence of reaching it.

Units are the last word of a name. docs/limits.md lists each of them; a test holds the two together.
"""

ENTRY_BODY_BYTES_MAX = 10 * 1024
"""One JSON object posted alone. A longer body gets 413, and nothing is stored."""

FUTURE_MINUTES_MAX = 15
"""How far `dateTime` may lie ahead of the service's clock. Further ahead: a problem of the field."""

SOURCE_CHARACTERS_MAX = 256
"""The longest `source`. Longer: a problem of the field."""

INFLATED_BYTES_MAX = 20 * 1024 * 1024
"""What the body of a batch may have, inflated if it came compressed. More: 413, and nothing is stored."""

BODY_MEMBERS_MAX = 64
"""The most gzip members or zstd frames of one body. More: a problem of the body."""

BATCH_ENTRIES_MAX = 50_000
"""The most entries of one batch. More: 413, and nothing is stored."""

ENTRY_STORED_BYTES_MAX = 384 * 1024
"""Message and attributes of an entry as stored, numbers written out. More: a problem of `attributes`."""

BATCH_ENTRY_BYTES_MAX = 256 * 1024
"""One entry in a batch, as sent and uncompressed. Longer: that entry is refused, the others are stored."""

BATCH_SPREAD_BYTES_MAX = 64 * 1024 * 1024
"""All entries of a batch, with what they share (labels, resource attributes) counted in each. More: 413."""

BATCH_CONTAINERS_MAX = 1_000_000
"""The most objects and arrays of a JSON batch, or attributes and list elements of a protobuf one.

More: 413. It bounds memory and time: `{}` takes 2 bytes sent, 64 decoded. In JSON the brackets are counted,
those inside of texts too.
"""

JSON_DEPTH_MAX = 32
"""How deep objects and arrays may nest in an entry. Deeper: a problem of the field."""

PROBLEMS_MAX = 100
"""How many problems one reply names. The rest is counted, not named."""

FIELD_NAME_CHARACTERS_MAX = 200
"""How much of a field's name a problem repeats. The rest is cut."""

READ_LIMIT_DEFAULT = 100
"""How many entries a read returns when `limit` is absent."""

READ_LIMIT_MAX = 1_000
"""The largest `limit`. Larger: a problem of the parameter."""

EXPORT_LIMIT_MAX = 10_000
"""The most entries of one page of an export, and how many it has when `limit` is absent."""

INDEX_PAGE_ITEMS_MAX = 4_000
"""The most items that one query of the index asks for. The walk asks for the next page when it needs it."""

INDEX_ITEMS_AT_ONCE_MAX = 32_000
"""The most items that the queries of all shards ask for side by side. More shards: each asks for fewer."""

PACKS_AT_ONCE_MAX = 64
"""The most packs that a walk opens at once. Then: it shows what it can, and opens the next."""

BODIES_A_REQUEST_MAX = 16
"""The most bodies of packs that one request to the table asks for. More: several, side by side."""

BODY_REQUESTS_AT_ONCE_MAX = 4
"""How many requests for bodies are under way side by side. The next waits."""

READ_BODY_BYTES_MAX = 64 * 1024 * 1024
"""Bytes of packs' bodies that one page reads. Then: it ends early, with `nextCursor`."""

READ_BUDGET_S = 12.0
"""Time after which a page ends early, with `nextCursor`, if it has come forward. If not: 503."""

HISTOGRAM_BUCKETS_MAX = 2_000
"""The most buckets of a histogram. More: a problem of `bucket`."""

SEARCH_CHARACTERS_MAX = 1_000
"""The longest `q` or `regex`. Longer: a problem of the parameter."""

REGEX_STEPS_MAX = 1_500
"""The largest `regex`, in steps of RE2's program: `\\pL+` has 1,201. Larger: a problem of the parameter."""

REGEX_BYTES_MAX = 8 * 1024 * 1024
"""Memory that RE2 may take for a `regex`. It then goes on slower; a program that needs more: a problem."""

REGEX_S_MAX = 16.0
"""Time that one request may spend on a `regex`. Then: a problem of the parameter.

The page ends earlier by itself, unless a single pack takes this long.
"""

RESPONSE_BYTES_MAX = 5_500_000
"""The size of a reply's body inside Lambda's JSON envelope (whose own limit is 6 MB).

A read that would pass it ends early and says so with `"truncated": true`.
"""

COMPRESS_BYTES_MIN = 1_024
"""Replies shorter than this are never gzipped: the headers would cost more than is saved."""

WRITE_DEADLINE_S = 6.0
"""Time from the start of a POST by which its last attempt to write has ended. Then: 503."""

PARK_DEADLINE_S = 2.0
"""Time for parking a write that failed, after the write's own. Then: 503, nothing acknowledged."""

PARK_ATTEMPT_S = 0.9
"""How long one attempt to park may take. Then: the next attempt, as far as the deadline leaves time."""

REPLAY_DEADLINE_S = 5.0
"""Time for each call of a replay, its retries included. Then: the message comes back later."""

REPLAY_BACKOFFS_S = (120, 600)
"""The pauses before the second and third attempt to replay. After the third: the dead-letter queue."""

READ_DEADLINE_S = 20.0
"""Time from the start of a GET by which its last query has ended. Then: 503."""

CONNECT_TIMEOUT_S = 1.0
"""How long one attempt may wait for a connection to DynamoDB. Then: the next attempt."""

WRITE_TIMEOUT_S = 1.5
"""How long one attempt to write may wait for DynamoDB's reply. Then: the next attempt."""

READ_TIMEOUT_S = 5.0
"""How long one query may wait for DynamoDB's reply. Then: the next attempt."""

ATTEMPTS_MAX = 3
"""Attempts for each DynamoDB call, the first included, as far as the deadline leaves time. Then: 503."""

RETRY_AFTER_S = 5
"""What `Retry-After` says in a 503 that a retry can help."""

KEYS_FRESH_S = 30
"""How long the access keys are used as last fetched. Then: they are fetched again."""

KEYS_RECHECK_S = 5
"""How soon a key that is not known may have the keys fetched again. Sooner: 401 from what is known."""

KEYS_STALE_MAX_S = 50
"""How long the access keys are used while they can't be fetched. Then: 503, nobody is let in."""

KEYS_DEADLINE_S = 3.5
"""Time for fetching the access keys, retries included. Then: as if they can't be fetched."""

KEYS_MAX = 50
"""The most access keys of a stage. The CLI makes no more; more in the store are not read."""

KEYS_PAGES_MAX = 50
"""The most pages of the store read for the keys: full ones are five. Then: as if they can't be fetched."""

WRITE_SHARDS_MAX = 64
"""The most shards of the index a stage may have: each one is one query of every read."""

RETENTION_DAYS_MAX = 36_500
"""The longest retention a stage may set. Longer: leave it unset, and entries are kept for ever."""

FAILURE_EVENT_BYTES_MAX = 16 * 1024
"""How much of an event a failure's log line keeps. The rest is cut, and the cut is said."""

FAILURE_TRACE_BYTES_MAX = 16 * 1024
"""How much of a stack trace a failure's log line keeps, from its end."""

BATCH_PACKS_MAX = 4_096
"""The most packs that one request makes: one a minute and size. The entries beyond are refused by index."""

BATCH_PARTS_MAX = 256
"""The most packs and single entries that one request writes itself. The others are parked in groups."""

PARKED_PARTS_MAX = 32
"""The most packs and single entries in one message of a group: 64 puts, for which a replay has 2.5 s. Then:
another message."""

PARKED_GROUP_BYTES_MAX = 192 * 1024
"""Bytes that the parts of a group take in its message. The next part begins another message."""

BATCH_CONNECTIONS_MAX = 16
"""How many packs of one request are written, or parked, side by side."""

IDEMPOTENCY_KEY_DAYS = 30
"""How long an Idempotency-Key is remembered. Later, it stores its batch anew."""

IDEMPOTENCY_KEY_CHARACTERS_MAX = 255
"""The longest Idempotency-Key. Longer: a problem of the header."""

PACK_ENTRIES_MAX = 4_096
"""Entries of one pack, as many as a derived id can tell apart. The next entry begins another pack."""

PACK_SENT_BYTES_MAX = 384 * 1024
"""Bytes of one pack as sent and uncompressed, with 32 for each entry. The next entry begins another pack.

About 40 to 64 KB compressed; and what does not compress at all still fits in an item.
"""

PACK_BODY_BYTES_MAX = 400 * 1024 - 4 * 1024
"""A pack's body in its item: DynamoDB's limit less the other attributes. Larger: the pack is not made."""

PACK_DECODED_BYTES_MAX = 4 * 1024 * 1024
"""A pack's body with its frames decompressed. One that states more is unreadable, and nothing is inflated."""

PACK_SOURCES_MAX = 32
"""Sources that a pack's header names. A pack of more names none, and no filter on a source skips it."""

PACK_SOURCES_BYTES_MAX = 512
"""Bytes of the sources that a pack's header names, so that it costs one write unit. More: as above."""
