// Calls every method that node-quickbooks offers on a company; prints one JSON object: method -> what came of it.
//
//     node node_quickbooks.js <folder of the package> <JSON: base_url, realm, client_id, client_secret, tokens>
//
// The package is unchanged: its addresses are properties that it documents, and they are set to the emulator's.
"use strict";
const { Readable } = require("stream");
const QuickBooks = require(process.argv[2]);
const given = JSON.parse(process.argv[3]);
QuickBooks.V3_ENDPOINT_BASE_URL = given.base_url + "/v3/company/";
QuickBooks.TOKEN_URL = given.base_url + "/oauth2/v1/tokens/bearer";
QuickBooks.REVOKE_URL = given.base_url + "/v2/oauth2/tokens/revoke";
QuickBooks.USER_INFO_URL = given.base_url + "/v1/openid_connect/userinfo";
const qbo = new QuickBooks(
  given.client_id, given.client_secret, given.access_token, false, given.realm, true, false, 75, "2.0",
  given.refresh_token,
);
const outcomes = {};

function call(method, ...args) {
  return new Promise((resolve) => {
    const answered = (error, data) => {
      const fault = error && error.response ? error.response.data : error;
      const first = fault && fault.Fault ? fault.Fault.Error[0] : null;
      outcomes[method] = error ? `${first ? first.code : error.message || JSON.stringify(error)}` : "ok";
      if (first) outcomes[method] += ` ${first.Message}: ${first.Detail}`;
      resolve(error ? null : data);
    };
    try {
      qbo[method](...args, answered);
    } catch (error) {
      outcomes[method] = `the client: ${error.message}`;
      resolve(null);
    }
  });
}

const ref = (value) => ({ value: String(value) });
const name = (what) => `${what} of node`;

async function first(method, criteria) {
  const found = (await call(method, criteria)).QueryResponse;
  return (Object.values(found).find(Array.isArray) || [{ Id: "1" }])[0];
}

async function accounts() {
  const of = async (kind) => (await first("findAccounts", [{ field: "AccountType", value: kind, operator: "=" }])).Id;
  return {
    bank: await of("Bank"), expense: await of("Expense"), income: await of("Income"), asset: await of("Fixed Asset"),
  };
}

// Entity -> its body, what its update changes. The order is that in which they need one another.
function lists(book) {
  return {
    Account: [{ Name: name("Account"), AccountType: "Bank" }, { Description: "changed" }],
    Class: [{ Name: name("Class") }, { Name: name("Other class") }],
    Department: [{ Name: name("Department") }, { Name: name("Other department") }],
    Customer: [{ DisplayName: name("Customer"), PrimaryEmailAddr: { Address: "node@example.com" } }, { Notes: "changed" }],
    Vendor: [{ DisplayName: name("Vendor") }, { AcctNum: "47" }],
    Employee: [{ GivenName: "Ada", FamilyName: "Node" }, { GivenName: "Eve" }],
    Item: [{ Name: name("Item"), Type: "Service", IncomeAccountRef: ref(book.income), ExpenseAccountRef: ref(book.expense) },
      { Description: "changed", doNotUpdateAccountOnTxns: true }],
    PaymentMethod: [{ Name: name("Method") }, { Name: name("Other method") }],
    Term: [{ Name: "Net 7 of node", DueDays: 7 }, { DueDays: 8 }],
    TaxAgency: [{ DisplayName: name("Agency") }, { DisplayName: name("Other agency") }],
    JournalCode: [{ Name: "VT", Type: "Sales" }, { Description: "changed" }],
  };
}

