// The page's side of what works without a connection: it asks the service worker and shows what it
// says. Whatever is kept, the worker keeps; without one everything goes on as ever.

const bar = document.getElementById("offline");
const account = document.body.dataset.account;
const form = document.querySelector("form[data-base]");
let connected = navigator.onLine && !wasKept();

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/service-worker.js", { scope: "/", type: "classic" });
  navigator.serviceWorker.addEventListener("message", show);
  addEventListener("online", () => {
    connected = true;
    ask("send").then(show);
  });
  addEventListener("offline", () => {
    connected = false;
    show();
  });
  if (form) restore().then(announce);
  show();
  drawWaiting();
  drawReview();
}

// Signing out forgets what is kept here, and says so where something would be lost.
for (const out of document.querySelectorAll("form[data-sign-out]")) {
  out.addEventListener("submit", async (event) => {
    if (!navigator.serviceWorker?.controller) return;
    event.preventDefault();
    await ask("send");
    const { queue } = await ask("state");
    if (queue.some((entry) => entry.state === "queued") && !confirm(bar.dataset.lost)) return;
    await ask("forget", { account });
    out.submit();
  });
}

async function ask(what, more = {}) {
  const { active } = await navigator.serviceWorker.ready;
  const channel = new MessageChannel();
  const answer = new Promise((resolve) => (channel.port1.onmessage = ({ data }) => resolve(data)));
  active.postMessage({ ask: what, ...more }, [channel.port2]);
  return answer;
}

// Whether this page is the device's own copy, since nobody answered.
function wasKept() {
  const [navigation] = performance.getEntriesByType("navigation");
  return navigation.serverTiming.some((one) => one.name === "kept");
}

async function show() {
  const { queue } = account ? await ask("state") : { queue: [] };
  const waiting = queue.filter((entry) => entry.state === "queued").length;
  const back = queue.filter((entry) => entry.state === "returned" || entry.state === "refused").length;
  const told = [];
  if (!connected) told.push(bar.dataset.offline);
  if (waiting) told.push(`${bar.dataset.waiting} ${waiting}`);
  if (back) told.push(`${bar.dataset.returned} ${back}`);
  bar.querySelector("span").textContent = told.join(" · ");
  bar.hidden = !told.length;
  drawWaiting();
}

// A form of ours

function announce() {
  if (!navigator.connection?.saveData) ask("opened", { account, form: described(form) });
}

function described({ dataset }) {
  const [, item, draft = ""] = /^\/catalog\/([^/]+)(?:\/drafts\/([^/]+))?$/.exec(dataset.base);
  const { base, title, version, key } = dataset;
  return { base, title, version, key, item, draft, language: document.documentElement.lang, pages: dataset.pages.split(",") };
}

async function restore() {
  const { form: known } = await ask("form", { base: form.dataset.base });
  const page = location.pathname.split("/").pop();
  if (known?.typed?.[page]) fill(form, known.typed[page]);
}

// Put typed values into the fields of a form; a list's further items only the server can draw.
function fill(target, pairs) {
  const named = Map.groupBy ? Map.groupBy(pairs, ([name]) => name) : grouped(pairs);
  for (const [name, same] of named) {
    const values = same.map(([, value]) => value);
    const fields = [...target.elements].filter((field) => field.name === name && field.type !== "hidden");
    for (const field of fields) {
      if (field.type === "radio" || field.type === "checkbox") field.checked = values.includes(field.value);
      else if (field.type !== "file") field.value = values.at(-1);
    }
  }
}

function grouped(pairs) {
  const found = new Map();
  for (const pair of pairs) found.set(pair[0], [...(found.get(pair[0]) ?? []), pair]);
  return found;
}

// What waits on this device

async function drawWaiting() {
  const place = document.querySelector("[data-queue]");
  if (!place || !account) return;
  const { queue, forms } = await ask("state");
  place.replaceChildren(...queue.sort((a, b) => b.at - a.at).map(entryDrawn));
  document.querySelector("[data-queue-empty]").hidden = queue.length > 0;
  const ready = forms.filter((one) => one.title);
  document.querySelector("[data-forms]").replaceChildren(...ready.map(formDrawn));
  document.querySelector("[data-no-forms]").hidden = ready.length > 0;
}

