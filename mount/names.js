// Names of rooms, as the SDK may have them. It (5.8.0) keeps its rooms in plain objects, where the names of
// Object.prototype are taken: "constructor" is there before anybody subscribes, and a room called
// "hasOwnProperty" breaks all others. So it knows such a room by a name that no room can have, with "/" before it,
// and the socket puts the right name on the wire.

const MARK = '/';

let marked = false; // whether any name was: if not, nothing is to be put right

export function sdkName(room) {
  if (!(room in Object.prototype)) return room;
  marked = true;
  return MARK + room;
}

const eachLine = (frame, change) => {
  if (!marked || typeof frame !== 'string') return frame;
  return frame.split('\n').map((line) => (line === '' ? '' : JSON.stringify(change(JSON.parse(line))))).join('\n');
};

// A frame of the SDK's commands, {"id":1,"subscribe":{"channel":"/constructor"}}.
export const toServer = (frame) => eachLine(frame, (command) => {
  for (const request of Object.values(command)) {
    if (request.channel?.startsWith(MARK)) request.channel = request.channel.slice(MARK.length);
  }
  return command;
});

// A frame of the server's replies, which name no room, and pushes, {"push":{"channel":"constructor"}}.
export const toSdk = (frame) => eachLine(frame, (reply) => {
  if (reply.push?.channel) reply.push.channel = sdkName(reply.push.channel);
  return reply;
});
