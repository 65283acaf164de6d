// A form that keeps itself: what is typed is saved as one goes, questions that follow from an answer
// appear at once, and files are sent when they are chosen. Without this script its buttons do it all.

const WAIT = 300;

keepAll();
document.addEventListener("redrawn", keepAll);

function keepAll() {
  for (const form of document.querySelectorAll("form[data-form]:not([data-kept])")) keep(form);
}

function keep(form) {
  const status = form.querySelector(".saved");
  const served = new Map(); // what the server last drew, by field
  let touched = new Set(); // fields changed since the last request left
  let timer = 0;
  let running = false;
  let again = false;
  let dirty = false;

  form.dataset.kept = "";
  remember(form);
  enhance();

  form.addEventListener("input", (event) => {
    dirty = true;
    follow(form, event.target);
    touched.add(fieldOf(event.target));
  });
  form.addEventListener("change", (event) => {
    touched.add(fieldOf(event.target));
    clearTimeout(timer);
    if (event.target.matches("select, [type=radio], [type=checkbox]")) refresh();
    else timer = setTimeout(refresh, WAIT);
  });
  form.addEventListener("submit", () => {
    dirty = false;
    clearTimeout(timer);
  });
  addEventListener("pagehide", () => {
    if (dirty) fetch(form.action, { method: "POST", body: typed(form), keepalive: true });
  });

  async function refresh() {
    if (running) {
      again = true;
      return;
    }
    touched = new Set();
    dirty = false;
    running = true;
    form.setAttribute("aria-busy", "true");
    const answer = await send(typed(form));
    running = false;
    if (answer) redraw(answer);
    if (again) {
      again = false;
      refresh();
    } else {
      form.removeAttribute("aria-busy");
    }
  }

  // The page as the server draws it for what has been typed; null where it cannot be had now.
  async function send(body) {
    try {
      const answer = await fetch(form.action, { method: "POST", body });
      if (!answer.ok && answer.status !== 422) throw new Error(answer.statusText);
      status.textContent = status.dataset.saved;
      return new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      dirty = true;
      status.textContent = status.dataset.unsaved;
      return null;
    }
  }

  function redraw(answer) {
    const drawn = answer.getElementById(form.id);
    if (!drawn) return;
    const before = questions();
    patch(fieldsIn(form), fieldsIn(drawn));
    if (questions() > before) status.textContent = status.dataset.more;
    for (const region of drawn.querySelectorAll("[data-live]")) {
      const here = form.querySelector(`[data-live="${region.dataset.live}"]`);
      if (here && !region.children.length) here.replaceChildren();
    }
    enhance();
    document.dispatchEvent(new Event("redrawn"));
  }

  function enhance() {
    for (const button of form.querySelectorAll('button[value^="upload:"]')) button.hidden = true;
    for (const slider of form.querySelectorAll("[data-for]")) slider.hidden = false;
  }

  function questions() {
    return form.querySelectorAll("[data-field]:not(.computed)").length;
  }

  // Bring the fields of one place to what the server drew, without touching what is being typed.
  function patch(here, there) {
    if (!here || !there) return;
    const known = new Map(own(here).map((field) => [field.dataset.field, field]));
    let last = null;
    for (const fresh of own(there)) {
      const name = fresh.dataset.field;
      const old = known.get(name);
      known.delete(name);
      let now = old;
      if (!old) {
        now = fresh.cloneNode(true);
        last ? last.after(now) : here.prepend(now);
        served.set(name, fresh.outerHTML);
      } else if (fieldsIn(old) && fieldsIn(fresh)) {
        patch(fieldsIn(old), fieldsIn(fresh));
        renewActions(old, fresh);
      } else if (served.get(name) !== fresh.outerHTML && !busy(old)) {
        now = fresh.cloneNode(true);
        const held = old.contains(document.activeElement) ? document.activeElement : null;
        keepCaret(old, now);
        old.replaceWith(now);
        if (held) twin(now, held)?.focus({ preventScroll: true });
        served.set(name, fresh.outerHTML);
      }
      last = now;
    }
    for (const gone of known.values()) gone.remove();
  }

  // A row that has come to hold something can be moved and removed.
  function renewActions(old, fresh) {
    const [here, there] = [old, fresh].map((row) => row.querySelector(":scope > .item-actions"));
    if (here?.outerHTML === there?.outerHTML || here?.contains(document.activeElement)) return;
    here?.remove();
    if (there) old.append(there.cloneNode(true));
  }

  // Who comes back to a text goes on where they left it.
  function keepCaret(old, now) {
    const [was, is] = [old, now].map((field) => field.querySelector("textarea, input[type=text]"));
    if (was && is && was.value === is.value) is.setSelectionRange(was.selectionStart, was.selectionEnd);
  }

  // The same input, or the same choice of several, in a field that was drawn anew.
  function twin(now, held) {
    const choice = held.matches("[type=radio], [type=checkbox], button");
    return [...now.querySelectorAll("input, select, textarea, button")].find(
      (one) => one.id === held.id && one.name === held.name && (!choice || one.value === held.value),
    );
  }

  function busy(field) {
    return touched.has(field) || (field.contains(document.activeElement) && changing(document.activeElement));
  }

  function remember(root) {
    for (const field of root.querySelectorAll("[data-field]")) served.set(field.dataset.field, field.outerHTML);
  }
}

// A slider and its number say the same.
function follow(form, changed) {
  const name = changed.dataset.for;
  if (name) {
    const language = document.documentElement.lang;
    changed.classList.remove("unset");
    form.elements[name].value = changed.valueAsNumber.toLocaleString(language, { useGrouping: false });
  } else if (changed.name) {
    const slider = form.querySelector(`[data-for="${CSS.escape(changed.name)}"]`);
    if (!slider) return;
    slider.value = changed.value.replace(",", ".");
    slider.classList.toggle("unset", !changed.value);
  }
}

function typed(form) {
  const body = new FormData(form);
  for (const [name, value] of [...body]) if (value instanceof File) body.delete(name), keepTexts(form, body, name);
  body.set("_action", "refresh");
  return body;
}

// `delete` also took the names of files sent before; they are hidden fields of the same name.
function keepTexts(form, body, name) {
  for (const field of form.querySelectorAll("input[type=hidden]")) {
    if (field.name === name) body.append(name, field.value);
  }
}

function fieldsIn(root) {
  return root.querySelector("[data-fields]");
}

function own(place) {
  return [...place.children].filter((child) => child.dataset.field);
}

function fieldOf(element) {
  return element.closest("[data-field]");
}

function changing(element) {
  return element.matches("input:not([type=radio], [type=checkbox], [type=file], [type=range]), textarea");
}
