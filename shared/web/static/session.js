// Warns before the session ends, ends with it what is shown, and keeps what was typed for whoever typed it.
// Without this file nothing typed is lost either: the server shows it again (shared/web/kept.py).

const SLOT = "pod-typed";
const DAY = 12 * 3600 * 1000;
const place = document.getElementById("session");
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("pod-session") : null;
const here = location.pathname + location.search;

function watch() {
  const { who, gone, warning, sent } = place.dataset;
  const dialog = document.importNode(place.content.querySelector("dialog"), true);
  const form = dialog.querySelector("form");
  const title = document.title;
  let end = 0, most = Infinity, typedAt = 0, timer = 0, leaving = false;

  const left = () => Math.ceil((end - Date.now()) / 1000);

  function plan(seconds) {
    end = Date.now() + seconds * 1000;
    if (dialog.open) dialog.close();
    document.title = title;
    wait(look, Math.max(0, seconds - warning));
  }

  function wait(what, seconds) {
    clearTimeout(timer);
    timer = setTimeout(what, seconds * 1000);
  }

  // The server knows: another tab, or a page without this script, may have renewed the session.
  async function ask(how = {}) {
    const answer = await fetch(form.action, { cache: "no-store", ...how }).catch(() => null);
    const told = answer?.ok ? await answer.json().catch(() => null) : null;
    if (!told) return false; // while the network is away, what was known before holds
    if (told.who !== who) await leave(told.seconds ? "other" : "idle");
    [end, most] = [Date.now() + told.seconds * 1000, told.most];
    return true;
  }

  async function look() {
    await ask();
    if (leaving) return;
    if (left() <= 0) leave("idle");
    else if (left() > warning) plan(left());
    else if (most > warning && Date.now() - typedAt < warning * 1000) stay(); // nobody is interrupted while they type
    else show();
  }

  async function stay(event) {
    event?.preventDefault();
    if (!(await ask({ method: "POST", body: new FormData(form) }))) await ask();
    if (leaving) return;
    if (left() <= warning) return show();
    plan(left());
    tabs?.postMessage({ who, seconds: left() });
  }

  function show() {
    if (!dialog.isConnected) document.body.append(dialog);
    for (const part of dialog.querySelectorAll("[data-if]")) part.hidden = (part.dataset.if === "day") !== (most <= warning);
    if (!dialog.open) dialog.showModal();
    tick();
  }

  function tick() {
    if (!dialog.open) return;
    if (left() <= 0) return look();
    const words = `You will be signed out in ${duration(left())}`;
    dialog.querySelector("h2").textContent = words;
    document.title = `${words} – ${title}`;
    if (left() % 60 === 0 || left() === 20) dialog.querySelector("[role=status]").textContent = words;
    wait(tick, 1);
  }

  async function leave(why) {
    if (leaving) return;
    leaving = true;
    await keep(sent === "yes").catch(() => {});
    document.querySelector("main")?.replaceChildren();
    location.replace(`${gone}?${new URLSearchParams({ why, next: here })}`);
  }

  const awake = () => { if (!document.hidden && left() <= warning) look(); };
  form.addEventListener("submit", stay);
  dialog.addEventListener("cancel", stay);
  document.addEventListener("input", () => { typedAt = Date.now(); });
  document.addEventListener("visibilitychange", awake);
  window.addEventListener("focus", awake);
  window.addEventListener("pageshow", (event) => { if (event.persisted) look(); });
  tabs?.addEventListener("message", ({ data }) => (data.who === who ? plan(data.seconds) : look()));
  plan(Number(place.dataset.seconds));
  tabs?.postMessage({ who, seconds: left() });
}

function duration(seconds) {
  const [number, unit] = seconds > 60 ? [Math.ceil(seconds / 60), "minute"] : [seconds, "second"];
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}

// What was typed, in this tab, for a working day, sealed under a key that only this person's pages hold.

async function keep(all) {
  const kept = forms().map((form) => (all || form.dataset.again || [...form.elements].some(changed) ? answers(form) : []));
  const files = forms().flatMap((form) => [...form.elements]).flatMap((field) => [...(field.files ?? [])].map((file) => file.name));
  if (!files.length && !kept.some((one) => one.length)) return;
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const text = new TextEncoder().encode(JSON.stringify([kept, files]));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key("encrypt"), text);
  sessionStorage.setItem(SLOT, JSON.stringify({ path: here, at: Date.now(), iv: base64(iv), sealed: base64(new Uint8Array(sealed)) }));
}

