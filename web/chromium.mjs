// Unpacks headless Chromium into the folder $TMPDIR and prints its path; needs no system packages.
import chromium from "@sparticuz/chromium";

console.log(await chromium.executablePath());
