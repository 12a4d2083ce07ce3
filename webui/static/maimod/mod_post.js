// Suggestions as the text of a mod post: timestamps in the form that the editor links, one line for each.

/** The text of suggestions about one difficulty: what concerns all of it first, then in the order of the song. */
export function modPost(version, suggestions) {
  const general = suggestions.filter((each) => each.time_ms === null);
  const timed = suggestions.filter((each) => each.time_ms !== null).sort((one, other) => one.time_ms - other.time_ms);
  return [`[${version}]`, ...general.map((each) => `- ${oneLine(each.message)}`), ...timed.map(line), ""].join("\n");
}

/** A suggestion with its timestamp, as `00:12:345 (1,2) - …`. */
const line = (suggestion) => `${suggestion.timestamp} - ${oneLine(suggestion.message)}`;

const oneLine = (text) => text.replace(/\s+/g, " ").trim();
