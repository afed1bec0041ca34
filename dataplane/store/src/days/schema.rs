//! The tables of a file. Columns named like words hold a dictionary id (integer) or the text itself.

/// Written once; a file of another version is refused.
pub(super) const VERSION: i64 = 2;

/// Files of events and items. `id_hi`/`id_lo` are the halves of a 128-bit id; `delay` is received − timestamp, which is shorter.
pub(super) const ROWS: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;
CREATE TABLE part (id INTEGER PRIMARY KEY, next INTEGER NOT NULL);
CREATE TABLE dict (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, value TEXT NOT NULL);
CREATE TABLE event (id INTEGER PRIMARY KEY, organization INTEGER NOT NULL, project INTEGER NOT NULL, key INTEGER NOT NULL, hash INTEGER NOT NULL,
  ts INTEGER NOT NULL, delay INTEGER NOT NULL, id_hi INTEGER NOT NULL, id_lo INTEGER NOT NULL, type INTEGER NOT NULL, category INTEGER NOT NULL, kind, level INTEGER,
  platform, title, culprit, message, logger, txn, release, dist, env, handled INTEGER, tags BLOB, facts BLOB, stack INTEGER);
CREATE TABLE stack (id INTEGER PRIMARY KEY, digest INTEGER NOT NULL, content BLOB NOT NULL);
CREATE TABLE payload (id INTEGER PRIMARY KEY, dict INTEGER NOT NULL, content BLOB NOT NULL);
CREATE INDEX event_project ON event (project, ts);
CREATE INDEX event_hash ON event (hash, ts);
CREATE INDEX event_id ON event (id_hi);
CREATE TABLE hour (hash INTEGER NOT NULL, hour INTEGER NOT NULL, env NOT NULL, organization INTEGER NOT NULL, project INTEGER NOT NULL, count INTEGER NOT NULL, users BLOB,
  PRIMARY KEY (hash, hour, env)) WITHOUT ROWID;
CREATE TABLE minute (hash INTEGER NOT NULL, minute INTEGER NOT NULL, env NOT NULL, organization INTEGER NOT NULL, project INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (hash, minute, env)) WITHOUT ROWID;
CREATE TABLE item (id INTEGER PRIMARY KEY, organization INTEGER NOT NULL, project INTEGER NOT NULL, key INTEGER NOT NULL, type INTEGER NOT NULL, id_hi INTEGER NOT NULL,
  id_lo INTEGER NOT NULL, ts INTEGER NOT NULL, received INTEGER NOT NULL, quantities BLOB, header BLOB, size INTEGER NOT NULL, dict INTEGER NOT NULL, content BLOB NOT NULL);
CREATE INDEX item_received ON item (project, received);
CREATE INDEX item_id ON item (id_hi);
CREATE TABLE attachment (id INTEGER PRIMARY KEY, organization INTEGER NOT NULL, project INTEGER NOT NULL, event_hi INTEGER NOT NULL, event_lo INTEGER NOT NULL,
  id_hi INTEGER NOT NULL, id_lo INTEGER NOT NULL, name, content_type, kind, size INTEGER NOT NULL, sha256 BLOB, received INTEGER NOT NULL);
CREATE INDEX attachment_event ON attachment (event_hi);
CREATE INDEX attachment_id ON attachment (id_hi);
CREATE TABLE report (id INTEGER PRIMARY KEY, organization INTEGER NOT NULL, project INTEGER NOT NULL, event_hi INTEGER NOT NULL, event_lo INTEGER NOT NULL,
  id_hi INTEGER NOT NULL, id_lo INTEGER NOT NULL, name TEXT, email TEXT, comments TEXT, ts INTEGER NOT NULL, received INTEGER NOT NULL);
CREATE INDEX report_event ON report (event_hi);
CREATE INDEX report_id ON report (id_hi);
";

/// Files of outcomes.
pub(super) const OUTCOMES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;
CREATE TABLE part (id INTEGER PRIMARY KEY, next INTEGER NOT NULL);
CREATE TABLE outcome (project INTEGER NOT NULL, hour INTEGER NOT NULL, category INTEGER NOT NULL, kind INTEGER NOT NULL, reason TEXT NOT NULL, key INTEGER NOT NULL,
  organization INTEGER NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY (project, hour, category, kind, reason, key)) WITHOUT ROWID;
CREATE TABLE refused (id INTEGER PRIMARY KEY AUTOINCREMENT, id_hi INTEGER NOT NULL, id_lo INTEGER NOT NULL, organization INTEGER NOT NULL, project INTEGER NOT NULL,
  key INTEGER NOT NULL, category INTEGER NOT NULL, kind INTEGER NOT NULL, reason TEXT NOT NULL, received INTEGER NOT NULL);
CREATE INDEX refused_id ON refused (id_hi);
";
