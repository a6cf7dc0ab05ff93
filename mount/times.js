// When earlier messages were published. The SDK hands over everything of a publication but that, so it is noted
// on the way in.

const MAX_NOTED = 10000;

const noted = new Map(); // "epoch:offset" -> milliseconds since 1970

function note({ epoch, publications }) {
  if (noted.size > MAX_NOTED) noted.clear();
  for (const { offset, time } of publications ?? []) {
    if (offset && time) noted.set(`${epoch}:${offset}`, time);
  }
}

// The SDK's connection to the server.
export class Socket extends WebSocket {
  constructor(...parameters) {
    super(...parameters);
    this.addEventListener('message', ({ data }) => {
      if (typeof data !== 'string' || !data.includes('"time":')) return;
      for (const line of data.split('\n')) {
        const { history, subscribe } = JSON.parse(line);
        for (const result of [history, subscribe]) if (result) note(result);
      }
    });
  }
}

// The Date of a message, or null if nobody knows it.
export function timeOf(epoch, offset) {
  const time = noted.get(`${epoch}:${offset}`);
  return time ? new Date(time) : null;
}
