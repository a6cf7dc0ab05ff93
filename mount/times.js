// The times at which earlier messages were published. The SDK drops them, so they are read from the frames.

const MAX_NOTED = 10000;

const noted = new Map(); // "epoch:offset" -> milliseconds since 1970

function noteAll({ epoch, publications }) {
  if (noted.size > MAX_NOTED) noted.clear();
  for (const { offset, time } of publications ?? []) {
    if (offset && time) noted.set(`${epoch}:${offset}`, time);
  }
}

// Notes the times in a frame from the server.
export function note(frame) {
  if (typeof frame !== 'string' || !frame.includes('"time":')) return;
  for (const line of frame.split('\n')) {
    if (line === '') continue;
    const { history, subscribe } = JSON.parse(line);
    for (const result of [history, subscribe]) if (result) noteAll(result);
  }
}

// The Date of a message, or null if it is unknown.
export function timeOf(epoch, offset) {
  const time = noted.get(`${epoch}:${offset}`);
  return time ? new Date(time) : null;
}
