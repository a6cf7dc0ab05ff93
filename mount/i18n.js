// The page's texts. Chinese is the default. English is for browsers that prefer it to Chinese, and for readers who choose it.

import { recall, store } from './storage.js';

const chinese = {
  title: '聊天室',
  panel: '房間與成員',
  rooms: '房間',
  roomName: '房間名稱',
  otherRoom: '去別的房間',
  go: '前往',
  people: '在這裡的人',
  here: (count) => `${count} 人在這裡`,
  more: (count) => `還有 ${count} 人`,
  plain: '純文字版',
  otherLanguage: 'English',
  invite: '複製邀請連結',
  copied: '邀請連結已複製，貼給朋友就能進來。',
  copyFailed: (url) => `無法複製，請自行複製這個連結：${url}`,
  log: '訊息',
  label: '訊息內容',
  placeholder: '請輸入',
  send: '送出',
  close: '關閉',
  reconnect: '重新連線',
  rename: '改暱稱',
  nickTitle: '你的暱稱',
  nickLabel: '大家會看到這個名字。',
  save: '儲存',
  cancel: '取消',
  guest: '訪客',
  you: '你',
  guestName: (adjective, animal) => adjective + animal,
  adjectives: ['開心的', '安靜的', '好奇的', '勇敢的', '悠閒的', '害羞的', '聰明的', '閃亮的'],
  animals: ['石虎', '黑熊', '水獺', '藍鵲', '海豚', '貓頭鷹', '松鼠', '雲豹', '綠蠵龜', '帝雉'],
  jump: (count) => (count > 0 ? `${count} 則新訊息` : '回到最新訊息'),
  newMessages: '以下為新訊息',
  earlier: '以上為先前的訊息',
  entered: (room) => `已進入房間「${room}」`,
  renamed: (nick) => `你現在叫「${nick}」`,
  // The names, which may be cut off, and the verb.
  typing: (names) => [names.length > 3 ? '好幾個人' : `${names.join('、')} `, '正在輸入…'],
  connecting: '連線中…',
  connected: '已連線',
  reconnecting: '重新連線中…',
  offline: '離線',
  disconnected: '已斷線',
  banners: {
    reconnecting: '連線中斷，正在重新連線。漏掉的訊息會補回來。',
    offline: '目前離線。網路恢復後會自動重新連線，漏掉的訊息會補回來。',
    disconnected: '目前沒有連線，訊息無法送出。',
  },
  opened: '連線成功!',
  closed: '被後端斷開',
  recovered: (count) => (count > 0 ? `已重新連線，補回 ${count} 則訊息` : '已重新連線，沒有漏掉訊息'),
  filled: (count) => `補回 ${count} 則訊息`,
  missing: (count) => (count > 0
    ? `斷線期間有 ${count} 則訊息無法補回`
    : '斷線期間的訊息可能有遺漏，無法補回'),
  tooLong: '訊息太長，請分成幾則送出。',
  notSent: '訊息可能沒有送出，請確認後再試一次。',
  readOnly: '你不能在這個房間發言，訊息沒有送出。',
  yourName: '你的名字：',
  verified: '已驗證',
  verifiedAs: (user) => `已驗證：${user}`,
  notSignedIn: '尚未登入',
  // `status` is the site's HTTP status, 0 if there is none.
  noToken: (status) => `網站目前無法確認你的登入（${status === 0 ? '沒有有效的回應' : `狀態碼 ${status}`}），會自動再試。`,
  // Banners for some close codes, which say what the reader can do.
  ends: {
    1: '你還沒有登入這個網站。請先登入，再重新連線。',
    109: '網站給的登入憑證已經過期，可能是網站的時鐘不準。請稍後再重新連線。',
    3500: '你的登入已經失效或被撤銷。請在網站上重新登入，再重新連線。',
    noToken: '這裡只接受已登入的人，但是這個頁面沒有設定登入。請通知網站管理員。',
    3503: '伺服器結束了你的連線。',
    3507: '這裡只接受已登入的人。請在網站上登入，再重新連線。',
  },
  config: {
    missing: '找不到頁面的設定檔 config.json，所以沒有使用登入。',
    unreachable: '無法載入頁面的設定檔 config.json。請檢查網路，再重新連線。',
    status: (status) => `無法載入頁面的設定檔 config.json（狀態碼 ${status}）。請通知網站管理員。`,
    notJson: '頁面的設定檔 config.json 不是有效的 JSON。請通知網站管理員。',
    notObject: '頁面的設定檔 config.json 應該是 JSON 物件，例如 {}。請通知網站管理員。',
    unknown: (name, known) => `頁面的設定檔 config.json 有未知的設定「${name}」，可用的是「${known}」。請通知網站管理員。`,
    notText: (name) => `頁面的設定檔 config.json 的「${name}」應該是一個網址。請通知網站管理員。`,
    otherSite: (url, origin) => `頁面的設定檔 config.json 的網址「${url}」必須在 ${origin}。請通知網站管理員。`,
  },
  badRoom: {
    empty: '請輸入房間名稱。',
    long: '房間名稱太長。',
    letters: '房間名稱不能有「/」或控制字元。',
    dots: '房間名稱不能是「.」或「..」。',
    url: (room) => `連結裡的房間名稱不能用，這裡是「${room}」。`,
  },
  binary: (size) => `[二進位資料，${size} 位元組]`,
  // Meanings of close codes. A code that is not listed shows only its number.
  codes: {
    103: '你不能進入這個房間',
    109: '網站給的登入憑證已經過期',
    1001: '伺服器正在關閉或重新啟動',
    1006: '連線中斷',
    1007: '訊息不是有效的文字',
    1008: '伺服器拒絕了這個連線',
    1009: '訊息太大',
    1011: '伺服器發生錯誤',
    3008: '接收速度太慢',
    3500: '登入憑證無效或已被撤銷',
    3501: '伺服器不接受這個請求',
    noToken: '伺服器要求登入',
    3503: '伺服器結束了這個連線',
    3507: '伺服器不接受未登入的人',
  },
  detail: (meaning, code, reason) =>
    `${meaning ?? '連線已關閉'}（代碼 ${code}${reason ? `：${reason}` : ''}）`,
};

