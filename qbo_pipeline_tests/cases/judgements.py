"""How each case should end: the facts that its output must show, by the case's number.

What belongs here: nothing but the table; the cases themselves lie beside the repository.
"""

from __future__ import annotations

from qbo_pipeline_tests.cases.judging import Judgement

_POSTED = "stock_value +62.50"
_BALANCED = r"^verdict +in balance$"

JUDGEMENTS: dict[str, Judgement] = {
    "00": Judgement(
        "everything is posted and both sides agree",
        (r"-> exit 0$", r"^posted +11$", _BALANCED, r"document/i1 Invoice posted"),
    ),
    "02": Judgement(
        "a name that is taken parks its entry, plainly, and nothing of others is linked unasked",
        (
            r"customer:c1 Customer parked duplicate_name 6240",
            r"supplier:s1 Vendor parked duplicate_name 6240",
            r"customer:c2 Customer parked duplicate_name 6240",
            r"product/p1 Item parked duplicate_name 6240",
            r"product/p2 Item parked duplicate_name 6240",
            r"document/i1 Invoice ready",
            r"link ours to it",
        ),
        (r"document/i1 Invoice posted",),
    ),
    "03": Judgement(
        "odd names become legal, distinct ones",
        (r"^posted +51$", _BALANCED, r"'evil' 'evil'", r"'Rand \[c18\]'", r"'Rand \[c19\]'"),
        (r"u202e", r"Customer parked"),
    ),
    "04": Judgement(
        "long numbers that begin alike are kept apart, a supplier's number twice is held",
        (r"document/L1 Invoice posted", r"document/L2 Invoice posted", r"document/B3 .*parked conflict"),
        counts={r"^----- numbers o": 2},
    ),
    "05": Judgement(
        "each odd id is a document of its own, posted once", (r"^posted +0$", _BALANCED), (r"\bparked\b .*posting",)
    ),
    "07": Judgement(
        "discounts keep the totals, a negative one becomes its counterpart",
        (
            r"document/OVER CreditMemo posted",
            r"document/FREE Invoice posted",
            r"document/CREDPOS Invoice posted",
            r"DISC.* 22\.49 ",
            r"DTAX.* 54\.0 tax 4\.0",
            _BALANCED,
        ),
    ),
    "08": Judgement(
        "the source's tax is the tax in QuickBooks, to the cent",
        (
            r"CENT.* 4752\.62 tax 431\.07",
            r"HEADTAX.* 54\.13 tax 4\.13",
            r"TAXONLY.* 18\.0 tax 18\.0",
            r"CreditMemo .*NEGTAX.* 0\.05 tax 0\.05",
            _BALANCED,
        ),
    ),
    "10": Judgement(
        "what cannot be right is refused or set aside, each with its reason",
        (
            r"USD-NORATE .*no_exchange_rate",
            r"set aside: document/USD-ZERO",
            r"set aside: document/USD-NEG",
            r"MIX-EUR .*party_currency",
            r"set aside: document/LOWER",
            r"set aside: document/OLD",
        ),
        (r"document/USD-NORATE Invoice posted",),
    ),
    "12": Judgement(
        "an item that a person made inactive is named, with the remedy",
        (r"document/i2  refused: 2500.*Its ItemRef is product/p1 \('Beans p1', Id \d+ in QuickBooks\)",),
        (r"document/i2 Invoice posted",),
    ),
    "14": Judgement(
        "each form of a date is read or set aside, none is dropped",
        (
            r"set aside: document/D11 .*9999-12-31",
            r"set aside: document/D14 .*does not begin with",
            r"counts add up +yes",
            r"20 records set aside",
        ),
    ),
    "15": Judgement(
        "each day is one partition, whatever its midnight",
        (r"Cairo ok", r"Azores ok"),
        (r"WRONG", r"raises", r"not a key"),
    ),
    "17": Judgement(
        "a person's item of the SKU's name is not taken over",
        (r"product/p1 Item parked duplicate_name 6240", r"link ours to it", r"document/i1 Invoice ready"),
        (r"\['Services', '90",),
    ),
    "18": Judgement(
        "a spoilt CSV file is read, or refused plainly",
        (
            r"^BOM: exit 0 ok",
            r"^CRLF: exit 0 ok",
            r"^latin-1: exit 2 .*UTF-8",
            r"^semicolons: exit 2 .*commas",
            r"^tabs: exit 2 .*commas",
            r"^unclosed quote: exit 2",
            r"^truncated in the middle of a line: exit 2",
        ),
        (r"TRACEBACK",),
    ),
    "19": Judgement(
        "a spelling is exact or set aside with what was found",
        (r"set aside: document/A00 .*'1,234\.56' is no decimal number", r"set aside: document/1\.23457E\+11", _POSTED),
    ),
    "22": Judgement(
        "a record of a closed period waits, and its difference is named",
        (r"difference +-10\.00", r"unexplained +0\.00", r"[Pp]arked"),
    ),
    "23": Judgement(
        "sub-accounts are not counted twice, a renamed account is followed, an unknown one told",
        (r"has no account 'South'", _BALANCED),
        counts={r"^\$ qbo-pipeline run .*exit 0$": 2},
    ),
    "24": Judgement(
        "what QuickBooks cannot take is parked in a whole sentence, the rest is posted",
        (
            r"document/T751 .*751 lines, and QBO takes 750 .*split the document in the inventory system",
            r"document/N751 Invoice posted",
            r"document/T750 Invoice posted",
            _POSTED,
        ),
    ),
    "25": Judgement(
        "an empty source is in balance",
        (r"^stock value +0\.00$", r"verdict +in balance", r"^report  ", r"counts: all add up"),
    ),
    "26": Judgement(
        "products change kind and swap their SKUs; a name that is taken has a way out",
        (
            r"^-- SKUs swapped exit 0",
            r"'B-1', 'Service'",
            r"^-- deactivated exit 0",
            r"customer:c1 Customer parked duplicate_name",
        ),
    ),
    "27": Judgement(
        "what a person deletes, voids or moves is named and not overwritten",
        (
            r"document/b1 Bill deleted_in_qbo",
            r"document/i1 Invoice drifted voided",
            r"movement/d1 JournalEntry drifted edited",
            r"difference +40\.00",
            r"unexplained +0\.00",
        ),
    ),
    "28": Judgement(
        "two runs at once post each document once",
        (r"invoices of 90\.00: 1 journals with a marker: 4",),
        counts={r"^exit 0$": 2},
    ),
    "29": Judgement(
        "a lost access is told in plain words", (r"reconnect the company \(qbo-pipeline connect\)", r"exit 2, settings")
    ),
    "31": Judgement(
        "a bill bears the supplier's number although QuickBooks numbers sales forms itself",
        (
            r"^Bill \[\('\d+', 'SUPP-4711'",
            r"^VendorCredit \[\('\d+', 'VC-9'",
            r"^Invoice \[\('\d+', '\d+', 'Sales invoice I1",
        ),
    ),
    "32": Judgement(
        "a US company without automated sales tax has the US form",
        (r"document/TAXED Invoice posted", r"TAXED .* 10\.8 None \{'TotalTax': 0\.8", _BALANCED),
        (r"map it to a QBO tax code",),
    ),
    "34": Judgement(
        "a customer that a person renamed is not overwritten",
        (r"customer:c1 Customer parked conflict", r"'Cafe Sol, LLC', None"),
        (r"'Cafe Sol, LLC', \{",),
    ),
    "35": Judgement(
        "what was voided, moved or gone is held with its true reason",
        (
            r"document/i1 Invoice parked gone_from_source it was voided in the source",
            r"^back again: exit 0",
            r"payment/y1 Payment parked gone_from_source it was voided in the source",
            r"document/i1 Invoice parked gone_from_source its record is no longer in the source",
            r"verify --settings  -> exit 0",
        ),
    ),
    "36": Judgement(
        "a tracked item is never taken over",
        (
            r"FAIL  names: ",
            r"product/p1 Item parked duplicate_name",
            r"document/i1 Invoice ready",
            r"after: 9 Inventory 3",
        ),
        (r"'375\.00'", r"Cost of sales posted twice"),
    ),
    "38": Judgement(
        "structured text is refused by its column, and nothing of it is sent",
        (r"^exit 2$", r"parties\.name is jsonb", r"FAIL  source: documents\.memo is text\[\]"),
        (r"invoice note", r"Customer .*\{'en"),
    ),
    "39": Judgement(
        "a due date that cannot be held sets its record aside, the rest is posted",
        (r"due_date: '0001-12-31 BC' is no date", r"due_date: '20000-01-01' is no date"),
        (r"traceback: True",),
        {r"0 invoices, 3 journals": 2},
    ),
    "42": Judgement(
        "text that is not UTF-8 sets its record aside, the rest is posted",
        (r"set aside: document/i1 .*not UTF-8", r"set aside: party/customer:c1 .*not UTF-8"),
        (r"traceback: True",),
        {r"^posted: 3$": 2},
    ),
    "43": Judgement(
        "two suppliers' bills of one number are both posted",
        (r"^exit 0$", r"document/x1 Bill posted", r"document/x2 Bill posted"),
        (r"document/x2 Bill parked",),
    ),
    "45": Judgement(
        "a stock value with a hole is refused by its row",
        (r"'2024-3-4' -> exit 2 .*1 row has no date .*product 'p1' at location 'w1'",),
        (r"contradicts itself", r"-> exit [01] "),
        {r"^    reconcile: exit 2": 6},
    ),
}
