// Names of rooms that are safe for the SDK. The SDK (5.8.0) keeps its rooms in plain objects, which already have the names of
// Object.prototype: a room "constructor" seems to exist before anybody subscribes, and a room "hasOwnProperty" breaks all
// others. So the SDK gets such a name with "/" before it, which no room has. The socket puts the right name on the wire.

const MARK = '/';

let marked = false; // a name was marked, so frames need translation

export function sdkName(room) {
  if (!(room in Object.prototype)) return room;
  marked = true;
  return MARK + room;
}

const eachLine = (frame, change) => {
  if (!marked || typeof frame !== 'string') return frame;
  return frame.split('\n').map((line) => (line === '' ? '' : JSON.stringify(change(JSON.parse(line))))).join('\n');
};

// Translates a frame of commands, {"id":1,"subscribe":{"channel":"/constructor"}}.
export const toServer = (frame) => eachLine(frame, (command) => {
  for (const request of Object.values(command)) {
    if (request.channel?.startsWith(MARK)) request.channel = request.channel.slice(MARK.length);
  }
  return command;
});

// Translates a frame of replies and pushes. Only pushes name a room, {"push":{"channel":"constructor"}}.
export const toSdk = (frame) => eachLine(frame, (reply) => {
  if (reply.push?.channel) reply.push.channel = sdkName(reply.push.channel);
  return reply;
});
