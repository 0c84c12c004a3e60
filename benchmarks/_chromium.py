"""A headless Chromium that a benchmark asks things over the DevTools pipe (file descriptors 3 and 4, no network)."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
from types import TracebackType
from typing import Any

_CALL = "(async () => {{ {} }})()"


class Chromium:
    """One browser with one page; use it as a context manager."""

    def __enter__(self) -> Chromium:
        self._folder = tempfile.TemporaryDirectory()
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()

        def ends() -> None:
            # both ends first go out of the way of 3 and 4
            os.dup2(os.dup(to_browser), 103)
            os.dup2(os.dup(from_browser), 104)
            os.dup2(103, 3)
            os.dup2(104, 4)

        command = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
        command += [f"--user-data-dir={self._folder.name}", "--force-device-scale-factor=1", "about:blank"]
        self._process = subprocess.Popen(
            command, close_fds=False, preexec_fn=ends, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(to_browser)
        os.close(from_browser)
        self._number, self._rest, self._session = 0, b"", ""
        page = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        self.send("Page.enable")
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the DevTools protocol and wait for its result."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session and not method.startswith(("Target.", "Browser.")):
            message["sessionId"] = self._session
        self._write(json.dumps(message).encode())
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return dict(answer["result"])

    def _write(self, data: bytes) -> None:
        data += b"\0"
        while data:
            data = data[os.write(self._out, data) :]

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            got = os.read(self._in, 1 << 20)
            if not got:
                raise RuntimeError("the browser ended")
            self._rest += got
        line, self._rest = self._rest.split(b"\0", 1)
        return dict(json.loads(line))

    def show(self, page: str) -> None:
        """Show an HTML document."""
        frame = self.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        self.send("Page.setDocumentContent", frameId=frame, html=page)

    def run(self, body: str) -> Any:
        """What a piece of JavaScript returns; it may wait for promises and counts as a user's gesture."""
        answer = self.send(
            "Runtime.evaluate", expression=_CALL.format(body), awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def picture(self, width: int, height: int) -> bytes:
        """The page as PNG."""
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        return base64.b64decode(self.send("Page.captureScreenshot", format="png", clip=clip)["data"])

    def pdf(self) -> bytes:
        """The page printed."""
        return base64.b64decode(self.send("Page.printToPDF")["data"])
