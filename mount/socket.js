// The SDK's WebSocket. It corrects the names of rooms for the SDK, and notes times that the SDK drops.

import { toSdk, toServer } from './names.js';
import { note } from './times.js';

export class Socket extends WebSocket {
  send(frame) {
    super.send(toServer(frame));
  }

  // The SDK sets this property to listen.
  set onmessage(listen) {
    super.onmessage = ({ data }) => {
      note(data);
      listen({ data: toSdk(data) });
    };
  }
}
