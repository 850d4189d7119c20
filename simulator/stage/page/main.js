/** The page of the stage: connects to it, hands what it tells to the views, and sends back what people do. */

import { Codes } from './codes.js';
import { Faults } from './faults.js';
import { PhoneView } from './phone-view.js';
import { Room } from './room.js';
import { Signals } from './signals.js';
import { Streams } from './streams.js';
import { Tabs } from './tabs.js';
import { WebUserView } from './web-user-view.js';
import { language, onLanguage, switchLanguage, texts } from './texts.js';

const AGAIN_MS = 1000;
/** A phone with its case, in its own pixels; `stage.css` draws it so. */
const PHONE = { width: 414 + 32, height: 868 };
/** What stands below a phone, and the least that the panel needs, in pixels. */
const FOOT = 84;
const PANEL = 560;
const SMALLEST = 0.42;
const byId = (id) => document.getElementById(id);

/** @type {Map<string, PhoneView>} */
const phones = new Map();
/** @type {Set<WebUserView>} */
const webUsers = new Set();
/** Web users that the stage knows by name, wherever their pages are open. @type {Set<string>} */
const webNames = new Set();
let socket = null;
const send = (message) => socket?.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message));

const tabs = new Tabs(byId('tablist'), ['signals', 'streams', 'room', 'codes']);
const signals = new Signals(byId('view-signals'));
const streams = new Streams(byId('view-streams'), () => tabs.shown === 'streams');
const room = new Room(byId('view-room'));
const codes = new Codes(byId('view-codes'));
const faults = new Faults(
  { target: byId('target'), buttons: byId('fault-buttons'), runs: byId('runs') },
  (fault, phone) => send({ type: 'fault', fault, phone }),
);
tabs.onShown = (name) => {
  if (name === 'streams') streams.draw();
  if (name === 'signals') signals.follow();
};

const HANDLERS = {
  hello({ faults: known, meanings, mostPhones, webJoin }) {
    for (const view of phones.values()) view.remove();
    phones.clear();
    webNames.clear();
    signals.clear();
    faults.offer(known);
    codes.meanings = meanings;
    byId('add-phone').dataset.most = mostPhones;
    byId('web-user').hidden = webJoin === null;
    byId('web-user').dataset.join = webJoin ?? '';
  },
  phone({ name, sheets }) {
    phones.set(
      name,
      new PhoneView(byId('phones'), { name, sheets, act: (act) => send({ type: 'act', phone: name, ...act }) }),
    );
    scalePhones();
    byId('add-phone').disabled = phones.size >= Number(byId('add-phone').dataset.most);
    nameTargets();
    signals.phones([...phones.keys()]);
  },
  'web-user'(message) {
    if (message.gone) webNames.delete(message.name);
    else webNames.add(message.name);
    for (const user of webUsers) if (user.seat === message.seat) user.told(message);
    nameTargets();
  },
  view: (message) => phones.get(message.phone)?.view(message),
  media: (message) => phones.get(message.phone)?.media(message),
  app: (message) => phones.get(message.phone)?.app(message),
  network: (message) => phones.get(message.phone)?.network(message),
  ui: (message) => phones.get(message.phone)?.ui(message),
  signal: (message) => signals.frame(message),
  socket: (message) => signals.socket(message),
  native: (message) => codes.add(message),
  netstatus: (message) => streams.netstatus(message),
  measured(message) {
    streams.measured(message);
    room.gateway(message);
  },
  room(message) {
    phones.get(message.phone)?.signaling(message.up);
    room.told(message);
  },
  obstacles: (message) => faults.obstacles(message.phones),
  fault(message) {
    faults.run(message);
    for (const seen of message.phones) {
      phones.get(seen.name)?.recovery(message, seen);
      for (const user of webUsers) if (user.name === seen.name) user.recovery(message, seen);
    }
  },
  problem: ({ phone, text }) => phones.get(phone)?.problem(text),
};

function nameTargets() {
  faults.targets([...phones.keys(), ...webNames]);
}

function connect() {
  socket = new WebSocket(`ws://${location.host}/stage`);
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(data);
    HANDLERS[message.type]?.(message);
  });
  socket.addEventListener('open', () => {
    byId('lost').hidden = true;
  });
  socket.addEventListener('close', () => {
    byId('lost').hidden = false;
    setTimeout(connect, AGAIN_MS);
  });
}

const dark = matchMedia('(prefers-color-scheme: dark)');
const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? 'dark' : 'light')) === 'dark';

function label() {
  const words = texts();
  document.documentElement.lang = language();
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = words[element.dataset.text];
  for (const element of document.querySelectorAll('[data-label]'))
    element.setAttribute('aria-label', words[element.dataset.label]);
  byId('language').textContent = words.language;
  byId('language').lang = language() === 'zh' ? 'en' : 'zh';
  byId('theme').textContent = isDark() ? words.toLight : words.toDark;
}

/** Phones are as large as the window lets them be beside the panel. */
function scalePhones() {
  const place = byId('phones');
  const high = (place.clientHeight - FOOT) / PHONE.height;
  const all = [...phones.values(), ...webUsers];
  const wide = (innerWidth - PANEL) / (Math.max(1, all.length) * PHONE.width);
  const scale = Math.min(1, Math.max(SMALLEST, Math.min(high, wide)));
  for (const { element } of all) element.style.setProperty('--scale', scale.toFixed(3));
}

addEventListener('resize', () => {
  scalePhones();
  streams.restyle();
});
byId('language').addEventListener('click', switchLanguage);
byId('theme').addEventListener('click', () => {
  document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
  label();
  streams.restyle();
});
dark.addEventListener('change', () => {
  label();
  streams.restyle();
});
byId('web-user').addEventListener('click', ({ target }) => {
  const user = new WebUserView(byId('phones'), target.dataset.join, () => {
    webUsers.delete(user);
    scalePhones();
  });
  webUsers.add(user);
  scalePhones();
});
byId('add-phone').addEventListener('click', () => send({ type: 'add-phone' }));
onLanguage(label);
connect();
