// Finds for itself whether each entry of the page stands in the log: RFC 6962 inclusion, hashed by the browser (WebCrypto).
"use strict";
(() => {
  const known = new Map();
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));

  // Paths of one log share their upper part: a pair is hashed once.
  const parent = (left, right) => {
    const pair = left + right;
    if (!known.has(pair)) {
      const input = new Uint8Array(65);
      input[0] = 1;
      input.set(bytes(left), 1);
      input.set(bytes(right), 33);
      known.set(pair, crypto.subtle.digest("SHA-256", input).then(text));
    }
    return known.get(pair);
  };

  /** The root that a path leads to from a leaf's hash; null for a path that is none. */
  const root = async (leaf, index, size, path) => {
    if (!(index < size)) return null;
    let [node, last, hash] = [index, size - 1, leaf];
    for (const sibling of path) {
      if (last === 0) return null;
      if (node % 2 === 1 || node === last) {
        hash = await parent(sibling, hash);
        while (node % 2 === 0 && node !== 0) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
      } else {
        hash = await parent(hash, sibling);
      }
      [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
    }
    return last === 0 ? hash : null;
  };

  /** What is found of each entry: "cosigned", "signed" or "not". An entry that is shown twice is not believed twice. */
  const verify = ({ heads, entries }) => {
    const seen = new Set();
    return Promise.all(entries.map(async ([log, index, leaf, size, path]) => {
      const again = seen.has(`${log} ${index}`);
      seen.add(`${log} ${index}`);
      const head = (heads[log] || []).find((one) => one[0] === size);
      if (again || !head || !path) return "not";
      const found = await root(leaf, index, size, path).catch(() => null);
      return found !== head[1] ? "not" : head[2] ? "cosigned" : "signed";
    }));
  };

  globalThis.musubiProofs = { verify };
  const block = globalThis.document?.getElementById("proofs");
  if (!block || !globalThis.crypto?.subtle) return;
  verify(JSON.parse(block.textContent)).then((found) => {
    for (const place of document.querySelectorAll("[data-proof]")) {
      const mark = document.getElementById(`mark-${found[Number(place.dataset.proof)] || "not"}`);
      place.replaceChildren(mark.content.cloneNode(true));
    }
    const summary = document.querySelector(".proofs-summary");
    if (!summary || found.length === 0) return;
    summary.querySelector(".proofs-done").textContent = found.includes("not") ? summary.dataset.some : summary.dataset.all;
  });
})();
