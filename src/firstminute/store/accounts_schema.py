"""The tables of the file of accounts.

Idea: what must never be is refused by the database itself: two of the three duties in one account, two accounts of one name.
Codes, links and session tokens stand here as hashes only. A session that hangs on a shared phone goes with the phone's.
Limits: a new column needs a statement of its own at the end of `TABLES`.
"""

from __future__ import annotations

from firstminute.model.roles import DUTIES

_DUTIES = ", ".join(f"'{role}'" for role in DUTIES)
_COUNTED = tuple(
    f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {what} BEGIN UPDATE taken SET count = count + 1; END"
    for name, what in (
        ("session_ended", "DELETE ON sessions"),
        ("role_taken", "DELETE ON roles"),
        ("role_changed", "UPDATE ON roles"),
        ("account_changed", "UPDATE OF state ON accounts"),
        ("account_gone", "DELETE ON accounts"),
        ("desk_locked", "INSERT ON locks"),
        ("desk_unlocked", "DELETE ON locks"),
    )
)
"""Whatever could put somebody out is counted, by whomever it was done: what memory holds is good for as long as the count stands."""

TABLES = (
    """CREATE TABLE IF NOT EXISTS accounts (
        account_id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, state TEXT NOT NULL, made_s REAL NOT NULL,
        password TEXT, secret BLOB, last_step INTEGER NOT NULL DEFAULT -1)""",
    """CREATE TABLE IF NOT EXISTS roles (
        account_id TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE, role TEXT NOT NULL,
        unit_id TEXT, team_id TEXT, seat TEXT, district TEXT, given_s REAL NOT NULL, PRIMARY KEY (account_id, role))""",
    f"CREATE UNIQUE INDEX IF NOT EXISTS one_duty ON roles (account_id) WHERE role IN ({_DUTIES})",
    """CREATE TABLE IF NOT EXISTS recovery (
        code_hash TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE)""",
    """CREATE TABLE IF NOT EXISTS tries (
        who TEXT PRIMARY KEY, count INTEGER NOT NULL, until_s REAL NOT NULL, rounds INTEGER NOT NULL, told INTEGER NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS links (
        code_hash TEXT PRIMARY KEY, account_id TEXT REFERENCES accounts ON DELETE CASCADE, role TEXT, secret BLOB NOT NULL, until_s REAL NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS tickets (
        ticket_hash TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE, until_s REAL NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS sessions (
        token_hash TEXT PRIMARY KEY, session_id TEXT NOT NULL UNIQUE, account_id TEXT NOT NULL, role TEXT NOT NULL,
        made_s REAL NOT NULL, seen_s REAL NOT NULL, idle_s REAL NOT NULL, until_s REAL NOT NULL, agent TEXT NOT NULL, address TEXT NOT NULL,
        FOREIGN KEY (account_id, role) REFERENCES roles ON DELETE CASCADE)""",
    "CREATE INDEX IF NOT EXISTS sessions_of ON sessions (account_id)",
    """CREATE TABLE IF NOT EXISTS places (
        account_id TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE, place TEXT NOT NULL, PRIMARY KEY (account_id, place))""",
    """CREATE TABLE IF NOT EXISTS enrolments (
        code_hash TEXT PRIMARY KEY, enrolment_id TEXT NOT NULL, team_id TEXT NOT NULL, left INTEGER NOT NULL, until_s REAL NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS passkeys (
        credential_id TEXT PRIMARY KEY, passkey_id TEXT NOT NULL UNIQUE, account_id TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE,
        label TEXT NOT NULL, public_key BLOB NOT NULL, count INTEGER NOT NULL, rp_id TEXT NOT NULL,
        verified INTEGER NOT NULL, made_s REAL NOT NULL, used_s REAL NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS passkeys_of ON passkeys (account_id)",
    "CREATE TABLE IF NOT EXISTS pins (account_id TEXT PRIMARY KEY REFERENCES accounts ON DELETE CASCADE, hash TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS badges (
        account_id TEXT PRIMARY KEY REFERENCES accounts ON DELETE CASCADE, code_hash TEXT NOT NULL UNIQUE)""",
    """CREATE TABLE IF NOT EXISTS certificates (
        fingerprint TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE,
        serial TEXT NOT NULL, until_s REAL NOT NULL, made_s REAL NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS identities (
        issuer TEXT NOT NULL, subject TEXT NOT NULL, account_id TEXT NOT NULL UNIQUE REFERENCES accounts ON DELETE CASCADE, made INTEGER NOT NULL,
        PRIMARY KEY (issuer, subject))""",
    """CREATE TABLE IF NOT EXISTS locks (
        session_id TEXT PRIMARY KEY REFERENCES sessions (session_id) ON DELETE CASCADE, how TEXT NOT NULL, since_s REAL NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS on_phone (
        session_id TEXT PRIMARY KEY REFERENCES sessions (session_id) ON DELETE CASCADE, phone_id TEXT NOT NULL)""",
    """CREATE TRIGGER IF NOT EXISTS phone_gone AFTER DELETE ON sessions BEGIN
        DELETE FROM sessions WHERE session_id IN (SELECT session_id FROM on_phone WHERE phone_id = OLD.session_id); END""",
    """CREATE TABLE IF NOT EXISTS registrations (
        registration_id TEXT PRIMARY KEY, claim_hash TEXT NOT NULL UNIQUE, role TEXT NOT NULL, team_id TEXT, district TEXT, label TEXT NOT NULL,
        state TEXT NOT NULL, made_s REAL NOT NULL, account_id TEXT REFERENCES accounts ON DELETE CASCADE)""",
    "CREATE TABLE IF NOT EXISTS taken (one INTEGER PRIMARY KEY CHECK (one = 1), count INTEGER NOT NULL)",
    "INSERT OR IGNORE INTO taken VALUES (1, 0)",
    *_COUNTED,
    """CREATE TABLE IF NOT EXISTS happened (
        event_id TEXT PRIMARY KEY, at_s REAL NOT NULL, what TEXT NOT NULL, by_id TEXT NOT NULL, said TEXT NOT NULL)""",
)
"""Made in this order where they are missing. A session hangs on its role: taking the role ends it in the same transaction."""
