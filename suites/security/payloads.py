"""Text that means something to whatever it might be pasted into."""

from __future__ import annotations

MARK = "zqx7"  # stands in every payload, to be found again wherever it ends up

_ENDINGS = (
    "' or '1'='1", "'; drop table predictions; --", '" or ""="', "%' and 1=0 --",
    "') union select email from accounts --", "'; select pg_sleep(9); --",
    "\\'; delete from accounts; --", "$$; drop table audit_rows; $$", "' || version() || '",
)  # fmt: skip
SQL = (*(MARK + ending for ending in _ENDINGS), "1; drop table accounts", "1 or 1=1", "0x31")
SCRIPT = (
    f"<script>alert('{MARK}')</script>", f"<img src=x onerror=alert('{MARK}')>",
    f"\"><svg onload=alert('{MARK}')>", f"'><b>{MARK}</b>", f"javascript:alert('{MARK}')",
    f"<a href=\"javascript:alert('{MARK}')\">x</a>", f"</title><script>{MARK}</script>",
)  # fmt: skip
TEMPLATE = (
    f"{MARK}{{{{7*7}}}}{MARK}", f"{MARK}${{7*7}}{MARK}", f"{MARK}{{{{config}}}}",
    f"{MARK}{{%for x in ().__class__.__base__.__subclasses__()%}}{{{{x}}}}{{%endfor%}}",
    f"{MARK}#{{7*7}}", f"{MARK}<%= 7*7 %>", f"{MARK}%s%s%s%n", f"{MARK}{{0.__class__}}",
)  # fmt: skip
TEMPLATE_DONE = f"{MARK}49{MARK}"
PATH = (
    "../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "....//....//etc/passwd",
    "%2e%2e%2f%2e%2e%2fsettings.py", "/etc/passwd", "..\\..\\settings.py", "%00",
    "file:///etc/passwd", ".env", "__init__.py", "%c0%ae%c0%ae/", "settings.py%00.css",
)  # fmt: skip
HEADER = (
    f"{MARK}\r\nX-Injected: {MARK}", f"{MARK}\nSet-Cookie: session={MARK}",
    f"{MARK}\r\n\r\n<html>{MARK}</html>", f"{MARK}%0d%0aX-Injected:%20{MARK}",
)  # fmt: skip
LOG = (
    f'{MARK}\n{{"event": "forged", "level": "info"}}', f"{MARK}\x1b[31mred\x1b[0m",
    f"{MARK}\u2028line", f"{MARK}\r2026-01-01 forged", f"{MARK}\x85next",
)  # fmt: skip
ODD = (
    f"{MARK}\x00", "🏆" + MARK, f"{MARK}\u202egnp.exe", "\ufeff" + MARK, "NaN",
    "-1", "9" * 40, "1e999", "null", "true", "[]", "{}", MARK + "a" * 3000, "", " ", "\x7f",
    "﷽" * 12, "İ" * 20, "ẞ" * 30,
)  # fmt: skip
ALL: tuple[str, ...] = (*SQL, *SCRIPT, *TEMPLATE, *PATH, *HEADER, *LOG, *ODD)
SECRETS_OF_THE_INSIDE = (
    "Traceback", "sqlalchemy", "asyncpg", "psycopg", "syntax error at", "pydantic_core",
    "root:x:0:0", "site-packages", "SOCCERAI_", "password_hash", "/sut/",
)  # fmt: skip
