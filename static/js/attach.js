// @ts-check
/** Files that go with a message: picked, dropped or pasted, shown before they are sent, and how much of them is there. */
import { box, complain, form } from './composer.js';
import { say } from './say.js';

const PICTURE = /^image\/(png|jpeg|gif|webp|avif)$/;
const MB = 1048576; // bytes
const STALL_MS = 60000; // without a byte moving
const LOOK_AT_MS = 250000; // for the server to look at the pictures: it takes no longer than 240 s

/** @typedef {{file: File, li: HTMLElement}} Attached */

const picker = /** @type {HTMLInputElement | null} */ (document.getElementById('files'));
const shelf = document.getElementById('thumbs');
const thumb = /** @type {HTMLTemplateElement | null} */ (document.getElementById('thumb'));
/** @type {Attached[]} */
let attached = [];

/** In megabytes, never less than it is: what is just too large must not look as if it fitted. */
const inMega = (/** @type {number} */ bytes) => Math.ceil((bytes / MB) * 10) / 10;

const sizeWords = (/** @type {number} */ bytes) => (bytes < MB ? `${Math.ceil(bytes / 1024)} KB` : `${inMega(bytes)} MB`);

export const hasFiles = () => attached.length > 0;

function forget(/** @type {Attached} */ one) {
  attached = attached.filter((other) => other !== one);
  one.li.remove();
  complain();
  box.focus();
}

/** The preview of a file. */
function draw(/** @type {File} */ file) {
  const li = /** @type {HTMLElement} */ (document.importNode(/** @type {HTMLTemplateElement} */ (thumb).content, true).firstElementChild);
  const [name, size] = li.querySelectorAll('.grow > span');
  const remove = li.querySelector('button');
  const picture = li.querySelector('img');
  name.textContent = file.name;
  size.textContent = sizeWords(file.size);
  remove?.setAttribute('aria-label', `Remove ${file.name}`);
  li.querySelector('progress')?.setAttribute('aria-label', `Uploading ${file.name}`);
  li.classList.toggle('picture', PICTURE.test(file.type));
  if (picture && PICTURE.test(file.type)) {
    picture.src = URL.createObjectURL(file);
    picture.onload = () => URL.revokeObjectURL(picture.src);
    picture.onerror = () => li.classList.remove('picture');
  }
  return li;
}

/** Why a file cannot go with the message; nothing if it can. */
function trouble(/** @type {File} */ file) {
  const { maxBytes, maxFiles } = /** @type {HTMLInputElement} */ (picker).dataset;
  if (file.size > Number(maxBytes)) return `${file.name} is ${inMega(file.size)} MB; the limit is ${Number(maxBytes) / MB}.`;
  return attached.length < Number(maxFiles) ? '' : `Not more than ${maxFiles} files go with a message.`;
}

/** Put files on the shelf, with what they look like if that was drawn before. */
function shelve(/** @type {Attached} */ one) {
  attached.push(one);
  shelf?.append(one.li);
  one.li.querySelector('button')?.addEventListener('click', () => forget(one));
}

/** Let files go with the next message, or say at once why not. */
function attach(/** @type {FileList | null | undefined} */ files) {
  const before = attached.length;
  const wrong = new Set();
  for (const file of files ?? []) {
    const why = trouble(file);
    if (why) wrong.add(why);
    else shelve({ file, li: draw(file) });
  }
  complain([...wrong].join(' '));
  const fresh = attached.slice(before);
  if (fresh.length) say(`${fresh.map(({ file }) => file.name).join(', ')} attached`);
  box.focus();
}

/** What was attached goes with the message that is being sent. */
export function takeFiles() {
  const taken = attached;
  attached = [];
  return taken;
}

/** What came back is as it was before. */
export function giveFilesBack(/** @type {Attached[]} */ files) {
  for (const { file } of files) shelve({ file, li: draw(file) });
}

/** How much of each is there, when this much of all of them is: they go one after the other. */
function showMoved(/** @type {Attached[]} */ files, /** @type {number} */ moved) {
  for (const { file, li } of files) {
    const bar = li.querySelector('progress');
    if (bar) bar.value = file.size ? Math.min(1, Math.max(0, moved / file.size)) : 1;
    moved -= file.size;
  }
}

/** What fetch does, for what takes long: it shows how far it has got and waits as long as bytes move. */
/** @returns {Promise<Response>} */
export const upload = (/** @type {string} */ url, /** @type {any} */ init, /** @type {Attached[]} */ files) => new Promise((done, failed) => {
  const request = new XMLHttpRequest();
  let timer = 0;
  const onMoved = (/** @type {number} */ moved, patience = STALL_MS) => {
    clearTimeout(timer);
    timer = setTimeout(() => request.abort(), patience);
    showMoved(files, moved);
  };
  request.open(init.method, url);
  new Headers(init.headers).forEach((value, name) => request.setRequestHeader(name, value));
  request.upload.onprogress = ({ loaded }) => onMoved(loaded);
  request.upload.onload = ({ loaded }) => onMoved(loaded, LOOK_AT_MS);
  request.onloadend = () => {
    clearTimeout(timer);
    const { status, responseText } = request;
    const headers = [...request.getAllResponseHeaders().matchAll(/^([^:\s]+): (.*)$/gm)].map(([, name, value]) => /** @type {[string, string]} */ ([name, value]));
    if (status) done(new Response(status === 204 ? null : responseText, { status, headers }));
    else failed(new Error('upload'));
  };
  request.send(init.body);
  onMoved(0);
});

const brings = (/** @type {DataTransfer | null} */ data) => !!data?.types.includes('Files');

function onDrag(/** @type {DragEvent} */ event) {
  if (!brings(event.dataTransfer)) return;
  event.preventDefault(); // else the browser leaves for the file
  form.classList.toggle('dropping', event.type === 'dragover');
  if (event.type === 'drop') attach(event.dataTransfer?.files);
}

/** A picture in the clipboard; words that bring a picture of themselves along are pasted as words. */
function onPaste(/** @type {ClipboardEvent} */ event) {
  const data = event.clipboardData;
  if (!brings(data) || ['text/plain', 'text/html'].every((type) => data?.types.includes(type))) return;
  event.preventDefault();
  attach(data?.files);
}

export function startAttaching() {
  if (!picker) return;
  picker.addEventListener('change', () => {
    attach(picker.files);
    picker.value = '';
  });
  for (const type of ['dragover', 'dragleave', 'drop']) document.addEventListener(type, /** @type {EventListener} */ (onDrag));
  document.addEventListener('paste', onPaste);
}
