
"use strict";
(() => {
  const agent = navigator.userAgent;
  const found = /Windows/.test(agent) ? "windows" : /Macintosh|Mac OS/.test(agent) ? "macos" : "linux";
  const choice = document.getElementById("os-" + found);
  if (choice) choice.checked = true;
})();
