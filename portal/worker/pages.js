// Pages come from the network first; those seen before also when there is none.

const STATIC = `static-${VERSION}`;
const KEPT = /^\/($|catalog($|\/)|requests($|\/)|help$|offline($|\/))/;
const FORM = /^(\/catalog\/[^/]+(?:\/drafts\/[0-9A-Z]{26})?)\/(form|review)(?:\/([^/]+))?$/;
const HARMLESS = new Set(["change", "check", "changed"]);
const SHELLS = ["/offline", "/offline/review"];
const MOST_PAGES = 60;

const pagesOf = (account) => `pages-${account}`;

async function keepAssets() {
  const cache = await caches.open(STATIC);
  await cache.addAll(ASSETS);
}

async function dropOldAssets() {
  for (const name of await caches.keys()) {
    if (name.startsWith("static-") && name !== STATIC) await caches.delete(name);
  }
}

async function asset(request) {
  return (await caches.match(request, { cacheName: STATIC })) ?? fetch(request);
}

// The form that an address belongs to; none where it begins a form in a way of its own.
function placeOf(url) {
  const found = FORM.exec(url.pathname);
  if (!found || [...url.searchParams.keys()].some((name) => !HARMLESS.has(name))) return null;
  const [, base, kind, page] = found;
  return { base, kind, page, changing: url.searchParams.has("change") };
}

async function visit(event) {
  const url = new URL(event.request.url);
  const place = placeOf(url);
  if (place) await handOver(place.base);
  try {
    const answer = await fetch(event.request);
    event.waitUntil(remember(url, answer.clone()));
    return answer;
  } catch {
    return kept(url, place);
  }
}

async function remember(url, answer) {
  const account = answer.headers.get("Portal-Account");
  if (account === null || answer.type !== "basic") return;
  await know(account, answer.headers.get("Content-Language") ?? "");
  if (answer.status === 200 && KEPT.test(url.pathname)) await put(account, addressOf(url), answer);
  await sendAll();
}

const addressOf = (url) => (placeOf(url) ? url.pathname : url.pathname + url.search);

async function put(account, address, answer) {
  const cache = await caches.open(pagesOf(account));
  await cache.put(address, answer);
  const known = await cache.keys();
  const old = known.filter((request) => !SHELLS.includes(new URL(request.url).pathname));
  for (const request of old.slice(0, Math.max(0, old.length - MOST_PAGES))) await cache.delete(request);
}

async function know(account, language) {
  const before = await device();
  const cache = await caches.open(pagesOf(account));
  const same = before.account === account && before.language === language;
  if (same && (await cache.match(SHELLS[0]))) return;
  await write("device", { account, language }, "now");
  tellPages();
  for (const shell of SHELLS) await load(account, shell);
}

// Fetch a page to have it later; what is not this account's is not kept for it.
async function load(account, address) {
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (answer.ok && !answer.redirected && answer.headers.get("Portal-Account") === account) {
      await put(account, address, answer);
    }
  } catch {
    // It is asked for again with the next page.
  }
}

async function kept(url, place) {
  const { account } = await device();
  const cache = await caches.open(pagesOf(account));
  const form = place && (await read("forms", [account, place.base]));
  if (form && place.kind === "form" && !place.page) return Response.redirect(pageOf(form, form.pages[0]), 303);
  const address = form && place.kind === "review" ? "/offline/review" : addressOf(url);
  const found = (await cache.match(address)) ?? (await cache.match("/offline"));
  return found ? marked(found) : Response.error();
}

// A page from the device says so, by a header that scripts of the page can read.
function marked(answer) {
  const headers = new Headers(answer.headers);
  headers.set("Server-Timing", "kept");
  return new Response(answer.body, { status: answer.status, headers });
}