async function restore() {
  const slot = JSON.parse(sessionStorage.getItem(SLOT) ?? "null");
  if (slot && Date.now() - slot.at > DAY) sessionStorage.removeItem(SLOT);
  else if (slot?.path === here && !place.dataset.sent) putBack(await unseal(slot));
}

async function unseal(slot) {
  try {
    const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes(slot.iv) }, await key("decrypt"), bytes(slot.sealed));
    return JSON.parse(new TextDecoder().decode(text));
  } catch {
    return null; // somebody else typed it
  }
}

function putBack(found) {
  if (!found) return;
  const [kept, files] = found;
  forms().forEach((form, index) => fill(form, kept[index] ?? []));
  sessionStorage.removeItem(SLOT);
  const banner = document.importNode(place.content.querySelector(".govuk-notification-banner"), true);
  const again = banner.querySelector("[data-files]");
  again.hidden = !files.length;
  again.querySelector("strong").textContent = files.join(", ");
  document.querySelector("main").prepend(banner);
  window.dispatchEvent(new Event("pageshow")); // the Design System's components look at their fields again
}

const forms = () => [...document.querySelectorAll("main form")].filter((form) => form.elements.kept_for);
const OURS = ["csrf_token", "kept_for", "submission"];
const fields = (form) => [...form.elements].filter((field) => field.name && !["hidden", "password", "file", "submit"].includes(field.type));
const ticked = (field) => field.type === "checkbox" || field.type === "radio";

function changed(field) {
  if (ticked(field)) return field.checked !== field.defaultChecked;
  if (!field.options) return field.type !== "hidden" && "defaultValue" in field && field.value !== field.defaultValue;
  const first = [...field.options].findIndex((option) => option.defaultSelected);
  return field.selectedIndex !== (field.multiple ? first : Math.max(0, first));
}

// A page that offers to send something again holds the answers in hidden fields; the form they belong to, in visible ones.
function answers(form) {
  const names = new Set(fields(form).map((field) => field.name));
  return [...new FormData(form)].filter(([name, value]) => (form.dataset.again ? !OURS.includes(name) && typeof value === "string" : names.has(name)));
}

function fill(form, answers) {
  if (!answers.length) return;
  const waiting = [...answers]; // boxes of one name, as of a date, take their values in turn
  for (const field of fields(form)) {
    const has = (value) => answers.some(([name, answer]) => name === field.name && answer === value);
    const next = waiting.findIndex(([name]) => name === field.name);
    if (ticked(field)) field.checked = has(field.value);
    else if (field.options) for (const option of field.options) option.selected = has(option.value);
    else if (next >= 0) field.value = waiting.splice(next, 1)[0][1];
  }
}

// A form with a button to save it on the way back is saved so; whoever leaves its page by another way is asked first.
function saveOnTheWay(button) {
  const form = button.form;
  const link = document.querySelector("nav[aria-label=Back] a");
  let sent = false;
  const unsaved = () => form.isConnected && ("unsaved" in button.dataset || [...form.elements].some(changed));

  function back(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return; // it opens elsewhere, and this page stays
    if (!sent && ("unsaved" in button.dataset || !unsaved())) return; // what could not be saved before is asked about
    event.preventDefault();
    if (!sent) form.requestSubmit(button);
  }

  link?.addEventListener("click", back);
  form.addEventListener("submit", () => { sent = true; });
  window.addEventListener("pageshow", () => { sent = false; });
  window.addEventListener("beforeunload", (event) => { if (!sent && unsaved()) event.preventDefault(); });
}

const key = (use) => crypto.subtle.importKey("raw", bytes(place.dataset.key), "AES-GCM", false, [use]);
const base64 = (array) => btoa(Array.from(array, (byte) => String.fromCharCode(byte)).join(""));
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

if (place) {
  watch();
  restore();
} else {
  tabs?.postMessage({ who: "", seconds: 0 });
}

const wayBack = document.querySelector("main button[name=then][value=back]");
if (wayBack) saveOnTheWay(wayBack);