function documents(book) {
  const sales = [{
    Amount: 30, DetailType: "SalesItemLineDetail",
    SalesItemLineDetail: { ItemRef: ref(book.Item), Qty: 2, UnitPrice: 15 },
  }];
  const spent = [{
    Amount: 20, DetailType: "AccountBasedExpenseLineDetail",
    AccountBasedExpenseLineDetail: { AccountRef: ref(book.expense) },
  }];
  const ordered = [{
    Amount: 20, DetailType: "ItemBasedExpenseLineDetail",
    ItemBasedExpenseLineDetail: { ItemRef: ref(book.Item), Qty: 4, UnitPrice: 5 },
  }];
  const side = (account, PostingType) => ({
    Amount: 7.35, DetailType: "JournalEntryLineDetail",
    JournalEntryLineDetail: { AccountRef: ref(account), PostingType },
  });
  const sold = { CustomerRef: ref(book.Customer), Line: sales, BillEmail: { Address: "node@example.com" } };
  const bought = { VendorRef: ref(book.Vendor), Line: spent };
  return {
    Estimate: sold, Invoice: sold, SalesReceipt: sold, CreditMemo: sold,
    RefundReceipt: { ...sold, DepositToAccountRef: ref(book.bank) },
    Payment: { CustomerRef: ref(book.Customer), TotalAmt: 5 },
    PurchaseOrder: { VendorRef: ref(book.Vendor), Line: ordered, POEmail: { Address: "node@example.com" } },
    Bill: bought, VendorCredit: bought,
    BillPayment: { VendorRef: ref(book.Vendor), TotalAmt: 12, PayType: "Check", CheckPayment: { BankAccountRef: ref(book.bank) } },
    Purchase: { AccountRef: ref(book.bank), PaymentType: "Check", EntityRef: { ...ref(book.Vendor), type: "Vendor" }, Line: spent },
    JournalEntry: { Line: [side(book.expense, "Debit"), side(book.income, "Credit")] },
    Deposit: { DepositToAccountRef: ref(book.bank),
      Line: [{ Amount: 8, DetailType: "DepositLineDetail", DepositLineDetail: { AccountRef: ref(book.income) } }] },
    Transfer: { FromAccountRef: ref(book.bank), ToAccountRef: ref(book.Account), Amount: 3.3 },
    TimeActivity: { NameOf: "Employee", EmployeeRef: ref(book.Employee), Hours: 2, Minutes: 30 },
    Attachable: { Note: "a note" },
  };
}

const PLURAL = (entity) => "find" + qbo.pluralize(entity);

async function lives(book) {
  for (const [entity, [body, change]] of Object.entries(lists(book))) {
    const made = await call("create" + entity, { ...body });
    book[entity] = made && made.Id;
    const there = made || { Id: "1", SyncToken: "0" };
    await call("get" + entity, there.Id);
    await call("update" + entity, { Id: there.Id, SyncToken: there.SyncToken, ...change });
    await call(PLURAL(entity), { limit: 5, asc: "Id" });
  }
  for (const [entity, body] of Object.entries(documents(book))) {
    const made = await call("create" + entity, { ...body });
    book[entity] = made.Id;
    await call("get" + entity, made.Id);
    const changed = entity === "Attachable" ? { ...made, Note: "changed" } : { ...made, PrivateNote: "changed" };
    if (entity === "TimeActivity") { delete changed.PrivateNote; changed.Description = "changed"; }
    await call("update" + entity, changed);
    await call(PLURAL(entity), [{ field: "fetchAll", value: true }, { field: "Id", value: [made.Id], operator: "IN" }]);
  }
  for (const [method, form] of Object.entries({
    EstimatePdf: "Estimate", InvoicePdf: "Invoice", CreditMemoPdf: "CreditMemo", SalesReceiptPdf: "SalesReceipt",
  })) {
    const pdf = await call("get" + method, book[form]);
    if (!Buffer.from(pdf || "").toString("latin1").startsWith("%PDF")) outcomes["get" + method] = "no PDF";
    await call("send" + method, book[form], "node@example.com");
  }
  await call("sendPurchaseOrder", book.PurchaseOrder, "node@example.com");
}

