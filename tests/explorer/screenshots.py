"""Take the screenshots of the README from the running Explorer.

musiclime explorer --no-browser --port 8599 &
python -m tests.explorer.screenshots http://localhost:8599 SONG LYRICS
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

OUT = Path(__file__).parents[2] / "assets/screenshots"
WIDTHS = {"desktop": 1280, "phone": 400}


def shoot(page: Page, name: str, width: int, height: int) -> None:
    page.wait_for_timeout(1_500)
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(800)
    page.screenshot(path=OUT / f"{name}.png")


def main() -> None:
    address, song, lyrics = sys.argv[1:4]
    OUT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        result = ""
        for kind, width in WIDTHS.items():
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.goto(address)
            page.locator(".player .cell").first.wait_for()
            shoot(page, f"landing-{kind}", width, 1_020 if kind == "desktop" else 1_500)
            page.goto(f"{address}/explain")
            page.get_by_role("button", name="Explain", exact=True).wait_for()
            if not result:
                shoot(page, f"upload-{kind}", width, 700)
                page.locator("input[type=file]").nth(0).set_input_files(song)
                page.locator("input[type=file]").nth(1).set_input_files(lyrics)
                page.wait_for_timeout(2_000)
                page.get_by_role("button", name="Explain", exact=True).click()
                page.get_by_role("button", name="Cancel").wait_for()
                page.wait_for_timeout(25_000)
                shoot(page, f"waiting-{kind}", width, 420)
                page.get_by_text("% sure").wait_for(timeout=300_000)
                result = page.url
            else:
                shoot(page, f"upload-{kind}", width, 800)
            page.goto(result)
            page.locator(".player .cell").first.wait_for()
            shoot(page, f"result-{kind}", width, 1_020 if kind == "desktop" else 1_500)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
