"""One database under its two names: a URL for crmflow, a dictionary for Django."""

from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

_PARTS = {"USER": "username", "PASSWORD": "password", "HOST": "hostname", "PORT": "port"}


def named(url: str) -> dict[str, Any]:
    """Return how Django names the database of a URL."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        file = url.removeprefix("sqlite:///")
        # Both write: who is second waits for the first one from the beginning.
        waiting = {"transaction_mode": "IMMEDIATE", "timeout": 10}
        # The database of tests is a file too, for crmflow has a connection of its own to it.
        test = {"NAME": f"{file}.test"}
        return {"ENGINE": _engine("sqlite3"), "NAME": file, "OPTIONS": waiting, "TEST": test}
    where = {word: unquote(str(getattr(parts, name) or "")) for word, name in _PARTS.items()}
    options = dict(parse_qsl(parts.query))
    # The folder of a socket, as libpq takes it.
    where["HOST"] = options.pop("host", where["HOST"])
    name = unquote(parts.path.removeprefix("/"))
    return {"ENGINE": _engine("postgresql"), "NAME": name, "OPTIONS": options, **where}


def url_of(database: dict[str, Any]) -> str:
    """Return the URL of the database that Django has open, that of its tests included."""
    name = str(database["NAME"])
    if database["ENGINE"] == _engine("sqlite3"):
        return f"sqlite:///{name}"
    user, password = quote(database["USER"]), quote(database["PASSWORD"])
    place, port = quote(database["HOST"], safe=""), database["PORT"]
    query = urlencode({"host": database["HOST"]}) if "%2F" in place else ""
    server = "" if query else f"{place}:{port}" if port else place
    return f"postgresql://{user}:{password}@{server}/{quote(name)}?{query}".rstrip("?")


def _engine(name: str) -> str:
    return f"django.db.backends.{name}"
