"""Random operations over all entities of a company in three currencies, at random dates.

Create, update, delete, void; lists that grow and change; charges that are invoiced, tax that is paid, templates that
come due.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from qbo_pipeline.emulator.company.company import Company
from qbo_pipeline.emulator.company.faults import QboFault
from qbo_pipeline_tests.emulator.company.opening import (
    Body,
    bill_line,
    expense_line,
    journal_line,
    ref,
    sale_line,
    token,
)

FIRST, LAST = date(2023, 6, 1), date(2026, 3, 10)


class RandomBooks:
    """Does operations until so many are accepted; counts those that QBO's rules refuse."""

    def __init__(self, company: Company, seed: int) -> None:
        self.company = company
        self.random = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.live: dict[str, list[str]] = {}
        query = company.query
        self.customers = query("select * from Customer")["Customer"]
        self.vendors = query("select * from Vendor")["Vendor"]
        self.items = query("select * from Item")["Item"]
        accounts = query("select * from Account maxresults 1000")["Account"]
        home = accounts[0]["CurrencyRef"]["value"]
        by_type: dict[str, list[Body]] = {}
        for found in accounts:
            by_type.setdefault(found["AccountType"], []).append(found)
        self.banks = by_type["Bank"]
        self.cards = by_type["Credit Card"]
        self.expenses = by_type["Expense"]
        self.plain = [
            a
            for kind in ("Expense", "Income", "Other Current Liability", "Other Expense", "Fixed Asset")
            for a in by_type[kind]
            if a["AccountSubType"] not in ("ExchangeGainOrLoss", "Inventory")
        ]
        self.codes = query("select * from TaxCode").get("TaxCode", [])
        self.home = home
        self.names = 0
        self.country = company.read("CompanyInfo", "1")["Country"]
        self.classes = [str(company.create("Class", {"Name": name})["Id"]) for name in ("North", "South")]
        self.places = [str(company.create("Department", {"Name": name})["Id"]) for name in ("Shop", "Yard")]

    def run(self, accepted: int) -> None:
        """Do operations until `accepted` of them have been."""
        verbs = ["create"] * 11 + ["update"] * 4 + ["delete"] * 2 + ["void", "listed", "window", "template"]
        while sum(self.done.values()) < accepted:
            verb = self.random.choice(verbs) if sum(self.done.values()) > 30 else "create"
            try:
                getattr(self, verb)()
            except QboFault as refusal:
                self.refused[refusal.errors[0].code] += 1
            else:
                self.done[verb] += 1

    def day(self) -> str:
        return (FIRST + timedelta(days=self.random.randrange((LAST - FIRST).days))).isoformat()

    def money(self, low: int = 100, high: int = 90000) -> Decimal:
        return Decimal(self.random.randint(low, high)).scaleb(-2)

    def rate(self, currency: str) -> Body:
        if currency == self.home:
            return {}
        return {"ExchangeRate": Decimal(self.random.randint(80, 130)).scaleb(-2)}

    def code(self) -> Body:
        return (
            {"TaxCodeRef": ref(self.random.choice(self.codes)["Id"])}
            if self.codes and self.random.random() < 0.8
            else {}
        )

    def tracking(self) -> Body:
        return {"ClassRef": ref(self.random.choice(self.classes))} if self.random.random() < 0.4 else {}

    def place(self) -> Body:
        return {"DepartmentRef": ref(self.random.choice(self.places))} if self.random.random() < 0.4 else {}

    def sale(self) -> Body:
        customer = self.random.choice(self.customers)
        lines = []
        for _ in range(self.random.randint(1, 3)):
            item = self.random.choice(self.items)
            line = sale_line(item["Id"], self.random.randint(1, 9), self.money(), **self.code(), **self.tracking())
            lines.append(line)
        if self.random.random() < 0.15:
            percent = self.random.randint(1, 30)
            lines.append(
                {
                    "DetailType": "DiscountLineDetail",
                    "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": percent},
                }
            )
        method = self.random.choice(("TaxExcluded", "TaxInclusive", "NotApplicable"))
        currency = customer["CurrencyRef"]["value"]
        return {
            "CustomerRef": ref(customer["Id"]),
            "TxnDate": self.day(),
            "Line": lines,
            "GlobalTaxCalculation": method,
            **self.place(),
            **self.rate(currency),
        }

    def cost(self) -> Body:
        vendor = self.random.choice(self.vendors)
        lines = []
        for _ in range(self.random.randint(1, 3)):
            if self.random.random() < 0.7:
                item = self.random.choice(self.items)
                lines.append(bill_line(item["Id"], self.random.randint(1, 40), self.money(50, 4000), **self.code()))
            else:
                whom = self.whom()
                account = ref(self.random.choice(self.expenses)["Id"])
                lines.append(expense_line(account, self.money(), **self.code(), **self.tracking(), **whom))
        method = self.random.choice(("TaxExcluded", "TaxInclusive", "NotApplicable"))
        currency = vendor["CurrencyRef"]["value"]
        return {
            "VendorRef": ref(vendor["Id"]),
            "TxnDate": self.day(),
            "Line": lines,
            "GlobalTaxCalculation": method,
            **self.place(),
            **self.rate(currency),
        }

    def whom(self) -> Body:
        """For whom a cost is, and whether that one is to reimburse it."""
        if self.random.random() < 0.6:
            return {}
        customer = self.random.choice(self.customers)
        status = {"BillableStatus": "Billable"} if self.random.random() < 0.5 else {}
        return {"CustomerRef": ref(customer["Id"])} | status

    def currency(self) -> str:
        """A currency that a name may have."""
        return self.random.choice(CURRENCIES) if len(self.banks) > 2 else self.home

    def listed(self) -> None:
        """A list grows by one, which is renamed or made inactive at times."""
        kind = self.random.choice(tuple(LISTS))
        self.names += 1
        name = f"{kind} {self.names}"
        made = self.company.create(kind, LISTS[kind](self, name))
        if kind in ("Customer", "Vendor") and self.random.random() < 0.5:
            (self.customers if kind == "Customer" else self.vendors).append(made)
        elif kind in ("Class", "Department", "Employee", "Term") and self.random.random() < 0.3:
            self.company.update(kind, token(made) | {"sparse": True, "Active": False})
        elif kind in ("TimeActivity", "Budget", "Attachable") and self.random.random() < 0.3:
            self.company.delete(kind, token(made))

    def window(self) -> None:
        """What people do in QBO's own window: invoice what was spent for a customer, pay what an agency is owed."""
        waiting = self.company.query("select * from ReimburseCharge where HasBeenInvoiced = false maxresults 20")
        if waiting and (self.country != "GB" or self.random.random() < 0.7):
            charge = self.random.choice(waiting["ReimburseCharge"])
            made = self.company.invoice_charges(charge["CustomerRef"]["value"])
            self.live.setdefault("Invoice", []).append(made["Id"])
        elif self.country == "GB":
            home = [bank for bank in self.banks if bank["CurrencyRef"]["value"] == self.home]
            day = date.fromisoformat(self.day())
            self.company.pay_tax("1", home[0]["Id"], self.money(), day=day, refund=self.random.random() < 0.3)

    def template(self) -> None:
        """A recurring transaction whose first date is today; what it makes is in the books with the next operation."""
        kind = self.random.choice(("Invoice", "Bill", "SalesReceipt", "Purchase", "JournalEntry", "Transfer"))
        self.names += 1
        schedule = {"IntervalType": "Monthly", "MaxOccurrences": 1}
        info = {"Name": f"Again {self.names}", "RecurType": "Automated", "Active": True, "ScheduleInfo": schedule}
        body = getattr(self, kind)()
        self.company.create("RecurringTransaction", {kind: body | {"RecurringInfo": info}})

    def bank(self, currency: str) -> Body:
        fitting = [a for a in self.banks if a["CurrencyRef"]["value"] in (currency, self.home)]
        return ref(self.random.choice(fitting)["Id"])

    def create(self) -> None:
        kinds = (
            *(
                "Invoice",
                "Invoice",
                "Bill",
                "Bill",
                "Payment",
                "BillPayment",
                "JournalEntry",
                "CreditMemo",
                "VendorCredit",
            ),
            *(
                "SalesReceipt",
                "RefundReceipt",
                "Purchase",
                "Deposit",
                "Transfer",
                "InventoryAdjustment",
                "Estimate",
                "PurchaseOrder",
                "CreditCardPayment",
            ),
        )
        kind = self.random.choice(kinds)
        body = getattr(self, kind)()
        if body is not None:
            made = self.company.create(kind, body)
            self.live.setdefault(kind, []).append(made["Id"])

    def Invoice(self) -> Body:
        return self.sale()

    def CreditMemo(self) -> Body:
        return self.sale()

    def Estimate(self) -> Body:
        return self.sale()

    def SalesReceipt(self) -> Body:
        return self.sale()

    def RefundReceipt(self) -> Body:
        body = self.sale()
        customer = next(c for c in self.customers if c["Id"] == body["CustomerRef"]["value"])
        return body | {"DepositToAccountRef": self.bank(customer["CurrencyRef"]["value"])}

    def Bill(self) -> Body:
        return self.cost()

    def VendorCredit(self) -> Body:
        return self.cost()

    def PurchaseOrder(self) -> Body:
        return self.cost()

    def Purchase(self) -> Body:
        body = self.cost()
        vendor = body.pop("VendorRef")
        if self.random.random() < 0.3:
            account, kind = ref(self.cards[0]["Id"]), "CreditCard"
        else:
            currency = next(v for v in self.vendors if v["Id"] == vendor["value"])["CurrencyRef"]["value"]
            account, kind = self.bank(currency), self.random.choice(("Cash", "Check"))
        credit = {"Credit": True} if kind == "CreditCard" and self.random.random() < 0.3 else {}
        return body | {"AccountRef": account, "PaymentType": kind, "EntityRef": vendor | {"type": "Vendor"}} | credit

    def settle(self, people: list[Body], party: str, documents: dict[str, int]) -> Body:
        holder = self.random.choice(people)
        lines: list[Body] = []
        total = Decimal(0)
        for kind, sign in documents.items():
            text = f"select * from {kind} where {party} = '{holder['Id']}' and Balance > '0' maxresults 3"
            for found in self.company.query(text).get(kind, []):
                if self.random.random() < 0.7:
                    whole = self.random.random() < 0.6
                    amount = found["Balance"] if whole else (Decimal(found["Balance"]) / 2).quantize(Decimal("0.01"))
                    if amount and (sign > 0 or total >= amount):
                        total += sign * amount
                        lines.append({"Amount": amount, "LinkedTxn": [{"TxnId": found["Id"], "TxnType": kind}]})
        extra = self.money(0, 5000) if self.random.random() < 0.3 else Decimal(0)
        currency = holder["CurrencyRef"]["value"]
        return {
            party: ref(holder["Id"]),
            "TxnDate": self.day(),
            "TotalAmt": total + extra,
            "Line": lines,
            **self.rate(currency),
        }

    def Payment(self) -> Body:
        body = self.settle(self.customers, "CustomerRef", {"Invoice": 1, "CreditMemo": -1})
        if self.random.random() < 0.5:
            holder = next(c for c in self.customers if c["Id"] == body["CustomerRef"]["value"])
            body["DepositToAccountRef"] = self.bank(holder["CurrencyRef"]["value"])
        return body

    def BillPayment(self) -> Body:
        body = self.settle(self.vendors, "VendorRef", {"Bill": 1, "VendorCredit": -1})
        holder = next(v for v in self.vendors if v["Id"] == body["VendorRef"]["value"])
        return body | {
            "PayType": "Check",
            "CheckPayment": {"BankAccountRef": self.bank(holder["CurrencyRef"]["value"])},
        }

    def Deposit(self) -> Body | None:
        bank = self.random.choice(self.banks)
        currency = bank["CurrencyRef"]["value"]
        waiting = self.company.query("select * from Payment orderby TxnDate desc maxresults 30").get("Payment", [])
        lines: list[Body] = [
            {"Amount": p["TotalAmt"], "LinkedTxn": [{"TxnId": p["Id"], "TxnType": "Payment", "TxnLineId": "0"}]}
            for p in waiting
            if p["CurrencyRef"]["value"] == currency and p["TotalAmt"] and self.random.random() < 0.1
        ]
        account = ref(self.random.choice(self.plain)["Id"])
        lines.append(
            {"Amount": self.money(), "DetailType": "DepositLineDetail", "DepositLineDetail": {"AccountRef": account}}
        )
        return {
            "DepositToAccountRef": ref(bank["Id"]),
            "TxnDate": self.day(),
            "Line": lines,
            "CurrencyRef": ref(currency),
            **self.rate(currency),
        }

    def Transfer(self) -> Body:
        currency = self.random.choice(self.banks)["CurrencyRef"]["value"]
        return {
            "FromAccountRef": self.bank(currency),
            "ToAccountRef": self.bank(currency),
            "Amount": self.money(),
            "TxnDate": self.day(),
            "CurrencyRef": ref(currency),
            **self.rate(currency),
        }

    def CreditCardPayment(self) -> Body:
        home = [bank for bank in self.banks if bank["CurrencyRef"]["value"] == self.home]
        return {
            "CreditCardAccountRef": ref(self.cards[0]["Id"]),
            "BankAccountRef": ref(self.random.choice(home)["Id"]),
            "Amount": self.money(),
            "TxnDate": self.day(),
        }

    def JournalEntry(self) -> Body:
        currency = self.random.choice((self.home, "USD", "GBP"))
        count = self.random.randint(1, 4)
        amounts = [self.money() for _ in range(count)]
        lines = [journal_line("Debit", ref(self.random.choice(self.plain)["Id"]), amount) for amount in amounts]
        lines.append(journal_line("Credit", ref(self.random.choice(self.plain)["Id"]), sum(amounts)))
        return {"TxnDate": self.day(), "Line": lines, "CurrencyRef": ref(currency), **self.rate(currency)}

    def InventoryAdjustment(self) -> Body:
        item = self.random.choice([i for i in self.items if i["Type"] == "Inventory"])
        detail = {"ItemRef": ref(item["Id"]), "QtyDiff": self.random.randint(-12, 12)}
        line = {"DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": detail}
        account = next(a for a in self.plain if a["AccountType"] == "Expense")
        return {"AdjustAccountRef": ref(account["Id"]), "TxnDate": self.day(), "Line": [line]}

    def pick(self, kinds: Any = None) -> tuple[str, Body]:
        kind = self.random.choice([k for k, ids in self.live.items() if ids and (kinds is None or k in kinds)])
        return kind, self.company.read(kind, self.random.choice(self.live[kind]))

    def update(self) -> None:
        kind, found = self.pick()
        what = self.random.random()
        if what < 0.4 or kind in ("Payment", "BillPayment", "Deposit", "InventoryAdjustment"):
            self.company.update(kind, token(found) | {"sparse": True, "TxnDate": self.day()})
        elif what < 0.7 and kind not in ("Transfer", "CreditCardPayment"):
            self.company.update(kind, found | {"PrivateNote": f"changed {self.random.randint(1, 99)}"})
        else:
            body = getattr(self, kind)()
            self.company.update(kind, body | token(found))

    def delete(self) -> None:
        kind, found = self.pick()
        self.company.delete(kind, token(found))
        self.live[kind].remove(found["Id"])

    def void(self) -> None:
        kind, found = self.pick(
            ("Invoice", "Payment", "BillPayment", "SalesReceipt", "CreditMemo", "RefundReceipt", "Transfer")
        )
        self.company.void(kind, token(found))