async function setUp() {
  const info = await call("getCompanyInfo", given.realm);
  await call("updateCompanyInfo", { Id: info.Id, SyncToken: info.SyncToken, LegalName: "Node" });
  const preferences = await call("getPreferences");
  await call("updatePreferences", { Id: preferences.Id, SyncToken: preferences.SyncToken, OtherPrefs: preferences.OtherPrefs });
  for (const kind of ["CompanyInfo", "Budget", "CustomerType", "Preferences"]) await call(PLURAL(kind), {});
  const currency = await first("findCompanyCurrencies", {});
  await call("getCompanyCurrency", currency.Id);
  await call("getCustomerType", (await first("findCustomerTypes", {})).Id);
  const rate = await first("findTaxRates", {});
  await call("getTaxRate", rate.Id);
  await call("updateTaxRate", { Id: rate.Id, SyncToken: rate.SyncToken, Description: "changed" });
  const code = (await call("findTaxCodes", { limit: 9 })).QueryResponse.TaxCode.find((c) => !isNaN(c.Id));
  await call("getTaxCode", code.Id);
  await call("updateTaxCode", { Id: code.Id, SyncToken: code.SyncToken, Description: "changed" });
  const agency = await first("findTaxAgencies", {});
  await call("createTaxService", { TaxCode: name("Code"), TaxRateDetails: [
    { TaxRateName: name("Rate"), RateValue: "8", TaxAgencyId: agency.Id, TaxApplicableOn: "Sales" }] });
  await call("updateExchangeRate", { SourceCurrencyCode: "GBP", AsOfDate: "2026-01-31", Rate: 1.25 });
  await call("getExchangeRate", { sourcecurrencycode: "GBP", asofdate: "2026-01-31" });
  await call("findExchangeRates", [
    { field: "SourceCurrencyCode", value: ["GBP"], operator: "IN" }, { field: "AsOfDate", value: "2026-01-31" }]);
  await call("getReports", "BalanceSheet");
}

async function services(book) {
  const answer = await call("batch", [
    { bId: "1", operation: "create", Customer: { DisplayName: name("Batch") } },
    { bId: "2", Query: "select * from Invoice maxresults 1" },
    { bId: "3", operation: "create", Customer: {} }]);
  const items = answer.BatchItemResponse;
  if (!items[0].Customer || !items[1].QueryResponse || items[2].Fault.Error[0].code !== "6080") outcomes.batch = JSON.stringify(items);
  await call("changeDataCapture", ["Invoice", "Customer"], new Date(Date.now() - 86400000));
  const file = await new Promise((resolve) => {
    qbo.upload("a.txt", "text/plain", Buffer.from("hello"), "Invoice", book.Invoice, (error, made) => {
      outcomes.upload = error ? JSON.stringify(error.response ? error.response.data : error.message) : "ok";
      resolve(made);
    });
  });
  if (!file || file.AttachableRef[0].EntityRef.value !== book.Invoice) outcomes.upload += " without its link";
  for (const method of Object.keys(QuickBooks.prototype).filter((each) => each.startsWith("report"))) {
    await call(method, { start_date: "2026-01-01", end_date: "2026-12-31" });
  }
}

async function endings(book) {
  await call("voidInvoice", book.Invoice);
  const payment = await call("getPayment", book.Payment);
  await call("voidPayment", { ...payment });
  await call("deleteJournalCode", "1");
  for (const method of Object.keys(QuickBooks.prototype).filter((each) => each.startsWith("delete"))) {
    const entity = method.slice("delete".length);
    if (entity !== "JournalCode") await call(method, book[entity]);
  }
  await call("getUserInfo");
  await call("refreshAccessToken");
  await call("revokeAccess", true);
}

async function main() {
  qbo.capitalize("x");
  outcomes.capitalize = outcomes.pluralize = "ok";
  await setUp();
  const book = await accounts();
  await lives(book);
  await services(book);
  await endings(book);
  for (const method of Object.keys(QuickBooks.prototype)) if (!(method in outcomes)) outcomes[method] = "not called";
  console.log(JSON.stringify(outcomes));
}

main().catch((error) => { console.error(error); process.exit(1); });
