"use strict";
// Keeps the last seen fixtures for a lost network. What is kept is always the visitor's page, never
// one with a name or a paid forecast on it, so nothing of a person stays behind after logging out.
const SHELL = "shell-{{ version }}";
const SEEN = "seen-{{ version }}";
const HOME = "/";
const ASSETS = {{ assets | tojson }};

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    await (await caches.open(SHELL)).addAll(ASSETS);
    await keep(HOME);
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => ![SHELL, SEEN].includes(name)).map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event, url));
  else if (url.pathname.startsWith("/static/")) event.respondWith(asset(request));
});

async function page(event, url) {
  try {
    const answer = await fetch(event.request);
    if (answer.ok && url.pathname === HOME) event.waitUntil(remember(answer.clone(), url));
    return answer;
  } catch (lost) {
    if (url.pathname !== HOME) return Response.redirect(HOME);
    return (await caches.match(HOME, { cacheName: SEEN })) ?? Response.error();
  }
}

// Only a visitor's page may be kept by caches, and one without a message is kept as it came.
function remember(answer, url) {
  const week = url.searchParams.get("week");
  const plain = url.searchParams.size === (week === null ? 0 : 1);
  if (plain && answer.headers.get("cache-control") === "no-cache") return store(answer);
  return keep(week ? `${HOME}?week=${encodeURIComponent(week)}` : HOME);
}

async function keep(address) {
  try {
    await store(await fetch(address, { credentials: "omit", cache: "no-store" }));
  } catch (lost) {
    return; // what was kept before is still the last that was seen
  }
}

async function store(answer) {
  if (!answer.ok) return;
  const text = (await answer.text())
    .replace("<html ", "<html data-stale ")
    .replace('role="status" hidden>', 'role="status">');
  const kept = new Response(text, { headers: answer.headers });
  await (await caches.open(SEEN)).put(HOME, kept);
}

async function asset(request) {
  return (await caches.match(request, { cacheName: SHELL })) ?? fetch(request);
}
