// Files are sent when they are chosen, in parts: after an interruption they go on where they were, even
// after the page was loaded again. What arrives becomes an answer of the form. Without this script a
// button sends them with the form.

const PART = 512 * 1024;
const WAITS = [500, 1000, 2000, 4000, 8000];
const VERSION = { "Tus-Resumable": "1.0.0" };

document.addEventListener(
  "change",
  (event) => {
    const input = event.target;
    if (input.type !== "file" || !input.form?.hasAttribute("data-form")) return;
    event.stopPropagation();
    sendAll(input);
  },
  true,
);
// What was chosen before this script was there.
for (const input of document.querySelectorAll("form[data-form] input[type=file]")) {
  if (input.files.length) sendAll(input);
}

async function sendAll(input) {
  const files = [...input.files];
  const line = input.closest("[data-field]").querySelector(".sending");
  const problem = refusedAtOnce(input, files);
  if (problem) {
    input.value = "";
    return complain(line, problem);
  }
  let last = null;
  try {
    for (const file of files) last = answered(input, await sent(file, shown(line, input, file)));
    line.replaceChildren();
  } catch (refusal) {
    complain(line, refusal.message || input.dataset.failed);
  }
  input.value = "";
  last?.dispatchEvent(new Event("change", { bubbles: true }));
}

function refusedAtOnce(input, files) {
  const { largest, most, tooLarge, tooMany } = input.dataset;
  if (files.some((file) => file.size > Number(largest))) return tooLarge;
  const held = input.multiple ? namesakes(input).filter((one) => one.value).length : 0;
  return most && held + files.length > Number(most) ? tooMany : "";
}

function namesakes(input) {
  const field = input.closest("[data-field]");
  return [...field.querySelectorAll(`input[type=hidden][name="${CSS.escape(input.name)}"]`)];
}

// The document as one more answer of its field.
function answered(input, id) {
  const hidden = Object.assign(document.createElement("input"), { type: "hidden", name: input.name, value: id });
  namesakes(input).at(-1).after(hidden);
  return hidden;
}

function shown(line, input, file) {
  const says = input.dataset.sending.replace("{name}", file.name);
  const text = Object.assign(document.createElement("span"), { textContent: says });
  const share = document.createElement("span");
  const bar = Object.assign(document.createElement("progress"), { max: file.size || 1, value: 0 });
  bar.setAttribute("aria-label", says);
  share.setAttribute("aria-hidden", "true");
  line.replaceChildren(text, share, bar);
  return {
    at: (offset) => {
      text.textContent = says;
      bar.value = offset;
      share.textContent = `${Math.floor((100 * offset) / bar.max)} %`;
    },
    waits: () => (text.textContent = input.dataset.waiting),
  };
}

function complain(line, text) {
  line.replaceChildren(Object.assign(document.createElement("p"), { className: "wrong-text", textContent: text }));
}

// Sends a file; the id of the document that it becomes. Throws `Refused` with what is wrong with it.
async function sent(file, show) {
  const key = `upload:${file.name}:${file.size}:${file.lastModified}`;
  let address = localStorage.getItem(key);
  let offset = address ? await patiently(show, () => arrived(address)) : null;
  if (offset === null) {
    address = await patiently(show, () => announced(file));
    localStorage.setItem(key, address);
    offset = 0;
  }
  const look = async () => (offset = (await arrived(address)) ?? offset);
  try {
    do {
      show.at(offset);
      offset = await patiently(show, () => part(address, offset, file.slice(offset, offset + PART)), look);
    } while (offset < file.size);
  } catch (refusal) {
    fetch(address, { method: "DELETE", headers: VERSION }).catch(() => {}); // else it is swept away
    throw refusal;
  } finally {
    localStorage.removeItem(key);
  }
  show.at(file.size);
  return address.split("/").at(-1);
}

// Tries until the server answers; `before` runs ahead of each further try.
async function patiently(show, act, before = async () => {}) {
  for (let tries = 0; ; tries++) {
    try {
      if (tries) await before();
      return await act();
    } catch (fault) {
      if (fault instanceof Refused) throw fault;
      show.waits();
      await pause(WAITS[Math.min(tries, WAITS.length - 1)]);
    }
  }
}

// So long, or until there is a connection again.
function pause(time) {
  return new Promise((go) => {
    const timer = setTimeout(go, time);
    addEventListener("online", () => (clearTimeout(timer), go()), { once: true });
  });
}

async function announced(file) {
  const said = [`filename ${inBase64(file.name)}`];
  const digest = await fingerprint(file);
  if (digest) said.push(`sha256 ${inBase64(digest)}`);
  const headers = { ...VERSION, "Upload-Length": String(file.size), "Upload-Metadata": said.join(",") };
  const answer = await call("/api/uploads", { method: "POST", headers });
  return answer.headers.get("Location");
}

// How many bytes have arrived; null where nobody knows of the upload any more.
async function arrived(address) {
  try {
    const answer = await call(address, { method: "HEAD", headers: VERSION });
    return Number(answer.headers.get("Upload-Offset"));
  } catch (fault) {
    if (fault instanceof Refused && fault.status === 404) return null;
    throw fault;
  }
}

async function part(address, offset, bytes) {
  const headers = { ...VERSION, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
  const answer = await call(address, { method: "PATCH", headers, body: bytes });
  return Number(answer.headers.get("Upload-Offset"));
}

class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

// An answer of the server. Throws `Refused` for a no; any other fault may pass.
async function call(address, options) {
  const answer = await fetch(address, options);
  if (answer.ok) return answer;
  if (answer.status === 409 || answer.status >= 500) throw new Error(answer.statusText);
  const problem = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, problem.errors?.[0]?.detail ?? problem.detail ?? "");
}

// What a file must still be when it has arrived; browsers tell it only on safe connections.
async function fingerprint(file) {
  if (!crypto.subtle) return "";
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function inBase64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
