"use strict";
// The index is a script of its own, which calls gimbalSearch: a page that is opened as a file may load nothing else.
(() => {
  const MOST = 30;
  const AROUND = 70;
  const input = document.getElementById("search");
  const list = document.getElementById("found");
  const top = document.currentScript.src.replace(/search\.js$/, "");
  let places = null;

  window.gimbalSearch = index => {
    places = index.map(([page, heading, address, text]) => ({page, heading, address, text,
      above: (heading + " " + page).toLowerCase(), below: text.toLowerCase()}));
    show();
  };

  function load() {
    if (places === null) {
      places = [];
      const script = document.createElement("script");
      script.src = top + "search-index.js";
      document.head.append(script);
    }
  }

  /** A place counts more where words stand in its heading, most where they begin it; 0: a word is missing. */
  function rank(place, words) {
    let sum = 0;
    for (const word of words) {
      if (place.above.startsWith(word)) {
        sum += 8;
      } else if (place.above.includes(word)) {
        sum += 4;
      } else if (place.below.includes(word)) {
        sum += 1;
      } else {
        return 0;
      }
    }
    return sum;
  }

  /** The text round the first word that is in it. */
  function excerpt(place, words) {
    const at = words.map(word => place.below.indexOf(word)).filter(index => index >= 0);
    const start = Math.max(0, (at.length ? Math.min(...at) : 0) - AROUND);
    const part = place.text.slice(start, start + 3 * AROUND);
    return (start > 0 ? "... " : "") + part + (start + 3 * AROUND < place.text.length ? " ..." : "");
  }

  function line(place, words) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    const text = document.createElement("span");
    link.href = top + place.address;
    link.textContent = place.heading === place.page ? place.page : place.page + ": " + place.heading;
    link.addEventListener("click", () => { list.hidden = true; });
    text.textContent = excerpt(place, words);
    item.append(link, text);
    return item;
  }

  function show() {
    const words = input.value.toLowerCase().split(/\s+/).filter(word => word);
    const found = (places ?? []).map(place => ({place, rank: words.length ? rank(place, words) : 0}))
      .filter(one => one.rank > 0).sort((a, b) => b.rank - a.rank).slice(0, MOST);
    list.replaceChildren(...found.map(one => line(one.place, words)));
    if (words.length && !found.length && places?.length) {
      const none = document.createElement("li");
      none.textContent = "Nothing found.";
      list.append(none);
    }
    list.hidden = !list.children.length;
  }

  const asked = new URLSearchParams(location.search).get("q");
  if (asked) {
    input.value = asked;
    load();
  }
  input.addEventListener("focus", load);
  input.addEventListener("input", () => { load(); show(); });
  document.addEventListener("keydown", event => {
    if (event.key === "Escape") {
      list.hidden = true;
    }
  });
  document.addEventListener("click", event => {
    if (!event.target.closest("search")) {
      list.hidden = true;
    }
  });
})();
