-- docs/formats/store.md says what each column holds.

CREATE TABLE row (
  tbl     TEXT    NOT NULL,
  id      TEXT    NOT NULL,
  version INTEGER NOT NULL,
  content BLOB    NOT NULL,
  mac     BLOB    NOT NULL,
  PRIMARY KEY (tbl, id)
) STRICT, WITHOUT ROWID;

-- Events that the journal may not hold yet, in the order of their commits.
CREATE TABLE outbox (
  seq      INTEGER PRIMARY KEY,
  event_id TEXT NOT NULL UNIQUE,
  envelope BLOB NOT NULL,
  body     BLOB NOT NULL
) STRICT;

-- The change feed: n counts the rows of one commit, version is 0 for a deletion.
CREATE TABLE change (
  position INTEGER NOT NULL,
  n        INTEGER NOT NULL,
  tbl      TEXT    NOT NULL,
  id       TEXT    NOT NULL,
  version  INTEGER NOT NULL,
  PRIMARY KEY (position, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE meta (
  name  TEXT    NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- position: that of the last commit. pruned: the feed begins after it.
INSERT INTO meta (name, value) VALUES ('position', 0), ('pruned', 0);
