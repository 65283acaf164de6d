// Buttons that print the page; without this script there are none, and browsers can do it as well.

document.documentElement.classList.add("scripted");
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});
