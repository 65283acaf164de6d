"""Keeps the engine's own chatter out of what a command prints."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

STREAMS = (1, 2)


@contextmanager
def put_aside() -> Iterator[None]:
    """Nothing that is written meanwhile is shown, unless it ends in an error.

    The engine is a program of its own, which inherits our streams and speaks when it is stopped.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(stream) for stream in STREAMS]
    with tempfile.TemporaryFile() as aside:
        for stream in STREAMS:
            os.dup2(aside.fileno(), stream)
        said = b""
        try:
            yield
        except BaseException:
            aside.seek(0)
            said = aside.read()
            raise
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for stream, copy in zip(STREAMS, kept, strict=True):
                os.dup2(copy, stream)
                os.close(copy)
            os.write(2, said)
