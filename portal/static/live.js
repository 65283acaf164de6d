// A request that moves while one looks: the event stream says that there is news, and the page's own
// parts are fetched anew, so that there is one way to draw them. Nothing that somebody is using is
// taken from under their hands.

const board = document.querySelector("[data-live-request]");
const state = document.querySelector("[data-live-state]");
const news = document.querySelector("[data-live-news]");
const PAUSE = 25;
const SOONEST = 1000;
const LATEST = 30000;
const MOST_READ_OUT = 3;

let last = Number(board.dataset.last);
let stream = null;
let timer = 0;
let loading = false;
let wanted = false;
let delay = SOONEST;

// The stream

function listen() {
  clearTimeout(timer);
  if (stream || document.hidden) return;
  stream = new EventSource(`/api/requests/${board.dataset.liveRequest}/events?after=${last}`);
  stream.addEventListener("open", () => {
    delay = SOONEST;
    show("on");
  });
  stream.addEventListener("error", () => {
    show("off");
    // The browser tries again by itself, but for an answer that is no stream.
    if (stream?.readyState === EventSource.CLOSED) again();
  });
  stream.addEventListener("entry", (event) => {
    const number = Number(event.lastEventId);
    if (number <= last) return;
    last = number;
    clearTimeout(timer);
    timer = setTimeout(load, PAUSE);
  });
}

function hush() {
  stream?.close();
  stream = null;
}

function again() {
  hush();
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (await load()) listen();
  }, delay * (1 + Math.random() / 4));
  delay = Math.min(delay * 2, LATEST);
}

function show(how) {
  if (state.classList.contains(how)) return;
  state.className = `live meta ${how}`;
  state.textContent = state.dataset[how];
  document.body.classList.toggle("lively", how === "on");
}

// The page's parts, and how the server drew each of them last

const drawn = new Map();
for (const part of board.querySelectorAll("[data-live]")) drawn.set(part.dataset.live, part.innerHTML);

async function load() {
  if (loading) {
    wanted = true;
    return true;
  }
  loading = true;
  const goesOn = await fetched();
  loading = false;
  if (wanted) {
    wanted = false;
    return load();
  }
  return goesOn;
}

// Whether it makes sense to go on listening; not when one has been signed out meanwhile.
async function fetched() {
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (answer.redirected || answer.status === 404) {
      hush();
      show("ended");
      return false;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector(`[data-live-request="${board.dataset.liveRequest}"]`);
    if (!answer.ok || !fresh) again();
    else redraw(fresh);
    return answer.ok && Boolean(fresh);
  } catch {
    show("off");
    again();
    return false;
  }
}

function redraw(fresh) {
  last = Math.max(last, Number(fresh.dataset.last));
  for (const part of fresh.querySelectorAll("[data-live]")) {
    const here = document.querySelector(`[data-live="${part.dataset.live}"]`);
    if (!here || here.closest("form") || drawn.get(here.dataset.live) === part.innerHTML) continue;
    if (here.dataset.live === "asks") patch(here, part);
    else if (held(here)) wait(here);
    else replace(here, part);
  }
  if (!fresh.querySelector(".write")) close(document.querySelector(".write"));
  point(fresh);
  document.dispatchEvent(new Event("redrawn"));
}

// Nobody is to write a message that is taken no longer; what has been written stays, to be copied.
function close(write) {
  if (write && !held(write) && !write.querySelector("textarea").value) write.remove();
}

// A part in which somebody is with the keyboard stays until they have left it.
function held(part) {
  return part.contains(document.activeElement);
}

function wait(part) {
  if (part.dataset.waits) return;
  part.dataset.waits = "1";
  const left = () => {
    delete part.dataset.waits;
    setTimeout(load);
  };
  part.addEventListener("focusout", left, { once: true });
}

function replace(here, part) {
  drawn.set(here.dataset.live, part.innerHTML);
  if (here.dataset.live === "story") announce(here, part);
  here.replaceChildren(...part.cloneNode(true).childNodes);
}

// What is asked: a form that somebody is filling in stays, even if it is not asked for any longer.
function patch(here, part) {
  const asks = [...part.querySelectorAll(".ask")];
  const ids = new Set(asks.map((ask) => ask.id));
  for (const ask of here.querySelectorAll(".ask")) {
    if (ids.has(ask.id)) continue;
    if (ask.dataset.touched || held(ask)) leave(ask);
    else ask.remove();
  }
  for (const ask of asks) {
    if (!document.getElementById(ask.id)) here.append(ask.cloneNode(true));
  }
}

function leave(ask) {
  if (ask.querySelector("[data-gone-note]")) return;
  const note = document.createElement("p");
  note.className = "notice warn";
  note.dataset.goneNote = "";
  note.setAttribute("role", "status");
  note.textContent = board.dataset.gone;
  ask.prepend(note);
}

document.addEventListener("input", (event) => {
  const ask = event.target.closest(".ask");
  if (ask) ask.dataset.touched = "1";
});

// New entries are marked with a word, and read out when the reader's software has a moment.
function announce(here, part) {
  const known = new Set([...here.querySelectorAll("[data-number]")].map((entry) => entry.dataset.number));
  const arrived = [...part.querySelectorAll("[data-number]")].filter((entry) => !known.has(entry.dataset.number));
  for (const entry of arrived) {
    entry.classList.add("arrived");
    const word = document.createElement("span");
    word.className = "pill fresh";
    word.textContent = board.dataset.new;
    entry.querySelector(".meta").append(word);
  }
  if (!arrived.length) return;
  const texts = arrived.map((entry) => entry.querySelector("p:last-child").textContent.trim());
  news.textContent = texts.length > MOST_READ_OUT ? board.dataset.many.replace("#", texts.length) : texts.reverse().join(" ");
}

// The hint to what is asked, on small screens, while that is out of sight

let watcher = null;

function point(fresh) {
  const there = fresh.querySelector(".needs-hint");
  const here = board.querySelector(".needs-hint");
  if (!there || !here) {
    here?.remove();
    if (there) board.append(there.cloneNode(true));
  } else if (here.innerHTML !== there.innerHTML) {
    here.replaceWith(there.cloneNode(true));
  }
  watch();
}

function watch() {
  watcher?.disconnect();
  const hint = board.querySelector(".needs-hint");
  const ask = hint && document.querySelector(hint.hash);
  if (!ask) return;
  watcher = new IntersectionObserver(([seen]) => hint.classList.toggle("seen", seen.isIntersecting));
  watcher.observe(ask);
}

// A page that nobody looks at holds no connection; it catches up when it is seen again.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hush();
  else load().then((goesOn) => goesOn && listen());
});
addEventListener("online", () => {
  delay = SOONEST;
  again();
});
listen();
watch();
