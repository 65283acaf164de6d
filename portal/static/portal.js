// What every page is better with: focus on what is wrong, no form sent twice, no search while typing.

// Scripts may read a page of ours that they have fetched, and start our service worker; no text ever
// becomes a script or a part of a page as it stands.
window.trustedTypes?.createPolicy("default", {
  createHTML: (text, _type, sink) => (sink === "DOMParser parseFromString" ? text : null),
  createScriptURL: (address) => (address === "/service-worker.js" ? address : null),
});

// What needs a script of its own says which, also what comes to a page later.
function load() {
  for (const { dataset } of document.querySelectorAll('[data-script^="/static/"]')) import(dataset.script);
}
load();
document.addEventListener("redrawn", load);

// Without this script there are no buttons that print the page, which browsers can do as well.
document.documentElement.classList.add("scripted");
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});

const summary = document.getElementById("summary");
if (summary) {
  summary.focus();
  summary.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!field) return;
    event.preventDefault();
    const input = field.matches("input, select, textarea")
      ? field
      : field.querySelector("input:not([type=hidden]), select, textarea") || field;
    input.scrollIntoView({ block: "center" });
    input.focus();
  });
}

// A second click while the first is on its way must not send a form again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sending) {
    event.preventDefault();
    return;
  }
  form.dataset.sending = "1";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sending]")) delete form.dataset.sending;
});

// A slider says its value.
for (const slider of document.querySelectorAll("input[type=range][data-shows]")) {
  const output = document.getElementById(slider.dataset.shows);
  slider.addEventListener("input", () => (output.textContent = slider.value));
}

// Where a device is tells its time zone, which is a better first guess than ours.
for (const select of document.querySelectorAll("select[data-own-zone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...select.options].some((option) => option.value === zone)) select.value = zone;
}
