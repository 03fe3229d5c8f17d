"""How well it is known that QuickBooks Online does what the emulator does: four words, and the sources behind them."""

from __future__ import annotations

from typing import Final

RECORDED: Final = "recorded"
DOCUMENTED: Final = "documented"
ASSUMED: Final = "assumed"
NOT_EMULATED: Final = "not emulated"
# Word -> what it says.
WORDS: Final = {
    RECORDED: "seen in a public recording of the real service, or quoted from one in a public thread",
    DOCUMENTED: "stated by Intuit: reference, published schemas, list of error codes",
    ASSUMED: "nothing public was found; the most plausible thing is done, by a setting where two are plausible",
    NOT_EMULATED: "the emulator refuses it with fault 500 or 5030, and says so",
}
# Mark -> where it can be read.
SOURCES: Final = {
    "I": "Intuit, API reference of QuickBooks Online (developer.intuit.com, all entities and reports)",
    "E": "Intuit, list of error codes and the page of common errors",
    "X": "Intuit, XML schemas published with its SDKs (Finance, IntuitBaseTypes, IntuitRestServiceDef, Report)",
    "L": "Intuit, page of limits and throttles",
    "O": "Intuit, OAuth 2.0 pages and its OAuth clients",
    "R": "public recordings of the service in tests of open source clients (2014 to 2026)",
    "R1": "intuit/quickbooks-online-mcp-server, issue 94 (a UK company's refusal, 2026)",
    "R2": "ruckus/quickbooks-ruby, issue 258 (a refused filter, 2017)",
    "K": "general knowledge of the product; no public source was found",
}