const english = {
  title: 'Chat room',
  panel: 'Rooms and people',
  rooms: 'Rooms',
  roomName: 'Name of a room',
  otherRoom: 'Another room',
  go: 'Go',
  people: 'People here',
  here: (count) => (count === 1 ? '1 person here' : `${count} people here`),
  more: (count) => `and ${count} more`,
  plain: 'Plain page',
  otherLanguage: '中文',
  invite: 'Copy invitation link',
  copied: 'Invitation link copied. Paste it to a friend.',
  copyFailed: (url) => `Copying failed. The link is ${url}`,
  log: 'Messages',
  label: 'Message text',
  placeholder: 'Type a message',
  send: 'Send',
  close: 'Close',
  reconnect: 'Reconnect',
  rename: 'Change name',
  nickTitle: 'Your nickname',
  nickLabel: 'This is the name that others see.',
  save: 'Save',
  cancel: 'Cancel',
  guest: 'Guest',
  you: 'you',
  guestName: (adjective, animal) => `${adjective} ${animal}`,
  adjectives: ['Happy', 'Quiet', 'Curious', 'Brave', 'Lazy', 'Shy', 'Clever', 'Shiny'],
  animals: ['Otter', 'Bear', 'Magpie', 'Dolphin', 'Owl', 'Squirrel', 'Leopard', 'Turtle', 'Pheasant', 'Fox'],
  jump: (count) => {
    if (count === 0) return 'Newest messages';
    return count === 1 ? '1 new message' : `${count} new messages`;
  },
  newMessages: 'New messages',
  earlier: 'Earlier messages above',
  entered: (room) => `You are in the room “${room}”`,
  renamed: (nick) => `You are now “${nick}”`,
  typing: (names) => {
    if (names.length > 3) return ['Several people', ' are typing…'];
    const last = names.at(-1);
    const first = names.slice(0, -1).join(', ');
    return first ? [`${first} and ${last}`, ' are typing…'] : [last, ' is typing…'];
  },
  connecting: 'Connecting…',
  connected: 'Connected',
  reconnecting: 'Reconnecting…',
  offline: 'Offline',
  disconnected: 'Disconnected',
  banners: {
    reconnecting: 'The connection was lost. Reconnecting; what you miss will be recovered.',
    offline: 'You are offline. The page reconnects when the network is back, and recovers what you miss.',
    disconnected: 'You are not connected.',
  },
  opened: 'Connected!',
  closed: 'Disconnected by the server',
  recovered: (count) => {
    if (count === 0) return 'Reconnected, nothing was missed';
    return `Reconnected, ${count} ${count === 1 ? 'message' : 'messages'} recovered`;
  },
  filled: (count) => `${count} ${count === 1 ? 'message' : 'messages'} recovered`,
  missing: (count) => {
    if (count > 0) return `${count} ${count === 1 ? 'message' : 'messages'} could not be recovered`;
    return 'Messages may be missing here that could not be recovered';
  },
  tooLong: 'This message is too long. Please send it in parts.',
  notSent: 'The message may not have been sent. Please look, and try again.',
  readOnly: 'You may not write in this room. The message was not sent.',
  yourName: 'Your name: ',
  verified: 'verified',
  verifiedAs: (user) => `Verified: ${user}`,
  notSignedIn: 'Not signed in',
  noToken: (status) => `The site cannot confirm your sign-in now (${status === 0 ? 'no valid answer' : `status ${status}`}). `
    + 'The page tries again.',
  ends: {
    1: 'You are not signed in on this site. Sign in, then reconnect.',
    109: 'The site’s token for you had already expired. Its clock may be wrong. Reconnect later.',
    3500: 'Your sign-in is no longer valid, or it was revoked. Sign in on the site again, then reconnect.',
    noToken: 'Only people who are signed in may enter, but this page has no sign-in. Please tell the site’s administrator.',
    3503: 'The server has ended your connection.',
    3507: 'Only people who are signed in may enter. Sign in on the site, then reconnect.',
  },
  config: {
    missing: 'The page’s file config.json is missing, so nobody signs in here.',
    unreachable: 'The page’s file config.json could not be loaded. Check the network, then reconnect.',
    status: (status) => `The page’s file config.json could not be loaded (status ${status}). Please tell the site’s administrator.`,
    notJson: 'The page’s file config.json is not valid JSON. Please tell the site’s administrator.',
    notObject: 'The page’s file config.json must be a JSON object, such as {}. Please tell the site’s administrator.',
    unknown: (name, known) => `The page’s file config.json has the unknown setting “${name}”, expected “${known}”. `
      + 'Please tell the site’s administrator.',
    notText: (name) => `The setting “${name}” in the page’s file config.json must be an address. `
      + 'Please tell the site’s administrator.',
    otherSite: (url, origin) => `The address “${url}” in the page’s file config.json must be on ${origin}. `
      + 'Please tell the site’s administrator.',
  },
  badRoom: {
    empty: 'Please type the name of a room.',
    long: 'The name of this room is too long.',
    letters: 'A room’s name has no “/” and no control characters.',
    dots: 'A room cannot be called “.” or “..”.',
    url: (room) => `The link names an impossible room. This is “${room}”.`,
  },
  binary: (size) => `[binary, ${size} ${size === 1 ? 'byte' : 'bytes'}]`,
  codes: {
    103: 'You may not enter this room',
    109: 'The site’s token had already expired',
    1001: 'The server is going away or restarting',
    1006: 'The connection was lost',
    1007: 'The message was not valid text',
    1008: 'The server refused this connection',
    1009: 'The message was too large',
    1011: 'The server had an error',
    3008: 'This page received too slowly',
    3500: 'The token is invalid or was revoked',
    3501: 'The server did not accept this request',
    noToken: 'The server asks for a token',
    3503: 'The server ended this connection',
    3507: 'The server accepts only people who are signed in',
  },
  detail: (meaning, code, reason) =>
    `${meaning ?? 'The connection was closed'} (code ${code}${reason ? `: ${reason}` : ''})`,
};

// The reader's choice counts, else the first Chinese or English entry in the browser's list.
function choose(languages) {
  for (const tag of [recall('language') ?? '', ...languages]) {
    const primary = tag.toLowerCase().split('-')[0];
    if (primary === 'zh') return 'zh-Hant';
    if (primary === 'en') return 'en';
  }
  return 'zh-Hant';
}

export const language = choose(navigator.languages ?? [navigator.language ?? '']);
export const texts = language === 'en' ? english : chinese;

// Chooses the other language, from the next load on.
export function switchLanguage() {
  store('language', language === 'en' ? 'zh-Hant' : 'en');
}

// Puts the chosen language into the static page.
export function translate(root) {
  root.documentElement.lang = language;
  for (const element of root.querySelectorAll('[data-i18n]')) {
    element.textContent = texts[element.dataset.i18n];
  }
  for (const element of root.querySelectorAll('[data-i18n-label]')) {
    element.setAttribute('aria-label', texts[element.dataset.i18nLabel]);
  }
  for (const element of root.querySelectorAll('[data-i18n-placeholder]')) {
    element.placeholder = texts[element.dataset.i18nPlaceholder];
  }
}
