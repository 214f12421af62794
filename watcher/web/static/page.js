// The page works without this: it only says how old it is by now, and times in the reader's own zone.
"use strict";

const made = document.querySelector(".made");

function tell() {
  const minutes = Math.floor((Date.now() - Date.parse(made.dataset.made)) / 60000);
  made.textContent = minutes < 1 ? "" : `(${minutes} min ago)`;
}

if (made) {
  tell();
  setInterval(tell, 15000);
}

for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.valueOf())) {
    time.title = at.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  }
}
