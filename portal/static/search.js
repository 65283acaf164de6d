// Suggestions while one types: a combobox with a list, as ARIA 1.2 has it. Without this script the
// search box is a plain form; with it, Enter still searches unless a suggestion has been chosen.

const WAIT = 120;
const LEAST = 2;

for (const form of document.querySelectorAll("form[data-search]")) suggest(form);

function suggest(form) {
  const input = form.querySelector("input[type=search]");
  const popup = Object.assign(document.createElement("div"), { className: "suggestions", hidden: true });
  const list = Object.assign(document.createElement("div"), { id: "suggestions" });
  const status = Object.assign(document.createElement("p"), { className: "unseen" });
  let timer = 0;
  let asking = null;
  let chosen = -1;

  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.querySelector("label").textContent);
  status.setAttribute("role", "status");
  popup.append(list);
  input.parentElement.append(popup, status);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"],
    ["aria-expanded", "false"], ["aria-controls", list.id], ["aria-haspopup", "listbox"]]) {
    input.setAttribute(name, value);
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    if (input.value.trim().length < LEAST) close();
    else timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const act = { ArrowDown: () => move(1), ArrowUp: () => move(-1), Escape: leave, Enter: go }[event.key];
    if (act && act() !== false) event.preventDefault();
  });
  input.addEventListener("blur", () => setTimeout(close, 150));
  // A press on a suggestion must not take the focus first, which would close the list.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  addEventListener("pageshow", close);

  async function ask() {
    asking?.abort();
    asking = new AbortController();
    const address = `/catalog?part=suggestions&q=${encodeURIComponent(input.value.trim())}`;
    try {
      const answer = await fetch(address, { signal: asking.signal });
      if (answer.ok && !answer.redirected) show(await answer.text());
    } catch (error) {
      // Typed on, or no network: the form itself still searches.
      if (error.name !== "AbortError") close();
    }
  }

  function show(html) {
    const part = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
    const options = [...part.querySelectorAll("[role=option]")];
    const note = part.querySelector("p");
    popup.querySelector("p")?.remove();
    if (note) popup.prepend(note);
    options.forEach((option, index) => (option.id = `suggestion-${index}`));
    list.replaceChildren(...options);
    choose(-1);
    status.textContent = part.dataset.status;
    open(options.length > 0 && document.activeElement === input);
  }

  function move(step) {
    const count = list.children.length;
    if (!count) return false;
    open(true);
    // One place more than there are options: the field itself.
    choose(((chosen + 1 + step + count + 1) % (count + 1)) - 1);
  }

  function choose(index) {
    chosen = index;
    [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    if (index < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", list.children[index].id);
      list.children[index].scrollIntoView({ block: "nearest" });
    }
  }

  function go() {
    if (popup.hidden || chosen < 0) return false;
    list.children[chosen].click();
  }

  function leave() {
    if (popup.hidden) return false;
    close();
  }

  function open(wanted) {
    popup.hidden = !wanted;
    input.setAttribute("aria-expanded", String(wanted));
  }

  function close() {
    clearTimeout(timer);
    asking?.abort();
    open(false);
    choose(-1);
  }
}
