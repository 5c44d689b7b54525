"use strict";
// Everything works without this file. With it, kick-off times count down in place, and the last
// seen fixtures stay readable without a network.
(() => {
  const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
  const SOON = HOUR;

  // The deadline is the service's clock, so count by it, not by the device's.
  const rendered = Date.parse(document.body.dataset.now);
  const ahead = Number.isNaN(rendered) ? 0 : rendered - Date.now();

  const two = (value) => String(value).padStart(2, "0");
  const clock = (left) => {
    const days = Math.floor(left / DAY);
    const rest = `${two(Math.floor(left % DAY / HOUR))}:${two(Math.floor(left % HOUR / MINUTE))}:${two(Math.floor(left % MINUTE / SECOND))}`;
    return days ? `${days} d ${rest}` : rest;
  };

  const close = (element) => {
    element.textContent = "Kicked off";
    element.classList.remove("soon");
    const form = element.closest("[data-slip]")?.querySelector("form");
    if (!form) return;
    for (const control of form.elements) control.disabled = true;
    const status = document.getElementById("status");
    if (status) status.textContent = `${form.dataset.name}: predictions are closed.`;
  };

  const counting = new Set(document.querySelectorAll("time[data-countdown]"));
  const tick = () => {
    const now = Date.now() + ahead;
    for (const element of counting) {
      const left = Date.parse(element.dateTime) - now;
      if (left <= 0) {
        counting.delete(element);
        close(element);
        continue;
      }
      element.textContent = clock(left);
      element.classList.toggle("soon", left < SOON);
    }
    // Wake at the next full second of the service's clock, and only while something counts.
    if (counting.size) setTimeout(tick, SECOND - now % SECOND);
  };
  if (counting.size) {
    for (const element of counting) element.title = `${element.textContent.trim()}`;
    tick();
  }

  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/service-worker.js");
})();