# Lists -> the body of a new entry of a name.
LISTS: dict[str, Callable[[RandomBooks, str], Body]] = {
    "Account": lambda books, name: {"Name": name, "AccountType": "Expense"},
    "Attachable": lambda books, name: {"Note": name},
    "Budget": lambda books, name: {
        "Name": name,
        "StartDate": "2026-01-01",
        "EndDate": "2026-12-31",
        "BudgetType": "ProfitAndLoss",
        "BudgetEntryType": "Monthly",
        "BudgetDetail": [
            {"BudgetDate": "2026-05-01", "Amount": books.money(), "AccountRef": ref(books.expenses[0]["Id"])}
        ],
    },
    "Class": lambda books, name: {"Name": name},
    "Customer": lambda books, name: {"DisplayName": name, "CurrencyRef": ref(books.currency())},
    "Department": lambda books, name: {"Name": name},
    "Employee": lambda books, name: {"GivenName": name},
    "ExchangeRate": lambda books, name: {"SourceCurrencyCode": "CHF", "Rate": books.money(), "AsOfDate": books.day()},
    "Item": lambda books, name: {
        "Name": name,
        "Type": "Service",
        "IncomeAccountRef": books.items[0]["IncomeAccountRef"],
    },
    "JournalCode": lambda books, name: {"Name": name},
    "PaymentMethod": lambda books, name: {"Name": name},
    "TaxAgency": lambda books, name: {"DisplayName": name},
    "Term": lambda books, name: {"Name": name, "DueDays": 7},
    "TimeActivity": lambda books, name: {
        "NameOf": "Employee",
        "EmployeeRef": ref("1"),
        "Hours": 3,
        "TxnDate": books.day(),
        "Description": name,
    },
    "Vendor": lambda books, name: {"DisplayName": name, "CurrencyRef": ref(books.currency())},
}
CURRENCIES = ("EUR", "USD", "GBP")
