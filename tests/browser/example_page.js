// Finds the parts of the example frontend by what people see and screen readers read. Runs before each script of a test.
const text = (one) => one.textContent.replaceAll(/\s+/g, " ").trim();
const isShown = (one) => one.getClientRects().length > 0;

/** Wait until `found` returns something. */
async function until(what, found) {
  for (let n = 0; n < 1200; n++) {
    const it = found();
    if (it) return it;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`${what} is not on ${location.pathname}: ${document.querySelector("main")?.innerText.slice(0, 300)}`);
}

/** Wait for a page by its heading, which has the focus after a change of the route. */
const page = (heading) => until(`the focused heading ${heading}`, () => {
  const one = document.querySelector("h1");
  return one && text(one) === heading && document.activeElement === one && !document.querySelector("[aria-busy]");
});

/** The field with this label, in the group with this legend. */
function field(label, legend) {
  const group = legend ? [...document.querySelectorAll("legend")].find((one) => text(one) === legend).parentElement : document;
  const found = [...group.querySelectorAll("label")].find((one) => text(one).replace(/ required$/, "") === label);
  if (!found) throw new Error(`no field ${label} ${legend ?? ""}`);
  return found.control;
}

/** Fill fields: label or [legend, label], and value; true ticks a box. */
function fill(...fields) {
  for (const [where, value] of fields) {
    const control = Array.isArray(where) ? field(where[1], where[0]) : field(where);
    if (value === true) control.click();
    else control.value = value;
  }
}

/** Press the button or the link with this name. */
const press = (name) => until(`the button ${name}`, () =>
  [...document.querySelectorAll("a, button, summary")].find((one) => text(one) === name && isShown(one)))
  .then((one) => one.click());

/** Wait for a message in the live region. */
const told = (start) => until(`the message ${start}`, () => text(document.querySelector("[role=status]")).startsWith(start));

/** Wait until the first of the seven steps have these states. */
const steps = (...wanted) => until(`steps that are ${wanted}`, () =>
  [...document.querySelectorAll(".steps > li .state")].map(text).slice(0, wanted.length).join() === wanted.join());
