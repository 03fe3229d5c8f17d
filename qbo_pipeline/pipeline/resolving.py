"""Names in the settings become Ids of QuickBooks: accounts, classes, departments, tax codes; and the policies beside.

What belongs here: finding what a setting names, and the message where there is none. What the posting rules look into
is made of it by `books.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Connection

from qbo_pipeline.accounting.books import ExportOff, Policies, TaxRegimeName
from qbo_pipeline.accounting.rule_sets import Rules, RuleSet
from qbo_pipeline.pipeline.company_preferences import numbered_by_quickbooks, tax_regime
from qbo_pipeline.pipeline.names_in_settings import DIMENSION_LISTS, bound_object, followed, renamed_names
from qbo_pipeline.returning.rules import OWNED_AS
from qbo_pipeline.settings import Settings, SettingsError
from qbo_pipeline.sources.errors import did_you_mean
from qbo_pipeline.store.account_names import former_names
from qbo_pipeline.store.bound_names import Name, load_bound_names
from qbo_pipeline.store.reference import Reference, lists_of, references

K = TypeVar("K")


_LOOKED_INTO = ("TaxCode", "Preferences", "CompanyInfo", *DIMENSION_LISTS.values())
_DIMENSION_PLURALS = {"class": "classes", "department": "departments"}


def resolve_rules(
    connection: Connection,
    settings: Settings,
    chart: Sequence[Reference] | None = None,
    mistakes: list[str] | None = None,
) -> RuleSet:
    """The settings that decide payloads, with QBO's Ids in the place of names.

    Raises `SettingsError` with every name that QBO lacks; where a list for `mistakes` is given they are put there
    instead. `chart` is the chart of accounts where it was read already.
    """
    name = settings.connection.name
    wanted = ("Account", *_LOOKED_INTO) if chart is None else _LOOKED_INTO
    lists = lists_of(connection, name, *wanted)
    accounts = lists["Account"] if chart is None else chart
    codes, preferences = lists["TaxCode"], [item.content for item in lists["Preferences"]]
    prefs = preferences[0] if preferences else {}
    regime = tax_regime([item.content for item in lists["CompanyInfo"]], prefs)
    dimensions = {dimension: lists[entity] for dimension, entity in DIMENSION_LISTS.items()}
    wrong: list[str] = []
    bound = load_bound_names(connection, name)
    accounts = [*accounts, *former_names(connection, name, accounts)]  # a renamed account is followed by its Id
    by_date = [
        _rules(first_day, its, accounts, dimensions, codes, prefs, regime, bound, wrong)
        for first_day, its in settings.by_date()
    ]
    if wrong and mistakes is None:
        raise SettingsError("\n".join(dict.fromkeys(wrong)))
    if mistakes is not None:
        mistakes += dict.fromkeys(wrong)
    return RuleSet(
        home_currency=settings.connection.currency,
        by_date=by_date,
        rates=[(item.currency, item.first_day, item.last_day, item.rate) for item in settings.exchange_rates],
    )


def _rules(
    first_day: date,
    settings: Settings,
    chart: Sequence[Reference],
    dimensions: Mapping[str, Sequence[Reference]],
    codes: Sequence[Reference],
    preferences: dict[str, Any],
    regime: TaxRegimeName,
    bound: Mapping[Name, str],
    wrong: list[str],
) -> Rules:
    def found(
        names: Mapping[K, str], setting: Callable[[K], str], dimension: Callable[[K], str] = lambda key: ""
    ) -> dict[K, str]:
        ids = {}
        for key, name in names.items():
            entity = DIMENSION_LISTS.get(dimension(key), "Account")
            kept = bound_object(dimensions.get(dimension(key), chart), bound, entity, name)
            if kept is not None:
                ids[key] = kept.qbo_id
                continue
            try:
                if dimension(key) in dimensions:
                    items = dimensions[dimension(key)]
                    ids[key] = find_dimension(items, settings, dimension(key), name, setting(key))
                else:
                    ids[key] = find_account(chart, settings, name, setting(key))
            except SettingsError as error:
                wrong.append(str(error))
        return ids

    accounts = settings.accounts
    return Rules(
        first_day=first_day,
        roles=found(accounts.roles, lambda role: f"[accounts.roles] {role}"),
        overrides=found(
            accounts.overrides(), lambda key: f"[accounts.by_{key[1]}] {key[2]}.{key[0]}", lambda key: key[0]
        ),
        hints=found(accounts.hints, lambda hint: f"[accounts.hints] {hint}"),
        tax_codes=_tax_codes(settings, codes, bound, wrong),
        policies=_policies(settings, preferences, regime),
    )


def _tax_codes(
    settings: Settings, codes: Sequence[Reference], bound: Mapping[Name, str], wrong: list[str]
) -> dict[str, str]:
    known = {"TAX": "TAX", "NON": "NON"} | {code.name: code.qbo_id for code in codes}
    found = {}
    for source_code, name in settings.tax_codes.items():
        kept = bound_object(codes, bound, "TaxCode", name)
        qbo_id = kept.qbo_id if kept else name.removeprefix("id:") if name.startswith("id:") else known.get(name)
        if qbo_id is None:
            hint = did_you_mean(name, known, "tax codes")
            where = f"{settings.file}: [tax_codes] {source_code!r}"
            wrong.append(f"{where}: QuickBooks has no tax code {name!r}; {hint}")
            continue
        found[source_code] = qbo_id
    return found


def find_account(accounts: Sequence[Reference], settings: Settings, name: str, setting: str) -> str:
    """The Id of the account that a setting names: by `id:<Id>`, by its full name, by its number.

    Raises `SettingsError` with the nearest name where there is none, or where it is inactive.
    """
    for key in ("qbo_id", "name", "number"):
        wanted = name.removeprefix("id:") if key == "qbo_id" else name
        if key == "qbo_id" and not name.startswith("id:"):
            continue
        for account in accounts:
            if getattr(account, key) == wanted:
                if not account.active:
                    raise SettingsError(f"{settings.file}: {setting}: the QuickBooks account {name!r} is inactive")
                return account.qbo_id
    if not accounts:
        raise SettingsError(
            f"{settings.connection.name}: the chart of accounts has not been read from QuickBooks yet: "
            "run `qbo-pipeline preflight`, or the asset reference_data in Dagster, first"
        )
    hint = did_you_mean(name, [account.name for account in accounts], "accounts")
    raise SettingsError(f"{settings.file}: {setting}: QuickBooks has no account {name!r}; {hint}")


def find_dimension(items: Sequence[Reference], settings: Settings, dimension: str, name: str, setting: str) -> str:
    """The Id of the class or department that a setting names: by `id:<Id>` or by its full name (`Parent:Child`).

    Raises `SettingsError` with the nearest name where there is none, or where it is inactive.
    """
    by_id = name.startswith("id:")
    for item in sorted(items, key=lambda item: not item.active):
        if (item.qbo_id if by_id else item.name) == name.removeprefix("id:"):
            if not item.active:
                raise SettingsError(f"{settings.file}: {setting}: the QuickBooks {dimension} {name!r} is inactive")
            return item.qbo_id
    hint = (
        did_you_mean(name, [item.name for item in items], _DIMENSION_PLURALS[dimension])
        if items
        else f"the company has none that we have read: create it there (switch on tracking by {dimension} first)"
    )
    raise SettingsError(f"{settings.file}: {setting}: QuickBooks has no {dimension} {name!r}; {hint}")


def renamed_in_quickbooks(connection: Connection, settings: Settings) -> list[str]:
    """Sentences about what the settings name as it was called before, each with its name of now."""
    name = settings.connection.name
    chart = references(connection, name, "Account")
    now = {account.qbo_id: account for account in chart}
    used: set[str] = set()
    for _, its in settings.by_date():
        stated = its.accounts
        used |= {*stated.roles.values(), *stated.overrides().values(), *stated.hints.values()}
    found = [
        followed("Account", former.name, now[former.qbo_id])
        for former in former_names(connection, name, chart)
        if former.name in used
    ]
    return list(dict.fromkeys([*found, *renamed_names(connection, settings)]))


def _policies(settings: Settings, preferences: dict[str, Any], regime: TaxRegimeName) -> Policies:
    currency = preferences.get("CurrencyPrefs", {})
    posting = settings.posting
    return Policies(
        mode=posting.mode,
        returns_move_stock_by=posting.returns_move_stock_by,
        accrue_receipts=posting.accrue_receipts,
        unmatched_bill_lines=posting.unmatched_bill_lines,
        bill_difference=posting.bill_difference,
        supplier_return_clearing=posting.supplier_return_clearing,
        tax_regime=regime,
        multicurrency=bool(currency.get("MultiCurrencyEnabled")),
        numbered_by_quickbooks=numbered_by_quickbooks(preferences),
        zero_cost=posting.zero_cost,
        quotes=posting.quotes,
        purchase_orders=posting.purchase_orders,
        sub_customers=posting.sub_customers,
        landed_cost_by=posting.landed_cost_by,
        tax_total=posting.tax_total,
        foreign_documents=posting.foreign_documents,
        unknown_terms=posting.unknown_terms,
        products=posting.products,
        categories=posting.categories,
        inactive=posting.inactive,
        party_currencies=posting.party_currencies,
        summarise=tuple(sorted(posting.summarise)),
        approved_statuses=tuple(sorted(posting.approved_statuses)),
        not_exported=tuple(ExportOff(**block.model_dump()) for block in settings.not_exported),
        link_orders=posting.link_orders,
        bills_from_orders=posting.bills_from_orders,
        freight=posting.freight,
        payment_methods=posting.payment_methods,
        customer_deposits=posting.customer_deposits,
        supplier_deposits=posting.supplier_deposits,
        sales_channel=posting.sales_channel,
        summarised_channels=tuple(sorted(posting.summarised_channels)),
        summary_customer=posting.summary_customer,
        not_posted=tuple(
            sorted(kind for kind, owned_as in OWNED_AS.items() if owned_as in settings.ownership.not_posted())
        ),
    )
