"""What the server process of `forked` has done before it is forked: everything imported, the compiler's tables built, the world's certificates read."""

from firstminute.app.certificates import of_the_world
from firstminute.app.cli import outside, serve
from firstminute.geo.fences import build_fences

__all__ = ["outside", "serve"]

of_the_world()
build_fences([])
