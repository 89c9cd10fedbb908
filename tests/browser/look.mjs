// Look at a page in a browser, as JSON on standard input says, and print what was seen as JSON.
// in:  {program, page, views: [{width, height, scheme, picture?, until?}], pdf?}
// out: {requests, console, views: [{overflow, violations}], pages}
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const asked = JSON.parse(readFileSync(0, "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath: asked.program, args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });

// A headless browser without a GPU now and then cannot; the page is the same at the next try.
async function picture(page, how, tries = 3) {
  try {
    await page.screenshot(how);
  } catch (error) {
    if (tries <= 1) throw error;
    await picture(page, how, tries - 1);
  }
}

const seen = { requests: [], console: [], views: [], pages: 0 };
try {
  for (const view of asked.views) {
    const context = await browser.newContext({
      viewport: { width: view.width, height: view.height },
      colorScheme: view.scheme,
      deviceScaleFactor: view.scale ?? 1,
    });
    const page = await context.newPage();
    page.on("request", (request) => seen.requests.push(request.url()));
    page.on("console", (message) => seen.console.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => seen.console.push(`error: ${error.message}`));
    await page.goto(asked.page);
    if (view.until) await page.waitForRequest((request) => new URL(request.url()).pathname === view.until);
    const overflow = await page.evaluate(() => {
      const width = document.documentElement.clientWidth;
      const scrolls = (element) => element.closest(".scroll") !== null;
      const out = [...document.body.querySelectorAll("*")].filter(
        (element) => !scrolls(element) && !element.closest(".unseen") && element.getBoundingClientRect().right > width + 0.5,
      );
      return [
        ...(document.documentElement.scrollWidth > width ? [`the page: ${document.documentElement.scrollWidth} px`] : []),
        ...out.map((element) => `${element.tagName}: ${element.textContent.slice(0, 60)}`),
      ];
    });
    if (view.picture) await picture(page, { path: view.picture, fullPage: view.whole ?? true, caret: "initial" });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
    const told = violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
    seen.views.push({ overflow, violations: told });
    if (view === asked.views[0] && asked.pdf) await page.pdf({ path: asked.pdf, preferCSSPageSize: true });
    await context.close();
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