function drawn(id, texts) {
  const made = document.getElementById(id).content.cloneNode(true);
  for (const [name, text] of Object.entries(texts)) {
    for (const place of made.querySelectorAll(`[data-put="${name}"]`)) place.textContent = text;
  }
  return made;
}

function entryDrawn(entry) {
  const at = new Date(entry.at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  const made = drawn(`entry-${entry.state}`, { title: entry.title, at, detail: entry.detail, reference: entry.reference ?? "" });
  const link = made.querySelector("a");
  if (link) link.href = entry.state === "sent" ? `/requests/${entry.reference}` : entry.address;
  for (const button of made.querySelectorAll("button")) {
    button.addEventListener("click", () => ask(button.dataset.ask, { key: entry.key }).then(show));
  }
  return made;
}

function formDrawn(one) {
  const made = drawn("form-kept", { title: one.title });
  made.querySelector("a").href = `${one.base}/form/${one.pages[0]}`;
  return made;
}

// The review of a form that only the device knows whole

async function drawReview() {
  const place = document.querySelector("[data-review]");
  if (!place) return;
  const base = location.pathname.replace(/\/review$/, "");
  const { form: known, pages } = await ask("form", { base });
  if (!known) return location.replace("/offline");
  const filled = pages.map((page) => ({ ...page, form: formOf(page, known) }));
  const missing = filled.flatMap(({ form: one, address }) => missingIn(one, address));
  document.querySelector("[data-put=form]").textContent = known.title;
  place.replaceChildren(...filled.filter((page) => page.form).map(pageDrawn));
  const summary = document.querySelector("[data-missing]");
  summary.hidden = !missing.length;
  summary.querySelector("ul").replaceChildren(...missing);
  const send = document.querySelector("[data-send]");
  send.hidden = missing.length > 0;
  send.addEventListener("click", async () => {
    send.disabled = true;
    await ask("enqueue", { base, fields: filled.flatMap(({ page, form: one }) => pairsOf(page, one, known)) });
    location.assign("/offline");
  });
}

function formOf({ page, html }, known) {
  const read = new DOMParser().parseFromString(html, "text/html");
  const found = read.querySelector("form[data-form]");
  if (found) fill(found, known.typed[page] ?? []);
  return found;
}

function pairsOf(page, one, known) {
  const pairs = known.typed[page] ?? (one ? [...new FormData(one)] : []);
  return pairs.filter(([name, value]) => !name.startsWith("_") && !(value instanceof File && !value.name));
}

function missingIn(one, address) {
  const empty = [...(one?.elements ?? [])].filter((field) => field.required && field.validity.valueMissing);
  const named = new Map(empty.map((field) => [field.name, field]));
  return [...named.values()].map((field) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `${address}?change=1#${field.id}`;
    link.textContent = labelOf(field);
    item.append(link);
    return item;
  });
}

function pageDrawn({ form: one, address }) {
  const made = drawn("review-page", { title: one.querySelector("h1").textContent });
  made.querySelector("a").href = `${address}?change=1`;
  const rows = made.querySelector("dl");
  const named = grouped([...one.elements].filter((field) => field.name && !field.name.startsWith("_") && field.type !== "hidden" && field.type !== "submit").map((field) => [field.name, field]));
  for (const same of named.values()) {
    const value = same.map(([, field]) => valueOf(field)).filter(Boolean).join(", ");
    if (value) rows.append(drawn("review-row", { label: labelOf(same[0][1]), value }));
  }
  return made;
}

function labelOf(field) {
  const legend = field.matches("[type=radio]") || (field.matches("[type=checkbox]") && field.closest("fieldset.choices"));
  const title = legend ? field.closest("fieldset")?.querySelector("legend") : field.labels[0];
  return (title ?? field).textContent.trim() || field.name;
}

function valueOf(field) {
  if (field.type === "radio" || field.type === "checkbox") return field.checked ? field.labels[0]?.textContent.trim() ?? "✓" : "";
  if (field.type === "password") return field.value ? "••••" : "";
  return field.matches("select") ? (field.value && field.selectedOptions[0]?.textContent.trim()) : field.value;
}
