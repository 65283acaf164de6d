// A request that moves while one looks: the event stream says that there is news, and the page's own
// parts are fetched anew, so that there is one way to draw them.

const board = document.querySelector("[data-live-request]");
const state = document.querySelector("[data-live-state]");
const news = document.querySelector("[data-live-news]");
const PAUSE = 25;

let last = Number(board.dataset.last);
let stream = null;
let timer = 0;
let loading = false;
let wanted = false;

function listen() {
  if (stream) return;
  stream = new EventSource(`/api/requests/${board.dataset.liveRequest}/events`);
  stream.addEventListener("open", () => show("on"));
  stream.addEventListener("error", () => show("off"));
  stream.addEventListener("entry", (event) => {
    const number = Number(event.lastEventId);
    if (number <= last) return;
    last = number;
    clearTimeout(timer);
    timer = setTimeout(load, PAUSE);
  });
}

function show(how) {
  state.className = `live meta ${how}`;
  state.textContent = state.dataset[how];
}

async function load() {
  if (loading) {
    wanted = true;
    return;
  }
  loading = true;
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (answer.ok) redraw(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    show("off");
  }
  loading = false;
  if (wanted) {
    wanted = false;
    load();
  }
}

function redraw(page) {
  for (const fresh of page.querySelectorAll("[data-live-request] [data-live]")) {
    const here = document.querySelector(`[data-live="${fresh.dataset.live}"]`);
    if (!here || here.closest("form") || same(here, fresh)) continue;
    if (here.dataset.live === "asks" && !asksChanged(here, fresh)) continue;
    if (here.dataset.live === "story") announce(here, fresh);
    here.replaceChildren(...fresh.cloneNode(true).childNodes);
  }
  document.dispatchEvent(new Event("redrawn"));
}

function same(here, fresh) {
  return here.innerHTML === fresh.innerHTML;
}

// A form that somebody is filling in stays as it is for as long as the same is asked.
function asksChanged(here, fresh) {
  const ids = (root) => [...root.querySelectorAll(".ask")].map((ask) => ask.id).join();
  return ids(here) !== ids(fresh);
}

function announce(here, fresh) {
  const known = new Set([...here.querySelectorAll("[data-number]")].map((entry) => entry.dataset.number));
  const arrived = [...fresh.querySelectorAll("[data-number]")].filter((entry) => !known.has(entry.dataset.number));
  for (const entry of arrived) entry.classList.add("arrived");
  news.textContent = arrived.map((entry) => entry.innerText || entry.textContent).join(" ");
}

// A page that nobody looks at holds no connection; it catches up when it is seen again.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    stream?.close();
    stream = null;
  } else {
    listen();
    load();
  }
});
listen();
