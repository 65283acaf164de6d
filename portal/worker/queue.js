// Requests that were sent without a connection leave in their order, each under one key for good.

// Answers after which the same may be sent again later.
const LATER = new Set([401, 403, 408, 409, 425, 429]);

async function enqueue({ base, fields, ...reviewed }) {
  const { account } = await device();
  const form = await read("forms", [account, base]);
  if (!form) return null;
  await write("queue", { ...form, ...reviewed, fields, state: "queued", detail: "", at: Date.now() });
  await erase("forms", [account, base]);
  self.registration.sync?.register("send").catch(() => {});
  tellPages();
  await sendAll();
  return form.key;
}

// A review that the server has drawn: its answers are there already, under the key of their draft.
// Whether the server got it before the connection went, its key tells.
async function sendReviewed(event, { base }) {
  const copy = event.request.clone();
  try {
    return await fetch(event.request);
  } catch {
    const sent = await copy.formData();
    const key = sent.get("_key");
    await enqueue({ base, fields: [], version: sent.get("_version"), ...(key ? { key } : {}) });
    return Response.redirect("/offline", 303);
  }
}

async function sendAll() {
  await navigator.locks.request("send", async () => {
    const { account } = await device();
    const waiting = (await rowsOf("queue", account)).filter((entry) => entry.state === "queued");
    for (const entry of waiting.sort((one, other) => one.at - other.at)) await send(entry);
  });
}

async function send(entry) {
  try {
    const keep = (fields) => write("queue", { ...entry, fields });
    const fields = await withIds(entry.fields, keep);
    const answer = await deliver("/api/offline/requests", entry, fields);
    await settle({ ...entry, fields }, answer.status, answer);
  } catch (refusal) {
    // Without a status there was no answer at all, and the next try finds out what became of it.
    if (refusal.status) await settle({ ...entry, detail: refusal.detail }, refusal.status, null);
  }
  tellPages();
}

async function settle(entry, status, answer) {
  const address = answer?.headers.get("Location") ?? "";
  const body = await answer?.json().catch(() => ({}));
  const told = { ...entry, detail: body?.detail ?? entry.detail };
  if (answer?.ok) await write("queue", { ...told, state: "sent", fields: [], typed: {}, reference: body.reference });
  else if (address) await write("queue", { ...told, state: "returned", fields: [], typed: {}, address });
  else if (LATER.has(status) || status >= 500) await write("queue", { ...told, state: "queued" });
  else await write("queue", { ...told, state: "refused" });
}

// Not to be sent after all: it is a form under way again.
async function takeBack(key) {
  const entry = await read("queue", key);
  const { account } = await device();
  if (!entry || entry.account !== account) return;
  if (entry.state === "queued" || entry.state === "refused") {
    const { fields, state, detail, ...form } = entry;
    await write("forms", form);
  }
  await erase("queue", key);
  tellPages();
}
