"""Builds the extension: the C core, each file with its own flags, and the binding."""

import concurrent.futures
import os
import platform
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools import __version__ as setuptools_version
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

# Older ones do not read pyproject.toml, and would build a package without a name.
if int(setuptools_version.split(".")[0]) < 61:
    raise SystemExit(
        f"bertlite-fast is built with setuptools 61 or newer; this is {setuptools_version}: "
        "pip install -U pip setuptools wheel"
    )

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tools"))
import core


def target_machine() -> str:
    """The machine compiled for, which a cross build or a universal macOS build names."""
    name = (
        os.environ.get("BERTLITE_MACHINE")
        or sysconfig.get_platform().rsplit("-", 1)[-1]
        or platform.machine()
    )
    archflags = os.environ.get("ARCHFLAGS", "")
    if "arm64" in archflags and "x86_64" not in archflags:
        name = "arm64"
    name = name.lower()
    known = {"amd64": "x86_64", "win-amd64": "x86_64", "arm64": "aarch64", "win-arm64": "aarch64"}
    name = known.get(name, name)
    return "arm" if name.startswith("arm") and name != "arm64" else name


class BuildCore(build_ext):
    """setuptools gives every source the same flags; the instruction sets need their own."""

    def build_extension(self, ext: Extension) -> None:
        msvc = self.compiler.compiler_type == "msvc"
        flags = list(core.FLAGS_MSVC if msvc else core.FLAGS)
        flags += os.environ.get("BERTLITE_CFLAGS", "").split()

        def compile_one(job: tuple[str, list[str]]) -> list[str]:
            path, own = job
            made: list[str] = self.compiler.compile(
                [path],
                output_dir=self.build_temp,
                include_dirs=["include", "csrc"],
                extra_postargs=flags + own,
                depends=ext.depends,
            )
            return made

        training = ext.name.endswith("_training")
        listed = core.training_sources if training else core.sources
        first, *others = listed(target_machine(), "msvc" if msvc else "")
        ext.extra_objects += compile_one(first)  # alone: it sets up the compiler for the others
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for objects in pool.map(compile_one, others):
                ext.extra_objects += objects
        ext.extra_compile_args += flags
        if not msvc:
            ext.extra_compile_args += core.BINDING_FLAGS
            if not (self.inplace or getattr(self, "editable_mode", False)):
                ext.extra_compile_args.append(core.NO_LINES)
            ext.extra_link_args += os.environ.get("BERTLITE_CFLAGS", "").split()
            if sys.platform.startswith("linux"):
                ext.extra_link_args.append("-Wl,--gc-sections")
                if not os.environ.get("BERTLITE_KEEP_SYMBOLS"):
                    ext.extra_link_args.append("-Wl,-s")
        super().build_extension(ext)


class SourcesWithC(sdist):
    """The source package holds the C that Cython makes: it is built with a compiler alone."""

    def run(self) -> None:
        from Cython.Build import cythonize

        files = [str(ROOT / f"bertlite_fast/{name}.pyx") for name in ("_native", "_training")]
        cythonize(files, language_level=3, quiet=True)
        super().run()


def binding(name: str) -> str:
    """A binding's source: what Cython reads, or, where there is no Cython, what it made."""
    try:
        import Cython

        if tuple(int(part) for part in Cython.__version__.split(".")[:2]) >= (3, 1):
            return f"bertlite_fast/{name}.pyx"
    except ImportError:
        pass
    if (ROOT / f"bertlite_fast/{name}.c").exists():
        return f"bertlite_fast/{name}.c"
    raise SystemExit(
        "a checkout is built with Cython 3.1 or newer (pip install 'cython>=3.1'); "
        "the source package needs none."
    )


def description() -> str:
    """The README up to how models are opened: what is behind would be a 250th of each wheel."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    begins, _ = readme.split("\n## Models and tokenizers\n")
    return begins + "\nThe source package's README.md says more, and its folder docs all.\n"


def dependencies() -> list[str]:
    """Every file that the extension is built from, so that a change of one builds it again."""
    binding_files = [*(ROOT / "bertlite_fast").glob("_*.px?")]
    core_files = [p for folder in ("include", "csrc") for p in (ROOT / folder).rglob("*.[chi]*")]
    return [str(p.relative_to(ROOT)) for p in sorted(binding_files + core_files)]


setup(
    long_description=description(),
    long_description_content_type="text/markdown",
    ext_modules=[
        Extension(
            f"bertlite_fast.{name}",
            [binding(name)],
            include_dirs=["include", "csrc"],
            depends=dependencies(),
        )
        for name in ("_native", "_training")
    ],
    cmdclass={"build_ext": BuildCore, "sdist": SourcesWithC},
)
