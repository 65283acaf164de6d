// Forms that were opened here: their pages stay on the device, and what is typed into them offline.

const pageOf = (form, page) => (page === "review" ? `${form.base}/review` : `${form.base}/form/${page}`);

// A page of a form says which pages it has; those that are not here yet are fetched.
async function opened({ account, form }) {
  if (account !== (await device()).account) return;
  await changing(account, form.base, (known) => ({ typed: {}, ...known, ...form, key: form.key || known?.key || crypto.randomUUID() }));
  const cache = await caches.open(pagesOf(account));
  for (const page of form.pages.filter((one) => one !== "review")) {
    const address = pageOf(form, page);
    if (!(await cache.match(address))) await load(account, address);
  }
}

// One change of a form at a time.
function changing(account, base, change) {
  return navigator.locks.request(`form ${base}`, async () => {
    const known = await read("forms", [account, base]);
    const row = change(known);
    if (row) await write("forms", { ...row, account, base, at: Date.now() });
    return row;
  });
}

async function post(event, place) {
  const copy = event.request.clone();
  await handOver(place.base);
  try {
    const answer = await fetch(event.request);
    const { account } = await device();
    // What the page looks like now, only the server knows.
    await (await caches.open(pagesOf(account))).delete(pageOf(place, place.page));
    return answer;
  } catch {
    return typed(event.request, place, await copy.formData());
  }
}

async function typed(request, place, data) {
  const { account } = await device();
  const pairs = [...data].filter(([name, value]) => !name.startsWith("_") && !isNoFile(value));
  const quiet = request.mode !== "navigate";
  const form = await changing(account, place.base, (known) => {
    if (!known) return null;
    const files = quiet ? (known.typed[place.page] ?? []).filter(([, value]) => value instanceof File) : [];
    return { ...known, typed: { ...known.typed, [place.page]: [...pairs, ...files] } };
  });
  if (quiet || !form) return quiet ? Response.error() : kept(new URL(request.url), null);
  return Response.redirect(onward(form, place, data.get("_action") ?? "continue"), 303);
}

const isNoFile = (value) => value instanceof File && !value.name;

function onward(form, place, action) {
  const number = form.pages.indexOf(place.page);
  if (action === "save") return "/offline";
  if (action === "back") return number > 0 ? pageOf(form, form.pages[number - 1]) : "/offline";
  if (action === "continue") return pageOf(form, place.changing ? "review" : form.pages[number + 1] ?? "review");
  return pageOf(form, place.page);
}

// What was typed offline goes to the server before the form is asked for or sent there.
async function handOver(base) {
  const { account } = await device();
  const form = await read("forms", [account, base]);
  if (!form || !Object.keys(form.typed ?? {}).length) return;
  try {
    const fields = await withIds(Object.values(form.typed).flat());
    const answer = await deliver("/api/offline/drafts", form, fields);
    if (!answer.ok) return;
  } catch {
    return;
  }
  const cache = await caches.open(pagesOf(account));
  for (const page of Object.keys(form.typed)) await cache.delete(pageOf(form, page));
  await changing(account, base, (known) => ({ ...known, typed: {} }));
}

async function handOverAll() {
  for (const form of await rowsOf("forms", (await device()).account)) await handOver(form.base);
}

function deliver(address, form, fields) {
  const { account, item, draft, version, language, key } = form;
  return fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Accept-Language": language, "Idempotency-Key": key },
    body: JSON.stringify({ account, item, draft, version, language, fields }),
  });
}

// Files are sent first; a form names them by the ids that they get. Raises where one is refused.
async function withIds(fields, keep = async () => {}) {
  const found = [...fields];
  for (const [place, [name, value]] of fields.entries()) {
    if (!(value instanceof File)) continue;
    const body = new FormData();
    body.append("file", value);
    const answer = await fetch("/api/documents", { method: "POST", body });
    if (!answer.ok) throw await refusalOf(answer);
    found[place] = [name, (await answer.json()).id];
    await keep(found);
  }
  return found;
}

async function refusalOf(answer) {
  const problem = await answer.json().catch(() => ({}));
  return { status: answer.status, detail: problem.detail ?? "" };
}
