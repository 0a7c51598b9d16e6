-- A row that was there before has no MAC, and is refused: a server that stops in order leaves none.
ALTER TABLE outbox ADD COLUMN mac BLOB NOT NULL DEFAULT x'';
