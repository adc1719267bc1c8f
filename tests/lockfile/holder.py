"""Hold the journal of the catalog in argv[1] until stdin ends, after appending the records in argv[2]."""

import json
import sys
from pathlib import Path

from ddvoices.errors import BusyError
from ddvoices.lockfile import hold_journal


def main() -> None:
    try:
        with hold_journal(Path(sys.argv[1])) as journal:
            for record in json.loads(sys.argv[2]):
                journal.append(record)
            sys.stdout.write("held\n")
            sys.stdout.flush()
            sys.stdin.read()
    except BusyError as error:
        sys.stdout.write(f"busy: {error}\n")


if __name__ == "__main__":
    main()
