// What the other scripts use. All of them are one function on the page: see page.py.
const root = document.documentElement;
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const save = (name, type, text) => {
  const url = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
};
// A busy Chromium now and then loses what a file's page has put into localStorage (seen in 1 to 4 of 100 reloads), but
// not what it keeps for the tab. A browser that keeps nothing for files throws: all lasts as long as the page then.
const STORES = ["sessionStorage", "localStorage"];
const keep = (name, list) => {
  for (const store of STORES) try { window[store].setItem(name, JSON.stringify(list)); } catch { /* as said */ }
};
const recall = (name) => {
  for (const store of STORES) {
    try {
      const list = JSON.parse(window[store].getItem(name));
      if (Array.isArray(list)) return list.filter(Array.isArray);
    } catch { /* as said */ }
  }
  return [];
};
root.classList.add("script");
