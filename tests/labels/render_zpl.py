"""Have a whole ZPL printer, in WebAssembly, print our labels, and read them again.

Not part of the suite, because the renderer is 9 MB of JavaScript that nothing else needs:

    npm install --prefix /tmp/zpl zpl-renderer-js@3.4.0
    python -m tests.labels.render_zpl /tmp/zpl/node_modules
"""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from pathlib import Path

from PIL import Image

from labels import STOCK, zpl_of
from labels.codes import parse
from tests.labels.reading import KINDS, decoded, fixed_codes

HOSTILE = "^XZ^XA^FO0,0^FDtwo^FS^XZ ~JR \\ _5E Кабель"
SCRIPT = """
const { ready } = require("zpl-renderer-js");
const jobs = JSON.parse(require("fs").readFileSync(0, "utf8"));
ready.then(async ({ api }) => {
  const answers = [];
  for (const { zpl, width, height } of jobs)
    answers.push(await api.zplToBase64MultipleAsync(zpl, width, height, 8));
  process.stdout.write(JSON.stringify(answers), () => process.exit(0));
});
"""


def main(modules: str) -> None:
    """Print every kind of label on every roll at 203 dpi, with a hostile name."""
    code = fixed_codes(1)[0]
    jobs = [
        {
            "name": f"{kind} on {stock.name}",
            "zpl": zpl_of(make(code, HOSTILE, HOSTILE), stock),
            "width": stock.width,
            "height": stock.height,
        }
        for stock in STOCK.values()
        if stock.kind == "roll"
        for kind, make in KINDS.items()
    ]
    answer = subprocess.run(
        ["node", "-e", SCRIPT],
        input=json.dumps(jobs),
        env={"NODE_PATH": str(Path(modules).resolve()), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    for job, pictures in zip(jobs, json.loads(answer.stdout), strict=True):
        assert len(pictures) == 1, job["name"]
        with Image.open(io.BytesIO(base64.b64decode(pictures[0]))) as picture:
            (text,) = decoded(picture.convert("L"))
        assert parse(text) == code, job["name"]
    print(f"{len(jobs)} labels: one picture each, and each decodes to its code")


if __name__ == "__main__":
    main(sys.argv[1])
