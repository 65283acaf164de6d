// Which calls of a browser the device answers too; all others go to the server untouched.

self.addEventListener("install", (event) => {
  event.waitUntil(keepAssets().then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  event.waitUntil(dropOldAssets().then(() => self.clients.claim()));
});
self.addEventListener("sync", (event) => {
  if (event.tag === "send") event.waitUntil(sendAll().then(mustBeEmpty));
});

async function mustBeEmpty() {
  const waiting = (await rowsOf("queue", (await device()).account)).some((entry) => entry.state === "queued");
  if (waiting) throw new Error("not everything could be sent; the browser tries again");
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  const place = request.method === "POST" ? placeOf(url) : null;
  if (place?.kind === "form" && place.page) event.respondWith(post(event, place));
  else if (place?.kind === "review" && request.mode === "navigate") event.respondWith(sendReviewed(event, place));
  else if (request.method === "GET" && request.mode === "navigate" && !url.pathname.startsWith("/api/")) event.respondWith(visit(event));
  else if (request.method === "POST" && request.mode === "navigate") event.respondWith(fetch(request).catch(() => kept(url, null)));
  else if (request.method === "GET" && url.pathname.match(/^\/(static|brand)\//)) event.respondWith(asset(request));
});

const ASKED = {
  opened,
  enqueue,
  forget: async ({ account }) => forget(account),
  takeBack: async ({ key }) => takeBack(key),
  send: async () => {
    await handOverAll();
    await sendAll();
  },
  state: async () => {
    const { account } = await device();
    const [forms, queue] = [await rowsOf("forms", account), await rowsOf("queue", account)];
    return { account, forms, queue };
  },
  form: async ({ base }) => {
    const { account } = await device();
    const form = await read("forms", [account, base]);
    const cache = await caches.open(pagesOf(account));
    const pages = [];
    for (const page of form?.pages.filter((one) => one !== "review") ?? []) {
      const found = await cache.match(pageOf(form, page));
      pages.push({ page, address: pageOf(form, page), html: found ? await found.text() : "" });
    }
    return { form, pages };
  },
};

self.addEventListener("message", (event) => {
  const [port] = event.ports;
  const done = ASKED[event.data.ask](event.data);
  event.waitUntil(done.then((answer) => port.postMessage(answer ?? null)));
});

async function tellPages() {
  for (const page of await self.clients.matchAll({ type: "window" })) page.postMessage("changed");
}
