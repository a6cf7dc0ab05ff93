// The page's data in the browser's storage. If the browser forbids storage, the page works without memory.

const PREFIX = 'lws-chat.';

export function recall(key, storage = 'localStorage') {
  try {
    return window[storage].getItem(PREFIX + key);
  } catch {
    return null;
  }
}

export function store(key, value, storage = 'localStorage') {
  try {
    if (value === null) window[storage].removeItem(PREFIX + key);
    else window[storage].setItem(PREFIX + key, value);
  } catch {
    // The storage is forbidden or full.
  }
}

// Recalls a JSON value. Null: it is missing or cannot be read.
export function recallJson(key, storage) {
  try {
    return JSON.parse(recall(key, storage));
  } catch {
    return null;
  }
}
