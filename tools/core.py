"""The C core's sources and the compiler flags of each, for setup.py and for C programs.

    python3 tools/core.py [--cc CC] [--flags FLAGS] [--out DIR] PROGRAM.c ...

compiles every PROGRAM together with the core into DIR (default build/), for whatever
machine the compiler targets.  Needs nothing but Python and the compiler.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

COMMON = [
    "csrc/error.c",
    "csrc/memory.c",
    "csrc/arena.c",
    "csrc/arena_heap.c",
    "csrc/platform.c",
    "csrc/files/json.c",
    "csrc/files/json_writer.c",
    "csrc/files/tensors.c",
    "csrc/files/safetensors.c",
    "csrc/files/zip.c",
    "csrc/files/pickle.c",
    "csrc/files/torchbin.c",
    "csrc/files/formats.c",
    "csrc/files/delta.c",
    "csrc/files/shards.c",
    "csrc/files/modules.c",
    "csrc/files/atomic_file.c",
    "csrc/model/config.c",
    "csrc/tokenizer/unicode.c",
    "csrc/tokenizer/normalizer.c",
    "csrc/tokenizer/vocabulary.c",
    "csrc/tokenizer/vocabulary_build.c",
    "csrc/tokenizer/vocabulary_packed.c",
    "csrc/tokenizer/vocabulary_pack.c",
    "csrc/tokenizer/added_tokens.c",
    "csrc/tokenizer/added_sort.c",
    "csrc/tokenizer/tokenize.c",
    "csrc/tokenizer/offsets.c",
    "csrc/tokenizer/encode.c",
    "csrc/tokenizer/batch.c",
    "csrc/tokenizer/settings.c",
    "csrc/tokenizer/settings_values.c",
    "csrc/tokenizer/settings_json.c",
    "csrc/tokenizer/settings_config.c",
    "csrc/tokenizer/settings_vocab.c",
    "csrc/tokenizer/build.c",
    "csrc/tokenizer/describe.c",
    "csrc/tokenizer/write_json.c",
    "csrc/tokenizer/open.c",
    "csrc/model/names.c",
    "csrc/model/builder.c",
    "csrc/model/quantize.c",
    "csrc/model/pack.c",
    "csrc/model/embeddings.c",
    "csrc/model/layers.c",
    "csrc/model/classifier.c",
    "csrc/model/ngrams.c",
    "csrc/model/ngrams_build.c",
    "csrc/model/heads.c",
    "csrc/model/labels.c",
    "csrc/model/sentence_settings.c",
    "csrc/model/sentence_folder.c",
    "csrc/model/sentence.c",
    "csrc/model/sentence_run.c",
    "csrc/model/open.c",
    "csrc/model/describe.c",
    "csrc/model/writer.c",
    "csrc/model/spelling.c",
    "csrc/model/spelling_build.c",
    "csrc/model/convert.c",
    "csrc/model/threads.c",
    "csrc/model/forward.c",
    "csrc/model/run.c",
    "csrc/answers/scores.c",
    "csrc/answers/top_k.c",
    "csrc/answers/list.c",
    "csrc/answers/spelling.c",
    "csrc/answers/text_input.c",
    "csrc/answers/labels.c",
    "csrc/answers/pooling.c",
    "csrc/answers/vectors.c",
    "csrc/answers/words.c",
    "csrc/answers/answer_set.c",
    "csrc/answers/phrases.c",
    "csrc/answers/shared_words.c",
    "csrc/answers/spans.c",
    "csrc/answers/windows.c",
    "csrc/answers/written.c",
    "csrc/answers/entities.c",
    "csrc/answers/english.c",
    "csrc/answers/denials.c",
    "csrc/answers/breaks.c",
    "csrc/answers/clauses.c",
    "csrc/answers/commands.c",
    "csrc/answers/decisions.c",
    "csrc/answers/many.c",
    "csrc/answers/arrow.c",
    "csrc/checksum.c",
    "csrc/search/segments.c",
    "csrc/search/ids.c",
    "csrc/search/index.c",
    "csrc/search/search.c",
    "csrc/search/file.c",
    "csrc/flash/parts.c",
    "csrc/flash/open.c",
    "csrc/flash/keep.c",
    "csrc/flash/write.c",
    "csrc/kernels/dispatch.c",
    "csrc/kernels/check.c",
    "csrc/kernels/limits.c",
    "csrc/kernels/isa_generic.c",
]

# What runs without an operating system: no files, threads, allocations or formatted texts. Of the
# same sources, but for the two that stand for threads.c and dispatch.c.
FREESTANDING = [
    "csrc/error.c",
    "csrc/arena.c",
    "csrc/checksum.c",
    "csrc/tokenizer/unicode.c",
    "csrc/tokenizer/normalizer.c",
    "csrc/tokenizer/one_vocabulary.c",
    "csrc/tokenizer/vocabulary_packed.c",
    "csrc/tokenizer/added_tokens.c",
    "csrc/tokenizer/tokenize.c",
    "csrc/tokenizer/offsets.c",
    "csrc/tokenizer/encode.c",
    "csrc/tokenizer/describe.c",
    "csrc/model/describe.c",
    "csrc/model/sentence_run.c",
    "csrc/model/one_thread.c",
    "csrc/model/ngrams.c",
    "csrc/model/spelling.c",
    "csrc/model/forward.c",
    "csrc/model/run.c",
    "csrc/answers/scores.c",
    "csrc/answers/top_k.c",
    "csrc/answers/list.c",
    "csrc/answers/spelling.c",
    "csrc/answers/text_input.c",
    "csrc/answers/labels.c",
    "csrc/answers/pooling.c",
    "csrc/answers/vectors.c",
    "csrc/answers/words.c",
    "csrc/answers/answer_set.c",
    "csrc/answers/phrases.c",
    "csrc/answers/shared_words.c",
    "csrc/answers/spans.c",
    "csrc/answers/windows.c",
    "csrc/answers/written.c",
    "csrc/answers/entities.c",
    "csrc/answers/english.c",
    "csrc/answers/denials.c",
    "csrc/answers/breaks.c",
    "csrc/answers/clauses.c",
    "csrc/answers/commands.c",
    "csrc/answers/decisions.c",
    "csrc/flash/parts.c",
    "csrc/flash/open.c",
    "csrc/kernels/one_isa.c",
    "csrc/kernels/isa_dsp.c",
    "csrc/kernels/isa_mve.c",
    "csrc/kernels/isa_generic.c",
]

# The second extension module, which has its own small part of the core. It takes models from the
# first one.
TRAINING = [
    "csrc/error.c",
    "csrc/memory.c",
    "csrc/platform.c",
    "csrc/model/names.c",
    "csrc/model/ngrams.c",
    "csrc/model/threads.c",
    "csrc/training/ngrams.c",
    "csrc/training/mixture.c",
    "csrc/training/logarithm.c",
    "csrc/training/select.c",
    "csrc/training/layout.c",
    "csrc/training/weights.c",
    "csrc/training/forward.c",
    "csrc/training/backward.c",
    "csrc/training/gradients.c",
    "csrc/training/loss.c",
    "csrc/training/between.c",
    "csrc/training/words.c",
    "csrc/training/optimizer.c",
    "csrc/training/trainer.c",
    "csrc/training/isa_generic.c",
]
# The engine's instruction set whose flags an instruction set of training is compiled with.
TRAINING_ISAS: dict[str, dict[str, str]] = {
    "x86_64": {"avx2": "avx2", "avx512": "avx512vnni"},
    "aarch64": {"neon": "neon"},
    "arm": {"neon": "neon"},
}
# Products with fused multiply-add, which are files of their own, by the instruction set of training
# that they go with, and the flags that are added to its own. Both modules have them.
FUSED: dict[str, dict[str, list[str]]] = {
    "x86_64": {"avx2": ["-mfma"], "avx512": []},
    "aarch64": {"neon": []},
}

# Where the time of an answer, of a search and of training goes, beside the instruction sets. All
# else is compiled as small code, which is a third less of a wheel. Not for MSVC.
FAST = {
    "csrc/answers/pooling.c",
    "csrc/answers/scores.c",
    "csrc/answers/top_k.c",
    "csrc/checksum.c",
    "csrc/model/forward.c",
    "csrc/model/ngrams.c",
    "csrc/model/pack.c",
    "csrc/model/quantize.c",
    "csrc/search/search.c",
    "csrc/tokenizer/added_tokens.c",
    "csrc/tokenizer/encode.c",
    "csrc/tokenizer/normalizer.c",
    "csrc/tokenizer/offsets.c",
    "csrc/tokenizer/tokenize.c",
    "csrc/tokenizer/unicode.c",
    "csrc/tokenizer/vocabulary.c",
    "csrc/training/backward.c",
    "csrc/training/forward.c",
    "csrc/training/gradients.c",
    "csrc/training/ngrams.c",
    "csrc/training/optimizer.c",
}


# On ARM ids cost 3 to 6 % more without; a loop that reads memory has to be as fast as memory.
FASTEST = {"csrc/kernels/limits.c", "csrc/tokenizer/tokenize.c"}


# Plain C, on machines that seldom answer or learn with it: as small code.
SMALL = {
    "csrc/kernels/isa_generic.c": {"x86_64", "aarch64", "arm"},
    "csrc/training/isa_generic.c": {"x86_64", "aarch64"},
}


# Instructions that stay in the order of the source are more often like others, so that a wheel
# compresses them by another fortieth. Fast code leaves their order to x86-64's processors alone.
UNSCHEDULED = ["-fno-schedule-insns2"]
COLD = ["-Os", *UNSCHEDULED]


def own_flags(path: str, compiler: str, machine: str) -> list[str]:
    if compiler == "msvc":
        return []
    if machine in SMALL.get(path, ()):
        return [*COLD, "-DBL_ROLLED"]
    if path not in FAST | FASTEST:
        return COLD
    fast = UNSCHEDULED if machine == "x86_64" else []
    return ["-O3", *fast] if path in FASTEST else fast


# Loops that the source does not unroll are worth it on ARM; vectors beside its own are not.
UNROLLED = ["-O3", "-fno-tree-loop-vectorize", "-fno-schedule-insns"]

# Per machine: the files of its instruction sets, and the flags that only they get.
# Everything else is compiled for the platform's baseline.
ISA_FILES: dict[str, dict[str, list[str]]] = {
    "x86_64": {
        "avx2": ["-mavx2", *UNSCHEDULED],
        "avxvnni": ["-mavx2", "-mavxvnni", *UNSCHEDULED],
        "avx512vnni": [
            *("-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx512vnni"),
            *UNSCHEDULED,
            "-fno-tree-ter",  # chains side by side, as written, and not one after the other
        ],
    },
    "aarch64": {
        "neon": UNROLLED,
        "dotprod": ["-march=armv8.2-a+dotprod", *UNROLLED],
        "i8mm": ["-march=armv8.2-a+dotprod+i8mm", *UNROLLED],
    },
    "arm": {
        "armv6": ["-marm", "-O3", "-fno-tree-loop-vectorize"],
        "neon": ["-march=armv7-a", "-mfpu=neon", *UNROLLED],
    },
}
ISA_FLAGS_MSVC = {"avx2": ["/arch:AVX2"], "avxvnni": ["/arch:AVX2"], "avx512vnni": ["/arch:AVX512"]}

# Contraction off and no errno: see csrc/kernels/kernels.inc.
FLAGS = [
    "-std=c11",
    "-O2",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fvisibility=hidden",
    "-fno-asynchronous-unwind-tables",  # a tenth of the code; nothing here is unwound
    "-fno-unwind-tables",
    "-Wno-ignored-optimization-argument",  # gcc's own, to clang
    "-ffunction-sections",  # what nothing calls is left out by linkers that are told to
    "-fdata-sections",
]
# A binding is large and its loops are short: as small code it takes a tenth less of a wheel, and a
# call a hundredth more of its time. A wheel compresses its strings, so they are not twice. The
# last leave out what would be written out at each use of a global, call, error, class and text.
# Some systems' Pythons ask for a stack protector, which is a fortieth of the code: it stays in the
# core, which reads files.
BINDING_FLAGS = [
    *COLD,
    "-fno-gcse",
    "-fno-tree-dominator-opts",  # copies code, to know more of it
    "-fno-caller-saves",
    "-fno-stack-protector",
    "-Wno-unused-function",
    "-DCYTHON_COMPRESS_STRINGS=0",
    "-DCYTHON_USE_DICT_VERSIONS=0",
    "-DCYTHON_UNPACK_METHODS=0",
    "-DCYTHON_FAST_THREAD_STATE=0",
    "-DCYTHON_VECTORCALL_TPNEW=0",
    "-DCYTHON_USE_UNICODE_INTERNALS=0",
]
NO_LINES = "-DBERTLITE_NO_LINES"  # of a binding in a wheel: see bertlite_fast/_code_size.pxi
FREESTANDING_FLAGS = ["-DBL_FREESTANDING", "-O2"]
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wstrict-prototypes", "-Werror"]
FLAGS_MSVC = ["/std:c11", "/O2", "/fp:precise", "/W3"]


def machine_of(compiler: list[str]) -> str:
    """The machine that a compiler (gcc or clang, with its flags) compiles for."""
    triple = subprocess.run(
        [*compiler, "-dumpmachine"], capture_output=True, text=True, check=True
    ).stdout.strip()
    name = triple.split("-")[0]
    if name in ("arm64", "aarch64"):
        return "aarch64"
    if name in ("amd64", "x86_64"):
        return "x86_64"
    return "arm" if name.startswith("arm") else name


def sources(machine: str, compiler: str = "") -> list[tuple[str, list[str]]]:
    """(file, its own flags) for all of the core; compiler: "msvc", which differs, or nothing."""
    isas = ISA_FILES.get(machine, {})
    if compiler == "msvc":
        isas = {isa: ISA_FLAGS_MSVC.get(isa, []) for isa in isas}
    own = [(f"csrc/kernels/isa_{isa}.c", flags) for isa, flags in isas.items()]
    for isa, more in FUSED.get(machine, {}).items():
        of_isa = isas[TRAINING_ISAS[machine][isa]]
        own.append(
            (f"csrc/kernels/fused_{isa}.c", [*of_isa, *(more if compiler != "msvc" else [])])
        )
    return [(path, own_flags(path, compiler, machine)) for path in COMMON] + own


def training_sources(machine: str, compiler: str = "") -> list[tuple[str, list[str]]]:
    """The same for the second extension module."""
    flags = dict(sources(machine, compiler))
    own = [(path, own) for path, own in flags.items() if "/fused_" in path]
    for isa, like in TRAINING_ISAS.get(machine, {}).items():
        own.append((f"csrc/training/isa_{isa}.c", flags[f"csrc/kernels/isa_{like}.c"]))
    return [(path, own_flags(path, compiler, machine)) for path in TRAINING] + own


def compile_files(
    compiler: list[str], flags: list[str], out: Path, files: list[tuple[str, list[str]]]
) -> list[Path]:
    """One object for each file, compiled side by side."""
    objects = out / "objects"
    objects.mkdir(parents=True, exist_ok=True)
    base = [
        *compiler,
        *FLAGS,
        *WARNINGS,
        *flags,
        "-I",
        str(ROOT / "include"),
        "-I",
        str(ROOT / "csrc"),
    ]

    def compile_one(job: tuple[str, list[str]]) -> Path:
        path, own = job
        target = objects / (path.strip("/").replace("/", "_") + ".o")
        subprocess.run([*base, *own, "-c", str(ROOT / path), "-o", str(target)], check=True)
        return target

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(compile_one, files))


def compile_core(compiler: list[str], flags: list[str], out: Path) -> list[Path]:
    """The core's objects."""
    return compile_files(compiler, flags, out, sources(machine_of(compiler)))


def build(compiler: list[str], flags: list[str], out: Path, programs: list[str]) -> list[Path]:
    """Compile each program with the core; the programs' paths."""
    core = compile_core(compiler, flags, out)
    mains = compile_files(
        compiler, flags, out, [(program, ["-D_GNU_SOURCE"]) for program in programs]
    )
    made = []
    for program, main in zip(programs, mains):
        target = out / Path(program).stem
        subprocess.run(
            [*compiler, *flags, str(main), *map(str, core), "-lm", "-lpthread", "-o", str(target)],
            check=True,
        )
        made.append(target)
    return made


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cc", default=os.environ.get("CC", "cc"))
    parser.add_argument("--flags", default="")
    parser.add_argument("--out", type=Path, default=ROOT / "build")
    parser.add_argument("programs", nargs="+", metavar="PROGRAM.c")
    args = parser.parse_args()
    try:
        for path in build(shlex.split(args.cc), shlex.split(args.flags), args.out, args.programs):
            print(path)
    except subprocess.CalledProcessError as error:
        return int(error.returncode)
    return 0


if __name__ == "__main__":
    sys.exit(main())
