// What is kept on the device, each thing with the account that it belongs to.

let opening = null;

function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("ventanilla", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("device");
      request.result.createObjectStore("forms", { keyPath: ["account", "base"] });
      request.result.createObjectStore("queue", { keyPath: "key" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function inStore(name, mode, work) {
  const transaction = (await database()).transaction(name, mode);
  const request = work(transaction.objectStore(name));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

const read = (store, key) => inStore(store, "readonly", (rows) => rows.get(key));
const write = (store, row, key) => inStore(store, "readwrite", (rows) => rows.put(row, key));
const erase = (store, key) => inStore(store, "readwrite", (rows) => rows.delete(key));

async function rowsOf(store, account) {
  const rows = await inStore(store, "readonly", (all) => all.getAll());
  return rows.filter((row) => row.account === account);
}

// Who was signed in when a page last came from the server; empty for nobody.
async function device() {
  return (await read("device", "now")) ?? { account: "", language: "" };
}

async function forget(account) {
  await caches.delete(pagesOf(account));
  for (const form of await rowsOf("forms", account)) await erase("forms", [account, form.base]);
  for (const entry of await rowsOf("queue", account)) await erase("queue", entry.key);
  tellPages();
}
