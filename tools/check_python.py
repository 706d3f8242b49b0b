"""Can the course's environment be made with this Python? Print why not and exit with 1, or print
nothing.

Has to run on any Python a machine may have, so it keeps to what Python 2.7 can read too.
"""

import os
import platform
import struct
import sys

SYSTEMS = {"Linux": ("x86_64", "aarch64"), "Darwin": ("arm64",)}


def trouble():  # type: ignore[no-untyped-def]  # Python 2.7 knows no annotations
    """What stands in the way, in a few words, or None."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        return ""
    system, machine = platform.system(), platform.machine()
    if machine not in SYSTEMS.get(system, ()) or struct.calcsize("P") != 8:
        return ", built for %s %s, which TensorFlow no longer supports" % (system, machine)  # noqa: UP031
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return ", without its venv module (Debian and Ubuntu: apt install python3-venv)"
    return None


why = trouble()
if why is not None:
    print("Python %s (%s)%s" % (platform.python_version(), os.path.realpath(sys.executable), why))  # noqa: UP031
    sys.exit(1)
