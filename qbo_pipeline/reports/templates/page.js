
"use strict";
// Order only: a number here never becomes an amount that is shown.
const rank = (text) => {
  const number = text.replace(/^minus /, "").replace(/,/g, "").replace(/^\((.*)\)$/, "-$1");
  return /^-?\d+(\.\d+)?$/.test(number) ? Number(number) : null;
};
const compare = (a, b, numeric) => {
  if (!numeric) return a.localeCompare(b);
  const [x, y] = [rank(a), rank(b)];
  return x === null || y === null ? (x === null) - (y === null) : x - y;
};
const sort = (table, column, heading) => {
  const direction = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  const numeric = /money|quantity|whole/.test(heading.className);
  const body = table.tBodies[0];
  const keyed = [...body.rows].map((row) => [row.cells[column].textContent, row]);
  keyed.sort((a, b) => direction * compare(a[0], b[0], numeric));
  body.append(...keyed.map((pair) => pair[1]));
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
};
for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    // Not a <button>: Chromium leaves form controls blank in headings that are repeated on the next printed page.
    const button = document.createElement("span");
    button.setAttribute("role", "button");
    button.tabIndex = 0;
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sort(table, column, heading));
    button.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      sort(table, column, heading);
    });
    heading.append(button);
  });
}
// On paper nothing can be unfolded: print down to the documents.
const folded = () => document.querySelectorAll("details.account:not([open]), details.cause:not([open])");
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...folded()];
  opened.forEach((one) => { one.open = true; });
});
addEventListener("afterprint", () => opened.forEach((one) => { one.open = false; }));
