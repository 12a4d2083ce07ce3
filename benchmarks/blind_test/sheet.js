// The page of a blind test: one pair at a time in the player, a vote for each, and the result.

import { el, fill } from "app/dom.js";
import { mountPlayer } from "app/preview/player.js";

const { sheet, pairs, texts } = JSON.parse(document.getElementById("data").textContent);
const CHOICES = { A: "A is by a human", B: "B is by a human", unsure: "I cannot tell" };

const part = (id) => document.getElementById(id);
const votes = {};
let answers = null;
let shown = 0;
let player = null;

const text = (key, values = {}) => (texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

function show(index) {
  shown = index;
  const pair = pairs[index];
  player?.destroy();
  const maps = pair.maps.map((map, side) => ({
    name: "AB"[side],
    version: "AB"[side],
    previewUrl: `data:application/json,${encodeURIComponent(JSON.stringify(map))}`,
    audioUrl: pair.audio,
  }));
  player = mountPlayer(part("player"), { maps, texts: text });
  part("picture").innerHTML = pair.picture;
  part("previous").disabled = index === 0;
  part("next").disabled = index === pairs.length - 1;
  showVotes();
}

function showVotes() {
  const voted = Object.keys(votes).length;
  part("place").textContent = `Pair ${shown + 1} of ${pairs.length}, osu!${pairs[shown].mode} – ${voted} voted`;
  fill(part("votes"), Object.entries(CHOICES).map(([choice, label]) =>
    el("button", { type: "button", class: "button", "aria-pressed": String(votes[shown + 1] === choice), onclick: () => vote(choice) }, label)));
}

function vote(choice) {
  votes[shown + 1] = choice;
  showVotes();
}

function result() {
  const found = { sheet, pairs: pairs.length, votes };
  if (answers) {
    const decided = Object.entries(votes).filter(([, choice]) => choice !== "unsure");
    found.decided = decided.length;
    found.right = decided.filter(([pair, choice]) => answers[pair - 1].human === choice).length;
  }
  return found;
}

function showResult() {
  const found = result();
  const voted = Object.keys(votes).length;
  const right = answers ? ` ${found.right} of ${found.decided} votes for A or B name the human-made map.` : "";
  part("summary").textContent = `${voted} of ${pairs.length} pairs voted.${right}`;
  part("result").textContent = JSON.stringify(found, null, 1);
  part("result").hidden = false;
}

async function copy() {
  showResult();
  try {
    await navigator.clipboard.writeText(part("result").textContent);
    part("copy").textContent = "Copied";
  } catch {
    // Pages of a file may not write to the clipboard in every browser: the text is selected instead.
    getSelection().selectAllChildren(part("result"));
  }
}

async function openAnswers({ target }) {
  try {
    const read = JSON.parse(await target.files[0].text());
    if (read.sheet !== sheet) throw new Error("another sheet");
    answers = read.pairs;
    showResult();
  } catch {
    part("summary").textContent = "This file does not have the answers of this page.";
  }
}

part("previous").addEventListener("click", () => show(shown - 1));
part("next").addEventListener("click", () => show(shown + 1));
part("show").addEventListener("click", showResult);
part("copy").addEventListener("click", copy);
part("answers").addEventListener("change", openAnswers);
show(0);
